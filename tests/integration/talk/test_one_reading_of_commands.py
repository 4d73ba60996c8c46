"""What the rule on requests in shared rooms takes for talk begins no request either."""

from __future__ import annotations

import pytest

from rilon.domain.verdicts import Accept, Code, Refuse
from tests.integration.talk.talk_desk import TalkScene

WRITER, DIRECT = "aus.focal1", "direct-aus.focal1"
ROOMS = ("mps-floor", "mps-aus-idn", "mps-coordination")
ASKED_OF_SOME = (
    "!rfi MYS: did the dredger sail on Thursday?",
    "!pedido MYS: did the dredger sail on Thursday?",
    "!RFI; MYS did the dredger sail on Thursday?",
    "!rfi🇲🇾 did the dredger sail on Thursday?",
    "TLP:AMBER // ! minta MYS: did the dredger sail on Thursday?",
)
TALK = (
    "hello\n!rfi MYS: did the dredger sail on Thursday?",
    "*!rfi* MYS: did the dredger sail on Thursday?",
    "**!rfi** MYS: did the dredger sail on Thursday?",
    "`!rfi` MYS: did the dredger sail on Thursday?",
    "> !rfi MYS: did the dredger sail on Thursday?",
    "- !rfi MYS: did the dredger sail on Thursday?",
    "hi !rfi MYS: did the dredger sail on Thursday?",
    "hello\nTLP:AMBER // !rfi MYS: did the dredger sail on Thursday?",
    "\u200b!rfi MYS: did the dredger sail on Thursday?",
    "!*rfi* MYS: did the dredger sail on Thursday?",
)


@pytest.mark.parametrize("room", ROOMS)
async def test_a_request_of_some_is_refused_wherever_others_read(
    scene: TalkScene, room: str
) -> None:
    """ATTACK: Coordination, and a word for a request that only the hearing knew."""
    for body in ASKED_OF_SOME:
        verdict = await scene.asks(WRITER, room, body)
        assert isinstance(verdict, Refuse), (room, body)
        assert verdict.code is Code.REQUEST_NOT_FOR_ALL, (room, body)


@pytest.mark.parametrize("room", ROOMS)
async def test_what_was_delivered_to_others_begins_no_exchange_with_some(
    scene: TalkScene, room: str
) -> None:
    """ATTACK: lines before the command, or a dress around it: everybody has it, and the steward
    goes on with those whom it names."""
    for body in TALK:
        verdict = await scene.asks(WRITER, room, body)
        if isinstance(verdict, Accept):
            await scene.says(WRITER, room, body)
    assert await scene.run("SELECT id FROM exchange") == []
    assert await scene.run("SELECT id FROM effect WHERE kind = 'heard'") == []
    assert await scene.run("SELECT id FROM request") == []
    assert all("dredger" not in said for said in scene.heard(DIRECT))


async def test_every_word_for_a_request_is_one_in_a_desk(scene: TalkScene) -> None:
    """What is refused on the floor as a request begins one where it may be typed."""
    for place, body in enumerate(ASKED_OF_SOME):
        event = await scene.says(WRITER, "mps-desk-aus", body)
        assert len(await scene.run("SELECT id FROM exchange")) == place + 1, (body, event)
