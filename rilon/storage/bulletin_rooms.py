"""Where bulletins stand, and which parties have acknowledged them. It decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from rilon.application.ports import NewEffect
from rilon.domain.entries import Entry
from rilon.domain.parties import Parties, Party, parties
from rilon.storage import archive
from rilon.storage.alone import alone
from rilon.storage.marking_json import from_json
from rilon.storage.outboxes import OutboxValues, write_out

_FATE = text(
    """
    SELECT count(*) FILTER (WHERE state = 'posted') AS posted, count(*) AS every,
           min(code) FILTER (WHERE state = 'refused') AS code,
           coalesce(array_agg(event_id) FILTER (
               WHERE state = 'posted' AND event_id IS NOT NULL AND replaces IS NULL), '{}') AS new,
           (array_agg(coalesce(replaces, event_id) ORDER BY part))[1] AS first
      FROM posting
     WHERE purpose = :purpose AND number = :number AND revision = :revision AND room_key = :room
    """
)
_STANDS = text(
    """
    INSERT INTO bulletin_room (number, room_key, revision, first_event, posted_at)
    VALUES (:number, :room, :revision, :first, :now)
    ON CONFLICT (number, room_key) DO UPDATE SET revision = excluded.revision
    """
)
_MARKING = text(
    """
    SELECT v.marking FROM posting p JOIN verdict v ON v.identity = p.posted_as
     WHERE p.purpose = 'bulletin' AND p.number = :number AND p.revision = :revision
       AND p.room_key = :room ORDER BY p.part LIMIT 1
    """
)
_GONE = text("UPDATE posting SET gone = true WHERE coalesce(replaces, event_id) = ANY(:events)")
_STILL = text("UPDATE bulletin SET withdrawn_at = NULL WHERE number = :number AND :room <> ''")
_NO_NOTICE = text(
    "DELETE FROM posting WHERE purpose = 'withdrawal' AND number = :number AND room_key = :room"
)
_EDITED = text(
    """
    SELECT EXISTS (SELECT 1 FROM posting
                    WHERE purpose = 'bulletin' AND number = :number AND revision = :revision
                      AND room_key = :room AND state = 'posted' AND replaces IS NOT NULL)
    """
)
_WITHDRAWN = text(
    "UPDATE bulletin_room SET withdrawn_at = :now WHERE number = :number AND room_key = :room"
)
_OPEN = text(
    """
    SELECT count(*) FROM (
        SELECT DISTINCT p.room_key FROM posting p
         WHERE p.purpose = 'bulletin' AND p.number = :number AND p.revision = :revision
           AND NOT EXISTS (SELECT 1 FROM effect e
                            WHERE e.once = 'settled-' || p.number || '-' || p.revision
                                           || '-' || p.room_key)) r
    """
)
_ANYWHERE = text(
    "SELECT EXISTS (SELECT 1 FROM bulletin_room WHERE number = :number AND revision = :revision)"
)
_SETTLED = text(
    """
    UPDATE bulletin_version
       SET state = :state,
           published_at = CASE WHEN :state = 'published' THEN CAST(:now AS timestamptz) END
     WHERE number = :number AND revision = :revision AND state = 'publishing'
    RETURNING number
    """
)
_PUBLISHED = text(
    """
    UPDATE bulletin SET published = :revision, published_at = coalesce(published_at, :now)
     WHERE number = :number AND published < :revision
    """
)
_LOCK = text("SELECT 1 FROM bulletin WHERE number = :number FOR UPDATE")
_PINNED = text(
    """
    SELECT first_event FROM bulletin_room
     WHERE room_key = :room AND withdrawn_at IS NULL ORDER BY posted_at DESC, number LIMIT :most
    """
)
_OF_EVENT = text(
    """
    SELECT r.number, r.room_key, r.withdrawn_at IS NOT NULL AS withdrawn
      FROM posting p JOIN bulletin_room r ON r.number = p.number AND r.room_key = p.room_key
     WHERE p.purpose = 'bulletin' AND p.event_id = :event
    """
)
_COMING = text(
    """
    SELECT EXISTS (
        SELECT 1 FROM verdict v JOIN posting p ON p.posted_as = v.identity
          JOIN bulletin_version b ON b.number = p.number AND b.revision = p.revision
         WHERE v.delivered_event_id = :event AND p.purpose = 'bulletin' AND b.state = 'publishing')
    """
)
_ACKNOWLEDGE = text(
    """
    INSERT INTO bulletin_ack (number, room_key, party, at) VALUES (:number, :room, :party, :now)
    ON CONFLICT DO NOTHING RETURNING party
    """
)
_ACKNOWLEDGED = text(
    """
    SELECT r.room_key, r.posted_at, r.first_event,
           ARRAY(SELECT a.party FROM bulletin_ack a
                  WHERE a.number = r.number AND a.room_key = r.room_key) AS parties,
           ARRAY(SELECT a.party FROM bulletin_ack a JOIN bulletin_version v
                     ON v.number = r.number AND v.revision = r.revision
                  WHERE a.number = r.number AND a.room_key = r.room_key
                    AND a.at < v.published_at
                    AND EXISTS (SELECT 1 FROM bulletin_version e
                                 WHERE e.number = v.number AND e.revision < v.revision
                                   AND e.published_at IS NOT NULL)) AS earlier
      FROM bulletin_room r WHERE r.number = :number ORDER BY r.room_key
    """
)
_REPLACED = text(
    """
    SELECT max(revision) FROM bulletin_version
     WHERE number = :number AND revision < :revision AND published_at IS NOT NULL
    """
)
_REFUSALS = text(
    """
    SELECT room_key, min(code) AS code FROM posting
     WHERE purpose IN ('bulletin', 'withdrawal') AND number = :number AND revision = :revision
       AND state = 'refused' GROUP BY room_key ORDER BY room_key
    """
)
_TO_REMIND = text(
    """
    SELECT r.number, r.room_key, r.posted_at, r.first_event,
           ARRAY(SELECT a.party FROM bulletin_ack a
                  WHERE a.number = r.number AND a.room_key = r.room_key) AS parties,
           ARRAY[]::text[] AS earlier
      FROM bulletin_room r
     WHERE r.withdrawn_at IS NULL AND r.reminded_at IS NULL AND r.room_key = :room
       AND r.posted_at <= :before ORDER BY r.posted_at LIMIT 20
    """
)
_REMINDED = text(
    """
    UPDATE bulletin_room SET reminded_at = :now
     WHERE number = :number AND room_key = :room AND reminded_at IS NULL RETURNING number
    """
)


@dataclass(frozen=True, slots=True)
class Place:
    """A bulletin in a room. `parties` are those that have acknowledged it there; `earlier` those of
    them that did so before it was corrected."""

    number: str
    room: str
    first_event: str
    posted_at: datetime
    parties: Parties
    earlier: Parties


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of the messages of one version in one room. `new` are the events that weren't
    there before, `first` is the one that readers answer and acknowledge."""

    complete: bool
    code: str | None
    new: tuple[str, ...]
    first: str | None


