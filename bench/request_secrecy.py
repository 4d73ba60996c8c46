"""Whether time tells that there is a request: pairs of deeds, one beside something hidden and one
not, in an order by chance, and a rank test on how long they took.

`tests/integration/talk/test_requests_no_oracle.py` shows that both run the same statements. This
looks at what is left of it: the time.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.ranks import compared
from rilon.application.request_changes import Around
from rilon.application.request_overlaps import work_off
from rilon.application.request_values import NewRequest
from rilon.application.requests import Requests
from rilon.domain.parties import parties
from rilon.domain.request_numbers import RequestNumber, draw
from rilon.domain.request_steps import Finish
from rilon.domain.selectors import Selector, SelectorKind
from rilon.storage.requests import RequestStore

STRANGER, DESK = "@tha.focal1:bench", "mps-desk-tha"
KEY = b"k" * 32
WARM_UP = 20

Deed = Callable[[], Awaitable[Any]]


async def secrecy(
    engine: AsyncEngine, store: RequestStore, deeds: Requests, around: Around, rounds: int
) -> dict[str, Any]:
    """The comparisons, `rounds` times each way."""
    numbers = await _hidden(engine, rounds + WARM_UP)

    def named(number: RequestNumber) -> Deed:
        return lambda: deeds.act(STRANGER, number, Finish(), f"${secrets.token_hex(16)}")

    async def asks(ship: str) -> None:
        selector = Selector(SelectorKind.VESSEL, ship, ship)
        new = NewRequest(parties("MYS"), ("Who saw it?",), selectors=(selector,))
        event = f"${secrets.token_hex(16)}"
        found = await deeds.ask(STRANGER, "mps", new, DESK, event)
        if not isinstance(found, str):
            raise SystemExit(f"not asked: {found}")

    await _known_ship(store, deeds, around)
    pool = iter(numbers)
    return {
        "a number that is others', or is none": await _times(
            lambda: named(next(pool)), lambda: named(draw("mps", secrets.randbelow)), rounds
        ),
        "asking of a ship that others ask of, or nobody": await _times(
            lambda: lambda: asks("nova"),
            lambda: lambda: asks(f"x{secrets.token_hex(8)}"),
            rounds,
        ),
    }


async def _known_ship(store: RequestStore, deeds: Requests, around: Around) -> None:
    """Somebody asks of the ship, and it has been compared with all others."""
    selector = Selector(SelectorKind.VESSEL, "nova", "Nova")
    new = NewRequest(parties("BGD"), ("Whose is it?",), selectors=(selector,))
    asked = await deeds.ask("@idn.focal1:bench", "mps", new, "mps-desk-idn", "$known-ship")
    if not isinstance(asked, str):
        raise SystemExit(f"not asked: {asked}")
    request_id = await store.numbered(RequestNumber(asked))
    await work_off(store, request_id or "", KEY, around.network, around.now.date())


async def _hidden(engine: AsyncEngine, count: int) -> list[RequestNumber]:
    """Numbers of requests that the stranger's party is nothing of."""
    query = text(
        "SELECT number FROM request r WHERE party <> 'THA' AND NOT EXISTS "
        "(SELECT 1 FROM request_addressee a WHERE a.request = r.id AND a.party = 'THA') "
        "ORDER BY random() LIMIT :count"
    )
    async with engine.connect() as connection:
        rows = (await connection.execute(query, {"count": count})).scalars().all()
    if len(rows) < count:
        raise SystemExit("too few requests to look at")
    return [RequestNumber(one) for one in rows]


async def _times(there: Callable[[], Deed], absent: Callable[[], Deed], rounds: int) -> Any:
    """Milliseconds of both, turn by turn, who is first drawn each time."""
    spent: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + WARM_UP):
        for which in random.sample((0, 1), 2):
            deed = (there, absent)[which]()
            begun = time.perf_counter()
            await deed()
            if turn >= WARM_UP:
                spent[which].append((time.perf_counter() - begun) * 1000)
    return compared(*spent)
