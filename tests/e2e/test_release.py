"""Release on a real network with real encryption: asked for with one tap, answered in the desk by
one tap or a reply, posted in the sender's name, and by nobody else's say.
"""

from __future__ import annotations

from rilon.application.choices import DISCARD_SIGN, SEND_SIGNS
from rilon.application.release_steps import DECLINE_SIGN, GRANT_SIGN, UNNAMED_SIGN
from rilon.embedded.officer_client import OfficerClient
from rilon.embedded.officer_values import NotSent, Received, Sent
from tests.e2e.attacks import BOTH, FLOOR, delivered, refused
from tests.e2e.conftest import STEWARD, World
from tests.e2e.test_choices import Card, held, seen
from tests.e2e.words import word

SENDER, PARTNER, GRANTER, OUTSIDER = "aus.secondee1", "idn.secondee1", "idn.focal2", "bgd.focal1"
THAI, IDN_DESK, THA_DESK = "tha.focal1", "mps-desk-idn", "mps-desk-tha"
SIGNS = (GRANT_SIGN, UNNAMED_SIGN, DECLINE_SIGN)


def secret() -> str:
    """A passage that stands nowhere else, long enough to be recognised. None begins as another
    does: the sender's recent words and the next ones are looked up where they meet."""
    return f"{word()} engine {word()} hidden below {word()} until the tide turns"


async def spoken(world: World, speaker: OfficerClient, room: str, text: str) -> None:
    """Says a text, and returns when the steward has recorded that it stands there. Who will ask
    for its release is there, and has it."""
    await world.officer(SENDER, BOTH, FLOOR)
    sent = await speaker.send_text(world.room(room), text)
    assert isinstance(sent, Sent), sent
    await delivered(world, sent.event_id)


async def fresh_card(
    officer: OfficerClient, room_id: str, before: set[str], begins: tuple[str, ...]
) -> Card:
    """The steward's next card in a room."""

    def card() -> Received | None:
        for one in officer.received(room_id):
            fresh = one.event_id not in before and "m.new_content" not in one.content
            if fresh and one.sender == STEWARD and any(part in one.text for part in begins):
                return one
        return None

    shown = await officer.wait_for(card)
    return Card(officer, room_id, shown.event_id, shown.text)


def ids(officer: OfficerClient, room_id: str) -> set[str]:
    return {one.event_id for one in officer.received(room_id)}


async def asked(
    world: World, said: str, granter: str, desk: str, room: str = FLOOR
) -> tuple[Card, Card]:
    """The sender's text is refused in a room, and its release is asked for with one tap; the
    sender's card, and the one in the originator's desk."""
    sender = await world.officer(SENDER, room)
    there = await world.officer(granter, desk)
    direct, desk_id = await world.room_id(f"direct-{SENDER}"), world.room(desk)
    before, before_there = ids(sender, direct), ids(there, desk_id)
    assert isinstance(await sender.send_text(world.room(room), said), NotSent)
    card = await fresh_card(sender, direct, before, ("Not delivered",))
    assert "Your text then goes to the desk of" in card.text
    await card.bears(SEND_SIGNS[0], DISCARD_SIGN)
    assert not [one for one in there.received(desk_id) if said in one.text]
    await card.tap(SEND_SIGNS[0])
    await card.says("sees your text")
    shown = await fresh_card(there, desk_id, before_there, (DECLINE_SIGN,))
    assert [one for one in there.received(desk_id) if said in one.text]
    return card, shown


async def still_refused(world: World, said: str) -> None:
    """The sender's text is refused on the floor, and its card has come."""
    sender, direct = await world.officer(SENDER, FLOOR), await world.room_id(f"direct-{SENDER}")
    before = ids(sender, direct)
    refused(await sender.send_text(world.room(FLOOR), said), "source_restricted")
    await fresh_card(sender, direct, before, ("Not delivered",))


async def test_one_tap_asks_one_tap_grants_and_the_text_is_posted(world: World) -> None:
    partner = await world.officer(PARTNER, BOTH, FLOOR, IDN_DESK)
    reader = await world.officer(OUTSIDER, FLOOR)
    said, floor = secret(), world.room(FLOOR)
    await spoken(world, partner, BOTH, f"TLP:AMBER REL AUS,IDN // {said}")
    card, desk = await asked(world, f"from them: {said}", GRANTER, IDN_DESK)
    assert "Secondee 1 · AUS (Australia)" in desk.text
    assert "Floor · MPS" in desk.text
    assert said not in desk.text
    await desk.bears(*SIGNS)
    assert (await held(world, card))["outcome"] is None

    # ATTACK: a colleague whom policy doesn't entitle.
    desk_id = world.room(IDN_DESK)
    assert isinstance(await partner.react(desk_id, desk.event_id, GRANT_SIGN), Sent)
    await world.card(partner, "Jawaban Anda tidak mengubah apa pun: orang lain")
    assert not seen(reader, said)

    await desk.tap(GRANT_SIGN)
    posted = await reader.wait_for_text(floor, said)
    assert posted.sender == STEWARD
    assert posted.text.split("\n") == [
        "Secondee 1 · AUS (Australia) writes, released by IDN, sent by the steward:",
        f"TLP:AMBER REL AUS,BGD,IDN,MYS,THA,TLS,RSO // from them: {said}",
    ]
    await card.says("Released: sent to Floor · MPS in your name")
    await desk.says("Sudah dikirim.")
    assert tuple(await held(world, card)) == (None, "posted")
    await delivered(world, posted.event_id)

    # The same content in the same room, by anyone; and nothing else by it.
    again = await reader.send_text(floor, f"we know that too: {said}")
    assert isinstance(again, Sent), again
    other = secret()
    await spoken(world, partner, BOTH, f"TLP:AMBER REL AUS,IDN // {other}")
    await still_refused(world, other)
    after = f"TLP:GREEN // all is quiet {word()}"
    await spoken(world, partner, FLOOR, after)
    await reader.wait_for_text(floor, after)
    shown = [one for one in reader.received(floor) if "released by" in one.text]
    assert sum(said in one.text for one in shown) == 1


