"""Requests while servers die: between each two steps of two stories one of the six processes is
killed, by turns; at the end each thing was said exactly once, everything is where it should be,
and the ledger holds each step once.

`RILON_TURN=1` to `5` begins the turns elsewhere: six runs kill each process at every step.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import time
from collections import Counter
from itertools import repeat, zip_longest
from typing import Any

import pytest

from rilon.domain.entries import EntryKind, Subject
from rilon.embedded.postgres import OWNER
from tests.e2e.conftest import STEWARD, World
from tests.e2e.request_stories import Act, AskedBack, Desks, Step, ToTwo, desks
from tests.e2e.streams import RECOVERED_S, entries, until

pytestmark = pytest.mark.timeout(300)

logger = logging.getLogger(__name__)

PROCESSES = ("postgres", "worker", "steward", "beat", "redis", "synapse")
"""Who dies, by turns."""
TURN = int(os.environ.get("RILON_TURN", "0"))
SEED = 20261123
LATER = 2
"""The second story begins so many steps later, so that each death falls on two different ones."""
LONGEST_S = (0.6, 0.1)
"""How long after an officer's act somebody dies, at the most."""

_OPEN = """
    SELECT count(*) FROM effect
     WHERE id > $1 AND state IN ('due', 'performing') AND due_at < now() + interval '1 minute'
       AND NOT (state = 'due' AND problem IS NULL AND due_at > now())
"""
"""What was tried and waits for another attempt counts; what was never due yet doesn't: requests
are compared at a moment drawn by chance, up to five minutes after their asking."""
_SAID = """
    SELECT result ->> 'event_id' AS event_id FROM effect
     WHERE id > $1 AND state = 'done' AND result ? 'event_id'
"""
_STANDS = """
    SELECT event_id FROM events
     WHERE room_id = ANY($1) AND sender = $2 AND stream_ordering > $3
       AND type IN ('m.room.encrypted', 'm.reaction')
"""
_DONE = """
    SELECT r.number, a.party, a.state, a.outcome, a.refusal, a.usefulness, r.open
      FROM request r JOIN request_addressee a ON a.request = r.id WHERE r.number = ANY($1)
"""
_WORDS = """
    SELECT w.kind, w.addressee, w.state, w.sealed IS NULL AS erased FROM request_words w
      JOIN request r ON r.id = w.request WHERE r.number = ANY($1)
"""


