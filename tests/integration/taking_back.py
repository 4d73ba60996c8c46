"""Recalls and tighter markings on a desk, by officers, with everybody of a room in it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rilon.application.copies import Copies, FoundCopies
from rilon.application.recall import Recalling
from rilon.policy.network import Network
from rilon.storage.copies import CopyStore
from rilon.storage.recalls import RecallStore
from tests.integration.desk import SERVER, STEWARD, Desk, user


class Everybody:
    """Everybody of the room was in it. `keys`: of Matrix rooms that aren't named by their key."""

    def __init__(self, network: Network, keys: Mapping[str, str]) -> None:
        self._network, self._keys = network, keys

    async def members_at(self, room_id: str, event_id: str) -> Sequence[str] | None:
        key = self._keys.get(room_id, room_id.removeprefix("!"))
        return [*(f"@{name}:{SERVER}" for name in self._network.members(key)), STEWARD]


def recalling(
    desk: Desk, copies: Copies | None = None, keys: Mapping[str, str] | None = None
) -> Recalling:
    """What takes back and tightens on that desk."""
    contents, policies = RecallStore(desk.engine, desk.outbox), desk.policies
    return Recalling(
        contents,
        Everybody(desk.network, keys or {}),
        policies,
        policies.in_force,
        STEWARD,
        desk.now,
        lambda: secrets.token_bytes(16),
        copies or FoundCopies(CopyStore(desk.engine, desk.outbox), contents, policies, STEWARD),
    )


def asked(target: str, by: str, at: datetime, **more: str) -> dict[str, Any]:
    """An officer asks for a recall, or where `stated` is given for that marking."""
    return {
        "asked": f"$ask-{by}-{target[1:]}-{more.get('stated', '')}",
        "target": target,
        "by": user(by),
        "day": at.date().isoformat(),
        **({"cause": "tightened" if "stated" in more else "recalled"} | more),
    }
