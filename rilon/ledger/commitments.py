"""Commitments: a sensitive value's stand-in within an entry, that proves it when disclosed.

Sealing the value and the nonce, and erasing them, is left to storage and adapters.
"""

from __future__ import annotations

from hashlib import sha256
from hmac import compare_digest

NONCE_LENGTH = 32
_DOMAIN = b"rilon/commitment/v1"


def commitment(salt: bytes, field: str, nonce: bytes, value: bytes) -> str:
    """The commitment to one field's value in the entry with this salt, as 64 hex digits.

    `nonce` is 32 random bytes. Every part but the last is written with its length before
    it, so that no two different inputs give the same bytes.
    """
    if len(nonce) != NONCE_LENGTH:
        raise ValueError("a commitment needs 32 random bytes")
    parts = (_DOMAIN, salt, field.encode(), nonce)
    head = b"".join(len(part).to_bytes(2, "big") + part for part in parts)
    return sha256(head + value).hexdigest()


def discloses(committed: str, salt: bytes, field: str, nonce: bytes, value: bytes) -> bool:
    """Whether this value is the one that the entry committed to."""
    return compare_digest(committed, commitment(salt, field, nonce, value))
