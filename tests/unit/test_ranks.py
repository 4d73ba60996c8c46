"""The rank test that the benchmark of requests prints."""

from __future__ import annotations

import random

import pytest

from bench.ranks import compared, ranked


def test_two_samples_of_one_kind_are_told_apart_no_better_than_by_chance() -> None:
    drawn = random.Random(7)
    one, other = ([drawn.lognormvariate(2, 1) for _ in range(300)] for _ in range(2))
    share, chance = ranked(one, other)
    assert 0.4 < share < 0.6
    assert chance > 0.05


def test_a_small_difference_in_all_of_many_is_found() -> None:
    drawn = random.Random(8)
    one = [drawn.lognormvariate(2, 0.2) * 1.08 for _ in range(300)]
    other = [drawn.lognormvariate(2, 0.2) for _ in range(300)]
    share, chance = ranked(one, other)
    assert share > 0.55
    assert chance < 0.01


def test_it_agrees_with_a_worked_example() -> None:
    """U = 3 of 4 × 5 pairs, without ties."""
    share, chance = ranked([1, 2, 3, 7], [4, 5, 6, 8, 9])
    assert share == pytest.approx(3 / 20)
    assert chance == pytest.approx(0.0864, abs=0.001)


def test_ties_count_half_and_all_alike_is_no_difference() -> None:
    assert ranked([1, 1, 1], [1, 1, 1, 1]) == (0.5, 1.0)
    assert compared([2.0, 2.0], [1.0, 1.0])["share_longer"] == 1.0
