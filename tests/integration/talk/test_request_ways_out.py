"""Nobody is left without a next step: what an officer is told to write works as it stands."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from rilon.domain.request_course import State
from rilon.domain.request_numbers import RequestNumber
from rilon.domain.verdicts import Refuse
from tests.integration.requests.requests_desk import MYS, THA
from tests.integration.talk.talk_desk import TalkScene

AUSTRALIA, MALAYSIA, THAILAND = "mps-desk-aus", "mps-desk-mys", "mps-desk-tha"
DIRECT = "direct-aus.focal1"


async def asked(scene: TalkScene, to: str) -> tuple[RequestNumber, str]:
    """A request of Australia; its number, and its thread."""
    root = await scene.says("aus.focal1", AUSTRALIA, f"!rfi {to}: who sold the yellow dinghy?")
    preview = scene.event(AUSTRALIA, "To ")
    await scene.taps("aus.focal1", AUSTRALIA, preview, "✅")
    found = re.search(r"MPS-\w{4}-\w", scene.last(AUSTRALIA))
    assert found, scene.last(AUSTRALIA)
    return RequestNumber(found[0]), root


# --- asking --------------------------------------------------------------------------------------


async def test_a_second_rfi_outside_a_thread_begins_another_and_is_answered(
    scene: TalkScene,
) -> None:
    await scene.says("aus.focal1", AUSTRALIA, "!rfi")
    root = await scene.says("aus.focal1", AUSTRALIA, "!rfi")
    assert len([said for said in scene.heard(AUSTRALIA) if "Whom do you ask" in said]) == 2
    await scene.says("aus.focal1", AUSTRALIA, "IDN", thread=root)
    assert "What do you want to know?" in scene.last(AUSTRALIA)


async def test_rfi_in_its_own_thread_begins_that_one_anew(scene: TalkScene) -> None:
    root = await scene.says("aus.focal1", AUSTRALIA, "!rfi")
    await scene.says("aus.focal1", AUSTRALIA, "!rfi IDN: whose is the dinghy?", thread=root)
    assert scene.last(AUSTRALIA).startswith("To IDN")
    (row,) = await scene.run("SELECT count(*) FROM exchange")
    assert row[0] == 1


async def test_each_marking_that_a_question_offers_may_be_written_where_it_is_offered(
    scene: TalkScene,
) -> None:
    root = await scene.says("aus.focal1", AUSTRALIA, "!rfi IDN: whose is the red tug?")
    await scene.says("aus.focal1", AUSTRALIA, "change", thread=root)
    await scene.says("aus.focal1", AUSTRALIA, "4", thread=root)
    offered = re.findall(r"TLP\S+(?: REL \S+)? //", scene.last(AUSTRALIA))
    here, first = offered
    assert not isinstance(await scene.asks("aus.focal1", AUSTRALIA, f"{first} !rfi"), Refuse)
    await scene.says("aus.focal1", AUSTRALIA, here, thread=root)
    assert "TLP:RED" in scene.last(AUSTRALIA)


async def test_a_number_that_stands_in_the_question_is_not_said_twice(scene: TalkScene) -> None:
    root = await scene.says("aus.focal1", AUSTRALIA, "!rfi MYS: whose is IMO 9074729?")
    await scene.says("aus.focal1", AUSTRALIA, "send", thread=root)
    assert scene.content(scene.event(MALAYSIA, "MPS-"))["body"].count("9074729") == 1


async def test_a_refusal_without_its_letter_is_told_the_letters(scene: TalkScene) -> None:
    await asked(scene, "MYS")
    await scene.says("mys.focal1", MALAYSIA, "!refuse", thread=scene.event(MALAYSIA, "MPS-"))
    letters = [line[:2] for line in scene.last(MALAYSIA).splitlines()[1:]]
    assert letters == [f"{letter}:" for letter in "abcdefgh"]


# --- closing -------------------------------------------------------------------------------------


async def test_close_alone_closes_what_nobody_answered(scene: TalkScene) -> None:
    number, root = await asked(scene, "MYS")
    card = scene.event(MALAYSIA, "MPS-")
    await scene.says("mys.focal1", MALAYSIA, "!refuse a", thread=card)
    await scene.says("aus.focal1", AUSTRALIA, "!close", thread=root)
    assert (await scene.progress(number, MYS)).state is State.CLOSED


async def test_close_alone_asks_how_useful_an_answer_was(scene: TalkScene) -> None:
    number, root = await asked(scene, "MYS,THA")
    for name, desk in (("mys.focal1", MALAYSIA), ("tha.focal1", THAILAND)):
        card = scene.event(desk, "MPS-")
        if desk == THAILAND:
            await scene.says(name, desk, "!refuse a", thread=card)
            continue
        await scene.says(name, desk, "A dealer in Kuantan.", reply=card)
        await scene.taps(name, desk, scene.event(desk, "Send this"), "✅")
    await scene.says("aus.focal1", AUSTRALIA, "!close", thread=root)
    assert "How useful was it?" in scene.last(AUSTRALIA)
    assert (await scene.progress(number, MYS)).state is State.ANSWERED
    assert (await scene.progress(number, THA)).state is State.REFUSED


async def test_close_alone_of_an_asked_desk_closes_nothing(scene: TalkScene) -> None:
    number, _ = await asked(scene, "MYS")
    card = scene.event(MALAYSIA, "MPS-")
    await scene.says("mys.focal1", MALAYSIA, "!refuse a", thread=card)
    await scene.says("mys.focal1", MALAYSIA, "!close", thread=card)
    assert (await scene.progress(number, MYS)).state is State.REFUSED


# --- what is offered can be typed ----------------------------------------------------------------


async def test_what_is_offered_to_take_over_takes_over(scene: TalkScene) -> None:
    await asked(scene, "MYS")
    card = scene.event(MALAYSIA, "MPS-")
    await scene.says("mys.focal1", MALAYSIA, "!assign focal2", thread=card)
    await scene.says("mys.focal1", MALAYSIA, "!assign me", thread=card)
    offered = scene.last(MALAYSIA).partition("To change that: ")[2]
    assert offered == "!assign … instead of mys.focal2"
    taken = offered.replace("…", "me")
    await scene.says("mys.focal1", MALAYSIA, taken, thread=card)
    assert scene.last(MALAYSIA).startswith("Focal point 1 · MYS works on")


@pytest.mark.parametrize("day", ["today", "tomorrow"])
async def test_what_is_offered_to_take_an_absence_back_takes_it_back(
    scene: TalkScene, day: str
) -> None:
    await scene.says("aus.focal1", DIRECT, f"!away aus.focal2 {day}")
    (offered,) = re.findall(r"!back .+", scene.last(DIRECT))
    scene.at += timedelta(minutes=5)
    await scene.says("aus.focal1", DIRECT, offered)
    assert "is back from" in scene.last(DIRECT)


async def test_examples_name_officers_of_the_readers_own_party(scene: TalkScene) -> None:
    for said in ("!duty", "!duty focal2", "!away", "!back focal2"):
        await scene.says("aus.focal1", DIRECT, said)
        assert "idn." not in scene.last(DIRECT)
        assert "aus.focal" in scene.last(DIRECT)


# --- finding people ------------------------------------------------------------------------------


async def test_who_alone_lists_those_on_duty(scene: TalkScene) -> None:
    await scene.says("aus.focal1", DIRECT, "!who")
    listed = [line for line in scene.last(DIRECT).splitlines() if "there it is" in line]
    assert listed
    assert all("on duty now" in line for line in listed)
    assert "!who IDN" in scene.last(DIRECT)


async def test_a_word_that_is_near_nothing_is_not_mended(scene: TalkScene) -> None:
    await scene.says("aus.focal1", DIRECT, "!who Singapore")
    assert "Did you mean" not in scene.last(DIRECT)


async def test_hours_that_were_not_said_are_asked_for(scene: TalkScene) -> None:
    """`tonight` is no whole day."""
    await scene.says("aus.focal1", DIRECT, "!duty aus.focal2 tonight")
    assert "Noted" not in scene.last(DIRECT)
    assert "18:00-22:00" in scene.last(DIRECT)
