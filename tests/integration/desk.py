"""The desk that every scene of the gate builds on, on a real PostgreSQL: officers whose encrypted
messages the real gate judges, a homeserver that asks the gate about what the steward sends, and
sync, which shows at once what was let in.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import vodozemac
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bots.steward.keyring import Keyring
from bots.steward.machine import Machine
from bots.steward.mailer import Mailer
from bots.steward.means import Means
from bots.steward.performer import Performer
from bots.steward.speech import Speech
from rilon.adapters.homeserver import Homeserver, HomeserverAway, HomeserverError
from rilon.application.asked import Asked
from rilon.application.ports import Safe
from rilon.application.record import policy_entry
from rilon.application.screen import Screening
from rilon.bootstrap.parts import outbox_of, quotation_of
from rilon.domain.entries import Entry
from rilon.domain.verdicts import Accept, Refuse, Verdict
from rilon.ledger.keys import SignerKey
from rilon.ledger.leaf import parse
from rilon.policy.network import Network
from rilon.storage.decisions import Decisions
from rilon.storage.effects import Effects
from rilon.storage.officers import OfficerStore
from rilon.storage.rooms import PolicyStore, RoomStore
from rilon.storage.sessions import SessionStore
from rilon.wire.envelope import read_envelope
from tests.integration.no_files import NoFiles

SERVER = "rilon.localhost"
STEWARD = f"@steward:{SERVER}"
JUDGED = (
    "passage, passage_source, recent_words, attempt, verdict, effect, megolm_session, device, "
    "officer_state, governed_room, policy_version, inbox, ledger_outbox"
)
"""The tables of the gate's verdicts and of what follows from them."""

QUOTATION = quotation_of(secrets.token_hex(32))
"""One for all tests of a run: reading the network's own texts takes a while."""

_statement = cache(text)


def user(name: str) -> str:
    return f"@{name}:{SERVER}"


def curve(name: str) -> str:
    """The key of the officer's one device."""
    return name.replace(".", "").ljust(43, "A")[:43]


@asynccontextmanager
async def emptied(postgres_dsn: str, tables: str = JUDGED) -> AsyncIterator[AsyncEngine]:
    """A pool on the module's database, in which these tables are empty."""
    engine = create_async_engine(make_url(postgres_dsn).set(drivername="postgresql+asyncpg"))
    async with engine.begin() as connection:
        await connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    yield engine
    await engine.dispose()


def event(
    room_id: str, kind: str, sender: str, at: datetime, content: Any, event_id: str | None = None
) -> dict[str, Any]:
    """An event as the homeserver shows it."""
    return {
        "event_id": event_id or f"${secrets.token_hex(16)}",
        "room_id": room_id,
        "type": kind,
        "sender": sender,
        "origin_server_ts": int(at.timestamp() * 1000),
        "content": content,
    }


def encrypted(
    session: vodozemac.GroupSession, room_id: str, content: Any, clear: Mapping[str, Any]
) -> dict[str, Any]:
    """The content of an encrypted message; `clear` stands beside the ciphertext."""
    payload = {"type": "m.room.message", "room_id": room_id, "content": content}
    return {
        "algorithm": "m.megolm.v1.aes-sha2",
        "ciphertext": session.encrypt(json.dumps(payload).encode()).to_base64(),
        "session_id": session.session_id,
        **clear,
    }


class InstantKeyring(Keyring):
    """The real keyring, for which nothing is ever on its way."""

    async def catch_up(self) -> None:
        """Everything is known already."""


class AskingAll(Homeserver):
    """A homeserver that asks the gate, and knows a transaction that it has had."""

    def __init__(self, desk: Desk) -> None:
        super().__init__("http://127.0.0.1:9", STEWARD, device_id="STEWARD")
        self._desk = desk
        self.stands: dict[str, tuple[str, str, dict[str, Any]]] = {}
        """By transaction: room, event id, content."""
        self.dies_before = self.dies_after = 0
        """How often it dies before, or after, it has done what it was asked."""

    async def joined_members(self, room_id: str) -> list[str]:
        return [STEWARD, *self._desk.joined(room_id)]

    async def send_to_device(self, kind: str, transaction: str, messages: Any) -> None:
        return None

    async def send(self, room_id: str, kind: str, transaction: str, content: dict[str, Any]) -> str:
        if self.dies_before:
            self.dies_before -= 1
            raise HomeserverAway("away")
        if transaction not in self.stands:
            event_id = f"${secrets.token_hex(12)}"
            verdict = await self._desk.arrives(room_id, kind, event_id, content, transaction)
            if isinstance(verdict, Refuse):
                raise HomeserverError(403, "M_FORBIDDEN", verdict.code.value)
            self.stands[transaction] = (room_id, event_id, content)
        if self.dies_after:
            self.dies_after -= 1
            raise HomeserverAway("the connection broke")
        return self.stands[transaction][1]

    def in_room(self, room_id: str) -> list[str]:
        """The events that stand in a room."""
        return [event_id for room, event_id, _ in self.stands.values() if room == room_id]


