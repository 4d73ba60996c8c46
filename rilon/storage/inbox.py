"""The inbox: raw sync batches, stored with their token before anything is done with them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rilon.storage.alone import alone
from rilon.storage.tables import inbox

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class Batch:
    """One sync answer. `keys_taken_in` says that its to-device messages were opened already:
    an Olm message opens only once."""

    id: int
    next_batch: str
    body: Json
    keys_taken_in: bool


class Inbox:
    """Sync batches in PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._alone = alone(engine)

    async def token(self) -> str | None:
        """The token from which the next sync goes on; None before the first."""
        query = select(inbox.c.next_batch).order_by(inbox.c.id.desc()).limit(1)
        async with self._alone.connect() as connection:
            value = (await connection.execute(query)).scalar_one_or_none()
        return None if value is None else str(value)

    async def store(self, body: Json) -> Batch:
        """Stores a batch and its token in one statement."""
        raw = json.dumps(body, separators=(",", ":")).encode()
        query = insert(inbox).values(next_batch=body["next_batch"], body=raw).returning(inbox.c.id)
        async with self._alone.connect() as connection:
            number = (await connection.execute(query)).scalar_one()
        return Batch(number, body["next_batch"], body, False)

    async def open_batches(self) -> list[Batch]:
        """Batches that were stored and not worked off, in their order."""
        query = select(inbox).where(inbox.c.worked_off_at.is_(None)).order_by(inbox.c.id)
        async with self._alone.connect() as connection:
            rows = (await connection.execute(query)).all()
        return [
            Batch(row.id, row.next_batch, json.loads(row.body), row.keys_taken_in) for row in rows
        ]

    async def forget_before(self, days: int) -> int:
        """Deletes worked-off batches older than that, the newest always kept for its token."""
        newest = select(func.max(inbox.c.id)).scalar_subquery()
        query = inbox.delete().where(
            inbox.c.worked_off_at < func.now() - func.make_interval(0, 0, 0, days),
            inbox.c.id < newest,
        )
        async with self._alone.connect() as connection:
            return int((await connection.execute(query)).rowcount)


async def mark_worked_off(connection: AsyncConnection, batch_id: int) -> None:
    """Marks a batch as worked off, in the transaction that holds what it led to. The body is
    no longer needed."""
    await connection.execute(
        update(inbox)
        .where(inbox.c.id == batch_id)
        .values(worked_off_at=func.now(), body=None, keys_taken_in=True)
    )
