"""Figures of a month: nothing in them points at one case."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilon.application.figures import HIDDEN, Figures, as_csv, as_table, shown
from rilon.bootstrap.operations import CantOperate
from rilon.commands.figures import month_of

COUNTS = st.dictionaries(st.tuples(st.text("abc", min_size=1)), st.integers(0, 9), min_size=1)


@given(COUNTS)
def test_no_count_under_three_is_shown_and_none_stands_hidden_alone(
    counts: dict[tuple[str, ...], int],
) -> None:
    told = shown(counts)
    hidden = [cell for cell, text in told.items() if not text.isdigit()]
    assert all(counts[cell] < 3 or told[cell] == "-" for cell in hidden)
    assert all(counts[cell] >= 3 for cell in told if told[cell].isdigit())
    assert len(hidden) != 1 or len(counts) == 1
    # What is hidden beyond need is one cell at most.
    assert sum(told[cell] == "-" for cell in hidden) <= 1


def test_nought_is_hidden_as_one_is() -> None:
    told = shown({("a",): 0, ("b",): 1, ("c",): 7})
    assert told == {("a",): HIDDEN, ("b",): HIDDEN, ("c",): "7"}


def test_the_table_and_the_csv_say_the_same() -> None:
    one = Figures("Answers", ("party",), {("AUS",): 12, ("IDN",): 2, ("MYS",): 1})
    table = as_table([one])
    assert table.splitlines() == ["Answers", "party  count", "AUS    12", "IDN    <3", "MYS    <3"]
    rows = list(csv.reader(io.StringIO(as_csv([one]))))
    assert rows[1:] == [
        ["Answers", "party AUS", "12"],
        ["Answers", "party IDN", "<3"],
        ["Answers", "party MYS", "<3"],
    ]


def test_a_month_is_from_its_first_moment_to_the_next() -> None:
    today = date(2026, 11, 22)
    assert month_of("2026-12", today) == (
        datetime(2026, 12, 1, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
    )
    assert month_of(None, today)[0] == datetime(2026, 11, 1, tzinfo=UTC)
    for written in ("2026", "2026-13", "november", "2026-11-01"):
        with pytest.raises(CantOperate):
            month_of(written, today)
