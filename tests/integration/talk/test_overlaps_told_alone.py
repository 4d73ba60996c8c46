"""An overlap that nobody opted in to know is the coordinators' alone: no room in which others
read says it."""

from __future__ import annotations

from dataclasses import replace

from rilon.application.request_policy import coordinators
from rilon.domain.rooms import RoomKind
from rilon.domain.selectors import Selector, SelectorKind
from tests.integration.talk.talk_desk import TalkScene
from tests.policy_scene import NETWORK

DIRECT = "direct-rso.coordinator1"
SHIP = Selector(SelectorKind.VESSEL, "ombakbiru", "Ombak Biru")


async def test_a_focal_point_who_probes_with_names_of_ships_reads_no_overlap(
    scene: TalkScene,
) -> None:
    """ATTACK: names of ships are asked about one after the other; whoever reads along in the
    coordination room sees which of them somebody else asks about."""
    first, _ = await scene.ask("tha.focal1", "MYS", "mps-desk-tha", selectors=(SHIP,))
    second, _ = await scene.ask("aus.focal1", "IDN", "mps-desk-aus", selectors=(SHIP,))
    await scene.perform()
    hits = {
        at.removeprefix("!")
        for at, content in scene.posts.values()
        if str(first) in content["body"] and str(second) in content["body"]
    }
    assert hits == {DIRECT}
    assert NETWORK.rooms[DIRECT].kind is RoomKind.DIRECT
    assert "something in common" in scene.last(DIRECT)


async def test_a_coordinator_of_another_group_is_not_told(scene: TalkScene) -> None:
    """ATTACK: what two states ask in one group is nothing of another's coordinator."""
    known = scene.network.officers["rso.coordinator1"]
    elsewhere = replace(known, groups=frozenset({"other"}))
    officers = {**scene.network.officers, known.name: elsewhere}
    today = scene.at.date()
    assert coordinators("mps", scene.network, today) == ("rso.coordinator1",)
    assert coordinators("mps", replace(scene.network, officers=officers), today) == ()
