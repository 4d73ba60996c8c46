"""Whether two samples of times differ: the rank test of Mann and Whitney, which asks nothing of how
times are distributed."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any


def compared(one: Sequence[float], other: Sequence[float]) -> dict[str, Any]:
    """The medians in milliseconds, their difference, how often a time of the first is the longer
    of two drawn by chance (0.5: neither is), and the probability of a share as far from 0.5 where
    there is no difference."""
    share, chance = ranked(one, other)
    medians = statistics.median(one), statistics.median(other)
    return {
        "with_ms": medians[0],
        "without_ms": medians[1],
        "difference_ms": medians[0] - medians[1],
        "share_longer": share,
        "chance": chance,
        "of_each": min(len(one), len(other)),
    }


def ranked(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """The share of pairs in which the first is longer (ties count half), and the two-sided
    probability by the normal approximation, corrected for ties."""
    both = sorted([*one, *other])
    rank: dict[float, float] = {}
    for value, times in Counter(both).items():
        rank[value] = _first(both, value) + (times + 1) / 2
    first, second = len(one), len(other)
    total = first + second
    u = sum(rank[value] for value in one) - first * (first + 1) / 2
    ties = sum(times**3 - times for times in Counter(both).values())
    variance = first * second / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance <= 0:
        return 0.5, 1.0
    z = (u - first * second / 2) / math.sqrt(variance)
    return u / (first * second), math.erfc(abs(z) / math.sqrt(2))


def _first(both: Sequence[float], value: float) -> int:
    low, high = 0, len(both)
    while low < high:
        middle = (low + high) // 2
        if both[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low
