"""Requests as their number grows: what beat's sweep takes, `!requests`, and one step of one; from
a question to the desk that is asked; and whether time tells that there is a hidden one.

`python -m bench requests` starts a PostgreSQL of its own in a temporary folder and fills it with
open requests, then a whole network. Times on a shared machine mean little alone: look at how they
grow, at ratios and at ranks.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bench.framing import finish, machine, with_postgres
from bench.request_network import carried
from bench.request_secrecy import secrecy
from rilon.adapters.policy_files import load_folder
from rilon.adapters.sealing import Seal
from rilon.application.record import policy_entry
from rilon.application.request_changes import Around
from rilon.application.request_due import Due
from rilon.application.requests import Requests
from rilon.bootstrap.parts import outbox_of
from rilon.domain.markings import Marking, Tlp
from rilon.domain.parties import Party, parties
from rilon.domain.request_course import Course, Mark, Progress
from rilon.domain.request_numbers import draw
from rilon.domain.requests import STEWARD, Actor, Request
from rilon.ledger.keys import SignerKey
from rilon.policy.load import Policy
from rilon.policy.network import Network
from rilon.policy.request_documents import MostOpenEntry
from rilon.storage.request_sweeps import write_due
from rilon.storage.requests import RequestStore
from rilon.storage.rooms import PolicyStore

SIZES = (100, 1_000, 10_000)
STATES = ("AUS", "BGD", "IDN", "MYS", "THA", "TLS")
DUE = 100
"""How many are due at one beat: a busy minute."""
AIM_SWEEP_MS, AIM_LIST_MS = 1000, 500
NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)


async def fill(store: RequestStore, begin: int, end: int) -> None:
    """Open requests, each from one state to another, delivered and not acknowledged."""
    async with store.adding() as one:
        for number in range(begin, end):
            asker, asked = (Party(STATES[(number + step) % len(STATES)]) for step in (0, 1))
            request = Request(
                id=secrets.token_hex(16),
                number=draw("mps", secrets.randbelow),
                group="mps",
                officer=f"{asker.lower()}.focal1",
                party=asker,
                marking=Marking(Tlp.AMBER, parties(asker, asked), parties(asker)),
                addressees=parties(asked),
                subject="a blue hull " * 10,
                questions=("Who owns it, and since when? " * 10,),
            )
            mark = Mark(Actor(request.officer, asker), NOW)
            progress = Progress(asked, mark, delivered=Mark(STEWARD, NOW))
            desk = {asked: f"mps-desk-{asked.lower()}"}
            course = Course(request, 1, (progress,))
            await one.add(course, f"mps-desk-{asker.lower()}", f"$e{number}", f"$e{number}", desk)


def without_limits(network: Network) -> Network:
    """The network, where as many requests may be open as are measured."""
    most = MostOpenEntry(officer=10_000, party=100_000)
    groups = {
        key: replace(group, requests=group.requests.model_copy(update={"most_open": most}))
        for key, group in network.groups.items()
    }
    return replace(network, groups=groups)


async def standing(engine: AsyncEngine) -> None:
    """Each card stands in its desk."""
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "UPDATE request_addressee SET card_event = '$' || request || party "
                "WHERE card_event IS NULL"
            )
        )


async def measured(
    engine: AsyncEngine, rounds: int, sizes: Sequence[int], pairs: int
) -> dict[str, Any]:
    outbox = outbox_of(SignerKey("steward", secrets.token_bytes(32)))
    policy = load_folder(Path(__file__).parents[1] / "policies")
    if not isinstance(policy, Policy):
        raise SystemExit("the shipped policy has mistakes")
    policies = PolicyStore(engine)
    entry = policy_entry(policy.network, NOW, secrets.token_bytes(16), "steward")
    await policies.put_in_force(policy.network, entry, [], outbox)
    store = RequestStore(engine, outbox, Seal("bench", "requests-1"))

    unlimited = without_limits(policy.network)

    async def network() -> Any:
        return unlimited

    def salt() -> bytes:
        return secrets.token_bytes(16)

    now = NOW + timedelta(days=2)
    due = Due(store, network, lambda: now, salt)
    name = secrets.token_hex
    deeds = Requests(store, network, lambda: now, salt, secrets.randbelow, lambda: name(16))
    found: dict[str, Any] = {}
    before = 0
    for size in sizes:
        await fill(store, before, size)
        await standing(engine)
        before = size
        print(f"{size} requests are there", flush=True)
        found[f"{size} open"] = {
            f"sweep_of_{DUE}_due_ms": statistics.median(
                [await swept(engine, now) for _ in range(rounds)]
            ),
            "one_reminder_ms": statistics.median(
                [await timed(due, row) for row in await some(engine, rounds)]
            ),
            "list_of_a_party_ms": statistics.median([await listed(deeds) for _ in range(rounds)]),
        }
    first, last = found[f"{sizes[0]} open"], found[f"{sizes[-1]} open"]
    found["growth"] = {name: last[name] / first[name] for name in first}
    found["aims"] = f"a sweep under {AIM_SWEEP_MS} ms, a list under {AIM_LIST_MS} ms"
    if pairs:
        found["does time tell"] = await secrecy(
            engine, store, deeds, Around(unlimited, now, salt), pairs
        )
    return found


async def swept(engine: AsyncEngine, now: datetime) -> float:
    """Milliseconds of one beat."""
    async with engine.begin() as connection:
        await connection.execute(text("TRUNCATE effect"))
        await connection.execute(text("UPDATE request_addressee SET look_at = '2027-01-01'"))
        statement = text(
            "UPDATE request_addressee SET look_at = '2026-11-23' WHERE (request, party) IN "
            "(SELECT request, party FROM request_addressee LIMIT :due)"
        )
        await connection.execute(statement, {"due": DUE})
    begun = time.perf_counter()
    written = await write_due(engine, now)
    if written != DUE:
        raise SystemExit(f"{written} were due")
    return since(begun)


async def some(engine: AsyncEngine, count: int) -> list[Any]:
    """Some parts of requests."""
    async with engine.connect() as connection:
        query = text("SELECT request, party FROM request_addressee WHERE done = '{}' LIMIT :n")
        return list((await connection.execute(query, {"n": count})).all())


async def timed(due: Due, row: Any) -> float:
    """Milliseconds of one reminder: decided, stored, written to outbox."""
    begun = time.perf_counter()
    if await due.work_off(row.request, Party(row.party)) is None:
        raise SystemExit("nothing was due")
    return since(begun)


async def listed(deeds: Requests) -> float:
    """Milliseconds of `!requests`, without its text."""
    begun = time.perf_counter()
    await deeds.listed("@idn.focal1:bench")
    return since(begun)


def since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="measurements of each")
    parser.add_argument("--pairs", type=int, default=200, help="comparisons of times; 0 for none")
    parser.add_argument("--sent", type=int, default=25, help="requests on a network; 0 for none")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    chosen = parser.parse_args(arguments)
    found: dict[str, Any] = {
        "machine": machine(),
    }

    async def at(dsn: str) -> dict[str, Any]:
        engine = create_async_engine(dsn.replace("postgresql://", "postgresql+asyncpg://"))
        try:
            return await measured(engine, chosen.rounds, SIZES, chosen.pairs)
        finally:
            await engine.dispose()

    with tempfile.TemporaryDirectory() as name:
        found |= asyncio.run(with_postgres(Path(name), at))
    if chosen.sent:
        found["from a question to the desk"] = asyncio.run(carried(chosen.sent))
    finish(found, chosen.json)


if __name__ == "__main__":
    main()
