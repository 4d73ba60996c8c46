"""Checkpoints (c2sp.org/tlog-checkpoint): a log's size and root, signed by the log.

Which checkpoint may follow which is `rilon.ledger.tree.verify_consistency`.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from rilon.ledger.keys import SignerKey, VerifierKey
from rilon.ledger.note import Note, open_note, sign_note
from rilon.ledger.tree import EMPTY_ROOT, HASH_SIZE

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class CheckpointError(ValueError):
    """A text that isn't a checkpoint of this log."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log: its origin (the log's name), how many entries, and the root over them."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if len(self.root) != HASH_SIZE or self.size < 0:
            raise CheckpointError("a checkpoint needs a size and a root of 32 bytes")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise CheckpointError("an empty log has one root only")

    def __str__(self) -> str:
        """The body that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint's body; extension lines after the third are left aside.

    Raises `CheckpointError`.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or "" in lines[:-1]:
        raise CheckpointError("a checkpoint has three lines or more")
    origin, size, root = lines[:3]
    if _SIZE.fullmatch(size) is None:
        raise CheckpointError("the size must be a decimal number without leading zeros")
    try:
        digest = base64.b64decode(root, validate=True)
    except ValueError as error:
        raise CheckpointError("the root's base64 doesn't read") from error
    if base64.b64encode(digest).decode() != root:
        raise CheckpointError("the root's base64 has a second spelling")
    return Checkpoint(origin, int(size), digest)


def sign_checkpoint(checkpoint: Checkpoint, key: SignerKey) -> Note:
    """The checkpoint as a note of the log. The key's name must be the origin."""
    if key.name != checkpoint.origin:
        raise CheckpointError("the log's key must have the origin as its name")
    return sign_note(str(checkpoint), key)


def open_checkpoint(raw: bytes, key: VerifierKey) -> Checkpoint:
    """Read a checkpoint that the log's key signed.

    Raises `NoteError` or `CheckpointError`. A checkpoint of another origin is refused, even
    when this key signed it.
    """
    checkpoint = parse_checkpoint(open_note(raw, [key]).text)
    if checkpoint.origin != key.name:
        raise CheckpointError("the checkpoint is of another log")
    return checkpoint
