"""Tightening, recall and expiry on a real PostgreSQL: what goes, what stays, who is told, what is
recorded, and that each happens once whatever is killed in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import insert, select, text

from bots.steward.performer import NotYet
from bots.steward.recalls import RecallDeeds
from rilon.adapters.homeserver import Homeserver
from rilon.application.copies import FoundCopies
from rilon.application.ports import DueEffect, Unsure
from rilon.application.recall import Recalling
from rilon.bootstrap.worker import sweep_expired
from rilon.domain.entries import Entry, EntryKind, Subject
from rilon.domain.markings import Marking, Tlp
from rilon.domain.parties import Party, parties
from rilon.ledger.leaf import parse
from rilon.storage.copies import CopyStore
from rilon.storage.deliveries import Deliveries
from rilon.storage.inbox import Inbox
from rilon.storage.ledger import ledger_outbox
from rilon.storage.marking_json import to_json
from rilon.storage.recalls import RecallStore
from rilon.storage.rooms import PolicyStore
from rilon.storage.tables import passage_source, verdict
from tests.integration.steward_desk import (
    FLOOR,
    NOW,
    OFFICER,
    OTHER,
    STEWARD,
    Desk,
    deliver,
    fresh,
    opened_desk,
    outbox,
)
from tests.policy_scene import NETWORK

pytestmark = pytest.mark.asyncio(loop_scope="session")

COLLEAGUE = OFFICER.replace("focal1", "secondee1")
CEILING = NETWORK.rooms[FLOOR].ceiling
GREEN = Marking(Tlp.GREEN, CEILING, parties("AUS"))
TODAY = NOW.date().isoformat()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(postgres_dsn: str) -> AsyncIterator[Desk]:
    async with opened_desk(postgres_dsn) as opened:
        yield opened


class Inside:
    """Who was in the room at each event; everybody knows the same unless a test says else."""

    def __init__(self, *people: str, unknown: bool = False) -> None:
        self.people = None if unknown else [*people, STEWARD]
        self.meanwhile: Any = None

    async def members_at(self, room_id: str, event_id: str) -> Sequence[str] | None:
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        return self.people


def recalling(
    desk: Desk,
    inside: Inside | None = None,
    now: datetime = NOW,
    network: Any = None,
) -> Recalling:
    async def in_force() -> Any:
        return network

    return Recalling(
        RecallStore(desk.engine, outbox),
        inside or Inside(OFFICER, COLLEAGUE, OTHER),
        PolicyStore(desk.engine),
        PolicyStore(desk.engine).in_force if network is None else in_force,
        STEWARD,
        lambda: now,
        lambda: b"s" * 16,
        FoundCopies(
            CopyStore(desk.engine, outbox),
            RecallStore(desk.engine, outbox),
            PolicyStore(desk.engine),
            STEWARD,
        ),
    )


def request(target: str, by: str = OFFICER, **more: str) -> dict[str, str]:
    """The payload of a `recall` effect; a recall unless it states a marking."""
    cause = "tightened" if "stated" in more else "recalled"
    return {"asked": f"$ask-{target[1:]}", "target": target, "by": by, "day": TODAY,
            "cause": cause, **more}  # fmt: skip


async def said(
    desk: Desk,
    *,
    sender: str = OFFICER,
    marking: Marking = GREEN,
    relations: tuple[tuple[str, str], ...] = (),
    delivered: bool = True,
    at: datetime = NOW,
) -> tuple[bytes, str]:
    """A message as the gate records it, delivered."""
    identity, event_id = fresh()
    judged = desk.judged(
        identity, event_id, sender=sender, marking=marking, relations=relations, decided_at=at
    )
    await desk.record(judged)
    if delivered:
        await deliver(desk, identity, event_id)
    return identity, event_id


async def redacted(desk: Desk) -> set[str]:
    return {row.payload["event_id"] for row in await desk.effects("redact")}


async def says(desk: Desk, name: str) -> list[dict[str, Any]]:
    return [row.payload for row in await desk.effects("say") if row.payload["text"] == name]


async def answer_to(desk: Desk, target: str) -> dict[str, str]:
    rows = await desk.effects("say")
    found = [row.payload for row in rows if row.once == f"answer-$ask-{target[1:]}"]
    assert len(found) == 1, found
    return dict(found[0]["parameters"])


async def entries(desk: Desk, identity: bytes, *kinds: EntryKind) -> list[Entry]:
    async with desk.engine.connect() as connection:
        leaves = (await connection.execute(select(ledger_outbox.c.leaf))).scalars().all()
    found = [parse(bytes(leaf)).entry for leaf in leaves]
    return [one for one in found if one.correlation == identity.hex() and one.kind in kinds]


RECALLED, TIGHTENED = EntryKind.MESSAGE_RECALLED, EntryKind.MARKING_TIGHTENED


async def stored(desk: Desk, identity: bytes) -> Any:
    async with desk.engine.connect() as connection:
        query = select(verdict).where(verdict.c.identity == identity)
        return (await connection.execute(query)).one()


# --- recall --------------------------------------------------------------------------------------


async def test_a_recall_takes_the_message_and_its_edits_and_tells_the_room_once(
    desk: Desk,
) -> None:
    identity, event_id = await said(desk)
    _, first = await said(desk, relations=(("edit", event_id),), at=NOW + timedelta(seconds=1))
    _, second = await said(desk, relations=(("edit", first),), at=NOW + timedelta(seconds=2))
    before = len(await says(desk, "notice_recalled"))
    for _ in range(2):
        await recalling(desk).ask(request(event_id, COLLEAGUE))
    assert {event_id, first, second} <= await redacted(desk)
    notices = (await says(desk, "notice_recalled"))[before:]
    assert notices == [
        {
            "to": FLOOR,
            "text": "notice_recalled",
            "parameters": {"parties": "AUS", "at": NOW.isoformat()},
        }
    ]
    (entry,) = await entries(desk, identity, RECALLED)
    fields = dict(entry.subject)
    assert fields[Subject.RECEIVED_BY] == "AUS:2,IDN:1"
    assert fields[Subject.STEP] == "recalled"
    assert fields[Subject.USER_ID] == COLLEAGUE
    assert entry.parties == CEILING
    assert (await answer_to(desk, event_id))["outcome"] == "removed"


async def test_naming_an_edit_recalls_what_it_edits_too(desk: Desk) -> None:
    _, event_id = await said(desk)
    _, edit = await said(desk, relations=(("edit", event_id),), at=NOW + timedelta(seconds=1))
    await recalling(desk).ask(request(edit))
    assert {event_id, edit} <= await redacted(desk)


async def test_no_other_partys_words_are_touched_and_no_answer_of_ones_own(desk: Desk) -> None:
    _, event_id = await said(desk)
    joined = GREEN.join(Marking(Tlp.GREEN, CEILING, parties("IDN")))
    reply, at_reply = await said(
        desk, sender=OTHER, marking=joined, relations=(("reply", event_id),)
    )
    _, own = await said(desk, relations=(("thread", event_id), ("reply", at_reply)))
    await recalling(desk).ask(request(event_id, stated="TLP:RED REL AUS,IDN //"))
    assert event_id in await redacted(desk)
    assert not {at_reply, own} & await redacted(desk)
    assert (await stored(desk, reply)).recalled_at is None
    assert (await stored(desk, reply)).marking["tlp"] == "GREEN"
    assert (await answer_to(desk, event_id))["answers"] == "2"


async def test_a_party_whose_marking_was_joined_in_is_not_the_originator(desk: Desk) -> None:
    """ATTACK: Australia takes Indonesia's answer back, since it is an originator of the join."""
    joined = GREEN.join(Marking(Tlp.GREEN, CEILING, parties("IDN")))
    identity, event_id = await said(desk, sender=OTHER, marking=joined)
    await recalling(desk).ask(request(event_id))
    assert event_id not in await redacted(desk)
    assert await answer_to(desk, event_id) == {"outcome": "not_yours"}
    assert await entries(desk, identity, RECALLED, TIGHTENED) == []


