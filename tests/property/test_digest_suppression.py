"""Nobody can work out what a digest doesn't show, also not who knows how it is chosen."""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilon.digests.comparing import Change, Pair, changes, summed
from rilon.digests.request_counts import RequestCounts, requests_shown
from rilon.digests.suppression import (
    HIDDEN,
    Shown,
    mentions_shown,
    parts_shown,
    people_shown,
    share_shown,
    shown_exactly,
    total_shown,
)

Cells = tuple[int, ...]


def told(counts: Cells, smallest: int) -> tuple[Shown, ...]:
    """All that a reader has of one period: the total, and every part."""
    found = parts_shown({str(at): one for at, one in enumerate(counts)}, smallest, len(counts))
    return total_shown(sum(counts), smallest), *(found.at(str(at)) for at in range(len(counts)))


@pytest.mark.parametrize(
    ("smallest", "many", "most"),
    [
        (3, 2, 24),
        (3, 3, 18),
        (3, 4, 13),
        (3, 5, 10),
        (4, 2, 26),
        (4, 3, 18),
        (5, 3, 20),
        (5, 4, 13),
    ],
)
def test_of_every_hidden_part_two_values_remain(smallest: int, many: int, most: int) -> None:
    """ATTACK: every table there is, and who tries them all and keeps those that look the same:
    totals, shown parts, and what the choice of the hidden ones itself gives away."""
    alike: dict[tuple[Shown, ...], list[Cells]] = defaultdict(list)
    for counts in product(range(most + 1), repeat=many):
        if sum(counts) <= most:
            alike[told(counts, smallest)].append(counts)
    for shown, tables in alike.items():
        whole = sum(tables[0]) + 1 if shown[0].exact is None else None
        for at, part in enumerate(shown[1:]):
            values = {table[at] for table in tables}
            assert (len(values) == 1) is (part.exact is not None), (shown, tables)
            assert all(part.least <= one and one <= (part.most or most) for one in values)
        assert whole is None or whole <= smallest


counts = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 40), max_size=8)


@given(counts, st.integers(3, 6))
def test_what_is_shown_is_true_and_never_small(found: dict[str, int], smallest: int) -> None:
    """A figure is the count, or bounds that hold; above zero no figure is below the threshold."""
    for parts in (
        parts_shown(found, smallest, 9),
        mentions_shown(found, sum(found.values()), smallest),
    ):
        for key in "abcdefghi":
            part, count = parts.at(key), found.get(key, 0)
            assert part.least <= count
            assert part.most is None or count <= part.most
            assert part.exact is None or part.exact == 0 or part.exact >= smallest


@given(counts, counts, st.integers(3, 6), st.randoms(use_true_random=False))
def test_tables_that_differ_in_hidden_parts_alone_say_the_same(
    one: dict[str, int], before: dict[str, int], smallest: int, chance: random.Random
) -> None:
    """ATTACK: words and means that tell what the figures don't. Small counts change places, and
    nothing that is told changes."""
    keys = "abcdefghi"
    small = [key for key in keys if one.get(key, 0) < smallest]
    mixed = chance.sample(small, len(small))
    moved = one | {key: one.get(other, 0) for key, other in zip(small, mixed, strict=True)}
    first, second = parts_shown(one, smallest, 9), parts_shown(moved, smallest, 9)
    assert [first.at(key) for key in keys] == [second.at(key) for key in keys]
    earlier = parts_shown(before, smallest, 9)
    words = [
        changes([Pair(parts.at(key), earlier.at(key)) for key in keys]) for parts in (first, second)
    ]
    assert words[0] == words[1]


figures = st.one_of(
    st.integers(0, 60).map(shown_exactly),
    st.integers(1, 5).map(lambda most: Shown(0, most)),
    st.just(HIDDEN),
)


@given(st.lists(st.tuples(figures, figures, st.integers(1, 8)), max_size=25))
def test_more_is_never_said_of_as_many_or_fewer(
    found: list[tuple[Shown, Shown, int]],
) -> None:
    """Whatever hidden figures are: `more` only if every one of them would be more."""
    pairs = [Pair(*one) for one in found]
    for one, change in zip(pairs, changes(pairs), strict=True):
        if change is Change.MORE:
            assert one.before.most is not None
            assert one.now.least * one.periods > one.before.most
        if change is Change.FEWER:
            assert one.now.most is not None
            assert one.now.most * one.periods < one.before.least


@given(st.lists(figures, max_size=8))
def test_a_sum_holds_whatever_its_hidden_parts_are(found: list[Shown]) -> None:
    whole = summed(found)
    assert whole.least == sum(one.least for one in found)
    assert (whole.most is None) is any(one.most is None for one in found)


@given(st.integers(0, 500), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_people_of_few_reports_arent_counted(
    people: int, reports: int, children_in: int, others_in: int
) -> None:
    """ATTACK: one boat's children, as all people less those of the other boats."""
    shown = people_shown(people, reports, 3)
    assert (shown.exact is None) is (0 < reports < 3)
    share = share_shown(people, children_in, others_in, 3)
    assert (share.exact is None) is (0 < children_in < 3 or 0 < others_in < 3)


@given(*[st.integers(0, 30)] * 5, st.integers(0, 150))
def test_requests_are_shown_by_the_same_rule(
    in_time: int, late: int, refused: int, still: int, gone: int, urgent: int
) -> None:
    asked = in_time + late + refused + still + gone
    counts = RequestCounts(asked, min(urgent, asked), in_time + late, in_time, refused, still)
    shown = requests_shown(counts, 3)
    for one in (shown.asked, shown.urgent, *(shown.ends.at(end) for end in ("late", "given_up"))):
        assert one.exact is None or one.exact == 0 or one.exact >= 3
    assert shown.ends.at("refused").least <= refused
