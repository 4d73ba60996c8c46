"""Reading and writing markings: what is one, what isn't, and what is refused as unclear."""

from __future__ import annotations

from datetime import date

import pytest

from rilon.domain.acts import ReadMarking, Unclear
from rilon.domain.letters import as_seen
from rilon.domain.marking_text import (
    Problem,
    read,
    write,
    write_effective,
)
from rilon.domain.markings import (
    Caveat,
    Marking,
    PersonalData,
    Tlp,
    Vocabulary,
    WrittenMarking,
)
from rilon.domain.parties import parties
from rilon.domain.reply_fallback import without_reply_fallback

PARTIES = parties("AUS", "BGD", "IDN", "MYS", "THA", "TLS", "RSO")
VOCABULARY = Vocabulary(
    PARTIES,
    (
        Caveat("ORCON", "originator controls", frozenset({"H2"})),
        Caveat("H1", "not for judicial proceedings"),
    ),
)
TODAY = date(2026, 3, 1)


def marking_of(text: str) -> ReadMarking:
    return read(text, VOCABULARY, TODAY)


def unclear(text: str) -> Unclear:
    found = marking_of(text)
    assert isinstance(found, Unclear), found
    return found


def spelled(text: str) -> str:
    found = marking_of(text)
    assert isinstance(found, WrittenMarking), found
    return write(found)


FULL = "TLP:AMBER REL AUS,IDN H1 ORCON PD PROTECT THA EXP 2026-12-31 GRADE B2 //"


def test_every_field_is_read_and_written_in_one_spelling() -> None:
    messy = "tlp: amber grade b2 exp 2026-12-31 protect tha pd h2 rel idn , aus h1// left at 0400"
    assert spelled(messy) == FULL
    assert marking_of(FULL) == WrittenMarking(
        Tlp.AMBER,
        parties("AUS", "IDN"),
        frozenset({"ORCON", "H1"}),
        parties("THA"),
        PersonalData.PRESENT,
        date(2026, 12, 31),
        "B2",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TLP:AMBER REL AUS,IDN ORCON EXP 2026-12-31 // vessel left", None),
        ("tlp: amber vessel left", "TLP:AMBER //"),
        ("TLP:AMBER", "TLP:AMBER //"),
        ("TLP:AMBER REL AUS,IDN\nvessel left", "TLP:AMBER REL AUS,IDN //"),
        ("TLP:AMBER\u00a0REL AUS,IDN // x", "TLP:AMBER REL AUS,IDN //"),
        ("  Tlp:Red // x", "TLP:RED //"),
        ("TLP:AMBER//x", "TLP:AMBER //"),
        ("TLP:AMBER+STRICT x", "TLP:AMBER+STRICT //"),
        ("TLP:WHITE // x", "TLP:CLEAR //"),
        ("TLP:GREEN NOPD // x", "TLP:GREEN NOPD //"),
        ("TLP:GREEN H2 // x", "TLP:GREEN ORCON //"),
        ("REL RSO,IDN,AUS // x", "REL AUS,IDN,RSO //"),
        ("REL AUS,IDN // see https://a.example/b//c", "REL AUS,IDN //"),
        ("TLP:GREEN see https://a.example/b//c for more", "TLP:GREEN //"),
        ("TLP:AMBER EXP 2026-03-01 // today is allowed", "TLP:AMBER EXP 2026-03-01 //"),
        ("TLP:AMBER ผู้ต้องสงสัยออกจากท่าเรือ", "TLP:AMBER //"),
        ("TLP:AMBER জাহাজটি বন্দর ছেড়েছে", "TLP:AMBER //"),
        ("TLP:GREEN embarcação saiu às 4h", "TLP:GREEN //"),
    ],
)
def test_a_marking_reads(text: str, expected: str | None) -> None:
    assert spelled(text) == (expected or text.split("//")[0] + "//")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Rel to the harbour, we saw nothing",
        "rel.",
        "PD Kuantan confirmed",
        "H1 results are in",
        "Exp. 12 persons",
        "Grade B2 road",
        "AMBER alert at sea",
        "Red: the colour of the hull",
        "TLP training on Monday",
        "What does TLP mean? See https://www.first.org/tlp/",
        "http://a.example//b // c",
        "> TLP:RED // quoted\n\nplain",
        "ผู้ต้องสงสัยออกจากท่าเรือ",
        "নৌকা ২০২৬ সালে ছেড়ে গেছে",
        "👨‍👩‍👧 aboard 🇹🇱 Police",
        "Protect the witnesses // they are at risk",
        "Release of the crew list",
        "the code REL XYZ // is unknown",
    ],
)
def test_ordinary_text_is_not_a_marking(text: str) -> None:
    assert marking_of(text) is None


