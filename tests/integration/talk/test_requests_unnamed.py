"""Who isn't named stays unnamed: everything that is said in every room is searched for the names,
on a real PostgreSQL through the real gate."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from rilon.domain.request_course import State
from rilon.domain.verdicts import Code
from rilon.domain.verdicts import Refuse as RefuseVerdict
from tests.integration.requests.requests_desk import IDN, THA
from tests.integration.talk.talk_desk import TalkScene
from tests.policy_scene import NETWORK

AUS_DESK, IDN_DESK, THA_DESK = "mps-desk-aus", "mps-desk-idn", "mps-desk-tha"
ASKER = "aus.focal1"
OWN_ROOMS = {f"!{AUS_DESK}", *(f"!direct-{name}" for name in NETWORK.officers if "aus." in name)}
NAMES_OF_AUS = re.compile(r"aus\b|austral|🇦🇺|\bau\b", re.IGNORECASE)


def told_elsewhere(scene: TalkScene, but: set[str] = OWN_ROOMS) -> list[str]:
    """Everything that the steward sent to any other room: text, markup, mentions, relations."""
    return [json.dumps(content, ensure_ascii=False) for at, content in scene.posts.values()
            if at not in but]  # fmt: skip


def nobody_is_told_of_australia(scene: TalkScene) -> None:
    for said in told_elsewhere(scene):
        assert NAMES_OF_AUS.search(said) is None, said


async def no_entry_names_it(scene: TalkScene, party: str, name: str) -> None:
    """In what any other party reads of the ledger."""
    for entry in await scene.ledger():
        if entry.parties - {party} and party not in entry.parties:
            assert name not in str(entry).lower(), entry


async def number_of(scene: TalkScene) -> str:
    rows = await scene.run("SELECT number FROM request ORDER BY created_at, id")
    return str(rows[-1].number)


async def asked(scene: TalkScene, said: str, to: str = "IDN") -> str:
    """Asked in the own desk and sent with a tap; its number."""
    await scene.says(ASKER, AUS_DESK, said)
    preview = scene.event(AUS_DESK, "✅")
    await scene.taps(ASKER, AUS_DESK, preview, "✅")
    return await number_of(scene)


HIDDEN = [
    "!rfi IDN, hide me: Which quay did the teal trawler leave from?",
    "!rfi 🇮🇩 anonymous urgent life: Which quay did the teal trawler leave from?",
    "!rfi IDN: Which quay did the teal trawler leave from?\nhide: me",
    "!rfi IDN Which quay did the teal trawler leave from? (anonymous)",
    "!rfi hide us IDN Which quay did the teal trawler leave from?",
    "TLP:AMBER REL AUS,IDN // !rfi IDN tanpa nama: Which quay did the teal trawler leave from?",
]


@pytest.mark.parametrize("said", HIDDEN)
async def test_a_request_is_hidden_by_words_and_its_preview_says_so(
    scene: TalkScene, said: str
) -> None:
    await scene.says(ASKER, AUS_DESK, said)
    assert "they do not learn who asks: no party, no name" in scene.last(AUS_DESK)
    await scene.taps(ASKER, AUS_DESK, scene.event(AUS_DESK, "✅"), "✅")
    request = (await scene.standing(await number_of(scene))).course.request  # type: ignore[arg-type]
    assert request.requester_hidden
    assert request.questions == ("Which quay did the teal trawler leave from?",)
    (card,) = [one for one in scene.heard(IDN_DESK) if "Request MPS-" in one or "MPS-" in one]
    assert "teal trawler" in card
    assert any("They are not told who asks." in one for one in scene.heard(AUS_DESK))
    nobody_is_told_of_australia(scene)


async def test_the_whole_story_of_a_hidden_requester_names_it_nowhere(scene: TalkScene) -> None:
    """ATTACK: card, number, notice, reminder, escalation, list, help, clarification, errors."""
    number = await asked(scene, "!rfi IDN, hide me: Which quay did the teal trawler leave from?")
    card = await scene.card_event(number)
    await scene.says("idn.focal1", IDN_DESK, "!help", thread=card)
    scene.at += timedelta(days=3)
    await scene.beat()
    await scene.taps("idn.focal1", IDN_DESK, card, "👍")
    await scene.says("idn.focal1", IDN_DESK, "!assign idn.focal2", thread=card)
    await scene.says("idn.focal1", IDN_DESK, "!clarify Which week do you mean?", thread=card)
    asks_back = scene.event(AUS_DESK, "Which week do you mean?")
    await scene.says(ASKER, AUS_DESK, "The second one of May.", reply=asks_back)
    await scene.taps(ASKER, AUS_DESK, scene.event(AUS_DESK, "Send this to"), "✅")
    assert any("The second one of May." in said for said in scene.heard(IDN_DESK))
    await scene.says("idn.focal1", IDN_DESK, "!delay 2 days the port is closed", thread=card)
    for reader in ("idn.focal1", "idn.focal2", "mys.focal1", "rso.coordinator1"):
        await scene.says(reader, f"direct-{reader}", "!requests")
        await scene.says(reader, f"direct-{reader}", f"!close {number}")
    await scene.says("idn.focal1", IDN_DESK, "!partial quay four, or five", thread=card)
    await scene.taps("idn.focal1", IDN_DESK, scene.event(IDN_DESK, "✅"), "✅")
    await scene.says("idn.focal1", IDN_DESK, "It was quay four.", reply=card)
    shown = scene.event(IDN_DESK, "✅")
    await scene.taps("idn.focal1", IDN_DESK, shown, "✅")
    scene.at += timedelta(days=20)
    await scene.beat()
    progress = await scene.progress(number)  # type: ignore[arg-type]
    assert progress.state is State.CLOSED
    assert any("It was quay four." in said for said in scene.heard(AUS_DESK))
    nobody_is_told_of_australia(scene)
    await no_entry_names_it(scene, "AUS", "aus")


async def test_withdrawn_or_refused_it_still_has_no_name(scene: TalkScene) -> None:
    root = await scene.says(ASKER, AUS_DESK, "!rfi IDN,THA, hide both: Who sold the teal trawler?")
    await scene.taps(ASKER, AUS_DESK, scene.event(AUS_DESK, "✅"), "✅")
    number = await number_of(scene)
    await scene.says("idn.focal1", IDN_DESK, "!refuse c", thread=await scene.card_event(number))
    await scene.says(ASKER, AUS_DESK, "!withdraw", thread=root)
    assert (await scene.progress(number, THA)).state is State.WITHDRAWN  # type: ignore[arg-type]
    assert (await scene.progress(number, IDN)).state is State.REFUSED  # type: ignore[arg-type]
    nobody_is_told_of_australia(scene)
    await no_entry_names_it(scene, "AUS", "aus")
    heard = " ".join(scene.heard(AUS_DESK))
    assert "Focal point 1 · IDN" not in heard
    assert "on duty" not in heard


async def test_hidden_words_are_refused_where_others_see_who_writes(scene: TalkScene) -> None:
    """ATTACK: asked of everybody on the floor, under the own name."""
    for said in ("!rfi all, hide me: Who sold the teal trawler?",
                 "!rfi all: Who sold the teal trawler?\nhide me",
                 "!rfi all anonymus: Who sold the teal trawler?"):  # fmt: skip
        verdict = await scene.asks(ASKER, "mps-floor", said)
        assert isinstance(verdict, RefuseVerdict), said
        assert verdict.code is Code.REQUEST_NOT_FOR_ALL
    assert await scene.run("SELECT 1 FROM request") == []


@pytest.mark.parametrize(
    "said",
    [
        "!rfi IDN anonymus: Who sold the teal trawler?",
        "!rfi IDN hide mee: Who sold the teal trawler?",
        "!rfi IDN hide my country: Who sold the teal trawler?",
        "!rfi IDN hide Who sold the teal trawler?",
        "!rfi IDN: Who sold the teal trawler?\nhide: perhaps",
        "!rfi IDN: Who sold the teal trawler?\nhide mee",
    ],
)
async def test_what_is_nearly_a_word_for_hiding_is_a_no(scene: TalkScene, said: str) -> None:
    await scene.says(ASKER, AUS_DESK, said)
    assert "stay unnamed? Write hide me on a line of its own" in scene.last(AUS_DESK)
    assert await scene.run("SELECT 1 FROM request") == []


async def test_words_that_name_who_is_hidden_are_doubted(scene: TalkScene) -> None:
    await scene.says(ASKER, AUS_DESK, "!rfi IDN, hide me: Who sold the trawler to Australia?")
    assert "⚠️ Australia in your words tells who asks." in scene.last(AUS_DESK)


async def test_a_tap_on_the_preview_hides_and_names_again(scene: TalkScene) -> None:
    await scene.says(ASKER, AUS_DESK, "!rfi IDN: Who sold the teal trawler?")
    preview = scene.event(AUS_DESK, "✅")
    assert "🕶️" in await scene.signs(preview)
    await scene.taps(ASKER, AUS_DESK, preview, "🕶️")
    assert "they do not learn who asks" in scene.last(AUS_DESK)
    await scene.taps(ASKER, AUS_DESK, preview, "🕶")
    assert "they do not learn who asks" not in scene.last(AUS_DESK)


async def test_the_guided_exchange_hides_by_a_number_and_by_words(scene: TalkScene) -> None:
    await scene.says(ASKER, AUS_DESK, "!rfi")
    await scene.says(ASKER, AUS_DESK, "IDN, hide me", reply=scene.event(AUS_DESK, "Whom do you"))
    await scene.says(
        ASKER, AUS_DESK, "Who sold the teal trawler?", reply=scene.event(AUS_DESK, "What do you")
    )
    preview = scene.event(AUS_DESK, "✅")
    assert "they do not learn who asks" in scene.content(preview)["body"]
    await scene.taps(ASKER, AUS_DESK, preview, "✏️")
    await scene.says(ASKER, AUS_DESK, "9", reply=scene.event(AUS_DESK, "9 names"))
    await scene.says(ASKER, AUS_DESK, "4", reply=scene.event(AUS_DESK, "Who is not to be named?"))
    assert "you do not learn which officers answer" in scene.last(AUS_DESK)
    await scene.taps(ASKER, AUS_DESK, scene.event(AUS_DESK, "✅"), "✅")
    request = (await scene.standing(await number_of(scene))).course.request  # type: ignore[arg-type]
    assert (request.requester_hidden, request.answerers_hidden) == (True, True)


# --- which officer answers -----------------------------------------------------------------------


async def test_an_answer_hides_its_officer_by_a_tap_on_its_preview(scene: TalkScene) -> None:
    number = await asked(scene, "!rfi IDN: Which quay did the teal trawler leave from?")
    card = await scene.card_event(number)
    scene.posts.clear()
    await scene.says("idn.focal2", IDN_DESK, "It was quay four.", reply=card)
    shown = scene.event(IDN_DESK, "✅")
    assert "🕶️" in await scene.signs(shown)
    before = len(scene.posts)
    await scene.taps("idn.secondee1", IDN_DESK, shown, "🕶️")
    assert len(scene.posts) == before
    await scene.taps("idn.focal1", IDN_DESK, shown, "🕶️")
    latest = scene.content(list(scene.posts)[-1])
    assert latest["m.relates_to"] == {"rel_type": "m.replace", "event_id": shown}
    await scene.taps("idn.focal1", IDN_DESK, shown, "✅")
    await scene.says("idn.focal1", IDN_DESK, "!assign idn.focal2", thread=card)
    heard = [json.dumps(content) for at, content in scene.posts.values() if at == f"!{AUS_DESK}"]
    assert any("It was quay four." in said for said in heard)
    for said in heard:
        assert "idn.focal" not in said, said
        assert "Focal point" not in said.replace("Focal point 1 \\u00b7 AUS", ""), said
    for entry in await scene.ledger():
        if "AUS" in entry.parties and entry.kind.value != "policy_version":
            assert "idn.focal" not in str(entry), entry


@pytest.mark.parametrize("said", ["hide me\nIt was quay four.", "It was quay four. Hide me."])
async def test_a_line_in_an_answer_hides_its_officer(scene: TalkScene, said: str) -> None:
    number = await asked(scene, "!rfi IDN: Which quay did the teal trawler leave from?")
    card = await scene.card_event(number)
    await scene.says("idn.focal1", IDN_DESK, said, reply=card)
    await scene.taps("idn.focal1", IDN_DESK, scene.event(IDN_DESK, "✅"), "✅")
    (answer,) = [one for one in scene.heard(AUS_DESK) if "It was quay four." in one]
    assert answer.splitlines()[0] == f"{number}: Indonesia answers"
    assert "ide me" not in answer


async def test_a_reply_to_the_preview_hides_and_names_again(scene: TalkScene) -> None:
    number = await asked(scene, "!rfi IDN: Which quay did the teal trawler leave from?")
    card = await scene.card_event(number)
    await scene.says("idn.focal1", IDN_DESK, "It was quay four.", reply=card)
    preview = scene.event(IDN_DESK, "✅")
    rows = "SELECT hidden FROM request_words WHERE kind = 'answer'"
    for said, hidden in (("hide me", True), ("hide me", True), ("hide: no", False)):
        await scene.says("idn.focal1", IDN_DESK, said, reply=preview)
        assert [one.hidden for one in await scene.run(rows)] == [hidden]


async def test_a_clarification_that_names_who_is_hidden_waits_for_a_tap(scene: TalkScene) -> None:
    number = await asked(scene, "!rfi IDN, hide me: Which quay did the teal trawler leave from?")
    card = await scene.card_event(number)
    await scene.says("idn.focal1", IDN_DESK, "!clarify Which week do you mean?", thread=card)
    asks_back = scene.event(AUS_DESK, "Which week do you mean?")
    await scene.says(ASKER, AUS_DESK, "When it left for Australia.", reply=asks_back)
    nobody_is_told_of_australia(scene)
    preview = scene.last(AUS_DESK)
    assert "⚠️ Australia in your words tells who asks." in preview
    assert "They are not told who asks." in preview


async def test_trying_out_markings_tells_nothing_of_who_asks(scene: TalkScene) -> None:
    """ATTACK: one REL after the other, until one is let through."""
    question = "Which quay did the teal trawler with the torn green net leave from in May?"
    number = await asked(scene, f"!rfi IDN, hide me: {question}")
    card = await scene.card_event(number)
    said = set()
    for marking in ("REL AUS,IDN", "REL IDN,MYS", "REL IDN", "PROTECT AUS", "PROTECT MYS"):
        typed = f"TLP:AMBER {marking} // !partial {number} quay four"
        await scene.says("idn.focal1", IDN_DESK, typed)
        said.add(scene.last("direct-idn.focal1"))
    assert len(said) == 1
    for party in ("AUS", "MYS"):
        relation = {"m.in_reply_to": {"event_id": card}}
        reply = f"TLP:AMBER REL {party},IDN // quay four"
        verdict = await scene.asks("idn.focal1", IDN_DESK, reply, relation)
        assert isinstance(verdict, RefuseVerdict)
        assert verdict.code is Code.MARKING_TOO_WIDE
    assert "REL, PROTECT" in said.pop()
    assert await scene.run("SELECT 1 FROM request_words WHERE kind = 'part'") == []


async def test_who_is_named_already_is_told_so_and_nothing_goes(scene: TalkScene) -> None:
    """ATTACK by mistake: "hide me" in a reply, taken off it, and the reply sent under the name."""
    number = await asked(scene, "!rfi IDN: Which quay did the teal trawler leave from?")
    card = await scene.card_event(number)
    await scene.says("idn.focal1", IDN_DESK, "!clarify Which week do you mean?", thread=card)
    asks_back = scene.event(AUS_DESK, "Which week do you mean?")
    await scene.says(ASKER, AUS_DESK, "The second one. Hide me.", reply=asks_back)
    assert scene.last(AUS_DESK) == (
        "They know already who asks. To stay unnamed, ask anew: !rfi IDN, hide me: …"
    )
    assert not any("The second one" in said for said in scene.heard(IDN_DESK))


@pytest.mark.parametrize("command", ["!clarify", "!delay 2 days"])
@pytest.mark.parametrize("words", ["hideme which sail", "🕶️ which sail", "which sail? (anon)"])
async def test_a_command_that_may_be_meant_to_hide_waits_for_a_tap(
    scene: TalkScene, command: str, words: str
) -> None:
    """ATTACK by haste: told at once, under the name that was to stay hidden."""
    number, _ = await scene.ask("aus.focal1", "IDN")
    card = await scene.card_event(number)
    await scene.says("idn.focal1", IDN_DESK, f"{command} {words}", thread=card)
    assert not any("sail" in said for said in scene.heard(AUS_DESK))
    preview = await scene.preview_of(number)
    assert "🕶️" in await scene.signs(preview)
    await scene.taps("idn.focal1", IDN_DESK, preview, "🕶️")
    await scene.taps("idn.focal1", IDN_DESK, preview, "✅")
    (told,) = [said for said in scene.heard(AUS_DESK) if "sail" in said]
    assert "Focal point 1" not in told
