"""Policy on a running network: plan, apply, drift, a changed policy, and terms that end."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from rilon.cli import main
from rilon.commands.apply import apply
from rilon.commands.plan import plan
from rilon.domain.entries import EntryKind, Subject
from rilon.embedded.layout import PROJECT
from rilon.embedded.officer_client import OfficerClient
from rilon.embedded.officer_values import NotSent, Sent, text_content
from rilon.embedded.provision import read_policy
from rilon.policy.network import Network
from rilon.policy.steps import Join, Step, Unban
from tests.e2e.conftest import World
from tests.e2e.streams import entries, until
from tests.e2e.test_gate import words

FLOOR, DESK = "mps-floor", "mps-desk-idn"
SHIPPED = PROJECT / "policies"


def changed(folder: Path, *changes: tuple[str, str, str], version: int = 2) -> Path:
    """A copy of the shipped policy with a higher version and texts replaced: file, old, new."""
    copy = folder / f"policy-{version}"
    shutil.copytree(SHIPPED, copy)
    for name, old, new in (*changes, ("network.yaml", "version: 1", f"version: {version}")):
        text = (copy / name).read_text()
        assert text.count(old) == 1, (name, old)
        (copy / name).write_text(text.replace(old, new))
    return copy


async def steps_to(world: World, network: Network | None = None) -> tuple[Step, ...]:
    """What applying would do now."""
    async with world.operating() as operations:
        return tuple(await operations.steps(network or read_policy(None)))


async def in_line(world: World) -> None:
    """Until nothing is to be done: officers of other tests may just be coming in."""

    async def nothing() -> bool:
        return not await steps_to(world)

    try:
        await until(nothing, "the network to be as policy wants it")
    except AssertionError:
        assert await steps_to(world) == ()


async def state_of(world: World, key: str, kind: str) -> Any:
    """The content of a state event as the homeserver has it."""
    path = f"/_matrix/client/v3/rooms/{quote(world.room(key))}/state/{kind}/"
    return (await world.admin("GET", path))[1]


async def members(world: World, key: str) -> set[str]:
    """Who is in a room."""
    path = f"/_matrix/client/v3/rooms/{quote(world.room(key))}/joined_members"
    return set((await world.admin("GET", path))[1]["joined"])


async def command(function: Any, *arguments: Any) -> int:
    """A command as the command line calls it: with an event loop of its own."""
    return int(await asyncio.to_thread(function, *arguments))


# --- plan and drift -----------------------------------------------------------------------------


async def test_after_provisioning_nothing_is_to_be_done(world: World, capsys: Any) -> None:
    body = {"password": words("a stranger's"), "displayname": "Nobody of the roster"}
    made, _ = await world.admin("PUT", f"/_synapse/admin/v2/users/{world.user('visitor')}", body)
    assert made in (200, 201)
    await in_line(world)
    assert await command(plan, world.layout.root, None) == 0
    assert capsys.readouterr().out == "Nothing to do: the network is as policy wants it.\n"


async def test_applying_again_changes_nothing(world: World, capsys: Any) -> None:
    await in_line(world)
    before, policies = await state_events(world), await entries_of_policy(world)
    assert await command(apply, world.layout.root, None) == 0
    assert await state_events(world) == before
    assert await entries_of_policy(world) == policies
    assert "Nothing to do" in capsys.readouterr().out


async def state_events(world: World) -> set[str]:
    """The ids of all state events of some rooms: one that is sent again is another event."""
    async with world.operating() as operations:
        rooms = [world.room(key) for key in ("mps", FLOOR, DESK)]
        states = [await operations.homeserver.state(room) for room in rooms]
    return {event["event_id"] for state in states for event in state}


async def entries_of_policy(world: World) -> list[str]:
    """The digests of the policies that took effect, as the ledger has them."""
    found = await entries(world, await world.verify())
    return [
        dict(one.subject)[Subject.POLICY_SHA256]
        for several in found.values()
        for one in several
        if one.kind is EntryKind.POLICY_VERSION
    ]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("m.room.topic", {"topic": "made by hand"}),
        ("m.room.name", {"name": "made by hand"}),
        ("m.room.power_levels", {"users_default": 100}),
        ("m.room.join_rules", {"join_rule": "public"}),
        ("m.room.history_visibility", {"history_visibility": "world_readable"}),
        ("m.room.pinned_events", {"pinned": ["$one"]}),
        ("org.rilon.room", {"ceiling": ["AUS"]}),
    ],
)
async def test_state_made_by_hand_is_refused_even_with_the_stewards_own_token(
    world: World, kind: str, content: dict[str, Any]
) -> None:
    before = await state_of(world, FLOOR, kind)
    path = f"/_matrix/client/v3/rooms/{quote(world.room(FLOOR))}/state/{kind}/"
    status, answer = await world.admin("PUT", path, content)
    assert (status, answer.get("org.rilon.reason")) == (403, "steward_only")
    assert await state_of(world, FLOOR, kind) == before


async def test_a_server_administrator_can_join_nobody_to_a_room(world: World) -> None:
    await world.officer("aus.focal2", FLOOR)
    stranger, room = world.user("aus.focal2"), quote(world.room(DESK))
    path = f"/_synapse/admin/v1/join/{room}"
    status, answer = await world.admin("POST", path, {"user_id": stranger})
    assert (status, answer.get("org.rilon.reason")) == (403, "steward_only")
    assert stranger not in await members(world, DESK)


async def test_an_officer_who_left_is_drift_and_apply_brings_them_back(
    world: World, capsys: Any
) -> None:
    officer = await world.officer("idn.focal2", FLOOR, DESK)
    await in_line(world)
    room = world.room(DESK)
    left = await officer.request("POST", f"/_matrix/client/v3/rooms/{quote(room)}/leave", {})
    assert left.status == 200
    assert await steps_to(world) == (Join("idn.focal2", DESK),)
    assert await command(plan, world.layout.root, None) == 0
    assert "idn.focal2" in (said := capsys.readouterr().out)
    assert said.endswith("1 to do.\n")
    assert await command(apply, world.layout.root, None) == 0
    assert world.user("idn.focal2") in await members(world, DESK)
    assert await steps_to(world) == ()
    said = words("TLP:GREEN // back at the desk")
    await officer.wait_for(lambda: room in officer.joined or None)
    assert isinstance(await officer.send_text(room, said), Sent)


@pytest.mark.parametrize(
    ("done", "steps"),
    [
        ("kick", (Join("idn.focal2", FLOOR),)),
        ("ban", (Unban("idn.focal2", FLOOR), Join("idn.focal2", FLOOR))),
    ],
)
async def test_an_officer_whom_an_administrator_took_out_is_drift(
    world: World, done: str, steps: tuple[Step, ...]
) -> None:
    await world.officer("idn.focal2", FLOOR)
    await in_line(world)
    path = f"/_matrix/client/v3/rooms/{quote(world.room(FLOOR))}/{done}"
    status, _ = await world.admin("POST", path, {"user_id": world.user("idn.focal2")})
    assert status == 200
    assert await steps_to(world) == steps
    assert await command(apply, world.layout.root, None) == 0
    assert world.user("idn.focal2") in await members(world, FLOOR)
    assert await steps_to(world) == ()


# --- a changed policy ---------------------------------------------------------------------------


async def test_a_changed_policy_takes_effect_on_rooms_gate_and_ledger(
    world: World, tmp_path: Path, capsys: Any
) -> None:
    sender = await world.officer("tha.secondee2", FLOOR)
    reader = await world.officer("bgd.focal1", FLOOR)
    await in_line(world)
    floor, topic = world.room(FLOOR), await state_of(world, FLOOR, "m.room.topic")
    earlier = (await entries_of_policy(world)).count(read_policy(None).digest)
    red = words("TLP:RED // the informant is on board")
    refused = await sender.send_text(floor, red)
    assert isinstance(refused, NotSent)
    assert refused.reason == "red_not_open"

    old = "purpose: All parties exchange here.\n"
    new = "purpose: All parties meet here.\n    opens_to_red: true\n"
    folder = changed(tmp_path, ("groups/mps.yaml", old, new))
    try:
        assert await command(plan, world.layout.root, folder) == 0
        shown = capsys.readouterr().out
        assert "Policy version 2" in shown
        assert "mps-floor" in shown
        assert shown.endswith("1 to do.\n")
        assert await state_of(world, FLOOR, "m.room.topic") == topic
        assert await command(apply, world.layout.root, folder) == 0
        assert "All parties meet here." in (await state_of(world, FLOOR, "m.room.topic"))["topic"]
        assert await steps_to(world, read_policy(folder)) == ()
        assert read_policy(folder).digest in await entries_of_policy(world)
        # A recorded verdict holds as long as the policy does: the same message is judged anew.
        assert isinstance(await sender.resend(refused), Sent)
        await reader.wait_for_text(floor, red)
    finally:
        assert await command(apply, world.layout.root, None) == 0
    assert await state_of(world, FLOOR, "m.room.topic") == topic
    answer = await sender.send_text(floor, words("TLP:RED // and again"))
    assert isinstance(answer, NotSent)
    assert answer.reason == "red_not_open"
    assert (await entries_of_policy(world)).count(read_policy(None).digest) == earlier + 1


async def test_a_policy_with_a_mistake_is_refused_with_file_and_line_and_changes_nothing(
    world: World, tmp_path: Path, capsys: Any
) -> None:
    await in_line(world)
    policies = await entries_of_policy(world)
    topic = await state_of(world, FLOOR, "m.room.topic")
    old = "purpose: All parties exchange here."
    folder = changed(
        tmp_path,
        ("groups/mps.yaml", old, "purpose: Another."),
        ("groups/mps.yaml", "chair: IDN", "chair: XYZ"),
    )
    line = (folder / "groups/mps.yaml").read_text().splitlines().index("chair: XYZ") + 1
    for name in ("plan", "apply"):
        arguments = [name, "--dir", str(world.layout.root), "--policies", str(folder)]
        assert await command(main, arguments) == 1
        shown = capsys.readouterr()
        assert f"groups/mps.yaml:{line}: " in shown.err
        assert shown.out == ""
    assert await entries_of_policy(world) == policies
    assert await state_of(world, FLOOR, "m.room.topic") == topic


# --- terms --------------------------------------------------------------------------------------


A_TEXT = ("m.room.message", text_content("never sent"))


def has_left(reader: OfficerClient, room: str, user: str) -> bool:
    """Whether the reader's client knows that somebody left."""
    told = [one for one in reader.received(room) if one.state_key == user]
    return bool(told) and told[-1].content.get("membership") == "leave"


