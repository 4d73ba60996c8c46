"""What stands is corrected and withdrawn where readers see it, and acknowledged by parties."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rilon.application.bulletin_ports import Drafted
from rilon.application.bulletin_values import No, Version
from tests.integration.bulletins.bulletins_desk import (
    ONE,
    ROOM,
    TWO,
    BulletinScene,
    chart,
    written,
)


async def corrected(scene: BulletinScene, number: str, content: bytes, **more: object) -> None:
    """A new version of a bulletin that stands, approved and posted."""
    await scene.drafted(content, number=number, **more)
    assert isinstance(await scene.bulletins.submit(number, scene.officer(ONE)), Version)
    assert isinstance(await scene.bulletins.approve(number, scene.officer(TWO)), Version)
    assert isinstance(await scene.bulletins.publish(number, scene.officer(ONE)), Version)
    await scene.perform()


async def test_a_correction_is_an_edit_that_says_so(scene: BulletinScene) -> None:
    """The same message, with the day on which it was corrected."""
    number = await scene.published(written("Four boats."))
    event = scene.event(ROOM, "Four boats")
    await corrected(scene, number, written("Five boats."))
    _, edit = scene.in_bulletins()
    assert edit["m.relates_to"] == {"rel_type": "m.replace", "event_id": event}
    assert "Corrected on 2026-11-23" in edit["m.new_content"]["body"]
    assert "Five boats." in edit["m.new_content"]["body"]
    assert scene.pinned[ROOM] == [event]


async def test_a_correction_needs_four_eyes_again(scene: BulletinScene) -> None:
    """Whatever was approved before."""
    number = await scene.published(written("Four boats."))
    await scene.drafted(written("Nine boats."), number=number)
    assert await scene.bulletins.publish(number, scene.officer(ONE)) is No.NOT_APPROVED


async def test_what_a_correction_no_longer_holds_is_taken_away(scene: BulletinScene) -> None:
    """Fewer messages, another picture; each picture comes under what it is marked as now."""
    long = "\n\n".join(f"Line {at} " + f"filler{at} " * 150 for at in range(16))
    text = f"{long}\n\n![One](one.png)\n\n![Two](two.png)"
    pictures = {"one.png": chart(), "two.png": chart("teal")}
    number = await scene.published(written(text), pictures=pictures)
    before = len(scene.in_bulletins())
    text = "Short now.\n\n![One](one.png)\n\n![Two](two.png)"
    pictures = {"one.png": chart(), "two.png": chart("black")}
    await corrected(scene, number, written(text), pictures=pictures)
    edit, same, other = scene.in_bulletins()[before:]
    assert edit["m.relates_to"]["rel_type"] == "m.replace"
    assert [scene.read(one) for one in (same, other)] == [chart().data, chart("black").data]
    assert other["m.relates_to"]["rel_type"] == "m.thread"
    # All messages of text but the first, and the pictures: they come anew, with their words.
    assert before > 4
    assert len(await scene.redacted()) == before - 1


async def test_a_correction_goes_to_the_same_groups(scene: BulletinScene) -> None:
    """What stands in a room can't be left there while the rest is corrected."""
    number = await scene.published(written())
    told = await scene.refused(
        written().replace(b"groups: [mps]", b"groups: [mps, mpz]"), number=number
    )
    assert any("the group `mpz` isn't known" in one for one in told)


async def test_a_withdrawn_bulletin_says_so_in_its_place_and_is_pinned_no_more(
    scene: BulletinScene,
) -> None:
    """Every message of it; pictures are taken away."""
    text = "Wrong counts.\n\n![Boats](a.png)"
    number = await scene.published(written(text), pictures={"a.png": chart()})
    event = scene.event(ROOM, "Wrong counts")
    by = scene.officer(TWO)
    assert isinstance(await scene.bulletins.withdraw(number, by, "The counts were wrong."), Version)
    await scene.perform()
    edit = scene.in_bulletins()[-1]
    assert edit["m.relates_to"] == {"rel_type": "m.replace", "event_id": event}
    said = edit["m.new_content"]["body"]
    assert f"{number} was withdrawn on 2026-11-23: something in it is wrong" in said
    assert "counts" not in said
    assert scene.pinned[ROOM] == []
    assert len(await scene.redacted()) == 1
    assert await scene.bulletins.withdraw(number, by, "Again.") is No.WITHDRAWN


async def test_a_withdrawal_gives_a_reason(scene: BulletinScene) -> None:
    """Readers have acted on it."""
    number = await scene.published(written())
    assert await scene.bulletins.withdraw(number, scene.officer(ONE), "  ") is No.NO_REASON


async def test_nothing_follows_a_withdrawn_bulletin(scene: BulletinScene) -> None:
    """Another version of it would stand where readers were told not to use it."""
    number = await scene.published(written())
    await scene.bulletins.withdraw(number, scene.officer(ONE), "Wrong.")
    await scene.perform()
    author = scene.officer(ONE)
    assert await scene.bulletins.draft(written(), {}, author, number=number) is No.WITHDRAWN


# --- acknowledgement -----------------------------------------------------------------------------


async def acknowledging(scene: BulletinScene, number: str) -> set[str]:
    (place,) = await scene.parts.publishing._rooms.places(number)
    return {str(one) for one in place.parties}


