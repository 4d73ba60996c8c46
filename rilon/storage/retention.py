"""What the clock deletes: fingerprints, attempts, marks of deeds that nobody needs any more.

How long something is kept is policy's (`Network.retention`). The record itself, verdicts and
ledger, is not touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, Text, TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncEngine

MOST_AT_ONCE = 2_000
"""Messages whose fingerprints go in one transaction: some hundred rows each."""

_FORGET = text(
    """
    DELETE FROM passage_source WHERE id IN (
        SELECT s.id FROM passage_source s
          LEFT JOIN unnest(:keys, :before) AS kept(room_key, before) USING (room_key)
         WHERE s.delivered_at < coalesce(kept.before, :otherwise) LIMIT :most)
    """
).bindparams(
    bindparam("keys", type_=ARRAY(Text)),
    bindparam("before", type_=ARRAY(DateTime(timezone=True))),
)
"""Its passages go with a source. The worker itself may see none."""

_FORGET_ATTEMPTS = text(
    """
    DELETE FROM attempt WHERE event_id IN (
        SELECT a.event_id FROM attempt a JOIN verdict v ON v.identity = a.identity
         WHERE v.decided_at < :before
           AND (NOT v.accepted OR v.delivered_event_id <> a.event_id) LIMIT :most)
    """
)
"""INVARIANT: the attempt of an event that stands stays, and every one of a message that was
accepted and hasn't been seen: without it the event would be taken for one that was never judged."""


_FORGET_MARKS = text(
    """
    DELETE FROM effect WHERE id IN (
        SELECT m.id FROM effect m
         WHERE m.kind = 'nothing' AND m.state = 'done' AND m.done_at < :before
           AND m.once LIKE 'done-%'
           AND m.id < coalesce((SELECT min(o.id) FROM effect o
                                 WHERE o.state IN ('due', 'performing')
                                   AND o.kind IN ('heard', 'carry')), m.id + 1)
         LIMIT :most)
    """
)
"""INVARIANT: the mark of a deed stays while what asks for the deed may still be worked off. That is
always an effect that was written before the mark, and the row of one that was worked off stays, so
that the same message, should sync show it again, asks for nothing."""


async def forget_passages(engine: AsyncEngine, kept: Mapping[str, timedelta], now: datetime) -> int:
    """Deletes what posts left whose room keeps them no longer; how many posts'. A room that
    isn't in policy any more keeps them as long as the one that keeps them longest."""
    if not kept:
        return 0
    parameters = {
        "keys": list(kept),
        "before": [now - span for span in kept.values()],
        "otherwise": now - max(kept.values()),
        "most": MOST_AT_ONCE,
    }
    return await _until_nothing_is_left(engine, _FORGET, parameters)


async def forget_attempts(engine: AsyncEngine, before: datetime) -> int:
    """Deletes attempts, judged before then, that led to nothing that stands; how many."""
    parameters = {"before": before, "most": MOST_AT_ONCE}
    return await _until_nothing_is_left(engine, _FORGET_ATTEMPTS, parameters)


async def forget_marks(engine: AsyncEngine, before: datetime) -> int:
    """Deletes marks of deeds that were done before then, and can't be asked for again; how many."""
    parameters = {"before": before, "most": MOST_AT_ONCE}
    return await _until_nothing_is_left(engine, _FORGET_MARKS, parameters)


async def _until_nothing_is_left(
    engine: AsyncEngine, statement: TextClause, parameters: Mapping[str, Any]
) -> int:
    count = 0
    while True:
        async with engine.begin() as connection:
            done = (await connection.execute(statement, parameters)).rowcount
        count += done
        if done < MOST_AT_ONCE:
            return count
