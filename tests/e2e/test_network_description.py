"""What other programs read of a running network, and what the doctor finds on it."""

from __future__ import annotations

import asyncio
import json
import stat
from typing import Any

import aiohttp

from rilon.adapters.doctor import Kind
from rilon.commands import verify
from rilon.commands.doctor import findings_at
from rilon.domain.marking_text import write
from rilon.domain.parties import in_order
from rilon.domain.rooms import RoomKind
from rilon.embedded.provision import describe_again, read_policy
from rilon.embedded.settings import account_secret
from tests.e2e.conftest import World

KEYS = {"homeserver", "server_name", "audit", "steward", "officers", "rooms", "log"}


async def status(url: str) -> int:
    """What an address answers to a stranger."""
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return answer.status


async def test_the_description_has_exactly_its_keys_and_the_parts_answer(world: World) -> None:
    described = json.loads(world.layout.description.read_text())
    assert set(described) == KEYS
    assert described["server_name"] == world.network.server_name
    assert described["steward"] == world.user("steward")
    assert await status(described["homeserver"] + "/_matrix/client/versions") == 200
    assert await status(described["audit"] + "/healthz") == 200
    assert set(described["log"]) == {"origin", "verifier_key"}
    assert described["log"]["verifier_key"].startswith(described["log"]["origin"] + "+")


async def test_the_description_names_every_officer_with_a_password_that_works(
    world: World,
) -> None:
    roster = read_policy(None).officers
    described = json.loads(world.layout.description.read_text())
    shown = {one["user_id"]: one for one in described["officers"]}
    assert set(shown) == {world.user(name) for name in roster}
    for name, officer in roster.items():
        assert shown[world.user(name)] == {
            "user_id": world.user(name),
            "password": world.layout.secret(account_secret(name)),
            "party": officer.party,
            "agency": officer.agency,
            "roles": sorted(officer.roles),
        }
    one = shown[world.user("rso.auditor1")]
    body = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": one["user_id"]},
        "password": one["password"],
    }
    url = described["homeserver"] + "/_matrix/client/v3/login"
    async with aiohttp.ClientSession() as http, http.post(url, json=body) as answer:
        assert answer.status == 200
        assert (await answer.json())["user_id"] == one["user_id"]


async def test_the_description_names_every_governed_room_as_the_homeserver_has_it(
    world: World,
) -> None:
    policy = read_policy(None)
    described = json.loads(world.layout.description.read_text())
    shown = {one["alias"]: one for one in described["rooms"]}
    wanted = {key: room for key, room in policy.rooms.items() if room.kind is not RoomKind.DIRECT}
    assert set(shown) == {f"#{key}:{world.network.server_name}" for key in wanted}
    assert {"#mps-floor", "#mps-desk-idn", "#mps-bulletins"} <= {
        alias.partition(":")[0] for alias in shown
    }
    for key, room in wanted.items():
        alias = f"#{key}:{world.network.server_name}"
        path = f"/_matrix/client/v3/directory/room/{alias.replace('#', '%23')}"
        answer = (await world.admin("GET", path))[1]
        assert shown[alias] == {
            "room_id": answer["room_id"],
            "alias": alias,
            "group": room.group,
            "kind": room.kind.value,
            "ceiling": list(in_order(room.ceiling)),
            "default_marking": write(room.default).removesuffix(" //"),
        }


async def test_the_description_is_private_and_replaced_whole(world: World) -> None:
    path = world.layout.description
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before, policy = path.stat().st_ino, read_policy(None)
    with path.open() as reader:
        async with world.operating() as operations:
            await describe_again(world.layout, operations, policy)
        # INVARIANT: who opened it before reads the whole of what was there before.
        assert set(json.load(reader)) == KEYS
    assert path.stat().st_ino != before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not list(path.parent.glob(".network.json*"))
    assert set(json.loads(path.read_text())) == KEYS


async def test_the_doctor_finds_no_shortfall_on_the_live_network(world: World) -> None:
    await world.officer("aus.secondee1", "mps-floor")
    findings = await findings_at(world.layout)
    assert [one for one in findings if one.kind is Kind.SHORTFALL] == []
    # What only a proxy closes is said, on the embedded network too.
    assert [one for one in findings if one.kind is Kind.PROXY]


async def test_the_verify_command_says_that_the_ledger_is_sound(world: World, capsys: Any) -> None:
    await world.officer("aus.secondee1", "mps-floor")
    assert await asyncio.to_thread(verify.verify, world.layout.root, None, None) == 0
    said = capsys.readouterr().out
    assert f"The ledger {world.described['log']['origin']} is sound" in said
    assert "Every entry carries its component's signature" in said
