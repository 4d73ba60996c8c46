"""Quiet words in desks: a party hasn't acknowledged a bulletin yet, or one that it may have read
was corrected or withdrawn.

They say where to read, and nothing of what is read there.
"""

from __future__ import annotations

from typing import Any

from bots.steward.bulletin_cards import link
from bots.steward.deeds import Deeds
from bots.steward.mailer import message
from bots.steward.means import Means
from bots.steward.performer import Perform
from rilon.application.ports import DueEffect, NewEffect
from rilon.domain.parties import RSO, Parties, Party
from rilon.domain.rooms import Room, RoomKind
from rilon.policy.network import Network
from rilon.storage.bulletin_rooms import BulletinRooms, Place
from rilon.texts import bulletin_notices as notices
from rilon.texts.translator import translator

Json = dict[str, Any]

WAITING = "waiting"


class BulletinReminders:
    """Reminds, as long after posting as the group's policy says."""

    def __init__(self, rooms: BulletinRooms, means: Means, deeds: Deeds) -> None:
        self._rooms = rooms
        self._means = means
        self._deeds = deeds

    def by_kind(self) -> dict[str, Perform]:
        """Their kinds of effect."""
        return {"bulletin_remind": self.look, "bulletin_reminder": self.remind}

    async def look(self, due: DueEffect) -> Json:
        """Which bulletins have waited so long: each is reminded of once."""
        network, now = await self._means.network(), self._means.now()
        for room in network.rooms.values():
            if room.kind is not RoomKind.BULLETINS or room.group not in network.groups:
                continue
            after = network.groups[room.group].bulletins.remind_after
            for place in await self._rooms.to_remind(room.key, now - after):
                await self._rooms.remind(place, now, reminders(place, room, network))
        return {}

    async def remind(self, due: DueEffect) -> Json:
        """One quiet word in a desk; no reminder of what was acknowledged or withdrawn meanwhile."""
        if due.wire is not None:
            return {"event_id": await self._deeds.post(due, str(due.wire["room_id"]), {})}
        number, key = str(due.payload["number"]), str(due.payload["room"])
        why = str(due.payload.get("why", WAITING))
        places = {one.room: one for one in await self._rooms.places(number)}
        place, party = places.get(key), Party(due.payload["party"])
        network = await self._means.network()
        if place is None or key not in network.rooms:
            return {}
        stands = await self._rooms.stands_as(place.first_event) is not None
        if (why == WAITING and party in place.parties) or (why != "withdrawn" and not stands):
            return {}
        where = link(await self._means.room_id(key), place.first_event)
        t = translator(network.parties[party].languages[0])
        said = notices.tell_desk(t, why, number, network.rooms[key].name, where)
        desk = await self._means.room_id(str(due.payload["to"]))
        return {"event_id": await self._deeds.post(due, desk, message(said, []))}


def reminders(place: Place, room: Room, network: Network) -> list[NewEffect]:
    """An effect for the desk of each party that hasn't acknowledged it."""
    return told_desks(place.number, WAITING, WAITING, room, room.ceiling - place.parties, network)


def told_desks(
    number: str, why: str, cause: str, room: Room, whom: Parties, network: Network
) -> list[NewEffect]:
    """An effect for the desk of each of these parties: the bulletin waits for them, or was
    corrected, or withdrawn. Once for each `cause`."""
    effects = []
    for party in sorted(whom - {RSO}):
        desk = _desk(party, room.group, network)
        if desk is not None:
            named = f"bulletin-reminder-{number}-{cause}-{room.key}-{party}"
            payload = {
                "number": number,
                "room": room.key,
                "party": str(party),
                "to": desk,
                "why": why,
            }
            # One after the other for one bulletin; other words in the desk don't wait for them.
            subject = f"bulletin {number} {room.key} {party}"
            effects.append(NewEffect("bulletin_reminder", subject, payload, once=named))
    return effects


def _desk(party: Party, group: str, network: Network) -> str | None:
    found = (
        room.key
        for room in network.rooms.values()
        if room.kind is RoomKind.DESK and room.group == group and room.ceiling == {party}
    )
    return next(found, None)
