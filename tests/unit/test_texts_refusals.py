"""What people read of a refusal: the sentence that clients show, and the steward's card."""

from __future__ import annotations

import re

import pytest

from rilon.domain.marking_text import Problem
from rilon.policy.personal_data import Identifier
from rilon.texts.cards import CHOICE_LIMIT, card, removal_card
from rilon.texts.explanations import EXPLANATIONS
from rilon.texts.identifiers import KINDS
from rilon.texts.refusals import SENTENCES, UNKNOWN, refusal_sentence
from rilon.texts.rendering import placeholders
from rilon.texts.translator import translator
from rilon.texts.unclear import PROBLEMS
from tests.unit.texts_scene import (
    CODES,
    DOCUMENT,
    ENGLISH,
    LANGUAGES,
    PARAMETERS,
)


def test_every_code_has_its_sentence_and_every_sentence_its_code() -> None:
    assert set(SENTENCES) == set(CODES)


def test_no_two_codes_share_a_sentence() -> None:
    assert len(set(SENTENCES.values())) == len(SENTENCES)


@pytest.mark.parametrize("code", CODES)
def test_a_sentence_is_fixed_short_and_says_where_to_look(code: str) -> None:
    sentence = refusal_sentence(code)
    assert not placeholders(sentence)
    assert "%" not in sentence
    assert sentence.isascii()
    assert len(sentence) <= 160
    assert "direct room with the steward" in sentence or "coordinator" in sentence


def test_a_code_from_a_newer_build_still_says_where_to_look() -> None:
    assert refusal_sentence("not_yet_invented") == UNKNOWN
    assert "direct room with the steward" in UNKNOWN