@pytest.mark.parametrize(
    ("text", "problem", "nearest"),
    [
        ("TLP:ORANGE // x", Problem.UNKNOWN_LABEL, "TLP:AMBER //"),
        ("TLP:MERAH REL IDN // x", Problem.UNKNOWN_LABEL, "TLP:RED REL IDN //"),
        ("TLP:AMBR x", Problem.UNKNOWN_LABEL, "TLP:AMBER //"),
        ("TLP: training on Monday", Problem.UNKNOWN_LABEL, None),
        ("TLP AMBER x", Problem.UNKNOWN_LABEL, "TLP:AMBER //"),
        ("TLP-AMBER+STRICT x", Problem.UNKNOWN_LABEL, "TLP:AMBER+STRICT //"),
        ("TLPRED x", Problem.UNKNOWN_LABEL, "TLP:RED //"),
        ("T.L.P:RED x", Problem.UNKNOWN_LABEL, "TLP:RED //"),
        ("TLP:AMBER STRICT // x", Problem.UNKNOWN_LABEL, "TLP:AMBER+STRICT //"),
        ("TLP:AMBER-STRICT x", Problem.UNKNOWN_LABEL, "TLP:AMBER+STRICT //"),
        ("TLP:AMBER, REL AUS // x", Problem.UNKNOWN_LABEL, None),
        ("seen TLP:RED today", Problem.LABEL_MISPLACED, "TLP:RED //"),
        ("see it. REL AUS,IDN //", Problem.LABEL_MISPLACED, "REL AUS,IDN //"),
        ("🔴 TLP:RED // x", Problem.LABEL_MISPLACED, "TLP:RED //"),
        ("TLP:RED TLP:GREEN x", Problem.MARKED_TWICE, "TLP:RED //"),
        ("TLP:GREEN // TLP:RED // x", Problem.MARKED_TWICE, "TLP:RED //"),
        ("TLP:AMBER//REL AUS,IDN// x", Problem.MARKED_TWICE, "TLP:AMBER REL AUS,IDN //"),
        ("REL AUS,IDN // REL IDN // x", Problem.MARKED_TWICE, "REL IDN //"),
        ("ORCON // x", Problem.LABEL_MISSING, "TLP:AMBER ORCON //"),
        ("H1 REL AUS,IDN // x", Problem.LABEL_MISSING, "REL AUS,IDN H1 //"),
        ("RED // x", Problem.LABEL_MISSING, "TLP:RED //"),
        ("RED+STRICT // x", Problem.LABEL_MISSING, "TLP:RED //"),
        ("TLP:RED+STRICT // x", Problem.UNKNOWN_LABEL, "TLP:RED //"),
        ("AMBER REL AUS,IDN x", Problem.LABEL_MISSING, "TLP:AMBER REL AUS,IDN //"),
        ("TLP:AMBER REL AUS,IDN vessel", Problem.NOT_ENDED, "TLP:AMBER REL AUS,IDN //"),
        ("TLP:AMBER PD Kuantan", Problem.NOT_ENDED, "TLP:AMBER PD //"),
        ("TLP:AMBER vessel left // now", Problem.NOT_ENDED, "TLP:AMBER //"),
        ("REL AUS,IDN vessel left", Problem.NOT_ENDED, "REL AUS,IDN //"),
        ("REL AUS,IDN", Problem.NOT_ENDED, "REL AUS,IDN //"),
        ("REL AUS,XYZ // x", Problem.UNKNOWN_PARTY, "REL AUS //"),
        ("REL XYZ // x", Problem.UNKNOWN_PARTY, None),
        ("TLP:RED REL AUS,XYZ x", Problem.UNKNOWN_PARTY, "TLP:RED REL AUS //"),
        ("TLP:RED PROTECT XYZ // x", Problem.UNKNOWN_PARTY, "TLP:RED //"),
        ("TLP:RED REL to the harbour", Problem.PARTY_LIST, None),
        ("REL AUS IDN // x", Problem.PARTY_LIST, "REL AUS,IDN //"),
        ("REL AUS/IDN // x", Problem.PARTY_LIST, "REL AUS,IDN //"),
        ("REL TO AUS and IDN // x", Problem.PARTY_LIST, "REL AUS,IDN //"),
        ("REL: AUS,IDN // x", Problem.PARTY_LIST, "REL AUS,IDN //"),
        ("RELEASABLE TO AUS // x", Problem.PARTY_LIST, "REL AUS //"),
        ("TLP:AMBER REL AUS, // x", Problem.PARTY_LIST, "TLP:AMBER REL AUS //"),
        ("TLP:AMBER NOFORN // x", Problem.UNKNOWN_CAVEAT, None),
        ("TLP:AMBER OCRON // x", Problem.UNKNOWN_CAVEAT, "TLP:AMBER ORCON //"),
        ("TLP:AMBER OCRON vessel left", Problem.UNKNOWN_CAVEAT, "TLP:AMBER ORCON //"),
        ("TLP:AMBER EXP 2025-12-31 // x", Problem.PAST_DATE, "TLP:AMBER //"),
        ("TLP:AMBER EXP 2026-02-30 // x", Problem.BAD_DATE, "TLP:AMBER //"),
        ("TLP:AMBER EXP 31/12/2026 // x", Problem.BAD_DATE, "TLP:AMBER EXP 2026-12-31 //"),
        ("TLP:AMBER EXP 03/04/2026 // x", Problem.BAD_DATE, "TLP:AMBER //"),
        ("TLP:AMBER EXP 2569-12-31 // x", Problem.BAD_DATE, "TLP:AMBER EXP 2026-12-31 //"),
        ("TLP:AMBER GRADE G7 // x", Problem.BAD_GRADE, "TLP:AMBER //"),
        ("TLP:AMBER REL AUS REL IDN // x", Problem.REPEATED, None),
        ("TLP:AMBER EXP 2026-05-01 EXP 2026-06-01 // x", Problem.REPEATED, None),
        ("TLP:AMBER EXP 31/13/2026 // x", Problem.BAD_DATE, "TLP:AMBER //"),
        ("TLP:AMBER EXP 2568-02-29 // x", Problem.BAD_DATE, "TLP:AMBER //"),
        ("TLP:AMBER GRADE A1 GRADE B2 // x", Problem.REPEATED, None),
        ("TLP:", Problem.UNKNOWN_LABEL, None),
        ("TLP = x", Problem.UNKNOWN_LABEL, None),
        ("TLP:AMBER PD NOPD // x", Problem.CONTRADICTION, "TLP:AMBER PD //"),
    ],
)
def test_what_is_nearly_a_marking_is_refused_with_the_nearest_form(
    text: str, problem: Problem, nearest: str | None
) -> None:
    found = unclear(text)
    assert found.problem == problem
    if nearest is not None:
        assert found.nearest == nearest
    if found.nearest is not None:
        assert spelled(found.nearest) == found.nearest


