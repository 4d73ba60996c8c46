"""Recall and tightening of content that others hold verbatim, on a real PostgreSQL: the gate
judges, the sync delivers, and what is recalled is found in whatever room it stands.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from bots.steward.performer import NotYet
from bots.steward.recalls import RecallDeeds
from bots.steward.speech import Speech
from rilon.adapters.homeserver import Homeserver
from rilon.application.copies import FoundCopies
from rilon.application.ports import DueEffect
from rilon.application.recall import Recalling
from rilon.bootstrap.worker import forget_what_is_over
from rilon.domain.entries import Entry, EntryKind, Subject
from rilon.domain.verdicts import Refuse
from rilon.ledger.leaf import parse
from rilon.storage.copies import CopyStore
from rilon.storage.officers import OfficerStore
from rilon.storage.recalls import RecallStore
from rilon.storage.rooms import PolicyStore
from tests.integration.test_passages import (
    AUS,
    AUS_DESK,
    FLOOR,
    IDN,
    IDN_DESK,
    PAIR,
    SERVER,
    STEWARD,
    TABLES,
    THA,
    Stage,
    accepted,
)
from tests.policy_scene import NETWORK

pytestmark = pytest.mark.asyncio(loop_scope="session")

THA_DESK = "mps-desk-tha"
TOLD = (
    "A grey trawler with two outboards waits beyond the reef every second night, and its crew "
    "buys fuel at the northern pier before it leaves again without any lights."
)
OWN = (
    "We have seen something like it further east since March, and our patrol asked the harbour "
    "master for the list of those who berthed there."
)


class Withdrawing(Stage):
    """The stage of passages, and recalls on it."""

    def recalling(self, copies: Any = None) -> Recalling:
        contents, policies = RecallStore(self.engine, self.outbox), PolicyStore(self.engine)
        found = FoundCopies(CopyStore(self.engine, self.outbox), contents, policies, STEWARD)
        return Recalling(
            contents,
            Everybody(),
            policies,
            policies.in_force,
            STEWARD,
            lambda: self.now,
            lambda: b"s" * 16,
            copies or found,
        )

    async def told(self, name: str, room: str, body: str, edits: str | None = None) -> str:
        """Says it, and it is delivered; its event id."""
        accepted(await self.say(name, room, body, edits))
        return self.last_event_id

    async def recall(self, target: str, by: str = AUS, **more: str) -> None:
        cause = "tightened" if "stated" in more else "recalled"
        payload = {
            "asked": f"$ask-{target[1:]}-{more.get('stated', '')}",
            "target": target,
            "by": f"@{by}:{SERVER}",
            "day": self.now.date().isoformat(),
            "cause": cause,
            **more,
        }
        await self.recalling().ask(payload)

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
        rows = await self.run("SELECT leaf FROM ledger_outbox ORDER BY id")
        found = [parse(bytes(row.leaf)).entry for row in rows]
        return [
            one
            for one in found
            if one.kind is kind and dict(one.subject).get(Subject.EVENT_ID) == event_id
        ]


class Everybody:
    """Everybody of the room was in it."""

    async def members_at(self, room_id: str, event_id: str) -> Sequence[str] | None:
        names = NETWORK.members(room_id.removeprefix("!"))
        return [*(f"@{name}:{SERVER}" for name in names), STEWARD]


@pytest_asyncio.fixture(loop_scope="session")
async def stage(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Withdrawing]:
    engine = create_async_engine(make_url(postgres_dsn).set(drivername="postgresql+asyncpg"))
    made = Withdrawing(engine, tmp_path)
    await made.run(f"TRUNCATE {TABLES}, relation, expiry RESTART IDENTITY CASCADE")
    await made.prepare()
    yield made
    await engine.dispose()


# --- recall --------------------------------------------------------------------------------------


async def test_a_recall_takes_copies_of_any_party_in_any_room(stage: Withdrawing) -> None:
    first = await stage.told(AUS, FLOOR, f"TLP:AMBER // {TOLD}")
    theirs = await stage.told(IDN, IDN_DESK, f"FYI {TOLD.upper()}")
    ours = await stage.told(AUS, AUS_DESK, TOLD)
    other = await stage.told(IDN, IDN_DESK, OWN)
    await stage.recall(first)
    assert await stage.redacted() == {first, theirs, ours}
    assert (await stage.marking(other)).recalled_at is None
    (entry,) = await stage.entries(theirs, EntryKind.MESSAGE_RECALLED)
    assert dict(entry.subject)[Subject.RECEIVED_BY].startswith("IDN:")
    assert entry.parties == {"IDN"}


async def test_the_other_party_is_told_in_its_room_and_at_its_desk_and_nobody_else(
    stage: Withdrawing,
) -> None:
    first = await stage.told(AUS, FLOOR, f"TLP:AMBER // {TOLD}")
    await stage.told(IDN, IDN_DESK, TOLD)
    for _ in range(2):
        await stage.recall(first)
    (notice,) = await stage.says("notice_copy_recalled")
    assert notice["to"] == IDN_DESK
    assert "AUS" not in str(notice["parameters"])
    (desk,) = await stage.says("copy_at_desk")
    assert (desk["to"], desk["parameters"]["outcome"]) == (IDN_DESK, "removed")
    speech = Speech(OfficerStore(stage.engine, stage.outbox), SERVER)
    for payload in (notice, desk):
        said = (await speech.compose(payload, NETWORK, stage.now)).plain
        assert "trawler" not in said
        assert "was removed: it repeated words" in said


async def test_who_recalls_learns_nothing_of_rooms_that_they_are_not_in(
    stage: Withdrawing,
) -> None:
    """ATTACK: a recall, to find out who keeps copies, and where."""
    first = await stage.told(AUS, FLOOR, f"TLP:AMBER // {TOLD}")
    copy = await stage.told(IDN, IDN_DESK, TOLD)
    await stage.recall(first, stated="TLP:AMBER REL AUS,THA //")
    assert copy in await stage.redacted()
    for kind in (EntryKind.MESSAGE_RECALLED, EntryKind.MARKING_TIGHTENED):
        for entry in await stage.entries(copy, kind):
            assert "AUS" not in entry.parties
            assert Subject.USER_ID not in dict(entry.subject)
    answers = await stage.says("withdrawal")
    assert len(answers) == 1
    assert "IDN" not in answers[0]["parameters"]["room"]
    assert answers[0]["parameters"]["received"].startswith("AUS:")


async def test_a_message_with_words_of_ones_own_stays_and_its_party_is_told(
    stage: Withdrawing,
) -> None:
    """Never another party's own words."""
    first = await stage.told(AUS, FLOOR, f"TLP:AMBER // {TOLD}")
    quoting = await stage.told(IDN, FLOOR, f"{OWN} Compare: {TOLD}")
    for _ in range(2):
        await stage.recall(first)
    assert await stage.redacted() == {first}
    (desk,) = await stage.says("copy_at_desk")
    assert (desk["to"], desk["parameters"]["outcome"]) == (IDN_DESK, "quote")
    assert desk["parameters"]["room"] == NETWORK.rooms[FLOOR].name
    assert (await stage.marking(quoting)).recalled_at is None
    assert await stage.says("notice_copy_recalled") == []


