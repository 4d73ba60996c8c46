"""Release: the scene of choices, with desks and those who answer there."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from bots.steward.conversation import Conversation
from bots.steward.passages import Passages
from bots.steward.performer import Performer
from bots.steward.release_desk import ReleaseDesk
from bots.steward.release_taps import ReleaseTaps
from bots.steward.releases import Releases
from bots.steward.room_requests import RoomTaps
from rilon.application.choices import SEND_SIGNS
from rilon.domain import marking_text
from rilon.domain.acts import Post, Relation, RelationKind
from rilon.domain.entries import Subject
from rilon.domain.markings import Marking, Tlp
from rilon.domain.parties import parties
from rilon.domain.verdicts import Refuse
from rilon.policy.network import Network
from rilon.policy.question import Source
from rilon.storage.deliveries import Deliveries
from rilon.storage.inbox import Inbox
from rilon.storage.marking_json import from_json
from rilon.storage.releases import ReleaseStore
from tests.integration.choices.choices_desk import TABLES, Choices
from tests.integration.desk import SERVER, STEWARD, emptied, event
from tests.integration.no_files import NoFiles
from tests.integration.screening_desk import IDN, ROOM
from tests.policy_scene import NETWORK

FLOOR = "mps-floor"
FOCAL, SECOND, SECONDEE = (
    f"@idn.focal1:{SERVER}",
    f"@idn.focal2:{SERVER}",
    IDN,
)
THAI = f"@tha.focal1:{SERVER}"
DESKS = {"IDN": "!desk-idn", "THA": "!desk-tha", "AUS": "!desk-aus"}
PASSAGE = "the crew of the grey trawler changes ships behind the eastern sandbank"
OTHER = "a second engine was bought for cash in the market of the old fishing town"
EVERYONE = "REL AUS,BGD,IDN,MYS,THA,TLS,RSO"


class Stage(Choices):
    """The scene of choices, with desks and those who answer there."""

    def __init__(self, engine: AsyncEngine, network: Network, folder: Path) -> None:
        super().__init__(engine, network, folder)
        self.store = ReleaseStore(engine, self.outbox, self.held._seal._safe)
        self.releases = Releases(
            self.store,
            self.quotation,
            self.policies.in_force,
            self.now,
            lambda: secrets.token_bytes(16),
        )
        desk = ReleaseDesk(
            self.store,
            self.held,
            self.effects,
            self.rooms,
            self.deeds,
            self.policies.in_force,
            self.releases.not_shown,
            SERVER,
            self.now,
        )
        self.choosing.release_with(self.releases)
        kinds = {**self.deeds.by_kind(), **self.choosing.by_kind(), **self.releases.by_kind()}
        kinds |= desk.by_kind()
        self.performer = Performer(self.effects, kinds, self.now)
        self.taps = ReleaseTaps(self.store)
        self.conversation = Conversation(
            self.keyring, STEWARD, self.now, RoomTaps(self.on_demand), self.taps
        )

    async def prepare(self) -> None:
        await super().prepare()
        await self.govern({f"mps-desk-{party.lower()}": room for party, room in DESKS.items()})
        answering = [one[1:].partition(":")[0] for one in (FOCAL, SECOND, SECONDEE, THAI)]
        await self.admit(*(name for name in answering if f"@{name}:{SERVER}" != SECONDEE))
        # Somebody without a signed device is told nothing.
        await self.sign(dict.fromkeys(answering, "D"))
        await self.govern({f"direct-{name}": f"!direct-{name}" for name in answering})

    async def delivered(
        self,
        words: str,
        rel: str = "AUS IDN",
        by: str = "IDN",
        room: str = "mps-aus-idn",
        tlp: Tlp = Tlp.AMBER,
        received: str = "AUS IDN",
        **fields: Any,
    ) -> Source:
        """A message that was delivered before, with its passages."""
        identity = secrets.token_bytes(32)
        marking = Marking(
            tlp, parties(*rel.split()), parties(*by.split()), explicit_rel=True, **fields
        )
        await self.run(
            "INSERT INTO verdict (identity, room_id, sender, kind, accepted, rule, policy_id, "
            "sent_at, decided_at) SELECT :identity, '!x', '@x:x', 'content', true, 'accept', "
            "max(id), now(), now() FROM policy_version",
            identity=identity,
        )
        left = self.quotation.left_by(Post(words, None), self.network)
        ceiling = self.network.rooms[room].ceiling
        source = Source(identity, room, ceiling, marking, True, left)
        batch = await Inbox(self.engine).store({"next_batch": identity.hex()})
        async with Deliveries(self.engine, self.outbox).of_batch(batch.id) as delivery:
            await delivery.leave(source, parties(*received.split()), self.at)
        return source

    async def refused(self, body: str = f"as we heard, {PASSAGE}") -> str:
        """A text of Australia's officer on the floor is refused; the card's event id."""
        verdict = await self.ask(self.said(body))
        assert isinstance(verdict, Refuse), verdict
        await self.perform()
        return str((await self.rows())[-1].card_event_id)

    async def asked(self, body: str = f"as we heard, {PASSAGE}") -> str:
        """Its release is asked for; the sender's card."""
        card = await self.refused(body)
        await self.tap(card, SEND_SIGNS[0])
        await self.perform()
        for verdict in await self.posted():
            desk = next(p for p, room_id in DESKS.items() if room_id == verdict.room_id)
            await self.keep(verdict, f"mps-desk-{desk.lower()}")
        return card

    async def requests(self) -> list[Any]:
        return await self.run("SELECT * FROM release ORDER BY party")

    async def card_of(self, party: str = "IDN") -> str:
        (row,) = [one for one in await self.requests() if one.party == party]
        assert row.card_event_id is not None
        return str(row.card_event_id)

    async def answer_by_tap(self, sign: str, by: str = FOCAL, card: str | None = None) -> None:
        party = by[1:4].upper()
        target = card or await self.card_of(party)
        relation = {"rel_type": "m.annotation", "event_id": target, "key": sign}
        raw = event(DESKS[party], "m.reaction", by, self.at, {"m.relates_to": relation})
        desk = self.network.rooms[f"mps-desk-{party.lower()}"]
        act = await self.conversation.read(raw, DESKS[party], desk, self.network)
        await self.effects.write(
            await self.conversation.answer(act, raw, DESKS[party], desk, self.network)
        )

    async def reply(self, body: str, by: str = FOCAL) -> None:
        party = by[1:4].upper()
        marking = marking_text.read(body, self.network.vocabulary, self.at.date())
        relation = Relation(RelationKind.REPLY, await self.card_of(party))
        desk = self.network.rooms[f"mps-desk-{party.lower()}"]
        event_id = f"${secrets.token_hex(12)}"
        await self.effects.write(
            await self.taps.answered(
                Post(body, marking, relation), by, event_id, desk, self.network, self.at
            )
        )

    def on(self, room_id: str) -> list[str]:
        """What the steward said in a room, edits as they read now."""
        return [
            content.get("m.new_content", content)["body"]
            for room, content in self.posts.values()
            if room == room_id
        ]

    async def kinds(self) -> list[tuple[str, str, frozenset[str]]]:
        """Entries on release: kind, step, parties."""
        return [
            (one.kind.value, dict(one.subject)[Subject.STEP], frozenset(one.parties))
            for one in await self.ledger()
            if one.kind.value.startswith("release")
        ]

    async def outcome(self) -> str | None:
        rows = await self.rows()
        assert all((row.sealed is None) == (row.outcome is not None) for row in rows)
        outcome: str | None = rows[-1].outcome
        return outcome

    async def floor_posts(self) -> list[Any]:
        return [one for one in await self.posted() if one.room_id == ROOM and one.accepted]

    async def keep(self, verdict: Any, room_key: str) -> None:
        """What a post of the steward leaves, as its delivery keeps it."""
        passages = Passages(self.quotation, NoFiles(), self.now, timedelta)
        room = self.network.rooms[room_key]
        batch = await Inbox(self.engine).store({"next_batch": verdict.identity.hex()})
        async with Deliveries(self.engine, self.outbox).of_batch(batch.id) as delivery:
            left = await passages.of_relayed(delivery, verdict.identity, room, self.network)
            assert left is not None
            marking = from_json(verdict.marking)
            await passages.keep(delivery, left, verdict.identity, marking, self.network)


@asynccontextmanager
async def opened_stage(postgres_dsn: str, folder: Path) -> AsyncIterator[Stage]:
    """The stage on empty tables."""
    async with emptied(postgres_dsn, f"release, {TABLES}") as engine:
        made = Stage(engine, NETWORK, folder)
        await made.prepare()
        yield made
