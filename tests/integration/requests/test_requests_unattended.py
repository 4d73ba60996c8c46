"""A request that comes while nobody is on duty: whoever stands in is asked at once, and once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rilon.application.request_values import NewRequest
from rilon.domain.parties import Party, parties
from rilon.domain.request_numbers import RequestNumber
from rilon.domain.request_steps import Acknowledge
from rilon.domain.requests import Ground, Urgency
from rilon.storage.request_sweeps import write_due
from tests.integration.desk import user
from tests.integration.requests.requests_desk import Scene, opened_scene

MIDNIGHT_IN_DILI = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
AT_HAND = Urgency(Ground.LIFE, at_hand=True)
DESK = "mps-desk-tls"


@pytest.fixture
async def scene(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Scene]:
    async with opened_scene(postgres_dsn, tmp_path) as made:
        made.at = MIDNIGHT_IN_DILI
        yield made


def reminders(scene: Scene, room: str = DESK) -> list[str]:
    return [said for said in scene.heard(room) if ": reminder" in said]


async def test_the_deputy_is_asked_before_any_beat_and_is_told_why(scene: Scene) -> None:
    await scene.ask(to="TLS", urgency=AT_HAND)
    (said,) = reminders(scene)
    assert "escalation: deputy" in said
    assert "unattended: yes" in said
    (rung,) = [
        content["m.mentions"]["user_ids"]
        for room, content in scene.posts.values()
        if room == f"!{DESK}" and ": reminder" in content["body"]
    ]
    assert rung == [user("tls.secondee1")]


async def test_the_beat_of_the_same_moment_says_nothing_more(scene: Scene) -> None:
    await scene.ask(to="TLS", urgency=AT_HAND)
    for _ in range(3):
        await scene.beat()
    assert len(reminders(scene)) == 1


async def asked_and_carried(scene: Scene) -> str:
    """A request whose card stands in the desk, with nothing else worked off; its number."""
    event = await scene.types("aus.secondee1", "mps-desk-aus", "!rfi")
    new = NewRequest(parties("TLS"), ("Who owns the grey hull?",), urgency=AT_HAND)
    number = await scene.requests.ask(user("aus.secondee1"), "mps", new, "mps-desk-aus", event)
    assert isinstance(number, str), number
    await scene.perform(only="carry")
    return number


async def test_a_beat_before_it_is_worked_off_asks_once(scene: Scene) -> None:
    await asked_and_carried(scene)
    assert await write_due(scene.engine, scene.at) == 1
    await scene.perform()
    assert len(reminders(scene)) == 1


async def test_who_has_seen_it_meanwhile_is_not_told_that_nobody_is_there(scene: Scene) -> None:
    number = RequestNumber(await asked_and_carried(scene))
    card = await scene.card(number, Party("TLS"))
    await scene.requests.act(user("tls.secondee1"), card, Acknowledge(), "$seen")
    await scene.perform()
    assert reminders(scene) == []


async def test_where_somebody_is_on_duty_nothing_is_due_at_once(scene: Scene) -> None:
    await scene.ask(to="MYS", urgency=AT_HAND)
    assert reminders(scene, "mps-desk-mys") == []
    assert await scene.run("SELECT id FROM effect WHERE kind = 'request_due'") == []
