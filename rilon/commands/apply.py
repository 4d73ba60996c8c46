"""`rilon apply`: brings the running network in line with the policy."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from rilon.bootstrap.operations import operating
from rilon.commands.plan import show
from rilon.embedded.layout import Layout
from rilon.embedded.provision import first_password, read_policy, settings_of
from rilon.policy.steps import NeedsPerson

WITHIN_S = 300.0


def apply(state: Path, policies: Path | None) -> int:
    """Does what `rilon plan` shows; 1 if something is left to do."""
    return asyncio.run(_apply(Layout.at(state), policies))


async def _apply(layout: Layout, policies: Path | None) -> int:
    network = read_policy(policies)
    async with operating(settings_of(layout)) as operations:
        steps = await operations.steps(network)
        show(steps)
        new = await operations.make_accounts(network, steps, first_password(layout))
        for name in new:
            print(f"First password of {name}: {layout.secret_path(f'account.{name}')}")
        ids = await operations.put_in_force(network, steps)
        left = await operations.wait_until_done(ids, WITHIN_S, _progress(len(ids)))
    for_people = [step for step in steps if isinstance(step, NeedsPerson)]
    if left:
        print(f"{left} steps are still open; the steward goes on with them.")
    if for_people:
        print(f"{len(for_people)} need a person: see above.")
    return 1 if left or for_people else 0


def _progress(total: int) -> Callable[[int], None]:
    shown = [total]

    def progress(left: int) -> None:
        if left != shown[0]:
            shown[0] = left
            print(f"  {total - left} of {total} done", flush=True)

    return progress
