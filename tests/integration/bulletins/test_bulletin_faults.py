"""Publishing whatever dies: stopped at every so manieth statement and around every call, with the
connection broken and parts refused; each message once, in its order, or none and a clear word."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from tests.integration.bulletins.bulletins_desk import (
    ONE,
    ROOM,
    BulletinScene,
    chart,
    written,
)
from tests.integration.requests.requests_desk import STRIDE
from tests.integration.requests.test_requests_faults import Died, Killer, watching

LONG = "\n\n".join(f"Paragraph {at}: " + f"word{at} " * 150 for at in range(16))
"""Two messages and more."""
ANOTHER_VERSION = """
    INSERT INTO bulletin_version
    SELECT number, revision + 1, 'approved', sealed, digest, groups, author, approved_by, drafted_at
      FROM bulletin_version
    """


async def _published_while_dying(scene: BulletinScene, killer: Killer, at: int) -> int:
    """One bulletin with two pictures goes, killed at that step (0: never); how many steps."""
    before = len(scene.in_bulletins())
    text = f"{LONG}\n\n![Boats by day, number {at}](a{at}.png)\n\n![Routes](b{at}.png)"
    pictures = {f"a{at}.png": chart(), f"b{at}.png": chart("teal")}
    number = await scene.approved(written(text, title=f"Killed at {at}"), pictures=pictures)
    with killer.killing(at):
        killer.armed = True
        with suppress(Died):
            await scene.bulletins.publish(number, scene.officer(ONE))
            await scene.perform()
        killer.armed, steps = False, killer.count
    scene.restart()
    await scene.bulletins.publish(number, scene.officer(ONE))
    await scene.perform()
    mine = scene.in_bulletins()[before:]
    kinds = ["picture" if "file" in one else "text" for one in mine]
    assert kinds == ["text", "text", "text", "picture", "picture"], f"killed at step {at}"
    assert [scene.read(one) for one in mine[3:]] == [chart().data, chart("teal").data]
    assert await scene.state(number) == "published", f"killed at step {at}"
    first = scene.event(ROOM, f"Killed at {at}\n")
    assert await scene.signs(scene.pinned[ROOM][0]) == {"✅"}
    assert first is not None
    return steps


async def test_killed_at_any_step_every_message_stands_once_in_its_order(
    scene: BulletinScene,
) -> None:
    """From `publish` until all is posted, pinned and noted."""
    with watching(scene) as killer:
        leaves = scene.leaves

        async def synced(*arguments: Any) -> None:
            # A batch of another time: dying in it isn't dying while the homeserver takes the post.
            armed, killer.armed = killer.armed, False
            await leaves(*arguments)
            killer.armed = armed

        scene.leaves = synced  # type: ignore[method-assign, assignment]  # nobody is killed there
        steps = await _published_while_dying(scene, killer, 0)
        assert steps > 60
        for at in range(1, steps, STRIDE * 5):
            await _published_while_dying(scene, killer, at)


@pytest.mark.parametrize("when", ["dies_before", "dies_after"])
async def test_a_connection_that_breaks_around_a_post_leads_to_one_message(
    scene: BulletinScene, when: str
) -> None:
    """The same transaction, the same event."""
    number = await scene.approved(written())
    await scene.bulletins.publish(number, scene.officer(ONE))
    setattr(scene.server, when, 2)
    await scene.perform()
    assert len(scene.in_bulletins()) == 1
    assert await scene.state(number) == "published"


@pytest.mark.parametrize("call", ["reserve", "reserved", "fill", "filled"])
async def test_an_upload_that_dies_is_made_again_and_shown_once(
    scene: BulletinScene, call: str
) -> None:
    """The place is noted before anything lies there."""
    scene.library.dies = [call, call]
    await scene.published(written("![One boat](a.png)"), pictures={"a.png": chart()})
    _, picture = scene.in_bulletins()
    assert scene.read(picture) == chart().data


async def test_other_bytes_at_the_place_of_a_picture_are_refused_and_the_text_is_taken_back(
    scene: BulletinScene,
) -> None:
    """ATTACK: the homeserver's library swaps what was approved. What came before it goes too."""
    scene.library.swaps = b"something else"
    number = await scene.approved(
        written("Before.\n\n![One boat](a.png)"), pictures={"a.png": chart()}
    )
    await scene.bulletins.publish(number, scene.officer(ONE))
    await scene.perform()
    (content,) = scene.in_bulletins()
    assert await scene.redacted() == {scene.event(ROOM, content["body"])}
    assert await scene.state(number) == "refused"
    assert ROOM not in scene.pinned


async def test_who_approved_and_is_removed_before_it_is_posted_answers_for_nothing(
    scene: BulletinScene,
) -> None:
    """ATTACK: an approval outlives its officer."""
    number = await scene.approved(written())
    await scene.bulletins.publish(number, scene.officer(ONE))
    await scene.run("UPDATE officer_state SET state = 'removed' WHERE name = 'rso.analyst2'")
    await scene.perform()
    assert scene.in_bulletins() == []
    assert await scene.state(number) == "refused"


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE posting SET sealed = (SELECT sealed FROM posting WHERE number <> :number)",
        "UPDATE posting SET sender = '@rso.analyst1:x.test'",
        "UPDATE bulletin_version SET approved_by = 'rso.coordinator1'",
        "UPDATE posting SET marking = 'TLP:CLEAR //'",
        "UPDATE posting SET room_key = 'mps-floor'",
        ANOTHER_VERSION,
    ],
)
async def test_what_somebody_changes_in_the_database_is_not_posted(
    scene: BulletinScene, tampering: str
) -> None:
    """ATTACK: who can write to the database, between the approval and the room."""
    for text in ("Another, whose text is at hand.", "What was approved."):
        number = await scene.approved(written(text))
        await scene.bulletins.publish(number, scene.officer(ONE))
    await scene.run(f"{tampering} WHERE number = :number", number=number)
    await scene.perform()
    assert [one["body"] for one in scene.in_bulletins() if "What was approved" in one["body"]] == []
    posts = [content["body"] for _, content in scene.posts.values()]
    assert not [one for one in posts if "What was approved" in one]


async def test_a_text_that_was_put_under_an_approval_is_not_published(
    scene: BulletinScene,
) -> None:
    """ATTACK: the sealed file of another version under this one's approval."""
    first = await scene.approved(written("The first."))
    other = await scene.approved(written("The other."))
    await scene.run(
        "UPDATE bulletin_version SET sealed = "
        "(SELECT sealed FROM bulletin_version WHERE number = :other) WHERE number = :first",
        first=first,
        other=other,
    )
    with pytest.raises(ValueError, match="another bulletin"):
        await scene.bulletins.publish(first, scene.officer(ONE))
