"""Who belongs where, as effects: joining an officer who came in.

It decides what is to be done and in which order; the steward performs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from rilon.application.ports import NewEffect
from rilon.application.reconcile import removal
from rilon.domain.rooms import Room, RoomKind
from rilon.policy.network import Network

_ORDER = (
    RoomKind.DIRECT,
    RoomKind.SPACE,
    RoomKind.FLOOR,
    RoomKind.DESK,
    RoomKind.COORDINATION,
    RoomKind.ANALYSIS,
    RoomKind.COMPARTMENT,
    RoomKind.BULLETINS,
    RoomKind.PAIR,
)


def rooms_of(network: Network, name: str) -> tuple[Room, ...]:
    """The rooms in which policy wants the officer: the direct room first, then as they matter."""
    mine = (room for room in network.rooms.values() if name in network.members(room.key))
    return tuple(sorted(mine, key=lambda room: (_ORDER.index(room.kind), room.key)))


def direct_room_key(name: str) -> str:
    """The key of the room of one officer and the steward."""
    return f"direct-{name}"


def induction_effects(network: Network, name: str, user_id: str) -> tuple[NewEffect, ...]:
    """An officer came in with a signed device: the direct room, the welcome, then the rooms.

    They share one subject, so that they keep this order.
    """
    direct = direct_room_key(name)
    rooms = [room.key for room in rooms_of(network, name) if room.key != direct]
    return (
        NewEffect("create_room", user_id, {"room": direct}),
        NewEffect("join", user_id, {"room": direct, "user_id": user_id}),
        NewEffect(
            "say", user_id, {"to": direct, "text": "welcome", "mention": user_id}, f"welcome-{name}"
        ),
        *(NewEffect("join", user_id, {"room": key, "user_id": user_id}) for key in rooms),
    )


def ended_memberships(
    network: Network, admitted: Mapping[str, str], rooms: Iterable[str], today: date
) -> list[NewEffect]:
    """Removals of admitted officers whose term, or place in policy, has ended.

    `admitted` maps names to user ids; `rooms` are the keys of the rooms there are. Each
    removal is named after its cause, so that a later sweep writes nothing again.
    """
    ended = []
    for name, user_id in admitted.items():
        officer = network.officers.get(name)
        if officer is not None and officer.within_term(today):
            continue
        cause = "gone" if officer is None else f"term-{officer.term_from}-{officer.term_until}"
        for key in rooms:
            one = removal(key, user_id)
            once = f"ended {name} {key} {cause} {network.digest[:16]}"
            ended.append(NewEffect(one.kind, one.subject, one.payload, once))
    return ended