async def test_a_reply_releases_a_part_and_the_rest_stays_restricted(world: World) -> None:
    partner = await world.officer(PARTNER, BOTH, FLOOR)
    reader = await world.officer(OUTSIDER, FLOOR)
    part, rest, floor = secret(), secret(), world.room(FLOOR)
    await spoken(world, partner, BOTH, f"TLP:AMBER REL AUS,IDN // {part}. Zulu: {rest}")
    card, desk = await asked(world, f"{part}. Zulu: {rest}", GRANTER, IDN_DESK)
    talk = await desk.officer.send_text(desk.room_id, "who asks that?", reply_to=desk.event_id)
    assert isinstance(talk, Sent)
    await world.card(desk.officer, "Balasan Anda pada permintaan izin tidak mengubah apa pun")
    reply = await desk.officer.send_text(desk.room_id, part, reply_to=desk.event_id)
    assert isinstance(reply, Sent), reply
    posted = await reader.wait_for_text(floor, part)
    assert rest not in posted.text
    await card.says("Released: sent to")
    await delivered(world, posted.event_id)
    await still_refused(world, rest)
    assert not seen(reader, rest)


async def test_a_reply_with_a_marking_releases_under_it(world: World) -> None:
    partner = await world.officer(PARTNER, BOTH, FLOOR)
    reader = await world.officer(OUTSIDER, FLOOR)
    said = secret()
    await spoken(world, partner, BOTH, f"TLP:RED REL AUS,IDN // {said}")
    _, desk = await asked(world, said, GRANTER, IDN_DESK)
    await desk.bears(DECLINE_SIGN)
    reply = await desk.officer.send_text(desk.room_id, "TLP:GREEN //", reply_to=desk.event_id)
    assert isinstance(reply, Sent), reply
    posted = await reader.wait_for_text(world.room(FLOOR), said)
    assert posted.text.split("\n")[1] == f"TLP:GREEN // {said}"


async def test_declined_by_a_reply_or_taken_back_by_one_nothing_is_posted(world: World) -> None:
    partner = await world.officer(PARTNER, BOTH, FLOOR)
    reader = await world.officer(OUTSIDER, FLOOR)
    first, second = secret(), secret()
    await spoken(world, partner, BOTH, f"TLP:AMBER REL AUS,IDN // {first}")
    await spoken(world, partner, BOTH, f"TLP:AMBER REL AUS,IDN // {second}")
    card, desk = await asked(world, first, GRANTER, IDN_DESK)
    reply = await desk.officer.send_text(desk.room_id, "tolak", reply_to=desk.event_id)
    assert isinstance(reply, Sent)
    await card.says("who wrote it first declined")
    assert tuple(await held(world, card)) == (None, "declined")

    card, desk = await asked(world, second, GRANTER, IDN_DESK)
    back = await card.officer.send_text(card.room_id, "discard", reply_to=card.event_id)
    assert isinstance(back, Sent)
    await card.says("Taken back")
    await desk.says("Peminta menariknya kembali.")
    await desk.tap(GRANT_SIGN)
    await world.card(desk.officer, "permintaan ini sudah dijawab atau berakhir")
    assert tuple(await held(world, card)) == (None, "withdrawn")
    assert not seen(reader, first)
    assert not seen(reader, second)


async def test_an_originator_stays_unnamed_with_one_tap(world: World) -> None:
    """Strict content of Thailand, into a room where Thailand isn't."""
    source = await world.officer(THAI, FLOOR, THA_DESK)
    partner = await world.officer(PARTNER, BOTH, FLOOR)
    said = secret()
    await spoken(world, source, FLOOR, f"TLP:AMBER+STRICT // {said}")
    _, desk = await asked(world, said, THAI, THA_DESK, BOTH)
    await desk.bears(*SIGNS)
    await desk.tap(UNNAMED_SIGN)
    posted = await partner.wait_for_text(world.room(BOTH), said)
    first, second = posted.text.split("\n")
    assert first.endswith("writes, released by who wrote it first, sent by the steward:")
    assert "THA" not in first + second
    await desk.says("Your party is not named.")


async def test_what_ones_own_party_wrote_is_released_here_with_one_tap(world: World) -> None:
    sender = await world.officer(SENDER, BOTH, FLOOR)
    reader = await world.officer(OUTSIDER, FLOOR)
    said, direct = secret(), await world.room_id(f"direct-{SENDER}")
    await spoken(world, sender, BOTH, f"TLP:AMBER REL AUS,IDN // {said}")
    before = ids(sender, direct)
    answer = await sender.send_text(world.room(FLOOR), said)
    assert isinstance(answer, NotSent)
    card = await fresh_card(sender, direct, before, ("Not delivered",))
    assert "1️⃣ Release it here as" in card.text
    assert not seen(reader, said)
    await card.tap(SEND_SIGNS[0])
    await reader.wait_for_text(world.room(FLOOR), said)
    await card.says("in your name")
