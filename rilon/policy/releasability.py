"""Releasability: whether what a bulletin cites may be told in a room, and under which marking.

A cited source is weighed as if all of it were quoted (`rilon.policy.source_rules`): what an
analyst makes of it can't go further than its words could.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from rilon.domain.markings import WrittenMarking, join_all, take_effect
from rilon.domain.officers import Officer
from rilon.domain.parties import Party
from rilon.domain.rooms import Room
from rilon.policy.marking_rules import as_written
from rilon.policy.question import Source
from rilon.policy.release import is_over
from rilon.policy.source_rules import may_be_in, taken_over

_APART = 1 << 64
"""Fingerprints are below this: what is cited shares no passage with anything."""


def as_quoted(sources: Iterable[Source]) -> tuple[Source, ...]:
    """The sources as if each were quoted, with nothing that would let it pass."""
    return tuple(
        replace(source, passages=frozenset({_APART + number}))
        for number, source in enumerate(sources)
    )


def stands_in_the_way(source: Source, room: Room, officer: Officer, today: date) -> bool:
    """Whether the source, by itself, can't be told in that room."""
    if not source.marking.restricted:
        return False
    return is_over(source.marking, today) or not may_be_in(source, room, officer.party)


def at_least(
    sources: Sequence[Source], whole: WrittenMarking, room: Room, party: Party
) -> WrittenMarking | None:
    """The least marking under which a bulletin with this marking may tell these sources in the
    room, where that is more than its own; None where its own suffices."""
    own = take_effect(whole, room.default, room.ceiling, party)
    taken = [taken_over(one, room, party) for one in sources if one.marking.restricted]
    joined = join_all(own, *taken)
    shown = replace(
        joined, originators=own.originators, explicit_rel=own.explicit_rel, unnamed=own.unnamed
    )
    if shown == own:
        return None
    return as_written(joined)
