"""What a bulletin rests on, kind by kind: what may be told is told, and what may not is refused
with the source named, as far as its author may know of it."""

from __future__ import annotations

import secrets

import pytest

from rilon.application.bulletin_values import Version
from rilon.domain.request_numbers import numbered
from rilon.policy.mistakes import Mistakes
from tests.integration.bulletins.bulletins_desk import (
    ANALYSIS,
    FLOOR,
    ONE,
    TWO,
    BulletinScene,
    written,
)

AT_SEA = "Two boats were seen south of Rote at dawn."


async def test_what_was_said_on_the_floor_under_amber_may_be_told_to_the_same_parties(
    scene: BulletinScene,
) -> None:
    """Everybody in the bulletins room could read it there."""
    said = await scene.types("idn.focal1", FLOOR, f"TLP:AMBER // {AT_SEA}")
    await scene.published(written("They go further south than last week.", said))
    assert len(scene.in_bulletins()) == 1


@pytest.mark.parametrize(
    ("marking", "why"),
    [
        ("TLP:AMBER ORCON //", "can't be told in Bulletins · MPS"),
        ("TLP:AMBER+STRICT //", "can't be told in Bulletins · MPS"),
    ],
)
async def test_a_message_that_may_not_go_on_is_refused_with_its_line_its_marking_and_a_way_out(
    scene: BulletinScene, marking: str, why: str
) -> None:
    """ORCON and AMBER+STRICT bind who received it, the RSO included."""
    said = await scene.types("idn.focal1", FLOOR, f"{marking} {AT_SEA}")
    (told,) = await scene.refused(written("They go further south.", said))
    assert told.startswith("bulletin:7: ")
    assert why in told
    assert set(marking.removesuffix(" //").split()) <= set(
        told.replace("(", " ").replace(")", " ").split()
    )
    assert "ask IDN to release it" in told


async def test_a_message_for_some_parties_alone_is_refused(scene: BulletinScene) -> None:
    """A room of Indonesia and the RSO: nobody else has read it, and nobody else will."""
    key = await scene.compartment("IDN", "RSO")
    said = await scene.types("idn.focal1", key, f"TLP:AMBER // {AT_SEA}")
    (told,) = await scene.refused(written("They go further south.", said))
    assert "can't be told in Bulletins · MPS" in told


async def test_a_message_that_its_author_may_not_see_is_answered_like_none_at_all(
    scene: BulletinScene,
) -> None:
    """ATTACK: asking for a source to learn that it exists."""
    desk = await scene.types("idn.focal1", "mps-desk-idn", f"TLP:AMBER // {AT_SEA}")
    never = f"${secrets.token_hex(12)}"
    (one,) = await scene.refused(written("They go further south.", desk))
    (other,) = await scene.refused(written("They go further south.", never))
    assert one.replace(desk, never) == other
    assert "isn't known" in other


async def test_a_marking_below_its_sources_is_refused_with_the_one_that_is_needed(
    scene: BulletinScene,
) -> None:
    """GREEN over AMBER says more than its source allows."""
    said = await scene.types("idn.focal1", FLOOR, f"TLP:AMBER // {AT_SEA}")
    (told,) = await scene.refused(written("They go south.", said, marking="TLP:GREEN"))
    assert "`TLP:GREEN //` says more than its sources allow in Bulletins · MPS" in told
    assert told.endswith("write `marking: TLP:AMBER`")


async def test_a_recalled_message_is_refused_as_a_source(scene: BulletinScene) -> None:
    """What was taken back supports nothing any more."""
    said = await scene.types("idn.focal1", FLOOR, f"TLP:AMBER // {AT_SEA}")
    await scene.recalled(said, "idn.focal1")
    (told,) = await scene.refused(written("They go further south.", said))
    assert "was taken back" in told


@pytest.mark.parametrize("step", ["submit", "approve", "publish", "gate"])
async def test_a_source_that_is_taken_back_meanwhile_stops_the_bulletin_at_every_step(
    scene: BulletinScene, step: str
) -> None:
    """ATTACK: between the draft and the room its originator recalls it."""
    said = await scene.types("idn.focal1", FLOOR, f"TLP:AMBER // {AT_SEA}")
    number = (await scene.drafted(written("They go further south.", said))).version.number
    bulletins = scene.bulletins
    steps = (
        ("submit", bulletins.submit, ONE),
        ("approve", bulletins.approve, TWO),
        ("publish", bulletins.publish, ONE),
    )
    for name, take, by in steps:
        if name == step:
            await scene.recalled(said, "idn.focal1")
            assert isinstance(await take(number, scene.officer(by)), Mistakes)
            return
        assert isinstance(await take(number, scene.officer(by)), Version)
    await scene.recalled(said, "idn.focal1")
    await scene.perform()
    assert scene.in_bulletins() == []
    assert await scene.state(number) == "refused"


