"""Release is granted by those entitled alone, and happens once, whoever taps and dies."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta

import pytest

from rilon.application.choices import SEND_SIGNS
from rilon.application.ports import DueEffect
from rilon.application.release_steps import DECLINE_SIGN, GRANT_SIGN
from tests.integration.release.release_desk import (
    DESKS,
    FOCAL,
    PASSAGE,
    SECOND,
    SECONDEE,
    THAI,
    Stage,
)
from tests.integration.screening_desk import AUS, ROOM

# --- only those entitled, and once ---------------------------------------------------------------


async def test_an_officer_whom_policy_does_not_entitle_releases_nothing(stage: Stage) -> None:
    """ATTACK: a secondee of the originator's party taps."""
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN, by=SECONDEE)
    await stage.answer_by_tap(DECLINE_SIGN, by=SECONDEE)
    await stage.perform()
    assert await stage.outcome() is None
    assert [row.state for row in await stage.requests()] == ["asked"]
    told = stage.on("!direct-idn.secondee1")[-1]
    assert told.startswith("Jawaban Anda tidak mengubah apa pun: orang lain")


async def test_another_partys_focal_point_releases_nothing(stage: Stage) -> None:
    """ATTACK: a card's event id is no secret."""
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN, by=THAI, card=await stage.card_of())
    await stage.perform()
    assert await stage.outcome() is None


async def test_an_officer_who_was_removed_releases_nothing(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.run("UPDATE officer_state SET state = 'removed' WHERE user_id = :u", u=FOCAL)
    await stage.perform()
    assert await stage.outcome() is None


async def test_a_grant_of_who_is_removed_before_the_post_counts_for_nothing(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform(only="consent")
    await stage.run("UPDATE officer_state SET state = 'removed' WHERE user_id = :u", u=FOCAL)
    await stage.perform()
    assert await stage.outcome() == "refused"
    assert await stage.floor_posts() == []


async def test_a_sender_who_is_removed_meanwhile_posts_nothing(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.run("UPDATE officer_state SET state = 'removed' WHERE user_id = :u", u=AUS)
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform()
    (row,) = await stage.rows()
    assert (row.outcome, row.code) == ("refused", "not_admitted")
    assert "Pesan itu ditolak di sana dan tidak terkirim." in stage.on(DESKS["IDN"])[-1]


async def test_of_two_at_once_the_first_counts_and_the_second_is_told(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN, by=FOCAL)
    await stage.answer_by_tap(DECLINE_SIGN, by=SECOND)
    due = await stage.effects.next_due(stage.at + timedelta(hours=1), [], 100)
    (first,) = [one for one in due if one.kind == "consent"]
    second = await stage.run("SELECT * FROM effect WHERE kind = 'consent' ORDER BY id DESC LIMIT 1")
    late = DueEffect(second[0].id, "consent", "x", second[0].payload, None, 0)
    await asyncio.gather(stage.releases.consent(first), stage.releases.consent(late))
    await stage.perform()
    (row,) = await stage.requests()
    assert row.state in ("granted", "declined")
    assert len([kind for kind in await stage.kinds() if kind[0] != "release_asked"]) == 1
    told = stage.on("!direct-idn.focal1") + stage.on("!direct-idn.focal2")
    assert any("sudah dijawab atau berakhir" in one for one in told)
    assert len(await stage.floor_posts()) == (1 if row.state == "granted" else 0)


async def test_a_second_tap_posts_nothing_twice(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    for _ in range(3):
        await stage.answer_by_tap(GRANT_SIGN)
        await stage.perform()
    assert len(await stage.floor_posts()) == 1
    assert len(stage.on(ROOM)) == 1


# --- crashes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["show", "release_card", "relay", "release_card_settled"])
async def test_killed_after_sending_everything_is_there_once(stage: Stage, kind: str) -> None:
    await stage.delivered(PASSAGE)
    card = await stage.refused()
    await stage.tap(card, SEND_SIGNS[0])

    killed: set[int] = set()

    async def perform_all() -> None:
        for _ in range(60):
            due = await stage.effects.next_due(stage.at + timedelta(hours=1), [], 100)
            if not due:
                return
            for one in due:
                if one.kind == kind and one.id not in killed:
                    # A homeserver that is away counts as no attempt.
                    killed.add(one.id)
                    stage.server.dies_after = 1
                await stage.performer._perform(one)
                stage.server.dies_after = 0
        raise AssertionError("there is always more to do")

    await perform_all()
    await stage.answer_by_tap(GRANT_SIGN)
    await perform_all()
    assert await stage.outcome() == "posted"
    assert len(await stage.floor_posts()) == 1
    in_desk = [one for one in await stage.posted() if one.room_id == DESKS["IDN"]]
    assert len(in_desk) == 1
    digests = [
        hashlib.sha256(repr(content).encode()).hexdigest()
        for room, _, content in stage.server.stands.values()
        if room == DESKS["IDN"]
    ]
    assert len(digests) == len(set(digests))


async def test_a_tap_before_the_card_is_noted_is_not_lost(stage: Stage) -> None:
    """Killed between sending the card and noting it, and tapped meanwhile."""
    await stage.delivered(PASSAGE)
    await stage.asked()
    card = await stage.card_of()
    await stage.run("UPDATE release SET card_event_id = NULL")
    await stage.answer_by_tap(GRANT_SIGN, card=card)
    due = await stage.effects.next_due(stage.at + timedelta(hours=1), [], 100)
    (tap,) = [one for one in due if one.kind == "consent"]
    await stage.performer._perform(tap)
    assert await stage.outcome() is None
    await stage.run("UPDATE release SET card_event_id = :card", card=card)
    await stage.perform()
    assert await stage.outcome() == "posted"


async def test_no_word_of_it_is_in_any_table(stage: Stage) -> None:
    async def nowhere() -> None:
        for table in ("release", "held", "verdict", "effect", "ledger_outbox", "inbox"):
            for row in await stage.run(f"SELECT * FROM {table}"):
                shown = " ".join(
                    value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    for value in row
                )
                assert "sandbank" not in shown, table

    await stage.delivered(PASSAGE)
    await stage.asked()
    await nowhere()
    await stage.reply("changes ships behind the eastern sandbank")
    await nowhere()
    await stage.perform()
    assert await stage.outcome() == "posted"
    await nowhere()
