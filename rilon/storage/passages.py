"""Passages in PostgreSQL: sources found by fingerprints, and what a delivered post leaves.

Which fingerprints there are, and what a match means, is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import asyncpg
from sqlalchemy import BigInteger, bindparam, func, insert, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rilon.domain.markings import Tlp
from rilon.domain.parties import Parties, Party, parties
from rilon.policy.question import Found, Source
from rilon.storage.marking_json import from_json, to_json
from rilon.storage.tables import officer_state, passage_source, recent_words

_MATCHES = """
    WITH matched AS MATERIALIZED (
        SELECT p.source_id, array_agg(asked.hash) AS passages
          FROM unnest({asked}) AS asked(hash)
         CROSS JOIN LATERAL (SELECT source_id FROM passage WHERE hash = asked.hash OFFSET 0) p
         GROUP BY p.source_id)
    SELECT s.*, matched.passages
      FROM matched
     CROSS JOIN LATERAL (
        SELECT identity, room_key, ceiling, marking, written, parties, delivered_at
          FROM passage_source WHERE id = matched.source_id {delivered_to} OFFSET 0) s
    """
"""One look into the index for each fingerprint, whatever the planner believes: left to itself it
reads the whole table for a long message, which took two seconds at 100,000 rows."""

_SOURCES = _MATCHES.format(asked="$1::bigint[]", delivered_to="AND parties @> ARRAY[$2::text]")
"""INVARIANT: what wasn't delivered to the sender's party is left out by the database, so that
nothing that follows, and no time that it takes, can tell of it."""

_DELIVERED_SOURCES = text(
    _MATCHES.format(asked=":passages", delivered_to="AND parties @> ARRAY[CAST(:party AS text)]")
).bindparams(bindparam("passages", type_=ARRAY(BigInteger)))

_EVERY_SOURCE = text(_MATCHES.format(asked=":passages", delivered_to="")).bindparams(
    bindparam("passages", type_=ARRAY(BigInteger))
)

_LEAVE = text(
    """
    INSERT INTO passage (hash, source_id)
    SELECT hash, :source FROM unnest(CAST(:passages AS bigint[])) AS hash ORDER BY hash
    """
).bindparams(bindparam("passages", type_=ARRAY(BigInteger)))


async def find_sources(
    connection: asyncpg.Connection, passages: Collection[int], party: Party
) -> tuple[Source, ...]:
    """The sources delivered to that party that hold one of these passages."""
    rows = await connection.fetch(_SOURCES, sorted(passages), party)
    return tuple(_source(row) for row in rows)


async def find_delivered_sources(
    connection: AsyncConnection, passages: Collection[int], party: Party
) -> tuple[Source, ...]:
    """The same, outside the gate."""
    if not passages:
        return ()
    asked = {"passages": sorted(passages), "party": party}
    rows = (await connection.execute(_DELIVERED_SOURCES, asked)).mappings()
    return tuple(_source(row) for row in rows)


async def find_every_source(
    connection: AsyncConnection, passages: Collection[int]
) -> tuple[Found, ...]:
    """All sources that hold one of these passages, whoever received them. Never for the gate."""
    if not passages:
        return ()
    rows = (await connection.execute(_EVERY_SOURCE, {"passages": sorted(passages)})).mappings()
    return tuple(Found(_source(row), parties(*row["parties"]), row["delivered_at"]) for row in rows)


async def leave_passages(
    connection: AsyncConnection,
    source: Source,
    received: Parties,
    now: datetime,
    files: Collection[int] = (),
) -> None:
    """Keeps what a delivered post leaves. `source.passages` are all its fingerprints, `files`
    those of them that are of files."""
    marking = source.marking
    query = insert(passage_source).values(
        identity=source.identity,
        room_key=source.room_key,
        ceiling=sorted(source.ceiling),
        parties=sorted(received),
        marking=to_json(marking),
        written=source.written,
        delivered_at=now,
        files=sorted(files),
        public=marking.tlp is Tlp.CLEAR and not marking.restricted,
    )
    number = (await connection.execute(query.returning(passage_source.c.id))).scalar_one()
    await connection.execute(_LEAVE, {"source": number, "passages": sorted(source.passages)})


async def admitted_names(connection: AsyncConnection) -> frozenset[str]:
    """The local parts of the officers who are admitted now."""
    query = select(officer_state.c.name).where(officer_state.c.state == "admitted")
    return frozenset((await connection.execute(query)).scalars())


async def forget_words(engine: AsyncEngine, after: timedelta) -> int:
    """Deletes recent words that are older; how many officers' in how many rooms."""
    query = recent_words.delete().where(recent_words.c.said_at < func.now() - after)
    async with engine.begin() as connection:
        return int((await connection.execute(query)).rowcount)


def _source(row: Any) -> Source:
    return Source(
        identity=bytes(row["identity"]),
        room_key=row["room_key"],
        ceiling=parties(*row["ceiling"]),
        marking=from_json(row["marking"]),
        written=row["written"],
        passages=frozenset(row["passages"]),
    )
