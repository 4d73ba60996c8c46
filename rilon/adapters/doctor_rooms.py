"""What the doctor sees in the rooms that stand on the server, and that the gate is asked of them.

A setting says how rooms will be made; these checks look at how they are. What a governed room
holds and who is in it is the plan's (`rilon plan`).
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import quote

from rilon.adapters.doctor import PROBE, Check, Finding, Visit
from rilon.adapters.doctor_behaviour import CLIENT
from rilon.adapters.doctor_settings import NAMING
from rilon.gate.protocol import REASON_KEY

STEWARD_ONLY = "steward_only"
AS_MADE = {
    "encryption": "m.megolm.v1.aes-sha2",
    "join_rules": "invite",
    "history_visibility": "joined",
    "guest_access": "forbidden",
    "is_federatable": False,
    "is_public": False,
}
"""How each room must be, in the names of Synapse's store."""


@dataclass(frozen=True, slots=True)
class StandingRoom:
    """A room with somebody in it, as the homeserver's store has it."""

    room_id: str
    creator: str
    state: dict[str, object]
    """The keys of `AS_MADE`."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in the homeserver's store: rooms, and the types of state that invitations
    showed to people before they joined. `stale` are configuration files newer than the server.
    """

    rooms: Collection[StandingRoom]
    shown_to_invited: frozenset[str]
    stale: Collection[str] = ()


async def rooms_made(visit: Visit) -> Finding | None:
    """Every room was made by the steward."""
    standing = visit.target.standing
    if standing is None:
        return _unknown("rooms_made")
    others = [room for room in standing.rooms if room.creator != visit.target.steward]
    if not others:
        return None
    return Finding(
        "rooms_made",
        f"{len(others)} of the server's rooms were not made by the steward: nobody governs them",
        "see who is in them (administration interface, rooms), and delete them",
    )


async def rooms_closed(visit: Visit) -> Finding | None:
    """Every room is encrypted, for members alone, from joining on, on this server alone."""
    standing = visit.target.standing
    if standing is None:
        return _unknown("rooms_closed")
    odd = {
        what
        for room in standing.rooms
        for what, wanted in AS_MADE.items()
        if room.state.get(what) != wanted
    }
    if not odd:
        return None
    return Finding(
        "rooms_closed",
        f"some room isn't as the steward makes it: {', '.join(sorted(odd))}",
        "`rilon plan` names the room; `rilon apply` sets it right, but never switches encryption "
        "on for what was said before",
    )


async def invitations(visit: Visit) -> Finding | None:
    """No invitation told anybody what a room is called before they had joined."""
    standing = visit.target.standing
    if standing is None:
        return _unknown("invitations")
    named = NAMING & standing.shown_to_invited
    if not named:
        return None
    return Finding(
        "invitations",
        f"people who were invited saw {', '.join(sorted(named))} before they joined",
        "room_prejoin_state: {disable_default_event_types: true}, with no name, topic or avatar",
    )


async def settings_running(visit: Visit) -> Finding | None:
    """The homeserver runs with the configuration that was read here."""
    standing = visit.target.standing
    if standing is None:
        return _unknown("settings_running")
    if not standing.stale:
        return None
    return Finding(
        "settings_running",
        f"{' and '.join(sorted(standing.stale))} changed since the homeserver was started, or "
        "nobody can tell: what it says may not be what runs",
        "start the homeserver again, and run the doctor again",
    )


async def events_judged(visit: Visit) -> Finding | None:
    """The gate is asked about every event: state set with the steward's own token is refused.

    Tried in a room that the steward made, with a type of event that means nothing.
    """
    target = visit.target
    mend = (
        "see that the gate runs, and that rilon.gate.module.GateModule is the only module of "
        "Synapse's configuration"
    )
    if target.standing is None or target.steward_token is None:
        return Finding("events_judged", "nobody could try whether the gate is asked", mend)
    room = next((one for one in target.standing.rooms if one.creator == target.steward), None)
    if room is None:
        return None
    path = f"{CLIENT}/rooms/{quote(room.room_id)}/state/{PROBE}/{secrets.token_hex(4)}"
    header = {"Authorization": f"Bearer {target.steward_token}"}
    status, answer = await visit.ask_at("PUT", target.homeserver + path, header, {})
    if status == 403 and answer.get(REASON_KEY) == STEWARD_ONLY:
        return None
    problem = {
        200: "the homeserver took an event without asking the gate",
        429: "the gate can't be asked, or another module has its callback: nothing is delivered",
    }
    return Finding("events_judged", problem.get(status, "the gate's refusal isn't its own"), mend)


def _unknown(code: str) -> Finding:
    return Finding(code, "the homeserver's store couldn't be asked", "see that the database runs")


IN_ROOMS: tuple[Check, ...] = (
    rooms_made,
    rooms_closed,
    invitations,
    settings_running,
    events_judged,
)
