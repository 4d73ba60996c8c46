"""Rooms on demand on a real network: `!dm`, a refused "start chat" and its card, a compartment.

The third officer is in none of them and gets into none, whatever they try.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from rilon.application.rooms_on_demand import TAKE, open_compartment, retire
from rilon.domain.entries import EntryKind, Subject
from rilon.domain.parties import parties
from rilon.domain.rooms import RoomKind
from rilon.embedded.officer_client import OfficerClient
from rilon.embedded.officer_device import API
from rilon.embedded.officer_values import NotSent, Received, Sent, text_content
from rilon.policy.on_demand import compartment_of
from tests.e2e.conftest import STEWARD, World
from tests.e2e.streams import entries, until
from tests.e2e.test_gate import words

ONE, OTHER, THIRD = "tls.secondee2", "bgd.secondee2", "tls.focal2"
ASKER, ASKED = "mys.secondee2", "tha.secondee2"


async def direct(world: World, name: str) -> str:
    return await world.room_id(f"direct-{name}")


async def inside(world: World, key: str) -> set[str]:
    path = f"{API}/rooms/{quote(await world.room_id(key))}/joined_members"
    return set((await world.admin("GET", path))[1]["joined"])


async def pair(world: World, one: str, other: str) -> str:
    """The key of the room of these two, once there is one."""

    async def found() -> str | None:
        async with world.operating() as operations:
            network = await operations.policies.in_force()
        rooms = network.rooms.values() if network else ()
        keys = (room.key for room in rooms if room.kind is RoomKind.PAIR)
        return next((key for key in keys if network.members(key) == {one, other}), None)

    return str(await until(found, f"the room of {one} and {other}"))


async def in_room(world: World, client: OfficerClient, key: str) -> str:
    """The room's id, once the officer is in it and knows that it is encrypted."""
    room_id = await world.room_id(key)
    await client.wait_for(lambda: room_id in client.joined or None)
    return room_id


async def test_dm_opens_a_room_for_the_two_alone(world: World) -> None:
    one, other = await world.officer(ONE), await world.officer(OTHER)
    third = await world.officer(THIRD)
    assert isinstance(await one.send_text(await direct(world, ONE), f"!dm @{OTHER}"), Sent)
    key = await pair(world, ONE, OTHER)
    room_id = await in_room(world, one, key)
    await in_room(world, other, key)
    assert await inside(world, key) == {STEWARD, world.user(ONE), world.user(OTHER)}
    assert "Focal" not in await world.card(one, "Secondee 2 BGD + Secondee 2 TLS")
    await world.card(other, "Secondee 2 BGD + Secondee 2 TLS")
    assert room_id not in third.joined

    said = words("TLP:AMBER REL TLS,BGD // between the two of us")
    assert isinstance(await one.send_text(room_id, said), Sent)
    await other.wait_for_text(room_id, said)
    answered = words("TLP:RED // and this is for you alone")
    assert isinstance(await other.send_text(room_id, answered), Sent)
    await one.wait_for_text(room_id, answered)


async def test_a_post_there_is_judged_under_the_rooms_ceiling(world: World) -> None:
    key = await pair(world, ONE, OTHER)
    one, other = await world.officer(ONE, key), await world.officer(OTHER, key)
    room_id = await world.room_id(key)
    refused = words("TLP:AMBER REL TLS,AUS // not for Bangladesh")
    answer = await one.send_text(room_id, refused)
    assert isinstance(answer, NotSent)
    assert answer.reason == "rel_excludes_room"
    after = words("TLP:GREEN // and this one arrives")
    assert isinstance(await one.send_text(room_id, after), Sent)
    await other.wait_for_text(room_id, after)
    assert refused not in other.texts(room_id)


