"""One officer with a signed device and a shared session in one room, as most tests of the gate
need no more than that."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import vodozemac
from sqlalchemy.ext.asyncio import AsyncEngine

from rilon.domain.verdicts import Code, Refuse, Verdict
from rilon.policy.network import Network
from tests.integration.desk import SERVER, Desk, emptied, encrypted, event
from tests.policy_scene import NETWORK

ROOM, DEVICE, CURVE = "!floor", "DEVICEAUS1", "A" * 43
AUS, IDN = f"@aus.secondee1:{SERVER}", f"@idn.secondee1:{SERVER}"
SENT = datetime.fromtimestamp(1_795_305_153.108, UTC)
"""When the officer's messages were sent, if one asks the homeserver."""


class Scene(Desk):
    """A policy in force, a room, an officer with a signed device and a shared session."""

    def __init__(self, engine: AsyncEngine, network: Network) -> None:
        super().__init__(engine, network, datetime.now(UTC))
        self.session = vodozemac.GroupSession()
        self.screening = self.gate()

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def prepare(self) -> None:
        await self.put_in_force(self.network)
        await self.govern({"mps-floor": ROOM})
        await self.admit("aus.secondee1", "idn.secondee1")
        await self.run(
            "INSERT INTO device VALUES (:user, :device, :curve, 'ed', true)",
            user=AUS,
            device=DEVICE,
            curve=CURVE,
        )
        await self.share(self.session, ROOM, AUS, CURVE)

    def said(self, body: str, **more: Any) -> dict[str, Any]:
        """The wire content of a message of Australia's officer."""
        content = {"msgtype": "m.text", "body": body, **more}
        return encrypted(self.session, ROOM, content, {"sender_key": CURVE, "device_id": DEVICE})

    async def ask(
        self,
        content: dict[str, Any],
        event_id: str | None = None,
        sender: str = AUS,
        transaction: str | None = None,
    ) -> Verdict:
        raw = event(ROOM, "m.room.encrypted", sender, SENT, content, event_id)
        return await self.judge(raw, DEVICE, transaction)

    async def entries(self) -> list[tuple[str, str]]:
        """Kind and correlation of every entry in the outbox."""
        return [(entry.kind.value, entry.correlation) for entry in await self.ledger()]


@asynccontextmanager
async def opened_scene(postgres_dsn: str) -> AsyncIterator[Scene]:
    """The scene on empty tables."""
    async with emptied(postgres_dsn) as engine:
        made = Scene(engine, NETWORK)
        await made.prepare()
        yield made


def is_refused(verdict: Verdict, code: Code) -> bool:
    return isinstance(verdict, Refuse) and verdict.code is code
