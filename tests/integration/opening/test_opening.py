"""A refused text whose room must first be opened, on a real PostgreSQL: whatever dies, waits or
comes at once, there is one room, one post or none, and nobody is left without a word.
"""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import vodozemac

from rilon.application.asked import Asked
from rilon.application.choices import DISCARD_SIGN, SEND_SIGNS
from rilon.application.held import HELD_FOR
from rilon.application.opening import JOINING_FOR, OPENING_FOR
from rilon.application.rooms_on_demand import open_compartment, retire
from rilon.domain.verdicts import Refuse
from rilon.wire.envelope import read_envelope
from tests.integration.choices.choices_desk import DIRECT
from tests.integration.opening.opening_desk import (
    MYS,
    TRIO,
    Compartments,
    refuse,
)
from tests.integration.screening_desk import AUS, CURVE, IDN, ROOM

# --- as it should be -----------------------------------------------------------------------------


async def test_the_card_offers_a_compartment_that_will_be_opened(scene: Compartments) -> None:
    await refuse(scene)
    says = await scene.card_says()
    assert "1️⃣ Send it to a compartment of AUS, IDN and MYS, which will be opened" in says
    assert "2️⃣ Send it to AUS+IDN · MPS" in says
    assert await scene.room_id() is None


async def test_one_tap_opens_the_room_fills_it_and_only_then_posts(scene: Compartments) -> None:
    card = await refuse(scene)
    await scene.tap(card, SEND_SIGNS[0])
    await scene.work()
    assert await scene.settled() == "posted"
    room_id = await scene.room_id()
    assert await scene.posted_there() == [(room_id, {AUS, IDN, MYS})]
    (verdict,) = await scene.posted()
    assert (verdict.room_id, verdict.accepted) == (room_id, True)
    assert verdict.marking["rel"] == ["AUS", "IDN", "MYS"]
    assert await scene.steps() == ["send_to"]
    assert (await scene.card_says()).startswith("Sent to AUS+IDN+MYS · MPS in your name")
    assert await scene.told() == ["room_opened"]


async def test_the_card_says_at_once_that_the_room_is_being_opened(scene: Compartments) -> None:
    card = await refuse(scene)
    await scene.tap(card, SEND_SIGNS[0])
    await scene.work("choose", "open_compartment", "card_settled")
    assert "I open the room and send the text" in await scene.card_says()
    edits = [one for _, _, one in scene.building.stands.values() if "m.relates_to" in one]
    assert any(one["m.relates_to"].get("rel_type") == "m.replace" for one in edits)


async def test_the_other_room_can_still_be_chosen(scene: Compartments) -> None:
    card = await refuse(scene)
    await scene.tap(card, SEND_SIGNS[1])
    await scene.work()
    assert await scene.settled() == "posted"
    assert await scene.room_id() is None


async def test_a_room_that_another_tap_opened_is_used(scene: Compartments) -> None:
    card = await refuse(scene)
    await scene.effects.write([open_compartment(IDN, "mps", TRIO.parties, "by another")])
    await scene.work()
    assert len(await scene.opened()) == 1
    await scene.tap(card, SEND_SIGNS[0])
    await scene.work()
    assert await scene.settled() == "posted"
    assert len(await scene.posted_there()) == 1
    assert len(await scene.opened()) == 1
    updates = await scene.run("SELECT once FROM effect WHERE kind = 'card_settled'")
    # Nothing is being opened, and the card doesn't say so.
    assert [row.once.rpartition("-")[2] for row in updates] == ["settled"]


async def test_a_retired_room_is_opened_again_with_everybody_back_in_it(
    scene: Compartments,
) -> None:
    await scene.effects.write([open_compartment(IDN, "mps", TRIO.parties, "by another")])
    await scene.work()
    room_id = await scene.room_id()
    card = await refuse(scene)
    await scene.effects.write([retire(TRIO.key, scene.at + timedelta(days=1), "over")])
    # The room is emptied only after the tap: nobody is taken for present who is on the way out.
    await scene.work("retire_room")
    await scene.tap(card, SEND_SIGNS[0])
    await scene.work()
    assert await scene.settled() == "posted"
    assert await scene.posted_there() == [(room_id, {AUS, IDN, MYS})]
    assert len(scene.building.members) == 1


async def test_two_officers_who_tap_at_once_make_one_room_and_both_texts_arrive(
    scene: Compartments,
) -> None:
    first = await refuse(scene)
    second = await _refused_for_another(scene)
    for card, user, room in ((first, AUS, DIRECT), (second, IDN, f"!direct-{IDN}")):
        relation = {"rel_type": "m.annotation", "event_id": card, "key": SEND_SIGNS[0]}
        raw = {
            "event_id": f"$tap{user}",
            "type": "m.reaction",
            "sender": user,
            "origin_server_ts": 1,
            "content": {"m.relates_to": relation},
        }
        direct = scene.network.rooms[f"direct-{user[1:].partition(':')[0]}"]
        act = await scene.conversation.read(raw, room, direct, scene.network)
        await scene.effects.write(
            await scene.conversation.answer(act, raw, room, direct, scene.network)
        )
    await scene.work("choose")
    asked = await scene.due("open_compartment")
    assert len(asked) == 2
    results = await asyncio.gather(*(scene.kinds[one.kind](one) for one in asked))
    for one, result in zip(asked, results, strict=True):
        await scene.effects.done(one, result, scene.at)
    await scene.work()
    assert [row.outcome for row in await scene.rows()] == ["posted", "posted"]
    assert len(scene.building.members) == 1
    assert len(await scene.opened()) == 1
    assert len(await scene.posted_there()) == 2


