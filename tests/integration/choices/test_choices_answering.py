"""A held text that answers a message goes elsewhere only while that message is as it was."""

from __future__ import annotations

from typing import Any

import pytest

from rilon.application.choices import DISCARD_SIGN, SEND_SIGNS
from rilon.domain.verdicts import Accept, Refuse
from tests.integration.choices.choices_desk import BOTH, WORDS, Choices
from tests.integration.desk import encrypted, event
from tests.integration.screening_desk import CURVE, DEVICE, ROOM, SENT
from tests.integration.taking_back import asked, recalling

KEYS = {ROOM: "mps-floor", BOTH: "mps-aus-idn"}


async def on_floor(scene: Choices, body: str, answers: str | None = None) -> Any:
    """A message of Australia's officer on the floor: its event and the verdict."""
    relation = {"m.relates_to": {"m.in_reply_to": {"event_id": answers}}} if answers else {}
    clear = {"sender_key": CURVE, "device_id": DEVICE, **relation}
    wire = encrypted(scene.session, ROOM, {"msgtype": "m.text", "body": body}, clear)
    raw = event(ROOM, "m.room.encrypted", "@aus.secondee1:rilon.localhost", SENT, wire)
    verdict = await scene.judge(raw, DEVICE)
    if isinstance(verdict, Accept):
        await scene._delivered(raw["event_id"])
    return raw["event_id"], verdict


async def refused_answer(scene: Choices) -> tuple[str, str]:
    """What is answered on the floor, and the card of the refused answer to it."""
    answered, verdict = await on_floor(scene, "TLP:GREEN // a lighter left at noon")
    assert isinstance(verdict, Accept)
    _, verdict = await on_floor(scene, f"REL AUS,IDN // {WORDS}", answered)
    assert isinstance(verdict, Refuse)
    await scene.perform()
    return answered, str((await scene.rows())[-1].card_event_id)


async def changed(scene: Choices, answered: str, **change: str) -> None:
    """The answered message is recalled, or marked; what the steward says of it isn't looked at."""
    await recalling(scene, keys=KEYS).ask(asked(answered, "aus.secondee1", scene.at, **change))
    await scene.run("DELETE FROM effect WHERE kind IN ('recall', 'redact')")


async def test_an_answer_to_what_stands_as_it_was_goes_elsewhere(scene: Choices) -> None:
    _, card = await refused_answer(scene)
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform()
    assert await scene.settled() == "posted"
    assert len(scene.server.in_room(BOTH)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"stated": "TLP:GREEN PROTECT IDN //"},
        {"stated": "TLP:RED //"},
        {},
    ],
    ids=["protected", "red", "recalled"],
)
async def test_what_it_answers_was_tightened_or_recalled(
    scene: Choices, change: dict[str, str]
) -> None:
    """ATTACK: the words of an answer, delivered by a tap to the party from which what they answer
    is protected by now."""
    answered, card = await refused_answer(scene)
    await changed(scene, answered, **change)
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform()
    (row,) = await scene.rows()
    assert (row.outcome, row.code, row.sealed) == ("refused", "too_late", None)
    assert scene.server.in_room(BOTH) == []


async def test_what_it_answers_was_tightened_after_the_tap(scene: Choices) -> None:
    """ATTACK: the same between the tap and the post."""
    answered, card = await refused_answer(scene)
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform(only="choose")
    await changed(scene, answered, stated="TLP:GREEN PROTECT IDN //")
    await scene.perform()
    assert (await scene.rows())[0].code == "too_late"
    assert scene.server.in_room(BOTH) == []


async def test_what_it_answers_was_edited(scene: Choices) -> None:
    answered, card = await refused_answer(scene)
    await scene.run(
        "INSERT INTO relation SELECT identity, 'edit', :event FROM verdict WHERE accepted "
        "AND delivered_event_id IS NOT NULL",
        event=answered,
    )
    await scene.tap(card, SEND_SIGNS[0])
    await scene.perform()
    assert (await scene.rows())[0].code == "too_late"


async def test_who_discards_it_isnt_asked_what_it_answered(scene: Choices) -> None:
    answered, card = await refused_answer(scene)
    await changed(scene, answered)
    await scene.tap(card, DISCARD_SIGN)
    await scene.perform()
    assert await scene.settled() == "discarded"
