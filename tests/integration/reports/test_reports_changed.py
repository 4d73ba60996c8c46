"""Reports that were filed: corrected, withdrawn, read and listed; and who may know of which."""

from __future__ import annotations

import pytest

from rilon.domain.entries import Subject
from rilon.domain.markings import Tlp
from rilon.domain.parties import parties
from rilon.reports.commands import draw_number
from tests.integration.reports.reports_desk import ANALYSIS, DESK, WHOLE, ReportScene

AUS_DESK = "mps-desk-aus"


async def steps(scene: ReportScene) -> list[str]:
    return [dict(one.subject)[Subject.STEP] for one in await scene.entries_of_reports()]


async def test_a_report_is_corrected_by_its_number(scene: ReportScene) -> None:
    """By a colleague of the party; the number stays, the revision grows, the RSO is told."""
    report, _ = await scene.files()
    await scene.says("idn.focal2", DESK, f"!report {report.number} area: Java Sea, people: 3 men")
    (after,) = await scene.reports()
    assert (after.number, after.revision, after.officer) == (report.number, 2, "idn.focal2")
    assert (after.said.area, after.said.count) == ("java-sea", 3)
    assert after.said.day == report.said.day
    assert "Laut Jawa" in scene.last("direct-idn.focal2")
    assert f"Report {report.number} from IDN, revision 2" in scene.last(ANALYSIS)
    assert await steps(scene) == ["filed", "corrected"]


async def test_a_report_is_corrected_in_its_thread(scene: ReportScene) -> None:
    """`!report` with fields is a correction there; a colleague's talk is none."""
    report, root = await scene.files()
    await scene.says("idn.focal1", DESK, "area: Java Sea", thread=root)
    assert [one.revision for one in await scene.reports()] == [1]
    await scene.says("idn.focal1", DESK, "!report area: Java Sea, note: none", thread=root)
    (after,) = await scene.reports()
    assert (after.number, after.said.area) == (report.number, "java-sea")


async def test_a_correction_never_loosens_the_marking(scene: ReportScene) -> None:
    """INVARIANT: what was filed stays as restricted as it was; more may be said."""
    report, _ = await scene.files(body=f"TLP:RED REL IDN,RSO // {WHOLE}")
    wide = "TLP:GREEN REL AUS,IDN,RSO"
    await scene.says("idn.focal1", DESK, f"{wide} // !report {report.number} grade: B3")
    (after,) = await scene.reports()
    assert after.said.grade == "B3"
    assert (after.marking.tlp, after.marking.rel) == (Tlp.RED, parties("IDN", "RSO"))


async def test_a_correction_that_shuts_out_the_rso_or_leaves_too_little_is_refused(
    scene: ReportScene,
) -> None:
    """And changes nothing."""
    report, _ = await scene.files()
    direct = "direct-idn.focal1"
    await scene.says("idn.focal1", DESK, f"TLP:AMBER REL IDN // !report {report.number} grade: B3")
    assert "RSO //" in scene.last(direct)
    await scene.says(
        "idn.focal1", DESK, f"!report {report.number} area: none, from: none, to: none"
    )
    await scene.says("idn.focal1", DESK, f"!report {report.number} area: Jave Sea")
    assert "Java Sea" in scene.last(direct)
    assert [one.revision for one in await scene.reports()] == [1]
    assert await steps(scene) == ["filed"]


@pytest.mark.parametrize("how", ["withdraw {}", "{} withdraw", "cabut {}"])
async def test_a_withdrawn_report_is_gone(scene: ReportScene, how: str) -> None:
    """It isn't counted, what it said is erased, and its number is changed by nobody any more."""
    report, _ = await scene.files()
    await scene.says("idn.focal1", DESK, f"!report {how.format(report.number)}")
    assert await scene.reports() == ()
    (row,) = await scene.run("SELECT sealed, withdrawn_at FROM report")
    assert row.sealed is None
    assert row.withdrawn_at is not None
    assert await steps(scene) == ["filed", "withdrawn"]
    await scene.says("idn.focal1", DESK, f"!report {report.number} area: Java Sea")
    assert "Tidak ada laporan" in scene.last("direct-idn.focal1")
    assert scene.last(ANALYSIS) == f"The report {report.number} from IDN was withdrawn."