class Overheard(Mailer):
    """The mailer, and what it was given before it encrypted that."""

    def __init__(self, desk: Desk, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._desk = desk
        self._drafts: dict[int, tuple[str, dict[str, Any]]] = {}

    async def send(self, due: Any, room_id: str, content: Any, readers: list[str]) -> str:
        if content:
            self._drafts[due.id] = (room_id, content)
        event_id = await super().send(due, room_id, content, readers)
        self._desk.posts.setdefault(event_id, self._drafts[due.id])
        return event_id


class Desk:
    """A policy in force, the gate, and (once it is seated) the steward with its outbox."""

    ROUNDS = 40
    """So often, at the most, something follows from what was performed."""
    screening: Screening
    server: AskingAll
    performer: Performer

    def __init__(self, engine: AsyncEngine, network: Network, at: datetime) -> None:
        self.engine, self.network, self.at = engine, network, at
        self.outbox = outbox_of(SignerKey("steward", secrets.token_bytes(32)))
        self.pickle_key = secrets.token_bytes(32)
        self.keyring = InstantKeyring(SessionStore(engine), self.pickle_key)
        self.quotation = QUOTATION
        self.policies, self.effects = PolicyStore(engine), Effects(engine)
        self.rooms, self.officers = RoomStore(engine), OfficerStore(engine, self.outbox)
        self.posts: dict[str, tuple[str, dict[str, Any]]] = {}
        """What the steward said: room and content, by event."""

    def gate(self, *seals: Safe, held_for: timedelta | None = None) -> Screening:
        """The decision. The seals are of held texts, and of what requests carry."""
        return Screening(
            Decisions(self.engine, self.outbox, *seals),
            self.policies,
            self.keyring,
            NoFiles(),
            self.effects,
            STEWARD,
            self.now,
            lambda: secrets.token_bytes(16),
            self.quotation,
            held_for,
        )

    def seated(self, folder: Path, server: AskingAll) -> Means:
        """What the steward acts with on that homeserver, its keys in the folder."""
        self.server = server
        machine = Machine(STEWARD, "STEWARD", folder, "0" * 64)
        return Means(
            server,
            self.effects,
            self.rooms,
            self.officers,
            Overheard(self, server, machine, asyncio.Lock(), self.effects),
            Speech(self.officers, SERVER),
            self.policies.in_force,
            SERVER,
            self.now,
        )

    def now(self) -> datetime:
        return self.at

    def joined(self, room_id: str) -> list[str]:
        """Who is in a room, beside the steward."""
        return []

    async def run(self, statement: str, **values: Any) -> list[Any]:
        async with self.engine.begin() as connection:
            result = await connection.execute(_statement(statement), values)
            return list(result.all()) if result.returns_rows else []

    async def write(self, *statements: str, rows: list[dict[str, Any]]) -> None:
        """Each statement for all rows, in one transaction."""
        async with self.engine.begin() as connection:
            for statement in statements if rows else ():
                await connection.execute(_statement(statement), rows)

    # --- what stands beforehand ------------------------------------------------------------------

    async def put_in_force(self, network: Network) -> None:
        entry = policy_entry(network, self.now(), secrets.token_bytes(16), "steward")
        await self.policies.put_in_force(network, entry, [], self.outbox)

    async def govern(self, rooms: Mapping[str, str]) -> None:
        """Matrix rooms by their keys."""
        rows = [{"key": key, "room": room_id} for key, room_id in rooms.items()]
        await self.write(
            "INSERT INTO governed_room VALUES (:key, :room) ON CONFLICT DO NOTHING", rows=rows
        )

    async def admit(self, *names: str) -> None:
        """Officers who came in before."""
        await self.write(
            "INSERT INTO officer_state (user_id, name, state) VALUES (:user, :name, 'admitted')",
            rows=[{"user": user(name), "name": name} for name in names],
        )

    async def sign(self, devices: Mapping[str, str]) -> None:
        """One signed device each, by officer's name."""
        await self.write(
            "INSERT INTO device VALUES (:user, :device, :curve, 'ed', true)",
            rows=[
                {"user": user(name), "device": device, "curve": curve(name)}
                for name, device in devices.items()
            ],
        )

    async def share(
        self, session: vodozemac.GroupSession, room_id: str, user_id: str, key: str
    ) -> None:
        """The gate has the key of an officer's session; `key` is of the officer's device."""
        inbound = vodozemac.InboundGroupSession(session.session_key)
        await self.run(
            "INSERT INTO megolm_session VALUES (:room, :session, :user, :curve, 'ed', :pickle)",
            room=room_id,
            session=session.session_id,
            user=user_id,
            curve=key,
            pickle=inbound.pickle(self.pickle_key),
        )

    # --- the gate and sync -----------------------------------------------------------------------

    async def judge(
        self, raw: dict[str, Any], device: str, transaction: str | None = None
    ) -> Verdict:
        """The gate's verdict on an event."""
        return await self.screening.screen(Asked(read_envelope(raw), device, transaction))

    async def arrives(
        self, room_id: str, kind: str, event_id: str, content: Any, transaction: str
    ) -> Verdict:
        """An event of the steward at the gate; if it is let in, sync shows it at once."""
        raw = event(room_id, kind, STEWARD, self.at, content, event_id)
        verdict = await self.judge(raw, "STEWARD", transaction)
        if isinstance(verdict, Accept):
            await self._delivered(event_id)
        return verdict

    async def _delivered(self, event_id: str) -> bytes:
        (row,) = await self.run(
            "UPDATE verdict SET delivered_event_id = :event, delivered_at = now() WHERE identity = "
            "(SELECT identity FROM attempt WHERE event_id = :event) RETURNING identity",
            event=event_id,
        )
        return bytes(row.identity)

    # --- the steward -----------------------------------------------------------------------------

    async def perform(self, *, only: str | None = None) -> None:
        """Performs what is due, until nothing is."""
        for _ in range(self.ROUNDS):
            due = await self.effects.next_due(self.at + timedelta(hours=1), [], 100)
            due = [one for one in due if only in (None, one.kind)]
            if not due:
                return
            for one in due:
                await self.performer._perform(one)
        raise AssertionError("there is always more to do")

    async def ledger(self) -> list[Entry]:
        """The ledger's entries, in the order in which they were written."""
        rows = await self.run("SELECT leaf FROM ledger_outbox ORDER BY id")
        return [parse(bytes(row.leaf)).entry for row in rows]
