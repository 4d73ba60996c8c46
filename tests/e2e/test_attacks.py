"""Every way round the gate, tried by clients that don't play by the rules. The name of a test is
the attack; each ends with the code of the refusal and with a reader who never saw it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import vodozemac
from sqlalchemy import text

from rilon.embedded.officer_client import OfficerClient
from rilon.embedded.officer_values import (
    HttpAnswer,
    NotSent,
    Sent,
    edit_content,
    reaction_content,
    text_content,
)
from rilon.storage.deliveries import Deliveries
from tests.e2e.conftest import STEWARD, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

API = "/_matrix/client/v3"
FLOOR, BOTH = "mps-floor", "mps-aus-idn"
ATTACKER, VICTIM, READER = "aus.secondee2", "tha.focal1", "bgd.focal1"
HTML = "org.matrix.custom.html"
REASON = "org.rilon.reason"


def words(text: str = "by the jetty") -> str:
    """A text that stands nowhere else."""
    return f"{text} {uuid4().hex[:12]}"


async def attacker(world: World, *rooms: str) -> OfficerClient:
    """An admitted officer, whom the homeserver's own limits on rates don't hold back."""
    client = await world.officer(ATTACKER, FLOOR, *rooms)
    path = f"/_synapse/admin/v1/users/{world.user(ATTACKER)}/override_ratelimit"
    await world.admin("POST", path, {"messages_per_second": 0, "burst_count": 0})
    return client


def refused(answer: Sent | NotSent, *codes: str) -> None:
    assert isinstance(answer, NotSent), "it was accepted"
    assert answer.status == 403
    assert answer.reason in codes


def forbidden(answer: HttpAnswer, *codes: str) -> None:
    assert answer.status == 403, answer.status
    assert not codes or answer.text(REASON) in codes, answer.text(REASON)


@asynccontextmanager
async def unseen(world: World, said: str, room: str = FLOOR) -> AsyncIterator[None]:
    """Whatever happens within, a reader of the room sees nothing of it: neither the text nor any
    event of another than of those who speak before and after."""
    reader = await world.officer(READER, FLOOR)
    honest = await world.officer(VICTIM, FLOOR)
    before = {one.event_id for one in reader.received(world.room(room))}
    yield
    after = words("TLP:GREEN // all quiet")
    answer = await honest.send_text(world.room(room), after)
    assert isinstance(answer, Sent)
    await reader.wait_for_text(world.room(room), after, 60)
    seen = [one for one in reader.received(world.room(room)) if one.event_id not in before]
    listed = await reader.history(world.room(room), 50)
    for one in (*seen, *listed):
        assert said not in json.dumps(one.content)
    assert not [one for one in seen if one.sender == world.user(ATTACKER)]


async def seal(client: OfficerClient, room_id: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The wire content of any payload, under the client's shared session."""
    wire = await client.encrypt(room_id, "m.room.message", text_content("never sent"))
    session = client._device.nio.olm.outbound_group_sessions[room_id]
    ciphertext = session.encrypt(json.dumps(payload))
    return {**wire, "ciphertext": ciphertext}


async def delivered(world: World, event_id: str) -> None:
    """Returns when the steward has seen the event in its room."""
    async with world.operating() as operations:
        deliveries = Deliveries(operations.rooms._engine, operations.outbox)
        for _ in range(300):
            if await deliveries.any_delivered([event_id]):
                return
            await asyncio.sleep(0.1)
    raise AssertionError("never delivered")


# --- sessions, devices, replays ------------------------------------------------------------------


