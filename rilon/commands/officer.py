"""`rilon officer add|reset|lost|remove`: one command for each turn in an officer's life."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from rilon.bootstrap.operations import CantOperate, Operations, operating
from rilon.embedded.layout import Layout
from rilon.embedded.provision import describe_again, fresh_password, settings_of
from rilon.policy.network import Network

Work = Callable[[Operations, Network, Layout], Awaitable[None]]


def add(state: Path, name: str) -> int:
    """An account and a first password, for an officer of the roster in force."""

    async def work(operations: Operations, network: Network, layout: Layout) -> None:
        made = await operations.add(network, name, fresh_password(layout))
        if made is None:
            print(f"{name} has an account already. A new password: rilon officer reset {name}")
            return
        _hand_over(name, made)
        print("Once they have signed in and set up encryption, the steward joins them by itself.")

    return _run(state, work)


def reset(state: Path, name: str) -> int:
    """A new password; every device is signed out."""

    async def work(operations: Operations, network: Network, layout: Layout) -> None:
        _hand_over(name, await operations.reset(network, name, fresh_password(layout)))
        print("Their devices are signed out. With the recovery key they read on where they were.")

    return _run(state, work)


def lost(state: Path, name: str) -> int:
    """Every device is shut out at once; the next identity they set up counts."""

    async def work(operations: Operations, network: Network, layout: Layout) -> None:
        made = await operations.lost(network, name, fresh_password(layout))
        print(f"Every device of {name} is shut out: nothing they send is accepted any more.")
        _hand_over(name, made)
        print("Make sure that you speak with them in person before you hand it over.")

    return _run(state, work)


def remove(state: Path, name: str) -> int:
    """Out of every room, and the account is closed."""

    async def work(operations: Operations, network: Network, layout: Layout) -> None:
        rooms = await operations.remove(network, name)
        print(f"{name} can't send any more and is being taken out of {rooms} rooms.")
        print("Take them out of roster.yaml too, then `rilon apply`.")

    return _run(state, work)


def _hand_over(name: str, password: str) -> None:
    print(f"Password of {name}, to be handed over in person or by telephone: {password}")


def _run(state: Path, work: Work) -> int:
    return asyncio.run(_operate(Layout.at(state), work))


async def _operate(layout: Layout, work: Work) -> int:
    async with operating(settings_of(layout)) as operations:
        network = await operations.policies.in_force()
        if network is None:
            raise CantOperate("no policy is in force: `rilon apply` first")
        await work(operations, network, layout)
        await describe_again(layout, operations, network)
    return 0
