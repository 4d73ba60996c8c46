"""What the clock deletes of bulletins and reports. How long a room keeps what stands in it is
policy's; what was written for it is kept no longer. The ledger is not touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import DateTime, Text, TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncEngine

MOST_AT_ONCE = 200


def _with_terms(statement: str) -> TextClause:
    return text(statement).bindparams(
        bindparam("keys", type_=ARRAY(Text)),
        bindparam("before", type_=ARRAY(DateTime(timezone=True))),
    )


_OVER = _with_terms(
    """
    WITH kept AS (SELECT * FROM unnest(:keys, :before) AS kept(room_key, before))
    SELECT b.number FROM bulletin b
     WHERE coalesce((SELECT max(greatest(v.drafted_at, v.submitted_at, v.approved_at,
                                         v.published_at, b.withdrawn_at))
                       FROM bulletin_version v WHERE v.number = b.number), b.created_at)
         < coalesce((SELECT min(coalesce(k.before, :otherwise))
                       FROM bulletin_room r LEFT JOIN kept k USING (room_key)
                      WHERE r.number = b.number),
                    (SELECT k.before FROM kept k WHERE k.room_key = b.thread_room), :otherwise)
       AND NOT EXISTS (SELECT 1 FROM bulletin_version v
                        WHERE v.number = b.number AND v.state = 'publishing')
       AND NOT EXISTS (SELECT 1 FROM posting p WHERE p.number = b.number AND p.state = 'waiting')
     LIMIT :most FOR UPDATE OF b SKIP LOCKED
    """
)
"""Where it stands in several rooms, the one that keeps it longest counts.

INVARIANT: under its lock, as every step of it is. What is being posted or withdrawn stays."""
_OF_BULLETINS = tuple(
    text(f"DELETE FROM {table} WHERE {column} = ANY(:numbers){more}")  # noqa: S608 - our own
    for table, column, more in (
        ("bulletin_term", "bulletin", ""),
        ("bulletin_place", "bulletin", ""),
        ("bulletin_ack", "number", ""),
        ("bulletin_room", "number", ""),
        ("bulletin_picture", "number", ""),
        ("bulletin_version", "number", ""),
        ("bulletin_thread", "number", ""),
        ("posting", "number", " AND purpose <> 'report'"),
        ("bulletin", "number", ""),
    )
)
_THREADS = _with_terms(
    """
    DELETE FROM bulletin_thread t
     WHERE t.number IS NULL
       AND t.at < coalesce((SELECT k.before FROM unnest(:keys, :before) AS k(room_key, before)
                             WHERE k.room_key = t.room_key), :otherwise)
    """
)
_SAID = text(
    "DELETE FROM bulletin_said s WHERE s.at < :before"
    " AND NOT EXISTS (SELECT 1 FROM bulletin_thread t WHERE t.root = s.root)"
)
"""A question whether to withdraw one stands in no thread of a draft: it waits for its tap."""
_REPORTS = _with_terms(
    """
    WITH over AS (
        DELETE FROM report r
         WHERE r.changed_at < coalesce(
                   (SELECT k.before FROM unnest(:keys, :before) AS k(group_key, before)
                     WHERE k.group_key = r.group_key), :otherwise)
        RETURNING r.number),
         posted AS (
        DELETE FROM posting p USING over
         WHERE p.purpose = 'report' AND p.number = over.number)
    SELECT count(*) FROM over
    """
)
_EXCHANGES = text("DELETE FROM report_exchange WHERE expires_at < :before")
_A_MONTH = timedelta(days=30)


async def forget_bulletins(
    engine: AsyncEngine, kept: Mapping[str, timedelta], now: datetime
) -> int:
    """Deletes bulletins that no room keeps any longer, drafts that nobody published in that time,
    and what was typed for none; `kept` by room, of which there is one. How many bulletins."""
    terms = _terms(kept, now)
    async with engine.begin() as connection:
        over = await connection.execute(_OVER, {**terms, "most": MOST_AT_ONCE})
        numbers = list(over.scalars())
        if numbers:
            for forget in _OF_BULLETINS:
                await connection.execute(forget, {"numbers": numbers})
        await connection.execute(_THREADS, terms)
        await connection.execute(_SAID, {"before": now - _A_MONTH})
    return len(numbers)


async def forget_reports(engine: AsyncEngine, kept: Mapping[str, timedelta], now: datetime) -> int:
    """Deletes reports that their group keeps no longer, and exchanges that ended as long ago as a
    month; `kept` by group, of which there is one. How many reports."""
    async with engine.begin() as connection:
        count = int((await connection.execute(_REPORTS, _terms(kept, now))).scalar_one())
        await connection.execute(_EXCHANGES, {"before": now - _A_MONTH})
    return count


def _terms(kept: Mapping[str, timedelta], now: datetime) -> dict[str, object]:
    """`otherwise` is for what policy has no more: as long as whatever is kept longest."""
    before = [now - span for span in kept.values()]
    return {"keys": list(kept), "before": before, "otherwise": min(before)}
