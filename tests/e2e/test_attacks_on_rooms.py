"""Ways round the gate by state, rooms, members and the steward's name, tried by officers, by
administrators of the homeserver and with the steward's own token; and what is kept of them all.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from sqlalchemy import text

from rilon.embedded.officer_client import OfficerClient
from rilon.embedded.officer_values import (
    NotSent,
    reaction_content,
    text_content,
)
from tests.e2e.attacks import (
    API,
    ATTACKER,
    FLOOR,
    READER,
    REASON,
    VICTIM,
    attacker,
    forbidden,
    spoken,
    unseen,
    words,
)
from tests.e2e.conftest import STEWARD, World

STATE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("m.room.name", {"name": "gone past the jetty"}),
    ("m.room.topic", {"topic": "gone past the jetty"}),
    ("m.room.avatar", {"url": "mxc://rilon.localhost/left"}),
    ("m.room.power_levels", {"users_default": 100, "events_default": 0}),
    ("m.room.join_rules", {"join_rule": "public"}),
    ("m.room.history_visibility", {"history_visibility": "world_readable"}),
    ("m.room.guest_access", {"guest_access": "can_join"}),
    ("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 100000}),
    ("m.room.server_acl", {"allow": ["*"], "deny": [], "allow_ip_literals": True}),
    ("m.room.tombstone", {"body": "gone past the jetty", "replacement_room": "!a:b"}),
    ("m.room.pinned_events", {"pinned": ["$left"]}),
    ("m.space.child", {"via": ["left"]}),
    ("m.room.retention", {"max_lifetime": 1000 * 86400 * 7}),
    ("m.room.third_party_invite", {"display_name": "gone past the jetty"}),
    ("org.rilon.room", {"ceiling": ["AUS"]}),
    ("org.example.note", {"text": "gone past the jetty"}),
    ("im.vector.modular.widgets", {"url": "https://example.org", "name": "gone past the jetty"}),
)


@pytest.mark.parametrize(("kind", "content"), STATE)
async def test_state_set_by_an_officer_or_an_administrator(
    world: World, kind: str, content: dict[str, Any]
) -> None:
    mallory = await attacker(world)
    path = f"{API}/rooms/{world.room(FLOOR)}/state/{kind}/"
    async with unseen(world, "gone past the jetty"):
        forbidden(await mallory.request("PUT", path, content), "steward_only")
        status, body = await world.admin("PUT", path, content)
        assert (status, body.get(REASON)) == (403, "steward_only")


@asynccontextmanager
async def administrator(world: World, name: str) -> AsyncIterator[OfficerClient]:
    """An officer who is an administrator of the homeserver for a while."""
    client = await world.officer(name, FLOOR)
    path = f"/_synapse/admin/v2/users/{world.user(name)}"
    assert (await world.admin("PUT", path, {"admin": True}))[0] == 200
    try:
        yield client
    finally:
        assert (await world.admin("PUT", path, {"admin": False}))[0] == 200


ROOMS: tuple[dict[str, Any], ...] = (
    {"preset": "private_chat", "name": "gone past the jetty"},
    {
        "preset": "trusted_private_chat",
        "is_direct": True,
        "invite": ["@tha.focal1:rilon.localhost"],
    },
    {"preset": "public_chat", "room_alias_name": "left-at-noon"},
)


@pytest.mark.parametrize("body", ROOMS)
async def test_a_room_made_by_an_officer_an_administrator_or_with_the_stewards_token(
    world: World, body: dict[str, Any]
) -> None:
    mallory = await attacker(world)
    forbidden(await mallory.request("POST", f"{API}/createRoom", body), "steward_only")
    async with administrator(world, ATTACKER) as admin:
        forbidden(await admin.request("POST", f"{API}/createRoom", body), "steward_only")
    status, answer = await world.admin("POST", f"{API}/createRoom", body)
    assert (status, answer.get(REASON)) == (403, "steward_only")


async def test_an_alias_a_directory_entry_and_an_upgrade(world: World) -> None:
    mallory = await attacker(world)
    floor = world.room(FLOOR)
    alias = quote("#left-at-noon:rilon.localhost")
    async with administrator(world, ATTACKER) as admin:
        for who in (mallory, admin):
            path = f"{API}/directory/room/{alias}"
            forbidden(await who.request("PUT", path, {"room_id": floor}))
            path = f"{API}/directory/list/room/{floor}"
            forbidden(await who.request("PUT", path, {"visibility": "public"}))
            path = f"{API}/rooms/{floor}/upgrade"
            forbidden(await who.request("POST", path, {"new_version": "12"}))
    status, _ = await world.admin("POST", f"{API}/rooms/{floor}/upgrade", {"new_version": "12"})
    assert status == 403


async def test_inviting_kicking_banning_and_knocking(world: World) -> None:
    mallory = await attacker(world)
    floor = world.room(FLOOR)
    person = {"user_id": world.user(VICTIM), "reason": "gone past the jetty"}
    async with unseen(world, "gone past the jetty"):
        for act in ("kick", "ban", "invite", "unban"):
            forbidden(await mallory.request("POST", f"{API}/rooms/{floor}/{act}", person))
            forbidden(
                await mallory.request("POST", f"{API}/rooms/{floor}/{act}", {"user_id": STEWARD})
            )
        for act in ("kick", "ban"):
            status, body = await world.admin("POST", f"{API}/rooms/{floor}/{act}", person)
            assert (status, body.get(REASON)) == (403, "steward_only")
        knock = await mallory.request("POST", f"{API}/knock/{world.room('mps-desk-idn')}", {})
        forbidden(knock)


async def test_joining_a_room_that_policy_does_not_give(world: World) -> None:
    mallory = await attacker(world)
    desk = world.room("mps-desk-idn")
    answer = await mallory.request("POST", f"{API}/rooms/{desk}/join", {"reason": "left"})
    forbidden(answer)
    status, body = await world.admin(
        "POST", f"/_synapse/admin/v1/join/{desk}", {"user_id": world.user(ATTACKER)}
    )
    assert (status, body.get(REASON)) == (403, "steward_only")
    said = await mallory.send_as_is(desk, "m.room.message", text_content(words()))
    assert isinstance(said, NotSent)
    assert said.status == 403
    assert desk not in mallory.joined


async def test_leaving_with_words(world: World) -> None:
    mallory = await attacker(world)
    floor = world.room(FLOOR)
    async with unseen(world, "gone past the jetty"):
        answer = await mallory.request(
            "POST", f"{API}/rooms/{floor}/leave", {"reason": "gone past the jetty"}
        )
        forbidden(answer, "reason_not_allowed")
        path = f"{API}/rooms/{floor}/state/m.room.member/{world.user(ATTACKER)}"
        for content in (
            {"membership": "join", "displayname": "gone past the jetty"},
            {"membership": "join", "org.example": "gone past the jetty"},
            {"membership": "leave", "org.example": "gone past the jetty"},
            {"membership": "join", "avatar_url": "mxc://rilon.localhost/left"},
        ):
            put = await mallory.request("PUT", path, content)
            # The homeserver itself takes a name or an avatar out: then nothing is changed.
            assert put.status in (200, 403)
    reader = await world.officer(READER, FLOOR)
    for one in reader.received(floor):
        assert "gone past the jetty" not in json.dumps(one.content)


async def test_another_display_name(world: World) -> None:
    mallory = await attacker(world)
    path = f"{API}/profile/{world.user(ATTACKER)}/displayname"
    forbidden(await mallory.request("PUT", path, {"displayname": "gone past the jetty"}))


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("m.room.message", text_content("seen off Zanzibar")),
        (
            "m.room.encrypted",
            {
                "algorithm": "m.megolm.v1.aes-sha2",
                "session_id": "A" * 43,
                "ciphertext": "A" * 100,
                "device_id": "Zanzibar",
                "sender_key": "A" * 43,
            },
        ),
        ("m.reaction", reaction_content("$Zanzibar", "👍")),
        ("org.example.note", {"text": "seen off Zanzibar"}),
    ],
)
async def test_the_stewards_name_used_by_another(
    world: World, kind: str, content: dict[str, Any]
) -> None:
    path = f"{API}/rooms/{world.room(FLOOR)}/send/{kind}/{uuid4()}"
    async with unseen(world, "Zanzibar"):
        for _ in range(2):
            status, body = await world.admin("PUT", path, content)
            assert (status, body.get(REASON)) == (403, "steward_only")


async def test_a_redaction_in_the_stewards_name(world: World) -> None:
    target = await spoken(world, VICTIM)
    path = f"{API}/rooms/{world.room(FLOOR)}/redact/{quote(target)}/{uuid4()}"
    for reason in ({}, {"reason": "gone past the jetty"}):
        status, body = await world.admin("PUT", path, reason)
        assert (status, body.get(REASON)) == (403, "steward_only")


async def test_no_refused_words_are_kept_anywhere(world: World) -> None:
    """Not in a log, not in a table, not in the ledger; nor as the name of a type or of a key."""
    mallory = await attacker(world)
    floor = world.room(FLOOR)
    marker = f"zq{uuid4().hex[:10]}"
    await mallory.send_text(floor, f"REL AUS,IDN // {marker}")
    await mallory.send_text(floor, f"TLP:ORANGE {marker} // {marker}")
    await mallory.send_as_is(floor, "m.room.message", text_content(marker))
    await mallory.send_as_is(floor, f"org.{marker}", {"text": marker})
    await mallory.request("PUT", f"{API}/rooms/{floor}/state/org.{marker}/", {marker: marker})
    await mallory.react(floor, "$" + "a" * 43, marker)
    await mallory.send(floor, "m.room.message", {**text_content("TLP:GREEN // a"), "x": marker})
    async with world.operating() as operations, operations.rooms._engine.connect() as connection:
        for table in ("verdict", "attempt", "effect", "device", "officer_state", "inbox"):
            query = text(f"SELECT count(*) FROM {table} t WHERE t::text LIKE :marker")
            found = await connection.execute(query, {"marker": f"%{marker}%"})
            assert found.scalar_one() == 0, table
    for log in world.layout.logs.rglob("*"):
        if log.is_file():
            assert marker.encode() not in log.read_bytes(), log.name
    report = await world.verify()
    assert report.sound
