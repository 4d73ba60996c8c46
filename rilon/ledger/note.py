"""Signed notes (c2sp.org/signed-note): a text, and lines with signatures over it.

What the text says is left to others; here it is only whether a known key signed it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass

from rilon.ledger.keys import COSIGNATURE, KEY_ID_SIZE, SIGNATURE_SIZE, SignerKey, VerifierKey

MAX_NOTE = 1_000_000
MAX_SIGNATURES = 100
_SIGNATURE = re.compile("— ([^\\s+]+) ([A-Za-z0-9+/]+={0,2})")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f]")


class NoteError(ValueError):
    """A note that doesn't read, or that a known key didn't sign as it claims."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: the signer's name, its key id, and the signature's bytes."""

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        """`— name base64(keyid ‖ signature)`, without the line break."""
        return f"— {self.name} {base64.b64encode(self.key_id + self.value).decode()}"


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in a line break, and the signatures under it."""

    text: str
    signatures: tuple[Signature, ...]

    def __bytes__(self) -> bytes:
        lines = "".join(f"{signature}\n" for signature in self.signatures)
        return f"{self.text}\n{lines}".encode()


def sign_note(text: str, *signers: SignerKey) -> Note:
    """The text signed by each. The text must end in a line break."""
    _must_be_text(text)
    message = text.encode()
    return Note(text, tuple(Signature(key.name, key.id, key.sign(message)) for key in signers))


def parse_note(raw: bytes) -> Note:
    """Read a note without believing it; raises `NoteError`."""
    if len(raw) > MAX_NOTE:
        raise NoteError("the note is too long")
    try:
        whole = raw.decode()
    except UnicodeDecodeError as error:
        raise NoteError("the note is not UTF-8") from error
    head, gap, tail = whole.rpartition("\n\n")
    if not gap or not tail.endswith("\n"):
        raise NoteError("the note has no signature lines")
    text = head + "\n"
    _must_be_text(text)
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteError("the note has too many signatures")
    return Note(text, tuple(_signature(line) for line in lines))


def open_note(raw: bytes, keys: Iterable[VerifierKey]) -> Note:
    """Read a note and keep only the signatures of known keys, each of them verified.

    Unknown signatures are left out. Raises `NoteError` when a known key's signature is bad,
    or when no known key signed at all.
    """
    note = parse_note(raw)
    known = {(key.name, key.id): key for key in keys}
    good: dict[tuple[str, bytes], Signature] = {}
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None:
            continue
        if not _holds(key, note.text, signature):
            raise NoteError("a signature of a known key is bad")
        good.setdefault((signature.name, signature.key_id), signature)
    if not good:
        raise NoteError("no known key signed the note")
    return Note(note.text, tuple(good.values()))


def cosigned_text(text: str, seconds: int) -> bytes:
    """What a witness signs for a checkpoint's text at a time (c2sp.org/tlog-cosignature)."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _holds(key: VerifierKey, text: str, signature: Signature) -> bool:
    if key.kind != COSIGNATURE:
        return key.signed(text.encode(), signature.value)
    if len(signature.value) != 8 + SIGNATURE_SIZE:
        return False
    seconds = int.from_bytes(signature.value[:8], "big")
    return key.signed(cosigned_text(text, seconds), signature.value[8:])


def _signature(line: str) -> Signature:
    found = _SIGNATURE.fullmatch(line)
    if found is None:
        raise NoteError("a signature line doesn't read")
    try:
        blob = base64.b64decode(found[2], validate=True)
    except binascii.Error as error:
        raise NoteError("a signature line doesn't read") from error
    if len(blob) <= KEY_ID_SIZE:
        raise NoteError("a signature is too short")
    return Signature(found[1], blob[:KEY_ID_SIZE], blob[KEY_ID_SIZE:])


def _must_be_text(text: str) -> None:
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteError("the text must end in a line break and hold no control signs")
