"""Publishing one bulletin (two messages and a picture) to twenty groups of fifty parties each,
beside as many ordinary messages of the steward, in turns.

What is real: PostgreSQL, policy, gate (with the process that opens each picture), ledger's outbox,
the steward's outbox and performer, eight subjects side by side. What isn't: the homeserver is that
of the tests, in memory. It asks the gate, and knows no reader's device: neither room keys for
readers nor their sync is in these times. All but PostgreSQL and the opening of pictures shares one
process: with eight side by side the gate's times hold those of the others, so they are measured
with one group, in turn, too. Look at ratios. `python -m bench bulletins [--json FILE]`.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image

from bench.bulletin_policy import ANALYSTS, STATES, generated
from bench.framing import finish, machine, with_postgres
from bench.passages import message
from rilon.application.bulletin_values import Picture, Version
from rilon.application.ports import NewEffect
from rilon.domain.files import FileType
from rilon.domain.verdicts import Accept, Verdict
from rilon.policy.network import Network
from tests.integration.bulletins.bulletins_desk import TABLES, BulletinScene
from tests.integration.desk import emptied

GROUPS = 20
MESSAGES = 3
"""In each room: two messages and a picture."""
PARAGRAPHS, LENGTH = 14, 600
LONG = 6_000
"""Characters of ciphertext: a bulletin's text has more, the caption of a picture fewer."""
WITHIN_S = 600.0

HEAD = """---
title: Round {number} of the measure
kind: trends
period: {{from: 2026-11-16, until: 2026-11-22}}
groups: [{groups}]
marking: TLP:AMBER
---

"""


class Timed(BulletinScene):
    """The scene by the true clock, with a stopwatch at the gate."""

    def start(self) -> None:
        """From now on, everything is new."""
        self.at = datetime.now(UTC)
        self.judged: list[tuple[float, bool]] = []
        """Of each post the gate's milliseconds, and whether it is a long text: no picture."""
        self.entered = 0
        self.last_in = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def judge(
        self, raw: dict[str, Any], device: str, transaction: str | None = None
    ) -> Verdict:
        begun = time.perf_counter()
        verdict = await super().judge(raw, device, transaction)
        if raw["type"] == "m.room.encrypted":
            spent = (time.perf_counter() - begun) * 1000
            self.judged.append((spent, len(raw["content"]["ciphertext"]) > LONG))
            if not isinstance(verdict, Accept):
                raise SystemExit(f"a message of the bench was refused: {verdict}")
            self.entered += 1
            self.last_in = time.perf_counter()
        return verdict

    async def all_in(self, count: int) -> None:
        """So many posts stand in their rooms."""
        end = time.perf_counter() + WITHIN_S
        while self.entered < count:
            if time.perf_counter() > end:
                raise SystemExit(f"{self.entered} of {count} posts came in")
            await asyncio.sleep(0.05)

    async def idle(self) -> None:
        """Nothing is due any more."""
        while await self.run("SELECT 1 FROM effect WHERE state IN ('due', 'performing') LIMIT 1"):
            await asyncio.sleep(0.05)


def picture() -> Picture:
    """A chart's size, and as hard to pack as a photograph."""
    data = io.BytesIO()
    Image.effect_noise((640, 400), 60).convert("RGB").save(data, "PNG")
    return Picture(FileType.PNG, data.getvalue())


def written(number: int, groups: Sequence[str]) -> bytes:
    """A bulletin of two messages and a picture, like none before."""
    draw = random.Random(number)
    text = "\n\n".join(message(LENGTH, draw) for _ in range(PARAGRAPHS))
    head = HEAD.format(number=number, groups=", ".join(groups))
    return f"{head}{text}\n\n![boats by day](days.png)\n".encode()


async def bulletin(scene: Timed, number: int, groups: Sequence[str]) -> dict[str, float]:
    """Publishes one; seconds until all rooms have it, and of the step alone."""
    author, other = (scene.officer(name) for name in ANALYSTS)
    made = await scene.drafted(written(number, groups), pictures={"days.png": picture()})
    name = made.version.number
    for done in (
        await scene.bulletins.submit(name, author),
        await scene.bulletins.approve(name, other),
    ):
        if not isinstance(done, Version):
            raise SystemExit(f"a step of the bench wasn't taken: {done}")
    scene.start()
    begun = time.perf_counter()
    done = await scene.bulletins.publish(name, author)
    step = time.perf_counter() - begun
    if not isinstance(done, Version):
        raise SystemExit(f"it wasn't published: {done}")
    scene.performer.wake()
    await scene.all_in(len(groups) * MESSAGES)
    spent = scene.last_in - begun
    gate = list(scene.judged[: len(groups) * MESSAGES])
    await scene.idle()
    if await scene.state(name) != "published" or scene.entered < len(groups) * MESSAGES:
        raise SystemExit("it doesn't stand in all of its rooms")
    return {"seconds": spent, "step": step} | of_gate(gate)