async def test_a_copy_of_a_copy_goes_too(stage: Withdrawing) -> None:
    first = await stage.told(AUS, PAIR, f"TLP:GREEN // {TOLD}")
    second = await stage.told(IDN, FLOOR, f"TLP:GREEN // {TOLD}")
    third = await stage.told(THA, THA_DESK, f"TLP:GREEN // {TOLD}")
    await stage.recall(first)
    assert await stage.redacted() == {first, second, third}


async def test_what_others_said_before_is_theirs(stage: Withdrawing) -> None:
    """ATTACK: Australia says what Indonesia said, and takes it back, so that both are gone."""
    theirs = await stage.told(IDN, FLOOR, f"TLP:GREEN // {TOLD}")
    ours = await stage.told(AUS, FLOOR, f"TLP:GREEN // {TOLD}")
    again = await stage.told(IDN, IDN_DESK, f"TLP:GREEN // {TOLD}")
    await stage.recall(ours)
    assert await stage.redacted() == {ours}
    for event_id in (theirs, again):
        assert (await stage.marking(event_id)).recalled_at is None


async def test_public_text_is_silenced_by_nobody(stage: Withdrawing) -> None:
    """ATTACK: public text, tightened first, and then recalled."""
    ours = await stage.told(AUS, FLOOR, f"TLP:CLEAR // {TOLD}")
    theirs = await stage.told(IDN, FLOOR, f"TLP:CLEAR // {TOLD}")
    mine = await stage.told(AUS, AUS_DESK, f"TLP:CLEAR // {TOLD}")
    await stage.recall(ours, stated="TLP:AMBER //")
    await stage.recall(ours)
    assert await stage.redacted() == {ours, mine}
    assert (await stage.marking(theirs)).marking["tlp"] == "CLEAR"


