"""What policy keeps no longer is deleted, by a worker that can read none of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from rilon.storage.bulletin_retention import forget_bulletins, forget_reports
from tests.integration.bulletins.bulletins_desk import (
    ANALYSIS,
    ONE,
    ROOM,
    BulletinScene,
    chart,
    written,
)

KEPT = {ROOM: timedelta(days=730), ANALYSIS: timedelta(days=180)}
TABLES = (
    "bulletin",
    "bulletin_version",
    "bulletin_picture",
    "bulletin_room",
    "bulletin_ack",
    "bulletin_term",
    "bulletin_place",
    "bulletin_thread",
    "bulletin_said",
    "posting",
)


@pytest.fixture
async def worker(scene: BulletinScene) -> AsyncIterator[AsyncEngine]:
    """With the worker's rights alone."""
    rights = {"server_settings": {"role": "rilon_worker"}}
    engine = create_async_engine(scene.engine.url, connect_args=rights)
    yield engine
    await engine.dispose()


async def test_a_bulletin_goes_when_its_room_keeps_it_no_longer(
    scene: BulletinScene, worker: AsyncEngine
) -> None:
    """With all that was written for it; a later correction begins its term anew."""
    picture = "Tides of the week.\n\n![Tides by day](tides.png)"
    old = await scene.published(written(picture), pictures={"tides.png": chart()})
    await scene.taps("idn.focal1", ROOM, scene.event(ROOM, "Tides of the week"), "✅")
    kept = await scene.published(written("Moons of the month.", title="Moons"))
    begun = scene.at
    scene.at += timedelta(days=300)
    await scene.published(written("Moons of two months.", title="Moons"), number=kept)
    assert await forget_bulletins(worker, KEPT, begun + timedelta(days=729)) == 0
    assert await forget_bulletins(worker, KEPT, begun + timedelta(days=732)) == 1
    assert await scene.numbers() == [kept]
    assert await scene.run("SELECT * FROM bulletin_picture") == []
    assert await scene.run("SELECT * FROM bulletin_term WHERE bulletin = :it", it=old) == []
    assert await forget_bulletins(worker, KEPT, begun + timedelta(days=1_100)) == 1
    for table in TABLES:
        assert await scene.run(f"SELECT * FROM {table}") == [], table


async def test_a_draft_that_nobody_published_goes_with_its_thread(
    scene: BulletinScene, worker: AsyncEngine
) -> None:
    """And so does a form that nobody filled in."""
    await scene.typed("Reeds along the estuary were cut.")
    await scene.says(ONE, ANALYSIS, "!bulletin new")
    assert await forget_bulletins(worker, KEPT, scene.at + timedelta(days=179)) == 0
    assert await forget_bulletins(worker, KEPT, scene.at + timedelta(days=181)) == 1
    for table in TABLES:
        assert await scene.run(f"SELECT * FROM {table}") == [], table


async def test_a_report_goes_when_no_room_of_its_group_keeps_it(
    scene: BulletinScene, worker: AsyncEngine
) -> None:
    await scene.reported("!report today, Andaman Sea, fishing boat, 40 men")
    terms = {"mps": timedelta(days=730)}
    assert await forget_reports(worker, terms, scene.at + timedelta(days=729)) == 0
    assert await forget_reports(worker, terms, scene.at + timedelta(days=731)) == 1
    for table in ("report", "report_exchange", "report_question", "posting"):
        assert await scene.run(f"SELECT * FROM {table}") == [], table


@pytest.mark.parametrize(
    ("table", "column"),
    [("bulletin_version", "sealed"), ("report", "sealed"), ("posting", "sealed")],
)
async def test_the_worker_reads_no_word(worker: AsyncEngine, table: str, column: str) -> None:
    async with worker.connect() as connection:
        with pytest.raises(DBAPIError, match="permission denied"):
            await connection.execute(text(f"SELECT {column} FROM {table}"))


async def test_what_is_under_way_stays(scene: BulletinScene, worker: AsyncEngine) -> None:
    """However old its draft is: while it is posted, or its withdrawal waits for a tap."""
    number = await scene.approved(written("Old ropes were found along the quay."))
    scene.at += timedelta(days=400)
    await scene.bulletins.publish(number, scene.officer(ONE))
    assert await forget_bulletins(worker, KEPT, scene.at + timedelta(days=800)) == 0
    await scene.perform()
    assert await scene.state(number) == "published"
    await scene.says(ONE, ANALYSIS, f"!bulletin withdraw {number} wrong")
    assert await forget_bulletins(worker, KEPT, scene.at) == 0
    await scene.taps(ONE, ANALYSIS, scene.event(ANALYSIS, "Withdraw "), "✅")
    assert "was withdrawn" in scene.in_bulletins()[-1]["body"]


async def test_what_policy_has_no_more_goes_too(scene: BulletinScene, worker: AsyncEngine) -> None:
    """After whatever term is the longest."""
    await scene.says(ONE, ANALYSIS, "!bulletin new")
    await scene.reported("!report today, Andaman Sea, fishing boat, 41 men")
    other = {"tip-floor": timedelta(days=365)}
    groups = {"tip": timedelta(days=365)}
    for days, left in ((364, 1), (366, 0)):
        await forget_bulletins(worker, other, scene.at + timedelta(days=days))
        await forget_reports(worker, groups, scene.at + timedelta(days=days))
        assert len(await scene.run("SELECT * FROM bulletin_thread")) == left
        assert len(await scene.run("SELECT * FROM report")) == left
