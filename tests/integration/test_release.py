"""Release on a real PostgreSQL: asked, granted, declined, lapsed; once, whoever taps and dies."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bots.steward.choosing import Choosing
from bots.steward.conversation import Conversation
from bots.steward.deeds import Deeds
from bots.steward.passages import Passages
from bots.steward.performer import Performer
from bots.steward.release_desk import ReleaseDesk
from bots.steward.release_taps import ReleaseTaps
from bots.steward.releases import Releases
from bots.steward.room_requests import RoomTaps
from rilon.adapters.policy_files import load_folder
from rilon.application.choices import DISCARD_SIGN, SEND_SIGNS
from rilon.application.ports import DueEffect
from rilon.application.release_steps import DECLINE_SIGN, GRANT_SIGN, UNNAMED_SIGN
from rilon.domain import marking_text
from rilon.domain.acts import Post, Relation, RelationKind
from rilon.domain.markings import Marking, Tlp
from rilon.domain.officers import Role
from rilon.domain.parties import Party, parties
from rilon.domain.verdicts import Accept, Code, Refuse
from rilon.ledger.leaf import parse
from rilon.policy.build import build
from rilon.policy.load import Policy
from rilon.policy.network import Network
from rilon.policy.question import Source
from rilon.policy.source_rules import may_be_in
from rilon.storage.deliveries import Deliveries
from rilon.storage.inbox import Inbox
from rilon.storage.marking_json import from_json
from rilon.storage.passages import find_delivered_sources
from rilon.storage.releases import ReleaseStore
from rilon.storage.rooms import PolicyStore
from rilon.storage.rooms_on_demand import RoomsOnDemand
from tests.integration.no_files import NoFiles
from tests.integration.test_choices import Choices, InstantKeyring, SessionStore
from tests.integration.test_screening import AUS, IDN, ROOM, SERVER, is_refused

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


class RecordingDeeds(Deeds):
    """Deeds that also keep what they say, since what is sent is encrypted."""

    said: list[tuple[str, dict[str, Any]]]

    async def _send(self, due: DueEffect, room_id: str, content: dict[str, Any]) -> str:
        event_id = await super()._send(due, room_id, content)
        if content:
            self.said.append((room_id, content))
        return event_id


class Stage(Choices):
    """The scene of choices, with desks and those who answer there."""

    def __init__(self, engine: AsyncEngine, network: Network, folder: Path) -> None:
        super().__init__(engine, network, folder)
        policies = PolicyStore(engine)
        keyring = InstantKeyring(SessionStore(engine), self.pickle_key)
        rooms, mailer = self.means.rooms, self.means.mailer
        self.deeds = RecordingDeeds(self.means, self.held)
        self.deeds.said = []
        self.choosing = Choosing(
            self.held,
            self.effects,
            rooms,
            mailer,
            self.deeds,
            policies.in_force,
            self.now,
            lambda: secrets.token_bytes(16),
            lambda: None,
            self.choosing._opening,
        )
        self.store = ReleaseStore(engine, self.outbox, self.held._seal._safe)
        self.releases = Releases(
            self.store,
            self.quotation,
            policies.in_force,
            self.now,
            lambda: secrets.token_bytes(16),
        )
        desk = ReleaseDesk(
            self.store,
            self.held,
            self.effects,
            rooms,
            self.deeds,
            policies.in_force,
            self.releases.not_shown,
            SERVER,
            self.now,
        )
        self.choosing.release_with(self.releases)
        kinds = {**self.deeds.by_kind(), **self.choosing.by_kind(), **self.releases.by_kind()}
        kinds |= desk.by_kind()
        self.performer = Performer(self.effects, kinds, self.now)
        self.taps = ReleaseTaps(self.store)
        rooms_taps = RoomTaps(RoomsOnDemand(engine, self.outbox))
        self.conversation = Conversation(
            keyring, f"@steward:{SERVER}", self.now, rooms_taps, self.taps
        )

    async def prepare(self) -> None:
        await super().prepare()
        for party, room_id in DESKS.items():
            key = f"mps-desk-{party.lower()}"
            await self.run("INSERT INTO governed_room VALUES (:key, :room)", key=key, room=room_id)
        for user in (FOCAL, SECOND, SECONDEE, THAI):
            await self.run(
                "INSERT INTO officer_state (user_id, name, state) "
                "VALUES (:user, :name, 'admitted') ON CONFLICT DO NOTHING",
                user=user,
                name=user[1:].partition(":")[0],
            )
            # Somebody without a signed device is told nothing.
            await self.run(
                "INSERT INTO device VALUES (:user, 'D', :curve, 'ed', true)",
                user=user,
                curve=user.ljust(43, "x")[:43],
            )
            name = user[1:].partition(":")[0]
            await self.run(
                "INSERT INTO governed_room VALUES (:key, :room)",
                key=f"direct-{name}",
                room=f"!direct-{name}",
            )

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
        raw = {
            "event_id": f"${secrets.token_hex(12)}",
            "type": "m.reaction",
            "sender": by,
            "origin_server_ts": int(self.at.timestamp() * 1000),
            "content": {
                "m.relates_to": {"rel_type": "m.annotation", "event_id": target, "key": sign}
            },
        }
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
            for room, content in self.deeds.said
            if room == room_id
        ]

    async def kinds(self) -> list[tuple[str, str, frozenset[str]]]:
        """Entries on release: kind, step, parties."""
        rows = await self.run("SELECT leaf FROM ledger_outbox ORDER BY id")
        entries = [parse(bytes(row.leaf)).entry for row in rows]
        return [
            (one.kind.value, dict(one.subject)["step"], frozenset(one.parties))
            for one in entries
            if one.kind.value.startswith("release")
        ]

    async def outcome(self) -> str | None:
        rows = await self.rows()
        assert all((row.sealed is None) == (row.outcome is not None) for row in rows)
        return rows[-1].outcome

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


@pytest_asyncio.fixture(loop_scope="session")
async def stage(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Stage]:
    engine = create_async_engine(make_url(postgres_dsn).set(drivername="postgresql+asyncpg"))
    policy = load_folder(Path(__file__).parents[2] / "policies")
    assert isinstance(policy, Policy)
    made = Stage(engine, policy.network, tmp_path)
    await made.run(
        "TRUNCATE release, held, passage, passage_source, recent_words, attempt, verdict, effect, "
        "megolm_session, device, officer_state, governed_room, policy_version, inbox, "
        "ledger_outbox RESTART IDENTITY CASCADE"
    )
    await made.prepare()
    yield made
    await engine.dispose()


# --- asking --------------------------------------------------------------------------------------


async def test_a_tap_asks_the_originators_desk_and_shows_the_text_there(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    shown, card, *_ = stage.on(DESKS["IDN"])
    assert shown.split("\n") == [
        "Secondee 1 · AUS (Australia) writes, sent by the steward:",
        f"TLP:AMBER REL AUS,IDN // as we heard, {PASSAGE}",
    ]
    assert card.startswith("Secondee 1 · AUS (Australia) meminta izin pihak Anda")
    assert f"✅ Izinkan sebagai TLP:AMBER {EVERYONE} //" in card
    assert PASSAGE not in card
    (verdict,) = await stage.posted()
    assert (verdict.room_id, verdict.accepted) == (DESKS["IDN"], True)
    assert verdict.marking["originators"] == ["AUS", "IDN"]
    (row,) = await stage.rows()
    assert row.expires_at == stage.at + timedelta(hours=72)
    assert await stage.outcome() is None
    assert await stage.kinds() == [("release_asked", "asked", parties("AUS", "IDN"))]
    assert "sees your text" in stage.on("!direct")[-1]


async def test_the_card_says_beforehand_where_the_text_goes(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.refused()
    said = stage.on("!direct")[-1]
    assert "1️⃣ Ask IDN to release it here. Your text then goes to the desk of IDN" in said
    assert "72 hours at most" in said


async def test_what_the_senders_party_never_had_is_never_asked_about(stage: Stage) -> None:
    """ATTACK: an offer as an oracle of what others know."""
    await stage.delivered(PASSAGE, rel="IDN", room="mps-desk-idn", received="IDN")
    assert isinstance(await stage.ask(stage.said(f"as we heard, {PASSAGE}")), Accept)
    assert await stage.rows() == []


async def test_what_holds_another_partys_words_is_not_shown_where_they_may_not_be(
    stage: Stage,
) -> None:
    """ATTACK: a request as a way round: Thailand's words in Indonesia's desk."""
    await stage.delivered(PASSAGE)
    await stage.delivered(OTHER, rel="AUS THA", by="THA", room=FLOOR, received="AUS THA")
    assert is_refused(await stage.ask(stage.said(f"{PASSAGE} and {OTHER}")), Code.SOURCE_RESTRICTED)
    await stage.perform()
    assert await stage.rows() == []
    card = stage.on("!direct")[-1]
    assert "I can't ask IDN and THA to release it" in card


async def test_expired_content_is_not_asked_for(stage: Stage) -> None:
    await stage.delivered(PASSAGE, expires=stage.at.date() - timedelta(days=1))
    assert isinstance(await stage.ask(stage.said(PASSAGE)), Refuse)
    assert await stage.rows() == []


async def test_a_request_lapses_with_the_day_of_its_content(stage: Stage) -> None:
    await stage.delivered(PASSAGE, expires=stage.at.date())
    await stage.asked()
    (row,) = await stage.rows()
    tomorrow = stage.at.date() + timedelta(days=1)
    assert row.expires_at == datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=UTC)


# --- granting ------------------------------------------------------------------------------------


async def test_a_tap_in_the_desk_posts_it_in_the_wanted_room_with_the_originator_named(
    stage: Stage,
) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform()
    assert await stage.outcome() == "posted"
    (said,) = stage.on(ROOM)
    assert said.split("\n") == [
        "Secondee 1 · AUS (Australia) writes, released by IDN, sent by the steward:",
        f"TLP:AMBER {EVERYONE} // as we heard, {PASSAGE}",
    ]
    (verdict,) = await stage.floor_posts()
    assert verdict.marking["originators"] == ["AUS", "IDN"]
    both = parties("AUS", "IDN")
    assert await stage.kinds() == [
        ("release_asked", "asked", both),
        ("release_granted", "whole", both),
    ]
    assert stage.on("!direct")[-1].startswith("Released: sent to Floor · MPS in your name")
    told = "Diizinkan ke Floor · MPS oleh Focal point 1 · IDN"
    assert stage.on(DESKS["IDN"])[-1].startswith(told)
    assert "Sudah dikirim." in stage.on(DESKS["IDN"])[-1]


async def test_a_part_that_a_reply_names_is_all_that_is_posted(stage: Stage) -> None:
    await stage.delivered(f"{PASSAGE} {OTHER}")
    await stage.asked(f"heard {PASSAGE} {OTHER} again")
    await stage.reply("changes ships behind  the eastern sandbank")
    await stage.perform()
    assert await stage.outcome() == "posted"
    (said,) = stage.on(ROOM)
    assert said.endswith("// changes ships behind the eastern sandbank")
    assert ("release_granted", "part", parties("AUS", "IDN")) in await stage.kinds()
    # The rest is as restricted as before.
    (verdict,) = await stage.floor_posts()
    await stage.keep(verdict, FLOOR)
    rest = await stage.ask(stage.said(f"TLP:GREEN // {OTHER}"))
    assert is_refused(rest, Code.SOURCE_RESTRICTED)


async def test_another_marking_is_the_one_under_which_it_goes(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.reply("TLP:GREEN //")
    await stage.perform()
    (said,) = stage.on(ROOM)
    assert said.split("\n")[1] == f"TLP:GREEN // as we heard, {PASSAGE}"
    assert ("release_granted", "marking", parties("AUS", "IDN")) in await stage.kinds()


async def test_a_marking_that_leaves_out_the_room_releases_nothing_and_can_be_mended(
    stage: Stage,
) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.reply("TLP:AMBER REL AUS,IDN //")
    await stage.perform()
    assert await stage.outcome() is None
    told = "Belum diizinkan: sebagai TLP:AMBER REL AUS,IDN //"
    assert stage.on("!direct-idn.focal1")[-1].startswith(told)
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform()
    assert await stage.outcome() == "posted"


async def test_red_content_is_released_to_the_floor_only_under_another_marking(
    stage: Stage,
) -> None:
    await stage.delivered(PASSAGE, tlp=Tlp.RED)
    await stage.asked()
    assert "tidak cocok di sana" in stage.on(DESKS["IDN"])[1]
    assert "✅" not in stage.on(DESKS["IDN"])[1]
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform()
    assert await stage.outcome() is None
    await stage.reply("TLP:GREEN //")
    await stage.perform()
    assert await stage.outcome() == "posted"
    assert stage.on(ROOM)[0].split("\n")[1].startswith("TLP:GREEN // ")


async def test_an_originator_may_stay_unnamed(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(UNNAMED_SIGN)
    await stage.perform()
    (said,) = stage.on(ROOM)
    assert "released by who wrote it first" in said
    assert "Indonesia" not in said.split("//")[0]
    (verdict,) = await stage.floor_posts()
    assert verdict.marking["unnamed"] == ["IDN"]
    # ATTACK: asked again, the steward mustn't say whose it is.
    await stage.keep(verdict, FLOOR)


async def test_content_of_two_originators_takes_the_consent_of_both(stage: Stage) -> None:
    await stage.delivered(
        PASSAGE,
        rel="AUS IDN THA",
        by="IDN THA",
        room=FLOOR,
        tlp=Tlp.AMBER_STRICT,
        received="AUS IDN THA",
    )
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform()
    assert await stage.outcome() is None
    assert await stage.floor_posts() == []
    await stage.answer_by_tap(GRANT_SIGN, by=THAI)
    await stage.perform()
    assert await stage.outcome() == "posted"
    assert "released by IDN and THA" in stage.on(ROOM)[0]


async def test_one_originator_who_declines_ends_it_for_all(stage: Stage) -> None:
    three = "AUS IDN THA"
    await stage.delivered(PASSAGE, rel=three, room=FLOOR, received=three)
    await stage.delivered(OTHER, rel=three, by="IDN THA", room=FLOOR, received=three)
    await stage.asked(f"{PASSAGE} and {OTHER}")
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.answer_by_tap(DECLINE_SIGN, by=THAI)
    await stage.perform()
    assert await stage.outcome() == "declined"
    assert await stage.floor_posts() == []
    assert stage.on("!direct")[-1].startswith("Not released to Floor · MPS")
    assert "Pihak lain menolak." in stage.on(DESKS["IDN"])[-1]


# --- only those entitled, and once ---------------------------------------------------------------


async def test_an_officer_whom_policy_does_not_entitle_releases_nothing(stage: Stage) -> None:
    """ATTACK: a secondee of the originator's party taps."""
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN, by=SECONDEE)
    await stage.answer_by_tap(DECLINE_SIGN, by=SECONDEE)
    await stage.perform()
    assert await stage.outcome() is None
    assert [row.state for row in await stage.requests()] == ["asked"]
    told = stage.on("!direct-idn.secondee1")[-1]
    assert told.startswith("Jawaban Anda tidak mengubah apa pun: orang lain")


