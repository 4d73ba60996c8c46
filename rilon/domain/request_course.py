"""The course of a request: where it stands with each addressee, and as a whole.

A course is stored and replaced whole; its revision lets the storage compare before it sets. What
may change it is `rilon.domain.request_steps`. That something is overdue is never a state: it is
derived in `rilon.domain.request_deadlines`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rilon.domain.parties import Parties, Party
from rilon.domain.requests import Actor, Request


class State(StrEnum):
    """Where a request stands with one addressee."""

    DRAFT = "draft"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    CLARIFICATION = "clarification"
    """The requester is asked something; the clock is stopped."""
    DELAYED = "delayed"
    PARTIAL = "partial"
    ANSWERED = "answered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    NOT_DELIVERED = "not_delivered"
    """It couldn't be brought into the desk: nobody there has seen it."""
    CLOSED = "closed"


ENDS = frozenset({State.ANSWERED, State.REFUSED, State.WITHDRAWN, State.NOT_DELIVERED})
"""The four ways in which a request ends. Closing comes after, and isn't one of them."""


class Refusal(StrEnum):
    """Why a request is refused: the grounds of Directive (EU) 2023/977, Article 6(1)."""

    NOT_AVAILABLE = "a"
    NOT_IN_ORDER = "b"
    AUTHORISATION_REFUSED = "c"
    PERSONAL_DATA = "d"
    OUTDATED = "e"
    SECURITY = "f"
    """Essential security, an ongoing case, or a person's safety."""
    TOO_MINOR = "g"
    CONSENT_MISSING = "h"


class Usefulness(StrEnum):
    """How the requester rates an answer."""

    USEFUL = "useful"
    PARTLY = "partly"
    NOT_USEFUL = "not_useful"


@dataclass(frozen=True, slots=True)
class Mark:
    """That something was done: by whom, and when (aware)."""

    by: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which officer of the addressee deals with it."""

    to: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Ask:
    """A question back to the requester. `question` names the message."""

    question: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Clarification:
    """One or more questions back, and the requester's one answer to them (`answer` names it).

    The clock stands from the first question until the answer, or until the end.
    """

    asks: tuple[Ask, ...]
    answer: str | None = None
    given: Mark | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """A delay: until when the addressee promised to answer, and why not before."""

    until: datetime
    reason: str = field(repr=False)
    mark: Mark


@dataclass(frozen=True, slots=True)
class SentAnswer:
    """An answer, or a part of one. `answer` names the proposed answer that was sent on."""

    answer: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class End:
    """How it ended: `outcome` is one of `ENDS`. `refusal` is the code of a refusal."""

    outcome: State
    mark: Mark
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """The last word on an ended request. `usefulness` is None where nothing was rated."""

    usefulness: Usefulness | None
    mark: Mark


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a request stands with one addressee. Everything is kept that a deadline rests on.

    `stage` is sent, acknowledged, assigned, delayed or partial: the state as far as it isn't
    overlaid by a question to the requester, the end or the closing, which are facts of their own.
    INVARIANT: every clarification but the last is over.
    """

    addressee: Party
    sent: Mark
    stage: State = State.SENT
    delivered: Mark | None = None
    acknowledged: Mark | None = None
    assignment: Assignment | None = None
    clarifications: tuple[Clarification, ...] = ()
    promises: tuple[Promise, ...] = ()
    answers: tuple[SentAnswer, ...] = ()
    end: End | None = None
    closing: Closing | None = None

    @property
    def state(self) -> State:
        """The one state that it is in."""
        if self.closing is not None:
            return State.CLOSED
        if self.end is not None:
            return self.end.outcome
        return State.CLARIFICATION if self.asking is not None else self.stage

    @property
    def asking(self) -> Clarification | None:
        """The question that the requester hasn't answered yet; None after the end."""
        last = self.clarifications[-1] if self.clarifications else None
        return last if last is not None and last.given is None and self.end is None else None


@dataclass(frozen=True, slots=True)
class Course:
    """A request with where it stands. `revision` grows by one with every change.

    INVARIANT for the storage: a course replaces only the one whose revision is one less; whoever
    comes second reads again and decides again. The revision is never shown: it counts what others
    did.
    """

    request: Request
    revision: int = 0
    progress: tuple[Progress, ...] = ()
    """One for each addressee, in the order of their codes; none yet in a draft."""
    discarded: Mark | None = None
    """A draft that was thrown away."""

    def of(self, party: Party | None) -> Progress | None:
        """Where it stands with that addressee, or None: it isn't one."""
        return next((one for one in self.progress if one.addressee == party), None)

    @property
    def state(self) -> State:
        """The request as a whole. For the requester alone: it tells of all addressees."""
        if self.discarded is not None:
            return State.WITHDRAWN
        return summary(self.progress)

    @property
    def open(self) -> Parties:
        """The addressees with whom it hasn't ended."""
        return frozenset(one.addressee for one in self.progress if one.end is None)


_FURTHEST_FIRST = (State.DELAYED, State.ASSIGNED, State.ACKNOWLEDGED, State.SENT)


def summary(progress: Iterable[Progress]) -> State:
    """One state for where it stands with all addressees; a draft where there is none.

    While one is open: clarification, if one waits for the requester; else partial, once anything
    was answered; else the state of the one that has come furthest. When all are over: closed, if
    all are closed; else answered if one answered, refused if one refused, not delivered if it
    couldn't be brought to one, withdrawn.
    """
    every = tuple(progress)
    states = {one.state for one in every}
    outcomes = {one.end.outcome for one in every if one.end is not None}
    if not every:
        return State.DRAFT
    if State.CLARIFICATION in states:
        return State.CLARIFICATION
    if all(one.end is not None for one in every):
        ranked = (State.ANSWERED, State.REFUSED, State.NOT_DELIVERED, State.WITHDRAWN)
        closed = states == {State.CLOSED}
        return State.CLOSED if closed else next(one for one in ranked if one in outcomes)
    if any(one.answers for one in every) or State.ANSWERED in outcomes:
        return State.PARTIAL
    return next(state for state in _FURTHEST_FIRST if state in states)
