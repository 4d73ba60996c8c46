"""The Merkle tree of RFC 6962: hashes, roots, and proofs of inclusion and consistency.

Where the hashes are kept is left to others: a proof is first a list of ranges of leaves
(`inclusion_ranges`, `consistency_ranges`), and whoever holds the tree gives each its hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves (RFC 6962 §2.1)."""

Range = tuple[int, int]
"""Leaves from the first to before the second: a whole subtree, or one at the right edge."""


class ProofError(Exception):
    """A proof that doesn't prove what it claims, or can't be one."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of an entry's bytes (RFC 6962 §2.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node (RFC 6962 §2.1)."""
    return sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over hashes of one level; the last may be the hash of a smaller subtree.

    Pairing level by level with the odd one carried up is the tree of RFC 6962 §2.1: its
    split at the largest power of two below n leaves exactly the right edge incomplete.
    """
    if not hashes:
        return EMPTY_ROOT
    row = list(hashes)
    while len(row) > 1:
        pairs = zip(row[::2], row[1::2], strict=False)
        above = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        if len(row) % 2:
            above.append(row[-1])
        row = above
    return row[0]


@dataclass(frozen=True, slots=True)
class CompactRange:
    """A tree of `size` leaves as the roots of its whole subtrees, largest first.

    It is enough to append and to know the root, and no more than 64 hashes.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def append(self, *leaf_hashes: bytes) -> CompactRange:
        """The tree with these leaf hashes after its own."""
        size, peaks = self.size, list(self.peaks)
        for peak in leaf_hashes:
            if len(peak) != HASH_SIZE:
                raise ProofError("a leaf hash must be 32 bytes")
            carry = size
            while carry & 1:
                peak = node_hash(peaks.pop(), peak)
                carry >>= 1
            peaks.append(peak)
            size += 1
        return CompactRange(size, tuple(peaks))

    @property
    def root(self) -> bytes:
        """The root of the tree."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The ranges whose hashes prove the leaf at `index` in a tree of `size` (RFC 6962 §2.1.1)."""
    if not 0 <= index < size:
        raise ProofError("the index must be below the size")
    ranges: list[Range] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    ranges.reverse()
    return ranges


def consistency_ranges(old: int, new: int) -> list[Range]:
    """The ranges that prove the tree of `old` leaves a beginning of that of `new` (§2.1.2)."""
    if not 0 < old <= new:
        raise ProofError("the old size must be above 0 and not above the new size")
    ranges: list[Range] = []
    start, end, whole = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start, whole = middle, False
    if not whole:
        ranges.append((start, end))
    ranges.reverse()
    return ranges


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that the leaf hash stands at `index` in the tree with this root (RFC 9162 §2.1.3.2).

    Raises `ProofError`. INVARIANT: an empty hash, root or leaf, proves nothing.
    """
    _must_be_hashes(leaf, root, *proof)
    if not 0 <= index < size:
        raise ProofError("the index must be below the size")
    node, last, seen = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the proof is too long")
        if node & 1 or node == last:
            seen = node_hash(sibling, seen)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            seen = node_hash(seen, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofError("the proof is too short")
    if seen != root:
        raise ProofError("the proof leads to another root")


def verify_consistency(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Check that the old tree is a beginning of the new one (RFC 9162 §2.1.4.2).

    Raises `ProofError`; also for `old` = 0, from which anything follows.
    """
    if not 0 < old <= new:
        raise ProofError("the old size must be above 0 and not above the new size")
    if old == new:
        if proof:
            raise ProofError("trees of one size need no proof")
        if not old_root or old_root != new_root:
            raise ProofError("one size has two roots")
        return
    _must_be_hashes(old_root, new_root, *proof)
    if not proof:
        raise ProofError("the proof is empty")
    seen_old, seen_new = _roots_of_both(old, new, proof, old_root)
    if seen_old != old_root:
        raise ProofError("the proof leads to another old root")
    if seen_new != new_root:
        raise ProofError("the proof leads to another new root")


def _roots_of_both(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes
) -> tuple[bytes, bytes]:
    """The roots of the old and of the new tree to which a consistency proof leads."""
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    # A whole old tree is itself the first subtree, and left out of the proof.
    path = [old_root, *proof] if node == 0 else list(proof)
    seen_old = seen_new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofError("the proof is too long")
        if node & 1 or node == last:
            seen_old, seen_new = node_hash(sibling, seen_old), node_hash(sibling, seen_new)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            seen_new = node_hash(seen_new, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofError("the proof is too short")
    return seen_old, seen_new


def _split(count: int) -> int:
    """The largest power of two below `count` (which is above 1)."""
    return 1 << ((count - 1).bit_length() - 1)


def _must_be_hashes(*hashes: bytes) -> None:
    if any(len(each) != HASH_SIZE for each in hashes):
        raise ProofError("a hash must be 32 bytes")
