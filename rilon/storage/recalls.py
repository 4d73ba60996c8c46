"""Delivered content with its edits, on record: looked up, tightened, recalled, overdue.

It decides nothing: which marking, and whether it goes, is `rilon.application.recall`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rilon.application.content import Content, Part, Withdrawal
from rilon.application.ports import NewEffect
from rilon.storage import archive
from rilon.storage.alone import alone
from rilon.storage.copies import deletion
from rilon.storage.effects import write_effect
from rilon.storage.marking_json import from_json, to_json
from rilon.storage.outboxes import OutboxValues, write_out
from rilon.storage.personal_data import forget_fingerprints, standing, term_began

MOST_AT_ONCE = 100
"""Contents that expire in one transaction; the next sweep takes up the rest."""

_FAMILY = text(
    """
    WITH RECURSIVE family AS (
        SELECT identity, delivered_event_id, room_id FROM verdict
         WHERE delivered_event_id = :event AND kind IN ('content', 'steward')
        UNION
        SELECT n.identity, n.delivered_event_id, n.room_id FROM family f CROSS JOIN LATERAL (
            SELECT v.identity, v.delivered_event_id, v.room_id
              FROM relation r JOIN verdict v ON v.identity = r.identity
             WHERE r.kind = 'edit' AND r.target = f.delivered_event_id
               AND v.accepted AND v.room_id = f.room_id
            UNION ALL
            SELECT t.identity, t.delivered_event_id, t.room_id
              FROM relation r JOIN verdict t ON t.delivered_event_id = r.target
             WHERE r.kind = 'edit' AND r.identity = f.identity AND :whole
               AND t.room_id = f.room_id) n)
    SELECT v.identity, v.delivered_event_id AS event_id, v.room_id, g.room_key, v.sender,
           v.marking, v.policy_id, v.sent_at, v.recalled_at IS NOT NULL AS recalled,
           (SELECT b.target FROM relation b
             WHERE b.identity = v.identity AND b.kind = 'by') AS written_by
      FROM family f JOIN verdict v ON v.identity = f.identity
      JOIN governed_room g ON g.room_id = v.room_id
     WHERE v.marking IS NOT NULL
     ORDER BY v.decided_at, v.identity
    """
)

_ANSWERS = text(
    """
    SELECT count(DISTINCT v.identity) FROM relation r JOIN verdict v ON v.identity = r.identity
     WHERE r.target = ANY(:events) AND r.kind NOT IN ('edit', 'from') AND v.kind = 'content'
       AND v.delivered_event_id IS NOT NULL AND v.recalled_at IS NULL
    """
)

_CARRIED_FROM = text(
    """
    SELECT v.delivered_event_id AS event_id FROM verdict v
     WHERE v.delivered_event_id IS NOT NULL AND v.identity IN (
        SELECT identity FROM relation WHERE kind = 'from' AND target = ANY(:events)
        UNION
        SELECT w.posted_as FROM request q JOIN request_words w ON w.request = q.id
         WHERE q.root = ANY(:events) AND w.kind = 'question')
       AND NOT (:named AND EXISTS (
        SELECT 1 FROM request_words c
          JOIN request_words asked ON asked.request = c.request AND asked.kind = 'question'
         WHERE c.posted_as = v.identity AND asked.hidden
           AND c.kind NOT IN ('question', 'clarified')))
     ORDER BY v.delivered_event_id
    """
)
"""A question goes with the message that began its request: a tap sent it.

ATTACK: `!recall` of one's own answer, to read which party is behind the request. With `named`,
what went to a requester who is hidden isn't among them."""

_OVERDUE = """
    SELECT e.room_id, e.identity, v.delivered_event_id AS event_id
      FROM expiry e JOIN verdict v ON v.identity = e.identity
     WHERE e.last_day < :day AND v.delivered_event_id IS NOT NULL AND v.recalled_at IS NULL
    """
