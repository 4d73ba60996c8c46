"""A party's standing rota as policy files have it: weekly blocks, deputies, absences.

What the steward was told since, and who is on duty in the end, is `rilon.policy.duty`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rilon.policy.duty_documents import MIDNIGHT
from rilon.policy.local_moments import day_of, moment_of

Span = tuple[datetime, datetime]
"""From the first moment up to, not including, the second; both UTC."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cycle:
    """Weeks that take turns. The week that begins on the Monday `anchor` is week 1."""

    weeks: int
    anchor: date

    def week_of(self, day: date) -> int:
        """The number of that day's week, from 1; weeks before the anchor count on backwards.

        Weeks are counted from the anchor, not by the year: a year of 53 weeks changes nothing.
        """
        return (day - self.anchor).days // 7 % self.weeks + 1


@dataclass(frozen=True, slots=True)
class Block:
    """Hours of a week for which one officer has the duty, by the clock of `zone`.

    `begins` and `ends` are minutes of the day on which the block begins; an end at or before the
    beginning is on the next day. `weeks` are weeks of the cycle; empty for every week.
    """

    officer: str
    weekdays: frozenset[int]
    begins: int
    ends: int
    zone: str
    weeks: frozenset[int] = frozenset()

    def on(self, day: date, cycle: Cycle | None) -> Span | None:
        """The shift that begins on that day, if one does."""
        if day.weekday() not in self.weekdays:
            return None
        if self.weeks and cycle is not None and cycle.week_of(day) not in self.weeks:
            return None
        ends = day + _DAY if self.ends <= self.begins else day
        begins = moment_of(day, self.begins, self.zone)
        return begins, moment_of(ends, self.ends, self.zone)


@dataclass(frozen=True, slots=True)
class Absence:
    """An officer is away from the beginning of `first` to the end of `last`, local days."""

    officer: str
    first: date
    last: date
    deputy: str | None
    zone: str

    @property
    def span(self) -> Span:
        """The time of the absence."""
        return moment_of(self.first, 0, self.zone), moment_of(self.last, MIDNIGHT, self.zone)


@dataclass(frozen=True, slots=True)
class Shift:
    """A block on one day: from when to when which officer has the duty."""

    officer: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class PartyDuty:
    """One party's rota. `deputies` stand in for whoever is away, in this order."""

    blocks: tuple[Block, ...] = ()
    cycle: Cycle | None = None
    deputies: tuple[str, ...] = ()
    absences: tuple[Absence, ...] = ()

    def shifts(self, begins: datetime, ends: datetime) -> Iterator[Shift]:
        """All shifts that include a moment between these two, the second included; by block."""
        for block in self.blocks:
            day = day_of(begins, block.zone) - _DAY
            last = day_of(ends, block.zone)
            while day <= last:
                span = block.on(day, self.cycle)
                # A shift within a skipped hour has no moment.
                if span and span[0] < span[1] and span[0] <= ends and begins < span[1]:
                    yield Shift(block.officer, *span)
                day += _DAY
