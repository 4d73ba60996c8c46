"""The tree's laws, against the definition of RFC 6962 written out naively."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilon.ledger.growth import Edge, edge_of, edge_tiles, grow
from rilon.ledger.tiles import range_hash, tiles_under
from rilon.ledger.tree import (
    EMPTY_ROOT,
    CompactRange,
    ProofError,
    consistency_ranges,
    inclusion_ranges,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [leaf_hash(number.to_bytes(4, "big")) for number in range(70_000)]
TILES = dict(grow(Edge(), LEAVES).tiles)

small = st.integers(1, 300)
large = st.one_of(st.integers(1, 70_000), st.sampled_from([255, 256, 257, 65_535, 65_536, 65_537]))


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


def naive_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962 §2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if index < split:
        return [*naive_path(index, leaves[:split]), naive_root(leaves[split:])]
    return [*naive_path(index - split, leaves[split:]), naive_root(leaves[:split])]


def naive_proof(old: int, leaves: Sequence[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962 §2.1.2, word for word."""
    if old == len(leaves):
        return [] if whole else [naive_root(leaves)]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if old <= split:
        return [*naive_proof(old, leaves[:split], whole), naive_root(leaves[split:])]
    return [*naive_proof(old - split, leaves[split:], False), naive_root(leaves[:split])]


def tile(level: int, index: int) -> Sequence[bytes]:
    return TILES[(level, index)]


@given(small, st.lists(st.integers(0, 40), max_size=12))
def test_every_way_to_a_size_gives_the_defined_root(size: int, steps: list[int]) -> None:
    edge, compact, at = Edge(), CompactRange(), 0
    for step in [*steps, size]:
        batch = LEAVES[at : min(at + step, size)]
        edge, compact, at = grow(edge, batch).edge, compact.append(*batch), at + len(batch)
        assert edge.size == compact.size == at
        assert edge.root == compact.root == root_of(LEAVES[:at]) == naive_root(LEAVES[:at])


@given(small, st.data())
def test_proofs_are_those_of_the_definition(size: int, data: st.DataObject) -> None:
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    leaves = LEAVES[:size]
    paths = [root_of(leaves[a:b]) for a, b in inclusion_ranges(index, size)]
    assert paths == naive_path(index, leaves)
    proof = [root_of(leaves[a:b]) for a, b in consistency_ranges(old, size)]
    assert proof == naive_proof(old, leaves)


@given(large, st.data())
def test_proofs_from_tiles_hold(size: int, data: st.DataObject) -> None:
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    root = range_hash(0, size, tile)
    ranges = inclusion_ranges(index, size)
    assert set(tiles_under(ranges)) <= set(TILES)
    verify_inclusion(LEAVES[index], index, size, [range_hash(a, b, tile) for a, b in ranges], root)
    proof = [range_hash(a, b, tile) for a, b in consistency_ranges(old, size)]
    verify_consistency(old, size, proof, range_hash(0, old, tile), root)


@given(large)
def test_the_edge_read_back_from_tiles_is_the_edge(size: int) -> None:
    edge = edge_of(size, {key: TILES[key] for key in edge_tiles(size)})
    assert edge.root == range_hash(0, size, tile)


@given(small, st.data())
def test_a_proof_changed_anywhere_fails(size: int, data: st.DataObject) -> None:
    leaves, index = LEAVES[:size], data.draw(st.integers(0, size - 1))
    proof, root = naive_path(index, leaves), naive_root(leaves)
    wrong = data.draw(st.integers(0, len(proof)))
    with pytest.raises(ProofError):
        verify_inclusion(
            leaves[index], index, size, [*proof[:wrong], LEAVES[-1], *proof[wrong + 1 :]], root
        )
    other = data.draw(st.integers(0, size))
    if other != index:
        with pytest.raises(ProofError):
            verify_inclusion(leaves[index], other, size, proof, root)


@given(st.integers(2, 300), st.data())
def test_a_rewritten_past_has_no_consistency_proof(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size - 1))
    changed = data.draw(st.integers(0, old - 1))
    forged = [*LEAVES[:changed], LEAVES[-1], *LEAVES[changed + 1 : size]]
    with pytest.raises(ProofError):
        verify_consistency(
            old, size, naive_proof(old, forged), naive_root(LEAVES[:old]), naive_root(forged)
        )
