"""Whether one period's count differs from another's by more than chance would make it.

Counts of things that happen on their own are taken for Poisson counts. Given the sum of two, the
first is binomial (J. Przyborowski, H. Wilenski, Homogeneity of results in testing samples from
Poisson series, Biometrika 31, 1940); the test is exact, two-sided, the smaller tail doubled.

One digest compares many things. `FALSE_ALARM` is for all of them together: of twenty digests in
which nothing changed, one may say that something did. It is divided among those comparisons alone
that could come out at all (R. E. Tarone, A modified Bonferroni method for discrete data, Biometrics
46, 1990), so rows with few reports don't make the others deaf.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from rilon.digests.suppression import Shown

FALSE_ALARM = 0.05
"""How likely a digest may be to say `more` or `fewer` of anything though nothing changed."""


class Change(Enum):
    """What a comparison comes to."""

    MORE = "more"
    FEWER = "fewer"
    NONE = "no clear change"
    """It may be chance."""
    TOO_FEW = "too few"
    """Whatever the reports said, there are too few to tell."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A count of one period, and the sum of so many periods that it is compared with."""

    now: Shown
    before: Shown
    periods: int = 1


def changes(pairs: Sequence[Pair]) -> tuple[Change, ...]:
    """What each comparison of one digest comes to, in their order."""
    plain = [_least_clear(pair) for pair in pairs]
    level = _level([_smallest_p(one.now + one.before, one.periods) for one in plain])
    return tuple(_change(one, level) for one in plain)


@dataclass(frozen=True, slots=True)
class _Plain:
    """A pair as two numbers."""

    now: int
    before: int
    periods: int


def p_value(now: int, before: int, periods: int = 1) -> float:
    """How likely two counts are to differ at least so much if nothing changed.

    `before` is the sum of so many periods, each as long as the one of `now`.
    """
    both = now + before
    # Of `both`, each falls into this period with the chance of 1 in `periods + 1`; `weight` is the
    # number of ways in which `one` of them do. Whole numbers: no sum is too small for a float.
    everything: int = (periods + 1) ** both
    weight: int = periods**both
    below = within = 0
    for one in range(now + 1):
        below, within = within, within + weight
        weight = weight * (both - one) // ((one + 1) * periods)
    tail = min(within, everything - below)
    return min(1.0, 2 * tail / everything)


def _smallest_p(both: int, periods: int) -> float:
    """The least p-value that any division of that sum could have: all in this period, or none."""
    return min(1.0, 2 * (periods + 1.0) ** -both, 2 * (periods / (periods + 1)) ** both)


def _level(smallest: Sequence[float]) -> float:
    """`FALSE_ALARM` over the number of comparisons that could come out at that level."""
    return next(
        FALSE_ALARM / among
        for among in range(1, len(smallest) + 2)
        if sum(one <= FALSE_ALARM / among for one in smallest) <= among
    )


def _change(pair: _Plain, level: float) -> Change:
    if _smallest_p(pair.now + pair.before, pair.periods) > level:
        return Change.TOO_FEW
    as_many = pair.now * pair.periods
    if p_value(pair.now, pair.before, pair.periods) > level or as_many == pair.before:
        return Change.NONE
    return Change.MORE if as_many > pair.before else Change.FEWER


def _least_clear(pair: Pair) -> _Plain:
    """Of all that the two shown figures may be, those that differ least.

    INVARIANT: words are made from what is shown, so they tell nothing of what isn't.
    """
    now, before, periods = pair.now, pair.before, pair.periods
    if before.most is not None and now.least * periods > before.most:
        return _Plain(now.least, before.most, periods)
    if now.most is not None and now.most * periods < before.least:
        return _Plain(now.most, before.least, periods)
    if now.exact is not None and before.exact is not None:
        return _Plain(now.exact, before.exact, periods)
    return _Plain(0, 0, periods)


def summed(shown: Sequence[Shown]) -> Shown:
    """What is known of the sum of figures."""
    most = [one.most for one in shown]
    known = [one for one in most if one is not None]
    whole = sum(known) if len(known) == len(most) else None
    return Shown(sum(one.least for one in shown), whole)
