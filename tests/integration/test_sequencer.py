"""The sequencer on a real PostgreSQL: order, completeness, rights, and a database set back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from rilon.embedded.postgres import SUPERUSER, Postgres
from rilon.ledger.checkpoint import Checkpoint
from rilon.ledger.keys import SignerKey
from rilon.ledger.tiles import bundle, hashes_in, parse_path
from rilon.ledger.tree import leaf_hash, root_of, verify_consistency, verify_inclusion
from rilon.ledger.verify import verify_log
from rilon.storage.checkpoints import CheckpointFile, Forked, RolledBack
from rilon.storage.ledger import ledger_outbox, outbox_values
from rilon.storage.ledger_reader import LedgerReader
from rilon.storage.migrate import check
from rilon.storage.sequencer import CheckpointLost, LedgerDamaged, Sequencer, State

LOG = SignerKey("log.rilon.test", b"\x01" * 32)
LIMIT_S = 20


class Bench:
    """One database with its ledger, as the tests use it."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.dsn = dsn
        url = dsn.replace("postgresql://", "postgresql+asyncpg://")
        self.engine: AsyncEngine = create_async_engine(url, pool_pre_ping=True)
        self.folder = folder
        self.file = CheckpointFile(folder, LOG.verifier)
        self.sequencer = self.another()

    def another(self, batch: int = 50) -> Sequencer:
        return Sequencer(self.engine, CheckpointFile(self.folder, LOG.verifier), LOG, batch=batch)

    async def act(self, *leaves: bytes) -> None:
        async with self.engine.begin() as connection:
            for leaf in leaves:
                await connection.execute(insert(ledger_outbox).values(**outbox_values(leaf)))

    async def entries(self) -> list[bytes]:
        return await LedgerReader(self.engine).entries(0, 1_000_000)

    async def verified(self, checkpoint: Checkpoint) -> list[bytes]:
        """Every entry, once the tree over them is found sound."""
        entries = await self.entries()
        assert len(entries) == checkpoint.size
        async with self.engine.connect() as connection:
            query = text("SELECT level, index, hashes FROM ledger_tile")
            rows = (await connection.execute(query)).all()
        tiles = {(level, index): hashes_in(hashes) for level, index, hashes in rows}

        def fetch(path: str) -> bytes | None:
            tile, of_entries = parse_path(path)
            if of_entries:
                return bundle(entries[tile.index * 256 :][: tile.width])
            return b"".join(tiles[(tile.level, tile.index)][: tile.width])

        assert verify_log(checkpoint, fetch, with_entries=True).sound
        return entries

    async def execute(self, statement: str) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(text(statement))


