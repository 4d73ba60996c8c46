"""An addressee hides, or names again, which of its officers speaks in words that wait for ✅."""

from __future__ import annotations

from dataclasses import replace

from rilon.application import request_proposals as proposals
from rilon.application.request_actors import actor_of
from rilon.application.request_changes import Around
from rilon.application.request_ports import Locked
from rilon.application.request_tellings import effect_of
from rilon.application.request_values import Words, WordsState


async def hide(
    one: Locked,
    found: Words,
    preview_event: str,
    actor: str,
    around: Around,
    event_id: str,
    to: bool | None,
) -> bool:
    """Hides or names (`to`; None: the other way round), and brings the preview up to date.

    False where there is nothing to choose: the words have gone, the actor has no say in them, or
    the request itself asks to hide officers.

    A name that is hidden by the request stays hidden: the other side asked not to be told.
    """
    request = one.standing.course.request
    every = await one.words(found.addressee)
    words = next((each for each in every if each.id == found.id), None)
    by, may = actor_of(actor, request.group, around)
    if words is None or by is None or words.kind.to_desk or request.answerers_hidden:
        return False
    if words.state is not WordsState.PROPOSED:
        return False
    if not proposals.may_decide(words, one.standing, by, may, sends=False):
        return False
    hidden = not words.hidden if to is None else to
    if hidden == words.hidden:
        return True
    turned = replace(words, hidden=hidden)
    await one.hide_words(words.id, turned.hidden)
    told = proposals.preview(turned, request)
    told = replace(told, parameters={**told.parameters, "replaces": preview_event})
    await one.write([effect_of(told, request, f"request-{event_id}-0", words.id)])
    return True
