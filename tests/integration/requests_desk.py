"""Requests on a real PostgreSQL, with the real gate and outbox: desks of three states, a homeserver
that asks the gate about everything, and a clock that the test sets."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import vodozemac
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bots.steward.deeds import Deeds
from bots.steward.machine import Machine
from bots.steward.mailer import Mailer
from bots.steward.means import Means
from bots.steward.passages import Passages
from bots.steward.performer import Performer
from bots.steward.requests import RequestDeeds
from bots.steward.speech import Speech
from rilon.adapters.homeserver import Homeserver, HomeserverAway, HomeserverError
from rilon.adapters.sealing import Seal
from rilon.application.asked import Asked
from rilon.application.held import HELD_FOR
from rilon.application.record import policy_entry
from rilon.application.request_carried import Carried
from rilon.application.request_due import Due
from rilon.application.request_values import NewRequest, Place, Standing
from rilon.application.requests import Requests
from rilon.application.screen import Screening
from rilon.bootstrap.parts import outbox_of, quotation_of
from rilon.domain.acts import Post
from rilon.domain.entries import Entry
from rilon.domain.markings import WrittenMarking
from rilon.domain.parties import Party, parties
from rilon.domain.request_course import Progress
from rilon.domain.request_numbers import RequestNumber
from rilon.domain.verdicts import Accept, Verdict
from rilon.domain.verdicts import Refuse as RefuseVerdict
from rilon.ledger.keys import SignerKey
from rilon.ledger.leaf import parse
from rilon.policy.duty_changes import DutyChange
from rilon.policy.network import Network
from rilon.storage.decisions import Decisions
from rilon.storage.deliveries import Deliveries
from rilon.storage.effects import Effects
from rilon.storage.inbox import Inbox
from rilon.storage.officers import OfficerStore
from rilon.storage.request_sweeps import write_due
from rilon.storage.requests import RequestStore
from rilon.storage.rooms import PolicyStore, RoomStore
from rilon.storage.sessions import SessionStore
from rilon.wire.envelope import read_envelope
from tests.integration.no_files import NoFiles
from tests.integration.request_codes import Codes
from tests.integration.test_screening import InstantKeyring
from tests.policy_scene import NETWORK

STRIDE = int(os.environ.get("RILON_EVERY", "9"))
"""Of the places where the story can be stopped, every so manieth is tried. 1 tries all."""
SERVER = "rilon.localhost"
STEWARD = f"@steward:{SERVER}"
MONDAY = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
"""Monday, 23 November 2026: ten in the morning in Jakarta, two in the afternoon in Sydney."""
IDN, MYS, THA, AUS, RSO = (Party(code) for code in ("IDN", "MYS", "THA", "AUS", "RSO"))
WORDS = "zebracorn owns the blue hull"


def user(name: str) -> str:
    return f"@{name}:{SERVER}"


_statement = cache(text)
TABLES = (
    "request_selector, request_place, request_words, request_addressee, request, held, passage, "
    "passage_source, recent_words, attempt, verdict, effect, megolm_session, device, "
    "officer_state, governed_room, policy_version, inbox, ledger_outbox"
)


@asynccontextmanager
async def opened_scene(postgres_dsn: str, folder: Path) -> AsyncIterator[Scene]:
    """The scene on empty tables."""
    engine = create_async_engine(make_url(postgres_dsn).set(drivername="postgresql+asyncpg"))
    made = Scene(engine, NETWORK, folder)
    await made.run(f"TRUNCATE {TABLES} RESTART IDENTITY CASCADE")
    await made.prepare()
    yield made
    await engine.dispose()


class AskingAll(Homeserver):
    """A homeserver that asks the gate, and knows a transaction that it has had."""

    def __init__(self, scene: Scene) -> None:
        super().__init__("http://127.0.0.1:9", STEWARD, device_id="STEWARD")
        self._scene = scene
        self.stands: dict[str, tuple[str, str, dict[str, Any]]] = {}
        self.dies_before = self.dies_after = 0

    async def joined_members(self, room_id: str) -> list[str]:
        return [STEWARD]

    async def send_to_device(self, kind: str, transaction: str, messages: Any) -> None:
        return None

    async def send(self, room_id: str, kind: str, transaction: str, content: dict[str, Any]) -> str:
        if self.dies_before:
            self.dies_before -= 1
            raise HomeserverAway("away")
        if transaction not in self.stands:
            event_id = f"${secrets.token_hex(12)}"
            verdict = await self._scene.arrives(room_id, kind, event_id, content, transaction)
            if isinstance(verdict, RefuseVerdict):
                raise HomeserverError(403, "M_FORBIDDEN", verdict.code.value)
            self.stands[transaction] = (room_id, event_id, content)
        if self.dies_after:
            self.dies_after -= 1
            raise HomeserverAway("the connection broke")
        return self.stands[transaction][1]


class Overheard(Mailer):
    """The mailer, and what it was given before it encrypted that."""

    def __init__(self, scene: Scene, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._scene = scene
        self._drafts: dict[int, tuple[str, dict[str, Any]]] = {}

    async def send(self, due: Any, room_id: str, content: Any, readers: list[str]) -> str:
        if content:
            self._drafts[due.id] = (room_id, content)
        event_id = await super().send(due, room_id, content, readers)
        self._scene.posts.setdefault(event_id, self._drafts[due.id])
        return event_id


class ToldDuty:
    """What leads told the steward."""

    def __init__(self) -> None:
        self.known: list[DutyChange] = []

    async def changes(self) -> Sequence[DutyChange]:
        return self.known


class Scene:
    """A policy in force, the rooms of three states, and the steward's parts for requests."""

    def __init__(self, engine: AsyncEngine, network: Network, folder: Path) -> None:
        self.engine, self.network, self.at = engine, network, MONDAY
        self.outbox = outbox_of(SignerKey("steward", secrets.token_bytes(32)))
        self.pickle_key = secrets.token_bytes(32)
        self.posts: dict[str, tuple[str, dict[str, Any]]] = {}
        self._sessions: dict[tuple[str, str], vodozemac.GroupSession] = {}
        self.quotation = quotation_of(secrets.token_hex(32))
        self.effects, self.duty = Effects(engine), ToldDuty()
        self.safe = Seal("secret", "requests-1")
        policies, keyring = (
            PolicyStore(engine),
            InstantKeyring(SessionStore(engine), self.pickle_key),
        )
        self.screening = Screening(
            Decisions(engine, self.outbox, Seal("secret", "held"), self.safe),
            policies,
            keyring,
            NoFiles(),
            self.effects,
            STEWARD,
            self.now,
            lambda: secrets.token_bytes(16),
            self.quotation,
            HELD_FOR,
        )
        self.server = AskingAll(self)
        machine = Machine(STEWARD, "STEWARD", folder, "0" * 64)
        mailer = Overheard(self, self.server, machine, asyncio.Lock(), self.effects)
        officers, self.rooms = OfficerStore(engine, self.outbox), RoomStore(engine)
        means = Means(
            self.server,
            self.effects,
            self.rooms,
            officers,
            mailer,
            Speech(officers, SERVER),
            policies.in_force,
            SERVER,
            self.now,
        )
        deeds = Deeds(means)
        self.store = RequestStore(engine, self.outbox, self.safe)
        salt = lambda: secrets.token_bytes(16)  # noqa: E731
        self.requests = Requests(
            self.store,
            policies.in_force,
            self.now,
            salt,
            secrets.randbelow,
            lambda: secrets.token_hex(16),
            self.duty,
        )
        self.carried = Carried(self.store, policies.in_force, self.now, salt, self.duty)
        self.due = Due(self.store, policies.in_force, self.now, salt, self.duty)
        self.deeds = RequestDeeds(
            self.store,
            self.carried,
            self.due,
            deeds,
            self.rooms,
            Codes(),
            policies.in_force,
            SERVER,
            self.now,
            b"k" * 32,
            self.duty,
        )
        kinds = {**deeds.by_kind(), **self.deeds.by_kind()}
        self.performer = Performer(self.effects, kinds, self.now)

    def now(self) -> datetime:
        return self.at

    async def run(self, statement: str, **values: Any) -> list[Any]:
        async with self.engine.begin() as connection:
            result = await connection.execute(_statement(statement), values)
            return list(result.all()) if result.returns_rows else []

    async def prepare(self) -> None:
        entry = policy_entry(self.network, self.at, secrets.token_bytes(16), "steward")
        await PolicyStore(self.engine).put_in_force(self.network, entry, [], self.outbox)
        for key in self.network.rooms:
            await self.rooms.govern(key, f"!{key}")
        for name in self.network.officers:
            await self.run(
                "INSERT INTO officer_state (user_id, name, state) "
                "VALUES (:user, :name, 'admitted')",
                user=user(name),
                name=name,
            )
            await self.run(
                "INSERT INTO device VALUES (:user, 'DEVICE', :curve, 'ed', true)",
                user=user(name),
                curve=_curve(name),
            )

    # --- officers --------------------------------------------------------------------------------

    async def types(
        self, name: str, room: str, body: str, relation: dict[str, Any] | None = None
    ) -> str:
        """An officer's own message, through the gate, delivered, its passages left; its event."""
        event_id = f"${secrets.token_hex(12)}"
        verdict = await self.asks(name, room, body, relation, event_id)
        assert isinstance(verdict, Accept), verdict
        identity = await self._delivered(event_id)
        passages = Passages(self.quotation, NoFiles(), self.now, timedelta)
        left = await passages.left_by(
            Post(body, WrittenMarking()), user(name), self.network.rooms[room], self.network
        )
        if left is not None and verdict.effective is not None:
            batch = await Inbox(self.engine).store({"next_batch": event_id})
            async with Deliveries(self.engine, self.outbox).of_batch(batch.id) as delivery:
                await passages.keep(delivery, left, identity, verdict.effective, self.network)
        return event_id

    async def asks(
        self,
        name: str,
        room: str,
        body: str,
        relation: dict[str, Any] | None = None,
        event_id: str | None = None,
    ) -> Verdict:
        """The gate's verdict on an officer's message."""
        room_id = f"!{room}"
        session = await self._session(room_id, name)
        more = {"m.relates_to": relation} if relation else {}
        payload = {
            "type": "m.room.message",
            "room_id": room_id,
            "content": {"msgtype": "m.text", "body": body, **more},
        }
        content = {
            "algorithm": "m.megolm.v1.aes-sha2",
            "ciphertext": session.encrypt(json.dumps(payload).encode()).to_base64(),
            "session_id": session.session_id,
            "sender_key": _curve(name),
            "device_id": "DEVICE",
            **more,
        }
        event = {
            "event_id": event_id or f"${secrets.token_hex(12)}",
            "room_id": room_id,
            "type": "m.room.encrypted",
            "sender": user(name),
            "origin_server_ts": int(self.at.timestamp() * 1000),
            "content": content,
        }
        return await self.screening.screen(Asked(read_envelope(event), "DEVICE", None))

    async def _session(self, room_id: str, name: str) -> vodozemac.GroupSession:
        if (room_id, name) not in self._sessions:
            session = vodozemac.GroupSession()
            self._sessions[room_id, name] = session
            inbound = vodozemac.InboundGroupSession(session.session_key)
            await self.run(
                "INSERT INTO megolm_session VALUES (:room, :session, :user, :curve, 'ed', :pickle)",
                room=room_id,
                session=session.session_id,
                user=user(name),
                curve=_curve(name),
                pickle=inbound.pickle(self.pickle_key),
            )
        return self._sessions[room_id, name]

    async def arrives(
        self, room_id: str, kind: str, event_id: str, content: Any, transaction: str
    ) -> Verdict:
        """An event of the steward at the gate; if it is let in, sync shows it at once."""
        event = {
            "event_id": event_id,
            "room_id": room_id,
            "type": kind,
            "sender": STEWARD,
            "origin_server_ts": int(self.at.timestamp() * 1000),
            "content": content,
        }
        verdict = await self.screening.screen(Asked(read_envelope(event), "STEWARD", transaction))
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
        for _ in range(80):
            due = await self.effects.next_due(self.at + timedelta(hours=1), [], 100)
            due = [one for one in due if only in (None, one.kind)]
            if not due:
                return
            for one in due:
                await self.performer._perform(one)
        raise AssertionError("there is always more to do")

    async def beat(self) -> int:
        """One beat of the clock, and what follows from it."""
        written = await write_due(self.engine, self.at)
        await self.perform()
        return written

    async def ask(
        self,
        name: str = "aus.secondee1",
        to: str = "IDN",
        room: str = "mps-desk-aus",
        question: str = "Who owns the blue hull?",
        **more: Any,
    ) -> tuple[RequestNumber, str]:
        """A request, asked and carried; its number, and the message that asked it."""
        event_id = await self.types(name, room, "!rfi")
        new = NewRequest(parties(*to.split()), (question,), **more)
        number = await self.requests.ask(user(name), "mps", new, room, event_id)
        assert isinstance(number, str), number
        await self.perform()
        return RequestNumber(number), event_id

    # --- looking ---------------------------------------------------------------------------------

    async def standing(self, number: RequestNumber) -> Standing:
        request_id = await self.store.numbered(number)
        found = await self.store.standing(request_id or "")
        assert found is not None
        return found

    async def progress(self, number: RequestNumber, party: Party = IDN) -> Progress:
        found = (await self.standing(number)).course.of(party)
        assert found is not None
        return found

    async def card(self, number: RequestNumber, party: Party = IDN) -> Place:
        """The place of the card in that desk."""
        event_id = (await self.standing(number)).addressed[party].card_event
        assert event_id is not None
        place = await self.requests.place(event_id)
        assert place is not None
        return place

    async def preview(self) -> str:
        """The event of the latest preview."""
        rows = await self.run("SELECT event_id FROM request_place WHERE role = 'preview'")
        return str(rows[-1].event_id)

    async def preview_of(self, number: RequestNumber) -> str:
        """The event of the one preview of that request."""
        (row,) = await self.run(
            "SELECT p.event_id FROM request_place p JOIN request r ON r.id = p.request "
            "WHERE p.role = 'preview' AND r.number = :number",
            number=number,
        )
        return str(row.event_id)

    def heard(self, room: str) -> list[str]:
        """What the steward said in a room, in order."""
        return [content["body"] for at, content in self.posts.values() if at == f"!{room}"]

    async def ledger(self) -> list[Entry]:
        """The ledger's entries, in order."""
        rows = await self.run("SELECT leaf FROM ledger_outbox ORDER BY id")
        return [parse(bytes(row.leaf)).entry for row in rows]

    async def entries(self) -> list[tuple[str, str]]:
        """Party and step of the ledger's entries of requests."""
        return [
            (str(min(one.parties)), dict(one.subject)["step"])
            for one in await self.ledger()
            if one.kind.value == "request"
        ]


def _curve(name: str) -> str:
    return (name.replace(".", "") + "A" * 43)[:43]