@pytest.mark.parametrize(
    ("attack", "text"),
    [
        ("cyrillic a", "TLP:\u0410MBER // x"),
        ("greek tau", "\u03a4LP:AMBER // x"),
        ("fullwidth colon", "TLP\uff1aAMBER // x"),
        ("fullwidth letters", "\uff34\uff2c\uff30:RED // x"),
        ("mathematical bold", "\U0001d413\U0001d40b\U0001d40f:RED // x"),
        ("regional indicators", "\U0001f1f9\U0001f1f1\U0001f1f5:RED // x"),
        ("cyrillic in rel", "TLP:AMBER R\u0415L AUS // x"),
        ("cyrillic in rel alone", "R\u0415L AUS,IDN // x"),
        ("cyrillic in a party", "REL AUS,\u0406DN // x"),
        ("cyrillic in a caveat", "TLP:AMBER \u041eRCON // x"),
        ("bengali digits", "TLP:AMBER EXP ২০২৬-১২-৩১ // x"),
        ("thai digits", "TLP:AMBER EXP ๒๐๒๖-๑๒-๓๑ // x"),
        ("fraction slash as end", "TLP:AMBER REL AUS \u2044\u2044 x"),
        ("accent", "TLP:RE\u0301D // x"),
        ("zero width space", "T\u200bLP:RED // x"),
        ("zero width joiner in rel", "RE\u200dL AUS,IDN // x"),
        ("soft hyphen", "TLP:AM\u00adBER REL AUS // x"),
        ("variation selector", "T\ufe0fLP:RED // x"),
        ("tag character", "T\U000e0041LP:RED // x"),
        ("hangul filler", "\u3164TLP\u3164:RED // x"),
        ("byte order mark", "\ufeffR\ufeffEL AUS,IDN // x"),
        ("null", "T\x00LP:RED // x"),
        ("lone surrogate", "T\ud800LP:RED // x"),
        ("reversed direction", "\u202eDER:PLT\u202c x"),
        ("look-alike elsewhere", "seen \u03a4LP:RED today"),
        ("look-alike after a marking", "TLP:GREEN // \u03a4LP:RED // x"),
    ],
)
def test_letters_that_only_look_like_a_marking_are_refused(attack: str, text: str) -> None:
    unclear(text)


