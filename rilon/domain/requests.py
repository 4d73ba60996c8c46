"""A request for information as it is asked: its fields, and what it needs before it is sent.

Where it stands with each addressee is `rilon.domain.request_course`, what may be done with it
`rilon.domain.request_steps`, its times `rilon.domain.request_deadlines`. Reading what officers
type, and normalising selectors, are other rooms' work.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from rilon.domain.markings import Marking
from rilon.domain.parties import RSO, Parties, Party
from rilon.domain.party_names import Addressee
from rilon.domain.request_numbers import RequestNumber
from rilon.domain.selectors import Selector


class Priority(StrEnum):
    ROUTINE = "routine"
    URGENT = "urgent"


class Ground(StrEnum):
    """Why a request is urgent: one of the four grounds of Directive (EU) 2023/977."""

    THREAT = "threat"
    """Averting an immediate and serious threat to public security."""
    LIFE = "life"
    """Imminent danger to a person's life or limb."""
    DETENTION = "detention"
    """A decision about detention depends on it."""
    RELEVANCE = "relevance"
    """The information is about to lose its relevance."""


@dataclass(frozen=True, slots=True)
class Urgency:
    """What makes a request urgent. `at_hand`: the addressee has the information directly."""

    ground: Ground
    at_hand: bool = False


class Theme(StrEnum):
    """What is asked about: the letters of Article 10(1) of the Smuggling Protocol."""

    ROUTES = "a"
    """Embarkation and destination points, routes, carriers, means of transport."""
    GROUPS = "b"
    """Identity and methods of organised groups."""
    DOCUMENTS = "c"
    """Travel documents."""
    CONCEALMENT = "d"
    """Concealment of persons, misuse of documents."""
    LEGISLATION = "e"
    """Legislative experience and practice."""
    TECHNOLOGY = "f"
    """Scientific and technical information."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: an officer (`idn.focal1`) for a party. The steward acts for none."""

    officer: str
    party: Party | None


STEWARD = Actor("steward", None)
"""The steward, for what it does of itself: delivering, and closing what nobody closed."""


class Field(StrEnum):
    """A field that a request may still lack."""

    ADDRESSEES = "addressees"
    PURPOSE = "purpose"
    LEGAL_BASIS = "legal_basis"
    THEME = "theme"
    SUBJECT = "subject"
    QUESTIONS = "questions"


ALWAYS_NEEDED = frozenset({Field.ADDRESSEES, Field.QUESTIONS})
"""What no request can do without. A group's policy may need more."""


@dataclass(frozen=True, slots=True)
class Request:
    """What one officer asks of other parties. Empty fields are open while it is a draft.

    `id` is random, for the inside alone; `number` is what people say. `officer` and `party` are
    the requester. `marking` is the effective one of its words. `urgency` is None for routine.
    """

    id: str
    number: RequestNumber
    group: str
    officer: str
    party: Party
    marking: Marking
    addressees: Parties = frozenset()
    agencies: tuple[Addressee, ...] = ()
    """The agencies, or themes of the group, that it is for within addressees that it names."""
    urgency: Urgency | None = None
    theme: Theme | None = None
    purpose: str = field(default="", repr=False)
    legal_basis: str = field(default="", repr=False)
    subject: str = field(default="", repr=False)
    questions: tuple[str, ...] = field(default=(), repr=False)
    selectors: tuple[Selector, ...] = field(default=(), repr=False)
    overlaps_known: bool = False
    """Whether the other side of an overlap may be told with whom to speak."""
    requester_hidden: bool = False
    """Addressees don't learn which party and officer ask."""
    answerers_hidden: bool = False
    """The requester doesn't learn which officers of an addressee deal with it."""

    @property
    def requester(self) -> Actor:
        return Actor(self.officer, self.party)

    @property
    def priority(self) -> Priority:
        return Priority.ROUTINE if self.urgency is None else Priority.URGENT


def lacking(request: Request, needed: frozenset[Field] = ALWAYS_NEEDED) -> tuple[Field, ...]:
    """The needed fields that are still empty, in the order in which they are asked for."""
    filled = {
        Field.ADDRESSEES: bool(request.addressees),
        Field.PURPOSE: bool(request.purpose.strip()),
        Field.LEGAL_BASIS: bool(request.legal_basis.strip()),
        Field.THEME: request.theme is not None,
        Field.SUBJECT: bool(request.subject.strip()),
        Field.QUESTIONS: any(question.strip() for question in request.questions),
    }
    return tuple(one for one in Field if one in needed | ALWAYS_NEEDED and not filled[one])


def out_of_reach(request: Request) -> Parties:
    """The addressees that the marking of the request keeps it from."""
    return (request.addressees - request.marking.rel) | (
        request.addressees & request.marking.protect
    )


@dataclass(frozen=True, slots=True)
class ShownRequest:
    """A request as one addressee may see it: nothing of the other addressees, and of the
    requester only what isn't hidden.

    `marking` is for showing alone. Its REL and originators are narrowed, so that neither names
    another addressee or a hidden requester; PROTECT stays, as no addressee is ever in it. What may
    be relayed is decided with the request's own.
    """

    number: RequestNumber
    addressee: Party
    requester: Actor | None
    marking: Marking
    priority: Priority
    urgency: Urgency | None
    theme: Theme | None
    purpose: str = field(repr=False)
    legal_basis: str = field(repr=False)
    subject: str = field(repr=False)
    questions: tuple[str, ...] = field(repr=False)
    selectors: tuple[Selector, ...] = field(repr=False)


def shown_to(request: Request, addressee: Party) -> ShownRequest:
    """What that addressee is shown of the request.

    ATTACK: a REL list that names the requester tells who asks, whatever the card leaves out.
    """
    seen = {addressee, RSO} if request.requester_hidden else {addressee, RSO, request.party}
    own = request.marking
    return ShownRequest(
        number=request.number,
        addressee=addressee,
        requester=None if request.requester_hidden else request.requester,
        marking=replace(own, rel=own.rel & seen, originators=own.originators & seen),
        priority=request.priority,
        urgency=request.urgency,
        theme=request.theme,
        purpose=request.purpose,
        legal_basis=request.legal_basis,
        subject=request.subject,
        questions=request.questions,
        selectors=request.selectors,
    )
