"""Held texts and their choices on a real PostgreSQL: one outcome, whatever taps, waits or dies."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bots.steward.choosing import Choosing
from bots.steward.conversation import Conversation
from bots.steward.deeds import Deeds
from bots.steward.machine import Machine
from bots.steward.mailer import Mailer
from bots.steward.means import Means
from bots.steward.opening import RoomsForHeld
from bots.steward.passages import Passages
from bots.steward.performer import Performer
from bots.steward.room_requests import RoomTaps
from bots.steward.speech import Speech
from rilon.adapters.homeserver import Homeserver, HomeserverAway, HomeserverError
from rilon.adapters.policy_files import load_folder
from rilon.adapters.sealing import Seal
from rilon.application.asked import Asked
from rilon.application.choices import DISCARD_SIGN, SEND_SIGNS
from rilon.application.held import HELD_FOR
from rilon.application.ports import DueEffect
from rilon.application.screen import Screening
from rilon.bootstrap.parts import quotation_of
from rilon.domain.acts import Post
from rilon.domain.markings import Marking, Tlp
from rilon.domain.parties import parties
from rilon.domain.verdicts import Accept, Code, Refuse, Verdict
from rilon.ledger.leaf import parse
from rilon.policy.load import Policy
from rilon.policy.network import Network
from rilon.policy.question import Source
from rilon.storage.decisions import Decisions
from rilon.storage.deliveries import Deliveries
from rilon.storage.effects import Effects
from rilon.storage.held import HeldStore
from rilon.storage.inbox import Inbox
from rilon.storage.officers import OfficerStore
from rilon.storage.rooms import PolicyStore, RoomStore
from rilon.storage.rooms_on_demand import RoomsOnDemand
from rilon.storage.sessions import SessionStore
from rilon.wire.envelope import read_envelope
from tests.integration.test_screening import (
    AUS,
    IDN,
    ROOM,
    SERVER,
    InstantKeyring,
    NoFiles,
    Scene,
    is_refused,
)

STEWARD = f"@steward:{SERVER}"
BOTH, DIRECT = "!both", "!direct"
WORDS = "zebracorn at the jetty"


class Asking(Homeserver):
    """A homeserver that asks the gate about what the steward sends, as the module does, and
    knows a transaction that it has had."""

    def __init__(self, scene: Choices) -> None:
        super().__init__("http://127.0.0.1:9", STEWARD, device_id="STEWARD")
        self._scene = scene
        self.stands: dict[str, tuple[str, str, dict[str, Any]]] = {}
        """By transaction: room, event id, content."""
        self.dies_after_send = False

    async def joined_members(self, room_id: str) -> list[str]:
        return [STEWARD, AUS, IDN] if room_id == BOTH else [STEWARD, AUS]

    async def send_to_device(self, kind: str, transaction: str, messages: Any) -> None:
        return None

    async def send(self, room_id: str, kind: str, transaction: str, content: dict[str, Any]) -> str:
        if transaction not in self.stands:
            event_id = f"${secrets.token_hex(12)}"
            verdict = await self._scene.arrives(room_id, kind, event_id, content, transaction)
            if isinstance(verdict, Refuse):
                raise HomeserverError(403, "M_FORBIDDEN", verdict.code.value)
            self.stands[transaction] = (room_id, event_id, content)
        if self.dies_after_send:
            self.dies_after_send = False
            raise HomeserverAway("the connection broke")
        return self.stands[transaction][1]

    def in_room(self, room_id: str) -> list[str]:
        return [event_id for room, event_id, _ in self.stands.values() if room == room_id]


class Choices(Scene):
    """The scene of screening, and a steward that answers taps."""

    def __init__(self, engine: AsyncEngine, network: Network, folder: Path) -> None:
        super().__init__(engine, network)
        self.at = datetime.now(UTC)
        self.crypto = asyncio.Lock()
        safe, policies = Seal("secret", "held"), PolicyStore(engine)
        keyring = InstantKeyring(SessionStore(engine), self.pickle_key)
        self.effects = Effects(engine)
        self.quotation = quotation_of(secrets.token_hex(32))
        self.screening = Screening(
            Decisions(engine, self.outbox, safe),
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
        self.server = Asking(self)
        self.machine = Machine(STEWARD, "STEWARD", folder, "0" * 64)
        mailer = Mailer(self.server, self.machine, self.crypto, self.effects)
        self.held = HeldStore(engine, self.outbox, safe)
        officers, rooms = OfficerStore(engine, self.outbox), RoomStore(engine)
        self.means = Means(
            self.server,
            self.effects,
            rooms,
            officers,
            mailer,
            Speech(officers, SERVER),
            policies.in_force,
            SERVER,
            self.now,
        )
        deeds = Deeds(self.means, self.held)
        self.choosing = Choosing(
            self.held,
            self.effects,
            rooms,
            mailer,
            deeds,
            policies.in_force,
            self.now,
            lambda: secrets.token_bytes(16),
            lambda: None,
            RoomsForHeld(self.means, RoomsOnDemand(engine, self.outbox)),
        )
        kinds = {**deeds.by_kind(), **self.choosing.by_kind()}
        self.performer = Performer(self.effects, kinds, self.now)
        taps = RoomTaps(RoomsOnDemand(engine, self.outbox))
        self.conversation = Conversation(keyring, STEWARD, self.now, taps)

    def now(self) -> datetime:
        return self.at

    async def prepare(self) -> None:
        await super().prepare()
        await self.run("INSERT INTO governed_room VALUES ('mps-aus-idn', :room)", room=BOTH)
        await self.run(
            "INSERT INTO governed_room VALUES ('direct-aus.secondee1', :room)", room=DIRECT
        )

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
            await self.run(
                "UPDATE verdict SET delivered_event_id = :event, delivered_at = now() "
                "WHERE identity = (SELECT identity FROM attempt WHERE event_id = :event)",
                event=event_id,
            )
        return verdict

    async def perform(self, *, only: str | None = None) -> None:
        """Performs what is due, until nothing is."""
        for _ in range(40):
            due = await self.effects.next_due(self.at + timedelta(hours=1), [], 100)
            due = [one for one in due if only in (None, one.kind)]
            if not due:
                return
            for one in due:
                await self.performer._perform(one)
        raise AssertionError("there is always more to do")

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
        raw = {
            "event_id": event_id or f"${secrets.token_hex(12)}",
            "type": "m.reaction",
            "sender": sender,
            "origin_server_ts": 1_795_305_153_108,
            "content": {"m.relates_to": relation},
        }
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
        payload = {"type": "m.room.message", "room_id": BOTH, "content": content}
        wire = {
            **self.said("x"),
            "ciphertext": self.session.encrypt(json.dumps(payload).encode()).to_base64(),
            "m.relates_to": relation,
        }
        await self.run("UPDATE megolm_session SET room_id = :room", room=BOTH)
        event = {
            "event_id": f"${secrets.token_hex(12)}",
            "room_id": BOTH,
            "type": "m.room.encrypted",
            "sender": AUS,
            "origin_server_ts": 1_795_305_153_108,
            "content": wire,
        }
        return await self.screening.screen(Asked(read_envelope(event), "DEVICEAUS1", None))

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
        rows = await self.run("SELECT leaf FROM ledger_outbox")
        entries = [parse(bytes(row.leaf)).entry for row in rows]
        found = [one for one in entries if one.kind.value == "held_choice"]
        assert all(one.parties == {"AUS"} for one in found)
        return [dict(one.subject)["step"] for one in found]


@pytest_asyncio.fixture(loop_scope="session")
async def scene(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Choices]:
    engine = create_async_engine(make_url(postgres_dsn).set(drivername="postgresql+asyncpg"))
    policy = load_folder(Path(__file__).parents[2] / "policies")
    assert isinstance(policy, Policy)
    made = Choices(engine, policy.network, tmp_path)
    await made.run(
        "TRUNCATE held, passage, passage_source, recent_words, attempt, verdict, effect, "
        "megolm_session, device, officer_state, governed_room, policy_version, inbox, "
        "ledger_outbox RESTART IDENTITY CASCADE"
    )
    await made.prepare()
    yield made
    await engine.dispose()


# --- holding -------------------------------------------------------------------------------------


async def test_a_refused_text_is_held_sealed_for_a_quarter_of_an_hour(scene: Choices) -> None:
    await scene.refuse()
    (row,) = await scene.rows()
    assert row.expires_at == scene.at + timedelta(minutes=15)
    assert (row.sender, row.room_key, row.outcome) == (AUS, "mps-floor", None)
    assert WORDS.encode() not in row.sealed


async def test_no_word_of_it_is_in_any_table_at_any_time(scene: Choices) -> None:
    async def nowhere() -> None:
        for table in ("held", "verdict", "attempt", "effect", "ledger_outbox", "inbox"):
            for row in await scene.run(f"SELECT * FROM {table}"):
                shown = " ".join(
                    value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    for value in row
                )
                assert "zebracorn" not in shown, table

    card = await scene.refuse()
    await nowhere()
    await scene.tap(card, SEND_SIGNS[0])
    await nowhere()
    await scene.perform()
    assert await scene.settled() == "posted"
    await nowhere()


async def test_the_same_message_again_doesnt_extend_it(scene: Choices) -> None:
    wire = scene.said(f"REL AUS,IDN // {WORDS}")
    await scene.ask(wire)
    until = (await scene.rows())[0].expires_at
    scene.at += timedelta(minutes=5)
    await scene.ask(wire)
    assert [row.expires_at for row in await scene.rows()] == [until]
    # A new policy judges it anew, and refuses it again.
    await scene.run(
        "INSERT INTO policy_version (version, digest, document) "
        "SELECT '2', 'other', document FROM policy_version"
    )
    await scene.ask(wire)
    assert [row.expires_at for row in await scene.rows()] == [until]


async def test_what_no_tap_can_mend_is_not_held(scene: Choices) -> None:
    assert is_refused(await scene.ask(scene.said("TLP:AMBER EXP 2020-01-01 // x")), Code.EXPIRED)
    assert isinstance(await scene.ask(scene.said("TLP:GREEN // fits")), Accept)
    assert await scene.rows() == []


async def test_the_card_bears_the_signs_of_its_choices(scene: Choices) -> None:
    card = await scene.refuse()
    signs = [
        content["m.relates_to"]["key"]
        for room, _, content in scene.server.stands.values()
        if room == DIRECT and content.get("m.relates_to", {}).get("event_id") == card
    ]
    assert signs == [SEND_SIGNS[0], DISCARD_SIGN]


# --- choosing ------------------------------------------------------------------------------------


async def test_a_tap_posts_the_text_where_it_fits_as_the_officers_content(scene: Choices) -> None:
    card = await scene.refuse()
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform()
    assert await scene.settled() == "posted"
    (verdict,) = await scene.posted()
    assert (verdict.room_id, verdict.accepted) == (BOTH, True)
    assert verdict.marking["rel"] == ["AUS", "IDN"]
    assert verdict.marking["originators"] == ["AUS"]
    assert scene.server.in_room(BOTH) == [verdict.delivered_event_id]
    assert await scene.steps() == ["send_to"]


async def test_a_discarded_text_is_gone_and_nothing_is_posted(scene: Choices) -> None:
    card = await scene.refuse()
    await scene.tap(card, DISCARD_SIGN)
    await scene.perform()
    assert await scene.settled() == "discarded"
    assert scene.server.in_room(BOTH) == []
    assert await scene.steps() == ["discarded"]


async def test_only_the_sender_chooses(scene: Choices) -> None:
    """ATTACK: another officer's tap on a card that isn't theirs."""
    card = await scene.refuse()
    await scene.tap(card, SEND_SIGNS[0], sender=IDN)
    await scene.perform()
    assert await scene.settled() is None
    assert scene.server.in_room(BOTH) == []
    assert await scene.steps() == []


async def test_a_tap_on_a_card_in_another_room_is_no_choice(scene: Choices) -> None:
    """ATTACK: an event of the floor that names the card."""
    card = await scene.refuse()
    relation = {"rel_type": "m.annotation", "event_id": card, "key": SEND_SIGNS[0]}
    raw = {
        "event_id": "$elsewhere",
        "type": "m.reaction",
        "sender": AUS,
        "origin_server_ts": 1,
        "content": {"m.relates_to": relation},
    }
    floor = scene.network.rooms["mps-floor"]
    act = await scene.conversation.read(raw, ROOM, floor, scene.network)
    assert await scene.conversation.answer(act, raw, ROOM, floor, scene.network) == []


async def test_two_taps_at_once_have_one_outcome(scene: Choices) -> None:
    card = await scene.refuse()
    for sign in (SEND_SIGNS[0], DISCARD_SIGN, SEND_SIGNS[0]):
        await scene.tap(card, sign)
    taps = await scene.run(
        "SELECT id, kind, subject, payload, wire, attempts FROM effect WHERE kind = 'choose'"
    )
    due = [DueEffect(*row) for row in taps]
    await asyncio.gather(*(scene.choosing.choose(one) for one in due))
    await scene.perform()
    assert len(await scene.steps()) == 1
    outcome = await scene.settled()
    assert (outcome, len(scene.server.in_room(BOTH))) in [("posted", 1), ("discarded", 0)]


async def test_later_taps_change_nothing(scene: Choices) -> None:
    card = await scene.refuse()
    await scene.tap(card, DISCARD_SIGN)
    await scene.perform()
    before = len(scene.server.stands)
    for sign in (SEND_SIGNS[0], DISCARD_SIGN):
        await scene.tap(card, sign)
        await scene.perform()
    assert len(scene.server.stands) == before
    assert await scene.steps() == ["discarded"]


async def test_the_same_tap_seen_twice_is_one(scene: Choices) -> None:
    card = await scene.refuse()
    for _ in range(2):
        await scene.tap(card, SEND_SIGNS[0], event_id="$tap")
        await scene.perform()
    assert len(scene.server.in_room(BOTH)) == 1


# --- time ----------------------------------------------------------------------------------------


async def test_a_tap_after_its_time_sends_nothing_though_nobody_swept(scene: Choices) -> None:
    card = await scene.refuse()
    scene.at += HELD_FOR
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform()
    assert await scene.settled() == "expired"
    assert scene.server.in_room(BOTH) == []


async def test_a_tap_in_time_that_is_worked_off_too_late_sends_nothing(scene: Choices) -> None:
    card = await scene.refuse()
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform(only="choose")
    scene.at += HELD_FOR
    await scene.perform()
    assert await scene.settled() is None
    assert scene.server.in_room(BOTH) == []
    assert await scene.choosing.sweep() == 1
    assert await scene.settled() == "expired"
    assert await scene.steps() == ["send_to", "expired"]


async def test_what_reaches_the_gate_after_its_time_is_refused_and_gone(scene: Choices) -> None:
    """ATTACK: the steward is slow between sealing the event and sending it."""
    card = await scene.refuse()
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform(only="choose")
    inner = scene.server.send

    async def slowly(*arguments: Any) -> str:
        scene.at += HELD_FOR
        return await inner(*arguments)

    scene.server.send = slowly  # type: ignore[method-assign]  # late, and then done
    await scene.perform(only="relay")
    assert await scene.settled() == "expired"
    assert scene.server.in_room(BOTH) == []


async def test_the_sweep_erases_what_is_past_its_time_and_nothing_else(scene: Choices) -> None:
    await scene.refuse()
    scene.at += timedelta(minutes=10)
    await scene.refuse("REL AUS,IDN // another")
    assert await scene.choosing.sweep() == 0
    scene.at += timedelta(minutes=5)
    assert await scene.choosing.sweep() == 1
    first, second = await scene.rows()
    assert (first.outcome, first.sealed) == ("expired", None)
    assert second.outcome is None
    assert await scene.choosing.sweep() == 0


# --- the gate judges what is posted ---------------------------------------------------------------


async def test_an_officer_who_was_removed_after_the_tap_posts_nothing(scene: Choices) -> None:
    card = await scene.refuse()
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform(only="choose")
    await scene.run("UPDATE officer_state SET state = 'removed' WHERE user_id = :user", user=AUS)
    await scene.perform(only="relay")
    (row,) = await scene.rows()
    assert (row.outcome, row.code, row.sealed) == ("refused", "not_admitted", None)
    assert scene.server.in_room(BOTH) == []


async def test_a_text_from_a_device_that_was_shut_out_is_not_posted(scene: Choices) -> None:
    card = await scene.refuse()
    await scene.tap(card, SEND_SIGNS[0])
    await scene.run("DELETE FROM device WHERE user_id = :user", user=AUS)
    await scene.perform()
    (row,) = await scene.rows()
    assert (row.outcome, row.code) == ("refused", "device_not_signed")


async def test_bytes_of_another_message_are_never_posted(scene: Choices) -> None:
    """ATTACK: who writes to the database puts one officer's sealed bytes under another's card."""
    card = await scene.refuse()
    await scene.refuse("REL AUS,IDN // another")
    await scene.run(
        "UPDATE held SET sealed = (SELECT sealed FROM held WHERE card_event_id <> :card) "
        "WHERE card_event_id = :card",
        card=card,
    )
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform()
    assert scene.server.in_room(BOTH) == []


async def test_an_altered_seal_opens_nothing(scene: Choices) -> None:
    card = await scene.refuse()
    await scene.run("UPDATE held SET sealed = set_byte(sealed, 30, 255 - get_byte(sealed, 30))")
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform()
    assert scene.server.in_room(BOTH) == []


async def test_a_reply_to_a_relayed_text_joins_with_it(scene: Choices) -> None:
    """ATTACK: the steward's own words carry no marking; an officer's do, whoever posts them."""
    card = await scene.refuse("TLP:AMBER REL AUS,IDN ORCON // " + WORDS)
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform()
    (relayed,) = scene.server.in_room(BOTH)
    wide = await scene.answer(relayed, "TLP:GREEN // seen it too")
    assert is_refused(wide, Code.MARKING_TOO_WIDE)
    plain = await scene.answer(relayed, "seen it too")
    assert isinstance(plain, Accept)
    assert plain.effective is not None
    assert plain.effective.caveats == {"ORCON"}
    edit = await scene.answer(relayed, "* TLP:GREEN // nothing here", edits=True)
    assert is_refused(edit, Code.NOT_YOUR_EVENT)


PASSAGE = "the blue hull was loaded at night at the private jetty behind the market"


async def test_what_is_posted_for_an_officer_leaves_that_officers_passages(
    scene: Choices,
) -> None:
    """ATTACK: words that lose their restriction because the steward's hand posted them."""
    card = await scene.refuse(f"TLP:AMBER REL AUS,IDN // {PASSAGE}")
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform()
    (verdict,) = await scene.posted()
    passages = Passages(scene.quotation, NoFiles(), scene.now, timedelta)
    room = scene.network.rooms["mps-aus-idn"]
    batch = await Inbox(scene.engine).store({"next_batch": "shown"})
    async with Deliveries(scene.engine, scene.outbox).of_batch(batch.id) as delivery:
        left = await passages.of_relayed(delivery, verdict.identity, room, scene.network)
        assert left is not None
        assert left.officer.name == "aus.secondee1"
        marking = Marking(Tlp.AMBER, parties("AUS", "IDN"), parties("AUS"), explicit_rel=True)
        await passages.keep(delivery, left, verdict.identity, marking, scene.network)
    pasted = await scene.ask(scene.said(f"TLP:GREEN // as we know, {PASSAGE}"))
    assert is_refused(pasted, Code.SOURCE_RESTRICTED)


