"""How rooms on demand are opened, filled, offered and retired, as effects are performed.

Each deed may be done again after a crash and then changes nothing more. Until the last step of
opening is done the gate refuses everything in the room, since it isn't governed yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from bots.steward.deeds import Deeds
from bots.steward.mailer import message
from bots.steward.means import Means
from bots.steward.performer import Perform
from rilon.application.direct_words import told_directly
from rilon.application.membership import direct_room_key
from rilon.application.ports import DueEffect, NewEffect
from rilon.application.record import room_entry
from rilon.application.rooms_on_demand import TAKE, furnish, furnishing, named
from rilon.domain.officers import Officer, name_of
from rilon.domain.parties import parties
from rilon.domain.rooms import Room
from rilon.policy import desired
from rilon.policy.network import Network
from rilon.policy.on_demand import (
    OnDemand,
    Unavailable,
    compartment_of,
    fitting_compartment,
    may_be_in,
    pair_for,
    standing,
)
from rilon.storage.rooms_on_demand import Opening, RoomsOnDemand

Json = dict[str, Any]


class RoomDeeds:
    """The steward's deeds with rooms on demand, by kind of effect."""

    def __init__(
        self, deeds: Deeds, means: Means, stored: RoomsOnDemand, salt: Callable[[], bytes]
    ) -> None:
        self._deeds = deeds
        self._means = means
        self._stored = stored
        self._salt = salt

    def by_kind(self) -> dict[str, Perform]:
        """Every kind of effect there is for rooms on demand."""
        return {
            "open_pair": self.open_pair,
            "open_compartment": self.open_compartment,
            "furnish_room": self.furnish_room,
            "offer_pair": self.offer_pair,
            "sign_offer": self.sign_offer,
            "retire_room": self.retire_room,
            "empty_room": self.empty_room,
        }

    # --- opening -----------------------------------------------------------------------------

    async def open_pair(self, due: DueEffect) -> Json:
        """Opens the direct room of two officers, or says why there is none."""
        network, asker = await self._means.network(), str(due.payload["asker"])
        if await self._asking(asker, network) is None:
            return {}
        found = await self._pair(network, asker, due.payload["others"])
        if isinstance(found, Unavailable):
            return await self._tell(due, asker, f"pair_{found.value}")
        return await self._open(due, network, found, asker)

    async def open_compartment(self, due: DueEffect) -> Json:
        """Opens the compartment of these parties for one of its members, if policy has it."""
        network, asker = await self._means.network(), str(due.payload["asker"])
        group, ceiling = str(due.payload["group"]), parties(*due.payload["parties"])
        officer = await self._asking(asker, network)
        room = fitting_compartment(network, group, ceiling)
        if officer is None or room is None:
            return {}
        if standing(network, room):
            return {"room": room.key}
        wanted = compartment_of(group, ceiling)
        if not may_be_in(network, officer.name, wanted):
            return {}
        return await self._open(due, network, wanted, asker)

    async def _open(self, due: DueEffect, network: Network, wanted: OnDemand, asker: str) -> Json:
        wanted = replace(wanted, key=await self._stored.key_of(wanted))
        now = self._means.now()
        entry = room_entry("opened", wanted, now, self._salt(), asker)
        opening = await self._stored.open(wanted, asker, now, entry, [furnish(wanted.key, asker)])
        if opening is Opening.TOO_MANY:
            return await self._tell(due, asker, "room_too_many")
        if opening is Opening.STOOD and (room := network.rooms.get(wanted.key)) is not None:
            await self._tell(due, asker, "room_there", room)
        return {"room": wanted.key}

    async def furnish_room(self, due: DueEffect) -> Json:
        """Makes the room, and writes what it still needs. A room that was retired meanwhile
        is left alone."""
        key, asker = str(due.payload["room"]), str(due.payload["asker"])
        network = await self._means.network()
        room = network.rooms.get(key)
        if room is None:
            return {}
        stood = await self._means.rooms.room_id(key)
        made = await self._deeds.create_room(due)
        effects = [] if stood is None else await self._mended(network, room, stood, due)
        users = await self._means.officers.admitted()
        turn = f"{key} {due.id}"
        effects += furnishing(network, room, asker, users, self._means.server, turn)
        await self._means.effects.write(effects)
        return made

    async def _mended(
        self, network: Network, room: Room, room_id: str, due: DueEffect
    ) -> list[NewEffect]:
        """State of a room that is opened again, where policy has changed meanwhile."""
        state = {
            (one["type"], one["state_key"]): one["content"]
            for one in await self._means.homeserver.state(room_id)
        }
        return [
            NewEffect(
                "set_state",
                f"room {room.key}",
                {
                    "room": room.key,
                    "type": event.type,
                    "state_key": event.state_key,
                    "content": dict(event.content),
                },
                f"mend {room.key} {due.id} {event.type}",
            )
            for event in desired.room_state(network, room, self._means.server)
            if state.get((event.type, event.state_key)) != event.content
        ]

    # --- offering ----------------------------------------------------------------------------

    async def offer_pair(self, due: DueEffect) -> Json:
        """The card after a refused "start chat": one tap opens the governed room."""
        network, asker = await self._means.network(), str(due.payload["asker"])
        officer = await self._asking(asker, network)
        room_id = await self._means.rooms.room_id(direct_room_key(name_of(asker)))
        if officer is None or room_id is None:
            return {}
        found = await self._pair(network, asker, due.payload["others"])
        if isinstance(found, Unavailable):
            return await self._tell(due, asker, f"pair_{found.value}", mention=True)
        if (room := network.rooms.get(found.key)) is not None:
            return await self._tell(due, asker, "room_there", room, mention=True)
        (other,) = {*found.officers} - {officer.name}
        payload = {
            "text": "pair_offer",
            "mention": asker,
            "parameters": {"person": other, "reaction": TAKE},
        }
        said = await self._means.speech.compose(payload, network, self._means.now())
        readers = sorted({asker} & await self._means.officers.admitted())
        event_id = await self._means.mailer.send(due, room_id, message(said, [asker]), readers)
        await self._stored.offered(event_id, asker, other)
        tap = {"room_id": room_id, "event_id": event_id, "key": TAKE}
        await self._means.effects.write(
            [NewEffect("sign_offer", asker, tap, f"sign-offer-{event_id}")]
        )
        return {"event_id": event_id}

    async def sign_offer(self, due: DueEffect) -> Json:
        """Puts the steward's reaction on a card, so that one tap takes it."""
        on = due.payload
        return await self._means.mailer.react(due, on["room_id"], on["event_id"], on["key"])

    async def _pair(
        self, network: Network, asker: str, others: list[str]
    ) -> OnDemand | Unavailable:
        if len(others) != 1:
            return Unavailable.SEVERAL if others else Unavailable.UNKNOWN
        names = {name_of(user) for user in await self._means.officers.admitted()}
        own = name_of(asker)
        token = self._salt().hex()
        return pair_for(network, own, str(others[0]), names, self._means.now().date(), token)

    # --- retiring ----------------------------------------------------------------------------

    async def retire_room(self, due: DueEffect) -> Json:
        """Ends a room that nobody uses: nobody can post, members are taken out. It is opened
        again when somebody needs it."""
        key = str(due.payload["room"])
        found = await self._stored.find(key)
        if found is None:
            return {}
        network, now = await self._means.network(), self._means.now()
        room = network.rooms.get(key)
        entry = room_entry("retired", found, now, self._salt())
        effects = [NewEffect("empty_room", f"room {key}", {"room": key})]
        if room is not None:
            effects += self._farewells(network, room, await self._means.officers.admitted(), due)
        since = datetime.fromisoformat(str(due.payload["unused_since"]))
        return {"retired": await self._stored.retire(key, since, now, entry, effects)}

    def _farewells(
        self, network: Network, room: Room, users: set[str], due: DueEffect
    ) -> list[NewEffect]:
        people = (f"@{name}:{self._means.server}" for name in sorted(network.members(room.key)))
        return [
            told_directly(
                user,
                "room_retired",
                named(room, self._means.server),
                f"retired {due.id} {user}",
            )
            for user in people
            if user in users
        ]

    async def empty_room(self, due: DueEffect) -> Json:
        """Takes everybody out of a retired room, unless it was opened again."""
        key = str(due.payload["room"])
        room_id = await self._means.rooms.room_id(key)
        if room_id is None or await self._stored.find(key) is not None:
            return {}
        for user in await self._means.homeserver.joined_members(room_id):
            if user != self._means.homeserver.user_id:
                # Before the next step of this room: who is let in again is never taken out late.
                await self._means.homeserver.kick(room_id, user)
        return {}

    # --- what they need ----------------------------------------------------------------------

    async def _asking(self, asker: str, network: Network) -> Officer | None:
        """The officer who asks, while admitted and within term."""
        officer = network.officers.get(name_of(asker))
        if officer is None or asker not in await self._means.officers.admitted():
            return None
        return officer if officer.within_term(self._means.now().date()) else None

    async def _tell(
        self,
        due: DueEffect,
        user_id: str,
        text: str,
        room: Room | None = None,
        mention: bool = False,
    ) -> Json:
        parameters = {} if room is None else named(room, self._means.server)
        once = f"told {due.id}"
        said = told_directly(user_id, text, parameters, once, quiet=not mention)
        await self._means.effects.write([said])
        return {"told": text}
