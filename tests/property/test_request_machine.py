"""The course of a request against a naive model: any officer gives any command at any time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from rilon.domain.parties import Party
from rilon.domain.request_course import ENDS, Course, Refusal, State, Usefulness, summary
from rilon.domain.request_deadlines import DeadlinePolicy, answer_by, overdue, terms_of
from rilon.domain.request_rules import decide
from rilon.domain.request_steps import (
    UNKNOWN,
    Acknowledge,
    Already,
    Answer,
    AnswerPartly,
    AskToClarify,
    Assign,
    Changed,
    Clarify,
    Close,
    Command,
    Delay,
    Deliver,
    Entitlement,
    Event,
    Finish,
    Kind,
    No,
    Refuse,
    Send,
    Withdraw,
)
from rilon.domain.requests import STEWARD, Actor
from tests.request_scene import (
    ASKER,
    AT_HAND,
    AUS,
    COLLEAGUE,
    DEPUTY,
    FOCAL,
    IDN,
    JAKARTA,
    MONDAY,
    MYS,
    OTHER,
    STRANGER,
)

ACTORS = (ASKER, COLLEAGUE, FOCAL, DEPUTY, OTHER, STRANGER, STEWARD)
MESSAGES = st.sampled_from(["$1", "$2", "$3"])
ALLOWED = timedelta(hours=8)
TERMS = terms_of(AT_HAND, DeadlinePolicy(), JAKARTA)
ENDINGS = {Kind.ANSWERED, Kind.REFUSED, Kind.WITHDRAWN}

party_commands = st.one_of(
    st.just(Acknowledge()),
    st.builds(Assign, st.sampled_from(["a", "b"]), st.sampled_from([None, "a", "b"])),
    st.builds(AskToClarify, MESSAGES),
    st.builds(lambda hours: Delay(MONDAY + timedelta(hours=hours), "x"), st.integers(-5, 900)),
    st.builds(AnswerPartly, MESSAGES),
    st.builds(Answer, MESSAGES),
    st.just(Finish()),
    st.builds(Refuse, st.sampled_from([Refusal.SECURITY, Refusal.OUTDATED])),
)
asker_commands = st.one_of(
    st.just(Send()),
    st.builds(Clarify, st.sampled_from([IDN, MYS]), MESSAGES),
    st.just(Withdraw()),
    st.builds(
        Close, st.none() | st.sampled_from(Usefulness), st.none() | st.sampled_from([IDN, MYS])
    ),
)
rights = st.frozensets(st.sampled_from([Entitlement.ASK, Entitlement.HANDLE, Entitlement.ANSWER]))


@dataclass
class Naive:
    """One addressee as somebody would keep it on a sheet of paper, clock included."""

    delivered: bool = False
    acknowledged: bool = False
    waiting: bool = False
    end: Kind | None = None
    closed: bool = False
    answers: list[str] = field(default_factory=list)
    left: timedelta = ALLOWED
    due: datetime | None = None

    def pass_time(self, now: datetime, by: timedelta) -> None:
        """The clock runs only when delivered, not waiting, not over, not used up."""
        if self.delivered and not self.waiting and self.end is None and self.due is None:
            self.left -= by
            if self.left <= timedelta(0):
                self.due = now + by + self.left


class Requests(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.course = Course(AT_HAND)
        self.now = MONDAY
        self.naive: dict[Party, Naive] = {}
        self.history: list[Event] = []

    @initialize(start=st.booleans())
    def begin(self, start: bool) -> None:
        if start:
            self.give(Send(), ASKER, frozenset({Entitlement.ASK}))

    def give(self, command: Command, by: Actor, may: frozenset[Entitlement]) -> None:
        """Decide, check what holds for every outcome, and keep the sheet."""
        before = self.course
        outcome = decide(before, command, by, may, self.now)
        assert decide(before, command, by, may, self.now) == outcome
        for officer in {actor.officer for actor in ACTORS if actor.party != by.party}:
            told = repr(outcome) if isinstance(outcome, No) else ""
            assert officer not in told
        if isinstance(outcome, Already):
            assert outcome.mark.by.party in (by.party, None) or by == STEWARD
        if not isinstance(outcome, Changed):
            self.course_stays_open_to_the_entitled(command, by, may, outcome)
            return
        assert outcome.course.revision == before.revision + 1
        assert outcome.events
        assert outcome.course.request == before.request
        for event in outcome.events:
            self.note(event, by, may)
        self.history += outcome.events
        self.course = outcome.course

    def course_stays_open_to_the_entitled(
        self, command: Command, by: Actor, may: frozenset[Entitlement], outcome: Already | No
    ) -> None:
        """What is never a no: sending a draft, answering anew, refusing, withdrawing what is
        open."""
        sheet = self.naive.get(by.party) if by.party else None
        if sheet and sheet.end is None and Entitlement.ANSWER in may:
            assert not isinstance(command, Refuse), outcome
            assert not isinstance(command, Answer) or command.answer in sheet.answers, outcome
        if by.party == AUS and Entitlement.ASK in may:
            some_open = any(one.end is None for one in self.naive.values())
            assert not (isinstance(command, Withdraw) and some_open), outcome
        if by.party not in (AUS, IDN, MYS) and by != STEWARD:
            assert outcome == UNKNOWN
        if not may:
            assert outcome == UNKNOWN
        if by.party in (IDN, MYS) and not self.naive:
            assert outcome == UNKNOWN

    def note(self, event: Event, by: Actor, may: frozenset[Entitlement]) -> None:
        kind, mark = event.kind, event.mark
        assert mark.at == self.now
        if event.addressee is None:
            assert (kind, by) == (Kind.DISCARDED, ASKER)
            assert Entitlement.ASK in may
            return
        sheet = self.naive.setdefault(event.addressee, Naive())
        if kind in {Kind.SENT, Kind.CLARIFIED, Kind.WITHDRAWN, Kind.RATED}:
            assert by.party == AUS
            assert Entitlement.ASK in may
        elif kind is Kind.CLOSED:
            assert (by.party == AUS and Entitlement.ASK in may) or Entitlement.SERVE in may
        elif kind is Kind.DELIVERED:
            assert mark.by == STEWARD
        else:
            assert by.party == event.addressee
            needed = {Entitlement.ANSWER}
            if kind in {Kind.ACKNOWLEDGED, Kind.ASSIGNED}:
                needed |= {Entitlement.HANDLE}
            assert needed & may
        if sheet.end is not None:
            assert kind in {Kind.DELIVERED, Kind.CLOSED, Kind.RATED}
        assert kind is not Kind.DELIVERED or not sheet.delivered
        assert kind is not Kind.ACKNOWLEDGED or not sheet.acknowledged
        assert (kind is Kind.CLARIFIED) <= sheet.waiting
        assert (kind is Kind.CLOSED) <= (sheet.end is not None and not sheet.closed)
        assert (kind is Kind.RATED) <= (sheet.closed and bool(sheet.answers))
        self.keep(sheet, event)

    def keep(self, sheet: Naive, event: Event) -> None:
        kind = event.kind
        sheet.delivered |= kind is Kind.DELIVERED
        sheet.acknowledged |= kind is Kind.ACKNOWLEDGED
        sheet.closed |= kind is Kind.CLOSED
        if kind is Kind.CLARIFICATION_ASKED:
            sheet.waiting = True
        if kind is Kind.CLARIFIED or kind in ENDINGS:
            sheet.waiting = False
        if kind in ENDINGS:
            sheet.end = kind
            assert kind is Kind.WITHDRAWN or sheet.acknowledged
        if kind in {Kind.ANSWERED, Kind.PARTLY_ANSWERED} and event.message is not None:
            assert event.message not in sheet.answers, "an answer is sent once"
            sheet.answers.append(event.message)
        if kind is Kind.DELAYED:
            assert event.until is not None
            sheet.left, sheet.due = event.until - self.now, None

    # --- what anybody does ---------------------------------------------------------------------

    @rule(
        command=party_commands | asker_commands,
        by=st.sampled_from(ACTORS[:-1]),
        may=rights,
    )
    def anybody_tries_anything(
        self, command: Command, by: Actor, may: frozenset[Entitlement]
    ) -> None:
        self.give(command, by, may)

    @rule(command=party_commands, by=st.sampled_from([FOCAL, DEPUTY, OTHER]))
    def an_addressee_acts(self, command: Command, by: Actor) -> None:
        self.give(command, by, frozenset({Entitlement.ANSWER}))

    @rule(command=asker_commands, by=st.sampled_from([ASKER, COLLEAGUE]))
    def the_requester_acts(self, command: Command, by: Actor) -> None:
        self.give(command, by, frozenset({Entitlement.ASK}))

    @rule(party=st.sampled_from([IDN, MYS, AUS]), close=st.booleans())
    def the_steward_acts(self, party: Party, close: bool) -> None:
        command: Command = Close(None, party) if close else Deliver(party)
        self.give(command, STEWARD, frozenset({Entitlement.SERVE}))

    @rule(minutes=st.integers(1, 600))
    def time_passes(self, minutes: int) -> None:
        by = timedelta(minutes=minutes)
        for sheet in self.naive.values():
            sheet.pass_time(self.now, by)
        self.now += by

    # --- what always holds ---------------------------------------------------------------------

    @invariant()
    def there_is_one_end_at_most(self) -> None:
        for party in (IDN, MYS):
            ends = [one for one in self.history if one.addressee == party and one.kind in ENDINGS]
            assert len(ends) <= 1

    @invariant()
    def the_sheet_says_the_same(self) -> None:
        for one in self.course.progress:
            sheet = self.naive[one.addressee]
            assert (one.delivered is not None) == sheet.delivered
            assert (one.acknowledged is not None) == sheet.acknowledged
            assert (one.asking is not None) == (one.state is State.CLARIFICATION) == sheet.waiting
            assert (one.state is State.CLOSED) == sheet.closed
            assert (one.end is not None) == (sheet.end is not None)
            assert one.end is None or one.end.outcome is State(str(sheet.end))
            assert (one.state in ENDS) == (sheet.end is not None and not sheet.closed)
            assert [answer.answer for answer in one.answers] == sheet.answers
            assert all(past.given for past in one.clarifications[:-1])

    @invariant()
    def the_clock_never_runs_while_it_is_stopped(self) -> None:
        for one in self.course.progress:
            sheet = self.naive[one.addressee]
            by = answer_by(one, TERMS)
            assert (by is None) == (not sheet.delivered or sheet.waiting)
            if by is not None and sheet.end is None:
                assert by == (sheet.due if sheet.due is not None else self.now + sheet.left)
            late = sheet.due is not None and self.now > sheet.due
            assert overdue(one, self.now, TERMS) == (
                late and not sheet.waiting and sheet.end is None
            )

    @invariant()
    def the_whole_is_the_summary(self) -> None:
        if self.course.discarded is not None:
            assert self.course.state is State.WITHDRAWN
            assert not self.course.progress
            return
        whole, parts = self.course.state, [one.state for one in self.course.progress]
        assert whole is summary(reversed(self.course.progress))
        assert (whole is State.DRAFT) == (not parts)
        over = bool(parts) and not self.course.open
        assert over == (whole in ENDS or whole is State.CLOSED)
        if len(set(parts)) == 1:
            assert whole is parts[0] or self.parted(whole)

    def parted(self, whole: State) -> bool:
        """Delayed after a part: the whole says partial. Closed says nothing of the outcome."""
        return whole is State.PARTIAL and any(one.answers for one in self.course.progress)


Requests.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
test_any_course_of_commands_agrees_with_the_sheet = Requests.TestCase