@pytest.mark.parametrize(
    "text",
    ["xTLP:RED REL AUS,IDN // x", "seenTLP:AMBER today", "TLP:GREEN //xTLP:RED // x", "1TLP:RED"],
)
def test_a_label_to_which_letters_stick_is_no_plain_text(text: str) -> None:
    unclear(text)


def test_the_mend_of_a_look_alike_keeps_the_restriction_that_was_meant() -> None:
    assert unclear("TLP:AMBER R\u0415L AUS // x").nearest == "TLP:AMBER REL AUS //"
    assert unclear("TLP:AMBER EXP ২০২৬-১২-৩১ // x").nearest == "TLP:AMBER EXP 2026-12-31 //"


def test_a_mend_never_drops_a_rel_that_names_nobody_known() -> None:
    assert unclear("TLP:GREEN REL XYZ // x").nearest is None


def test_every_marked_line_counts_and_the_message_carries_the_join() -> None:
    text = "TLP:GREEN REL AUS,IDN,MYS // one\nplain\nTLP:RED REL IDN,MYS // two"
    assert spelled(text) == "TLP:RED REL IDN,MYS //"


def test_any_line_break_ends_a_line() -> None:
    for end in ("\n", "\r\n", "\r", "\u2028", "\u2029", "\x85", "\x0b", "\x0c"):
        assert spelled(f"plain{end}TLP:RED // x") == "TLP:RED //", ascii(end)


def test_an_unclear_line_makes_the_whole_message_unclear() -> None:
    assert unclear("TLP:GREEN // one\nTLP:ORANGE // two").problem == Problem.UNKNOWN_LABEL


def test_lines_that_share_no_party_release_to_nobody() -> None:
    found = marking_of("REL AUS //\nREL IDN // x")
    assert isinstance(found, WrittenMarking)
    assert found.rel == frozenset()
    assert write(found) == "REL NONE //"
    assert isinstance(marking_of(write(found)), Unclear)


def test_a_quotation_is_not_read() -> None:
    assert marking_of("> <@aus.secondee1:x> TLP:RED // old\n> more\n\nagreed") is None
    assert spelled("> <@a:x> TLP:RED // old\n\nTLP:GREEN // new") == "TLP:GREEN //"


@pytest.mark.parametrize(
    "mention",
    [
        "@idn.focal1:rilon.example: ",
        "@idn.focal1:rilon.example ",
        "@a.b:x.example:8448, @c.d:x.example ",
        "IDN focal point 1: ",
        "ผู้ประสานงาน: ",
        "[IDN focal](https://matrix.to/#/@idn.focal1:rilon.example) ",
        "[@idn.focal1](<https://matrix.to/#/@idn.focal1:rilon.example>) ",
        "@[IDN focal](https://matrix.to/#/%40idn.focal1:rilon.example): ",
    ],
)
def test_leading_mentions_are_taken_off(mention: str) -> None:
    assert spelled(mention + "TLP:AMBER REL AUS,IDN // x") == "TLP:AMBER REL AUS,IDN //"
    assert spelled(mention + "REL AUS,IDN // x") == "REL AUS,IDN //"


def test_known_names_are_taken_off_without_a_colon() -> None:
    text = "IDN focal point 1 TLP:AMBER x"
    assert unclear(text).problem == Problem.LABEL_MISPLACED
    found = read(text, VOCABULARY, TODAY, names=("IDN focal", "IDN focal point 1", " "))
    assert found == WrittenMarking(tlp=Tlp.AMBER)


