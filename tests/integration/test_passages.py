"""Passages on a real PostgreSQL: what a delivered post leaves, who is refused, who is told."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import vodozemac
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bots.steward.batches import BatchWorker
from bots.steward.conversation import Conversation
from bots.steward.directory import Directory
from bots.steward.keyring import Keyring
from bots.steward.machine import Machine
from bots.steward.mailer import Mailer
from bots.steward.passages import Passages
from bots.steward.room_requests import RoomTaps
from rilon.adapters.homeserver import Homeserver
from rilon.application.asked import Asked
from rilon.application.ports import Unsure
from rilon.application.record import policy_entry
from rilon.application.screen import Screening
from rilon.bootstrap.parts import outbox_of, quotation_of
from rilon.domain.verdicts import Accept, Code, Refuse, Verdict
from rilon.ledger.keys import SignerKey
from rilon.storage.decisions import Decisions
from rilon.storage.deliveries import Deliveries
from rilon.storage.effects import Effects
from rilon.storage.inbox import Inbox
from rilon.storage.officers import OfficerStore
from rilon.storage.passages import forget_words
from rilon.storage.rooms import PolicyStore, RoomStore
from rilon.storage.rooms_on_demand import RoomsOnDemand
from rilon.storage.sessions import SessionStore
from rilon.wire.envelope import read_envelope
from tests.integration.no_files import NoFiles
from tests.policy_scene import NETWORK

pytestmark = pytest.mark.asyncio(loop_scope="session")

SERVER = "rilon.localhost"
STEWARD = f"@steward:{SERVER}"
FLOOR, PAIR, AUS_DESK, IDN_DESK = "mps-floor", "mps-aus-idn", "mps-desk-aus", "mps-desk-idn"
AUS, IDN, THA = "aus.secondee1", "idn.secondee1", "tha.secondee1"
SECRET = "The skipper of the blue boat sleeps at his cousin's house behind the fuel station."
TABLES = (
    "attempt, verdict, effect, megolm_session, device, officer_state, governed_room, "
    "policy_version, inbox, ledger_outbox, recent_words, passage_source, passage"
)


class InstantKeyring(Keyring):
    """The real keyring, for which nothing is ever on its way."""

    async def catch_up(self) -> None:
        """Everything is known already."""


class Stage:
    """Rooms and officers of the shipped policy, the gate's decision and the sync's worker."""

    def __init__(self, engine: AsyncEngine, folder: Path) -> None:
        self.engine = engine
        self.now = datetime.now(UTC)
        self.sessions: dict[tuple[str, str], vodozemac.GroupSession] = {}
        self.pickle_key = secrets.token_bytes(32)
        self.outbox = outbox_of(SignerKey("steward", secrets.token_bytes(32)))
        self.keyring = InstantKeyring(SessionStore(engine), self.pickle_key)
        self.quotation = quotation_of("s" * 64)
        self.screening = self.made_screening()
        self.worker = self.made_worker(folder)

    def made_screening(self) -> Screening:
        return Screening(
            Decisions(self.engine, self.outbox),
            PolicyStore(self.engine),
            self.keyring,
            NoFiles(),
            Effects(self.engine),
            STEWARD,
            lambda: self.now,
            lambda: secrets.token_bytes(16),
            self.quotation,
        )

    def made_worker(self, folder: Path) -> BatchWorker:
        homeserver = Homeserver("http://127.0.0.1:9", STEWARD)
        machine = Machine(STEWARD, "DEVICE", folder, "0" * 64)
        crypto = asyncio.Lock()
        policies = PolicyStore(self.engine)
        officers = OfficerStore(self.engine, self.outbox)

        def now() -> datetime:
            return self.now

        def salt() -> bytes:
            return b"s" * 16

        def wake() -> None:
            return None

        return BatchWorker(
            homeserver,
            machine,
            crypto,
            self.keyring,
            Directory(homeserver, machine, crypto, officers, policies.in_force, now, salt, wake),
            Mailer(homeserver, machine, crypto, Effects(self.engine)),
            RoomStore(self.engine),
            Deliveries(self.engine, self.outbox),
            Conversation(
                self.keyring, STEWARD, now, RoomTaps(RoomsOnDemand(self.engine, self.outbox))
            ),
            policies.in_force,
            now,
            salt,
            wake,
            Passages(self.quotation, NoFiles(), now, timedelta),
        )

    async def run(self, statement: str, **values: Any) -> list[Any]:
        async with self.engine.begin() as connection:
            result = await connection.execute(text(statement), values)
            return list(result.all()) if result.returns_rows else []

    async def prepare(self) -> None:
        entry = policy_entry(NETWORK, self.now, secrets.token_bytes(16), "steward")
        await PolicyStore(self.engine).put_in_force(NETWORK, entry, [], self.outbox)
        rooms = [{"k": key, "r": f"!{key}"} for key in NETWORK.rooms]
        people = [
            {"u": f"@{name}:{SERVER}", "n": name, "c": curve(name)} for name in NETWORK.officers
        ]
        async with self.engine.begin() as connection:
            await connection.execute(text("INSERT INTO governed_room VALUES (:k, :r)"), rooms)
            for statement in (
                "INSERT INTO officer_state (user_id, name, state) VALUES (:u, :n, 'admitted')",
                "INSERT INTO device VALUES (:u, :n, :c, 'ed', true)",
            ):
                await connection.execute(text(statement), people)

    async def session(self, name: str, room: str) -> vodozemac.GroupSession:
        if (name, room) not in self.sessions:
            made = vodozemac.GroupSession()
            inbound = vodozemac.InboundGroupSession(made.session_key)
            await self.run(
                "INSERT INTO megolm_session VALUES (:r, :s, :u, :c, 'ed', :p)",
                r=f"!{room}",
                s=made.session_id,
                u=f"@{name}:{SERVER}",
                c=curve(name),
                p=inbound.pickle(self.pickle_key),
            )
            self.sessions[name, room] = made
        return self.sessions[name, room]

    async def event(
        self, name: str, room: str, body: str, edits: str | None = None
    ) -> dict[str, Any]:
        content: dict[str, Any] = {"msgtype": "m.text", "body": body}
        clear: dict[str, Any] = {}
        if edits is not None:
            clear = {"m.relates_to": {"rel_type": "m.replace", "event_id": edits}}
            content = {"msgtype": "m.text", "body": f"* {body}", "m.new_content": content, **clear}
        payload = {"type": "m.room.message", "room_id": f"!{room}", "content": content}
        session = await self.session(name, room)
        self.now += timedelta(seconds=1)
        return {
            "event_id": "$" + secrets.token_hex(20) + "AAA",
            "room_id": f"!{room}",
            "type": "m.room.encrypted",
            "sender": f"@{name}:{SERVER}",
            "origin_server_ts": int(self.now.timestamp() * 1000),
            "content": {
                "algorithm": "m.megolm.v1.aes-sha2",
                "ciphertext": session.encrypt(json.dumps(payload).encode()).to_base64(),
                "session_id": session.session_id,
                **clear,
            },
        }

    async def ask(self, event: dict[str, Any]) -> Verdict:
        name = event["sender"][1:].partition(":")[0]
        return await self.screening.screen(Asked(read_envelope(event), name, None))

    async def deliver(self, event: dict[str, Any]) -> None:
        """The homeserver shows the event to everyone, the steward included."""
        shown = {key: value for key, value in event.items() if key != "room_id"}
        rooms = {"join": {event["room_id"]: {"timeline": {"events": [shown]}}}}
        body = {"next_batch": secrets.token_hex(4), "rooms": rooms}
        await self.worker.work_off(await Inbox(self.engine).store(body))

    async def say(self, name: str, room: str, body: str, edits: str | None = None) -> Verdict:
        """Sends, and if it is accepted it is delivered."""
        event = await self.event(name, room, body, edits)
        verdict = await self.ask(event)
        if isinstance(verdict, Accept):
            await self.deliver(event)
        self.last_event_id = event["event_id"]
        return verdict

    async def alarms(self) -> list[dict[str, Any]]:
        rows = await self.run("SELECT payload FROM effect WHERE kind = 'say' ORDER BY id")
        return [row.payload for row in rows if row.payload["text"] == "alarm_passage"]


def curve(name: str) -> str:
    return name.replace(".", "").ljust(43, "A")


@pytest_asyncio.fixture(loop_scope="session")
async def stage(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Stage]:
    engine = create_async_engine(make_url(postgres_dsn).set(drivername="postgresql+asyncpg"))
    made = Stage(engine, tmp_path)
    await made.run(f"TRUNCATE {TABLES} RESTART IDENTITY CASCADE")
    await made.prepare()
    yield made
    await engine.dispose()


def refused(verdict: Verdict, code: Code) -> None:
    assert isinstance(verdict, Refuse), verdict
    assert verdict.code is code


def accepted(verdict: Verdict) -> Accept:
    assert isinstance(verdict, Accept), verdict
    return verdict


async def test_a_passage_is_refused_where_its_source_does_not_fit(stage: Stage) -> None:
    accepted(await stage.say(IDN, PAIR, f"TLP:AMBER REL AUS,IDN // {SECRET}"))
    refused(await stage.say(AUS, FLOOR, f"Heard today: {SECRET}"), Code.SOURCE_RESTRICTED)
    refused(await stage.say(IDN, FLOOR, SECRET.upper()), Code.SOURCE_RESTRICTED)
    accepted(await stage.say(AUS, FLOOR, "TLP:GREEN // Heard nothing today worth telling, sorry."))
    accepted(await stage.say(AUS, AUS_DESK, SECRET))


async def test_what_is_accepted_and_not_yet_delivered_refuses_nothing(stage: Stage) -> None:
    event = await stage.event(IDN, PAIR, f"TLP:AMBER REL AUS,IDN // {SECRET}")
    accepted(await stage.ask(event))
    accepted(await stage.ask(await stage.event(AUS, FLOOR, SECRET)))
    await stage.deliver(event)
    refused(await stage.ask(await stage.event(AUS, FLOOR, SECRET)), Code.SOURCE_RESTRICTED)


async def test_a_copy_keeps_the_restriction_from_room_to_room(stage: Stage) -> None:
    accepted(await stage.say(IDN, FLOOR, f"TLP:AMBER+STRICT // {SECRET}"))
    copied = accepted(await stage.say(AUS, AUS_DESK, SECRET))
    assert copied.effective is not None
    assert copied.effective.originators == {"AUS", "IDN"}
    refused(await stage.say(AUS, PAIR, SECRET), Code.ONWARD_NOT_ALLOWED)
    await stage.run("DELETE FROM passage_source WHERE room_key = :floor", floor=FLOOR)
    refused(await stage.say(AUS, PAIR, SECRET), Code.SOURCE_RESTRICTED)


async def test_a_passage_cut_into_messages_is_refused_at_its_last_piece(stage: Stage) -> None:
    accepted(await stage.say(IDN, PAIR, f"TLP:RED // {SECRET}"))
    accepted(await stage.say(AUS, AUS_DESK, "TLP:GREEN // " + SECRET[:24]))
    accepted(await stage.say(AUS, AUS_DESK, "TLP:GREEN // " + SECRET[24:36]))
    refused(await stage.say(AUS, AUS_DESK, SECRET[36:60]), Code.ONWARD_NOT_ALLOWED)
    accepted(await stage.say(AUS, AUS_DESK, "TLP:GREEN // the tide turns at six"))


async def test_pieces_are_put_together_when_nothing_was_delivered_in_between(stage: Stage) -> None:
    accepted(await stage.say(IDN, PAIR, f"TLP:RED // {SECRET}"))
    for piece in (SECRET[:20], SECRET[20:36]):
        accepted(await stage.ask(await stage.event(AUS, AUS_DESK, piece)))
    stage.screening = stage.made_screening()
    last = await stage.event(AUS, AUS_DESK, SECRET[36:60])
    refused(await stage.ask(last), Code.ONWARD_NOT_ALLOWED)


async def test_an_edit_that_brings_a_passage_in_is_refused(stage: Stage) -> None:
    accepted(await stage.say(IDN, PAIR, f"TLP:RED // {SECRET}"))
    accepted(await stage.say(AUS, FLOOR, "TLP:GREEN // nothing to report"))
    refused(await stage.say(AUS, FLOOR, SECRET, stage.last_event_id), Code.SOURCE_RESTRICTED)


async def test_an_edit_that_closes_the_gap_between_pieces_is_refused(stage: Stage) -> None:
    accepted(await stage.say(IDN, PAIR, f"TLP:RED // {SECRET}"))
    sent = []
    for piece in (SECRET[:18], "nothing", SECRET[36:54]):
        accepted(await stage.say(AUS, AUS_DESK, piece))
        sent.append(stage.last_event_id)
    edit = await stage.say(AUS, AUS_DESK, SECRET[18:36], sent[1])
    refused(edit, Code.ONWARD_NOT_ALLOWED)


async def test_a_match_that_the_sender_never_received_changes_nothing(stage: Stage) -> None:
    """ATTACK: guessing what others hold by posting it. The verdict says nothing."""
    texts = (
        SECRET,
        "The harbour master expects rain from the south until Thursday evening, maybe.",
    )
    accepted(await stage.say(IDN, IDN_DESK, f"TLP:RED // {texts[0]}"))
    verdicts, rows = [], []
    for body in texts:
        verdicts.append(accepted(await stage.say(AUS, FLOOR, body)))
        (row,) = await stage.run("SELECT * FROM verdict ORDER BY decided_at DESC LIMIT 1")
        rows.append((row.kind, row.accepted, row.code, row.rule, row.marking))
    assert verdicts[0] == verdicts[1]
    assert rows[0] == rows[1]


async def test_the_originators_desk_alone_is_alarmed(stage: Stage) -> None:
    accepted(await stage.say(IDN, IDN_DESK, f"TLP:AMBER // {SECRET}"))
    accepted(await stage.say(AUS, FLOOR, SECRET))
    (alarm,) = await stage.alarms()
    assert alarm["to"] == IDN_DESK
    assert alarm["parameters"]["party"] == "AUS"
    assert alarm["parameters"]["officer"] == AUS
    assert "skipper" not in json.dumps(alarm)


async def test_an_alarm_does_not_name_a_room_that_the_originator_may_not_see(stage: Stage) -> None:
    accepted(await stage.say(THA, "mps-desk-tha", SECRET))
    accepted(await stage.say(AUS, PAIR, SECRET))
    (alarm,) = await stage.alarms()
    assert alarm["to"] == "mps-desk-tha"
    assert not {"room", "officer"} & set(alarm["parameters"])


async def test_a_refused_post_alarms_nobody_and_leaves_nothing(stage: Stage) -> None:
    accepted(await stage.say(IDN, IDN_DESK, f"TLP:AMBER // {SECRET}"))
    before = await stage.run("SELECT * FROM passage")
    refused(await stage.say(AUS, FLOOR, f"REL AUS,THA // {SECRET}"), Code.REL_EXCLUDES_ROOM)
    assert await stage.alarms() == []
    assert await stage.run("SELECT * FROM passage") == before


async def test_a_party_without_anybody_admitted_did_not_receive_it(stage: Stage) -> None:
    await stage.run("UPDATE officer_state SET state = 'added' WHERE name LIKE 'tha.%'")
    accepted(await stage.say(IDN, FLOOR, f"TLP:AMBER+STRICT // {SECRET}"))
    await stage.run("UPDATE officer_state SET state = 'admitted'")
    accepted(await stage.say(THA, "mps-desk-tha", f"TLP:GREEN // {SECRET}"))
    (row,) = await stage.run("SELECT parties FROM passage_source ORDER BY id LIMIT 1")
    assert row.parties == ["AUS", "BGD", "IDN", "MYS", "RSO", "TLS"]


async def test_the_same_batch_twice_leaves_the_same(stage: Stage) -> None:
    event = await stage.event(IDN, FLOOR, SECRET)
    accepted(await stage.ask(event))
    await stage.deliver(event)
    before = await stage.run("SELECT * FROM passage ORDER BY hash")
    await stage.deliver(event)
    assert await stage.run("SELECT * FROM passage ORDER BY hash") == before
    assert before


async def test_the_networks_own_words_are_nobodys(stage: Stage) -> None:
    for words in (
        "Nobody received it. Delete the message that your client shows in red as not sent.",
        NETWORK.rooms[FLOOR].topic.partition("Without")[0],
    ):
        accepted(await stage.say(IDN, PAIR, f"TLP:RED // {words}"))
        accepted(await stage.say(AUS, FLOOR, f"TLP:GREEN // {words}"))


async def test_no_word_is_in_any_table_and_recent_words_are_forgotten(stage: Stage) -> None:
    accepted(await stage.say(IDN, FLOOR, f"zebracorn {SECRET}"))
    assert await stage.run("SELECT * FROM recent_words")
    for table in TABLES.split(", "):
        for row in await stage.run(f"SELECT * FROM {table}"):
            for value in row:
                shown = value if isinstance(value, bytes) else str(value).encode()
                assert b"zebracorn" not in shown
                assert b"skipper" not in shown
    assert await forget_words(stage.engine, timedelta(minutes=10)) == 0
    assert await forget_words(stage.engine, timedelta(0)) == 1
    assert await stage.run("SELECT * FROM recent_words") == []


async def test_the_worker_can_forget_words_and_read_none(stage: Stage) -> None:
    accepted(await stage.say(AUS, FLOOR, "good morning"))
    async with stage.engine.connect() as connection:
        await connection.execute(text("SET ROLE rilon_worker"))
        await connection.execute(text("DELETE FROM recent_words WHERE said_at < now()"))
        await connection.commit()
        with pytest.raises(DBAPIError, match="permission denied"):
            await connection.execute(text("SELECT sealed FROM recent_words"))
        await connection.rollback()
        await connection.execute(text("RESET ROLE"))
    assert await stage.run("SELECT * FROM recent_words") == []


async def test_recent_words_that_were_altered_are_no_answer(stage: Stage) -> None:
    accepted(await stage.say(AUS, FLOOR, "good morning"))
    await stage.run("UPDATE recent_words SET sealed = '\\x00'")
    with pytest.raises(Unsure):
        await stage.say(AUS, FLOOR, "good morning again")