async def test_withdrawing_in_the_thread_needs_no_number(scene: ReportScene) -> None:
    """Elsewhere the officer is asked which."""
    _, root = await scene.files()
    await scene.says("idn.focal1", DESK, "!report withdraw")
    assert "Yang mana?" in scene.last("direct-idn.focal1")
    await scene.says("idn.focal1", DESK, "!report withdraw", thread=root)
    assert await scene.reports() == ()


@pytest.mark.parametrize("what", ["", " area: Java Sea", " withdraw"])
async def test_a_number_of_somebody_else_is_answered_like_one_that_doesnt_exist(
    scene: ReportScene, what: str
) -> None:
    """ATTACK: trying numbers to learn whether others reported."""
    report, _ = await scene.files()
    free = draw_number(lambda _: 7)
    answers = []
    for number in (report.number, free):
        await scene.says("aus.focal1", AUS_DESK, f"!report {number}{what}")
        answers.append(scene.last("direct-aus.focal1").replace(number, "N"))
    assert answers[0] == answers[1]
    assert "There is no report N" in answers[0]
    assert [one.revision for one in await scene.reports()] == [1]


async def test_the_rsos_analysts_read_and_dont_change(scene: ReportScene) -> None:
    """The text is in the analyst's direct room, with its marking."""
    report, _ = await scene.files()
    await scene.says("rso.analyst1", ANALYSIS, f"!report {report.number}")
    said = scene.last("direct-rso.analyst1")
    assert "Andaman Sea" in said
    assert "TLP:AMBER REL" in said
    await scene.says("rso.analyst1", ANALYSIS, f"!report {report.number} area: Java Sea")
    assert "There is no report" in scene.last("direct-rso.analyst1")
    assert [one.revision for one in await scene.reports()] == [1]


async def test_a_list_shows_what_its_reader_may_see_alone(scene: ReportScene) -> None:
    """The own party's; for an analyst those that the RSO may read; for the coordinator none."""
    own, _ = await scene.files()
    other, _ = await scene.files("aus.focal1", AUS_DESK)
    for name, room in (
        ("idn.focal2", DESK), ("rso.analyst1", ANALYSIS), ("rso.coordinator1", ANALYSIS),
        ("mys.focal1", "mps-floor"),
    ):  # fmt: skip
        await scene.says(name, room, "!reports")
    assert own.number in scene.last("direct-idn.focal2")
    assert other.number not in scene.last("direct-idn.focal2")
    assert {own.number, other.number} <= set(scene.last("direct-rso.analyst1").split())
    assert "no reports" in scene.last("direct-rso.coordinator1")
    assert "no reports" in scene.last("direct-mys.focal1")
    assert scene.heard("mps-floor") == []


async def test_what_is_red_and_said_in_a_direct_room_is_its_officers(scene: ReportScene) -> None:
    """RED is for those who got it: a colleague neither reads nor lists nor changes it."""
    direct = "direct-idn.focal1"
    report, _ = await scene.files(room=direct, body=f"TLP:RED REL IDN,RSO // {WHOLE}")
    await scene.says("idn.focal2", DESK, "!reports")
    assert report.number not in scene.last("direct-idn.focal2")
    await scene.says("idn.focal2", DESK, f"!report {report.number}")
    assert "Tidak ada laporan" in scene.last("direct-idn.focal2")
    await scene.says("idn.focal1", direct, "!reports")
    assert report.number in scene.last(direct)


async def test_on_the_floor_nothing_of_a_report_is_answered_there(scene: ReportScene) -> None:
    """ATTACK by mistake: a number typed in a thread of the floor."""
    report, _ = await scene.files()
    first = await scene.types("idn.focal1", "mps-floor", "morning to all")
    for what in ("", " area: Java Sea", " withdraw"):
        said = f"!report {report.number}{what}"
        await scene.says("idn.focal1", "mps-floor", said, thread=first)
    assert scene.heard("mps-floor") == []
    assert await scene.reports() == ()


async def test_a_slip_in_a_number_begins_no_new_report(scene: ReportScene) -> None:
    """What is like a number and isn't one is told, and nothing is done."""
    await scene.says("idn.focal1", DESK, "!report REP-7K3F-5 area: Java Sea")
    assert "REP-7K3F-5" in scene.last("direct-idn.focal1")
    assert await scene.run("SELECT 1 FROM report_exchange") == []
