"""Laws of reminders: whatever the clock does and whenever a worker looks, each step comes once,
one at a time, and what is late is said within a day."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rilon.domain.request_course import Course
from rilon.domain.request_deadlines import DeadlinePolicy, answer_by, overdue, terms_of
from rilon.domain.request_reminders import Reminder, due_step, next_step_at
from rilon.domain.request_rules import decide
from rilon.domain.request_steps import (
    Acknowledge,
    Answer,
    AskToClarify,
    Changed,
    Clarify,
    Close,
    Command,
    Delay,
)
from rilon.domain.requests import Actor, Request
from tests.request_scene import (
    ASKER,
    AT_HAND,
    DHAKA,
    EVERYTHING,
    FOCAL,
    IDN,
    JAKARTA,
    LORD_HOWE,
    MONDAY,
    REQUEST,
    SYDNEY,
    URGENT,
    Desk,
    delivered,
)

asked = st.sampled_from([REQUEST, URGENT, AT_HAND])
desks = st.sampled_from([JAKARTA, DHAKA, SYDNEY, LORD_HOWE])
instants = st.integers(-2_000, 60_000).map(lambda minutes: MONDAY + timedelta(minutes=minutes))
acts = st.one_of(
    st.just((Acknowledge(), FOCAL)),
    st.builds(lambda at: (Delay(at, "x"), FOCAL), instants),
    st.integers(0, 3).map(lambda n: (AskToClarify(f"$q{n}"), FOCAL)),
    st.integers(0, 3).map(lambda n: (Clarify(IDN, f"$c{n}"), ASKER)),
    st.just((Answer("$a"), FOCAL)),
    st.just((Close(None, IDN), ASKER)),
)
Look = tuple[datetime, tuple[Command, Actor] | None]
looks: st.SearchStrategy[list[Look]] = st.lists(st.tuples(instants, st.none() | acts), max_size=25)


def acted(course: Course, act: tuple[Command, Actor] | None, at: datetime) -> Course:
    """The course after an act, if it takes effect."""
    outcome = decide(course, act[0], act[1], EVERYTHING, at) if act is not None else None
    return outcome.course if isinstance(outcome, Changed) else course


@given(asked, desks, looks, st.booleans())
def test_no_key_comes_twice_however_the_clock_jumps(
    request_: Request, desk: Desk, looked: list[Look], unattended: bool
) -> None:
    terms = terms_of(request_, DeadlinePolicy(), desk)
    course, keys = delivered(request_), frozenset[str]()
    for now, act in looked:
        course = acted(course, act, now)
        progress = course.progress[0]
        soon = next_step_at(progress, now, keys, terms, unattended=unattended)
        step = due_step(progress, now, keys, terms, unattended=unattended)
        assert (step is not None) == (soon is not None and soon <= now)
        if step is None:
            continue
        assert step.at <= now
        assert len(set(step.keys)) == len(step.keys)
        assert not keys & set(step.keys)
        assert len(step.keys) <= 7
        assert step.reminder or step.escalation
        assert step.escalation is None or progress.acknowledged is None
        keys |= set(step.keys)
        assert due_step(progress, now, keys, terms, unattended=unattended) is None
        if progress.asking is not None:
            assert step.reminder is Reminder.CLARIFICATION
        if progress.end is not None:
            assert step.reminder is Reminder.CLOSING


@given(asked, desks, looks)
def test_a_worker_that_looks_seldom_does_no_more_and_ends_at_the_same(
    request_: Request, desk: Desk, looked: list[Look]
) -> None:
    """Two workers, the clock of both going forward: one looks whenever something is due, the
    other now and then. After both looked, nothing is due for either."""
    terms = terms_of(request_, DeadlinePolicy(), desk)
    course, eager, seldom = delivered(request_), frozenset[str](), frozenset[str]()
    for now, act in sorted(looked, key=lambda look: look[0]):
        progress = course.progress[0]
        while (at := next_step_at(progress, now, eager, terms)) is not None and at <= now:
            step = due_step(progress, at, eager, terms) or due_step(progress, now, eager, terms)
            assert step is not None
            eager |= set(step.keys)
        late = due_step(progress, now, seldom, terms)
        seldom |= set(late.keys) if late is not None else set()
        assert seldom <= eager
        assert due_step(progress, now, seldom, terms) is None
        course = acted(course, act, now)


@given(asked, desks, st.integers(0, 40_000))
def test_what_is_late_is_said_within_a_day_and_on_every_working_day(
    request_: Request, desk: Desk, minutes: int
) -> None:
    terms = terms_of(request_, DeadlinePolicy(), desk)
    progress = acted(delivered(request_), (Acknowledge(), FOCAL), MONDAY).progress[0]
    due = answer_by(progress, terms)
    assert due is not None
    now = due + timedelta(minutes=minutes, seconds=1)
    assert overdue(progress, now, terms)
    step = due_step(progress, now, frozenset(), terms)
    assert step is not None
    assert step.reminder in {Reminder.DEADLINE, Reminder.OVERDUE}
    after = next_step_at(progress, now, frozenset(step.keys), terms)
    assert after is not None
    weekend = timedelta(days=2) if terms.working_hours else timedelta(0)
    assert now < after <= now + timedelta(days=2, hours=1) + weekend
    assert (now - step.at) < timedelta(days=1, hours=17) + weekend
