"""Reading the ledger: tiles, bundles, proofs and roots, from what the sequencer stored.

Who may see what, and up to which size, is left to the audit service.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from rilon.ledger.tiles import WIDTH, TileError, hashes_in, range_hash, tiles_under
from rilon.ledger.tree import HASH_SIZE, Range, consistency_ranges, inclusion_ranges
from rilon.storage.alone import alone
from rilon.storage.ledger import ledger_entry, ledger_outbox, ledger_tile

CACHED_TILES = 512
"""Full tiles never change; this many are kept, about 20 kB each."""

TileKey = tuple[int, int]


class LedgerReader:
    """Reads through a pool of its own; holds no transaction open."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._alone = alone(engine)
        self._full: OrderedDict[TileKey, list[bytes]] = OrderedDict()

    async def tiles(self, wanted: Sequence[TileKey]) -> Mapping[TileKey, list[bytes]]:
        """The hashes of these tiles, by (level, index). Those that aren't there are left out."""
        found = {key: self._full[key] for key in wanted if key in self._full}
        missing = [key for key in wanted if key not in found]
        if missing:
            query = select(ledger_tile.c.level, ledger_tile.c.index, ledger_tile.c.hashes).where(
                tuple_(ledger_tile.c.level, ledger_tile.c.index).in_(missing)
            )
            async with self._alone.connect() as connection:
                rows = (await connection.execute(query)).all()
            for level, index, raw in rows:
                found[(level, index)] = hashes = hashes_in(raw)
                if len(hashes) == WIDTH:
                    self._full[(level, index)] = hashes
            while len(self._full) > CACHED_TILES:
                self._full.popitem(last=False)
        return found

    async def tile(self, level: int, index: int, width: int) -> bytes | None:
        """The first `width` hashes of a tile; `None` when there are fewer."""
        hashes = (await self.tiles([(level, index)])).get((level, index), [])
        return b"".join(hashes[:width]) if len(hashes) >= width else None

    async def entries(self, first: int, count: int) -> list[bytes]:
        """Entries by index, fewer at the log's end."""
        query = (
            select(ledger_entry.c.data)
            .where(ledger_entry.c.index >= first, ledger_entry.c.index < first + count)
            .order_by(ledger_entry.c.index)
        )
        async with self._alone.connect() as connection:
            return list((await connection.execute(query)).scalars())

    async def inclusion(self, index: int, size: int) -> list[bytes]:
        """The proof that the entry at `index` is in the log of `size`; raises `ProofError`."""
        return await self._hashes_over(inclusion_ranges(index, size))

    async def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the log of `old` entries begins that of `new`; raises `ProofError`."""
        return await self._hashes_over(consistency_ranges(old, new))

    async def root(self, size: int) -> bytes:
        """The root over the first `size` entries; raises `TileError` when there are fewer."""
        return (await self._hashes_over([(0, size)]))[0]

    async def waiting(self) -> int:
        """How many entries have no index yet."""
        async with self._alone.connect() as connection:
            query = select(func.count()).select_from(ledger_outbox)
            return int((await connection.execute(query)).scalar_one())

    async def _hashes_over(self, ranges: Sequence[Range]) -> list[bytes]:
        tiles = await self.tiles(tiles_under(ranges))

        def hashes(level: int, index: int) -> Sequence[bytes]:
            return tiles.get((level, index), ())

        found = [range_hash(start, end, hashes) for start, end in ranges]
        if any(len(each) != HASH_SIZE for each in found):
            raise TileError("a tile is shorter than the log says")
        return found