@pytest.fixture
async def bench(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(postgres_dsn, tmp_path / "checkpoints")
    await made.execute(
        "TRUNCATE ledger_outbox, ledger_turn, ledger_entry, ledger_tile, ledger_checkpoint CASCADE"
    )
    await made.execute("UPDATE ledger_head SET size = 0, root = sha256('')")
    yield made
    await made.engine.dispose()


def numbered(first: int, last: int) -> list[bytes]:
    return [f"entry {number}".encode() for number in range(first, last)]


async def test_every_committed_entry_gets_its_index_in_order(bench: Bench) -> None:
    for number in range(7):
        await bench.act(*numbered(number * 100, number * 100 + 100))
    checkpoint = await bench.sequencer.catch_up()
    assert await bench.verified(checkpoint) == numbered(0, 700)
    assert checkpoint.root == root_of([leaf_hash(each) for each in numbered(0, 700)])
    async with bench.engine.connect() as connection:
        left = await connection.scalar(
            text("SELECT (SELECT count(*) FROM ledger_outbox) + (SELECT count(*) FROM ledger_turn)")
        )
    assert left == 0


async def test_an_empty_log_has_a_signed_checkpoint(bench: Bench) -> None:
    assert (await bench.sequencer.catch_up()).size == 0
    assert bench.file.current() is not None


async def test_an_act_that_was_not_committed_leaves_no_entry_and_no_gap(bench: Bench) -> None:
    async with bench.engine.connect() as connection:
        await connection.execute(insert(ledger_outbox).values(**outbox_values(b"undone")))
        await connection.rollback()
    await bench.act(b"done")
    assert await bench.verified(await bench.sequencer.catch_up()) == [b"done"]


async def test_an_act_that_commits_late_is_not_lost_though_its_id_is_lower(bench: Bench) -> None:
    async with bench.engine.connect() as slow:
        await slow.execute(insert(ledger_outbox).values(**outbox_values(b"began first")))
        await bench.act(b"began second")
        assert (await bench.sequencer.catch_up()).size == 1
        await slow.commit()
    checkpoint = await bench.sequencer.catch_up()
    assert await bench.verified(checkpoint) == [b"began second", b"began first"]


async def test_entries_stand_in_the_order_of_commits_within_one_batch(bench: Bench) -> None:
    async with bench.engine.connect() as one, bench.engine.connect() as two:
        await one.execute(insert(ledger_outbox).values(**outbox_values(b"inserted first")))
        await two.execute(insert(ledger_outbox).values(**outbox_values(b"inserted second")))
        await two.commit()
        await one.commit()
    checkpoint = await bench.sequencer.catch_up()
    assert await bench.verified(checkpoint) == [b"inserted second", b"inserted first"]


async def test_many_writers_lose_nothing_and_each_keeps_its_order(bench: Bench) -> None:
    stopping = asyncio.Event()
    following = asyncio.create_task(bench.sequencer.run(stopping))

    async def write(writer: int) -> None:
        for number in range(40):
            await bench.act(f"{writer} {number:03}".encode())

    await asyncio.gather(*(write(writer) for writer in range(10)))
    await _until(lambda: _size(bench) == 400)
    stopping.set()
    await following
    current = bench.file.current()
    assert current is not None
    entries = await bench.verified(current.checkpoint)
    assert len(set(entries)) == 400
    for writer in range(10):
        own = [each for each in entries if each.startswith(f"{writer} ".encode())]
        assert own == sorted(own)


async def test_proofs_hold_between_checkpoints(bench: Bench) -> None:
    await bench.act(*numbered(0, 300))
    first = await bench.sequencer.catch_up()
    await bench.act(*numbered(300, 700))
    second = await bench.sequencer.catch_up()
    reader = LedgerReader(bench.engine)
    proof = await reader.consistency(first.size, second.size)
    verify_consistency(first.size, second.size, proof, first.root, second.root)
    path = await reader.inclusion(299, second.size)
    verify_inclusion(leaf_hash(b"entry 299"), 299, second.size, path, second.root)


async def test_a_second_sequencer_waits_and_takes_over(bench: Bench) -> None:
    first_stop, second_stop = asyncio.Event(), asyncio.Event()
    second = bench.another()
    one = asyncio.create_task(bench.sequencer.run(first_stop))
    await _until(lambda: bench.sequencer.state is State.FOLLOWING)
    two = asyncio.create_task(second.run(second_stop))
    await _until(lambda: second.state is State.STANDBY)
    first_stop.set()
    await one
    await bench.act(b"after")
    await _until(lambda: _size(bench) == 1)
    second_stop.set()
    await two


async def test_a_lost_connection_is_mended_and_nothing_is_lost_or_doubled(bench: Bench) -> None:
    stopping = asyncio.Event()
    following = asyncio.create_task(bench.sequencer.run(stopping))
    for number in range(6):
        await bench.act(*numbered(number * 50, number * 50 + 50))
        await bench.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
            "AND pid <> pg_backend_pid()"
        )
    await _until(lambda: _size(bench) == 300)
    stopping.set()
    await following
    current = bench.file.current()
    assert current is not None
    assert await bench.verified(current.checkpoint) == numbered(0, 300)


async def test_an_entry_whose_turn_was_lost_still_gets_an_index(bench: Bench) -> None:
    await bench.act(b"one", b"two")
    await bench.execute("DELETE FROM ledger_turn")
    assert await bench.verified(await bench.sequencer.catch_up()) == [b"one", b"two"]


# --- a database that was set back


