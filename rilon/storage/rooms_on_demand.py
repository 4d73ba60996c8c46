"""Rooms on demand in PostgreSQL: opened, used, retired, each with its entry and its effects.

What may be opened is `rilon.policy.on_demand`'s. This store decides only who comes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rilon.application.ports import NewEffect
from rilon.domain.entries import Entry
from rilon.domain.parties import in_order, parties
from rilon.domain.rooms import RoomKind
from rilon.policy.on_demand import OnDemand
from rilon.storage.alone import alone
from rilon.storage.outboxes import OutboxValues, write_out
from rilon.storage.tables import governed_room, pair_offer, room_on_demand, verdict

MOST_A_DAY = 20
"""Rooms that one officer may open within a day: each shows up in other people's clients."""


class Opening(Enum):
    """What became of the wish for a room."""

    OPENED = "opened"
    STOOD = "it stood already"
    TOO_MANY = "they opened too many today"


@dataclass(frozen=True, slots=True)
class StoredRooms:
    """The rooms that stand, those that ever stood, and the generation of which they are."""

    generation: int
    rooms: tuple[OnDemand, ...]
    ever: tuple[OnDemand, ...] = ()


_LOCK = text("LOCK TABLE room_on_demand IN SHARE ROW EXCLUSIVE MODE")
"""One change at a time, so that generations are committed in their order. Reading goes on."""

_LAST_SAID = (
    select(func.max(verdict.c.decided_at))
    .join(governed_room, governed_room.c.room_id == verdict.c.room_id)
    .where(
        governed_room.c.room_key == room_on_demand.c.room_key,
        verdict.c.accepted,
        verdict.c.kind == "content",
    )
    .correlate(room_on_demand)
    .scalar_subquery()
)
_UNFURNISHED = text(
    """
    SELECT EXISTS (SELECT 1 FROM effect
                    WHERE state IN ('due', 'performing')
                      AND (subject = 'room ' || :key
                           OR (kind = 'join' AND payload ->> 'room' = :key)))
    """
)
"""INVARIANT: a room's joins are written before the effect that writes them is done, and that one
in the transaction that opens the room. So there is no moment between at which nothing is open."""

_last_used_at = func.greatest(room_on_demand.c.opened_at, _LAST_SAID)


async def stored_rooms(engine: AsyncEngine) -> StoredRooms:
    """The rooms on demand that stand now."""
    async with alone(engine).connect() as connection:
        rows = (await connection.execute(select(room_on_demand))).all()
    standing = tuple(_read(row) for row in rows if row.retired_at is None)
    generation = max((row.generation for row in rows), default=0)
    return StoredRooms(generation, standing, tuple(map(_read, rows)))


