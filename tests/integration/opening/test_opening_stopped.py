"""A room that is opened for a refused text: its limits, and whatever dies on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bots.steward.performer import Performer
from rilon.adapters.homeserver import HomeserverAway, HomeserverError
from rilon.application.choices import SEND_SIGNS
from rilon.application.ports import DueEffect
from rilon.application.record import room_entry
from rilon.application.rooms_on_demand import retire
from rilon.domain.parties import parties
from rilon.domain.rooms import RoomKind
from rilon.policy.on_demand import OnDemand
from rilon.storage.rooms_on_demand import MOST_A_DAY, Opening
from tests.integration.opening.opening_desk import (
    MYS,
    TRIO,
    Compartments,
    refuse,
)
from tests.integration.screening_desk import AUS, IDN

# --- limits and rules ----------------------------------------------------------------------------


async def test_who_opened_too_many_rooms_today_is_told_and_nothing_is_opened(
    scene: Compartments,
) -> None:
    for number in range(MOST_A_DAY):
        names = (f"n{number}", "x")
        other = OnDemand(f"mps+n{number}", RoomKind.PAIR, "mps", parties("AUS"), names)
        entry = room_entry("opened", other, scene.at, b"s" * 16, AUS)
        assert await scene.stored.open(other, AUS, scene.at, entry, []) is Opening.OPENED
    card = await refuse(scene)
    await scene.tap(card, SEND_SIGNS[0])
    await scene.work()
    (row,) = await scene.rows()
    assert (row.outcome, row.code, row.sealed) == ("unsent", "too_many_rooms", None)
    assert "You have opened many rooms today" in await scene.card_says()
    assert await scene.room_id() is None
    assert await scene.told() == ["room_too_many"]


async def test_an_officer_who_was_removed_after_the_tap_opens_and_posts_nothing(
    scene: Compartments,
) -> None:
    card = await refuse(scene)
    await scene.tap(card, SEND_SIGNS[0])
    await scene.work("choose")
    await scene.run("UPDATE officer_state SET state = 'removed' WHERE user_id = :user", user=AUS)
    await scene.work()
    (row,) = await scene.rows()
    assert (row.outcome, row.code, row.sealed) == ("unsent", "room_not_opened", None)
    assert await scene.room_id() is None


async def test_one_who_is_removed_while_the_room_fills_posts_nothing(scene: Compartments) -> None:
    card = await refuse(scene)
    await scene.tap(card, SEND_SIGNS[0])
    await scene.work("choose", "open_compartment", "furnish_room", "join", "link", "card_settled")
    await scene.run("UPDATE officer_state SET state = 'removed' WHERE user_id = :user", user=AUS)
    await scene.work()
    (row,) = await scene.rows()
    assert (row.outcome, row.code, row.sealed) == ("refused", "not_admitted", None)
    assert await scene.posted_there() == []


async def test_a_room_that_is_retired_before_the_post_takes_nothing(scene: Compartments) -> None:
    card = await refuse(scene)
    await scene.tap(card, SEND_SIGNS[0])
    await scene.work("choose", "open_compartment", "furnish_room", "join", "link")
    await scene.effects.write([retire(TRIO.key, scene.at + timedelta(days=1), "over")])
    await scene.work("retire_room")
    await scene.work()
    (row,) = await scene.rows()
    assert (row.outcome, row.code) == ("unsent", "room_not_opened")
    assert await scene.posted_there() == []


# --- crashes -------------------------------------------------------------------------------------


STEPS = ("choose", "open_compartment", "furnish_room", "join", "relay", "card_settled")


@pytest.mark.parametrize("twice", STEPS)
async def test_each_step_done_twice_changes_nothing_more(scene: Compartments, twice: str) -> None:
    """Killed after it did its work, and before that was noted."""
    card = await refuse(scene)
    await scene.tap(card, SEND_SIGNS[0])
    inner, again = scene.kinds[twice], set[int]()

    async def forgotten(due: DueEffect) -> dict[str, Any]:
        result = await inner(due)
        if due.id not in again:
            again.add(due.id)
            raise HomeserverAway("killed before it was noted")
        return result

    scene.performer = Performer(scene.effects, {**scene.kinds, twice: forgotten}, scene.now)
    await scene.work()
    assert again
    await _is_once(scene)


@pytest.mark.parametrize("stopped", STEPS)
async def test_a_stop_before_each_step_loses_nothing(scene: Compartments, stopped: str) -> None:
    """Everything but that step is done, then the steward comes back with nothing in memory."""
    card = await refuse(scene)
    await scene.tap(card, SEND_SIGNS[0])
    others = set(scene.kinds) - {stopped}
    await scene.work(*others, rounds=8)
    if stopped != "card_settled":
        assert await scene.posted_there() == []
    await scene.work()
    await _is_once(scene)


@pytest.mark.parametrize("call", ["create", "join"])
async def test_a_homeserver_that_is_away_in_between_leads_to_one_room_and_one_post(
    scene: Compartments, call: str
) -> None:
    card = await refuse(scene)
    scene.building.fails.add(call)
    await scene.tap(card, SEND_SIGNS[0])
    await scene.work()
    await _is_once(scene)


async def test_a_crash_after_the_post_was_sent_posts_once(scene: Compartments) -> None:
    card = await refuse(scene)
    await scene.tap(card, SEND_SIGNS[0])
    await scene.work(*(set(scene.kinds) - {"relay"}), rounds=8)
    scene.building.dies_after = 1
    await scene.work()
    await _is_once(scene)


async def test_a_post_that_the_homeserver_refuses_is_told(scene: Compartments) -> None:
    card = await refuse(scene)
    await scene.tap(card, SEND_SIGNS[0])
    await scene.work(*(set(scene.kinds) - {"relay"}), rounds=8)

    async def never(*arguments: Any) -> str:
        raise HomeserverError(403, "M_FORBIDDEN", "rel_excludes_room")

    scene.building.send = never  # type: ignore[method-assign, assignment]  # nothing gets in any more
    await scene.work("relay")
    assert await scene.settled() == "refused"


async def _is_once(scene: Compartments) -> None:
    assert await scene.settled() == "posted"
    room_id = await scene.room_id()
    assert await scene.posted_there() == [(room_id, {AUS, IDN, MYS})]
    assert len(await scene.posted()) == 1
    assert len(scene.building.members) == 1
    assert await scene.steps() == ["send_to"]
    left = await scene.run("SELECT kind FROM effect WHERE state IN ('due', 'performing')")
    assert left == []
