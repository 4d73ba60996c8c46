"""The Celery worker and beat as processes.

`python -m rilon.bootstrap.worker --config worker.toml worker|beat`
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from rilon.application.digests import drafting
from rilon.application.keeping import ending_effects, ends_of_personal_data
from rilon.application.membership import ended_memberships
from rilon.application.recall_asked import expiry_effects
from rilon.application.rooms_on_demand import closed_rooms, idle_rooms
from rilon.bootstrap.parts import log_plainly
from rilon.config import WorkerSettings, load
from rilon.digests.due import due_digests
from rilon.policy.recent_words import REMEMBERED_FOR
from rilon.storage.bulletin_retention import forget_bulletins, forget_reports
from rilon.storage.bulletin_sweeps import write_reminding
from rilon.storage.effects import Effects
from rilon.storage.inbox import Inbox
from rilon.storage.officers import admitted_officers
from rilon.storage.passages import forget_words
from rilon.storage.personal_data import over_in_rooms
from rilon.storage.recalls import overdue_rooms
from rilon.storage.request_sweeps import forget_requests, write_due
from rilon.storage.retention import forget_attempts, forget_marks, forget_passages
from rilon.storage.rooms import PolicyStore, RoomStore
from rilon.storage.rooms_on_demand import opened_rooms, used_rooms
from rilon.tasks.duties import app, wire

INBOX_DAYS = 7
MARKS_DAYS = 14
"""How long a deed is remembered as done: longer than any batch in which it was asked for."""


class WorkerDuties:
    """The duties on a real database. Each opens its own connection: workers are forked."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings

    def sweep_terms(self) -> int:
        """Writes the removal of everybody whose term or place in policy has ended."""
        return asyncio.run(
            self._with_engine(lambda engine: sweep_terms(engine, PolicyStore(engine)))
        )

    def retire_rooms(self) -> int:
        """Writes the retirement of every room on demand that nobody uses."""
        return asyncio.run(self._with_engine(_retire_rooms))

    def sweep_expired(self) -> int:
        """Writes the recall of content whose last day is over, or its term for personal data."""
        return asyncio.run(
            self._with_engine(lambda engine: sweep_expired(engine, datetime.now(UTC)))
        )

    def sweep_requests(self) -> int:
        """Writes an effect for each part of a request where something is due."""
        return asyncio.run(self._with_engine(lambda engine: write_due(engine, datetime.now(UTC))))

    def forget_requests(self) -> int:
        """Erases closed requests that their group keeps no longer."""
        return asyncio.run(self._with_engine(_forget_requests))

    def draft_digests(self) -> int:
        """Writes an effect for each digest that policy asks for by now."""
        return asyncio.run(
            self._with_engine(lambda engine: ask_for_digests(engine, datetime.now(UTC)))
        )

    def forget_marks(self) -> int:
        """Deletes marks of deeds that can't be asked for again."""
        before = datetime.now(UTC) - timedelta(days=MARKS_DAYS)
        return asyncio.run(self._with_engine(lambda engine: forget_marks(engine, before)))

    def remind_bulletins(self) -> int:
        """Writes the effect that looks for bulletins nobody of a party has acknowledged."""
        return asyncio.run(
            self._with_engine(lambda engine: write_reminding(engine, datetime.now(UTC)))
        )

    def forget_bulletins(self) -> int:
        """Deletes bulletins and reports that policy keeps no longer."""
        return asyncio.run(self._with_engine(_forget_bulletins))

    def prune_inbox(self) -> int:
        """Deletes old sync batches."""
        return asyncio.run(
            self._with_engine(lambda engine: Inbox(engine).forget_before(INBOX_DAYS))
        )

    def forget_words(self) -> int:
        """Deletes old recent words."""
        return asyncio.run(self._with_engine(lambda engine: forget_words(engine, REMEMBERED_FOR)))

    def forget_passages(self) -> int:
        """Deletes fingerprints and attempts that are kept no longer."""
        return asyncio.run(
            self._with_engine(lambda engine: forget_what_is_over(engine, datetime.now(UTC)))
        )

    async def _with_engine(self, work: Callable[[AsyncEngine], Awaitable[int]]) -> int:
        engine = create_async_engine(
            self._settings.database.url(),
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={"timeout": 5},
        )
        try:
            return await work(engine)
        finally:
            await engine.dispose()


