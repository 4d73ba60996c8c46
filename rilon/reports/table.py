"""Reports as a table for a spreadsheet: a row for each, its marking in the first column."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from rilon.domain.gazetteer import Gazetteer
from rilon.domain.marking_text import write_effective
from rilon.domain.reports import Age, Report, Sex
from rilon.reports.draft import Field
from rilon.reports.terms import shown
from rilon.reports.writing import field_text

_GROUPS = tuple((age, sex) for age in Age for sex in Sex)
COLUMNS = (
    "marking", "number", "revision", "group", "party", "filed", "kind", "day", "area", "from", "to",
    "route", "vessel", "people", *(f"{age.value} {sex.value}" for age, sex in _GROUPS),
    "methods", "documents", "outcome", "grade", "note",
)  # fmt: skip

_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")


def as_csv(reports: Iterable[Report], gazetteer: Gazetteer) -> str:
    """The reports with a header row (RFC 4180)."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for report in reports:
        table.writerow(map(harmless, row(report, gazetteer)))
    return written.getvalue()


def row(report: Report, gazetteer: Gazetteer) -> tuple[str, ...]:
    """One report, in the order of `COLUMNS`."""
    said = report.said
    counts = {(one.age, one.sex): one.count for one in said.people}
    where = (Field.KIND, Field.DAY, Field.AREA, Field.BEGINS, Field.ENDS, Field.ROUTE, Field.VESSEL)
    return (
        write_effective(report.marking),
        report.number,
        str(report.revision),
        report.group,
        report.party,
        f"{report.filed_at:%Y-%m-%dT%H:%MZ}",
        *(field_text(said, field, gazetteer) for field in where),
        str(said.count or ""),
        *(str(counts.get(group, "")) for group in _GROUPS),
        " + ".join(map(shown, said.methods)),
        *(field_text(said, field, gazetteer) for field in (Field.DOCUMENTS, Field.ENDING)),
        said.grade or "",
        said.note,
    )


def harmless(cell: str) -> str:
    """ATTACK: a spreadsheet runs a cell that begins like a formula, as whoever opens the file."""
    begins = cell.lstrip(" \u00a0\u3000")[:1]
    return f"'{cell}" if begins in _FORMULA and begins else cell
