"""A room that is opened while the worker sweeps: it stood in the list of rooms, and not yet in the
network that had been read before, and so was closed as one that policy has no place for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from rilon.application.rooms_on_demand import open_pair
from rilon.bootstrap import worker
from rilon.policy.network import Network
from rilon.policy.on_demand import OnDemand
from rilon.storage.rooms import PolicyStore
from rilon.storage.rooms_on_demand import opened_rooms
from tests.integration.steward_desk import OFFICER, SERVER, Desk, opened_desk
from tests.integration.test_rooms_on_demand import PAIR, Steward


@pytest.fixture
async def desk(postgres_dsn: str) -> AsyncIterator[Desk]:
    async with opened_desk(postgres_dsn) as opened:
        async with opened.engine.begin() as connection:
            for table in ("room_on_demand", "effect", "ledger_outbox"):
                await connection.execute(text(f"DELETE FROM {table}"))
            await connection.execute(text("DELETE FROM governed_room WHERE room_key LIKE '%+%'"))
            for name in ("aus.focal1", "idn.focal1"):
                await connection.execute(
                    text(
                        "INSERT INTO officer_state (user_id, name, state) "
                        "VALUES (:user, :name, 'admitted') ON CONFLICT DO NOTHING"
                    ),
                    {"user": f"@{name}:{SERVER}", "name": name},
                )
        yield opened
        async with opened.engine.begin() as connection:
            await connection.execute(text("DELETE FROM governed_room"))


def _opening(steward: Steward) -> Callable[[], Awaitable[None]]:
    """Opens the room, once."""
    asked = [open_pair(OFFICER, ["idn.focal1"], "during a sweep")]

    async def open_it() -> None:
        while asked:
            await steward.ask(asked.pop())

    return open_it


async def _stands(steward: Steward) -> OnDemand | None:
    await steward.work()
    assert "room_retired" not in {said for _, said in steward.said}
    return await steward.stored.find(PAIR.key)


async def test_a_room_opened_after_the_network_was_read_stays_open(desk: Desk) -> None:
    steward = Steward(desk)
    open_it = _opening(steward)

    class Slow(PolicyStore):
        async def in_force(self) -> Network | None:
            read = await super().in_force()
            await open_it()
            return read

    await worker.sweep_terms(desk.engine, Slow(desk.engine))
    assert await _stands(steward) == PAIR


async def test_a_room_opened_after_the_rooms_were_read_stays_open(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    steward = Steward(desk)
    open_it = _opening(steward)
    read_rooms = opened_rooms

    async def slow(engine: AsyncEngine) -> object:
        read = await read_rooms(engine)
        await open_it()
        return read

    monkeypatch.setattr(worker, "opened_rooms", slow)
    await worker.sweep_terms(desk.engine, PolicyStore(desk.engine))
    assert await _stands(steward) == PAIR
