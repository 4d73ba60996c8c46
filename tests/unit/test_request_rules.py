"""The steps of a request, case by case: who may, what follows, and what is a no."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from rilon.domain.parties import parties
from rilon.domain.request_course import Course, Refusal, State, Usefulness, summary
from rilon.domain.request_rules import decide
from rilon.domain.request_steps import (
    UNKNOWN,
    Acknowledge,
    Already,
    Answer,
    AnswerPartly,
    AskToClarify,
    Assign,
    Change,
    Changed,
    Clarify,
    Close,
    Command,
    Delay,
    Deliver,
    Event,
    Finish,
    Kind,
    Limits,
    May,
    No,
    Outcome,
    Refuse,
    RequestCode,
    Send,
    Withdraw,
    no,
)
from rilon.domain.requests import STEWARD, Actor, Field
from tests.request_scene import (
    ANSWERS,
    ASKER,
    ASKS,
    COLLEAGUE,
    DEPUTY,
    EVERYTHING,
    FOCAL,
    HANDLES,
    IDN,
    MONDAY,
    MYS,
    OTHER,
    REQUEST,
    SERVES,
    STRANGER,
    THA,
    delivered,
    done,
    hours,
    sent,
)

LATER = MONDAY + hours(1)
DELAYED = Delay(MONDAY + timedelta(days=3), "the registry is closed")


def tried(course: Course, command: Command, by: Actor, may: May = EVERYTHING) -> Outcome:
    """What a command an hour later leads to."""
    return decide(course, command, by, may, LATER)


def code(outcome: Outcome) -> RequestCode:
    assert isinstance(outcome, No), outcome
    return outcome.code


def events(outcome: Outcome) -> tuple[Event, ...]:
    assert isinstance(outcome, Changed), outcome
    return outcome.events


def kinds(outcome: Outcome) -> list[Kind]:
    return [event.kind for event in events(outcome)]


def state(course: Course, party: str = "IDN") -> State:
    progress = next(one for one in course.progress if one.addressee == party)
    return progress.state


# --- drafts ------------------------------------------------------------------------------------


def test_a_draft_is_changed_and_keeps_its_identity() -> None:
    other = replace(REQUEST, id="r2", group="other", officer="x", party=IDN, subject="a red hull")
    after = done(Course(REQUEST), Change(other), ASKER)
    assert after.request == replace(REQUEST, subject="a red hull")
    assert after.state is State.DRAFT
    again = tried(after, Change(after.request), ASKER)
    assert isinstance(again, Already)


def test_a_draft_is_its_authors_alone() -> None:
    for command in (Change(REQUEST), Send(), Withdraw(), Close(None), Clarify(IDN, "$c")):
        assert tried(Course(REQUEST), command, COLLEAGUE) == UNKNOWN
    assert tried(Course(REQUEST), Acknowledge(), FOCAL) == UNKNOWN
    assert tried(Course(REQUEST), Deliver(IDN), STEWARD, SERVES) == UNKNOWN


def test_a_draft_is_neither_clarified_nor_closed() -> None:
    assert code(tried(Course(REQUEST), Close(None), ASKER)) is RequestCode.DRAFT
    assert code(tried(Course(REQUEST), Clarify(IDN, "$c"), ASKER)) is RequestCode.DRAFT
    assert code(tried(Course(REQUEST), Close(None), STEWARD, SERVES)) is RequestCode.DRAFT


def test_a_draft_that_is_thrown_away_stays_so() -> None:
    gone = done(Course(REQUEST), Withdraw(), ASKER)
    assert gone.state is State.WITHDRAWN
    assert isinstance(tried(gone, Withdraw(), ASKER), Already)
    assert code(tried(gone, Send(), ASKER)) is RequestCode.WITHDRAWN


def test_sending_reaches_every_addressee_once() -> None:
    outcome = tried(Course(REQUEST), Send(), ASKER)
    assert [(event.kind, event.addressee) for event in events(outcome)] == [
        (Kind.SENT, "IDN"),
        (Kind.SENT, "MYS"),
    ]
    after = sent()
    assert after.state is State.SENT
    assert after.open == parties("IDN", "MYS")
    again = tried(after, Send(), COLLEAGUE)
    assert isinstance(again, Already)
    assert again.mark.by == ASKER
    assert code(tried(after, Change(REQUEST), ASKER)) is RequestCode.SENT


def test_what_a_group_needs_is_asked_for_before_sending() -> None:
    bare = Course(replace(REQUEST, theme=None, addressees=frozenset()))
    limits = Limits(needed=frozenset({Field.THEME}))
    outcome = decide(bare, Send(), ASKER, ASKS, MONDAY, limits)
    assert outcome == no(RequestCode.INCOMPLETE, fields="addressees,theme")


def test_no_party_asks_itself_or_beyond_its_marking() -> None:
    own = Course(replace(REQUEST, addressees=parties("AUS", "IDN")))
    assert code(tried(own, Send(), ASKER)) is RequestCode.ASKS_ITSELF
    far = Course(replace(REQUEST, addressees=parties("IDN", "THA", "BGD")))
    assert tried(far, Send(), ASKER) == no(RequestCode.OUT_OF_REACH, parties="BGD,THA")


# --- who may -----------------------------------------------------------------------------------


ADDRESSEES_COMMANDS: list[Command] = [
    Acknowledge(),
    Assign("idn.focal2"),
    AskToClarify("$q"),
    DELAYED,
    AnswerPartly("$p"),
    Answer("$a"),
    Finish(),
    Refuse(Refusal.SECURITY),
]


@pytest.mark.parametrize("command", ADDRESSEES_COMMANDS, ids=lambda it: type(it).__name__)
def test_a_stranger_and_one_without_entitlement_get_one_and_the_same_answer(
    command: Command,
) -> None:
    course = delivered()
    assert tried(course, command, STRANGER) == UNKNOWN
    assert tried(course, command, FOCAL, frozenset()) == UNKNOWN
    assert tried(course, command, FOCAL, ASKS) == UNKNOWN
    assert tried(course, command, ASKER) == UNKNOWN
    assert tried(course, command, STEWARD, SERVES | ANSWERS) == UNKNOWN


@pytest.mark.parametrize("command", [Change(REQUEST), Send(), Withdraw(), Close(None)])
def test_only_the_requesters_party_steers_the_request(command: Command) -> None:
    course = delivered()
    for actor in (FOCAL, STRANGER):
        assert tried(course, command, actor) == UNKNOWN
    assert tried(course, command, ASKER, ANSWERS) == UNKNOWN


@pytest.mark.parametrize("command", ADDRESSEES_COMMANDS[2:], ids=lambda it: type(it).__name__)
def test_who_may_handle_may_not_speak_for_the_party(command: Command) -> None:
    assert tried(delivered(), command, FOCAL, HANDLES) == No(RequestCode.NOT_ENTITLED)


def test_only_the_steward_records_a_delivery() -> None:
    assert tried(sent(), Deliver(IDN), FOCAL) == UNKNOWN
    assert tried(sent(), Deliver(THA), STEWARD, SERVES) == UNKNOWN


def test_any_officer_of_the_requesters_party_who_may_ask_speaks_for_it() -> None:
    assert kinds(tried(delivered(), Withdraw(), COLLEAGUE, ASKS)) == [Kind.WITHDRAWN] * 2


# --- the way to the end ----------------------------------------------------------------------


def test_a_delivery_is_recorded_once() -> None:
    course = done(sent(), Deliver(IDN), STEWARD)
    assert state(course) is State.SENT
    assert isinstance(tried(course, Deliver(IDN), STEWARD, SERVES), Already)


def test_acknowledging_before_the_delivery_is_recorded_implies_it() -> None:
    outcome = tried(sent(), Acknowledge(), FOCAL, HANDLES)
    assert [(event.kind, event.implied) for event in events(outcome)] == [
        (Kind.DELIVERED, True),
        (Kind.ACKNOWLEDGED, False),
    ]
    assert events(outcome)[0].mark.by == STEWARD


def test_a_second_acknowledgement_tells_who_was_first() -> None:
    course = done(delivered(), Acknowledge(), FOCAL)
    assert state(course) is State.ACKNOWLEDGED
    outcome = tried(course, Acknowledge(), DEPUTY)
    assert isinstance(outcome, Already)
    assert outcome.mark.by == FOCAL
    assert outcome.mark.at == MONDAY


@pytest.mark.parametrize(
    ("command", "follows", "then"),
    [
        (Assign("idn.focal2"), Kind.ASSIGNED, State.ASSIGNED),
        (AskToClarify("$q"), Kind.CLARIFICATION_ASKED, State.CLARIFICATION),
        (DELAYED, Kind.DELAYED, State.DELAYED),
        (AnswerPartly("$p"), Kind.PARTLY_ANSWERED, State.PARTIAL),
        (Answer("$a"), Kind.ANSWERED, State.ANSWERED),
        (Refuse(Refusal.TOO_MINOR), Kind.REFUSED, State.REFUSED),
    ],
)
def test_whatever_an_addressee_does_acknowledges(
    command: Command, follows: Kind, then: State
) -> None:
    outcome = tried(delivered(), command, FOCAL, ANSWERS)
    assert [(event.kind, event.implied) for event in events(outcome)] == [
        (Kind.ACKNOWLEDGED, True),
        (follows, False),
    ]
    assert isinstance(outcome, Changed)
    assert state(outcome.course) is then
    assert state(outcome.course, "MYS") is State.SENT


def test_events_carry_what_belongs_to_them() -> None:
    course = done(delivered(), Acknowledge(), FOCAL)
    assert events(tried(course, Assign("idn.focal2"), FOCAL))[0].officer == "idn.focal2"
    assert events(tried(course, AskToClarify("$q"), FOCAL))[0].message == "$q"
    assert events(tried(course, AnswerPartly("$p"), FOCAL))[0].message == "$p"
    assert events(tried(course, Answer("$a"), FOCAL))[0].message == "$a"
    assert events(tried(course, Refuse(Refusal.OUTDATED), FOCAL))[0].refusal is Refusal.OUTDATED
    delay = events(tried(course, DELAYED, FOCAL))[0]
    assert (delay.until, delay.reason) == (DELAYED.until, DELAYED.reason)
    assert DELAYED.reason not in repr(delay) + repr(DELAYED)
    delayed = done(course, DELAYED, FOCAL)
    assert DELAYED.reason not in repr(delayed)


def test_of_two_who_assign_at_once_the_second_is_told() -> None:
    course = done(delivered(), Assign("idn.focal2"), FOCAL)
    assert tried(course, Assign("idn.focal1"), DEPUTY) == no(
        RequestCode.ASSIGNED, to="idn.focal2", by="idn.focal1"
    )
    assert isinstance(tried(course, Assign("idn.focal2"), DEPUTY), Already)
    moved = done(course, Assign("idn.focal1", instead_of="idn.focal2"), DEPUTY)
    assert moved.progress[0].assignment is not None
    assert moved.progress[0].assignment.to == "idn.focal1"


def test_assigning_later_does_not_turn_the_state_back() -> None:
    course = done(delivered(), AnswerPartly("$p"), FOCAL)
    assert state(done(course, Assign("idn.focal2"), FOCAL)) is State.PARTIAL


def test_a_question_back_waits_for_the_requester() -> None:
    course = done(delivered(), AskToClarify("$q1"), FOCAL)
    assert isinstance(tried(course, AskToClarify("$q1"), DEPUTY), Already)
    course = done(course, AskToClarify("$q2"), DEPUTY)
    assert course.state is State.CLARIFICATION
    assert len(course.progress[0].clarifications) == 1
    assert code(tried(course, Clarify(MYS, "$c"), ASKER)) is RequestCode.NOTHING_TO_CLARIFY
    assert tried(course, Clarify(THA, "$c"), ASKER) == no(RequestCode.NOT_ADDRESSED, party="THA")
    assert tried(course, Clarify(IDN, "$c"), FOCAL) == UNKNOWN
    course = done(course, Clarify(IDN, "$c"), ASKER)
    assert state(course) is State.ACKNOWLEDGED
    assert isinstance(tried(course, Clarify(IDN, "$c"), COLLEAGUE), Already)
    assert code(tried(course, Clarify(IDN, "$d"), ASKER)) is RequestCode.NOTHING_TO_CLARIFY
    course = done(course, AskToClarify("$q3"), FOCAL)
    assert len(course.progress[0].clarifications) == 2
    course = done(course, Clarify(IDN, "$d"), ASKER)
    assert isinstance(tried(course, AskToClarify("$q2"), FOCAL), Already)


def test_a_delay_needs_a_later_time_and_a_reason_and_has_an_end() -> None:
    course = delivered()
    day = timedelta(days=1)
    no_reason = Delay(LATER + day, " ")
    assert code(tried(course, no_reason, FOCAL)) is RequestCode.REASON_MISSING
    assert code(tried(course, Delay(LATER, "x"), FOCAL)) is RequestCode.DELAY_NOT_LATER
    assert kinds(tried(course, Delay(LATER + 30 * day, "x"), FOCAL))[-1] is Kind.DELAYED
    assert tried(course, Delay(LATER + 31 * day, "x"), FOCAL) == no(
        RequestCode.DELAY_TOO_LONG, days="30"
    )
    delayed = done(course, DELAYED, FOCAL)
    assert isinstance(tried(delayed, DELAYED, DEPUTY), Already)
    assert kinds(tried(delayed, Delay(DELAYED.until, "other"), DEPUTY)) == [Kind.DELAYED]


def test_parts_are_answers_and_finishing_makes_them_all() -> None:
    course = delivered()
    assert code(tried(course, Finish(), FOCAL)) is RequestCode.NOTHING_ANSWERED
    course = done(course, AnswerPartly("$p1"), FOCAL)
    assert isinstance(tried(course, AnswerPartly("$p1"), DEPUTY), Already)
    course = done(course, AnswerPartly("$p2"), FOCAL)
    assert tried(course, Answer("$p1"), DEPUTY) == no(RequestCode.SENT_IN_PART, by="idn.focal1")
    assert course.state is State.PARTIAL
    finished = done(course, Finish(), DEPUTY)
    assert state(finished) is State.ANSWERED
    again = tried(finished, Finish(), FOCAL)
    assert isinstance(again, Already)
    assert again.mark.by == DEPUTY


# --- after the end -----------------------------------------------------------------------------


def test_of_two_who_answer_at_once_the_second_is_told() -> None:
    course = done(delivered(), Answer("$a"), FOCAL)
    tapped_too = tried(course, Answer("$a"), DEPUTY)
    assert isinstance(tapped_too, Already)
    assert tapped_too.mark.by == FOCAL
    assert tried(course, Answer("$b"), DEPUTY) == no(RequestCode.ANSWERED, by="idn.focal1")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (Answer("$a"), RequestCode.ANSWERED),
        (Refuse(Refusal.SECURITY), RequestCode.REFUSED),
    ],
)
def test_after_the_end_an_addressee_can_do_nothing_more(
    command: Command, expected: RequestCode
) -> None:
    course = done(delivered(), command, FOCAL)
    again = tried(course, command, DEPUTY)
    assert isinstance(again, Already)
    others: list[Command] = [
        Acknowledge(),
        Assign("idn.focal2"),
        AskToClarify("$q"),
        DELAYED,
        AnswerPartly("$p"),
        Answer("$b"),
        Refuse(Refusal.OUTDATED),
    ]
    for other in others:
        assert code(tried(course, other, DEPUTY)) is expected
    assert code(tried(course, Clarify(IDN, "$c"), ASKER)) is expected


def test_an_answer_after_the_withdrawal_is_told_so_and_names_nobody() -> None:
    course = done(delivered(), Withdraw(), ASKER)
    assert tried(course, Answer("$a"), FOCAL) == No(RequestCode.WITHDRAWN)
    assert tried(course, Finish(), FOCAL) == No(RequestCode.WITHDRAWN)
    closed = done(course, Close(None), ASKER)
    assert tried(closed, Answer("$a"), FOCAL) == No(RequestCode.CLOSED)


def test_an_answer_that_came_first_stays_when_the_rest_is_withdrawn() -> None:
    course = done(delivered(), Answer("$a"), FOCAL)
    outcome = tried(course, Withdraw(), ASKER)
    assert [(event.kind, event.addressee) for event in events(outcome)] == [(Kind.WITHDRAWN, "MYS")]
    withdrawn = done(course, Withdraw(), ASKER)
    assert state(withdrawn) is State.ANSWERED
    assert withdrawn.state is State.ANSWERED
    assert isinstance(tried(withdrawn, Withdraw(), COLLEAGUE), Already)


def test_withdrawing_what_has_ended_everywhere_says_how_it_ended() -> None:
    course = done(delivered(), Refuse(Refusal.SECURITY), FOCAL)
    course = done(course, Refuse(Refusal.SECURITY), OTHER)
    assert tried(course, Withdraw(), ASKER) == No(RequestCode.REFUSED)
    closed = done(course, Close(None), ASKER)
    assert tried(closed, Withdraw(), ASKER) == No(RequestCode.CLOSED)


def test_what_was_withdrawn_before_it_arrived_was_never_there_for_the_addressee() -> None:
    course = done(sent(), Withdraw(), ASKER)
    assert tried(course, Acknowledge(), FOCAL) == UNKNOWN
    arrived = done(course, Deliver(IDN), STEWARD)
    assert state(arrived) is State.WITHDRAWN
    assert tried(arrived, Acknowledge(), FOCAL) == No(RequestCode.WITHDRAWN)


def test_an_end_during_a_clarification_ends_the_waiting_too() -> None:
    course = done(delivered(), AskToClarify("$q"), FOCAL)
    course = done(course, Answer("$a"), FOCAL)
    assert course.progress[0].asking is None
    assert state(course) is State.ANSWERED


def test_closing_waits_for_the_end_and_rates_what_was_answered() -> None:
    course = done(delivered(), Answer("$a"), FOCAL)
    assert tried(course, Close(Usefulness.USEFUL), ASKER) == no(
        RequestCode.STILL_OPEN, parties="MYS"
    )
    assert tried(course, Close(None, THA), ASKER) == no(RequestCode.NOT_ADDRESSED, party="THA")
    one = done(course, Close(Usefulness.USEFUL, IDN), ASKER)
    assert state(one) is State.CLOSED
    assert one.state is State.PARTIAL
    refused = done(one, Refuse(Refusal.SECURITY), OTHER)
    assert refused.state is State.ANSWERED
    outcome = tried(refused, Close(Usefulness.USEFUL), ASKER)
    assert [(event.addressee, event.usefulness) for event in events(outcome)] == [("MYS", None)]
    assert isinstance(outcome, Changed)
    assert outcome.course.state is State.CLOSED
    assert isinstance(tried(outcome.course, Close(Usefulness.USEFUL), ASKER), Already)


def test_a_rating_can_be_given_later_or_replaced_and_not_taken_away() -> None:
    course = done(delivered(), Answer("$a"), FOCAL)
    course = done(course, Close(None, IDN), STEWARD)
    outcome = tried(course, Close(Usefulness.PARTLY, IDN), ASKER)
    assert kinds(outcome) == [Kind.RATED]
    rated = done(course, Close(Usefulness.PARTLY, IDN), ASKER)
    assert rated.progress[0].closing is not None
    assert rated.progress[0].closing.usefulness is Usefulness.PARTLY
    assert isinstance(tried(rated, Close(None, IDN), STEWARD, SERVES), Already)
    assert kinds(tried(rated, Close(Usefulness.NOT_USEFUL, IDN), ASKER)) == [Kind.RATED]


def test_the_steward_closes_and_does_not_rate() -> None:
    course = done(delivered(), Withdraw(), ASKER)
    assert kinds(tried(course, Close(None), STEWARD, SERVES)) == [Kind.CLOSED] * 2
    assert tried(course, Close(Usefulness.USEFUL), STEWARD, SERVES) == No(RequestCode.NOT_ENTITLED)


# --- the whole ---------------------------------------------------------------------------------


def test_the_whole_is_the_summary_of_its_addressees() -> None:
    course = delivered()
    assert summary(()) is State.DRAFT
    assert course.state is State.SENT
    course = done(course, Acknowledge(), FOCAL)
    assert course.state is State.ACKNOWLEDGED
    assigned = done(course, Assign("mys.focal2"), OTHER)
    assert assigned.state is State.ASSIGNED
    assert done(assigned, DELAYED, FOCAL).state is State.DELAYED
    assert done(assigned, AskToClarify("$q"), FOCAL).state is State.CLARIFICATION
    assert done(assigned, Answer("$a"), FOCAL).state is State.PARTIAL
    refused = done(assigned, Refuse(Refusal.SECURITY), FOCAL)
    assert refused.state is State.ASSIGNED
    assert done(refused, Withdraw(), ASKER).state is State.REFUSED
    parted = done(assigned, AnswerPartly("$p"), FOCAL)
    assert done(parted, DELAYED, FOCAL).state is State.PARTIAL
    assert done(parted, Withdraw(), ASKER).state is State.WITHDRAWN
