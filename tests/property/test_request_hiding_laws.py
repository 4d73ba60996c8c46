"""Laws of staying unnamed: what says so is never lost, whatever stands around it."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from rilon.domain.guided import begin, exchange_from_json, exchange_to_json, written
from rilon.domain.request_draft import Draft, draft_from_json, draft_to_json, write_draft
from rilon.domain.request_hiding import (
    ANSWERERS,
    NUMBERED,
    PHRASES,
    REQUESTER,
    Hiding,
    Unnamed,
    without_hiding,
)
from rilon.domain.request_mistakes import Misread, Wrong
from rilon.domain.request_text import read_request
from tests.property.test_request_text_laws import any_text, drafts
from tests.request_writing import ASKER

hidden = st.builds(lambda draft, unnamed: replace(draft, unnamed=unnamed),
                   drafts(), st.sampled_from(NUMBERED))  # fmt: skip
FORMS = st.sampled_from(
    [
        "!rfi IDN, {}: Has it left?",
        "!rfi {}, IDN: Has it left?",
        "!rfi IDN: Has it left?\n{}",
        "!rfi IDN {}, Has it left?",
    ]
)
phrases = st.sampled_from(sorted(PHRASES.items()))


@given(hidden)
def test_a_draft_that_hides_reads_back_and_comes_back_from_its_values(draft: Draft) -> None:
    assert read_request(write_draft(draft), ASKER) == draft
    assert draft_from_json(json.loads(json.dumps(draft_to_json(draft)))) == draft


@given(any_text, st.sampled_from([("hide me", REQUESTER), ("hide: officers", ANSWERERS)]))
def test_a_line_that_hides_is_never_lost(said: str, line: tuple[str, Hiding]) -> None:
    """ATTACK by mistake: a name that is told because of what stands before the words."""
    found = read_request(f"{said}\n{line[0]}", ASKER)
    assert isinstance(found, Misread) or line[1] <= found.unnamed, found


@given(phrases, FORMS)
def test_every_phrase_hides_in_every_place(phrase: tuple[str, Hiding], form: str) -> None:
    draft = read_request(form.format(phrase[0]), ASKER)
    assert isinstance(draft, Draft), draft
    assert (draft.unnamed, draft.question) == (phrase[1], "Has it left?")
    assert [one.party for one in draft.addressees] == ["IDN"]


@given(st.sampled_from(["hide me", "anonymous", "hide officers", "sembunyikan kami", "tanpa nama"]),
       st.data())  # fmt: skip
def test_one_slip_in_a_phrase_is_a_no_or_still_hides(phrase: str, data: st.DataObject) -> None:
    """INVARIANT: no single wrong letter turns "hide me" into words of the question."""
    at = data.draw(st.integers(2, len(phrase) - 1))
    slip = data.draw(st.sampled_from(["out", "twice", "swap"]))
    wrong = phrase[:at] + phrase[at + 1 :]
    if slip == "twice":
        wrong = phrase[:at] + phrase[at] + phrase[at:]
    elif slip == "swap":
        wrong = phrase[: at - 1] + phrase[at] + phrase[at - 1] + phrase[at + 1 :]
    for form in (
        "!rfi IDN, {}: Has it left?",
        "!rfi IDN {}: Has it left?",
        "!rfi IDN: Has it left?\n{}",
    ):
        found = read_request(form.format(wrong), ASKER)
        if isinstance(found, Misread):
            assert found.code in (Wrong.HIDING_UNCLEAR, Wrong.UNKNOWN_PARTY, Wrong.UNKNOWN_AGENCY)
        else:
            assert found.unnamed, (wrong, found)


@given(any_text)
def test_an_answer_never_keeps_the_line_that_hides(said: str) -> None:
    found = without_hiding(f"{said}\nhide me")
    assert isinstance(found, Misread) or (
        Unnamed.REQUESTER in found[1] and "hide me" not in found[0].splitlines()
    )


@given(hidden, any_text)
def test_no_words_in_an_exchange_name_somebody_again_by_accident(draft: Draft, said: str) -> None:
    exchange = begin(draft)
    assert exchange_from_json(json.loads(json.dumps(exchange_to_json(exchange)))) == exchange
    after = written(exchange, said, ASKER)
    if not isinstance(after, Misread) and "!rfi" not in said.lower():
        assert draft.unnamed <= after.draft.unnamed
