"""What is heard of requests and of the duty rota: which messages and taps are looked into.

It decides only that something may be meant; what it is, is seen when it is worked off
(`bots.steward.request_talk`). Words go there sealed, and are erased once it is done.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rilon.application.commands import Command, read_command
from rilon.application.membership import direct_room_key
from rilon.application.ports import DueEffect, NewEffect, Safe
from rilon.application.requests import Requests
from rilon.domain import marking_text
from rilon.domain.acts import Act, Attachment, Post, Reaction, RelationKind
from rilon.domain.desk_commands import deed_in
from rilon.domain.officers import name_of
from rilon.domain.rooms import Room, RoomKind
from rilon.domain.taps import flag_region, number_of, rating_of, tap_of
from rilon.policy.network import Network
from rilon.storage.exchanges import ExchangeStore
from rilon.wire import file_writing
from rilon.wire.envelope import Envelope

DESKS = frozenset({RoomKind.DESK, RoomKind.ANALYSIS})
"""Rooms in which a party is asked. The RSO has no desk; its analysts' room is one."""


@dataclass(frozen=True, slots=True, repr=False)
class Heard:
    """What an officer said or tapped. `root` is the thread, `answers` the message that was chosen
    to be answered, `target` and `key` those of a tap; of a message with a file, `body` is the
    caption."""

    sender: str
    room: str
    event_id: str
    at: datetime
    body: str = ""
    root: str | None = None
    answers: str | None = None
    target: str | None = None
    key: str = ""
    file: Attachment | None = None

    @property
    def name(self) -> str:
        """The officer's name."""
        return name_of(self.sender)


class Hearing:
    """Hears what is said to the steward of requests, in desks and direct rooms; and commands."""

    def __init__(
        self,
        exchanges: ExchangeStore,
        requests: Requests,
        safe: Safe,
        now: Callable[[], datetime],
    ) -> None:
        self._exchanges = exchanges
        self._requests = requests
        self._safe = safe
        self._now = now

    async def heard(
        self, act: Act, envelope: Envelope, room: Room, network: Network
    ) -> list[NewEffect]:
        """The effect that looks into it, if it may mean anything."""
        own = room.key == direct_room_key(name_of(envelope.sender))
        talks = own or room.kind in DESKS
        one = what_is_said(act, envelope, room, self._now())
        if one is None:
            return []
        if one.target is not None:
            if not talks or not _means_something(one.key):
                return []
            # Most taps are on other cards: nothing of this officer waits until that is sure.
            alone = await self._exchanges.question(one.target) is None
            return [self._effect(one, alone)]
        if _is_order(one.body, network, one.at):
            return [self._effect(one, alone=False)]
        if not talks:
            return []
        if one.root is not None or one.answers is not None:
            return await self._related(one, own)
        if own and await self._exchanges.open_in(one.sender, one.room, one.at) is not None:
            known = not isinstance(read_command(one.body), Command)
            return [self._effect(one, alone=False)] if known else []
        return []

    async def _related(self, one: Heard, own: bool) -> list[NewEffect]:
        """An answer, or a message in a thread. In a direct room most are about other cards."""
        if await self._is_exchange(one):
            return [self._effect(one, alone=False)]
        if own:
            named = [each for each in (one.answers, one.root) if each is not None]
            places = [await self._requests.place(each, one.room) for each in named]
            return [self._effect(one, alone=False)] if any(places) else []
        if one.answers is not None or read_command(one.body) is Command.HELP:
            return [self._effect(one, alone=True)]
        return []

    async def _is_exchange(self, one: Heard) -> bool:
        for each in (one.root, one.answers):
            if each is None:
                continue
            if await self._exchanges.of_thread(one.sender, each, one.at) is not None:
                return True
            if await self._exchanges.question(each) is not None:
                return True
        return False

    def _effect(self, one: Heard, alone: bool) -> NewEffect:
        """`alone`: it waits for nothing else of this officer, and nothing of theirs for it."""
        subject = f"heard {one.event_id}" if alone else one.sender
        return to_work_off("heard", subject, one, self._safe)


def to_work_off(kind: str, subject: str, one: Heard, safe: Safe) -> NewEffect:
    """The effect that looks into what was said, its words sealed."""
    said: dict[str, Any] = {"event": one.event_id, "body": one.body}
    if one.file is not None:
        said["file"] = file_writing.to_value(one.file)
    payload: dict[str, Any] = {
        "room": one.room,
        "event_id": one.event_id,
        "sender": one.sender,
        "at": one.at.isoformat(),
        "root": one.root,
        "answers": one.answers,
        "target": one.target,
        "key": one.key,
        "sealed": base64.b64encode(safe.seal(json.dumps(said).encode())).decode(),
    }
    return NewEffect(kind, subject, payload, once=f"{kind}-{one.event_id}")


def opened(due: DueEffect, safe: Safe) -> Heard | None:
    """What an effect is about; None once it was worked off and its words erased."""
    values = due.payload
    if not values.get("sealed"):
        return None
    words = json.loads(safe.open(base64.b64decode(values["sealed"])))
    if words["event"] != values["event_id"]:
        # ATTACK: who can write to the database puts one officer's words under another's event.
        raise ValueError("sealed for another event")
    return Heard(
        sender=values["sender"],
        room=values["room"],
        event_id=values["event_id"],
        at=datetime.fromisoformat(values["at"]),
        body=words["body"],
        root=values["root"],
        answers=values["answers"],
        target=values["target"],
        key=values["key"],
        file=file_writing.from_value(words["file"]) if "file" in words else None,
    )


def what_is_said(act: Act, envelope: Envelope, room: Room, now: datetime) -> Heard | None:
    """What an officer said or tapped with this act, if it is a message or a tap."""
    event_id, sender = envelope.event_id, envelope.sender
    if isinstance(act, Reaction):
        return Heard(sender, room.key, event_id, now, target=act.target, key=act.key[:16])
    if not isinstance(act, Post):
        return None
    relation, falls_back = act.relation, False
    if envelope.encrypted is not None and envelope.encrypted.relation is not None:
        falls_back = envelope.encrypted.relation.falls_back
    root, answers = None, None
    if relation is not None:
        match relation.kind:
            case RelationKind.EDIT:
                return None
            case RelationKind.REPLY:
                answers = relation.target
            case RelationKind.THREAD:
                # In a thread clients name the latest message too, which nobody chose.
                root, answers = relation.target, None if falls_back else relation.reply_to
    return Heard(
        sender,
        room.key,
        event_id,
        now,
        body=act.body,
        root=root,
        answers=answers,
        # A preview of it isn't carried: clients make their own.
        file=act.files[0] if act.files else None,
    )


def unmarked(body: str, network: Network, at: datetime) -> str:
    """A text without the marking before it, as far as there is a clear one."""
    left = marking_text.without_marking(body, network.vocabulary, at.date())
    return body if left is None else left


def _is_order(body: str, network: Network, at: datetime) -> bool:
    return deed_in(body, network.vocabulary, at.date()) is not None


def _means_something(key: str) -> bool:
    readings = (tap_of(key), rating_of(key), number_of(key), flag_region(key))
    return any(one is not None for one in readings)
