"""One tap on the alarm of a changed identity: it is really them, and they may send again.

Decides whether a reaction confirms, and pins exactly the identity that the alarm was about.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from bots.steward.performer import Perform
from rilon.application.membership import direct_room_key, induction_effects
from rilon.application.ports import DueEffect, NewEffect
from rilon.application.record import key_change_entry, membership_entry
from rilon.domain.acts import Act, Reaction
from rilon.domain.officers import Officer, Role
from rilon.domain.rooms import Room, RoomKind
from rilon.policy.network import Network
from rilon.storage.effects import Effects
from rilon.storage.officers import ADMITTED, STOPPED, OfficerRow, OfficerStore

logger = logging.getLogger(__name__)

Json = dict[str, Any]

CONFIRM = "\N{WHITE HEAVY CHECK MARK}"
"""The reaction that confirms; the steward puts it on the alarm."""


def confirmation_asked(act: Act, room: Room, event_id: str, sender: str) -> NewEffect | None:
    """The effect of a reaction that may confirm an identity."""
    if not isinstance(act, Reaction) or room.kind is not RoomKind.COORDINATION:
        return None
    if act.key.rstrip("\N{VARIATION SELECTOR-16}") != CONFIRM:
        return None
    payload = {"alarm": act.target, "by": sender}
    return NewEffect("confirm_identity", "confirmations", payload, f"confirm-{event_id}")


class ConfirmationDeeds:
    """Each may be done again after a crash and then changes nothing more."""

    def __init__(
        self,
        effects: Effects,
        officers: OfficerStore,
        network: Callable[[], Awaitable[Network | None]],
        refresh: Callable[[set[str]], Awaitable[None]],
        server: str,
        now: Callable[[], datetime],
        salt: Callable[[], bytes],
    ) -> None:
        self._effects = effects
        self._officers = officers
        self._network = network
        self._refresh = refresh
        self._server = server
        self._now = now
        self._salt = salt

    def by_kind(self) -> dict[str, Perform]:
        """The kinds of effect."""
        return {"confirm_identity": self.confirm}

    async def confirm(self, due: DueEffect) -> Json:
        """Pins the identity that the alarm was about, if it is still the one that is shown."""
        network = await self._network()
        row = await self._alarmed(str(due.payload["alarm"]))
        if network is None or row is None:
            return {"confirmed": False}
        by = str(due.payload["by"])
        coordinator = await self._coordinator(by, network)
        officer = network.officers.get(row.name)
        # ATTACK: another's tap, or a coordinator's own identity, which another must confirm.
        if coordinator is None or officer is None or row.user_id == by:
            return {"confirmed": False}
        done = await self._admit(row, officer, coordinator, by, network)
        # Devices are looked at anew in any case: a crash may have come between.
        await self._refresh({row.user_id})
        return {"confirmed": done}

    async def _alarmed(self, event_id: str) -> OfficerRow | None:
        """The officer whose newest alarm is this event.

        ATTACK: a tap on an alarm after which the identity changed once more. Its effect isn't
        the newest of that officer any more.
        """
        for row in await self._officers.all():
            if row.state == STOPPED and row.alarm is not None:
                said = await self._effects.result_of(row.alarm)
                if said is not None and said.get("event_id") == event_id:
                    return row
        return None

    async def _coordinator(self, user_id: str, network: Network) -> Officer | None:
        name, _, server = user_id[1:].partition(":")
        officer = network.officers.get(name)
        if officer is None or server != self._server or Role.COORDINATOR not in officer.roles:
            return None
        admitted = {row.user_id for row in await self._officers.all() if row.state == ADMITTED}
        if user_id not in admitted or not officer.within_term(self._now().date()):
            return None
        return officer

    async def _admit(
        self, row: OfficerRow, officer: Officer, coordinator: Officer, by: str, network: Network
    ) -> bool:
        now, key, alarm = self._now(), row.shown_key, row.alarm
        if key is None or alarm is None or not officer.within_term(now.date()):
            return False
        own = frozenset({officer.party})
        both = own | {coordinator.party}
        admitted = f"confirmed-{row.name}"
        entries = [
            key_change_entry("confirmed", row.user_id, key, both, now, self._salt(), by),
            membership_entry("admitted", row.user_id, own, admitted, now, self._salt()),
        ]
        told = {
            "to": RoomKind.COORDINATION.value,
            "text": "identity_confirmed_note",
            "updates": alarm,
            "parameters": {"officer": row.name, "by": coordinator.name, "at": now.isoformat()},
        }
        direct = direct_room_key(row.name)
        own_note = {"to": direct, "text": "identity_confirmed", "mention": row.user_id}
        # ATTACK: a reaction is in clear, and who runs the homeserver may forge one. Whose name
        # was used for it hears of it in words that nobody else can write.
        check = {
            "to": direct_room_key(coordinator.name),
            "text": "identity_confirmed_by_you",
            "mention": by,
            "parameters": {"officer": row.name, "at": now.isoformat()},
        }
        effects = [
            *induction_effects(network, row.name, row.user_id),
            NewEffect("say", row.user_id, own_note, f"{alarm}-told"),
            NewEffect("say", "coordination", told, f"{alarm}-confirmed"),
            NewEffect("say", by, check, f"{alarm}-check"),
        ]
        done = await self._officers.confirm(row.user_id, key, alarm, entries, effects)
        if done:
            logger.info("an officer's changed identity was confirmed")
        return done
