"""An officer's life on the network: the first hour, a reset, a lost device, another identity,
leaving, and coming back.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from rilon.bootstrap.operations import CantOperate
from rilon.commands import officer as command
from rilon.domain.entries import EntryKind, Subject
from rilon.embedded.officer_client import OfficerClient, SignInError
from rilon.embedded.officer_values import NotSent, Received, Sent, text_content
from rilon.embedded.postgres import OWNER
from rilon.embedded.provision import read_policy
from rilon.embedded.settings import account_secret
from rilon.policy.steps import SetDisplayName
from rilon.storage.officers import ADDED, ADMITTED, REMOVED, STOPPED, OfficerRow
from tests.e2e.conftest import STEWARD, World
from tests.e2e.streams import entries, until, verdicts
from tests.e2e.test_gate import words
from tests.e2e.test_policy import changed

FLOOR = "mps-floor"


# --- what the tests ask -------------------------------------------------------------------------


@asynccontextmanager
async def signed_in(
    world: World, name: str, device: str, *, identity_of: str | None = None, **how: Any
) -> AsyncIterator[OfficerClient]:
    """The officer on a new device, with the present password. `identity_of` is another device of
    theirs, whose identity they take over as with a recovery key."""
    folders = world.folder / "devices" / name
    (folders / device).mkdir(parents=True)
    if identity_of is not None:
        shutil.copy(folders / identity_of / "identity.seeds", folders / device)
    password = world.layout.secret(account_secret(name))
    client = await OfficerClient.sign_in(
        world.network.homeserver, world.user(name), password, folders / device, **how
    )
    async with client:
        yield client


async def row_of(world: World, name: str) -> OfficerRow:
    """Where the officer stands."""
    async with world.operating() as operations:
        found: OfficerRow = next(row for row in await operations.officers.all() if row.name == name)
        return found


async def comes_to_be(world: World, name: str, state: str) -> OfficerRow:
    """The officer's row, once they are in that state."""

    async def there() -> OfficerRow | None:
        row = await row_of(world, name)
        return row if row.state == state else None

    return await until(there, f"{name} to be {state}")  # type: ignore[no-any-return]


async def in_floor(world: World, client: OfficerClient) -> None:
    """Until the officer is on the floor."""
    floor = world.room(FLOOR)
    await client.wait_for(lambda: floor in client.joined or None)


async def rooms_with(world: World, name: str) -> set[str]:
    """The keys of all governed rooms where the officer is."""
    async with world.operating() as operations:
        rooms, inside = await operations.rooms.all(), set()
        for key, room_id in rooms.items():
            if world.user(name) in await operations.homeserver.joined_members(room_id):
                inside.add(key)
    return inside


async def steps_of(world: World, name: str) -> list[str]:
    """What the ledger holds about the officer's membership and keys."""
    found = await entries(world, await world.verify())
    mine = [
        (one.time, fields[Subject.STEP])
        for several in found.values()
        for one in several
        if one.kind in (EntryKind.MEMBERSHIP, EntryKind.KEY_CHANGE)
        and (fields := dict(one.subject)).get(Subject.USER_ID) == world.user(name)
    ]
    return [step for _, step in sorted(mine)]


async def holds(world: World, name: str, *steps: str) -> list[str]:
    """The ledger's steps about the officer, once these are among them."""

    async def there() -> list[str] | None:
        found = await steps_of(world, name)
        return found if all(found.count(one) >= steps.count(one) for one in steps) else None

    return await until(there, f"{steps} of {name} in the ledger")  # type: ignore[no-any-return]


async def encrypted(client: OfficerClient, room_id: str, text: str) -> Any:
    """A message as it would be sent, its keys shared: sending it is all that is left to do."""
    return await client.encrypt(room_id, "m.room.message", text_content(words(text)))


async def knows(world: World, client: OfficerClient) -> int:
    """How the homeserver takes this session: 200, or 401 when it has ended."""
    return (await client.request("GET", "/_matrix/client/v3/account/whoami")).status


async def run(function: Any, world: World, name: str) -> None:
    """A command of the coordinator, as the command line calls it."""
    assert await asyncio.to_thread(function, world.layout.root, name) == 0


def described_password(world: World, name: str) -> str | None:
    """The password that the description of the network shows."""
    officers = json.loads(world.layout.description.read_text())["officers"]
    return next((one["password"] for one in officers if one["user_id"] == world.user(name)), None)


def of_the_steward(client: OfficerClient, room_id: str) -> list[Received]:
    """What the steward said in a room, in the order in which it was said."""
    said = [one for one in client.received(room_id) if one.sender == STEWARD and one.encrypted]
    return sorted(said, key=lambda one: one.at_ms)


# --- the first hour -----------------------------------------------------------------------------