async def test_what_is_posted_for_an_officer_counts_among_that_officers_recent_words(
    scene: Choices,
) -> None:
    """ATTACK: a passage in two halves, the first of them through a card."""
    card = await scene.refuse()
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform()
    assert await scene.settled() == "posted"
    rows = await scene.run("SELECT room_id, sender FROM recent_words")
    assert [tuple(row) for row in rows] == [(BOTH, AUS)]


async def test_a_text_with_a_passage_that_may_not_go_there_is_not_posted(scene: Choices) -> None:
    """ATTACK: the tap as a way round the rules on sending on."""
    card = await scene.refuse(f"TLP:AMBER REL AUS,IDN // {PASSAGE}")
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform(only="choose")
    kept = await scene.held.of_message((await scene.rows())[0].identity, scene.at)
    assert kept is not None
    assert kept.text is not None
    left = scene.quotation.left_by(Post(kept.text.text, None), scene.network)
    theirs = Marking(Tlp.AMBER, parties("AUS", "MYS"), parties("MYS"), explicit_rel=True)
    source = Source(kept.identity, "mps-floor", parties("AUS", "MYS"), theirs, True, left)
    batch = await Inbox(scene.engine).store({"next_batch": "theirs"})
    async with Deliveries(scene.engine, scene.outbox).of_batch(batch.id) as delivery:
        await delivery.leave(source, parties("AUS", "MYS"), scene.at)
    await scene.perform()
    (row,) = await scene.rows()
    assert row.outcome == "refused"
    assert row.code in ("source_restricted", "onward_not_allowed")
    assert (row.sealed, row.passages) == (None, None)
    assert scene.server.in_room(BOTH) == []


