"""A whole log verified, and spoiled in every way: what is reported is what was done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rilon.audit.explain import explain
from rilon.audit.verify_client import FolderSource, SourceError, verify
from rilon.domain.entries import Entry, EntryKind
from rilon.ledger.checkpoint import Checkpoint, sign_checkpoint
from rilon.ledger.growth import Edge, grow
from rilon.ledger.keys import SignerKey
from rilon.ledger.leaf import sign
from rilon.ledger.tiles import Tile, bundle, width_at
from rilon.ledger.tree import EMPTY_ROOT, leaf_hash
from rilon.ledger.verify import MAX_FAULTS, Fault, FaultCode, Findings, paths_of, verify_log
from rilon.texts.translator import translator

LOG = SignerKey("log.rilon.test", b"\x01" * 32)
STEWARD = SignerKey("steward", b"\x03" * 32)
SIZE = 256 * 3 + 40


def leaf(number: int, key: SignerKey = STEWARD) -> bytes:
    entry = Entry(
        kind=EntryKind.MESSAGE_ACCEPTED,
        time=datetime(2026, 1, 1, tzinfo=UTC),
        component=key.name,
        correlation=f"act-{number}",
        salt=number.to_bytes(16, "big"),
    )
    return sign(entry, key)


ENTRIES = [leaf(number) for number in range(SIZE)]


class Copy:
    """A log in memory, whose bytes a test may change."""

    def __init__(self, entries: list[bytes]) -> None:
        self.size = len(entries)
        growth = grow(Edge(), [leaf_hash(entry) for entry in entries])
        self.checkpoint = Checkpoint(LOG.name, self.size, growth.edge.root)
        self.files: dict[str, bytes] = {}
        for (level, index), hashes in growth.tiles.items():
            tile = Tile(level, index, width_at(level, index, self.size))
            self.files[tile.path] = b"".join(hashes)
            if level == 0:
                first = index * 256
                self.files[tile.entries_path] = bundle(entries[first : first + tile.width])

    def found(self, **asked: object) -> Findings:
        arguments = {"with_entries": True, **asked}
        return verify_log(self.checkpoint, self.files.get, **arguments)  # type: ignore[arg-type]

    def flip(self, path: str, at: int) -> None:
        raw = self.files[path]
        self.files[path] = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


@pytest.fixture
def copy() -> Copy:
    return Copy(ENTRIES)


def test_a_sound_log_is_found_sound_and_all_of_it_was_looked_at(copy: Copy) -> None:
    findings = copy.found(component_keys=[STEWARD.verifier])
    assert findings.sound
    assert (findings.entries, findings.signatures) == (SIZE, SIZE)
    assert findings.tiles == 5
    assert set(paths_of(SIZE, True)) == set(copy.files)


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 512])
def test_a_log_of_any_size_is_found_sound(size: int) -> None:
    small = Copy(ENTRIES[:size])
    findings = small.found(previous=Copy(ENTRIES[: size // 2]).checkpoint)
    assert findings.sound
    assert findings.entries == size


def test_an_altered_entry_is_named(copy: Copy) -> None:
    altered = [*ENTRIES[256:512]]
    altered[7] = leaf(9_999)
    copy.files["tile/entries/001"] = bundle(altered)
    assert copy.found().faults == (Fault(FaultCode.ENTRY_ALTERED, 263, 263, "tile/entries/001"),)


def test_two_entries_that_changed_places_are_named(copy: Copy) -> None:
    swapped = [ENTRIES[1], ENTRIES[0], *ENTRIES[2:256]]
    copy.files["tile/entries/000"] = bundle(swapped)
    assert [fault.first for fault in copy.found().faults] == [0, 1]


def test_an_altered_hash_is_told_from_an_altered_entry(copy: Copy) -> None:
    copy.flip("tile/0/001", 32 * 7)
    assert copy.found().faults == (Fault(FaultCode.TILE_ALTERED, 256, 511, "tile/0/001"),)
    copy.flip("tile/0/003.p/40", 0)
    assert {fault.path for fault in copy.found().faults} == {"tile/0/001", "tile/0/003.p/40"}


def test_an_altered_hash_higher_up_is_placed_there(copy: Copy) -> None:
    copy.flip("tile/1/000.p/3", 33)
    assert copy.found().faults == (Fault(FaultCode.TILE_ALTERED, 0, 767, "tile/1/000.p/3"),)


def test_an_entry_altered_together_with_its_hash_is_placed_within_its_tile(copy: Copy) -> None:
    altered = [*ENTRIES[256:512]]
    altered[7] = leaf(9_999)
    copy.files["tile/entries/001"] = bundle(altered)
    copy.files["tile/0/001"] = b"".join(leaf_hash(entry) for entry in altered)
    assert copy.found().faults == (Fault(FaultCode.TILE_ALTERED, 256, 511, "tile/0/001"),)


def test_a_history_rewritten_throughout_does_not_lead_to_the_signed_root(copy: Copy) -> None:
    forged = Copy([leaf(9_999), *ENTRIES[1:]])
    forged.checkpoint = copy.checkpoint
    assert [fault.code for fault in forged.found().faults] == [FaultCode.ROOT_DIFFERS]


@pytest.mark.parametrize(
    ("path", "code", "first", "last"),
    [
        ("tile/0/001", FaultCode.TILE_MISSING, 256, 511),
        ("tile/0/003.p/40", FaultCode.TILE_MISSING, 768, 807),
        ("tile/1/000.p/3", FaultCode.TILE_MISSING, 0, 767),
        ("tile/entries/002", FaultCode.ENTRIES_MISSING, 512, 767),
        ("tile/entries/003.p/40", FaultCode.ENTRIES_MISSING, 768, 807),
    ],
)
def test_what_is_missing_is_named_and_nothing_else_is(
    copy: Copy, path: str, code: FaultCode, first: int, last: int
) -> None:
    del copy.files[path]
    assert copy.found().faults == (Fault(code, first, last, path),)


def test_missing_hashes_that_nothing_can_replace_are_no_sound_log(copy: Copy) -> None:
    del copy.files["tile/1/000.p/3"], copy.files["tile/0/001"]
    codes = {fault.code for fault in copy.found(with_entries=False).faults}
    assert FaultCode.TILE_MISSING in codes


def test_a_bundle_with_one_entry_too_few_or_cut_is_missing_entries(copy: Copy) -> None:
    for raw in (bundle(ENTRIES[:255]), bundle(ENTRIES[:256])[:-1], b""):
        copy.files["tile/entries/000"] = raw
        assert [fault.code for fault in copy.found().faults] == [FaultCode.ENTRIES_MISSING]


def test_a_partial_tile_may_be_served_from_the_full_one(copy: Copy) -> None:
    longer = Copy([*ENTRIES, *(leaf(number) for number in range(SIZE, 1024))])
    for name in ("tile/0/003", "tile/entries/003"):
        copy.files[name] = longer.files[name]
        del copy.files[f"{name}.p/40"]
    assert copy.found().sound


def test_an_entry_that_no_component_signed_is_named() -> None:
    stranger = SignerKey("steward", b"\x04" * 32)
    forged = ENTRIES[3].replace(b"act-3", b"act-4")
    spoiled = Copy([ENTRIES[0], b"not an entry", leaf(2, stranger), forged])
    faults = spoiled.found(component_keys=[STEWARD.verifier]).faults
    assert [(fault.code, fault.first) for fault in faults] == [
        (FaultCode.ENTRY_UNREADABLE, 1),
        (FaultCode.ENTRY_KEY_UNKNOWN, 2),
        (FaultCode.ENTRY_SIGNATURE_BAD, 3),
    ]
    assert spoiled.found().sound


def test_a_log_that_was_set_back_or_forked_is_told_from_one_that_grew(copy: Copy) -> None:
    assert copy.found(previous=Copy(ENTRIES[:300]).checkpoint).sound
    shorter = Copy(ENTRIES[:300])
    assert [f.code for f in shorter.found(previous=copy.checkpoint).faults] == [
        FaultCode.ROLLED_BACK
    ]
    fork = Copy([*ENTRIES[:299], leaf(9_999)]).checkpoint
    assert [f.code for f in copy.found(previous=fork).faults] == [FaultCode.FORKED]
    same_size = replace(copy.checkpoint, root=b"\x09" * 32)
    assert [f.code for f in copy.found(previous=same_size).faults] == [FaultCode.FORKED]
    assert copy.found(previous=Checkpoint(LOG.name, 0, EMPTY_ROOT)).sound


def test_a_server_that_answers_differently_when_asked_again_hides_no_fork(copy: Copy) -> None:
    fork = Copy([*ENTRIES[:299], leaf(9_999), *ENTRIES[300:]])
    asked: set[str] = set()

    def two_faced(path: str) -> bytes | None:
        again = path in asked
        asked.add(path)
        return (fork if again else copy).files.get(path)

    earlier = Copy([*ENTRIES[:299], leaf(9_999)]).checkpoint
    findings = verify_log(copy.checkpoint, two_faced, previous=earlier)
    assert [fault.code for fault in findings.faults] == [FaultCode.FORKED]


def test_a_log_without_the_hashes_to_compare_is_not_taken_for_consistent(copy: Copy) -> None:
    del copy.files["tile/0/001"]
    findings = copy.found(previous=Copy(ENTRIES[:300]).checkpoint)
    assert {fault.code for fault in findings.faults} == {
        FaultCode.TILE_MISSING,
        FaultCode.NOT_COMPARED,
    }


def test_an_earlier_checkpoint_is_compared_through_a_full_tile_too(copy: Copy) -> None:
    longer = Copy([*ENTRIES, *(leaf(number) for number in range(SIZE, 1024))])
    copy.files["tile/0/003"] = longer.files["tile/0/003"]
    del copy.files["tile/0/003.p/40"]
    fork = Copy([*ENTRIES[:799], leaf(9_999)]).checkpoint
    assert copy.found(previous=Copy(ENTRIES[:800]).checkpoint).sound
    assert [f.code for f in copy.found(previous=fork).faults] == [FaultCode.FORKED]


def test_countless_faults_are_counted() -> None:
    spoiled = Copy([b"not an entry"] * (MAX_FAULTS + 7))
    findings = spoiled.found(component_keys=[STEWARD.verifier])
    assert len(findings.faults) == MAX_FAULTS
    assert findings.more == 7


def written(copy: Copy, folder: Path) -> Path:
    for path, raw in copy.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(raw)
    (folder / "checkpoint").write_bytes(bytes(sign_checkpoint(copy.checkpoint, LOG)))
    return folder


def test_a_copy_in_a_folder_is_verified_and_told_in_sentences(copy: Copy, tmp_path: Path) -> None:
    folder = written(copy, tmp_path)
    report = verify(folder, str(LOG.verifier), component_keys=[STEWARD.verifier])
    assert report.sound
    assert explain(report, translator("en")) == [
        "The ledger log.rilon.test is sound: 808 entries lead to the signed root.",
        "Every entry was read and is the one in the tree: 808.",
        "Every entry carries its component's signature: 808.",
    ]
    assert "no keys were given" in explain(verify(folder, LOG.verifier), translator("en"))[-1]


def test_an_altered_copy_is_told_entry_by_entry(copy: Copy, tmp_path: Path) -> None:
    copy.files["tile/entries/000"] = bundle([*ENTRIES[:5], leaf(9_999), *ENTRIES[6:256]])
    report = verify(written(copy, tmp_path), LOG.verifier)
    assert not report.sound
    lines = explain(report, translator("en"))
    assert lines[0] == "The ledger log.rilon.test is NOT sound."
    assert lines[1].startswith("Entry 5 was altered")


def test_a_checkpoint_of_another_key_is_not_believed(copy: Copy, tmp_path: Path) -> None:
    folder = written(copy, tmp_path)
    stranger = SignerKey(LOG.name, b"\x09" * 32)
    report = verify(folder, stranger.verifier)
    assert not report.sound
    assert report.findings.faults[0].code is FaultCode.CHECKPOINT_BAD
    (folder / "checkpoint").write_bytes(b"nonsense")
    assert not verify(folder, LOG.verifier).sound
    kept = bytes(sign_checkpoint(copy.checkpoint, stranger))
    written(copy, tmp_path)
    assert not verify(folder, LOG.verifier, previous=kept).sound


def test_a_folder_without_a_log_says_nothing_about_a_log(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        verify(tmp_path, LOG.verifier)
    assert FolderSource(tmp_path).fetch("tile/0/000") is None


def test_every_fault_has_its_sentence() -> None:
    from rilon.audit.explain import explain_fault

    for code in FaultCode:
        said = explain_fault(Fault(code, 1, 2, "tile/0/000", "detail"), translator("en"))
        assert "{" not in said
        assert said.endswith((".", ")"))