async def test_the_room_says_what_it_is(world: World) -> None:
    room_id = await world.room_id(await pair(world, ONE, OTHER))
    path = f"{API}/rooms/{quote(room_id)}/state/"
    _, topic = await world.admin("GET", f"{path}m.room.topic")
    assert "Parties: Secondee 2 · BGD, Secondee 2 · TLS." in topic["topic"]
    assert "Without a marking: TLP:AMBER. The steward reads every message." in topic["topic"]
    _, name = await world.admin("GET", f"{path}m.room.name")
    assert name["name"] == "Secondee 2 BGD + Secondee 2 TLS · MPS"
    _, own = await world.admin("GET", f"{path}org.rilon.room")
    assert (own["kind"], own["ceiling"]) == (RoomKind.PAIR.value, ["BGD", "TLS"])


async def test_a_third_officer_gets_in_by_no_way(world: World) -> None:
    key = await pair(world, ONE, OTHER)
    third, one = await world.officer(THIRD), await world.officer(ONE, key)
    room_id = await world.room_id(key)
    place, alias = quote(room_id), quote(f"#{key}:{world.network.server_name}")
    tries: tuple[tuple[OfficerClient, str, str, dict[str, Any]], ...] = (
        (third, "POST", f"{API}/rooms/{place}/join", {}),
        (third, "POST", f"{API}/join/{alias}", {}),
        (third, "POST", f"{API}/knock/{place}", {}),
        (one, "POST", f"{API}/rooms/{place}/invite", {"user_id": world.user(THIRD)}),
        (one, "PUT", f"{API}/rooms/{place}/state/m.room.join_rules", {"join_rule": "public"}),
        (one, "PUT", f"{API}/rooms/{place}/state/m.room.power_levels", {"users_default": 100}),
    )
    for client, method, path, body in tries:
        answer = await client.request(method, path, body)
        assert answer.status in (403, 404), (path, answer)
    content = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x", "session_id": "x"}
    for kind in ("m.room.encrypted", "m.room.message"):
        body = content if kind == "m.room.encrypted" else text_content("hello")
        path = f"{API}/rooms/{place}/send/{kind}/{uuid4()}"
        assert (await third.request("PUT", path, body)).status == 403
    assert (await third.request("GET", f"{API}/rooms/{place}/messages?dir=b")).status == 403
    assert (await third.request("GET", f"{API}/rooms/{place}/state")).status == 403
    assert await inside(world, key) == {STEWARD, world.user(ONE), world.user(OTHER)}


async def test_the_space_does_not_show_who_writes_to_whom(world: World) -> None:
    room_id = await world.room_id(await pair(world, ONE, OTHER))
    _, state = await world.admin("GET", f"{API}/rooms/{quote(world.room('mps'))}/state")
    assert room_id not in {one["state_key"] for one in state}


async def test_whom_nobody_knows_and_who_is_not_here_get_no_room(world: World) -> None:
    one = await world.officer(ONE)
    room_id = await direct(world, ONE)
    await one.send_text(room_id, "!dm somebody.nobody")
    await world.card(one, "I do not know whom you mean")
    await one.send_text(room_id, f"!dm {ONE}")
    await world.card(one, "That is you")
    await one.send_text(room_id, "!dm rso.auditor1")
    card = await world.card(one, "!rooms")
    assert "rso.auditor1" not in card


