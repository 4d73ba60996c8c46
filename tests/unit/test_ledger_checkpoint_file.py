"""The checkpoint file moves forward only, whatever it is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from rilon.ledger.checkpoint import Checkpoint, sign_checkpoint
from rilon.ledger.keys import SignerKey
from rilon.ledger.tree import EMPTY_ROOT, CompactRange, consistency_ranges, leaf_hash, root_of
from rilon.storage.checkpoints import CheckpointDamaged, CheckpointFile, Forked, RolledBack

LOG = SignerKey("log.rilon.test", b"\x01" * 32)
LEAVES = [leaf_hash(bytes([number])) for number in range(20)]


def note(size: int, leaves: list[bytes] = LEAVES) -> bytes:
    root = CompactRange().append(*leaves[:size]).root
    return bytes(sign_checkpoint(Checkpoint(LOG.name, size, root), LOG))


def proof(old: int, new: int, leaves: list[bytes] = LEAVES) -> list[bytes]:
    return [root_of(leaves[a:b]) for a, b in consistency_ranges(old, new)]


@pytest.fixture
def file(tmp_path: Path) -> CheckpointFile:
    return CheckpointFile(tmp_path / "checkpoints", LOG.verifier)


def test_it_begins_with_nothing_and_moves_forward(file: CheckpointFile, tmp_path: Path) -> None:
    assert file.current() is None
    file.advance(note(0), [])
    file.advance(note(7), [])
    file.advance(note(20), proof(7, 20))
    file.advance(note(20), [])
    again = CheckpointFile(tmp_path / "checkpoints", LOG.verifier).current()
    assert again is not None
    assert again.raw == note(20)
    assert (tmp_path / "checkpoints" / "checkpoint").stat().st_mode & 0o077 == 0


def test_a_smaller_checkpoint_never_replaces_a_larger(file: CheckpointFile) -> None:
    file.advance(note(10), [])
    for size in (9, 1, 0):
        with pytest.raises(RolledBack):
            file.advance(note(size), [])
    assert file.current().checkpoint.size == 10  # type: ignore[union-attr]


def test_another_root_of_the_same_size_is_a_fork(file: CheckpointFile) -> None:
    file.advance(note(10), [])
    with pytest.raises(Forked):
        file.advance(note(10, LEAVES[::-1]), [])


def test_a_database_set_back_that_went_on_past_the_old_size_is_a_fork(file: CheckpointFile) -> None:
    file.advance(note(10), [])
    went_on = [*LEAVES[:8], *LEAVES[10:], LEAVES[0], LEAVES[1]]
    for given in (proof(10, 15, went_on), proof(10, 15), []):
        with pytest.raises(Forked):
            file.advance(note(15, went_on), given)
    with pytest.raises(Forked):
        file.advance(note(15), [])
    assert file.current().raw == note(10)  # type: ignore[union-attr]


def test_two_writers_see_each_other(tmp_path: Path) -> None:
    one = CheckpointFile(tmp_path, LOG.verifier)
    other = CheckpointFile(tmp_path, LOG.verifier)
    one.advance(note(5), [])
    other.advance(note(9), proof(5, 9))
    with pytest.raises(RolledBack):
        one.advance(note(7), proof(5, 7))
    assert one.current().checkpoint.size == 9  # type: ignore[union-attr]


@pytest.mark.parametrize("raw", [b"", b"nonsense", note(3)[:-9], note(3).replace(b"3", b"4", 1)])
def test_a_damaged_file_stops_everything(file: CheckpointFile, tmp_path: Path, raw: bytes) -> None:
    file.advance(note(3), [])
    (tmp_path / "checkpoints" / "checkpoint").write_bytes(raw)
    with pytest.raises(CheckpointDamaged):
        file.current()
    with pytest.raises(CheckpointDamaged):
        file.advance(note(4), proof(3, 4))


def test_a_file_signed_by_another_key_stops_everything(
    file: CheckpointFile, tmp_path: Path
) -> None:
    stranger = SignerKey(LOG.name, b"\x09" * 32)
    (tmp_path / "checkpoints").mkdir()
    forged = bytes(sign_checkpoint(Checkpoint(LOG.name, 0, EMPTY_ROOT), stranger))
    (tmp_path / "checkpoints" / "checkpoint").write_bytes(forged)
    with pytest.raises(CheckpointDamaged):
        file.current()
