"""The gate in memory: the real screening, wire and decision, on simulated twins of its ports.

The twins hold what a database would, and refuse what one would refuse. Who sends and which
device is signed is arranged by the test; nothing is decided here.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Collection, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from rilon.application.asked import Asked
from rilon.application.ports import (
    Delivered,
    Judged,
    KeyMissing,
    NewEffect,
    NotOpened,
    Opened,
    Recorded,
    Seen,
)
from rilon.application.screen import Screening
from rilon.bootstrap.parts import quotation_of
from rilon.domain.acts import Attachment
from rilon.domain.entries import Entry
from rilon.domain.files import FileFacts, Finding
from rilon.domain.markings import Marking
from rilon.domain.parties import Party
from rilon.domain.verdicts import Accept, Verdict
from rilon.gate.protocol import read_question
from rilon.ledger.keys import SignerKey
from rilon.ledger.leaf import sign
from rilon.policy.network import Network
from rilon.policy.question import Source
from rilon.storage.marking_json import from_json, to_json
from rilon.wire.envelope import read_envelope
from tests.policy_scene import NETWORK, NOW, SERVER, user_id

STEWARD = user_id("steward")
QUOTATION = quotation_of("simulated" * 8)
"""One for all: its secret is the same, and reading the network's own texts takes a while."""
_KEY = SignerKey("steward", b"s" * 32)
T = TypeVar("T")


@dataclass(frozen=True)
class Device:
    """A device as the steward knows it. Its keys and sessions are named after it."""

    user: str
    name: str
    signed: bool = True

    @property
    def curve(self) -> str:
        return token(f"curve {self.user} {self.name}")

    def session(self, room_id: str) -> str:
        return token(f"session {self.user} {self.name} {room_id}")


@dataclass
class _Row:
    """A verdict as it is stored."""

    judged: Judged
    room_id: str
    attempts: int = 1
    delivered_as: str | None = None


@dataclass
class SimulatedGate:
    """Rooms, officers, devices and what was said, and the screening that judges what comes."""

    network: Network = NETWORK
    rooms: dict[str, str] = field(default_factory=dict)
    """Room ids, with the key of the policy."""
    now: datetime = NOW
    devices: dict[tuple[str, str], Device] = field(default_factory=dict)
    suspended: set[str] = field(default_factory=set)
    rows: dict[bytes, _Row] = field(default_factory=dict)
    attempts: dict[str, bytes] = field(default_factory=dict)
    """What was asked, by event id, with the message that it was."""
    delivered: dict[str, _Row] = field(default_factory=dict)
    places: dict[tuple[str, str, int], bytes] = field(default_factory=dict)
    """Which message took an index of a session of a room."""
    sessions: set[tuple[str, str]] = field(default_factory=set)
    plaintexts: dict[tuple[str, str, str], Opened] = field(default_factory=dict)
    effects: list[NewEffect] = field(default_factory=list)
    _count: int = 0

    def __post_init__(self) -> None:
        twin: Any = self  # of what the steward alone asks, it has nothing
        self.screening = Screening(
            twin,
            twin,
            twin,
            twin,
            twin,
            STEWARD,
            lambda: self.now,
            lambda: b"salt" * 8,
            QUOTATION,
        )

    async def open_all(self, files: Sequence[Attachment], largest: int) -> tuple[FileFacts, ...]:
        """Every file is what it is said to be."""
        return tuple(FileFacts(Finding.CLEAN, one.size or 1) for one in files)

    # --- what the tests do -----------------------------------------------------------------------

    def device(self, officer: str, name: str = "DEVICE", signed: bool = True) -> Device:
        """A device of an officer, whose sessions are the steward's too."""
        made = Device(user_id(officer), name, signed)
        self.devices[made.user, made.name] = made
        return made

    def sealed(self, device: Device, room_id: str, plaintext: bytes) -> dict[str, Any]:
        """The wire content under which that plaintext goes out over the device's session."""
        self._count += 1
        ciphertext = base64.b64encode(hashlib.sha512(b"%d" % self._count).digest()).decode()
        session = device.session(room_id)
        self.sessions.add((room_id, session))
        self.plaintexts[room_id, session, ciphertext.rstrip("=")] = Opened(
            plaintext, self._count, device.user, device.curve, token("ed")
        )
        return {
            "algorithm": "m.megolm.v1.aes-sha2",
            "ciphertext": ciphertext.rstrip("="),
            "session_id": session,
            "sender_key": device.curve,
            "device_id": device.name,
        }

    def event(self, device: Device, room_id: str, type_: str, content: Any) -> dict[str, Any]:
        """An event of the device as the homeserver hands it over."""
        self._count += 1
        return {
            "event_id": f"${token(f'event {self._count}')}",
            "room_id": room_id,
            "type": type_,
            "sender": device.user,
            "origin_server_ts": int(self.now.timestamp() * 1000),
            "content": content,
        }

    def ask(self, event: dict[str, Any], device: Device) -> Verdict:
        """The verdict on an event, along the way that the endpoint goes: bytes first."""
        self._count += 1
        question = read_question(
            json.dumps(
                {"event": event, "device_id": device.name, "transaction_id": f"t{self._count}"}
            ).encode()
        )
        asked = Asked(read_envelope(question.event), question.device_id, question.transaction_id)
        return _at_once(self.screening.screen(asked))

    def deliver(self, event: dict[str, Any]) -> None:
        """The event stands in its room: from now on others may relate to it."""
        row = self.rows[self.attempts[event["event_id"]]]
        row.delivered_as = event["event_id"]
        self.delivered[event["event_id"]] = row

    def say(self, device: Device, room_id: str, content: dict[str, Any]) -> tuple[str, Verdict]:
        """An honest message, delivered if it is accepted: its event id and its verdict."""
        payload = {"type": "m.room.message", "room_id": room_id, "content": content}
        wire = self.sealed(device, room_id, json.dumps(payload).encode())
        if "m.relates_to" in content:
            wire["m.relates_to"] = content["m.relates_to"]
        event = self.event(device, room_id, "m.room.encrypted", wire)
        verdict = self.ask(event, device)
        if isinstance(verdict, Accept):
            self.deliver(event)
        return event["event_id"], verdict

    def marking_of(self, event_id: str) -> Marking | None:
        """What a delivered event carries."""
        row = self.delivered.get(event_id)
        return None if row is None else row.judged.marking

    # --- twins of the ports ----------------------------------------------------------------------

    @asynccontextmanager
    async def in_room(self, room_id: str) -> AsyncIterator[_Room]:
        yield _Room(self, room_id, self.rooms.get(room_id))

    async def version(self, policy_id: int, generation: int) -> Network:
        assert policy_id == 1
        return self.network

    async def open(self, room_id: str, session_id: str, ciphertext: str) -> Opened:
        found = self.plaintexts.get((room_id, session_id, ciphertext))
        if found is not None:
            return found
        raise NotOpened if (room_id, session_id) in self.sessions else KeyMissing

    async def catch_up(self) -> None:
        """Nothing is ever on its way."""

    async def recognise(
        self, room_id: str, kind: str, state_key: str | None, digest: bytes
    ) -> int | None:
        return None


