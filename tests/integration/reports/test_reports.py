"""Reports that officers file, on a real PostgreSQL with the real gate."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from rilon.domain.entries import Subject
from rilon.domain.markings import Tlp
from rilon.domain.parties import RSO, Party, parties
from rilon.domain.reports import Age, People, Sex, Vessel
from rilon.policy.network import Network
from tests.integration.reports.reports_desk import ANALYSIS, DESK, WHOLE, ReportScene

IDN = Party("IDN")
DIRECT = "direct-idn.focal1"


async def test_a_report_in_one_line_is_filed_with_one_tap(scene: ReportScene) -> None:
    """The preview names marking and readers; ✅ files; the RSO learns number and party alone."""
    await scene.says("idn.focal1", DESK, WHOLE)
    preview = scene.last(DESK)
    assert "TLP:AMBER REL AUS,BGD,IDN,MYS,THA,TLS,RSO" in preview
    assert "Timor-Leste" in preview
    assert "Laut Andaman" in preview
    assert await scene.reports() == ()
    await scene.taps("idn.focal1", DESK, scene.last_event(DESK), "✅")
    (report,) = await scene.reports()
    assert (report.said.day, report.said.area, report.said.count) == (
        date(2026, 11, 2),
        "andaman-sea",
        57,
    )
    assert (report.party, report.officer, report.revision) == (IDN, "idn.focal1", 1)
    assert report.number in scene.last(DESK)
    (posted,) = scene.heard(ANALYSIS)
    assert posted.startswith("TLP:AMBER REL AUS,BGD,IDN,MYS,THA,TLS,RSO //\n")
    assert f"Report {report.number} from IDN" in posted


async def test_the_database_shows_nothing_of_what_a_report_says(scene: ReportScene) -> None:
    """In clear are number, group, party, room, events and times; the ledger has no content."""
    report, _ = await scene.files(body=f"{WHOLE}, note: painted zebrawhale hull")
    dump = [
        str(row)
        for table in ("report", "report_exchange", "effect", "report_question")
        for row in await scene.run(f"SELECT * FROM {table}")
    ]
    for word in ("zebrawhale", "andaman", "2026-11-02", "fishing", "rescued"):
        assert not any(word in row.lower() for row in dump), word
    (entry,) = await scene.entries_of_reports()
    assert dict(entry.subject)[Subject.STEP] == "filed"
    assert dict(entry.subject)[Subject.REFERENCE] == report.number
    assert entry.parties == parties("IDN", "RSO")
    assert entry.group == "mps"


async def test_only_what_is_missing_is_asked(scene: ReportScene) -> None:
    """Day, where, who: by tap, by words, and by a tap on an earlier question."""
    root = await scene.says("idn.focal1", DESK, "!report B2, rescued")
    first = scene.last_event(DESK)
    assert "{} hari ini".format("1") in scene.last(DESK) or "1 today" in scene.last(DESK)
    assert {"1️⃣", "2️⃣", "3️⃣", "🗑️"} <= await scene.signs(first)
    await scene.taps("idn.focal1", DESK, first, "2️⃣")
    where = scene.last_event(DESK)
    assert "2 Laut Andaman" in scene.last(DESK)
    await scene.says("idn.focal1", DESK, "Teknaf ke Aceh", thread=root)
    await scene.taps("idn.focal1", DESK, scene.last_event(DESK), "1️⃣")
    preview = scene.last_event(DESK)
    await scene.taps("idn.focal1", DESK, where, "2️⃣")
    await scene.says("idn.focal1", DESK, "change day: 2 Nov", thread=root)
    await scene.says("idn.focal1", DESK, "yesterday", thread=root, reply=first)
    await scene.taps("idn.focal1", DESK, preview, "✅")
    (report,) = await scene.reports()
    said = report.said
    assert (said.day, said.area, said.begins, said.ends) == (
        date(2026, 11, 22), "andaman-sea", "teknaf", "aceh",
    )  # fmt: skip
    assert (said.vessel, said.grade) == (Vessel.FISHING, "B2")


async def test_what_is_not_understood_is_named_and_the_rest_is_kept(scene: ReportScene) -> None:
    """With the nearest name that is known; nothing is guessed."""
    root = await scene.says("idn.focal1", DESK, "!report 2 Nov, Andamen See, 40 men")
    assert "Andamen See" in scene.last(DESK)
    assert "Andaman Sea" in scene.last(DESK)
    await scene.says("idn.focal1", DESK, "Andaman Sea", thread=root)
    await scene.says("idn.focal1", DESK, "ya", thread=root)
    (report,) = await scene.reports()
    assert report.said.people == (People(Age.ADULT, Sex.MALE, 40),)


@pytest.mark.parametrize("how", ["🗑️", "tidak", "cancel", "❌"])
async def test_a_discarded_report_leaves_nothing(scene: ReportScene, how: str) -> None:
    """By a tap or a word; and ✅ on its preview files nothing any more."""
    root = await scene.says("idn.focal1", DESK, WHOLE)
    preview = scene.last_event(DESK)
    if how in ("🗑️", "❌"):
        await scene.taps("idn.focal1", DESK, preview, how)
    else:
        await scene.says("idn.focal1", DESK, how, thread=root)
    await scene.taps("idn.focal1", DESK, preview, "✅")
    assert await scene.reports() == ()
    assert [row.sealed for row in await scene.run("SELECT sealed FROM report_exchange")] == [None]
    assert await scene.entries_of_reports() == []


async def test_only_the_officers_own_taps_count(scene: ReportScene) -> None:
    """A colleague's ✅ on the preview files nothing."""
    await scene.says("idn.focal1", DESK, WHOLE)
    await scene.taps("idn.focal2", DESK, scene.last_event(DESK), "✅")
    assert await scene.reports() == ()


