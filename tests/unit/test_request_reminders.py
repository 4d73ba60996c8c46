"""Reminders and escalation, each once, and one summary after a time in which nobody looked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from rilon.domain.request_clocks import NoWorkingDay
from rilon.domain.request_course import Course, Progress
from rilon.domain.request_deadlines import DeadlinePolicy, Escalation, Terms, terms_of
from rilon.domain.request_reminders import Level, Reminder, Step, due_step, next_step_at
from rilon.domain.request_steps import (
    Acknowledge,
    Answer,
    AskToClarify,
    Clarify,
    Close,
    Delay,
)
from rilon.domain.requests import STEWARD, Request
from tests.request_scene import (
    ASKER,
    AT_HAND,
    FOCAL,
    IDN,
    JAKARTA,
    MONDAY,
    REQUEST,
    SYDNEY,
    URGENT,
    Desk,
    delivered,
    done,
    hours,
    local,
    sent,
)

DAY = timedelta(days=1)


def terms(request: Request = AT_HAND, desk: Desk = JAKARTA) -> Terms:
    return terms_of(request, DeadlinePolicy(), desk)


def of(course: Course) -> Progress:
    """Where it stands with Indonesia."""
    progress = course.of(IDN)
    assert progress is not None
    return progress


def performed(
    progress: Progress,
    until: datetime,
    on: Terms,
    done_before: frozenset[str] = frozenset(),
    *,
    unattended: bool = False,
) -> list[Step]:
    """The steps of a worker that looks exactly when it is told to, until then."""
    now, done_keys = MONDAY, done_before
    steps: list[Step] = []
    while True:
        at = next_step_at(progress, now, done_keys, on, unattended=unattended)
        if at is None or at > until:
            return steps
        now = max(now, at)
        step = due_step(progress, now, done_keys, on, unattended=unattended)
        assert step is not None
        assert not done_keys & set(step.keys)
        done_keys |= set(step.keys)
        steps.append(step)


def acknowledged(request: Request = AT_HAND) -> Course:
    return done(delivered(request), Acknowledge(), FOCAL)


def test_reminders_come_at_half_at_nine_tenths_at_the_deadline_then_daily() -> None:
    steps = performed(of(acknowledged()), MONDAY + 3 * DAY, terms())
    due = MONDAY + hours(8)
    assert [(step.keys, step.at) for step in steps] == [
        (("reminder:half",), MONDAY + hours(4)),
        (("reminder:nine_tenths",), MONDAY + hours(7.2)),
        (("reminder:deadline",), due),
        (("overdue:2026-11-24",), due + DAY),
        (("overdue:2026-11-25",), due + 2 * DAY),
    ]
    assert [step.reminder for step in steps] == [
        Reminder.HALF,
        Reminder.NINE_TENTHS,
        Reminder.DEADLINE,
        Reminder.OVERDUE,
        Reminder.OVERDUE,
    ]
    assert all(step.escalation is None and not step.is_summary for step in steps)


def test_routine_reminders_come_in_working_time() -> None:
    steps = performed(of(acknowledged(REQUEST)), local(JAKARTA, 2026, 12, 9), terms(REQUEST))
    assert [step.at for step in steps] == [
        local(JAKARTA, 2026, 11, 27, 8),
        local(JAKARTA, 2026, 11, 30, 8),
        local(JAKARTA, 2026, 11, 30, 16),
        *(local(JAKARTA, 2026, 12, day, 8) for day in (1, 2, 3, 4, 7, 8)),
    ]


def test_a_desk_that_does_not_acknowledge_is_passed_over_step_by_step() -> None:
    steps = performed(of(delivered(URGENT)), MONDAY + 1 * DAY, terms(URGENT))
    assert [(step.keys, step.escalation, step.at - MONDAY) for step in steps] == [
        (("escalation:deputy",), Level.DEPUTY, hours(2)),
        (("escalation:desk",), Level.DESK, hours(3)),
        (("escalation:coordinator",), Level.COORDINATOR, hours(4)),
    ]


def test_routine_escalation_counts_working_time() -> None:
    steps = performed(of(delivered(REQUEST)), MONDAY + 3 * DAY, terms(REQUEST))
    assert [step.at for step in steps] == [
        local(JAKARTA, 2026, 11, 24, 10),
        local(JAKARTA, 2026, 11, 24, 14),
        local(JAKARTA, 2026, 11, 25, 10),
    ]


def test_with_nobody_on_duty_escalation_begins_at_once() -> None:
    progress = of(delivered(URGENT))
    steps = performed(progress, MONDAY + DAY, terms(URGENT), unattended=True)
    assert [step.at - MONDAY for step in steps] == [hours(0), hours(1), hours(2)]


def test_an_acknowledgement_ends_the_escalation() -> None:
    assert due_step(of(acknowledged()), MONDAY + hours(2), frozenset(), terms()) is None


@pytest.mark.parametrize("shares", [(0, 1, 2), (2, 1, 3), (1, 3, 2)])
def test_an_escalation_that_goes_backwards_is_broken(shares: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="the deputy comes first"):
        Escalation(*(Fraction(share) for share in shares))


def test_after_a_day_down_one_summary_says_it_all() -> None:
    step = due_step(of(delivered()), MONDAY + DAY, frozenset(), terms())
    assert step == Step(
        (
            "reminder:half",
            "reminder:nine_tenths",
            "reminder:deadline",
            "escalation:deputy",
            "escalation:desk",
            "escalation:coordinator",
        ),
        MONDAY + hours(8),
        Reminder.DEADLINE,
        Level.COORDINATOR,
    )
    assert step.is_summary
    assert due_step(of(delivered()), MONDAY + DAY, frozenset(step.keys), terms()) is None


def test_after_weeks_down_the_days_that_were_missed_are_not_made_up() -> None:
    progress, down = of(acknowledged()), MONDAY + 40 * DAY
    step = due_step(progress, down, frozenset(), terms())
    assert step is not None
    assert step.keys[3:] == ("overdue:2027-01-01",)
    assert step.reminder is Reminder.OVERDUE
    keys = frozenset(step.keys)
    assert due_step(progress, down, keys, terms()) is None
    assert next_step_at(progress, down, keys, terms()) == MONDAY + 40 * DAY + hours(8)


def test_what_a_heavier_reminder_made_needless_is_never_made_up() -> None:
    done_keys = frozenset({"reminder:deadline"})
    assert due_step(of(acknowledged()), MONDAY + hours(9), done_keys, terms()) is None


def test_a_clock_that_was_a_year_ahead_for_a_while_does_not_silence_what_comes() -> None:
    progress, year = of(acknowledged()), MONDAY + 365 * DAY
    early = due_step(progress, year, frozenset(), terms())
    assert early is not None
    keys = frozenset(early.keys)
    assert due_step(progress, MONDAY + hours(1), keys, terms()) is None
    later = due_step(progress, MONDAY + hours(8) + DAY, keys, terms())
    assert later is not None
    assert later.keys == ("overdue:2026-11-24",)


def test_a_promise_begins_the_reminders_anew() -> None:
    course = acknowledged()
    first = performed(of(course), MONDAY + 1.5 * DAY, terms())
    keys = frozenset(key for step in first for key in step.keys)
    course = done(course, Delay(MONDAY + 4 * DAY, "x"), FOCAL, MONDAY + 2 * DAY)
    steps = performed(of(course), MONDAY + 5 * DAY, terms(), keys)
    assert [(step.keys, step.at - MONDAY) for step in steps] == [
        (("reminder:half:2",), 3 * DAY),
        (("reminder:nine_tenths:2",), 3 * DAY + hours(0.8 * 24)),
        (("reminder:deadline:2",), 4 * DAY),
        (("overdue:2026-11-28:2",), 5 * DAY),
    ]


def test_reminders_of_a_promise_stay_before_it_even_on_a_sunday() -> None:
    course = acknowledged(REQUEST)
    sunday = local(JAKARTA, 2026, 11, 29, 10)
    course = done(course, Delay(sunday, "x"), FOCAL, local(JAKARTA, 2026, 11, 27, 15))
    steps = performed(of(course), local(JAKARTA, 2026, 11, 30, 12), terms(REQUEST))
    assert [(step.keys, step.at) for step in steps] == [
        (("reminder:half:2", "reminder:nine_tenths:2", "reminder:deadline:2"), sunday),
        (("overdue:2026-11-30:2",), local(JAKARTA, 2026, 11, 30, 8)),
    ]


def test_while_the_clock_stands_the_requester_is_reminded_every_two_days() -> None:
    course = done(delivered(), AskToClarify("$q"), FOCAL, MONDAY + hours(1))
    steps = performed(of(course), MONDAY + 5 * DAY, terms())
    assert [(step.keys, step.reminder, step.at) for step in steps] == [
        (("clarification:2026-11-25",), Reminder.CLARIFICATION, MONDAY + 2 * DAY + hours(1)),
        (("clarification:2026-11-27",), Reminder.CLARIFICATION, MONDAY + 4 * DAY + hours(1)),
    ]
    answered = done(course, Clarify(IDN, "$c"), ASKER, MONDAY + 5 * DAY)
    steps = performed(of(answered), MONDAY + 6 * DAY, terms())
    assert [step.at - MONDAY for step in steps] == [
        5 * DAY + hours(offset) for offset in (3, 6.2, 7)
    ]


def test_what_nobody_closes_is_closed_after_two_weeks() -> None:
    course = done(acknowledged(), Answer("$a"), FOCAL)
    steps = performed(of(course), MONDAY + 99 * DAY, terms())
    assert steps == [Step(("closing",), MONDAY + 14 * DAY, Reminder.CLOSING)]
    closed = done(course, Close(None, IDN), STEWARD)
    assert next_step_at(of(closed), MONDAY, frozenset(), terms()) is None


def test_before_delivery_nothing_is_due() -> None:
    assert next_step_at(of(sent()), MONDAY, frozenset(), terms()) is None


def test_the_daily_reminder_keeps_its_hour_over_daylight_saving() -> None:
    """Clocks go forward in Sydney on Sunday, 4 October 2026."""
    friday = local(SYDNEY, 2026, 10, 2, 1)
    course = done(delivered(AT_HAND, friday), Acknowledge(), FOCAL, friday)
    on = terms(AT_HAND, SYDNEY)
    keys = frozenset({"reminder:deadline"})
    found = []
    for _ in range(4):
        at = next_step_at(of(course), friday, keys, on)
        assert at is not None
        step = due_step(of(course), at, keys, on)
        assert step is not None
        keys |= set(step.keys)
        friday = at
        found.append(at)
    assert found == [local(SYDNEY, 2026, 10, day, 9) for day in (3, 4, 5, 6)]
    assert found[0] == datetime(2026, 10, 2, 23, tzinfo=UTC)


def test_a_long_feast_has_no_daily_reminders() -> None:
    feast = replace(
        JAKARTA,
        holidays=frozenset(date(2026, 12, 1) + timedelta(days=day) for day in range(30)),
    )
    on = terms(REQUEST, feast)
    progress, keys = of(acknowledged(REQUEST)), frozenset({"reminder:deadline"})
    during = local(feast, 2026, 12, 20)
    assert due_step(progress, during, keys, on) is None
    assert next_step_at(progress, during, keys, on) == local(feast, 2026, 12, 31, 8)


def test_a_desk_that_never_opens_again_is_broken_and_not_silent() -> None:
    shut = replace(
        JAKARTA,
        holidays=frozenset(date(2026, 12, 1) + timedelta(days=day) for day in range(600)),
    )
    with pytest.raises(NoWorkingDay):
        next_step_at(of(acknowledged(REQUEST)), MONDAY + 9 * DAY, frozenset(), terms(REQUEST, shut))
