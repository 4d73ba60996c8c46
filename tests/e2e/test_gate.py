"""The gate, on a real network: what fits arrives, what doesn't reaches no one, whoever asks."""

from __future__ import annotations

import asyncio

import pytest

from rilon.embedded.officer_values import NotSent, Sent
from tests.e2e.conftest import STEWARD, World
from tests.e2e.js_client import JsError
from tests.e2e.words import word

FLOOR, BOTH = "mps-floor", "mps-aus-idn"


def words(text: str) -> str:
    """A text that no other test says, with which it can be found anywhere."""
    return f"{text} {word()}"


async def test_what_fits_is_delivered_to_everyone_in_the_room(world: World) -> None:
    sender = await world.officer("aus.secondee1", FLOOR)
    reader = await world.officer("bgd.focal1", FLOOR)
    said = words("TLP:GREEN // blue hull, low in the water")
    assert isinstance(await sender.send_text(world.room(FLOOR), said), Sent)
    await reader.wait_for_text(world.room(FLOOR), said)


async def test_a_marking_that_leaves_a_party_out_is_refused_with_its_code(world: World) -> None:
    sender = await world.officer("aus.secondee1", FLOOR)
    answer = await sender.send_text(world.room(FLOOR), words("REL AUS,IDN // jetty"))
    assert isinstance(answer, NotSent)
    assert (answer.status, answer.errcode) == (403, "M_FORBIDDEN")
    assert answer.reason == "rel_excludes_room"
    assert answer.sentence


async def test_the_sender_gets_a_card_that_says_what_to_do(world: World) -> None:
    sender = await world.officer("aus.secondee1", FLOOR)
    await sender.send_text(world.room(FLOOR), words("TLP:AMBER REL AUS,THA // jetty"))
    card = await world.card(sender, "REL AUS, THA")
    first = card.splitlines()[0]
    assert first.startswith("Not delivered in Floor · MPS: marked TLP:AMBER REL AUS, THA")
    assert "BGD, IDN, MYS, TLS and RSO" in first
    assert "Delete the message" in card


async def test_the_card_is_in_the_officers_language(world: World) -> None:
    sender = await world.officer("idn.secondee1", FLOOR)
    await sender.send_text(world.room(FLOOR), words("TLP:AMBER REL IDN,THA // jetty"))
    assert (await world.card(sender, "REL IDN, THA")).startswith("Tidak terkirim di Floor · MPS")


async def test_the_same_text_is_delivered_where_it_fits(world: World) -> None:
    sender = await world.officer("aus.secondee1", FLOOR, BOTH)
    reader = await world.officer("idn.secondee1", BOTH)
    said = words("TLP:AMBER REL AUS,IDN // jetty")
    assert isinstance(await sender.send_text(world.room(FLOOR), said), NotSent)
    assert isinstance(await sender.send_text(world.room(BOTH), said), Sent)
    await reader.wait_for_text(world.room(BOTH), said)


async def test_the_element_library_can_send_and_is_refused_and_the_text_reaches_no_one(
    world: World,
) -> None:
    sender = await world.js_officer("mys.secondee1", FLOOR)
    reader = await world.officer("bgd.focal1", FLOOR)
    js_reader = await world.js_officer("tls.secondee1", FLOOR)
    floor = world.room(FLOOR)
    fits, refused = words("TLP:GREEN // seen at noon"), words("REL MYS,THA // seen at night")
    assert isinstance(await sender.send_text(floor, fits), Sent)
    await reader.wait_for_text(floor, fits)
    await js_reader.wait_for_text(floor, fits)

    answer = await sender.send_text(floor, refused)
    assert isinstance(answer, NotSent)
    assert answer.reason == "rel_excludes_room"
    await sender.discard(answer)

    after = words("TLP:GREEN // and this one again")
    assert isinstance(await sender.send_text(floor, after), Sent)
    event = await reader.wait_for_text(floor, after)
    await js_reader.wait_for_text(floor, after)
    for client in (reader, js_reader):
        assert refused not in client.texts(floor)
        assert refused not in [one.text for one in await client.history(floor, 100)]
        context = await client.request(
            "GET", f"/_matrix/client/v3/rooms/{floor}/context/{event.event_id}?limit=100"
        )
        notifications = await client.request("GET", "/_matrix/client/v3/notifications")
        for answered in (context, notifications):
            assert answered.status == 200
        # The refused event has no id at the server: nothing of its sender stands between.
        between = [
            one["event_id"]
            for one in context.body["events_before"]
            if one["sender"] == world.user("mys.secondee1") and one["type"] == "m.room.encrypted"
        ]
        assert len(between) == len(set(between)) == 1
    # Searching is off: it would be one more place to look after (`rilon doctor` checks it).
    with pytest.raises(JsError, match="Search is disabled"):
        await js_reader.search(refused.split()[-1])