class Deaths:
    """Kills, and waits until what was killed is back."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.moments = random.Random(SEED + TURN)
        self.killed: Counter[str] = Counter()

    async def between(self, at: int, steps: list[Step]) -> None:
        """These steps, side by side, with one process that dies as their work is under way: by
        turns at once, and in the midst of it."""
        name = PROCESSES[(at + TURN) % len(PROCESSES)]
        begun = time.monotonic()
        acts = [list(step.does()) for step in steps]
        every = [act for some in acts for act in some]
        for act in every:
            await act.prepare()
        await _sent(every)
        await asyncio.sleep(self.moments.uniform(0.0, LONGEST_S[at // len(PROCESSES) % 2]))
        self._kill(name)
        await self.world.network.wait_ready(name, RECOVERED_S)
        back = time.monotonic()
        await asyncio.gather(*(step.comes(own) for step, own in zip(steps, acts, strict=True)))
        said = ", ".join(step.name for step in steps)
        logger.info(
            "%s died as one %s: back after %.1f s, all told after %.1f s",
            name,
            said,
            back - begun,
            time.monotonic() - begun,
        )

    def _kill(self, name: str) -> None:
        assert name in self.world.network.processes
        self.world.network.kill(name)
        self.killed[name] += 1


async def _sent(acts: list[Act]) -> None:
    """In the order in which they were written."""
    for act in acts:
        await act.send()


async def asked(world: World, query: str, *values: Any, database: str = "rilon") -> list[Any]:
    user = OWNER if database == "rilon" else "synapse"
    connection = await world.network.postgres().connect(user, database)
    try:
        return list(await connection.fetch(query, *values))
    finally:
        await connection.close()


async def test_whoever_dies_between_any_two_steps_nothing_is_lost_and_nothing_doubled(
    world: World,
) -> None:
    at = await desks(world)
    first = (await asked(world, "SELECT coalesce(max(id), 0) AS n FROM effect"))[0]["n"]
    before = (
        await asked(world, "SELECT max(stream_ordering) AS n FROM events", database="synapse")
    )[0]["n"]
    one, other = ToTwo(at), AskedBack(at)
    deaths, begun = Deaths(world), time.monotonic()
    tracks = zip_longest(one.steps(), [*repeat(None, LATER), *other.steps()])
    for turn, steps in enumerate(tracks):
        await deaths.between(turn, [step for step in steps if step is not None])
    spent = time.monotonic() - begun
    logger.info("the stories took %.1f s; killed: %s", spent, dict(deaths.killed))
    assert all(deaths.killed[name] >= 2 for name in PROCESSES)

    async def settled() -> bool:
        return bool((await asked(world, _OPEN, first))[0]["count"] == 0)

    await until(settled, "the outbox to be empty")
    await _each_event_is_one_effect(world, at, first, before)
    _each_thing_is_said_once(at)
    await _all_is_where_it_should_be(world, one.number, other.number)
    await _the_ledger_has_each_step_once(world, one.number, other.number)


async def _each_event_is_one_effect(world: World, at: Desks, first: int, before: int) -> None:
    """What the homeserver has of the steward in these rooms is what the outbox says it sent."""
    rooms = [place.room_id for place in at.places]
    rows = await asked(world, _STANDS, rooms, STEWARD, before, database="synapse")
    stands = {row["event_id"] for row in rows}
    told = [row["event_id"] for row in await asked(world, _SAID, first)]
    assert len(told) == len(set(told))
    assert stands <= set(told)
    assert len(stands) > 60


def _each_thing_is_said_once(at: Desks) -> None:
    for place in at.places:
        said = [one.text for one in place.said()]
        doubled = [text for text, count in Counter(said).items() if count > 1]
        assert doubled == [], place.key
        assert sorted(said) == sorted(place.told), place.key


async def _all_is_where_it_should_be(world: World, *numbers: str) -> None:
    rows = [tuple(row) for row in await asked(world, _DONE, list(numbers))]
    first, second = numbers
    assert sorted(rows) == sorted(
        [
            (first, "AUS", "closed", "answered", None, "useful", False),
            (first, "TLS", "closed", "refused", "f", None, False),
            (second, "MYS", "closed", "answered", None, "partly", False),
        ]
    )
    words = [tuple(row) for row in await asked(world, _WORDS, list(numbers))]
    assert sorted(words) == sorted(
        (kind, party, "sent", True)
        for kind, party in (
            ("question", "AUS"),
            ("question", "TLS"),
            ("question", "MYS"),
            ("answer", "AUS"),
            ("answer", "MYS"),
            ("clarification", "MYS"),
            ("clarified", "MYS"),
        )
    )


async def _the_ledger_has_each_step_once(world: World, *numbers: str) -> None:
    async def recorded() -> Any:
        report = await world.verify()
        assert report.sound, report.findings
        assert report.signatures_checked
        waiting = await asked(world, "SELECT count(*) FROM ledger_outbox")
        return report if waiting[0]["count"] == 0 else None

    found = await entries(world, await until(recorded, "the ledger to have everything"))
    ids = await asked(world, "SELECT id FROM request WHERE number = ANY($1)", list(numbers))
    steps = Counter(
        (
            entry.correlation.rpartition(".")[2],
            min(entry.parties),
            dict(entry.subject)[Subject.STEP],
        )
        for row in ids
        for correlation, some in found.items()
        if correlation.startswith(f"{row['id']}.")
        for entry in some
        if entry.kind is EntryKind.REQUEST
    )
    assert set(steps.values()) == {1}, steps
    courses = {
        ("AUS", "MYS"): {"sent", "delivered", "acknowledged", "answered", "closed"},
        ("TLS", "MYS"): {"sent", "delivered", "acknowledged", "refused", "closed"},
        ("MYS", "AUS"): {
            *{"sent", "delivered", "acknowledged", "assigned", "clarification_asked"},
            *{"clarified", "answered", "closed"},
        },
    }
    expected = {
        (addressee, side, step)
        for (addressee, asker), course in courses.items()
        for side in (addressee, asker)
        for step in course
    }
    assert set(steps) == expected
