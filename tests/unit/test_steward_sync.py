"""The sync loop: whoever asks for a sync gets one that begins after they asked, at once."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, cast

from bots.steward.clock import SyncClock
from bots.steward.sync import SyncLoop


class ToldHomeserver:
    """Answers each sync as a quiet homeserver does: at once without time to wait, else late."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def sync(self, since: str | None, filter_json: str, timeout_ms: int) -> dict[str, Any]:
        self.asked.append(timeout_ms)
        if timeout_ms:
            await asyncio.sleep(timeout_ms / 1000)
        return {"next_batch": f"s{len(self.asked)}", "device_lists": {"changed": ["@a:b"]}}


class ToldInbox:
    """Holds nothing from before, and hands on what it is given."""

    async def open_batches(self) -> list[Any]:
        return []

    async def token(self) -> str:
        return "s0"

    async def store(self, body: dict[str, Any]) -> dict[str, Any]:
        return body


class AskingWorker:
    """Somebody asks for a sync while the first batch is being worked off."""

    def __init__(self, clock: SyncClock) -> None:
        self._clock = clock
        self.needed: int | None = None

    async def work_off(self, batch: Any) -> None:
        if self.needed is None:
            self.needed = self._clock.want()

    async def tend_keys(self, body: dict[str, Any]) -> None:
        """The server has enough."""


async def test_a_sync_asked_for_while_a_batch_is_worked_off_does_not_wait_for_news() -> None:
    clock, homeserver = SyncClock(), ToldHomeserver()
    worker = AskingWorker(clock)
    loop = SyncLoop(cast("Any", homeserver), cast("Any", ToldInbox()), cast("Any", worker), clock)
    running = asyncio.create_task(loop.run())
    try:
        async with asyncio.timeout(5):
            await clock.wait_for(1)
            assert worker.needed == 2
            await clock.wait_for(worker.needed)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    assert homeserver.asked[:2] == [0, 0]