async def test_the_same_words_of_one_who_never_received_them_stay(stage: Withdrawing) -> None:
    first = await stage.told(AUS, PAIR, f"TLP:AMBER REL AUS,IDN // {TOLD}")
    alike = await stage.told(THA, THA_DESK, TOLD)
    await stage.recall(first)
    assert await stage.redacted() == {first}
    assert (await stage.marking(alike)).recalled_at is None
    assert await stage.says("copy_at_desk") == []


async def test_an_edit_that_is_a_copy_goes_and_what_it_edited_stays(stage: Withdrawing) -> None:
    first = await stage.told(AUS, FLOOR, f"TLP:AMBER // {TOLD}")
    own = await stage.told(IDN, FLOOR, OWN)
    edit = await stage.told(IDN, FLOOR, TOLD, edits=own)
    await stage.recall(first)
    assert await stage.redacted() == {first, edit}
    assert (await stage.marking(own)).recalled_at is None


async def test_a_copy_goes_with_its_short_edits(stage: Withdrawing) -> None:
    first = await stage.told(AUS, FLOOR, f"TLP:AMBER // {TOLD}")
    copy = await stage.told(IDN, FLOOR, TOLD)
    edit = await stage.told(IDN, FLOOR, "TLP:AMBER // withdrawn", edits=copy)
    await stage.recall(first)
    assert await stage.redacted() == {first, copy, edit}


async def test_naming_a_copy_recalls_nothing_of_another_partys_original(
    stage: Withdrawing,
) -> None:
    """ATTACK: whoever copies recalls the copy, and with it the original."""
    first = await stage.told(AUS, FLOOR, f"TLP:AMBER // {TOLD}")
    copy = await stage.told(IDN, IDN_DESK, TOLD)
    await stage.recall(copy, by=IDN)
    assert await stage.redacted() == {copy}
    assert (await stage.marking(first)).recalled_at is None


async def test_a_removal_with_ones_own_client_takes_no_copies(stage: Withdrawing) -> None:
    first = await stage.told(AUS, FLOOR, f"TLP:AMBER // {TOLD}")
    await stage.told(AUS, AUS_DESK, TOLD)
    await stage.recall(first, cause="redacted")
    assert await stage.redacted() == set()


# --- tightening ----------------------------------------------------------------------------------


async def test_a_copy_goes_only_where_the_tighter_marking_does_not_fit(
    stage: Withdrawing,
) -> None:
    first = await stage.told(AUS, FLOOR, f"TLP:GREEN // {TOLD}")
    there = await stage.told(IDN, PAIR, f"TLP:GREEN // {TOLD}")
    desk = await stage.told(IDN, IDN_DESK, f"TLP:GREEN // {TOLD}")
    gone = await stage.told(THA, THA_DESK, f"TLP:GREEN // {TOLD}")
    await stage.recall(first, stated="TLP:AMBER REL AUS,IDN ORCON //")
    assert await stage.redacted() == {first, gone}
    for event_id in (there, desk):
        row = await stage.marking(event_id)
        assert (row.marking["tlp"], row.marking["caveats"]) == ("AMBER", ["ORCON"])
        assert row.marking["originators"] == ["AUS", "IDN"]
    told = [one["parameters"]["outcome"] for one in await stage.says("copy_at_desk")]
    assert sorted(told) == ["removed", "tightened", "tightened"]
    assert {one["to"] for one in await stage.says("notice_copy_tightened")} == {PAIR, IDN_DESK}
    (entry,) = await stage.entries(desk, EntryKind.MARKING_TIGHTENED)
    assert entry.parties == {"IDN"}


async def test_a_quotation_is_no_looser_source_of_what_was_tightened(stage: Withdrawing) -> None:
    """ATTACK: the passage, pasted under the marking that it had in somebody's answer."""
    first = await stage.told(AUS, FLOOR, f"TLP:GREEN // {TOLD}")
    await stage.told(IDN, FLOOR, f"TLP:GREEN // {OWN} Compare: {TOLD}")
    await stage.recall(first, stated="TLP:RED REL AUS,IDN //")
    refused = await stage.say(THA, FLOOR, f"TLP:GREEN // {TOLD[:80]}")
    assert not isinstance(refused, type(accepted(await stage.say(IDN, FLOOR, OWN))))
    own = await stage.say(IDN, FLOOR, f"TLP:GREEN // again: {OWN}")
    assert accepted(own).effective is not None