async def ordinary(scene: Timed, number: int, groups: Sequence[str]) -> dict[str, float]:
    """As many messages of the steward's own to the same rooms, each room's in their order."""
    effects = [
        NewEffect("say", f"bench {group}", {"to": f"{group}-bulletins", "text": "help"})
        for _ in range(MESSAGES)
        for group in groups
    ]
    scene.start()
    begun = time.perf_counter()
    await scene.effects.write(effects)
    scene.performer.wake()
    await scene.all_in(len(effects))
    spent = scene.last_in - begun
    await scene.idle()
    return {"seconds": spent} | of_gate(scene.judged)


def of_gate(judged: Sequence[tuple[float, bool]]) -> dict[str, float]:
    texts = [spent for spent, long in judged if long]
    others = [spent for spent, long in judged if not long]
    every = statistics.median(spent for spent, _ in judged)
    return {
        "gate": every,
        "gate_text": statistics.median(texts) if texts else every,
        "gate_other": statistics.median(others),
    }


async def measured(dsn: str, folder: Path, network: Network, rounds: int) -> dict[str, Any]:
    """Both, in turns; the first of each warms up."""
    groups = sorted(network.groups)
    found: dict[str, list[dict[str, float]]] = {"bulletin": [], "ordinary": [], "alone": []}
    async with emptied(dsn, TABLES) as engine:
        scene = Timed(engine, network, folder)
        scene.start()
        await scene.prepare()
        steward = asyncio.create_task(scene.performer.run())
        try:
            for number in range(rounds + 1):
                for name, work in (("bulletin", bulletin), ("ordinary", ordinary)):
                    one = await work(scene, number, groups)
                    print(f"{name} {number}: {one['seconds']:.2f} s", flush=True)
                    if number:
                        found[name].append(one)
                found["alone"].append(await bulletin(scene, rounds + 1 + number, groups[:1]))
        finally:
            steward.cancel()
            await asyncio.gather(steward, return_exceptions=True)
    return figures(found, len(groups) * MESSAGES)


def figures(found: dict[str, list[dict[str, float]]], posts: int) -> dict[str, Any]:
    def median(name: str, part: str, of: Callable[..., float] = statistics.median) -> float:
        return of(one[part] for one in found[name])

    spent, usual = median("bulletin", "seconds"), median("ordinary", "seconds")
    return {
        "posts_of_each": posts,
        "publish_until_all_rooms_have_it_s": spent,
        "least_s": median("bulletin", "seconds", min),
        "most_s": median("bulletin", "seconds", max),
        "of_that_the_step_itself_s": median("bulletin", "step"),
        "a_message_ms": spent / posts * 1000,
        "gate_a_text_ms": median("bulletin", "gate_text"),
        "gate_a_picture_ms": median("bulletin", "gate_other"),
        "ordinary_until_all_rooms_have_it_s": usual,
        "ordinary_a_message_ms": usual / posts * 1000,
        "ordinary_gate_a_message_ms": median("ordinary", "gate"),
        "ratio": spent / usual,
        "ratio_of_the_gate": median("bulletin", "gate") / median("ordinary", "gate"),
        "one_group_alone": {
            "seconds": median("alone", "seconds"),
            "gate_a_text_ms": median("alone", "gate_text"),
            "gate_a_picture_ms": median("alone", "gate_other"),
        },
        "of": len(found["bulletin"]),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each")
    parser.add_argument("--groups", type=int, default=GROUPS)
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    chosen = parser.parse_args(arguments)
    network = generated(chosen.groups)
    found: dict[str, Any] = {
        "machine": machine(),
        "homeserver": "in memory, of the tests; PostgreSQL, gate and outboxes are real",
        "network": f"{chosen.groups} groups of {len(STATES)} states, {len(network.rooms)} rooms",
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "steward").mkdir()
        found |= asyncio.run(
            with_postgres(
                folder / "network",
                lambda dsn: measured(dsn, folder / "steward", network, chosen.rounds),
            )
        )
    finish(found, chosen.json)


if __name__ == "__main__":
    main()
