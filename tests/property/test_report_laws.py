"""Laws of reports: what is written is read as the same report, and no text breaks the reader."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rilon.domain.reports import (
    Age,
    Documents,
    Ending,
    Method,
    People,
    ReportKind,
    Sex,
    Sighting,
    Vessel,
)
from rilon.reports.draft import draft_from_json, draft_to_json
from rilon.reports.guided import Exchange, begin, exchange_from_json, exchange_to_json, written
from rilon.reports.mistakes import Misread
from rilon.reports.reading import Said, read_partly, read_report
from rilon.reports.table import harmless
from rilon.reports.writing import write_report
from tests.unit.report_words import GAZETTEER, READER, SETTING, TODAY

GROUPS = [(age, sex) for age in Age for sex in Sex]


def maybe(values: Any) -> st.SearchStrategy[Any]:
    return st.none() | st.sampled_from(list(values))


@st.composite
def sightings(draw: st.DrawFn) -> Sighting:
    """Any report, of any fields."""
    who = draw(st.lists(st.sampled_from(GROUPS), unique=True, max_size=9))
    return Sighting(
        kind=draw(st.sampled_from(ReportKind)),
        day=TODAY - timedelta(days=draw(st.integers(0, 731))),
        area=draw(maybe(GAZETTEER.areas)),
        begins=draw(maybe(GAZETTEER.places)),
        ends=draw(maybe(GAZETTEER.places)),
        route=draw(st.sampled_from(list(GAZETTEER.routes))),
        vessel=draw(st.sampled_from(Vessel)),
        people=tuple(sorted(People(age, sex, draw(st.integers(1, 500))) for age, sex in who)),
        methods=tuple(sorted(draw(st.sets(st.sampled_from(Method))))),
        documents=draw(maybe(Documents)),
        ending=draw(maybe(Ending)),
        grade=draw(maybe(["A1", "B2", "F6"])),
        note=" ".join(draw(st.text("abcd ,;.:=คু", max_size=60)).split()),
    )


@given(sightings())
def test_what_is_written_is_read_as_the_same_report(said: Sighting) -> None:
    """Field by field, whatever is in it."""
    found = read_report(write_report(said, GAZETTEER), READER)
    assert isinstance(found, Said), found
    assert found.draft.sighting == said


@given(sightings())
def test_a_report_is_itself_after_sealing(said: Sighting) -> None:
    """As JSON values and back."""
    assert draft_from_json(draft_to_json(said)).sighting == said


WORDS = st.sampled_from(
    [
        *("2 Nov", "Aceh", "to", "from", "40", "men", "people", "area:", "note:", ",", "\n", "ถึง"),
        *("=", "থেকে", "B2", "none", "other", "Java Sea", "!report", "REP-7K3F-4", "-", "\u200b"),
        *("change", "5", "ok", "no", "withdraw", "৪০", "คน", "hidden", ".", "/", "→"),
    ]
)


@given(st.lists(st.text(max_size=20) | WORDS, max_size=30).map(" ".join))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Hostile text is read or refused; what is read is within its bounds."""
    said, _ = read_partly(text, READER)
    assert said.draft.day is None or said.draft.day <= TODAY
    assert sum(one.count for one in said.draft.people) <= 5000
    found = read_report(text, READER)
    assert isinstance(found, Said | Misread)


@given(st.lists(st.text(max_size=20) | WORDS, max_size=8))
def test_no_words_break_an_exchange(said: list[str]) -> None:
    """It ends, goes on, or stays; and is itself after sealing wherever it is."""
    exchange = begin(Said(), None, "mps")
    for words in said:
        after = written(exchange, words, SETTING)
        if isinstance(after, Exchange):
            exchange = after
        assert exchange_from_json(exchange_to_json(exchange)) == exchange


@given(st.text(max_size=12))
def test_no_cell_begins_like_a_formula(cell: str) -> None:
    """ATTACK: a spreadsheet runs it. Of what is harmless nothing changes."""
    safe = harmless(cell)
    assert safe in (cell, f"'{cell}")
    assert not safe.lstrip(" \u00a0\u3000").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
