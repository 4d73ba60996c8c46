"""Weeks and months: the periods of which a digest speaks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
_DAY = timedelta(days=1)


class Every(StrEnum):
    """How long a period is. A week begins on Monday (ISO 8601)."""

    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One week or month, by its first and its last day, both included."""

    begins: date
    ends: date
    every: Every

    @property
    def name(self) -> str:
        """`2026-W46` or `2026-11`."""
        if self.every is Every.MONTH:
            return f"{self.begins:%Y-%m}"
        year, week, _ = self.begins.isocalendar()
        return f"{year}-W{week:02}"

    @property
    def before(self) -> Period:
        """The one before it."""
        return period_of(self.begins - _DAY, self.every)

    @property
    def after(self) -> date:
        """The first day after it."""
        return self.ends + _DAY


def period_of(day: date, every: Every) -> Period:
    """The period in which a day is."""
    if every is Every.WEEK:
        monday = day - timedelta(days=day.weekday())
        return Period(monday, monday + timedelta(days=6), every)
    first = day.replace(day=1)
    # 31 days from the first of any month are in the next one.
    return Period(first, (first + timedelta(days=31)).replace(day=1) - _DAY, every)


def read_period(written: str, every: Every) -> Period | None:
    """The period of that name; None if there is none."""
    pattern = _WEEK if every is Every.WEEK else _MONTH
    found = pattern.fullmatch(written)
    if found is None:
        return None
    year, part = int(found[1]), int(found[2])
    try:
        first = date.fromisocalendar(year, part, 1) if every is Every.WEEK else date(year, part, 1)
        return period_of(first, every)
    except (ValueError, OverflowError):
        return None
