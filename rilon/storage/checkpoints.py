"""The checkpoint file: the newest checkpoint, where restoring the database can't take it back.

It only moves forward, by compare-and-swap, and is durable before anybody is shown it. What
to sign, and when, is left to `rilon.storage.sequencer`.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rilon.ledger.checkpoint import Checkpoint, CheckpointError, open_checkpoint
from rilon.ledger.keys import VerifierKey
from rilon.ledger.note import NoteError
from rilon.ledger.tree import ProofError, verify_consistency


class LedgerStopped(Exception):
    """Going on would make two records out of one. A person must look; nothing is retried."""


class CheckpointDamaged(LedgerStopped):
    """The checkpoint file is not a checkpoint that the log's key signed."""


class RolledBack(LedgerStopped):
    """There is less than was already signed."""


class Forked(LedgerStopped):
    """What is there is not what was already signed, continued."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A checkpoint, and the signed note it was read from."""

    checkpoint: Checkpoint
    raw: bytes


class CheckpointFile:
    """The file `checkpoint` in a folder of its own."""

    def __init__(self, folder: Path, key: VerifierKey) -> None:
        self._folder = folder
        self._path = folder / "checkpoint"
        self._key = key
        self._seen: Stored | None = None

    def __str__(self) -> str:
        return str(self._path)

    def current(self) -> Stored | None:
        """The newest checkpoint; `None` before the first. Raises `CheckpointDamaged`."""
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return None
        seen = self._seen
        if seen is not None and seen.raw == raw:
            return seen
        try:
            self._seen = seen = Stored(open_checkpoint(raw, self._key), raw)
        except (NoteError, CheckpointError) as error:
            raise CheckpointDamaged(
                f"{self._path} is not a checkpoint signed by the log's key ({error}). "
                "Put back the file as it was, or the key that belongs to it."
            ) from error
        return seen

    def advance(self, raw: bytes, proof: Sequence[bytes]) -> Stored:
        """Replace the checkpoint by a later one; durable when it returns.

        `proof` shows that the stored checkpoint's tree is a beginning of the new one's; it is
        empty when either is empty, or both are of one size. Raises `RolledBack` or `Forked`.
        """
        new = open_checkpoint(raw, self._key)
        with self._locked():
            stored = self.current()
            if stored is not None:
                self._must_follow(stored.checkpoint, new, proof)
                if stored.checkpoint == new:
                    return stored
            self._write(raw)
        return Stored(new, raw)

    def _must_follow(self, old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> None:
        if new.size < old.size:
            raise RolledBack(
                f"{self._path} is signed for {old.size} entries, and a checkpoint for only "
                f"{new.size} was to replace it."
            )
        if old.size == 0:
            return
        try:
            verify_consistency(old.size, new.size, proof, old.root, new.root)
        except ProofError as error:
            raise Forked(
                f"{self._path} is signed for {old.size} entries, and the checkpoint for "
                f"{new.size} that was to replace it doesn't continue them ({error})."
            ) from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time, among processes too."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _write(self, raw: bytes) -> None:
        fresh = self._path.with_name(".checkpoint.new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            # A short write would leave half a file to be renamed into place.
            if os.write(descriptor, raw) != len(raw):
                raise OSError(f"{fresh}: was not written whole")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        fresh.replace(self._path)
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