async def test_a_quotation_that_still_fits_is_left_without_a_word(stage: Withdrawing) -> None:
    first = await stage.told(AUS, FLOOR, f"TLP:GREEN // {TOLD}")
    quoting = await stage.told(IDN, PAIR, f"TLP:GREEN // {OWN} Compare: {TOLD}")
    await stage.recall(first, stated="TLP:AMBER REL AUS,IDN //")
    assert await stage.redacted() == {first}
    assert await stage.says("copy_at_desk") == []
    assert (await stage.marking(quoting)).marking["tlp"] == "GREEN"


# --- expiry --------------------------------------------------------------------------------------


async def test_a_day_that_was_stated_later_holds_for_copies(stage: Withdrawing) -> None:
    first = await stage.told(AUS, FLOOR, f"TLP:GREEN // {TOLD}")
    copy = await stage.told(IDN, IDN_DESK, f"TLP:GREEN // {TOLD}")
    last = stage.now.date() + timedelta(days=3)
    await stage.recall(first, stated=f"TLP:CLEAR EXP {last} //")
    assert (await stage.marking(copy)).marking["expires"] == last.isoformat()
    (row,) = await stage.run(
        "SELECT room_id FROM expiry WHERE room_id = :room", room=f"!{IDN_DESK}"
    )
    stage.now = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
    assert await stage.recalling().expire(row.room_id, stage.now.date()) == 1
    assert copy in await stage.redacted()


async def test_what_expires_takes_copies_that_bear_no_day(stage: Withdrawing) -> None:
    """A copy that was let in before its source was known, say: it has no day of its own."""
    last = stage.now.date() + timedelta(days=3)
    first = await stage.told(AUS, FLOOR, f"TLP:GREEN EXP {last} // {TOLD}")
    copy = await stage.told(IDN, IDN_DESK, TOLD)
    await stage.run("DELETE FROM expiry WHERE room_id = :room", room=f"!{IDN_DESK}")
    await stage.run(
        "UPDATE verdict SET marking = marking || '{\"expires\": null}' "
        "WHERE delivered_event_id = :event",
        event=copy,
    )
    stage.now += timedelta(days=5)
    assert await stage.recalling().expire(f"!{FLOOR}", stage.now.date()) == 1
    assert await stage.redacted() == {first, copy}
    (entry,) = await stage.entries(copy, EntryKind.MESSAGE_RECALLED)
    assert dict(entry.subject)[Subject.STEP] == "expired"


async def test_a_copy_that_expires_too_goes_with_its_own_room_under_one_notice(
    stage: Withdrawing,
) -> None:
    last = stage.now.date() + timedelta(days=3)
    first = await stage.told(AUS, FLOOR, f"TLP:GREEN EXP {last} // {TOLD}")
    copy = await stage.told(IDN, FLOOR, TOLD)
    stage.now += timedelta(days=5)
    assert await stage.recalling().expire(f"!{FLOOR}", stage.now.date()) == 2
    assert await stage.redacted() == {first, copy}
    assert [one["parameters"]["count"] for one in await stage.says("notice_expired")] == ["2"]
    assert await stage.says("notice_copy_recalled") == []


# --- files ---------------------------------------------------------------------------------------


async def with_file(stage: Withdrawing, event_id: str, media: str, digest: int = 77) -> None:
    """The message carried a file, as the gate and the sync keep it."""
    identity = (
        await stage.run(
            "SELECT identity FROM verdict WHERE delivered_event_id = :event", event=event_id
        )
    )[0].identity
    await stage.run(
        "INSERT INTO relation (identity, kind, target) VALUES (:identity, 'file', :target)",
        identity=identity,
        target=f"{SERVER}/{media}",
    )
    await stage.run(
        "UPDATE passage_source SET files = ARRAY[CAST(:digest AS bigint)] "
        "WHERE identity = :identity",
        identity=identity,
        digest=digest,
    )
    await stage.run(
        "INSERT INTO passage (hash, source_id) SELECT CAST(:digest AS bigint), id "
        "FROM passage_source WHERE identity = :identity",
        identity=identity,
        digest=digest,
    )


async def deleted(stage: Withdrawing) -> list[str]:
    rows = await stage.run("SELECT payload FROM effect WHERE kind = 'delete_file' ORDER BY id")
    return sorted(row.payload["media"] for row in rows)


