"""The card's choices, on a real network with real encryption: a tap sends the text where it may
go, as the officer's own; a reply throws it away; after its time nothing sends it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rilon.application.choices import DISCARD_SIGN, SEND_SIGNS
from rilon.embedded.officer_client import OfficerClient
from rilon.embedded.officer_values import NotSent, Received, Sent
from rilon.embedded.postgres import OWNER
from tests.e2e.attacks import BOTH, FLOOR, refused, words
from tests.e2e.conftest import STEWARD, World

SENDER, PARTNER, OUTSIDER = "aus.secondee1", "idn.secondee1", "bgd.focal1"


@dataclass
class Card:
    """A card in its officer's direct room, as that officer sees it."""

    officer: OfficerClient
    room_id: str
    event_id: str
    text: str

    async def bears(self, *signs: str) -> None:
        """Waits until the steward's reactions are on the card."""

        def shown() -> bool:
            found = {
                one.content["m.relates_to"]["key"]
                for one in self.officer.received(self.room_id)
                if one.type == "m.reaction" and one.sender == STEWARD and self.is_about(one)
            }
            return found == set(signs)

        await self.officer.wait_for(shown)

    async def says(self, part: str) -> str:
        """Waits until the card was brought up to date and says so."""

        def shown() -> str | None:
            for one in self.officer.received(self.room_id):
                if one.sender == STEWARD and self.is_about(one) and part in one.text:
                    return one.text
            return None

        return await self.officer.wait_for(shown)

    def is_about(self, one: Received) -> bool:
        return bool(one.content.get("m.relates_to", {}).get("event_id") == self.event_id)

    async def tap(self, sign: str) -> None:
        assert isinstance(await self.officer.react(self.room_id, self.event_id, sign), Sent)


async def refusal(world: World, said: str, name: str = SENDER) -> tuple[Card, NotSent]:
    """An officer's text on the floor is refused; the card that comes."""
    officer = await world.officer(name, FLOOR)
    direct = await world.room_id(f"direct-{name}")
    before = {one.event_id for one in officer.received(direct)}
    answer = await officer.send_text(world.room(FLOOR), said)
    assert isinstance(answer, NotSent)

    def card() -> Received | None:
        for one in officer.received(direct):
            fresh = one.event_id not in before and "m.new_content" not in one.content
            if fresh and one.sender == STEWARD and one.text.startswith("Not delivered"):
                return one
        return None

    shown = await officer.wait_for(card)
    return Card(officer, direct, shown.event_id, shown.text), answer


async def held(world: World, card: Card) -> Any:
    """The row of a card's text."""
    connection = await world.network.postgres().connect(OWNER, "rilon")
    try:
        return await connection.fetchrow(
            "SELECT sealed, outcome FROM held WHERE card_event_id = $1", card.event_id
        )
    finally:
        await connection.close()


def seen(client: OfficerClient, said: str) -> bool:
    """Whether the words are anywhere in what this client ever got."""
    return any(
        said in json.dumps(one.content)
        for room_id in client.joined
        for one in client.received(room_id)
    )


async def test_one_tap_sends_the_text_to_the_room_that_fits(world: World) -> None:
    partner = await world.officer(PARTNER, BOTH)
    outsider = await world.officer(OUTSIDER, FLOOR)
    await world.officer(SENDER, FLOOR, BOTH)
    said = words("jetty")
    card, _ = await refusal(world, f"TLP:AMBER REL AUS,IDN ORCON // {said}")
    assert "1️⃣ Send it to AUS+IDN · MPS as TLP:AMBER REL AUS,IDN ORCON //" in card.text
    assert "Your text is kept for this until" in card.text
    await card.bears(SEND_SIGNS[0], DISCARD_SIGN)
    await card.tap(SEND_SIGNS[0])

    both = world.room(BOTH)
    relayed = await partner.wait_for_text(both, said)
    assert relayed.sender == STEWARD
    assert relayed.encrypted
    assert relayed.text.split("\n") == [
        "Secondee 1 · AUS (Australia) writes, sent by the steward:",
        f"TLP:AMBER REL AUS,IDN ORCON // {said}",
    ]
    await card.says("Sent to AUS+IDN · MPS in your name")
    assert tuple(await held(world, card)) == (None, "posted")

    # ATTACK: what the steward posted for an officer, answered as if it bore no marking.
    wide = await partner.send_text(both, words("TLP:GREEN // us too"), reply_to=relayed.event_id)
    refused(wide, "marking_too_wide")
    refused(await partner.edit(both, relayed.event_id, "TLP:GREEN // nothing"), "not_your_event")
    joined = await partner.send_text(both, words("us too"), reply_to=relayed.event_id)
    assert isinstance(joined, Sent)
    assert isinstance(await partner.react(both, relayed.event_id, "👍"), Sent)

    # A second tap changes nothing.
    await card.tap(DISCARD_SIGN)
    after = words("TLP:GREEN // all quiet")
    assert isinstance(await partner.send_text(both, after), Sent)
    await card.officer.wait_for_text(both, after)
    assert sum(said in one.text for one in partner.received(both)) == 1
    assert tuple(await held(world, card)) == (None, "posted")
    assert not seen(outsider, said)


