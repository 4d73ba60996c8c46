"""Officers of several states whose messages are judged and delivered by the sync's own worker, so
that their passages are kept; and recalls of what they said."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import vodozemac
from sqlalchemy.ext.asyncio import AsyncEngine

from bots.steward.batches import BatchWorker
from bots.steward.conversation import Conversation
from bots.steward.directory import Directory
from bots.steward.machine import Machine
from bots.steward.mailer import Mailer
from bots.steward.passages import Passages
from bots.steward.room_requests import RoomTaps
from rilon.adapters.homeserver import Homeserver
from rilon.application.copies import Copies
from rilon.application.recall import Recalling
from rilon.domain.entries import Entry, EntryKind, Subject
from rilon.domain.verdicts import Accept, Code, Refuse, Verdict
from rilon.storage.deliveries import Deliveries
from rilon.storage.inbox import Inbox
from rilon.storage.rooms_on_demand import RoomsOnDemand
from tests.integration.desk import (
    JUDGED,
    STEWARD,
    Desk,
    curve,
    emptied,
    encrypted,
    event,
    user,
)
from tests.integration.no_files import NoFiles
from tests.integration.taking_back import asked, recalling
from tests.policy_scene import NETWORK

FLOOR, PAIR, AUS_DESK, IDN_DESK = "mps-floor", "mps-aus-idn", "mps-desk-aus", "mps-desk-idn"
AUS, IDN, THA = "aus.secondee1", "idn.secondee1", "tha.secondee1"
THA_DESK = "mps-desk-tha"
TOLD = (
    "A grey trawler with two outboards waits beyond the reef every second night, and its crew "
    "buys fuel at the northern pier before it leaves again without any lights."
)
OWN = (
    "We have seen something like it further east since March, and our patrol asked the harbour "
    "master for the list of those who berthed there."
)


class Stage(Desk):
    """Rooms and officers of the shipped policy, the gate's decision and the sync's worker."""

    def __init__(self, engine: AsyncEngine, folder: Path) -> None:
        super().__init__(engine, NETWORK, datetime.now(UTC))
        self.sessions: dict[tuple[str, str], vodozemac.GroupSession] = {}
        self.screening = self.gate()
        self.worker = self.made_worker(folder)

    def made_worker(self, folder: Path) -> BatchWorker:
        homeserver = Homeserver("http://127.0.0.1:9", STEWARD)
        machine = Machine(STEWARD, "DEVICE", folder, "0" * 64)
        crypto = asyncio.Lock()

        def salt() -> bytes:
            return b"s" * 16

        def wake() -> None:
            return None

        return BatchWorker(
            homeserver,
            machine,
            crypto,
            self.keyring,
            Directory(
                homeserver,
                machine,
                crypto,
                self.officers,
                self.policies.in_force,
                self.now,
                salt,
                wake,
            ),
            Mailer(homeserver, machine, crypto, self.effects),
            self.rooms,
            Deliveries(self.engine, self.outbox),
            Conversation(
                self.keyring, STEWARD, self.now, RoomTaps(RoomsOnDemand(self.engine, self.outbox))
            ),
            self.policies.in_force,
            self.now,
            salt,
            wake,
            Passages(self.quotation, NoFiles(), self.now, timedelta),
        )

    async def prepare(self) -> None:
        await self.put_in_force(NETWORK)
        await self.govern({key: f"!{key}" for key in NETWORK.rooms})
        await self.admit(*NETWORK.officers)
        await self.sign({name: name for name in NETWORK.officers})

    async def session(self, name: str, room: str) -> vodozemac.GroupSession:
        if (name, room) not in self.sessions:
            made = self.sessions[name, room] = vodozemac.GroupSession()
            await self.share(made, f"!{room}", user(name), curve(name))
        return self.sessions[name, room]

    async def event(
        self,
        name: str,
        room: str,
        body: str,
        edits: str | None = None,
        root: str | None = None,
    ) -> dict[str, Any]:
        content: dict[str, Any] = {"msgtype": "m.text", "body": body}
        clear: dict[str, Any] = {}
        if root is not None:
            clear = {"m.relates_to": {"rel_type": "m.thread", "event_id": root}}
            content |= clear
        if edits is not None:
            clear = {"m.relates_to": {"rel_type": "m.replace", "event_id": edits}}
            content = {"msgtype": "m.text", "body": f"* {body}", "m.new_content": content, **clear}
        room_id = f"!{room}"
        wire = encrypted(await self.session(name, room), room_id, content, clear)
        self.at += timedelta(seconds=1)
        event_id = "$" + secrets.token_hex(20) + "AAA"
        return event(room_id, "m.room.encrypted", user(name), self.at, wire, event_id)

    async def ask(self, raw: dict[str, Any]) -> Verdict:
        return await self.judge(raw, raw["sender"][1:].partition(":")[0])

    async def deliver(self, event: dict[str, Any]) -> None:
        """The homeserver shows the event to everyone, the steward included."""
        shown = {key: value for key, value in event.items() if key != "room_id"}
        rooms = {"join": {event["room_id"]: {"timeline": {"events": [shown]}}}}
        body = {"next_batch": secrets.token_hex(4), "rooms": rooms}
        await self.worker.work_off(await Inbox(self.engine).store(body))

    async def say(
        self,
        name: str,
        room: str,
        body: str,
        edits: str | None = None,
        root: str | None = None,
    ) -> Verdict:
        """Sends, and if it is accepted it is delivered."""
        event = await self.event(name, room, body, edits, root)
        verdict = await self.ask(event)
        if isinstance(verdict, Accept):
            await self.deliver(event)
        self.last_event_id = event["event_id"]
        return verdict

    async def alarms(self) -> list[dict[str, Any]]:
        rows = await self.run("SELECT payload FROM effect WHERE kind = 'say' ORDER BY id")
        return [row.payload for row in rows if row.payload["text"] == "alarm_passage"]


@asynccontextmanager
async def opened_stage(postgres_dsn: str, folder: Path) -> AsyncIterator[Stage]:
    """The stage on empty tables."""
    async with emptied(postgres_dsn) as engine:
        made = Stage(engine, folder)
        await made.prepare()
        yield made


def refused(verdict: Verdict, code: Code) -> None:
    assert isinstance(verdict, Refuse), verdict
    assert verdict.code is code


def accepted(verdict: Verdict) -> Accept:
    assert isinstance(verdict, Accept), verdict
    return verdict


class Withdrawing(Stage):
    """The stage of passages, and recalls on it."""

    def recalling(self, copies: Copies | None = None) -> Recalling:
        return recalling(self, copies)

    async def told(self, name: str, room: str, body: str, edits: str | None = None) -> str:
        """Says it, and it is delivered; its event id."""
        accepted(await self.say(name, room, body, edits))
        return str(self.last_event_id)

    async def recall(self, target: str, by: str = AUS, **more: str) -> None:
        await self.recalling().ask(asked(target, by, self.at, **more))

    async def redacted(self) -> set[str]:
        rows = await self.run("SELECT payload FROM effect WHERE kind = 'redact'")
        return {row.payload["event_id"] for row in rows}

    async def says(self, name: str) -> list[dict[str, Any]]:
        rows = await self.run("SELECT payload FROM effect WHERE kind = 'say' ORDER BY id")
        return [row.payload for row in rows if row.payload["text"] == name]

    async def marking(self, event_id: str) -> Any:
        (row,) = await self.run(
            "SELECT marking, recalled_at FROM verdict WHERE delivered_event_id = :event",
            event=event_id,
        )
        return row

    async def entries(self, event_id: str, kind: EntryKind) -> list[Entry]:
        return [
            one
            for one in await self.ledger()
            if one.kind is kind and dict(one.subject).get(Subject.EVENT_ID) == event_id
        ]


@asynccontextmanager
async def opened_withdrawing(postgres_dsn: str, folder: Path) -> AsyncIterator[Withdrawing]:
    """The stage on empty tables."""
    async with emptied(postgres_dsn, f"{JUDGED}, relation, expiry") as engine:
        made = Withdrawing(engine, folder)
        await made.prepare()
        yield made
