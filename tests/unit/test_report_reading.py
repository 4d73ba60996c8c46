"""Reports as officers write them: what is read, and what is named as not understood."""

from __future__ import annotations

from datetime import date

import pytest

from rilon.domain.gazetteer import Gazetteer, Place, SeaArea
from rilon.domain.reports import (
    Age,
    Documents,
    Ending,
    Method,
    People,
    ReportKind,
    Sex,
    Sighting,
    Vessel,
)
from rilon.domain.word_forms import plain_word
from rilon.reports.draft import (
    Draft,
    Field,
    draft_from_json,
    draft_of,
    draft_to_json,
    overlaid,
)
from rilon.reports.mistakes import Misread, Wrong
from rilon.reports.places import names_of
from rilon.reports.reading import (
    LONGEST,
    LONGEST_NOTE,
    Reader,
    Said,
    read_partly,
    read_report,
)
from rilon.reports.terms import COUNTED, FORBIDDEN_LABELS, LABELS, TERMS, field_of, shown
from tests.unit.report_words import GAZETTEER, READER, TODAY, read, wrong

NOV_2 = date(2026, 11, 2)
MEN, WOMEN = (Age.ADULT, Sex.MALE), (Age.ADULT, Sex.FEMALE)
CHILDREN, ANYBODY = (Age.CHILD, Sex.UNKNOWN), (Age.UNKNOWN, Sex.UNKNOWN)


def test_a_report_in_one_line() -> None:
    """The line of the handbook, field by field."""
    said = read(
        "2 Nov, Andaman Sea, Teknaf to Aceh, fishing boat, 40 men 12 women 5 children, "
        "mother ship, no papers, rescued, B2"
    )
    assert said == Draft(
        day=NOV_2,
        area="andaman-sea",
        begins="teknaf",
        ends="aceh",
        vessel=Vessel.FISHING,
        people=tuple(sorted((People(*MEN, 40), People(*WOMEN, 12), People(*CHILDREN, 5)))),
        methods=(Method.MOTHER_SHIP,),
        documents=Documents.NONE,
        ending=Ending.RESCUED,
        grade="B2",
    )


def test_fields_come_in_any_order_and_with_their_names() -> None:
    """A name and a colon say which field is meant, in any of the languages."""
    one = read("case\nB2")
    assert (one.kind, one.grade) == (ReportKind.CASE, "B2")
    two = read(
        "laut: Laut Jawa; tanggal: kemarin; dari: Kupang\npara: Darwin; orang: 7; cara: dikawal"
    )
    assert (two.area, two.day, two.begins, two.ends) == (
        "java-sea", date(2026, 11, 21), "kupang", "darwin",
    )  # fmt: skip
    assert (two.people, two.methods) == ((People(*ANYBODY, 7),), (Method.ESCORTED,))
    assert read("documents: unknown, outcome: unknown").documents is Documents.UNKNOWN
    assert read("vessel: other").vessel is Vessel.OTHER
    assert read("method: hidden and escorted").methods == (Method.ESCORTED, Method.HIDDEN)
    assert read("route: Johor crossing").route == "johor-crossing"
    assert read("route: Batam to Johor").ends == "johor"
    assert read("from: Batam to Johor").begins == "batam"
    assert read("grade: b 2").grade == "B2"
    assert read("note: two engines, no lights. Seen twice").note == (
        "two engines, no lights. Seen twice"
    )


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-11-02", NOV_2), ("2 Nov", NOV_2), ("2 November 2026", NOV_2), ("Nov 2", NOV_2),
        ("November 2 2026", NOV_2), ("2/11/2026", NOV_2),
        ("2.11.2026", NOV_2), ("02-11-2026", NOV_2), ("2nd of Nov", NOV_2), ("2 Nov. 2026", NOV_2),
        ("2 พ.ย.", NOV_2), ("2 พฤศจิกายน", NOV_2), ("২ নভেম্বর", NOV_2),
        ("2 de novembro de 2026", NOV_2),
        ("25 Dec", date(2025, 12, 25)), ("25 Des", date(2025, 12, 25)),
        ("today", TODAY), ("hari ini", TODAY), ("วันนี้", TODAY), ("আজ", TODAY), ("hoje", TODAY),
        ("yesterday", date(2026, 11, 21)), ("kemarin", date(2026, 11, 21)),
        ("the day before yesterday", date(2026, 11, 20)), ("12/1/2026", date(2026, 1, 12)),
    ],
)  # fmt: skip
def test_a_day_in_its_common_forms(written: str, day: date) -> None:
    """Numbers are read day first; a day without a year is the last that has come."""
    assert read(written).day == day


