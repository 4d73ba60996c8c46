"""What is posted in an officer's name is judged as any message, once, whatever dies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bots.steward.passages import Passages
from rilon.application.choices import SEND_SIGNS
from rilon.domain.acts import Post
from rilon.domain.markings import Marking, Tlp
from rilon.domain.parties import parties
from rilon.domain.verdicts import Accept, Code
from rilon.policy.question import Source
from rilon.storage.deliveries import Deliveries
from rilon.storage.inbox import Inbox
from tests.integration.choices.choices_desk import BOTH, WORDS, Choices
from tests.integration.no_files import NoFiles
from tests.integration.screening_desk import AUS, is_refused

# --- the gate judges what is posted ---------------------------------------------------------------


async def test_an_officer_who_was_removed_after_the_tap_posts_nothing(scene: Choices) -> None:
    card = await scene.refuse()
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform(only="choose")
    await scene.run("UPDATE officer_state SET state = 'removed' WHERE user_id = :user", user=AUS)
    await scene.perform(only="relay")
    (row,) = await scene.rows()
    assert (row.outcome, row.code, row.sealed) == ("refused", "not_admitted", None)
    assert scene.server.in_room(BOTH) == []


async def test_a_text_from_a_device_that_was_shut_out_is_not_posted(scene: Choices) -> None:
    card = await scene.refuse()
    await scene.tap(card, SEND_SIGNS[0])
    await scene.run("DELETE FROM device WHERE user_id = :user", user=AUS)
    await scene.perform()
    (row,) = await scene.rows()
    assert (row.outcome, row.code) == ("refused", "device_not_signed")


async def test_bytes_of_another_message_are_never_posted(scene: Choices) -> None:
    """ATTACK: who writes to the database puts one officer's sealed bytes under another's card."""
    card = await scene.refuse()
    await scene.refuse("REL AUS,IDN // another")
    await scene.run(
        "UPDATE held SET sealed = (SELECT sealed FROM held WHERE card_event_id <> :card) "
        "WHERE card_event_id = :card",
        card=card,
    )
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform()
    assert scene.server.in_room(BOTH) == []


async def test_an_altered_seal_opens_nothing(scene: Choices) -> None:
    card = await scene.refuse()
    await scene.run("UPDATE held SET sealed = set_byte(sealed, 30, 255 - get_byte(sealed, 30))")
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform()
    assert scene.server.in_room(BOTH) == []


async def test_a_reply_to_a_relayed_text_joins_with_it(scene: Choices) -> None:
    """ATTACK: the steward's own words carry no marking; an officer's do, whoever posts them."""
    card = await scene.refuse("TLP:AMBER REL AUS,IDN ORCON // " + WORDS)
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform()
    (relayed,) = scene.server.in_room(BOTH)
    wide = await scene.answer(relayed, "TLP:GREEN // seen it too")
    assert is_refused(wide, Code.MARKING_TOO_WIDE)
    plain = await scene.answer(relayed, "seen it too")
    assert isinstance(plain, Accept)
    assert plain.effective is not None
    assert plain.effective.caveats == {"ORCON"}
    edit = await scene.answer(relayed, "* TLP:GREEN // nothing here", edits=True)
    assert is_refused(edit, Code.NOT_YOUR_EVENT)


PASSAGE = "the blue hull was loaded at night at the private jetty behind the market"


async def test_what_is_posted_for_an_officer_leaves_that_officers_passages(
    scene: Choices,
) -> None:
    """ATTACK: words that lose their restriction because the steward's hand posted them."""
    card = await scene.refuse(f"TLP:AMBER REL AUS,IDN // {PASSAGE}")
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform()
    (verdict,) = await scene.posted()
    passages = Passages(scene.quotation, NoFiles(), scene.now, timedelta)
    room = scene.network.rooms["mps-aus-idn"]
    batch = await Inbox(scene.engine).store({"next_batch": "shown"})
    async with Deliveries(scene.engine, scene.outbox).of_batch(batch.id) as delivery:
        left = await passages.of_relayed(delivery, verdict.identity, room, scene.network)
        assert left is not None
        assert left.officer.name == "aus.secondee1"
        marking = Marking(Tlp.AMBER, parties("AUS", "IDN"), parties("AUS"), explicit_rel=True)
        await passages.keep(delivery, left, verdict.identity, marking, scene.network)
    pasted = await scene.ask(scene.said(f"TLP:GREEN // as we know, {PASSAGE}"))
    assert is_refused(pasted, Code.SOURCE_RESTRICTED)


