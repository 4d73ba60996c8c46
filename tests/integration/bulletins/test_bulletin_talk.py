"""An analyst who never opens a shell gets from nothing to a published bulletin."""

from __future__ import annotations

from tests.integration.bulletins.bulletins_desk import (
    ANALYSIS,
    ONE,
    TWO,
    BulletinScene,
    as_sent,
)


async def test_from_nothing_to_a_published_bulletin(scene: BulletinScene) -> None:
    """A form, a text, a preview, a card; one analyst submits, another approves, one publishes."""
    root = await scene.begun()
    form = scene.content(scene.event(ANALYSIS, "Copy this"))
    assert "period: {from: 2026-11-16, until: 2026-11-22}\ngroups: [mps]" in form["body"]
    assert form["m.relates_to"]["event_id"] == root
    root = await scene.typed("Thirty-one crossings were counted, fewer than in October.")
    preview = scene.content(scene.event(ANALYSIS, "Thirty-one crossings"))
    assert preview["m.relates_to"]["event_id"] == root
    assert await scene.signs(scene.latest_card()) == {"✅", "🗑️"}
    assert "is a draft" in scene.shown()
    await scene.taps(ONE, ANALYSIS, scene.latest_card(), "✅")
    assert "waits for approval" in scene.shown()
    told = scene.content(scene.event(ANALYSIS, "waits for your approval"))
    assert told["m.mentions"] == {"user_ids": [f"@{TWO}:rilon.localhost"]}
    await scene.taps(TWO, ANALYSIS, scene.latest_card(), "✅")
    assert "is approved" in scene.shown()
    assert await scene.signs(scene.latest_card()) == {"✅", "🗑️", "📣"}
    await scene.taps(ONE, ANALYSIS, scene.latest_card(), "📣")
    (posted,) = scene.in_bulletins()
    assert posted["body"] == preview["body"]
    assert "https://matrix.to/#/!mps-bulletins/$" in scene.shown()
    (number,) = await scene.numbers()
    assert await scene.state(number) == "published"


async def test_mistakes_come_back_with_their_lines_as_typed(scene: BulletinScene) -> None:
    """The lines are those of the message, and nothing is a draft."""
    await scene.says(ONE, ANALYSIS, as_sent("Harbour talk.").replace("[mps]", "[mpx]"))
    assert "Line 5: the group `mpx` isn't known; did you mean `mps`?" in scene.last(ANALYSIS)
    assert await scene.numbers() == []
