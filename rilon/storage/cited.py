"""What bulletins cite, looked up in the tables: contents with their markings as they are now.

It decides nothing of what may be told; it leaves out what the reader isn't in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from rilon.application.cited import Found
from rilon.application.ports import Safe
from rilon.bulletins.sources import Citation, SourceKind
from rilon.domain.officers import Officer
from rilon.policy.network import Network
from rilon.policy.question import Source
from rilon.storage.marking_json import from_json
from rilon.storage.reports import ReportSeal

_MESSAGES = """
    SELECT v.delivered_event_id AS cited, v.identity, v.marking, v.recalled_at IS NOT NULL AS gone,
           g.room_key, coalesce(s.written, true) AS written
      FROM verdict v JOIN governed_room g ON g.room_id = v.room_id
      LEFT JOIN passage_source s ON s.identity = v.identity
     WHERE v.delivered_event_id = ANY($1) AND v.accepted AND v.marking IS NOT NULL
       AND g.room_key = ANY($2)
    """
"""Contents under what the gate recorded for them, tightenings and edits included."""

_REQUESTS = """
    SELECT r.number AS cited, v.identity, v.marking, v.recalled_at IS NOT NULL AS gone,
           g.room_key, coalesce(s.written, true) AS written
      FROM request r
      JOIN (SELECT request, event_id FROM request_place WHERE role IN ('card', 'words')
            UNION SELECT id, asked_event FROM request) p ON p.request = r.id
      JOIN verdict v ON v.delivered_event_id = p.event_id
      JOIN governed_room g ON g.room_id = v.room_id
      LEFT JOIN passage_source s ON s.identity = v.identity
     WHERE r.number = ANY($1) AND v.accepted AND v.marking IS NOT NULL AND g.room_key = ANY($2)
    """
"""Of a request all that stands in rooms which the reader is in: what was asked and answered."""

_BULLETINS = """
    SELECT b.number AS cited, v.identity, v.marking,
           b.withdrawn_at IS NOT NULL OR v.recalled_at IS NOT NULL AS gone,
           g.room_key, true AS written
      FROM bulletin b
      JOIN posting p ON p.number = b.number AND p.purpose = 'bulletin' AND p.revision = b.published
      JOIN verdict v ON v.identity = p.posted_as
      JOIN governed_room g ON g.room_id = v.room_id
     WHERE b.number = ANY($1) AND v.accepted AND v.marking IS NOT NULL
       AND v.delivered_event_id IS NOT NULL AND g.room_key = ANY($2)
    """

_REPORTS = """
    SELECT r.*, NOT EXISTS (SELECT 1 FROM verdict v
                             WHERE v.delivered_event_id = ANY(r.events)
                               AND v.recalled_at IS NOT NULL) AS stands,
           (SELECT json_agg(v.marking) FROM verdict v
             WHERE v.delivered_event_id = ANY(r.events) AND v.marking IS NOT NULL) AS said_under
      FROM report r
     WHERE r.number = ANY($1) AND r.group_key = ANY($2) AND r.withdrawn_at IS NULL
    """

_QUERIES: Mapping[SourceKind, str] = {
    SourceKind.MESSAGE: _MESSAGES,
    SourceKind.REQUEST: _REQUESTS,
    SourceKind.BULLETIN: _BULLETINS,
}


async def cited(
    connection: asyncpg.Connection,
    citations: Collection[Citation],
    reader: Officer,
    network: Network,
    reports: ReportSeal | None = None,
) -> dict[Citation, Found]:
    """What this officer may cite, as it is now. What isn't there, and what isn't for them, is left
    out. `reports` opens what they say; without it there are none."""
    rooms = sorted(key for key in network.rooms if reader.name in network.members(key))
    found: dict[Citation, Found] = {}
    for kind, query in _QUERIES.items():
        names = sorted(one.name for one in citations if one.kind is kind)
        if not names:
            continue
        rows = await connection.fetch(query, names, rooms)
        for name in names:
            mine = [row for row in rows if row["cited"] == name]
            if sources := [one for one in (_source(row, network) for row in mine) if one]:
                gone = any(row["gone"] for row in mine)
                found[Citation(kind, name)] = Found(tuple(sources), gone)
    named = sorted(one.name for one in citations if one.kind is SourceKind.REPORT)
    if named and reports is not None:
        found |= await _reports(connection, named, reader, reports)
    return found


async def _reports(
    connection: asyncpg.Connection, names: Sequence[str], reader: Officer, seal: ReportSeal
) -> dict[Citation, Found]:
    """Reports that were filed for the reader's party too. What one says was written for all of its
    REL: they are its ceiling.

    INVARIANT: of one that is withdrawn nobody can tell who might have read it, so it isn't known.
    """
    found = {}
    for row in await connection.fetch(_REPORTS, list(names), sorted(reader.groups)):
        one = seal.open(dict(row))
        if one is None or reader.party not in one.marking.rel - one.marking.protect:
            continue
        source = Source(
            identity=sha256(one.number.encode()).digest(),
            room_key=f"report {one.number}",
            ceiling=one.marking.rel - one.marking.protect,
            marking=one.marking,
            written=True,
            passages=frozenset({0}),
        )
        gone = not row["stands"]
        found[Citation(SourceKind.REPORT, one.number)] = Found((source,), gone)
    return found


def _source(row: asyncpg.Record, network: Network) -> Source | None:
    room = network.rooms.get(row["room_key"])
    if room is None:
        return None
    return Source(
        identity=bytes(row["identity"]),
        room_key=room.key,
        ceiling=room.ceiling,
        marking=from_json(row["marking"]),
        written=row["written"],
        passages=frozenset({0}),
    )


class CitedSources:
    """The same outside the gate. `reports` opens what reports say."""

    def __init__(self, engine: AsyncEngine, reports: Safe) -> None:
        self._engine = engine
        self._reports = ReportSeal(reports)

    async def found(
        self, citations: Sequence[Citation], reader: Officer, network: Network
    ) -> dict[Citation, Found]:
        """What this officer may cite."""
        async with self._engine.connect() as pooled:
            connection = (await pooled.get_raw_connection()).driver_connection
            if connection is None:
                raise ConnectionError("no connection")
            return await cited(connection, citations, reader, network, self._reports)
