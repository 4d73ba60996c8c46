"""Runs an embedded network in the foreground until someone ends it, and ends it from elsewhere.

Ctrl-C, SIGTERM and the terminal's end all lead to the same orderly end.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from rilon.embedded.layout import Layout
from rilon.embedded.network import Network, running_at

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def run_network(network: Network, then: Callable[[], Awaitable[int | None]]) -> int:
    """Starts the network and does `then`; ends it after that, or when someone asks for it.

    `then` returns an exit code, or `None` to stay until someone ends the network. Raises what
    the start or `then` raises, with everything ended before.
    """
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in ENDINGS:
        loop.add_signal_handler(number, asked.set)
    work = asyncio.create_task(_start_and_do(network, then))
    asking = asyncio.create_task(asked.wait())
    try:
        await asyncio.wait({work, asking}, return_when="FIRST_COMPLETED")
        if work.done() and work.result() is not None:
            return work.result() or 0
        await asking
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        return 0
    finally:
        asking.cancel()
        await network.stop()
        for number in ENDINGS:
            loop.remove_signal_handler(number)


async def _start_and_do(network: Network, then: Callable[[], Awaitable[int | None]]) -> int | None:
    await network.start()
    return await then()


def end_network(layout: Layout, limit_s: float = 60.0) -> bool:
    """Ends the network that runs in this state folder, and waits for its end.

    False if none runs. Raises `TimeoutError` if it is still there after `limit_s`.
    """
    pid = running_at(layout)
    if pid is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + limit_s
    while running_at(layout) is not None:
        if time.monotonic() > end:
            raise TimeoutError(f"process {pid} hasn't ended after {limit_s:.0f} s")
        time.sleep(0.1)
    return True


def say(line: str) -> None:
    """One line of progress, at once also where no terminal listens."""
    print(line, flush=True)