class RoomsOnDemand:
    """The steward's way to the rooms that officers asked for."""

    def __init__(self, engine: AsyncEngine, outbox: OutboxValues) -> None:
        self._engine = engine
        self._alone = alone(engine)
        self._outbox = outbox

    async def open(
        self,
        one: OnDemand,
        asked_by: str,
        now: datetime,
        entry: Entry,
        effects: Sequence[NewEffect],
    ) -> Opening:
        """The room stands from now on, with its entry and its effects, unless it stood before."""
        async with self._engine.begin() as connection:
            await connection.execute(_LOCK)
            found = (await connection.execute(_same_as(one))).first()
            if found is not None and (found.retired_at is None or found.room_key != one.key):
                return Opening.STOOD
            if await _opened_today(connection, asked_by, now) >= MOST_A_DAY:
                return Opening.TOO_MANY
            await connection.execute(
                upsert(room_on_demand)
                .values(
                    room_key=one.key,
                    kind=one.kind.value,
                    group_key=one.group,
                    parties=list(in_order(one.parties)),
                    officers=list(one.officers),
                    generation=await _next_generation(connection),
                    asked_by=asked_by,
                    opened_at=now,
                    retired_at=None,
                )
                .on_conflict_do_update(
                    index_elements=[room_on_demand.c.room_key],
                    # INVARIANT: what the room is stays as it was first written.
                    set_={
                        "generation": await _next_generation(connection),
                        "asked_by": asked_by,
                        "opened_at": now,
                        "retired_at": None,
                    },
                )
            )
            await write_out(connection, self._outbox, [entry], effects)
        return Opening.OPENED

    async def retire(
        self,
        key: str,
        unused_since: datetime,
        now: datetime,
        entry: Entry,
        effects: Sequence[NewEffect],
    ) -> bool:
        """The room is no governed room from now on; False if it was used after that time.

        INVARIANT: the room's open verdicts end first, and every later one sees the change.
        """
        async with self._engine.begin() as connection:
            await connection.execute(
                select(governed_room.c.room_id)
                .where(governed_room.c.room_key == key)
                .with_for_update()
            )
            await connection.execute(_LOCK)
            done = await connection.execute(
                update(room_on_demand)
                .where(
                    room_on_demand.c.room_key == key,
                    room_on_demand.c.retired_at.is_(None),
                    _last_used_at <= unused_since,
                )
                .values(retired_at=now, generation=await _next_generation(connection))
            )
            if not done.rowcount:
                return False
            await write_out(connection, self._outbox, [entry], effects)
        return True

    async def key_of(self, one: OnDemand) -> str:
        """The key under which the room stands or stood; its own for one that is new."""
        async with self._alone.connect() as connection:
            found = (await connection.execute(_same_as(one))).first()
        return one.key if found is None else str(found.room_key)

    async def is_furnished(self, key: str) -> bool:
        """Whether nothing is left to do for the room: it is made, and whoever can join has
        joined, or was given up."""
        async with self._alone.connect() as connection:
            return not (await connection.execute(_UNFURNISHED, {"key": key})).scalar_one()

    async def find(self, key: str) -> OnDemand | None:
        """The room of that key, if it stands."""
        query = select(room_on_demand).where(
            room_on_demand.c.room_key == key, room_on_demand.c.retired_at.is_(None)
        )
        async with self._alone.connect() as connection:
            row = (await connection.execute(query)).first()
        return None if row is None else _read(row)

    # --- offers ------------------------------------------------------------------------------

    async def offered(self, event_id: str, asker: str, other: str) -> None:
        """The card of that event offers a direct room: `asker` is a user id, `other` a name."""
        query = upsert(pair_offer).values(event_id=event_id, asker=asker, other=other)
        async with self._alone.connect() as connection:
            await connection.execute(query.on_conflict_do_nothing())

    async def offer_to(self, asker: str, event_id: str) -> str | None:
        """The officer whom the card of that event offers to this asker, or None."""
        query = select(pair_offer.c.other).where(
            pair_offer.c.event_id == event_id, pair_offer.c.asker == asker
        )
        async with self._alone.connect() as connection:
            value = (await connection.execute(query)).scalar_one_or_none()
        return None if value is None else str(value)


async def opened_rooms(engine: AsyncEngine) -> list[tuple[OnDemand, datetime]]:
    """Every room on demand that stands, and when it was opened."""
    return await _standing(engine, room_on_demand.c.opened_at)


async def used_rooms(engine: AsyncEngine) -> list[tuple[OnDemand, datetime]]:
    """Every room on demand that stands, and when it was opened or last written in."""
    return await _standing(engine, _last_used_at)


async def _standing(
    engine: AsyncEngine, time: ColumnElement[Any]
) -> list[tuple[OnDemand, datetime]]:
    query = select(room_on_demand, time.label("time")).where(room_on_demand.c.retired_at.is_(None))
    async with alone(engine).connect() as connection:
        rows = (await connection.execute(query)).all()
    return [(_read(row), row.time) for row in rows]


def _same_as(one: OnDemand) -> Select[Any]:
    """The row of the same room: two officers have one of a group, whatever its key."""
    same = room_on_demand.c.room_key == one.key
    if one.kind is RoomKind.PAIR:
        of_these = (
            room_on_demand.c.kind == one.kind.value,
            room_on_demand.c.group_key == one.group,
            room_on_demand.c.officers == list(one.officers),
        )
        same = or_(same, and_(*of_these))
    return select(room_on_demand).where(same)


async def _next_generation(connection: AsyncConnection) -> int:
    query = select(func.coalesce(func.max(room_on_demand.c.generation), 0) + 1)
    return int((await connection.execute(query)).scalar_one())


async def _opened_today(connection: AsyncConnection, asked_by: str, now: datetime) -> int:
    query = select(func.count()).where(
        room_on_demand.c.asked_by == asked_by,
        room_on_demand.c.opened_at > now - timedelta(days=1),
    )
    return int((await connection.execute(query)).scalar_one())


def _read(row: Any) -> OnDemand:
    return OnDemand(
        key=row.room_key,
        kind=RoomKind(row.kind),
        group=row.group_key,
        parties=parties(*row.parties),
        officers=tuple(row.officers),
    )