async def test_a_room_key_of_another_officer_claimed_as_ones_own(world: World) -> None:
    mallory = await attacker(world)
    victim = await world.officer(VICTIM, FLOOR)
    floor = world.room(FLOOR)
    olm = mallory._device.nio.olm
    keys: list[tuple[str, ...]] = []
    inner = olm.create_group_session

    def overheard(*key: str) -> None:
        keys.append(key)
        inner(*key)

    olm.create_group_session = overheard
    victim._device.nio.invalidate_outbound_session(floor)
    spoken = words("TLP:GREEN // heard")
    sent = await victim.send_text(floor, spoken)
    assert isinstance(sent, Sent)
    await mallory.wait_for_text(floor, spoken)
    olm.create_group_session = inner
    _, _, room_id, session_id, session_key = next(key for key in keys if key[2] == floor)

    # The key goes to the steward once more, in Mallory's name.
    assert isinstance(await mallory.send_text(floor, words("TLP:GREEN // me")), Sent)
    device = next(iter(olm.device_store.active_user_devices(STEWARD)))
    content = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "room_id": room_id,
        "session_id": session_id,
        "session_key": session_key,
    }
    wrapped = olm._olm_encrypt(
        olm.session_store.get(device.curve25519), device, "m.room_key", content
    )
    path = f"{API}/sendToDevice/m.room.encrypted/{uuid4()}"
    put = await mallory.request("PUT", path, {"messages": {STEWARD: {device.id: wrapped}}})
    assert put.status == 200

    unsent = words("TLP:GREEN // only mine to say")
    wire = await victim.encrypt(floor, "m.room.message", text_content(unsent))
    assert wire["session_id"] == session_id
    own_names = {
        **wire,
        "device_id": mallory.device_id,
        "sender_key": olm.account.identity_keys["curve25519"],
    }
    async with unseen(world, unsent):
        refused(await mallory.send_as_is(floor, "m.room.encrypted", wire), "device_not_signed")
        refused(await mallory.send_as_is(floor, "m.room.encrypted", own_names), "device_not_signed")
        stood = await mallory.request("GET", f"{API}/rooms/{floor}/event/{quote(sent.event_id)}")
        refused(
            await mallory.send_as_is(floor, "m.room.encrypted", stood.body["content"]),
            "replayed",
            "device_not_signed",
        )
    coordinator = await world.officer("rso.coordinator1", "mps-coordination")
    await world.card(coordinator, ATTACKER)


async def test_a_ciphertext_sent_again_under_another_transaction(world: World) -> None:
    mallory = await attacker(world)
    floor = world.room(FLOOR)
    said = words("TLP:GREEN // once")
    wire = await mallory.encrypt(floor, "m.room.message", text_content(said))
    sent = await mallory.send_as_is(floor, "m.room.encrypted", wire)
    assert isinstance(sent, Sent)
    await delivered(world, sent.event_id)
    refused(await mallory.send_as_is(floor, "m.room.encrypted", wire), "replayed")
    related = {**wire, "m.relates_to": {"m.in_reply_to": {"event_id": sent.event_id}}}
    refused(await mallory.send_as_is(floor, "m.room.encrypted", related), "replayed")
    reader = await world.officer(READER, FLOOR)
    await reader.wait_for_text(floor, said)
    assert reader.texts(floor).count(said) == 1


async def test_two_ciphertexts_at_one_place_of_a_session(world: World) -> None:
    mallory = await attacker(world)
    floor = world.room(FLOOR)
    await mallory.encrypt(floor, "m.room.message", text_content("never sent"))
    session = mallory._device.nio.olm.outbound_group_sessions[floor]
    key = b"k" * 32
    twin = vodozemac.GroupSession.from_pickle(session._session.pickle(key), key)
    first, second = words("TLP:GREEN // first"), words("TLP:GREEN // second")

    def wire(ciphertext: str) -> dict[str, Any]:
        return {
            "algorithm": "m.megolm.v1.aes-sha2",
            "session_id": session.id,
            "ciphertext": ciphertext,
        }

    def payload(text: str) -> str:
        return json.dumps(
            {"type": "m.room.message", "room_id": floor, "content": text_content(text)}
        )

    one = session.encrypt(payload(first))
    two = twin.encrypt(payload(second).encode()).to_base64()
    assert isinstance(await mallory.send_as_is(floor, "m.room.encrypted", wire(one)), Sent)
    async with unseen(world, second):
        refused(await mallory.send_as_is(floor, "m.room.encrypted", wire(two)), "replayed")


async def test_a_device_that_its_owner_has_not_signed(world: World) -> None:
    await attacker(world)
    folder = world.folder / "officers" / f"{ATTACKER}-ghost"
    ghost = await OfficerClient.sign_in(
        world.network.homeserver,
        world.user(ATTACKER),
        world.password(ATTACKER),
        folder,
        sign_device=False,
    )
    async with ghost:
        said = words("TLP:GREEN // a ghost")
        async with unseen(world, said):
            refused(await ghost.send_text(world.room(FLOOR), said), "device_not_signed")
            event = await ghost.send_as_is(
                world.room(FLOOR), "m.reaction", reaction_content("$nothing", "👍")
            )
            refused(event, "device_not_signed")
        await ghost.sign_out()


