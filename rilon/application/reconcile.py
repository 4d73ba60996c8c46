"""The plan's steps as effects: what the steward will do to bring the homeserver in line.

Accounts are made by whoever applies the policy, since a first password is handed over outside
and never stored with the effects.
"""

from __future__ import annotations

from collections.abc import Iterable

from rilon.application.ports import NewEffect
from rilon.policy.steps import (
    AddToSpace,
    CreateRoom,
    Join,
    RegisterOfficer,
    Remove,
    SetDisplayName,
    SetState,
    Step,
    Unban,
)


def effects_of(steps: Iterable[Step], server: str) -> list[NewEffect]:
    """The effects of the steps, in their order."""
    made = (_effect(step, server) for step in steps)
    return [one for one in made if one is not None]


def accounts_of(steps: Iterable[Step]) -> list[RegisterOfficer | SetDisplayName]:
    """The steps that concern accounts."""
    return [step for step in steps if isinstance(step, RegisterOfficer | SetDisplayName)]


def _effect(step: Step, server: str) -> NewEffect | None:
    match step:
        case CreateRoom(room=room):
            return NewEffect("create_room", f"room {room}", {"room": room})
        case SetState(room=room, type=kind, state_key=state_key, content=content):
            payload = {"room": room, "type": kind, "state_key": state_key, "content": dict(content)}
            return NewEffect("set_state", f"room {room}", payload)
        case AddToSpace(space=space, room=room):
            return NewEffect("link", f"link {room}", {"space": space, "room": room})
        case Join(officer=officer, room=room):
            user_id = f"@{officer}:{server}"
            return NewEffect("join", user_id, {"room": room, "user_id": user_id})
        case Unban(officer=officer, room=room):
            user_id = f"@{officer}:{server}"
            return NewEffect("unban", user_id, {"room": room, "user_id": user_id})
        case Remove(room=room, user_id=user_id):
            return removal(room, user_id)
    return None


def removal(room: str, user_id: str) -> NewEffect:
    """Taking somebody out of a room: never behind anything else."""
    return NewEffect("remove", f"remove {user_id} {room}", {"room": room, "user_id": user_id})
