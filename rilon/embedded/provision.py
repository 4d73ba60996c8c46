"""Putting the shipped policy in place on an embedded network: accounts, rooms, the roster.

First passwords lie in the state folder, for handing over; the description of the network
shows them to other programs on this machine, which is what an embedded network is for.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from rilon.adapters.policy_files import load_folder
from rilon.bootstrap.operations import CantOperate, Operations, operating, until
from rilon.config import StewardSettings, load
from rilon.domain.marking_text import write
from rilon.domain.parties import in_order
from rilon.domain.rooms import RoomKind
from rilon.embedded.layout import PROJECT, Layout, write_private
from rilon.embedded.network import Network as EmbeddedNetwork
from rilon.embedded.network import Provisioned
from rilon.embedded.settings import account_secret, settings_path
from rilon.policy.mistakes import Mistakes
from rilon.policy.network import Network

ROOMS_WITHIN_S = 300.0


class PolicyBroken(Exception):
    """The policy folder has mistakes; the message names them all."""


def read_policy(folder: Path | None) -> Network:
    """The network that a policy folder describes. Raises PolicyBroken."""
    found = load_folder(folder or PROJECT / "policies")
    if isinstance(found, Mistakes):
        raise PolicyBroken("\n".join(str(mistake) for mistake in found.items))
    return found.network


def settings_of(layout: Layout) -> StewardSettings:
    """The steward's settings of a running network. Raises CantOperate if there was none yet."""
    path = settings_path(layout, "steward")
    if not path.exists():
        raise CantOperate(f"no network was ever up in {layout.root}: start it with `rilon up`")
    return load(StewardSettings, path)


def provisioning(
    policies: Path | None, say: Callable[[str], None]
) -> Callable[[EmbeddedNetwork], Awaitable[Provisioned]]:
    """The provisioning of a network by that policy folder (None: the shipped one)."""
    return lambda embedded: provision(embedded, policies, say)


async def provision(
    embedded: EmbeddedNetwork, policies: Path | None, say: Callable[[str], None]
) -> Provisioned:
    """Brings a started network in line with its policy, and describes what is there."""
    settings = settings_of(embedded.layout)
    await _session(settings)
    async with operating(settings) as operations:
        network = await _policy(operations, policies, say)
        steps = await operations.steps(network)
        if steps:
            say(f"Bringing the network in line with its policy: {len(steps)} steps")
        await operations.make_accounts(network, steps, first_password(embedded.layout))
        ids = await operations.put_in_force(network, steps)
        left = await operations.wait_until_done(ids, ROOMS_WITHIN_S, lambda _: None)
        if left:
            raise CantOperate(f"{left} steps are still open: see {embedded.layout.log('steward')}")
        return await _provisioned(embedded.layout, operations, network)


async def describe_again(layout: Layout, operations: Operations, network: Network) -> None:
    """Brings the description of a running network up to date: officers or rooms changed."""
    if layout.description.exists():
        now = await _provisioned(layout, operations, network)
        described = json.loads(layout.description.read_text())
        described |= {"officers": list(now.officers), "rooms": list(now.rooms)}
        write_private(layout.description, json.dumps(described, indent=2) + "\n")


async def _policy(
    operations: Operations, policies: Path | None, say: Callable[[str], None]
) -> Network:
    """The policy to start with. A start that names no folder never goes back to an older one."""
    shipped = read_policy(policies)
    in_force = await operations.policies.in_force()
    if policies is None and in_force is not None and in_force.version > shipped.version:
        say(f"Policy version {in_force.version} stays in force; the shipped one is older")
        return in_force
    return shipped


async def _session(settings: StewardSettings) -> None:
    async def signed_in() -> bool:
        return (settings.store / "session.sealed").exists()

    if not await until(signed_in, 60):
        raise CantOperate("the steward didn't sign in within a minute: see its log")


def first_password(layout: Layout) -> Callable[[str], str]:
    """First passwords, made at random and kept in the state folder for handing over."""
    return lambda name: layout.secret(account_secret(name))


def fresh_password(layout: Layout) -> Callable[[str], str]:
    """New passwords, each replacing the one that was kept."""

    def fresh(name: str) -> str:
        made = secrets.token_urlsafe(12)
        layout.keep_secret(account_secret(name), made)
        return made

    return fresh


async def _provisioned(layout: Layout, operations: Operations, network: Network) -> Provisioned:
    server, present = operations.server, await operations.present()
    network = await operations.policies.joined(network)
    return Provisioned(
        officers=_officers(network, present, layout, server),
        rooms=_rooms(network, await operations.rooms.all(), server),
    )


def _officers(
    network: Network, present: frozenset[str], layout: Layout, server: str
) -> list[dict[str, Any]]:
    return [
        {
            "user_id": f"@{name}:{server}",
            "password": layout.secret(account_secret(name)),
            "party": officer.party,
            "agency": officer.agency,
            "roles": sorted(officer.roles),
        }
        for name, officer in sorted(network.officers.items())
        if name in present
    ]


def _rooms(network: Network, rooms: dict[str, str], server: str) -> list[dict[str, Any]]:
    return [
        {
            "room_id": rooms[key],
            "alias": f"#{key}:{server}",
            "group": room.group,
            "kind": room.kind.value,
            "ceiling": list(in_order(room.ceiling)),
            "default_marking": write(room.default).removesuffix(" //"),
        }
        for key, room in sorted(network.rooms.items())
        if key in rooms and room.kind is not RoomKind.DIRECT
    ]
