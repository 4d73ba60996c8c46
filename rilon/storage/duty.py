"""Changes of the duty rota as leads told them. Which word wins is `rilon.policy.duty`'s."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from rilon.domain.entries import Entry
from rilon.domain.parties import Party
from rilon.policy.duty_changes import ChangeKind, DutyChange
from rilon.storage.alone import alone
from rilon.storage.outboxes import OutboxValues, write_out
from rilon.storage.talk_tables import duty_change

LOOKED_BACK = timedelta(days=2)
"""What has ended for so long says nothing of any moment that is asked about."""


class DutyStore:
    """The changes that were told."""

    def __init__(
        self,
        engine: AsyncEngine,
        now: Callable[[], datetime],
        outbox: OutboxValues,
    ) -> None:
        self._engine = engine
        self._alone = alone(engine)
        self._now = now
        self._outbox = outbox

    async def changes(self) -> tuple[DutyChange, ...]:
        """The changes that hold now or later, in the order in which they were told."""
        query = (
            select(duty_change)
            .where(duty_change.c.ends > self._now() - LOOKED_BACK)
            .order_by(duty_change.c.id)
        )
        async with self._alone.connect() as connection:
            rows = (await connection.execute(query)).all()
        return tuple(
            DutyChange(
                Party(row.party),
                ChangeKind(row.kind),
                tuple(row.officers),
                row.begins,
                row.ends,
                row.made_by,
                row.made_at,
                row.deputy,
            )
            for row in rows
        )

    async def tell(self, change: DutyChange, event_id: str, entry: Entry) -> None:
        """Keeps a change, and its ledger entry, in one transaction; once, however often the message
        that told it is worked off."""
        query = insert(duty_change).values(
            event_id=event_id,
            party=change.party,
            kind=change.kind.value,
            officers=list(change.officers),
            begins=change.begins,
            ends=change.ends,
            deputy=change.deputy,
            made_by=change.made_by,
            made_at=change.made_at,
        )
        once = query.on_conflict_do_nothing(index_elements=[duty_change.c.event_id])
        async with self._engine.begin() as connection:
            told = await connection.execute(once.returning(duty_change.c.id))
            if told.one_or_none() is not None:
                await write_out(connection, self._outbox, [entry])
