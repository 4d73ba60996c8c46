"""Files of questions, from an officer's `!rfi` into each addressee's desk, on a real PostgreSQL
through the real gate."""

from __future__ import annotations

import pytest
from PIL import Image

from rilon.domain.verdicts import Code
from tests.integration.request_files.files_desk import ASKED, ASKER, ASKING, FileScene, photograph
from tests.integration.test_file_inspection import PDF

IDN_DESK = "mps-desk-idn"
SECONDEE_DIRECT = f"direct-{ASKER}"
WHOSE = "!rfi MYS: whose is the grey launch at the second pier"


async def asks(scene: FileScene, data: bytes, caption: str = WHOSE, room: str = ASKING) -> str:
    """The message; its preview is said."""
    return await scene.sends(ASKER, room, data, "AUS launch.jpg", "image/jpeg", caption)


async def sends_it(scene: FileScene, room: str = ASKING) -> None:
    await scene.taps(ASKER, room, scene.event(room, "with your file"), "✅")


async def test_a_picture_with_a_question_goes_to_the_desk_under_the_question(
    scene: FileScene,
) -> None:
    data = photograph()
    await asks(scene, data)
    size = max(1, round(len(data) / 1000))
    assert f"with your file (JPEG, {size} kB)" in scene.last(ASKING)
    assert scene.files_in(ASKED) == []
    assert scene.library.reserved == []
    await sends_it(scene)
    (content,) = scene.files_in(ASKED)
    assert content["msgtype"] == "m.image"
    assert content["body"].startswith("Request MPS-")
    assert "AUS,MYS //" in content["body"]
    assert content["body"].endswith("whose is the grey launch at the second pier")
    assert content["filename"].startswith("MPS-")
    assert "AUS launch" not in str(content)
    assert scene.read(content) == data
    assert (await scene.run("SELECT count(*) FROM exchange WHERE sealed IS NOT NULL"))[0][0] == 0


async def test_the_card_with_a_picture_is_answered_like_any_other(scene: FileScene) -> None:
    await asks(scene, photograph())
    await sends_it(scene)
    card = scene.event(ASKED, "grey launch")
    assert await scene.signs(card) == {"👍"}
    await scene.says("mys.focal1", ASKED, "the harbour master's own", reply=card)
    await scene.taps("mys.focal1", ASKED, scene.event(ASKED, "Send this to"), "✅")
    assert any("the harbour master's own" in said for said in scene.heard(ASKING))


async def test_each_addressee_has_a_copy_of_its_own(scene: FileScene) -> None:
    """Deleting one leaves the other, and neither tells of the other."""
    data = photograph()
    await asks(scene, data, "!rfi MYS, IDN: whose is the white launch at the third pier")
    await sends_it(scene)
    (one,), (other,) = scene.files_in(ASKED), scene.files_in(IDN_DESK)
    assert scene.read(one) == scene.read(other) == data
    for key in ("url", "key", "iv", "hashes"):
        assert one["file"][key] != other["file"][key]
    assert "IDN" not in str(one)
    assert "MYS" not in str(other)


async def test_a_picture_comes_step_by_step_too(scene: FileScene) -> None:
    """With the question as its caption; or alone, after the question."""
    root = await scene.says(ASKER, SECONDEE_DIRECT, "!rfi")
    await scene.says(ASKER, SECONDEE_DIRECT, "Malaysia")
    first, second = photograph(), photograph()
    caption = "whose is the black launch at the first pier"
    await scene.sends(ASKER, SECONDEE_DIRECT, first, "a.jpg", "image/jpeg", caption)
    assert "with your file (JPEG" in scene.last(SECONDEE_DIRECT)
    preview = scene.event(SECONDEE_DIRECT, "To MYS")
    await scene.sends(ASKER, SECONDEE_DIRECT, second, "b.jpg", "image/jpeg", reply=preview)
    assert "black launch" in scene.last(SECONDEE_DIRECT)
    await scene.says(ASKER, SECONDEE_DIRECT, "send", thread=root)
    (content,) = scene.files_in(ASKED)
    assert scene.read(content) == second


async def test_a_hidden_requesters_picture_that_can_tell_who_made_it_stays(
    scene: FileScene,
) -> None:
    exif = Image.Exif()
    exif[0x013B] = "Secondee 1 AUS"
    await asks(scene, photograph(exif=exif))
    await scene.taps(ASKER, ASKING, scene.event(ASKING, "with your file"), "🕶️")
    await sends_it(scene)
    assert "its file can tell who made it" in scene.last(ASKING)
    assert scene.heard(ASKED) == []
    data = photograph()
    preview = scene.event(ASKING, "To MYS")
    await scene.sends(ASKER, ASKING, data, "AUS.jpg", "image/jpeg", reply=preview)
    await sends_it(scene)
    (content,) = scene.files_in(ASKED)
    assert scene.read(content) == data
    assert "AUS" not in str(content)
    assert "Australia" not in str(content)


async def test_a_document_of_a_hidden_requester_stays(scene: FileScene) -> None:
    await scene.sends(ASKER, ASKING, PDF, "q.pdf", "application/pdf", WHOSE)
    await scene.taps(ASKER, ASKING, scene.event(ASKING, "with your file"), "🕶️")
    await sends_it(scene)
    assert "its file can tell who made it" in scene.last(ASKING)
    assert scene.heard(ASKED) == []


async def test_a_picture_that_is_gone_before_the_tap_keeps_the_request_back(
    scene: FileScene,
) -> None:
    await asks(scene, photograph())
    scene.library.media.clear()
    scene.restart()
    await sends_it(scene)
    assert scene.heard(ASKED) == []
    assert "its file cannot be had any more. Send the file again." in scene.last(ASKING)


async def test_a_picture_that_is_gone_after_the_tap_is_told(scene: FileScene) -> None:
    """ATTACK: other bytes in its place, between the look at it and the copy."""
    await asks(scene, photograph())
    (media,) = scene.library.media
    scene.talk._wake = lambda: scene.library.media.update({media: b"other bytes"})
    await sends_it(scene)
    assert scene.files_in(ASKED) == []
    assert "file" in scene.last(ASKING)
    rows = await scene.run("SELECT state, sealed, code FROM request_words WHERE kind = 'question'")
    assert [(row.sealed, row.code) for row in rows] == [(None, Code.FILE_UNREADABLE.value)]


@pytest.mark.parametrize("point", ["reserve", "reserved", "fill", "filled", "download"])
async def test_killed_around_the_copy_the_question_goes_once(scene: FileScene, point: str) -> None:
    data = photograph()
    await asks(scene, data)
    scene.library.dies = [point]
    await sends_it(scene)
    await scene.perform()
    (content,) = scene.files_in(ASKED)
    assert scene.read(content) == data
    assert len(scene.library.copies) == 1


async def test_a_recalled_question_takes_its_copies_along(scene: FileScene) -> None:
    said = await asks(scene, photograph())
    await sends_it(scene)
    assert len(scene.library.copies) == 1
    await scene.recalled(said, ASKER)
    await scene.perform()
    assert scene.library.copies == []
