"""The tree against published vectors, an independent library, and small cases by hand."""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pymerkle
import pytest

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

VECTORS = Path(__file__).parent.parent / "vectors" / "rfc6962"
LEAVES = [leaf_hash(bytes([each])) for each in range(21)]


def vectors(kind: str) -> list[Any]:
    found = sorted((VECTORS / kind).rglob("*.json"))
    assert len(found) > 80
    return [pytest.param(json.loads(p.read_text()), id=f"{p.parent.name}/{p.stem}") for p in found]


def raw(text: str | None) -> bytes:
    return base64.b64decode(text or "")


@pytest.mark.parametrize("vector", vectors("inclusion"))
def test_an_inclusion_proof_is_judged_as_the_vector_says(vector: dict[str, Any]) -> None:
    def judge() -> None:
        verify_inclusion(
            raw(vector["leafHash"]),
            vector["leafIdx"],
            vector["treeSize"],
            [raw(each) for each in vector["proof"] or ()],
            raw(vector["root"]),
        )

    if vector["wantErr"]:
        with pytest.raises(ProofError):
            judge()
    else:
        judge()


@pytest.mark.parametrize("vector", vectors("consistency"))
def test_a_consistency_proof_is_judged_as_the_vector_says(vector: dict[str, Any]) -> None:
    def judge() -> None:
        verify_consistency(
            vector["size1"],
            vector["size2"],
            [raw(each) for each in vector["proof"] or ()],
            raw(vector["root1"]),
            raw(vector["root2"]),
        )

    if vector["wantErr"]:
        with pytest.raises(ProofError):
            judge()
    else:
        judge()


def test_the_empty_tree_has_the_hash_of_nothing_as_its_root() -> None:
    assert root_of([]) == CompactRange().root == EMPTY_ROOT == sha256(b"").digest()


def test_a_leaf_and_a_node_can_never_have_the_same_hash() -> None:
    left, right = LEAVES[:2]
    assert leaf_hash(left + right) != node_hash(left, right)


def test_the_root_is_that_of_an_independent_library_at_every_size() -> None:
    other = pymerkle.InmemoryTree(algorithm="sha256")
    ours = CompactRange()
    for each in range(21):
        other.append_entry(bytes([each]))
        ours = ours.append(LEAVES[each])
        assert ours.root == root_of(LEAVES[: each + 1]) == other.get_root()


def test_proofs_are_those_of_an_independent_library() -> None:
    other = pymerkle.InmemoryTree(algorithm="sha256")
    for each in range(21):
        other.append_entry(bytes([each]))
    for size in (1, 2, 7, 16, 21):
        for index in range(size):
            path = [root_of(LEAVES[a:b]) for a, b in inclusion_ranges(index, size)]
            theirs = other.prove_inclusion(index + 1, size)
            assert set(path) <= set(theirs.path)
            assert theirs.compute_root() == root_of(LEAVES[:size])


def test_a_leaf_hash_of_another_length_is_not_appended() -> None:
    with pytest.raises(ProofError):
        CompactRange().append(b"short")


@pytest.mark.parametrize(("index", "size"), [(-1, 1), (1, 1), (0, 0)])
def test_there_is_no_inclusion_proof_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ProofError):
        inclusion_ranges(index, size)


@pytest.mark.parametrize(("old", "new"), [(0, 1), (2, 1), (-1, 1)])
def test_there_is_no_consistency_proof_from_nothing_or_backwards(old: int, new: int) -> None:
    with pytest.raises(ProofError):
        consistency_ranges(old, new)
