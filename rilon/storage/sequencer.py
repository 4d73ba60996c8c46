"""The sequencer: gives every committed entry its index, and signs checkpoints.

One at a time, by an advisory lock; leaves, tiles and head in one transaction. It never
looks into an entry: what was committed with an act has its place in the record.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import asyncpg
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from rilon.ledger.checkpoint import Checkpoint, sign_checkpoint
from rilon.ledger.growth import Edge, edge_of, edge_tiles, grow
from rilon.ledger.keys import SignerKey
from rilon.ledger.tiles import TileError
from rilon.ledger.tree import EMPTY_ROOT, leaf_hash
from rilon.storage.checkpoints import CheckpointFile, Forked, LedgerStopped, RolledBack, Stored
from rilon.storage.ledger_reader import LedgerReader

log = logging.getLogger(__name__)

LOCK = 0x72696C6F6E0001
"""The advisory lock's number: one sequencer a database."""

BATCH = 2_000
POLL_S = 0.03
"""Why not NOTIFY: it makes the commits of those who act wait for one another."""
BACK_OFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
CONNECT_LIMIT_S = 10.0

AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    SQLAlchemyError,
)
"""What a database that is away or not yet migrated, or a full disk, looks like. It passes.

asyncpg calls it an internal error when a connection ends between preparing a statement and
running it.
"""

_LOST = """
    INSERT INTO ledger_turn (outbox)
    SELECT id FROM ledger_outbox o
     WHERE NOT EXISTS (SELECT FROM ledger_turn t WHERE t.outbox = o.id)
     ORDER BY id
"""
_TAKE = """
    WITH taken AS (
        DELETE FROM ledger_turn
         WHERE turn IN (SELECT turn FROM ledger_turn ORDER BY turn LIMIT $1)
        RETURNING turn, outbox
    ), leaves AS (
        DELETE FROM ledger_outbox o USING taken t WHERE o.id = t.outbox
        RETURNING t.turn, o.leaf
    )
    SELECT t.turn, l.leaf FROM taken t LEFT JOIN leaves l USING (turn) ORDER BY t.turn
"""
_TILES = """
    INSERT INTO ledger_tile (level, index, hashes)
    SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])
    ON CONFLICT (level, index) DO UPDATE SET hashes = excluded.hashes
"""
_PUBLISHED = """
    INSERT INTO ledger_checkpoint (size, root, note) VALUES ($1, $2, $3)
    ON CONFLICT (size) DO NOTHING
"""


class State(StrEnum):
    """What the sequencer is doing, for the health page."""

    STARTING = "starting"
    FOLLOWING = "following"
    STANDBY = "standby"
    AWAY = "away"
    STOPPED = "stopped"


class CheckpointLost(LedgerStopped):
    """The database knows published checkpoints, and their file is gone."""


class LedgerDamaged(LedgerStopped):
    """The stored tree doesn't lead to its own head, or the outbox lost an entry."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where the log stands in the database: the right edge, and the root over it."""

    edge: Edge
    root: bytes


