"""Which marking a report carries, and who may see and change it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from rilon.application.report_policy import (
    groups_to_report,
    joined,
    marking_of_report,
    may_change,
    may_see,
    problem_of,
    readers,
    visible,
)
from rilon.application.report_values import Kept
from rilon.domain.markings import Marking, PersonalData, Tlp, WrittenMarking
from rilon.domain.parties import RSO, Party, parties
from rilon.domain.reports import Report, ReportKind, ReportNumber, Sighting, Vessel
from rilon.reports.mistakes import Wrong
from tests.policy_scene import NETWORK

DAY = date(2026, 11, 22)
IDN = Party("IDN")
GROUP = NETWORK.groups["mps"]
AT = datetime(2026, 11, 22, 3, tzinfo=UTC)
SAID = Sighting(ReportKind.SIGHTING, DAY, "java-sea", vessel=Vessel.FERRY)
AMBER = Marking(Tlp.AMBER, parties("IDN", "RSO"), parties("IDN"), explicit_rel=True)


def kept(marking: Marking = AMBER, room: str = "mps-desk-idn", **changes: object) -> Kept:
    number = ReportNumber("REP-7K3F-4")
    report = Report(number, "mps", IDN, "idn.focal1", SAID, marking, AT)
    one = Kept(number, "mps", IDN, room, "$root", 1, AT, None, True, report)
    return replace(one, **changes)  # type: ignore[arg-type]  # by name


def sees(name: str, one: Kept) -> bool:
    return may_see(one, NETWORK.officers[name], NETWORK, DAY)


def test_without_a_marking_the_groups_default_holds() -> None:
    """For every party of the group; written REL narrows, and the originator is always in it."""
    assert marking_of_report(None, "mps", IDN, NETWORK).rel == GROUP.parties
    written = WrittenMarking(Tlp.RED, parties("AUS", "RSO"), frozenset({"ORCON"}))
    found = marking_of_report(written, "mps", IDN, NETWORK)
    assert (found.tlp, found.rel, found.caveats) == (
        Tlp.RED, parties("AUS", "IDN", "RSO"), frozenset({"ORCON"}),
    )  # fmt: skip
    assert problem_of(found) is None
    assert readers(replace(found, protect=parties("AUS")), GROUP) == (IDN, RSO)


def test_the_rso_must_be_among_the_readers() -> None:
    """What to write instead is named; PROTECT from the RSO, and PD, can't be."""
    without = problem_of(replace(AMBER, rel=parties("IDN", "AUS")))
    assert without is not None
    assert (without.code, without.nearest) == (Wrong.LACKS_RSO, "TLP:AMBER REL AUS,IDN,RSO //")
    protected = problem_of(replace(AMBER, protect=parties("RSO")))
    assert protected is not None
    assert protected.nearest == "TLP:AMBER REL IDN,RSO //"
    personal = problem_of(replace(AMBER, personal_data=PersonalData.PRESENT))
    assert personal is not None
    assert personal.code is Wrong.DECLARES_PERSONAL


def test_markings_of_several_messages_are_joined() -> None:
    """What one leaves out, the other gives."""
    red, rel = WrittenMarking(Tlp.RED), WrittenMarking(rel=parties("IDN", "RSO"))
    assert joined(None, None) is None
    assert joined(red, None) == joined(None, red) == red
    assert joined(red, rel) == WrittenMarking(Tlp.RED, parties("IDN", "RSO"))


@pytest.mark.parametrize(
    ("name", "one", "expected"),
    [
        ("idn.focal2", kept(), True), ("aus.focal1", kept(), False),
        ("aus.focal1", kept(replace(AMBER, rel=parties("AUS", "IDN", "RSO"))), False),
        ("rso.analyst1", kept(), True), ("rso.coordinator1", kept(), False),
        ("rso.analyst1", kept(replace(AMBER, rel=parties("IDN"))), False),
        ("rso.analyst1", kept(replace(AMBER, protect=parties("RSO"))), False),
        ("rso.analyst1", kept(replace(AMBER, expires=date(2026, 11, 21))), False),
        ("rso.analyst1", kept(replace(AMBER, expires=DAY)), True),
        ("rso.analyst1", kept(stands=False), False), ("rso.analyst1", kept(report=None), False),
        ("idn.focal2", kept(replace(AMBER, tlp=Tlp.RED)), True),
        ("idn.focal2", kept(replace(AMBER, tlp=Tlp.RED), "direct-idn.focal1"), False),
        ("idn.focal1", kept(replace(AMBER, tlp=Tlp.RED), "direct-idn.focal1"), True),
        ("idn.focal2", kept(room="direct-idn.focal1"), True),
        ("idn.focal2", kept(room="direct-idn.focal1", report=None), False),
        ("idn.focal2", kept(report=None), True), ("idn.focal1", kept(group="other"), False),
    ],
)  # fmt: skip
def test_who_may_know_of_a_report(name: str, one: Kept, expected: bool) -> None:
    """INVARIANT: nobody but its party, and the RSO's analysts where its marking has them."""
    assert sees(name, one) is expected


def test_only_the_own_party_changes_it_and_only_while_it_stands() -> None:
    """Whoever may read it may not change it for that."""
    officers = NETWORK.officers
    assert may_change(kept(), officers["idn.secondee1"], NETWORK, DAY)
    assert not may_change(kept(), officers["rso.analyst1"], NETWORK, DAY)
    assert not may_change(kept(withdrawn_at=AT), officers["idn.focal1"], NETWORK, DAY)
    assert not may_change(kept(), officers["idn.focal1"], NETWORK, date(2030, 1, 1))
    every = [kept(), kept(group="other"), kept()]
    assert len(visible(every, officers["idn.focal1"], NETWORK, DAY, 9)) == 2
    assert len(visible(every, officers["idn.focal1"], NETWORK, DAY, 1)) == 1


def test_reports_are_filed_in_the_groups_of_ones_own() -> None:
    """Within its term; from a direct room in any of them; by no auditor."""
    officer = NETWORK.officers["idn.focal1"]
    assert groups_to_report(officer, "mps", NETWORK, DAY) == (GROUP,)
    assert groups_to_report(officer, "", NETWORK, DAY) == (GROUP,)
    assert groups_to_report(officer, "-", NETWORK, DAY) == ()
    assert groups_to_report(officer, "mps", NETWORK, date(2030, 1, 1)) == ()
    auditors = [one for one in NETWORK.officers.values() if "auditor" in one.roles]
    assert all(groups_to_report(one, "mps", NETWORK, DAY) == () for one in auditors)
