"""Which messages hold what was taken back, and how much of each is somebody's own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilon.domain.parties import parties
from rilon.policy.copies import MOST_OWN, Extent, Holding, extent_of, taken_from
from rilon.policy.passages import fingerprints, normalise, passage_key
from tests.policy_scene import NETWORK

KEY = passage_key(b"k" * 32)
ALL = NETWORK.rooms["mps-floor"].ceiling
AUS, IDN, MYS = parties("AUS"), parties("IDN"), parties("MYS")
(AUS_PARTY,), (IDN_PARTY,) = AUS, IDN
START = datetime(2026, 6, 1, tzinfo=UTC)
WORDS = frozenset(range(40))


def held(
    name: str,
    at: int,
    by: frozenset[str] = AUS,
    *,
    received: frozenset[str] | None = None,
    common: frozenset[int] = WORDS,
    words: int | None = None,
    files: frozenset[int] = frozenset(),
    public: bool = False,
) -> Holding:
    return Holding(
        identity=name.encode(),
        event_id=f"${name}",
        by=by,  # type: ignore[arg-type]
        received=(ALL if received is None else received),  # type: ignore[arg-type]
        common=common,
        words=len(common - files) if words is None else words,
        files=files,
        public=public,
        order=(START + timedelta(minutes=at), at),
    )


def taken(*some: Holding, of: str = "first") -> dict[str, frozenset[int]]:
    found = taken_from([of.encode()], some, AUS_PARTY)
    return {identity.decode(): passages for identity, passages in found.items()}


FIRST = held("first", 0)


def test_what_a_party_first_received_there_is_taken_from_there() -> None:
    assert taken(FIRST, held("copy", 1, IDN)) == {"copy": WORDS}


def test_what_came_before_is_no_copy_whoever_said_it() -> None:
    assert taken(held("theirs", 0, IDN), held("first", 1)) == {"theirs": frozenset()}
    assert taken(held("draft", 0, AUS), held("first", 1)) == {"draft": frozenset()}


def test_words_that_a_party_held_first_as_its_own_stay_its_own() -> None:
    """ATTACK: a party posts another's words and recalls them, so that they go everywhere."""
    own, again = held("own", 0, IDN), held("again", 2, IDN)
    assert taken(own, held("first", 1), again) == {"own": frozenset(), "again": frozenset()}


def test_what_was_had_first_from_a_third_party_is_no_copy() -> None:
    theirs = held("theirs", 0, MYS, received=parties("MYS", "IDN"))
    copy = held("copy", 2, IDN)
    assert taken(theirs, held("first", 1), copy)["copy"] == frozenset()


def test_what_a_third_party_held_unseen_changes_nothing() -> None:
    """ATTACK: who recalls learns from what goes what others hold."""
    unseen = held("unseen", 0, MYS, received=MYS)
    assert taken(unseen, held("first", 1), held("copy", 2, IDN))["copy"] == WORDS


def test_whoever_never_received_it_has_no_copy_of_it() -> None:
    first = held("first", 0, received=parties("AUS", "IDN"))
    assert taken(first, held("alike", 1, MYS))["alike"] == frozenset()


def test_a_copy_of_a_copy_is_one() -> None:
    first = held("first", 0, received=parties("AUS", "IDN"))
    second = held("second", 1, IDN, received=parties("IDN", "MYS"))
    third = held("third", 2, MYS, received=MYS)
    assert taken(first, second, third) == {"second": WORDS, "third": WORDS}


def test_public_text_is_taken_from_nobody_but_ones_own() -> None:
    """ATTACK: public text, posted and recalled, so that others lose it."""
    first = held("first", 0, public=True)
    found = taken(first, held("theirs", 1, IDN), held("ours", 2, AUS))
    assert found == {"theirs": frozenset(), "ours": WORDS}


def test_what_reached_a_party_as_public_from_a_copy_is_public_to_it() -> None:
    first = held("first", 0, received=parties("AUS", "IDN"))
    opened = held("opened", 1, IDN, public=True)
    assert taken(first, opened, held("third", 2, MYS))["third"] == frozenset()


def test_an_earlier_message_of_the_same_party_that_still_stands_is_where_it_is_from() -> None:
    earlier = held("earlier", 0, received=parties("AUS", "MYS"))
    copy = held("copy", 2, MYS)
    assert taken(earlier, held("first", 1), copy)["copy"] == frozenset()


