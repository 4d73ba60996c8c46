"""How a log grows: new leaf hashes in, tiles that changed and the new root out.

The state is the right edge, the unfinished tile of each level, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rilon.ledger.tiles import HEIGHT, WIDTH, TileError, levels_of
from rilon.ledger.tree import root_of


@dataclass(frozen=True, slots=True)
class Edge:
    """A log's size and the hashes of the unfinished tile of each level, from level 0 up."""

    size: int = 0
    rows: tuple[tuple[bytes, ...], ...] = ()

    @property
    def root(self) -> bytes:
        """The root over the whole log."""
        seen: bytes | None = None
        for row in self.rows:
            hashes = row if seen is None else (*row, seen)
            if hashes:
                seen = root_of(hashes)
        return root_of([]) if seen is None else seen


@dataclass(frozen=True, slots=True)
class Growth:
    """The edge after an append, and each tile that changed, whole, by (level, index)."""

    edge: Edge
    tiles: Mapping[tuple[int, int], tuple[bytes, ...]]


def edge_of(size: int, tiles: Mapping[tuple[int, int], Sequence[bytes]]) -> Edge:
    """The edge of a log from its unfinished tiles (`edge_tiles`).

    Raises `TileError` when one is missing or short.
    """
    rows: list[tuple[bytes, ...]] = []
    for level in range(levels_of(size)):
        hashes = size >> (HEIGHT * level)
        width = hashes % WIDTH
        row = tuple(tiles.get((level, hashes // WIDTH), ()))[:width] if width else ()
        if len(row) != width:
            raise TileError("the log's edge is incomplete")
        rows.append(row)
    return Edge(size, tuple(rows))


def edge_tiles(size: int) -> list[tuple[int, int]]:
    """The unfinished tiles of a log of `size` entries, as (level, index)."""
    found = []
    for level in range(levels_of(size)):
        hashes = size >> (HEIGHT * level)
        if hashes % WIDTH:
            found.append((level, hashes // WIDTH))
    return found


def grow(edge: Edge, leaf_hashes: Sequence[bytes]) -> Growth:
    """Append leaf hashes to a log."""
    size = edge.size + len(leaf_hashes)
    rows: list[tuple[bytes, ...]] = []
    changed: dict[tuple[int, int], tuple[bytes, ...]] = {}
    added, level = list(leaf_hashes), 0
    while added or level < len(edge.rows):
        row = list(edge.rows[level]) if level < len(edge.rows) else []
        index = (edge.size >> (HEIGHT * level)) // WIDTH
        all_of_them, above = [*row, *added], []
        whole = len(all_of_them) // WIDTH * WIDTH
        for at in range(0, whole, WIDTH):
            full = tuple(all_of_them[at : at + WIDTH])
            changed[(level, index)] = full
            above.append(root_of(full))
            index += 1
        rest = tuple(all_of_them[whole:])
        if rest and added:
            changed[(level, index)] = rest
        rows.append(rest)
        added, level = above, level + 1
    return Growth(Edge(size, tuple(rows)), changed)
