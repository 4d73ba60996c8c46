"""The plan: which steps lead from the homeserver as it is to what policy wants.

Pure: what is there is an argument, steps are values. A plan made after its steps were
performed is empty, except for what needs a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from rilon.domain.officers import Officer
from rilon.domain.rooms import Room, RoomKind
from rilon.policy import desired
from rilon.policy.network import Network
from rilon.policy.steps import (
    AddToSpace,
    Because,
    Content,
    CreateRoom,
    Join,
    NeedsPerson,
    RegisterOfficer,
    Remove,
    SetDisplayName,
    SetState,
    StateEvent,
    Step,
    Unban,
)

INSIDE = frozenset({"join", "invite", "knock"})
"""Memberships that lead into a room."""

_LINKS = frozenset({"m.space.child", "m.space.parent"})
_NOT_IN_A_SPACE = frozenset({RoomKind.SPACE, RoomKind.DIRECT, RoomKind.PAIR})
"""A pair's room is nobody else's business: the space would show that there is one."""
_NOT_OURS_TO_SET = frozenset({"m.room.create", "m.room.member"}) | _LINKS
_PINS = ("m.room.pinned_events", "")
"""In a Bulletins room what stands pinned follows what was published, never the policy."""


@dataclass(frozen=True, slots=True)
class ObservedRoom:
    """A room as the homeserver has it.

    `state` holds contents by (type, state key), members left out; `members` memberships by
    full user id; `creator` is the full user id that sent `m.room.create`.
    """

    room_id: str
    version: str
    creator: str
    state: Mapping[tuple[str, str], Content] = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Observed:
    """The homeserver as it is.

    `rooms` are those with an alias of ours, by its local part, retired ones included;
    `accounts` are display names of officers' accounts by local part; `admitted` are the
    officers with a signed device, whom the coordinator admitted.
    """

    server_name: str
    rooms: Mapping[str, ObservedRoom] = field(default_factory=dict)
    accounts: Mapping[str, str | None] = field(default_factory=dict)
    admitted: frozenset[str] = frozenset()


def plan(network: Network, observed: Observed, today: date) -> tuple[Step, ...]:
    """The steps in the order in which they can be performed. `today` is in UTC.

    Removals come first: taking somebody out never waits for anything else.
    """
    aim = _Aim(network, observed, today)
    return (
        *aim.removals(),
        *aim.accounts(),
        *aim.rooms(),
        *aim.links(),
        *aim.joins(),
        *aim.alarms(),
    )


@dataclass(frozen=True, slots=True)
class _Aim:
    """Policy and homeserver side by side, on one day."""

    network: Network
    observed: Observed
    today: date

    # --- people ------------------------------------------------------------------------------

    def removals(self) -> Iterator[Step]:
        """Everybody who is in a room, or on the way in, and doesn't belong."""
        for key, there in sorted(self.observed.rooms.items()):
            for user_id, membership in sorted(there.members.items()):
                if membership not in INSIDE or user_id == self._steward:
                    continue
                if because := self._no_place(user_id, key):
                    yield Remove(user_id, key, because)

    def _no_place(self, user_id: str, key: str) -> Because | None:
        if key not in self.network.rooms:
            return Because.NOT_IN_POLICY
        name = user_id.removeprefix("@").partition(":")[0]
        if user_id != self._user_id(name) or name not in self.network.members(key):
            return Because.NOT_A_MEMBER
        there = self.observed.rooms[key]
        officer = self.network.officers[name]
        # ATTACK: a changed policy that lets new parties into an old room's conversation.
        recorded = _recorded_ceiling(there)
        if recorded is not None and officer.party not in recorded:
            return Because.OTHER_CEILING
        return self._not_today(officer)

    def _not_today(self, officer: Officer) -> Because | None:
        if not officer.within_term(self.today):
            return Because.OUTSIDE_TERM
        return None if officer.name in self.observed.admitted else Because.NOT_ADMITTED

    def accounts(self) -> Iterator[Step]:
        """Accounts that are missing or named otherwise than in the roster."""
        for name, officer in sorted(self.network.officers.items()):
            if not officer.within_term(self.today):
                continue
            if name not in self.observed.accounts:
                yield RegisterOfficer(name, officer.display_name)
            elif self.observed.accounts[name] != officer.display_name:
                yield SetDisplayName(name, officer.display_name)

    def joins(self) -> Iterator[Step]:
        """Officers who belong in a room that is as it should be, and aren't in it."""
        for key in self._room_order():
            there = self.observed.rooms.get(key)
            if there is not None and any(_defects(self.network.rooms[key], there, self._steward)):
                continue
            members = there.members if there else {}
            for name in sorted(self.network.members(key)):
                membership = members.get(self._user_id(name))
                if membership == "join" or self._not_today(self.network.officers[name]):
                    continue
                if membership == "ban":
                    yield Unban(name, key)
                yield Join(name, key)

    # --- rooms -------------------------------------------------------------------------------

    def rooms(self) -> Iterator[Step]:
        """Rooms that are missing, and state that differs or shouldn't be there."""
        for key in self._room_order():
            room = self.network.rooms[key]
            wanted = desired.room_state(self.network, room, self.observed.server_name)
            there = self.observed.rooms.get(key)
            if there is None:
                creation = desired.creation_content(room)
                yield CreateRoom(key, desired.ROOM_VERSION, creation, wanted)
                continue
            if _workable(there, self._steward):
                yield from _mend_state(room, there, wanted)

    def _room_order(self) -> list[str]:
        """Rooms to keep, spaces first; direct rooms of officers who came in."""
        network = self.network
        keys = [key for key in network.rooms if key in self.observed.rooms or self._wanted(key)]
        return sorted(keys, key=lambda key: (network.rooms[key].kind is not RoomKind.SPACE, key))

    def _wanted(self, key: str) -> bool:
        if self.network.rooms[key].kind is not RoomKind.DIRECT:
            return True
        # A direct room is made for an officer who came in: never for an account nobody uses.
        owners = (self.network.officers[name] for name in self.network.members(key))
        return any(self._not_today(owner) is None for owner in owners)

    def links(self) -> Iterator[Step]:
        """The space's children: all of the group's rooms, and nothing else."""
        for key, room in sorted(self.network.rooms.items()):
            linkable = room.group and room.kind not in _NOT_IN_A_SPACE
            if linkable and self._can_set(key, room.group) and not self._linked(room):
                yield AddToSpace(room.group, key)
        ours = {there.room_id: key for key, there in self.observed.rooms.items()}
        for key in self._room_order():
            there = self.observed.rooms.get(key)
            if there is None or not self._can_set(key):
                continue
            for (type_, state_key), content in sorted(there.state.items(), key=_place):
                link = type_ in _LINKS and content
                if link and not self._link_belongs(key, type_, ours.get(state_key)):
                    yield SetState(key, type_, state_key, {}, Because.NOT_IN_POLICY)

    def _can_set(self, *keys: str) -> bool:
        rooms = (self.observed.rooms.get(key) for key in keys)
        return all(there is None or _workable(there, self._steward) for there in rooms)

    def _linked(self, room: Room) -> bool:
        space, there = self.observed.rooms.get(room.group), self.observed.rooms.get(room.key)
        if space is None or there is None:
            return False
        child = space.state.get(("m.space.child", there.room_id))
        parent = there.state.get(("m.space.parent", space.room_id))
        server_name = self.observed.server_name
        return child == desired.space_child(server_name) and parent == desired.space_parent(
            server_name
        )

    def _link_belongs(self, key: str, type_: str, other: str | None) -> bool:
        room, linked = self.network.rooms[key], self.network.rooms.get(other or "")
        if linked is None:
            return False
        space, child = (room, linked) if type_ == "m.space.child" else (linked, room)
        return (
            space.kind is RoomKind.SPACE
            and child.kind not in _NOT_IN_A_SPACE
            and child.group == space.key
        )

    def alarms(self) -> Iterator[Step]:
        """What no step can mend."""
        for key, there in sorted(self.observed.rooms.items()):
            if room := self.network.rooms.get(key):
                for because in _defects(room, there, self._steward):
                    yield NeedsPerson(key, because)

    @property
    def _steward(self) -> str:
        return self._user_id(self.network.steward)

    def _user_id(self, name: str) -> str:
        return f"@{name}:{self.observed.server_name}"


