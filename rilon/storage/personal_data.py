"""Since when content with personal data has been there, and what is over by policy's term.

It decides nothing: how long the term is, is policy's; what goes, `rilon.application.recall`'s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

import asyncpg
from sqlalchemy import DateTime, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rilon.storage.alone import alone

_BEGINS = """
    INSERT INTO personal_data (identity, room_id, since)
    SELECT $1, $2, least($3::timestamptz, (
        SELECT min(coalesce(p.since, CASE r.kind WHEN 'edit' THEN v.decided_at END))
          FROM relation r JOIN verdict v ON v.delivered_event_id = r.target AND v.room_id = $2
          LEFT JOIN personal_data p ON p.identity = v.identity
         WHERE r.identity = $1))
    ON CONFLICT (identity)
    DO UPDATE SET since = least(personal_data.since, excluded.since)
    """
"""INVARIANT: the join of two terms is the earlier. What answers personal data goes with it, and
an edit goes with what it edits, from whose delivery on the term runs."""

_EDITED = """
    INSERT INTO personal_data (identity, room_id, since)
    SELECT identity, room_id, decided_at FROM verdict
     WHERE room_id = $1 AND delivered_event_id = $2 AND kind = 'content'
    ON CONFLICT (identity) DO NOTHING
    """

_TIGHTENED = text(
    """
    INSERT INTO personal_data (identity, room_id, since)
    SELECT identity, room_id, decided_at FROM verdict WHERE identity = :identity
    ON CONFLICT (identity) DO NOTHING
    """
)

_OVER = text(
    """
    SELECT p.room_id, p.identity
      FROM unnest(:rooms, :before) AS kept(room_id, before)
      JOIN personal_data p ON p.room_id = kept.room_id AND p.since < kept.before
      JOIN verdict v ON v.identity = p.identity
     WHERE v.delivered_event_id IS NOT NULL
    """
).bindparams(
    bindparam("rooms", type_=ARRAY(Text)),
    bindparam("before", type_=ARRAY(DateTime(timezone=True))),
)

_STANDING = text(
    """
    SELECT v.delivered_event_id FROM personal_data p JOIN verdict v ON v.identity = p.identity
     WHERE p.room_id = :room AND p.since < :before
       AND v.delivered_event_id IS NOT NULL AND v.recalled_at IS NULL
     ORDER BY v.delivered_at LIMIT :most
    """
)

_GONE = """
    SELECT p.identity FROM personal_data p JOIN verdict v ON v.identity = p.identity
     WHERE p.room_id = :room AND p.since < :before AND v.recalled_at IS NOT NULL
    """
_FORGET = (
    text(f"DELETE FROM passage_source WHERE identity IN ({_GONE})"),  # noqa: S608 - our own
    text(f"DELETE FROM personal_data WHERE identity IN ({_GONE})"),  # noqa: S608 - our own
)
"""The row last: it is what the others are found by. Passages go with their source."""


async def term_begins(
    connection: asyncpg.Connection,
    identity: bytes,
    room_id: str,
    decided_at: datetime,
    edits: str | None,
) -> None:
    """Accepted content has personal data: its term runs, and that of what it edits."""
    await connection.execute(_BEGINS, identity, room_id, decided_at)
    if edits is not None:
        await connection.execute(_EDITED, room_id, edits)


async def term_began(connection: AsyncConnection, identity: bytes) -> None:
    """Delivered content is said to have personal data: its term runs since its delivery."""
    await connection.execute(_TIGHTENED, {"identity": identity})


async def over_in_rooms(
    engine: AsyncEngine, ends: Mapping[str, datetime]
) -> dict[str, list[bytes]]:
    """What was delivered and whose term began before its room's moment: identities by room."""
    asked = {"rooms": list(ends), "before": list(ends.values())}
    due: dict[str, list[bytes]] = defaultdict(list)
    async with alone(engine).connect() as connection:
        for row in (await connection.execute(_OVER, asked)).all():
            due[row.room_id].append(bytes(row.identity))
    return dict(due)


async def standing(
    connection: AsyncConnection, room_id: str, before: datetime, most: int
) -> list[str]:
    """Events that stand in the room and whose term began before then."""
    asked = {"room": room_id, "before": before, "most": most}
    return list((await connection.execute(_STANDING, asked)).scalars())


async def forget_fingerprints(connection: AsyncConnection, room_id: str, before: datetime) -> None:
    """Deletes what content left whose term began before then and that stands no more."""
    for forget in _FORGET:
        await connection.execute(forget, {"room": room_id, "before": before})
