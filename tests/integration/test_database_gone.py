"""What a database that died leaves behind: connections that are dead, and effects that failed for
nothing of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from bots.steward.performer import AWAY, MOST_ATTEMPTS, Performer
from rilon.adapters.homeserver import HomeserverAway, HomeserverError
from rilon.application.ports import DueEffect, NewEffect
from rilon.storage.decisions import Decisions
from rilon.storage.effects import Effects
from tests.integration.steward_desk import FLOOR, Desk, opened_desk, outbox

HELD_OPEN = 6


@pytest.fixture(scope="module")
async def desk(postgres_dsn: str) -> AsyncIterator[Desk]:
    async with opened_desk(postgres_dsn) as made:
        yield made


async def test_no_question_pays_for_connections_that_died_with_the_database(desk: Desk) -> None:
    """Each dead one cost a `later`; the third of these has clients wait for forty seconds."""
    engine = create_async_engine(desk.engine.url, pool_size=HELD_OPEN, max_overflow=0)
    decisions = Decisions(engine, outbox)
    try:
        everyone_in = asyncio.Barrier(HELD_OPEN)

        async def decided(room: str) -> None:
            async with decisions.in_room(room):
                await everyone_in.wait()

        await asyncio.gather(*(decided(f"!room{number}") for number in range(HELD_OPEN)))
        async with desk.engine.begin() as connection:
            own = text("SELECT pg_backend_pid()")
            pid = (await connection.execute(own)).scalar_one()
            gone = text(
                "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 5000)) AS n "
                "FROM pg_stat_activity WHERE datname = current_database() AND pid <> :pid "
                "AND query NOT LIKE '%pg_terminate%' AND state = 'idle'"
            )
            killed = (await connection.execute(gone, {"pid": pid})).scalar_one()
        assert killed >= HELD_OPEN
        await asyncio.sleep(0.1)
        for number in range(HELD_OPEN):
            async with decisions.in_room(f"!room{number}"):
                pass
    finally:
        await engine.dispose()


async def test_a_homeserver_that_is_away_for_long_has_nothing_given_up(desk: Desk) -> None:
    """However often it wasn't there, the first "no" after that is a first "no"."""
    effects = Effects(desk.engine)
    now = [datetime.now(UTC) + timedelta(minutes=1)]
    answers: list[Exception] = [HomeserverAway("away")] * (3 * MOST_ATTEMPTS)
    answers.append(HomeserverError(403, "M_FORBIDDEN"))

    async def perform(due: DueEffect) -> dict[str, Any]:
        await effects.prepare(due, {"room_id": FLOOR, "type": "m.x", "content": {}}, b"d" * 32)
        if answers:
            raise answers.pop(0)
        return {"event_id": "$there"}

    performer = Performer(effects, {"patient": perform}, lambda: now[0])
    await effects.write([NewEffect("patient", "a patient effect", {}, once="patient-1")])
    while True:
        mine = [one for one in await effects.next_due(now[0], [], 500) if one.kind == "patient"]
        if not mine:
            break
        before = len(answers)
        await performer._perform(mine[0])
        now[0] += AWAY if before > 1 else timedelta(minutes=2)
    assert await effects.result_of("patient-1") == {"event_id": "$there"}
