"""The steward's sync loop: fetch, store, work off, in this order and one batch at a time.

It decides nothing about what a batch holds (`bots.steward.batches`).
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any, Protocol

from bots.steward.clock import SyncClock
from rilon.adapters.homeserver import Homeserver, TokenRevoked, TooManyRequests
from rilon.storage.inbox import Batch, Inbox

logger = logging.getLogger(__name__)

LONG_POLL_MS = 30_000
LONGEST_PAUSE_S = 30.0
TO_DEVICE_PAGE = 100
"""To-device messages that Synapse gives with one sync at the most: as many may have more behind
them, with which it waits for the next."""

FILTER = json.dumps(
    {
        "presence": {"types": []},
        "account_data": {"types": []},
        "room": {
            "timeline": {"limit": 200},
            "state": {"types": []},
            "ephemeral": {"types": []},
            "account_data": {"types": []},
        },
    },
    separators=(",", ":"),
)


class Worker(Protocol):
    """Works a stored batch off. Working the same batch off twice changes nothing."""

    async def work_off(self, batch: Batch) -> None: ...

    async def tend_keys(self, body: dict[str, Any]) -> None:
        """Uploads keys of our own where the answer says that the server runs short."""


class SyncLoop:
    """Runs until it is cancelled or the token is revoked."""

    def __init__(
        self, homeserver: Homeserver, inbox: Inbox, worker: Worker, clock: SyncClock
    ) -> None:
        self._homeserver = homeserver
        self._inbox = inbox
        self._worker = worker
        self._clock = clock
        self._since: str | None = None
        self._more_keys = False

    async def run(self) -> None:
        """Raises TokenRevoked; everything else is tried again, ever more slowly."""
        pause = 0.0
        started = False
        while True:
            try:
                if not started:
                    await self._catch_up()
                    started = True
                await self._once()
                pause = 0.0
            except TokenRevoked:
                raise
            except Exception as error:  # noqa: BLE001 - tried again, whatever it is
                pause = min(LONGEST_PAUSE_S, max(0.5, pause * 2))
                if isinstance(error, TooManyRequests):
                    pause = error.after
                logger.warning("sync stopped for %.1f s: %s", pause, type(error).__name__)
                started = False
                await asyncio.sleep(pause)

    async def _catch_up(self) -> None:
        for batch in await self._inbox.open_batches():
            await self._worker.work_off(batch)
        self._since = await self._inbox.token()

    async def _once(self) -> None:
        first = self._clock.finished == 0
        # Asked for while the last batch was worked off: to begin forgets it, so look before.
        at_once = first or self._more_keys or self._since is None or self._clock.is_wanted
        number = self._clock.begin()
        body = await self._fetch(0 if at_once else LONG_POLL_MS)
        if body is None:
            # Somebody needs a sync that begins after now. The one under way was given up; the
            # server repeats what it held, since its token was never used.
            number = self._clock.begin()
            body = await self._homeserver.sync(self._since, FILTER, 0)
        if _is_worth_storing(body) or self._since is None:
            await self._worker.work_off(await self._inbox.store(body))
        self._since = body["next_batch"]
        self._more_keys = len(body.get("to_device", {}).get("events", ())) >= TO_DEVICE_PAGE
        if not self._more_keys:
            await self._clock.finish(number)
        await self._worker.tend_keys(body)

    async def _fetch(self, timeout_ms: int) -> dict[str, Any] | None:
        if timeout_ms == 0:
            return await self._homeserver.sync(self._since, FILTER, 0)
        poll = asyncio.create_task(self._homeserver.sync(self._since, FILTER, timeout_ms))
        wanted = asyncio.create_task(self._clock.wanted())
        try:
            await asyncio.wait({poll, wanted}, return_when=asyncio.FIRST_COMPLETED)
            return poll.result() if poll.done() else None
        finally:
            for task in (poll, wanted):
                task.cancel()
            await asyncio.gather(poll, wanted, return_exceptions=True)


def _is_worth_storing(body: dict[str, Any]) -> bool:
    """An answer that brings nothing needs no row: syncing from the older token is the same."""
    return any(
        (
            body.get("to_device", {}).get("events"),
            body.get("rooms"),
            body.get("device_lists", {}).get("changed"),
            body.get("device_lists", {}).get("left"),
        )
    )
