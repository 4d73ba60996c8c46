"""The archive in PostgreSQL: bulletins by blind terms, within what the reader may see.

INVARIANT: an answer is made of bulletins that the reader may see, and of nothing else. What counts
for the order is the bulletin's own: the weights of its terms, and the day on which it was posted in
a room of the reader. Nothing is counted over the archive, and there are no suggestions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import BigInteger, Integer, LargeBinary, Text, bindparam, delete, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from rilon.archive.blind import BlindSearch, Reader
from rilon.domain.markings import Marking
from rilon.storage.archive_tables import bulletin_place, bulletin_term
from rilon.storage.marking_json import from_json, to_json

A_PAGE = 10
"""Bulletins of one page of an answer."""
_MOST_PAGES = 100_000

_READABLE = """
         bulletin_place.room_key = ANY(:rooms)
           AND marking->'rel' @> to_jsonb(CAST(:party AS text))
           AND NOT marking->'protect' @> to_jsonb(CAST(:party AS text))
           AND coalesce(CAST(marking->>'expires' AS date) >= :today, true)
           AND (NOT withdrawn OR :withdrawn)
    """
"""INVARIANT: what can't be told is not readable: a marking without REL or PROTECT gives null."""

_MET = """
    slot AS (
        SELECT term.bulletin, asked.unit, asked.way, asked.slot, max(term.weight) AS weight
          FROM unnest(:units, :ways, :slots, :numbers) AS asked(unit, way, slot, hash)
         CROSS JOIN LATERAL (
            SELECT bulletin, weight FROM bulletin_term WHERE hash = asked.hash OFFSET 0) term
         GROUP BY 1, 2, 3, 4),
    way AS (
        SELECT bulletin, unit, min(weight) AS weight
          FROM slot JOIN unnest(:needed_units, :needed_ways, :needed)
                      AS whole(unit, way, slots) USING (unit, way)
         GROUP BY bulletin, unit, way, whole.slots HAVING count(*) = whole.slots),
    met AS (SELECT bulletin, unit, max(weight) AS weight FROM way GROUP BY bulletin, unit)
    """
"""One look into the index for each term, whatever the planner believes."""

_MATCHED = """
    matched AS (
        SELECT bulletin, sum(weight) AS rank FROM met GROUP BY bulletin
        HAVING count(*) FILTER (WHERE unit >= 0) = :wanted
           AND count(*) FILTER (WHERE unit < 0) = 0)
    """
_EVERY_ONE = """
    matched AS (
        SELECT bulletin, 0 AS rank FROM bulletin_place WHERE room_key = ANY(:rooms)
        EXCEPT SELECT bulletin, 0 FROM met)
    """
"""Where no word is asked for: all that have none of the unwanted ones."""

_ANSWER = """
    , found AS MATERIALIZED (
        SELECT matched.bulletin, rank, seen.posted_at
          FROM matched CROSS JOIN LATERAL (
            SELECT min(posted_at) AS posted_at FROM bulletin_place
             WHERE bulletin_place.bulletin = matched.bulletin AND {readable} OFFSET 0) seen
         WHERE seen.posted_at >= coalesce(CAST(:since AS timestamptz), '-infinity')
           AND seen.posted_at < coalesce(CAST(:until AS timestamptz), 'infinity'))
    SELECT (SELECT count(*) FROM found) AS total,
           ARRAY(SELECT bulletin FROM found
                  ORDER BY rank DESC, posted_at DESC, bulletin
                  LIMIT :most OFFSET :left_out) AS numbers
    """
"""A bulletin that isn't readable has no day, and so none that is late enough. One counts from the
day of the first place that the reader sees: an earlier one, in a room of others, would show itself
in the order."""


_SINCE_THEN = """
    SELECT min(posted_at) FROM bulletin_place WHERE bulletin = :number AND {readable}
    """
_SINCE = text(_SINCE_THEN.format(readable=_READABLE)).bindparams(
    bindparam("rooms", type_=ARRAY(Text))
)
_PLACE_OF = text(
    """
    SELECT DISTINCT a.bulletin, a.room_key, a.marking
      FROM posting p JOIN bulletin_place a ON a.bulletin = p.number AND a.room_key = p.room_key
     WHERE p.purpose = 'bulletin' AND p.posted_as = ANY(:identities)
    """
).bindparams(bindparam("identities", type_=ARRAY(LargeBinary)))

_PUT = text(
    """
    INSERT INTO bulletin_term (hash, bulletin, weight)
    SELECT hash, :bulletin, weight
      FROM unnest(:numbers, CAST(:weights AS smallint[])) AS one(hash, weight)
    """
).bindparams(
    bindparam("numbers", type_=ARRAY(BigInteger)), bindparam("weights", type_=ARRAY(Integer))
)


def _typed(query: str) -> Any:
    numbered = ("units", "ways", "slots", "needed_units", "needed_ways", "needed")
    return text(query).bindparams(
        bindparam("rooms", type_=ARRAY(Text)),
        bindparam("numbers", type_=ARRAY(BigInteger)),
        *(bindparam(name, type_=ARRAY(Integer)) for name in numbered),
    )


