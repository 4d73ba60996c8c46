"""Analysts' talk of bulletins under attack, and where things went wrong: a step is taken by whom it
is for, on the text that they read, and on no other."""

from __future__ import annotations

import pytest
from PIL import Image

from rilon.application.bulletin_ports import Drafted
from rilon.application.bulletin_values import Version
from rilon.application.membership import direct_room_key
from rilon.bulletins.typed import read_typed
from rilon.domain.verdicts import Refuse
from tests.integration.bulletins.bulletins_desk import (
    ANALYSIS,
    FLOOR,
    ONE,
    TWO,
    BulletinScene,
    as_sent,
    chart,
    written,
)
from tests.integration.request_files.files_desk import photograph


async def test_nobody_but_an_analyst_of_the_room_takes_a_step_by_a_tap(
    scene: BulletinScene,
) -> None:
    """A coordinator is in the room and no analyst; a secondee's tap doesn't even get in."""
    await scene.typed("Walnut boats were seen at anchor near the cape.")
    card = scene.latest_card()
    before = len(scene.posts)
    await scene.taps("rso.coordinator1", ANALYSIS, card, "✅")
    with pytest.raises(AssertionError, match="Refuse"):
        await scene.taps("aus.secondee1", ANALYSIS, card, "✅")
    (number,) = await scene.numbers()
    assert await scene.state(number) == "draft"
    assert len(scene.posts) == before


async def test_the_author_does_not_approve(scene: BulletinScene) -> None:
    """A second tap of the author's is answered in words; only the author submits."""
    await scene.typed("Amber nets drifted along the southern shelf.")
    card = scene.latest_card()
    await scene.taps(TWO, ANALYSIS, card, "✅")
    assert scene.last(ANALYSIS) == "Only who wrote it can submit it."
    await scene.taps(ONE, ANALYSIS, card, "✅")
    await scene.taps(ONE, ANALYSIS, card, "✔️")
    assert scene.last(ANALYSIS) == "You wrote it; another analyst has to approve it."
    await scene.taps(TWO, ANALYSIS, card, "📣")
    assert scene.last(ANALYSIS) == "Another analyst has to approve it first."
    assert await scene.state((await scene.numbers())[0]) == "submitted"
    assert scene.in_bulletins() == []


async def test_a_tap_on_the_card_of_an_earlier_text_does_nothing(scene: BulletinScene) -> None:
    """Another text under the same number voids the approval, and the old card says so."""
    root = await scene.typed("Marigold skiffs crossed twice in fair weather.")
    old = scene.latest_card()
    await scene.taps(ONE, ANALYSIS, old, "✅")
    await scene.typed("Marigold skiffs crossed four times, in any weather.", root)
    await scene.taps(TWO, ANALYSIS, old, "✅")
    await scene.taps(TWO, ANALYSIS, old, "📣")
    (number,) = await scene.numbers()
    assert await scene.state(number) == "draft"
    assert "approval of this text is void" in scene.shown_of(old)
    await scene.taps(ONE, ANALYSIS, scene.latest_card(), "✅")
    await scene.taps(TWO, ANALYSIS, scene.latest_card(), "✅")
    await scene.taps(TWO, ANALYSIS, scene.latest_card(), "📣")
    (posted,) = scene.in_bulletins()
    assert "four times" in posted["body"]


async def test_an_edit_of_the_message_is_another_text(scene: BulletinScene) -> None:
    """The most natural way to mend it: a new preview, and the approval is gone."""
    event = await scene.typed("Cobalt hulls were beached at the mouth of the river.")
    await scene.taps(ONE, ANALYSIS, scene.latest_card(), "✅")
    await scene.edits(ONE, event, as_sent("Cobalt hulls were towed away from the river's mouth."))
    assert scene.event(ANALYSIS, "towed away")
    (number,) = await scene.numbers()
    assert await scene.state(number) == "draft"


