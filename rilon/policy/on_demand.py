"""Rooms on demand: governed rooms that officers ask for, beside those of the policy's files.

A stored room says which parties or which two officers; everything else (name, default, members,
retention) follows from the policy in force, as for every other room. Storing and making them is
others' part; what the steward may make is decided here.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from rilon.domain.officers import Officer
from rilon.domain.parties import Parties, in_order, parties
from rilon.domain.rooms import Room, RoomKind
from rilon.policy.build import EXCHANGE, room_on_demand, topic_on_demand, widest_first
from rilon.policy.documents import GroupFile, OnDemandRoomsEntry
from rilon.policy.keeping import Kept
from rilon.policy.network import Group, Network


@dataclass(frozen=True, slots=True)
class OnDemand:
    """What is kept of a room on demand. Its ceiling is `parties`, for the life of the room.

    `officers` are the two of a direct room, in their order; empty for a compartment.
    """

    key: str
    kind: RoomKind
    group: str
    parties: Parties
    officers: tuple[str, ...] = ()


class Unavailable(StrEnum):
    """Why two officers get no direct room."""

    SELF = "self"
    SEVERAL = "several"
    UNKNOWN = "unknown"
    """No such officer shares a group with the one who asks. Whether there is one isn't said."""
    NOT_HERE = "not_here"
    """The other hasn't come in yet, or is out of term."""
    POLICY = "policy"
    """Their group has no direct rooms, or none for their roles."""


def compartment_of(group: str, parties: Parties) -> OnDemand:
    """The compartment of these parties. The plus sign is in no key of a policy's file."""
    key = f"{group}-{'+'.join(party.lower() for party in in_order(parties))}"
    return OnDemand(key, RoomKind.COMPARTMENT, group, parties)


_COMPARTMENT = re.compile(r"([a-z0-9-]{1,64})-([a-z]{3}(?:\+[a-z]{3}){1,60})")


def compartment_named(key: str) -> OnDemand | None:
    """The compartment on demand whose key that is; None for the key of any other room."""
    found = _COMPARTMENT.fullmatch(key)
    if found is None:
        return None
    one = compartment_of(found[1], parties(*found[2].upper().split("+")))
    return one if one.key == key else None


def pair_of(group: str, one: Officer, other: Officer, token: str) -> OnDemand:
    """The direct room of two officers.

    ATTACK: anyone may ask the homeserver whether an alias leads somewhere. So the key says
    nothing of the two: `token` is random, in small letters and digits.
    """
    names = tuple(sorted((one.name, other.name)))
    parties = frozenset({one.party, other.party})
    return OnDemand(f"{group}+{token}", RoomKind.PAIR, group, parties, names)


# --- joining them to the network ----------------------------------------------------------------


def with_rooms(network: Network, stored: Sequence[OnDemand]) -> Network:
    """The network with these rooms in it.

    INVARIANT: what policy doesn't allow (any more) is left out, and so is no governed room: the
    gate refuses everything there, and the plan takes everybody out.
    """
    sorts = {(one.group, one.kind): _sort_of(network, one) for one in stored}
    found = [built for one in stored if (built := _built(network, one, sorts[one.group, one.kind]))]
    if not found:
        return network
    rooms = {**network.rooms, **{room.key: room for room, _, _ in found}}
    members = {**network.member_names, **{room.key: names for room, names, _ in found}}
    kept = {**network.retention, **{room.key: kept.messages for room, _, kept in found}}
    personal = {room.key: kept.personal_data for room, _, kept in found if kept.personal_data}
    return replace(
        network,
        rooms=MappingProxyType(rooms),
        member_names=MappingProxyType(members),
        retention=MappingProxyType(kept),
        personal_data_kept=MappingProxyType({**network.personal_data_kept, **personal}),
        exchange_rooms=MappingProxyType(_exchange(network, found)),
    )


@dataclass(frozen=True, slots=True)
class _Sort:
    """What the rooms on demand of one group and kind have in common."""

    group: Group
    document: GroupFile
    entry: OnDemandRoomsEntry
    common: Room
    kept: Kept


_Built = tuple[Room, frozenset[str], Kept]


def _sort_of(network: Network, one: OnDemand) -> _Sort | None:
    """The sort that a room is of; None when its group has none of that sort."""
    group = network.groups.get(one.group)
    entry = _allowed(network, one)
    if group is None or entry is None:
        return None
    document = _document(network, one.group)
    common, kept = room_on_demand(document, network.documents, one.kind, entry)
    return _Sort(group, document, entry, common, kept)


def _built(network: Network, one: OnDemand, sort: _Sort | None) -> _Built | None:
    if sort is None or one.key in network.rooms or not one.parties:
        return None
    if not one.parties <= sort.group.parties:
        return None
    members = _members(network, one, sort.entry)
    readers = ", ".join(in_order(one.parties))
    name = "+".join(in_order(one.parties))
    if one.kind is RoomKind.PAIR:
        if members != frozenset(one.officers):
            return None
        people = [network.officers[officer].display_name for officer in one.officers]
        readers = ", ".join(people)
        name = " + ".join(person.replace(" · ", " ") for person in people)
    room = replace(
        sort.common,
        key=one.key,
        ceiling=one.parties,
        name=f"{name} · {sort.group.short}",
        topic=topic_on_demand(sort.document, network.documents, sort.entry, readers),
    )
    return room, members, sort.kept


