"""Whom to tell that a passage was posted by a party that never received it.

The sender's verdict knows nothing of such a match (`rilon.policy.source_rules`); the desks of the
originators are told, nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from rilon.domain.parties import Party
from rilon.domain.rooms import Room, RoomKind
from rilon.policy.network import Network
from rilon.policy.question import Found


@dataclass(frozen=True, slots=True)
class SourceAlarm:
    """What one party is told: in which of its rooms, and since when, the passage is known; and
    whether everybody of its `desk` reads the room where it was posted. If not, they may only know
    that there is one."""

    party: Party
    desk: Room
    source_room: Room | None
    delivered_at: datetime
    reads: bool


def source_alarms(
    found: Iterable[Found], sender: Party, posted_in: Room, network: Network
) -> list[SourceAlarm]:
    """The alarms of one delivered post, at most one for each party.

    `found` are all earlier sources of its passages. A passage that the sender's party
    received from anywhere, or that was posted without restriction, alarms nobody. Nor is a
    party told of a source that it never received itself, nor of what stays in the sender's own
    rooms.

    ATTACK: guesses of what others write, each posted as restricted in the own desk, to read in
    the alarm which of them was right; also by somebody of the desk, about a colleague's room. So
    of a room that not all of the desk read it is told only where another party had received the
    words, and could have passed them on.
    """
    if posted_in.ceiling <= {sender}:
        return []
    known: set[int] = set()
    for one in found:
        if sender in one.parties or not one.source.marking.restricted:
            known |= one.source.passages
    alarms: dict[Party, SourceAlarm] = {}
    for one in sorted(found, key=lambda each: (each.delivered_at, each.source.identity)):
        if one.source.passages <= known:
            continue
        for party in one.source.marking.originators & one.parties:
            desk = desk_of(party, one.source.room_key, network)
            if party == sender or desk is None:
                continue
            reads = network.members(desk.key) <= network.members(posted_in.key)
            if not (reads or one.parties - {party}):
                continue
            room = network.rooms.get(one.source.room_key)
            alarms.setdefault(party, SourceAlarm(party, desk, room, one.delivered_at, reads))
    return [alarms[party] for party in sorted(alarms)]


def desk_of(party: Party, room_key: str, network: Network) -> Room | None:
    """The party's own room, of the group of that room if it can be: a desk; the analysts' room
    for the RSO, which has no desk."""
    near = network.rooms.get(room_key)
    group = near.group if near else ""
    own = [
        room
        for room in network.rooms.values()
        if room.ceiling == {party} and room.kind in (RoomKind.DESK, RoomKind.ANALYSIS)
    ]
    ranked = sorted(
        own, key=lambda room: (room.group != group, room.kind is not RoomKind.DESK, room.key)
    )
    return ranked[0] if ranked else None