async def _set_back(bench: Bench, size: int) -> None:
    """As if a backup from when the log had `size` entries had been restored."""
    leaves = [leaf_hash(each) for each in (await bench.entries())[:size]]
    raw = b"".join(leaves)
    assert 0 < size < 256
    await bench.execute(f"DELETE FROM ledger_entry WHERE index >= {size}")
    await bench.execute("DELETE FROM ledger_tile WHERE level > 0 OR index > 0")
    await bench.execute(f"UPDATE ledger_tile SET hashes = '\\x{raw.hex()}'")
    root = root_of(leaves).hex()
    await bench.execute(f"UPDATE ledger_head SET size = {size}, root = '\\x{root}'")
    await bench.execute(f"DELETE FROM ledger_checkpoint WHERE size > {size}")


async def test_a_restored_backup_stops_the_sequencer_with_a_clear_error(bench: Bench) -> None:
    await bench.act(*numbered(0, 20))
    await bench.sequencer.catch_up()
    await _set_back(bench, 12)
    await bench.act(b"new")
    stopping = asyncio.Event()
    with pytest.raises(RolledBack, match=r"12 ledger entries.*signed for 20"):
        await asyncio.wait_for(bench.another().run(stopping), LIMIT_S)
    assert await bench.entries() == numbered(0, 12)


async def test_a_restored_backup_is_noticed_while_the_sequencer_runs(bench: Bench) -> None:
    await bench.act(*numbered(0, 20))
    following = asyncio.create_task(bench.sequencer.run(asyncio.Event()))
    await _until(lambda: _size(bench) == 20)
    await _set_back(bench, 12)
    await bench.act(b"new")
    with pytest.raises(LedgerDamaged):
        await asyncio.wait_for(following, LIMIT_S)
    assert bench.sequencer.state is State.STOPPED
    assert await bench.entries() == numbered(0, 12)


async def test_a_restored_backup_that_grew_past_the_signed_size_is_a_fork(
    bench: Bench, tmp_path: Path
) -> None:
    await bench.act(*numbered(0, 20))
    await bench.sequencer.catch_up()
    await _set_back(bench, 12)
    await bench.act(*numbered(500, 530))
    elsewhere = Sequencer(bench.engine, CheckpointFile(tmp_path / "other", LOG.verifier), LOG)
    await bench.execute("DELETE FROM ledger_checkpoint")
    assert (await elsewhere.catch_up()).size == 42
    with pytest.raises(Forked, match="first 20 ledger entries"):
        await bench.another().catch_up()


async def test_an_altered_tree_stops_the_sequencer(bench: Bench) -> None:
    await bench.act(*numbered(0, 20))
    await bench.sequencer.catch_up()
    await bench.execute("UPDATE ledger_tile SET hashes = sha256('x') || substr(hashes, 33)")
    with pytest.raises(Forked):
        await bench.another().catch_up()


async def test_a_missing_checkpoint_file_is_not_begun_anew(bench: Bench) -> None:
    await bench.act(b"one")
    await bench.sequencer.catch_up()
    (bench.folder / "checkpoint").unlink()
    with pytest.raises(CheckpointLost):
        await bench.another().catch_up()