@pytest.mark.parametrize(
    ("written", "code", "nearest"),
    [
        ("23 Nov 2026", Wrong.DAY_AHEAD, ""), ("2/11/2569", Wrong.DAY_AHEAD, "2026-11-02"),
        ("2029-02-28", Wrong.DAY_AHEAD, ""), ("29/2/2567", Wrong.DAY_UNCLEAR, ""),
        ("2024-11-20", Wrong.DAY_LONG_AGO, ""), ("30 Feb", Wrong.DAY_UNCLEAR, ""),
        ("31/2/2026", Wrong.DAY_UNCLEAR, ""), ("2026-13-01", Wrong.DAY_UNCLEAR, ""),
        ("2/11", Wrong.UNKNOWN, ""), ("day: soon", Wrong.DAY_UNCLEAR, ""),
        ("day: 2/11/26", Wrong.DAY_UNCLEAR, ""), ("29 Feb", Wrong.DAY_UNCLEAR, ""),
        ("29/2/2572", Wrong.DAY_AHEAD, ""),
    ],
)  # fmt: skip
def test_a_day_that_cant_be_is_named(written: str, code: Wrong, nearest: str) -> None:
    """In the future, over two years ago, of no calendar. Years of Thailand are only offered."""
    found = wrong(written)
    assert found.code is code
    if code is not Wrong.UNKNOWN:
        assert found.nearest == nearest


def test_a_leap_day_of_thailands_years_has_no_twin_here() -> None:
    """2572-02-29 would be a day of 2029, which has none."""
    assert wrong("2572-02-29").code is Wrong.DAY_AHEAD


@pytest.mark.parametrize(
    ("written", "people"),
    [
        ("40 men", {MEN: 40}), ("1 man", {MEN: 1}), ("57 people", {ANYBODY: 57}),
        ("57 people, 40 men, 12 women, 5 children", {MEN: 40, WOMEN: 12, CHILDREN: 5}),
        ("57 people: 40 men 12 women 5 children",
         {MEN: 40, WOMEN: 12, CHILDREN: 5}),
        ("40 men and 12 women", {MEN: 40, WOMEN: 12}), ("40 orang laki-laki", {MEN: 40}),
        ("40 laki-laki dan 12 perempuan", {MEN: 40, WOMEN: 12}), ("57 orang", {ANYBODY: 57}),
        ("ชาย 40 คน หญิง 12 คน", {MEN: 40, WOMEN: 12}), ("৪০ জন পুরুষ", {MEN: 40}),
        ("๔๐ คน", {ANYBODY: 40}), ("5 crianças", {CHILDREN: 5}), ("people: 12", {ANYBODY: 12}),
        ("5 children, 3 boys 2 girls", {(Age.CHILD, Sex.MALE): 3, (Age.CHILD, Sex.FEMALE): 2}),
        ("2 males, 3 other people",
         {(Age.UNKNOWN, Sex.MALE): 2, ANYBODY: 3}),
        ("10 people, 5 children of unknown sex, 5 adults",
         {(Age.ADULT, Sex.UNKNOWN): 5, CHILDREN: 5}),
    ],
)  # fmt: skip
def test_people_as_they_are_counted(written: str, people: dict[tuple[Age, Sex], int]) -> None:
    """Nobody is counted twice, whatever the language and its digits."""
    assert {(one.age, one.sex): one.count for one in read(written).people} == people


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("0 men", Wrong.COUNT), ("5001 men", Wrong.COUNT), ("3000 men 3000 women", Wrong.COUNT),
        ("~40 men", Wrong.COUNT), ("40+ men", Wrong.COUNT), ("40-50 men", Wrong.COUNT),
        ("60 people, 40 men", Wrong.COUNTS_DIFFER), ("5 children, 2 boys", Wrong.COUNTS_DIFFER),
        ("5 children, 5 children of unknown sex", Wrong.COUNTS_DIFFER),
        ("40 men, 3 men", Wrong.TWICE), ("people: many", Wrong.COUNT), ("40 ghosts", Wrong.UNKNOWN),
        ("men", Wrong.UNKNOWN), ("40", Wrong.UNKNOWN), ("40 men 12", Wrong.UNKNOWN),
        ("men 40 women", Wrong.UNKNOWN), ("people: 0", Wrong.COUNT),
        ("people: ~3 men", Wrong.COUNT),
    ],
)  # fmt: skip
def test_counts_that_say_no_one_thing_are_mistakes(written: str, code: Wrong) -> None:
    """A total that isn't the sum, a guess, a range: the digest adds them up."""
    assert wrong(written).code in (code, Wrong.UNKNOWN if code is Wrong.COUNT else code)


