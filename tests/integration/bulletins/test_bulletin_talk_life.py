"""What follows once a bulletin stands: who acknowledged it, corrections, withdrawal, reminders, and
drafts of the steward's own."""

from __future__ import annotations

from datetime import timedelta

from bots.steward.bulletin_cards import announce
from rilon.application.bulletin_ports import Drafted
from rilon.application.ports import NewEffect
from rilon.storage.bulletin_sweeps import write_reminding
from tests.integration.bulletins.bulletins_desk import (
    ANALYSIS,
    ONE,
    ROOM,
    TWO,
    BulletinScene,
    as_sent,
    chart,
    written,
)


async def _out(scene: BulletinScene) -> None:
    """The latest card is submitted, approved and published."""
    for name, sign in ((ONE, "✅"), (TWO, "✅"), (TWO, "📣")):
        await scene.taps(name, ANALYSIS, scene.latest_card(), sign)


async def test_where_it_stands_is_told_by_party_and_never_by_person(scene: BulletinScene) -> None:
    """A thumb counts like the ✅ that stands there; who tapped is told nobody."""
    await scene.typed("Birch tenders were hired out by the hour.")
    await _out(scene)
    event = scene.event(ROOM, "Birch tenders")
    await scene.taps("idn.focal1", ROOM, event, "👍🏽")
    await scene.taps("aus.secondee1", ROOM, event, "✅")
    await scene.taps("mys.focal1", ROOM, event, "🎉")
    (number,) = await scene.numbers()
    await scene.says(ONE, ANALYSIS, f"!bulletin {number}")
    told = scene.last(ANALYSIS)
    assert "Acknowledged in Bulletins · MPS: AUS, IDN" in told
    assert "Not yet: BGD, MYS, THA, TLS" in told
    assert "focal1" not in told
    assert f"Written by {ONE}" in told
    assert f"Approved by {TWO}" in told


async def test_a_correction_is_the_published_text_as_a_form(scene: BulletinScene) -> None:
    """Copied, changed and sent as a new message it is approved anew, and edits what stands."""
    root = await scene.typed("Cedar punts: 12.\n\npicture weeks.png: Punts by day")
    await scene.sends(
        ONE, ANALYSIS, chart("tan").data, "weeks.png", "image/png", "weeks.png", reply=root
    )
    await _out(scene)
    first = scene.latest_card()
    event = scene.event(ROOM, "Cedar punts")
    await scene.taps("aus.secondee1", ROOM, event, "✅")
    (number,) = await scene.numbers()
    assert f"{number} · Trends" in scene.content(event)["body"]
    await scene.says(TWO, ANALYSIS, f"!bulletin correct {number}")
    shown = scene.content(scene.event(ANALYSIS, f"number: {number}"))["body"]
    assert shown.startswith("TLP:GREEN //\ntitle:")
    assert "picture weeks.png: Punts by day" in shown
    await scene.says(TWO, ANALYSIS, shown.replace("punts: 12", "punts: 14"))
    assert "It will replace what stands there now." in scene.shown()
    assert await scene.numbers() == [number]
    await scene.taps(TWO, ANALYSIS, scene.latest_card(), "✅")
    await scene.taps(ONE, ANALYSIS, scene.latest_card(), "✅")
    await scene.taps(ONE, ANALYSIS, scene.latest_card(), "📣")
    edits = [one for one in scene.in_bulletins() if "m.new_content" in one]
    assert "punts: 14" in edits[0]["m.new_content"]["body"]
    assert len(edits) == 1
    assert await scene.state(number) == "published"
    # Whoever read it before learns of it: analysts on the old card, desks by a quiet word.
    assert "Taps here do nothing any more" in scene.shown_of(first)
    (told,) = scene.heard("mps-desk-aus")
    assert told.startswith(f"{number} in Bulletins · MPS was corrected.")
    assert f"https://matrix.to/#/!{ROOM}/{event}" in told
    assert "punts" not in told
    await scene.taps("idn.focal1", ROOM, event, "✅")
    await scene.says(ONE, ANALYSIS, f"!bulletin {number}")
    assert "MPS: AUS, IDN\nBefore it was corrected: AUS\nNot yet:" in scene.last(ANALYSIS)


async def test_a_withdrawal_is_asked_once_and_done_by_who_asked(scene: BulletinScene) -> None:
    """With one of a few reasons, which readers see; another's tap does nothing."""
    await scene.typed("Rowan lighters unloaded at dusk.")
    (number,) = await scene.numbers()
    await scene.says(ONE, ANALYSIS, f"!bulletin withdraw {number} too early")
    assert scene.last(ANALYSIS) == "It isn't posted anywhere."
    await _out(scene)
    await scene.says(ONE, ANALYSIS, f"!bulletin withdraw {number}")
    assert "Say why: wrong, source, old or replaced" in scene.last(ANALYSIS)
    await scene.says(ONE, ANALYSIS, f"!bulletin withdraw {number} the source was recalled")
    asked = scene.event(ANALYSIS, "Withdraw ")
    assert await scene.signs(asked) == {"✅"}
    await scene.taps(TWO, ANALYSIS, asked, "✅")
    assert len(scene.in_bulletins()) == 1
    await scene.taps(ONE, ANALYSIS, asked, "✅")
    assert "what it rests on was taken back" in scene.in_bulletins()[-1]["body"]
    assert "is withdrawn" in scene.shown()
    for desk in ("mps-desk-aus", "mps-desk-tls"):
        (told,) = scene.heard(desk)
        assert told.startswith(f"{number} in Bulletins · MPS was withdrawn.\nDon't use it")
        assert "Rowan" not in told
    await scene.says(ONE, ANALYSIS, f"!bulletin correct {number}")
    assert "It was withdrawn. Write another one." in scene.last(ANALYSIS)