async def _refused_for_another(scene: Compartments) -> str:
    """A refused message of Indonesia's officer, with its card."""
    session = vodozemac.GroupSession()
    inbound = vodozemac.InboundGroupSession(session.session_key)
    await scene.run(
        "INSERT INTO megolm_session VALUES (:room, :session, :user, :curve, 'ed', :pickle)",
        room=ROOM,
        session=session.session_id,
        user=IDN,
        curve=CURVE,
        pickle=inbound.pickle(scene.pickle_key),
    )
    payload = {
        "type": "m.room.message",
        "room_id": ROOM,
        "content": {"msgtype": "m.text", "body": "TLP:AMBER REL AUS,IDN,MYS // three crates"},
    }
    content = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "ciphertext": session.encrypt(json.dumps(payload).encode()).to_base64(),
        "session_id": session.session_id,
        "sender_key": CURVE,
        "device_id": "D",
    }
    event = {
        "event_id": "$theirs",
        "room_id": ROOM,
        "type": "m.room.encrypted",
        "sender": IDN,
        "origin_server_ts": 1_795_305_153_108,
        "content": content,
    }
    verdict = await scene.screening.screen(Asked(read_envelope(event), "D", None))
    assert isinstance(verdict, Refuse), verdict
    await scene.work()
    (row,) = [one for one in await scene.rows() if one.sender == IDN]
    return str(row.card_event_id)


# --- waiting for those who should read it --------------------------------------------------------


async def test_nothing_is_posted_while_somebody_is_on_the_way_in(scene: Compartments) -> None:
    card = await refuse(scene)
    scene.building.never_joins.add(MYS)
    await scene.tap(card, SEND_SIGNS[0])
    await scene.work("choose", "open_compartment", "furnish_room", "card_settled", "link")
    (mine,) = [one for one in await scene.due("join") if one.payload["user_id"] == AUS]
    await scene.performer._perform(mine)
    await scene.work("relay", rounds=3)
    assert await scene.posted_there() == []
    await scene.work("join", rounds=3)
    assert await scene.posted_there() == []
    assert await scene.settled() is None


async def test_who_cant_come_in_holds_it_up_for_a_minute_and_is_named(scene: Compartments) -> None:
    card = await refuse(scene)
    scene.building.never_joins.add(MYS)
    await scene.tap(card, SEND_SIGNS[0])
    await scene.work(rounds=6)
    assert await scene.posted_there() == []
    scene.at += JOINING_FOR
    await scene.work(rounds=6)
    assert await scene.settled() == "posted"
    ((_, readers),) = await scene.posted_there()
    assert readers == {AUS, IDN}
    assert "Nobody of MYS is in the room yet" in await scene.card_says()


async def test_where_nobody_else_can_read_it_nothing_is_posted_and_it_is_said(
    scene: Compartments,
) -> None:
    await scene.run("UPDATE officer_state SET state = 'added' WHERE user_id <> :user", user=AUS)
    card = await refuse(scene)
    await scene.tap(card, SEND_SIGNS[0])
    await scene.work()
    (row,) = await scene.rows()
    assert (row.outcome, row.code, row.sealed) == ("unsent", "nobody_in_room", None)
    assert await scene.posted_there() == []
    assert "Nobody else who may read it" in await scene.card_says()
    assert await scene.steps() == ["send_to", "unsent"]


# --- its time ------------------------------------------------------------------------------------


async def test_a_tap_in_the_last_second_counts_and_the_text_waits_for_its_room(
    scene: Compartments,
) -> None:
    card = await refuse(scene)
    scene.at += HELD_FOR - timedelta(seconds=1)
    await scene.tap(card, SEND_SIGNS[0])
    await scene.work("choose")
    scene.at += timedelta(seconds=30)
    assert await scene.choosing.sweep() == 0
    await scene.work()
    assert await scene.settled() == "posted"


async def test_a_text_whose_room_isnt_ready_in_time_is_gone_and_its_sender_is_told(
    scene: Compartments,
) -> None:
    card = await refuse(scene)
    await scene.tap(card, SEND_SIGNS[0])
    await scene.work("choose")
    (row,) = await scene.rows()
    assert row.expires_at == scene.at + OPENING_FOR
    scene.at += OPENING_FOR
    assert await scene.choosing.sweep() == 1
    await scene.work()
    assert await scene.settled() == "expired"
    assert await scene.posted_there() == []
    assert "The room was not ready in time." in await scene.card_says()


async def test_a_second_tap_gives_it_no_more_time(scene: Compartments) -> None:
    card = await refuse(scene)
    await scene.tap(card, SEND_SIGNS[0])
    await scene.work("choose")
    (before,) = await scene.rows()
    scene.at += timedelta(minutes=1)
    for sign in (SEND_SIGNS[0], SEND_SIGNS[1], DISCARD_SIGN):
        await scene.tap(card, sign)
    await scene.work("choose")
    (after,) = await scene.rows()
    assert after.expires_at == before.expires_at
    assert len(await scene.due("open_compartment")) == 1


async def test_a_choice_of_a_room_that_stands_keeps_its_quarter_of_an_hour(
    scene: Compartments,
) -> None:
    card = await refuse(scene)
    (before,) = await scene.rows()
    await scene.tap(card, SEND_SIGNS[1])
    await scene.work("choose")
    (after,) = await scene.rows()
    assert after.expires_at == before.expires_at
