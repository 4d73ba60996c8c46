"""Held texts and their choices on a real PostgreSQL: one outcome, whatever taps or waits."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from rilon.application.choices import DISCARD_SIGN, SEND_SIGNS
from rilon.application.held import HELD_FOR
from rilon.application.ports import DueEffect
from rilon.domain.verdicts import Accept, Code
from tests.integration.choices.choices_desk import BOTH, DIRECT, WORDS, Choices
from tests.integration.screening_desk import AUS, IDN, ROOM, is_refused

# --- holding -------------------------------------------------------------------------------------


async def test_a_refused_text_is_held_sealed_for_a_quarter_of_an_hour(scene: Choices) -> None:
    await scene.refuse()
    (row,) = await scene.rows()
    assert row.expires_at == scene.at + timedelta(minutes=15)
    assert (row.sender, row.room_key, row.outcome) == (AUS, "mps-floor", None)
    assert WORDS.encode() not in row.sealed


async def test_no_word_of_it_is_in_any_table_at_any_time(scene: Choices) -> None:
    async def nowhere() -> None:
        for table in ("held", "verdict", "attempt", "effect", "ledger_outbox", "inbox"):
            for row in await scene.run(f"SELECT * FROM {table}"):
                shown = " ".join(
                    value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    for value in row
                )
                assert "zebracorn" not in shown, table

    card = await scene.refuse()
    await nowhere()
    await scene.tap(card, SEND_SIGNS[0])
    await nowhere()
    await scene.perform()
    assert await scene.settled() == "posted"
    await nowhere()


async def test_the_same_message_again_doesnt_extend_it(scene: Choices) -> None:
    wire = scene.said(f"REL AUS,IDN // {WORDS}")
    await scene.ask(wire)
    until = (await scene.rows())[0].expires_at
    scene.at += timedelta(minutes=5)
    await scene.ask(wire)
    assert [row.expires_at for row in await scene.rows()] == [until]
    # A new policy judges it anew, and refuses it again.
    await scene.run(
        "INSERT INTO policy_version (version, digest, document) "
        "SELECT '2', 'other', document FROM policy_version"
    )
    await scene.ask(wire)
    assert [row.expires_at for row in await scene.rows()] == [until]


async def test_what_no_tap_can_mend_is_not_held(scene: Choices) -> None:
    assert is_refused(await scene.ask(scene.said("TLP:AMBER EXP 2020-01-01 // x")), Code.EXPIRED)
    assert isinstance(await scene.ask(scene.said("TLP:GREEN // fits")), Accept)
    assert await scene.rows() == []


async def test_the_card_bears_the_signs_of_its_choices(scene: Choices) -> None:
    card = await scene.refuse()
    signs = [
        content["m.relates_to"]["key"]
        for room, _, content in scene.server.stands.values()
        if room == DIRECT and content.get("m.relates_to", {}).get("event_id") == card
    ]
    assert signs == [SEND_SIGNS[0], DISCARD_SIGN]


# --- choosing ------------------------------------------------------------------------------------


async def test_a_tap_posts_the_text_where_it_fits_as_the_officers_content(scene: Choices) -> None:
    card = await scene.refuse()
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform()
    assert await scene.settled() == "posted"
    (verdict,) = await scene.posted()
    assert (verdict.room_id, verdict.accepted) == (BOTH, True)
    assert verdict.marking["rel"] == ["AUS", "IDN"]
    assert verdict.marking["originators"] == ["AUS"]
    assert scene.server.in_room(BOTH) == [verdict.delivered_event_id]
    assert await scene.steps() == ["send_to"]


async def test_a_discarded_text_is_gone_and_nothing_is_posted(scene: Choices) -> None:
    card = await scene.refuse()
    await scene.tap(card, DISCARD_SIGN)
    await scene.perform()
    assert await scene.settled() == "discarded"
    assert scene.server.in_room(BOTH) == []
    assert await scene.steps() == ["discarded"]


async def test_only_the_sender_chooses(scene: Choices) -> None:
    """ATTACK: another officer's tap on a card that isn't theirs."""
    card = await scene.refuse()
    await scene.tap(card, SEND_SIGNS[0], sender=IDN)
    await scene.perform()
    assert await scene.settled() is None
    assert scene.server.in_room(BOTH) == []
    assert await scene.steps() == []


async def test_a_tap_on_a_card_in_another_room_is_no_choice(scene: Choices) -> None:
    """ATTACK: an event of the floor that names the card."""
    card = await scene.refuse()
    relation = {"rel_type": "m.annotation", "event_id": card, "key": SEND_SIGNS[0]}
    raw = {
        "event_id": "$elsewhere",
        "type": "m.reaction",
        "sender": AUS,
        "origin_server_ts": 1,
        "content": {"m.relates_to": relation},
    }
    floor = scene.network.rooms["mps-floor"]
    act = await scene.conversation.read(raw, ROOM, floor, scene.network)
    assert await scene.conversation.answer(act, raw, ROOM, floor, scene.network) == []


async def test_two_taps_at_once_have_one_outcome(scene: Choices) -> None:
    card = await scene.refuse()
    for sign in (SEND_SIGNS[0], DISCARD_SIGN, SEND_SIGNS[0]):
        await scene.tap(card, sign)
    taps = await scene.run(
        "SELECT id, kind, subject, payload, wire, attempts FROM effect WHERE kind = 'choose'"
    )
    due = [DueEffect(*row) for row in taps]
    await asyncio.gather(*(scene.choosing.choose(one) for one in due))
    await scene.perform()
    assert len(await scene.steps()) == 1
    outcome = await scene.settled()
    assert (outcome, len(scene.server.in_room(BOTH))) in [("posted", 1), ("discarded", 0)]


async def test_later_taps_change_nothing(scene: Choices) -> None:
    card = await scene.refuse()
    await scene.tap(card, DISCARD_SIGN)
    await scene.perform()
    before = len(scene.server.stands)
    for sign in (SEND_SIGNS[0], DISCARD_SIGN):
        await scene.tap(card, sign)
        await scene.perform()
    assert len(scene.server.stands) == before
    assert await scene.steps() == ["discarded"]


async def test_the_same_tap_seen_twice_is_one(scene: Choices) -> None:
    card = await scene.refuse()
    for _ in range(2):
        await scene.tap(card, SEND_SIGNS[0], event_id="$tap")
        await scene.perform()
    assert len(scene.server.in_room(BOTH)) == 1


# --- time ----------------------------------------------------------------------------------------


async def test_a_tap_after_its_time_sends_nothing_though_nobody_swept(scene: Choices) -> None:
    card = await scene.refuse()
    scene.at += HELD_FOR
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform()
    assert await scene.settled() == "expired"
    assert scene.server.in_room(BOTH) == []


async def test_a_tap_in_time_that_is_worked_off_too_late_sends_nothing(scene: Choices) -> None:
    card = await scene.refuse()
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform(only="choose")
    scene.at += HELD_FOR
    await scene.perform()
    assert await scene.settled() is None
    assert scene.server.in_room(BOTH) == []
    assert await scene.choosing.sweep() == 1
    assert await scene.settled() == "expired"
    assert await scene.steps() == ["send_to", "expired"]


async def test_what_reaches_the_gate_after_its_time_is_refused_and_gone(scene: Choices) -> None:
    """ATTACK: the steward is slow between sealing the event and sending it."""
    card = await scene.refuse()
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform(only="choose")
    inner = scene.server.send

    async def slowly(*arguments: Any) -> str:
        scene.at += HELD_FOR
        return await inner(*arguments)

    scene.server.send = slowly  # type: ignore[method-assign, assignment]  # late, and then done
    await scene.perform(only="relay")
    assert await scene.settled() == "expired"
    assert scene.server.in_room(BOTH) == []


async def test_the_sweep_erases_what_is_past_its_time_and_nothing_else(scene: Choices) -> None:
    await scene.refuse()
    scene.at += timedelta(minutes=10)
    await scene.refuse("REL AUS,IDN // another")
    assert await scene.choosing.sweep() == 0
    scene.at += timedelta(minutes=5)
    assert await scene.choosing.sweep() == 1
    first, second = await scene.rows()
    assert (first.outcome, first.sealed) == ("expired", None)
    assert second.outcome is None
    assert await scene.choosing.sweep() == 0
