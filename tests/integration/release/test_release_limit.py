"""For how many releases one officer waits at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rilon.application.choices import DISCARD_SIGN, SEND_SIGNS
from rilon.policy.load import Policy, load
from tests.integration.choices.choices_desk import TABLES
from tests.integration.desk import emptied
from tests.integration.release.release_desk import DESKS, PASSAGE, Stage
from tests.policy_scene import shipped_files


@pytest.fixture
async def stage(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """Officers here wait for one release."""
    files = shipped_files()
    before, after = b"\n  stands_hours: 72\n", b"\n  stands_hours: 72\n  most_asked: 1\n"
    assert files["network.yaml"].count(before) == 1
    files["network.yaml"] = files["network.yaml"].replace(before, after)
    policy = load(files)
    assert isinstance(policy, Policy), policy
    async with emptied(postgres_dsn, f"release, {TABLES}") as engine:
        made = Stage(engine, policy.network, tmp_path)
        await made.prepare()
        yield made


async def test_one_more_is_not_asked_and_its_card_can_be_tapped_again(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    first = await stage.asked()
    shown = len(stage.on(DESKS["IDN"]))
    await stage.refused(f"once more, {PASSAGE}")
    (second,) = {str(row.card_event_id) for row in await stage.rows()} - {first}
    await stage.tap(second, SEND_SIGNS[0])
    await stage.perform()
    assert len(await stage.requests()) == 1
    assert len(stage.on(DESKS["IDN"])) == shown
    (told,) = [one for one in stage.on("!direct") if one.startswith("Not asked")]
    assert "wait for 1 releases already" in told
    assert "Take one back with 🗑️ on its card" in told
    assert {row.outcome for row in await stage.rows()} == {None}
    await stage.tap(first, DISCARD_SIGN)
    await stage.perform()
    await stage.tap(second, SEND_SIGNS[0])
    await stage.perform()
    asked = [one for one in await stage.requests() if one.state == "asked"]
    open_texts = {bytes(row.identity) for row in await stage.rows() if row.outcome is None}
    assert [bytes(one.identity) for one in asked if bytes(one.identity) in open_texts]
