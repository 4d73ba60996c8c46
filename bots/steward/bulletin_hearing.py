"""What is heard of bulletins: which messages and taps are looked into.

It decides only that something may be meant; what it is, is seen when it is worked off
(`bots.steward.bulletin_talk`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bots.steward.bulletin_cards import subject_of
from bots.steward.hearing import Heard, to_work_off, unmarked, what_is_said
from rilon.application.ports import NewEffect, Safe
from rilon.bulletins.commands import BulletinDeed, read_bulletin_order
from rilon.bulletins.typed import is_nearly_typed, is_typed
from rilon.domain.acts import Act, Post, Redaction, RelationKind
from rilon.domain.officers import Officer, Role, name_of
from rilon.domain.rooms import Room, RoomKind
from rilon.domain.taps import Tap, tap_of
from rilon.policy.network import Network
from rilon.storage.bulletin_threads import BulletinThreads
from rilon.storage.effects import Effects
from rilon.wire.envelope import Envelope

KIND = "bulletin_heard"
EDITED, GONE = "edited", "gone"
"""In place of a tap: the message `target` was edited, or taken back."""
TAPS = frozenset({Tap.SEND, Tap.CANCEL, Tap.PUBLISH, Tap.LEAVE_OUT})


class BulletinHearing:
    """Hears what is said of bulletins, in the analysts' rooms; and `!bulletin` anywhere."""

    def __init__(
        self, threads: BulletinThreads, effects: Effects, safe: Safe, now: Callable[[], datetime]
    ) -> None:
        self._threads = threads
        self._effects = effects
        self._safe = safe
        self._now = now

    async def heard(
        self, act: Act, envelope: Envelope, room: Room, network: Network
    ) -> list[NewEffect]:
        """The effect that looks into it, if it may mean anything."""
        officer = network.officers.get(name_of(envelope.sender))
        if officer is None:
            return []
        inside = writes_in(officer, room, network)
        changed = await self._changed(act, envelope, room) if inside else None
        if changed is not None:
            return [self._effect(changed, subject_of(changed.root or ""))]
        one = what_is_said(act, envelope, room, self._now())
        if one is None:
            return []
        if one.target is not None:
            meant = inside and tap_of(one.key) in TAPS
            return [self._effect(one, f"heard {one.event_id}")] if meant else []
        said = unmarked(one.body, network, one.at)
        order = read_bulletin_order(said)
        thread = one.root or one.answers
        if order is not None:
            # What is typed into a thread keeps its order with the rest of it.
            root = thread or one.event_id
            own = inside and (order.deed is not BulletinDeed.SHOW or thread is not None)
            return [self._effect(one, subject_of(root) if own else one.sender)]
        if not inside:
            return []
        if thread is None:
            begins = (is_typed(one.body) or is_nearly_typed(one.body)) and one.file is None
            return [self._effect(one, subject_of(one.event_id))] if begins else []
        if (one.file is not None or is_typed(one.body)) and (known := await self._thread(one)):
            return [self._effect(one, subject_of(known))]
        return []

    async def _changed(self, act: Act, envelope: Envelope, room: Room) -> Heard | None:
        """A message of a draft that was edited, or taken back."""
        key, body = GONE, ""
        target = act.target if isinstance(act, Redaction) else None
        if isinstance(act, Post):
            key, body, target = EDITED, act.body, _edits(act)
        root = await self._threads.with_message(target) if target else None
        if root is None:
            return None
        return Heard(
            envelope.sender,
            room.key,
            envelope.event_id,
            self._now(),
            body=body,
            root=root,
            target=target,
            key=key,
        )

    async def _thread(self, one: Heard) -> str | None:
        """The thread of a bulletin in which it stands."""
        for event in (one.root, one.answers):
            if event is None:
                continue
            said = await self._threads.said(event)
            if said is not None:
                return said.root
            if await self._threads.of(event) is not None:
                return event
            # It was asked for just now, and isn't worked off yet.
            if await self._effects.payload_of(f"{KIND}-{event}") is not None:
                return event
        return None

    def _effect(self, one: Heard, subject: str) -> NewEffect:
        return to_work_off(KIND, subject, one, self._safe)


def _edits(act: Post) -> str | None:
    relation = act.relation
    return relation.target if relation and relation.kind is RelationKind.EDIT else None


def writes_in(officer: Officer, room: Room, network: Network) -> bool:
    """Whether the officer is an analyst who is in this room of analysts."""
    return (
        room.kind is RoomKind.ANALYSIS
        and Role.ANALYST in officer.roles
        and officer.name in network.members(room.key)
    )
