"""What can't be brought into a desk is over there, by nobody's deed; and reasons for urgency."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rilon.domain.request_clocks import CalendarDays
from rilon.domain.request_course import Course, State
from rilon.domain.request_deadlines import DeadlinePolicy, in_time, terms_of
from rilon.domain.request_rules import decide
from rilon.domain.request_steps import (
    UNKNOWN,
    Already,
    Changed,
    Close,
    Deliver,
    Kind,
    Limits,
    No,
    NotDelivered,
    RequestCode,
    Send,
    Withdraw,
)
from rilon.domain.requests import STEWARD, Ground
from tests.request_scene import (
    ASKER,
    ASKS,
    EVERYTHING,
    FOCAL,
    IDN,
    JAKARTA,
    MONDAY,
    MYS,
    REQUEST,
    SERVES,
    THA,
    URGENT,
    done,
    sent,
)


def test_it_is_over_with_that_addressee_alone() -> None:
    outcome = decide(sent(), NotDelivered(IDN), STEWARD, SERVES, MONDAY)
    assert isinstance(outcome, Changed)
    assert [(one.kind, one.addressee) for one in outcome.events] == [(Kind.NOT_DELIVERED, IDN)]
    course = outcome.course
    states = {one.addressee: one.state for one in course.progress}
    assert states == {IDN: State.NOT_DELIVERED, MYS: State.SENT}
    progress = course.of(IDN)
    assert progress is not None
    assert in_time(progress, terms_of(REQUEST, DeadlinePolicy(), JAKARTA)) is None
    gone = done(course, Withdraw(), ASKER)
    assert {one.state for one in gone.progress} == {State.NOT_DELIVERED, State.WITHDRAWN}
    assert gone.state is State.NOT_DELIVERED
    assert done(gone, Close(None), ASKER).state is State.CLOSED


@pytest.mark.parametrize("actor", [ASKER, FOCAL])
def test_no_officer_can_say_so(actor: object) -> None:
    for may in (ASKS, EVERYTHING):
        assert decide(sent(), NotDelivered(IDN), actor, may, MONDAY) == UNKNOWN  # type: ignore[arg-type]
    assert decide(sent(), NotDelivered(THA), STEWARD, SERVES, MONDAY) == UNKNOWN


def test_what_stands_in_the_desk_or_has_ended_stays_as_it_is() -> None:
    there = done(sent(), Deliver(IDN), STEWARD)
    assert isinstance(decide(there, NotDelivered(IDN), STEWARD, SERVES, MONDAY), Already)
    gone = done(sent(), Withdraw(), ASKER)
    assert isinstance(decide(gone, NotDelivered(IDN), STEWARD, SERVES, MONDAY), Already)
    again = done(sent(), NotDelivered(IDN), STEWARD)
    assert isinstance(decide(again, NotDelivered(IDN), STEWARD, SERVES, MONDAY), Already)


def test_who_acts_after_it_is_told_that_it_never_came() -> None:
    over = done(done(sent(), NotDelivered(IDN), STEWARD), NotDelivered(MYS), STEWARD)
    outcome = decide(over, Withdraw(), ASKER, ASKS, MONDAY)
    assert outcome == No(RequestCode.NOT_DELIVERED)


def test_an_urgent_request_names_a_reason_of_its_group() -> None:
    limits = Limits(grounds=frozenset({Ground.DETENTION, Ground.THREAT}))
    outcome = decide(Course(URGENT), Send(), ASKER, ASKS, MONDAY, limits)
    assert outcome == No(RequestCode.NOT_URGENT, (("grounds", "threat,detention"),))
    assert isinstance(decide(Course(REQUEST), Send(), ASKER, ASKS, MONDAY, limits), Changed)
    taken = replace(limits, grounds=frozenset({Ground.LIFE}))
    assert isinstance(decide(Course(URGENT), Send(), ASKER, ASKS, MONDAY, taken), Changed)


def test_a_policy_that_says_nothing_reminds_as_before() -> None:
    assert DeadlinePolicy().then_every == CalendarDays(1)
    assert [int(one * 100) for one in DeadlinePolicy().reminders] == [50, 90, 100]