async def test_a_marking_that_leaves_out_the_rso_is_refused_with_what_to_write(
    scene: ReportScene,
) -> None:
    """The RSO counts reports; the marking to write is named."""
    await scene.says("idn.focal1", DESK, f"TLP:AMBER REL AUS,IDN // {WHOLE}")
    assert "TLP:AMBER REL AUS,IDN,RSO //" in scene.last(DESK)
    assert await scene.run("SELECT 1 FROM report_exchange") == []


async def test_a_written_marking_is_the_reports_own(scene: ReportScene) -> None:
    """RED, ORCON and REL go with it; what is written above an answer narrows it further."""
    root = await scene.says("idn.focal1", DESK, f"TLP:RED REL AUS,IDN,RSO ORCON // {WHOLE}")
    await scene.says("idn.focal1", DESK, "TLP:RED REL IDN,RSO ORCON // grade: B3", thread=root)
    await scene.says("idn.focal1", DESK, "kirim", thread=root)
    (report,) = await scene.reports()
    assert report.marking.tlp is Tlp.RED
    assert report.marking.rel == parties("IDN", "RSO")
    assert report.marking.caveats == {"ORCON"}


async def test_a_report_said_in_answer_to_others_words_keeps_their_marking(
    scene: ReportScene,
) -> None:
    """INVARIANT: what a message answers is joined in, as everywhere else."""
    first = await scene.types("idn.secondee1", DESK, "TLP:RED REL IDN,RSO // blue trawler again")
    await scene.says("idn.focal1", DESK, WHOLE, reply=first)
    await scene.taps("idn.focal1", DESK, scene.last_event(DESK), "✅")
    (report,) = await scene.reports()
    assert (report.marking.tlp, report.marking.rel) == (Tlp.RED, parties("IDN", "RSO"))


async def test_what_was_recalled_is_neither_filed_nor_counted(scene: ReportScene) -> None:
    """Before ✅ nothing is filed; after it a digest doesn't read it any more."""
    root = await scene.says("idn.focal1", DESK, WHOLE)
    preview = scene.last_event(DESK)
    recall = "UPDATE verdict SET recalled_at = {} WHERE delivered_event_id = :event"
    await scene.run(recall.format("now()"), event=root)
    await scene.taps("idn.focal1", DESK, preview, "✅")
    assert await scene.reports() == ()
    await scene.run(recall.format("NULL"), event=root)
    await scene.taps("idn.focal1", DESK, preview, "✅")
    assert len(await scene.reports()) == 1
    await scene.run(recall.format("now()"), event=root)
    assert await scene.reports() == ()


