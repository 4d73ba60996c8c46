"""Heads of a line that a reader takes for a restriction, though they aren't labels: each was
delivered to a whole room in an attempt from outside."""

from __future__ import annotations

import time
from datetime import date

import pytest

from rilon.domain.acts import Unclear
from rilon.domain.marking_text import read
from rilon.domain.markings import WrittenMarking
from tests.policy_scene import NETWORK

VOCABULARY = NETWORK.vocabulary
DAY = date(2026, 11, 22)


def nearest(text: str) -> str | None:
    found = read(text, VOCABULARY, DAY)
    assert isinstance(found, Unclear), (text, found)
    if found.nearest is not None:
        assert isinstance(read(found.nearest, VOCABULARY, DAY), WrittenMarking)
    return found.nearest


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("H2: the quiet fisher", "TLP:AMBER ORCON //"),
        ("*H1* the quiet fisher", "TLP:AMBER H1 //"),
        ("(H1) the quiet fisher", "TLP:AMBER H1 //"),
    ],
)
def test_a_caveat_that_is_set_off_at_the_head(text: str, meant: str | None) -> None:
    assert nearest(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("EXP 2026-01-01 the quiet fisher", None),
        ("EXP: 2027-01-01 the quiet fisher", "TLP:AMBER EXP 2027-01-01 //"),
        ("exp 2027-01-01 the quiet fisher", "TLP:AMBER EXP 2027-01-01 //"),
        ("Exp. 31 Dec 2026 // the quiet fisher", None),
        ("EXPIRES ON 31/12/2026 the quiet fisher", None),
        ("(EXP December 31, 2026) the quiet fisher", None),
        ("TLP:AMBER // EXP 2026-01-01 the quiet fisher", None),
        ("TLP:AMBER // EXP 2027-01-01 the quiet fisher", "TLP:AMBER EXP 2027-01-01 //"),
        ("REL AUS,IDN // exp 1.1.2027 the quiet fisher", None),
        ("all well\nEXP 2026-12-31 the quiet fisher", "TLP:AMBER EXP 2026-12-31 //"),
    ],
)
def test_a_last_day_at_the_head_of_a_line_or_behind_a_marking(text: str, meant: str | None) -> None:
    assert nearest(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("AMBER+STRICT the quiet fisher", "TLP:AMBER+STRICT //"),
        ("amber+strict the quiet fisher", "TLP:AMBER+STRICT //"),
        ("RED – the quiet fisher", "TLP:RED //"),
        ("RED - the quiet fisher", "TLP:RED //"),
        ("*RED* | the quiet fisher", "TLP:RED //"),
        ("TLP🔴 the quiet fisher", None),
        ("TLP 🟥 the quiet fisher", None),
        ("🔴 // the quiet fisher", None),
        ("the quiet fisher #TLPRED", None),
        ("the quiet fisher, tlpamber", None),
        ("Classification: RED\nthe quiet fisher", None),
        ("CLASS: AMBER+STRICT\nthe quiet fisher", None),
        ("Klasifikasi = merah\nthe quiet fisher", None),
        ("Marking - GREEN", None),
        ("0RCON // the quiet fisher", "TLP:AMBER ORCON //"),
        ("OR CON // the quiet fisher", None),
        ("or con // the quiet fisher", None),
        ("OC // the quiet fisher", None),
        ("ORIGINATOR CONTROLLED // the quiet fisher", None),
        ("originator-controlled // the quiet fisher", None),
        ("P D // the quiet fisher", None),
        ("NOTHA // the quiet fisher", None),
        ("NO-THA // the quiet fisher", None),
        ("สีแดง // the quiet fisher", None),
        ("লাল // the quiet fisher", None),
    ],
)
def test_a_label_or_caveat_in_a_form_of_ones_own(text: str, meant: str | None) -> None:
    assert nearest(text) == meant
    nearest(f"TLP:GREEN // {text}")