async def test_without_a_signed_device_an_officer_is_in_no_room_and_then_in_all(
    world: World,
) -> None:
    """First the account, then the signed device, then the welcome, then the rooms."""
    name, floor = "rso.analyst2", world.room(FLOOR)
    async with signed_in(world, name, "first", sign_device=False) as client:

        async def looked_at() -> bool:
            async with world.operating() as operations:
                seen = await operations.officers.devices(world.user(name))
                return [(one.device_id, one.signed) for one in seen] == [(client.device_id, False)]

        await until(looked_at, "the steward to see the unsigned device")
        assert (await row_of(world, name)).state == ADDED
        assert await rooms_with(world, name) == set()
        tried = await client.send_as_is(floor, "m.room.message", {"body": words("let me in")})
        assert isinstance(tried, NotSent)
        assert tried.status == 403
        assert client.joined == frozenset()

        password = world.layout.secret(account_secret(name))
        await client._device.sign_itself(password, replace_identity=False)
        direct = await world.room_id(f"direct-{name}")
        await client.wait_for(lambda: floor in client.joined or None)

        welcome = await client.wait_for_text(direct, "Welcome, Analyst 2 · RSO")
        assert of_the_steward(client, direct)[0].event_id == welcome.event_id
        assert "I read every message in every room" in welcome.text
        assert welcome.content["m.mentions"] == {"user_ids": [client.user_id]}
        came = next(one for one in client.received(floor) if one.state_key == client.user_id)
        assert welcome.at_ms <= came.at_ms
        wanted = {"direct-rso.analyst2", "mps", "mps-analysis", "mps-bulletins", FLOOR}

        async def everywhere() -> bool:
            return await rooms_with(world, name) == wanted

        await until(everywhere, "the analyst to be in their rooms and in no other")
        synced = await client.request("GET", "/_matrix/client/v3/sync")
        assert synced.body["rooms"].get("invite", {}) == {}
        for room_id in client.joined:
            assert all(one.readable for one in client.received(room_id))
    assert {"added", "admitted", "pinned"} <= set(await holds(world, name, "admitted", "pinned"))


# --- password, device, identity -----------------------------------------------------------------


async def test_after_a_reset_the_old_session_is_dead_and_the_identity_still_counts(
    world: World, capsys: Any
) -> None:
    name, floor = "bgd.secondee1", world.room(FLOOR)
    async with signed_in(world, name, "before") as old:
        await in_floor(world, old)
        before = await row_of(world, name)
        first = world.layout.secret(account_secret(name))
        kept = await encrypted(old, floor, "TLP:GREEN // still there")
        await run(command.reset, world, name)
        second = world.layout.secret(account_secret(name))
        assert second != first
        assert second in capsys.readouterr().out
        assert described_password(world, name) == second
        assert await knows(world, old) == 401
        refused = await old.send_as_is(floor, "m.room.encrypted", kept)
        assert isinstance(refused, NotSent)
        assert refused.status == 401
    with pytest.raises(SignInError):
        await OfficerClient.sign_in(
            world.network.homeserver, world.user(name), first, world.folder / "wrong"
        )
    async with signed_in(world, name, "after", identity_of="before") as new:
        await in_floor(world, new)
        assert isinstance(await new.send_text(floor, words("TLP:GREEN // again")), Sent)
    after = await row_of(world, name)
    assert (after.state, after.master_key) == (ADMITTED, before.master_key)
    assert (await holds(world, name, "reset")).count("pinned") == 1


async def test_after_a_loss_no_old_device_counts_and_a_new_identity_does(
    world: World, capsys: Any
) -> None:
    name, floor = "tls.focal2", world.room(FLOOR)
    async with signed_in(world, name, "before") as old:
        await in_floor(world, old)
        before = await row_of(world, name)
        kept = await encrypted(old, floor, "TLP:GREEN // found a phone")
        await run(command.lost, world, name)
        shown = capsys.readouterr().out
        assert world.layout.secret(account_secret(name)) in shown
        # INVARIANT: signed out before they may be let in again. The lost device is still signed.
        assert await knows(world, old) == 401
        waiting = await row_of(world, name)
        assert (waiting.state, waiting.master_key) == (ADDED, None)
        refused = await old.send_as_is(floor, "m.room.encrypted", kept)
        assert isinstance(refused, NotSent)
        assert refused.status == 401
    async with signed_in(world, name, "after", replace_identity=True) as new:
        after = await comes_to_be(world, name, ADMITTED)
        assert after.master_key not in (None, before.master_key)
        await in_floor(world, new)
        assert isinstance(await new.send_text(floor, words("TLP:GREEN // here again")), Sent)
    assert (await holds(world, name, "lost", "pinned", "pinned")).count("admitted") == 2


async def test_another_identity_stops_an_officer_until_the_coordinator_acts(
    world: World,
) -> None:
    """ATTACK: a homeserver that shows an identity, and a device, of its own making."""
    name, floor = "aus.focal1", world.room(FLOOR)
    async with (
        signed_in(world, name, "own") as own,
        signed_in(world, name, "other", sign_device=False) as other,
    ):
        await in_floor(world, own)
        await in_floor(world, other)
        password = world.layout.secret(account_secret(name))
        await other._device.sign_itself(password, replace_identity=True)
        await comes_to_be(world, name, STOPPED)
        for client in (own, other):
            answer = await client.send_text(floor, words("TLP:GREEN // which of us"))
            assert isinstance(answer, NotSent)
            assert answer.reason == "not_admitted"
    await run(command.lost, world, name)
    async with signed_in(world, name, "new", replace_identity=True) as new:
        await comes_to_be(world, name, ADMITTED)
        await in_floor(world, new)
        assert isinstance(await new.send_text(floor, words("TLP:GREEN // me again")), Sent)
    assert "changed" in await holds(world, name, "changed", "lost")


