"""Reports as people read them: lines, tables, and the words of every mistake and question."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from rilon.commands.report import exported_entry, listed
from rilon.domain.entries import EntryKind
from rilon.domain.gazetteer import Gazetteer
from rilon.domain.markings import Marking, Tlp
from rilon.domain.parties import Party, parties
from rilon.domain.reports import (
    Age,
    Documents,
    Ending,
    Method,
    People,
    Report,
    ReportKind,
    ReportNumber,
    Sex,
    Sighting,
    Vessel,
)
from rilon.reports.draft import Draft, Field
from rilon.reports.guided import Step
from rilon.reports.mistakes import FOUND_SHOWN, Misread, Wrong
from rilon.reports.shown import lines, summary, written
from rilon.reports.table import COLUMNS, as_csv, harmless
from rilon.reports.terms import COUNTED_SHOWN, TERMS, field_of
from rilon.reports.writing import counted, write_report
from rilon.texts import report_questions
from rilon.texts.report_mistakes import MISTAKES, mistake
from rilon.texts.reports import COUNTED, FIELDS, VALUES
from rilon.texts.translator import translator
from tests.policy_scene import NETWORK
from tests.unit.report_words import GAZETTEER

SAID = Sighting(
    ReportKind.SIGHTING, date(2026, 11, 2), "andaman-sea", "teknaf", "aceh", "bengal-aceh",
    Vessel.FISHING, (People(Age.ADULT, Sex.MALE, 40), People(Age.CHILD, Sex.FEMALE, 1)),
    (Method.HIDDEN, Method.MOTHER_SHIP), Documents.NONE, Ending.RESCUED, "B2", "two engines",
)  # fmt: skip
MARKING = Marking(Tlp.AMBER, parties("IDN", "RSO"), parties("IDN"), explicit_rel=True)
REPORT = Report(
    ReportNumber("REP-7K3F-4"), "mps", Party("IDN"), "idn.focal1", SAID, MARKING,
    datetime(2026, 11, 22, 3, 4, tzinfo=UTC),
)  # fmt: skip
EN = translator("en")


def test_a_report_is_a_line_for_each_field() -> None:
    """In the reader's language, names of the gazetteer included."""
    assert written(REPORT, GAZETTEER, "en").plain.split("\n") == [
        "Report REP-7K3F-4 from IDN", "Kind: sighting", "Day: 2026-11-02",
        "Sea area: Andaman Sea", "From: Teknaf", "To: Aceh", "Route: Bengal–Aceh route",
        "Vessel: fishing boat", "People: 40 men, 1 girl", "Method: hidden, mother ship",
        "Documents: no papers", "Outcome: rescued", "Source grade: B2", "Note: two engines",
    ]  # fmt: skip
    assert "Laut Andaman" in written(REPORT, GAZETTEER, "id").plain
    later = replace(REPORT, revision=3)
    assert written(later, GAZETTEER, "en").plain.startswith(
        "Report REP-7K3F-4 from IDN, revision 3\n"
    )


def test_no_word_of_a_long_note_is_lost() -> None:
    """Lines hold so much; what doesn't fit goes into the next."""
    note = " ".join(f"word{number}" for number in range(70))
    shown = [one.plain for one in lines(EN, replace(SAID, note=note), GAZETTEER)]
    notes = [one.removeprefix("Note: ") for one in shown if one.startswith("Note: ")]
    assert " ".join(notes) == note
    long = [one.plain for one in lines(EN, replace(SAID, note="x" * 500), GAZETTEER)]
    assert (
        "".join(one.removeprefix("Note: ") for one in long if one.startswith("Note")) == "x" * 500
    )


def test_what_the_gazetteer_has_no_more_is_shown_by_its_key() -> None:
    """A policy may change; reports stay."""
    shown = [one.plain for one in lines(EN, SAID, Gazetteer())]
    assert {"Sea area: andaman-sea", "From: teknaf", "Route: bengal-aceh"} <= set(shown)
    assert "area: andaman-sea" in write_report(SAID, Gazetteer())


