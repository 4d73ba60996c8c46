"""What its party took back isn't released by a card that still stands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rilon.application.ports import DueEffect
from rilon.application.release_steps import GRANT_SIGN
from rilon.domain.markings import Marking
from rilon.domain.parties import parties
from rilon.storage.marking_json import to_json
from tests.integration.release.release_desk import DESKS, FOCAL, OTHER, PASSAGE, Stage
from tests.integration.screening_desk import ROOM

_DIRECT = "!direct-" + FOCAL[1:].partition(":")[0]


async def taken_back(stage: Stage, identity: bytes) -> None:
    """Recalled, removed by its sender, or come to its end: recorded alike."""
    await stage.run(
        "UPDATE verdict SET recalled_at = now() WHERE identity = :identity", identity=identity
    )


async def tightened(stage: Stage, identity: bytes, marking: Marking) -> None:
    stricter = str(to_json(marking)).replace("'", '"').replace("True", "true")
    await stage.run(
        "UPDATE passage_source SET marking = CAST(:marking AS jsonb) WHERE identity = :identity",
        identity=identity,
        marking=stricter.replace("False", "false").replace("None", "null"),
    )


async def test_a_tap_after_the_recall_of_the_source_releases_nothing(stage: Stage) -> None:
    """ATTACK: Indonesia takes its words back; the card that asks for them still stands."""
    source = await stage.delivered(PASSAGE)
    await stage.asked()
    await taken_back(stage, source.identity)
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform()
    assert await stage.floor_posts() == []
    assert stage.on(ROOM) == []
    assert await stage.outcome() == "refused"
    assert "ditarik kembali" in stage.on(_DIRECT)[-1] or "taken back" in stage.on(_DIRECT)[-1]
    assert stage.on(DESKS["IDN"])[-1].startswith("Tidak diizinkan ke Floor · MPS")
    assert stage.on("!direct")[-1].startswith("Not sent to Floor")
    # And it says so to whoever taps again.
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform()
    assert stage.on(ROOM) == []


async def test_a_source_that_is_recalled_between_the_tap_and_the_post_is_not_posted(
    stage: Stage,
) -> None:
    """ATTACK: the recall comes in the moment between the two."""
    source = await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN)
    # The answer is worked off; its post isn't.
    relay = stage.choosing.by_kind()["relay"]

    async def recalled_first(due: DueEffect) -> dict[str, Any]:
        await taken_back(stage, source.identity)
        return await relay(due)

    stage.performer._kinds["relay"] = recalled_first
    await stage.perform()
    assert await stage.floor_posts() == []
    assert await stage.outcome() == "refused"
    assert stage.on(DESKS["IDN"])[-1].startswith("Diizinkan")
    assert "ditolak di sana" in stage.on(DESKS["IDN"])[-1]


async def test_one_of_two_sources_that_was_taken_back_holds_the_whole_back(stage: Stage) -> None:
    """ATTACK: the text holds two messages; the one that stands is released, the other comes
    along."""
    await stage.delivered(PASSAGE)
    gone = await stage.delivered(OTHER)
    await stage.asked(f"heard {PASSAGE} and {OTHER}")
    await taken_back(stage, gone.identity)
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform()
    assert stage.on(ROOM) == []
    assert await stage.outcome() == "refused"


async def test_a_tap_after_the_source_was_tightened_releases_nothing(stage: Stage) -> None:
    """ATTACK: `!mark … PROTECT THA`, and then a tap on the card of before."""
    source = await stage.delivered(PASSAGE)
    await stage.asked()
    await tightened(stage, source.identity, replace(source.marking, protect=parties("THA")))
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform()
    assert stage.on(ROOM) == []
    assert await stage.floor_posts() == []
