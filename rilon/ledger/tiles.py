"""Tiles (c2sp.org/tlog-tiles): the tree in pieces of 256 hashes, their paths, entry bundles.

A tile of level L holds the roots of whole subtrees of 256^L leaves. A partial tile is the
beginning of the full one, so a log only ever adds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rilon.ledger.tree import HASH_SIZE, Range, root_of

HEIGHT = 8
WIDTH = 1 << HEIGHT
MAX_LEVEL = 7
"""256^8 leaves are more than a size can say."""

_PATH = re.compile(r"tile/(entries|[0-7])/((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d{0,2}))?")


class TileError(ValueError):
    """A path or bytes that are no tile or bundle."""


@dataclass(frozen=True, slots=True)
class Tile:
    """Which tile: its level, its index in the level, and how many of its 256 hashes."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """`tile/<level>/<index>[.p/<width>]`."""
        return f"tile/{self.level}/{_numbered(self.index, self.width)}"

    @property
    def entries_path(self) -> str:
        """The bundle with the entries under a tile of level 0."""
        return f"tile/entries/{_numbered(self.index, self.width)}"


def parse_path(path: str) -> tuple[Tile, bool]:
    """The tile that a path names, and whether its entries are meant; raises `TileError`."""
    found = _PATH.fullmatch(path)
    if found is None:
        raise TileError("not the path of a tile")
    digits = found[2].replace("x", "").replace("/", "")
    if len(digits) > 18:
        raise TileError("not the path of a tile")
    entries = found[1] == "entries"
    width = int(found[3]) if found[3] else WIDTH
    tile = Tile(0 if entries else int(found[1]), int(digits), width)
    if (width == WIDTH) != (found[3] is None) or width > WIDTH:
        raise TileError("a partial tile has 1 to 255 hashes")
    # One path for one tile: no leading groups of zeros.
    if _numbered(tile.index, width) != path.split("/", 2)[2]:
        raise TileError("not the path of a tile")
    return tile, entries


def width_at(level: int, index: int, size: int) -> int:
    """How many hashes that tile has in a log of `size` entries; 0 when it has none."""
    return max(0, min(WIDTH, (size >> (HEIGHT * level)) - index * WIDTH))


def tiles_of(level: int, size: int) -> Iterator[Tile]:
    """All tiles of one level, in order."""
    hashes = size >> (HEIGHT * level)
    for index in range(hashes // WIDTH):
        yield Tile(level, index)
    if hashes % WIDTH:
        yield Tile(level, hashes // WIDTH, hashes % WIDTH)


def levels_of(size: int) -> int:
    """How many levels of tiles a log of `size` entries has."""
    return (size.bit_length() + HEIGHT - 1) // HEIGHT


def hashes_in(tile: bytes) -> list[bytes]:
    """The hashes of a tile's bytes; raises `TileError`."""
    if not tile or len(tile) % HASH_SIZE or len(tile) > WIDTH * HASH_SIZE:
        raise TileError("a tile is 1 to 256 hashes of 32 bytes")
    return [tile[at : at + HASH_SIZE] for at in range(0, len(tile), HASH_SIZE)]


def bundle(entries: Sequence[bytes]) -> bytes:
    """Entries one after the other, each with its length in two bytes before it."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def entries_in(raw: bytes) -> list[bytes]:
    """The entries of a bundle; raises `TileError` when it is cut or too long."""
    entries: list[bytes] = []
    at = 0
    while at < len(raw):
        end = at + 2 + int.from_bytes(raw[at : at + 2], "big")
        if at + 2 > len(raw) or end > len(raw):
            raise TileError("the bundle ends within an entry")
        entries.append(raw[at + 2 : end])
        at = end
    if len(entries) > WIDTH:
        raise TileError("a bundle has at most 256 entries")
    return entries


Hashes = Callable[[int, int], Sequence[bytes]]
"""Gives the hashes of the tile at (level, index), as many as there are or more than needed."""


def tiles_under(ranges: Sequence[Range]) -> list[tuple[int, int]]:
    """The tiles, as (level, index), from which `range_hash` takes these ranges."""
    found: dict[tuple[int, int], None] = {}
    for start, end in ranges:
        for level, first, last in _slices(start, end):
            if last > first:
                found[(level, first // WIDTH)] = None
    return list(found)


def range_hash(start: int, end: int, hashes: Hashes) -> bytes:
    """The hash over leaves `start` to before `end`: one of a proof's ranges, or a whole tree.

    Such a range lies within one tile of its level, and what is left over at the right edge
    within one of each lower level.
    """
    seen: bytes | None = None
    for level, first, last in _slices(start, end):
        row: list[bytes] = []
        if last > first:
            at = first % WIDTH
            row = list(hashes(level, first // WIDTH)[at : at + last - first])
            if len(row) != last - first:
                raise TileError("a tile is shorter than the log says")
        if seen is not None:
            row.append(seen)
        if row:
            seen = root_of(row)
    return root_of([]) if seen is None else seen


def _slices(start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """For each level from 0 up: the hashes, by number, that make up the range."""
    top = max(0, (end - start).bit_length() - 1) // HEIGHT
    for level in range(top + 1):
        last = end >> (HEIGHT * level)
        if level == top:
            yield level, start >> (HEIGHT * level), last
        else:
            yield level, last // WIDTH * WIDTH, last


def _numbered(index: int, width: int) -> str:
    digits = f"{index:03}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return path if width == WIDTH else f"{path}.p/{width}"
