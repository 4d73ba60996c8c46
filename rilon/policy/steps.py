"""Steps between the homeserver as it is and as policy wants it, as values, with their words.

What steps are needed is decided in `rilon.policy.plan`; performing them is the steward's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rilon.domain.verdicts import Parameters

Content = Mapping[str, Any]
"""The content of a Matrix state event: JSON values."""


class Because(StrEnum):
    """Why a step is needed."""

    NOT_THERE = "not_there"
    CHANGED = "changed"
    NOT_IN_POLICY = "not_in_policy"
    NOT_A_MEMBER = "not_a_member"
    OUTSIDE_TERM = "outside_term"
    NOT_ADMITTED = "not_admitted"
    BY_POLICY = "by_policy"
    OTHER_CREATOR = "other_creator"
    OTHER_VERSION = "other_version"
    OTHER_CEILING = "other_ceiling"
    STEWARD_ABSENT = "steward_absent"


@dataclass(frozen=True, slots=True)
class StateEvent:
    """One state event as it should be."""

    type: str
    state_key: str
    content: Content


@dataclass(frozen=True, slots=True)
class Remove:
    """Take somebody out of a room. `user_id` is a full Matrix user id, perhaps of a stranger."""

    user_id: str
    room: str
    because: Because


@dataclass(frozen=True, slots=True)
class RegisterOfficer:
    """Make the officer's account. The first password is handed over outside."""

    officer: str
    display_name: str
    because: Because = Because.NOT_THERE


@dataclass(frozen=True, slots=True)
class SetDisplayName:
    """Give the account the roster's name."""

    officer: str
    display_name: str
    because: Because = Because.CHANGED


@dataclass(frozen=True, slots=True)
class CreateRoom:
    """Make a room, as the steward, with all of its state from the first moment on.

    `room` is the room's key and the local part of its alias. `creation` is the content of
    `m.room.create` beside the version.
    """

    room: str
    version: str
    creation: Content
    initial_state: tuple[StateEvent, ...]
    because: Because = Because.NOT_THERE


@dataclass(frozen=True, slots=True)
class SetState:
    """Set one state event. Empty content takes back what shouldn't be there."""

    room: str
    type: str
    state_key: str
    content: Content
    because: Because


@dataclass(frozen=True, slots=True)
class AddToSpace:
    """Make the room a child of its group's space, and the space its parent."""

    space: str
    room: str
    because: Because = Because.NOT_THERE


@dataclass(frozen=True, slots=True)
class Unban:
    """Lift the ban of an officer who belongs in the room."""

    officer: str
    room: str
    because: Because = Because.BY_POLICY


@dataclass(frozen=True, slots=True)
class Join:
    """Join an officer, with nothing to answer for them."""

    officer: str
    room: str
    because: Because = Because.BY_POLICY


@dataclass(frozen=True, slots=True)
class NeedsPerson:
    """Something that no step can mend. Nobody is joined to the room until a person has."""

    room: str
    because: Because


Step = (
    Remove
    | RegisterOfficer
    | SetDisplayName
    | CreateRoom
    | SetState
    | AddToSpace
    | Unban
    | Join
    | NeedsPerson
)

_WORDS: Mapping[str, str] = {
    "remove": "remove {person} from {room}: {because}",
    "register_officer": "make the account of {person}",
    "set_display_name": "name the account of {person} as the roster does",
    "create_room": "make the room {room}",
    "set_state": "set {type} of {room}: {because}",
    "add_to_space": "put {room} into the space {space}",
    "unban": "lift the ban of {person} from {room}",
    "join": "join {person} to {room}",
    "needs_person": "{room} needs a person: {because}",
}
_REASONS: Mapping[Because, str] = {
    Because.NOT_THERE: "it isn't there",
    Because.CHANGED: "it was changed by hand, or policy changed",
    Because.NOT_IN_POLICY: "policy doesn't have it",
    Because.NOT_A_MEMBER: "policy doesn't have them in this room",
    Because.OUTSIDE_TERM: "their term doesn't include today",
    Because.NOT_ADMITTED: "they aren't admitted",
    Because.BY_POLICY: "policy has them in this room",
    Because.OTHER_CREATOR: "somebody else made it; take its alias away and apply again",
    Because.OTHER_VERSION: "it has another room version or type; take its alias away and apply",
    Because.OTHER_CEILING: "its ceiling is fixed for its life; give the changed room a new key",
    Because.STEWARD_ABSENT: "the steward isn't in it; join the steward as a server administrator",
}


def describe(step: Step) -> tuple[str, Parameters]:
    """A code for the kind of step, and the values of its sentence."""
    name = "".join(f"_{c.lower()}" if c.isupper() else c for c in type(step).__name__).lstrip("_")
    values: dict[str, str] = {"because": step.because.value}
    if not isinstance(step, (RegisterOfficer, SetDisplayName)):
        values["room"] = step.room
    if isinstance(step, (RegisterOfficer, SetDisplayName, Join, Unban)):
        values["person"] = step.officer
    if isinstance(step, Remove):
        values["person"] = step.user_id
    if isinstance(step, SetState):
        values["type"] = step.type
    if isinstance(step, AddToSpace):
        values["space"] = step.space
    return name, tuple(sorted(values.items()))


def sentence(step: Step) -> str:
    """The step as one plain line for `rilon plan`."""
    code, parameters = describe(step)
    values = dict(parameters)
    values["because"] = _REASONS[Because(values["because"])]
    return _WORDS[code].format(**values)
