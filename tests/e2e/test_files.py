"""Files, from upload to the readers' clients, with real clients and in the way of attackers."""

from __future__ import annotations

import asyncio
import io
from secrets import token_bytes
from typing import Any

import aiohttp
import pytest
from PIL import Image

from rilon.embedded.officer_client import OfficerClient
from rilon.embedded.officer_values import NotSent, Received, Sent, file_content
from tests.e2e.attacks import BOTH, FLOOR, HTML, delivered, words
from tests.e2e.conftest import World
from tests.integration.test_file_inspection import PDF, archive, picture, with_position

SENDER, READER = "mys.secondee2", "bgd.secondee2"


async def both(world: World) -> tuple[OfficerClient, OfficerClient]:
    return await world.officer(SENDER, FLOOR), await world.officer(READER, FLOOR)


async def arrived(reader: OfficerClient, room: str, sent: Sent) -> Received:
    def found() -> Received | None:
        return next((one for one in reader.received(room) if one.event_id == sent.event_id), None)

    return await reader.wait_for(found)


def fresh_picture() -> bytes:
    """A picture that nobody has sent yet."""
    data = io.BytesIO()
    Image.effect_noise((200, 160), 80).convert("RGB").save(data, "JPEG")
    return data.getvalue()


async def test_a_picture_with_a_caption_arrives_as_it_was_sent(world: World) -> None:
    sender, reader = await both(world)
    room, data = world.room(FLOOR), fresh_picture()
    caption = words("TLP:GREEN // the vessel")
    sent = await sender.send_file(room, data, "IMG_2041.jpg", "image/jpeg", caption)
    assert isinstance(sent, Sent)
    seen = await arrived(reader, room, sent)
    assert seen.content["body"] == caption
    assert await reader.fetch(seen) == data


async def test_a_document_arrives_and_a_message_may_answer_it(world: World) -> None:
    sender, reader = await both(world)
    room = world.room(FLOOR)
    data = PDF + b"% " + words().encode() + b"\n%%EOF\n"
    sent = await sender.send_file(room, data, "weekly report.pdf", "application/pdf")
    assert isinstance(sent, Sent)
    seen = await arrived(reader, room, sent)
    assert await reader.fetch(seen) == data
    answered = await reader.send_text(room, words("thank you"), reply_to=sent.event_id)
    assert isinstance(answered, Sent)


async def refused_with(
    world: World, code: str, data: bytes, name: str, mimetype: str, caption: str = ""
) -> None:
    sender, reader = await both(world)
    room = world.room(FLOOR)
    before = {one.event_id for one in reader.received(room)}
    answer = await sender.send_file(room, data, name, mimetype, caption)
    assert isinstance(answer, NotSent)
    assert (answer.status, answer.reason) == (403, code)
    after = words("TLP:GREEN // go on")
    assert isinstance(await sender.send_text(room, after), Sent)
    await reader.wait_for_text(room, after)
    fresh = [one for one in reader.received(room) if one.event_id not in before]
    assert not [one for one in fresh if one.content.get("msgtype") in ("m.image", "m.file")]


@pytest.mark.parametrize(
    ("attack", "code", "data", "name", "mimetype", "caption"),
    [
        ("marked for fewer", "rel_excludes_room", picture("JPEG"), "a.jpg", "image/jpeg",
         "REL AUS,MYS // the vessel"),
        ("a place", "file_has_position", with_position("JPEG"), "a.jpg", "image/jpeg", ""),
        ("another type", "file_not_as_said", PDF, "a.jpg", "image/jpeg", ""),
        ("another ending", "file_not_as_said", picture("JPEG"), "a.pdf", "image/jpeg", ""),
        ("an archive behind", "file_not_as_said", picture("PNG") + archive(), "a.png",
         "image/png", ""),
        ("an archive", "file_not_allowed", archive(), "a.zip", "application/zip", ""),
        ("a program", "file_not_allowed", b"MZ" + bytes(99), "a.exe",
         "application/x-msdownload", ""),
        ("noise", "file_unreadable", bytes(range(256)) * 9, "a.png", "image/png", ""),
        ("a label in the name", "file_name_unclear", picture("PNG"), "TLP-RED.png",
         "image/png", ""),
        ("too large", "file_too_large", PDF + bytes(21_000_000), "a.pdf", "application/pdf", ""),
    ],
)  # fmt: skip
async def test_a_file_that_may_not_enter(
    world: World, attack: str, code: str, data: bytes, name: str, mimetype: str, caption: str
) -> None:
    await refused_with(world, code, data, name, mimetype, caption)


