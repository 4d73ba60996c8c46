"""Copies of what expires, copies of files, what happens meanwhile, and how long fingerprints are
kept, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from bots.steward.performer import NotYet
from bots.steward.recalls import RecallDeeds
from rilon.adapters.homeserver import Homeserver
from rilon.application.ports import DueEffect
from rilon.bootstrap.worker import forget_what_is_over
from rilon.domain.entries import EntryKind, Subject
from rilon.domain.verdicts import Refuse
from tests.integration.desk import SERVER, STEWARD
from tests.integration.passages_desk import (
    AUS,
    FLOOR,
    IDN,
    IDN_DESK,
    OWN,
    THA,
    THA_DESK,
    TOLD,
    Withdrawing,
    accepted,
    opened_withdrawing,
)
from tests.policy_scene import NETWORK


@pytest.fixture
async def stage(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Withdrawing]:
    async with opened_withdrawing(postgres_dsn, tmp_path) as made:
        yield made


# --- expiry --------------------------------------------------------------------------------------


async def test_a_day_that_was_stated_later_holds_for_copies(stage: Withdrawing) -> None:
    first = await stage.told(AUS, FLOOR, f"TLP:GREEN // {TOLD}")
    copy = await stage.told(IDN, IDN_DESK, f"TLP:GREEN // {TOLD}")
    last = stage.at.date() + timedelta(days=3)
    await stage.recall(first, stated=f"TLP:CLEAR EXP {last} //")
    assert (await stage.marking(copy)).marking["expires"] == last.isoformat()
    (row,) = await stage.run(
        "SELECT room_id FROM expiry WHERE room_id = :room", room=f"!{IDN_DESK}"
    )
    stage.at = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
    assert await stage.recalling().expire(row.room_id, stage.at.date()) == 1
    assert copy in await stage.redacted()


async def test_what_expires_takes_copies_that_bear_no_day(stage: Withdrawing) -> None:
    """A copy that was let in before its source was known, say: it has no day of its own."""
    last = stage.at.date() + timedelta(days=3)
    first = await stage.told(AUS, FLOOR, f"TLP:GREEN EXP {last} // {TOLD}")
    copy = await stage.told(IDN, IDN_DESK, TOLD)
    await stage.run("DELETE FROM expiry WHERE room_id = :room", room=f"!{IDN_DESK}")
    await stage.run(
        "UPDATE verdict SET marking = marking || '{\"expires\": null}' "
        "WHERE delivered_event_id = :event",
        event=copy,
    )
    stage.at += timedelta(days=5)
    assert await stage.recalling().expire(f"!{FLOOR}", stage.at.date()) == 1
    assert await stage.redacted() == {first, copy}
    (entry,) = await stage.entries(copy, EntryKind.MESSAGE_RECALLED)
    assert dict(entry.subject)[Subject.STEP] == "expired"


async def test_a_copy_that_expires_too_goes_with_its_own_room_under_one_notice(
    stage: Withdrawing,
) -> None:
    last = stage.at.date() + timedelta(days=3)
    first = await stage.told(AUS, FLOOR, f"TLP:GREEN EXP {last} // {TOLD}")
    copy = await stage.told(IDN, FLOOR, TOLD)
    stage.at += timedelta(days=5)
    assert await stage.recalling().expire(f"!{FLOOR}", stage.at.date()) == 2
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
            "day": stage.at.date().isoformat(),
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
    deeds = RecallDeeds(stage.recalling(), server, stage.now)
    with pytest.raises(NotYet):
        await deeds.recall(again)
    stage.at += timedelta(minutes=1)
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
        await forget_what_is_over(stage.engine, stage.at + at)
        assert [row.room_key for row in await stage.run(keys)] == left
    assert await stage.run("SELECT * FROM passage") == []


async def test_a_room_that_policy_has_no_more_keeps_them_longest(stage: Withdrawing) -> None:
    await stage.told(AUS, FLOOR, f"TLP:AMBER // {TOLD}")
    await stage.run("UPDATE passage_source SET room_key = 'gone'")
    longest = max(NETWORK.retention.values())
    await forget_what_is_over(stage.engine, stage.at + longest - timedelta(minutes=1))
    assert len(await stage.run("SELECT * FROM passage_source")) == 1
    await forget_what_is_over(stage.engine, stage.at + longest + timedelta(minutes=1))
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
    await forget_what_is_over(stage.engine, stage.at + longest - timedelta(minutes=1))
    assert len(await stage.run("SELECT * FROM attempt")) == 4
    await forget_what_is_over(stage.engine, stage.at + longest + timedelta(minutes=1))
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
        await forget_what_is_over(engine, stage.at + longest + timedelta(minutes=1))
    finally:
        await engine.dispose()
    assert await stage.run("SELECT * FROM passage") == []