class Sequencer:
    """Follows the outbox of one database. `observe` is told of each batch: its length."""

    def __init__(
        self,
        engine: AsyncEngine,
        checkpoints: CheckpointFile,
        key: SignerKey,
        *,
        batch: int = BATCH,
        observe: Callable[[int], None] = lambda entries: None,
    ) -> None:
        self._engine = engine
        self._reader = LedgerReader(engine)
        self._checkpoints = checkpoints
        self._key = key
        self._batch = batch
        self._observe = observe
        self.state = State.STARTING
        self.published: Stored | None = None

    async def run(self, stopping: asyncio.Event) -> None:
        """Follow the outbox until told to stop; raises `LedgerStopped` and nothing else by design.

        While the database is away it tries again, with growing pauses.
        """
        failures = 0
        while not stopping.is_set():
            try:
                await self._follow(stopping)
                failures = 0
            except LedgerStopped:
                self.state = State.STOPPED
                raise
            except AWAY as error:
                if self.state is State.FOLLOWING:
                    failures = 0
                self.state = State.AWAY
                # The error's text may quote a value: its kind is enough.
                log.warning("the ledger waits, database or disk is away: %s", type(error).__name__)
                await _wait(stopping, BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)])
                failures += 1

    async def catch_up(self) -> Checkpoint:
        """Give every waiting entry its index, publish, and return the checkpoint.

        Raises `LedgerStopped`, or whatever the database raised.
        """
        async with asyncio.timeout(CONNECT_LIMIT_S):
            connection = await self._engine.connect()
        try:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await driver.execute("SELECT pg_advisory_lock($1)", LOCK)
            position = await self._resume(driver)
            taken = self._batch
            while taken == self._batch:
                position, taken = await self._append(driver, position)
            return (await self._publish(driver, position)).checkpoint
        finally:
            # The lock lives and dies with the connection: it must not go back to the pool.
            await connection.invalidate()
            await connection.close()

    async def _follow(self, stopping: asyncio.Event) -> None:
        async with asyncio.timeout(CONNECT_LIMIT_S):
            connection = await self._engine.connect()
        try:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            while not await driver.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
                self.state = State.STANDBY
                await _wait(stopping, 1.0)
                if stopping.is_set():
                    return
            position = await self._resume(driver)
            await self._publish(driver, position)
            self.state = State.FOLLOWING
            while not stopping.is_set():
                position, taken = await self._append(driver, position)
                if taken:
                    await self._publish(driver, position)
                if taken < self._batch:
                    await _wait(stopping, POLL_S)
        finally:
            await connection.invalidate()
            await connection.close()

    async def _resume(self, driver: Any) -> Position:
        """Where the log stands, once it is sure that nothing signed was taken back.

        The file is read before the head: it is written after it, so it can't be ahead by
        anything but a database that went back.
        """
        # ATTACK: a database set back while we run. What was read before proves nothing now.
        self._reader = LedgerReader(self._engine)
        stored = await asyncio.to_thread(self._checkpoints.current)
        head = await driver.fetchrow("SELECT size, root FROM ledger_head")
        if head is None:
            raise LedgerDamaged("The ledger has no head row: the database is not this ledger's.")
        size, root = int(head["size"]), bytes(head["root"])
        if stored is None:
            await self._must_be_new(driver)
        else:
            await self._must_continue(stored.checkpoint, size)
        try:
            edge = edge_of(size, await self._reader.tiles(edge_tiles(size)))
        except TileError as error:
            raise LedgerDamaged(f"The ledger's tree is damaged: {error}.") from error
        if edge.root != root:
            raise LedgerDamaged(f"The ledger's tree of {size} entries doesn't lead to its root.")
        self.published = stored
        await driver.execute(_LOST)
        return Position(edge, root)

    async def _must_be_new(self, driver: Any) -> None:
        known = await driver.fetchval("SELECT max(size) FROM ledger_checkpoint")
        if known is not None:
            raise CheckpointLost(
                f"The checkpoint file {self._checkpoints} is missing, and the database knows a "
                f"published checkpoint of {known} entries. Put the file back from where the "
                "state folder is kept; without it nobody can tell whether the database is whole."
            )

    async def _must_continue(self, signed: Checkpoint, size: int) -> None:
        if size < signed.size:
            raise RolledBack(
                f"The database holds {size} ledger entries, and {self._checkpoints} is signed for "
                f"{signed.size}: the database was set back, perhaps by restoring a backup. "
                "Nothing is appended. Restore a database that holds all of them."
            )
        try:
            root = await self._reader.root(signed.size) if signed.size else EMPTY_ROOT
        except TileError as error:
            raise LedgerDamaged(f"The ledger's tree is damaged: {error}.") from error
        if root != signed.root:
            raise Forked(
                f"The first {signed.size} ledger entries of the database are not those that "
                f"{self._checkpoints} is signed for: the database was set back and went on, or "
                "was altered. Nothing is appended. Restore the database that was signed."
            )

    async def _append(self, driver: Any, position: Position) -> tuple[Position, int]:
        """Index up to a batch of what is committed; the new position and how many were taken."""
        if not await driver.fetchval("SELECT EXISTS (SELECT FROM ledger_turn)"):
            return position, 0
        async with driver.transaction():
            head = await driver.fetchrow("SELECT size, root FROM ledger_head FOR UPDATE")
            if head is None or (head["size"], head["root"]) != (position.edge.size, position.root):
                raise LedgerDamaged("The ledger's head was moved by somebody else.")
            leaves = [row["leaf"] for row in await driver.fetch(_TAKE, self._batch)]
            if None in leaves:
                raise LedgerDamaged("An entry was taken out of the outbox by somebody else.")
            if not leaves:
                return position, 0
            moved = await _store(driver, position, leaves)
        self._observe(len(leaves))
        return moved, len(leaves)

    async def _publish(self, driver: Any, position: Position) -> Stored:
        """Sign a checkpoint, make it durable where it can't be set back, only then show it."""
        old = self.published.checkpoint if self.published else None
        new = Checkpoint(self._key.name, position.edge.size, position.root)
        if self.published is not None and old == new:
            return self.published
        proof: Sequence[bytes] = ()
        if old is not None and 0 < old.size < new.size:
            proof = await self._reader.consistency(old.size, new.size)
        note = bytes(sign_checkpoint(new, self._key))
        stored = await asyncio.to_thread(self._checkpoints.advance, note, proof)
        self.published = stored
        await driver.execute(_PUBLISHED, new.size, new.root, note)
        return stored


async def _store(driver: Any, position: Position, leaves: Sequence[bytes]) -> Position:
    first = position.edge.size
    growth = grow(position.edge, [leaf_hash(leaf) for leaf in leaves])
    moved = Position(growth.edge, growth.edge.root)
    await driver.copy_records_to_table(
        "ledger_entry", records=enumerate(leaves, first), columns=("index", "data")
    )
    levels, indexes = zip(*growth.tiles, strict=True)
    hashes = [b"".join(tile) for tile in growth.tiles.values()]
    await driver.execute(_TILES, levels, indexes, hashes)
    await driver.execute("UPDATE ledger_head SET size = $1, root = $2", moved.edge.size, moved.root)
    return moved


async def _wait(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return