async def test_a_second_file_beside_the_first_is_opened_too(world: World) -> None:
    """ATTACK: a harmless picture whose preview is something else."""
    sender, _ = await both(world)
    room, data = world.room(FLOOR), fresh_picture()
    content = file_content(await sender.upload(data), "a.jpg", "image/jpeg", len(data))
    content["info"] |= {
        "thumbnail_file": await sender.upload(with_position("JPEG")),
        "thumbnail_info": {"mimetype": "image/jpeg", "w": 64, "h": 48},
    }
    answer = await sender.send(room, "m.room.message", content)
    assert isinstance(answer, NotSent)
    assert answer.reason == "file_has_position"


async def test_a_key_that_opens_something_else(world: World) -> None:
    """ATTACK: the message names other bytes than those that lie there."""
    sender, _ = await both(world)
    one, other = await sender.upload(fresh_picture()), await sender.upload(fresh_picture())
    room = world.room(FLOOR)
    for file in ({**one, "url": other["url"]}, {**one, "key": other["key"]}):
        content = file_content(file, "a.jpg", "image/jpeg", 1)
        del content["info"]["size"]
        answer = await sender.send(room, "m.room.message", content)
        assert isinstance(answer, NotSent)
        assert answer.reason == "file_unreadable"


async def test_a_file_that_does_not_exist_or_lies_elsewhere(world: World) -> None:
    sender, _ = await both(world)
    file = await sender.upload(fresh_picture())
    for url in ("mxc://rilon.localhost/NoSuchFileIsHere", "mxc://elsewhere.example/abc"):
        content = file_content({**file, "url": url}, "a.jpg", "image/jpeg", 1)
        answer = await sender.send(world.room(FLOOR), "m.room.message", content)
        assert isinstance(answer, NotSent)
        assert answer.reason == "file_unreadable"


async def test_a_restricted_file_keeps_its_restriction_whoever_uploads_it_again(
    world: World,
) -> None:
    """ATTACK: saved, renamed, encrypted anew, and sent to those it was not for."""
    owner = await world.officer("aus.secondee1", FLOOR, BOTH)
    other = await world.officer("idn.secondee1", FLOOR, BOTH)
    data = fresh_picture()
    sent = await owner.send_file(world.room(BOTH), data, "a.jpg", "image/jpeg")
    assert isinstance(sent, Sent)
    await delivered(world, sent.event_id)
    saved = await other.fetch(await arrived(other, world.room(BOTH), sent))
    answer = await other.send_file(world.room(FLOOR), saved, "holiday.jpg", "image/jpeg", words())
    assert isinstance(answer, NotSent)
    assert answer.reason in ("onward_not_allowed", "source_restricted")
    again = await other.send_file(world.room(BOTH), saved, "holiday.jpg", "image/jpeg")
    assert isinstance(again, Sent)


async def test_a_caption_in_another_form_must_agree(world: World) -> None:
    sender, _ = await both(world)
    data = fresh_picture()
    content = file_content(await sender.upload(data), "a.jpg", "image/jpeg", len(data), words())
    content |= {"format": HTML, "formatted_body": words("something else")}
    answer = await sender.send(world.room(FLOOR), "m.room.message", content)
    assert isinstance(answer, NotSent)
    assert answer.reason == "shape_not_allowed"


@pytest.mark.parametrize(
    "data", [picture("JPEG"), PDF, archive(), b"the boat leaves at four from the northern harbour"]
)
async def test_nobody_uploads_a_file_in_clear(world: World, data: bytes) -> None:
    sender, _ = await both(world)
    status, body = await upload_as_is(world, sender, data)
    assert (status, body.get("error")) == (400, "Bad content")


async def test_an_upload_of_ciphertext_is_taken(world: World) -> None:
    sender, _ = await both(world)
    status, body = await upload_as_is(world, sender, token_bytes(4000))
    assert status == 200
    assert body["content_uri"].startswith("mxc://")


async def upload_as_is(
    world: World, sender: OfficerClient, data: bytes
) -> tuple[int, dict[str, Any]]:
    token = sender._nio.access_token
    async with (
        aiohttp.ClientSession() as http,
        http.post(
            f"{world.network.homeserver}/_matrix/media/v3/upload",
            data=data,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "image/jpeg"},
        ) as response,
    ):
        return response.status, await response.json()


async def test_a_file_being_judged_keeps_nobody_waiting(world: World) -> None:
    sender, reader = await both(world)
    room = world.room(FLOOR)
    large = PDF + b"%" + bytes(15_000_000) + b"\n%%EOF\n"
    sending = asyncio.create_task(
        sender.send_file(room, large, "large.pdf", "application/pdf", words("TLP:GREEN //"))
    )
    answers = [await reader.send_text(room, words("TLP:GREEN // meanwhile")) for _ in range(5)]
    assert all(isinstance(one, Sent) for one in answers)
    answer = await sending
    assert isinstance(answer, Sent)
