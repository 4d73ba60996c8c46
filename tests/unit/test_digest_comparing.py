"""Words for changes: what is within chance is called that, and few reports are no news."""

from __future__ import annotations

import pytest

from rilon.digests.comparing import FALSE_ALARM, Change, Pair, changes, p_value, summed
from rilon.digests.suppression import HIDDEN, Shown, shown_exactly


def pair(now: int, before: int, periods: int = 1) -> Pair:
    return Pair(shown_exactly(now), shown_exactly(before), periods)


@pytest.mark.parametrize(
    ("now", "before", "periods", "p"),
    [
        (5, 0, 1, 2 / 32),
        (6, 0, 1, 2 / 64),
        (4, 4, 1, 1.0),
        (0, 0, 1, 1.0),
        (2, 0, 3, 2 / 16),  # both of two in one of four periods
    ],
)
def test_the_p_value_is_the_exact_binomial_one(
    now: int, before: int, periods: int, p: float
) -> None:
    """Worked out by hand: the smaller tail, doubled, one at most."""
    assert p_value(now, before, periods) == pytest.approx(p)


def test_many_reports_are_counted_exactly_and_without_overflow() -> None:
    """Powers of whole numbers, not of floats."""
    assert 0.9 < p_value(1000, 1000) <= 1.0
    assert p_value(2000, 500, 8) < 1e-100


@pytest.mark.parametrize(
    ("one", "came_to"),
    [
        (pair(20, 5), Change.MORE),
        (pair(5, 20), Change.FEWER),
        (pair(14, 9), Change.NONE),
        (pair(9, 9), Change.NONE),
        (pair(3, 0), Change.TOO_FEW),
        (pair(0, 0), Change.TOO_FEW),
        (pair(12, 16, 8), Change.MORE),
        (pair(1, 80, 8), Change.FEWER),
    ],
)
def test_a_change_has_one_of_four_words(one: Pair, came_to: Change) -> None:
    assert changes([one]) == (came_to,)


def test_one_clear_change_among_many_comparisons_needs_more() -> None:
    """Twenty comparisons by which nothing changed shouldn't bring forth a change by chance."""
    nearly = pair(13, 4)
    assert FALSE_ALARM / 20 < p_value(13, 4) <= FALSE_ALARM
    assert changes([nearly]) == (Change.MORE,)
    assert changes([nearly, *[pair(10, 10)] * 19])[0] is Change.NONE


def test_rows_with_few_reports_dont_make_the_others_deaf() -> None:
    """A comparison that can't come out takes nothing from those that can (Tarone)."""
    assert changes([pair(13, 4), *[pair(1, 2)] * 40])[0] is Change.MORE


def test_a_small_count_is_compared_as_the_most_that_it_may_be() -> None:
    """`<3` may be two: eleven against it are more, six aren't clearly."""
    small = Shown(0, 2)
    assert changes([Pair(shown_exactly(12), small)]) == (Change.MORE,)
    assert changes([Pair(small, shown_exactly(12))]) == (Change.FEWER,)
    assert changes([Pair(shown_exactly(6), small)]) == (Change.NONE,)
    assert changes([Pair(small, small)]) == (Change.TOO_FEW,)


def test_what_isnt_shown_is_compared_with_nothing() -> None:
    assert changes([Pair(shown_exactly(40), HIDDEN)]) == (Change.TOO_FEW,)
    assert changes([Pair(HIDDEN, shown_exactly(40))]) == (Change.TOO_FEW,)
    assert changes([]) == ()


def test_a_sum_is_known_as_far_as_its_parts_are() -> None:
    assert summed([shown_exactly(4), Shown(0, 2)]) == Shown(4, 6)
    assert summed([shown_exactly(4), HIDDEN]) == Shown(4, None)
    assert summed([]).exact == 0
