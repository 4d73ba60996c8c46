"""`rilon plan`: what applying the policy would change on the running network."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rilon.bootstrap.operations import operating
from rilon.embedded.layout import Layout
from rilon.embedded.provision import read_policy, settings_of
from rilon.policy.steps import Step, sentence


def plan(state: Path, policies: Path | None) -> int:
    """Prints each step, and changes nothing."""
    return asyncio.run(_plan(Layout.at(state), policies))


async def _plan(layout: Layout, policies: Path | None) -> int:
    network = read_policy(policies)
    async with operating(settings_of(layout)) as operations:
        steps = await operations.steps(network)
        in_force = await operations.policies.in_force()
    if in_force is None or in_force.digest != network.digest:
        print(f"Policy version {network.version} ({network.digest[:16]}) would take effect.")
    show(steps)
    return 0


def show(steps: tuple[Step, ...]) -> None:
    """Prints the steps."""
    for step in steps:
        print(f"  {sentence(step)}")
    print(f"{len(steps)} to do." if steps else "Nothing to do: the network is as policy wants it.")
