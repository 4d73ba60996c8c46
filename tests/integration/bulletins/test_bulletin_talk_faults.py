"""Bulletins whatever dies: the whole talk, stopped at many places, comes to the same words in every
room, with nothing said twice."""

from __future__ import annotations

import gc
import re
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.bulletins.bulletins_desk import (
    ANALYSIS,
    ONE,
    TWO,
    BulletinScene,
    as_sent,
    opened_bulletin_scene,
)
from tests.integration.requests.requests_desk import STRIDE
from tests.integration.requests.test_requests_faults import Died, Killer, watching

STEPS = 5
PLACES = max(STRIDE * 4, 1)


def said(scene: BulletinScene) -> Counter[tuple[str, str]]:
    """What stands in each room, edits and numbers apart."""
    standing = {event for _, event, _ in scene.server.stands.values()}
    return Counter(
        (room, re.sub(r"BUL-\S+|\$\w+", "…", content["body"]))
        for event, (room, content) in scene.posts.items()
        if event in standing and "m.new_content" not in content
    )


async def _step(scene: BulletinScene, number: int) -> None:
    """One step of the story, heard but not worked off."""
    match number:
        case 0:
            await scene.says(ONE, ANALYSIS, "!bulletin new", perform=False)
        case 1:
            await scene.says(ONE, ANALYSIS, as_sent("Willow prams ran aground."), perform=False)
        case 2:
            await scene.heard_tap(ONE, ANALYSIS, scene.latest_card(), "✅")
        case 3:
            await scene.heard_tap(TWO, ANALYSIS, scene.latest_card(), "✅")
        case 4:
            await scene.heard_tap(ONE, ANALYSIS, scene.latest_card(), "📣")


async def _story(scene: BulletinScene, killer: Killer, step: int, at: int) -> int:
    """The story, killed in the working off of that step at that place; how many places it has."""
    count = 0
    for number in range(STEPS):
        await _step(scene, number)
        if number == step:
            with killer.killing(at):
                killer.armed = True
                with suppress(Died):
                    await scene.perform()
                killer.armed, count = False, killer.count
            scene.restart()
            scene.at += timedelta(minutes=10)
        await scene.perform()
    return count


def _spared(scene: BulletinScene, killer: Killer) -> None:
    """A batch of sync, and what the homeserver notes, die at other times than the steward."""
    for name in ("leaves", "_delivered"):
        inner = getattr(scene, name)

        async def spared(*arguments: Any, inner: Any = inner) -> Any:
            armed, killer.armed = killer.armed, False
            try:
                return await inner(*arguments)
            finally:
                killer.armed = armed

        setattr(scene, name, spared)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # killed connections
@pytest.mark.parametrize("step", range(STEPS))
async def test_killed_at_any_place_everything_is_said_once(
    postgres_dsn: str, tmp_path: Path, step: int
) -> None:
    """From the form until it stands in its room."""
    places, expected, final = 1, Counter[tuple[str, str]](), ""
    for at in (0, *range(1, 10_000, PLACES)):
        if at > places:
            break
        async with opened_bulletin_scene(postgres_dsn, tmp_path) as scene:
            with watching(scene) as killer:
                _spared(scene, killer)
                count = await _story(scene, killer, step, at)
            if at == 0:
                places, expected, final = count, said(scene), _clean(scene.shown())
                assert len(scene.in_bulletins()) == 1
                continue
            assert said(scene) == expected, f"killed at place {at} of {places}"
            assert _clean(scene.shown()) == final, f"killed at place {at} of {places}"
    gc.collect()


def _clean(text: str) -> str:
    return re.sub(r"BUL-\S+|\$\w+", "…", text)
