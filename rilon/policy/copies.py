"""Copies of content that is taken back: which delivered messages hold its words, and how much of
them is somebody's own. What is done with a copy is `rilon.application.copies`.

Nothing here knows a text: all is told from fingerprints, the order of delivery, and who received
what.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rilon.domain.parties import Parties, Party

MOST_OWN = 10
"""Fingerprints of own words that a copy may have: some forty-five characters, a short remark."""


class Extent(StrEnum):
    """How much of a message is the content that was taken back."""

    COPY = "copy"
    """All of it, but for a short remark."""
    FILE = "file"
    """Its file. Its words are its sender's own."""
    QUOTE = "quote"
    """A part of it, among words of its sender's own, or beside a file of its sender's own."""


@dataclass(frozen=True, slots=True, repr=False)
class Holding:
    """One delivered message that holds fingerprints of the content.

    `by` is the party whose words it is, several where the steward posted for them; `received` the
    parties that got it. `common` are its fingerprints that the content has too, of words and of
    files; `words` how many of words it has in all, `files` those of its files. `public`: it was
    delivered as CLEAR, with no restriction. `order` is that of delivery.
    """

    identity: bytes
    event_id: str
    by: Parties
    received: Parties
    common: frozenset[int]
    words: int
    files: frozenset[int]
    public: bool
    order: tuple[datetime, int]


Taken = Mapping[bytes, frozenset[int]]
"""By message: the fingerprints that came into it from the content."""


def taken_from(family: Collection[bytes], holdings: Iterable[Holding], party: Party) -> Taken:
    """What each of these messages has from the content, directly or by way of other copies.

    `family` is the content with its edits, of that party. A message of the party has from it
    whatever was delivered later. A message of another party has a passage from it if that party
    *first received* it there, or in a message that has it from there.

    ATTACK: public text, or the words of others, posted and recalled so that others lose theirs.
    What a party had before, from wherever, is no copy; nor is what reached it as public, or never
    reached it: it has that from elsewhere, and nobody may learn from a recall that it exists.
    """
    taken: dict[bytes, frozenset[int]] = {}
    earlier: dict[int, list[Holding]] = {}
    for one in sorted(holdings, key=lambda each: each.order):
        if one.identity not in family:
            taken[one.identity] = frozenset(
                each
                for each in one.common
                if _is_taken(each, one, earlier.get(each, ()), family, taken, party)
            )
        for each in one.common:
            earlier.setdefault(each, []).append(one)
    return taken


def _is_taken(
    passage: int,
    one: Holding,
    earlier: Sequence[Holding],
    family: Collection[bytes],
    taken: Taken,
    party: Party,
) -> bool:
    if party in one.by:
        return any(each.identity in family for each in earlier)
    first = next((each for each in earlier if not one.by.isdisjoint(each.received)), None)
    if first is None or first.public:
        return False
    return first.identity in family or passage in taken.get(first.identity, ())


def extent_of(one: Holding, taken: Taken) -> Extent | None:
    """How much of the message is the content; None if it has nothing from it."""
    has = taken.get(one.identity, frozenset())
    words, files = len(has - one.files), has & one.files
    own = one.words - words
    if files:
        return Extent.COPY if own <= MOST_OWN else Extent.FILE
    if not words:
        return None
    small = own <= MOST_OWN and own * 2 <= words and not one.files
    return Extent.COPY if small else Extent.QUOTE
