"""Deadlines of a request with one addressee: by when, stopped, promised anew, late or in time."""

from __future__ import annotations

from datetime import datetime, timedelta

from rilon.domain.request_course import Course, Progress, Refusal
from rilon.domain.request_deadlines import (
    DeadlinePolicy,
    Terms,
    acknowledge_by,
    answer_by,
    in_time,
    overdue,
    stood,
    terms_of,
    unacknowledged,
)
from rilon.domain.request_steps import (
    Acknowledge,
    Answer,
    AskToClarify,
    Clarify,
    Delay,
    Refuse,
    Withdraw,
)
from rilon.domain.requests import Request
from tests.request_scene import (
    ASKER,
    AT_HAND,
    FOCAL,
    IDN,
    JAKARTA,
    MONDAY,
    REQUEST,
    URGENT,
    delivered,
    done,
    hours,
    local,
    sent,
)

DAY = timedelta(days=1)


def terms(request: Request = REQUEST) -> Terms:
    return terms_of(request, DeadlinePolicy(), JAKARTA)


def of(course: Course) -> Progress:
    """Where it stands with Indonesia."""
    progress = course.of(IDN)
    assert progress is not None
    return progress


def times(course: Course, request: Request) -> tuple[datetime | None, datetime | None]:
    return acknowledge_by(of(course), terms(request)), answer_by(of(course), terms(request))


def test_the_defaults_are_those_of_the_table() -> None:
    assert times(delivered(AT_HAND), AT_HAND) == (MONDAY + hours(1), MONDAY + hours(8))
    assert times(delivered(URGENT), URGENT) == (MONDAY + hours(2), MONDAY + 3 * DAY)
    assert times(delivered(), REQUEST) == (
        local(JAKARTA, 2026, 11, 24, 10),
        local(JAKARTA, 2026, 11, 30, 16),
    )


def test_the_clock_starts_at_delivery() -> None:
    assert times(sent(AT_HAND), AT_HAND) == (None, None)
    assert not overdue(of(sent(AT_HAND)), MONDAY + 99 * DAY, terms(AT_HAND))
    assert not unacknowledged(of(sent(AT_HAND)), MONDAY + 99 * DAY, terms(AT_HAND))


def test_the_clock_stands_while_the_requester_is_asked_and_goes_on_after() -> None:
    course = done(delivered(AT_HAND), AskToClarify("$q"), FOCAL, MONDAY + hours(2))
    assert answer_by(of(course), terms(AT_HAND)) is None
    assert not overdue(of(course), MONDAY + 99 * DAY, terms(AT_HAND))
    course = done(course, Clarify(IDN, "$c"), ASKER, MONDAY + hours(30))
    assert answer_by(of(course), terms(AT_HAND)) == MONDAY + hours(36)
    course = done(course, AskToClarify("$q2"), FOCAL, MONDAY + hours(31))
    course = done(course, AskToClarify("$q3"), FOCAL, MONDAY + hours(32))
    course = done(course, Clarify(IDN, "$d"), ASKER, MONDAY + hours(41))
    assert answer_by(of(course), terms(AT_HAND)) == MONDAY + hours(46)
    assert [end - begin for begin, end in stood(of(course))] == [hours(28), hours(10)]


def test_a_promise_replaces_the_allowance_and_is_moved_by_later_clarifications_alone() -> None:
    course = done(delivered(AT_HAND), AskToClarify("$q"), FOCAL, MONDAY + hours(1))
    course = done(course, Clarify(IDN, "$c"), ASKER, MONDAY + hours(2))
    course = done(course, Delay(MONDAY + 2 * DAY, "x"), FOCAL, MONDAY + hours(3))
    assert answer_by(of(course), terms(AT_HAND)) == MONDAY + 2 * DAY
    course = done(course, AskToClarify("$q2"), FOCAL, MONDAY + hours(4))
    course = done(course, Clarify(IDN, "$d"), ASKER, MONDAY + hours(9))
    assert answer_by(of(course), terms(AT_HAND)) == MONDAY + 2 * DAY + hours(5)
    course = done(course, Delay(MONDAY + 4 * DAY, "y"), FOCAL, MONDAY + hours(10))
    assert answer_by(of(course), terms(AT_HAND)) == MONDAY + 4 * DAY


def test_overdue_is_past_the_deadline_and_not_at_it() -> None:
    progress, due = of(delivered(AT_HAND)), MONDAY + hours(8)
    assert not overdue(progress, due, terms(AT_HAND))
    assert overdue(progress, due + timedelta(microseconds=1), terms(AT_HAND))
    first = MONDAY + hours(1)
    assert not unacknowledged(progress, first, terms(AT_HAND))
    assert unacknowledged(progress, first + timedelta(microseconds=1), terms(AT_HAND))
    seen = of(done(delivered(AT_HAND), Acknowledge(), FOCAL))
    assert not unacknowledged(seen, MONDAY + DAY, terms(AT_HAND))


def test_what_has_ended_is_never_overdue_and_was_in_time_or_late() -> None:
    late = MONDAY + 99 * DAY
    for hour, timely in ((8, True), (8.001, False)):
        for end in (Answer("$a"), Refuse(Refusal.SECURITY)):
            course = done(delivered(AT_HAND), end, FOCAL, MONDAY + hours(hour))
            assert not overdue(of(course), late, terms(AT_HAND))
            assert not unacknowledged(of(course), late, terms(AT_HAND))
            assert in_time(of(course), terms(AT_HAND)) is timely
    gone = done(delivered(AT_HAND), Withdraw(), ASKER)
    assert in_time(of(gone), terms(AT_HAND)) is None
    assert not unacknowledged(of(gone), late, terms(AT_HAND))
    assert in_time(of(delivered(AT_HAND)), terms(AT_HAND)) is None
    assert in_time(of(sent(AT_HAND)), terms(AT_HAND)) is None


def test_an_answer_that_does_not_wait_for_the_clarification_is_in_time() -> None:
    course = done(delivered(AT_HAND), AskToClarify("$q"), FOCAL, MONDAY + hours(7))
    course = done(course, Answer("$a"), FOCAL, MONDAY + hours(50))
    assert in_time(of(course), terms(AT_HAND)) is True
    assert stood(of(course)) == ((MONDAY + hours(7), MONDAY + hours(50)),)


def test_a_question_after_the_deadline_does_not_make_the_answer_timely() -> None:
    course = done(delivered(AT_HAND), AskToClarify("$q"), FOCAL, MONDAY + hours(9))
    course = done(course, Clarify(IDN, "$c"), ASKER, MONDAY + hours(20))
    assert overdue(of(course), MONDAY + hours(20), terms(AT_HAND))
    course = done(course, Answer("$a"), FOCAL, MONDAY + hours(21))
    assert in_time(of(course), terms(AT_HAND)) is False