class _Room:
    """The twin of a room's transaction."""

    def __init__(self, gate: SimulatedGate, room_id: str, key: str | None) -> None:
        self._gate = gate
        self._room_id = room_id
        self.key = key

    async def look(
        self,
        identity: bytes,
        sender: str,
        device_id: str | None,
        session_id: str | None,
        index: int | None,
        related: Sequence[str],
    ) -> Seen:
        _storable(sender, device_id, session_id, *related)
        gate = self._gate
        device = gate.devices.get((sender, device_id or ""))
        row = gate.rows.get(identity)
        return Seen(
            policy_id=1,
            officer_state=None if sender in gate.suspended else "admitted",
            device_curve25519=device.curve if device else None,
            device_signed=device is not None and device.signed,
            recorded=_recorded(row) if row else None,
            index_identity=gate.places.get((self._room_id, session_id or "", index or 0)),
            related=tuple(
                _delivered(one)
                for one in map(gate.delivered.get, related)
                if one is not None and one.room_id == self._room_id
            ),
            related_pending=any(map(self._is_pending, related)),
        )

    def _is_pending(self, event_id: str) -> bool:
        row = self._gate.rows.get(self._gate.attempts.get(event_id, b""))
        return (
            row is not None
            and row.room_id == self._room_id
            and row.judged.accepted
            and row.delivered_as is None
        )

    async def sources(self, passages: Collection[int], party: Party) -> tuple[Source, ...]:
        """Passages have tests of their own."""
        return ()

    def remember(self, sender: str, sealed: bytes) -> None:
        """Nobody's words are kept."""

    async def record(self, judged: Judged, entry: Entry, effects: Sequence[NewEffect] = ()) -> None:
        _storable(judged.event_id, judged.sender, judged.device_id, judged.session_id)
        _storable(judged.kind, judged.code, judged.rule, sign(entry, _KEY).decode())
        known = self._gate.rows.get(judged.identity)
        if known is None:
            self._gate.rows[judged.identity] = _Row(judged, self._room_id)
        elif known.delivered_as is None:
            known.judged = judged
            known.attempts += 1
        if judged.edits is not None:
            edited = self._gate.delivered[judged.edits]
            edited.judged = replace(edited.judged, marking=judged.marking)
        self._gate.attempts[judged.event_id] = judged.identity
        if judged.session_id is not None and judged.message_index is not None:
            place = (self._room_id, judged.session_id, judged.message_index)
            self._gate.places.setdefault(place, judged.identity)
        self._write(effects)

    async def record_again(
        self, identity: bytes, event_id: str, effects: Sequence[NewEffect] = ()
    ) -> None:
        self._gate.rows[identity].attempts += 1
        self._gate.attempts[event_id] = identity
        self._write(effects)

    def _write(self, effects: Sequence[NewEffect]) -> None:
        for effect in effects:
            _storable(effect.kind, effect.subject, effect.once, json.dumps(dict(effect.payload)))
            self._gate.effects.append(effect)


def token(of: str) -> str:
    """A name of 43 characters, as keys and events have it."""
    return base64.b64encode(hashlib.sha256(of.encode()).digest()).decode().rstrip("=")


def room_id(key: str) -> str:
    """The Matrix id of a room in these tests."""
    return f"!{key}:{SERVER}"


def _at_once(judging: Coroutine[Any, Any, T]) -> T:
    """The result of what never waits for anything but our twins."""
    try:
        judging.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    raise AssertionError("it waited for something")


def _recorded(row: _Row) -> Recorded:
    judged = row.judged
    return Recorded(
        judged.accepted,
        judged.code,
        judged.rule,
        judged.policy_id,
        row.attempts,
        row.delivered_as is not None,
    )


def _delivered(row: _Row) -> Delivered:
    marking = row.judged.marking
    # There and back, as the table keeps it.
    kept = None if marking is None else from_json(json.loads(json.dumps(to_json(marking))))
    return Delivered(
        row.delivered_as or "", row.judged.sender, row.judged.kind, kept, row.judged.sent_at
    )


def _storable(*texts: str | None) -> None:
    """A text column of PostgreSQL holds neither a NUL nor half a surrogate pair."""
    for text in texts:
        if text is not None:
            assert "\0" not in text
            assert "\\u0000" not in text
            text.encode()
