"""Clocks of requests: when an allowance of time is used up, in elapsed or in working time.

Decides instants from a start, the times at which the clock stood, and a working calendar. What
those instants mean for a request is `rilon.domain.request_deadlines`. All instants are aware;
every sum is made in UTC, so a day of 23 or 25 hours is what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from fractions import Fraction
from typing import Protocol

WHOLE = Fraction(1)
_DAY = timedelta(days=1)
_FOREVER = datetime.max.replace(tzinfo=UTC)
_FURTHEST = 400
"""Days in a row without a working day, after which a calendar is taken to be broken."""


class WorkingCalendar(Protocol):
    """When an addressee's desk works. `closes` at or before `opens` is on the following day, so
    that 00:00 to 00:00 is a whole day."""

    @property
    def zone(self) -> tzinfo: ...
    @property
    def opens(self) -> time: ...
    @property
    def closes(self) -> time: ...
    def is_working_day(self, day: date) -> bool: ...


@dataclass(frozen=True, slots=True)
class Elapsed:
    """Time that runs day and night."""

    time: timedelta

    def __post_init__(self) -> None:
        if self.time <= timedelta(0):
            raise ValueError("an allowance is longer than nothing")


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Working time, as much as there is in so many whole working days. From Monday at ten, one of
    them ends on Tuesday at ten."""

    days: int

    def __post_init__(self) -> None:
        if self.days < 1:
            raise ValueError("an allowance is longer than nothing")


@dataclass(frozen=True, slots=True)
class CalendarDays:
    """A period in days, Sundays and holidays counted: it ends when the desk closes on the last
    day, or on the next working day (Regulation (EEC, Euratom) No 1182/71, Article 3)."""

    days: int

    def __post_init__(self) -> None:
        if self.days < 1:
            raise ValueError("an allowance is longer than nothing")


Allowance = Elapsed | WorkingDays | CalendarDays

Span = tuple[datetime, datetime]
"""From the first instant until before the second."""


class NoWorkingDay(ValueError):
    """The calendar has no working day in more than a year: its holidays must be wrong."""


def due_at(
    started: datetime,
    pauses: Sequence[Span],
    allowance: Allowance,
    calendar: WorkingCalendar,
    share: Fraction = WHOLE,
) -> datetime:
    """The instant (UTC) at which that share of the allowance is used up.

    `pauses` are the spans in which the clock stood, in any order, and over. One that began when
    the time was up already changes nothing: asking back late doesn't make an answer timely. A
    share of a period in calendar days falls into working time, and isn't after the whole.
    """
    stood = _merged(pauses)
    if isinstance(allowance, CalendarDays):
        return _period(started, stood, allowance.days, calendar, share)
    if isinstance(allowance, Elapsed):
        return _used_up(_running([(_utc(started), _FOREVER)], stood), allowance.time, share)
    whole = _length(calendar) * allowance.days
    return _used_up(_running(working_spans(started, calendar), stood), whole, share)


def working_spans(since: datetime, calendar: WorkingCalendar) -> Iterator[Span]:
    """The desk's working times from that instant on, in order; the first may have begun."""
    since = _utc(since)
    day = since.astimezone(calendar.zone).date() - _DAY  # a night's work began the day before
    idle = 0
    while True:
        idle = 0 if calendar.is_working_day(day) else idle + 1
        if idle > _FURTHEST:
            raise NoWorkingDay(f"no working day in the {_FURTHEST} days before {day}")
        if idle == 0:
            opens, closes = _hours(day, calendar)
            if opens < closes and since < closes:
                yield max(opens, since), closes
        day += _DAY


def next_working(instant: datetime, calendar: WorkingCalendar) -> datetime:
    """That instant, if the desk works then; else when it next opens (UTC)."""
    return next(working_spans(instant, calendar))[0]


def _hours(day: date, calendar: WorkingCalendar) -> Span:
    """When the work of that day begins and ends (UTC). A time that the clocks skip is taken by
    the offset before; one that comes twice, the first time."""
    last = day if calendar.opens < calendar.closes else day + _DAY
    opens = datetime.combine(day, calendar.opens, calendar.zone)
    closes = datetime.combine(last, calendar.closes, calendar.zone)
    return _utc(opens), _utc(closes)


def _length(calendar: WorkingCalendar) -> timedelta:
    """What the clock on the wall shows for a working day, whatever the clocks are put to."""
    day = date(2000, 1, 1)
    length = datetime.combine(day, calendar.closes) - datetime.combine(day, calendar.opens)
    return length if length > timedelta(0) else length + _DAY


def _merged(pauses: Sequence[Span]) -> list[Span]:
    """The same times without overlap, in order (UTC). One that ends before it begins, because a
    clock was put back, is none."""
    merged: list[Span] = []
    for begins, ends in sorted((_utc(one), _utc(other)) for one, other in pauses):
        if begins >= ends:
            continue
        if merged and begins <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], ends))
        else:
            merged.append((begins, ends))
    return merged


def _running(spans: Iterable[Span], stood: Sequence[Span]) -> Iterator[Span]:
    """The spans without the times in which the clock stood."""
    for begins, ends in spans:
        at = begins
        for stops, resumes in stood:
            if resumes <= at or ends <= stops:
                continue
            if at < stops:
                yield at, stops
            at = resumes
        if at < ends:
            yield at, ends


def _used_up(running: Iterable[Span], whole: timedelta, share: Fraction) -> datetime:
    """When that share has run. The spans go on for longer than any allowance."""
    left = timedelta(microseconds=whole // timedelta(microseconds=1) * share // 1)
    spans = iter(running)
    begins, ends = next(spans)
    while begins + left > ends:
        left -= ends - begins
        begins, ends = next(spans)
    return begins + left


def _period(
    started: datetime,
    stood: Sequence[Span],
    days: int,
    calendar: WorkingCalendar,
    share: Fraction,
) -> datetime:
    """A share of a period in days that begins with the first working moment in which the clock
    runs. A pause prolongs it by the days from where work stopped to where it went on; so a pause
    while the desk is closed anyway prolongs nothing."""
    begins = next_working(started, calendar)
    for stops, resumes in stood:
        if stops <= begins < resumes:
            begins = next_working(resumes, calendar)
    last = _date(begins, calendar) + days * _DAY
    due = _closing(last, calendar)
    counted = [(stops, resumes) for stops, resumes in stood if begins < stops]
    for stops, resumes in counted:
        if stops >= due:
            break
        began, went_on = (_date(next_working(at, calendar), calendar) for at in (stops, resumes))
        last = max(last, began) + (went_on - began)
        due = _closing(last, calendar)
    if share == WHOLE:
        return due
    ran = sum((to - since for since, to in _running([(begins, due)], counted)), timedelta(0))
    return next_working(_used_up(_running([(begins, _FOREVER)], counted), ran, share), calendar)


def _closing(day: date, calendar: WorkingCalendar) -> datetime:
    """When the desk closes on that day, or on the next working day."""
    for later in range(_FURTHEST):
        if calendar.is_working_day(day + later * _DAY):
            return _hours(day + later * _DAY, calendar)[1]
    raise NoWorkingDay(f"no working day in the {_FURTHEST} days from {day}")


def _date(instant: datetime, calendar: WorkingCalendar) -> date:
    return instant.astimezone(calendar.zone).date()


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)
