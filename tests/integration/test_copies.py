"""Recall and tightening of content that others hold verbatim, on a real PostgreSQL: the gate
judges, the sync delivers, and what is recalled is found in whatever room it stands.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bots.steward.speech import Speech
from rilon.domain.entries import EntryKind, Subject
from rilon.storage.officers import OfficerStore
from tests.integration.desk import SERVER
from tests.integration.passages_desk import (
    AUS,
    AUS_DESK,
    FLOOR,
    IDN,
    IDN_DESK,
    OWN,
    PAIR,
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
        said = (await speech.compose(payload, NETWORK, stage.at)).plain
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
