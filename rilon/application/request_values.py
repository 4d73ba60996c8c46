"""Values that pass between the deeds of requests, their storage and those who speak with officers.

What a deed leads to is `rilon.application.requests`; where a request stands `rilon.domain`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rilon.application.request_files import CarriedFile
from rilon.domain.markings import WrittenMarking
from rilon.domain.parties import Parties, Party
from rilon.domain.party_names import Addressee
from rilon.domain.request_course import Course, State
from rilon.domain.request_numbers import RequestNumber
from rilon.domain.requests import Theme, Urgency
from rilon.domain.selectors import Selector


@dataclass(frozen=True, slots=True)
class NewRequest:
    """What an officer asks, before it has a number.

    `handling` is the marking that was written, None for the default of the room where it is
    asked. What it leaves out of REL is the requester's party with the addressees.
    """

    addressees: Parties
    questions: tuple[str, ...] = field(repr=False)
    handling: WrittenMarking | None = None
    urgency: Urgency | None = None
    theme: Theme | None = None
    purpose: str = field(default="", repr=False)
    legal_basis: str = field(default="", repr=False)
    subject: str = field(default="", repr=False)
    selectors: tuple[Selector, ...] = field(default=(), repr=False)
    overlaps_known: bool = False
    requester_hidden: bool = False
    answerers_hidden: bool = False
    agencies: tuple[Addressee, ...] = ()


# --- where things stand --------------------------------------------------------------------------


class Role(StrEnum):
    """What a message is to a request."""

    ASKED = "asked"
    """The officer's own message that asked it; or the root of the thread where it was asked."""
    CARD = "card"
    """The request in an addressee's desk: the root of the thread there."""
    PREVIEW = "preview"
    """What would be sent on, and to whom: ✅ sends it."""
    WORDS = "words"
    """Words that were carried: an answer, a question back, a clarification, a reason."""
    SAID = "said"
    """Anything else that the steward said about it."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a message is: of which request, with which addressee (None for the requester's side
    as a whole), in which room. `words` is the id of the words that it shows, if it does.

    A place entitles nobody to anything: each deed looks at who does it.
    """

    request: str
    addressee: Party | None
    role: Role
    room: str
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of `!requests`. `addressee` is None in the requester's own lines.

    `waits_on_me`: the reader's party is to act next.
    """

    number: RequestNumber
    addressee: Party
    mine: bool
    state: State
    urgent: bool
    answer_by: datetime | None
    late: bool
    waits_on_me: bool
    shown_requester: Party | None
    group: str = ""


# --- words on their way --------------------------------------------------------------------------


class WordsKind(StrEnum):
    """What words are to a request."""

    QUESTION = "question"
    """The request itself, to an addressee's desk."""
    ANSWER = "answer"
    PART = "part"
    CLARIFICATION = "clarification"
    """An addressee's question back, to the requester."""
    CLARIFIED = "clarified"
    """The requester's reply to it, to the desk."""
    DELAY = "delay"
    """Why it takes longer, to the requester."""

    @property
    def to_desk(self) -> bool:
        """Whether they go from the requester to an addressee."""
        return self in (WordsKind.QUESTION, WordsKind.CLARIFIED)


class WordsState(StrEnum):
    """How far words have come."""

    PROPOSED = "proposed"
    """They wait for an entitled officer's ✅."""
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    """By the gate, where they were to go: nobody got them."""
    DROPPED = "dropped"
    """❌, or overtaken by somebody else's answer, or by the end."""


OPEN_WORDS = frozenset({WordsState.PROPOSED, WordsState.SENDING})


@dataclass(frozen=True, slots=True, repr=False)
class Words:
    """What an officer says of a request to the other side, in the steward's hands.

    `sender` is the full user id of whose words they are, `source_event` the message in which they
    were written. `room` is the key of the room where they go, `root` the thread there, None where
    they begin one. `marking` is the written one under which they go, in canonical text. `by` is
    who had them sent (a name), at `decided_at`. `text` is None once they have come to an end, and
    so is `file`, which they are the caption of. `taken_back`: so was the message that they are.
    `hidden`: readers mustn't learn who speaks: in a desk which party asks, on the requester's side
    which officer answers. `heard` are the messages that they were said in and what those answer,
    each with its state at that time (`rilon.storage.request_sources`), None where that isn't
    known; `changed`: one of them isn't as it was. `perhaps`: where a party that asks isn't named
    to who speaks, all that it could be; otherwise nobody.
    """

    id: str
    request: str
    addressee: Party
    kind: WordsKind
    sender: str
    source_event: str
    room: str
    root: str | None
    marking: str
    state: WordsState
    text: str | None
    hidden: bool = False
    until: datetime | None = None
    by: str | None = None
    decided_at: datetime | None = None
    code: str | None = None
    device_id: str | None = None
    file: CarriedFile | None = None
    taken_back: bool = False
    heard: tuple[tuple[str, str], ...] | None = None
    changed: bool = False
    perhaps: Parties = frozenset()


@dataclass(frozen=True, slots=True)
class Proposed:
    """Words wait for ✅; the preview is on its way. `words` is their id."""

    words: str
    to: Party | None
    """To which party; None where the requester is hidden."""
    marking: str


# --- how it stands with an addressee, beside the course ------------------------------------------


@dataclass(frozen=True, slots=True)
class Addressed:
    """What is stored of a request with one addressee beside its course. `done` are keys of
    reminders; `unattended`: nobody was on duty when it came."""

    party: Party
    desk: str
    card_event: str | None = None
    done: frozenset[str] = frozenset()
    unattended: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A request as it is stored. `asked_in` is the key of the room where it was asked, `root` the
    thread there."""

    course: Course
    asked_in: str
    root: str
    addressed: Mapping[Party, Addressed]


@dataclass(frozen=True, slots=True)
class Look:
    """When to look at an addressee's part again, and what is kept of it beside the course. What is
    None of the last three stays as it is."""

    party: Party
    at: datetime | None
    in_time: bool | None = None
    done: frozenset[str] | None = None
    unattended: bool | None = None
    card_event: str | None = None
