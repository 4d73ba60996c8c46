"""Paths of tiles, bundles of entries, and how the edge grows."""

from __future__ import annotations

import pytest

from rilon.ledger.growth import Edge, edge_of, grow
from rilon.ledger.tiles import (
    Tile,
    TileError,
    bundle,
    entries_in,
    hashes_in,
    levels_of,
    parse_path,
    range_hash,
    tiles_of,
    width_at,
)
from rilon.ledger.tree import leaf_hash


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1_234_067), "tile/0/x001/x234/067"),
        (Tile(3, 999, 17), "tile/3/999.p/17"),
        (Tile(1, 1000, 255), "tile/1/x001/000.p/255"),
    ],
)
def test_a_path_is_written_in_groups_of_three_and_read_back(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert parse_path(path) == (tile, False)
    assert parse_path(Tile(0, tile.index, tile.width).entries_path)[1] is True


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/x000/001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/257",
        "tile/0/000.p/01",
        "tile/8/000",
        "tile/0/001/000",
        "tile/0/../000",
        "tile/0/000/",
        "tile/0/٠٠٠",
        "tile/0/" + "x001/" * 7 + "000",
    ],
)
def test_a_second_spelling_of_a_path_is_not_a_path(path: str) -> None:
    with pytest.raises(TileError):
        parse_path(path)


def test_a_bundle_gives_its_entries_back() -> None:
    entries = [b"", b"one", b"x" * 65_535]
    assert entries_in(bundle(entries)) == entries


@pytest.mark.parametrize("cut", [1, 2, 4])
def test_a_cut_bundle_is_not_read(cut: int) -> None:
    with pytest.raises(TileError):
        entries_in(bundle([b"one", b"two"])[:-cut])


def test_a_bundle_of_more_than_a_tile_is_not_read() -> None:
    with pytest.raises(TileError):
        entries_in(bundle([b""] * 257))


@pytest.mark.parametrize("size", [0, 31, 33, 32 * 257])
def test_a_tile_is_one_to_256_whole_hashes(size: int) -> None:
    with pytest.raises(TileError):
        hashes_in(b"\0" * size)


def test_the_tiles_of_a_size_are_full_but_the_last() -> None:
    assert list(tiles_of(0, 600)) == [Tile(0, 0), Tile(0, 1), Tile(0, 2, 88)]
    assert list(tiles_of(1, 600)) == [Tile(1, 0, 2)]
    assert [levels_of(size) for size in (0, 1, 255, 256, 65_535, 65_536)] == [0, 1, 1, 2, 2, 3]
    assert [width_at(0, index, 600) for index in range(4)] == [256, 256, 88, 0]


def test_an_edge_with_a_missing_tile_is_not_taken_for_the_log() -> None:
    grown = grow(Edge(), [leaf_hash(bytes([n % 256, n // 256])) for n in range(600)])
    tiles = dict(grown.tiles)
    assert edge_of(600, tiles) == grown.edge
    with pytest.raises(TileError):
        edge_of(600, {key: row for key, row in tiles.items() if key != (0, 2)})
    with pytest.raises(TileError):
        edge_of(601, tiles)


def test_a_range_over_a_short_tile_has_no_hash() -> None:
    with pytest.raises(TileError):
        range_hash(0, 4, lambda level, index: [b"\0" * 32] * 3)


def test_a_batch_changes_only_the_tiles_at_the_edge() -> None:
    first = grow(Edge(), [leaf_hash(b"a")] * 600)
    second = grow(first.edge, [leaf_hash(b"b")])
    assert set(second.tiles) == {(0, 2)}
    assert second.tiles[(0, 2)][:88] == first.tiles[(0, 2)]
    assert grow(second.edge, []).tiles == {}
