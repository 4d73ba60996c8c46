"""Verification of a whole log against one checkpoint, with an account of what failed where.

It goes from the signed root downwards, so that each tile is held against a hash already
believed. Getting the bytes and telling a person in sentences are left to others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from rilon.domain.entries import EntryError
from rilon.ledger.checkpoint import Checkpoint
from rilon.ledger.growth import Edge, edge_tiles
from rilon.ledger.keys import VerifierKey
from rilon.ledger.leaf import parse, signer_of
from rilon.ledger.tiles import (
    HEIGHT,
    WIDTH,
    Tile,
    TileError,
    entries_in,
    hashes_in,
    levels_of,
    range_hash,
    tiles_of,
    width_at,
)
from rilon.ledger.tree import (
    HASH_SIZE,
    ProofError,
    consistency_ranges,
    leaf_hash,
    root_of,
    verify_consistency,
)

Fetch = Callable[[str], bytes | None]
"""Gives the bytes at a path of the log (`tile/0/000`), or `None` when there are none."""

MAX_FAULTS = 200
"""More are counted and not described."""


class FaultCode(StrEnum):
    """What can be wrong with a log."""

    CHECKPOINT_BAD = "checkpoint_bad"
    ROOT_DIFFERS = "root_differs"
    TILE_MISSING = "tile_missing"
    TILE_ALTERED = "tile_altered"
    ENTRIES_MISSING = "entries_missing"
    ENTRY_ALTERED = "entry_altered"
    ENTRY_UNREADABLE = "entry_unreadable"
    ENTRY_KEY_UNKNOWN = "entry_key_unknown"
    ENTRY_SIGNATURE_BAD = "entry_signature_bad"
    ROLLED_BACK = "rolled_back"
    FORKED = "forked"
    NOT_COMPARED = "not_compared"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that failed: at which entries (first to last, both included), at which path."""

    code: FaultCode
    first: int | None = None
    last: int | None = None
    path: str = ""
    detail: str = ""
    """More, without content: a size, a key's name, the field that doesn't read."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a verification looked at, and everything that failed. `more` faults aren't described."""

    size: int
    tiles: int = 0
    entries: int = 0
    signatures: int = 0
    faults: tuple[Fault, ...] = ()
    more: int = 0

    @property
    def sound(self) -> bool:
        """Whether nothing failed. It speaks only for what was looked at."""
        return not self.faults


def verify_log(
    checkpoint: Checkpoint,
    fetch: Fetch,
    *,
    with_entries: bool = False,
    component_keys: Sequence[VerifierKey] | None = None,
    previous: Checkpoint | None = None,
) -> Findings:
    """Check every tile of the log, and with `with_entries` every entry, against a checkpoint
    whose signature the caller has checked.

    With `component_keys` every entry must carry a good signature of one of them. With
    `previous`, an earlier checkpoint of the same log, that one must be its beginning.
    """
    walk = _Walk(checkpoint, fetch, with_entries, component_keys)
    walk.from_the_root_down()
    if previous is not None:
        walk.compare_with(previous)
    return walk.findings()


