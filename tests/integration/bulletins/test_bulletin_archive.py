"""Officers search what was published: what they may read is found; nothing tells of the rest."""

from __future__ import annotations

import pytest

from tests.integration.bulletins.bulletins_desk import (
    ONE,
    ROOM,
    TWO,
    BulletinScene,
    written,
)
from tests.integration.taking_back import asked

OWN = "direct-aus.secondee1"


async def searched(scene: BulletinScene, typed: str, name: str = "aus.secondee1") -> str:
    """What the steward answers to a search."""
    await scene.says(name, f"direct-{name}", typed)
    return scene.last(f"direct-{name}")


async def test_a_search_finds_a_bulletin_by_its_words_and_links_to_it(
    scene: BulletinScene,
) -> None:
    """Title, number, day and a link; the text isn't repeated."""
    number = await scene.published(
        written("Boats leave from the eastern mangroves now.", title="Routes of the week")
    )
    said = await searched(scene, "!bulletins mangrove route")
    assert "Routes of the week" in said
    assert number in said
    assert f"https://matrix.to/#/!{ROOM}/{scene.pinned[ROOM][0]}" in said
    assert "eastern" not in said


async def test_a_draft_and_a_withdrawn_and_a_recalled_one_are_not_found(
    scene: BulletinScene,
) -> None:
    """And the answer is the one for words that nobody ever wrote."""
    await scene.approved(written("Of mangroves, not published."))
    gone = await scene.published(written("Of mangroves, withdrawn."))
    await scene.bulletins.withdraw(gone, scene.officer(ONE), "It was wrong.")
    await scene.perform()
    await scene.published(written("Of mangroves, taken back."))
    await scene.recalled(scene.event(ROOM, "Of mangroves, taken back"), TWO)
    assert await searched(scene, "!bulletins mangroves") == await searched(
        scene, "!bulletins zzyzxqq"
    )


async def test_the_title_of_a_correction_that_waits_is_not_shown(scene: BulletinScene) -> None:
    """ATTACK: a draft's title, read in the archive before anybody approved it."""
    number = await scene.published(written("Counts of mangroves.", title="As it stands"))
    await scene.drafted(written("Counts of mangroves.", title="Not yet said"), number=number)
    said = await searched(scene, "!bulletins mangroves")
    assert "As it stands" in said
    assert "Not yet said" not in said


async def test_who_is_not_in_the_room_finds_nothing_and_is_told_the_same(
    scene: BulletinScene,
) -> None:
    """ATTACK: a bulletin under a marking that was tightened away from the searcher's party."""
    await scene.published(written("Counts of mangroves."))
    before = await searched(scene, "!bulletins zzyzxqq")
    event = scene.event(ROOM, "Counts of mangroves")
    await scene.recalling.ask(asked(event, TWO, scene.at, stated="TLP:AMBER PROTECT AUS //"))
    assert await searched(scene, "!bulletins mangroves") == before
    assert "mangroves" not in before


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("!bulletins", "Say what to look for"),
        ("!bulletins from:yesterday boats", "I can't read the day in"),
        ("!bulletins " + "a" * 400, "longer than 300 letters"),
    ],
)
async def test_a_search_that_cannot_be_read_is_told_what_to_type(
    scene: BulletinScene, typed: str, told: str
) -> None:
    """With an example."""
    said = await searched(scene, typed)
    assert told in said
    assert "!bulletins" in said


async def test_a_search_typed_on_the_floor_is_answered_in_the_direct_room(
    scene: BulletinScene,
) -> None:
    """Nobody else learns what somebody looks for from the answer."""
    await scene.published(written("Counts of mangroves."))
    await scene.says("aus.secondee1", "mps-floor", "!bulletins mangroves")
    assert scene.heard("mps-floor") == []
    assert "The week at sea" in scene.last(OWN)
    rows = await scene.run("SELECT payload::text AS said FROM effect WHERE kind = 'archive_heard'")
    assert not [row for row in rows if "mangroves" in row.said or "sealed" in row.said]
