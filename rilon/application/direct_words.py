"""A word of the steward to one officer, in the officer's direct room."""

from __future__ import annotations

from collections.abc import Mapping

from rilon.application.membership import direct_room_key
from rilon.application.ports import NewEffect
from rilon.domain.officers import name_of


def told_directly(
    user_id: str,
    text: str,
    parameters: Mapping[str, str],
    once: str | None,
    *,
    subject: str | None = None,
    quiet: bool = True,
) -> NewEffect:
    """The effect that says it. Not `quiet`, the officer's telephone rings. Without another
    `subject` it keeps its order with all else that is done to this officer."""
    payload = {
        "to": direct_room_key(name_of(user_id)),
        "mention": user_id,
        "quiet": quiet,
        "text": text,
        "parameters": dict(parameters),
    }
    return NewEffect("say", subject or user_id, payload, once)
