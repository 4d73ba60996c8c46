"""Files of answers, from the reply in a desk to the requester's thread and back, on a real
PostgreSQL through the real gate."""

from __future__ import annotations

import re
from datetime import date, timedelta

from rilon.domain.markings import Tlp, WrittenMarking
from rilon.domain.request_course import State
from rilon.domain.verdicts import Code, Refuse
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
from tests.integration.test_file_inspection import PDF
from tests.policy_scene import NETWORK

# --- there and back ------------------------------------------------------------------------------


async def test_a_picture_is_previewed_and_goes_on_the_tap_as_it_was(scene: FileScene) -> None:
    data = photograph()
    said, preview = await proposed(scene, data, "TLP:AMBER // berthed at the old quay, second left")
    shown = scene.content(preview)
    assert shown["m.relates_to"]["m.in_reply_to"]["event_id"] == said
    name = re.search(r"goes as (MPS-\w{4}-\w-[0-9a-f]{4}\.jpg) \(JPEG, (\d+) kB\)", shown["body"])
    assert name is not None
    assert int(name[2]) == max(1, round(len(data) / 1000))
    assert shown["body"].startswith("Send this to Australia as your answer to MPS-")
    assert "marked TLP:AMBER REL AUS,MYS //" in shown["body"]
    assert scene.files_in(ASKING) == []
    assert scene.library.reserved == []
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    (content,) = scene.files_in(ASKING)
    assert (content["msgtype"], content["filename"]) == ("m.image", name[1])
    assert content["body"].endswith(
        "\nTLP:AMBER REL AUS,MYS // berthed at the old quay, second left"
    )
    assert content["info"] == {"mimetype": "image/jpeg", "size": len(data)}
    assert content["m.relates_to"]["rel_type"] == "m.thread"
    assert scene.read(content) == data
    assert await state(scene) is State.ANSWERED


async def test_a_document_without_a_word_goes_under_the_desks_marking(scene: FileScene) -> None:
    on = await card(scene)
    document = PDF + b"% berths\n%%EOF\n"
    await scene.sends(ANSWERER, ASKED, document, "berths.pdf", "application/pdf", reply=on)
    preview = scene.event(ASKED, "Send this to")
    assert "(PDF, 1 kB)" in scene.content(preview)["body"]
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    (content,) = scene.files_in(ASKING)
    assert (content["msgtype"], scene.read(content)) == ("m.file", document)
    assert content["body"].endswith("TLP:AMBER REL AUS,MYS //")


async def test_nothing_of_the_officers_upload_is_in_what_the_other_side_gets(
    scene: FileScene,
) -> None:
    """Name, place and key are the steward's: none of them tells whose the file was."""
    said, preview = await proposed(scene, photograph())
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    sent = scene.raws[said]
    act = await scene.conversation.read(sent, f"!{ASKED}", NETWORK.rooms[ASKED], NETWORK)
    (own,) = act.files  # type: ignore[union-attr]
    (content,) = scene.files_in(ASKING)
    assert own.name == GIVEN
    for room in (ASKING, ASKED):
        for at, each in scene.posts.values():
            assert at != f"!{room}" or "Hasil" not in str(each)
    assert own.media not in str(content)
    assert content["file"]["url"].rpartition("/")[2] in scene.library.copies


async def test_a_file_answers_a_question_back_and_is_previewed_too(scene: FileScene) -> None:
    on = await card(scene)
    await scene.says(ANSWERER, ASKED, "!clarify Which of the two piers is meant?", thread=on)
    question = scene.event(ASKING, "Which of the two piers")
    data = photograph()
    await scene.sends(ASKER, ASKING, data, "sketch of ours.jpg", "image/jpeg", reply=question)
    assert scene.files_in(ASKED) == []
    await scene.taps("aus.focal1", ASKING, scene.event(ASKING, "Send this to"), "✅")
    (content,) = scene.files_in(ASKED)
    assert scene.read(content) == data
    assert "sketch" not in str(content)
    assert content["m.relates_to"]["event_id"] == on


async def test_several_files_go_as_parts_and_the_last_ends_it(scene: FileScene) -> None:
    on = await card(scene)
    pictures = [photograph() for _ in range(3)]
    for data in pictures[:2]:
        await scene.sends(ANSWERER, ASKED, data, GIVEN, "image/jpeg", "!partial", reply=on)
        await scene.taps(ANSWERER, ASKED, scene.event(ASKED, "as a part of"), "✅")
    await scene.sends(ANSWERER, ASKED, pictures[2], GIVEN, "image/jpeg", reply=on)
    preview = scene.event(ASKED, "as your answer")
    assert "More files: send each, with !partial under it" in scene.content(preview)["body"]
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    assert [scene.read(one) for one in scene.files_in(ASKING)] == pictures
    assert len({one["filename"] for one in scene.files_in(ASKING)}) == 3
    assert await state(scene) is State.ANSWERED


async def test_a_second_answer_after_the_first_says_that_it_is_answered(scene: FileScene) -> None:
    on = await card(scene)
    for _ in range(2):
        await scene.sends(ANSWERER, ASKED, photograph(), GIVEN, "image/jpeg", reply=on)
    first, second = (
        event for event, (_, one) in scene.posts.items() if one["body"].startswith("Send this to")
    )
    await scene.taps(ANSWERER, ASKED, first, "✅")
    await scene.taps(ANSWERER, ASKED, second, "✅")
    assert len(scene.files_in(ASKING)) == len(scene.library.copies) == 1
    assert "answered" in scene.last(ASKED)


