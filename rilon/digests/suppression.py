"""What of a table of counts is shown: small counts aren't, nor what would give them away.

INVARIANT: what is shown of a period depends on that period alone, and every other figure (means,
words, charts) is made from what is shown. So nothing can be worked out from two periods, or from
two digests of which one has the other's period as the one before.

Of a part of a total, none is as little shown as one or two: a zero beside small counts would tell
which they are. A zero is shown where nothing is small. Decision 0078.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Counts = Mapping[str, int]
"""Counts by the key of what is counted; what isn't there is zero."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A count as it is shown: between `least` and `most`, both included. Equal, they are the count;
    `most` is None where there is no bound."""

    least: int
    most: int | None

    @property
    def exact(self) -> int | None:
        """The count, where it is shown."""
        return self.least if self.least == self.most else None

    @property
    def small(self) -> bool:
        """Whether it is shown as smaller than the threshold (`<3`)."""
        return self.most is not None and self.least != self.most


def shown_exactly(count: int) -> Shown:
    """The count itself."""
    return Shown(count, count)


HIDDEN = Shown(0, None)
"""Not shown, and nothing said of it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a total: those whose figures are shown, by key, and what is said of all
    others."""

    shown: Mapping[str, Shown]
    others: Shown

    def at(self, key: str) -> Shown:
        """One of them."""
        return self.shown.get(key, self.others)


NOTHING_SHOWN = Parts({}, HIDDEN)


def total_shown(total: int, smallest: int) -> Shown:
    """A total, or that it is small."""
    return Shown(1, smallest - 1) if 0 < total < smallest else shown_exactly(total)


def parts_shown(counts: Counts, smallest: int, among: int) -> Parts:
    """The parts of a total, each report being in exactly one of them. `among` is how many parts
    there could be, those that are zero too.

    ATTACK: the total less the large parts is the sum of the small ones. Where that sum leaves one
    of them no second value, a large part is hidden with them, the first by its key; where that
    isn't enough, all are.
    INVARIANT: what is hidden follows from which parts are large and from the sum of those that are
    hidden, which readers know; so the choice itself tells nothing more.
    """
    large = {key: count for key, count in counts.items() if count >= smallest}
    rest = sum(counts.values()) - sum(large.values())
    shown = {key: shown_exactly(count) for key, count in large.items()}
    if rest == 0:
        return Parts(shown, shown_exactly(0))
    # More than this, and no small part can be zero.
    free = (among - len(large) - 1) * (smallest - 1)
    if rest <= free:
        return Parts(shown, Shown(0, smallest - 1))
    beside = min(large, default=None)
    # The rest is `free + 1` at least. Two values for it, and so for the large part, must remain.
    if beside is None or rest + large[beside] < free + 2 + smallest:
        return NOTHING_SHOWN
    return Parts({key: one for key, one in shown.items() if key != beside}, HIDDEN)


def mentions_shown(counts: Counts, total: int, smallest: int) -> Parts:
    """The counts of things of which one report may say none or several: no sum ties them. How many
    reports said none isn't shown, for it would."""
    large = {key: shown_exactly(count) for key, count in counts.items() if count >= smallest}
    return Parts(large, Shown(0, smallest - 1) if total else shown_exactly(0))


def people_shown(people: int, reports: int, smallest: int) -> Shown:
    """How many people so many reports speak of: shown if the reports are none or enough, however
    many people were in one boat."""
    return HIDDEN if 0 < reports < smallest else shown_exactly(people)


def share_shown(share: int, reports: int, others: int, smallest: int) -> Shown:
    """A share of the people, such as children, of whom so many reports speak.

    ATTACK: children of one report, as all people less the adults of the other reports.
    """
    few = 0 < reports < smallest or 0 < others < smallest
    return HIDDEN if few else shown_exactly(share)