@pytest.mark.parametrize(
    "text",
    [
        "the quiet fisher — TLP RED",
        "the quiet fisher (tlp red)",
        "the quiet fisher [tlp red]",
        "the quiet fisher — TLP merah",
        "the quiet fisher — tlp amber+strict",
        "the quiet fisher, TLP RED",
        "TLP level: RED\nthe quiet fisher",
        "TLP marking RED: the quiet fisher",
        "TLP colour red: the quiet fisher",
        "TLP is RED. the quiet fisher",
        "Tanda: TLP MERAH\nthe quiet fisher",
        "Traffic light: RED\nthe quiet fisher",
        "RED label: the quiet fisher",
        "Handling: ORCON\nthe quiet fisher",
        "Caveat: orcon\nthe quiet fisher",
        "Releasability: AUS, IDN\nthe quiet fisher",
        "Releasable to AUS\nthe quiet fisher",
        "the quiet fisher — ORCON",
        "the quiet fisher (orcon)",
    ],
)
def test_a_marking_that_is_named_or_stands_at_the_end(text: str) -> None:
    """Each was delivered to a whole room in an attempt from outside."""
    nearest(text)
    nearest(f"TLP:GREEN // {text}")


@pytest.mark.parametrize(
    "text",
    [
        "the traffic light is red at the pier",
        "we talked of TLP in the training",
        "is TLP red or amber meant here?",
        "the release of AUS crew lists",
        "Handling: with care",
        "is this ORCON?",
        "Distribution: forty boxes",
        "Red - the colour of the hull",
        "Class: fishing vessel",
        "Hull colour: red",
        "The oc // and",
        "🔴 the light on the mast",
        "NOTHING // to add",
        "the engine class is amber, I think",
        "9MRED4 answered the call",
        "Originator: the harbour master",
    ],
)
def test_ordinary_heads_stay_ordinary(text: str) -> None:
    assert read(text, VOCABULARY, DAY) is None


WORDS = ("SECRET", "RAHSIA", "RAHASIA", "CONFIDENTIAL", "SULIT", "TOP SECRET", "SANGAT RAHASIA")


@pytest.mark.parametrize("word", WORDS)
def test_a_word_by_which_a_state_classifies_its_papers(word: str) -> None:
    for head in (f"{word} //", f"{word}//", f"{word} // AUS //", f"{word.title()} //"):
        assert nearest(f"{head} the quiet fisher") is None
    for text in (
        f"TLP:AMBER // {word} the quiet fisher",
        f"TLP:AMBER // {word} THE QUIET FISHER",
        f"TLP:AMBER // {word} // the quiet fisher",
        f"TLP:AMBER {word} // the quiet fisher",
        f"TLP:AMBER ORCON // ({word}) the quiet fisher",
        f"{word}: the quiet fisher",
        f"[{word}] the quiet fisher",
        f"{word} the quiet fisher",
        f"the quiet fisher // {word}",
    ):
        found = read(text, VOCABULARY, DAY)
        assert isinstance(found, Unclear), text


def test_nothing_is_offered_that_leaves_the_word_out() -> None:
    assert nearest("TLP:AMBER // RAHSIA the quiet fisher") is None
    assert nearest("ORCON RAHSIA // the quiet fisher") is None


@pytest.mark.parametrize(
    "text",
    [
        "H1 2026 figures are with the desk", "H1N1 cases aboard", "H 1 the pier", "F1 race traffic",
        "Secret compartment under the deck", "rahasia besar di pelabuhan", "SULIT DIHUBUNGI",
        "SECRET COMPARTMENT UNDER THE DECK", "TERBATAS jumlahnya", "Restricted area entered at 4",
        "Expired 2026-01-01 passports of three", "the visa, exp 2027-01-01, is genuine",
        "their passports expire 2027", "the boat, top secret as ever", "EXP of the engine is low",
        "TLP:AMBER // secret compartment under the deck", "TLP:AMBER // H1 2026 figures follow",
        "H1 results look good", "H2 still open",
    ],
)  # fmt: skip
def test_ordinary_words_stay_ordinary(text: str) -> None:
    assert not isinstance(read(text, VOCABULARY, DAY), Unclear)


def test_a_long_hostile_line_is_read_in_time_with_its_length() -> None:
    def seconds(text: str) -> float:
        start = time.process_time()
        read(text, VOCABULARY, DAY)
        return time.process_time() - start

    for piece in ("EXP 1 ", "_", "SECRET ", "H1 ", "EXP 31 Dec ", "TOP "):
        short, long = piece * 2_000, piece * 32_000
        once = min(seconds(short) for _ in range(3))
        assert min(seconds(long) for _ in range(3)) < 16 * 5 * max(once, 0.002), piece
