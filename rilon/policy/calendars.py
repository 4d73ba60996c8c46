"""Working calendars: on which days and at which hours a party's offices work.

National holidays come from the package `holidays`. What it doesn't know for certain is named by
`doubts`; policy files mend it with days of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from types import MappingProxyType

import holidays

ESTIMATED = "(estimated)"
"""How the package's English names end for a day that nobody has announced yet."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A holiday that may turn out to be on another day, or (without a day) a year without any.

    `name` is the holiday's English name; empty when nothing is known of that year.
    """

    year: int
    day: date | None
    name: str


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """When offices work: `opens` to `closes` on working days, by the clock of `zone` (IANA).

    `weekdays` count Monday as 0. `country` is an ISO 3166 alpha-3 code, `None` for no national
    holidays; `kinds` are the package's categories. `extra_working_days` win over everything,
    `extra_holidays` over the week.
    """

    zone: str
    opens: time = time(9)
    closes: time = time(17)
    weekdays: frozenset[int] = frozenset(range(5))
    country: str | None = None
    subdivision: str | None = None
    kinds: tuple[str, ...] = ("public",)
    extra_holidays: frozenset[date] = frozenset()
    extra_working_days: frozenset[date] = frozenset()

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on that local day."""
        if day in self.extra_working_days:
            return True
        if day in self.extra_holidays or day in self._year(day.year).days:
            return False
        return day.weekday() in self.weekdays or day in self._year(day.year).worked

    def holiday(self, day: date) -> str | None:
        """The English name of that day's national holiday; `None` on other days."""
        return self._year(day.year).days.get(day)

    def doubts(self, years: Iterable[int]) -> tuple[Doubt, ...]:
        """What isn't known for certain of these years.

        Days that a government adds or moves at short notice are in no calendar and aren't named.
        """
        if self.country is None:
            return ()
        return tuple(doubt for year in years for doubt in self._doubts_of(year))

    def _doubts_of(self, year: int) -> tuple[Doubt, ...]:
        known = self._year(year)
        if not known.days:
            return (Doubt(year, None, ""),)
        settled = self.extra_holidays | self.extra_working_days
        return tuple(
            Doubt(year, day, name.replace(ESTIMATED, "").strip())
            for day, name in sorted(known.days.items())
            if ESTIMATED in name and day not in settled
        )

    def _year(self, year: int) -> _Year:
        if self.country is None:
            return _NOTHING
        return _national(self.country, self.subdivision, self.kinds, year)


@dataclass(frozen=True, slots=True)
class _Year:
    """A country's holidays of one year by day, and weekend days on which it works."""

    days: Mapping[date, str]
    worked: frozenset[date]


_NOTHING = _Year(MappingProxyType({}), frozenset())


@lru_cache(maxsize=512)
def _national(country: str, subdivision: str | None, kinds: tuple[str, ...], year: int) -> _Year:
    if not 1 <= year <= 9999:
        return _NOTHING
    known = kinds_of(country)
    found = holidays.country_holidays(
        country,
        subdiv=subdivision,
        years=year,
        expand=False,
        language="en_US",
        categories=tuple(kind for kind in kinds if kind in known) or None,
    )
    return _Year(MappingProxyType(dict(found.items())), frozenset(found.weekend_workdays))


@lru_cache(maxsize=64)
def kinds_of(country: str) -> frozenset[str]:
    """The kinds of holidays that are known for that country."""
    return frozenset(holidays.country_holidays(country).supported_categories)


@lru_cache(maxsize=1)
def countries() -> Mapping[str, frozenset[str]]:
    """The countries whose holidays are known, by ISO 3166 alpha-3 code, with their subdivisions."""
    return MappingProxyType(
        {
            code: frozenset(subdivisions)
            for code, subdivisions in holidays.list_supported_countries().items()
            if len(code) == 3
        }
    )


def knows_country(code: str) -> bool:
    """Whether the holidays of that country (ISO 3166 alpha-3) are known."""
    return code in countries()