_ANSWERED = _ANSWER.format(readable=_READABLE)
_SEARCH = _typed(f"WITH {_MET}, {_MATCHED} {_ANSWERED}")
_LIST = _typed(f"WITH {_MET}, {_EVERY_ONE} {_ANSWERED}")


@dataclass(frozen=True, slots=True)
class Found:
    """One page of an answer: the bulletins' numbers, the best first, and how many there are on
    all pages."""

    numbers: tuple[str, ...]
    count: int
    page: int

    @property
    def pages(self) -> int:
        return -(-self.count // A_PAGE)


async def find(
    connection: AsyncConnection, asked: BlindSearch, now: datetime, page: int = 1
) -> Found:
    """What the reader of the search finds, on that page, from 1. A page that there isn't is
    empty."""
    search = asked.search
    values = {
        "rooms": sorted(asked.reader.rooms),
        "party": asked.reader.party,
        "today": now.astimezone(UTC).date(),
        "withdrawn": asked.withdrawn,
        "units": [one.unit for one in asked.asked],
        "ways": [one.way for one in asked.asked],
        "slots": [one.slot for one in asked.asked],
        "numbers": [one.number for one in asked.asked],
        "needed_units": [unit for unit, _ in asked.slots],
        "needed_ways": [way for _, way in asked.slots],
        "needed": list(asked.slots.values()),
        "since": _begin(search.since),
        "until": _begin(search.until and search.until + timedelta(days=1)),
        "most": A_PAGE,
        "left_out": min(max(page - 1, 0), _MOST_PAGES) * A_PAGE,
    }
    if asked.wanted:
        values["wanted"] = asked.wanted
    row = (await connection.execute(_SEARCH if asked.wanted else _LIST, values)).one()
    return Found(tuple(row.numbers), row.total, page)


async def readable_since(
    connection: AsyncConnection, number: str, reader: Reader, now: datetime
) -> date | None:
    """The day since which that reader may read a bulletin; None if they may not."""
    values = {
        "number": number,
        "rooms": sorted(reader.rooms),
        "party": reader.party,
        "today": now.astimezone(UTC).date(),
        "withdrawn": False,
    }
    posted_at = (await connection.execute(_SINCE, values)).scalar_one()
    return None if posted_at is None else posted_at.astimezone(UTC).date()


async def put(connection: AsyncConnection, number: str, terms: Mapping[int, int]) -> None:
    """Keeps a bulletin's blind terms with their weights, in place of those that it had.

    `terms` are of all rooms in which it stands (`rilon.archive.blind.blinded`).
    """
    await connection.execute(delete(bulletin_term).where(bulletin_term.c.bulletin == number))
    if terms:
        numbers = sorted(terms)
        values = {"bulletin": number, "numbers": numbers, "weights": [terms[at] for at in numbers]}
        await connection.execute(_PUT, values)


async def put_place(
    connection: AsyncConnection, number: str, room_key: str, marking: Marking, posted_at: datetime
) -> None:
    """Notes that a bulletin stands in a room, not withdrawn, under the marking that took effect
    there. A correction keeps the day on which it was first posted."""
    values = {"marking": to_json(marking), "withdrawn": False}
    row = {"bulletin": number, "room_key": room_key, "posted_at": posted_at, **values}
    query = insert(bulletin_place).values(row)
    await connection.execute(
        query.on_conflict_do_update(index_elements=["bulletin", "room_key"], set_=values)
    )


async def withdraw_from(connection: AsyncConnection, number: str, room_key: str) -> None:
    """From now on only analysts find it by that room, and only if they ask for withdrawn ones."""
    query = bulletin_place.update().where(
        bulletin_place.c.bulletin == number, bulletin_place.c.room_key == room_key
    )
    await connection.execute(query.values(withdrawn=True))


async def tighten(connection: AsyncConnection, identity: bytes, marking: Marking) -> None:
    """A message of a bulletin carries that marking from now on: where it stands, all of it does."""
    for row in (await connection.execute(_PLACE_OF, {"identities": [identity]})).all():
        joined = from_json(row.marking).join(marking)
        query = bulletin_place.update().where(
            bulletin_place.c.bulletin == row.bulletin, bulletin_place.c.room_key == row.room_key
        )
        await connection.execute(query.values(marking=to_json(joined)))


async def recalled(connection: AsyncConnection, identities: Sequence[bytes]) -> None:
    """Messages of bulletins were taken back: nobody finds where they stood."""
    for row in (await connection.execute(_PLACE_OF, {"identities": list(identities)})).all():
        query = delete(bulletin_place).where(
            bulletin_place.c.bulletin == row.bulletin, bulletin_place.c.room_key == row.room_key
        )
        await connection.execute(query)


async def remove(connection: AsyncConnection, number: str) -> None:
    """Forgets where a bulletin stands, and all of its terms."""
    for table in (bulletin_term, bulletin_place):
        await connection.execute(delete(table).where(table.c.bulletin == number))


def _begin(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)
