"""Passages on a real PostgreSQL: what a delivered post leaves, who is refused, who is told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bots.steward.passages import Left, Passages
from rilon.application.ports import Unsure
from rilon.domain.acts import Post
from rilon.domain.parties import parties
from rilon.domain.verdicts import Code
from rilon.storage.deliveries import Deliveries
from rilon.storage.inbox import Inbox
from rilon.storage.passages import forget_words
from tests.integration.desk import JUDGED
from tests.integration.no_files import NoFiles
from tests.integration.passages_desk import (
    AUS,
    AUS_DESK,
    FLOOR,
    IDN,
    IDN_DESK,
    PAIR,
    THA,
    Stage,
    accepted,
    opened_stage,
    refused,
)
from tests.policy_scene import NETWORK

SECRET = "The skipper of the blue boat sleeps at his cousin's house behind the fuel station."


@pytest.fixture
async def stage(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with opened_stage(postgres_dsn, tmp_path) as made:
        yield made


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
    stage.screening = stage.gate()
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


async def test_pieces_in_a_thread_are_refused_with_other_messages_between(stage: Stage) -> None:
    accepted(await stage.say(IDN, PAIR, f"TLP:RED // {SECRET}"))
    accepted(await stage.say(AUS, AUS_DESK, "good morning"))
    root = stage.last_event_id
    accepted(await stage.say(AUS, AUS_DESK, SECRET[:30], root=root))
    accepted(await stage.say(AUS, AUS_DESK, "TLP:GREEN // nothing new on the main timeline"))
    piece = await stage.say(AUS, AUS_DESK, SECRET[30:60], root=root)
    refused(piece, Code.ONWARD_NOT_ALLOWED)


async def test_one_letter_between_pieces_hides_nothing(stage: Stage) -> None:
    accepted(await stage.say(IDN, PAIR, f"TLP:RED // {SECRET}"))
    accepted(await stage.say(AUS, AUS_DESK, SECRET[:30]))
    accepted(await stage.say(AUS, AUS_DESK, "TLP:GREEN // k"))
    refused(await stage.say(AUS, AUS_DESK, "2) " + SECRET[30:60]), Code.ONWARD_NOT_ALLOWED)


async def test_fancy_letters_and_signs_hide_nothing(stage: Stage) -> None:
    accepted(await stage.say(IDN, PAIR, f"TLP:AMBER REL AUS,IDN // {SECRET}"))
    for dressed in (SECRET.replace(" ", " ™ "), SECRET.replace("t", "ŧ").replace("o", "𐐬")):
        refused(await stage.say(AUS, FLOOR, dressed), Code.SOURCE_RESTRICTED)


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


async def test_an_alarm_does_not_tell_of_a_room_that_the_originator_may_not_see(
    stage: Stage,
) -> None:
    """ATTACK: guesses of what others write, posted in the own desk."""
    accepted(await stage.say(THA, "mps-desk-tha", f"TLP:RED // {SECRET}"))
    accepted(await stage.say(AUS, PAIR, SECRET))
    accepted(await stage.say(IDN, IDN_DESK, SECRET))
    assert await stage.alarms() == []


async def test_what_others_had_received_alarms_and_names_nobody(stage: Stage) -> None:
    accepted(await stage.say(THA, "mps-desk-tha", f"TLP:RED // {SECRET}"))
    await stage.run("UPDATE passage_source SET parties = '{THA,MYS}'")
    accepted(await stage.say(AUS, AUS_DESK, SECRET))
    assert await stage.alarms() == []
    await stage.run("DELETE FROM passage_source WHERE room_key = :room", room=AUS_DESK)
    accepted(await stage.say(AUS, PAIR, SECRET))
    (alarm,) = await stage.alarms()
    assert alarm["to"] == "mps-desk-tha"
    assert alarm["parameters"].keys() == {"since", "source"}


@pytest.mark.parametrize(("unnamed", "told"), [("", 1), ("AUS", 0)])
async def test_words_of_who_is_not_named_alarm_nobody(
    stage: Stage, unnamed: str, told: int
) -> None:
    """ATTACK: guesses of what the party behind a hidden request says, to read its name."""
    accepted(await stage.say(IDN, IDN_DESK, f"TLP:RED // {SECRET}"))
    verdict = accepted(await stage.ask(await stage.event(AUS, FLOOR, SECRET)))
    (row,) = await stage.run("SELECT identity FROM verdict WHERE delivered_event_id IS NULL")
    assert verdict.effective is not None
    marking = replace(verdict.effective, unnamed=parties(*unnamed.split()))
    passages = Passages(stage.quotation, NoFiles(), stage.now, timedelta)
    officer, floor = NETWORK.officers[AUS], NETWORK.rooms[FLOOR]
    words = stage.quotation.left_by(Post(SECRET, None), NETWORK)
    batch = await Inbox(stage.engine).store({"next_batch": "shown"})
    async with Deliveries(stage.engine, stage.outbox).of_batch(batch.id) as delivery:
        left = Left(officer, floor, words, written=True)
        alarms = await passages.keep(delivery, left, row.identity, marking, NETWORK)
    assert len(alarms) == told


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
    for table in JUDGED.split(", "):
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