# --- crashes -------------------------------------------------------------------------------------


async def test_a_crash_after_sending_leads_to_one_post_and_one_outcome(scene: Choices) -> None:
    card = await scene.refuse()
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform(only="choose")
    scene.server.dies_after_send = True
    await scene.perform()
    assert await scene.settled() == "posted"
    assert len(scene.server.in_room(BOTH)) == 1
    assert len(await scene.posted()) == 1
    done = await scene.run("SELECT state FROM effect WHERE kind IN ('relay', 'card_settled')")
    assert [row.state for row in done] == ["done", "done"]


async def test_a_steward_that_forgot_its_transactions_posts_once(scene: Choices) -> None:
    """The homeserver doesn't know the transaction any more: the gate does."""
    card = await scene.refuse()
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform(only="choose")
    scene.server.dies_after_send = True
    inner, tries = scene.server.send, 0

    async def forgetful(room: str, kind: str, transaction: str, content: Any) -> str:
        nonlocal tries
        tries += 1
        name = f"{transaction}-{tries}" if tries > 1 and room == BOTH else transaction
        return await inner(room, kind, name, content)

    scene.server.send = forgetful  # type: ignore[method-assign]  # asked again under another name
    await scene.perform()
    assert await scene.settled() == "posted"
    assert len(scene.server.in_room(BOTH)) == 1


async def test_a_policy_that_changed_meanwhile_is_the_one_that_judges(scene: Choices) -> None:
    card = await scene.refuse()
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform(only="choose")
    await scene.run(
        "INSERT INTO policy_version (version, digest, document) "
        "SELECT '2', 'other', document FROM policy_version"
    )
    later = scene.at
    scene.at = datetime(2029, 6, 1, tzinfo=UTC)
    await scene.run("UPDATE held SET expires_at = '2029-06-02'")
    await scene.perform(only="relay")
    scene.at = later
    (row,) = await scene.rows()
    assert (row.outcome, row.code) == ("refused", "outside_term")
