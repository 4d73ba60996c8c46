"""Rooms as policy describes them. A room's ceiling is fixed for the life of the room."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from rilon.domain.markings import WrittenMarking
from rilon.domain.parties import Parties


class RoomKind(StrEnum):
    """What a room is for. The allow-list of events hangs on it."""

    SPACE = "space"
    FLOOR = "floor"
    DESK = "desk"
    COMPARTMENT = "compartment"
    BULLETINS = "bulletins"
    COORDINATION = "coordination"
    ANALYSIS = "analysis"
    DIRECT = "direct"
    """One officer and the steward."""
    PAIR = "pair"
    """Two officers and the steward: a direct room that they asked for."""


@dataclass(frozen=True, slots=True)
class Room:
    """A governed room.

    `key` is its name within the network and the local part of its alias (`mps-floor`,
    `mps-desk-idn`; a direct room's is `direct-` and the officer's local part; one that was made
    on demand has a plus sign, `mps-aus+idn`, `mps+` and a token).
    `ceiling` are the parties that may ever be in it. `default` is the marking of content
    that carries none. `opens_to_red` says whether the group opens it to TLP:RED.
    """

    key: str
    kind: RoomKind
    group: str
    ceiling: Parties
    default: WrittenMarking
    name: str
    topic: str
    opens_to_red: bool = False
    needs_declaration: bool = False
    posters: frozenset[str] = field(default_factory=frozenset)
    """Roles that may post; empty means every member. Where bulletins stand: those that may answer
    for one, which the steward then posts."""
