"""What stands in the rooms: sync's events against the verdicts, in one transaction a batch.

It tells what each event is to the record; what follows from it is the steward's business.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rilon.application.ports import NewEffect
from rilon.domain.entries import Entry
from rilon.domain.markings import Marking
from rilon.domain.parties import Parties
from rilon.policy.question import Found, Source
from rilon.storage.alone import alone
from rilon.storage.effects import write_effect
from rilon.storage.held import words_posted
from rilon.storage.inbox import mark_worked_off
from rilon.storage.ledger import ledger_outbox
from rilon.storage.marking_json import from_json
from rilon.storage.passages import admitted_names, find_every_source, leave_passages
from rilon.storage.tables import attempt, verdict


class Standing(Enum):
    """What an event that stands in a room is to the record."""

    NEW = "accepted, and now delivered for the first time"
    KNOWN = "delivered and recorded before"
    REFUSED = "refused by the gate, and in the room all the same"
    TWICE = "the same message a second time"
    UNSEEN = "never judged"


@dataclass(frozen=True, slots=True)
class Known:
    """The verdict under whose attempt an event came."""

    identity: bytes
    accepted: bool
    kind: str
    delivered_event_id: str | None
    marking: Marking | None = None

    def standing(self, event_id: str) -> Standing:
        """What that event is."""
        if self.delivered_event_id == event_id:
            return Standing.KNOWN
        if self.delivered_event_id is not None:
            return Standing.TWICE
        return Standing.NEW if self.accepted else Standing.REFUSED


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message that stands in its room now. `recalled`: it had been recalled before."""

    recalled: bool


class Delivery:
    """One batch's transaction."""

    def __init__(
        self, connection: AsyncConnection, outbox: Callable[[Entry], Mapping[str, Any]]
    ) -> None:
        self._connection = connection
        self._outbox = outbox

    async def known(self, event_ids: Sequence[str]) -> dict[str, Known]:
        """The verdicts of these events, by event id; those never judged are left out."""
        query = (
            select(
                attempt.c.event_id,
                verdict.c.identity,
                verdict.c.accepted,
                verdict.c.kind,
                verdict.c.delivered_event_id,
                verdict.c.marking,
            )
            .join(verdict, verdict.c.identity == attempt.c.identity)
            .where(attempt.c.event_id.in_(event_ids))
        )
        rows = (await self._connection.execute(query)).all()
        return {
            row.event_id: Known(
                row.identity,
                row.accepted,
                row.kind,
                row.delivered_event_id,
                None if row.marking is None else from_json(row.marking),
            )
            for row in rows
        }

    async def deliver(self, identity: bytes, event_id: str, now: datetime) -> Arrived | None:
        """The message stands in its room under this event id; None if it did already."""
        query = (
            update(verdict)
            .where(verdict.c.identity == identity, verdict.c.delivered_event_id.is_(None))
            .values(delivered_event_id=event_id, delivered_at=now)
            .returning(verdict.c.recalled_at)
        )
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else Arrived(recalled=row.recalled_at is not None)

    async def sources(self, passages: Collection[int]) -> tuple[Found, ...]:
        """All delivered posts that hold one of these passages, whoever received them."""
        return await find_every_source(self._connection, passages)

    async def words_posted(
        self, identity: bytes
    ) -> tuple[str, frozenset[int], frozenset[int]] | None:
        """Whose words a post of the steward is, the fingerprints that it leaves, and those of them
        that are of files."""
        return await words_posted(self._connection, identity)

    async def leave(
        self, source: Source, received: Parties, now: datetime, files: Collection[int] = ()
    ) -> None:
        """Keeps the passages of a delivered post; `files` are those that are of files."""
        await leave_passages(self._connection, source, received, now, files)

    async def admitted(self) -> frozenset[str]:
        """The local parts of the officers who are admitted now."""
        return await admitted_names(self._connection)

    async def enter(self, entry: Entry) -> None:
        """Writes a ledger entry."""
        await self._connection.execute(insert(ledger_outbox).values(**self._outbox(entry)))

    async def write(self, effects: Sequence[NewEffect]) -> list[bool]:
        """Writes effects; for each, whether it was new."""
        return [await write_effect(self._connection, one) is not None for one in effects]


class Deliveries:
    """Batches' transactions."""

    def __init__(self, engine: AsyncEngine, outbox: Callable[[Entry], Mapping[str, Any]]) -> None:
        self._engine = engine
        self._alone = alone(engine)
        self._outbox = outbox

    async def any_delivered(self, event_ids: Sequence[str]) -> bool:
        """Whether one of these events is on record as delivered."""
        query = select(verdict.c.identity).where(verdict.c.delivered_event_id.in_(event_ids))
        async with self._alone.connect() as connection:
            return (await connection.execute(query.limit(1))).first() is not None

    @asynccontextmanager
    async def of_batch(self, batch_id: int) -> AsyncIterator[Delivery]:
        """One transaction, which marks the batch as worked off when it commits."""
        async with self._engine.begin() as connection:
            yield Delivery(connection, self._outbox)
            await mark_worked_off(connection, batch_id)
