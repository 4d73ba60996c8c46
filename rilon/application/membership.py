"""Who belongs where, as effects: joining an officer who came in.

It decides what is to be done and in which order; the steward performs it.
"""

from __future__ import annotations

from rilon.application.ports import NewEffect
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
        NewEffect("say", user_id, {"to": direct, "text": "welcome", "mention": user_id}, f"welcome-{name}"),
        *(NewEffect("join", user_id, {"room": key, "user_id": user_id}) for key in rooms),
    )
