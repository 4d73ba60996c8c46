"""Release on a real PostgreSQL: asked for, shown at the desk, granted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from rilon.application.release_steps import DECLINE_SIGN, GRANT_SIGN, UNNAMED_SIGN
from rilon.domain.markings import Tlp
from rilon.domain.parties import parties
from rilon.domain.verdicts import Accept, Code, Refuse
from tests.integration.release.release_desk import (
    DESKS,
    EVERYONE,
    FLOOR,
    OTHER,
    PASSAGE,
    THAI,
    Stage,
)
from tests.integration.screening_desk import ROOM, is_refused

# --- asking --------------------------------------------------------------------------------------


async def test_a_tap_asks_the_originators_desk_and_shows_the_text_there(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    shown, card, *_ = stage.on(DESKS["IDN"])
    assert shown.split("\n") == [
        "Secondee 1 · AUS (Australia) writes, sent by the steward:",
        f"TLP:AMBER REL AUS,IDN // as we heard, {PASSAGE}",
    ]
    assert card.startswith("Secondee 1 · AUS (Australia) meminta izin pihak Anda")
    assert f"✅ Izinkan sebagai TLP:AMBER {EVERYONE} //" in card
    assert PASSAGE not in card
    (verdict,) = await stage.posted()
    assert (verdict.room_id, verdict.accepted) == (DESKS["IDN"], True)
    assert verdict.marking["originators"] == ["AUS", "IDN"]
    (row,) = await stage.rows()
    assert row.expires_at == stage.at + timedelta(hours=72)
    assert await stage.outcome() is None
    assert await stage.kinds() == [("release_asked", "asked", parties("AUS", "IDN"))]
    assert "sees your text" in stage.on("!direct")[-1]


async def test_the_card_says_beforehand_where_the_text_goes(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.refused()
    said = stage.on("!direct")[-1]
    assert "1️⃣ Ask IDN to release it here. Your text then goes to the desk of IDN" in said
    assert "72 hours at most" in said


async def test_what_the_senders_party_never_had_is_never_asked_about(stage: Stage) -> None:
    """ATTACK: an offer as an oracle of what others know."""
    await stage.delivered(PASSAGE, rel="IDN", room="mps-desk-idn", received="IDN")
    assert isinstance(await stage.ask(stage.said(f"as we heard, {PASSAGE}")), Accept)
    assert await stage.rows() == []


async def test_what_holds_another_partys_words_is_not_shown_where_they_may_not_be(
    stage: Stage,
) -> None:
    """ATTACK: a request as a way round: Thailand's words in Indonesia's desk."""
    await stage.delivered(PASSAGE)
    await stage.delivered(OTHER, rel="AUS THA", by="THA", room=FLOOR, received="AUS THA")
    assert is_refused(await stage.ask(stage.said(f"{PASSAGE} and {OTHER}")), Code.SOURCE_RESTRICTED)
    await stage.perform()
    assert await stage.rows() == []
    card = stage.on("!direct")[-1]
    assert "I can't ask IDN and THA to release it" in card


async def test_expired_content_is_not_asked_for(stage: Stage) -> None:
    await stage.delivered(PASSAGE, expires=stage.at.date() - timedelta(days=1))
    assert isinstance(await stage.ask(stage.said(PASSAGE)), Refuse)
    assert await stage.rows() == []


async def test_a_request_lapses_with_the_day_of_its_content(stage: Stage) -> None:
    await stage.delivered(PASSAGE, expires=stage.at.date())
    await stage.asked()
    (row,) = await stage.rows()
    tomorrow = stage.at.date() + timedelta(days=1)
    assert row.expires_at == datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=UTC)


# --- granting ------------------------------------------------------------------------------------


async def test_a_tap_in_the_desk_posts_it_in_the_wanted_room_with_the_originator_named(
    stage: Stage,
) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform()
    assert await stage.outcome() == "posted"
    (said,) = stage.on(ROOM)
    assert said.split("\n") == [
        "Secondee 1 · AUS (Australia) writes, released by IDN, sent by the steward:",
        f"TLP:AMBER {EVERYONE} // as we heard, {PASSAGE}",
    ]
    (verdict,) = await stage.floor_posts()
    assert verdict.marking["originators"] == ["AUS", "IDN"]
    both = parties("AUS", "IDN")
    assert await stage.kinds() == [
        ("release_asked", "asked", both),
        ("release_granted", "whole", both),
    ]
    assert stage.on("!direct")[-1].startswith("Released: sent to Floor · MPS in your name")
    told = "Diizinkan ke Floor · MPS oleh Focal point 1 · IDN"
    assert stage.on(DESKS["IDN"])[-1].startswith(told)
    assert "Sudah dikirim." in stage.on(DESKS["IDN"])[-1]


async def test_a_part_that_a_reply_names_is_all_that_is_posted(stage: Stage) -> None:
    await stage.delivered(f"{PASSAGE} {OTHER}")
    await stage.asked(f"heard {PASSAGE} {OTHER} again")
    await stage.reply("changes ships behind  the eastern sandbank")
    await stage.perform()
    assert await stage.outcome() == "posted"
    (said,) = stage.on(ROOM)
    assert said.endswith("// changes ships behind the eastern sandbank")
    assert ("release_granted", "part", parties("AUS", "IDN")) in await stage.kinds()
    # The rest is as restricted as before.
    (verdict,) = await stage.floor_posts()
    await stage.keep(verdict, FLOOR)
    rest = await stage.ask(stage.said(f"TLP:GREEN // {OTHER}"))
    assert is_refused(rest, Code.SOURCE_RESTRICTED)


async def test_another_marking_is_the_one_under_which_it_goes(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.reply("TLP:GREEN //")
    await stage.perform()
    (said,) = stage.on(ROOM)
    assert said.split("\n")[1] == f"TLP:GREEN // as we heard, {PASSAGE}"
    assert ("release_granted", "marking", parties("AUS", "IDN")) in await stage.kinds()


async def test_a_marking_that_leaves_out_the_room_releases_nothing_and_can_be_mended(
    stage: Stage,
) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.reply("TLP:AMBER REL AUS,IDN //")
    await stage.perform()
    assert await stage.outcome() is None
    told = "Belum diizinkan: sebagai TLP:AMBER REL AUS,IDN //"
    assert stage.on("!direct-idn.focal1")[-1].startswith(told)
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform()
    assert await stage.outcome() == "posted"


async def test_red_content_is_released_to_the_floor_only_under_another_marking(
    stage: Stage,
) -> None:
    await stage.delivered(PASSAGE, tlp=Tlp.RED)
    await stage.asked()
    assert "tidak cocok di sana" in stage.on(DESKS["IDN"])[1]
    assert "✅" not in stage.on(DESKS["IDN"])[1]
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform()
    assert await stage.outcome() is None
    await stage.reply("TLP:GREEN //")
    await stage.perform()
    assert await stage.outcome() == "posted"
    assert stage.on(ROOM)[0].split("\n")[1].startswith("TLP:GREEN // ")


async def test_an_originator_may_stay_unnamed(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(UNNAMED_SIGN)
    await stage.perform()
    (said,) = stage.on(ROOM)
    assert "released by who wrote it first" in said
    assert "Indonesia" not in said.split("//")[0]
    (verdict,) = await stage.floor_posts()
    assert verdict.marking["unnamed"] == ["IDN"]
    # ATTACK: asked again, the steward mustn't say whose it is.
    await stage.keep(verdict, FLOOR)


async def test_content_of_two_originators_takes_the_consent_of_both(stage: Stage) -> None:
    await stage.delivered(
        PASSAGE,
        rel="AUS IDN THA",
        by="IDN THA",
        room=FLOOR,
        tlp=Tlp.AMBER_STRICT,
        received="AUS IDN THA",
    )
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform()
    assert await stage.outcome() is None
    assert await stage.floor_posts() == []
    await stage.answer_by_tap(GRANT_SIGN, by=THAI)
    await stage.perform()
    assert await stage.outcome() == "posted"
    assert "released by IDN and THA" in stage.on(ROOM)[0]


async def test_one_originator_who_declines_ends_it_for_all(stage: Stage) -> None:
    three = "AUS IDN THA"
    await stage.delivered(PASSAGE, rel=three, room=FLOOR, received=three)
    await stage.delivered(OTHER, rel=three, by="IDN THA", room=FLOOR, received=three)
    await stage.asked(f"{PASSAGE} and {OTHER}")
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.answer_by_tap(DECLINE_SIGN, by=THAI)
    await stage.perform()
    assert await stage.outcome() == "declined"
    assert await stage.floor_posts() == []
    assert stage.on("!direct")[-1].startswith("Not released to Floor · MPS")
    assert "Pihak lain menolak." in stage.on(DESKS["IDN"])[-1]
