"""Requests on a real PostgreSQL, with the real gate and outbox: desks of three states, a homeserver
that asks the gate about everything, and a clock that the test sets."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import vodozemac
from sqlalchemy.ext.asyncio import AsyncEngine

from bots.steward.deeds import Deeds
from bots.steward.passages import Passages
from bots.steward.performer import Performer
from bots.steward.requests import RequestDeeds
from rilon.adapters.sealing import Seal
from rilon.application.held import HELD_FOR
from rilon.application.request_carried import Carried
from rilon.application.request_due import Due
from rilon.application.request_values import NewRequest, Place, Standing, WordsKind
from rilon.application.requests import Requests
from rilon.domain.acts import Post
from rilon.domain.entries import Subject
from rilon.domain.markings import WrittenMarking
from rilon.domain.parties import Party, parties
from rilon.domain.request_course import Progress
from rilon.domain.request_numbers import RequestNumber
from rilon.domain.verdicts import Accept, Verdict
from rilon.policy.duty_changes import DutyChange
from rilon.policy.network import Network
from rilon.storage.deliveries import Deliveries
from rilon.storage.inbox import Inbox
from rilon.storage.request_sweeps import write_due
from rilon.storage.requests import RequestStore
from tests.integration.desk import (
    JUDGED,
    SERVER,
    AskingAll,
    Desk,
    curve,
    emptied,
    encrypted,
    event,
    user,
)
from tests.integration.no_files import NoFiles
from tests.integration.requests.request_codes import Codes
from tests.policy_scene import NETWORK

STRIDE = int(os.environ.get("RILON_EVERY", "9"))
"""Of the places where the story can be stopped, every so manieth is tried. 1 tries all."""
MONDAY = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
"""Monday, 23 November 2026: ten in the morning in Jakarta, two in the afternoon in Sydney."""
IDN, MYS, THA, AUS, RSO = (Party(code) for code in ("IDN", "MYS", "THA", "AUS", "RSO"))
WORDS = "zebracorn owns the blue hull"


TABLES = (
    f"request_selector, request_place, request_words, request_addressee, request, held, {JUDGED}"
)


@asynccontextmanager
async def opened_scene(postgres_dsn: str, folder: Path) -> AsyncIterator[Scene]:
    """The scene on empty tables."""
    async with emptied(postgres_dsn, TABLES) as engine:
        made = Scene(engine, NETWORK, folder)
        await made.prepare()
        yield made


class ToldDuty:
    """What leads told the steward."""

    def __init__(self) -> None:
        self.known: list[DutyChange] = []

    async def changes(self) -> Sequence[DutyChange]:
        return self.known


class Scene(Desk):
    """A policy in force, the rooms of three states, and the steward's parts for requests."""

    ROUNDS = 80

    def __init__(self, engine: AsyncEngine, network: Network, folder: Path) -> None:
        super().__init__(engine, network, MONDAY)
        self._sessions: dict[tuple[str, str], vodozemac.GroupSession] = {}
        self.raws: dict[str, dict[str, Any]] = {}
        """The events of officers, by their ids."""
        self.duty, self.safe = ToldDuty(), Seal("secret", "requests-1")
        self.screening = self.gate(Seal("secret", "held"), self.safe, held_for=HELD_FOR)
        deeds = Deeds(self.seated(folder, AskingAll(self)))
        self.store = RequestStore(engine, self.outbox, self.safe)
        salt = lambda: secrets.token_bytes(16)  # noqa: E731
        self.requests = Requests(
            self.store,
            self.policies.in_force,
            self.now,
            salt,
            secrets.randbelow,
            lambda: secrets.token_hex(16),
            self.duty,
        )
        self.carried = Carried(self.store, self.policies.in_force, self.now, salt, self.duty)
        self.due = Due(self.store, self.policies.in_force, self.now, salt, self.duty)
        self.deeds = RequestDeeds(
            self.store,
            self.carried,
            self.due,
            deeds,
            self.rooms,
            Codes(),
            self.policies.in_force,
            SERVER,
            self.now,
            b"k" * 32,
            self.duty,
        )
        kinds = {**deeds.by_kind(), **self.deeds.by_kind()}
        self.performer = Performer(self.effects, kinds, self.now)

    async def prepare(self) -> None:
        await self.put_in_force(self.network)
        await self.govern({key: f"!{key}" for key in self.network.rooms})
        await self.admit(*self.network.officers)
        await self.sign(dict.fromkeys(self.network.officers, "DEVICE"))

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
        more = {"m.relates_to": relation} if relation else {}
        clear = {"sender_key": curve(name), "device_id": "DEVICE", **more}
        content = encrypted(
            await self._session(room_id, name),
            room_id,
            {"msgtype": "m.text", "body": body, **more},
            clear,
        )
        raw = event(room_id, "m.room.encrypted", user(name), self.at, content, event_id)
        self.raws[raw["event_id"]] = raw
        return await self.judge(raw, "DEVICE")

    async def _session(self, room_id: str, name: str) -> vodozemac.GroupSession:
        if (room_id, name) not in self._sessions:
            session = self._sessions[room_id, name] = vodozemac.GroupSession()
            await self.share(session, room_id, user(name), curve(name))
        return self._sessions[room_id, name]

    # --- the steward -----------------------------------------------------------------------------

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

    async def proposes(
        self,
        name: str,
        at: Place | RequestNumber,
        words: str,
        kind: WordsKind = WordsKind.ANSWER,
        *,
        typed: str | None = None,
        relation: dict[str, Any] | None = None,
        room: str = "mps-desk-idn",
        **how: Any,
    ) -> Any:
        """An officer types words for the other side, and they are proposed; what comes of it."""
        event_id = await self.types(name, room, typed or words, relation)
        marking = how.pop("marking", None)
        return await self.requests.propose(user(name), at, words, marking, kind, event_id, **how)

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

    async def entries(self) -> list[tuple[str, str]]:
        """Party and step of the ledger's entries of requests."""
        return [
            (str(min(one.parties)), dict(one.subject)[Subject.STEP])
            for one in await self.ledger()
            if one.kind.value == "request"
        ]
