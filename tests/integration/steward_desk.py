"""The steward's tables on a real PostgreSQL, as tests of the steward share them: one policy in
force, one governed room, and what officers' events look like.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from rilon.application.ports import Judged, NewEffect
from rilon.application.record import verdict_entry
from rilon.ledger.keys import SignerKey
from rilon.ledger.leaf import sign
from rilon.storage.decisions import Decisions
from rilon.storage.deliveries import Deliveries
from rilon.storage.inbox import Inbox
from rilon.storage.ledger import outbox_values
from rilon.storage.rooms import RoomStore
from rilon.storage.tables import effect, policy_version
from rilon.wire.envelope import read_envelope
from tests.policy_scene import NETWORK

SERVER = "x.test"
STEWARD = f"@steward:{SERVER}"
OFFICER, OTHER = f"@aus.focal1:{SERVER}", f"@idn.focal1:{SERVER}"
ROOM, FLOOR = "!floor", "mps-floor"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SIGNER = SignerKey("steward", b"\x02" * 32)
numbers = count(1)


def outbox(entry: Any) -> dict[str, Any]:
    return outbox_values(sign(entry, SIGNER))


@dataclass
class Desk:
    """The tables, with one policy in force and one governed room."""

    engine: AsyncEngine
    policy_id: int

    @property
    def decisions(self) -> Decisions:
        return Decisions(self.engine, outbox)

    def judged(self, identity: bytes, event_id: str, **changed: Any) -> Judged:
        values: dict[str, Any] = {
            "identity": identity,
            "event_id": event_id,
            "sender": OFFICER,
            "device_id": "D",
            "session_id": None,
            "message_index": None,
            "kind": "content",
            "accepted": True,
            "code": None,
            "rule": "accept",
            "marking": None,
            "policy_id": self.policy_id,
            "sent_at": NOW,
            "decided_at": NOW,
            **changed,
        }
        return Judged(**values)

    async def record(self, judged: Judged, effects: tuple[NewEffect, ...] = ()) -> None:
        envelope = read_envelope(raw(judged.event_id, sender=judged.sender))
        entry = verdict_entry(
            judged, envelope, FLOOR, NETWORK.rooms[FLOOR], NETWORK, now=NOW, salt=b"s" * 16
        )
        async with self.decisions.in_room(ROOM) as room:
            await room.record(judged, entry, effects)

    async def seen(self, identity: bytes, *related: str, index: int | None = None) -> Any:
        async with self.decisions.in_room(ROOM) as room:
            return await room.look(identity, OFFICER, "D", "S" if index else None, index, related)

    async def count(self, table: Any) -> int:
        async with self.engine.connect() as connection:
            rows = await connection.execute(select(table))
            return len(rows.all())

    async def effects(self, kind: str) -> list[Any]:
        async with self.engine.connect() as connection:
            query = select(effect).where(effect.c.kind == kind).order_by(effect.c.id)
            rows = await connection.execute(query)
            return list(rows.all())


def raw(event_id: str, **changed: Any) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "room_id": ROOM,
        "type": "m.room.encrypted",
        "sender": OFFICER,
        "origin_server_ts": int(NOW.timestamp() * 1000),
        "content": {"body": "x"},
        **changed,
    }


def fresh() -> tuple[bytes, str]:
    number = next(numbers)
    return number.to_bytes(32), f"$event{number}"


@asynccontextmanager
async def opened_desk(postgres_dsn: str) -> AsyncIterator[Desk]:
    url = postgres_dsn.replace("postgresql://", "postgresql+asyncpg://")
    engine = create_async_engine(url, hide_parameters=True)
    async with engine.begin() as connection:
        query = insert(policy_version).values(
            version="1", digest=NETWORK.digest, document=NETWORK.to_document()
        )
        number = (await connection.execute(query.returning(policy_version.c.id))).scalar_one()
    await RoomStore(engine).govern(FLOOR, ROOM)
    yield Desk(engine, number)
    await engine.dispose()


async def deliver(desk: Desk, identity: bytes, event_id: str) -> None:
    batch = await Inbox(desk.engine).store({"next_batch": event_id})
    async with Deliveries(desk.engine, outbox).of_batch(batch.id) as delivery:
        assert await delivery.deliver(identity, event_id, NOW)