async def test_an_officer_who_moved_to_another_party_leaves_the_words_behind(desk: Desk) -> None:
    """ATTACK: an officer who changed sides takes back what they said for their old party."""
    name = OFFICER[1:].partition(":")[0]
    moved = replace(NETWORK.officers[name], party=Party("IDN"))
    network = replace(NETWORK, officers={**NETWORK.officers, name: moved})
    _, event_id = await said(desk)
    await recalling(desk, network=network).ask(request(event_id))
    assert event_id not in await redacted(desk)
    other = {**request(event_id, COLLEAGUE), "asked": "$ask-colleague"}
    await recalling(desk, network=network).ask(other)
    assert event_id in await redacted(desk)


async def test_nobody_learns_whether_an_event_is_there(desk: Desk) -> None:
    """ATTACK: the same answer for another party's message, a stranger's and a guess."""
    _, theirs = await said(desk, sender=OTHER)
    _, unsent = await said(desk, delivered=False)
    for target in (theirs, unsent, "$guess"):
        await recalling(desk).ask(request(target))
        assert await answer_to(desk, target) == {"outcome": "not_yours"}
    await recalling(desk).ask(request(theirs, f"@nobody:{STEWARD.partition(':')[2]}"))
    assert theirs not in await redacted(desk)


async def test_a_removal_by_the_sender_is_recorded_with_its_edits_and_no_notice(
    desk: Desk,
) -> None:
    identity, event_id = await said(desk)
    _, edit = await said(desk, relations=(("edit", event_id),), at=NOW + timedelta(seconds=1))
    before = len(await says(desk, "notice_recalled"))
    await recalling(desk).ask(request(event_id, cause="redacted"))
    assert edit in await redacted(desk)
    assert event_id not in await redacted(desk)
    (entry,) = await entries(desk, identity, RECALLED)
    assert dict(entry.subject)[Subject.STEP] == "redacted"
    assert len(await says(desk, "notice_recalled")) == before