async def test_a_draft_is_discarded_by_its_word(scene: BulletinScene) -> None:
    """In its thread no number is needed; outside, the steward asks which."""
    root = await scene.typed("Alder cutters are laid up for the season.")
    await scene.says(ONE, ANALYSIS, "!bulletin discard")
    assert "Which bulletin?" in scene.last(ANALYSIS)
    await scene.says(ONE, ANALYSIS, "!bulletin discard", thread=root)
    assert await scene.state((await scene.numbers())[0]) == "over"
    await scene.says(ONE, ANALYSIS, "!bulletin discard", thread=root)
    assert scene.last(ANALYSIS) == "Nothing waits there."


async def test_what_the_gate_refuses_is_told_with_room_and_reason(scene: BulletinScene) -> None:
    """On the card, and to author and approver by a word of its own."""
    await scene.typed("Hazel wherries passed the boom unseen.")
    await scene.taps(ONE, ANALYSIS, scene.latest_card(), "✅")
    await scene.taps(TWO, ANALYSIS, scene.latest_card(), "✅")
    scene.refuses = "Hazel wherries"
    await scene.taps(TWO, ANALYSIS, scene.latest_card(), "📣")
    assert "Not in Bulletins · MPS: a rule of this network does not allow it." in scene.shown()
    told = scene.content(scene.event(ANALYSIS, "Its card says why"))
    assert len(told["m.mentions"]["user_ids"]) == 2


async def test_desks_are_reminded_once_and_of_nothing_but_a_link(scene: BulletinScene) -> None:
    """Three days after it was posted, as policy says, unless the party has acknowledged it."""
    await scene.typed("Linden gigs were sold at auction.", title="Gigs under the hammer")
    await _out(scene)
    event = scene.event(ROOM, "Linden gigs")
    await scene.taps("idn.focal1", ROOM, event, "✅")
    scene.at += timedelta(days=2)
    await write_reminding(scene.engine, scene.at)
    await scene.perform()
    assert scene.heard("mps-desk-aus") == []
    for _ in range(3):
        scene.at += timedelta(days=1, hours=1)
        assert await write_reminding(scene.engine, scene.at) == 1
        assert await write_reminding(scene.engine, scene.at) == 0
        await scene.perform()
    (told,) = scene.heard("mps-desk-aus")
    assert f"https://matrix.to/#/!{ROOM}/{event}" in told
    assert "Linden" not in told
    assert "hammer" not in told
    assert scene.heard("mps-desk-idn") == []
    content = scene.content(scene.event("mps-desk-aus", "not acknowledged"))
    assert content["msgtype"] == "m.notice"


async def test_a_draft_of_the_stewards_arrives_as_a_thread_of_its_own(
    scene: BulletinScene,
) -> None:
    """Preview and card, once; whoever submits it answers for it, and another approves."""
    made = await scene.bulletins.draft(
        written("Poplar feluccas: a digest of the schedule.", marking="TLP:GREEN"),
        {},
        None,
        period="week-47",
    )
    assert isinstance(made, Drafted)
    await scene.effects.write(announce(made.version.number))
    await scene.perform()
    await scene.effects.write(announce(made.version.number))
    await scene.perform()
    root = scene.event(ANALYSIS, "a draft for you")
    preview = scene.content(scene.event(ANALYSIS, "Poplar feluccas"))
    assert preview["m.relates_to"]["event_id"] == root
    assert "Drafted by the steward." in scene.shown()
    await scene.taps(TWO, ANALYSIS, scene.latest_card(), "✅")
    await scene.taps(TWO, ANALYSIS, scene.latest_card(), "👍")
    await scene.taps(ONE, ANALYSIS, scene.latest_card(), "✅")
    await scene.taps(ONE, ANALYSIS, scene.latest_card(), "📣")
    assert await scene.state(made.version.number) == "published"


async def test_a_bulletin_without_the_end_of_its_marking_is_answered(scene: BulletinScene) -> None:
    """A newcomer forgets `//`: silence would leave them waiting."""
    text = as_sent("Quince skiffs came in late.").replace("TLP:GREEN //", "TLP:GREEN", 1)
    await scene.says(ONE, ANALYSIS, text)
    assert "with // behind it: TLP:GREEN //" in scene.last(ANALYSIS)
    assert await scene.numbers() == []


async def test_a_reminder_that_waited_for_an_update_is_given(scene: BulletinScene) -> None:
    """Written by an earlier version, which had reminders alone."""
    await scene.typed("Yew canoes were counted twice.")
    await _out(scene)
    (number,) = await scene.numbers()
    desk = "mps-desk-aus"
    payload = {"number": number, "room": ROOM, "party": "AUS", "to": desk}
    await scene.effects.write([NewEffect("bulletin_reminder", desk, payload, once="earlier")])
    await scene.perform()
    (told,) = scene.heard(desk)
    assert "not acknowledged yet by your party" in told