async def test_a_draft_whose_message_is_taken_back_is_thrown_away(scene: BulletinScene) -> None:
    """Its words were taken back: nothing of them waits any longer to be published."""
    event = await scene.typed("Saffron rafts lay behind the second breakwater.")
    card = scene.latest_card()
    await scene.taps(ONE, ANALYSIS, card, "✅")
    await scene.redacts(ONE, event)
    (number,) = await scene.numbers()
    assert await scene.state(number) == "over"
    assert "is thrown away" in scene.shown()
    await scene.taps(TWO, ANALYSIS, card, "✅")
    assert await scene.state(number) == "over"
    (kept,) = await scene.run("SELECT sealed FROM bulletin_thread WHERE root = :root", root=event)
    assert kept.sealed is None


async def test_the_form_sent_back_unchanged_is_no_bulletin(scene: BulletinScene) -> None:
    """It has no title yet."""
    await scene.begun()
    form = scene.content(scene.event(ANALYSIS, "Copy this"))["body"].split("\n\n", 1)[1]
    await scene.says(ONE, ANALYSIS, form)
    assert "Line 2: " in scene.last(ANALYSIS)
    assert await scene.numbers() == []


async def test_talk_in_the_thread_stays_talk(scene: BulletinScene) -> None:
    """What isn't a text with a head, or behind `!bulletin more`, never ends up in a bulletin."""
    root = await scene.typed("Indigo dinghies were found empty on the reef.")
    before = len(scene.posts)
    await scene.says(TWO, ANALYSIS, "I wouldn't say empty, somebody fled.", thread=root)
    await scene.says(TWO, ANALYSIS, "nor that", thread=root, reply=scene.latest_card())
    await scene.says(TWO, ANALYSIS, "!bulletin more Somebody fled.", thread=root)
    assert "Only who sent it can add to it." in scene.last(ANALYSIS)
    assert len(scene.posts) == before + 1
    await scene.says(ONE, ANALYSIS, "!bulletin more\n## Later\n\nTwo men came back.", thread=root)
    (first, second) = [
        content["body"]
        for room, content in scene.posts.values()
        if room == f"!{ANALYSIS}" and "Indigo dinghies" in content["body"]
    ]
    assert "Two men came back." in second
    assert "Two men" not in first


async def test_a_part_under_a_stricter_marking_is_not_taken_into_the_text(
    scene: BulletinScene,
) -> None:
    """Its marking would be lost when the two become one."""
    root = await scene.typed("Ochre canoes were counted from the lighthouse.")
    await scene.says(ONE, ANALYSIS, "TLP:AMBER+STRICT // !bulletin more Nine of them.", thread=root)
    assert "another marking than the bulletin" in scene.last(ANALYSIS)
    assert len(await scene.run("SELECT 1 FROM bulletin_version")) == 1


async def test_parts_above_the_whole_are_left_out_by_one_tap(scene: BulletinScene) -> None:
    """Where nothing else is wrong the version without them is offered."""
    text = "Pewter barges went by.\n\nTLP:AMBER+STRICT // Their owner lives in the port."
    await scene.typed(text, marking="TLP:AMBER")
    told = scene.event(ANALYSIS, "to mend first")
    assert await scene.signs(told) == {"✂️"}
    assert "--leave-out" not in scene.content(told)["body"]
    await scene.taps(TWO, ANALYSIS, told, "✂️")
    assert await scene.numbers() == []
    await scene.taps(ONE, ANALYSIS, told, "✂️")
    preview = scene.content(scene.event(ANALYSIS, "Pewter barges"))["body"]
    assert "owner" not in preview
    assert "1 part is left out." in scene.shown()


async def test_everybody_in_the_room_is_not_called_by_a_bulletin(scene: BulletinScene) -> None:
    """`@room` in the text rings nobody's phone: the steward mentions whom it means, and nobody."""
    await scene.typed("Tell @room that jade tugs were seen.")
    for word in ("jade tugs", "is a draft"):
        content = scene.content(scene.event(ANALYSIS, word))
        assert content["m.mentions"] == {}


