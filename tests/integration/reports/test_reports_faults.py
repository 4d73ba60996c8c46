"""Reports whatever dies: the whole story, stopped at every statement and every post; each time with
one report, the same entries, and nothing said twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from rilon.domain.entries import Subject
from tests.integration.reports.reports_desk import ANALYSIS, DESK, WHOLE, ReportScene
from tests.integration.requests.requests_desk import MONDAY, STRIDE
from tests.integration.requests.test_requests_faults import Died, Killer, watching

SLICES = 4


@pytest.fixture
def killer(scene: ReportScene) -> Iterator[Killer]:
    with watching(scene) as made:
        yield made


class Story:
    """From `!report` through an answer and ✅ to a correction and a withdrawal."""

    def __init__(self, scene: ReportScene, killer: Killer) -> None:
        self.scene, self.killer, self.restarts = scene, killer, 0

    async def until_done(self, work: Callable[[], Awaitable[Any]]) -> None:
        for _ in range(4):
            self.killer.armed = True
            try:
                await work()
                return
            except Died:
                self.restarts += 1
            finally:
                self.killer.armed = self.killer.dead = False
        raise AssertionError("it dies for ever")

    async def says(self, body: str, **how: Any) -> str:
        event = await self.scene.says("idn.focal1", DESK, body, perform=False, **how)
        await self.until_done(self.scene.perform)
        return event

    async def tell(self) -> dict[str, Any]:
        scene = self.scene
        scene.at = MONDAY
        first = len(scene.posts)
        root = await self.says(WHOLE.replace("2 Nov, ", ""))
        await self.says("2 Nov", thread=root)
        await self.says("kirim", thread=root)
        (report,) = await scene.reports()
        await self.says("!report area: Java Sea", thread=root)
        (corrected,) = await scene.reports()
        await self.says(f"!report withdraw {report.number}", thread=root)
        steps = [dict(one.subject)[Subject.STEP] for one in await scene.entries_of_reports()]
        said = [
            (room, re.sub(r"REP-\w+-\w", "N", content["body"]))
            for room, content in list(scene.posts.values())[first:]
        ]
        stands = Counter(room for room, _, _ in scene.server.stands.values())
        rows = await scene.run("SELECT sealed, revision FROM report")
        left = await scene.run("SELECT kind FROM effect WHERE state IN ('due', 'performing')")
        words = await scene.run("SELECT 1 FROM effect WHERE payload ? 'sealed'")
        open_talks = await scene.run("SELECT 1 FROM report_exchange WHERE sealed IS NOT NULL")
        await scene.run("TRUNCATE report, ledger_outbox")
        scene.server.stands.clear()
        return {
            "said": sorted(said), "stands": stands, "steps": steps, "reports": len(rows),
            "revision": corrected.revision, "area": corrected.said.area,
            "erased": [row.sealed for row in rows], "left": len(left), "words": len(words),
            "open": len(open_talks),
        }  # fmt: skip


@pytest.mark.parametrize("part", range(SLICES))
async def test_stopped_anywhere_a_report_is_filed_once(
    scene: ReportScene, killer: Killer, part: int
) -> None:
    """INVARIANT: report, entry and words belong together, whatever dies between them."""
    await Story(scene, killer).tell()
    killer.count = 0
    baseline = await Story(scene, killer).tell()
    places = killer.count
    assert baseline["steps"] == ["filed", "corrected", "withdrawn"]
    assert (baseline["reports"], baseline["revision"], baseline["area"]) == (1, 2, "java-sea")
    assert (baseline["erased"], baseline["left"], baseline["words"]) == ([None], 0, 0)
    assert [room for room, _ in baseline["said"]].count(f"!{ANALYSIS}") == 3
    assert places > 60
    for at in range(1, places + 1, STRIDE)[part::SLICES]:
        story = Story(scene, killer)
        with killer.killing(at):
            result = await story.tell()
        assert result == baseline, at
        assert story.restarts == 1, at


async def test_every_effect_performed_twice_files_one_report(
    scene: ReportScene, killer: Killer
) -> None:
    """At least once means this."""
    await Story(scene, killer).tell()
    baseline = await Story(scene, killer).tell()
    inner = scene.performer._perform

    async def twice(due: Any) -> None:
        await inner(due)
        await scene.run(
            "UPDATE effect SET state = 'due' WHERE id = :id AND state = 'done'", id=due.id
        )
        for one in await scene.effects.next_due(scene.at + timedelta(hours=1), [], 1000):
            if one.id == due.id:
                await inner(one)

    scene.performer._perform = twice  # type: ignore[method-assign]  # every effect, two times
    assert await Story(scene, killer).tell() == baseline