_OVERDUE_ROOMS = text(_OVERDUE)
_OVERDUE_IN = text(f"{_OVERDUE} AND e.room_id = :room ORDER BY v.delivered_at LIMIT :most")

_LOCK = text("SELECT room_key FROM governed_room WHERE room_id = :room FOR UPDATE")

_MARK = text("UPDATE verdict SET marking = CAST(:marking AS jsonb) WHERE identity = :identity")

_MARK_SOURCE = text(
    "UPDATE passage_source SET marking = CAST(:marking AS jsonb), written = true "
    "WHERE identity = :identity AND marking <> CAST(:marking AS jsonb)"
)
"""ATTACK: content that was tightened, pasted elsewhere under the marking that it had before."""

_SAID_REL = text("DELETE FROM relation WHERE identity = :identity AND kind = 'rel'")
"""Whoever tightens a message has said who may have it: its REL isn't merely a default now."""

_SET_EXPIRY = text(
    """
    INSERT INTO expiry (identity, room_id, last_day) VALUES (:identity, :room, :day)
    ON CONFLICT (identity) DO UPDATE SET last_day = excluded.last_day
    """
)

_RECALL = text(
    """
    UPDATE verdict SET recalled_at = :at WHERE identity = ANY(:identities) AND recalled_at IS NULL
    RETURNING delivered_event_id
    """
)
_FILES = text(
    """
    SELECT DISTINCT r.target FROM relation r WHERE r.kind = 'file' AND r.identity = ANY(:identities)
       AND NOT EXISTS (SELECT 1 FROM relation o JOIN verdict v ON v.identity = o.identity
                        WHERE o.kind = 'file' AND o.target = r.target
                          AND v.accepted AND v.recalled_at IS NULL)
    """
)
"""Files of these messages that no other message carries: another party may have sent one on."""
_FORGET_EXPIRY = text("DELETE FROM expiry WHERE identity = ANY(:identities)")


async def overdue_rooms(engine: AsyncEngine, day: date) -> dict[str, list[bytes]]:
    """What stands somewhere and whose last day is before that day: identities by room."""
    async with alone(engine).connect() as connection:
        rows = (await connection.execute(_OVERDUE_ROOMS, {"day": day})).all()
    due: dict[str, list[bytes]] = defaultdict(list)
    for row in rows:
        due[row.room_id].append(bytes(row.identity))
    return dict(due)


