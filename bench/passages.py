"""Matching a message against stored passages: how it grows with what is stored and what is said.

`python -m bench passages` starts a PostgreSQL of its own in a temporary folder, fills it with
fingerprints, and asks as the gate does: normal form and fingerprints in Python, one query. Times on
a shared machine mean little alone: look at how they grow.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import create_async_engine

from bench.framing import finish, machine, with_postgres
from rilon.domain.markings import Marking, Tlp
from rilon.domain.parties import Party, parties
from rilon.policy.passage_forms import bare_of
from rilon.policy.passages import (
    PassageKey,
    fingerprints,
    fingerprints_asked,
    normalise,
    passage_key,
)
from rilon.storage.marking_json import to_json
from rilon.storage.passages import find_sources

A_SOURCE = 200
"""Fingerprints of one stored message: about 900 characters."""
LENGTHS = (200, 1_000, 4_000)
_THAI = [chr(point) for point in (*range(0xE01, 0xE2F), *range(0xE30, 0xE3A), 0xE48, 0xE49)]
ALL = ["AUS", "BGD", "IDN", "MYS", "RSO", "THA", "TLS"]


def message(length: int, draw: random.Random) -> str:
    """Words of random letters, as many characters as asked for."""
    words: list[str] = []
    while sum(map(len, words)) + len(words) < length:
        words.append("".join(draw.choices("etaoinshrdlucmfw", k=draw.randint(2, 9))))
    return " ".join(words)[:length]


async def fill(connection: asyncpg.Connection, begin: int, end: int, text: str, key: Any) -> None:
    """Brings the stored rows from one number to another. The first source is of that text."""
    marking = Marking(Tlp.AMBER, parties(*ALL), parties("IDN"))
    document = json.dumps(to_json(marking))
    now = datetime.now(UTC)
    quoted = sorted(fingerprints(normalise(text), key)) if begin == 0 else []
    draw = random.Random(begin)
    hashes = [
        *quoted,
        *(draw.getrandbits(64) - (1 << 63) for _ in range(end - begin - len(quoted))),
    ]
    first, last = begin // A_SOURCE, (end - 1) // A_SOURCE
    # Verdicts aren't measured here: their rows are left out, and with them the foreign keys.
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(
        """
        INSERT INTO passage_source
               (id, identity, room_key, ceiling, parties, marking, written, delivered_at)
        OVERRIDING SYSTEM VALUE
        SELECT n, decode(lpad(to_hex(n), 64, '0'), 'hex'), 'mps-floor', $3::text[], $3::text[],
               $4::jsonb, false, $5
          FROM generate_series($1::int, $2::int) AS n ON CONFLICT DO NOTHING
        """,
        first,
        last,
        ALL,
        document,
        now,
    )
    rows = [
        (one, (begin if number < len(quoted) else begin + number) // A_SOURCE)
        for number, one in enumerate(hashes)
    ]
    await connection.copy_records_to_table("passage", records=rows, columns=("hash", "source_id"))
    await connection.execute("VACUUM ANALYZE passage")
    await connection.execute("ANALYZE passage_source")


async def matching(dsn: str, texts: dict[str, str], key: PassageKey, rounds: int) -> dict[str, Any]:
    """Milliseconds of each part, and of both together, for each text."""
    engine = create_async_engine(dsn.replace("postgresql://", "postgresql+asyncpg://"))
    found: dict[str, Any] = {}
    async with engine.connect() as pooled:
        connection = (await pooled.get_raw_connection()).driver_connection
        assert connection is not None
        for name, text in texts.items():
            in_python: list[float] = []
            asking: list[float] = []
            asked, sources = frozenset[int](), 0
            for _ in range(rounds):
                begun = time.perf_counter()
                normal = normalise(text)
                asked = frozenset().union(
                    *(fingerprints_asked(form, key) for form in {normal, bare_of(text, normal)})
                )
                between = time.perf_counter()
                sources = len(await find_sources(connection, asked, Party("AUS")))
                in_python.append(between - begun)
                asking.append(time.perf_counter() - between)
            both = [one + other for one, other in zip(in_python, asking, strict=True)]
            found[name] = {
                "fingerprints": len(asked),
                "sources_found": sources,
                "fingerprints_ms_median": statistics.median(in_python) * 1e3,
                "query_ms_median": statistics.median(asking) * 1e3,
                "fingerprints_ms_least": min(in_python) * 1e3,
                "query_ms_least": min(asking) * 1e3,
                "both_ms_median": statistics.median(both) * 1e3,
                "both_ms_p95": statistics.quantiles(both, n=20)[18] * 1e3,
            }
    await engine.dispose()
    return found


async def growing(dsn: str, sizes: Sequence[int], rounds: int) -> dict[str, Any]:
    """The same questions at each size."""
    key, draw = passage_key(os.urandom(32)), random.Random(2026)
    source = message(4_000, draw)
    texts = {f"{length} characters, new": message(length, draw) for length in LENGTHS}
    texts["4000 characters, all of it quoted"] = source
    texts["1000 characters, new, in Thai"] = "".join(draw.choices(_THAI, k=1_000))
    texts["1000 characters, new, a sign between words"] = message(900, draw).replace(
        " ", " \u2122 "
    )
    connection = await asyncpg.connect(dsn, ssl=False)
    found: dict[str, Any] = {}
    stored = 0
    for size in sizes:
        await fill(connection, stored, size, source, key)
        stored = size
        found[f"{size} rows"] = await matching(dsn, texts, key, rounds)
    found["index_bytes_a_row"] = (
        await connection.fetchval("SELECT pg_indexes_size('passage')") / stored
    )
    await connection.close()
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=200, help="questions of each kind")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    chosen = parser.parse_args(arguments)
    found: dict[str, Any] = {
        "machine": machine(),
    }
    with tempfile.TemporaryDirectory() as name:
        found |= asyncio.run(
            with_postgres(
                Path(name) / "network", lambda dsn: growing(dsn, chosen.rows, chosen.rounds)
            )
        )
    finish(found, chosen.json)


if __name__ == "__main__":
    main()
