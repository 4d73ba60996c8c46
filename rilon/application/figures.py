"""Figures of a month: counts of requests, answers and messages, none of which points at one case.

Pure: what is shown of counts, and how it is written as a table and as CSV.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

FEWEST = 3
"""A count below it isn't shown."""
HIDDEN = f"<{FEWEST}"

Cells = Mapping[tuple[str, ...], int]


@dataclass(frozen=True, slots=True)
class Figures:
    """One table: what is counted, the names of its columns, and the counts by their values.

    Every combination that could be is in it, so that none tells anything by being absent.
    """

    title: str
    columns: tuple[str, ...]
    counts: Cells


def shown(counts: Cells) -> dict[tuple[str, ...], str]:
    """The counts as they are shown.

    INVARIANT: where a single one is hidden, the smallest of the others is hidden with it: else it
    could be worked out from a sum that somebody knows from elsewhere.
    """
    hidden = {cell for cell, count in counts.items() if count < FEWEST}
    others = sorted((count, cell) for cell, count in counts.items() if cell not in hidden)
    if len(hidden) == 1 and others:
        return {
            cell: _written(cell, count, hidden | {others[0][1]}) for cell, count in counts.items()
        }
    return {cell: _written(cell, count, hidden) for cell, count in counts.items()}


def _written(cell: tuple[str, ...], count: int, hidden: Iterable[tuple[str, ...]]) -> str:
    if cell not in hidden:
        return str(count)
    return HIDDEN if count < FEWEST else "-"


def as_table(tables: Iterable[Figures]) -> str:
    """The figures for people: columns under each other."""
    return "\n\n".join(_table(one) for one in tables)


def _table(figures: Figures) -> str:
    rows = _rows(figures)
    heads = (*figures.columns, "count")
    widths = [max(len(row[at]) for row in (heads, *rows)) for at in range(len(heads))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (heads, *rows)
    ]
    return "\n".join([figures.title, *lines])


def as_csv(tables: Iterable[Figures]) -> str:
    """The same for a spreadsheet: one row for each count, the table's title first."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["table", "of", "count"])
    for figures in tables:
        for row in _rows(figures):
            named = zip(figures.columns, row[:-1], strict=True)
            of = "; ".join(f"{column} {value}" for column, value in named)
            writer.writerow([figures.title, of, row[-1]])
    return out.getvalue()


def _rows(figures: Figures) -> Sequence[tuple[str, ...]]:
    told = shown(figures.counts)
    return [(*cell, told[cell]) for cell in figures.counts]
