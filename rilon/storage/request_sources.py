"""The delivered messages that words of a request were said in, as they stand on record.

It decides nothing: what follows from a change is `rilon.application`'s.
"""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from rilon.application.request_sources import Spoken
from rilon.storage.marking_json import from_json

_CHANGES = """
    (SELECT count(*) FROM relation r JOIN verdict o ON o.identity = r.identity
      WHERE r.target = v.delivered_event_id AND r.kind IN ('edit', 'redaction')
        AND o.accepted AND o.room_id = v.room_id)
    """
_UNSAID = """
    (EXISTS (SELECT 1 FROM relation u WHERE u.identity = v.identity AND u.kind = 'rel')
     AND NOT EXISTS (
        SELECT 1 FROM relation r JOIN verdict o ON o.identity = r.identity
         WHERE r.target = v.delivered_event_id AND r.kind = 'edit' AND o.accepted
           AND NOT EXISTS (SELECT 1 FROM relation u
                            WHERE u.identity = o.identity AND u.kind = 'rel')))
    """
_STATE = f"""
    md5(concat_ws('|', CAST(v.marking AS text), v.recalled_at IS NOT NULL, {_CHANGES}, {_UNSAID}))
    """
"""Accepted is enough: an edit or a removal that is on its way counts already."""

_SPOKEN = """
    WITH RECURSIVE said AS (
        SELECT identity, room_id FROM verdict WHERE delivered_event_id = ANY(:events)
        UNION
        SELECT t.identity, t.room_id
          FROM said s JOIN relation r ON r.identity = s.identity
          JOIN verdict t ON t.delivered_event_id = r.target AND t.room_id = s.room_id
         WHERE r.kind IN ('reply', 'thread', 'edit'))
    SELECT v.delivered_event_id AS event_id, v.sender, v.marking, {unsaid} AS unsaid,
           v.recalled_at IS NULL AND {changes} = 0 AS stands, {state} AS state,
           ARRAY(SELECT r.target FROM relation r WHERE r.identity = v.identity
                    AND r.kind IN ('reply', 'thread', 'edit') ORDER BY r.target) AS answers
      FROM said JOIN verdict v ON v.identity = said.identity
     WHERE v.marking IS NOT NULL
    """
_EVERY = text(_SPOKEN.format(unsaid=_UNSAID, changes=_CHANGES, state=_STATE))

_HOLD = "SELECT 1 FROM verdict WHERE delivered_event_id = ANY($1) ORDER BY identity FOR SHARE"
_NOW = """
    SELECT v.delivered_event_id AS event_id, {state} AS state
      FROM verdict v WHERE v.delivered_event_id = ANY($1)
    """
_STATES = _NOW.format(state=_STATE)

_OPEN = """
    SELECT v.identity FROM verdict v
     WHERE v.identity = ANY($1)
       AND (v.delivered_event_id = ANY($2) OR v.marking ->> 'explicit_rel' = 'false' OR {unsaid})
    """
_UNSAID_OF = _OPEN.format(unsaid=_UNSAID)


async def spoken(connection: AsyncConnection, event_ids: Sequence[str]) -> dict[str, Spoken]:
    """These messages and all that they relate to, as far as they carry a marking."""
    rows = (await connection.execute(_EVERY, {"events": list(event_ids)})).all()
    return {
        row.event_id: Spoken(
            row.event_id,
            row.sender,
            from_json(row.marking),
            row.unsaid,
            row.stands,
            row.state,
            tuple(row.answers),
        )
        for row in rows
    }


async def unchanged(connection: asyncpg.Connection, heard: Sequence[tuple[str, str]]) -> bool:
    """Whether each message is as it was. Until the transaction ends nobody recalls, tightens or
    edits one of them.

    ATTACK: a recall between the last look and the verdict.
    """
    if not heard:
        return True
    events = [event for event, _ in heard]
    await connection.fetch(_HOLD, events)
    rows = await connection.fetch(_STATES, events)
    return {(row["event_id"], row["state"]) for row in rows} >= set(heard)


async def states_of(
    connection: asyncpg.Connection, events: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """These messages as they are now, as far as they are on record."""
    rows = await connection.fetch(_STATES, list(events))
    return tuple(sorted((row["event_id"], row["state"]) for row in rows))


async def unsaid(
    connection: asyncpg.Connection, identities: Sequence[bytes], events: Sequence[str]
) -> frozenset[bytes]:
    """Of these messages those in which nobody wrote REL, and those of `events`."""
    rows = await connection.fetch(_UNSAID_OF, list(identities), list(events))
    return frozenset(bytes(row["identity"]) for row in rows)
