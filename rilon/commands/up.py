"""`rilon up`: the whole network on this machine, in the foreground."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rilon.embedded.foreground import run_network, say
from rilon.embedded.network import PARTS, SERVER_NAME, Network
from rilon.embedded.provision import provisioning


def up(state: Path, policies: Path | None, server_name: str | None, only: str | None) -> int:
    """Starts the network and stays until it is ended. `only` lists parts with commas."""
    parts = frozenset(only.split(",")) if only else PARTS
    network = Network(
        state,
        say=say,
        parts=parts,
        server_name=server_name or SERVER_NAME,
        policies=policies,
        provision=provisioning(policies, say) if "steward" in parts else None,
    )
    return asyncio.run(run_network(network, lambda: _announce(network)))


async def _announce(network: Network) -> None:
    say(f"The network is up. Homeserver: {network.homeserver}  Audit service: {network.audit}")
    say(f"It is described in {network.layout.description}; Ctrl-C ends it.")