async def test_a_key_that_the_steward_did_not_get(world: World) -> None:
    mallory = await attacker(world)
    floor = world.room(FLOOR)
    nio = mallory._device.nio
    nio.invalidate_outbound_session(floor)
    nio.olm.create_outbound_group_session(floor)
    nio.olm.outbound_group_sessions[floor].shared = True
    said = words("TLP:GREEN // unreadable")
    async with unseen(world, said):
        answer = await mallory.send(floor, "m.room.message", text_content(said))
        refused(answer, "unreadable")
    nio.invalidate_outbound_session(floor)


async def test_another_algorithm(world: World) -> None:
    mallory = await attacker(world)
    floor = world.room(FLOOR)
    said = words("TLP:GREEN // of another kind")
    wire = await mallory.encrypt(floor, "m.room.message", text_content(said))
    async with unseen(world, said):
        other = {**wire, "algorithm": "m.megolm.v2.aes-sha2"}
        refused(await mallory.send_as_is(floor, "m.room.encrypted", other), "unreadable")


async def test_words_in_the_clear_part_of_an_encrypted_event(world: World) -> None:
    mallory = await attacker(world)
    floor = world.room(FLOOR)
    async with unseen(world, "vessel.left"):
        for clear in (
            {"device_id": "vessel.left.the.northern.harbour"},
            {"body": "vessel.left"},
            {"m.relates_to": {"rel_type": "m.thread", "event_id": "$a", "key": "vessel.left"}},
            {"org.example": {"text": "vessel.left"}},
        ):
            wire = await mallory.encrypt(floor, "m.room.message", text_content("TLP:GREEN // x"))
            answer = await mallory.send_as_is(floor, "m.room.encrypted", {**wire, **clear})
            refused(answer, "shape_not_allowed")


async def test_a_room_key_that_no_table_can_hold_stops_nobody(world: World) -> None:
    """A NUL in the room of a key would be refused by the database, and the batch tried for ever."""
    mallory = await attacker(world)
    olm = mallory._device.nio.olm
    assert isinstance(await mallory.send_text(world.room(FLOOR), words("TLP:GREEN // me")), Sent)
    device = next(iter(olm.device_store.active_user_devices(STEWARD)))
    for room_id in ("!a\u0000b", "!a\ud800b", world.room(FLOOR)):
        session = vodozemac.GroupSession()
        content = {
            "algorithm": "m.megolm.v1.aes-sha2",
            "room_id": room_id,
            "session_id": session.session_id,
            "session_key": session.session_key.to_base64(),
        }
        wrapped = olm._olm_encrypt(
            olm.session_store.get(device.curve25519), device, "m.room_key", content
        )
        path = f"{API}/sendToDevice/m.room.encrypted/{uuid4()}"
        put = await mallory.request("PUT", path, {"messages": {STEWARD: {device.id: wrapped}}})
        assert put.status == 200
    honest = await world.officer(VICTIM, FLOOR)
    honest._device.nio.invalidate_outbound_session(world.room(FLOOR))
    said = words("TLP:GREEN // still talking")
    assert isinstance(await honest.send_text(world.room(FLOOR), said), Sent)


# --- types and shapes ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["m.room.message", "m.sticker", "org.example.note"])
async def test_plaintext_in_an_encrypted_room(world: World, kind: str) -> None:
    mallory = await attacker(world)
    said = words()
    async with unseen(world, said):
        answer = await mallory.send_as_is(world.room(FLOOR), kind, text_content(said))
        refused(answer, "not_encrypted" if kind == "m.room.message" else "type_not_allowed")


async def test_a_payload_that_names_another_room(world: World) -> None:
    mallory = await attacker(world, BOTH)
    floor, both = world.room(FLOOR), world.room(BOTH)
    said = words("TLP:AMBER REL AUS,IDN // jetty")
    payload = {"type": "m.room.message", "room_id": both, "content": text_content(said)}
    async with unseen(world, said):
        wire = await seal(mallory, floor, payload)
        refused(await mallory.send_as_is(floor, "m.room.encrypted", wire), "shape_not_allowed")
        elsewhere = await mallory.encrypt(both, "m.room.message", text_content(said))
        refused(await mallory.send_as_is(floor, "m.room.encrypted", elsewhere), "unreadable")