async def test_a_source_that_is_tightened_meanwhile_stops_it_at_the_gate(
    scene: BulletinScene,
) -> None:
    """Its originator marks it ORCON after the approval."""
    said = await scene.types("idn.focal1", FLOOR, f"TLP:AMBER // {AT_SEA}")
    number = await scene.approved(written("They go further south.", said))
    await scene.bulletins.publish(number, scene.officer(ONE))
    await scene.run(
        "UPDATE verdict SET marking = jsonb_set(marking, '{caveats}', '[\"ORCON\"]') "
        "WHERE delivered_event_id = :event",
        event=said,
    )
    await scene.perform()
    assert scene.in_bulletins() == []


async def test_words_of_a_source_that_nobody_cited_are_found_by_the_gate(
    scene: BulletinScene,
) -> None:
    """ATTACK: a passage under ORCON, copied without naming where it comes from."""
    words = "the grey trawler with the broken mast waits behind the second island for a signal"
    await scene.types("idn.focal1", FLOOR, f"TLP:AMBER ORCON // {words}")
    number = await scene.approved(written(f"It is known that {words}."))
    await scene.bulletins.publish(number, scene.officer(ONE))
    await scene.perform()
    assert scene.in_bulletins() == []
    assert await scene.state(number) == "refused"


async def test_an_answer_to_a_request_of_the_rso_binds_as_its_answer_was_marked(
    scene: BulletinScene,
) -> None:
    """The number of the request stands for all that was said in it."""
    number, _ = await scene.ask(ONE, "IDN", ANALYSIS, question="How many boats in October?")
    on = await scene.card_event(number)
    await scene.says("idn.focal1", "mps-desk-idn", "TLP:AMBER ORCON // Eleven.", reply=on)
    preview = scene.event("mps-desk-idn", "✅ kirim")
    await scene.taps("idn.focal1", "mps-desk-idn", preview, "✅")
    (told,) = await scene.refused(written("There were eleven boats.", str(number)))
    assert f"the source `{number}`" in told
    assert "ORCON" in told


async def test_a_request_between_others_is_answered_like_none_at_all(
    scene: BulletinScene,
) -> None:
    """Its number is typed by an analyst who has no part in it."""
    number, _ = await scene.ask("aus.secondee1", "IDN", "mps-desk-aus")
    (one,) = await scene.refused(written("Somebody asked.", str(number)))
    (other,) = await scene.refused(written("Somebody asked.", "MPS-7K3F-4"))
    assert one.replace(str(number), "MPS-7K3F-4") == other


async def test_an_earlier_bulletin_is_a_source_until_it_is_withdrawn(
    scene: BulletinScene,
) -> None:
    """A bulletin under AMBER binds the next one to AMBER; withdrawn, it supports nothing."""
    first = await scene.published(written("The first of two."))
    (told,) = await scene.refused(written("The second.", first, marking="TLP:GREEN"))
    assert told.endswith("write `marking: TLP:AMBER`")
    await scene.published(written("The second, under its own marking.", first))
    await scene.bulletins.withdraw(first, scene.officer(ONE), "It was wrong.")
    (told,) = await scene.refused(written("The third.", first))
    assert "was taken back" in told


async def test_a_bulletin_that_was_never_published_is_answered_like_none_at_all(
    scene: BulletinScene,
) -> None:
    """Another analyst's draft is no source."""
    draft = (await scene.drafted(written("Only a draft."))).version.number
    (one,) = await scene.refused(written("It rests on a draft.", draft))
    (other,) = await scene.refused(written("It rests on a draft.", numbered("bul", "0000")))
    assert "isn't known" in one
    assert "isn't known" in other


async def test_what_everybody_can_read_needs_nobody_s_consent(scene: BulletinScene) -> None:
    """A page of the web."""
    await scene.published(
        written("As the ministry says.", "https://www.example.org/a", marking="TLP:CLEAR")
    )
    assert len(scene.in_bulletins()) == 1


async def test_a_source_that_names_nothing_is_shown_with_the_forms_that_there_are(
    scene: BulletinScene,
) -> None:
    """A title, a name, half a number."""
    (told,) = await scene.refused(written("Text.", "the talk in Bali"))
    assert told.startswith("bulletin:7: `the talk in Bali` names no source; write `$event`")
