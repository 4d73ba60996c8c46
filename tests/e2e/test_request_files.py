"""A picture that answers a request, with real encrypted clients on the real network: previewed in
the desk that is asked, sent on one tap, and read by the requester's client byte for byte."""

from __future__ import annotations

from typing import Any

from rilon.embedded.officer_values import Received, Sent, file_content
from tests.e2e.conftest import STEWARD, World
from tests.e2e.test_files import fresh_picture
from tests.e2e.test_requests import Desk, Story, desk

ASKER, ANSWERER = "aus.secondee2", "idn.focal2"
QUESTION = "Do you hold a photograph of the pilot boat KERTA?"
CAPTION = "TLP:AMBER // Taken from the mole in June."
GIVEN = "Foto punya focal point dua.jpg"


async def replied_with(where: Desk, data: bytes, reply: str) -> str:
    """The officer answers a message with a picture, as clients do."""
    file = await where.client.upload(data)
    content: dict[str, Any] = file_content(file, GIVEN, "image/jpeg", len(data), CAPTION)
    content["m.relates_to"] = {"m.in_reply_to": {"event_id": reply}}
    sent = await where.client.send(where.room_id, "m.room.message", content)
    assert isinstance(sent, Sent), sent
    return str(file["url"])


async def test_a_picture_answers_a_request_and_arrives_as_it_was(world: World) -> None:
    story = Story()
    australia = await desk(world, story, ASKER, "mps-desk-aus", "Australia's desk")
    indonesia = await desk(world, story, ANSWERER, "mps-desk-idn", "Indonesia's desk")
    await australia.says(f"!rfi IDN: {QUESTION}")
    preview = await australia.hears("To IDN")
    await australia.taps(preview.event_id, "✅", "it")
    card = await indonesia.hears(QUESTION)

    data = fresh_picture()
    own = await replied_with(indonesia, data, card.event_id)
    shown = await indonesia.hears("sebagai jawaban Anda")
    assert "(JPEG, " in shown.text
    assert "AUS,IDN //" in shown.text
    assert not _files(australia)
    await indonesia.taps(shown.event_id, "✅", "it")

    answer = await australia.hears("Taken from the mole in June.")
    assert (answer.content["msgtype"], answer.encrypted) == ("m.image", True)
    assert "TLP:AMBER REL AUS,IDN //" in answer.text
    assert answer.content["filename"].startswith("MPS-")
    assert await australia.client.fetch(answer) == data
    assert answer.content["file"]["url"] != own
    assert "punya" not in str(answer.content)
    assert len(_files(australia)) == 1

    rated = await australia.hears("how useful was the answer")
    await australia.taps(rated.event_id, "👍", "it")
    await australia.hears("is closed with Indonesia")


def _files(where: Desk) -> list[Received]:
    """The steward's messages with a file in that room."""
    return [
        one
        for one in where.client.received(where.room_id)
        if one.sender == STEWARD and "file" in one.content
    ]