@pytest.mark.parametrize("room", ["mps-floor", "mps-coordination"])
async def test_where_others_read_it_is_answered_in_the_direct_room(
    scene: ReportScene, room: str
) -> None:
    """Nothing is said, and nothing begun, where several parties read."""
    await scene.says("idn.focal1", room, WHOLE)
    assert scene.heard(room) == []
    assert "!report" in scene.last(DIRECT)
    assert await scene.run("SELECT 1 FROM report_exchange") == []


async def test_in_the_direct_room_words_need_no_thread(scene: ReportScene) -> None:
    """And a command is one still, whatever is open."""
    await scene.says("idn.focal1", DIRECT, "!report 2 Nov, Andaman Sea")
    await scene.says("idn.focal1", DIRECT, "!rooms")
    await scene.says("idn.focal1", DIRECT, "40 men")
    await scene.says("idn.focal1", DIRECT, "ok")
    (report,) = await scene.reports()
    assert report.said.count == 40


async def test_words_belong_to_what_was_talked_of_last(scene: ReportScene) -> None:
    """ATTACK by mistake: an answer to a request's question becomes a part of a report."""
    await scene.says("idn.focal1", DIRECT, "!report 2 Nov, Andaman Sea")
    scene.at += timedelta(minutes=5)
    await scene.says("idn.focal1", DIRECT, "!rfi AUS")
    await scene.says("idn.focal1", DIRECT, "40 men")
    assert "“40 men”" in scene.last(DIRECT)
    scene.at += timedelta(minutes=5)
    root = scene.event(DIRECT, "Apa yang terlihat?")
    await scene.says("idn.focal1", DIRECT, "41 men", reply=root)
    assert scene.last(DIRECT).startswith("Laporan Anda")
    await scene.says("idn.focal1", DIRECT, "42 men")
    await scene.says("idn.focal1", DIRECT, "ok")
    (report,) = await scene.reports()
    assert report.said.count == 42


async def test_a_bare_thing_is_asked_about_again_and_a_list_of_nothing_is_said(
    scene: ReportScene,
) -> None:
    """`5` may be five people, or the fifth vessel: it is neither."""
    root = await scene.says("idn.focal1", DESK, "!report 2 Nov, Andaman Sea")
    await scene.says("idn.focal1", DESK, "5", thread=root)
    assert "5 people" in scene.last(DESK)
    await scene.says("idn.focal1", DESK, "!reports")
    assert scene.heard(DIRECT)


async def test_an_analyst_reports_from_the_analysis_room(scene: ReportScene) -> None:
    """The RSO has no desk; its analysts aren't told of what they file themselves."""
    report, _ = await scene.files("rso.analyst1", ANALYSIS)
    assert report.party == RSO
    (posted,) = [said for said in scene.heard(ANALYSIS) if said.startswith("TLP:")]
    assert "from RSO" in posted


async def test_bytes_of_another_report_are_no_report(scene: ReportScene) -> None:
    """ATTACK: who can write to the database puts one report's words under another's number."""
    first, _ = await scene.files()
    second, _ = await scene.files()
    await scene.run(
        "UPDATE report SET sealed = (SELECT sealed FROM report WHERE number = :one) "
        "WHERE number = :other",
        one=first.number,
        other=second.number,
    )
    assert [one.number for one in await scene.reports()] == [first.number]


async def test_who_left_the_group_files_nothing_in_it(scene: ReportScene) -> None:
    """ATTACK: a preview that still stands when the officer's place in the group has ended."""
    await scene.says("idn.focal1", DESK, WHOLE)
    preview = scene.last_event(DESK)
    officer = scene.network.officers["idn.focal1"]
    left = replace(officer, groups=frozenset())
    officers = {**scene.network.officers, "idn.focal1": left}
    network = replace(scene.network, officers=officers)

    async def in_force() -> Network:
        return network

    scene.reporting._writing._network = in_force
    scene.reporting._network = in_force
    await scene.taps("idn.focal1", DESK, preview, "✅")
    assert await scene.reports() == ()
    assert await scene.entries_of_reports() == []