@given(st.permutations(range(6)))
def test_the_order_in_which_they_are_read_doesnt_matter(order: list[int]) -> None:
    some = [
        held("first", 0, received=parties("AUS", "IDN")),
        held("a", 1, IDN, received=parties("IDN", "MYS")),
        held("b", 2, MYS),
        held("c", 3, parties("THA")),
        held("d", 4, AUS),
        held("e", 5, IDN, common=frozenset(range(20, 60))),
    ]
    assert taken(*(some[at] for at in order)) == taken(*some)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["AUS", "IDN", "MYS"]),
            st.frozensets(st.sampled_from(["AUS", "IDN", "MYS"])),
            st.frozensets(st.integers(0, 5), min_size=1),
            st.booleans(),
        ),
        max_size=8,
    ),
    st.integers(0, 7),
)
def test_nobody_loses_what_was_said_before_or_never_reached_them(
    some: list[tuple[str, frozenset[str], frozenset[int], bool]], at: int
) -> None:
    holdings = [
        held(
            str(number), number, parties(by), received=received | {by}, common=common, public=public
        )
        for number, (by, received, common, public) in enumerate(some)
    ]
    holdings.insert(min(at, len(some)), replace(held("first", 0), order=(START, 0)))
    holdings = [
        replace(one, order=(START + timedelta(minutes=number), number))
        for number, one in enumerate(holdings)
    ]
    first = next(one for one in holdings if one.identity == b"first")
    found = taken_from([b"first"], holdings, AUS_PARTY)
    for one in holdings:
        has = found.get(one.identity, frozenset())
        assert has <= one.common & first.common
        if one.order < first.order:
            assert not has
        if AUS_PARTY not in one.by:
            for each in has:
                before = [
                    other
                    for other in holdings
                    if other.order < one.order
                    and each in other.common
                    and other.by & one.by == one.by
                ]
                # What it said itself before, it had from there already.
                assert all(each in found.get(other.identity, ()) for other in before)


# --- how much of it ------------------------------------------------------------------------------

TEXT = (
    "The blue hull was seen at the second jetty at four in the morning, low in the water, with "
    "forty people below and two men on deck whom nobody there had seen before"
)


def weighed(original: str, text: str, **more: object) -> Extent | None:
    key = KEY
    wanted = fingerprints(normalise(original), key)
    left = fingerprints(normalise(text), key)
    one = held("copy", 1, IDN, common=left & wanted, words=len(left))
    one = replace(one, **more)  # type: ignore[arg-type]
    return extent_of(one, {one.identity: one.common})


@pytest.mark.parametrize(
    ("before", "after"),
    [("", ""), ("FYI: ", ""), ("", " (from AUS)"), ("Please note: ", " Thanks"), ("> ", " !!!")],
)
def test_a_copy_with_a_short_remark_is_a_copy(before: str, after: str) -> None:
    assert weighed(TEXT, f"{before}{TEXT}{after}") is Extent.COPY
    assert weighed(TEXT, f"{before}{TEXT.upper()}{after}") is Extent.COPY


def test_a_part_of_it_and_nothing_else_is_a_copy() -> None:
    assert weighed(TEXT, TEXT[20:120]) is Extent.COPY


@pytest.mark.parametrize("said", ["before", "after", "around"])
def test_a_sentence_of_ones_own_keeps_the_message(said: str) -> None:
    own = "We stopped a lorry with six of them on the coast road last night and hold the driver."
    text = {"before": f"{own} {TEXT}", "after": f"{TEXT} {own}", "around": f"{own} {TEXT} {own}"}
    assert weighed(TEXT, text[said]) is Extent.QUOTE


def test_a_short_quotation_in_a_short_answer_keeps_it() -> None:
    quoted = "seen at the second jetty at four in the morning"
    assert weighed(TEXT, f"You wrote {quoted}. It was five, I was there.") is Extent.QUOTE


def test_other_words_have_nothing_of_it() -> None:
    assert weighed(TEXT, "All quiet on the northern coast, nothing to report until noon.") is None


@given(st.lists(st.text("bcdefghjk", min_size=4, max_size=9), min_size=30, unique=True))
def test_whatever_somebody_writes_themselves_at_length_is_never_taken(own: list[str]) -> None:
    said = " ".join(own)
    assert weighed(TEXT, f"{said} {TEXT}") is not Extent.COPY
    assert weighed(TEXT, f"{TEXT} {said}") is not Extent.COPY


def test_a_file_with_a_remark_goes_and_with_words_of_ones_own_only_the_file() -> None:
    file = frozenset({-7})
    one = held("copy", 1, IDN, common=file, files=file)
    assert extent_of(one, {b"copy": file}) is Extent.COPY
    assert extent_of(replace(one, words=MOST_OWN), {b"copy": file}) is Extent.COPY
    assert extent_of(replace(one, words=MOST_OWN + 1), {b"copy": file}) is Extent.FILE


def test_a_copied_caption_under_a_file_of_ones_own_is_a_quotation() -> None:
    assert weighed(TEXT, TEXT, files=frozenset({-8})) is Extent.QUOTE
