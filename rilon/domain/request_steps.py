"""The steps of a request in words: the commands, the events they lead to, and the ways to say no.

What a command leads to is decided in `rilon.domain.request_rules`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from rilon.domain.parties import Party
from rilon.domain.request_course import Course, Mark, Progress, Refusal, State, Usefulness
from rilon.domain.requests import ALWAYS_NEEDED, Actor, Field, Ground, Request
from rilon.domain.verdicts import Parameters

# --- who may -----------------------------------------------------------------------------------


class Entitlement(StrEnum):
    """What an actor may do for the own party. Without one, a request is unknown to them."""

    ASK = "ask"
    """Draft, send, clarify, withdraw and close the party's own requests."""
    HANDLE = "handle"
    """Acknowledge and assign what reached the party's desk."""
    ANSWER = "answer"
    """Speak for the party: answer, refuse, delay, ask back. Includes handling."""
    SERVE = "serve"
    """The steward's own: record a delivery, close what nobody closed."""


May = frozenset[Entitlement]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a group's policy sets for its requests."""

    needed: frozenset[Field] = ALWAYS_NEEDED
    longest_delay: timedelta = timedelta(days=30)
    """How far ahead a promised time may be. Without an end to it a request could age silently."""
    grounds: frozenset[Ground] = frozenset(Ground)
    """For which reasons a request may be urgent."""


# --- commands ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """Replace the words of a draft. Identity, number, group and requester stay."""

    request: Request


@dataclass(frozen=True, slots=True)
class Send:
    """Send a draft to its addressees."""


@dataclass(frozen=True, slots=True)
class Deliver:
    """Record that it stands in that addressee's desk. The clock starts."""

    addressee: Party


@dataclass(frozen=True, slots=True)
class NotDelivered:
    """Record that it couldn't be brought into that addressee's desk. It is over there."""

    addressee: Party


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Say that the request was seen."""


@dataclass(frozen=True, slots=True)
class Assign:
    """Give it to an officer of the own desk (which the caller has checked).

    `instead_of` is the officer who has it, as far as the one who assigns knows.
    """

    to: str
    instead_of: str | None = None


@dataclass(frozen=True, slots=True)
class AskToClarify:
    """Ask the requester something. `question` names the message."""

    question: str


@dataclass(frozen=True, slots=True)
class Clarify:
    """Answer that addressee's question. `answer` names the message."""

    addressee: Party
    answer: str


@dataclass(frozen=True, slots=True)
class Delay:
    """Promise to answer by then, and say why not before."""

    until: datetime
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AnswerPartly:
    """Send an answer that isn't all. `answer` names the proposed answer."""

    answer: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Send the answer. `answer` names the proposed answer."""

    answer: str


@dataclass(frozen=True, slots=True)
class Finish:
    """Say that what was answered in parts is all (`!done`)."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Refuse, with the ground."""

    code: Refusal


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take the request back wherever it hasn't ended; throw a draft away."""


@dataclass(frozen=True, slots=True)
class Close:
    """Close what has ended, and rate the answers.

    Without an addressee, with all of them. `usefulness` is None where nobody rates. Where it is
    closed already, a rating that differs replaces the one given.
    """

    usefulness: Usefulness | None
    addressee: Party | None = None


AddresseesCommand = (
    Acknowledge | Assign | AskToClarify | Delay | AnswerPartly | Answer | Finish | Refuse
)
"""What an addressee does, with its own part of the request: the actor's party says which."""

RequestersCommand = Change | Send | Clarify | Withdraw | Close
Command = AddresseesCommand | RequestersCommand | Deliver | NotDelivered


# --- events ------------------------------------------------------------------------------------


