"""Clocks of requests: elapsed, working and calendar time, over daylight saving, holidays and
weekends, with pauses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

import pytest

from rilon.domain.request_clocks import (
    CalendarDays,
    Elapsed,
    NoWorkingDay,
    WorkingDays,
    due_at,
    next_working,
    working_spans,
)
from tests.request_scene import (
    DHAKA,
    JAKARTA,
    LORD_HOWE,
    NIGHTS,
    ROUND_THE_CLOCK,
    SYDNEY,
    Desk,
    hours,
    local,
)

WEEK = CalendarDays(7)
DAY = WorkingDays(1)


@pytest.mark.parametrize("days", [0, -1])
def test_an_allowance_is_longer_than_nothing(days: int) -> None:
    for kind in (WorkingDays, CalendarDays):
        with pytest.raises(ValueError, match="longer than nothing"):
            kind(days)
    with pytest.raises(ValueError, match="longer than nothing"):
        Elapsed(timedelta(days=days))


# --- elapsed -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("desk", "night", "wall"),
    [
        # Clocks go forward on 4 October 2026, back on 4 April 2027; on Lord Howe by half an hour.
        (SYDNEY, (2026, 10, 3, 22), (2026, 10, 4, 7)),
        (SYDNEY, (2027, 4, 3, 22), (2027, 4, 4, 5)),
        (LORD_HOWE, (2026, 10, 3, 22), (2026, 10, 4, 6, 30)),
        (LORD_HOWE, (2027, 4, 3, 22), (2027, 4, 4, 5, 30)),
        (JAKARTA, (2026, 12, 31, 20), (2027, 1, 1, 4)),
    ],
)
def test_eight_hours_are_eight_hours_whatever_the_clocks_are_put_to(
    desk: Desk, night: tuple[int, ...], wall: tuple[int, ...]
) -> None:
    assert due_at(local(desk, *night), (), Elapsed(hours(8)), desk) == local(desk, *wall)


def test_the_clock_stands_in_pauses_in_whatever_order_they_come() -> None:
    start = local(JAKARTA, 2026, 11, 23, 10)
    pauses = [
        (start + hours(4), start + hours(6)),
        (start + hours(1), start + hours(2)),
        (start + hours(1.5), start + hours(3)),
        (start + hours(1.5), start + hours(1.75)),
        (start + hours(5), start + hours(5.5)),
        (start - hours(9), start - hours(8)),
        (start - hours(1), start + hours(0.5)),
    ]
    assert due_at(start, pauses, Elapsed(hours(8)), JAKARTA) == start + hours(8 + 0.5 + 2 + 2)


def test_a_pause_that_begins_when_the_time_is_up_changes_nothing() -> None:
    start = local(JAKARTA, 2026, 11, 23, 10)
    pauses = [(start + hours(8), start + hours(9))]
    assert due_at(start, pauses, Elapsed(hours(8)), JAKARTA) == start + hours(8)


def test_a_pause_that_a_clock_put_back_has_turned_round_is_none() -> None:
    start = local(JAKARTA, 2026, 11, 23, 10)
    for resumes in (hours(1), hours(3)):
        pause = (start + hours(3), start + resumes)
        assert due_at(start, [pause], Elapsed(hours(8)), JAKARTA) == start + hours(8)


def test_nothing_of_the_time_is_used_up_when_the_clock_first_runs() -> None:
    start = local(JAKARTA, 2026, 11, 23, 10)
    pause = (start, start + hours(1))
    assert due_at(start, [pause], Elapsed(hours(8)), JAKARTA, Fraction(0)) == start + hours(1)


def test_due_times_are_utc() -> None:
    for allowance in (Elapsed(hours(8)), DAY, WEEK):
        assert due_at(local(SYDNEY, 2026, 11, 23, 10), (), allowance, SYDNEY).tzinfo is UTC


# --- working time --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("desk", "start", "due"),
    [
        (JAKARTA, (2026, 11, 23, 10), (2026, 11, 24, 10)),  # Monday to Tuesday
        (JAKARTA, (2026, 11, 27, 10), (2026, 11, 30, 10)),  # Friday to Monday
        (JAKARTA, (2026, 11, 28, 10), (2026, 11, 30, 16)),  # Saturday: Monday, all of it
        (JAKARTA, (2026, 11, 23, 5), (2026, 11, 23, 16)),  # before the desk opens
        (JAKARTA, (2026, 11, 23, 16), (2026, 11, 24, 16)),  # the moment it closes
        (JAKARTA, (2026, 11, 23, 23), (2026, 11, 24, 16)),
        (DHAKA, (2026, 11, 26, 12), (2026, 11, 29, 12)),  # Thursday to Sunday
        (SYDNEY, (2026, 10, 2, 12), (2026, 10, 5, 12)),  # over the change of the clocks
        (LORD_HOWE, (2027, 4, 2, 12), (2027, 4, 5, 12)),
        (JAKARTA, (2026, 12, 31, 12), (2027, 1, 1, 12)),
        (NIGHTS, (2026, 11, 24, 1), (2026, 11, 25, 1)),  # a night that began on Monday
        (NIGHTS, (2026, 11, 28, 5), (2026, 12, 1, 5)),  # Saturday morning, still Friday's night
        (NIGHTS, (2026, 11, 28, 7), (2026, 12, 1, 6)),
        (ROUND_THE_CLOCK, (2026, 11, 24, 1), (2026, 11, 25, 1)),
    ],
)
def test_a_working_day_is_as_much_working_time_as_a_day_has(
    desk: Desk, start: tuple[int, ...], due: tuple[int, ...]
) -> None:
    assert due_at(local(desk, *start), (), DAY, desk) == local(desk, *due)


def test_holidays_are_not_worked() -> None:
    feast = replace(JAKARTA, holidays=frozenset({date(2026, 12, 24), date(2026, 12, 25)}))
    start = local(feast, 2026, 12, 23, 10)
    assert due_at(start, (), DAY, feast) == local(feast, 2026, 12, 28, 10)


def test_only_pauses_in_working_time_move_working_time() -> None:
    start = local(JAKARTA, 2026, 11, 23, 10)
    night = (local(JAKARTA, 2026, 11, 23, 16), local(JAKARTA, 2026, 11, 24, 8))
    assert due_at(start, [night], DAY, JAKARTA) == local(JAKARTA, 2026, 11, 24, 10)
    over_night = (local(JAKARTA, 2026, 11, 23, 15), local(JAKARTA, 2026, 11, 24, 9))
    assert due_at(start, [over_night], DAY, JAKARTA) == local(JAKARTA, 2026, 11, 24, 12)


def test_half_of_the_working_time_is_worked_too() -> None:
    start = local(JAKARTA, 2026, 11, 27, 14)
    due = due_at(start, (), DAY, JAKARTA, Fraction(1, 2))
    assert due == local(JAKARTA, 2026, 11, 30, 10)


def test_working_spans_begin_with_the_one_that_has_begun() -> None:
    spans = working_spans(local(JAKARTA, 2026, 11, 27, 14), JAKARTA)
    assert next(spans) == (local(JAKARTA, 2026, 11, 27, 14), local(JAKARTA, 2026, 11, 27, 16))
    assert next(spans) == (local(JAKARTA, 2026, 11, 30, 8), local(JAKARTA, 2026, 11, 30, 16))


def test_hours_that_the_clocks_skip_are_no_working_time() -> None:
    """A desk open from two to three, on the Sunday on which these are skipped."""
    early = Desk(SYDNEY.zone, time(2), time(3), frozenset(range(7)))
    sunday, monday = local(early, 2026, 10, 4, 1), datetime(2026, 10, 4, 15, tzinfo=UTC)
    assert next_working(sunday, early) == monday


def test_a_calendar_without_working_days_is_broken() -> None:
    never = replace(JAKARTA, week=frozenset())
    for allowance in (DAY, WEEK):
        with pytest.raises(NoWorkingDay):
            due_at(local(never, 2026, 11, 23, 10), (), allowance, never)
    holiday = frozenset(date(2026, 11, 24) + timedelta(days=day) for day in range(500))
    with pytest.raises(NoWorkingDay):
        due_at(local(JAKARTA, 2026, 11, 23, 10), (), WEEK, replace(JAKARTA, holidays=holiday))


# --- calendar days -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("desk", "start", "due"),
    [
        (JAKARTA, (2026, 11, 23, 10), (2026, 11, 30, 16)),
        (JAKARTA, (2026, 11, 23, 15, 59), (2026, 11, 30, 16)),
        (JAKARTA, (2026, 11, 23, 16), (2026, 12, 1, 16)),  # closed: it begins on Tuesday
        (JAKARTA, (2026, 11, 28, 10), (2026, 12, 7, 16)),  # Saturday: it begins on Monday
        (DHAKA, (2026, 11, 26, 12), (2026, 12, 3, 16)),
        (DHAKA, (2026, 11, 27, 12), (2026, 12, 6, 16)),  # Friday: it begins on Sunday
        (SYDNEY, (2026, 10, 2, 12), (2026, 10, 9, 16)),
        (LORD_HOWE, (2027, 4, 2, 12), (2027, 4, 9, 16)),
        (JAKARTA, (2026, 12, 28, 12), (2027, 1, 4, 16)),
        (NIGHTS, (2026, 11, 23, 23), (2026, 12, 1, 6)),
        (ROUND_THE_CLOCK, (2026, 10, 1, 0), (2026, 10, 9, 0)),
    ],
)
def test_a_week_ends_when_the_desk_closes_on_its_last_day(
    desk: Desk, start: tuple[int, ...], due: tuple[int, ...]
) -> None:
    assert due_at(local(desk, *start), (), WEEK, desk) == local(desk, *due)


def test_a_week_that_ends_on_a_holiday_ends_on_the_next_working_day() -> None:
    feast = replace(JAKARTA, holidays=frozenset({date(2026, 11, 30), date(2026, 12, 1)}))
    assert due_at(local(feast, 2026, 11, 23, 10), (), WEEK, feast) == local(feast, 2026, 12, 2, 16)


@pytest.mark.parametrize(
    ("stops", "resumes", "due"),
    [
        ((2026, 11, 24, 10), (2026, 11, 24, 15), (2026, 11, 30, 16)),  # within a day
        ((2026, 11, 24, 10), (2026, 11, 25, 9), (2026, 12, 1, 16)),
        ((2026, 11, 27, 15), (2026, 11, 28, 9), (2026, 12, 3, 16)),  # Friday to Saturday: Monday
        ((2026, 11, 30, 15), (2026, 11, 30, 20), (2026, 12, 1, 16)),  # over the last closing
        ((2026, 11, 27, 20), (2026, 11, 29, 9), (2026, 11, 30, 16)),  # while the desk is closed
        ((2026, 11, 30, 16), (2026, 12, 4, 9), (2026, 11, 30, 16)),  # too late
        ((2026, 11, 23, 9), (2026, 11, 24, 9), (2026, 12, 1, 16)),  # it begins after the pause
        ((2026, 11, 20, 9), (2026, 11, 21, 9), (2026, 11, 30, 16)),  # before it began
    ],
)
def test_a_pause_prolongs_a_week_by_the_days_that_it_took(
    stops: tuple[int, ...], resumes: tuple[int, ...], due: tuple[int, ...]
) -> None:
    pause = (local(JAKARTA, *stops), local(JAKARTA, *resumes))
    start = local(JAKARTA, 2026, 11, 23, 10)
    assert due_at(start, [pause], WEEK, JAKARTA) == local(JAKARTA, *due)


def test_a_pause_from_a_last_day_that_was_put_off_is_counted_from_where_it_began() -> None:
    """Five days end on a Saturday, so on Monday; from that Monday on the clock stands."""
    start = local(JAKARTA, 2026, 11, 23, 10)
    pause = (local(JAKARTA, 2026, 11, 30, 10), local(JAKARTA, 2026, 12, 2, 10))
    assert due_at(start, [pause], CalendarDays(5), JAKARTA) == local(JAKARTA, 2026, 12, 2, 16)


def test_two_pauses_in_one_evening_are_counted_once() -> None:
    start = local(JAKARTA, 2026, 11, 23, 10)
    pauses = [
        (local(JAKARTA, 2026, 11, 23, 15), local(JAKARTA, 2026, 11, 23, 17)),
        (local(JAKARTA, 2026, 11, 23, 18), local(JAKARTA, 2026, 11, 23, 19)),
    ]
    assert due_at(start, pauses, WEEK, JAKARTA) == local(JAKARTA, 2026, 12, 1, 16)


def test_a_share_of_a_week_falls_into_working_time() -> None:
    start = local(JAKARTA, 2026, 11, 23, 10)
    half = due_at(start, (), WEEK, JAKARTA, Fraction(1, 2))
    assert half == local(JAKARTA, 2026, 11, 27, 8)  # from half past one in the night
    most = due_at(start, (), WEEK, JAKARTA, Fraction(9, 10))
    assert most == local(JAKARTA, 2026, 11, 30, 8)  # from Sunday
    twice = due_at(start, (), WEEK, JAKARTA, Fraction(2))
    assert twice == local(JAKARTA, 2026, 12, 8, 8)
    assert due_at(start, (), WEEK, JAKARTA, Fraction(0)) == start


def test_a_pause_delays_the_half_of_a_week() -> None:
    start = local(JAKARTA, 2026, 11, 23, 10)
    pause = (local(JAKARTA, 2026, 11, 24, 10), local(JAKARTA, 2026, 11, 26, 10))
    half = due_at(start, [pause], WEEK, JAKARTA, Fraction(1, 2))
    assert half == local(JAKARTA, 2026, 11, 30, 8)
    most = due_at(start, [pause], WEEK, JAKARTA, Fraction(9, 10))
    assert most == local(JAKARTA, 2026, 12, 2, 8)