@pytest.mark.parametrize(
    "kind",
    [
        "m.sticker",
        "m.poll.start",
        "org.matrix.msc3381.poll.start",
        "m.location",
        "m.beacon",
        "m.call.invite",
        "im.vector.modular.widgets",
        "m.room.name",
        "m.room.encrypted",
        "org.example.vessel_left_at_0400",
        "",
    ],
)
async def test_an_encrypted_event_of_another_type(world: World, kind: str) -> None:
    mallory = await attacker(world)
    floor = world.room(FLOOR)
    said = words("TLP:GREEN // seen")
    content = {**text_content(said), "url": "mxc://rilon.localhost/abc", "question": {"body": said}}
    async with unseen(world, said):
        wire = await seal(mallory, floor, {"type": kind, "room_id": floor, "content": content})
        refused(await mallory.send_as_is(floor, "m.room.encrypted", wire), "type_not_allowed")


@pytest.mark.parametrize(
    ("msgtype", "code"),
    [
        ("m.image", "file_not_allowed"),
        ("m.file", "file_not_allowed"),
        ("m.audio", "file_not_allowed"),
        ("m.video", "file_not_allowed"),
        ("m.location", "type_not_allowed"),
        ("m.emote", "type_not_allowed"),
        ("m.notice", "type_not_allowed"),
        ("m.server_notice", "type_not_allowed"),
        ("org.example", "type_not_allowed"),
        (["m.text"], "type_not_allowed"),
    ],
)
async def test_a_message_of_another_kind(world: World, msgtype: Any, code: str) -> None:
    mallory = await attacker(world)
    said = words("TLP:GREEN // seen")
    file = {"url": "mxc://rilon.localhost/abc", "v": "v2", "iv": "a", "hashes": {"sha256": "a"}}
    content = {"msgtype": msgtype, "body": said, "file": file, "geo_uri": "geo:1,2"}
    async with unseen(world, said):
        refused(await mallory.send(world.room(FLOOR), "m.room.message", content), code)


@pytest.mark.parametrize(
    "more",
    [
        {"format": HTML, "formatted_body": "TLP:GREEN // <b>something else</b>"},
        {"format": HTML, "formatted_body": "{body}<span data-mx-spoiler='x'>!</span>"},
        {"format": HTML, "formatted_body": "{body}<img src='mxc://a/b' alt='x'>"},
        {"format": HTML, "formatted_body": "{body}<!-- left at noon -->"},
        {"format": HTML, "formatted_body": ["{body}"]},
        {"format": "org.example", "formatted_body": "{body}"},
        {"formatted_body": "left at noon"},
        {"filename": "left at noon"},
        {"m.new_content": {"msgtype": "m.text", "body": "left at noon"}},
        {"org.matrix.msc1767.text": "left at noon"},
        {"m.mentions": {"user_ids": ["@left.at.noon:rilon.localhost"]}},
        {"m.mentions": {"text": "left at noon"}},
        {"info": {"blurhash": "left at noon"}},
        {"external_url": "https://example.org/left-at-noon"},
    ],
)
async def test_words_beside_the_text_that_is_judged(world: World, more: dict[str, Any]) -> None:
    mallory = await attacker(world)
    said = words("TLP:GREEN // seen")
    filled = json.loads(json.dumps(more).replace("{body}", said))
    async with unseen(world, said):
        content = {"msgtype": "m.text", "body": said, **filled}
        answer = await mallory.send(world.room(FLOOR), "m.room.message", content)
        refused(answer, "shape_not_allowed")


async def test_the_same_key_twice_in_a_payload(world: World) -> None:
    mallory = await attacker(world)
    floor = world.room(FLOOR)
    said = words("REL AUS,IDN // jetty")
    wire = await seal(mallory, floor, {})
    session = mallory._device.nio.olm.outbound_group_sessions[floor]
    payload = (
        f'{{"type":"m.room.message","room_id":"{floor}","content":{{"msgtype":"m.text",'
        f'"body":"TLP:GREEN // harmless","body":"{said}"}}}}'
    )
    wire |= {"ciphertext": session.encrypt(payload)}
    async with unseen(world, said):
        refused(await mallory.send_as_is(floor, "m.room.encrypted", wire), "shape_not_allowed")


