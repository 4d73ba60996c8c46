"""What people type into a search: what it means, and the sentence where it can't be read."""

from __future__ import annotations

import time
from datetime import date

import pytest

from rilon.archive.blind import ArchiveKey, Reader, ask, blinded
from rilon.archive.query import MOST_LETTERS, Search, Unsearchable, Why, read_query
from rilon.archive.why_not import why_not
from rilon.bulletins.head import Kind
from rilon.domain.parties import Party
from rilon.texts.translator import translator
from tests.policy_scene import NETWORK


def search(typed: str) -> Search:
    found = read_query(typed)
    assert isinstance(found, Search), found
    return found


def test_words_phrases_and_exclusions_are_told_apart() -> None:
    found = search('boats "northern pier" -wooden')
    assert [unit[0][0] for unit in found.wanted] == [
        {"w\0boat", "w\0boats"},
        {"p\0northern\0pier"},
    ]
    assert "w\0wooden" in found.unwanted[0][0][0]


@pytest.mark.parametrize(
    "typed", ["“northern pier”", "«northern pier»", '"northern pier', '"Northern-Pier"']
)
def test_a_phrase_is_read_as_people_type_it(typed: str) -> None:
    assert search(typed) == search('"northern pier"')


@pytest.mark.parametrize("typed", ["a –boat", "a −boat", "a -'boat'", 'a -"boat"'])
def test_an_exclusion_is_read_as_people_type_it(typed: str) -> None:
    assert search(typed) == search("a -boat")


def test_filters_are_read_as_people_type_them() -> None:
    found = search("Kind: Alert kind:insight GROUP：mps from:2026-02 until: 2026-02, pier")
    assert found.kinds == {Kind.ALERT, Kind.INSIGHT}
    assert found.groups == {"mps"}
    assert (found.since, found.until) == (date(2026, 2, 1), date(2026, 2, 28))
    assert len(found.wanted) == 1
    assert search("since:2025 to:2025").until == date(2025, 12, 31)


def test_a_filter_in_quotes_is_words() -> None:
    assert search('"kind:alert"').kinds == frozenset()


def test_two_ways_of_writing_a_number_are_one_search() -> None:
    assert search("IMO9074729") == search("imo-9074729")


def test_a_plural_by_repeating_is_the_word() -> None:
    assert search("kapal-kapal") == search("kapal")
    assert search("kapal-kapalnya").wanted[0] == search("kapal").wanted[0]


def test_thai_in_quotes_must_stand_so_and_without_may_stand_apart() -> None:
    assert len(search('"ค้ามนุษย์"').wanted[0]) == 1
    assert len(search("ค้ามนุษย์").wanted[0]) == 2
    assert search("คน").wanted == (((frozenset({"w\0คน"}),),),)


def test_a_phrase_of_two_scripts_is_all_of_it() -> None:
    (unit,) = search('"เรือ Sea Star 9"').wanted
    assert len(unit[0]) == 3


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", Why.EMPTY),
        ("  ... “” -- ", Why.EMPTY),
        ("-boat", Why.ONLY_EXCLUDED),
        ("x" * (MOST_LETTERS + 1), Why.LONG),
        (" ".join(f"w{at}w" for at in range(40)), Why.MANY),
        ("kind:warning", Why.KIND),
        ("kind:", Why.KIND),
        ("group:<b>", Why.GROUP),
        ("from:yesterday", Why.DAY),
        ("from:01/02/2026", Why.DAY),
        ("until:2026-02-30", Why.DAY),
        ("until:2026-13", Why.DAY),
        ("until:9999", Why.DAY),
        ("from:2026 since:2025", Why.DAY_TWICE),
        ("from:2026 until:2025", Why.BACKWARDS),
        ("boats -kind:alert", Why.EXCLUDED_FILTER),
    ],
)
def test_what_can_not_be_read_gets_a_sentence(typed: str, why: Why) -> None:
    found = read_query(typed)
    assert isinstance(found, Unsearchable)
    assert found.why is why
    line = why_not(translator("en"), found)
    assert line.plain.endswith(".")
    assert "<b>" not in line.html


def test_a_very_long_search_is_refused_at_once() -> None:
    """ATTACK: 300 kB of nonsense."""
    begun = time.perf_counter()
    for letter in ("x", "ก", '"', "-", "kind:", "a b ", "\u0301", "\ud800"):
        assert read_query(letter * 300_000) == Unsearchable(Why.LONG)
        read_query((letter * MOST_LETTERS)[:MOST_LETTERS])
    assert time.perf_counter() - begun < 5


def test_terms_are_others_in_each_room_and_under_each_key() -> None:
    """ATTACK: whoever holds the database compares rooms, or guesses words."""
    terms = {"w\0boat": 2, "w\0pier": 1}
    one = blinded(terms, ["mps-bulletins"], ArchiveKey(b"k" * 32))
    assert sorted(one.values()) == [1, 2]
    assert all(0 <= number < 1 << 63 for number in one)
    assert not one.keys() & blinded(terms, ["mps-floor"], ArchiveKey(b"k" * 32)).keys()
    assert not one.keys() & blinded(terms, ["mps-bulletins"], ArchiveKey(b"K" * 32)).keys()
    assert len(blinded(terms, ["mps-floor", "mps-bulletins"], ArchiveKey(b"k" * 32))) == 4
    with pytest.raises(ValueError, match="32"):
        ArchiveKey(b"short")
    assert "kkkk" not in repr(ArchiveKey(b"k" * 32))


def test_a_group_that_there_is_not_and_one_of_others_are_the_same() -> None:
    """ATTACK: learning which groups there are."""
    key = ArchiveKey(b"k" * 32)
    reader = Reader(Party("IDN"), frozenset({"mps-floor"}))
    known, unknown = (
        ask(search(f"boat group:{group}"), reader, NETWORK, key) for group in ("mps", "nowhere")
    )
    assert known.reader == unknown.reader
    assert known.asked == unknown.asked == ()
