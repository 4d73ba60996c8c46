"""Files of answers in the way of attackers: other bytes than those previewed, hidden officers,
what the database shows, and files that may not enter anywhere."""

from __future__ import annotations

import base64
from collections.abc import Callable
from hashlib import sha256

import pytest
from PIL import Image

from bots.steward.attachments import encrypted
from rilon.application.request_files import FileSaid
from rilon.application.request_values import WordsKind, WordsState
from rilon.domain.acts import Attachment, Post
from rilon.domain.files import FileFacts, Finding
from rilon.domain.verdicts import Code, Refuse
from tests.integration.desk import SERVER, user
from tests.integration.request_files.files_desk import (
    ANSWERER,
    ASKED,
    ASKER,
    ASKING,
    GIVEN,
    FileScene,
    card,
    photograph,
    proposed,
)
from tests.integration.test_file_inspection import PDF, archive, with_position
from tests.policy_scene import NETWORK


async def nothing_went(scene: FileScene, why: str) -> None:
    """Nobody got it, the desk knows, the requester doesn't, and no copy is left."""
    assert scene.files_in(ASKING) == []
    told = scene.last(ASKED)
    assert "Not sent for MPS-" in told
    assert why in told
    assert "with another file, or in words" in told
    assert not any("may not come to you" in said for said in scene.heard(ASKING))
    assert scene.library.copies == []
    rows = await scene.run("SELECT state, sealed FROM request_words WHERE kind = 'answer'")
    assert [(row.state, row.sealed) for row in rows] == [(WordsState.REFUSED.value, None)]


# --- other bytes ---------------------------------------------------------------------------------


async def test_other_bytes_in_the_place_of_the_previewed_ones_are_not_sent(
    scene: FileScene,
) -> None:
    """ATTACK: who can write to the homeserver's store swaps the file between preview and tap."""
    _, preview = await proposed(scene, photograph())
    (media,) = scene.library.media
    scene.library.media[media] = bytes(reversed(scene.library.media[media]))
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    assert scene.library.reserved == []
    await nothing_went(scene, "cannot be had any more")


async def test_other_bytes_in_the_place_of_the_copy_are_not_let_in(scene: FileScene) -> None:
    """ATTACK: the same between the upload of the copy and the gate."""
    _, preview = await proposed(scene, photograph())
    scene.library.swaps = b"other bytes" * 99
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    assert scene.library.deleted == scene.library.reserved
    await nothing_went(scene, "cannot be had any more")


async def test_a_digest_that_is_not_the_files_is_refused_in_the_desk(scene: FileScene) -> None:
    on = await card(scene)
    other = base64.b64encode(bytes(32)).decode().rstrip("=")
    _, verdict = await scene.tries(
        ANSWERER, ASKED, photograph(), GIVEN, "image/jpeg", reply=on, hashes={"sha256": other}
    )
    assert isinstance(verdict, Refuse)
    assert verdict.code is Code.FILE_UNREADABLE


@pytest.mark.parametrize(
    ("attack", "code", "data"),
    [
        ("a place", Code.FILE_HAS_POSITION, with_position("JPEG")),
        ("a program renamed", Code.FILE_NOT_AS_SAID, b"MZ" + bytes(400)),
        ("an archive renamed", Code.FILE_NOT_AS_SAID, archive()),
        ("a document renamed", Code.FILE_NOT_AS_SAID, PDF),
        ("more than policy allows", Code.FILE_TOO_LARGE, bytes(20_000_001)),
    ],
)
async def test_what_may_not_enter_a_desk_is_proposed_to_nobody(
    scene: FileScene, attack: str, code: Code, data: bytes
) -> None:
    on = await card(scene)
    _, verdict = await scene.tries(ANSWERER, ASKED, data, GIVEN, "image/jpeg", reply=on)
    assert isinstance(verdict, Refuse)
    assert verdict.code is code
    assert await scene.run("SELECT id FROM request_words WHERE kind = 'answer'") == []


@pytest.mark.parametrize(
    ("attack", "data"),
    [("a place", with_position("JPEG")), ("a program", b"MZ" + bytes(400)), ("a document", PDF)],
)
async def test_the_gate_opens_the_copy_whatever_was_found_before(
    scene: FileScene, attack: str, data: bytes
) -> None:
    """ATTACK: a file that was taken for clean when it was proposed, by whatever fault."""
    good = await scene.sends(ANSWERER, ASKED, photograph(), GIVEN, "image/jpeg", perform=False)
    on = await card(scene)
    attachment = _attachment(scene, data)
    place = await scene.requests.place(on)
    assert place is not None
    clean = FileFacts(Finding.CLEAN, len(data), sha256(data).digest(), plain=True)
    await scene.requests.propose(
        user(ANSWERER), place, "", None, WordsKind.ANSWER, good, file=FileSaid(attachment, clean)
    )
    await scene.perform()
    await scene.taps(ANSWERER, ASKED, scene.event(ASKED, "Send this to"), "✅")
    assert len(scene.library.reserved) == 1
    await nothing_went(scene, "its ")


def _attachment(scene: FileScene, data: bytes) -> Attachment:
    """A file as somebody's message names it, that no gate has seen."""
    key, begins = b"k" * 32, b"begins00"
    ciphertext = encrypted(key, begins, data)
    return Attachment(
        SERVER,
        scene.library.keep(ciphertext),
        key,
        begins + bytes(8),
        sha256(ciphertext).digest(),
        "image/jpeg",
        len(data),
        GIVEN,
        "m.image",
    )


