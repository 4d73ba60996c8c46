"""A report: what an officer saw or learned of one case, in fields that can be counted.

No field holds a person's name or number. Reading what officers type is `rilon.reports`; what a
digest makes of reports is `rilon.digests`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from rilon.domain.markings import Marking
from rilon.domain.parties import Party

ReportNumber = NewType("ReportNumber", str)
"""Such as `REP-7K3F-4`: drawn by chance, as requests' numbers are."""

PREFIX = "rep"
"""What stands before the number; no group may have this key."""


class ReportKind(StrEnum):
    SIGHTING = "sighting"
    """Something that was seen."""
    CASE = "case"
    """Something that was learned of a case."""


class Vessel(StrEnum):
    """What they travelled in."""

    FISHING = "fishing"
    SPEEDBOAT = "speedboat"
    CARGO = "cargo"
    FERRY = "ferry"
    YACHT = "yacht"
    RAFT = "raft"
    OTHER = "other"


class Age(StrEnum):
    ADULT = "adult"
    CHILD = "child"
    """Under 18."""
    UNKNOWN = "unknown"


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"
    UNKNOWN = "unknown"


class Method(StrEnum):
    """How people were moved."""

    MOTHER_SHIP = "mother_ship"
    """A larger boat, from which smaller ones land."""
    TRANSFER = "transfer"
    """From boat to boat at sea."""
    HIDDEN = "hidden"
    """Among cargo, catch, or crew."""
    ESCORTED = "escorted"
    """Another boat goes ahead or beside."""
    LANDING = "landing"
    """Straight to a beach."""
    PORT = "port"
    """Through a port, with papers."""
    ABANDONED = "abandoned"
    """The crew left the boat, or had none."""
    OTHER = "other"


class Documents(StrEnum):
    NONE = "none"
    GENUINE = "genuine"
    FORGED = "forged"
    BORROWED = "borrowed"
    """Genuine, of somebody else."""
    UNKNOWN = "unknown"


class Ending(StrEnum):
    """What became of it."""

    INTERCEPTED = "intercepted"
    RESCUED = "rescued"
    LANDED = "landed"
    TURNED_BACK = "turned_back"
    LOST = "lost"
    """The boat sank, or people died."""
    UNDER_WAY = "under_way"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class People:
    """How many of one age group and sex; at least one."""

    age: Age
    sex: Sex
    count: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a report says, in the order in which it is asked. None, or empty, is not said.

    `area`, `begins`, `ends` and `route` are keys of the gazetteer: sea area, place, place, route.
    `grade` is source and information by the admiralty code (`B2`). `note` has no personal data.
    """

    kind: ReportKind
    day: date
    area: str | None = None
    begins: str | None = None
    ends: str | None = None
    route: str | None = None
    vessel: Vessel | None = None
    people: tuple[People, ...] = ()
    methods: tuple[Method, ...] = ()
    documents: Documents | None = None
    ending: Ending | None = None
    grade: str | None = None
    note: str = ""

    @property
    def count(self) -> int:
        """How many people in all."""
        return sum(one.count for one in self.people)


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it was filed. `marking` is the effective one; `revision` grows with each
    correction, from 1. `officer` is the name of who filed it."""

    number: ReportNumber
    group: str
    party: Party
    officer: str
    said: Sighting
    marking: Marking
    filed_at: datetime
    revision: int = 1
