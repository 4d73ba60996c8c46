"""Verdicts: read and written in the one transaction in which a room's events are judged.

The room's row is locked first, so that a room's events are judged one at a time and that a
revocation, once committed, is seen by every verdict after it. This store decides nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import BYTEA, JSONB
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rilon.application.ports import Delivered, Judged, NewEffect, Recorded, Seen, Unsure
from rilon.domain.entries import Entry
from rilon.storage.effects import write_effect
from rilon.storage.marking_json import from_json, to_json
from rilon.storage.tables import governed_room

OutboxValues = Callable[[Entry], dict[str, Any]]
"""Makes the ledger outbox row of an entry: canonical bytes, signed by this component."""

_LOCK_ROOM = text("SELECT room_key FROM governed_room WHERE room_id = :room FOR UPDATE")

_LOOK = text(
    """
    SELECT (SELECT max(id) FROM policy_version) AS policy_id,
           (SELECT state FROM officer_state WHERE user_id = :sender) AS officer_state,
           (SELECT row_to_json(d) FROM device d
             WHERE d.user_id = :sender AND d.device_id = :device) AS device,
           (SELECT row_to_json(r) FROM (
               SELECT accepted, code, rule, policy_id, attempts,
                      delivered_event_id IS NOT NULL AS delivered
                 FROM verdict WHERE identity = :identity) r) AS recorded,
           (SELECT identity FROM verdict
             WHERE room_id = :room AND session_id = :session
               AND message_index = :index) AS index_identity,
           (SELECT json_agg(row_to_json(t)) FROM (
               SELECT delivered_event_id AS event_id, sender, kind, marking, sent_at
                 FROM verdict
                WHERE room_id = :room AND delivered_event_id = ANY(:related)) t) AS related,
           EXISTS (SELECT 1 FROM attempt a JOIN verdict v ON v.identity = a.identity
                    WHERE a.event_id = ANY(:related) AND v.room_id = :room AND v.accepted
                      AND v.delivered_event_id IS NULL) AS related_pending
    """
)

_RECORD = text(
    """
    WITH judged AS (
        INSERT INTO verdict (identity, room_id, sender, device_id, session_id, message_index,
                             kind, accepted, code, rule, marking, policy_id, sent_at, decided_at)
        VALUES (:identity, :room, :sender, :device, :session, :index,
                :kind, :accepted, :code, :rule, :marking, :policy_id, :sent_at, :decided_at)
        ON CONFLICT (identity) DO UPDATE
           SET accepted = excluded.accepted, code = excluded.code, rule = excluded.rule,
               marking = excluded.marking, policy_id = excluded.policy_id,
               kind = excluded.kind, sent_at = excluded.sent_at,
               -- A message that was unreadable before is remembered against replays from now on.
               session_id = COALESCE(verdict.session_id, excluded.session_id),
               message_index = COALESCE(verdict.message_index, excluded.message_index),
               decided_at = excluded.decided_at, attempts = verdict.attempts + 1
         WHERE verdict.delivered_event_id IS NULL
    ), entered AS (
        INSERT INTO ledger_outbox (leaf) VALUES (:leaf)
    )
    INSERT INTO attempt (event_id, identity) VALUES (:event_id, :identity)
    ON CONFLICT DO NOTHING
    """
).bindparams(
    bindparam("marking", type_=JSONB(none_as_null=True)), bindparam("identity", type_=BYTEA)
)

_AGAIN = text(
    """
    WITH counted AS (
        UPDATE verdict SET attempts = attempts + 1
         WHERE identity = :identity
           AND NOT EXISTS (SELECT 1 FROM attempt WHERE event_id = :event_id))
    INSERT INTO attempt (event_id, identity) VALUES (:event_id, :identity)
    ON CONFLICT DO NOTHING
    """
).bindparams(bindparam("identity", type_=BYTEA))


class RoomDecision:
    """A room under its lock, within one transaction."""

    def __init__(
        self, connection: AsyncConnection, room_id: str, key: str | None, outbox: OutboxValues
    ) -> None:
        self._connection = connection
        self._room_id = room_id
        self._outbox = outbox
        self.key = key

    async def look(
        self,
        identity: bytes,
        sender: str,
        device_id: str | None,
        session_id: str | None,
        index: int | None,
        related: Sequence[str],
    ) -> Seen:
        """Reads, in one statement, everything the verdict depends on."""
        parameters = {
            "identity": identity,
            "room": self._room_id,
            "sender": sender,
            "device": device_id,
            "session": session_id,
            "index": index,
            "related": list(related),
        }
        row = (await self._connection.execute(_LOOK, parameters)).one()
        device = row.device or {}
        return Seen(
            policy_id=row.policy_id,
            officer_state=row.officer_state,
            device_curve25519=device.get("curve25519"),
            device_signed=device.get("signed") is True,
            recorded=None if row.recorded is None else Recorded(**row.recorded),
            index_identity=row.index_identity,
            related=tuple(_delivered(entry) for entry in row.related or ()),
            related_pending=row.related_pending,
        )

    async def record(self, judged: Judged, entry: Entry, effects: Sequence[NewEffect] = ()) -> None:
        """Stores verdict, ledger outbox row and effects."""
        values = {
            "identity": judged.identity,
            "event_id": judged.event_id,
            "room": self._room_id,
            "sender": judged.sender,
            "device": judged.device_id,
            "session": judged.session_id,
            "index": judged.message_index,
            "kind": judged.kind,
            "accepted": judged.accepted,
            "code": judged.code,
            "rule": judged.rule,
            "marking": None if judged.marking is None else to_json(judged.marking),
            "policy_id": judged.policy_id,
            "sent_at": judged.sent_at,
            "decided_at": judged.decided_at,
        }
        await self._connection.execute(_RECORD, values | self._outbox(entry))
        for new in effects:
            await write_effect(self._connection, new)

    async def record_again(
        self, identity: bytes, event_id: str, effects: Sequence[NewEffect] = ()
    ) -> None:
        """Notes that the same message was asked once more, under another event id."""
        await self._connection.execute(_AGAIN, {"identity": identity, "event_id": event_id})
        for new in effects:
            await write_effect(self._connection, new)


class Decisions:
    """The gate's way to its tables, with a pool of its own."""

    def __init__(self, engine: AsyncEngine, outbox: OutboxValues) -> None:
        self._engine = engine
        self._outbox = outbox
        self._queues: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def in_room(self, room_id: str) -> AsyncIterator[RoomDecision]:
        """One transaction, with the room's row locked if the room is governed.

        Events of one room queue up here first, so that they don't hold connections idle.
        """
        queue = self._queues.setdefault(room_id, asyncio.Lock())
        try:
            async with queue, self._engine.begin() as connection:
                locked = await connection.execute(_LOCK_ROOM, {"room": room_id})
                yield RoomDecision(connection, room_id, locked.scalar_one_or_none(), self._outbox)
        except (TimeoutError, SQLAlchemyError, OSError) as error:
            raise Unsure(type(error).__name__) from error

    async def wait_for_open_verdicts(self, room_ids: Sequence[str]) -> None:
        """Returns when every verdict that was open in these rooms is committed."""
        query = (
            select(governed_room.c.room_id)
            .where(governed_room.c.room_id.in_(room_ids))
            .order_by(governed_room.c.room_id)
            .with_for_update()
        )
        async with self._engine.begin() as connection:
            await connection.execute(query)


def _delivered(entry: Mapping[str, Any]) -> Delivered:
    return Delivered(
        entry["event_id"],
        entry["sender"],
        entry["kind"],
        None if entry["marking"] is None else from_json(entry["marking"]),
        datetime.fromisoformat(entry["sent_at"]),
    )
