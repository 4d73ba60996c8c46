"""Rules on what a post's passages come from: whether a source stands in the way, and what the
post takes over from it (enforcement, Quotation and onward disclosure; the table of labels).

A passage is judged by every delivered copy of it. One copy that everyone of this room may
already see is enough to let it pass: what is known here can't be told here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

from rilon.domain.markings import Marking, Tlp
from rilon.domain.officers import Officer
from rilon.domain.parties import Parties, Party
from rilon.domain.rooms import Room, RoomKind
from rilon.policy.question import Question, Source
from rilon.policy.release import consented, is_over

CONSENT = "ORCON"
"""The caveat that asks for the originators' consent to any other room."""
_OWN_ROOMS = frozenset({RoomKind.DESK, RoomKind.DIRECT, RoomKind.ANALYSIS})
"""Rooms that may be one party's own. The RSO has no desk; its analysts' room is one."""


class Obstacle(Enum):
    """Why a source doesn't fit a room, by the rule that says so."""

    ONWARD = "rule4.onward"
    SOURCE = "rule5.source"


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the sources come to: the first that stands in the way, or the markings to join.
    `blocking` are all that stand in the way; then `carried` is of the others."""

    obstacle: Obstacle | None = None
    source: Source | None = None
    carried: tuple[Marking, ...] = ()
    blocking: tuple[Source, ...] = ()


def weigh(question: Question, officer: Officer, today: date) -> Weighed:
    """Weighs every passage by its copies.

    For each passage: if a copy lets it pass here, the loosest such copy is joined; else a copy
    that doesn't fit here, and wasn't released, stands in the way; else all of them are joined,
    those that were released under the marking of the release.
    """
    if not question.sources:
        return Weighed()
    room, party = question.room, officer.party
    obstacles: dict[int, Obstacle | None] = {}
    for number, source in enumerate(question.sources):
        obstacles[number] = obstacle(source, question, party, today)
    carried: set[int] = set()
    blocking: set[int] = set()
    released: set[Marking] = set()
    for copies, consents in _copies(question, party, today):
        mine = [
            at
            for at in copies
            if not _is_draft(question.sources[at], party)
            and not _was_shown(question.sources[at], party)
        ]
        passing = [
            at for at in mine if obstacles[at] is None and _known_here(question.sources[at], room)
        ]
        if passing:
            carried.add(min(passing, key=lambda at: _strictness(question.sources[at])))
            continue
        given = {at: under for at, under in consents if obstacles[at] is not None}
        blocking |= {at for at in mine if obstacles[at] is not None and at not in given}
        carried |= set(mine) - given.keys()
        released |= {one for at in mine for one in given.get(at, ())}
    taken = tuple(
        taken_over(question.sources[at], room, party)
        for at in sorted(carried - blocking)
        if question.sources[at].marking.restricted
    )
    if blocking:
        # The copy nearest to its origin explains most.
        first = min(
            blocking,
            key=lambda at: (
                len(question.sources[at].marking.originators),
                _strictness(question.sources[at]),
            ),
        )
        every = tuple(question.sources[at] for at in sorted(blocking))
        return Weighed(obstacles[first], question.sources[first], (*taken, *released), every)
    return Weighed(carried=(*taken, *released))


def obstacle(source: Source, question: Question, party: Party, today: date) -> Obstacle | None:
    """Whether this source keeps the post out of its room, by itself."""
    if not source.marking.restricted:
        return None
    if is_over(source.marking, today):
        return Obstacle.SOURCE
    return _obstacle_of_room(source, question.room, party)


def may_be_in(source: Source, room: Room, party: Party) -> bool:
    """Whether an officer of that party may send the source on to that room, unexpired."""
    return _obstacle_of_room(source, room, party) is None


def _obstacle_of_room(source: Source, room: Room, party: Party) -> Obstacle | None:
    marking = source.marking
    if marking.originators == {party}:
        return _own_obstacle(source, room)
    if not room.ceiling <= marking.rel or marking.protect & room.ceiling:
        return Obstacle.SOURCE
    if source.room_key == room.key:
        return None
    if CONSENT in marking.caveats or not _may_go_on(marking.tlp, source.ceiling, room, party):
        return Obstacle.ONWARD
    return None


def _own_obstacle(source: Source, room: Room) -> Obstacle | None:
    """A party's own content: only what its officer wrote holds it back, not a room's default."""
    marking = source.marking
    left_out = marking.explicit_rel and not room.ceiling <= marking.rel
    shut = marking.tlp is Tlp.RED and not room.opens_to_red
    if source.written and (left_out or shut or marking.protect & room.ceiling):
        return Obstacle.SOURCE
    return None


def _may_go_on(tlp: Tlp, from_ceiling: Parties, room: Room, party: Party) -> bool:
    """The table's second column: content of another party, sent on to another room."""
    if tlp is Tlp.RED:
        return False
    if tlp is Tlp.AMBER_STRICT:
        return room.ceiling == {party}
    if tlp is Tlp.AMBER:
        own = room.kind in _OWN_ROOMS and room.ceiling == {party}
        return own or room.ceiling <= from_ceiling
    return True


def _is_draft(source: Source, party: Party) -> bool:
    """A party's own content under a room's default: it neither holds back nor lets pass."""
    return (
        source.marking.restricted and not source.written and source.marking.originators == {party}
    )


def _was_shown(source: Source, party: Party) -> bool:
    """A text of this party that was shown in another's desk, to be released: it stands in a room
    that isn't this party's. Its own words are its own still, and the others' have their sources."""
    return party not in source.ceiling and party in source.marking.originators


def _known_here(source: Source, room: Room) -> bool:
    """Whether everyone of this ceiling may already see the source, or anyone may."""
    return not source.marking.restricted or room.ceiling <= source.ceiling


def _strictness(source: Source) -> tuple[int, int, int, bytes]:
    marking = source.marking
    limits = len(marking.caveats) + len(marking.protect)
    if not marking.restricted:
        return (-1, 0, 0, source.identity)
    return (marking.tlp, limits, -len(marking.rel), source.identity)


def taken_over(source: Source, room: Room, party: Party) -> Marking:
    """The marking that the post takes over. Own content brings no REL that nobody wrote."""
    marking = source.marking
    if marking.originators == {party} and not marking.explicit_rel:
        return replace(marking, rel=marking.rel | room.ceiling)
    return marking


Consents = frozenset[tuple[int, frozenset[Marking]]]
"""Places of sources that were released, each with the markings of its release."""


def _copies(question: Question, party: Party, today: date) -> set[tuple[frozenset[int], Consents]]:
    """For every passage the places of the sources that hold it, and which of them were released
    as to this passage; the same sets once."""
    holders: dict[int, list[int]] = {}
    for at, source in enumerate(question.sources):
        for passage in source.passages:
            holders.setdefault(passage, []).append(at)
    return {
        (frozenset(places), _consents(passage, places, question, party, today))
        for passage, places in holders.items()
    }


def _consents(
    passage: int, places: Iterable[int], question: Question, party: Party, today: date
) -> Consents:
    if not question.grants:
        return frozenset()
    found = set()
    for at in places:
        source = question.sources[at]
        under = consented(
            question.grants,
            source.identity,
            source.marking,
            passage,
            question.room,
            party,
            today,
        )
        if under:
            found.add((at, under))
    return frozenset(found)
