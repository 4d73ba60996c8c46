"""A digest of a group's week or month: the file of a bulletin, and its pictures.

Decides which reports are counted and of which period they are. The file is a bulletin like any
other: `rilon.bulletins.reading` reads it, an analyst may change it, a person approves it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from rilon.digests import drawings
from rilon.digests.counting import Subject, count
from rilon.digests.labels import Labels
from rilon.digests.pictures import Draw
from rilon.digests.request_counts import RequestCounts
from rilon.digests.tables import Tables, tables
from rilon.digests.writing import written
from rilon.domain import marking_text
from rilon.domain.gazetteer import Gazetteer
from rilon.domain.periods import Every, Period
from rilon.domain.reports import Report
from rilon.policy.bulletin_rules import DigestRule
from rilon.policy.local_moments import day_of
from rilon.policy.network import Group
from rilon.texts import digests as texts
from rilon.texts.translator import translator

MEAN_OF = {Every.WEEK: 8, Every.MONTH: 6}
"""Of how many periods before a mean is."""
MOST_REPORTS = 2_000
"""A bulletin's head names all that it rests on."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which digest is asked for. `zone` is the RSO's: by it a report's day is told. `so_far` is
    today, for a digest of a period that isn't over; None for any other."""

    group: Group
    period: Period
    rule: DigestRule
    zone: str
    so_far: date | None = None

    @property
    def told(self) -> Period:
        """The days that it speaks of."""
        return self.period if self.so_far is None else replace(self.period, ends=self.so_far)


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest's file, its pictures by name (each as PNG and as SVG), and how many reports of its
    period were left out, which is for the analyst alone. `is_empty`: nothing was reported or asked
    in all the time that it looks at."""

    content: bytes
    pictures: Mapping[str, bytes] = field(repr=False)
    left_out: int
    is_empty: bool = False


@dataclass(frozen=True, slots=True)
class TooMany:
    """More reports than a bulletin can name as its sources; none may be left unnamed."""

    reports: int


def periods_of(period: Period, group: Group) -> tuple[Period, ...]:
    """The periods that a digest looks at, earliest first; none that began before the group did."""
    found = [period]
    while len(found) <= MEAN_OF[period.every]:
        before = found[0].before
        if group.begins is not None and before.begins < group.begins:
            break
        found.insert(0, before)
    return tuple(found)


def digest_of(
    asked: Asked,
    reports: Sequence[Report],
    requests: tuple[RequestCounts, RequestCounts],
    gazetteer: Gazetteer,
    fits: Callable[[Report], bool],
    draw: Draw,
) -> Digest | TooMany:
    """The digest of a period. `reports` are those filed in `periods_of` it, `requests` the counts
    of the period and of the one before; `fits` says which reports may be counted.

    INVARIANT: a report that doesn't fit changes nothing in the file and in the pictures.
    """
    periods = periods_of(asked.period, asked.group)
    by_period: list[list[Report]] = [[] for _ in periods]
    left_out = 0
    for report in _latest(reports, asked.group.key):
        day = day_of(report.filed_at, asked.zone)
        at = next((at for at, one in enumerate(periods) if one.begins <= day <= one.ends), None)
        if at is None:
            continue
        if fits(report):
            by_period[at].append(report)
        else:
            left_out += periods[at] == asked.period
    sources = [report.number for found in by_period for report in found]
    if len(sources) > MOST_REPORTS:
        return TooMany(len(sources))
    counted = [count(found, gazetteer) for found in by_period]
    shown = tables(
        counted,
        requests,
        gazetteer,
        asked.group.bulletins.smallest_count,
        is_over=asked.so_far is None,
    )
    pictures: dict[str, bytes] = {}
    texts_of = [
        _in_language(language, asked, shown, periods, gazetteer, draw, pictures)
        for language in asked.rule.languages
    ]
    content = _head(asked, sources) + "\n\n---\n\n".join(texts_of) + "\n"
    is_empty = not sources and not any(one.asked for one in requests)
    return Digest(content.encode(), pictures, left_out, is_empty)


def _latest(reports: Sequence[Report], group: str) -> list[Report]:
    """Each report once, as it was last corrected, in the order of numbers."""
    found: dict[str, Report] = {}
    for report in reports:
        held = found.get(report.number)
        if report.group == group and (held is None or held.revision < report.revision):
            found[report.number] = report
    return [found[number] for number in sorted(found)]


def _head(asked: Asked, sources: Sequence[str]) -> str:
    """The head: what is quoted is JSON, which is YAML too."""
    t = translator(asked.rule.languages[0])
    period, group = asked.told, asked.group
    title = texts.title(
        t, period.every.value, group.theme, period.begins, so_far=asked.so_far is not None
    )
    marking = marking_text.write(asked.rule.marking)
    named = "".join(f"\n  - {_quoted(one)}" for one in sorted(sources)) or " []"
    return (
        "---\n"
        f"title: {_quoted(title)}\n"
        "kind: trends\n"
        f"period: {{from: {period.begins.isoformat()}, until: {period.ends.isoformat()}}}\n"
        f"groups: [{_quoted(group.key)}]\n"
        f"marking: {_quoted(marking)}\n"
        f"languages: [{', '.join(map(_quoted, asked.rule.languages))}]\n"
        f"sources:{named}\n"
        "---\n\n"
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _in_language(
    language: str,
    asked: Asked,
    shown: Tables,
    periods: Sequence[Period],
    gazetteer: Gazetteer,
    draw: Draw,
    pictures: dict[str, bytes],
) -> str:
    t = translator(language)
    labels = Labels(t, gazetteer)
    period, smallest = asked.told, asked.group.bulletins.smallest_count
    about = drawings.About(
        marking_text.write(asked.rule.marking),
        texts.about(t, asked.group.theme, period.begins, period.ends),
        smallest,
        period,
    )
    routes = next(one for one in shown.subjects if one.subject is Subject.ROUTE)
    made = [
        drawings.course(shown, periods, labels, about),
        drawings.bars(routes, labels, about),
        drawings.route_map(routes, gazetteer, labels, about),
    ]
    placed = []
    for one in made:
        if one is not None:
            drawn, name = draw(one.picture), f"{one.name}-{language}"
            pictures |= {f"{name}.png": drawn.png, f"{name}.svg": drawn.svg}
            placed.append((one, f"{name}.png"))
    is_over = asked.so_far is None
    return written(shown, labels, period.every, smallest, placed, is_over=is_over)