async def sweep_terms(engine: AsyncEngine, policies: PolicyStore) -> int:
    """Writes the removals and retirements that policy asks for by now; how many are new."""
    # INVARIANT: first the rooms, then the network. A room that is opened between the two is in
    # the network and in no list; the other way round it would be closed as one without policy.
    opened = await opened_rooms(engine)
    network = await policies.in_force()
    if network is None:
        return 0
    rooms = await RoomStore(engine).all()
    people = await admitted_officers(engine)
    now = datetime.now(UTC)
    effects = ended_memberships(network, people, rooms, now.date())
    effects += closed_rooms(network, opened, now)
    written = await Effects(engine).write(effects)
    return sum(1 for one in written if one is not None)


async def _retire_rooms(engine: AsyncEngine) -> int:
    network = await PolicyStore(engine).in_force()
    if network is None:
        return 0
    effects = idle_rooms(network, await used_rooms(engine), datetime.now(UTC))
    written = await Effects(engine).write(effects)
    return sum(1 for one in written if one is not None)


async def ask_for_digests(engine: AsyncEngine, now: datetime) -> int:
    """Writes an effect for each digest that is due; each is asked for once, by its name."""
    network = await PolicyStore(engine).in_force()
    if network is None:
        return 0
    wanted = [drafting(one) for one in due_digests(network, now, ())]
    written = await Effects(engine).write(wanted)
    return sum(1 for one in written if one is not None)


async def _forget_requests(engine: AsyncEngine) -> int:
    network = await PolicyStore(engine).in_force()
    if network is None:
        return 0
    kept = {key: timedelta(days=group.requests.kept_days) for key, group in network.groups.items()}
    return await forget_requests(engine, kept, datetime.now(UTC))


async def _forget_bulletins(engine: AsyncEngine) -> int:
    """A report counts in digests that come later: it is kept as long as any room of its group
    keeps what stands there."""
    network = await PolicyStore(engine).in_force()
    if network is None:
        return 0
    now, groups = datetime.now(UTC), dict[str, timedelta]()
    for key, span in network.retention.items():
        room = network.rooms.get(key)
        if room is not None and room.group:
            groups[room.group] = max(span, groups.get(room.group, span))
    count = await forget_bulletins(engine, network.retention, now)
    return count + await forget_reports(engine, groups, now)


async def sweep_expired(engine: AsyncEngine, now: datetime) -> int:
    """Writes, for each room where something has expired by then, its recall; how many are new.
    Personal data expires by the policy of that moment."""
    day = now.astimezone(UTC).date()
    effects = expiry_effects(await overdue_rooms(engine, day), day)
    policies = PolicyStore(engine)
    network = await policies.in_force()
    if network is not None:
        every = await policies.with_all_rooms(network)
        ends = ends_of_personal_data(every, await RoomStore(engine).all(), now)
        effects += ending_effects(await over_in_rooms(engine, ends), ends)
    written = await Effects(engine).write(effects)
    return sum(1 for one in written if one is not None)


async def forget_what_is_over(engine: AsyncEngine, now: datetime) -> int:
    """Deletes what policy keeps no longer at that moment: fingerprints by their room, attempts
    by the room that keeps its messages longest."""
    policies = PolicyStore(engine)
    network = await policies.in_force()
    if network is None:
        return 0
    kept = (await policies.with_all_rooms(network)).retention
    if not kept:
        return 0
    passages = await forget_passages(engine, kept, now)
    return passages + await forget_attempts(engine, now - max(kept.values()))


def main() -> None:
    """Runs the worker or the beat until SIGTERM."""
    arguments = argparse.ArgumentParser(description="The Celery worker or its beat.")
    arguments.add_argument("--config", type=Path, required=True)
    arguments.add_argument("part", choices=["worker", "beat"])
    chosen = arguments.parse_args()
    settings = load(WorkerSettings, chosen.config)
    log_plainly()
    app.conf.broker_url = settings.broker.url()
    wire(WorkerDuties(settings))
    if chosen.part == "beat":
        app.start(["beat", "--schedule", str(settings.schedule), "--loglevel", "WARNING"])
    else:
        app.worker_main(
            [
                "worker",
                "--loglevel",
                "WARNING",
                "--concurrency",
                "1",
                "--without-gossip",
                "--without-mingle",
                "--without-heartbeat",
            ]
        )


if __name__ == "__main__":
    main()
