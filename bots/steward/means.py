"""What the steward's deeds are done with: the homeserver, the tables, the mailer, the policy.

It asks and waits; what is done with the answers is for each deed to say.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bots.steward.mailer import Mailer
from bots.steward.performer import NotYet
from bots.steward.speech import Speech
from rilon.adapters.homeserver import Homeserver
from rilon.policy.network import Network
from rilon.storage.effects import Effects
from rilon.storage.officers import OfficerStore
from rilon.storage.rooms import RoomStore


def or_not_yet(
    in_force: Callable[[], Awaitable[Network | None]],
) -> Callable[[], Awaitable[Network]]:
    """The policy in force. Raises NotYet while there is none."""

    async def network() -> Network:
        found = await in_force()
        if found is None:
            raise NotYet
        return found

    return network


@dataclass(frozen=True, slots=True)
class Means:
    """`policy` gives the network in force, `server` is the name of the homeserver."""

    homeserver: Homeserver
    effects: Effects
    rooms: RoomStore
    officers: OfficerStore
    mailer: Mailer
    speech: Speech
    policy: Callable[[], Awaitable[Network | None]]
    server: str
    now: Callable[[], datetime]

    async def network(self) -> Network:
        """The network in force. Raises NotYet while there is none."""
        return await or_not_yet(self.policy)()

    async def room_id(self, key: str) -> str:
        """The room of that key. Raises NotYet while it isn't made."""
        room_id = await self.rooms.room_id(key)
        if room_id is None:
            raise NotYet
        return room_id

    async def members(self, room_id: str) -> list[str]:
        """Who is joined to a room, by user id."""
        return await self.homeserver.joined_members(room_id)