async def test_a_file_uploaded_again_is_deleted_and_words_of_ones_own_stand(
    stage: Withdrawing,
) -> None:
    first = await stage.told(AUS, FLOOR, f"TLP:AMBER // {TOLD}")
    again = await stage.told(IDN, FLOOR, OWN)
    await with_file(stage, first, "original")
    await with_file(stage, again, "uploaded-again")
    for _ in range(2):
        await stage.recall(first)
    assert await stage.redacted() == {first}
    assert await deleted(stage) == ["original", "uploaded-again"]
    (desk,) = await stage.says("copy_at_desk")
    assert desk["parameters"]["outcome"] == "file"
    (entry,) = await stage.entries(again, EntryKind.MESSAGE_RECALLED)
    assert dict(entry.subject)[Subject.STEP] == "file"


async def test_a_file_sent_on_with_ones_own_words_is_deleted_once(stage: Withdrawing) -> None:
    first = await stage.told(AUS, FLOOR, f"TLP:AMBER // {TOLD}")
    onward = await stage.told(IDN, FLOOR, OWN)
    for event_id in (first, onward):
        await with_file(stage, event_id, "the-same")
    await stage.recall(first)
    assert await deleted(stage) == ["the-same"]


async def test_a_file_of_ones_own_under_quoted_words_stays(stage: Withdrawing) -> None:
    first = await stage.told(AUS, FLOOR, f"TLP:AMBER // {TOLD}")
    theirs = await stage.told(IDN, FLOOR, TOLD)
    await with_file(stage, theirs, "their-own")
    await stage.recall(first)
    assert await stage.redacted() == {first}
    assert await deleted(stage) == []


# --- what happens meanwhile ----------------------------------------------------------------------


async def test_killed_between_copies_it_goes_on_and_does_nothing_twice(
    stage: Withdrawing,
) -> None:
    first = await stage.told(AUS, FLOOR, f"TLP:GREEN // {TOLD}")
    copies = [
        await stage.told(name, room, f"TLP:GREEN // {TOLD}")
        for name, room in ((IDN, IDN_DESK), (THA, FLOOR), (THA, THA_DESK))
    ]
    quoting = await stage.told(THA, FLOOR, f"TLP:GREEN // {OWN} {TOLD}")
    stated = {"stated": "TLP:RED REL AUS //"}
    for after in range(1, 6):
        recalling = stage.recalling()
        left, inner = [after], recalling._contents.withdraw

        async def withdraw(withdrawal: Any, left: list[int] = left, inner: Any = inner) -> bool:
            left[0] -= 1
            if left[0] < 0:
                raise ConnectionError("killed")
            return bool(await inner(withdrawal))

        recalling._contents.withdraw = withdraw  # type: ignore[method-assign]  # killed in between
        payload = {
            "asked": "$ask",
            "target": first,
            "by": f"@{AUS}:{SERVER}",
            "day": stage.now.date().isoformat(),
            "cause": "tightened",
            **stated,
        }
        try:
            await recalling.ask(payload)
        except ConnectionError:
            continue
    assert await stage.redacted() == {first, *copies}
    for event_id in copies:
        assert len(await stage.entries(event_id, EntryKind.MESSAGE_RECALLED)) == 1
        assert len(await stage.entries(event_id, EntryKind.MARKING_TIGHTENED)) == 1
    told = [one["parameters"]["outcome"] for one in await stage.says("copy_at_desk")]
    assert sorted(told) == ["quote", "removed", "removed", "removed"]
    assert (await stage.marking(quoting)).recalled_at is None


async def test_two_recalls_at_once_take_each_copy_once(stage: Withdrawing) -> None:
    first = await stage.told(AUS, FLOOR, f"TLP:AMBER // {TOLD}")
    copy = await stage.told(IDN, IDN_DESK, TOLD)
    asks = [stage.recall(first, by=by) for by in (AUS, "aus.focal1")]
    await asyncio.gather(*asks, return_exceptions=True)
    await stage.recall(first)
    assert await stage.redacted() == {first, copy}
    assert len(await stage.entries(copy, EntryKind.MESSAGE_RECALLED)) == 1


