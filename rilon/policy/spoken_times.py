"""Days and times as people write them: `24 Dec - 3 Jan`, `today 18:00-22:00`, `besok`.

Decides which span of time a text means by the calendar of one zone, and refuses what can be read
in two ways. Whose duty it is about is `rilon.policy.duty_words`'s.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from rilon.policy.document_words import FIRST_YEAR, LAST_YEAR
from rilon.policy.duty_documents import MIDNIGHT
from rilon.policy.local_moments import day_of, moment_of
from rilon.policy.spoken_words import NotATime, Order, Refused, Sort, TimeProblem, Token, tokens_of

LATELY = timedelta(days=60)
"""A day without a year that was so lately may be meant, and may be that of next year."""

MOST_CHARACTERS = 200
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SpokenTime:
    """A span of time. `whole_days` when no time of a day was named."""

    begins: datetime
    ends: datetime
    whole_days: bool


def read_time(text: str, zone: str, language: str, at: datetime) -> SpokenTime | NotATime:
    """The span of time that the text means at the moment `at`, by the clocks of `zone` (IANA).

    `language` (BCP 47) adds names of months and days to the English ones. A day without a year is
    the next one; a span that is running now has begun lately. Without an end, a day is the whole
    day. Never raises, whatever the text.
    """
    if len(text) > MOST_CHARACTERS:
        return NotATime(TimeProblem.NOT_READ, text[:40])
    try:
        first, second = _ends(tokens_of(text, language))
        reading = _Reading(zone, at, day_of(at, zone))
        return reading.one(first) if second is None else reading.two(first, second)
    except Refused as refused:
        return refused.found


# --- what the words mean ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Point:
    """One end of a span, as far as it was said: a day, a time, or both."""

    typed: str = ""
    from_today: int | None = None
    year: int = 0
    month: int = 0
    number: int = 0
    """A day of a month; without a month, that of the other end."""
    weekday: int | None = None
    is_next: bool = False
    minutes: int | None = None
    now: bool = False
    order: int = Order.WRITTEN_OUT

    @property
    def has_day(self) -> bool:
        """Whether a day was said, in part at least."""
        said = self.from_today is not None or self.weekday is not None
        return bool(said or self.number or self.month)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What two ends of a span mean today. `today` is the day that the zone's calendars show."""

    zone: str
    at: datetime
    today: date

    def one(self, point: _Point) -> SpokenTime:
        """A single day."""
        if point.now or point.minutes is not None:
            raise Refused(TimeProblem.NO_END, point.typed)
        day = self._day(point, self.today)
        return self._whole(day, day)

    def two(self, first: _Point, second: _Point) -> SpokenTime:
        """From one end to the other."""
        begins, ends = self._days(first, second)
        if first.minutes is None and second.minutes is None and not first.now:
            return self._whole(begins, ends)
        moment = self.at if first.now else moment_of(begins, first.minutes or 0, self.zone)
        last = MIDNIGHT if second.minutes is None else second.minutes
        end = moment_of(ends, last, self.zone)
        if end <= moment and not second.has_day:
            end = moment_of(ends + _DAY, last, self.zone)
        return self._checked(SpokenTime(moment, end, first.now and second.minutes is None))

    def _whole(self, begins: date, ends: date) -> SpokenTime:
        first, last = moment_of(begins, 0, self.zone), moment_of(ends, MIDNIGHT, self.zone)
        return self._checked(SpokenTime(first, last, True))

    def _checked(self, span: SpokenTime) -> SpokenTime:
        if span.ends <= span.begins:
            raise Refused(TimeProblem.ENDS_FIRST)
        if span.ends <= self.at:
            raise Refused(TimeProblem.PAST)
        return span

    def _days(self, first: _Point, second: _Point) -> tuple[date, date]:
        """The days of both ends. A beginning without a year is the last one before the end."""
        if first.now or not first.has_day:
            return self._day_at_front(first, second)
        if not second.has_day:
            day = self._day(first, self.today)
            return day, day
        if first.number and not first.year and second.number:
            ends = self._day(second, self.today)
            return self._day_before(first, ends), ends
        begins = self._day(first, self.today)
        return begins, self._day(second, begins, follows=True)

    def _day_at_front(self, first: _Point, second: _Point) -> tuple[date, date]:
        """`until 3 Jan`, `18:00-22:00`, `18:00-22:00 tomorrow`."""
        if not second.has_day:
            return self.today, self.today
        ends = self._day(second, self.today)
        if first.now or second.minutes is None or first.minutes is None:
            return self.today, ends
        if second.minutes <= first.minutes and ends != self.today:
            # The night before that day, or the one after it.
            raise Refused(TimeProblem.TWO_READINGS, second.typed, ends - _DAY, ends)
        return ends, ends

    # --- one day ---

    def _day(self, point: _Point, since: date, *, follows: bool = False) -> date:
        """The first such day since then. `follows` when it ends what began on `since`."""
        if point.from_today is not None:
            return self.today + timedelta(days=point.from_today)
        if not point.number and point.weekday is not None:
            return self._weekday(point, point.weekday, since, follows)
        self._one_reading(point)
        if point.year:
            return self._right(point, _maybe(point, point.year))
        found = _first(point, range(since.year, since.year + 9), since, date(LAST_YEAR, 12, 31))
        lately = _maybe(point, found.year - 1) if found else None
        if found and lately and not follows and self.today - LATELY <= lately < since:
            raise Refused(TimeProblem.TWO_READINGS, point.typed, lately, found)
        return self._right(point, found)

    def _day_before(self, point: _Point, until: date) -> date:
        self._one_reading(point)
        years = range(until.year, until.year - 9, -1)
        return self._right(point, _first(point, years, date(FIRST_YEAR, 1, 1), until))

    def _right(self, point: _Point, day: date | None) -> date:
        if day is None or point.weekday not in (None, day.weekday()):
            raise Refused(TimeProblem.NO_SUCH_DAY, point.typed)
        return day

    def _one_reading(self, point: _Point) -> None:
        if point.order == Order.EITHER:
            one = _in_order(point, Order.DAY_FIRST)
            other = _in_order(point, Order.MONTH_FIRST)
            days = [self._day(each, self.today, follows=True) for each in (one, other)]
            raise Refused(TimeProblem.TWO_READINGS, point.typed, *days)

    def _weekday(self, point: _Point, weekday: int, since: date, follows: bool) -> date:
        found = since + timedelta(days=(weekday - since.weekday()) % 7)
        if point.is_next or (found == self.today and not follows):
            raise Refused(TimeProblem.TWO_READINGS, point.typed, found, found + timedelta(days=7))
        return found


