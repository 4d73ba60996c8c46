"""What the ledger costs: accepting, sequencing, proving, verifying; pairs side by side in one run.

`python bench/ledger.py` starts a PostgreSQL of its own in a temporary folder. Times on a
shared machine mean little alone: look at the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import asyncpg
import pymerkle
from sqlalchemy.ext.asyncio import create_async_engine

from bench.framing import finish, machine, with_postgres
from rilon.domain.entries import Entry, EntryKind, Subject
from rilon.domain.parties import parties
from rilon.ledger.checkpoint import Checkpoint
from rilon.ledger.growth import Edge, grow
from rilon.ledger.keys import SignerKey
from rilon.ledger.leaf import check_signature, parse, sign
from rilon.ledger.tiles import WIDTH, Tile, bundle, parse_path, range_hash, width_at
from rilon.ledger.tree import inclusion_ranges, leaf_hash, verify_inclusion
from rilon.ledger.verify import verify_log
from rilon.storage.checkpoints import CheckpointFile
from rilon.storage.sequencer import Sequencer

LOG = SignerKey("log.bench", os.urandom(32))
STEWARD = SignerKey("steward", os.urandom(32))
WRITERS = 32
PROCESSES = 2

# One round trip and one commit for each act, as a prepared statement.
ACTS = {
    "act alone": "INSERT INTO act (who) VALUES ('idn.focal1') RETURNING $1::bytea",
    "act and a plain outbox row": (
        "WITH a AS (INSERT INTO act (who) VALUES ('idn.focal1')) "
        "INSERT INTO plain_outbox (leaf) VALUES ($1)"
    ),
    "act and its ledger row": (
        "WITH a AS (INSERT INTO act (who) VALUES ('idn.focal1')) "
        "INSERT INTO ledger_outbox (leaf) VALUES ($1)"
    ),
}


def made_entry(number: int) -> Entry:
    return Entry(
        kind=EntryKind.MESSAGE_ACCEPTED,
        time=datetime.now(UTC),
        component="steward",
        correlation=os.urandom(16).hex(),
        salt=os.urandom(16),
        group="mps",
        room="mps-floor",
        parties=parties("AUS", "BGD", "IDN", "MYS", "THA", "TLS", "RSO"),
        marking="TLP:AMBER REL AUS,IDN,MYS",
        rule="accept",
        subject=(
            (Subject.EVENT_ID, f"${number}"),
            (Subject.CIPHERTEXT_SHA256, os.urandom(32).hex()),
            (Subject.OFFICER, "idn.focal1"),
        ),
    )


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    into.append(time.perf_counter() - begun)


def rate(count: int, seconds: float) -> int:
    return round(count / seconds)


# --- pure


def making(count: int) -> tuple[dict[str, Any], list[bytes]]:
    """Making, signing, reading and checking entries."""
    spent: list[float] = []
    leaves: list[bytes] = []
    for number in range(count):
        with timed(spent):
            leaves.append(sign(made_entry(number), STEWARD))
    checked: list[float] = []
    for leaf in leaves[:500]:
        with timed(checked):
            assert check_signature(parse(leaf), [STEWARD.verifier])
    return {
        "make_and_sign_ms_median": statistics.median(spent) * 1e3,
        "make_and_sign_ms_p99": statistics.quantiles(spent, n=100)[98] * 1e3,
        "read_and_check_ms_median": statistics.median(checked) * 1e3,
        "leaf_bytes_median": statistics.median(len(leaf) for leaf in leaves),
    }, leaves


def proving(size: int, leaves: Sequence[bytes]) -> dict[str, Any]:
    """A tree of `size` in memory: appending, proving, verifying all of it; a peer's appending."""
    spent: list[float] = []
    with timed(spent):
        hashes = [leaf_hash(leaf) for leaf in islice(cycle(leaves), size)]
        growth = grow(Edge(), hashes)
        root = growth.edge.root
    tiles = growth.tiles
    proofs: list[float] = []
    chance = random.Random(7)
    for _ in range(300):
        index = chance.randrange(size)
        with timed(proofs):
            ranges = inclusion_ranges(index, size)
            proof = [range_hash(a, b, lambda *key: tiles[key]) for a, b in ranges]
        verify_inclusion(hashes[index], index, size, proof, root)
    raw = {
        Tile(level, index, width_at(level, index, size)).path: b"".join(row)
        for (level, index), row in tiles.items()
    }
    cycled = [*leaves, *leaves[:WIDTH]]
    bundles: dict[tuple[int, int], bytes] = {}

    def fetch(path: str) -> bytes | None:
        tile, of_entries = parse_path(path)
        if not of_entries:
            return raw[path]
        first = tile.index * WIDTH % len(leaves)
        key = (first, tile.width)
        if key not in bundles:
            bundles[key] = bundle(cycled[first : first + tile.width])
        return bundles[key]

    verified: list[float] = []
    with timed(verified):
        findings = verify_log(Checkpoint("log.bench", size, root), fetch, with_entries=True)
    assert findings.sound
    assert findings.entries == size
    peer = pymerkle.InmemoryTree(algorithm="sha256")
    theirs: list[float] = []
    few = min(size, 50_000)
    with timed(theirs):
        for leaf in islice(cycle(leaves), few):
            peer.append_entry(leaf)
    assert few != size or peer.get_root() == root
    return {
        "size": size,
        "append_in_memory_per_s": rate(size, spent[0]),
        "pymerkle_append_in_memory_per_s": rate(few, theirs[0]),
        "inclusion_proof_ms_median": statistics.median(proofs) * 1e3,
        "inclusion_proof_ms_p99": statistics.quantiles(proofs, n=100)[98] * 1e3,
        "verify_whole_log_s": verified[0],
    }


