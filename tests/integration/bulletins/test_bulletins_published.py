"""A bulletin reaches its room: approved by another, posted once, whole, as it was approved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rilon.application.bulletin_values import No
from tests.integration.bulletins.bulletins_desk import (
    ONE,
    ROOM,
    TWO,
    BulletinScene,
    chart,
    written,
)


async def test_an_approved_bulletin_stands_in_its_room_pinned_and_ready_to_be_acknowledged(
    scene: BulletinScene,
) -> None:
    """One message with the marking first and last, a pin, and the sign for one tap."""
    number = await scene.published(written())
    (content,) = scene.in_bulletins()
    lines = content["body"].split("\n")
    assert lines[0] == lines[-1] == "TLP:AMBER //"
    assert content["msgtype"] == "m.text"
    event = scene.event(ROOM, "Fewer boats")
    assert scene.pinned == {ROOM: [event]}
    assert await scene.signs(event) == {"✅"}
    assert await scene.state(number) == "published"


async def test_a_picture_follows_its_text_encrypted_with_words_for_who_cannot_see_it(
    scene: BulletinScene,
) -> None:
    """The bytes that were approved, under a key of the message's own, captioned and marked."""
    picture = chart()
    text = "Counts of the week.\n\n![Boats by day: two on Monday](weeks.png)"
    await scene.published(written(text), pictures={"weeks.png": picture})
    _, content = scene.in_bulletins()
    assert scene.read(content) == picture.data
    assert content["body"] == "TLP:AMBER //\nBoats by day: two on Monday"
    assert content["filename"] == "weeks.png"


async def test_nobody_approves_what_they_wrote(scene: BulletinScene) -> None:
    """Four eyes: the author's own approval is refused, and the database would refuse it too."""
    number = (await scene.drafted(written())).version.number
    await scene.bulletins.submit(number, scene.officer(ONE))
    assert await scene.bulletins.approve(number, scene.officer(ONE)) is No.OWN
    assert await scene.bulletins.publish(number, scene.officer(ONE)) is No.NOT_APPROVED
    with pytest.raises(Exception, match="four_eyes"):
        await scene.run("UPDATE bulletin_version SET approved_by = author")


async def test_a_change_after_the_approval_voids_it(scene: BulletinScene) -> None:
    """Another text under the same number waits for an approval of its own."""
    number = await scene.approved(written("What was approved at first."))
    await scene.drafted(written("What nobody has approved."), number=number)
    assert await scene.bulletins.publish(number, scene.officer(ONE)) is No.NOT_APPROVED
    await scene.perform()
    assert scene.in_bulletins() == []


@pytest.mark.parametrize("name", ["idn.focal1", "rso.coordinator1", "aus.secondee1"])
async def test_only_analysts_take_a_step(scene: BulletinScene, name: str) -> None:
    """For everybody else there is no such bulletin."""
    number = await scene.approved(written())
    by = scene.officer(name)
    assert await scene.bulletins.publish(number, by) is No.UNKNOWN
    assert await scene.bulletins.withdraw(number, by, "wrong") is No.UNKNOWN
    assert await scene.bulletins.draft(written(), {}, by) is No.NOT_ANALYST
    assert await scene.bulletins.approve(number, scene.officer(TWO)) is No.NOT_WAITING


async def test_an_analyst_of_other_groups_finds_no_such_bulletin(scene: BulletinScene) -> None:
    """ATTACK: a bulletin of a group that the analyst isn't in, thrown away, replaced, withdrawn."""
    draft = (await scene.drafted(written("Of one group alone."))).version.number
    stands = await scene.published(written("Of one group, published."))
    elsewhere = replace(scene.officer(TWO), name="rso.analyst9")
    bulletins = scene.bulletins
    for number in (draft, stands):
        for step in (bulletins.submit, bulletins.approve, bulletins.publish, bulletins.discard):
            assert await step(number, elsewhere) is No.UNKNOWN
        assert await bulletins.withdraw(number, elsewhere, "Because.") is No.UNKNOWN
