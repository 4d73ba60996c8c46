"""The tables of a digest as they are shown: one row for each thing, with its figures and changes.

Words come from `rilon.texts`; here is which rows there are, in which order, and what they are
compared with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rilon.digests.comparing import Change, Pair, changes, summed
from rilon.digests.counting import SEVERAL, UNSAID, Counted, Subject, keys_among
from rilon.digests.request_counts import RequestCounts, RequestsShown, requests_shown
from rilon.digests.suppression import (
    HIDDEN,
    Parts,
    Shown,
    mentions_shown,
    parts_shown,
    people_shown,
    share_shown,
    total_shown,
)
from rilon.domain.gazetteer import Gazetteer

MOST_ROWS = 40


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure of this period, of the one before, and the sum of several before; and what the two
    comparisons come to. None where there is nothing to compare with."""

    now: Shown
    before: Shown
    longer: Shown
    change: Change | None
    longer_change: Change | None

    @property
    def clearest(self) -> Change | None:
        """What can be said of it at all: a change, that there is none, that it can't be told."""
        both = (self.change, self.longer_change)
        return next((one for one in Change if one in both), None)


@dataclass(frozen=True, slots=True)
class Row:
    """What is counted, by its key, and its figures."""

    key: str
    figures: Compared


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a subject, those with most reports first: what was often reported, in this period
    or in the one before."""

    subject: Subject
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class PeopleRows:
    """All people and the children among them, in this period and in the one before."""

    people: tuple[Shown, Shown]
    children: tuple[Shown, Shown]


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything that a digest shows. `course` are the totals, earliest period first, this one
    last; `longer` is how many periods the means are of (0: no mean)."""

    total: Compared
    course: tuple[Shown, ...]
    longer: int
    subjects: tuple[Table, ...]
    people: PeopleRows
    requests: RequestsShown
    requests_before: RequestsShown


def tables(
    counted: Sequence[Counted],
    requests: tuple[RequestCounts, RequestCounts],
    gazetteer: Gazetteer,
    smallest: int,
    *,
    is_over: bool = True,
) -> Tables:
    """The tables. `counted` are the periods, earliest first, this one last; `requests` those of
    this period and of the one before. A period that isn't over is compared with none."""
    longer = len(counted) - 1 if len(counted) > 2 else 0
    course = [total_shown(one.reports, smallest) for one in counted]
    plans = [("", UNSAID, course)]
    for subject in Subject:
        parts = [_parts(one, subject, gazetteer, smallest) for one in counted]
        keys = {key for part in parts[-2:] for key in part.shown}
        plans += [(subject, key, [part.at(key) for part in parts]) for key in _ordered(keys, parts)]
    compared = _compared(
        [figures for _, _, figures in plans],
        [key for _, key, _ in plans],
        longer,
        is_over=is_over,
    )
    rows = [(of, Row(key, one)) for (of, key, _), one in zip(plans, compared, strict=True)]
    return Tables(
        total=rows[0][1].figures,
        course=tuple(course),
        longer=longer,
        subjects=tuple(
            Table(subject, tuple(row for of, row in rows[1:] if of is subject))
            for subject in Subject
        ),
        people=_people(counted, smallest),
        requests=requests_shown(requests[0], smallest),
        requests_before=requests_shown(requests[1], smallest),
    )


def _parts(counted: Counted, subject: Subject, gazetteer: Gazetteer, smallest: int) -> Parts:
    if subject in SEVERAL:
        return mentions_shown(counted.by[subject], counted.reports, smallest)
    return parts_shown(counted.by[subject], smallest, keys_among(subject, gazetteer))


def _ordered(keys: set[str], parts: Sequence[Parts]) -> list[str]:
    """Those with most reports first, as far as that is shown; what isn't said last."""

    def place(key: str) -> tuple[bool, list[int], str]:
        return key == UNSAID, [-part.at(key).least for part in reversed(parts[-2:])], key

    return sorted(keys, key=place)[:MOST_ROWS]


def _compared(
    figures: Sequence[Sequence[Shown]], keys: Sequence[str], longer: int, *, is_over: bool
) -> list[Compared]:
    """The figures with what their comparisons come to, all of them judged together.

    What isn't said is no thing that could change; the total, which comes first, has no key either.
    """
    asked: list[tuple[int, bool, Pair]] = []
    for at, course in enumerate(figures):
        if is_over and len(course) > 1 and (at == 0 or keys[at] != UNSAID):
            asked.append((at, False, Pair(course[-1], course[-2])))
            if longer:
                asked.append((at, True, Pair(course[-1], summed(course[:-1]), longer)))
    found = changes([pair for _, _, pair in asked])
    came_to = {(at, long): one for (at, long, _), one in zip(asked, found, strict=True)}
    return [
        Compared(
            now=course[-1],
            before=course[-2] if len(course) > 1 else HIDDEN,
            longer=summed(course[:-1]),
            change=came_to.get((at, False)),
            longer_change=came_to.get((at, True)),
        )
        for at, course in enumerate(figures)
    ]


def _people(counted: Sequence[Counted], smallest: int) -> PeopleRows:
    people, children = [], []
    for one in (counted[-1].people, counted[-2].people if len(counted) > 1 else None):
        if one is None:
            people.append(HIDDEN)
            children.append(HIDDEN)
            continue
        people.append(people_shown(one.people, one.reports, smallest))
        children.append(share_shown(one.children, one.of_children, one.of_others, smallest))
    return PeopleRows((people[0], people[1]), (children[0], children[1]))