async def test_a_text_beyond_what_a_file_may_hold_is_told(scene: BulletinScene) -> None:
    """Many messages, put together, are refused like a file of that length."""
    root = await scene.typed("The first of very many lines of teak.")
    for part in range(5):
        words = f"\n\n{part} ".join("x" * 190 for _ in range(215))
        await scene.says(ONE, ANALYSIS, f"!bulletin more {part} {words}", thread=root)
    assert "the file is larger than 200 kB; make several bulletins of it" in scene.last(ANALYSIS)


@pytest.mark.parametrize("number", ["BUL-0000-0", "BUL-7K3F-4", "7K3F"])
async def test_what_is_not_known_is_answered_the_same(scene: BulletinScene, number: str) -> None:
    """Never drawn, mistyped, or of other groups."""
    await scene.says(ONE, ANALYSIS, f"!bulletin {number}")
    assert scene.last(ANALYSIS) == "There is no bulletin with this number here."


async def test_a_bulletin_of_other_groups_is_answered_as_none(scene: BulletinScene) -> None:
    """Its number is no secret, and entitles to nothing."""
    await scene.typed("Copper ferries ran late on Thursday.")
    (number,) = await scene.numbers()
    await scene.run("UPDATE bulletin_version SET groups = '{tech}'")
    await scene.run("UPDATE bulletin SET thread_room = 'tech-analysis'")
    await scene.says(ONE, ANALYSIS, f"!bulletin {number}")
    assert scene.last(ANALYSIS) == "There is no bulletin with this number here."
    await scene.taps(ONE, ANALYSIS, scene.latest_card(), "✅")
    assert await scene.state(number) == "draft"


async def test_another_reads_the_text_that_the_tap_is_on(scene: BulletinScene) -> None:
    """Between a tap and its being worked off another text comes: nothing is approved."""
    await scene.typed("Sorrel yawls were sighted on Monday.")
    await scene.taps(ONE, ANALYSIS, scene.latest_card(), "✅")
    await scene.heard_tap(TWO, ANALYSIS, scene.latest_card(), "✅")
    made = await scene.bulletins.draft(
        read_typed(as_sent("Sorrel yawls were burnt on Monday.")).content,
        {},
        scene.officer(ONE),
        number=(await scene.numbers())[0],
    )
    assert isinstance(made, Drafted)
    assert isinstance(
        await scene.bulletins.submit(made.version.number, scene.officer(ONE)), Version
    )
    await scene.perform()
    assert await scene.state(made.version.number) == "submitted"


async def test_outside_the_analysts_room_everybody_is_told_where_to_go(
    scene: BulletinScene,
) -> None:
    """In their direct room; nothing is answered on the floor."""
    await scene.says(ONE, FLOOR, "!bulletin new")
    assert "Bulletins are written in Analysis" in scene.last(direct_room_key(ONE))
    await scene.says("aus.secondee1", FLOOR, "!bulletin BUL-7K3F-4")
    assert "You find the bulletins in Bulletins" in scene.last(direct_room_key("aus.secondee1"))
    assert scene.heard(FLOOR) == []


async def test_a_picture_comes_with_the_text_and_one_that_tells_more_does_not(
    scene: BulletinScene,
) -> None:
    """Sent into the thread under its name; the preview then has it."""
    root = await scene.typed("Olive trawlers.\n\npicture weeks.png: Trawlers by day")
    assert "the picture `weeks.png` isn't there" in scene.last(ANALYSIS)
    picture = chart("olive")
    await scene.sends(
        ONE, ANALYSIS, picture.data, "Screenshot.png", "image/png", "weeks.png", reply=root
    )
    (shown,) = scene.files_in(ANALYSIS)
    assert scene.read(shown) == picture.data
    assert shown["body"] == "TLP:GREEN //\nTrawlers by day"
    assert "is a draft" in scene.shown()


async def test_what_the_gate_refuses_to_show_is_never_submitted(scene: BulletinScene) -> None:
    """A preview that was not let in has no taps; nobody approves what nobody saw."""
    scene.refuses = "Magenta"
    await scene.typed("Magenta launches waited beyond the bar.")
    assert "can't be shown here" in scene.last(ANALYSIS)
    shown = scene.event(ANALYSIS, "can't be shown here")
    assert await scene.signs(shown) == set()
    await scene.taps(ONE, ANALYSIS, shown, "✅")
    assert await scene.state((await scene.numbers())[0]) == "draft"