async def test_one_tap_opens_the_room_that_is_missing_and_its_members_read_the_text(
    world: World,
) -> None:
    reader = await world.officer(OUTSIDER, FLOOR)
    outsider = await world.officer(PARTNER, FLOOR)
    said = words("crates behind the ice factory")
    card, _ = await refusal(world, f"TLP:AMBER REL AUS,BGD // {said}")
    assert "1️⃣ Send it to a compartment of AUS and BGD, which will be opened, as" in card.text
    await card.bears(*SEND_SIGNS[:2], DISCARD_SIGN)
    await card.tap(SEND_SIGNS[0])
    await card.says("I open the room and send the text")

    opened = await world.room_id("mps-aus+bgd")
    relayed = await reader.wait_for_text(opened, said)
    assert (relayed.sender, relayed.encrypted) == (STEWARD, True)
    assert relayed.text.split("\n")[1] == f"TLP:AMBER REL AUS,BGD // {said}"
    # Whoever the steward let in is there before the text, so that all of them read it.
    own = await card.officer.wait_for_text(opened, said)
    assert own.event_id == relayed.event_id
    await card.says("Sent to AUS+BGD · MPS in your name")
    assert tuple(await held(world, card)) == (None, "posted")

    # The room stands now: a second text goes there without its being opened.
    again, _ = await refusal(
        world, f"TLP:AMBER REL AUS,BGD // {words('and one behind the church')}"
    )
    assert "1️⃣ Send it to AUS+BGD · MPS as TLP:AMBER REL AUS,BGD //" in again.text
    await again.tap(DISCARD_SIGN)
    await again.says("Discarded")
    assert opened not in outsider.joined
    assert not seen(outsider, said)
    assert sum(said in one.text for one in reader.received(opened)) == 1


async def test_an_unclear_marking_is_mended_by_one_tap(world: World) -> None:
    reader = await world.officer(OUTSIDER, FLOOR)
    said = words("pier")
    card, answer = await refusal(world, f"TLP:ORANGE // {said}")
    assert answer.reason == "marking_unclear"
    await card.bears(SEND_SIGNS[0], DISCARD_SIGN)
    await card.tap(SEND_SIGNS[0])
    shown = await reader.wait_for_text(world.room(FLOOR), said)
    assert shown.text.split("\n")[1] == f"TLP:AMBER // {said}"
    assert "ORANGE" not in shown.text


async def test_a_reply_discards_the_text_for_good(world: World) -> None:
    partner = await world.officer(PARTNER, BOTH)
    said = words("jetty")
    card, answer = await refusal(world, f"REL AUS,IDN // {said}")
    await card.bears(SEND_SIGNS[0], DISCARD_SIGN)
    reply = await card.officer.send_text(card.room_id, "discard", reply_to=card.event_id)
    assert isinstance(reply, Sent)
    await card.says("Discarded: your message in Floor · MPS went to nobody")
    assert tuple(await held(world, card)) == (None, "discarded")
    await card.tap(SEND_SIGNS[0])
    # The same message again is refused again, and nothing is kept of it.
    refused(await card.officer.resend(answer), "rel_excludes_room")
    assert tuple(await held(world, card)) == (None, "discarded")
    assert not seen(partner, said)


async def test_nothing_is_kept_or_sent_after_its_time(world: World) -> None:
    partner = await world.officer(PARTNER, BOTH)
    said = words("jetty")
    card, _ = await refusal(world, f"REL AUS,IDN // {said}")
    await card.bears(SEND_SIGNS[0], DISCARD_SIGN)
    connection = await world.network.postgres().connect(OWNER, "rilon")
    await connection.execute(
        "UPDATE held SET expires_at = $1 WHERE card_event_id = $2",
        datetime.now(UTC) - timedelta(seconds=1),
        card.event_id,
    )
    await connection.close()
    await card.says("Your text is not kept any more")
    assert tuple(await held(world, card)) == (None, "expired")
    await card.tap(SEND_SIGNS[0])
    after = words("TLP:GREEN // all quiet")
    assert isinstance(await partner.send_text(world.room(BOTH), after), Sent)
    await partner.wait_for_text(world.room(BOTH), after)
    assert not seen(partner, said)


async def test_another_officers_tap_does_nothing(world: World) -> None:
    """ATTACK: an event id is no secret; a card is its officer's alone."""
    partner = await world.officer(PARTNER, FLOOR, BOTH)
    said = words("jetty")
    card, _ = await refusal(world, f"REL AUS,IDN // {said}")
    await card.bears(SEND_SIGNS[0], DISCARD_SIGN)
    own = await world.room_id(f"direct-{PARTNER}")
    for room_id in (world.room(FLOOR), own):
        refused(await partner.react(room_id, card.event_id, SEND_SIGNS[0]), "relation_unknown")
    reached = await partner.react(card.room_id, card.event_id, SEND_SIGNS[0])
    assert isinstance(reached, NotSent)
    assert (await held(world, card))["outcome"] is None
    await card.tap(DISCARD_SIGN)
    await card.says("Discarded")
    assert not seen(partner, said)
