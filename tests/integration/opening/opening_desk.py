"""Rooms that must first be opened: the scene of choices, with a steward that opens them."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from bots.steward.performer import Performer
from bots.steward.rooms_on_demand import RoomDeeds
from bots.steward.speech import Speech
from rilon.adapters.homeserver import HomeserverAway
from rilon.application.membership import direct_room_key
from rilon.application.ports import DueEffect
from rilon.domain.parties import parties
from rilon.domain.verdicts import Refuse
from rilon.policy.network import Network
from rilon.policy.on_demand import compartment_of
from tests.integration.choices.choices_desk import TABLES, Choices
from tests.integration.desk import SERVER, STEWARD, AskingAll, Desk, emptied
from tests.integration.screening_desk import AUS, CURVE, IDN
from tests.policy_scene import NETWORK

MYS = f"@mys.focal1:{SERVER}"
TRIO = compartment_of("mps", parties("AUS", "IDN", "MYS"))
ASKED = "TLP:AMBER REL AUS,IDN,MYS // two hulls under canvas"
SPACE = "!space"


class Building(AskingAll):
    """A homeserver that also makes rooms and keeps who is in which."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.members: dict[str, set[str]] = {}
        self.aliases: dict[str, str] = {}
        self.fails: set[str] = set()
        self.never_joins: set[str] = set()
        self.readers: dict[str, set[str]] = {}
        """Who was in the room when the transaction was first sent."""

    def _may_fail(self, call: str) -> None:
        if call in self.fails:
            self.fails.discard(call)
            raise HomeserverAway("died")

    async def room_of_alias(self, alias: str) -> str | None:
        return self.aliases.get(alias)

    async def create_room(self, body: dict[str, Any]) -> str:
        self._may_fail("create")
        room_id = f"!{len(self.members)}-{body['room_alias_name']}"
        self.members[room_id] = set()
        return room_id

    async def state(self, room_id: str) -> list[dict[str, Any]]:
        return []

    async def set_state(self, room_id: str, kind: str, at: str, content: dict[str, Any]) -> str:
        return "$state"

    async def join_officer(self, room_id: str, user_id: str) -> None:
        self._may_fail("join")
        if user_id in self.never_joins:
            raise HomeserverAway("never")
        self.members[room_id].add(user_id)

    async def joined_members(self, room_id: str) -> list[str]:
        if room_id in self.members:
            return sorted({STEWARD, *self.members[room_id]})
        return await super().joined_members(room_id)

    async def kick(self, room_id: str, user_id: str) -> None:
        self.members[room_id].discard(user_id)

    async def send(self, room_id: str, kind: str, transaction: str, content: dict[str, Any]) -> str:
        self.readers.setdefault(transaction, set(self.members.get(room_id, set())))
        return await super().send(room_id, kind, transaction, content)


class Compartments(Choices):
    """The scene of choices, with a steward that opens rooms."""

    server: Building

    def __init__(self, engine: AsyncEngine, network: Network, folder: Path) -> None:
        super().__init__(engine, network, folder, Building)
        self.building, self.stored = self.server, self.on_demand
        room_deeds = RoomDeeds(self.deeds, self.means, self.stored, lambda: secrets.token_bytes(16))
        self.kinds = {
            **self.deeds.by_kind(),
            **self.choosing.by_kind(),
            **room_deeds.by_kind(),
        }
        self.performer = Performer(self.effects, self.kinds, self.now)

    async def prepare(self) -> None:
        await super().prepare()
        await self.govern({"mps": SPACE})
        await self.admit("mys.focal1")
        for user in (IDN, MYS):
            await self.run(
                "INSERT INTO device VALUES (:user, 'D', :curve, 'ed', true)", user=user, curve=CURVE
            )
            await self.rooms.govern(direct_room_key(user[1:].partition(":")[0]), f"!direct-{user}")

    async def work(self, *only: str, rounds: int = 60) -> None:
        """Performs what is due; each kind that isn't named is left, if any is named. What waits
        is looked at again, until nothing moves any more."""
        for _ in range(rounds):
            due = await self.effects.next_due(self.at + timedelta(hours=1), [], 100)
            due = [one for one in due if not only or one.kind in only]
            for one in due:
                await self.performer._perform(one)
            if not due:
                return

    async def due(self, kind: str) -> list[DueEffect]:
        rows = await self.run(
            "SELECT id, kind, subject, payload, wire, attempts FROM effect WHERE kind = :kind",
            kind=kind,
        )
        return [DueEffect(*row) for row in rows]

    async def room_id(self) -> str | None:
        return await self.rooms.room_id(TRIO.key)

    async def told(self) -> list[str]:
        rows = await self.run("SELECT payload FROM effect WHERE kind = 'say' ORDER BY id")
        return [row.payload["text"] for row in rows]

    async def opened(self) -> list[str]:
        """The entries about rooms."""
        rows = await self.run("SELECT kind FROM effect WHERE kind = 'furnish_room'")
        return [row.kind for row in rows]

    async def posted_there(self) -> list[tuple[str, set[str]]]:
        """Where something was posted in the officer's name, and who could read it."""
        room_id = await self.room_id()
        return [
            (room, self.building.readers[transaction])
            for transaction, (room, _, _) in self.building.stands.items()
            if room == room_id
        ]

    async def card_says(self) -> str:
        """What the card says now."""
        (row,) = await self.rows()
        held = await self.held.of_message(row.identity, self.at)
        network = await self.policies.in_force()
        assert network is not None
        name = f"card-{row.identity.hex()}"
        first = await self.effects.payload_of(name)
        last = await self.effects.payload_of(f"{name}-settled") or {}
        payload = {**(first or {}), "absent": last.get("absent", ""), "mention": AUS}
        return Speech(self.officers, SERVER).card(payload, network, 0, self.at, held).plain


@asynccontextmanager
async def opened_compartments(postgres_dsn: str, folder: Path) -> AsyncIterator[Compartments]:
    """The scene on empty tables."""
    async with emptied(postgres_dsn, f"{TABLES}, room_on_demand") as engine:
        made = Compartments(engine, NETWORK, folder)
        await made.prepare()
        yield made


async def refuse(scene: Compartments, body: str = ASKED) -> str:
    assert isinstance(await scene.ask(scene.said(body)), Refuse)
    await scene.work()
    return str((await scene.rows())[-1].card_event_id)
