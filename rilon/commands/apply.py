"""`rilon apply`: brings the running network in line with the policy."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from rilon.bootstrap.operations import operating
from rilon.commands.plan import show, show_policy
from rilon.embedded.layout import Layout
from rilon.embedded.provision import describe_again, first_password, read_policy, settings_of
from rilon.embedded.settings import account_secret

WITHIN_S = 300.0


def apply(state: Path, policies: Path | None) -> int:
    """Does what `rilon plan` shows; 1 if something is left to do."""
    return asyncio.run(_apply(Layout.at(state), policies))


async def _apply(layout: Layout, policies: Path | None) -> int:
    network = read_policy(policies)
    async with operating(settings_of(layout)) as operations:
        steps = await operations.steps(network)
        show_policy(network, await operations.policies.in_force())
        show(steps)
        new = await operations.make_accounts(network, steps, first_password(layout))
        for name in new:
            print(f"First password of {name}: {layout.secret_path(account_secret(name))}")
        ids = await operations.put_in_force(network, steps)
        left = await operations.wait_until_done(ids, WITHIN_S, _progress(len(ids)))
        await describe_again(layout, operations, network)
        if left:
            print(f"{left} steps are still open; the steward goes on with them.")
        # What was done is looked at again: a step that failed must not pass for done.
        rest = await operations.steps(network) if steps else ()
    if rest:
        print("Not as policy wants it yet:")
        show(rest)
    return 1 if left or rest else 0


def _progress(total: int) -> Callable[[int], None]:
    shown = [total]

    def progress(left: int) -> None:
        if left != shown[0]:
            shown[0] = left
            print(f"  {total - left} of {total} done", flush=True)

    return progress