async def test_whose_term_ended_is_refused_at_once_and_out_of_every_room_within_a_minute(
    world: World, tmp_path: Path
) -> None:
    chair = await world.officer("idn.chair1", FLOOR, DESK, "mps-coordination")
    await in_line(world)
    floor, user = world.room(FLOOR), world.user("idn.chair1")
    colleague = await world.officer("idn.focal2", FLOOR)
    session = (await colleague.encrypt(floor, *A_TEXT))["session_id"]
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    folder = changed(
        tmp_path, ("roster.yaml", "until: 2027-12-31", f"until: {yesterday}"), version=3
    )
    async with world.operating() as operations:
        # As if a day had passed: policy holds, and nobody applies anything.
        assert await operations.put_in_force(read_policy(folder), ()) == []
        try:
            answer = await chair.send_text(floor, words("TLP:GREEN // a day late"))
            assert isinstance(answer, NotSent)
            assert answer.reason == "outside_term"

            async def gone() -> bool:
                rooms = await operations.rooms.all()
                lists = [await operations.homeserver.joined_members(one) for one in rooms.values()]
                return all(user not in people for people in lists)

            await until(gone, "the worker to take them out", 60)
            await chair.wait_for(lambda: not chair.joined or None)
            # Those who stay give the next room key to nobody who left.
            await colleague.wait_for(lambda: has_left(colleague, floor, user) or None)
            assert (await colleague.encrypt(floor, *A_TEXT))["session_id"] != session
        finally:
            assert await command(apply, world.layout.root, None) == 0
    await chair.wait_for(lambda: floor in chair.joined or None)
    assert isinstance(await chair.send_text(floor, words("TLP:GREEN // back")), Sent)
    await in_line(world)
