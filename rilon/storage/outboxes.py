"""The two outboxes, written in the transaction of what they belong to: the ledger's and the
steward's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from rilon.application.ports import NewEffect
from rilon.domain.entries import Entry
from rilon.storage.effects import write_effect
from rilon.storage.ledger import ledger_outbox

OutboxValues = Callable[[Entry], Mapping[str, Any]]
"""The row of an entry, signed (`rilon.storage.ledger.outbox_values`)."""


async def write_out(
    connection: AsyncConnection,
    outbox: OutboxValues,
    entries: Iterable[Entry],
    effects: Iterable[NewEffect] = (),
) -> None:
    """Writes entries for the ledger, and effects for the steward."""
    for entry in entries:
        await connection.execute(insert(ledger_outbox).values(**outbox(entry)))
    for new in effects:
        await write_effect(connection, new)
