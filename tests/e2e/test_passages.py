"""Passages on a real network: what was restricted keeps its restriction where it is pasted, cut,
edited in or dressed up; and nobody learns what they never received.
"""

from __future__ import annotations

from datetime import timedelta

from rilon.embedded.officer_client import OfficerClient
from rilon.embedded.officer_values import NotSent, Sent
from rilon.embedded.postgres import OWNER
from tests.e2e.attacks import delivered
from tests.e2e.conftest import STEWARD, World
from tests.e2e.words import word

FLOOR, BOTH, AUS_DESK, IDN_DESK = "mps-floor", "mps-aus-idn", "mps-desk-aus", "mps-desk-idn"


def secret() -> str:
    """A passage of which no other test says a part that is long enough to be recognised."""
    return f"The {word()} skipper sleeps behind {word()} the fuel station {word()}"


async def spoken(
    world: World, speaker: OfficerClient, room: str, text: str, *readers: OfficerClient
) -> str:
    """The event id of a text that was delivered, once the steward has recorded it so."""
    sent = await speaker.send_text(world.room(room), text)
    assert isinstance(sent, Sent), sent
    for reader in readers:
        await reader.wait_for_text(world.room(room), text)
    await delivered(world, sent.event_id)
    return sent.event_id


def refused(answer: object, reason: str) -> None:
    assert isinstance(answer, NotSent), answer
    assert answer.reason == reason


async def test_a_passage_pasted_into_a_wider_room_reaches_no_one(world: World) -> None:
    source = await world.officer("idn.secondee1", BOTH, FLOOR)
    paster = await world.officer("aus.secondee1", BOTH, FLOOR)
    reader = await world.officer("bgd.focal1", FLOOR)
    words = secret()
    await spoken(world, source, BOTH, f"TLP:AMBER REL AUS,IDN // {words}", paster)
    floor = world.room(FLOOR)
    refused(await paster.send_text(floor, f"I heard this: {words}"), "source_restricted")
    dressed = words.upper().replace("E", "Е").replace(" ", " \u200b· ")
    refused(await paster.send_text(floor, f"TLP:GREEN // {dressed}"), "source_restricted")
    card = await world.card(paster, "part of it comes from a message of IDN")
    assert "TLP:AMBER REL AUS, IDN" in card.splitlines()[0]
    assert "skipper" not in card
    after = f"TLP:GREEN // {word()}"
    await spoken(world, paster, FLOOR, after, reader)
    assert not [one for one in reader.texts(floor) if words[-16:] in one.lower()]


async def test_a_passage_cut_into_messages_or_edited_in_reaches_no_one(world: World) -> None:
    source = await world.officer("idn.secondee1", BOTH, FLOOR)
    paster = await world.officer("aus.secondee1", BOTH, FLOOR)
    words, floor = secret(), world.room(FLOOR)
    await spoken(world, source, BOTH, f"TLP:RED // {words}", paster)
    first = await spoken(world, paster, FLOOR, f"TLP:GREEN // {words[:30]}")
    refused(await paster.send_text(floor, words[30:]), "source_restricted")
    refused(await paster.edit(floor, first, words), "source_restricted")


async def test_strict_content_goes_on_to_ones_own_desk_and_no_further(world: World) -> None:
    source = await world.officer("idn.secondee1", FLOOR)
    paster = await world.officer("aus.secondee1", FLOOR, BOTH, AUS_DESK)
    words = secret()
    await spoken(world, source, FLOOR, f"TLP:AMBER+STRICT // {words}", paster)
    await spoken(world, paster, AUS_DESK, words)
    refused(await paster.send_text(world.room(BOTH), words), "onward_not_allowed")


async def test_an_own_draft_in_the_desk_may_be_sent_to_the_floor(world: World) -> None:
    sender = await world.officer("aus.secondee1", FLOOR, AUS_DESK)
    reader = await world.officer("bgd.focal1", FLOOR)
    words = secret()
    await spoken(world, sender, AUS_DESK, words)
    await spoken(world, sender, FLOOR, f"TLP:GREEN // {words}", reader)


async def test_a_match_with_what_the_sender_never_had_is_delivered_and_alarms_the_desk(
    world: World,
) -> None:
    source = await world.officer("idn.secondee1", IDN_DESK)
    guesser = await world.officer("tha.secondee1", FLOOR)
    reader = await world.officer("bgd.focal1", FLOOR)
    words = secret()
    await spoken(world, source, IDN_DESK, f"TLP:RED // {words}")
    await spoken(world, guesser, FLOOR, f"TLP:GREEN // {words}", reader)
    desk = world.room(IDN_DESK)

    def alarm() -> str | None:
        said = (one for one in source.received(desk) if one.sender == STEWARD)
        return next((one.text for one in said if "tha.secondee1" in one.text), None)

    # It comes at no time that the guesser could know: not yet, and not before anything else.
    database = await world.network.postgres().connect(OWNER, "rilon")
    try:
        late = "SELECT due_at - created_at FROM effect WHERE once LIKE 'passage-%'"
        waits = [one[0] for one in await database.fetch(late)]
        assert waits
        assert min(waits) >= timedelta(minutes=2)
        assert alarm() is None
        await database.execute("UPDATE effect SET due_at = now() WHERE once LIKE 'passage-%'")
    finally:
        await database.close()
    told = await source.wait_for(alarm)
    assert words not in told
    for room_id in guesser.joined:
        assert not [one for one in guesser.received(room_id) if "tha.secondee1" in one.text]
