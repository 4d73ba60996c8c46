"""Reports reach the RSO's analysts under their marking, and bulletins rest on them."""

from __future__ import annotations

import pytest

from rilon.domain.request_numbers import numbered
from tests.integration.bulletins.bulletins_desk import ANALYSIS, BulletinScene, written
from tests.integration.taking_back import asked

SAID = "!report 20 Nov, Andaman Sea, fishing boat, 40 men 12 women"


async def test_a_report_is_posted_to_the_analysts_under_its_marking(scene: BulletinScene) -> None:
    """In its officer's name, through the gate: who quotes it is bound by it."""
    number = await scene.reported(SAID)
    (said,) = [one for one in scene.heard(ANALYSIS) if number in one]
    assert said.startswith("TLP:AMBER REL AUS,BGD,IDN,MYS,THA,TLS,RSO //\n")
    assert "Andaman Sea" in said
    rows = await scene.run(
        "SELECT marking FROM verdict WHERE kind = 'content' AND sender LIKE '@s%'"
    )
    assert [row.marking["originators"] for row in rows] == [["IDN"]]


async def test_a_bulletin_rests_on_a_report_for_whom_it_was_written(scene: BulletinScene) -> None:
    """AMBER for the group may be told to the group, and under no less."""
    number = await scene.reported(SAID)
    (told,) = await scene.refused(written("Larger boats than before.", number, marking="TLP:GREEN"))
    assert told.endswith("write `marking: TLP:AMBER`") or "REL" in told
    await scene.published(written("Larger boats than before.", number))
    assert len(scene.in_bulletins()) == 1


@pytest.mark.parametrize(
    "marking", ["TLP:AMBER ORCON //", "TLP:AMBER REL IDN,RSO //", "TLP:AMBER PROTECT THA //"]
)
async def test_a_report_that_was_kept_from_some_is_refused_as_a_source(
    scene: BulletinScene, marking: str
) -> None:
    """Its officer kept it from the rest of the group, or from any further room."""
    number = await scene.reported(f"{marking} {SAID}")
    (told,) = await scene.refused(written("Larger boats.", number))
    assert f"the source `{number}`" in told
    assert "can't be told in Bulletins · MPS" in told


async def test_a_withdrawn_report_is_no_source_and_stands_no_more(scene: BulletinScene) -> None:
    """Its officer took it back: what the analysts had is taken away."""
    number = await scene.reported(SAID)
    event = scene.event(ANALYSIS, number)
    await scene.says("idn.focal1", "mps-desk-idn", f"!report withdraw {number}")
    (told,) = await scene.refused(written("It rests on it.", number))
    assert "isn't known" in told
    assert event in await scene.redacted()


async def test_a_report_that_never_was_is_answered_like_one_that_is_not_for_the_reader(
    scene: BulletinScene,
) -> None:
    """ATTACK: trying numbers."""
    (told,) = await scene.refused(written("It rests on it.", numbered("rep", "0000")))
    assert "isn't known" in told


async def test_a_correction_is_an_edit_of_what_the_analysts_have(scene: BulletinScene) -> None:
    """They see it where they read it."""
    number = await scene.reported(SAID)
    event = scene.event(ANALYSIS, number)
    await scene.says("idn.focal1", "mps-desk-idn", f"!report {number} area: Java Sea")
    edit = [content for _, content in scene.posts.values() if "m.new_content" in content][-1]
    assert edit["m.relates_to"] == {"rel_type": "m.replace", "event_id": event}
    assert "Java Sea" in edit["m.new_content"]["body"]


async def test_a_report_whose_message_is_recalled_goes_from_the_analysts_too(
    scene: BulletinScene,
) -> None:
    """ATTACK: what was taken back stays where the steward posted it, or is posted once more."""
    number = await scene.reported(SAID)
    event = scene.event(ANALYSIS, number)
    (row,) = await scene.run("SELECT events FROM report WHERE number = :number", number=number)
    await scene.recalled(row.events[0], "idn.focal1")
    assert event in await scene.redacted()
    await scene.says("idn.focal1", "mps-desk-idn", f"!report {number} area: Java Sea")
    assert not [one for one in scene.heard(ANALYSIS) if "Java Sea" in one]


async def test_a_report_that_is_recalled_before_it_is_posted_is_not_posted(
    scene: BulletinScene,
) -> None:
    """ATTACK by haste."""
    number = await scene.reported(SAID)
    (row,) = await scene.run("SELECT events FROM report WHERE number = :number", number=number)
    await scene.run("DELETE FROM posting")
    await scene.run("UPDATE effect SET state = 'due' WHERE kind = 'report_posted'")
    before = [one for one in scene.heard(ANALYSIS) if number in one]
    await scene.recalled(row.events[0], "idn.focal1")
    await scene.perform()
    assert [one for one in scene.heard(ANALYSIS) if number in one] == before


async def test_a_report_whose_message_is_tightened_is_tightened_too(scene: BulletinScene) -> None:
    """ATTACK: `!mark` on what was reported, and bulletins rest on the report as before."""
    number = await scene.reported(SAID)
    (row,) = await scene.run("SELECT events FROM report WHERE number = :number", number=number)
    stated = "TLP:AMBER ORCON //"
    await scene.recalling.ask(asked(row.events[0], "idn.focal1", scene.at, stated=stated))
    (told,) = await scene.refused(written("Larger boats.", number))
    assert "ORCON" in told
    assert "can't be told in Bulletins · MPS" in told