# --- leaving ------------------------------------------------------------------------------------

_WAITING_FOR_A_ROOM = """
    SELECT count(*) FROM pg_stat_activity
     WHERE wait_event_type = 'Lock' AND query LIKE '%governed_room%' AND usename = $1
"""


async def test_a_removed_officer_is_out_everywhere_and_what_was_under_way_is_not_delivered(
    world: World, capsys: Any
) -> None:
    name, floor = "bgd.focal2", world.room(FLOOR)
    reader = await world.officer("bgd.focal1", FLOOR)
    async with signed_in(world, name, "before") as officer:
        await in_floor(world, officer)
        wanted = {f"direct-{name}", "mps", FLOOR, "mps-bulletins", "mps-coordination"}

        async def everywhere() -> bool:
            return await rooms_with(world, name) == wanted | {"mps-desk-bgd"}

        await until(everywhere, "the officer to be in their rooms")
        said = words("TLP:GREEN // sent in the last second")
        async with AsyncExitStack() as stack:
            database = await world.network.postgres().connect(OWNER, "rilon")
            stack.push_async_callback(database.close)
            transaction = database.transaction()
            await transaction.start()
            await database.execute("SELECT FROM governed_room WHERE room_id = $1 FOR UPDATE", floor)
            sending = asyncio.create_task(officer.send_text(floor, said))

            async def waits() -> bool:
                watching = await world.network.postgres().connect("postgres", "rilon")
                try:
                    found = await watching.fetchval(_WAITING_FOR_A_ROOM, "rilon_steward")
                finally:
                    await watching.close()
                return bool(found)

            await until(waits, "the gate to wait for the room")
            removing = asyncio.create_task(run(command.remove, world, name))
            await comes_to_be(world, name, REMOVED)
            # Revoked, and nothing else yet: the officer is in the room, their session lives.
            assert await knows(world, officer) == 200
            assert FLOOR in await rooms_with(world, name)
            await transaction.rollback()
            await removing
        answer = await sending
        assert isinstance(answer, NotSent)
        recorded = await verdicts(world, floor, [world.user(name)])
        assert [(one.accepted, one.code) for one in recorded.values()] == [(False, "not_admitted")]

        async def gone() -> bool:
            return await rooms_with(world, name) == set()

        await until(gone, "the steward to take the officer out", 60)
        assert await knows(world, officer) == 401
    assert f"{name} can't send any more" in capsys.readouterr().out
    with pytest.raises(SignInError):
        async with signed_in(world, name, "later"):
            pass
    assert described_password(world, name) is None
    assert said not in reader.texts(floor)
    assert said not in [one.text for one in await reader.history(floor)]
    assert (await holds(world, name, *["removed"] * 7)).count("removed") == 7


async def test_a_removed_officer_stays_removed_until_they_are_added_again(
    world: World, capsys: Any
) -> None:
    name, floor = "bgd.focal2", world.room(FLOOR)
    async with world.operating() as operations:
        network = await operations.policies.in_force()
        assert network is not None
        for step in (operations.reset, operations.lost):
            with pytest.raises(CantOperate, match="is removed"):
                await step(network, name, lambda _: "never set")
        # Taking somebody out may be said twice: the first time may have been cut short.
        assert await operations.remove(network, name) == 0
        shown = "Somebody · BGD"
        await operations.homeserver.set_account(world.user(name), {"displayname": shown})
        steps = await operations.steps(network)
        assert SetDisplayName(name, "Focal point 2 · BGD") in steps
        await operations.make_accounts(network, steps, lambda _: "never set")
    assert (await row_of(world, name)).state == REMOVED

    await run(command.add, world, name)
    assert world.layout.secret(account_secret(name)) in capsys.readouterr().out
    async with signed_in(world, name, "again", replace_identity=True) as officer:
        await in_floor(world, officer)
        assert isinstance(await officer.send_text(floor, words("TLP:GREEN // back")), Sent)
    assert described_password(world, name) == world.layout.secret(account_secret(name))


async def test_who_is_not_in_the_roster_or_out_of_term_gets_no_account(
    world: World, tmp_path: Path
) -> None:
    folder = changed(tmp_path, ("roster.yaml", "until: 2027-12-31", "until: 2026-01-02"))
    expired = read_policy(folder)
    async with world.operating() as operations:
        for name in ("nobody.focal1", "idn.chair1"):
            with pytest.raises(CantOperate, match=r"roster\.yaml"):
                await operations.add(expired, name, lambda _: "never set")
        assert await operations.homeserver.account(world.user("nobody.focal1")) is None
        assert (await row_of(world, "idn.chair1")).state in (ADDED, ADMITTED)
