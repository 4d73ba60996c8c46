"""Effects: what the steward must do, written with what caused it, performed afterwards.

Writing takes part in the caller's transaction. Performing is at least once: an effect that
was being performed when the process died is performed again, with the same wire content and
the same transaction id, so that there is exactly one visible effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Interval, Text, bindparam, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rilon.application.ports import DueEffect, NewEffect
from rilon.storage.alone import alone
from rilon.storage.tables import effect

Json = dict[str, Any]

_NEXT = text(
    """
    SELECT e.id, e.kind, e.subject, e.payload, e.wire, e.attempts FROM effect e
     WHERE e.state IN ('due', 'performing') AND e.due_at <= :now
       AND NOT (e.subject = ANY(:busy))
       AND NOT EXISTS (SELECT 1 FROM effect b
                        WHERE b.subject = e.subject AND b.id < e.id
                          AND b.state IN ('due', 'performing'))
     ORDER BY e.id LIMIT :most
    """
)


# Statements of every effect are built once: building one costs as much as sending it.
_WRITE = (
    insert(effect)
    .values(due_at=func.now() + bindparam("after", type_=Interval))
    .on_conflict_do_nothing(index_elements=[effect.c.once])
    .returning(effect.c.id)
)
_CHANGE = update(effect).where(effect.c.id == bindparam("effect_id"))
_RESULT = select(effect.c.result).where(
    effect.c.once == bindparam("named"), effect.c.state == "done"
)


async def write_effect(connection: AsyncConnection, new: NewEffect) -> int | None:
    """Writes an effect in the caller's transaction; its id, or None if it was there already."""
    values = {
        "kind": new.kind,
        "subject": new.subject,
        "payload": dict(new.payload),
        "once": new.once,
        "after": new.after,
    }
    written = (await connection.execute(_WRITE, values)).scalar_one_or_none()
    return None if written is None else int(written)


_RECOGNISE = text(
    """
    SELECT id FROM effect
     WHERE state = 'performing'
       AND ((wire_digest = :digest AND wire ->> 'room_id' = :room AND wire ->> 'type' = :kind
             AND (wire ->> 'state_key') IS NOT DISTINCT FROM :state_key)
         OR (wire -> 'first' @> CAST(:first AS jsonb)
             AND NOT EXISTS (SELECT 1 FROM governed_room g WHERE g.room_id = :room))
         OR (wire ->> 'invites' = :state_key AND wire ->> 'room_id' = :room
             AND wire_digest = :digest AND :kind = 'm.room.member'))
     ORDER BY id LIMIT 1
    """
).bindparams(bindparam("first", type_=JSONB))


class Effects:
    """The steward's outbox."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._alone = alone(engine)

    async def write(self, effects: Sequence[NewEffect]) -> list[int | None]:
        """Writes effects in a transaction of their own."""
        async with self._engine.begin() as connection:
            return [await write_effect(connection, new) for new in effects]

    async def next_due(self, now: datetime, busy: Sequence[str], most: int) -> list[DueEffect]:
        """Effects that may be performed now: each the first of its subject."""
        parameters = {"now": now, "busy": list(busy), "most": most}
        async with self._alone.connect() as connection:
            rows = (await connection.execute(_NEXT, parameters)).all()
        return [DueEffect(*row) for row in rows]

    async def prepare(self, due: DueEffect, wire: Json | None, digest: bytes | None) -> None:
        """Marks an effect as being performed and keeps the exact event that will be sent.

        INVARIANT: committed before the homeserver is asked, so that the gate recognises the
        event as ours, and nothing else of ours.
        """
        attempts = due.attempts + 1
        await self._change(
            due, state="performing", wire=wire, wire_digest=digest, attempts=attempts
        )

    async def done(self, due: DueEffect, result: Json, now: datetime) -> None:
        """Marks an effect as performed."""
        await self._change(due, state="done", result=result, done_at=now, problem=None)

    async def fail(self, due: DueEffect, problem: str, now: datetime) -> None:
        """Gives an effect up: it can't succeed. `problem` is a code, never content."""
        await self._change(due, state="dead", problem=problem, done_at=now)

    async def postpone(
        self, due: DueEffect, problem: str, until: datetime, counts: bool = False
    ) -> None:
        """Leaves an effect for a later attempt. `counts`: this one was a failed attempt."""
        attempts = due.attempts + 1 if counts else due.attempts
        await self._change(due, state="due", problem=problem, due_at=until, attempts=attempts)

    async def still_open(self, ids: Sequence[int]) -> int:
        """How many of these effects still wait to be performed."""
        query = select(func.count()).where(
            effect.c.id.in_(ids), effect.c.state.in_(["due", "performing"])
        )
        async with self._alone.connect() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def recognise(
        self, room_id: str, kind: str, state_key: str | None, digest: bytes
    ) -> int | None:
        """The effect that is being performed with exactly this event, or None.

        A message or state is known by the digest of its content; a room's first state by the
        list that `wire` carries; an invitation by the join that it is a part of, and its content.
        """
        parameters = {
            "room": room_id,
            "kind": kind,
            "state_key": state_key,
            "digest": digest,
            "first": [[kind, state_key, digest.hex()]],
        }
        async with self._alone.connect() as connection:
            found = await connection.execute(_RECOGNISE, parameters)
        value = found.scalar_one_or_none()
        return None if value is None else int(value)

    async def result_of(self, once: str) -> Json | None:
        """What performing the effect of that name gave, or None if it isn't done."""
        async with self._alone.connect() as connection:
            value = (await connection.execute(_RESULT, {"named": once})).scalar_one_or_none()
        return value if isinstance(value, dict) else None

    async def payload_of(self, once: str) -> Json | None:
        """What the effect of that name says, whatever became of it."""
        query = select(effect.c.payload).where(effect.c.once == once)
        async with self._alone.connect() as connection:
            value = (await connection.execute(query)).scalar_one_or_none()
        return value if isinstance(value, dict) else None

    async def erase(self, due: DueEffect, key: str) -> None:
        """Takes a value out of an effect's payload: it was needed once, and isn't kept."""
        left = effect.c.payload.op("-", return_type=JSONB)(literal(key, Text))
        query = update(effect).where(effect.c.id == due.id).values(payload=left)
        async with self._alone.connect() as connection:
            await connection.execute(query)

    async def said_as(self, subject: str, event_id: str) -> Json | None:
        """The payload of the effect of that subject that was performed as this event."""
        query = select(effect.c.payload).where(
            effect.c.subject == subject, effect.c.result["event_id"].astext == event_id
        )
        async with self._alone.connect() as connection:
            value = (await connection.execute(query.limit(1))).scalar_one_or_none()
        return value if isinstance(value, dict) else None

    async def _change(self, due: DueEffect, **values: Any) -> None:
        async with self._alone.connect() as connection:
            await connection.execute(_CHANGE, {"effect_id": due.id, **values})


def backoff(attempts: int) -> timedelta:
    """How long an effect waits after a failed attempt: half a second, doubling, to a minute."""
    return timedelta(seconds=min(60.0, 0.5 * 2 ** min(attempts, 10)))