async def test_what_is_posted_for_an_officer_counts_among_that_officers_recent_words(
    scene: Choices,
) -> None:
    """ATTACK: a passage in two halves, the first of them through a card."""
    card = await scene.refuse()
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform()
    assert await scene.settled() == "posted"
    rows = await scene.run("SELECT room_id, sender FROM recent_words")
    assert [tuple(row) for row in rows] == [(BOTH, AUS)]


async def test_a_text_with_a_passage_that_may_not_go_there_is_not_posted(scene: Choices) -> None:
    """ATTACK: the tap as a way round the rules on sending on."""
    card = await scene.refuse(f"TLP:AMBER REL AUS,IDN // {PASSAGE}")
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform(only="choose")
    kept = await scene.held.of_message((await scene.rows())[0].identity, scene.at)
    assert kept is not None
    assert kept.text is not None
    left = scene.quotation.left_by(Post(kept.text.text, None), scene.network)
    theirs = Marking(Tlp.AMBER, parties("AUS", "MYS"), parties("MYS"), explicit_rel=True)
    source = Source(kept.identity, "mps-floor", parties("AUS", "MYS"), theirs, True, left)
    batch = await Inbox(scene.engine).store({"next_batch": "theirs"})
    async with Deliveries(scene.engine, scene.outbox).of_batch(batch.id) as delivery:
        await delivery.leave(source, parties("AUS", "MYS"), scene.at)
    await scene.perform()
    (row,) = await scene.rows()
    assert row.outcome == "refused"
    assert row.code in ("source_restricted", "onward_not_allowed")
    assert (row.sealed, row.passages) == (None, None)
    assert scene.server.in_room(BOTH) == []


# --- crashes -------------------------------------------------------------------------------------


async def test_a_crash_after_sending_leads_to_one_post_and_one_outcome(scene: Choices) -> None:
    card = await scene.refuse()
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform(only="choose")
    scene.server.dies_after = 1
    await scene.perform()
    assert await scene.settled() == "posted"
    assert len(scene.server.in_room(BOTH)) == 1
    assert len(await scene.posted()) == 1
    done = await scene.run("SELECT state FROM effect WHERE kind IN ('relay', 'card_settled')")
    assert [row.state for row in done] == ["done", "done"]


async def test_a_steward_that_forgot_its_transactions_posts_once(scene: Choices) -> None:
    """The homeserver doesn't know the transaction any more: the gate does."""
    card = await scene.refuse()
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform(only="choose")
    scene.server.dies_after = 1
    inner, tries = scene.server.send, 0

    async def forgetful(room: str, kind: str, transaction: str, content: Any) -> str:
        nonlocal tries
        tries += 1
        name = f"{transaction}-{tries}" if tries > 1 and room == BOTH else transaction
        return await inner(room, kind, name, content)

    scene.server.send = forgetful  # type: ignore[method-assign, assignment]  # asked again under another name
    await scene.perform()
    assert await scene.settled() == "posted"
    assert len(scene.server.in_room(BOTH)) == 1


async def test_a_policy_that_changed_meanwhile_is_the_one_that_judges(scene: Choices) -> None:
    card = await scene.refuse()
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform(only="choose")
    await scene.run(
        "INSERT INTO policy_version (version, digest, document) "
        "SELECT '2', 'other', document FROM policy_version"
    )
    later = scene.at
    scene.at = datetime(2029, 6, 1, tzinfo=UTC)
    await scene.run("UPDATE held SET expires_at = '2029-06-02'")
    await scene.perform(only="relay")
    scene.at = later
    (row,) = await scene.rows()
    assert (row.outcome, row.code) == ("refused", "outside_term")
