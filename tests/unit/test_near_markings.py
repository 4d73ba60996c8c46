"""What is nearly a marking is never taken as plain text, and ordinary words stay ordinary."""

from __future__ import annotations

from datetime import date

import pytest

from rilon.application.choices import ChoiceKind
from rilon.application.offers import offer_of
from rilon.domain.acts import Post, Unclear
from rilon.domain.marking_text import read, write
from rilon.domain.markings import WrittenMarking
from rilon.domain.verdicts import Code, Refuse
from rilon.policy.evaluate import evaluate
from tests.policy_scene import NETWORK, TODAY, question

VOCABULARY = NETWORK.vocabulary
DAY = date(2026, 3, 1)


def nearest(text: str) -> str | None:
    found = read(text, VOCABULARY, DAY)
    assert isinstance(found, Unclear), found
    if found.nearest is not None:
        again = read(found.nearest, VOCABULARY, DAY)
        assert isinstance(again, WrittenMarking)
        assert write(again) == found.nearest
    return found.nearest


@pytest.mark.parametrize(
    "text",
    [
        "hull (REL AUS,IDN)", "hull. REL AUS,IDN", "hull // REL AUS,IDN", "REL(AUS,IDN) hull",
        "#REL #AUS #IDN hull", "(REL AUS,IDN) // hull", "(REL AUS,IDN) hull",
        "[REL AUS,IDN] hull", '"REL AUS,IDN" // hull', "**REL AUS,IDN** hull",
        "__REL AUS,IDN__ // hull", "~~REL AUS,IDN~~ // hull", "*REL AUS,IDN* // hull",
        "_REL_ _AUS_,_IDN_ // hull", "\\*REL AUS,IDN\\* // hull", "hull rel aus,idn",
    ],
)  # fmt: skip
def test_a_release_list_in_brackets_quotes_emphasis_or_behind_the_text(text: str) -> None:
    assert nearest(text) == "REL AUS,IDN //"


@pytest.mark.parametrize(
    "text",
    [
        "RELL AUS,IDN // hull", "REAL AUS,IDN // hull", "RE AUS,IDN // hull",
        "RFL AUS,IDN // hull", "REI AUS,IDN // hull", "EL AUS,IDN // hull",
        "RELEASE TO AUS,IDN: hull", "R3L AU5,1DN // hull", "R E L A U S , I D N // hull",
        "R.E.L. A.U.S., I.D.N. // hull", "&#82;EL AUS,IDN // hull", "hull RELL AUS, IDN",
    ],
)  # fmt: skip
def test_a_release_word_misspelled_spaced_out_or_in_digits(text: str) -> None:
    assert nearest(text) == "REL AUS,IDN //"


@pytest.mark.parametrize("text", ["[REL](x) AUS,IDN //", "[REL](https://a.example) AUS,IDN // x"])
def test_a_release_word_as_a_link(text: str) -> None:
    nearest(text)


@pytest.mark.parametrize("sign", ["\n", "\v", "\u2028", "\u2029", "\r\n", "\n\n"])
def test_a_line_break_between_the_release_word_and_its_list(sign: str) -> None:
    assert nearest(f"REL{sign}AUS,IDN // hull") == "REL AUS,IDN //"
    nearest(f"hull\nREL TO{sign}AUS,IDN")
    nearest("REL<br>AUS,IDN // hull")


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("AUS,IDN // hull", "REL AUS,IDN //"),
        ("aus, idn // hull", "REL AUS,IDN //"),
        ("AUS/IDN ONLY // hull", "REL AUS,IDN //"),
        ("AUS AND IDN ONLY // hull", "REL AUS,IDN //"),
        ("FOR AUS,IDN // hull", "REL AUS,IDN //"),
        ("UNTUK AUS,IDN // hull", "REL AUS,IDN //"),
        ("EYES ONLY AUS,IDN // hull", "REL AUS,IDN //"),
        ("Only for AUS and IDN: hull", "REL AUS,IDN //"),
        ("the hull off IDN // two aboard", None),
        ("STRICT // hull", "TLP:AMBER+STRICT //"),
        ("NOFORN // hull", None),
        ("PROTECTED BGD // hull", "TLP:AMBER PROTECT BGD //"),
        ("PROTECTED BGD hull", "TLP:AMBER PROTECT BGD //"),
        ("EXPIRES 2026-11-20 // hull", "TLP:AMBER EXP 2026-11-20 //"),
        ("EXPIRES tomorrow // hull", None),
        ("OCRON // hull", "TLP:AMBER ORCON //"),
        ("ORCN // hull", "TLP:AMBER ORCON //"),
        ("🔴 TLP // hull", None),
        ("MERAH // hull", "TLP:RED //"),
        ("hull // AUS,IDN ONLY", "REL AUS,IDN //"),
    ],
)  # fmt: skip
def test_words_of_a_marking_before_its_end_sign(text: str, mend: str | None) -> None:
    assert nearest(text) == mend


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("hull (ORCON)", "TLP:AMBER ORCON //"), ("[ORCON] hull", "TLP:AMBER ORCON //"),
        ("**ORCON** // hull", "TLP:AMBER ORCON //"), ("**ORCON** hull", "TLP:AMBER ORCON //"),
        ("ORCON: hull", "TLP:AMBER ORCON //"), ("ORCON hull", "TLP:AMBER ORCON //"),
        ("hull #ORCON", "TLP:AMBER ORCON //"), ("hull (H1)", "TLP:AMBER H1 //"),
        ("hull (PROTECT BGD)", "TLP:AMBER PROTECT BGD //"),
        ("**PROTECT BGD** // hull", "TLP:AMBER PROTECT BGD //"),
        ("**EXP 2026-11-20** // hull", "TLP:AMBER EXP 2026-11-20 //"),
        ("hull (EXP 2026-11-20)", "TLP:AMBER EXP 2026-11-20 //"),
        ("EXP 2026-11-20: hull", "TLP:AMBER EXP 2026-11-20 //"),
        ("PD: hull", "TLP:AMBER PD //"), ("hull (NOPD)", "TLP:AMBER NOPD //"),
    ],
)  # fmt: skip
def test_a_caveat_in_brackets_in_emphasis_or_before_a_colon(text: str, mend: str) -> None:
    assert nearest(text) == mend