def test_the_document_for_client_authors_lists_exactly_the_codes() -> None:
    listed = re.findall(r"^\| `([a-z_]+)` \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(CODES)


def test_the_document_quotes_the_sentence_that_clients_get() -> None:
    quoted = re.search(r'"error": "([^"]+)"', DOCUMENT.read_text(encoding="utf-8"))
    assert quoted is not None
    assert quoted.group(1) == refusal_sentence("rel_excludes_room")


# The card


def test_every_code_has_its_card() -> None:
    assert set(EXPLANATIONS) == set(CODES)


def test_the_first_line_of_the_card_is_complete_in_itself() -> None:
    parameters = {
        "room": "Floor",
        "marking": "REL AUS,IDN",
        "excluded": "BGD,MYS,THA,TLS,RSO",
    }
    assert card(ENGLISH, "rel_excludes_room", parameters).plain.split("\n") == [
        (
            "Not delivered in Floor: marked REL AUS, IDN; "
            "this room includes BGD, MYS, THA, TLS and RSO"
        ),
        "Write it in a room that has only those parties. Write !rooms here to see your rooms.",
        "Or, if all parties of Floor may have it, leave REL out.",
        "Nobody received it. Delete the message that your client shows in red as not sent.",
    ]


def test_the_card_names_the_room_where_it_may_go_and_the_marking_to_write() -> None:
    said = card(ENGLISH, "rel_excludes_room", PARAMETERS)
    assert "It may go to AUS+IDN: write it there." in said.plain
    assert said.html is not None
    assert "<code>TLP:AMBER REL AUS,BGD,IDN,MYS,THA,TLS,RSO //</code>" in said.html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", CODES)
def test_a_card_without_values_still_says_what_happened_and_what_to_do(
    code: str, language: str
) -> None:
    lines = card(translator(language), code, {}).plain.split("\n")
    assert len(lines) >= 2
    assert all(lines)


@pytest.mark.parametrize("code", CODES)
def test_an_empty_value_is_a_missing_one(code: str) -> None:
    assert card(ENGLISH, code, dict.fromkeys(PARAMETERS, " ")) == card(ENGLISH, code, {})


@pytest.mark.parametrize("code", CODES)
def test_a_card_is_short(code: str) -> None:
    assert len(card(ENGLISH, code, PARAMETERS).plain.split("\n")) <= 5


def test_a_refused_message_is_to_be_deleted_in_the_client() -> None:
    messages = [c for c in CODES if EXPLANATIONS[c].headlines[-1].startswith("Not delivered")]
    assert "rel_excludes_room" in messages
    for code in messages:
        assert "red" in card(ENGLISH, code, PARAMETERS).plain
        assert "elete" in card(ENGLISH, code, PARAMETERS).plain


@pytest.mark.parametrize("code", ["replayed", "not_encrypted"])
def test_a_card_never_says_nobody_received_what_someone_may_have(code: str) -> None:
    assert "Nobody received it" not in card(ENGLISH, code, PARAMETERS).plain
    assert "Nobody received it" not in removal_card(ENGLISH, code, PARAMETERS).plain


def test_a_retry_brings_the_same_card_up_to_date() -> None:
    once = card(ENGLISH, "unreadable", PARAMETERS, local_time="14:01 WIB (07:01 UTC)").plain
    thrice = card(
        ENGLISH, "unreadable", PARAMETERS, attempts=3, local_time="14:05 WIB (07:05 UTC)"
    ).plain
    assert once.split("\n")[:-1] == thrice.split("\n")[:-1]
    assert once.endswith("Tried 1 time, at 14:01 WIB (07:01 UTC).")
    assert thrice.endswith("Tried 3 times, last 14:05 WIB (07:05 UTC).")


def test_choices_stand_on_the_card_with_their_reactions() -> None:
    choices = [("✅", "deliver to AUS+IDN"), ("🗑️", "discard")]
    lines = card(ENGLISH, "rel_excludes_room", PARAMETERS, choices).plain.split("\n")
    assert lines[-3:] == [
        "Or tap a reaction on this card:",
        "✅ deliver to AUS+IDN",
        "🗑️ discard",
    ]


def test_a_card_offers_no_more_choices_than_a_screen_holds() -> None:
    lines = card(ENGLISH, "unreadable", {}, [("✅", f"choice {n}") for n in range(99)]).plain
    assert lines.count("✅") == CHOICE_LIMIT


def test_every_problem_of_reading_a_marking_has_its_sentence() -> None:
    assert set(PROBLEMS) == {problem.value for problem in Problem}


@pytest.mark.parametrize("problem", [*Problem, "not_yet_invented"])
def test_an_unclear_marking_is_explained_with_the_nearest_valid_form(problem: str) -> None:
    said = card(ENGLISH, "marking_unclear", {**PARAMETERS, "problem": str(problem)})
    lines = said.plain.split("\n")
    assert lines[0] == "Not delivered in Floor: the marking TLP:ORANGE is not clear"
    assert lines[1].endswith(".")
    assert lines[2] == "Write it like this, with your text after it: TLP:AMBER //"


def test_an_unclear_marking_without_a_nearest_form_gets_an_example() -> None:
    said = card(ENGLISH, "marking_unclear", {"room": "Floor"})
    assert "An example: TLP:AMBER REL AUS,IDN //" in said.plain


def test_every_kind_of_identifier_has_its_name() -> None:
    assert set(KINDS) == {kind.value for kind in Identifier}


def test_the_card_names_the_kinds_that_were_found_and_the_marking_to_write() -> None:
    found = {"room": "Floor", "identifiers": "email,telephone", "needed": "TLP:AMBER PD //"}
    lines = card(ENGLISH, "personal_data_found", found).plain.split("\n")
    assert lines[0] == (
        "Not delivered in Floor: it seems to hold an e-mail address and a telephone number, "
        "and it is not marked PD"
    )
    assert lines[1] == "Write TLP:AMBER PD // with your text after it, or take that out."
    contradicted = card(translator("id"), "personal_data_found", {**found, "declared": "NOPD"})
    assert contradicted.plain.startswith(
        "Tidak terkirim di Floor: bertanda NOPD, padahal tampaknya memuat alamat surel "
        "dan nomor telepon\n"
    )


def test_a_kind_of_a_newer_build_is_personal_data() -> None:
    said = card(ENGLISH, "personal_data_found", {"room": "Floor", "identifiers": "face,voice"})
    assert said.plain.startswith("Not delivered in Floor: it seems to hold personal data, and it")


def test_a_code_that_this_build_does_not_know_still_gets_a_card() -> None:
    said = card(ENGLISH, "not_yet_invented", {"room": "Floor"})
    assert said.plain.startswith("Not delivered in Floor: a rule of this network")


def test_the_card_of_the_second_lock_is_honest_about_who_may_have_seen_it() -> None:
    said = removal_card(ENGLISH, "rel_excludes_room", PARAMETERS, "14:05 WIB (07:05 UTC)")
    assert said.plain.startswith("Removed in Floor: ")
    assert "may have seen it" in said.plain
    assert "Nobody received it" not in said.plain
    assert said.plain.endswith("Removed at 14:05 WIB (07:05 UTC).")


# Everything together
