"""Words of a request belong to the party that wrote them, also in the other side's room."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.requests.requests_desk import MYS
from tests.integration.taking_back import asked, recalling
from tests.integration.talk.talk_desk import TalkScene

ASKS, ANSWERS = "mps-desk-aus", "mps-desk-mys"
LONG = "the pilot of the tug was seen twice this week at the salt works near the mangroves"
SHORT = "no, Tuesday"


async def recall(scene: TalkScene, target: str, by: str, **more: str) -> dict[str, Any]:
    """An officer asks for it; what the officer is told."""
    payload = asked(target, by, scene.at, **more)
    await recalling(scene).ask(payload)
    once = f"answer-{payload['asked']}"
    rows = await scene.run("SELECT payload FROM effect WHERE once = :once", once=once)
    return dict(rows[-1].payload["parameters"])


async def answered(scene: TalkScene, words: str, **how: Any) -> tuple[str, str]:
    """Malaysia's answer: the message in its desk, and the one that was carried to Australia."""
    number, _ = await scene.ask("aus.secondee1", "MYS", ASKS, **how)
    card = await scene.card_event(number, "MYS")
    original = await scene.says("mys.focal1", ANSWERS, words, reply=card)
    await scene.taps("mys.focal1", ANSWERS, await scene.preview_of(number), "✅")
    return original, scene.event(ASKS, words)


async def redacted(scene: TalkScene) -> set[str]:
    rows = await scene.run("SELECT payload FROM effect WHERE kind = 'redact'")
    return {row.payload["event_id"] for row in rows}


async def notices(scene: TalkScene) -> list[tuple[str, str, str]]:
    """Room, text and named parties of what is said in rooms of what went."""
    rows = await scene.run("SELECT payload FROM effect WHERE kind = 'say' ORDER BY id")
    return [
        (one.payload["to"], one.payload["text"], one.payload["parameters"].get("parties", ""))
        for one in rows
        if one.payload["text"].startswith("notice_")
    ]


@pytest.mark.parametrize("words", [LONG, SHORT])
async def test_the_party_that_asked_recalls_and_marks_no_answer_of_another(
    scene: TalkScene, words: str
) -> None:
    """ATTACK: the requester's question is joined into the answer's marking: any officer of its
    party takes Malaysia's answer back, or marks it."""
    original, carried = await answered(scene, words)
    assert await recall(scene, carried, "aus.focal1") == {"outcome": "not_yours"}
    marked = await recall(scene, carried, "aus.focal2", stated="TLP:RED REL AUS //")
    assert marked == {"outcome": "not_yours"}
    assert await recall(scene, original, "aus.focal1") == {"outcome": "not_yours"}
    assert await redacted(scene) == set()


@pytest.mark.parametrize("words", [LONG, SHORT])
async def test_who_takes_an_answer_back_does_not_learn_from_whom_the_question_came(
    scene: TalkScene, words: str
) -> None:
    """ATTACK: `!recall` of one's own answer, to read who could have received it."""
    original, carried = await answered(scene, words, requester_hidden=True)
    told = await recall(scene, original, "mys.focal2")
    assert told["outcome"] == "removed"
    assert "AUS" not in str(told)
    assert await redacted(scene) == {original, carried}


@pytest.mark.parametrize("words", [LONG, SHORT])
async def test_who_takes_an_answer_back_in_its_own_desk_takes_it_from_the_other_side(
    scene: TalkScene, words: str
) -> None:
    """Also one too short for a fingerprint."""
    original, carried = await answered(scene, words)
    told = await recall(scene, original, "mys.focal2")
    assert told["outcome"] == "removed"
    received = dict(one.split(":") for one in told["received"].split(","))
    assert received.keys() == {"MYS", "AUS"}
    assert await redacted(scene) == {original, carried}
    assert {(room, named) for room, _, named in await notices(scene)} == {
        (ASKS, "MYS"),
        (ANSWERS, "MYS"),
    }
    assert {text for _, text, _ in await notices(scene)} == {"notice_recalled"}


async def test_an_entry_of_the_requesters_party_names_no_officer_of_the_other(
    scene: TalkScene,
) -> None:
    """Which officer took it back is its own party's."""
    original, _ = await answered(scene, LONG)
    await recall(scene, original, "mys.focal2")
    entries = [one for one in await scene.ledger() if one.kind.value == "message_recalled"]
    assert len(entries) == 2
    for one in entries:
        if MYS not in one.parties:
            assert "mys.focal2" not in str(one.subject)


async def test_a_question_that_is_taken_back_where_it_was_asked_goes_from_the_desk(
    scene: TalkScene,
) -> None:
    event_id = await scene.says(
        "aus.secondee1", ASKS, "!rfi MYS: Which of the ferries was late on Friday?"
    )
    await scene.taps("aus.secondee1", ASKS, scene.event(ASKS, "✅"), "✅")
    carried = scene.event(ANSWERS, "Which of the ferries was late on Friday?")
    assert (await recall(scene, carried, "mys.focal1"))["outcome"] == "not_yours"
    assert (await recall(scene, event_id, "aus.focal1"))["outcome"] == "removed"
    assert carried in await redacted(scene)
