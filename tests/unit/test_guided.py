"""The guided exchange: few questions, one at a time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from rilon.application.asking import asked, mended
from rilon.domain.guided import (
    CHANGEABLE,
    Exchange,
    Step,
    begin,
    exchange_from_json,
    exchange_to_json,
    signs,
    tapped,
    written,
)
from rilon.domain.markings import Tlp
from rilon.domain.parties import parties
from rilon.domain.request_course import Refusal
from rilon.domain.request_draft import Draft
from rilon.domain.request_mistakes import Misread, Wrong
from rilon.domain.request_text import read_request
from rilon.domain.requests import Ground, Priority, Theme
from rilon.texts.request_mistakes import MISTAKES
from rilon.texts.request_questions import GROUNDS, QUESTIONS, REFUSALS, THEMES
from rilon.texts.translator import translator
from tests.request_writing import ASKER

ENGLISH = translator("en")
Act = str | tuple[Step, str]


def start(said: str = "!rfi", needs: Sequence[Step] = ()) -> Exchange:
    draft = read_request(said, ASKER)
    assert isinstance(draft, Draft)
    return begin(draft, needs)


def after(exchange: Exchange, *acts: Act) -> Exchange:
    for act in acts:
        found = act_on(exchange, act)
        assert isinstance(found, Exchange), (act, found)
        exchange = found
    return exchange


def act_on(exchange: Exchange, act: Act) -> Exchange | Misread:
    if isinstance(act, str):
        return written(exchange, act, ASKER)
    return tapped(exchange, act[0], act[1], ASKER)


def test_the_shortest_conversation_is_two_answers_and_a_tap() -> None:
    first = start()
    assert first.step is Step.ADDRESSEES
    second = after(first, "Indonesia, MYS")
    assert second.step is Step.QUESTION
    third = after(second, "Has it left?")
    assert third.step is Step.PREVIEW
    sent = after(third, (Step.PREVIEW, "✅"))
    assert sent.step is Step.SEND
    assert sent.draft == Draft(
        addressees=sent.draft.addressees, question="Has it left?", priority=Priority.ROUTINE
    )
    assert sent.draft.parties == parties("IDN", "MYS")


def test_what_one_line_said_is_not_asked() -> None:
    assert start("!rfi IDN: q").step is Step.PREVIEW
    assert start("!rfi IDN").step is Step.QUESTION
    assert start("!rfi Has it left?").step is Step.ADDRESSEES
    assert after(start("!rfi Has it left?"), "IDN").step is Step.PREVIEW
    assert after(start(), "IDN: Has it left?").step is Step.PREVIEW


def test_urgent_asks_for_its_ground_and_for_nothing_else() -> None:
    exchange = start("!rfi IDN urgent: q")
    assert exchange.step is Step.GROUND
    for act in ("2", "life", "danger to life", (Step.GROUND, "2️⃣"), "nyawa"):
        done = after(exchange, act)
        assert (done.step, done.draft.ground) == (Step.PREVIEW, Ground.LIFE)
    assert act_on(exchange, "soon") == Misread(Wrong.GROUND_UNCLEAR, found="soon")
    routine = after(exchange, "routine")
    assert (routine.step, routine.draft.priority) == (Step.PREVIEW, Priority.ROUTINE)


def test_a_tap_makes_it_urgent_at_the_preview() -> None:
    exchange = after(start("!rfi IDN: q"), (Step.PREVIEW, "⚡"))
    assert exchange.step is Step.GROUND
    assert after(exchange, (Step.GROUND, "1️⃣")).draft.ground is Ground.THREAT


def test_more_is_two_questions_and_each_may_be_skipped() -> None:
    exchange = after(start("!rfi IDN: q"), (Step.PREVIEW, "➕"))
    assert exchange.step is Step.THEME
    exchange = after(exchange, (Step.THEME, "3️⃣"))
    assert exchange.step is Step.PURPOSE
    assert after(exchange, (Step.PURPOSE, "⏭️")).step is Step.PREVIEW
    exchange = after(exchange, "Investigation, s 73")
    assert exchange.step is Step.PREVIEW
    assert (exchange.draft.theme, exchange.draft.purpose) == (
        Theme.DOCUMENTS,
        "Investigation, s 73",
    )
    assert after(exchange, (Step.PREVIEW, "➕")).step is Step.PREVIEW


def test_what_the_policy_needs_is_asked_and_cannot_be_skipped() -> None:
    exchange = start("!rfi IDN: q", needs=(Step.PURPOSE,))
    assert exchange.step is Step.PURPOSE
    assert act_on(exchange, "skip") == Misread(Wrong.NEEDED)
    assert after(exchange, "Investigation").step is Step.PREVIEW


def test_flags_add_up_however_late_they_come() -> None:
    exchange = after(start(), (Step.ADDRESSEES, "🇮🇩"), (Step.ADDRESSEES, "🇲🇾"))
    assert exchange.step is Step.QUESTION
    assert exchange.draft.parties == parties("IDN", "MYS")
    everyone = after(start(), (Step.ADDRESSEES, "👥"))
    assert everyone.draft.parties == parties("BGD", "IDN", "MYS", "THA", "TLS", "RSO")


@pytest.mark.parametrize("key", ["🇦🇺", "🇸🇬", "😀", "1️⃣", "✅", "", "x" * 300])
def test_a_tap_that_says_nothing_here_changes_nothing(key: str) -> None:
    assert tapped(start(), Step.ADDRESSEES, key, ASKER) == start()


def test_a_tap_on_an_old_preview_sends_nothing() -> None:
    exchange = after(start("!rfi IDN: q"), (Step.PREVIEW, "✏️"), "2")
    assert exchange.step is Step.QUESTION
    assert tapped(exchange, Step.PREVIEW, "✅", ASKER) == exchange


@pytest.mark.parametrize(
    "said", ["cancel", "batal", "❌", "🗑️", "Stop!", "ยกเลิก", "বাতিল", "cancelar"]
)
def test_cancel_ends_it_at_every_step(said: str) -> None:
    exchanges = [start(), start("!rfi IDN"), start("!rfi IDN: q"), start("!rfi IDN urgent: q")]
    for exchange in exchanges:
        ended = after(exchange, said)
        assert ended.step is Step.CANCELLED
        assert after(ended, "IDN", "q", (Step.PREVIEW, "✅")) == ended


def test_back_goes_to_the_question_before_and_an_answer_comes_forward_again() -> None:
    exchange = after(start(), "IDN", "Has it left?", "back")
    assert exchange.step is Step.QUESTION
    exchange = after(exchange, "kembali")
    assert exchange.step is Step.ADDRESSEES
    assert act_on(exchange, "back") == Misread(Wrong.FIRST_QUESTION)
    again = after(exchange, "MYS")
    assert (again.step, again.draft.parties) == (Step.PREVIEW, parties("MYS"))
    assert again.draft.question == "Has it left?"


def test_a_question_that_is_needed_cannot_be_skipped() -> None:
    for exchange in (start(), start("!rfi IDN"), start("!rfi IDN urgent: q")):
        assert act_on(exchange, "skip") == Misread(Wrong.NEEDED)


@pytest.mark.parametrize(("place", "step"), list(enumerate(CHANGEABLE, start=1)))
def test_everything_can_be_changed_by_its_number(place: int, step: Step) -> None:
    changing = after(start("!rfi IDN: q"), "change")
    assert changing.step is Step.CHANGE
    assert after(changing, str(place)).step is step
    assert after(changing, (Step.CHANGE, f"{place}\ufe0f\u20e3")).step is step
    answer = {
        Step.ADDRESSEES: "THA",
        Step.QUESTION: "other",
        Step.PRIORITY: "urgent, life",
        Step.HANDLING: "TLP:RED",
        Step.THEME: "f",
        Step.PURPOSE: "x",
        Step.SELECTORS: "9074729",
        Step.HIDING: "2",
        Step.OVERLAPS: "yes",
    }[step]
    done = after(changing, str(place), answer)
    assert done.step is Step.PREVIEW
    assert done.draft != changing.draft


def test_lines_that_name_a_field_correct_a_preview() -> None:
    exchange = after(start("!rfi IDN: q"), "to: THA, Malaysia\npurpose: x")
    assert exchange.draft.parties == parties("THA", "MYS")
    assert exchange.draft.purpose == "x"
    assert act_on(exchange, "and also ask about the other ship") == Misread(Wrong.PREVIEW_UNCLEAR)


def test_a_new_question_brings_its_own_ships_and_the_others_stay() -> None:
    exchange = start("!rfi IDN: MV Nova Star?\nIMO 9074729")
    changed = after(exchange, "change", "2", "KM Bintang Laut?")
    values = {one.value for one in changed.draft.selectors}
    assert values == {"BINTANGLAUT", "9074729"}


def test_a_reply_to_an_earlier_question_changes_its_answer_alone() -> None:
    exchange = after(start(), "IDN", "urgent: q")
    assert exchange.step is Step.GROUND
    changed = written(exchange, "MYS", ASKER, at=Step.ADDRESSEES)
    assert isinstance(changed, Exchange)
    assert (changed.step, changed.draft.parties) == (Step.GROUND, parties("MYS"))


def test_a_marking_before_the_question_is_kept_and_one_that_excludes_is_not_sent() -> None:
    exchange = after(start(), "IDN,MYS", "TLP:AMBER REL AUS,IDN // q")
    assert exchange.draft.marking is not None
    assert exchange.draft.marking.tlp is Tlp.AMBER
    assert exchange.draft.question == "q"
    refused = act_on(exchange, (Step.PREVIEW, "✅"))
    assert isinstance(refused, Misread)
    assert refused.code is Wrong.REL_EXCLUDES
    mended_one = after(exchange, "change", "4", refused.nearest)
    assert after(mended_one, "send").step is Step.SEND


def test_a_whole_request_in_its_place_begins_anew() -> None:
    exchange = after(start(), "IDN")
    assert after(exchange, "!rfi THA: other").draft.parties == parties("THA")


def test_an_exchange_is_taken_up_again_after_sealing() -> None:
    exchange = after(
        start(needs=(Step.THEME,)),
        "IDN police, MYS",
        "TLP:AMBER REL AUS,IDN,MYS ORCON PD PROTECT THA EXP 2026-12-31 GRADE B2 // MV Nova?",
    )
    stored = json.loads(json.dumps(exchange_to_json(exchange)))
    assert exchange_from_json(stored) == exchange
    with pytest.raises((KeyError, ValueError, TypeError)):
        exchange_from_json({**stored, "step": "nonsense"})


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("step", list(Step))
def test_every_step_is_said_in_three_lines_at_most(step: Step, language: str) -> None:
    draft = start("!rfi all urgent life: " + "word " * 900).draft
    exchange = replace(start("!rfi IDN: q"), step=step, draft=draft)
    said = asked(translator(language), exchange, ASKER)
    assert 1 <= len(said.plain.splitlines()) <= 3
    assert all(len(line) < 420 for line in said.plain.splitlines())
    assert bool(signs(exchange, ASKER)) == (not exchange.is_over)


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("code", list(Wrong))
def test_every_no_is_said_with_and_without_its_values(code: Wrong, language: str) -> None:
    bare = mended(translator(language), Misread(code, "IDX", "IDN,MYS", "bad_date", 5), ASKER)
    assert bare.plain
    assert "{" not in bare.plain
    assert len(bare.plain.splitlines()) == 1


def test_a_preview_says_to_whom_how_soon_and_under_which_marking() -> None:
    exchange = start("TLP:GREEN // !rfi IDN police, MYS: MV Nova?\noverlaps: yes\ntheme: a")
    first, second, third = asked(ENGLISH, exchange, ASKER).plain.splitlines()
    assert first == (
        "To IDN Police and MYS · routine · TLP:GREEN // · routes and transport"
        " · 1 ship or number · overlaps may be told"
    )
    assert second == "“MV Nova?”"
    assert third == (
        "✅ Send · ⚡ urgent · ➕ add theme and purpose · 🔗 overlaps yes or no"
        " · 🕶️ hide who asks · ✏️ change · ❌ cancel"
    )


def test_every_code_and_every_step_has_its_own_sentence() -> None:
    assert set(MISTAKES) == {code.value for code in Wrong}
    assert set(QUESTIONS) == {step.value for step in Step} - {"preview"}
    assert set(THEMES) == {theme.value for theme in Theme}
    assert set(GROUNDS) == {ground.value for ground in Ground}
    assert set(REFUSALS) == {refusal.value for refusal in Refusal}
