"""Terms -> numbers that tell nothing without the key, another one in each room.

INVARIANT: a term of one room has nothing in common with the same term of another. So a search looks
only at what is in the rooms of whoever asks: what is in others changes neither the answer nor the
work that it takes; and who holds the database alone can't compare rooms.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rilon.archive.query import Search, Unit, kinds_unit
from rilon.archive.terms import Term
from rilon.bulletins.reading import bulletins_room
from rilon.domain.parties import Party
from rilon.policy.network import Network

PURPOSE = "bulletin archive"
"""What the key is derived for (`rilon.adapters.sealing.derived_key`)."""


@dataclass(frozen=True, slots=True, repr=False)
class ArchiveKey:
    """What makes terms blind: 32 secret bytes."""

    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) != 32:
            raise ValueError("the key isn't 32 bytes")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who searches: their party, the rooms in which they are now, and whether they are an analyst,
    who may look for withdrawn bulletins, too."""

    party: Party
    rooms: frozenset[str]
    analyst: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """One blind term of a search: it fills a slot, of a way, of a unit. Units that must not be
    there are counted from -1 down."""

    unit: int
    way: int
    slot: int
    number: int


@dataclass(frozen=True, slots=True)
class BlindSearch:
    """A search by one reader, within the rooms in `reader`. `slots` are how many must be filled
    for each unit and way."""

    reader: Reader
    search: Search
    asked: tuple[Asked, ...]
    slots: Mapping[tuple[int, int], int]
    wanted: int
    withdrawn: bool = False


def blinded(terms: Mapping[Term, int], rooms: Iterable[str], key: ArchiveKey) -> dict[int, int]:
    """The terms of a bulletin that is posted in these rooms, as they are stored, with weights.

    Of two terms with one number (one in 2^63) the heavier counts.
    """
    found: dict[int, int] = {}
    for room in sorted(set(rooms)):
        numbers = _Numbers(room, key)
        for term, weight in terms.items():
            number = numbers.of(term)
            found[number] = max(weight, found.get(number, 0))
    return found


def ask(
    search: Search, reader: Reader, network: Network, key: ArchiveKey, *, withdrawn: bool = False
) -> BlindSearch:
    """The search as the storage understands it. A group whose bulletins room the reader isn't in
    and one that there isn't are the same: nothing is in them."""
    if search.groups:
        named = {bulletins_room(group, network) for group in search.groups}
        reader = Reader(
            reader.party,
            reader.rooms & {room.key for room in named if room is not None},
            reader.analyst,
        )
    wanted = (*search.wanted, *([kinds_unit(search)] if search.kinds else []))
    units = [*enumerate(wanted), *((-at, unit) for at, unit in enumerate(search.unwanted, 1))]
    slots = {(number, at): len(way) for number, unit in units for at, way in enumerate(unit)}
    asked = tuple(
        one for room in sorted(reader.rooms) for one in _asked(units, _Numbers(room, key))
    )
    shown = withdrawn and reader.analyst
    return BlindSearch(reader, search, asked, slots, len(wanted), shown)


def _asked(units: Iterable[tuple[int, Unit]], numbers: _Numbers) -> Iterable[Asked]:
    return (
        Asked(number, at, place, numbers.of(term))
        for number, unit in units
        for at, way in enumerate(unit)
        for place, slot in enumerate(way)
        for term in sorted(slot)
    )


class _Numbers:
    """Numbers of terms in one room: 63 bits of BLAKE2b with the key."""

    def __init__(self, room: str, key: ArchiveKey) -> None:
        named = room.encode()
        self._state = hashlib.blake2b(digest_size=8, key=key.secret, person=b"rilon-archive")
        self._state.update(len(named).to_bytes(4) + named)

    def of(self, term: Term) -> int:
        one = self._state.copy()
        one.update(term.encode("utf-8", "surrogatepass"))
        return int.from_bytes(one.digest()) >> 1