async def test_one_tap_of_one_officer_counts_for_the_party_and_for_nobody_else(
    scene: BulletinScene,
) -> None:
    """Two officers of one party are one party; whose tap it was is kept nowhere."""
    number = await scene.published(written())
    event = scene.event(ROOM, "Fewer boats")
    for name in ("idn.focal1", "idn.secondee1", "mys.focal1", "rso.coordinator1"):
        await scene.taps(name, ROOM, event, "✅")
    assert await acknowledging(scene, number) == {"IDN", "MYS"}
    rows = await scene.run("SELECT payload::text AS said FROM effect WHERE kind = 'acknowledge'")
    assert not [row for row in rows if "focal1" in row.said or "secondee" in row.said]
    entries = [
        one
        for one in await scene.ledger()
        if ("step", "acknowledged") in {(str(name), value) for name, value in one.subject}
    ]
    assert len(entries) == 2
    assert not [one for one in entries if "focal1" in str(one) or "secondee" in str(one)]


@pytest.mark.parametrize("key", ["❌", "😀", "1️⃣"])
async def test_other_reactions_acknowledge_nothing(scene: BulletinScene, key: str) -> None:
    """A face is a face."""
    number = await scene.published(written())
    await scene.taps("idn.focal1", ROOM, scene.event(ROOM, "Fewer boats"), key)
    assert await acknowledging(scene, number) == set()


async def test_a_tap_that_is_quicker_than_the_last_picture_counts_all_the_same(
    scene: BulletinScene,
) -> None:
    """ATTACK by haste: the first message stands, the bulletin isn't settled yet."""
    text = "Counts.\n\n![Boats](a.png)"
    number = await scene.approved(written(text), pictures={"a.png": chart()})
    await scene.bulletins.publish(number, scene.officer(ONE))
    (first,) = await scene.effects.next_due(scene.at + timedelta(hours=1), [], 1)
    await scene.performer._perform(first)
    event = scene.event(ROOM, "Counts")
    await scene.heard_tap("idn.focal1", ROOM, event, "✅")
    due = await scene.effects.next_due(scene.at + timedelta(hours=1), [], 100)
    for one in due:
        if one.kind == "acknowledge":
            await scene.performer._perform(one)
    assert await scene.run("SELECT 1 FROM bulletin_ack") == []
    await scene.perform()
    assert await acknowledging(scene, number) == {"IDN"}


async def test_a_withdrawn_bulletin_is_acknowledged_no_more(scene: BulletinScene) -> None:
    """There is nothing left to have read."""
    number = await scene.published(written())
    event = scene.event(ROOM, "Fewer boats")
    await scene.bulletins.withdraw(number, scene.officer(ONE), "Wrong.")
    await scene.perform()
    await scene.taps("idn.focal1", ROOM, event, "✅")
    assert await acknowledging(scene, number) == set()


async def test_an_analyst_of_the_rso_takes_a_bulletin_back_altogether(
    scene: BulletinScene,
) -> None:
    """`!recall` works on what the steward posted in their party's name."""
    number = await scene.published(written())
    event = scene.event(ROOM, "Fewer boats")
    await scene.recalled(event, TWO)
    assert event in await scene.redacted()
    author = scene.officer(ONE)
    told = await scene.bulletins.draft(written("It rests on it.", number), {}, author)
    assert "was taken back" in str(told)
    assert not isinstance(told, Drafted)


async def test_what_is_typed_as_a_reason_is_not_posted(scene: BulletinScene) -> None:
    """ATTACK: one analyst alone puts words before all readers, as why it is withdrawn."""
    number = await scene.published(written())
    said = "Call the navy of Satun at pier 4, see www.example.org"
    await scene.bulletins.withdraw(number, scene.officer(ONE), said)
    await scene.perform()
    assert not [one for one in scene.in_bulletins() if "Satun" in str(one)]
    assert "its authors took it back" in scene.in_bulletins()[-1]["body"]


async def test_a_correction_that_is_refused_half_way_leaves_no_half_to_readers(
    scene: BulletinScene,
) -> None:
    """ATTACK: its source is recalled between its messages. All of the bulletin is withdrawn."""
    said = await scene.types("idn.focal1", "mps-floor", "TLP:AMBER // Two hulls near Rote.")
    long = "\n\n".join(f"Row {at} " + f"stuff{at} " * 150 for at in range(16))
    number = await scene.published(written(long))
    before = len(scene.in_bulletins())
    content = written(long.replace("Row", "New row"), said)
    await scene.drafted(content, number=number)
    await scene.bulletins.submit(number, scene.officer(ONE))
    await scene.bulletins.approve(number, scene.officer(TWO))
    await scene.bulletins.publish(number, scene.officer(ONE))
    (first,) = [
        one
        for one in await scene.effects.next_due(scene.at + timedelta(hours=1), [], 100)
        if one.kind == "publish"
    ]
    await scene.performer._perform(first)
    await scene.recalled(said, "idn.focal1")
    await scene.perform()
    last = {
        one["m.relates_to"]["event_id"]: one["m.new_content"]["body"]
        for one in scene.in_bulletins()[before:]
    }
    assert len(last) == before
    assert all(f"{number} was withdrawn" in body for body in last.values())


async def test_a_withdrawal_that_the_gate_keeps_out_can_be_asked_for_again(
    scene: BulletinScene,
) -> None:
    """It stands there as before, and nobody is told otherwise."""
    number = await scene.published(written())
    await scene.bulletins.withdraw(number, scene.officer(ONE), "wrong")
    await scene.run("UPDATE officer_state SET state = 'stopped' WHERE name = :name", name=ONE)
    await scene.perform()
    assert len(scene.in_bulletins()) == 1
    assert await scene.run("SELECT 1 FROM bulletin WHERE withdrawn_at IS NOT NULL") == []
    await scene.run("UPDATE officer_state SET state = 'admitted' WHERE name = :name", name=ONE)
    scene.at += timedelta(minutes=1)
    assert isinstance(await scene.bulletins.withdraw(number, scene.officer(ONE), "wrong"), Version)
    await scene.perform()
    assert "something in it is wrong" in scene.in_bulletins()[-1]["body"]
