"""From reports to counts: by route, sea area, method, vessel, outcome, and of people.

Reports are counted in the period in which they were filed, so a period that is over stays as it
was told. Which reports may be counted is the caller's; what of the counts is shown,
`rilon.digests.suppression`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rilon.domain.gazetteer import Gazetteer
from rilon.domain.reports import Age, Ending, Method, Report, Sighting, Vessel

UNSAID = ""
"""The key of what a report doesn't say, or says by a name that the gazetteer no longer has."""
_TO = ">"


class Subject(StrEnum):
    """By what reports are counted."""

    ROUTE = "route"
    AREA = "area"
    METHOD = "method"
    VESSEL = "vessel"
    OUTCOME = "outcome"


SEVERAL = frozenset({Subject.METHOD})
"""Of which one report may name several."""


def keys_among(subject: Subject, gazetteer: Gazetteer) -> int:
    """How many keys of a subject there could be, what isn't said among them."""
    return {
        Subject.ROUTE: len(gazetteer.routes) + (len(gazetteer.places) + 1) ** 2,
        Subject.AREA: len(gazetteer.areas) + 1,
        Subject.METHOD: len(Method) + 1,
        Subject.VESSEL: len(Vessel) + 1,
        Subject.OUTCOME: len(Ending) + 1,
    }[subject]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where a boat went from and to, by keys of places; None is not said."""

    begins: str | None
    ends: str | None


@dataclass(frozen=True, slots=True)
class PeopleCounts:
    """People, and of how many reports. `others` are reports that speak of people who are no
    children, or whose age isn't known."""

    people: int
    reports: int
    children: int
    of_children: int
    of_others: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What the reports of one period come to."""

    reports: int
    by: Mapping[Subject, Mapping[str, int]]
    people: PeopleCounts


def count(reports: Sequence[Report], gazetteer: Gazetteer) -> Counted:
    """The counts of one period."""
    said = [report.said for report in reports]
    keys: dict[Subject, Callable[[Sighting], Iterable[str]]] = {
        Subject.ROUTE: lambda one: (route_of(one, gazetteer),),
        Subject.AREA: lambda one: (_known(one.area, gazetteer.areas) or UNSAID,),
        Subject.METHOD: lambda one: {method.value for method in one.methods},
        Subject.VESSEL: lambda one: (one.vessel.value if one.vessel else UNSAID,),
        Subject.OUTCOME: lambda one: (one.ending.value if one.ending else UNSAID,),
    }
    by = {
        subject: Counter(key for one in said for key in sorted(of(one)))
        for subject, of in keys.items()
    }
    return Counted(len(said), by, _people(said))


def _people(said: Sequence[Sighting]) -> PeopleCounts:
    children = [[one for one in each.people if one.age is Age.CHILD] for each in said]
    return PeopleCounts(
        people=sum(each.count for each in said),
        reports=sum(bool(each.people) for each in said),
        children=sum(one.count for found in children for one in found),
        of_children=sum(bool(found) for found in children),
        of_others=sum(
            len(found) < len(each.people) for found, each in zip(children, said, strict=True)
        ),
    )


def route_of(said: Sighting, gazetteer: Gazetteer) -> str:
    """The key of a report's route: the gazetteer's where it says one, or where one alone goes from
    and to its places; else `from>to`, of which one may be missing."""
    if route := _known(said.route, gazetteer.routes):
        return route
    begins, ends = _known(said.begins, gazetteer.places), _known(said.ends, gazetteer.places)
    if begins is None and ends is None:
        return UNSAID
    if begins is not None and ends is not None:
        fitting = [
            key
            for key, route in gazetteer.routes.items()
            if begins in route.begins and ends in route.ends
        ]
        if len(fitting) == 1:
            return fitting[0]
    return f"{begins or ''}{_TO}{ends or ''}"


def _known(key: str | None, among: Mapping[str, object]) -> str | None:
    return key if key in among else None


def stretch_of(key: str) -> Stretch | None:
    """What a key `from>to` says; None for a route of the gazetteer, and what isn't said."""
    begins, to, ends = key.partition(_TO)
    return Stretch(begins or None, ends or None) if to else None