class RecallStore:
    """The record of delivered content, for `Recalling`."""

    def __init__(self, engine: AsyncEngine, outbox: OutboxValues) -> None:
        self._engine = engine
        self._alone = alone(engine)
        self._outbox = outbox

    async def of(self, event_id: str, whole: bool) -> Content | None:
        """The content of this event. `whole`: also what the event is an edit of."""
        async with self._alone.connect() as connection:
            return await _content(connection, event_id, whole)

    async def carried_from(self, content: Content, *, named: bool = False) -> list[Content]:
        """What the steward carried of it to the other side of a request. `named`: to whom is
        going to be told to who wrote it."""
        events = [part.event_id for part in content.parts if part.event_id is not None]
        async with self._alone.connect() as connection:
            given = {"events": events, "named": named}
            rows = (await connection.execute(_CARRIED_FROM, given)).scalars().all()
            found = [await _content(connection, event_id, whole=True) for event_id in rows]
        return [one for one in found if one is not None]

    async def overdue(self, room_id: str, day: date) -> list[Content]:
        """What stands in the room and whose last day is before that day."""
        found: dict[bytes, Content] = {}
        parameters = {"day": day, "room": room_id, "most": MOST_AT_ONCE}
        async with self._alone.connect() as connection:
            for row in (await connection.execute(_OVERDUE_IN, parameters)).all():
                content = await _content(connection, row.event_id, whole=True)
                if content is not None:
                    found[content.original.identity] = content
        return list(found.values())

    async def outlived(self, room_id: str, before: datetime) -> list[Content]:
        """What stands in the room with personal data, since before that moment."""
        found: dict[bytes, Content] = {}
        async with self._alone.connect() as connection:
            for event_id in await standing(connection, room_id, before, MOST_AT_ONCE):
                content = await _content(connection, event_id, whole=True)
                if content is not None:
                    found[content.original.identity] = content
        return list(found.values())

    async def forget_personal_data(self, room_id: str, before: datetime) -> None:
        """Deletes the fingerprints of such content that stands no more."""
        async with self._engine.begin() as connection:
            await forget_fingerprints(connection, room_id, before)

    async def withdraw(self, withdrawal: Withdrawal) -> bool:
        """Carries it out; False, and nothing done, if the contents aren't as they were.

        INVARIANT: under the room's lock, so that no edit is judged meanwhile. What is delivered
        meanwhile is redacted here or, if it comes later, by whoever notes its delivery.
        """
        async with self._engine.begin() as connection:
            await connection.execute(_LOCK, {"room": withdrawal.room_id})
            for content in withdrawal.contents:
                event_id = content.original.event_id
                now = await _content(connection, event_id, withdrawal.whole) if event_id else None
                if now is None or now.parts != content.parts:
                    return False
            await self._set_markings(connection, withdrawal)
            if withdrawal.recalled:
                await self._recall(connection, withdrawal)
            await write_out(connection, self._outbox, withdrawal.entries, withdrawal.effects)
        return True

    async def tell(self, effects: Sequence[NewEffect]) -> None:
        """Writes effects alone."""
        async with self._engine.begin() as connection:
            for new in effects:
                await write_effect(connection, new)

    async def _set_markings(self, connection: AsyncConnection, withdrawal: Withdrawal) -> None:
        for identity, marking in withdrawal.markings.items():
            stored = {"identity": identity, "marking": _json(marking)}
            await connection.execute(_MARK, stored)
            await connection.execute(_SAID_REL, {"identity": identity})
            await connection.execute(_MARK_SOURCE, stored)
            await archive.tighten(connection, identity, marking)
            if marking.has_personal_data:
                await term_began(connection, identity)
            if marking.expires is not None:
                due = {"identity": identity, "room": withdrawal.room_id, "day": marking.expires}
                await connection.execute(_SET_EXPIRY, due)

    async def _recall(self, connection: AsyncConnection, withdrawal: Withdrawal) -> None:
        identities = [part.identity for one in withdrawal.contents for part in one.parts]
        parameters = {"identities": identities, "at": withdrawal.at}
        rows = (await connection.execute(_RECALL, parameters)).all()
        for row in rows:
            event_id = row.delivered_event_id
            if event_id is not None and event_id not in withdrawal.gone:
                await write_effect(connection, redaction(withdrawal.room_id, event_id))
        files = (await connection.execute(_FILES, {"identities": identities})).scalars().all()
        for target in files:
            await write_effect(connection, deletion(target))
        await connection.execute(_FORGET_EXPIRY, {"identities": identities})
        await archive.recalled(connection, identities)


def redaction(room_id: str, event_id: str) -> NewEffect:
    """Taking an event back, once whoever asks."""
    payload = {"room_id": room_id, "event_id": event_id}
    return NewEffect("redact", f"redact {event_id}", payload, f"redact-{event_id}")


async def _content(connection: AsyncConnection, event_id: str, whole: bool) -> Content | None:
    rows = (await connection.execute(_FAMILY, {"event": event_id, "whole": whole})).all()
    if not rows:
        return None
    parts = tuple(
        Part(
            identity=bytes(row.identity),
            event_id=row.event_id,
            sender=row.sender,
            marking=from_json(row.marking),
            policy_id=row.policy_id,
            sent_at=row.sent_at,
            recalled=row.recalled,
            written_by=row.written_by,
        )
        for row in rows
    )
    events = [part.event_id for part in parts if part.event_id is not None]
    answers = (await connection.execute(_ANSWERS, {"events": events})).scalar_one()
    return Content(rows[0].room_id, rows[0].room_key, parts, answers)


def _json(marking: Any) -> str:
    return json.dumps(to_json(marking))
