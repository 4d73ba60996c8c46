"""How officers ask for rooms beside `!dm`: by a chat that the homeserver refused, by a tap.

It writes what was asked for as effects; whether it is allowed is decided when they are performed.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from aiohttp import web

from rilon.application.ports import NewEffect
from rilon.application.rooms_on_demand import TAKE, offer_pair, open_pair
from rilon.domain.acts import Reaction
from rilon.gate.protocol import ROOM_WANTED_PATH, ProtocolError, is_authorized, read_room_wanted
from rilon.policy.network import Network
from rilon.storage.effects import Effects
from rilon.storage.rooms_on_demand import RoomsOnDemand

logger = logging.getLogger(__name__)


class RoomTaps:
    """Taps on the cards that offer a room."""

    def __init__(self, rooms: RoomsOnDemand) -> None:
        self._rooms = rooms

    async def tapped(self, tap: Reaction, sender: str, event_id: str) -> list[NewEffect]:
        """What a reaction asks for: an offer is taken by whom it was made to, and nobody else."""
        if tap.key != TAKE:
            return []
        other = await self._rooms.offer_to(sender, tap.target)
        return [] if other is None else [open_pair(sender, [other], f"tap-{event_id}")]


class RoomWishes:
    """The gate's second path: the module tells whom an officer wanted to start a chat with."""

    def __init__(
        self,
        secret: str,
        server: str,
        effects: Effects,
        network: Callable[[], Awaitable[Network | None]],
        now: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        self._secret = secret
        self._server = server
        self._effects = effects
        self._network = network
        self._now = now
        self._wake = wake

    def routes(self) -> list[web.RouteDef]:
        """The route, for the gate's application."""
        return [web.post(ROOM_WANTED_PATH, self.wanted)]

    async def wanted(self, request: web.Request) -> web.Response:
        """Notes the wish. The refusal was told already, and nothing waits for this."""
        if not is_authorized(request.headers.get("Authorization"), self._secret):
            raise web.HTTPUnauthorized
        try:
            wish = read_room_wanted(await request.read())
        except ProtocolError as error:
            raise web.HTTPBadRequest from error
        network = await self._network()
        asker = None if network is None else self._officer(wish.user_id, network)
        if network is not None and asker is not None:
            # ATTACK: an invitee's id is any text. Only officers of the roster go on.
            invited = (self._officer(one, network) for one in wish.invited)
            others = {one for one in invited if one is not None}
            await self._effects.write([offer_pair(wish.user_id, others, self._now())])
            self._wake()
        return web.json_response({})

    def _officer(self, user_id: str, network: Network) -> str | None:
        name, _, server = user_id.removeprefix("@").partition(":")
        known = server == self._server and user_id[:1] == "@" and name in network.officers
        return name if known else None