def test_a_report_in_a_list_is_short() -> None:
    """Day, where, and how many people, or which vessel."""
    assert summary(EN, SAID, GAZETTEER).plain == (
        "2026-11-02 · Andaman Sea · Bengal–Aceh route · 41 people"
    )
    bare = Sighting(ReportKind.CASE, SAID.day, begins="dili", vessel=Vessel.FERRY)
    assert summary(EN, bare, GAZETTEER).plain == "2026-11-02 · Dili · ferry"
    only_day = [one.plain for one in lines(EN, Draft(day=SAID.day), GAZETTEER)]
    assert only_day == ["Day: 2026-11-02"]
    assert summary(EN, replace(bare, vessel=None), GAZETTEER).plain == "2026-11-02 · Dili"
    assert listed([REPORT], NETWORK)[0].startswith("TLP:AMBER REL IDN,RSO // REP-7K3F-4 IDN 2026")
    assert listed([], NETWORK) == ["there are no reports of these days"]


def test_a_table_has_the_marking_first() -> None:
    """A header row, a row for each report, its groups of people apart."""
    header, row = list(csv.reader(io.StringIO(as_csv([REPORT], GAZETTEER))))
    assert tuple(header) == COLUMNS
    assert header[0] == "marking"
    assert row[0] == "TLP:AMBER REL IDN,RSO //"
    named = dict(zip(header, row, strict=True))
    assert (named["people"], named["adult male"], named["child female"]) == ("41", "40", "1")
    assert (named["area"], named["methods"]) == ("Andaman Sea", "hidden + mother ship")
    assert "idn.focal1" not in row


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "\r=1"])
def test_no_cell_runs(cell: str) -> None:
    """ATTACK: a note that a spreadsheet would run."""
    noted = replace(REPORT, said=replace(SAID, note=cell))
    assert next(csv.reader(io.StringIO(as_csv([noted], GAZETTEER).split("\r\n", 1)[1])))[
        -1
    ].startswith("'")
    assert harmless("two engines = fast") == "two engines = fast"


def test_an_export_is_on_record_for_every_party() -> None:
    """Which group and days; nothing of what was in it."""
    entry = exported_entry(NETWORK.groups["mps"], date(2026, 1, 1), date(2026, 11, 22))
    assert entry.kind is EntryKind.EXPORT
    assert entry.parties == NETWORK.groups["mps"].parties


def test_every_code_has_its_words() -> None:
    """INVARIANT: what the reader knows can be said to people, and nothing else is there."""
    assert set(FIELDS) == {field.value for field in Field}
    known = {(field_of(one).value, one.value) for several in TERMS.values() for one in several}
    assert known == set(VALUES)
    assert set(COUNTED) == {(age.value, sex.value) for age in Age for sex in Sex}
    assert set(COUNTED_SHOWN) == {(age, sex) for age in Age for sex in Sex}
    assert set(MISTAKES) == {wrong.value for wrong in Wrong}
    assert set(report_questions.QUESTIONS) == {step.value for step in Step} - {"preview"}


@pytest.mark.parametrize("wrong", Wrong)
def test_every_mistake_can_be_said(wrong: Wrong) -> None:
    """With what it is about and the nearest form, and without either where it may lack them."""
    said = mistake(EN, wrong.value, Misread(wrong, "x" * 99, "y").parameters).plain
    assert said
    assert "x" * (FOUND_SHOWN + 1) not in said
    if wrong in (Wrong.EMPTY, Wrong.UNKNOWN, Wrong.DAY_AHEAD):
        assert mistake(EN, wrong.value, {"found": "x"}).plain


def test_one_is_written_as_one() -> None:
    """`1 man`, `2 men`."""
    assert counted(People(Age.ADULT, Sex.MALE, 1)) == "1 man"
    assert counted(People(Age.ADULT, Sex.MALE, 2)) == "2 men"