async def test_removing_an_edit_leaves_what_it_edited(desk: Desk) -> None:
    original, event_id = await said(desk)
    edited, edit = await said(desk, relations=(("edit", event_id),), at=NOW + timedelta(seconds=1))
    await recalling(desk).ask(request(edit, cause="redacted"))
    assert (await stored(desk, edited)).recalled_at is not None
    assert (await stored(desk, original)).recalled_at is None
    assert event_id not in await redacted(desk)


async def test_who_was_inside_is_named_by_party_alone_where_it_is_not_known(desk: Desk) -> None:
    identity, event_id = await said(desk)
    await recalling(desk, Inside(unknown=True)).ask(request(event_id))
    (entry,) = await entries(desk, identity, RECALLED)
    assert dict(entry.subject)[Subject.RECEIVED_BY] == "AUS,BGD,IDN,MYS,THA,TLS,RSO"


async def test_somebody_who_is_on_no_roster_is_counted_too(desk: Desk) -> None:
    identity, event_id = await said(desk)
    await recalling(desk, Inside(OFFICER, "@ghost:x.test")).ask(request(event_id))
    (entry,) = await entries(desk, identity, RECALLED)
    assert dict(entry.subject)[Subject.RECEIVED_BY] == "AUS:1,other:1"


async def files_deleted(desk: Desk) -> list[str]:
    return [row.payload["media"] for row in await desk.effects("delete_file")]


async def test_files_are_deleted_with_the_message_once_and_with_its_preview(desk: Desk) -> None:
    files = (("file", "x.test/pictureone"), ("file", "x.test/previewone"))
    _, event_id = await said(desk, relations=files)
    await recalling(desk).ask(request(event_id, cause="redacted"))
    await recalling(desk).ask(request(event_id, COLLEAGUE))
    assert sorted(await files_deleted(desk)) == ["pictureone", "previewone"]


