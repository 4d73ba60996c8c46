"""Officers who talk with the steward of requests, on a real PostgreSQL with the real gate: what
they type and tap goes through the decision, the conversation and the outbox."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncEngine

from bots.steward.conversation import Conversation
from bots.steward.request_speech import RequestSentences
from bots.steward.room_requests import RoomTaps
from rilon.adapters.sealing import Seal
from rilon.application.membership import direct_room_key
from rilon.application.ports import NewEffect
from rilon.bootstrap.request_talk import talking
from rilon.domain.acts import Reaction
from rilon.domain.verdicts import Accept
from rilon.policy.network import Network
from rilon.storage.deliveries import Deliveries
from rilon.storage.duty import DutyStore
from rilon.storage.held import HeldStore
from rilon.storage.inbox import Inbox
from tests.integration.desk import emptied, event, user
from tests.integration.no_files import NoFiles
from tests.integration.requests.requests_desk import TABLES, Scene

TALKED = f"{TABLES}, duty_change, exchange, exchange_question, relation, expiry"


class NoOffers:
    """Nobody was offered a room."""

    async def tapped(self, tap: Reaction, sender: str, event_id: str) -> list[NewEffect]:
        return []


class TalkScene(Scene):
    """The scene of requests, in which officers are heard."""

    def __init__(self, engine: AsyncEngine, network: Network, folder: Path) -> None:
        super().__init__(engine, network, folder)
        self.told = DutyStore(engine, self.now, self.outbox)
        self.deeds._speech = RequestSentences(self.now)
        self.deeds._duty = self.told
        self.due._duty = self.carried._duty = self.told
        self.held = HeldStore(engine, self.outbox, Seal("secret", "held"))
        steward = self._deeds_of_the_steward()
        steward._held = self.held
        in_force = self.requests._policy
        hearing, self.talk = talking(
            "secret",
            engine,
            self.store,
            self.told,
            self.held,
            self.effects,
            self.rooms,
            steward,
            in_force,
            self.now,
            lambda: secrets.token_bytes(16),
            lambda: None,
            NoFiles(),
        )
        self.requests = self.talk._requests
        self.performer.perform_too(self.talk.by_kind())
        self.performer.perform_too({"sign": steward.nothing, "choose": steward.nothing})
        self.conversation = Conversation(
            self.screening._opener,
            self.server.user_id,
            self.now,
            cast("RoomTaps", NoOffers()),
            None,
            hearing,
        )

    def _deeds_of_the_steward(self) -> Any:
        return self.deeds._deeds

    async def prepare(self) -> None:
        await super().prepare()
        keys = [direct_room_key(name) for name in self.network.officers]
        await self.govern({key: f"!{key}" for key in keys})

    # --- officers --------------------------------------------------------------------------------

    def _raw(
        self, name: str, room: str, event_id: str, kind: str, content: dict[str, Any]
    ) -> dict[str, Any]:
        """An officer's event, kept for the conversation."""
        self.raws[event_id] = event(f"!{room}", kind, user(name), self.at, content, event_id)
        return self.raws[event_id]

    async def says(
        self,
        name: str,
        room: str,
        body: str,
        *,
        thread: str | None = None,
        reply: str | None = None,
        perform: bool = True,
    ) -> str:
        """An officer's message, delivered and heard; its event."""
        relation: dict[str, Any] | None = None
        if thread is not None:
            relation = {
                "rel_type": "m.thread",
                "event_id": thread,
                "is_falling_back": reply is None,
                "m.in_reply_to": {"event_id": reply or thread},
            }
        elif reply is not None:
            relation = {"m.in_reply_to": {"event_id": reply}}
        event_id = await self.types(name, room, body, relation)
        await self.hears(event_id, room)
        if perform:
            await self.perform()
        return event_id

    async def taps(self, name: str, room: str, target: str, key: str) -> str:
        """An officer's reaction, delivered and heard."""
        event_id = f"${secrets.token_hex(16)}"
        relation = {"rel_type": "m.annotation", "event_id": target, "key": key}
        raw = self._raw(name, room, event_id, "m.reaction", {"m.relates_to": relation})
        verdict = await self.judge(raw, "DEVICE")
        assert isinstance(verdict, Accept), verdict
        await self._delivered(event_id)
        await self.hears(event_id, room)
        await self.perform()
        return event_id

    async def hears(self, event_id: str, room: str) -> None:
        """Sync shows an event: what follows from it is written, as a batch's worker does."""
        governed, raw = self.network.rooms.get(room), self.raws[event_id]
        act = await self.conversation.read(raw, f"!{room}", governed, self.network)
        effects = await self.conversation.answer(act, raw, f"!{room}", governed, self.network)
        batch = await Inbox(self.engine).store({"next_batch": f"b{event_id}"})
        async with Deliveries(self.engine, self.outbox).of_batch(batch.id) as delivery:
            await delivery.write(effects)

    # --- looking ---------------------------------------------------------------------------------

    def last(self, room: str) -> str:
        """The last thing that the steward said in a room."""
        return self.heard(room)[-1]

    def event(self, room: str, part: str) -> str:
        """The event of the last thing said in a room that holds these words."""
        found = [
            event
            for event, (at, content) in self.posts.items()
            if at == f"!{room}" and part in content["body"]
        ]
        return found[-1]

    def content(self, event_id: str) -> dict[str, Any]:
        return self.posts[event_id][1]

    async def signs(self, event_id: str) -> set[str]:
        """The reactions that the steward put on a message."""
        rows = await self.run(
            "SELECT r.payload ->> 'key' AS sign FROM effect r JOIN effect s "
            "ON s.once = r.payload ->> 'on' WHERE r.kind = 'react' AND r.state = 'done' "
            "AND s.result ->> 'event_id' = :event",
            event=event_id,
        )
        return {row.sign for row in rows}

    async def card_event(self, number: Any, party: str = "IDN") -> str:
        """The event of a request's card in a desk."""
        standing = await self.standing(number)
        found = next(one.card_event for key, one in standing.addressed.items() if str(key) == party)
        assert found is not None
        return found


@asynccontextmanager
async def opened_talk_scene(
    postgres_dsn: str, folder: Path, network: Network
) -> AsyncIterator[TalkScene]:
    """The scene on empty tables."""
    async with emptied(postgres_dsn, TALKED) as engine:
        made = TalkScene(engine, network, folder)
        await made.prepare()
        yield made
