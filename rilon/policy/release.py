"""Release: what an originator's consent covers, and who may give it.

A grant is for one content, one room and those passages, and for nothing else. What a post with
a granted passage comes to is `rilon.policy.source_rules`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from rilon.domain.markings import Marking
from rilon.domain.officers import Officer, Role
from rilon.domain.parties import Parties, Party
from rilon.domain.rooms import Room

GRANTING_ROLES = frozenset({Role.FOCAL_POINT, Role.ANALYST, Role.COORDINATOR})
"""Who answers for a party where policy says nothing: those on duty. States have no analysts."""
STANDS = timedelta(hours=72)
"""How long a request waits where policy says nothing."""
MOST_ASKED = 20
"""For how many releases an officer may wait at once where policy says nothing."""


@dataclass(frozen=True, slots=True)
class ReleaseRules:
    """Which officers of an originator's party may release, how long they have, and for how many
    one officer may wait at once."""

    granted_by: frozenset[Role] = GRANTING_ROLES
    stands: timedelta = STANDS
    most_asked: int = MOST_ASKED


@dataclass(frozen=True, slots=True)
class Grant:
    """One party's consent that passages of some sources may be in one room.

    `sources` are identities with the markings that they had when consent was asked for: what
    was made tighter since isn't meant. `marking` is the effective one under which it goes.
    """

    party: Party
    room: str
    sources: frozenset[tuple[bytes, Marking]]
    passages: frozenset[int]
    marking: Marking

    def covers(
        self, identity: bytes, marking: Marking, passage: int, room: Room, today: date
    ) -> bool:
        """Whether that passage of that source may be in that room, as far as this party goes."""
        return (
            room.key == self.room
            and self.party in marking.originators
            and (identity, marking) in self.sources
            and passage in self.passages
            and not is_over(marking, today)
            and not is_over(self.marking, today)
            and room.ceiling <= self.marking.rel
            and not self.marking.protect & room.ceiling
        )


def consented(
    grants: Iterable[Grant],
    identity: bytes,
    marking: Marking,
    passage: int,
    room: Room,
    sender: Party,
    today: date,
) -> frozenset[Marking]:
    """The markings under which every originator but the sender's party lets this passage of
    this source into the room; none if one of them doesn't.

    INVARIANT: a party's own content needs a grant of its own too; silence lifts nothing.
    """
    given = [one for one in grants if one.covers(identity, marking, passage, room, today)]
    missing = marking.originators - {sender} - {one.party for one in given}
    return frozenset() if missing else frozenset(one.marking for one in given)


def is_over(marking: Marking, today: date) -> bool:
    """Whether its last day of use is past."""
    return marking.expires is not None and marking.expires < today


def widened(marking: Marking, room: Room) -> Marking:
    """The marking as it would be if the parties of that room were in its REL."""
    return replace(marking, rel=marking.rel | room.ceiling)


def asked_about(marking: Marking, sender: Party) -> Parties:
    """The parties whose consent a source with this marking needs."""
    return marking.originators - {sender}


def may_release(rules: ReleaseRules, officer: Officer, party: Party, today: date) -> bool:
    """Whether this officer may answer for that party."""
    return (
        officer.party == party
        and not rules.granted_by.isdisjoint(officer.roles)
        and officer.within_term(today)
    )
