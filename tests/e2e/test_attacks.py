"""Ways round the gate by sessions, devices, replays, types and shapes, tried by clients that don't
play by the rules. The name of a test is the attack; each ends with the code of the refusal and with
a reader who never saw it.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import vodozemac

from rilon.embedded.officer_client import OfficerClient
from rilon.embedded.officer_values import (
    Sent,
    reaction_content,
    text_content,
)
from tests.e2e.attacks import (
    API,
    ATTACKER,
    BOTH,
    FLOOR,
    HTML,
    READER,
    VICTIM,
    attacker,
    delivered,
    refused,
    seal,
    unseen,
    words,
)
from tests.e2e.conftest import STEWARD, World


async def test_a_room_key_of_another_officer_claimed_as_ones_own(world: World) -> None:
    # An alarm is for those who are there when it is said.
    coordinator = await world.officer("rso.coordinator1", "mps-coordination")
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


async def test_a_ciphertext_sent_under_several_transactions_at_once(world: World) -> None:
    """Until the first is seen in the room all are the same message, and so accepted: what stands
    there more than once is taken back."""
    mallory = await attacker(world)
    floor = world.room(FLOOR)
    said = words("TLP:GREEN // at once")
    wire = await mallory.encrypt(floor, "m.room.message", text_content(said))
    answers = await asyncio.gather(
        *(mallory.send_as_is(floor, "m.room.encrypted", wire) for _ in range(4))
    )
    sent = [answer.event_id for answer in answers if isinstance(answer, Sent)]
    assert sent

    async def left() -> list[str]:
        paths = [f"{API}/rooms/{floor}/event/{quote(event_id)}" for event_id in sent]
        events = [await mallory.request("GET", path) for path in paths]
        return [one.body["event_id"] for one in events if one.body["content"]]

    async with asyncio.timeout(60):
        while len(await left()) > 1:
            await asyncio.sleep(0.2)
    (kept,) = await left()
    await delivered(world, kept)


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
        ("m.image", "shape_not_allowed"),
        ("m.file", "shape_not_allowed"),
        ("m.audio", "shape_not_allowed"),
        ("m.video", "shape_not_allowed"),
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