# --- PostgreSQL


def write(dsn: str, statement: str, leaf: bytes, seconds: float, writers: int) -> int:
    """One process of writers; how many acts were committed."""

    async def one(until: float) -> int:
        connection = await asyncpg.connect(dsn, ssl=False)
        prepared = await connection.prepare(statement)
        done = 0
        while time.monotonic() < until:
            await prepared.fetch(leaf)
            done += 1
        await connection.close()
        return done

    async def all_of_them() -> int:
        until = time.monotonic() + seconds
        return sum(await asyncio.gather(*(one(until) for _ in range(writers))))

    return asyncio.run(all_of_them())


async def accepting(dsn: str, leaf: bytes, seconds: float, rounds: int) -> dict[str, Any]:
    """Acts committed a second, without and with what the ledger adds, taking turns."""
    connection = await asyncpg.connect(dsn, ssl=False)
    await connection.execute(
        "CREATE TABLE act (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, who text);"
        "CREATE TABLE plain_outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, leaf bytea)"
    )
    found: dict[str, list[int]] = {name: [] for name in ACTS}
    with get_context("spawn").Pool(PROCESSES) as pool:
        for _ in range(rounds):
            for name, statement in ACTS.items():
                jobs = [(dsn, statement, leaf, seconds, WRITERS // PROCESSES)] * PROCESSES
                counts = await asyncio.to_thread(pool.starmap, write, jobs)
                found[name].append(rate(sum(counts), seconds))
    await connection.execute("TRUNCATE ledger_outbox, ledger_turn, plain_outbox, act")
    await connection.close()
    medians = {name: statistics.median(rates) for name, rates in found.items()}
    return {
        "writers": WRITERS,
        "acts_per_s": found,
        "with_ledger_to_plain_outbox": medians["act and its ledger row"]
        / medians["act and a plain outbox row"],
        "with_ledger_to_act_alone": medians["act and its ledger row"] / medians["act alone"],
    }


async def sequencing(dsn: str, folder: Path, leaves: Sequence[bytes], count: int) -> dict[str, Any]:
    """A backlog of `count` entries given their indexes, checkpoints included."""
    connection = await asyncpg.connect(dsn, ssl=False)
    for first in range(0, count, 10_000):
        batch = islice(cycle(leaves), min(10_000, count - first))
        await connection.copy_records_to_table(
            "ledger_outbox", records=((leaf,) for leaf in batch), columns=("leaf",)
        )
    engine = create_async_engine(dsn.replace("postgresql://", "postgresql+asyncpg://"))
    sequencer = Sequencer(engine, CheckpointFile(folder, LOG.verifier), LOG)
    stopping = asyncio.Event()
    spent: list[float] = []
    with timed(spent):
        following = asyncio.create_task(sequencer.run(stopping))
        while sequencer.published is None or sequencer.published.checkpoint.size < count:
            await asyncio.sleep(0.01)
    stopping.set()
    await following
    await engine.dispose()
    await connection.close()
    return {"entries": count, "sequenced_per_s": rate(count, spent[0])}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000, help="size of the verified log")
    parser.add_argument("--backlog", type=int, default=60_000, help="entries to be sequenced")
    parser.add_argument("--seconds", type=float, default=3, help="length of each acceptance run")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of acceptance runs")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    chosen = parser.parse_args(arguments)
    found: dict[str, Any] = {
        "machine": machine(),
    }
    found["entry"], leaves = making(WIDTH * 8)

    async def measured(dsn: str) -> dict[str, Any]:
        return {
            "accepting": await accepting(dsn, leaves[0], chosen.seconds, chosen.rounds),
            "sequencing": await sequencing(dsn, folder / "checkpoints", leaves, chosen.backlog),
        }

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found |= asyncio.run(with_postgres(folder / "network", measured))
    found["tree"] = proving(chosen.entries, leaves)
    finish(found, chosen.json)


if __name__ == "__main__":
    main()
