"""ATTACKS: an addressee that seeks who is behind a hidden request by trying whom its words may
reach. What it hears and sees is the same whoever asks. Real gate, real PostgreSQL."""

from __future__ import annotations

import re

import pytest

from tests.integration.talk.talk_desk import TalkScene

HANDLER, DESK = "idn.focal1", "mps-desk-idn"
WORDS = {
    "AUS": "the purser of the night ferry keeps the second list in the galley",
    "THA": "a nephew of the broker paints new names on the sterns after dark",
}
NUMBER = re.compile(r"MPS-\w{4}-\w")


async def asked_unnamed(scene: TalkScene, party: str) -> str:
    """A hidden request of that party to Indonesia; its card."""
    room = f"mps-desk-{party.lower()}"
    await scene.says(f"{party.lower()}.focal1", room, "!rfi IDN, hide me: Who keeps the list?")
    await scene.taps(f"{party.lower()}.focal1", room, scene.event(room, "✅"), "✅")
    rows = await scene.run("SELECT number FROM request ORDER BY created_at DESC, id LIMIT 1")
    return await scene.card_event(rows[0].number)


async def tried(scene: TalkScene, card: str, said: str) -> list[str]:
    """What the desk hears of a try, and of ✅ on whatever is offered; without the number."""
    before = len(scene.heard(DESK))
    if said.startswith("!"):
        await scene.says(HANDLER, DESK, said, thread=card)
    else:
        await scene.says(HANDLER, DESK, said, reply=card)
    if any("✅" in one for one in scene.heard(DESK)[before:]):
        await scene.taps(HANDLER, DESK, scene.event(DESK, "✅"), "✅")
    return [NUMBER.sub("MPS", one) for one in scene.heard(DESK)[before:]]


WAYS = ["{words}", "!partial {words}", "!clarify {words}", "!delay 2 days {words}"]
COMMANDS = WAYS[1:]
EARLIER = [
    "TLP:AMBER PROTECT AUS // {words}",
    "TLP:AMBER REL AUS,IDN // {words}",
    "TLP:AMBER REL IDN // {words}",
    "TLP:RED REL AUS,IDN // {words}",
    "TLP:AMBER+STRICT REL AUS,IDN ORCON // {words}",
]


OF_A_ROOM = ("aus.focal1", "mps-aus-idn", "TLP:AMBER // {words}")
"""Words of a third party, quoted to whoever asks: they may go back to that party."""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("name", "room", "earlier"), [*((HANDLER, DESK, said) for said in EARLIER), OF_A_ROOM]
)
async def test_words_that_one_of_them_may_have_dont_find_who_asks(
    scene: TalkScene, name: str, room: str, earlier: str, way: str
) -> None:
    """ATTACK: words that were posted for, or kept from, one party after the other, and then are
    said to whoever asks."""
    heard = []
    for asker, words in WORDS.items():
        await scene.says(name, room, earlier.format(words=words))
        card = await asked_unnamed(scene, asker)
        heard.append(await tried(scene, card, way.format(words=words)))
        assert not any(words in one for one in scene.heard(f"mps-desk-{asker.lower()}"))
    assert heard[0] == heard[1]


@pytest.mark.parametrize("way", COMMANDS)
async def test_an_answer_to_a_marked_message_doesnt_find_who_asks(
    scene: TalkScene, way: str
) -> None:
    """ATTACK: a message in the thread of the card, kept from one party; the words answer it."""
    heard = []
    for asker in ("AUS", "THA"):
        card = await asked_unnamed(scene, asker)
        marked = await scene.says(HANDLER, DESK, "TLP:AMBER PROTECT AUS // among us", thread=card)
        before = len(scene.heard(DESK))
        said = way.format(words="he is the purser")
        await scene.says(HANDLER, DESK, said, thread=card, reply=marked)
        if any("✅" in one for one in scene.heard(DESK)[before:]):
            await scene.taps(HANDLER, DESK, scene.event(DESK, "✅"), "✅")
        heard.append([NUMBER.sub("MPS", one) for one in scene.heard(DESK)[before:]])
        assert not any("purser" in one for one in scene.heard(f"mps-desk-{asker.lower()}"))
    assert heard[0] == heard[1]


@pytest.mark.parametrize("question", ["", "TLP:AMBER PROTECT MYS // ", "TLP:AMBER ORCON // "])
@pytest.mark.parametrize("way", WAYS)
async def test_what_may_reach_everybody_who_could_ask_goes(
    scene: TalkScene, way: str, question: str
) -> None:
    await scene.says("mys.focal1", "mps-floor", f"TLP:GREEN // {WORDS['AUS']}")
    room = "mps-desk-aus"
    await scene.says("aus.focal1", room, f"{question}!rfi IDN, hide me: Who keeps the list?")
    await scene.taps("aus.focal1", room, scene.event(room, "✅"), "✅")
    (row,) = await scene.run("SELECT number FROM request")
    heard = await tried(scene, await scene.card_event(row.number), way.format(words=WORDS["AUS"]))
    assert any(WORDS["AUS"] in one for one in scene.heard(room)), heard
