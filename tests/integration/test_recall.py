"""Recall and tightening on a real PostgreSQL: what goes, what stays, who is told and what is
recorded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from rilon.domain.entries import Subject
from rilon.domain.markings import Marking, Tlp
from rilon.domain.parties import Party, parties
from rilon.storage.marking_json import to_json
from rilon.storage.tables import passage_source
from tests.integration.recall_desk import (
    CEILING,
    COLLEAGUE,
    GREEN,
    RECALLED,
    TIGHTENED,
    Inside,
    answer_to,
    entries,
    recalling,
    redacted,
    request,
    said,
    says,
    stored,
)
from tests.integration.steward_desk import (
    FLOOR,
    NOW,
    OFFICER,
    OTHER,
    STEWARD,
    Desk,
    fresh,
    opened_desk,
)
from tests.policy_scene import NETWORK


@pytest.fixture(scope="module")
async def desk(postgres_dsn: str) -> AsyncIterator[Desk]:
    async with opened_desk(postgres_dsn) as opened:
        yield opened


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
