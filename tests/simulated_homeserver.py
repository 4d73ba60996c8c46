"""A homeserver in memory that performs plan steps as the steward would on a real one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rilon.policy import desired
from rilon.policy.plan import INSIDE, Observed, ObservedRoom
from rilon.policy.steps import (
    AddToSpace,
    CreateRoom,
    Join,
    NeedsPerson,
    RegisterOfficer,
    Remove,
    SetDisplayName,
    SetState,
    Step,
    Unban,
)


@dataclass
class SimulatedRoom:
    room_id: str
    version: str
    creator: str
    state: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)


@dataclass
class SimulatedHomeserver:
    """Refuses what a real one would: joining an absent room, a banned or unknown person."""

    server_name: str
    steward: str
    rooms: dict[str, SimulatedRoom] = field(default_factory=dict)
    accounts: dict[str, str | None] = field(default_factory=dict)
    admitted: set[str] = field(default_factory=set)
    made: int = 0

    def observe(self) -> Observed:
        rooms = {
            key: ObservedRoom(
                room.room_id, room.version, room.creator, dict(room.state), dict(room.members)
            )
            for key, room in self.rooms.items()
        }
        return Observed(self.server_name, rooms, dict(self.accounts), frozenset(self.admitted))

    def perform(self, steps: Iterable[Step]) -> None:
        for step in steps:
            self._one(step)

    def _one(self, step: Step) -> None:
        match step:
            case RegisterOfficer(officer, display_name):
                assert officer not in self.accounts
                self.accounts[officer] = display_name
            case SetDisplayName(officer, display_name):
                assert officer in self.accounts
                self.accounts[officer] = display_name
            case CreateRoom():
                self._create(step)
            case SetState(room, type_, state_key, content):
                there = self.rooms[room]
                assert there.creator == self.steward
                assert there.members.get(self.steward) == "join"
                there.state[type_, state_key] = dict(content)
            case AddToSpace(space, room):
                parent, child = self.rooms[space], self.rooms[room]
                parent.state["m.space.child", child.room_id] = desired.space_child(self.server_name)
                child.state["m.space.parent", parent.room_id] = desired.space_parent(
                    self.server_name
                )
            case Remove(user_id, room):
                assert self.rooms[room].members[user_id] in INSIDE
                self.rooms[room].members[user_id] = "leave"
            case Unban(officer, room):
                assert self.rooms[room].members[self.user_id(officer)] == "ban"
                self.rooms[room].members[self.user_id(officer)] = "leave"
            case Join(officer, room):
                assert officer in self.accounts
                assert self.rooms[room].members.get(self.user_id(officer)) != "ban"
                self.rooms[room].members[self.user_id(officer)] = "join"
            case NeedsPerson():
                pass

    def _create(self, step: CreateRoom) -> None:
        assert step.room not in self.rooms
        self.made += 1
        there = SimulatedRoom(f"!{self.made}-{step.room}", step.version, self.steward)
        there.state["m.room.create", ""] = {"room_version": step.version, **step.creation}
        for event in step.initial_state:
            there.state[event.type, event.state_key] = dict(event.content)
        there.members[self.steward] = "join"
        self.rooms[step.room] = there

    def user_id(self, name: str) -> str:
        return f"@{name}:{self.server_name}"
