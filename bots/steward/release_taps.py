"""Answers in the desks: taps on the card of a request for release, and replies to one."""

from __future__ import annotations

from datetime import UTC, datetime

from rilon.application import release_steps
from rilon.application.ports import NewEffect
from rilon.application.release_steps import Answer
from rilon.domain.acts import Act, Post, Reaction, RelationKind
from rilon.domain.rooms import Room, RoomKind
from rilon.policy.network import Network
from rilon.storage.releases import ReleaseStore

DESKS = frozenset({RoomKind.DESK, RoomKind.ANALYSIS})
"""Rooms in which a party is asked. The RSO has no desk; its analysts' room is one."""


class ReleaseTaps:
    """Hears them."""

    def __init__(self, releases: ReleaseStore) -> None:
        self._releases = releases

    async def answered(
        self, act: Act, by: str, event_id: str, room: Room, network: Network, now: datetime
    ) -> list[NewEffect]:
        """What an act in a desk answers, if it does. What a tap is on is seen later; of a reply
        only what it means goes on, never its words."""
        if room.kind not in DESKS:
            return []
        if isinstance(act, Reaction):
            tap = release_steps.answer_tapped(act.key)
            if tap is None:
                return []
            return [release_steps.answered(act.target, room.key, by, event_id, tap, False)]
        card = _replied_to(act)
        found = await self._releases.of_card(card, now) if card else None
        if card is None or found is None or not isinstance(act, Post):
            return []
        held, _ = found
        if held.text is None:
            answer: Answer | None = Answer(grants=True)
        else:
            today = now.astimezone(UTC).date()
            answer = release_steps.answer_said(act.body, held.text, network.vocabulary, today)
        if answer is None:
            return [release_steps.not_understood(card, by, event_id)]
        return [release_steps.answered(card, room.key, by, event_id, answer, True)]


def _replied_to(act: Act) -> str | None:
    """What a post answers by its officer's choice: in a thread clients name the latest."""
    if not isinstance(act, Post) or act.relation is None:
        return None
    match act.relation.kind:
        case RelationKind.REPLY:
            return act.relation.target
        case RelationKind.THREAD:
            return act.relation.reply_to
    return None
