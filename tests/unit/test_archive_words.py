"""Words of a text as the archive keeps them: which two are the same, and which aren't."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from icu4py.breakers import WordBreaker
from ruamel.yaml import YAML

from rilon.archive.folding import folded
from rilon.archive.stems import Stems
from rilon.archive.terms import terms_of
from rilon.archive.words import Spaced, Unspaced, words_of
from tests.unit.test_bulletin_reading import HEAD, good

CORPUS = Path(__file__).parent.parent / "corpus"


def plain(text: str) -> list[str]:
    found: list[str] = []
    for word in words_of(text, Stems()):
        found += [word.plain] if isinstance(word, Spaced) else word.words
    return found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Kapal-kapal kecil", ["kapal", "kapal", "kecil"]),
        ("IMO9074729, KM-12B", ["imo", "9074729", "km", "12", "b"]),
        ("1,234 ০৯ ٣٤ 12.5", ["1234", "09", "34", "125"]),
        ("ha'u la’o", ["hau", "lao"]),
        ("Sea_Star ports.example TLP:AMBER", ["sea", "star", "ports", "example", "tlp", "amber"]),
        ("São Tomé Ação", ["sao", "tome", "acao"]),
        ("เรือ๓ลำ", ["เรือ", "3", "ลำ"]),
        ("พบเรือ 14เมตร", ["พบ", "เรือ", "14", "เมตร"]),
        ("... — \u0301 \u200b", []),
    ],
)
def test_a_text_is_divided_into_words(text: str, words: list[str]) -> None:
    assert plain(text) == [folded(word) for word in words]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("boats", "boat"),
        ("smuggler's", "smugglers"),
        ("menyelundupkan", "penyelundupan"),
        ("kapalnya", "kapal"),
        ("berlayar", "pelayaran"),
        ("embarcação", "embarcações"),
        ("embarcacoes", "embarcação"),
        ("INVESTIGAÇÃO", "investigacoes"),
        ("নৌকাগুলোর", "নৌকা"),
        ("নৌকায়", "নৌকার"),
        ("জাহাজের", "জাহাজে"),
        ("পাচারকারীদের", "পাচারকারী"),
        ("জরুরী", "জরুরি"),
        ("ＢＯＡＴ", "boat"),
        ("bоat", "boat"),  # with a Cyrillic letter
        ("bo\u00adat", "boat"),
    ],
)
def test_these_are_the_same_word(one: str, other: str) -> None:
    first, second = (
        {form for word in words_of(text, Stems()) for form in getattr(word, "forms", ())}
        for text in (one, other)
    )
    assert first & second


@pytest.mark.parametrize(
    ("one", "other"),
    [("সাগর", "সাগ"), ("ship", "shop"), ("1", "l"), ("0", "o"), ("ปู", "ปี"), ("টাকা", "টা")],
)
def test_these_are_not_the_same_word(one: str, other: str) -> None:
    stems = Stems()
    assert not stems.forms(one) & stems.forms(other)


@pytest.mark.parametrize(
    ("one", "other"), [("เเพ", "แพ"), ("น\u0e4d\u0e49า", "น้ำ"), ("ท\u0e48\u0e35", "ที่")]
)
def test_what_looks_the_same_in_thai_is_the_same(one: str, other: str) -> None:
    assert plain(one) == plain(other)


def test_a_thai_word_is_found_wherever_icu_divides_the_text() -> None:
    """Spans of one to three words of the corpus, asked for by themselves: of three letters and
    more every one is found, by its words or by its letters."""
    messages = [
        text if isinstance(text, str) else text.get("text", "")
        for block in YAML(typ="safe", pure=True).load((CORPUS / "th.yaml").read_text("utf-8"))
        for text in block["messages"]
    ]
    asked, by_words = 0, 0
    for message in messages:
        runs = [word for word in words_of(message, Stems()) if isinstance(word, Unspaced)]
        known = {word for run in runs for word in run.words}
        grams = {gram for run in runs for gram in run.grams}
        pieces = [str(piece) for piece in WordBreaker(message, "th")]
        for wide in (1, 2, 3):
            for at in range(len(pieces) - wide + 1):
                span = list(words_of("".join(pieces[at : at + wide]), Stems()))
                if len(span) != 1 or not isinstance(span[0], Unspaced):
                    continue
                found = set(span[0].words) <= known
                asked, by_words = asked + 1, by_words + found
                assert found or (span[0].grams and set(span[0].grams) <= grams) or wide > 1
    assert asked > 900
    assert by_words / asked > 0.98


@pytest.mark.parametrize(
    "text",
    ["x" * 300_000, "ก" * 300_000, "\u0e48" * 300_000, "a1" * 150_000, "ৎ" * 300_000, "a'" * 9**5],
    ids=["one word", "Thai", "tones", "mixed", "Bengali", "apostrophes"],
)
def test_nonsense_takes_a_few_seconds_at_the_most(text: str) -> None:
    """ATTACK: a text that keeps the steward busy. The limit is a hundred times a good machine's."""
    begun = time.perf_counter()
    for _ in words_of(text, Stems()):
        pass
    assert time.perf_counter() - begun < 30


def test_what_was_left_out_and_what_is_cited_leaves_no_term() -> None:
    text = "All is well.\n\nTLP:RED // Secret cove.\n"
    head = HEAD.replace("marking:", "sources: ['https://cited-one.example']\nmarking:")
    found = terms_of(good(head + text, leave_out=True))
    assert "w\0well" in found
    assert not [term for term in found if "cove" in term or "cited" in term or "mps" in term]
    assert found["k\0trends"] == 0


def test_title_heading_and_how_often_weigh() -> None:
    found = terms_of(good(HEAD + "# Piers\n\nboats and boats, and a pier.\n"))
    assert found["w\0boats"] == 22
    assert found["w\0pier"] == 7
    assert found["w\0and"] == 2
    assert found["p\0northern\0route"] == 20
