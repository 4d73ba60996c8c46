"""An analyst asks for the week so far: the steward drafts it from reports, in its own thread."""

from __future__ import annotations

import pytest

from bots.steward.digest_drafting import DigestDrafting
from rilon.bootstrap.report_talk import report_store
from rilon.domain.verdicts import Code, Refuse
from tests.integration.bulletins.bulletins_desk import (
    ANALYSIS,
    ONE,
    TWO,
    BulletinScene,
    as_sent,
)

CROSSING = "!report today, Andaman Sea, from Teknaf to Aceh, fishing boat, 40 men"


@pytest.fixture
def drafting(scene: BulletinScene) -> DigestDrafting:
    """The steward's part that drafts."""
    store = report_store("secret", scene.engine, scene.outbox)
    means = scene.parts.cards._means
    made = DigestDrafting(means, scene.engine, scene.bulletins, store, lambda: None)
    scene.performer.perform_too(made.by_kind())
    return made


async def asked(scene: BulletinScene) -> None:
    await scene.says(ONE, ANALYSIS, "!bulletin digest")
    await scene.perform()


async def test_the_week_so_far_is_drafted_approved_and_published(
    scene: BulletinScene, drafting: DigestDrafting
) -> None:
    """With its pictures; who submits what the steward drafted answers for it."""
    for _ in range(4):
        await scene.reported(CROSSING)
    await asked(scene)
    assert "Drafted by the steward" in scene.shown()
    (number,) = await scene.numbers()
    await scene.taps(ONE, ANALYSIS, scene.latest_card(), "✅")
    await scene.taps(ONE, ANALYSIS, scene.latest_card(), "✅")
    assert await scene.state(number) == "submitted"
    await scene.taps(TWO, ANALYSIS, scene.latest_card(), "✅")
    await scene.taps(TWO, ANALYSIS, scene.latest_card(), "📣")
    assert await scene.state(number) == "published"
    posted = scene.in_bulletins()
    assert ", so far" in posted[0]["body"]
    assert [one["msgtype"] for one in posted].count("m.image") >= 1


async def test_a_week_without_reports_is_not_drafted(
    scene: BulletinScene, drafting: DigestDrafting
) -> None:
    """Its analyst is told that nothing may come."""
    await asked(scene)
    assert "nothing comes" in scene.last(ANALYSIS)
    assert await scene.numbers() == []


async def test_a_steward_that_dies_after_it_has_drafted_drafts_once_and_announces_it(
    scene: BulletinScene, drafting: DigestDrafting
) -> None:
    """The fault: the draft is stored, and the effect that asked for it begins anew."""
    await scene.reported(CROSSING)
    await scene.says(ONE, ANALYSIS, "!bulletin digest")
    await scene.run("UPDATE effect SET done_at = NULL WHERE kind = 'draft_digest'")
    await scene.perform()
    (number,) = await scene.numbers()
    said = [one for one in scene.heard(ANALYSIS) if f"{number}: a draft for you" in one]
    assert len(said) == 1


async def test_the_next_digest_is_published_though_its_sentences_stood_in_the_one_before(
    scene: BulletinScene, drafting: DigestDrafting
) -> None:
    """The fault: the second preview shares sentences with the first bulletin, which rests on
    states' reports. So it takes over their names, in a room of the RSO alone, and what stands in
    it and nowhere else may go to no other room: not to the readers either."""
    for _ in range(2):
        for _ in range(4):
            await scene.reported(CROSSING)
        await asked(scene)
        await _published(scene)


async def test_a_bulletin_that_rests_on_a_report_is_corrected(scene: BulletinScene) -> None:
    """The same fault: what is typed anew shares sentences with what is posted."""
    number = await scene.reported(CROSSING)
    first = as_sent("Fewer boats left the quiet coves beside the old lighthouse.", "TLP:AMBER")
    first = first.replace("sources: []", f'sources: ["{number}"]')
    await scene.says(ONE, ANALYSIS, first)
    await _published(scene)
    (bulletin,) = await scene.numbers()
    second = first.replace("kind:", f"number: {bulletin}\nkind:", 1)
    await scene.says(ONE, ANALYSIS, f"{second} Most of those who left went on to the second pier.")
    await _published(scene)


async def _published(scene: BulletinScene) -> None:
    await scene.taps(ONE, ANALYSIS, scene.latest_card(), "✅")
    await scene.taps(TWO, ANALYSIS, scene.latest_card(), "✅")
    await scene.taps(TWO, ANALYSIS, scene.latest_card(), "📣")
    assert "is posted" in scene.shown(), scene.shown()


async def test_words_that_were_kept_in_a_thread_of_a_draft_stay_there(
    scene: BulletinScene,
) -> None:
    """ATTACK: RED talk beside a draft, put into the draft itself: only drafts are looked past."""
    secret = "the broker sleeps above the blue pharmacy beside the second canal bridge"
    first = as_sent("A quiet week in the western harbours.", "TLP:AMBER")
    root = await scene.says(ONE, ANALYSIS, first)
    await scene.says(TWO, ANALYSIS, f"TLP:AMBER REL RSO // Not for anybody: {secret}", thread=root)
    await scene.edits(ONE, root, f"{first} It is said that {secret}.")
    await scene.taps(ONE, ANALYSIS, scene.latest_card(), "✅")
    await scene.taps(TWO, ANALYSIS, scene.latest_card(), "✅")
    await scene.taps(TWO, ANALYSIS, scene.latest_card(), "📣")
    assert scene.in_bulletins() == []


async def test_what_an_earlier_draft_had_under_a_stricter_marking_is_not_looked_past(
    scene: BulletinScene,
) -> None:
    """ATTACK: typed under ORCON first, and then under AMBER."""
    words = "seven wooden boats wait behind the reef for the next moonless night at sea"
    await scene.says(ONE, ANALYSIS, as_sent(f"It is known that {words}.", "TLP:AMBER ORCON"))
    verdict = await scene.asks(ONE, ANALYSIS, as_sent(f"It is known that {words}.", "TLP:AMBER"))
    assert isinstance(verdict, Refuse)
    assert verdict.code is Code.MARKING_TOO_WIDE