async def test_a_resend_gets_its_recorded_verdict_and_no_second_card(world: World) -> None:
    sender = await world.officer("tha.secondee1", FLOOR)
    floor = world.room(FLOOR)
    answer = await sender.send_text(floor, words("REL THA,BGD // pier"))
    assert isinstance(answer, NotSent)
    await world.card(sender, "REL BGD, THA")
    again = await sender.resend(answer)
    assert isinstance(again, NotSent)
    assert again.reason == answer.reason
    await world.card(sender, "Tried 2 times")
    direct = await world.room_id("direct-tha.secondee1")
    cards = [
        one
        for one in sender.received(direct)
        if "REL BGD, THA" in one.text and "m.new_content" not in one.content
    ]
    assert len(cards) == 1


async def test_a_late_joiner_reads_nothing_from_before(world: World) -> None:
    sender = await world.officer("aus.secondee1", FLOOR)
    floor = world.room(FLOOR)
    early, late = words("TLP:GREEN // before"), words("TLP:GREEN // after")
    assert isinstance(await sender.send_text(floor, early), Sent)
    joiner = await world.officer("mys.focal1", FLOOR)
    assert isinstance(await sender.send_text(floor, late), Sent)
    await joiner.wait_for_text(floor, late)
    assert early not in joiner.texts(floor)
    assert early not in [one.text for one in await joiner.history(floor, 100)]


async def test_an_unmarked_text_takes_the_rooms_default(world: World) -> None:
    sender = await world.officer("aus.secondee1", FLOOR)
    reader = await world.officer("bgd.focal1", FLOOR)
    said = words("engine noise heard")
    assert isinstance(await sender.send_text(world.room(FLOOR), said), Sent)
    await reader.wait_for_text(world.room(FLOOR), said)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("TLP:ORANGE // jetty", "marking_unclear"),
        ("TLP:RED // jetty", "red_not_open"),
        ("TLP:AMBER PROTECT MYS // a witness", "protected_from_party"),
        ("TLP:AMBER EXP 2020-01-01 // old", "expired"),
        ("REL AUS,XYZ // jetty", "marking_unclear"),
    ],
)
async def test_each_rule_speaks_with_its_own_code(world: World, said: str, code: str) -> None:
    sender = await world.officer("aus.secondee1", FLOOR)
    answer = await sender.send_text(world.room(FLOOR), words(said))
    assert isinstance(answer, NotSent)
    assert answer.reason == code


async def test_the_steward_answers_commands_in_the_direct_room(world: World) -> None:
    officer = await world.officer("mys.focal2", FLOOR)
    direct = await world.room_id("direct-mys.focal2")
    await officer.send_text(direct, "!rooms")
    assert "Floor · MPS" in await world.card(officer, "Malaysia desk · MPS")
    await officer.send_text(direct, "!me")
    await world.card(officer, "Confirmed devices")
    await officer.send_text(direct, "!help")
    await world.card(officer, "What you can write to me here")
    await officer.send_text(direct, "good morning, are you there")
    await world.card(officer, "I am a program and understand only a few words")


async def test_a_command_on_the_floor_is_answered_in_the_direct_room_only(world: World) -> None:
    officer = await world.officer("tls.focal1", FLOOR)
    await officer.send_text(world.room(FLOOR), "!rooms")
    await world.card(officer, "Timor-Leste desk · MPS")
    on_the_floor = [one for one in officer.received(world.room(FLOOR)) if one.sender == STEWARD]
    assert not [one for one in on_the_floor if one.text]


async def test_the_ledger_verifies_with_every_entry_and_signature(world: World) -> None:
    await world.officer("aus.secondee1", FLOOR)
    report = await world.verify()
    assert report.sound
    assert report.signatures_checked
    assert report.checkpoint is not None
    assert report.checkpoint.size > 300


async def test_messages_of_one_room_sent_at_once_all_arrive_once(world: World) -> None:
    sender = await world.officer("aus.secondee1", FLOOR)
    reader = await world.officer("bgd.focal1", FLOOR)
    said = [words(f"TLP:GREEN // number {number}") for number in range(12)]
    answers = await asyncio.gather(*(sender.send_text(world.room(FLOOR), one) for one in said))
    assert all(isinstance(answer, Sent) for answer in answers)
    for one in said:
        await reader.wait_for_text(world.room(FLOOR), one)
        assert reader.texts(world.room(FLOOR)).count(one) == 1