class Kind(StrEnum):
    """What happened."""

    CHANGED = "changed"
    DISCARDED = "discarded"
    SENT = "sent"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    CLARIFICATION_ASKED = "clarification_asked"
    CLARIFIED = "clarified"
    DELAYED = "delayed"
    PARTLY_ANSWERED = "partly_answered"
    ANSWERED = "answered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    NOT_DELIVERED = "not_delivered"
    CLOSED = "closed"
    RATED = "rated"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a request, with one addressee or (None) as a draft.

    What belongs to the kind is filled: `officer` who was assigned, `message` of a question, a
    clarification or an answer, `until` and `reason` of a delay, `refusal`, `usefulness`.
    `implied`: an acknowledgement that lay in something else.
    """

    kind: Kind
    addressee: Party | None
    mark: Mark
    officer: str | None = None
    message: str | None = None
    until: datetime | None = None
    reason: str = field(default="", repr=False)
    refusal: Refusal | None = None
    usefulness: Usefulness | None = None
    implied: bool = False


# --- what a command leads to -------------------------------------------------------------------


class RequestCode(StrEnum):
    """Why a command changes nothing. `rilon.texts` makes a sentence of it."""

    UNKNOWN = "request_unknown"
    """There is none, or not for this actor: nobody is told which."""
    NOT_ENTITLED = "request_not_entitled"
    NOT_ADDRESSED = "request_not_addressed"
    """`party`: the requester named one that isn't an addressee."""
    DRAFT = "request_draft"
    """It hasn't been sent yet."""
    SENT = "request_sent"
    """It isn't a draft any more."""
    INCOMPLETE = "request_incomplete"
    """`fields`: what it lacks."""
    ASKS_ITSELF = "request_asks_itself"
    OUT_OF_REACH = "request_out_of_reach"
    """`parties`: addressees that its marking keeps it from."""
    NOT_URGENT = "request_not_urgent"
    """`grounds`: the reasons for which a request of this group may be urgent."""
    NAMES_READERS = "request_names_readers"
    """An answer with REL or PROTECT to a requester who isn't named."""
    NAMED_ALREADY = "request_named_already"
    """A reply that is to hide who asks, of a request that names them."""
    ASSIGNED = "request_assigned"
    """`to`, `by`: another officer has it."""
    NOTHING_TO_CLARIFY = "request_nothing_to_clarify"
    DELAY_NOT_LATER = "request_delay_not_later"
    DELAY_TOO_LONG = "request_delay_too_long"
    """`days`: how many are allowed."""
    REASON_MISSING = "request_reason_missing"
    SENT_IN_PART = "request_sent_in_part"
    """`by`: this very text was sent as a part; finish, or write another."""
    NOTHING_ANSWERED = "request_nothing_answered"
    MOST_OF_OFFICER = "request_most_of_officer"
    """`most`: the officer has so many open requests, and may not have more."""
    MOST_OF_PARTY = "request_most_of_party"
    """`most`: so many has the officer's own party."""
    STILL_OPEN = "request_still_open"
    """`parties`: with whom it hasn't ended."""
    # After the end. `by`, where the actor may know it: who ended it.
    ANSWERED = "request_answered"
    REFUSED = "request_refused"
    WITHDRAWN = "request_withdrawn"
    NOT_DELIVERED = "request_not_delivered"
    CLOSED = "request_closed"


@dataclass(frozen=True, slots=True)
class Changed:
    """The command took effect: the next course, and what happened, in order."""

    course: Course
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Already:
    """The same was done before: by whom, and when. Nothing changes, and nothing is sent again."""

    mark: Mark


@dataclass(frozen=True, slots=True)
class No:
    """The command changes nothing, and why. `parameters` never hold words of the request."""

    code: RequestCode
    parameters: Parameters = ()


Outcome = Changed | Already | No

UNKNOWN = No(RequestCode.UNKNOWN)
"""The answer to whoever may not know the request. A caller that finds no request gives this too."""

Progressed = tuple[Progress, Event]
"""One addressee's next progress, and what happened."""


def changed(course: Course, steps: list[Progressed]) -> Changed:
    """The course after these steps; of several with one addressee the last progress counts."""
    latest = {after.addressee: after for after, _ in steps}
    progress = tuple(latest.get(one.addressee, one) for one in course.progress)
    after = replace(course, revision=course.revision + 1, progress=progress)
    return Changed(after, tuple(event for _, event in steps))


def no(code: RequestCode, **parameters: str) -> No:
    """A no with its named parameters; what is empty is left out."""
    return No(code, tuple(sorted((name, value) for name, value in parameters.items() if value)))


ENDED = {
    State.ANSWERED: RequestCode.ANSWERED,
    State.REFUSED: RequestCode.REFUSED,
    State.WITHDRAWN: RequestCode.WITHDRAWN,
    State.NOT_DELIVERED: RequestCode.NOT_DELIVERED,
    State.CLOSED: RequestCode.CLOSED,
}
"""The code for who comes after the end."""


def after_the_end(progress: Progress, told: Actor) -> No | None:
    """The no for whoever comes after the end; None before it. The words of an answer that came
    too late stay where they were written: the caller says so."""
    if progress.end is None:
        return None
    return no(ENDED[progress.state], by=name_for(told, progress.end.mark.by))


def name_for(told: Actor, who: Actor) -> str:
    """The officer's name for an actor of the same party; nothing for any other."""
    return who.officer if who.party == told.party else ""
