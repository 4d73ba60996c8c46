"""Policy says how long personal data is kept: shorter or longer, by room, for rooms that are gone;
and the worker that looks can change nothing of it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from rilon.bootstrap.worker import forget_what_is_over, sweep_expired
from rilon.policy.build import build
from rilon.policy.network import Network
from tests.integration.passages_desk import (
    FLOOR,
    IDN,
    IDN_DESK,
)
from tests.integration.test_personal_data_term import PERSON, TERM, Keeping, stage
from tests.policy_scene import NETWORK

__all__ = ["stage"]


def kept(days: int | None, **rooms: Any) -> Network:
    """The policy with another term for personal data in its group."""
    (group,) = NETWORK.documents.groups
    changed = group.model_copy(update={"personal_data_days": days, **rooms})
    network = NETWORK.documents.network.model_copy(update={"version": 2})
    update = {"groups": (changed,), "network": network}
    return build(NETWORK.documents.model_copy(update=update))


async def test_a_policy_with_a_shorter_term_holds_for_what_stands_already(
    stage: Keeping,
) -> None:
    person = await stage.told(IDN, FLOOR, f"TLP:AMBER PD // {PERSON}")
    stage.at += timedelta(days=8)
    assert await stage.sweep() == 0
    await stage.put(kept(7))
    assert await stage.sweep() == 1
    assert await stage.redacted() == {person}


async def test_a_policy_without_a_term_removes_nothing_by_it(stage: Keeping) -> None:
    await stage.told(IDN, FLOOR, f"TLP:AMBER PD // {PERSON}")
    await stage.put(kept(None))
    stage.at += 5 * TERM
    assert await stage.sweep() == 0
    assert await stage.redacted() == set()


async def test_each_room_has_its_own_term(stage: Keeping) -> None:
    (group,) = NETWORK.documents.groups
    desks = group.rooms.desks.model_copy(update={"personal_data_days": 5})
    await stage.put(kept(30, rooms=group.rooms.model_copy(update={"desks": desks})))
    floor = await stage.told(IDN, FLOOR, f"TLP:AMBER PD // {PERSON}")
    desk = await stage.told(IDN, IDN_DESK, "TLP:AMBER PD // his sister is called on the same line")
    stage.at += timedelta(days=6)
    assert await stage.sweep() == 1
    assert await stage.redacted() == {desk}
    stage.at += timedelta(days=25)
    assert await stage.sweep() == 1
    assert await stage.redacted() == {desk, floor}


async def test_a_room_that_policy_has_no_more_keeps_it_no_longer_than_any(
    stage: Keeping,
) -> None:
    person = await stage.told(IDN, FLOOR, f"TLP:AMBER PD // {PERSON}")
    rooms = {key: room for key, room in NETWORK.rooms.items() if key != FLOOR}
    without = replace(NETWORK, rooms=rooms)
    stage.at += TERM - timedelta(minutes=1)
    assert await stage.over(without) == []
    stage.at += timedelta(minutes=2)
    assert await stage.over(without) == [f"!{FLOOR}"]
    assert person not in await stage.redacted()


async def test_the_worker_sees_when_and_may_not_change_it(stage: Keeping) -> None:
    """ATTACK: a worker in other hands makes the clock forget, or brings it forward."""
    await stage.told(IDN, FLOOR, f"TLP:AMBER PD // {PERSON}")
    server = {"server_settings": {"role": "rilon_worker"}}
    engine = create_async_engine(stage.engine.url, connect_args=server)
    try:
        for statement in ("DELETE FROM personal_data", "UPDATE personal_data SET since = now()"):
            with pytest.raises(DBAPIError, match="permission denied"):
                async with engine.begin() as connection:
                    await connection.execute(text(statement))
        stage.at += TERM + timedelta(minutes=1)
        assert await sweep_expired(engine, stage.at) == 1
        await forget_what_is_over(engine, stage.at)
    finally:
        await engine.dispose()