async def test_a_file_of_another_homeserver_is_not_fetched(scene: FileScene) -> None:
    on = await card(scene)
    _, verdict = await scene.tries(
        ANSWERER, ASKED, photograph(), GIVEN, "image/jpeg", reply=on, url="mxc://else.example/a"
    )
    assert isinstance(verdict, Refuse)
    assert verdict.code is Code.FILE_UNREADABLE


# --- who is hidden -------------------------------------------------------------------------------


async def test_a_picture_without_data_goes_where_its_officer_is_hidden(scene: FileScene) -> None:
    data = photograph()
    _, preview = await proposed(scene, data, answerers_hidden=True)
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    (content,) = scene.files_in(ASKING)
    assert scene.read(content) == data
    assert "Focal point 1" not in str(content)


def signed() -> bytes:
    exif = Image.Exif()
    exif[0x013B] = "Focal point 1"
    return photograph(exif=exif)


@pytest.mark.parametrize(
    "made",
    [signed, lambda: photograph(comment=b"by Focal point 1"), lambda: photograph() + b"Focal"],
    ids=["Exif", "a comment", "behind the picture"],
)
async def test_a_picture_that_can_tell_who_made_it_stays_where_they_are_hidden(
    scene: FileScene, made: Callable[[], bytes]
) -> None:
    on = await card(scene, answerers_hidden=True)
    await scene.sends(ANSWERER, ASKED, made(), GIVEN, "image/jpeg", reply=on)
    assert "its file can tell who made it" in scene.last(ASKED)
    assert scene.files_in(ASKING) == []


async def test_an_officer_who_hides_after_the_preview_sends_no_file_that_tells_who_it_was(
    scene: FileScene,
) -> None:
    _, preview = await proposed(scene, signed())
    await scene.taps(ANSWERER, ASKED, preview, "🕶️")
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    assert scene.files_in(ASKING) == []
    assert scene.library.reserved == []
    assert "its file can tell who made it" in scene.last(ASKED)


async def test_a_hidden_requesters_document_stays_and_its_picture_goes_without_a_trace(
    scene: FileScene,
) -> None:
    on = await card(scene, requester_hidden=True)
    await scene.says(ANSWERER, ASKED, "!clarify Which sort of engine has it?", thread=on)
    question = scene.event(ASKING, "Which sort of engine")
    await scene.sends(ASKER, ASKING, PDF, "AUS engines.pdf", "application/pdf", reply=question)
    assert "its file can tell who made it" in scene.last(ASKING)
    assert "Reply to the question again" in scene.last(ASKING)
    await scene.sends(ASKER, ASKING, photograph(), "AUS.jpg", "image/jpeg", reply=question)
    await scene.taps("aus.focal1", ASKING, scene.event(ASKING, "Send this to"), "✅")
    (content,) = scene.files_in(ASKED)
    assert "AUS" not in str(content)
    assert "Australia" not in str(content)
    assert ASKER not in str(content)


# --- what is kept --------------------------------------------------------------------------------


async def test_no_key_and_no_name_of_a_file_is_in_any_table_at_any_time(scene: FileScene) -> None:
    async def nowhere(*secret: bytes) -> None:
        tables = await scene.run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in tables:
            for row in await scene.run(f'SELECT * FROM "{table}"'):
                shown = " ".join(
                    value.decode("utf-8", "replace") + value.hex()
                    if isinstance(value, bytes)
                    else str(value)
                    for value in row
                )
                assert "Hasil" not in shown, table
                assert "heliotrope" not in shown, table
                for each in secret:
                    for form in _forms(each):
                        assert form not in shown, table

    on = await card(scene)
    said = await scene.sends(
        ANSWERER, ASKED, photograph(), GIVEN, "image/jpeg", "a heliotrope sail",
        reply=on, perform=False,
    )  # fmt: skip
    raw = scene.raws[said]
    act = await scene.conversation.read(raw, f"!{ASKED}", NETWORK.rooms[ASKED], NETWORK)
    assert isinstance(act, Post)
    own = act.files[0].key
    await nowhere(own)
    await scene.perform()
    await nowhere(own)
    scene.library.dies = ["filled"] * 3
    preview = scene.event(ASKED, "Send this to")
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    (content,) = scene.files_in(ASKING)
    carried = base64.urlsafe_b64decode(content["file"]["key"]["k"] + "=")
    await nowhere(own, carried)
    assert carried != own
    rows = await scene.run("SELECT sealed FROM request_words")
    assert [row.sealed for row in rows] == [None] * len(rows)


def _forms(secret: bytes) -> set[str]:
    """How bytes may be written."""
    encoded = {base64.b64encode(secret), base64.urlsafe_b64encode(secret)}
    return {one.decode().rstrip("=") for one in encoded} | {secret.hex()}


async def test_one_proposals_sealed_file_is_none_in_anothers_row(scene: FileScene) -> None:
    """ATTACK: who can write to the database puts one officer's file under another's ✅."""
    on = await card(scene)
    for _ in range(2):
        await scene.sends(ANSWERER, ASKED, photograph(), GIVEN, "image/jpeg", reply=on)
    await scene.run(
        "UPDATE request_words w SET sealed = o.sealed FROM request_words o "
        "WHERE o.id <> w.id AND o.kind = 'answer' AND w.kind = 'answer'"
    )
    await scene.taps(ANSWERER, ASKED, scene.event(ASKED, "Send this to"), "✅")
    assert scene.files_in(ASKING) == []


async def test_another_partys_officer_sends_nothing_with_a_file(scene: FileScene) -> None:
    _, preview = await proposed(scene, photograph())
    for stranger in ("tha.focal1", ASKER):
        await scene.requests.decide_proposal(preview, user(stranger), True, f"$tick{stranger}")
    await scene.perform()
    assert scene.files_in(ASKING) == []