@pytest.mark.parametrize(
    ("written", "code", "nearest"),
    [
        ("Aceh", Wrong.PLACE_WHICH, "from Aceh · to Aceh"),
        ("other", Wrong.AMBIGUOUS, "other vessel · other method"),
        ("unknown", Wrong.AMBIGUOUS, "papers unknown · outcome unknown"),
        ("Andamen Sea", Wrong.UNKNOWN, "Andaman Sea"), ("fishing bot", Wrong.UNKNOWN, "fishing"),
        ("Aceh to Tecnaf", Wrong.UNKNOWN, "Teknaf"), ("Tecnaf to Aceh", Wrong.UNKNOWN, "Teknaf"),
        ("from Tecnaf", Wrong.UNKNOWN, "Teknaf"), ("day: 31/2/2026", Wrong.DAY_UNCLEAR, ""),
        ("from: Tecnaf to Aceh", Wrong.UNKNOWN, "Teknaf"),
        ("route: Batam to Jhor", Wrong.UNKNOWN, "Johor"), ("route: zz", Wrong.UNKNOWN, ""),
        ("from: zzzz", Wrong.UNKNOWN, ""), ("to: Aceh to", Wrong.UNKNOWN, ""),
        ("area: Jave Sea", Wrong.UNKNOWN, "Java Sea"), ("to: Darwen", Wrong.UNKNOWN, "Darwin"),
        ("vessel: submarine", Wrong.UNKNOWN, ""), ("vesel: ferry", Wrong.UNKNOWN, "vessel:"),
        ("grade: G9", Wrong.UNKNOWN, "B2"), ("area:", Wrong.EMPTY, ""),
        ("method: hidden and zzz", Wrong.UNKNOWN, ""), ("qqqq: x", Wrong.UNKNOWN, ""),
        ("documents: none at all zz", Wrong.UNKNOWN, ""),
        ("2 Nov, 3 Nov", Wrong.TWICE, "day"), ("Java Sea, Timor Sea", Wrong.TWICE, "area"),
        ("Teknaf to Aceh, Teknaf to Dili", Wrong.TWICE, "to"),
        ("ferry, yacht", Wrong.TWICE, "vessel"),
        ("name: Ali", Wrong.NAMES, ""), ("nama: Ali", Wrong.NAMES, ""),
        ("passport: A1", Wrong.NAMES, ""),
        ("note: call +62 812 3456 7890", Wrong.PERSONAL, ""),
        ("note: write to someone@mail.example", Wrong.PERSONAL, ""),
        ("Java\u200b Sea", Wrong.UNSEEN, ""), ("note: a\u202eb", Wrong.UNSEEN, ""),
        ("x" * (LONGEST + 1), Wrong.TOO_LONG, str(LONGEST)),
        ("B2," * 61, Wrong.TOO_LONG, str(LONGEST)),
        ("note: " + "x" * (LONGEST_NOTE + 1), Wrong.TOO_LONG, str(LONGEST_NOTE)),
    ],
)  # fmt: skip
def test_what_isnt_understood_is_named(written: str, code: Wrong, nearest: str) -> None:
    """Never guessed, never taken for a note, and with the nearest that is known."""
    found = wrong(written)
    assert found.code is code
    if nearest:
        assert nearest in found.nearest


