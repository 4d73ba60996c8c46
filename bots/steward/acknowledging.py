"""Acknowledgement of bulletins: one tap (✅, 👍) by any officer of a party counts for that
party.

No person is kept: neither in what is stored, nor in the effect, nor in the ledger.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bots.steward.means import Means
from bots.steward.performer import NotYet, Perform
from rilon.application.bulletin_entries import acknowledged_entry
from rilon.application.ports import DueEffect, NewEffect
from rilon.domain.acts import Act, Reaction
from rilon.domain.officers import name_of
from rilon.domain.parties import RSO, Party
from rilon.domain.rooms import Room, RoomKind
from rilon.domain.taps import acknowledges
from rilon.policy.network import Network
from rilon.storage.bulletin_rooms import BulletinRooms
from rilon.wire.envelope import Envelope

Json = dict[str, Any]


class Acknowledging:
    """Hears taps on bulletins."""

    def __init__(self, rooms: BulletinRooms, means: Means, salt: Callable[[], bytes]) -> None:
        self._rooms = rooms
        self._means = means
        self._salt = salt

    def by_kind(self) -> dict[str, Perform]:
        """Their kinds of effect."""
        return {"acknowledge": self.acknowledge}

    async def heard(
        self, act: Act, envelope: Envelope, room: Room, network: Network
    ) -> list[NewEffect]:
        """The effect that counts a party in, for a tap in a room of bulletins."""
        if room.kind is not RoomKind.BULLETINS or not isinstance(act, Reaction):
            return []
        officer = network.officers.get(name_of(envelope.sender))
        if officer is None or officer.party == RSO or not acknowledges(act.key):
            return []
        payload = {"target": act.target, "party": str(officer.party)}
        # INVARIANT: one effect for a party and a message; whose tap came first isn't kept.
        named = f"ack-{officer.party}-{act.target}"
        return [NewEffect("acknowledge", named, payload, once=named)]

    async def acknowledge(self, due: DueEffect) -> Json:
        """Counts a party in, once for each bulletin and room."""
        target = str(due.payload["target"])
        found = await self._rooms.stands_as(target)
        if found is None and await self._rooms.is_coming(target):
            # Quicker than the last picture: it counts once all of it stands.
            raise NotYet(1.0)
        if found is not None:
            number, room = found
            party, now = Party(due.payload["party"]), self._means.now()
            entry = acknowledged_entry(number, room, party, now, self._salt())
            await self._rooms.acknowledge(number, room, party, now, entry)
        return {}