class BulletinRooms:
    """Where bulletins stand."""

    def __init__(self, engine: AsyncEngine, outbox: OutboxValues) -> None:
        self._engine = engine
        self._alone = alone(engine)
        self._outbox = outbox

    async def fate(self, purpose: str, number: str, revision: int, room: str) -> Fate:
        """What became of the messages of one version in one room."""
        asked = {"purpose": purpose, "number": number, "revision": revision, "room": room}
        async with self._alone.connect() as connection:
            row = (await connection.execute(_FATE, asked)).one()
        complete = row.every > 0 and row.posted == row.every
        return Fate(complete, row.code, tuple(row.new), row.first)

    async def is_correction(self, number: str, revision: int, room: str) -> bool:
        """Whether messages of this version stand in place of an earlier one's."""
        asked = {"number": number, "revision": revision, "room": room}
        async with self._alone.connect() as connection:
            return bool((await connection.execute(_EDITED, asked)).scalar_one())

    async def settle(
        self,
        number: str,
        revision: int,
        room: str,
        fate: Fate,
        gone: Sequence[str],
        now: datetime,
        effects: Sequence[NewEffect],
        entry: Callable[[str], Entry],
        terms: Mapping[int, int],
    ) -> str | None:
        """Notes that a version stands in a room, or doesn't; with it, once all of its rooms are
        done, what became of it: `published`, `refused`, or None before. `terms` are those by which
        the archive finds it. Done twice it is done once."""
        where = {"number": number, "revision": revision, "room": room}
        async with self._engine.begin() as connection:
            await connection.execute(_LOCK, {"number": number})
            once = f"settled-{number}-{revision}-{room}"
            marker = NewEffect("nothing", once, {}, once=once)
            await write_out(connection, self._outbox, (), [marker])
            if fate.complete:
                await connection.execute(_STANDS, {**where, "first": fate.first, "now": now})
                await connection.execute(_GONE, {"events": list(gone)})
                marking = (await connection.execute(_MARKING, where)).scalar_one()
                await archive.put(connection, number, terms)
                await archive.put_place(connection, number, room, from_json(marking), now)
            await write_out(connection, self._outbox, (), effects)
            at = {"number": number, "revision": revision}
            if (await connection.execute(_OPEN, at)).scalar_one():
                return None
            stands = (await connection.execute(_ANYWHERE, at)).scalar_one()
            state = "published" if stands else "refused"
            done = await connection.execute(_SETTLED, {**at, "state": state, "now": now})
            if done.one_or_none() is None:
                return None
            if stands:
                await connection.execute(_PUBLISHED, {**at, "now": now})
            await write_out(connection, self._outbox, [entry(state)])
        return state

    async def withdrawn(self, number: str, room: str, gone: Sequence[str], now: datetime) -> None:
        """It is withdrawn in that room."""
        async with self._engine.begin() as connection:
            await connection.execute(_WITHDRAWN, {"number": number, "room": room, "now": now})
            await connection.execute(_GONE, {"events": list(gone)})
            await archive.withdraw_from(connection, number, room)

    async def not_withdrawn(self, number: str, room: str) -> None:
        """The gate kept the notice out: it stands there as before, and can be withdrawn again."""
        async with self._engine.begin() as connection:
            for statement in (_STILL, _NO_NOTICE):
                await connection.execute(statement, {"number": number, "room": room})

    async def pinned(self, room: str, most: int) -> list[str]:
        """The events to be pinned in a room, the newest first."""
        async with self._alone.connect() as connection:
            rows = await connection.execute(_PINNED, {"room": room, "most": most})
            return list(rows.scalars())

    # --- acknowledgement ---------------------------------------------------------------------

    async def stands_as(self, event_id: str) -> tuple[str, str] | None:
        """The number and room of the bulletin that this event belongs to, unless withdrawn."""
        async with self._alone.connect() as connection:
            row = (await connection.execute(_OF_EVENT, {"event": event_id})).one_or_none()
        return None if row is None or row.withdrawn else (row.number, row.room_key)

    async def is_coming(self, event_id: str) -> bool:
        """Whether this event belongs to a bulletin that is still being posted."""
        async with self._alone.connect() as connection:
            return bool((await connection.execute(_COMING, {"event": event_id})).scalar_one())

    async def acknowledge(
        self, number: str, room: str, party: Party, now: datetime, entry: Entry
    ) -> bool:
        """A party acknowledges; False if it had."""
        asked = {"number": number, "room": room, "party": party, "now": now}
        async with self._engine.begin() as connection:
            if (await connection.execute(_ACKNOWLEDGE, asked)).one_or_none() is None:
                return False
            await write_out(connection, self._outbox, [entry])
        return True

    async def places(self, number: str) -> tuple[Place, ...]:
        """Where a bulletin stands, and who has acknowledged it there."""
        async with self._alone.connect() as connection:
            rows = (await connection.execute(_ACKNOWLEDGED, {"number": number})).all()
        return tuple(_place(number, row) for row in rows)

    async def replaced(self, number: str, revision: int) -> int | None:
        """The version that stood before this one, if one did."""
        async with self._alone.connect() as connection:
            asked = {"number": number, "revision": revision}
            found: int | None = (await connection.execute(_REPLACED, asked)).scalar_one()
        return found

    async def refusals(self, number: str, revision: int) -> tuple[tuple[str, str], ...]:
        """The rooms that didn't let a version in, each with the code."""
        asked = {"number": number, "revision": revision}
        async with self._alone.connect() as connection:
            rows = (await connection.execute(_REFUSALS, asked)).all()
        return tuple((row.room_key, row.code) for row in rows)

    async def to_remind(self, room: str, before: datetime) -> tuple[Place, ...]:
        """What was posted there before then, and nobody has been reminded of."""
        asked = {"room": room, "before": before}
        async with self._alone.connect() as connection:
            rows = (await connection.execute(_TO_REMIND, asked)).all()
        return tuple(_place(row.number, row) for row in rows)

    async def remind(self, place: Place, now: datetime, effects: Sequence[NewEffect]) -> bool:
        """Notes that parties are reminded, with the effects that do it; False if they were."""
        asked = {"number": place.number, "room": place.room, "now": now}
        async with self._engine.begin() as connection:
            if (await connection.execute(_REMINDED, asked)).one_or_none() is None:
                return False
            await write_out(connection, self._outbox, (), effects)
        return True


def _place(number: str, row: Any) -> Place:
    read, earlier = parties(*row.parties), parties(*row.earlier)
    return Place(number, row.room_key, row.first_event, row.posted_at, read, earlier)
