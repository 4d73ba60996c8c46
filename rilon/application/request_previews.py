"""What is said of words before they go: their preview with its signs, or why they can't."""

from __future__ import annotations

from dataclasses import replace

from rilon.application import request_proposals as proposals
from rilon.application.request_changes import Around
from rilon.application.request_ports import Locked
from rilon.application.request_tellings import Side, Telling, Told, effect_of, signs
from rilon.application.request_values import Words, WordsKind
from rilon.domain.officers import name_of
from rilon.domain.requests import Actor
from rilon.domain.verdicts import Refuse


async def show_preview(one: Locked, words: Words, around: Around) -> None:
    """Writes the preview of words that wait for a tap."""
    request = one.standing.course.request
    told = proposals.preview(words, request)
    if proposals.gives_away_who_asks(words, request, around):
        told = replace(told, parameters={**told.parameters, "names_hidden": request.party})
    shown = effect_of(told, request, f"request-preview-{words.id}", words.id)
    room = proposals.own_room(words, one.standing)
    offered = proposals.preview_signs(words, request)
    await one.write([shown, *signs(shown, room, offered)])


async def tell_unfit(
    one: Locked,
    refused: Refuse,
    sender: str,
    kind: WordsKind,
    by: Actor | None,
    event_id: str,
) -> None:
    """Writes why words can't go as they are marked, as far as their side may know."""
    request = one.standing.course.request
    side = Side.REQUESTER if kind.to_desk else Side.DESK
    addressee = by.party if by is not None and not kind.to_desk else None
    parameters = proposals.may_know(refused, request, kind) | {
        "kind": kind.value,
        "code": refused.code.value,
    }
    told = Told(side, Telling.NOT_SENT, addressee, parameters, (name_of(sender),))
    await one.write([effect_of(told, request, f"request-{event_id}-0")])
