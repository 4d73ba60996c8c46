"""Held texts, the cards that offer their choices, and the steward that answers taps."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from bots.steward.choosing import Choosing
from bots.steward.conversation import Conversation
from bots.steward.deeds import Deeds
from bots.steward.opening import RoomsForHeld
from bots.steward.performer import Performer
from bots.steward.room_requests import RoomTaps
from rilon.adapters.sealing import Seal
from rilon.application.held import HELD_FOR
from rilon.domain.entries import Subject
from rilon.domain.verdicts import Refuse, Verdict
from rilon.policy.network import Network
from rilon.storage.held import HeldStore
from rilon.storage.rooms_on_demand import RoomsOnDemand
from tests.integration.desk import JUDGED, STEWARD, AskingAll, emptied, encrypted, event
from tests.integration.screening_desk import AUS, CURVE, DEVICE, IDN, SENT, Scene
from tests.policy_scene import NETWORK

BOTH, DIRECT = "!both", "!direct"
WORDS = "zebracorn at the jetty"
TABLES = f"held, {JUDGED}"


class Choices(Scene):
    """The scene of screening, and a steward that answers taps."""

    def __init__(
        self,
        engine: AsyncEngine,
        network: Network,
        folder: Path,
        server: type[AskingAll] = AskingAll,
    ) -> None:
        super().__init__(engine, network)
        safe = Seal("secret", "held")
        self.screening = self.gate(safe, held_for=HELD_FOR)
        self.held = HeldStore(engine, self.outbox, safe)
        self.means = self.seated(folder, server(self))
        self.deeds = Deeds(self.means, self.held)
        self.on_demand = RoomsOnDemand(engine, self.outbox)
        self.choosing = Choosing(
            self.held,
            self.effects,
            self.rooms,
            self.means.mailer,
            self.deeds,
            self.policies.in_force,
            self.now,
            lambda: secrets.token_bytes(16),
            lambda: None,
            RoomsForHeld(self.means, self.on_demand),
        )
        kinds = {**self.deeds.by_kind(), **self.choosing.by_kind()}
        self.performer = Performer(self.effects, kinds, self.now)
        self.conversation = Conversation(self.keyring, STEWARD, self.now, RoomTaps(self.on_demand))

    def now(self) -> datetime:
        return self.at

    def joined(self, room_id: str) -> list[str]:
        return [AUS, IDN] if room_id == BOTH else [AUS]

    async def prepare(self) -> None:
        await super().prepare()
        await self.govern({"mps-aus-idn": BOTH, "direct-aus.secondee1": DIRECT})

    async def refuse(self, body: str = f"REL AUS,IDN // {WORDS}") -> str:
        """A refused message, its card shown; the card's event id."""
        assert isinstance(await self.ask(self.said(body)), Refuse)
        await self.perform()
        return str((await self.rows())[-1].card_event_id)

    async def tap(
        self, card: str, sign: str, sender: str = AUS, event_id: str | None = None
    ) -> None:
        """A reaction on a card, seen through sync."""
        relation = {"rel_type": "m.annotation", "event_id": card, "key": sign}
        raw = event(DIRECT, "m.reaction", sender, SENT, {"m.relates_to": relation}, event_id)
        room = self.network.rooms[f"direct-{sender[1:].partition(':')[0]}"]
        act = await self.conversation.read(raw, DIRECT, room, self.network)
        await self.effects.write(
            await self.conversation.answer(act, raw, DIRECT, room, self.network)
        )

    async def answer(self, target: str, body: str, *, edits: bool = False) -> Verdict:
        """An answer of Australia's officer in the room of both, or an edit."""
        relation: dict[str, Any] = {"m.in_reply_to": {"event_id": target}}
        content: dict[str, Any] = {"msgtype": "m.text", "body": body}
        if edits:
            relation = {"rel_type": "m.replace", "event_id": target}
            content["m.new_content"] = {**content, "body": body.removeprefix("* ")}
        clear = {"sender_key": CURVE, "device_id": DEVICE, "m.relates_to": relation}
        wire = encrypted(self.session, BOTH, content, clear)
        await self.run("UPDATE megolm_session SET room_id = :room", room=BOTH)
        return await self.judge(event(BOTH, "m.room.encrypted", AUS, SENT, wire), DEVICE)

    async def rows(self) -> list[Any]:
        return await self.run("SELECT * FROM held ORDER BY expires_at")

    async def settled(self) -> str | None:
        """What became of the one held text; with an outcome, nothing sealed is left."""
        (row,) = await self.rows()
        assert (row.sealed is None) == (row.outcome is not None)
        return None if row.outcome is None else str(row.outcome)

    async def posted(self) -> list[Any]:
        """The verdicts on what was posted in the officer's name."""
        return await self.run(
            "SELECT * FROM verdict WHERE sender = :steward AND kind = 'content'", steward=STEWARD
        )

    async def steps(self) -> list[str]:
        """What the ledger says of held texts."""
        found = [one for one in await self.ledger() if one.kind.value == "held_choice"]
        assert all(one.parties == {"AUS"} for one in found)
        return [dict(one.subject)[Subject.STEP] for one in found]


@asynccontextmanager
async def opened_choices(postgres_dsn: str, folder: Path) -> AsyncIterator[Choices]:
    """The scene on empty tables."""
    async with emptied(postgres_dsn, TABLES) as engine:
        made = Choices(engine, NETWORK, folder)
        await made.prepare()
        yield made
