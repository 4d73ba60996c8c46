"""Files of answers whatever dies: killed around every call and at every statement, with the
homeserver away for long, and a place for the copy that lapsed; each file once, or a clear word."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from bots.steward.choosing import GIVEN_UP_AFTER
from rilon.adapters.homeserver import HomeserverError
from rilon.domain.request_steps import Withdraw
from tests.integration.desk import user
from tests.integration.request_files.files_desk import (
    ANSWERER,
    ASKED,
    ASKING,
    GIVEN,
    FileScene,
    card,
    photograph,
    proposed,
)
from tests.integration.requests.requests_desk import STRIDE
from tests.integration.requests.test_requests_faults import Died, Killer


@pytest.fixture
def killer(scene: FileScene) -> Iterator[Killer]:
    made = Killer()

    def before(*_: object) -> None:
        made.step()

    for part, names in (
        (scene.library, ("reserve_media", "fill_media")),
        (scene.server, ("send",)),
    ):
        for name in names:
            setattr(part, name, _killed_around(made, getattr(part, name)))
    leaves = scene.leaves

    async def synced(*arguments: Any) -> None:
        # A batch of another time: dying in it isn't dying while the homeserver takes the post.
        armed, made.armed = made.armed, False
        await leaves(*arguments)
        made.armed = armed

    scene.leaves = synced  # type: ignore[method-assign, assignment]  # nobody is killed there
    event.listen(scene.engine.sync_engine, "before_cursor_execute", before)
    event.listen(scene.engine.sync_engine, "commit", before)
    yield made
    event.remove(scene.engine.sync_engine, "before_cursor_execute", before)
    event.remove(scene.engine.sync_engine, "commit", before)


def _killed_around(
    killer: Killer, inner: Callable[..., Awaitable[Any]]
) -> Callable[..., Awaitable[Any]]:
    async def call(*arguments: Any, **named: Any) -> Any:
        killer.step()
        result = await inner(*arguments, **named)
        killer.step()
        return result

    return call


def once(scene: FileScene, data: bytes) -> None:
    """One message, one copy, the same bytes."""
    (content,) = scene.files_in(ASKING)
    assert scene.read(content) == data
    assert [content["file"]["url"].rpartition("/")[2]] == scene.library.copies
    assert sum("has an answer that may not come" in one for one in scene.heard(ASKING)) == 0


@pytest.mark.parametrize("call", ["download", "reserve", "reserved", "fill", "filled"])
async def test_a_connection_that_breaks_around_a_call_leads_to_one_file(
    scene: FileScene, call: str
) -> None:
    data = photograph()
    _, preview = await proposed(scene, data)
    scene.library.dies = [call, call]
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    once(scene, data)


@pytest.mark.parametrize("when", ["dies_before", "dies_after"])
async def test_a_connection_that_breaks_around_the_post_leads_to_one_file(
    scene: FileScene, when: str
) -> None:
    data = photograph()
    _, preview = await proposed(scene, data)
    setattr(scene.server, when, 2)
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    once(scene, data)
    assert len(scene.library.reserved) == 1


async def test_killed_at_any_step_a_file_goes_once(scene: FileScene, killer: Killer) -> None:
    """From the ✅ until all is told, stopped at every so manieth statement and call."""
    on = await card(scene)
    steps = await _a_part_goes(scene, killer, on, 0, 1)
    assert steps > 60
    for number, at in enumerate(range(1, steps, STRIDE), start=2):
        await _a_part_goes(scene, killer, on, at, number)


async def _a_part_goes(scene: FileScene, killer: Killer, on: str, at: int, number: int) -> int:
    """The part of that number goes, killed at that step (0: never), and once; how many steps."""
    data = photograph()
    await scene.sends(ANSWERER, ASKED, data, GIVEN, "image/jpeg", "!partial", reply=on)
    preview = scene.event(ASKED, "as a part of")
    with killer.killing(at):
        killer.armed = True
        with suppress(Died):
            await scene.taps(ANSWERER, ASKED, preview, "✅")
        killer.armed, steps = False, killer.count
    scene.restart()
    await scene.requests.decide_proposal(preview, user(ANSWERER), True, f"$again{at}")
    await scene.perform()
    contents = scene.files_in(ASKING)
    assert len(contents) == number, f"killed at step {at}"
    assert scene.read(contents[-1]) == data
    assert len(scene.library.copies) == number
    return steps


async def test_a_place_that_lapsed_is_taken_anew(scene: FileScene) -> None:
    """The homeserver was away for so long after the place was reserved that it is gone."""
    data = photograph()
    _, preview = await proposed(scene, data)
    scene.library.dies = ["fill"]
    fill = scene.library.fill_media

    async def lapsed(server: str, media: str, *rest: object) -> None:
        if media == scene.library.reserved[0] and not scene.library.dies:
            raise HomeserverError(404, "M_NOT_FOUND")
        await fill(server, media, *rest)  # type: ignore[arg-type]

    scene.library.fill_media = lapsed  # type: ignore[method-assign, assignment]  # the first place is gone
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    once(scene, data)
    assert len(scene.library.reserved) == 2


async def test_a_file_that_was_deleted_is_told_at_once(scene: FileScene) -> None:
    _, preview = await proposed(scene, photograph())
    scene.library.media.clear()
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    assert scene.files_in(ASKING) == []
    assert "its file cannot be had any more. Send the file again." in scene.last(ASKED)
    assert "with another file, or in words" in scene.last(ASKED)
    (row,) = await scene.run("SELECT attempts FROM effect WHERE kind = 'carry' AND state = 'done'"
                             " AND payload ->> 'words' IN (SELECT id FROM request_words"
                             " WHERE kind = 'answer')")  # fmt: skip
    assert row.attempts < GIVEN_UP_AFTER


async def test_a_homeserver_that_answers_and_gives_no_file_is_asked_again_and_then_it_is_told(
    scene: FileScene,
) -> None:
    _, preview = await proposed(scene, photograph())
    scene.library.away = True
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    assert scene.files_in(ASKING) == []
    assert "its file cannot be had any more" in scene.last(ASKED)
    (row,) = await scene.run("SELECT max(attempts) AS most FROM effect WHERE kind = 'carry'")
    assert row.most == GIVEN_UP_AFTER


async def test_a_homeserver_that_comes_back_sends_what_was_previewed(scene: FileScene) -> None:
    data = photograph()
    _, preview = await proposed(scene, data)
    scene.library.dies = ["download"] * (GIVEN_UP_AFTER - 1)
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    once(scene, data)


async def test_an_outage_costs_no_attempt(scene: FileScene) -> None:
    data = photograph()
    _, preview = await proposed(scene, data)
    scene.library.outage = 3 * GIVEN_UP_AFTER
    await scene.taps(ANSWERER, ASKED, preview, "✅")
    once(scene, data)
    assert scene.library.outage == 0


async def test_an_answer_whose_file_is_not_given_waits_and_is_told_after_two_minutes(
    scene: FileScene,
) -> None:
    on = await card(scene)
    await scene.sends(ANSWERER, ASKED, photograph(), GIVEN, "image/jpeg", reply=on, perform=False)
    scene.restart()
    scene.library.away = True
    (due,) = [
        one
        for one in await scene.effects.next_due(scene.at + timedelta(hours=1), [], 100)
        if one.kind == "heard"
    ]
    await scene.performer._perform(due)
    assert "I could not open the file" not in " ".join(scene.heard(ASKED))
    scene.at += timedelta(minutes=3)
    await scene.perform()
    assert "I could not open the file, and nothing was sent." in scene.last(ASKED)
    assert await scene.run("SELECT id FROM request_words WHERE kind = 'answer'") == []


async def test_a_withdrawal_while_the_copy_is_made_deletes_it(scene: FileScene) -> None:
    _, preview = await proposed(scene, photograph())
    (number,) = await scene.run("SELECT number FROM request")
    await scene.requests.decide_proposal(preview, user(ANSWERER), True, "$tick")
    scene.server.dies_before = 1
    (due,) = [
        one
        for one in await scene.effects.next_due(scene.at + timedelta(hours=1), [], 100)
        if one.kind == "carry"
    ]
    scene.library.dies = ["filled"]
    await scene.performer._perform(due)
    assert len(scene.library.copies) == 1
    await scene.requests.act(user("aus.secondee1"), number.number, Withdraw(), "$withdraw")
    scene.server.dies_before = 0
    await scene.perform()
    assert scene.files_in(ASKING) == []
    assert scene.library.copies == []