async def test_a_copy_under_way_in_the_moment_of_the_recall_goes_a_minute_later(
    stage: Withdrawing,
) -> None:
    """ATTACK: accepted before, delivered after the copies were looked for."""
    first = await stage.told(AUS, FLOOR, f"TLP:AMBER // {TOLD}")
    copy = await stage.event(IDN, IDN_DESK, TOLD)
    accepted(await stage.ask(copy))
    await stage.recall(first)
    await stage.deliver(copy)
    assert await stage.redacted() == {first}
    (row,) = await stage.run("SELECT * FROM effect WHERE kind = 'recall'")
    again = DueEffect(row.id, row.kind, row.subject, row.payload, None, 0)
    server = Homeserver("http://127.0.0.1:9", STEWARD)
    deeds = RecallDeeds(stage.recalling(), server, lambda: stage.now)
    with pytest.raises(NotYet):
        await deeds.recall(again)
    stage.now += timedelta(minutes=1)
    for _ in range(2):
        await deeds.recall(again)
    assert await stage.redacted() == {first, copy["event_id"]}
    assert len(await stage.says("withdrawal")) == 1
    assert len(await stage.run("SELECT * FROM effect WHERE kind = 'recall'")) == 1


# --- how long fingerprints are kept --------------------------------------------------------------


async def test_fingerprints_go_when_their_room_keeps_its_messages_no_longer(
    stage: Withdrawing,
) -> None:
    await stage.told(AUS, FLOOR, f"TLP:AMBER // {TOLD}")
    await stage.told(IDN, "direct-idn.secondee1", f"TLP:AMBER // {OWN}")
    floor, direct = NETWORK.retention[FLOOR], NETWORK.retention["direct-idn.secondee1"]
    assert direct < floor
    keys = "SELECT room_key FROM passage_source ORDER BY id"
    for at, left in (
        (direct - timedelta(minutes=1), [FLOOR, "direct-idn.secondee1"]),
        (direct + timedelta(minutes=1), [FLOOR]),
        (floor - timedelta(minutes=1), [FLOOR]),
        (floor + timedelta(minutes=1), []),
    ):
        await forget_what_is_over(stage.engine, stage.now + at)
        assert [row.room_key for row in await stage.run(keys)] == left
    assert await stage.run("SELECT * FROM passage") == []


async def test_a_room_that_policy_has_no_more_keeps_them_longest(stage: Withdrawing) -> None:
    await stage.told(AUS, FLOOR, f"TLP:AMBER // {TOLD}")
    await stage.run("UPDATE passage_source SET room_key = 'gone'")
    longest = max(NETWORK.retention.values())
    await forget_what_is_over(stage.engine, stage.now + longest - timedelta(minutes=1))
    assert len(await stage.run("SELECT * FROM passage_source")) == 1
    await forget_what_is_over(stage.engine, stage.now + longest + timedelta(minutes=1))
    assert await stage.run("SELECT * FROM passage_source") == []


async def test_attempts_go_but_those_of_what_stands_or_may_still_come(stage: Withdrawing) -> None:
    """ATTACK, by ourselves: a delivered event that is taken for one that was never judged."""
    stands = await stage.told(AUS, FLOOR, f"TLP:AMBER // {TOLD}")
    await stage.run("INSERT INTO attempt SELECT '$earlier', identity FROM attempt")
    pending = await stage.event(AUS, FLOOR, "TLP:GREEN // under way")
    accepted(await stage.ask(pending))
    refused = await stage.event(AUS, FLOOR, "REL AUS,IDN // refused")
    assert isinstance(await stage.ask(refused), Refuse)
    longest = max(NETWORK.retention.values())
    await forget_what_is_over(stage.engine, stage.now + longest - timedelta(minutes=1))
    assert len(await stage.run("SELECT * FROM attempt")) == 4
    await forget_what_is_over(stage.engine, stage.now + longest + timedelta(minutes=1))
    left = {row.event_id for row in await stage.run("SELECT event_id FROM attempt")}
    assert left == {stands, pending["event_id"]}
    # What is asked again after that is judged, and what comes in is known.
    assert isinstance(await stage.ask(refused), Refuse)
    await stage.deliver(pending)
    assert await stage.redacted() == set()


async def test_the_worker_forgets_and_sees_no_fingerprint(stage: Withdrawing) -> None:
    """ATTACK: a worker in other hands reads which messages have words in common."""
    await stage.told(AUS, FLOOR, f"TLP:AMBER // {TOLD}")
    server = {"server_settings": {"role": "rilon_worker"}}
    engine = create_async_engine(stage.engine.url, connect_args=server)
    try:
        for statement in ("SELECT hash FROM passage", "SELECT marking FROM passage_source"):
            with pytest.raises(DBAPIError, match="permission denied"):
                async with engine.connect() as connection:
                    await connection.execute(text(statement))
        longest = max(NETWORK.retention.values())
        await forget_what_is_over(engine, stage.now + longest + timedelta(minutes=1))
    finally:
        await engine.dispose()
    assert await stage.run("SELECT * FROM passage") == []