async def test_a_crash_between_the_database_and_the_checkpoint_is_made_good(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.act(*numbered(0, 10))

    def crash(raw: bytes, proof: Sequence[bytes]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bench.sequencer._checkpoints, "advance", crash)
    with pytest.raises(KeyboardInterrupt):
        await bench.sequencer.catch_up()
    assert len(await bench.entries()) == 10
    async with bench.engine.connect() as connection:
        shown = await connection.scalar(text("SELECT count(*) FROM ledger_checkpoint"))
    assert shown == 0
    assert await bench.verified(await bench.another().catch_up()) == numbered(0, 10)


# --- rights


async def _as(bench: Bench, postgres_server: Postgres, role: str) -> asyncpg.Connection:
    """A connection that signed in as a user who has that role."""
    database = bench.dsn.rsplit("/", 1)[1]
    admin = await postgres_server.connect(SUPERUSER, database)
    await admin.execute(f"DROP ROLE IF EXISTS test_{role}")
    await admin.execute(f"CREATE ROLE test_{role} LOGIN PASSWORD 'of this test' IN ROLE {role}")
    await admin.close()
    return await asyncpg.connect(
        host="127.0.0.1",
        port=postgres_server.port,
        user=f"test_{role}",
        password="of this test",
        database=database,
        ssl=False,
    )


@pytest.mark.parametrize("role", ["rilon_steward", "rilon_worker"])
async def test_who_acts_may_insert_into_the_outbox_and_nothing_else(
    bench: Bench, postgres_server: Postgres, role: str
) -> None:
    await bench.act(b"someone's")
    await bench.sequencer.catch_up()
    await bench.act(b"waiting")
    connection = await _as(bench, postgres_server, role)
    try:
        await connection.execute("INSERT INTO ledger_outbox (leaf) VALUES ('mine')")
        tables = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relname LIKE 'ledger%' AND relkind = 'r'"
        )
        assert len(tables) == 9
        for row in tables:
            name = row["relname"]
            statements = [
                f"SELECT * FROM {name}",
                f"DELETE FROM {name}",
                f"TRUNCATE {name}",
                f"ALTER TABLE {name} DISABLE TRIGGER ALL",
                f"DROP TABLE {name}",
            ]
            if name != "ledger_outbox":
                statements.append(f"INSERT INTO {name} DEFAULT VALUES")
            for statement in statements:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
        for statement in (
            "UPDATE ledger_outbox SET leaf = 'x'",
            "UPDATE ledger_entry SET data = 'x'",
            "UPDATE ledger_head SET size = 0",
            "INSERT INTO ledger_outbox (leaf) VALUES ('x') RETURNING id",
            "SELECT ledger_take_turn()",
            "SET session_replication_role = replica",
        ):
            with pytest.raises(asyncpg.PostgresError):
                await connection.execute(statement)
    finally:
        await connection.close()
    checkpoint = await bench.sequencer.catch_up()
    assert await bench.verified(checkpoint) == [b"someone's", b"waiting", b"mine"]


async def test_sqlalchemys_insert_works_with_the_right_to_insert_alone(
    bench: Bench, postgres_server: Postgres
) -> None:
    await (await _as(bench, postgres_server, "rilon_steward")).close()
    url = bench.engine.url.set(username="test_rilon_steward", password="of this test")
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.execute(insert(ledger_outbox).values(**outbox_values(b"one")))
        await connection.execute(insert(ledger_outbox), [outbox_values(b"two")] * 2)
    assert (await bench.sequencer.catch_up()).size == 3


async def test_the_audit_service_may_not_alter_or_remove_an_entry(
    bench: Bench, postgres_server: Postgres
) -> None:
    await bench.act(b"one")
    connection = await _as(bench, postgres_server, "rilon_audit")
    try:
        for statement in (
            "UPDATE ledger_entry SET data = 'x'",
            "DELETE FROM ledger_entry",
            "TRUNCATE ledger_entry",
            "DELETE FROM ledger_checkpoint",
            "UPDATE ledger_checkpoint SET note = 'x'",
            "DELETE FROM ledger_tile",
            "DELETE FROM ledger_head",
            "UPDATE ledger_outbox SET leaf = 'x'",
            "INSERT INTO ledger_outbox (leaf) VALUES ('x')",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()
    url = bench.engine.url.set(username="test_rilon_audit", password="of this test")
    engine = create_async_engine(url, poolclass=NullPool)
    sequencer = Sequencer(engine, CheckpointFile(bench.folder, LOG.verifier), LOG)
    assert (await sequencer.catch_up()).size == 1


@pytest.mark.parametrize("leaf", [b"", b"x" * 65_536])
async def test_an_entry_that_fits_no_bundle_is_refused_with_its_act(
    bench: Bench, leaf: bytes
) -> None:
    with pytest.raises(IntegrityError):
        await bench.act(b"fits", leaf)
    assert (await bench.sequencer.catch_up()).size == 0


async def test_the_head_is_one_row(bench: Bench) -> None:
    with pytest.raises(DBAPIError):
        await bench.execute("INSERT INTO ledger_head VALUES (false, 0, sha256(''))")


def test_the_migrations_make_the_tables_that_the_code_expects(postgres_dsn: str) -> None:
    check(postgres_dsn)


def _size(bench: Bench) -> int:
    current = bench.file.current()
    return current.checkpoint.size if current else -1


async def _until(holds: object) -> None:
    assert callable(holds)
    async with asyncio.timeout(LIMIT_S):
        while not holds():
            await asyncio.sleep(0.01)
