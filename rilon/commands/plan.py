"""`rilon plan`: what applying the policy would change on the running network."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rilon.bootstrap.operations import operating
from rilon.embedded.layout import Layout
from rilon.embedded.provision import read_policy, settings_of
from rilon.policy.network import Network
from rilon.policy.steps import Step, sentence


def plan(state: Path, policies: Path | None) -> int:
    """Prints each step, and changes nothing."""
    return asyncio.run(_plan(Layout.at(state), policies))


async def _plan(layout: Layout, policies: Path | None) -> int:
    network = read_policy(policies)
    async with operating(settings_of(layout)) as operations:
        steps = await operations.steps(network)
        in_force = await operations.policies.in_force()
    show_policy(network, in_force)
    show(steps)
    return 0


def show_policy(network: Network, in_force: Network | None) -> None:
    """Prints whether this policy is another than the one in force."""
    if in_force is not None and in_force.digest == network.digest:
        return
    print(f"Policy version {network.version} ({network.digest[:16]}) is not in force yet.")
    if in_force is not None and network.version <= in_force.version:
        print(f"Version {in_force.version} is: raise `version` in network.yaml above it.")


def show(steps: tuple[Step, ...]) -> None:
    """Prints the steps."""
    for step in steps:
        print(f"  {sentence(step)}")
    print(f"{len(steps)} to do." if steps else "Nothing to do: the network is as policy wants it.")
