"""Putting the shipped policy in place on an embedded network: accounts, rooms, the roster.

First passwords lie in the state folder, for handing over; the description of the network
shows them to other programs on this machine, which is what an embedded network is for.
"""

from __future__ import annotations

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
from rilon.embedded.layout import PROJECT, Layout
from rilon.embedded.network import Network as EmbeddedNetwork
from rilon.embedded.network import Provisioned
from rilon.embedded.settings import account_secret, settings_path
from rilon.policy.mistakes import Mistakes
from rilon.policy.network import Network

ROOMS_WITHIN_S = 90.0


class PolicyBroken(Exception):
    """The policy folder has mistakes; the message names them all."""


def read_policy(folder: Path | None) -> Network:
    """The network that a policy folder describes. Raises PolicyBroken."""
    found = load_folder(folder or PROJECT / "policies")
    if isinstance(found, Mistakes):
        raise PolicyBroken("\n".join(str(mistake) for mistake in found.items))
    return found.network


def settings_of(layout: Layout) -> StewardSettings:
    """The steward's settings of a running network."""
    return load(StewardSettings, settings_path(layout, "steward"))


def provisioning(
    policies: Path | None, say: Callable[[str], None]
) -> Callable[[EmbeddedNetwork], Awaitable[Provisioned]]:
    """The provisioning of a network by that policy folder (None: the shipped one)."""
    return lambda embedded: provision(embedded, policies, say)


async def provision(
    embedded: EmbeddedNetwork, policies: Path | None, say: Callable[[str], None]
) -> Provisioned:
    """Brings a started network in line with its policy, and describes what is there."""
    network = read_policy(policies)
    settings = settings_of(embedded.layout)
    await _session(settings)
    async with operating(settings) as operations:
        steps = await operations.steps(network)
        if steps:
            say(f"Bringing the network in line with its policy: {len(steps)} steps")
        await operations.make_accounts(network, steps, first_password(embedded.layout))
        ids = await operations.put_in_force(network, steps)
        left = await operations.wait_until_done(ids, ROOMS_WITHIN_S, lambda _: None)
        if left:
            raise CantOperate(f"{left} steps are still open: see {embedded.layout.log('steward')}")
        rooms = await operations.rooms.all()
    return Provisioned(
        officers=_officers(network, embedded),
        rooms=_rooms(network, rooms, embedded.server_name),
    )


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


def _officers(network: Network, embedded: EmbeddedNetwork) -> list[dict[str, Any]]:
    return [
        {
            "user_id": f"@{officer.name}:{embedded.server_name}",
            "password": embedded.layout.secret(account_secret(officer.name)),
            "party": officer.party,
            "agency": officer.agency,
            "roles": sorted(officer.roles),
        }
        for officer in sorted(network.officers.values(), key=lambda one: one.name)
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