def _allowed(network: Network, one: OnDemand) -> OnDemandRoomsEntry | None:
    if one.group not in network.groups:
        return None
    allowed = _document(network, one.group).on_demand
    return {
        RoomKind.COMPARTMENT: allowed.compartments,
        RoomKind.PAIR: allowed.direct_rooms,
    }.get(one.kind)


def _members(network: Network, one: OnDemand, entry: OnDemandRoomsEntry) -> frozenset[str]:
    roles = frozenset(entry.members)
    names = one.officers if one.kind is RoomKind.PAIR else network.officers
    people = (network.officers.get(name) for name in names)
    return frozenset(
        officer.name
        for officer in people
        if officer is not None
        and officer.party in one.parties
        and one.group in officer.groups
        and not roles.isdisjoint(officer.roles)
    )


def _exchange(network: Network, found: Iterable[_Built]) -> dict[str, tuple[Room, ...]]:
    """Each officer's rooms to exchange in, with the new ones among them."""
    more: dict[str, list[Room]] = {}
    for room, names, _ in found:
        if room.kind in EXCHANGE:
            for name in names:
                more.setdefault(name, []).append(room)
    exchange = dict(network.exchange_rooms)
    for name, rooms in more.items():
        exchange[name] = widest_first([*exchange.get(name, ()), *rooms])
    return exchange


def _document(network: Network, group: str) -> GroupFile:
    return next(one for one in network.documents.groups if one.key == group)


# --- what may be made ---------------------------------------------------------------------------


def fitting_compartment(network: Network, group: str, parties: Parties) -> Room | None:
    """The group's compartment for exactly these parties: the one that is there, else the one
    that would be made on demand, else None.

    `standing` tells the two apart. Fewer than two parties have a desk, all of them the floor.
    """
    known = network.groups.get(group)
    if known is None or len(parties) < 2 or not parties < known.parties:
        return None
    for room in sorted(network.rooms.values(), key=lambda room: room.key):
        if (room.kind, room.group, room.ceiling) == (RoomKind.COMPARTMENT, group, parties):
            return room
    wanted = compartment_of(group, parties)
    built = _built(network, wanted, _sort_of(network, wanted))
    return None if built is None else built[0]


def compartment_if_made(network: Network, key: str) -> Room | None:
    """The compartment on demand of that key, as it is or would be; None where policy has none."""
    one = compartment_named(key)
    if one is None:
        return None
    if key in network.rooms:
        return network.rooms[key]
    built = _built(network, one, _sort_of(network, one))
    return None if built is None else built[0]


def standing(network: Network, room: Room) -> bool:
    """Whether the room is one of the network now, and not one that would be made."""
    return room.key in network.rooms


def may_be_in(network: Network, name: str, one: OnDemand) -> bool:
    """Whether policy would have that officer in the room, once it is made."""
    built = _built(network, one, _sort_of(network, one))
    return built is not None and name in built[1]


def pair_for(
    network: Network,
    name: str,
    other: str,
    admitted: Container[str],
    today: date,
    token: str,
) -> OnDemand | Unavailable:
    """The direct room that these two officers have, or may have: of the first group of both that
    has such rooms.

    `admitted` are the names of the officers who came in; `token` is for a room that is new.
    """
    if name == other:
        return Unavailable.SELF
    one, another = network.officers.get(name), network.officers.get(other)
    if one is None or another is None:
        return Unavailable.UNKNOWN
    shared = [
        key
        for key in sorted(one.groups & another.groups)
        if key in network.groups and network.groups[key].within_term(today)
    ]
    if not shared:
        return Unavailable.UNKNOWN
    if another.name not in admitted or not another.within_term(today):
        return Unavailable.NOT_HERE
    for group in shared:
        pair = pair_of(group, one, another, token)
        if (room := _pair_that_stands(network, pair)) is not None:
            return replace(pair, key=room.key)
        if _built(network, pair, _sort_of(network, pair)):
            return pair
    return Unavailable.POLICY


def _pair_that_stands(network: Network, pair: OnDemand) -> Room | None:
    two = frozenset(pair.officers)
    rooms = (room for room in network.rooms.values() if room.kind is RoomKind.PAIR)
    return next(
        (one for one in rooms if one.group == pair.group and network.members(one.key) == two), None
    )


def idle_after(network: Network, one: OnDemand) -> timedelta | None:
    """How long the room stands without a message; None when policy has no such rooms."""
    entry = _allowed(network, one)
    return None if entry is None else timedelta(days=entry.idle_days)


def names_of(network: Network, said: str) -> Iterator[str]:
    """The officers that somebody may mean: by name, by user id, or by display name."""
    name = said.strip().removeprefix("@").partition(":")[0].casefold()
    if name in network.officers:
        yield name
        return
    shown = " ".join(said.casefold().replace("·", " ").split())
    for officer in network.officers.values():
        if " ".join(officer.display_name.casefold().replace("·", " ").split()) == shown:
            yield officer.name