@pytest.mark.parametrize(
    "text",
    [
        "TPL:RED // hull", "TL:RED // hull", "TLP_RED // hull", "#TLP_RED hull", "tlp_red hull",
        "hull TLP_RED", "RED: hull", "RED // hull", "**RED** hull", "[RED] hull",
        "Traffic Light Protocol: RED", "TPL RED hull",
    ],
)  # fmt: skip
def test_a_label_that_is_nearly_written(text: str) -> None:
    assert nearest(text) == "TLP:RED //"


@pytest.mark.parametrize(
    ("behind", "mend"),
    [
        ("// RELL AUS,IDN // hull", "TLP:AMBER REL AUS,IDN //"),
        ("// FOR AUS,IDN // hull", "TLP:AMBER REL AUS,IDN //"),
        ("// [REL AUS,IDN] hull", "TLP:AMBER REL AUS,IDN //"),
        ("// (REL AUS,IDN) // hull", "TLP:AMBER REL AUS,IDN //"),
        ("// hull (PROTECT BGD)", "TLP:AMBER PROTECT BGD //"),
        ("(ORCON) hull", "TLP:AMBER ORCON //"),
        ("(RED) hull", "TLP:RED //"),
        ("// RED: hull", "TLP:RED //"),
    ],
)
def test_behind_a_marking_that_reads(behind: str, mend: str) -> None:
    """The nearest form is of both: it never drops one for the other."""
    assert nearest(f"TLP:AMBER {behind}") == mend


@pytest.mark.parametrize(
    "text",
    [
        "Rel to the harbour", "PD Kuantan confirmed", "H1 results", "Re IDN: the meeting",
        "IDN boat left", "only AUS answered", "see https://example.org/AUS//x for IDN",
        "Port Dickson (PD) quiet tonight", "vessels (AUS, IDN) nearby", "AUS, IDN: good morning",
        "tel IDN 021", "Red: the colour of the hull", "https://a.example/x //", "TLP training",
        "passport exp 2026-11-20", "Protect the witnesses // they are at risk", "A, B, C and D",
        "REF IDN 45", "the real AUS position", "release of the IDN crew list", "is this ORCON?",
    ],
)  # fmt: skip
def test_ordinary_words_stay_ordinary(text: str) -> None:
    assert read(text, VOCABULARY, DAY) is None
    assert read(f"TLP:AMBER // {text}", VOCABULARY, DAY) == read("TLP:AMBER //", VOCABULARY, DAY)


# --- what the card offers ------------------------------------------------------------------------

FIELDS = (
    "(REL AUS,IDN)", "[REL AUS,IDN]", "FOR AUS,IDN", "ONLY AUS", "NOFORN", "(PROTECT BGD)",
    "(EXP 2027-11-23)", "(ORCON)", "*REL AUS,IDN*", "**REL AUS,IDN**", '"REL AUS,IDN"',
    "- REL AUS,IDN", "| REL AUS,IDN", "RELL AUS,IDN", "RÈL AUS,IDN", "AUS,IDN", "AUS IDN ONLY",
    "UNTUK AUS,IDN", "EYES ONLY AUS,IDN", "(RED)", "(TLP:RED)", "RED", "FRIENDS ALONE", "boat",
)  # fmt: skip
UNCLEAR = (
    *(f"TLP:AMBER {field} // hull" for field in FIELDS),
    "(TLP:AMBER REL AUS,IDN) // hull", "(TLP:AMBER) (REL AUS,IDN) // hull",
    "TLP AMBER (REL AUS,IDN) // hull", "TLP:AMBR (REL AUS) // hull",
    "TLP:GREEN (REL AUS,IDN) // hull",
)  # fmt: skip


@pytest.mark.parametrize("text", UNCLEAR)
def test_no_tap_drops_a_restriction_that_nearly_stood_there(text: str) -> None:
    act = Post(text, read(text, VOCABULARY, TODAY))
    asked = question(act, "mps-floor", "aus.secondee1")
    refused = evaluate(asked, NETWORK)
    assert isinstance(refused, Refuse)
    assert refused.code is Code.MARKING_UNCLEAR
    offer = offer_of(refused, asked, NETWORK)
    for choice in offer.choices if offer else ():
        assert choice.kind is not ChoiceKind.SEND_AS
        assert choice.kind is ChoiceKind.DISCARD or "REL AUS,IDN" in choice.marking