@dataclass
class _Walk:
    """One verification under way."""

    checkpoint: Checkpoint
    fetch: Fetch
    with_entries: bool
    keys: Sequence[VerifierKey] | None
    faults: list[Fault] = field(default_factory=list)
    more: int = 0
    tiles: int = 0
    entries: int = 0
    signatures: int = 0

    def findings(self) -> Findings:
        return Findings(
            self.checkpoint.size,
            self.tiles,
            self.entries,
            self.signatures,
            tuple(self.faults),
            self.more,
        )

    def from_the_root_down(self) -> None:
        size = self.checkpoint.size
        edge = self._edge()
        above: Sequence[bytes] = ()
        for level in reversed(range(levels_of(size))):
            below: list[bytes] = []
            for tile in tiles_of(level, size):
                partial = tile.width < WIDTH
                row = edge[level] if partial else self._whole(tile, above[tile.index])
                if level:
                    below.extend(row)
                elif self.with_entries:
                    self._check_entries(tile, row)
            above = below

    def compare_with(self, previous: Checkpoint) -> None:
        if previous.size > self.checkpoint.size:
            self._fault(FaultCode.ROLLED_BACK, detail=str(previous.size))
            return
        if previous.size == 0:
            return
        # ATTACK: a server that gives other bytes when asked again. A proof holds whatever
        # its hashes come from, so nothing read before needs to be kept.
        size = self.checkpoint.size
        try:
            ranges = consistency_ranges(previous.size, size)
            proof = [range_hash(start, end, self._hashes) for start, end in ranges]
            verify_consistency(previous.size, size, proof, previous.root, self.checkpoint.root)
        except TileError:
            self._fault(FaultCode.NOT_COMPARED, detail=str(previous.size))
        except ProofError:
            self._fault(FaultCode.FORKED, detail=str(previous.size))

    def _edge(self) -> dict[int, list[bytes]]:
        """The unfinished tiles, which together lead to the root."""
        size = self.checkpoint.size
        rows: dict[int, list[bytes]] = {}
        for level, index in edge_tiles(size):
            tile = Tile(level, index, width_at(level, index, size))
            rows[level] = self._read(tile) or []
        if self._leads_to_root(rows):
            return rows
        for level, index in edge_tiles(size):
            tile = Tile(level, index, width_at(level, index, size))
            mended = {**rows, level: self._from_below(tile)}
            if self._leads_to_root(mended):
                if rows[level]:
                    self._blame(FaultCode.TILE_ALTERED, tile)
                return mended
        if all(rows.values()):  # A missing tile has its own fault already.
            self._fault(FaultCode.ROOT_DIFFERS, detail=str(size))
        return {
            level: row or [b""] * width_at(level, (size >> HEIGHT * level) // WIDTH, size)
            for level, row in rows.items()
        }

    def _leads_to_root(self, rows: dict[int, list[bytes]]) -> bool:
        size = self.checkpoint.size
        for level, index in edge_tiles(size):
            if len(rows[level]) != width_at(level, index, size):
                return False
        edge = Edge(size, tuple(tuple(rows.get(each, ())) for each in range(levels_of(size))))
        return edge.root == self.checkpoint.root

    def _whole(self, tile: Tile, believed: bytes) -> list[bytes]:
        """A full tile's hashes, held against the hash that the tile above gives for it."""
        row = self._read(tile)
        if row is not None and root_of(row) == believed:
            return row
        mended = self._from_below(tile)
        if len(mended) == WIDTH and root_of(mended) == believed:
            if row is not None:
                self._blame(FaultCode.TILE_ALTERED, tile)
            return mended
        if row is not None:
            self._blame(FaultCode.TILE_ALTERED, tile)
        return row or [b""] * WIDTH

    def _from_below(self, tile: Tile) -> list[bytes]:
        """What the tile must hold, by what lies under it; shorter when that can't be read."""
        if tile.level == 0:
            entries = self._bundle(tile) if self.with_entries else None
            return [leaf_hash(entry) for entry in entries or ()]
        found: list[bytes] = []
        for index in range(tile.index * WIDTH, tile.index * WIDTH + tile.width):
            raw = self.fetch(Tile(tile.level - 1, index).path)
            if raw is None or len(raw) != WIDTH * HASH_SIZE:
                break
            found.append(root_of(hashes_in(raw)))
        return found

    def _read(self, tile: Tile) -> list[bytes] | None:
        raw = self._raw(tile)
        if len(raw) != tile.width * HASH_SIZE:
            self._blame(FaultCode.TILE_MISSING, tile)
            return None
        self.tiles += 1
        return hashes_in(raw)

    def _raw(self, tile: Tile) -> bytes:
        raw = self.fetch(tile.path)
        if raw is None and tile.width < WIDTH:
            # A log may drop a partial tile once the full one is there (tlog-tiles).
            full = self.fetch(Tile(tile.level, tile.index).path)
            raw = full[: tile.width * HASH_SIZE] if full else None
        return raw or b""

    def _hashes(self, level: int, index: int) -> list[bytes]:
        return hashes_in(
            self._raw(Tile(level, index, width_at(level, index, self.checkpoint.size)))
        )

    def _bundle(self, tile: Tile) -> list[bytes] | None:
        raw = self.fetch(tile.entries_path)
        if raw is None and tile.width < WIDTH:
            raw = self.fetch(Tile(0, tile.index).entries_path)
        try:
            entries = entries_in(raw or b"")[: tile.width]
        except TileError:
            return None
        return entries if len(entries) == tile.width else None

    def _check_entries(self, tile: Tile, believed: Sequence[bytes]) -> None:
        entries = self._bundle(tile)
        if entries is None:
            first, last = _entries_under(tile)
            self._fault(FaultCode.ENTRIES_MISSING, first, last, tile.entries_path)
            return
        for index, (entry, expected) in enumerate(
            zip(entries, believed, strict=True), tile.index * WIDTH
        ):
            self.entries += 1
            if leaf_hash(entry) != expected:
                self._fault(FaultCode.ENTRY_ALTERED, index, index, tile.entries_path)
            elif self.keys is not None:
                self._check_signature(index, entry, self.keys)

    def _check_signature(self, index: int, leaf: bytes, keys: Sequence[VerifierKey]) -> None:
        try:
            signed = parse(leaf)
        except EntryError as error:
            self._fault(FaultCode.ENTRY_UNREADABLE, index, index, detail=error.field)
            return
        key = signer_of(signed, keys)
        if key is None:
            self._fault(FaultCode.ENTRY_KEY_UNKNOWN, index, index, detail=signed.key_name)
        elif not key.signed(signed.signed, signed.signature):
            self._fault(FaultCode.ENTRY_SIGNATURE_BAD, index, index, detail=signed.key_name)
        else:
            self.signatures += 1

    def _blame(self, code: FaultCode, tile: Tile) -> None:
        first, last = _entries_under(tile)
        self._fault(code, first, last, tile.path)

    def _fault(
        self,
        code: FaultCode,
        first: int | None = None,
        last: int | None = None,
        path: str = "",
        detail: str = "",
    ) -> None:
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(Fault(code, first, last, path, detail))
        else:
            self.more += 1


def _entries_under(tile: Tile) -> tuple[int, int]:
    """The first and the last entry under a tile."""
    each: int = 1 << (HEIGHT * tile.level)
    first = tile.index * WIDTH * each
    return first, first + tile.width * each - 1


def paths_of(size: int, with_entries: bool) -> Iterator[str]:
    """Every path that a log of `size` entries has: what a copy of it must hold."""
    for level in range(levels_of(size)):
        for tile in tiles_of(level, size):
            yield tile.path
            if with_entries and level == 0:
                yield tile.entries_path
