"""What an officer asks in one line, or in several."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rilon.domain.markings import Tlp, WrittenMarking
from rilon.domain.parties import parties
from rilon.domain.request_draft import (
    LONGEST,
    Draft,
    Missing,
    draft_from_json,
    draft_to_json,
    write_draft,
)
from rilon.domain.request_mistakes import Misread, Wrong
from rilon.domain.request_text import is_request, read_request, selectors_of
from rilon.domain.requests import Ground, Priority, Theme
from tests.request_writing import ASKER


def read(said: str) -> Draft:
    found = read_request(said, ASKER)
    assert isinstance(found, Draft), found
    return found


def refused(said: str) -> Misread:
    found = read_request(said, ASKER)
    assert isinstance(found, Misread), found
    return found


@pytest.mark.parametrize(
    ("said", "to", "question"),
    [
        ("!rfi IDN,MYS: Has it left?", {"IDN", "MYS"}, "Has it left?"),
        ("!rfi IDN, MYS Has it left?", {"IDN", "MYS"}, "Has it left?"),
        ("!rfi IDN MYS Has it left?", {"IDN", "MYS"}, "Has it left?"),
        ("!RFI idn,mys : Has it left?", {"IDN", "MYS"}, "Has it left?"),
        ("!rfi Indonesia, Has it left?", {"IDN"}, "Has it left?"),
        ("!rfi 🇮🇩🇲🇾 Has it left?", {"IDN", "MYS"}, "Has it left?"),
        ("!rfi IDN\nHas it left?\nWith whom?", {"IDN"}, "Has it left?\nWith whom?"),
        ("!rfi IDN - Has it left?", {"IDN"}, "Has it left?"),
        ("steward: !rfi IDN: Has it left?", {"IDN"}, "Has it left?"),
        ("@steward:rilon.example !rfi IDN: Has it left?", {"IDN"}, "Has it left?"),
        ("! rfi : IDN: Has it left?", {"IDN"}, "Has it left?"),
        ("!rfi IDN question: Has it left?", {"IDN"}, "Has it left?"),
        ("!rfi IDN", {"IDN"}, ""),
        ("!rfi", set(), ""),
        ("!rfi Has it left?", set(), "Has it left?"),
        ("!rfi my colleague says: it left", set(), "my colleague says: it left"),
        ("!rfi IDN Malaysia said it left", {"IDN"}, "Malaysia said it left"),
        ("!rfi Thai vessels near Phuket", set(), "Thai vessels near Phuket"),
        ("!rfi all vessels near Phuket", set(), "all vessels near Phuket"),
        (
            "!rfi all: vessels near Phuket",
            {"BGD", "IDN", "MYS", "THA", "TLS", "RSO"},
            "vessels near Phuket",
        ),
        ("!rfi IDN: danger", {"IDN"}, "danger"),
        ("!rfi IDN: MYS: is it yours?", {"IDN"}, "MYS: is it yours?"),
        ("!rfi IDN: see https://example.org", {"IDN"}, "see https://example.org"),
        ("!rfi IDN, vessel: NOVA, seen?", {"IDN"}, "vessel: NOVA, seen?"),
    ],
)
def test_addressees_and_question_are_told_apart(said: str, to: set[str], question: str) -> None:
    draft = read(said)
    assert (draft.parties, draft.question) == (parties(*to), question)


@pytest.mark.parametrize(
    "said",
    [
        "!rfi IDN urgent life: q",
        "!rfi urgent IDN (danger to life): q",
        "!rfi urgent: IDN: life: q",
        "!rfi IDN mendesak nyawa: q",
        "!rfi IDN: q\nground: life",
        "!rfi IDN ด่วน ชีวิต: q",
        "!rfi IDN: urgent life: q",
        "!rfi to: IDN\nurgent because: life\nquestion: q",
    ],
)
def test_urgent_and_its_ground_may_stand_anywhere_before_the_question(said: str) -> None:
    draft = read(said)
    assert (draft.priority, draft.ground, draft.question) == (Priority.URGENT, Ground.LIFE, "q")
    assert draft.missing == ()


def test_an_urgent_request_without_a_ground_lacks_it() -> None:
    assert read("!rfi IDN urgent: q").missing == (Missing.GROUND,)
    assert read("!rfi").missing == (Missing.ADDRESSEES, Missing.QUESTION)


@pytest.mark.parametrize(
    "said",
    [
        "TLP:AMBER REL AUS,IDN // !rfi IDN: q",
        "!rfi IDN: TLP:AMBER REL AUS,IDN // q",
        "!rfi IDN\nTLP:AMBER REL AUS,IDN // q",
        "TLP:AMBER REL AUS,IDN\n!rfi IDN: q",
        "tlp: amber rel AUS,IDN // !rfi IDN q",
    ],
)
def test_a_marking_stands_before_the_command_or_before_the_question(said: str) -> None:
    draft = read(said)
    assert draft.marking == WrittenMarking(tlp=Tlp.AMBER, rel=parties("AUS", "IDN"))
    assert (draft.parties, draft.question) == (parties("IDN"), "q")
    assert is_request(said, ASKER)


@pytest.mark.parametrize(
    "said",
    [
        "!rfi IDN TLP:RED // q",
        "!rfi IDN: TLP:ORANGE // q",
        "!rfi IDN: q about TLP:RED things",
        "!rfi IDN: ТLP:RED // q",
        "TLP:RED // !rfi IDN: TLP:GREEN // q",
        "!rfi IDN: q\npurpose: TLP:RED // secret",
    ],
)
def test_what_is_nearly_a_marking_is_never_taken_for_words(said: str) -> None:
    assert refused(said).code is Wrong.MARKING_UNCLEAR


def test_named_lines_fill_the_other_fields() -> None:
    draft = read(
        "!rfi IDN: who is aboard?\n"
        "purpose: Investigation, s 73\ntema: rute\noverlaps: ya\n"
        "kapal: M/V Nova, KM Bintang\nIMO 9074729\ntel: 0412 345 678\npaspor: A 123-4567"
    )
    assert draft.question == "who is aboard?"
    assert (draft.purpose, draft.theme) == ("Investigation, s 73", Theme.ROUTES)
    assert draft.overlaps is True
    assert [one.value for one in draft.selectors] == [
        "A1234567",
        "9074729",
        "+61412345678",
        "BINTANG",
        "NOVA",
    ]


def test_a_sentence_that_begins_like_a_field_stays_a_part_of_the_question() -> None:
    said = "Ship: when did it leave, with whom, and from which of the harbours?"
    assert read(f"!rfi IDN: a\n{said}").question == f"a\n{said}"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("!rfi IDN: q\nIMO: 9074728", Wrong.IMO_CHECK),
        ("!rfi IDN: q\nMMSI: 123", Wrong.MMSI_SHAPE),
        ("!rfi IDN: q\ntel: 12", Wrong.TELEPHONE_SHAPE),
        ("!rfi IDN: q\ntheme: zzz", Wrong.THEME_UNCLEAR),
        ("!rfi IDN: q\nto: Atlantis", Wrong.UNKNOWN_PARTY),
        ("!rfi IDN, Malasya: q", Wrong.UNKNOWN_PARTY),
        ("!rfi IND has it left?", Wrong.UNKNOWN_PARTY),
        ("!rfi IDN, Singapore: q", Wrong.NOT_IN_GROUP),
        ("!rfi IDN, AUS: q", Wrong.OWN_PARTY),
        ("!rfi IDN: q\n" + "\n".join(f"vessel: alpha {n}" for n in range(60)), Wrong.TOO_MANY),
        ("\u200b\u2060", Wrong.HIDDEN_LETTERS),
        ("x" * (LONGEST + 1), Wrong.TOO_LONG),
        ("\n" * 300, Wrong.TOO_LONG),
    ],
)
def test_a_no_says_what_is_wrong(said: str, code: Wrong) -> None:
    assert refused(said).code is code


def test_a_number_in_the_question_with_a_wrong_check_digit_is_a_doubt_and_no_no() -> None:
    draft = read("!rfi IDN: it shows IMO 9074728, is that painted over?")
    assert draft.selectors == ()
    assert [one.code for one in selectors_of(draft.question, ASKER).doubts] == [Wrong.IMO_CHECK]


def test_the_one_spelling_of_a_draft_reads_back() -> None:
    draft = read(
        "TLP:AMBER REL AUS,IDN,MYS EXP 2026-12-31 // !rfi MYS police, Indonesia urgent life: "
        "urgent: MV Nova Star?\nline two\npurpose: x\nvessel: M/V Second\noverlaps: yes\ntheme: b"
    )
    written = write_draft(draft, selectors_of(draft.question, ASKER).selectors)
    assert written == (
        "TLP:AMBER REL AUS,IDN,MYS EXP 2026-12-31 // !rfi IDN,MYS Police urgent life: "
        "MV Nova Star?\nline two\npurpose: x\ntheme: b\nvessel: M/V Second\noverlaps: yes"
    )
    assert read(written) == draft
    assert draft_from_json(draft_to_json(draft)) == draft


def test_a_marking_that_keeps_it_from_an_addressee_says_what_would_fit() -> None:
    draft = read("TLP:AMBER REL AUS,IDN // !rfi IDN,MYS: q")
    found = draft.contradiction(ASKER.party)
    assert found is not None
    assert found.code is Wrong.REL_EXCLUDES
    assert (found.found, found.nearest) == ("MYS", "TLP:AMBER REL AUS,IDN,MYS //")
    fitting = replace(draft, marking=WrittenMarking(tlp=Tlp.AMBER))
    assert fitting.contradiction(ASKER.party) is None
    protecting = read("TLP:AMBER PROTECT IDN // !rfi IDN: q").contradiction(ASKER.party)
    assert protecting is not None
    assert protecting.code is Wrong.PROTECT_EXCLUDES


def test_nothing_of_the_words_is_in_the_repr() -> None:
    draft = read("!rfi IDN: Secretquestion\npurpose: Secretpurpose\nvessel: Secretship")
    assert "ecret" not in repr(draft).lower()
    assert "malasya" not in repr(refused("!rfi IDN, Malasya: q")).lower()
