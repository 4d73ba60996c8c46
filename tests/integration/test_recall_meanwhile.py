"""Recall and expiry while other things happen: each once, whatever is killed in between, and not
before its day."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from bots.steward.performer import NotYet
from bots.steward.recalls import RecallDeeds
from rilon.adapters.homeserver import Homeserver
from rilon.application.ports import DueEffect, Unsure
from rilon.bootstrap.worker import sweep_expired
from rilon.domain.entries import Subject
from rilon.domain.markings import Marking, Tlp
from rilon.domain.parties import parties
from rilon.storage.deliveries import Deliveries
from rilon.storage.inbox import Inbox
from tests.integration.recall_desk import (
    CEILING,
    COLLEAGUE,
    RECALLED,
    Inside,
    entries,
    recalling,
    redacted,
    request,
    said,
    says,
    stored,
)
from tests.integration.steward_desk import (
    NOW,
    OFFICER,
    OTHER,
    STEWARD,
    Desk,
    deliver,
    opened_desk,
    outbox,
)


@pytest.fixture(scope="module")
async def desk(postgres_dsn: str) -> AsyncIterator[Desk]:
    async with opened_desk(postgres_dsn) as opened:
        yield opened


# --- what happens meanwhile ----------------------------------------------------------------------


async def test_an_edit_that_was_accepted_and_not_delivered_goes_when_it_comes(desk: Desk) -> None:
    """ATTACK: an edit in the moment of the recall. It comes after it, and would stand for ever."""
    _, event_id = await said(desk)
    pending, late = await said(
        desk, relations=(("edit", event_id),), delivered=False, at=NOW + timedelta(seconds=1)
    )
    await recalling(desk).ask(request(event_id))
    assert late not in await redacted(desk)
    # Asked once more, it is judged anew; delivered, it is noted as recalled.
    assert (await desk.seen(pending)).recorded.recalled
    batch = await Inbox(desk.engine).store({"next_batch": late})
    async with Deliveries(desk.engine, outbox).of_batch(batch.id) as delivery:
        arrived = await delivery.deliver(pending, late, NOW)
    assert arrived is not None
    assert arrived.recalled


async def test_an_edit_that_comes_while_it_is_being_looked_at_makes_it_look_again(
    desk: Desk,
) -> None:
    _, event_id = await said(desk)
    inside, edits = Inside(OFFICER), []

    async def meanwhile() -> None:
        at = NOW + timedelta(seconds=1)
        edits.append((await said(desk, relations=(("edit", event_id),), at=at))[1])

    inside.meanwhile = meanwhile
    with pytest.raises(Unsure):
        await recalling(desk, inside).ask(request(event_id))
    assert event_id not in await redacted(desk)
    deeds = RecallDeeds(
        recalling(desk, inside), Homeserver("http://127.0.0.1:9", STEWARD), lambda: NOW
    )
    due = DueEffect(1, "recall", "s", request(event_id), None, 0)
    assert await deeds.recall(due) == {}
    assert {event_id, *edits} <= await redacted(desk)


async def test_a_deed_that_can_not_be_done_now_is_put_off(desk: Desk) -> None:
    _, event_id = await said(desk)
    inside = Inside(OFFICER)
    inside.meanwhile = lambda: said(desk, relations=(("edit", event_id),))
    with pytest.raises(NotYet):
        await RecallDeeds(
            recalling(desk, inside), Homeserver("http://127.0.0.1:9", STEWARD), lambda: NOW
        ).recall(DueEffect(1, "recall", "s", request(event_id), None, 0))


async def test_two_officers_at_once_recall_it_once(desk: Desk) -> None:
    identity, event_id = await said(desk)
    asks = [
        recalling(desk).ask({**request(event_id, by), "asked": f"$ask-{number}-{event_id[1:]}"})
        for number, by in enumerate((OFFICER, COLLEAGUE, OFFICER))
    ]
    results = await asyncio.gather(*asks, return_exceptions=True)
    assert all(one is None or isinstance(one, Unsure) for one in results), results
    assert any(one is None for one in results)
    assert len(await entries(desk, identity, RECALLED)) == 1


# --- expiry --------------------------------------------------------------------------------------


def until(day: date, who: str = "AUS") -> Marking:
    return Marking(Tlp.GREEN, CEILING, parties(who), expires=day)


async def expire(desk: Desk, now: datetime) -> int:
    """The beat at that moment, and the steward performing what it wrote."""
    await sweep_expired(desk.engine, now)
    count = 0
    for row in await desk.effects("expire"):
        day = date.fromisoformat(row.payload["day"])
        count += await recalling(desk, now=now.astimezone(UTC)).expire(row.payload["room_id"], day)
    return count


def moment(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    "last",
    [
        date(2027, 1, 31),
        date(2027, 4, 30),
        date(2028, 2, 28),
        date(2028, 2, 29),
        date(2028, 12, 31),
    ],
)
async def test_content_is_recalled_when_the_last_day_is_over_and_not_before(
    desk: Desk, last: date
) -> None:
    identity, event_id = await said(desk, marking=until(last))
    assert await expire(desk, moment(last, 23, 59, 59)) == 0
    assert (await stored(desk, identity)).recalled_at is None
    assert await expire(desk, moment(last + timedelta(days=1), 0)) == 1
    assert event_id in await redacted(desk)
    (entry,) = await entries(desk, identity, RECALLED)
    fields = dict(entry.subject)
    assert (fields[Subject.STEP], fields[Subject.UNTIL]) == ("expired", last.isoformat())
    assert Subject.USER_ID not in fields


async def test_the_last_day_is_a_day_in_utc(desk: Desk) -> None:
    last = date(2029, 3, 10)
    _, event_id = await said(desk, marking=until(last))
    east = datetime.fromisoformat("2029-03-11T05:00:00+07:00")
    assert await expire(desk, east) == 0
    assert event_id not in await redacted(desk)
    assert await expire(desk, datetime.fromisoformat("2029-03-10T17:00:00-07:00")) == 1


async def test_several_are_told_in_one_notice_and_whatever_was_killed_once(desk: Desk) -> None:
    last = date(2030, 6, 30)
    after = moment(last + timedelta(days=1), 0, 0, 7)
    several = [await said(desk, marking=until(last)) for _ in range(3)]
    several.append(await said(desk, sender=OTHER, marking=until(last, "IDN")))
    before = len(await desk.effects("expire"))
    # The worker is killed after the write, and does it again; so does the one beside it.
    await asyncio.gather(*(sweep_expired(desk.engine, after) for _ in range(3)))
    assert len(await desk.effects("expire")) == before + 1
    (row,) = (await desk.effects("expire"))[before:]
    # The steward is killed after the write, and performs it again.
    counts = [
        await recalling(desk, now=after).expire(row.payload["room_id"], last + timedelta(days=1))
        for _ in range(2)
    ]
    assert counts == [4, 0]
    assert {event_id for _, event_id in several} <= await redacted(desk)
    notices = await says(desk, "notice_expired")
    assert notices[-1]["parameters"] == {"parties": "AUS, IDN", "count": "4"}
    assert len([one for one in notices if one["parameters"]["count"] == "4"]) == 1
    assert await sweep_expired(desk.engine, after) == 0
    for identity, _ in several:
        assert len(await entries(desk, identity, RECALLED)) == 1


async def test_what_was_never_delivered_does_not_expire_and_comes_due_when_it_is(
    desk: Desk,
) -> None:
    last = date(2031, 1, 1)
    identity, event_id = await said(desk, marking=until(last), delivered=False)
    after = moment(date(2031, 1, 2), 0)
    assert await expire(desk, after) == 0
    await deliver(desk, identity, event_id)
    assert await expire(desk, after) == 1


async def test_a_day_that_was_stated_later_counts(desk: Desk) -> None:
    identity, event_id = await said(desk, marking=until(date(2033, 1, 1)))
    await recalling(desk).ask(request(event_id, stated="TLP:CLEAR EXP 2032-02-29 //"))
    assert (await stored(desk, identity)).marking["expires"] == "2032-02-29"
    assert await expire(desk, moment(date(2032, 2, 29), 23)) == 0
    assert await expire(desk, moment(date(2032, 3, 1), 0)) == 1


async def test_an_earlier_day_of_an_edit_takes_the_message_along(desk: Desk) -> None:
    _, event_id = await said(desk, marking=until(date(2035, 1, 1)))
    await said(
        desk,
        marking=until(date(2034, 5, 31)),
        relations=(("edit", event_id),),
        at=NOW + timedelta(seconds=1),
    )
    assert await expire(desk, moment(date(2034, 6, 1), 0)) == 1
    assert event_id in await redacted(desk)


async def test_what_was_recalled_does_not_expire_again(desk: Desk) -> None:
    _, event_id = await said(desk, marking=until(date(2036, 1, 1)))
    await recalling(desk).ask(request(event_id))
    assert await sweep_expired(desk.engine, moment(date(2036, 1, 2), 0)) == 0


async def test_the_worker_may_write_what_the_clock_asks_for_and_nothing_of_the_record(
    desk: Desk,
) -> None:
    """ATTACK: a worker in other hands marks content as recalled, or forgets that it expires."""
    async with desk.engine.connect() as connection:
        may = text("SELECT has_table_privilege('rilon_worker', :table, :right)")
        rights = {
            (table, right): (
                await connection.execute(may, {"table": table, "right": right})
            ).scalar_one()
            for table in ("expiry", "relation", "verdict", "effect")
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE")
        }
    assert all(rights[table, "SELECT"] for table in ("expiry", "verdict", "effect"))
    assert rights["effect", "INSERT"]
    assert not any(
        rights[table, right]
        for table in ("expiry", "relation", "verdict")
        for right in ("INSERT", "UPDATE", "DELETE")
    )