def _mend_state(room: Room, there: ObservedRoom, wanted: tuple[StateEvent, ...]) -> Iterator[Step]:
    """State that differs from what is wanted, and state that nobody wanted."""
    # The ceiling that a room was made with stays on record.
    other_ceiling = _recorded_ceiling(there) not in (None, set(room.ceiling))
    governed = {(event.type, event.state_key) for event in wanted}
    for event in wanted:
        found = there.state.get((event.type, event.state_key))
        if found != event.content and not (event.type == desired.ROOM_TYPE and other_ceiling):
            because = Because.CHANGED if found else Because.NOT_THERE
            yield SetState(room.key, event.type, event.state_key, event.content, because)
    for (type_, state_key), content in sorted(there.state.items(), key=_place):
        place = (type_, state_key)
        if place in governed or type_ in _NOT_OURS_TO_SET:
            continue
        pins = place == _PINS and room.kind is RoomKind.BULLETINS
        if content and not pins:
            yield SetState(room.key, type_, state_key, {}, Because.NOT_IN_POLICY)


def _place(item: tuple[tuple[str, str], Content]) -> tuple[str, str]:
    return item[0]


def _workable(there: ObservedRoom, steward: str) -> bool:
    """Whether the steward can set state there: it made the room, and is in it."""
    return there.creator == steward and there.members.get(steward) == "join"


def _defects(room: Room, there: ObservedRoom, steward: str) -> Iterator[Because]:
    """Why nobody may be joined to a room that stands."""
    if there.creator != steward:
        yield Because.OTHER_CREATOR
    creation = there.state.get(("m.room.create", ""), {})
    wanted = desired.creation_content(room)
    found = {name: creation[name] for name in ("m.federate", "type") if name in creation}
    if there.version != desired.ROOM_VERSION or found != wanted:
        yield Because.OTHER_VERSION
    recorded = _recorded_ceiling(there)
    if recorded is not None and recorded != set(room.ceiling):
        yield Because.OTHER_CEILING
    if there.members.get(steward) != "join":
        yield Because.STEWARD_ABSENT


def _recorded_ceiling(there: ObservedRoom) -> set[str] | None:
    """The ceiling that the room was made with; `None` when it isn't on record."""
    ceiling = there.state.get((desired.ROOM_TYPE, ""), {}).get("ceiling")
    return set(map(str, ceiling)) if isinstance(ceiling, list) else None