async def test_another_partys_focal_point_releases_nothing(stage: Stage) -> None:
    """ATTACK: a card's event id is no secret."""
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN, by=THAI, card=await stage.card_of())
    await stage.perform()
    assert await stage.outcome() is None


async def test_an_officer_who_was_removed_releases_nothing(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.run("UPDATE officer_state SET state = 'removed' WHERE user_id = :u", u=FOCAL)
    await stage.perform()
    assert await stage.outcome() is None


async def test_a_grant_of_who_is_removed_before_the_post_counts_for_nothing(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform(only="consent")
    await stage.run("UPDATE officer_state SET state = 'removed' WHERE user_id = :u", u=FOCAL)
    await stage.perform()
    assert await stage.outcome() == "refused"
    assert await stage.floor_posts() == []


async def test_a_sender_who_is_removed_meanwhile_posts_nothing(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.run("UPDATE officer_state SET state = 'removed' WHERE user_id = :u", u=AUS)
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform()
    (row,) = await stage.rows()
    assert (row.outcome, row.code) == ("refused", "not_admitted")
    assert "Pesan itu ditolak di sana dan tidak terkirim." in stage.on(DESKS["IDN"])[-1]


async def test_of_two_at_once_the_first_counts_and_the_second_is_told(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN, by=FOCAL)
    await stage.answer_by_tap(DECLINE_SIGN, by=SECOND)
    due = await stage.effects.next_due(stage.at + timedelta(hours=1), [], 100)
    (first,) = [one for one in due if one.kind == "consent"]
    second = await stage.run("SELECT * FROM effect WHERE kind = 'consent' ORDER BY id DESC LIMIT 1")
    late = DueEffect(second[0].id, "consent", "x", second[0].payload, None, 0)
    await asyncio.gather(stage.releases.consent(first), stage.releases.consent(late))
    await stage.perform()
    (row,) = await stage.requests()
    assert row.state in ("granted", "declined")
    assert len([kind for kind in await stage.kinds() if kind[0] != "release_asked"]) == 1
    told = stage.on("!direct-idn.focal1") + stage.on("!direct-idn.focal2")
    assert any("sudah dijawab atau berakhir" in one for one in told)
    assert len(await stage.floor_posts()) == (1 if row.state == "granted" else 0)


async def test_a_second_tap_posts_nothing_twice(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    for _ in range(3):
        await stage.answer_by_tap(GRANT_SIGN)
        await stage.perform()
    assert len(await stage.floor_posts()) == 1
    assert len(stage.on(ROOM)) == 1


# --- the end -------------------------------------------------------------------------------------


async def test_a_declined_text_is_gone_and_both_are_told(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(DECLINE_SIGN)
    await stage.perform()
    assert await stage.outcome() == "declined"
    assert ("release_declined", "declined", parties("AUS", "IDN")) in await stage.kinds()
    assert "who wrote it first declined" in stage.on("!direct")[-1]
    assert stage.on(DESKS["IDN"])[-1].startswith("Ditolak oleh Focal point 1 · IDN")
    assert stage.on(ROOM) == []


async def test_a_request_that_nobody_answers_lapses_and_both_are_told(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    stage.at += timedelta(hours=72, seconds=1)
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform()
    assert await stage.choosing.sweep() == 1
    await stage.perform()
    assert await stage.outcome() == "lapsed"
    assert "nobody answered in time" in stage.on("!direct")[-1]
    assert "Waktunya habis sebelum semua menjawab." in stage.on(DESKS["IDN"])[-1]
    assert stage.on(ROOM) == []
    assert ("release_declined", "lapsed", parties("AUS", "IDN")) in await stage.kinds()


async def test_who_asked_takes_it_back_with_one_tap(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    card = await stage.asked()
    await stage.tap(card, DISCARD_SIGN)
    await stage.perform()
    assert await stage.outcome() == "withdrawn"
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform()
    assert stage.on(ROOM) == []
    assert "Peminta menariknya kembali." in stage.on(DESKS["IDN"])[-1]


async def test_what_was_granted_is_not_taken_back(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    card = await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform(only="consent")
    await stage.tap(card, DISCARD_SIGN)
    await stage.perform()
    assert await stage.outcome() == "posted"


async def test_a_source_that_is_made_tighter_meanwhile_is_not_released(stage: Stage) -> None:
    """ATTACK: a consent to what was AMBER then, used for what is RED now."""
    source = await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform(only="consent")
    await stage.run(
        "UPDATE passage_source SET marking = jsonb_set(marking, '{tlp}', '\"RED\"') "
        "WHERE identity = :identity",
        identity=source.identity,
    )
    await stage.perform()
    assert await stage.outcome() == "refused"
    assert stage.on(ROOM) == []


async def test_a_source_that_comes_meanwhile_isnt_covered(stage: Stage) -> None:
    """ATTACK: a consent for A, used for B."""
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform(only="consent")
    await stage.delivered(PASSAGE, rel="AUS THA", by="THA", room=FLOOR, received="AUS THA")
    await stage.perform()
    assert await stage.outcome() == "refused"


async def test_a_policy_that_entitles_others_now_undoes_the_grant(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform(only="consent")
    documents = stage.network.documents
    entry = documents.network.releases
    assert entry is not None
    changed = documents.model_copy(
        update={
            "network": documents.network.model_copy(
                update={
                    "version": 2,
                    "releases": entry.model_copy(update={"granted_by": (Role.CHAIR,)}),
                }
            )
        }
    )
    await stage.put_in_force(build(changed))
    await stage.perform()
    assert await stage.outcome() == "refused"
    assert stage.on(ROOM) == []


# --- A never serves for B ------------------------------------------------------------------------


async def test_a_release_opens_no_other_room_and_no_other_text(stage: Stage) -> None:
    await stage.delivered(PASSAGE, caveats=frozenset({"ORCON"}))
    await stage.delivered(OTHER)
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform()
    assert await stage.outcome() == "posted"
    (verdict,) = await stage.floor_posts()
    await stage.keep(verdict, FLOOR)
    # The same content in the same room: what everybody there has may be said there.
    again = await stage.ask(stage.said(f"TLP:AMBER {EVERYONE} ORCON // once more: {PASSAGE}"))
    assert isinstance(again, Accept), again
    # Another content.
    assert is_refused(await stage.ask(stage.said(OTHER)), Code.SOURCE_RESTRICTED)
    # Another room: the direct room of the Thai officer, to whom the floor belongs as well.
    room = stage.network.rooms["mps-desk-tha"]
    copy = await sources_of(stage, PASSAGE, "THA")
    assert not any(may_be_in(one, room, Party("THA")) for one in copy)


async def sources_of(stage: Stage, words: str, party: str) -> list[Source]:
    left = stage.quotation.left_by(Post(words, None), stage.network)
    async with stage.engine.begin() as connection:
        return list(await find_delivered_sources(connection, left, Party(party)))


async def test_what_was_shown_binds_who_copies_it_and_not_who_wrote_it(stage: Stage) -> None:
    """ATTACK: Indonesia's officer passes on what Australia wrote into its request."""
    own = "our own patrol will be at the western approach from four in the morning"
    await stage.delivered(PASSAGE)
    await stage.asked(f"{PASSAGE}. {own}")
    assert isinstance(await stage.ask(stage.said(f"TLP:GREEN // {own}")), Accept)
    (copy,) = await sources_of(stage, own, "IDN")
    assert not may_be_in(copy, stage.network.rooms[FLOOR], Party("IDN"))


# --- release here --------------------------------------------------------------------------------


async def test_what_ones_own_party_wrote_is_released_with_one_tap(stage: Stage) -> None:
    await stage.delivered(PASSAGE, by="AUS", rel="AUS IDN")
    await stage.refused()
    assert "1️⃣ Release it here as" in stage.on("!direct")[-1]
    (row,) = await stage.rows()
    await stage.tap(row.card_event_id, SEND_SIGNS[0])
    await stage.perform()
    assert await stage.outcome() == "posted"
    (said,) = stage.on(ROOM)
    assert said.startswith("Secondee 1 · AUS (Australia) writes, sent by the steward:")
    assert await stage.kinds() == [("release_granted", "here", parties("AUS"))]
    (verdict,) = await stage.floor_posts()
    assert verdict.marking["originators"] == ["AUS"]


async def test_release_here_releases_nothing_that_another_party_wrote(stage: Stage) -> None:
    """ATTACK: a source of another party comes between the card and the tap."""
    await stage.delivered(PASSAGE, by="AUS", rel="AUS IDN")
    card = await stage.refused()
    await stage.delivered(PASSAGE, by="IDN", rel="AUS IDN")
    await stage.tap(card, SEND_SIGNS[0])
    await stage.perform()
    assert await stage.outcome() == "refused"
    assert stage.on(ROOM) == []


# --- crashes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["show", "release_card", "relay", "release_card_settled"])
async def test_killed_after_sending_everything_is_there_once(stage: Stage, kind: str) -> None:
    await stage.delivered(PASSAGE)
    card = await stage.refused()
    await stage.tap(card, SEND_SIGNS[0])

    killed: set[int] = set()

    async def perform_all() -> None:
        for _ in range(60):
            due = await stage.effects.next_due(stage.at + timedelta(hours=1), [], 100)
            if not due:
                return
            for one in due:
                if one.kind == kind and one.id not in killed:
                    # A homeserver that is away counts as no attempt.
                    killed.add(one.id)
                    stage.server.dies_after_send = True
                await stage.performer._perform(one)
                stage.server.dies_after_send = False
        raise AssertionError("there is always more to do")

    await perform_all()
    await stage.answer_by_tap(GRANT_SIGN)
    await perform_all()
    assert await stage.outcome() == "posted"
    assert len(await stage.floor_posts()) == 1
    in_desk = [one for one in await stage.posted() if one.room_id == DESKS["IDN"]]
    assert len(in_desk) == 1
    digests = [
        hashlib.sha256(repr(content).encode()).hexdigest()
        for room, _, content in stage.server.stands.values()
        if room == DESKS["IDN"]
    ]
    assert len(digests) == len(set(digests))


async def test_a_tap_before_the_card_is_noted_is_not_lost(stage: Stage) -> None:
    """Killed between sending the card and noting it, and tapped meanwhile."""
    await stage.delivered(PASSAGE)
    await stage.asked()
    card = await stage.card_of()
    await stage.run("UPDATE release SET card_event_id = NULL")
    await stage.answer_by_tap(GRANT_SIGN, card=card)
    due = await stage.effects.next_due(stage.at + timedelta(hours=1), [], 100)
    (tap,) = [one for one in due if one.kind == "consent"]
    await stage.performer._perform(tap)
    assert await stage.outcome() is None
    await stage.run("UPDATE release SET card_event_id = :card", card=card)
    await stage.perform()
    assert await stage.outcome() == "posted"


async def test_no_word_of_it_is_in_any_table(stage: Stage) -> None:
    async def nowhere() -> None:
        for table in ("release", "held", "verdict", "effect", "ledger_outbox", "inbox"):
            for row in await stage.run(f"SELECT * FROM {table}"):
                shown = " ".join(
                    value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    for value in row
                )
                assert "sandbank" not in shown, table

    await stage.delivered(PASSAGE)
    await stage.asked()
    await nowhere()
    await stage.reply("changes ships behind the eastern sandbank")
    await nowhere()
    await stage.perform()
    assert await stage.outcome() == "posted"
    await nowhere()
