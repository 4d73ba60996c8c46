"""Delivering a refused text into a compartment that must first be opened.

Decides which compartment a refusal offers, and when the text may go there: once the room stands
and whoever can join has joined, since nobody reads back. Opening is `rooms_on_demand`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from rilon.application.choices import Choice, ChoiceKind
from rilon.application.held import Held
from rilon.application.ports import NewEffect
from rilon.application.rooms_on_demand import open_compartment
from rilon.domain.officers import name_of
from rilon.domain.parties import Parties
from rilon.policy.network import Network
from rilon.policy.on_demand import compartment_named

OPENING_FOR = timedelta(minutes=2)
"""How long a text is kept from the tap on, while its room is opened and filled. Whatever was
left of its time before, this is what is left now."""
JOINING_FOR = timedelta(minutes=1)
"""How long of that it waits for those who should be in the room and aren't."""


class Unsent(StrEnum):
    """Why a text didn't go to a room that was to be opened. Nobody got it."""

    TOO_MANY = "too_many_rooms"
    """Its sender opened as many rooms today as one officer may."""
    NOT_OPENED = "room_not_opened"
    """Policy allows the room no more, or not to this officer."""
    NOBODY = "nobody_in_room"
    """No other party has anybody in the room, and who comes later reads nothing from before."""


class Readiness(StrEnum):
    """Whether a text may go into its room."""

    WAIT = "wait"
    GO = "go"


@dataclass(frozen=True, slots=True)
class Opened:
    """What is known of the room. `asked` is what asking for it gave, None while it is asked.

    `furnished`: nothing is left to do for it. `others` are the parties, other than the sender's,
    that have an admitted officer in it.
    """

    asked: Mapping[str, Any] | None
    stands: bool
    made: bool
    furnished: bool
    others: Parties


def opens_first(choice: Choice) -> bool:
    """Whether the choice sends the text to a compartment on demand.

    Whether it stands already doesn't matter: it may have been retired since the card was shown,
    or opened by another's tap and not be filled yet. Asking for one that stands changes nothing.
    """
    return choice.kind is ChoiceKind.SEND_TO and compartment_named(choice.room) is not None


def asking_name(identity: bytes) -> str:
    """The name of the effect that opens the room of a held text."""
    return f"open-for-{identity.hex()}"


def open_for(held: Held, choice: Choice) -> list[NewEffect]:
    """The opening of the room that the text is to go to; nothing where none is opened."""
    one = compartment_named(choice.room)
    if one is None or not opens_first(choice):
        return []
    return [open_compartment(held.sender, one.group, one.parties, asking_name(held.identity))]


def readiness(held: Held, opened: Opened, now: datetime) -> Readiness | Unsent:
    """Whether the text goes now, later, or not at all. Past its time nothing goes anywhere."""
    if held.choice is None or opened.asked is None:
        return Readiness.WAIT
    if opened.asked.get("room") != held.choice.room:
        too_many = opened.asked.get("told") == "room_too_many"
        return Unsent.TOO_MANY if too_many else Unsent.NOT_OPENED
    if not opened.stands:
        return Unsent.NOT_OPENED
    late = now >= held.expires_at - OPENING_FOR + JOINING_FOR
    if not opened.made or not (opened.furnished or late):
        return Readiness.WAIT
    return Readiness.GO if opened.others else Unsent.NOBODY


def parties_of(users: Collection[str], network: Network) -> Parties:
    """The parties of the officers among these users."""
    names = (name_of(user) for user in users)
    return frozenset(network.officers[name].party for name in names if name in network.officers)
