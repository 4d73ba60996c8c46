"""What officers say of requests and duties, from the message to the answer, on a real PostgreSQL
through the real gate."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from tests.integration.talk_desk import TABLES as TALKED
from tests.integration.talk_desk import TalkScene
from tests.integration.test_requests import TABLES
from tests.policy_scene import NETWORK

pytestmark = pytest.mark.asyncio(loop_scope="session")

DIRECT = "direct-idn.focal1"
DESK, MALAYSIA, THAILAND = "mps-desk-idn", "mps-desk-mys", "mps-desk-tha"


@pytest_asyncio.fixture(loop_scope="session")
async def scene(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[TalkScene]:
    engine = create_async_engine(make_url(postgres_dsn).set(drivername="postgresql+asyncpg"))
    made = TalkScene(engine, NETWORK, tmp_path)
    await made.run(f"TRUNCATE {TABLES}, {TALKED} RESTART IDENTITY CASCADE")
    await made.prepare()
    yield made
    await engine.dispose()


# --- people --------------------------------------------------------------------------------------


async def test_who_finds_people_and_answers_in_the_direct_room(scene: TalkScene) -> None:
    await scene.says("aus.focal1", "mps-floor", "!who IDN coast guard")
    said = scene.last("direct-aus.focal1")
    assert "idn.focal" in said
    assert "WIB" in said
    assert scene.heard("mps-floor") == []


async def test_who_finds_nobody_and_says_what_to_write(scene: TalkScene) -> None:
    await scene.says("aus.focal1", "direct-aus.focal1", "!who Malaisia")
    assert "Did you mean" in scene.last("direct-aus.focal1")


# --- the whole story -----------------------------------------------------------------------------


async def test_a_request_by_one_line_reaches_the_desks_and_comes_back_answered(
    scene: TalkScene,
) -> None:
    asked = await scene.says(
        "idn.focal1", DESK, "!rfi MYS,THA urgent, danger to life: Where is the NOVA STAR now?"
    )
    assert scene.last(DESK).startswith("To MYS and THA")
    preview = scene.event(DESK, "To MYS and THA")
    await scene.taps("idn.focal1", DESK, preview, "✅")
    print("\n--".join(f"{room}: {c['body']}" for room, c in scene.posts.values()))
    card = scene.event(MALAYSIA, "Request MPS-")
    assert "Where is the NOVA STAR now?" in scene.content(card)["body"]
    await scene.taps("mys.focal1", MALAYSIA, card, "👍")
    answer = await scene.says("mys.focal1", MALAYSIA, "TLP:AMBER // It is in Johor.", reply=card)
    shown = scene.event(MALAYSIA, "This is what")
    await scene.taps("mys.focal1", MALAYSIA, shown, "✅")
    assert any("It is in Johor." in said for said in scene.heard(DESK))
    other = scene.event(THAILAND, "Request MPS-")
    await scene.says("tha.focal1", THAILAND, "!refuse c", thread=other)
    rated = scene.event(DESK, "how useful was the answer")
    await scene.taps("idn.focal1", DESK, rated, "👍")
    await scene.says("idn.focal1", DESK, "!close useful", thread=asked)
    print("\n--".join(f"{room}: {c['body']}" for room, c in scene.posts.values()))
    assert answer