# --- relations -----------------------------------------------------------------------------------


async def spoken(world: World, name: str) -> str:
    """The event id of a message that stands in the floor."""
    client = await world.officer(name, FLOOR)
    sent = await client.send_text(world.room(FLOOR), words("TLP:GREEN // spoken"))
    assert isinstance(sent, Sent)
    await delivered(world, sent.event_id)
    return sent.event_id


async def test_an_edit_of_anothers_message(world: World) -> None:
    mallory = await attacker(world)
    target = await spoken(world, VICTIM)
    said = words("TLP:GREEN // changed")
    async with unseen(world, said):
        refused(await mallory.edit(world.room(FLOOR), target, said), "not_your_event")


async def test_an_edit_that_leaves_a_party_out(world: World) -> None:
    mallory = await attacker(world)
    target = await spoken(world, ATTACKER)
    said = words("REL AUS,IDN // changed")
    async with unseen(world, said):
        refused(await mallory.edit(world.room(FLOOR), target, said), "rel_excludes_room")


async def test_an_edit_that_shows_old_clients_something_else(world: World) -> None:
    mallory = await attacker(world)
    target = await spoken(world, ATTACKER)
    said = words("jetty")
    content = {**edit_content(target, "TLP:GREEN // harmless"), "body": f"* {said}"}
    async with unseen(world, said):
        answer = await mallory.send(world.room(FLOOR), "m.room.message", content)
        refused(answer, "shape_not_allowed")


async def test_an_inner_relation_that_differs_from_the_clear_one(world: World) -> None:
    mallory = await attacker(world)
    floor = world.room(FLOOR)
    target, other = await spoken(world, ATTACKER), await spoken(world, VICTIM)
    said = words("TLP:GREEN // changed")
    payload = {"type": "m.room.message", "room_id": floor, "content": edit_content(target, said)}
    wire = await seal(mallory, floor, payload)
    relation = {"rel_type": "m.replace", "event_id": other}
    async with unseen(world, said):
        for clear in ({"m.relates_to": relation}, {}):
            answer = await mallory.send_as_is(floor, "m.room.encrypted", {**wire, **clear})
            refused(answer, "shape_not_allowed", "not_your_event")
            wire = await seal(mallory, floor, payload)


async def test_a_reply_to_an_event_that_nobody_knows(world: World) -> None:
    mallory = await attacker(world, BOTH)
    said = words("TLP:GREEN // yes")
    elsewhere = await mallory.send_text(world.room(BOTH), words("TLP:AMBER REL AUS,IDN // x"))
    assert isinstance(elsewhere, Sent)
    await delivered(world, elsewhere.event_id)
    async with unseen(world, said):
        for target in ("$" + "a" * 43, elsewhere.event_id):
            answer = await mallory.send_text(world.room(FLOOR), said, reply_to=target)
            refused(answer, "relation_unknown")


@pytest.mark.parametrize("key", ["left at noon", "👍 left", "a", "👍\U000e0061\U000e007f", ""])
async def test_a_reaction_with_words(world: World, key: str) -> None:
    mallory = await attacker(world)
    target = await spoken(world, VICTIM)
    async with unseen(world, "left"):
        answer = await mallory.react(world.room(FLOOR), target, key)
        refused(answer, "shape_not_allowed")


async def test_a_reaction_with_more_than_a_reaction(world: World) -> None:
    mallory = await attacker(world)
    target = await spoken(world, VICTIM)
    said = words("left")
    content = {**reaction_content(target, "👍"), "shortcode": said}
    async with unseen(world, said):
        answer = await mallory.send_as_is(world.room(FLOOR), "m.reaction", content)
        refused(answer, "shape_not_allowed")


async def test_a_redaction_with_a_reason_and_of_anothers_message(world: World) -> None:
    mallory = await attacker(world)
    own, others = await spoken(world, ATTACKER), await spoken(world, VICTIM)
    said = words("left")
    async with unseen(world, said):
        refused(await mallory.redact(world.room(FLOOR), own, said), "reason_not_allowed")
        refused(await mallory.redact(world.room(FLOOR), others), "not_your_event")


# --- state, rooms, members -----------------------------------------------------------------------

