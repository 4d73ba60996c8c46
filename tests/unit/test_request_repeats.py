"""Reminders that repeat as the group says: every so many hours, days or working days."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilon.domain.request_clocks import Allowance, CalendarDays, Elapsed, NoWorkingDay, WorkingDays
from rilon.domain.request_deadlines import DeadlinePolicy, terms_of
from rilon.domain.request_reminders import Reminder, Step, due_step
from rilon.domain.request_repeats import repeats
from rilon.domain.request_steps import Acknowledge
from rilon.domain.requests import Request
from tests.request_scene import (
    AT_HAND,
    DHAKA,
    FOCAL,
    IDN,
    JAKARTA,
    LORD_HOWE,
    MONDAY,
    SYDNEY,
    Desk,
    delivered,
    done,
    hours,
    local,
)


def said(request: Request, policy: DeadlinePolicy, over: timedelta, step: timedelta) -> list[Step]:
    """All that a worker does who looks so often."""
    progress = done(delivered(request), Acknowledge(), FOCAL).of(IDN)
    assert progress is not None
    terms, found, keys = terms_of(request, policy, JAKARTA), list[Step](), frozenset[str]()
    now = MONDAY
    while now < MONDAY + over:
        now += step
        due = due_step(progress, now, keys, terms)
        if due is not None:
            found.append(due)
            keys |= set(due.keys)
    return found


def test_a_group_with_other_reminders_gets_others() -> None:
    policy = DeadlinePolicy(
        reminders=(Fraction(1, 4), Fraction(3, 4)), then_every=Elapsed(timedelta(hours=2))
    )
    steps = said(AT_HAND, policy, hours(13), hours(0.25))
    assert [(one.reminder, one.percent) for one in steps] == [
        (Reminder.SHARE, 25),
        (Reminder.SHARE, 75),
        (Reminder.OVERDUE, None),
        (Reminder.OVERDUE, None),
    ]
    assert [one.at - MONDAY for one in steps] == [hours(2), hours(6), hours(10), hours(12)]


def test_a_group_without_early_reminders_is_reminded_when_it_is_late() -> None:
    policy = DeadlinePolicy(reminders=(), then_every=CalendarDays(2))
    steps = said(AT_HAND, policy, timedelta(days=5), hours(1))
    assert [one.reminder for one in steps] == [Reminder.OVERDUE] * 2
    assert steps[1].at - steps[0].at == timedelta(days=2)


def test_the_usual_shares_keep_their_keys() -> None:
    steps = said(AT_HAND, DeadlinePolicy(), hours(9), hours(0.1))
    keys = [key for one in steps for key in one.keys]
    assert keys == ["reminder:half", "reminder:nine_tenths", "reminder:deadline"]


def test_two_days_that_fall_on_a_sunday_come_on_monday_and_once() -> None:
    friday = local(JAKARTA, 2026, 11, 27, 10)
    wednesday = local(JAKARTA, 2026, 12, 2, 9)
    found = repeats(friday, CalendarDays(2), wednesday, JAKARTA, working_hours=True)
    assert found == (
        ("2026-12-01", local(JAKARTA, 2026, 12, 1, 8)),
        ("2026-12-03", local(JAKARTA, 2026, 12, 3, 8)),
    )
    sunday = local(JAKARTA, 2026, 11, 29, 12)
    (following,) = repeats(friday, CalendarDays(2), sunday, JAKARTA, working_hours=True)
    assert following[0] == "2026-11-30"


def test_working_days_are_counted_over_the_weekend() -> None:
    thursday = local(JAKARTA, 2026, 11, 26, 10)
    found = repeats(
        thursday, WorkingDays(2), local(JAKARTA, 2026, 11, 30, 9), JAKARTA, working_hours=True
    )
    assert [key for key, _ in found] == ["2026-11-30", "2026-12-02"]


def test_hours_of_a_closed_night_are_one_when_the_desk_opens() -> None:
    evening = local(JAKARTA, 2026, 11, 23, 15)
    morning = local(JAKARTA, 2026, 11, 24, 8, 30)
    found = repeats(evening, Elapsed(hours(2)), morning, JAKARTA, working_hours=True)
    assert [at for _, at in found] == [
        local(JAKARTA, 2026, 11, 24, 8),
        local(JAKARTA, 2026, 11, 24, 9),
    ]


def test_a_calendar_without_working_days_is_broken() -> None:
    never = replace(JAKARTA, week=frozenset())
    for every in (CalendarDays(2), WorkingDays(1)):
        with pytest.raises(NoWorkingDay):
            repeats(MONDAY, every, MONDAY, never, working_hours=True)


allowances: st.SearchStrategy[Allowance] = st.one_of(
    st.builds(lambda n: Elapsed(timedelta(hours=n)), st.integers(1, 80)),
    st.builds(CalendarDays, st.integers(1, 12)),
    st.builds(WorkingDays, st.integers(1, 12)),
)
desks = st.sampled_from(
    [JAKARTA, DHAKA, SYDNEY, LORD_HOWE, replace(JAKARTA, holidays=frozenset({date(2026, 12, 1)}))]
)


@given(allowances, desks, st.booleans(), st.integers(0, 60_000), st.integers(0, 60_000))
def test_the_last_has_come_the_next_is_to_come_and_time_doesnt_turn(
    every: Allowance, desk: Desk, working: bool, first: int, further: int
) -> None:
    now = datetime(2026, 11, 23, 3, 7, tzinfo=UTC) + timedelta(minutes=first)
    later = now + timedelta(minutes=further)
    *last, following = repeats(MONDAY, every, now, desk, working_hours=working)
    assert all(MONDAY < at <= now for _, at in last)
    assert following[1] > now
    *after, coming = repeats(MONDAY, every, later, desk, working_hours=working)
    assert coming[1] >= following[1]
    if following[1] <= later:
        assert after
        assert after[0][1] >= following[1]
    else:
        assert coming == following
