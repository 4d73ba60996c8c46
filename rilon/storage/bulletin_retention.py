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
     WHERE coalesce((SELECT max(greatest(v.drafted_at, v.published_at))
                       FROM bulletin_version v WHERE v.number = b.number), b.created_at)
         < coalesce((SELECT min(coalesce(k.before, :otherwise))
                       FROM bulletin_room r LEFT JOIN kept k USING (room_key)
                      WHERE r.number = b.number),
                    (SELECT k.before FROM kept k WHERE k.room_key = b.thread_room), :otherwise)
     LIMIT :most
    """
)
"""Where it stands in several rooms, the one that keeps it longest counts."""
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
    DELETE FROM bulletin_thread t USING unnest(:keys, :before) AS kept(room_key, before)
     WHERE t.number IS NULL AND t.room_key = kept.room_key AND t.at < kept.before
    """
)
_SAID = text(
    "DELETE FROM bulletin_said s"
    " WHERE NOT EXISTS (SELECT 1 FROM bulletin_thread t WHERE t.root = s.root)"
)
_REPORTS = _with_terms(
    """
    WITH over AS (
        DELETE FROM report r USING unnest(:keys, :before) AS kept(group_key, before)
         WHERE r.group_key = kept.group_key AND r.changed_at < kept.before
        RETURNING r.number),
         posted AS (
        DELETE FROM posting p USING over
         WHERE p.purpose = 'report' AND p.number = over.number)
    SELECT count(*) FROM over
    """
)
_EXCHANGES = text("DELETE FROM report_exchange WHERE expires_at < :before")


async def forget_bulletins(
    engine: AsyncEngine, kept: Mapping[str, timedelta], now: datetime
) -> int:
    """Deletes bulletins that no room keeps any longer, drafts that nobody published in that time,
    and what was typed for none; `kept` by room. How many bulletins.

    A correction that begins at that very moment wins: then the transaction fails, and the next
    one finds a bulletin that was changed just now.
    """
    terms = _terms(kept, now)
    otherwise = now - max(kept.values())
    asked = {**terms, "otherwise": otherwise, "most": MOST_AT_ONCE}
    async with engine.begin() as connection:
        numbers = list((await connection.execute(_OVER, asked)).scalars())
        if numbers:
            for forget in _OF_BULLETINS:
                await connection.execute(forget, {"numbers": numbers})
        await connection.execute(_THREADS, terms)
        await connection.execute(_SAID)
    return len(numbers)


async def forget_reports(engine: AsyncEngine, kept: Mapping[str, timedelta], now: datetime) -> int:
    """Deletes reports that their group keeps no longer, and exchanges that ended as long ago as a
    month; `kept` by group. How many reports."""
    async with engine.begin() as connection:
        count = int((await connection.execute(_REPORTS, _terms(kept, now))).scalar_one())
        await connection.execute(_EXCHANGES, {"before": now - timedelta(days=30)})
    return count


def _terms(kept: Mapping[str, timedelta], now: datetime) -> dict[str, list[object]]:
    return {"keys": list(kept), "before": [now - span for span in kept.values()]}
