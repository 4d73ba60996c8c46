"""What the worker does with requests: it finds what is due, and erases what is over.

It has no key, and reads neither who wrote what nor to whom it was sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import DateTime, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncEngine

_DUE = text(
    """
    INSERT INTO effect (kind, subject, once, payload)
    SELECT 'request_due', 'request ' || request || ' ' || party,
           'request-due-' || request || '-' || party || '-' || extract(epoch FROM look_at)::text,
           jsonb_build_object('request', request, 'addressee', party)
      FROM request_addressee WHERE look_at <= :now
        ON CONFLICT (once) DO NOTHING
    """
)


async def write_due(engine: AsyncEngine, now: datetime) -> int:
    """Writes an effect for each addressee of a request with whom something is due; how many are
    new. What is due is decided when it is performed: the sweep needs no key."""
    async with engine.begin() as connection:
        return int((await connection.execute(_DUE, {"now": now})).rowcount)


_OVER = """
    SELECT r.id FROM request r JOIN unnest(:groups, :before) AS kept(group_key, before)
           USING (group_key)
     WHERE NOT r.open AND r.closed_at < kept.before
    """
_FORGET = tuple(
    text(f"DELETE FROM {table} WHERE {column} IN ({_OVER})").bindparams(  # noqa: S608 - our own
        bindparam("groups", type_=ARRAY(Text)),
        bindparam("before", type_=ARRAY(DateTime(timezone=True))),
    )
    for table, column in (
        ("request_selector", "request"),
        ("request_place", "request"),
        ("request_words", "request"),
        ("request_addressee", "request"),
        ("request", "id"),
    )
)


async def forget_requests(engine: AsyncEngine, kept: Mapping[str, timedelta], now: datetime) -> int:
    """Erases what was closed longer ago than its group keeps it; how many requests."""
    asked = {"groups": list(kept), "before": [now - span for span in kept.values()]}
    count = 0
    async with engine.begin() as connection:
        for forget in _FORGET:
            count = (await connection.execute(forget, asked)).rowcount
    return count