def _first(point: _Point, years: Iterable[int], since: date, until: date) -> date | None:
    """The first such day of these years that isn't before `since` or after `until`."""
    days = (_maybe(point, year) for year in years)
    return next((day for day in days if day and since <= day <= until), None)


def _maybe(point: _Point, year: int) -> date | None:
    """That day of that year, if the year has it."""
    if not FIRST_YEAR <= year <= LAST_YEAR or not 1 <= point.month <= 12:
        return None
    if not 1 <= point.number <= monthrange(year, point.month)[1]:
        return None
    return date(year, point.month, point.number)


# --- the two ends ----------------------------------------------------------------------


def _ends(tokens: list[Token]) -> tuple[_Point, _Point | None]:
    """What is said of the beginning, and of the end if there is one."""
    sides: list[list[Token]] = [[]]
    for token in tokens:
        if token.sort is Sort.TO:
            sides.append([])
        elif token.sort is not Sort.FROM:
            sides[-1].append(token)
    if not any(sides):
        raise Refused(TimeProblem.MISSING)
    if len(sides) > 2:
        raise Refused(TimeProblem.NOT_READ, tokens[-1].typed)
    first, *rest = [_point(side) for side in sides]
    if rest and not sides[1]:
        raise Refused(TimeProblem.NO_END, first.typed)
    second = rest[0] if rest else None
    if second is not None:
        first, second = _shared(first if sides[0] else _Point(now=True), second)
    for point in (first, second):
        if point and point.number and not point.month:
            raise Refused(TimeProblem.NOT_READ, point.typed)
    return first, second


def _shared(first: _Point, second: _Point) -> tuple[_Point, _Point]:
    """What is said once for both ends: `24-26 Dec`, `24 Dec - 26`, `today 18-22`."""
    first, second = _in_order(first, second.order), _in_order(second, first.order)
    bare = second.number and not second.month
    if bare and first.minutes is not None and second.minutes is None and second.number <= 24:
        second = replace(second, number=0, minutes=second.number * 60)
    elif bare and first.number and first.month:
        second = replace(second, month=first.month, year=first.year)
    elif first.number and not first.month and second.number and second.month:
        first = replace(first, month=second.month, year=second.year, order=second.order)
    return first, second


def _in_order(point: _Point, order: int) -> _Point:
    """The point read in that order, if it may be: who writes 24/12 means January by 3/1."""
    if point.order != Order.EITHER or order not in (Order.DAY_FIRST, Order.MONTH_FIRST):
        return point
    if order == Order.DAY_FIRST:
        return replace(point, order=order)
    return replace(point, month=point.number, number=point.month, order=order)


def _point(tokens: list[Token]) -> _Point:
    """What the words of one end say. Raises `Refused` for words that don't go together."""
    point = _Point()
    for token in tokens:
        added = _with(point, token)
        if added is None:
            raise Refused(TimeProblem.NOT_READ, token.typed)
        point = replace(added, typed=f"{point.typed} {token.typed}".strip())
    if (point.is_next and point.weekday is None) or (point.month and not point.number):
        raise Refused(TimeProblem.NOT_READ, point.typed)
    return point


def _with(point: _Point, token: Token) -> _Point | None:
    """The point with that word; `None` if it doesn't go with the others."""
    dated = bool(point.number or point.month)
    free = not (dated or point.now or point.from_today is not None)
    match token.sort:
        case Sort.NOW if free and not point.has_day and point.minutes is None:
            return replace(point, now=True)
        case Sort.DAY if free and not point.has_day:
            return replace(point, from_today=token.numbers[0])
        case Sort.PARTS if free:
            year, month, number, order = token.numbers
            return replace(point, year=year, month=month, number=number, order=order)
        case Sort.WEEKDAY if point.weekday is None and (free or dated):
            return replace(point, weekday=token.numbers[0])
        case Sort.NEXT if not point.is_next and (free or point.weekday is not None):
            return replace(point, is_next=True)
        case Sort.MONTH if not point.month and (free or point.number):
            return replace(point, month=token.numbers[0])
        case Sort.CLOCK if point.minutes is None and not point.now:
            return replace(point, minutes=token.numbers[0])
        case Sort.NUMBER if not point.now:
            return _with_number(point, token.numbers[0])
    return None


def _with_number(point: _Point, number: int) -> _Point | None:
    if number > 99:
        return replace(point, year=number) if point.number and not point.year else None
    if not point.number and point.from_today is None and not point.is_next:
        return replace(point, number=number)
    if number <= 24 and point.has_day and point.minutes is None:
        return replace(point, minutes=number * 60)
    return None