@pytest.mark.parametrize(
    ("written", "begins", "ends"),
    [
        ("Teknaf to Aceh", "teknaf", "aceh"), ("Teknaf → Aceh", "teknaf", "aceh"),
        ("from Teknaf to Aceh", "teknaf", "aceh"), ("Teknaf - Aceh", "teknaf", "aceh"),
        ("dari Kupang ke Darwin", "kupang", "darwin"), ("จากระนองถึงสตูล", "ranong", "satun"),
        ("টেকনাফ থেকে আচেহ", "teknaf", "aceh"), ("de Díli para Darwin", "dili", "darwin"),
        ("from Teknaf", "teknaf", None), ("to Aceh", None, "aceh"), ("টেকনাফ থেকে", "teknaf", None),
        ("Cox's Bazar to LANGKAWI", "coxs-bazar", "langkawi"),
    ],
)  # fmt: skip
def test_where_from_and_where_to(written: str, begins: str | None, ends: str | None) -> None:
    """In each language's own order."""
    said = read(written)
    assert (said.begins, said.ends) == (begins, ends)


def test_what_can_be_read_is_kept_beside_a_mistake() -> None:
    """An officer needn't type all of it again."""
    said, mistake = read_partly("2 Nov, zzzz, 40 men, 3 men, Java Sea", READER)
    assert mistake is not None
    assert mistake.found == "zzzz"
    assert (said.draft.day, said.draft.area, said.draft.people) == (NOV_2, "java-sea", ())


def test_a_field_is_taken_out_by_none() -> None:
    """`documents: none` says that there were none; it takes nothing out."""
    found = read_report("area: none, documents: none\nnote: hapus", READER)
    assert isinstance(found, Said)
    assert found.cleared == {Field.AREA, Field.NOTE}
    assert found.draft.documents is Documents.NONE
    before = read("Java Sea, 2 Nov, note: x")
    assert overlaid(before, found.draft, found.cleared) == Draft(
        day=NOV_2, documents=Documents.NONE
    )


def test_a_place_called_like_a_thing_is_asked_about() -> None:
    """Gazetteers are the coordinator's: a harbour may be called Ferry."""
    table = Gazetteer(
        areas={"cargo": SeaArea("cargo", {"en": "Cargo"})},
        places={"ferry": Place("ferry", {"en": "Ferry"})},
    )
    reader = Reader(names_of(table), TODAY)
    found = [read_report(one, reader) for one in ("ferry", "cargo")]
    assert found == [
        Misread(Wrong.AMBIGUOUS, "ferry", "ferry · from: ferry"),
        Misread(Wrong.AMBIGUOUS, "cargo", "cargo ship · area: cargo"),
    ]
    assert read_report("vessel: ferry, to: ferry, area: cargo", reader) == Said(
        Draft(vessel=Vessel.FERRY, ends="ferry", area="cargo")
    )


def test_the_same_value_again_is_no_second_one() -> None:
    """`Andaman Sea, Laut Andaman` says one thing."""
    assert read("Andaman Sea, Laut Andaman, hidden, hidden").area == "andaman-sea"


def test_bengali_joiners_are_spelling() -> None:
    """Invisible, and part of words; elsewhere they hide something."""
    assert read("note: র\u200dযাব দেখেছে").note
    assert wrong("note: a\u200db").code is Wrong.UNSEEN


def test_a_draft_becomes_a_report_once_nothing_is_missing() -> None:
    """A day, where, and who or what; a sighting unless it says otherwise."""
    assert read("2 Nov, Java Sea").sighting is None
    assert read("2 Nov, ferry").sighting is None
    assert read("Java Sea, ferry").sighting is None
    said = read("2 Nov, from Dili, ferry").sighting
    assert said == Sighting(ReportKind.SIGHTING, NOV_2, begins="dili", vessel=Vessel.FERRY)
    assert said is not None
    assert draft_of(said).sighting == said
    assert draft_from_json(draft_to_json(said)).sighting == said
    assert draft_from_json(draft_to_json(Draft())) == Draft()


def test_words_mean_what_they_are_listed_for() -> None:
    """INVARIANT: a term's own spelling means it alone, and no word is of two kinds unnoticed."""
    for terms in TERMS.values():
        for term in terms:
            assert TERMS[plain_word(shown(term))] == (term,), term
            assert read(f"{field_of(term).value}: {shown(term)}") == read(shown(term))
    names = set(READER.names.areas) | set(READER.names.places) | set(READER.names.routes)
    assert not names & TERMS.keys()
    assert not names & COUNTED.keys()
    assert not LABELS.keys() & FORBIDDEN_LABELS
    assert {LABELS[plain_word(field.value)] for field in Field} == set(Field)
    assert GAZETTEER.routes