async def test_a_file_that_another_message_carries_is_left_to_it(desk: Desk) -> None:
    """ATTACK: a file that somebody sent on is deleted under the words of another party."""
    file = (("file", "x.test/shared"),)
    _, event_id = await said(desk, relations=file)
    _, onward = await said(desk, sender=OTHER, relations=file)
    await recalling(desk).ask(request(event_id))
    assert "shared" not in await files_deleted(desk)
    await recalling(desk).ask(request(onward, OTHER))
    assert (await files_deleted(desk)).count("shared") == 1


# --- tightening ----------------------------------------------------------------------------------


async def test_what_still_fits_stands_under_the_join_and_later_answers_carry_it(
    desk: Desk,
) -> None:
    identity, event_id = await said(desk)
    edit, _ = await said(desk, relations=(("edit", event_id),), at=NOW + timedelta(seconds=1))
    for _ in range(2):
        await recalling(desk).ask(request(event_id, stated="TLP:AMBER ORCON //"))
    assert event_id not in await redacted(desk)
    seen = await desk.seen(fresh()[0], event_id)
    (related,) = seen.related
    assert (related.marking.tlp, related.marking.caveats) == (Tlp.AMBER, {"ORCON"})
    assert not related.recalled
    assert (await stored(desk, edit)).marking["tlp"] == "AMBER"
    (entry,) = await entries(desk, identity, TIGHTENED)
    assert (entry.marking or "").startswith("TLP:AMBER REL AUS,BGD")
    assert dict(entry.subject)[Subject.STEP] == "stands"
    assert await entries(desk, identity, RECALLED) == []
    (notice,) = [
        one for one in await says(desk, "notice_tightened")
        if "ORCON" in one["parameters"]["marking"]
    ]  # fmt: skip
    assert notice["to"] == FLOOR


async def test_a_looser_marking_changes_nothing(desk: Desk) -> None:
    amber = Marking(Tlp.AMBER, CEILING, parties("AUS"))
    identity, event_id = await said(desk, marking=amber)
    await recalling(desk).ask(request(event_id, stated="TLP:CLEAR //"))
    assert (await answer_to(desk, event_id))["outcome"] == "as_strict"
    assert (await stored(desk, identity)).marking["tlp"] == "AMBER"
    assert await entries(desk, identity, TIGHTENED, RECALLED) == []


async def test_what_no_longer_fits_goes_and_those_shut_out_are_not_told_the_marking(
    desk: Desk,
) -> None:
    identity, event_id = await said(desk)
    await recalling(desk).ask(request(event_id, stated="TLP:AMBER REL IDN //"))
    assert event_id in await redacted(desk)
    (entry,) = await entries(desk, identity, TIGHTENED)
    assert entry.parties == parties("AUS", "IDN")
    assert dict(entry.subject)[Subject.STEP] == "recalled"
    (seen,) = (await desk.seen(fresh()[0], event_id)).related
    assert seen.recalled
    assert seen.marking.rel == parties("AUS", "IDN")


async def test_a_passage_of_what_was_tightened_is_judged_under_the_tighter_marking(
    desk: Desk,
) -> None:
    """ATTACK: content that was tightened, pasted elsewhere under the marking that it had before."""
    identity, event_id = await said(desk)
    source = {
        "identity": identity,
        "room_key": FLOOR,
        "ceiling": sorted(CEILING),
        "parties": sorted(CEILING),
        "marking": to_json(GREEN),
        "written": False,
        "delivered_at": NOW,
    }
    async with desk.engine.begin() as connection:
        await connection.execute(insert(passage_source).values(source))
    await recalling(desk).ask(request(event_id, stated="TLP:RED REL AUS,IDN //"))
    async with desk.engine.connect() as connection:
        query = select(passage_source).where(passage_source.c.identity == identity)
        row = (await connection.execute(query)).one()
    assert (row.marking["tlp"], row.marking["rel"]) == ("RED", ["AUS", "IDN"])
    assert row.written


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
