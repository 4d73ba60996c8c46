"""The room that a held text waits for: whether it stands, and who is in it.

Opening it is `bots.steward.rooms_on_demand`'s; when the text goes, `rilon.application.opening`'s.
"""

from __future__ import annotations

from bots.steward.means import Means
from bots.steward.performer import NotYet
from rilon.application.choices import Choice
from rilon.application.held import Held
from rilon.application.opening import (
    Opened,
    Readiness,
    Unsent,
    asking_name,
    opens_first,
    parties_of,
    readiness,
)
from rilon.domain.parties import Parties, in_order
from rilon.policy.network import Network
from rilon.storage.rooms_on_demand import RoomsOnDemand

LOOK_AGAIN_S = 0.3
"""How often a room that isn't ready is looked at."""


class RoomsForHeld:
    """Looks at the rooms that held texts wait for."""

    def __init__(self, means: Means, stored: RoomsOnDemand) -> None:
        self._means = means
        self._stored = stored

    async def unready(self, held: Held, choice: Choice) -> Unsent | None:
        """Why the text can't go to its room; None if it can go now. Raises NotYet until the room
        is as it should be."""
        if not opens_first(choice):
            return None
        found = readiness(held, await self._opened(held, choice), self._means.now())
        if found is Readiness.WAIT:
            raise NotYet(LOOK_AGAIN_S)
        return found if isinstance(found, Unsent) else None

    async def absent(self, choice: Choice) -> str:
        """The parties of the room that have nobody in it: `MYS,THA`. Only of rooms that were
        opened for a text: others it met as they were."""
        network, room_id = await self._means.network(), await self._means.rooms.room_id(choice.room)
        room = network.rooms.get(choice.room)
        if not opens_first(choice) or room is None or room_id is None:
            return ""
        return ",".join(in_order(room.ceiling - await self._inside(room_id, network)))

    async def _opened(self, held: Held, choice: Choice) -> Opened:
        asked = await self._means.effects.result_of(asking_name(held.identity))
        network, room_id = await self._means.network(), await self._means.rooms.room_id(choice.room)
        # Before who is in it: what is still to be done is done to those who aren't.
        furnished = await self._stored.is_furnished(choice.room)
        inside = frozenset() if room_id is None else await self._inside(room_id, network)
        own = parties_of([held.sender], network)
        stands = choice.room in network.rooms
        return Opened(asked, stands, room_id is not None, furnished, inside - own)

    async def _inside(self, room_id: str, network: Network) -> Parties:
        admitted = await self._means.officers.admitted()
        members = await self._means.members(room_id)
        return parties_of(admitted.intersection(members), network)
