"""Rooms on demand as effects: what officers may ask for, and what opening and closing one takes.

It decides what is to be done; the steward performs it (`bots.steward.rooms_on_demand`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from rilon.application.commands import Command, command_rest, read_command
from rilon.application.direct_words import told_directly
from rilon.application.ports import NewEffect
from rilon.domain.acts import Act, Post, RelationKind
from rilon.domain.officers import name_of
from rilon.domain.parties import Parties, in_order
from rilon.domain.rooms import Room, RoomKind
from rilon.policy.network import Network
from rilon.policy.on_demand import OnDemand, idle_after, names_of

TAKE = "💬"
"""The reaction by which an offered direct room is taken."""

OFFER_AGAIN_S = 600
"""Trying to start the same chat again brings no second card within this time."""


# --- what is asked for --------------------------------------------------------------------------


def open_pair(asker: str, others: Iterable[str], once: str) -> NewEffect:
    """A direct room of the asker (a user id) and one officer. `others` are the names whom the
    asker may have meant; never what was typed."""
    return NewEffect("open_pair", asker, {"asker": asker, "others": sorted(others)}, once)


def open_compartment(asker: str, group: str, parties: Parties, once: str) -> NewEffect:
    """The compartment of these parties, if it isn't there. It is there, and its members are in
    it, some seconds after; `rilon.policy.on_demand.fitting_compartment` tells its key."""
    payload = {"asker": asker, "group": group, "parties": list(in_order(parties))}
    return NewEffect("open_compartment", asker, payload, once)


def offer_pair(asker: str, others: Iterable[str], now: datetime) -> NewEffect:
    """The card after a refused "start chat"."""
    names = sorted(others)
    turn = int(now.timestamp()) // OFFER_AGAIN_S
    once = f"offer {asker} {'+'.join(names)} {turn}"
    return NewEffect("offer_pair", asker, {"asker": asker, "others": names}, once)


# --- what it takes ------------------------------------------------------------------------------


def furnish(key: str, asker: str) -> NewEffect:
    """A room that stands from now on is to be made and filled."""
    return NewEffect("furnish_room", f"room {key}", {"room": key, "asker": asker})


def furnishing(
    network: Network, room: Room, asker: str, users: Collection[str], server: str, turn: str
) -> Iterator[NewEffect]:
    """Everything a made room still needs: its place, its members, and a word to whom it concerns.

    `users` are the admitted officers' user ids. `turn` names this opening, so that doing it
    again after a crash writes nothing twice.
    """
    key = room.key
    if room.kind is RoomKind.COMPARTMENT:
        payload = {"space": room.group, "room": key}
        yield NewEffect("link", f"link {key}", payload, f"link {turn}")
    for name in sorted(network.members(key)):
        user_id = f"@{name}:{server}"
        if user_id not in users:
            continue
        # A subject of its own: members come in side by side, and none waits for the others.
        subject = f"{user_id} {key}"
        joining = {"room": key, "user_id": user_id}
        yield NewEffect("join", subject, joining, f"join {turn} {name}")
        if room.kind is RoomKind.PAIR or user_id == asker:
            mine = user_id == asker
            yield told_directly(
                user_id,
                "room_opened" if mine else "room_opened_by",
                {**named(room, server), "person": name_of(asker)},
                f"opened {turn} {name}",
                subject=subject,
            )


def named(room: Room, server: str) -> dict[str, str]:
    """How a text names a room."""
    return {"key": room.key, "room": room.name, "alias": f"#{room.key}:{server}"}


# --- what is over -------------------------------------------------------------------------------


def retire(key: str, unused_since: datetime, once: str) -> NewEffect:
    """A room is to be retired, unless it was used after that time."""
    payload = {"room": key, "unused_since": unused_since.isoformat()}
    return NewEffect("retire_room", f"room {key}", payload, once)


def idle_rooms(
    network: Network, used: Iterable[tuple[OnDemand, datetime]], now: datetime
) -> list[NewEffect]:
    """The retirement of each room that stood without a message for longer than policy has it."""
    due = []
    for room, last_used in used:
        most = idle_after(network, room)
        if most is not None and now - last_used > most:
            once = f"retire {room.key} idle {last_used.isoformat()}"
            due.append(retire(room.key, last_used, once))
    return due


def closed_rooms(
    network: Network, opened: Iterable[tuple[OnDemand, datetime]], now: datetime
) -> list[NewEffect]:
    """The retirement of each room that policy allows no more: a party left the group, an officer
    the roster, or the group has no such rooms. Such a room is no governed room already."""
    return [
        retire(room.key, now, f"retire {room.key} closed {opened_at.isoformat()}")
        for room, opened_at in opened
        if room.key not in network.rooms
    ]


# --- what officers type -------------------------------------------------------------------------


def pair_asked(act: Act | None, sender: str, event_id: str, network: Network) -> NewEffect | None:
    """What `!dm` asks for; None when the text is no such command, or names nobody.

    Names alone go on: what was typed is the officer's own, and is kept nowhere.
    """
    if not isinstance(act, Post) or read_command(act.body) is not Command.DM:
        return None
    if act.relation is not None and act.relation.kind is RelationKind.EDIT:
        return None
    own = name_of(sender)
    mentioned = {name_of(person) for person in act.mentions} & set(network.officers)
    said = command_rest(act.body)
    if not said:
        return None
    others = mentioned - {own} or set(names_of(network, said))
    return open_pair(sender, others, f"dm-{event_id}")
