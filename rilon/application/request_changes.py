"""A step of a request, as it is stored: the course, its times, the ledger, and what is told.

One function for all deeds, so that none of them forgets a part. It decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from rilon.application.record import COMPONENT
from rilon.application.request_policy import terms_for
from rilon.application.request_ports import Locked
from rilon.application.request_tellings import Telling, Told, effect_of, signs, tellings
from rilon.application.request_values import Look, Words, WordsState
from rilon.domain.entries import Entry, EntryKind, Subject, subject
from rilon.domain.marking_text import write_effective
from rilon.domain.parties import Party
from rilon.domain.request_course import Course, State
from rilon.domain.request_deadlines import in_time
from rilon.domain.request_reminders import next_step_at
from rilon.domain.request_steps import Changed, Event, Kind
from rilon.domain.requests import Request
from rilon.domain.taps import RATING_SIGNS
from rilon.policy.network import Network


@dataclass(frozen=True, slots=True)
class Around:
    """What a deed is done with: policy, the moment, randomness."""

    network: Network
    now: datetime
    salt: Callable[[], bytes]


async def store(
    one: Locked,
    outcome: Changed,
    around: Around,
    once: str,
    *,
    words: Words | None = None,
    card: tuple[Party, str, bool] | None = None,
    done: tuple[Party, frozenset[str]] | None = None,
) -> None:
    """Stores a change with all that follows from it, within the transaction of `one`.

    `once` names the deed; `words` brought it about; `card` is a card that came to stand in a
    desk: whose, its event, and whether nobody was on duty; `done` keys of reminders.
    """
    course, now = outcome.course, around.now
    touched = {event.addressee for event in outcome.events if event.addressee is not None}
    looks = [look(one, course, party, around, card, done) for party in sorted(touched)]
    await one.put(course, looks, now)
    for event in outcome.events:
        for entry in entries(course.request, event, around):
            await one.enter(entry)
        if event.kind in (Kind.ANSWERED, Kind.REFUSED, Kind.WITHDRAWN) and event.addressee:
            await _drop(one, event.addressee, under_way=event.kind is Kind.WITHDRAWN)
    unnamed = frozenset([party for party in touched if hides_officers(await one.words(party))])
    await say(one, tellings(course.request, outcome.events, words, unnamed), course, once)


def hides_officers(every: Iterable[Words]) -> bool:
    """Whether an addressee has said that the requester isn't told which officers deal with it.
    What it hid once with a request stays hidden with it."""
    return any(
        one.hidden and not one.kind.to_desk and one.state in (WordsState.SENDING, WordsState.SENT)
        for one in every
    )


async def say(one: Locked, told: Iterable[Told], course: Course, once: str) -> None:
    """Writes what is told, and the signs on what asks for one tap."""
    for number, each in enumerate(told):
        effect = effect_of(each, course.request, f"request-{once}-{number}")
        offered = RATING_SIGNS.values() if each.text is Telling.TO_RATE else ()
        await one.write([effect, *signs(effect, one.standing.asked_in, offered)])


def look(
    one: Locked,
    course: Course,
    party: Party,
    around: Around,
    card: tuple[Party, str, bool] | None = None,
    done: tuple[Party, frozenset[str]] | None = None,
) -> Look:
    """When to look at that addressee's part again, and what is counted of it."""
    progress, before = course.of(party), one.standing.addressed[party]
    if progress is None:
        return Look(party, None)
    keys = done[1] if done is not None and done[0] == party else None
    came = card if card is not None and card[0] == party else None
    unattended = came[2] if came is not None else before.unattended
    terms = terms_for(course.request, party, around.network)
    known = before.done if keys is None else keys
    at = next_step_at(progress, around.now, known, terms, unattended=unattended)
    return Look(
        party,
        at,
        in_time(progress, terms),
        keys,
        unattended if came is not None else None,
        came[1] if came is not None else None,
    )


async def _drop(one: Locked, addressee: Party, *, under_way: bool) -> None:
    """After the end nothing waits for ✅ any more, and after a withdrawal nothing goes on."""
    for words in await one.words(addressee):
        proposed = words.state is WordsState.PROPOSED and not words.kind.to_desk
        if proposed or (under_way and words.state is WordsState.SENDING):
            await one.set_words(words.id, WordsState.DROPPED)


def entries(request: Request, event: Event, around: Around) -> tuple[Entry, ...]:
    """The entries of a step: one for each side, that names no officer of the other.

    INVARIANT: no entry of an addressee names another addressee, or a requester who is hidden.
    """
    sides = {request.party} if event.addressee is None else {request.party, event.addressee}
    if event.kind in (Kind.CHANGED, Kind.DISCARDED):
        sides = {request.party}
    marking = event.kind is Kind.SENT and not request.requester_hidden
    until = event.until.date().isoformat() if event.until else None
    return tuple(
        Entry(
            kind=EntryKind.REQUEST,
            time=around.now,
            component=COMPONENT,
            correlation=f"{request.id}.{event.addressee or 'all'}",
            salt=around.salt(),
            group=request.group,
            parties=frozenset({side}),
            marking=write_effective(request.marking).removesuffix(" //")
            if marking and side == request.party
            else None,
            subject=subject(
                {
                    Subject.STEP: event.kind.value,
                    Subject.OFFICER: event.mark.by.officer
                    if event.mark.by.party in (side, None)
                    else None,
                    Subject.REFERENCE: event.message,
                    Subject.UNTIL: until,
                }
            ),
        )
        for side in sorted(sides)
    )


def is_over(course: Course, party: Party) -> bool:
    """Whether nothing more is to happen with that addressee."""
    progress = course.of(party)
    return progress is None or progress.state is State.CLOSED
