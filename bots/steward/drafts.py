"""Drafts: a request that was refused in a shared room goes on in its sender's direct room.

Its text was held like that of any refused message; from now on the guided exchange has it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from bots.steward.guided_talk import GuidedTalk
from bots.steward.means import or_not_yet
from rilon.application.held import Outcome
from rilon.application.ports import DueEffect
from rilon.application.record import held_entry
from rilon.policy.network import Network
from rilon.storage.held import HeldStore

Json = dict[str, Any]


class Drafts:
    """Takes them over."""

    def __init__(
        self,
        held: HeldStore,
        guided: GuidedTalk,
        network: Callable[[], Awaitable[Network | None]],
        now: Callable[[], datetime],
        salt: Callable[[], bytes],
        wake: Callable[[], None],
    ) -> None:
        self._held = held
        self._guided = guided
        self._network = or_not_yet(network)
        self._now = now
        self._salt = salt
        self._wake = wake

    async def draft(self, due: DueEffect) -> Json:
        """Begins the exchange, and then lets the held text go."""
        identity, now = bytes.fromhex(due.payload["card"]), self._now()
        held = await self._held.of_message(identity, now)
        if held is None or held.text is None or held.card_event_id is None or held.outcome:
            return {}
        network = await self._network()
        room = network.rooms.get(held.room_key)
        group = room.group if room is not None else ""
        await self._guided.begin_draft(
            held.sender, held.text.text, held.card_event_id, f"draft-{identity.hex()}", group
        )
        async with self._held.locked(now, identity=identity) as kept:
            if kept is not None and kept.held.outcome is None:
                await kept.settle(Outcome.TAKEN)
                step = Outcome.TAKEN.value
                await kept.enter(held_entry(kept.held, step, network, now, self._salt()))
        self._wake()
        return {}
