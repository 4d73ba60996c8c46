"""Copies in PostgreSQL: who holds fingerprints of a content, and what is done with what stays.

Which of them are copies is `rilon.policy.copies`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, LargeBinary, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rilon.application.copies import LetStand, Stored
from rilon.application.ports import NewEffect
from rilon.domain.parties import parties
from rilon.policy.copies import Holding
from rilon.storage.alone import alone
from rilon.storage.effects import write_effect
from rilon.storage.marking_json import from_json
from rilon.storage.outboxes import OutboxValues, write_out

_IDENTITIES = bindparam("identities", type_=ARRAY(LargeBinary))

_HOLDING = text(
    """
    WITH wanted AS MATERIALIZED (
        SELECT DISTINCT p.hash FROM passage_source s JOIN passage p ON p.source_id = s.id
         WHERE s.identity = ANY(:identities)),
    matched AS MATERIALIZED (
        SELECT p.source_id, array_agg(wanted.hash) AS common FROM wanted
         CROSS JOIN LATERAL (SELECT source_id FROM passage WHERE hash = wanted.hash OFFSET 0) p
         GROUP BY p.source_id)
    SELECT s.id, s.identity, s.parties, s.files, s.public, s.delivered_at, matched.common,
           (SELECT count(*) FROM passage p WHERE p.source_id = s.id)
             - coalesce(cardinality(s.files), 0) AS words,
           v.delivered_event_id AS event_id, v.policy_id, v.marking,
           coalesce(h.sender, b.target, v.sender) AS sender
      FROM matched JOIN passage_source s ON s.id = matched.source_id
      JOIN verdict v ON v.identity = s.identity
      LEFT JOIN held h ON h.posted_as = s.identity
      LEFT JOIN relation b ON b.identity = s.identity AND b.kind = 'by'
     WHERE v.delivered_event_id IS NOT NULL AND v.marking IS NOT NULL
     ORDER BY s.delivered_at, s.id
    """
).bindparams(_IDENTITIES)
"""One look into the index for each fingerprint, as for every post (`rilon.storage.passages`)."""

_SIZES = text(
    """
    SELECT s.identity, (SELECT count(*) FROM passage p WHERE p.source_id = s.id) AS size
      FROM passage_source s WHERE s.identity = ANY(:identities)
    """
).bindparams(_IDENTITIES)

_FORGET = text(
    """
    DELETE FROM passage p USING passage_source s
     WHERE s.id = p.source_id AND s.identity = :identity AND p.hash = ANY(:passages)
    """
).bindparams(bindparam("passages", type_=ARRAY(BigInteger)))

_LOSE_FILES = text(
    "DELETE FROM relation WHERE kind = 'file' AND identity = ANY(:identities) RETURNING target"
).bindparams(_IDENTITIES)

_CARRIED = text(
    """
    SELECT EXISTS (SELECT 1 FROM relation r JOIN verdict v ON v.identity = r.identity
                    WHERE r.kind = 'file' AND r.target = :target
                      AND v.accepted AND v.recalled_at IS NULL)
    """
)


class CopyStore:
    """The fingerprints of delivered messages, for recalls."""

    def __init__(self, engine: AsyncEngine, outbox: OutboxValues) -> None:
        self._engine = engine
        self._alone = alone(engine)
        self._outbox = outbox

    async def holding(self, identities: Sequence[bytes]) -> Sequence[Stored]:
        """Every delivered message that has a fingerprint of these, these themselves included."""
        async with self._alone.connect() as connection:
            rows = (await connection.execute(_HOLDING, {"identities": list(identities)})).all()
        return [_stored(row) for row in rows]

    async def sizes(self, identities: Sequence[bytes]) -> Mapping[bytes, int]:
        """How many fingerprints each of these messages left, of words and files."""
        async with self._alone.connect() as connection:
            rows = (await connection.execute(_SIZES, {"identities": list(identities)})).all()
        return {bytes(row.identity): row.size for row in rows}

    async def let_stand(self, done: LetStand) -> None:
        """Carries out what is done with a message that stays."""
        async with self._engine.begin() as connection:
            for identity, passages in done.passages.items():
                forgotten = {"identity": identity, "passages": sorted(passages)}
                await connection.execute(_FORGET, forgotten)
            lost = done.without_files and await _lose_files(connection, done.identities)
            if lost:
                # Done again after a crash, there is nothing left to lose, and nothing is entered.
                await write_out(connection, self._outbox, done.entries)
            await write_out(connection, self._outbox, (), done.effects)


async def _lose_files(connection: AsyncConnection, identities: Sequence[bytes]) -> bool:
    """The messages carry their files no more; those that no other message carries are deleted."""
    rows = await connection.execute(_LOSE_FILES, {"identities": list(identities)})
    targets = sorted(set(rows.scalars()))
    for target in targets:
        if not (await connection.execute(_CARRIED, {"target": target})).scalar_one():
            await write_effect(connection, deletion(target))
    return bool(targets)


def deletion(target: str) -> NewEffect:
    """Deleting a file at the homeserver, once whoever asks. `target` is server and media."""
    server, _, media = target.partition("/")
    payload = {"server": server, "media": media}
    return NewEffect("delete_file", f"file {target}", payload, f"file-{target}")


def _stored(row: Any) -> Stored:
    holding = Holding(
        identity=bytes(row.identity),
        event_id=row.event_id,
        by=frozenset(),
        received=parties(*row.parties),
        common=frozenset(row.common),
        words=row.words,
        files=frozenset(row.files),
        public=row.public,
        order=(row.delivered_at, row.id),
    )
    return Stored(holding, row.sender, row.policy_id, from_json(row.marking))
