"""The preview of words that wait for a tap, with its signs."""

from __future__ import annotations

from dataclasses import replace

from rilon.application import request_proposals as proposals
from rilon.application.request_changes import Around
from rilon.application.request_ports import Locked
from rilon.application.request_tellings import effect_of, signs
from rilon.application.request_values import Words


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
