"""Ways round the gate by edits, replies, reactions and redactions."""

from __future__ import annotations

import pytest

from rilon.embedded.officer_values import (
    Sent,
    edit_content,
    reaction_content,
)
from tests.e2e.attacks import (
    ATTACKER,
    BOTH,
    FLOOR,
    VICTIM,
    attacker,
    delivered,
    refused,
    seal,
    spoken,
    unseen,
    words,
)
from tests.e2e.conftest import World


async def test_an_edit_of_anothers_message(world: World) -> None:
    mallory = await attacker(world)
    target = await spoken(world, VICTIM)
    said = words("TLP:GREEN // changed")
    async with unseen(world, said):
        refused(await mallory.edit(world.room(FLOOR), target, said), "not_your_event")


async def test_an_edit_that_leaves_a_party_out(world: World) -> None:
    mallory = await attacker(world)
    target = await spoken(world, ATTACKER)
    said = words("REL AUS,IDN // changed")
    async with unseen(world, said):
        refused(await mallory.edit(world.room(FLOOR), target, said), "rel_excludes_room")


async def test_an_edit_that_shows_old_clients_something_else(world: World) -> None:
    mallory = await attacker(world)
    target = await spoken(world, ATTACKER)
    said = words("jetty")
    content = {**edit_content(target, "TLP:GREEN // harmless"), "body": f"* {said}"}
    async with unseen(world, said):
        answer = await mallory.send(world.room(FLOOR), "m.room.message", content)
        refused(answer, "shape_not_allowed")


async def test_an_inner_relation_that_differs_from_the_clear_one(world: World) -> None:
    mallory = await attacker(world)
    floor = world.room(FLOOR)
    target, other = await spoken(world, ATTACKER), await spoken(world, VICTIM)
    said = words("TLP:GREEN // changed")
    payload = {"type": "m.room.message", "room_id": floor, "content": edit_content(target, said)}
    wire = await seal(mallory, floor, payload)
    relation = {"rel_type": "m.replace", "event_id": other}
    async with unseen(world, said):
        for clear in ({"m.relates_to": relation}, {}):
            answer = await mallory.send_as_is(floor, "m.room.encrypted", {**wire, **clear})
            refused(answer, "shape_not_allowed", "not_your_event")
            wire = await seal(mallory, floor, payload)


async def test_a_reply_to_an_event_that_nobody_knows(world: World) -> None:
    mallory = await attacker(world, BOTH)
    said = words("TLP:GREEN // yes")
    elsewhere = await mallory.send_text(world.room(BOTH), words("TLP:AMBER REL AUS,IDN // x"))
    assert isinstance(elsewhere, Sent)
    await delivered(world, elsewhere.event_id)
    async with unseen(world, said):
        for target in ("$" + "a" * 43, elsewhere.event_id):
            answer = await mallory.send_text(world.room(FLOOR), said, reply_to=target)
            refused(answer, "relation_unknown")


@pytest.mark.parametrize("key", ["left at noon", "👍 left", "a", "👍\U000e0061\U000e007f", ""])
async def test_a_reaction_with_words(world: World, key: str) -> None:
    mallory = await attacker(world)
    target = await spoken(world, VICTIM)
    async with unseen(world, "left"):
        answer = await mallory.react(world.room(FLOOR), target, key)
        refused(answer, "shape_not_allowed")


async def test_a_reaction_with_more_than_a_reaction(world: World) -> None:
    mallory = await attacker(world)
    target = await spoken(world, VICTIM)
    said = words("left")
    content = {**reaction_content(target, "👍"), "shortcode": said}
    async with unseen(world, said):
        answer = await mallory.send_as_is(world.room(FLOOR), "m.reaction", content)
        refused(answer, "shape_not_allowed")


async def test_a_redaction_with_a_reason_and_of_anothers_message(world: World) -> None:
    mallory = await attacker(world)
    own, others = await spoken(world, ATTACKER), await spoken(world, VICTIM)
    said = words("left")
    async with unseen(world, said):
        refused(await mallory.redact(world.room(FLOOR), own, said), "reason_not_allowed")
        refused(await mallory.redact(world.room(FLOOR), others), "not_your_event")