async def test_a_refused_chat_is_answered_with_one_tap_that_opens_the_governed_room(
    world: World,
) -> None:
    asker, asked = await world.officer(ASKER), await world.officer(ASKED)
    third = await world.officer(THIRD)
    body = {"preset": "trusted_private_chat", "is_direct": True, "invite": [world.user(ASKED)]}
    answer = await asker.request("POST", f"{API}/createRoom", body)
    assert (answer.status, answer.body["org.rilon.reason"]) == (403, "steward_only")
    room_id = await direct(world, ASKER)

    def offered() -> Received | None:
        texts = (one for one in asker.received(room_id) if one.sender == STEWARD)
        return next((one for one in texts if "You wanted to write to" in one.text), None)

    card = await asker.wait_for(offered)
    assert "Secondee 2 · THA" in card.text

    def tap() -> Received | None:
        for one in asker.received(room_id):
            relation = one.content.get("m.relates_to", {})
            if one.type == "m.reaction" and relation.get("event_id") == card.event_id:
                return one
        return None

    shown = await asker.wait_for(tap)
    assert shown.sender == STEWARD
    key = shown.content["m.relates_to"]["key"]
    assert key == TAKE
    assert isinstance(await asker.react(room_id, card.event_id, key), Sent)
    offer = await pair(world, ASKER, ASKED)
    opened = await in_room(world, asker, offer)
    await in_room(world, asked, offer)
    assert await inside(world, offer) == {STEWARD, world.user(ASKER), world.user(ASKED)}
    said = words("TLP:AMBER // selamat pagi")
    assert isinstance(await asker.send_text(opened, said), Sent)
    await asked.wait_for_text(opened, said)
    assert opened not in third.joined


async def test_the_plan_takes_the_rooms_for_what_they_are(world: World) -> None:
    pairs = {await pair(world, ONE, OTHER), await pair(world, ASKER, ASKED)}

    async def nothing() -> bool:
        async with world.operating() as operations:
            network = await operations.policies.in_force()
            assert network is not None
            assert pairs <= set(network.rooms)
            return not await operations.steps(network)

    await until(nothing, "nothing to be planned")


async def test_a_compartment_is_made_on_demand_and_used_again(world: World) -> None:
    asker = await world.officer(ASKER)
    some = parties("MYS", "THA", "TLS")
    room = compartment_of("mps", some)
    async with world.operating() as operations:
        wanted = open_compartment(world.user(ASKER), "mps", some, f"test {uuid4()}")
        await operations.effects.write([wanted])
    room_id = await in_room(world, asker, room.key)
    reader = await world.officer(ASKED, room.key)
    said = words("REL MYS,THA,TLS // for us three")
    assert isinstance(await asker.send_text(room_id, said), Sent)
    await reader.wait_for_text(room_id, said)
    outsider = await world.officer(OTHER)
    assert room_id not in outsider.joined
    refused = await asker.send_text(world.room("mps-floor"), said)
    assert isinstance(refused, NotSent)
    await world.card(asker, "MYS+THA+TLS")


async def test_a_retired_room_is_empty_takes_nothing_and_comes_back(world: World) -> None:
    key = await pair(world, ONE, OTHER)
    one, other = await world.officer(ONE, key), await world.officer(OTHER, key)
    room_id = await world.room_id(key)
    wire = await one.encrypt(room_id, "m.room.message", text_content(words("TLP:GREEN // late")))
    async with world.operating() as operations:
        now = datetime.now(UTC)
        await operations.effects.write([retire(key, now, f"test {uuid4()}")])

    async def empty() -> bool:
        return await inside(world, key) == {STEWARD}

    await until(empty, "the room to be empty")
    late = await one.send_as_is(room_id, "m.room.encrypted", wire)
    assert isinstance(late, NotSent)
    assert late.status == 403
    await world.card(other, "Closed, since nobody wrote in it")
    await one.wait_for(lambda: room_id not in one.joined or None)
    assert isinstance(await other.send_text(await direct(world, OTHER), f"!dm {ONE}"), Sent)
    await in_room(world, one, key)
    await in_room(world, other, key)
    said = words("TLP:GREEN // here again")
    assert isinstance(await other.send_text(room_id, said), Sent)
    await one.wait_for_text(room_id, said)


async def test_the_ledger_says_who_opened_which_room_and_when_it_was_retired(
    world: World,
) -> None:
    key = await pair(world, ONE, OTHER)
    found = await entries(world, await world.verify())
    steps = [
        (dict(one.subject)[Subject.STEP], one.parties)
        for several in found.values()
        for one in several
        if one.kind is EntryKind.ROOM and one.room == key
    ]
    assert [step for step, _ in steps] == ["opened", "retired", "opened"]
    assert {some for _, some in steps} == {parties("BGD", "TLS")}