async def test_a_picture_that_tells_who_made_it_is_not_kept(scene: BulletinScene) -> None:
    """A photograph of a telephone says more than it shows; readers never get it."""
    root = await scene.typed("Larch launches.\n\npicture port.jpg: The port at noon")
    exif = Image.Exif()
    exif[0x010F] = "Telephone"
    data = photograph(exif=exif)
    await scene.sends(ONE, ANALYSIS, data, "port.jpg", "image/jpeg", "", reply=root)
    assert "this file says more than it shows" in scene.last(ANALYSIS)
    assert scene.files_in(ANALYSIS) == []
    assert await scene.numbers() == []


async def test_a_picture_without_a_usable_name_or_of_another_analyst_is_left_alone(
    scene: BulletinScene,
) -> None:
    """One gets a word, the other is talk; a name in the caption counts before the file's."""
    root = await scene.typed("Maple wherries.\n\npicture a.png: Wherries")
    data = chart("red").data
    await scene.sends(ONE, ANALYSIS, data, "a picture.png", "image/png", "", reply=root)
    assert "give it a short name" in scene.last(ANALYSIS)
    before = len(scene.posts)
    await scene.sends(TWO, ANALYSIS, data, "a.png", "image/png", "", reply=root)
    assert len(scene.posts) == before
    await scene.sends(ONE, ANALYSIS, data, "b.png", "image/png", "", reply=root)
    assert "Kept as b.png." in scene.last(ANALYSIS)


async def test_two_heads_that_are_alike_quote_nobody(scene: BulletinScene) -> None:
    """Another analyst's draft under a stricter marking locks nobody out by its head."""
    strict = as_sent("Turquoise skiffs wait off the cape.", "TLP:AMBER+STRICT", "Cape notes")
    await scene.says(TWO, ANALYSIS, strict)
    await scene.typed("Ochre barges turned back on Friday.", title="Barges")
    assert scene.event(ANALYSIS, "Ochre barges")
    assert len(await scene.numbers()) == 2


WORDS = "Cinnamon freighters were towed from the outer reef to the harbour on Sunday."


async def test_another_analysts_draft_keeps_its_marking(scene: BulletinScene) -> None:
    """ATTACK: a colleague's strictly marked draft is copied, by hand or from a file."""
    await scene.typed(WORDS, marking="TLP:AMBER+STRICT")
    with pytest.raises(AssertionError, match="MARKING_TOO_WIDE"):
        await scene.says(TWO, ANALYSIS, as_sent(WORDS, "TLP:GREEN", "Another"))
    made = await scene.bulletins.draft(
        written(WORDS, marking="TLP:GREEN", title="Another"), {}, scene.officer(TWO)
    )
    assert isinstance(made, Drafted)
    number = made.version.number
    await scene.bulletins.submit(number, scene.officer(TWO))
    await scene.bulletins.approve(number, scene.officer(ONE))
    await scene.bulletins.publish(number, scene.officer(TWO))
    await scene.perform()
    assert await scene.state(number) == "refused"
    assert scene.in_bulletins() == []


@pytest.mark.parametrize(
    "said",
    [
        as_sent("Plum cargo was landed at night.", "TLP:GREEEN"),
        "TLP:GREEEN // !bulletin more Plum cargo was landed at night.",
    ],
)
async def test_a_refused_draft_is_sent_again_by_its_author_alone(
    scene: BulletinScene, said: str
) -> None:
    """Posted by the steward on a tap it would be no draft of anybody's."""
    assert isinstance(await scene.asks(ONE, ANALYSIS, said), Refuse)
    await scene.perform()
    card = scene.last(direct_room_key(ONE))
    assert "Not delivered in Analysis" in card
    assert "1️⃣" not in card
    assert await scene.run("SELECT * FROM held") == []