def test_a_mention_shown_as_a_marking_is_not_taken_off() -> None:
    names = ("TLP:RED", "REL IDN //", "\u03a4LP:RED")
    assert read("TLP:RED x", VOCABULARY, TODAY, names) == WrittenMarking(tlp=Tlp.RED)
    assert isinstance(read("\u03a4LP:RED x", VOCABULARY, TODAY, names), Unclear)


@pytest.mark.parametrize(
    ("text", "name"),
    [("REL AUS // x", "REL"), ("REL AUS // x", "R"), ("REL AUS,IDN // x", "REL AUS,")],
)
def test_a_mention_that_is_a_part_of_a_marking_is_not_taken_off(text: str, name: str) -> None:
    assert read(text, VOCABULARY, TODAY, (name,)) == marking_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "[TLP:RED //](https://matrix.to/#/@a:b) x",
        "[REL AUS,IDN //](https://matrix.to/#/@a:b) x",
        "@TLP:RED x",
        "@TLP:RED TLP:GREEN // x",
    ],
)
def test_a_label_within_what_names_a_person_is_no_plain_text(text: str) -> None:
    assert unclear(text).problem == Problem.LABEL_MISPLACED


@pytest.mark.parametrize("sign", ["\v", "\f", "\x1c", "\x85", "\u2028", "\u2029", "\r"])
def test_only_a_line_that_every_reader_sees_begin_can_be_a_quotation(sign: str) -> None:
    unclear(f"seen{sign}> TLP:RED REL AUS // x")
    assert marking_of("seen\n> TLP:RED REL AUS // x") is None
    assert marking_of("seen\r\n> TLP:RED REL AUS // x") is None


@pytest.mark.parametrize(
    "text", ["**REL** AUS,IDN // x", "seen _REL_ AUS // x", "seen TLP  :  RED today"]
)
def test_signs_and_spaces_within_a_marking_dont_make_it_plain_text(text: str) -> None:
    unclear(text)


def test_a_name_before_a_second_marking_hides_nothing() -> None:
    assert unclear("TLP:RED // x: TLP:CLEAR // y").problem == Problem.MARKED_TWICE
    assert unclear("TLP RED x: TLP:CLEAR // y").problem == Problem.UNKNOWN_LABEL


def test_only_the_fallback_of_a_reply_is_taken_off() -> None:
    assert without_reply_fallback("> <@a:x> one\n> two\n\nanswer\n> own quote") == (
        "answer\n> own quote"
    )
    assert without_reply_fallback("> own quote\nanswer") == "> own quote\nanswer"
    assert without_reply_fallback("> own quote\n\nanswer") == "> own quote\n\nanswer"
    assert without_reply_fallback("> <@a:x> one") == "> <@a:x> one"
    assert without_reply_fallback("> <@a:x> one\nanswer") == "> <@a:x> one\nanswer"
    assert without_reply_fallback("> * <@a:x> one\n\nanswer") == "answer"
    assert without_reply_fallback("answer") == "answer"


def test_an_effective_marking_always_shows_label_and_parties() -> None:
    marking = Marking(
        Tlp.AMBER_STRICT, parties("RSO", "AUS"), parties("AUS"), frozenset({"ORCON"}),
        personal_data=PersonalData.NONE, expires=date(2026, 4, 1),
    )  # fmt: skip
    assert write_effective(marking) == "TLP:AMBER+STRICT REL AUS,RSO ORCON NOPD EXP 2026-04-01 //"


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "piece",
    [
        "TLP:RED // ", "REL AUS,", "REL ", "A,", "> ", "@a:b ", " ", ": ", "[", "TLP", "TLP:",
        "T L P ", "//", "PD ", "EXP ", "GRADE ", "a: ", "\u200b", "é", "REL AUS,IDN ", "H1 ", "/",
        "\n", "TLP:GREEN\n", "REL AUS //\n", "\ufdfa", "1", "x //", "http://", "-", "!", "@[a](",
    ],
)  # fmt: skip
def test_long_hostile_text_takes_time_in_proportion_to_its_length(piece: str) -> None:
    # The time limit is the assertion: a quadratic reader needs many minutes here.
    text = piece * (300_000 // len(piece.encode()))
    for before in ("", "TLP:RED ", "REL AUS", "x "):
        marking_of(before + text)


def test_folding_holds_for_every_character_there_is() -> None:
    once = as_seen("".join(map(chr, range(0x11_0000))))
    assert as_seen(once) == once
    assert as_seen("\U0001d413\u0410\u200b২") == "TA2"
