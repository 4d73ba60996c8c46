"""Who is told what of a step: a text's code with parameters, never words of a request.

Pure. How it reads is `rilon.texts`; the steward composes it when it is said, and looks up then
what the reader may know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rilon.application.ports import NewEffect
from rilon.application.request_values import Words, WordsKind
from rilon.domain.officers import name_of
from rilon.domain.parties import Parties, Party
from rilon.domain.request_steps import Already, Event, Kind, No
from rilon.domain.requests import Actor, Request
from rilon.domain.verdicts import Code


class Side(StrEnum):
    """Where something is said."""

    REQUESTER = "requester"
    """In the thread where it was asked."""
    DESK = "desk"
    """In the thread under the card of that addressee."""
    OFFICER = "officer"
    """In one officer's direct room: `mention` has whose."""


class Telling(StrEnum):
    """What is said. Named after what happened; the side says to whom."""

    SENT = "sent"
    """To the requester: the number. Of each addressee `acknowledge_by`, `answer_by`, and who has
    it, each with the party's code after a colon (`answer_by:IDN`). `asker_hidden`, if so."""
    ACKNOWLEDGED = "acknowledged"
    """`officer`, where the reader may know."""
    ASSIGNED = "assigned"
    """`officer`"""
    PREVIEW = "preview"
    """To the desk: `kind` of words, `marking`, `to` (a party; absent where hidden), `officer` who
    wrote them. `hidden`: who isn't named, `may` if nobody is hidden so far.
    `replaces`: the preview that this one brings up to date. ✅ sends, ❌ doesn't."""
    SENT_ON = "sent_on"
    """To the side that spoke: `kind`, `marking`, `officer` who had them sent."""
    DROPPED = "dropped"
    """`officer` said ❌."""
    NOT_SENT = "not_sent"
    """To the side that spoke: `kind`, `code` of the refusal, and its parameters where the reader
    may know them."""
    NOT_RECEIVED = "not_received"
    """To the other side: `kind`, `code`: something may not come here as it is marked."""
    FINISHED = "finished"
    """To the requester: what was answered in parts is all."""
    REFUSED = "refused"
    """`refusal`: the letter."""
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    """`usefulness`, if it was rated; `by_steward` where nobody closed it."""
    TO_RATE = "to_rate"
    """To the requester: it was answered; how useful was it?"""
    NO = "no"
    """`code` of `RequestCode`, and its parameters."""
    ALREADY = "already"
    """`officer` where the reader may know; `at`."""
    BEING_SENT = "being_sent"
    """`officer` had another answer sent before."""
    REMINDER = "reminder"
    """`reminder` and `escalation` (of `Step`), `summary`; `answer_by`, `acknowledge_by`;
    `unattended` where it came while nobody was on duty."""
    ESCALATED = "escalated"
    """To the coordinator: `number`, `addressee`, `acknowledge_by`."""
    OVERLAP = "overlap"
    """To a requester: `number`, `other` with whom to speak; to a coordinator: `number` alone."""


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to say. `mention` are names of officers whose telephones should ring."""

    side: Side
    text: Telling
    addressee: Party | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    mention: tuple[str, ...] = ()


def effect_of(
    told: Told, request: Request | None, once: str, words: str | None = None
) -> NewEffect:
    """The effect that says it. What is said to one side of one request keeps its order."""
    about = "none" if request is None else request.id
    payload = {
        "request": None if request is None else request.id,
        "side": told.side.value,
        "addressee": told.addressee,
        "text": told.text.value,
        "parameters": dict(told.parameters),
        "mention": list(told.mention),
        "words": words,
    }
    subject = subject_of(about, told.addressee, told.side)
    if told.side is Side.OFFICER:
        subject = f"request officer {told.mention[0]}"
    return NewEffect("request_say", subject, payload, once)


def subject_of(request: str, addressee: Party | None, side: Side) -> str:
    """The order in which things are said."""
    return f"request {request} {addressee or 'all'} {side}"


def carry(words: Words) -> NewEffect:
    """The effect that carries words to the other side."""
    side = Side.DESK if words.kind.to_desk else Side.REQUESTER
    subject = subject_of(words.request, words.addressee, side)
    return NewEffect("carry", subject, {"words": words.id}, once=f"carry-{words.id}")


def signs(told: NewEffect, room: str, keys: Iterable[str]) -> tuple[NewEffect, ...]:
    """The signs on what an effect says, so that one tap chooses."""
    return tuple(
        NewEffect(
            "react",
            told.subject,
            {"on": told.once, "to": room, "key": key},
            once=f"{told.once}-sign-{number}",
        )
        for number, key in enumerate(keys)
    )


# --- what follows from what happened -------------------------------------------------------------


def tellings(
    request: Request,
    events: Iterable[Event],
    words: Words | None = None,
    unnamed: Parties = frozenset(),
) -> tuple[Told, ...]:
    """What is said of these events, in order; `words` are those that brought them about.
    `unnamed` are addressees who hide from the requester which of their officers deal with it."""
    found: list[Told] = []
    for event in events:
        hides = request.answerers_hidden or event.addressee in unnamed
        found.extend(_of(request, event, words, hides))
    # Withdrawn from three addressees is one thing to the requester.
    return tuple({(one.side, one.addressee, one.text): one for one in found}.values())


def _of(request: Request, event: Event, words: Words | None, hides: bool) -> Iterable[Told]:
    here, by = event.addressee, event.mark.by
    officer = {"officer": by.officer}
    seen = {} if hides else officer
    match event.kind:
        case Kind.ACKNOWLEDGED if not event.implied:
            yield Told(Side.DESK, Telling.ACKNOWLEDGED, here, officer)
            yield Told(Side.REQUESTER, Telling.ACKNOWLEDGED, here, seen)
        case Kind.ASSIGNED:
            to = {"officer": event.officer or ""}
            yield Told(Side.DESK, Telling.ASSIGNED, here, to, (event.officer or "",))
            shown = {} if hides else to
            yield Told(Side.REQUESTER, Telling.ASSIGNED, here, shown)
        case Kind.ANSWERED if words is None:
            yield Told(Side.DESK, Telling.FINISHED, here, officer)
            yield Told(Side.REQUESTER, Telling.FINISHED, here)
            yield Told(Side.REQUESTER, Telling.TO_RATE, here)
        case (
            Kind.CLARIFICATION_ASKED
            | Kind.CLARIFIED
            | Kind.DELAYED
            | Kind.PARTLY_ANSWERED
            | Kind.ANSWERED
        ) if words is not None:
            yield _sent_on(request, words)
            if event.kind is Kind.ANSWERED:
                yield Told(Side.REQUESTER, Telling.TO_RATE, here)
        case Kind.REFUSED:
            refusal = {"refusal": event.refusal.value if event.refusal else ""}
            yield Told(Side.DESK, Telling.REFUSED, here, refusal | officer)
            yield Told(Side.REQUESTER, Telling.REFUSED, here, refusal)
        case Kind.WITHDRAWN if by.party is not None:
            yield Told(Side.DESK, Telling.WITHDRAWN, here)
            yield Told(Side.REQUESTER, Telling.WITHDRAWN, None, officer)
        case Kind.CLOSED | Kind.RATED:
            rated = {"usefulness": event.usefulness.value} if event.usefulness else {}
            steward = {"by_steward": "yes"} if by.party is None else {}
            yield Told(Side.DESK, Telling.CLOSED, here, rated | steward)
            yield Told(Side.REQUESTER, Telling.CLOSED, here, rated | steward)


def _sent_on(request: Request, words: Words) -> Told:
    side = Side.REQUESTER if words.kind.to_desk else Side.DESK
    parameters = {"kind": words.kind.value, "officer": words.by or ""}
    if not request.requester_hidden or side is Side.REQUESTER:
        parameters["marking"] = words.marking
    return Told(side, Telling.SENT_ON, words.addressee, parameters)


def no_telling(side: Side, addressee: Party | None, to: str, no: No) -> Told:
    """Why nothing changed, to the officer who tried."""
    parameters = {**dict(no.parameters), "code": no.code.value}
    return Told(side, Telling.NO, addressee, parameters, (to,))


def already_telling(
    side: Side, addressee: Party | None, to: str, told: Actor, already: Already
) -> Told:
    """That it was done before. Who did it is told to the own party alone."""
    mark = already.mark
    parameters = {"at": _iso(mark.at)}
    if mark.by.party == told.party:
        parameters["officer"] = mark.by.officer
    return Told(side, Telling.ALREADY, addressee, parameters, (to,))


_OWN_MARKING = frozenset(
    {
        Code.REL_EXCLUDES_ROOM.value,
        Code.NO_PARTY_LEFT.value,
        Code.PROTECTED_FROM_PARTY.value,
        Code.RED_NOT_OPEN.value,
        Code.EXPIRED.value,
    }
)
"""Refusals of an answer for what its own marking says."""


def not_carried(words: Words, code: str, parameters: Mapping[str, str]) -> tuple[Told, ...]:
    """Words that the gate refused. Who spoke knows what the rule is; a requester only that there
    is an answer that may not come, where its own marking says so.

    ATTACK: whoever asks learns from a refusal that a third party's text on it exists, or that an
    officer of the other side was removed.
    """
    speaks, hears = Side.DESK, Side.REQUESTER
    if words.kind.to_desk:
        speaks, hears = hears, speaks
    about = {"kind": words.kind.value, "code": code}
    own = Told(speaks, Telling.NOT_SENT, words.addressee, {**parameters, **about}, _author(words))
    if words.kind is not WordsKind.ANSWER or code not in _OWN_MARKING:
        return (own,)
    return own, Told(hears, Telling.NOT_RECEIVED, words.addressee, about)


def _author(words: Words) -> tuple[str, ...]:
    return (name_of(words.sender),)


def _iso(at: datetime) -> str:
    return at.isoformat()
