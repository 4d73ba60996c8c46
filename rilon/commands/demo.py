"""`rilon demo`: starts the network and plays a short day on it."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

from rilon.embedded.demonstration import Day, how_to_try
from rilon.embedded.demonstration_stage import WentWrong
from rilon.embedded.foreground import run_network, say
from rilon.embedded.network import Network
from rilon.embedded.officer_client import SignInError
from rilon.embedded.provision import provisioning


def demo(state: Path, once: bool) -> int:
    """Plays the day. With `once` it ends by itself: 0 when everything went as it must, and only
    then; a day that was ended before its end is none of these."""
    begun = time.monotonic()
    # The officers' library tells of devices that it has yet to meet, which is no trouble.
    logging.getLogger("nio").setLevel(logging.ERROR)
    network = Network(state, say=say, provision=provisioning(None, say))
    held = False

    async def play() -> int | None:
        nonlocal held
        try:
            await Day(network, say).play()
        except (WentWrong, SignInError, TimeoutError) as problem:
            say(f"\nSomething went wrong: {str(problem) or 'it took too long'}")
            say(f"The logs are in {network.layout.logs}")
            return 1
        held = True
        say(f"\nAll of it held, in {time.monotonic() - begun:.0f} seconds.")
        if once:
            return 0
        for line in how_to_try(network.layout):
            say(line)
        say("\nThe network stays up until you press Ctrl-C.")
        return None

    code = asyncio.run(run_network(network, play))
    return code if held or not once else code or 1
