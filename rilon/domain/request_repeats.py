"""When a reminder that repeats comes again: every so many hours, days or working days.

Pure arithmetic of the last time that has come and the next; what is said then is others'. What was
missed for weeks is one, and none is made up.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from rilon.domain.request_clocks import (
    Allowance,
    Elapsed,
    NoWorkingDay,
    WorkingCalendar,
    WorkingDays,
    next_working,
)

_DAY = timedelta(days=1)
_FURTHEST = 400
"""Days: more than any desk is closed in a row."""

Moment = tuple[str, datetime]
"""What tells one time from the next, and when it is (UTC)."""


def repeats(
    since: datetime,
    every: Allowance,
    now: datetime,
    calendar: WorkingCalendar,
    *,
    working_hours: bool,
) -> tuple[Moment, ...]:
    """The last time that has come by `now`, if one has, and the next.

    Hours run on by the clock. Days come at the time of the day of `since`. With `working_hours`
    each waits until the desk works: then several that fall into one night, or one feast, are one.
    Raises NoWorkingDay for a calendar without working days.
    """
    if isinstance(every, Elapsed):
        return _around(_elapsed(since, every, calendar, working_hours), now, since, every.time)
    if isinstance(every, WorkingDays):
        return _working_days(since, every.days, now, calendar, working_hours)
    length = every.days * _DAY
    return _around(_days(since, every.days, calendar, working_hours), now, since, length)


def _around(
    at: Callable[[int], Moment], now: datetime, since: datetime, length: timedelta
) -> tuple[Moment, ...]:
    """`at` gives the manieth time, from 1 on; later ones are never earlier."""
    near = max((now - since) // length + 1, 0)
    while near > 0 and at(near)[1] > now:
        near -= 1
    following = near + 1
    while at(following)[1] <= now:
        near, following = following, following + 1
    return (at(near), at(following)) if near else (at(following),)


def _elapsed(
    since: datetime, every: Elapsed, calendar: WorkingCalendar, working_hours: bool
) -> Callable[[int], Moment]:
    def at(number: int) -> Moment:
        moment = since + number * every.time
        moment = (next_working(moment, calendar) if working_hours else moment).astimezone(UTC)
        return moment.strftime("%Y-%m-%dT%H:%M"), moment

    return at


def _days(
    since: datetime, days: int, calendar: WorkingCalendar, working_hours: bool
) -> Callable[[int], Moment]:
    first = since.astimezone(calendar.zone)

    def at(number: int) -> Moment:
        day = first.date() + number * days * _DAY
        if working_hours:
            day = _working_from(day, calendar)
        return str(day), _on(day, first, calendar, working_hours)

    return at


def _working_days(
    since: datetime, days: int, now: datetime, calendar: WorkingCalendar, working_hours: bool
) -> tuple[Moment, ...]:
    first = since.astimezone(calendar.zone)
    day, count, last = first.date(), 0, tuple[Moment, ...]()
    while True:
        day = _working_from(day + _DAY, calendar)
        count += 1
        if count % days:
            continue
        moment = _on(day, first, calendar, working_hours)
        if moment > now:
            return (*last, (str(day), moment))
        last = ((str(day), moment),)


def _working_from(day: date, calendar: WorkingCalendar) -> date:
    for ahead in range(_FURTHEST):
        if calendar.is_working_day(day + ahead * _DAY):
            return day + ahead * _DAY
    raise NoWorkingDay(f"no working day in the {_FURTHEST} days from {day}")


def _on(day: date, first: datetime, calendar: WorkingCalendar, working_hours: bool) -> datetime:
    hour = calendar.opens if working_hours else first.time()
    return datetime.combine(day, hour, calendar.zone).astimezone(UTC)