# --- markings ------------------------------------------------------------------------------------


async def test_the_file_takes_the_stricter_marking_of_the_request(scene: FileScene) -> None:
    _, preview = await proposed(scene, photograph(), handling=WrittenMarking(tlp=Tlp.AMBER_STRICT))
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    (content,) = scene.files_in(ASKING)
    assert content["body"].endswith("TLP:AMBER+STRICT REL AUS,MYS //")


async def test_a_file_under_a_wider_marking_than_the_requests_is_refused_in_the_desk(
    scene: FileScene,
) -> None:
    on = await card(scene, handling=WrittenMarking(tlp=Tlp.AMBER_STRICT))
    _, verdict = await scene.tries(
        ANSWERER, ASKED, photograph(), GIVEN, "image/jpeg", "TLP:GREEN //", reply=on
    )
    assert isinstance(verdict, Refuse)
    assert verdict.code is Code.MARKING_TOO_WIDE


async def test_a_file_that_the_requester_may_not_have_stays_and_its_officer_is_told(
    scene: FileScene,
) -> None:
    on = await card(scene)
    caption = "TLP:AMBER REL MYS // for us alone"
    await scene.sends(ANSWERER, ASKED, photograph(), GIVEN, "image/jpeg", caption, reply=on)
    assert "Not sent for MPS-" in scene.last(ASKED)
    assert scene.files_in(ASKING) == []
    assert scene.library.reserved == []
    assert await scene.run("SELECT id FROM request_words WHERE kind = 'answer'") == []


async def test_a_third_partys_restricted_file_stays_and_its_desk_is_told(scene: FileScene) -> None:
    data = photograph()
    await scene.sends("aus.focal1", "mps-aus-idn", data, "ours.jpg", "image/jpeg")
    number, _ = await scene.ask("mys.secondee1", "IDN", "mps-desk-mys")
    on = await scene.card_event(number, "IDN")
    desk = "mps-desk-idn"
    await scene.sends("idn.focal1", desk, data, "found.jpg", "image/jpeg", reply=on)
    await scene.taps("idn.focal1", desk, scene.event(desk, "sebagai jawaban Anda"), "✅")
    assert scene.files_in("mps-desk-mys") == []
    assert "Tidak dikirim untuk MPS-" in scene.last(desk)
    assert not any("may not come to you" in said for said in scene.heard("mps-desk-mys"))
    assert len(scene.library.reserved) == 1
    assert scene.library.deleted == scene.library.reserved
    assert await state(scene) is State.SENT


# --- afterwards ----------------------------------------------------------------------------------


async def test_a_recall_of_the_officers_message_takes_the_carried_file_along(
    scene: FileScene,
) -> None:
    said, preview = await proposed(scene, photograph(), "TLP:AMBER // the crane by the mosque")
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    (carried,) = (event for event, (_, one) in scene.posts.items() if "file" in one)
    await scene.recalled(said, ANSWERER)
    assert await scene.redacted() == {said, carried}
    assert scene.library.media == {}


async def test_removing_the_officers_own_message_leaves_what_was_sent(scene: FileScene) -> None:
    """With one's own client one removes a message, and no copy: each has an upload of its own."""
    data = photograph()
    said, preview = await proposed(scene, data)
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    await scene.recalled(said, ANSWERER, "redacted")
    assert len(scene.library.deleted) == 1
    (content,) = scene.files_in(ASKING)
    assert scene.read(content) == data


async def test_taking_back_what_was_sent_leaves_the_officers_file(scene: FileScene) -> None:
    said, preview = await proposed(scene, photograph())
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    (carried,) = (event for event, (_, one) in scene.posts.items() if "file" in one)
    copies = scene.library.copies
    await scene.recalled(carried, ANSWERER)
    assert scene.library.deleted == copies
    assert said not in await scene.redacted()
    assert len(scene.library.media) == 1


async def test_a_file_that_expires_is_deleted_where_it_was_sent(scene: FileScene) -> None:
    _, preview = await proposed(scene, photograph(), "TLP:AMBER EXP 2026-11-24 // until tomorrow")
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    (copy,) = scene.library.copies
    assert "EXP 2026-11-24" in scene.files_in(ASKING)[0]["body"]
    await scene.recalling.expire(f"!{ASKING}", date(2026, 11, 24))
    assert copy in scene.library.media
    scene.at += timedelta(days=2)
    await scene.recalling.expire(f"!{ASKING}", date(2026, 11, 25))
    await scene.perform(only="delete_file")
    assert copy not in scene.library.media


async def test_the_requester_sends_the_same_bytes_nowhere_that_they_may_not_be(
    scene: FileScene,
) -> None:
    """ATTACK: the answer's picture, saved and uploaded again."""
    data = photograph()
    _, preview = await proposed(scene, data)
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    _, verdict = await scene.tries(ASKER, "mps-floor", data, "beach.jpg", "image/jpeg")
    assert isinstance(verdict, Refuse)
    assert verdict.code in (Code.SOURCE_RESTRICTED, Code.ONWARD_NOT_ALLOWED)


async def test_a_message_that_is_taken_back_before_the_tap_goes_nowhere(scene: FileScene) -> None:
    said, preview = await proposed(scene, photograph())
    await scene.recalled(said, ANSWERER)
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    assert scene.files_in(ASKING) == []
    assert "its message was changed or taken back since" in scene.last(ASKED)


async def state(scene: FileScene) -> State:
    (row,) = await scene.run("SELECT state FROM request_addressee")
    return State(row.state)
