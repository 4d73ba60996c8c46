"""Searching the archive of bulletins: blind terms in an index, beside opening and reading them all.

`python -m bench archive` starts a PostgreSQL of its own in a temporary folder and fills it with
bulletins of words from `tests/corpus`, in six languages. Each pair asks the same of the same
bulletins. Times on a shared machine mean little alone: look at the ratios.
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
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from ruamel.yaml import YAML
from sqlalchemy.ext.asyncio import create_async_engine

from bench.framing import finish, machine, with_postgres
from rilon.adapters.policy_files import load_folder
from rilon.adapters.sealing import Seal, derived_key
from rilon.archive.blind import PURPOSE, ArchiveKey, Reader, ask, blinded
from rilon.archive.query import Search, read_query
from rilon.archive.terms import terms_of
from rilon.bulletins.blocks import Paragraph, Words, plain_of
from rilon.bulletins.head import Head
from rilon.bulletins.reading import Bulletin
from rilon.domain.markings import Marking, Tlp, WrittenMarking
from rilon.domain.parties import Party, parties
from rilon.policy.load import Policy
from rilon.storage.archive import find
from rilon.storage.marking_json import to_json

ROOT = Path(__file__).parent.parent
WORDS, ROOM = 300, "mps-bulletins"
PARTIES = parties("AUS", "BGD", "IDN", "MYS", "THA", "TLS", "RSO")
RARE, COMMON, PHRASE, THAI = "zarevika", "boat", ("silver", "lantern"), "เรือประมง"
QUERIES = {
    "a rare word": RARE,
    "a common word": COMMON,
    "two words": f"{COMMON} {RARE}",
    "a phrase": '"silver lantern"',
    "Thai": THAI,
    "a common word, not another": f"{COMMON} -{RARE}",
}


def sentences() -> dict[str, list[str]]:
    """The corpus' messages by language."""
    found = {}
    for file in sorted((ROOT / "tests" / "corpus").glob("*.yaml")):
        blocks = YAML(typ="safe", pure=True).load(file.read_text("utf-8"))
        texts = (one for block in blocks for one in block["messages"])
        found[file.stem] = [one if isinstance(one, str) else one.get("text", "") for one in texts]
    return found


def bulletin(number: int, corpus: Mapping[str, list[str]]) -> Bulletin:
    """About as many words as asked for, in one language; marked words in some."""
    draw = random.Random(number)
    language = sorted(corpus)[number % len(corpus)]
    texts: list[str] = []
    while sum(len(one) for one in texts) < WORDS * 6:
        texts.append(draw.choice(corpus[language]))
    words = " ".join(texts)
    if number % 2:
        words += f" {COMMON}s"
    if number % 1_000 == 7:
        words += f" {RARE}"
    if number % 100 == 3:
        words += " " + " ".join(PHRASE)
    document = {
        "title": f"Bulletin {number}",
        "kind": "trends",
        "period": {"from": "2026-10-01", "until": "2026-10-31"},
        "groups": ["mps"],
        "marking": "TLP:AMBER",
    }
    head = Head.model_validate_json(json.dumps(document))
    return Bulletin(head, WrittenMarking(Tlp.AMBER), (Paragraph(8, (Words(words),)),))


async def fill(dsn: str, count: int, key: ArchiveKey, seal: Seal) -> dict[str, Any]:
    """Bulletins with their terms, and the same ones sealed for the naive way."""
    corpus = sentences()
    marking = json.dumps(to_json(Marking(Tlp.AMBER, PARTIES, parties("RSO"))))
    connection = await asyncpg.connect(dsn, ssl=False)
    await connection.execute("CREATE TABLE sealed_bulletin (bulletin text, sealed bytea)")
    now, terms, spent = datetime.now(UTC), 0, 0.0
    for begin in range(0, count, 500):
        rows, places, sealed = [], [], []
        for number in range(begin, min(begin + 500, count)):
            made, name = bulletin(number, corpus), f"BUL-{number:05d}"
            begun = time.perf_counter()
            found = blinded(terms_of(made), [ROOM], key)
            spent += time.perf_counter() - begun
            rows += [(term, name, weight) for term, weight in found.items()]
            places.append((name, ROOM, marking, now - timedelta(minutes=number), False))
            (block,) = made.blocks
            assert isinstance(block, Paragraph)
            sealed.append((name, seal.seal(plain_of(block.runs).encode())))
        terms += len(rows)
        await connection.copy_records_to_table("bulletin_term", records=rows)
        await connection.copy_records_to_table("bulletin_place", records=places)
        await connection.copy_records_to_table("sealed_bulletin", records=sealed)
    await connection.execute("VACUUM ANALYZE bulletin_term")
    await connection.execute("VACUUM ANALYZE bulletin_place")
    size = await connection.fetchval("SELECT pg_total_relation_size('bulletin_term')")
    await connection.close()
    return {
        "terms_a_bulletin": terms / count,
        "megabytes": size / 1e6,
        "terms_of_one_ms": spent / count * 1e3,
    }


async def reading_all(connection: Any, seal: Seal, typed: str) -> int:
    """The naive way: opens every bulletin, and looks for the words as they stand."""
    wanted = [one.strip('"') for one in typed.split() if not one.startswith("-")]
    texts = await connection.fetch("SELECT sealed FROM sealed_bulletin")
    opened = (seal.open(row["sealed"]).decode() for row in texts)
    return sum(all(word in text for word in wanted) for text in opened)


async def searching(dsn: str, count: int, rounds: int) -> dict[str, Any]:
    """Both ways, for each query."""
    policy = load_folder(ROOT / "policies")
    assert isinstance(policy, Policy)
    secret = os.urandom(32).hex()
    key, seal = ArchiveKey(derived_key(secret, PURPOSE)), Seal(secret, "bulletin")
    filled = await fill(dsn, count, key, seal)
    reader = Reader(Party("IDN"), frozenset({ROOM}))
    engine = create_async_engine(dsn.replace("postgresql://", "postgresql+asyncpg://"))
    found: dict[str, Any] = {"bulletins": count, **filled}
    async with engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        for name, typed in QUERIES.items():
            times: list[float] = []
            hits = 0
            for _ in range(rounds):
                begun = time.perf_counter()
                search = read_query(typed)
                assert isinstance(search, Search)
                asked = ask(search, reader, policy.network, key)
                hits = (await find(connection, asked, datetime.now(UTC))).count
                times.append(time.perf_counter() - begun)
            naive: list[float] = []
            for _ in range(3):
                begun = time.perf_counter()
                await reading_all(raw, seal, typed)
                naive.append(time.perf_counter() - begun)
            ours, all_read = statistics.median(times), statistics.median(naive)
            found[name] = {
                "hits": hits,
                "ms_median": ours * 1e3,
                "ms_p95": statistics.quantiles(times, n=20)[18] * 1e3,
                "ms_least": min(times) * 1e3,
                "reading_all_ms_median": all_read * 1e3,
                "ratio": all_read / ours,
            }
    await engine.dispose()
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bulletins", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=40, help="searches of each kind")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    chosen = parser.parse_args(arguments)
    found: dict[str, Any] = {
        "machine": machine(),
    }
    with tempfile.TemporaryDirectory() as name:
        found |= asyncio.run(
            with_postgres(
                Path(name) / "network", lambda dsn: searching(dsn, chosen.bulletins, chosen.rounds)
            )
        )
    finish(found, chosen.json)


if __name__ == "__main__":
    main()