STATE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("m.room.name", {"name": "left at noon"}),
    ("m.room.topic", {"topic": "left at noon"}),
    ("m.room.avatar", {"url": "mxc://rilon.localhost/left"}),
    ("m.room.power_levels", {"users_default": 100, "events_default": 0}),
    ("m.room.join_rules", {"join_rule": "public"}),
    ("m.room.history_visibility", {"history_visibility": "world_readable"}),
    ("m.room.guest_access", {"guest_access": "can_join"}),
    ("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 100000}),
    ("m.room.server_acl", {"allow": ["*"], "deny": [], "allow_ip_literals": True}),
    ("m.room.tombstone", {"body": "left at noon", "replacement_room": "!a:b"}),
    ("m.room.pinned_events", {"pinned": ["$left"]}),
    ("m.space.child", {"via": ["left"]}),
    ("m.room.retention", {"max_lifetime": 1000 * 86400 * 7}),
    ("m.room.third_party_invite", {"display_name": "left at noon"}),
    ("org.rilon.room", {"ceiling": ["AUS"]}),
    ("org.example.note", {"text": "left at noon"}),
    ("im.vector.modular.widgets", {"url": "https://example.org", "name": "left at noon"}),
)


@pytest.mark.parametrize(("kind", "content"), STATE)
async def test_state_set_by_an_officer_or_an_administrator(
    world: World, kind: str, content: dict[str, Any]
) -> None:
    mallory = await attacker(world)
    path = f"{API}/rooms/{world.room(FLOOR)}/state/{kind}/"
    async with unseen(world, "left at noon"):
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
    {"preset": "private_chat", "name": "left at noon"},
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
    person = {"user_id": world.user(VICTIM), "reason": "left at noon"}
    async with unseen(world, "left at noon"):
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
    async with unseen(world, "left at noon"):
        answer = await mallory.request(
            "POST", f"{API}/rooms/{floor}/leave", {"reason": "left at noon"}
        )
        forbidden(answer, "reason_not_allowed")
        path = f"{API}/rooms/{floor}/state/m.room.member/{world.user(ATTACKER)}"
        for content in (
            {"membership": "join", "displayname": "left at noon"},
            {"membership": "join", "org.example": "left at noon"},
            {"membership": "leave", "org.example": "left at noon"},
            {"membership": "join", "avatar_url": "mxc://rilon.localhost/left"},
        ):
            put = await mallory.request("PUT", path, content)
            # The homeserver itself takes a name or an avatar out: then nothing is changed.
            assert put.status in (200, 403)
    reader = await world.officer(READER, FLOOR)
    for one in reader.received(floor):
        assert "left at noon" not in json.dumps(one.content)


async def test_another_display_name(world: World) -> None:
    mallory = await attacker(world)
    path = f"{API}/profile/{world.user(ATTACKER)}/displayname"
    forbidden(await mallory.request("PUT", path, {"displayname": "left at noon"}))


# --- the steward's name --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("m.room.message", text_content("left at noon")),
        (
            "m.room.encrypted",
            {
                "algorithm": "m.megolm.v1.aes-sha2",
                "session_id": "A" * 43,
                "ciphertext": "A" * 100,
                "device_id": "left.at.noon",
                "sender_key": "A" * 43,
            },
        ),
        ("m.reaction", reaction_content("$left", "👍")),
        ("org.example.note", {"text": "left at noon"}),
    ],
)
async def test_the_stewards_name_used_by_another(
    world: World, kind: str, content: dict[str, Any]
) -> None:
    path = f"{API}/rooms/{world.room(FLOOR)}/send/{kind}/{uuid4()}"
    async with unseen(world, "left"):
        for _ in range(2):
            status, body = await world.admin("PUT", path, content)
            assert (status, body.get(REASON)) == (403, "steward_only")


async def test_a_redaction_in_the_stewards_name(world: World) -> None:
    target = await spoken(world, VICTIM)
    path = f"{API}/rooms/{world.room(FLOOR)}/redact/{quote(target)}/{uuid4()}"
    for reason in ({}, {"reason": "left at noon"}):
        status, body = await world.admin("PUT", path, reason)
        assert (status, body.get(REASON)) == (403, "steward_only")


# --- what is kept --------------------------------------------------------------------------------


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
        if log.is_file() and log.name != "homeserver.log":
            assert marker.encode() not in log.read_bytes(), log.name
    report = await world.verify()
    assert report.sound
