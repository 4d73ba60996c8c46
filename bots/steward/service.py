"""The steward as one running whole: gate, sync loop, performer, watch, side by side.

It starts them in the order in which they need each other and ends them together. The parts
are made in `rilon.bootstrap.steward`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from bots.steward.batches import BatchWorker
from bots.steward.choosing import Choosing
from bots.steward.directory import Directory
from bots.steward.performer import Performer
from bots.steward.sync import SyncLoop
from rilon.adapters.homeserver import HomeserverAway, TooManyRequests

logger = logging.getLogger(__name__)

KEEP_ALIVE_S = 3600.0
"""Longer than any pause of the module's connections: a closed one would cost a `later`."""

ARRIVALS_EVERY_S = 2.0


class Steward:
    """Everything the steward's process does, until it is cancelled."""

    def __init__(
        self,
        application: web.Application,
        host: str,
        port: int,
        prepare: Callable[[], Awaitable[None]],
        sign: Callable[[], Awaitable[None]],
        worker: BatchWorker,
        directory: Directory,
        sync: SyncLoop,
        performer: Performer,
        choosing: Choosing,
    ) -> None:
        self._application = application
        self._host = host
        self._port = port
        self._prepare = prepare
        self._sign = sign
        self._worker = worker
        self._directory = directory
        self._sync = sync
        self._performer = performer
        self._choosing = choosing

    async def run(self) -> None:
        """The gate listens first, and says `later` until the first sync is worked off."""
        runner = web.AppRunner(self._application, keepalive_timeout=KEEP_ALIVE_S, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
            await patiently(self._prepare)
            await patiently(lambda: self._worker.upload_keys(None, True))
            await patiently(self._sign)
            await patiently(self._directory.refresh_all)
            await _together(
                self._sync.run(),
                self._performer.run(),
                self._directory.watch_for_arrivals(ARRIVALS_EVERY_S),
                self._choosing.sweep_for_ever(),
            )
        finally:
            await runner.cleanup()


async def patiently(step: Callable[[], Awaitable[None]]) -> None:
    """Does a step, again and again while the homeserver or the database is away."""
    pause = 0.3
    while True:
        try:
            return await step()
        except (HomeserverAway, TooManyRequests, SQLAlchemyError, OSError) as error:
            logger.info("not started yet: %s", type(error).__name__)
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 5.0)


async def _together(*parts: Coroutine[Any, Any, None]) -> None:
    """Runs parts that never end; when one fails, all end with its error."""
    async with asyncio.TaskGroup() as group:
        for part in parts:
            group.create_task(part)
