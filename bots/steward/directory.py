"""The steward's directory of officers' devices: who signed what, and who may come in.

It asks the homeserver for keys, trusts nothing in the answer but the chain of signatures,
pins an officer's identity at the first admission, and stops an officer whose identity
changed. Rooms are joined by the effects it writes.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from bots.steward.confirmations import CONFIRM
from bots.steward.machine import Machine
from rilon.adapters.cross_signing import CrossSigned, verified_devices
from rilon.adapters.homeserver import Homeserver, TokenRevoked
from rilon.application.membership import induction_effects
from rilon.application.ports import NewEffect
from rilon.application.record import key_change_entry, membership_entry
from rilon.domain.parties import Parties
from rilon.policy.network import Network
from rilon.storage.officers import ADDED, ADMITTED, STOPPED, DeviceRow, OfficerRow, OfficerStore

logger = logging.getLogger(__name__)

CHUNK = 50
KEY_KINDS = ("device_keys", "master_keys", "self_signing_keys")
"""The parts of a keys query that say whose devices are signed."""


class Directory:
    """Officers' devices and admissions."""

    def __init__(
        self,
        homeserver: Homeserver,
        machine: Machine,
        crypto: asyncio.Lock,
        officers: OfficerStore,
        network: Callable[[], Awaitable[Network | None]],
        now: Callable[[], datetime],
        salt: Callable[[], bytes],
        wake: Callable[[], None],
    ) -> None:
        self._homeserver = homeserver
        self._machine = machine
        self._crypto = crypto
        self._officers = officers
        self._network = network
        self._now = now
        self._salt = salt
        self._wake = wake
        self._settled: dict[str, bytes] = {}
        """For each officer a digest of what was last worked off: the same again is no work."""

    async def refresh(self, users: Collection[str]) -> None:
        """Asks for the keys of these officers and works the answer off."""
        rows = {row.user_id: row for row in await self._officers.all() if row.user_id in users}
        network = await self._network()
        wanted = sorted(rows)
        for start in range(0, len(wanted), CHUNK):
            answer = await self._homeserver.query_keys(wanted[start : start + CHUNK])
            news = {
                user: self._digest(answer, rows[user], network)
                for user in wanted[start : start + CHUNK]
            }
            part = [user for user, digest in news.items() if self._settled.get(user) != digest]
            if not part:
                continue
            answer = {
                name: {user: by_user[user] for user in part if user in by_user}
                for name in KEY_KINDS
                if isinstance(by_user := answer.get(name), Mapping)
            }
            seen = {u: verified_devices(answer, u, rows[u].master_key) for u in part}
            signed = frozenset(
                (user, one.device_id) for user, found in seen.items() for one in found.devices
            )
            async with self._crypto:
                self._machine.learn_devices(answer, signed)
            for user in part:
                await self._officers.replace_devices(user, _rows(answer, user, seen[user]))
                await self._consider(rows[user], seen[user], network)
                self._settled[user] = news[user]

    def _digest(self, answer: Mapping[str, Any], row: OfficerRow, network: Network | None) -> bytes:
        """Of all that the outcome depends on: keys, the officer's state, the policy, the day."""
        shown = [
            by_user.get(row.user_id) if isinstance(by_user := answer.get(name), Mapping) else None
            for name in KEY_KINDS
        ]
        facts = [row.state, row.master_key, row.shown_key, network.digest if network else None]
        today = self._now().date().isoformat()
        return sha256(json.dumps([shown, facts, today], sort_keys=True).encode()).digest()

    async def refresh_all(self) -> None:
        """Refreshes every officer: at the start, since changes may have been missed."""
        await self.refresh({row.user_id for row in await self._officers.all()})

    async def watch_for_arrivals(self, every_s: float) -> None:
        """Looks after officers who were added and share no room with the steward yet: the
        homeserver tells of their devices only when asked."""
        while True:
            try:
                added = {row.user_id for row in await self._officers.all() if row.state == ADDED}
                if added:
                    await self.refresh(added)
            except TokenRevoked:
                raise
            except Exception as error:  # noqa: BLE001
                # The database or the homeserver is away. It must not end the gate beside it.
                logger.warning("arrivals not looked at: %s", type(error).__name__)
            await asyncio.sleep(every_s)

    async def _consider(self, row: OfficerRow, seen: CrossSigned, network: Network | None) -> None:
        officer = network.officers.get(row.name) if network else None
        if network is None or officer is None:
            return
        own = frozenset({officer.party})
        if row.state == ADDED and seen.devices and seen.master is not None:
            if not officer.within_term(self._now().date()):
                return
            await self._admit(row, seen.master, own, network)
        elif row.state == ADMITTED and seen.master != row.master_key:
            # ATTACK: the homeserver shows another identity and, with it, devices of its own.
            await self._stop(row, seen.master, own)
        elif row.state == STOPPED and row.alarm is not None and seen.master != row.shown_key:
            # ATTACK: yet another identity, to be let in by the tap on the alarm of the last one.
            await self._stop(row, seen.master, own)

    async def _admit(self, row: OfficerRow, master: str, own: Parties, network: Network) -> None:
        now = self._now()
        entries = [
            membership_entry("admitted", row.user_id, own, f"admit-{row.name}", now, self._salt())
        ]
        if row.master_key is None:
            entries.append(key_change_entry("pinned", row.user_id, master, own, now, self._salt()))
        effects = induction_effects(network, row.name, row.user_id)
        if await self._officers.change(
            row.user_id, [ADDED], ADMITTED, entries, effects, master_key=master
        ):
            logger.info("an officer was admitted")
            self._wake()

    async def _stop(self, row: OfficerRow, master: str | None, own: Parties) -> None:
        now = self._now()
        entry = key_change_entry("changed", row.user_id, master, own, now, self._salt())
        # Named after the moment: the same identity may come back, and is told of again.
        once = f"identity-{row.name}-{now.isoformat()}"
        alarm = NewEffect(
            "say",
            "coordination",
            {
                "to": "coordination",
                "text": "alarm_identity_changed",
                "parameters": {
                    "officer": row.name,
                    "at": now.isoformat(),
                    **({"tap": CONFIRM} if master else {}),
                },
            },
            once=once,
        )
        effects = [alarm]
        if master is not None:
            tap = {"to": "coordination", "on": once, "key": CONFIRM}
            effects.append(NewEffect("react", "coordination", tap, f"{once}-tap"))
        if await self._officers.stop(row, master, once, [entry], effects):
            logger.warning("an officer was stopped: the identity changed")
            self._wake()


def _rows(answer: Mapping[str, Any], user: str, seen: CrossSigned) -> list[DeviceRow]:
    """Every device with readable keys; those that aren't signed are kept as unsigned, so that
    the refusal can say so."""
    signed = {one.device_id: one for one in seen.devices}
    rows = [
        DeviceRow(user, one.device_id, one.curve25519, one.ed25519, True) for one in signed.values()
    ]
    shown = answer.get("device_keys", {}).get(user, {})
    if isinstance(shown, Mapping):
        rows += [
            DeviceRow(user, device_id, "", "", False)
            for device_id in shown
            if isinstance(device_id, str) and device_id not in signed
        ]
    return rows
