"""A room's state as policy wants it, as exact contents of Matrix state events.

Source: Matrix client-server API, room events; room version 12 (creators above power levels).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from rilon.domain.parties import in_order
from rilon.domain.rooms import Room, RoomKind
from rilon.policy.network import Network
from rilon.policy.steps import StateEvent

ROOM_VERSION = "12"
ROOM_TYPE = "org.rilon.room"
"""Our own state: what the room is. It pins the ceiling for the life of the room."""

READ_ONLY_LEVEL = 50
STEWARD_LEVEL = 100


def creation_content(room: Room) -> dict[str, Any]:
    """The content of `m.room.create`, beside creator and version."""
    # A room that other servers can't join, whatever the homeserver's configuration says.
    content: dict[str, Any] = {"m.federate": False}
    return {**content, "type": "m.space"} if room.kind is RoomKind.SPACE else content


def room_state(network: Network, room: Room, server_name: str) -> tuple[StateEvent, ...]:
    """All state of a room that policy governs, without members and the space's children."""
    kept = network.retention[room.key]
    contents = {
        "m.room.power_levels": power_levels(network, room, server_name),
        "m.room.join_rules": {"join_rule": "invite"},
        "m.room.history_visibility": {"history_visibility": "joined"},
        "m.room.guest_access": {"guest_access": "forbidden"},
        "m.room.encryption": {
            "algorithm": "m.megolm.v1.aes-sha2",
            "rotation_period_ms": _milliseconds(network.rotate_after),
            "rotation_period_msgs": network.rotate_after_messages,
        },
        "m.room.canonical_alias": {"alias": f"#{room.key}:{server_name}"},
        "m.room.name": {"name": room.name},
        "m.room.topic": {"topic": room.topic},
        "m.room.retention": {"max_lifetime": _milliseconds(kept)},
        ROOM_TYPE: {
            "key": room.key,
            "kind": room.kind.value,
            "group": room.group,
            "ceiling": list(in_order(room.ceiling)),
        },
    }
    return tuple(StateEvent(type_, "", content) for type_, content in contents.items())


def power_levels(network: Network, room: Room, server_name: str) -> dict[str, Any]:
    """Power levels: officers may speak and react; everything else is the steward's.

    In room version 12 the creator stands above all levels and must not be among `users`.
    """
    # Readers of bulletins ask in their threads, which levels can't tell apart: the gate does.
    closed = bool(room.posters) and room.kind is not RoomKind.BULLETINS
    level = {RoomKind.SPACE: STEWARD_LEVEL}.get(room.kind, READ_ONLY_LEVEL if closed else 0)
    posters = dict.fromkeys(_posters(network, room) if closed else (), READ_ONLY_LEVEL)
    reacting = STEWARD_LEVEL if room.kind is RoomKind.SPACE else 0
    return {
        "users": {f"@{name}:{server_name}": level for name, level in sorted(posters.items())},
        "users_default": 0,
        "events": {"m.reaction": reacting, "m.room.redaction": reacting},
        "events_default": level,
        "state_default": STEWARD_LEVEL,
        "invite": STEWARD_LEVEL,
        "kick": STEWARD_LEVEL,
        "ban": STEWARD_LEVEL,
        "redact": STEWARD_LEVEL,
        "notifications": {"room": STEWARD_LEVEL},
    }


def space_child(server_name: str) -> dict[str, Any]:
    """The content of `m.space.child` for a room of the group."""
    return {"via": [server_name]}


def space_parent(server_name: str) -> dict[str, Any]:
    """The content of `m.space.parent` in a room of the group."""
    return {"via": [server_name], "canonical": True}


def _posters(network: Network, room: Room) -> Iterator[str]:
    for name in network.members(room.key):
        if room.posters & network.officers[name].roles:
            yield name


def _milliseconds(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
