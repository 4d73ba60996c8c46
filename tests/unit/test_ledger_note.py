"""Keys, signed notes and checkpoints: the published example, and every way to spoil them."""

from __future__ import annotations

import base64

import pytest

from rilon.ledger.checkpoint import (
    Checkpoint,
    CheckpointError,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from rilon.ledger.keys import COSIGNATURE, KeyFormatError, SignerKey, VerifierKey
from rilon.ledger.note import (
    Note,
    NoteError,
    Signature,
    cosigned_text,
    open_note,
    parse_note,
    sign_note,
)
from rilon.ledger.tree import EMPTY_ROOT

# The example of golang.org/x/mod/sumdb/note, whose format c2sp.org/signed-note is.
EXAMPLE_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
EXAMPLE_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
EXAMPLE_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
EXAMPLE = (
    EXAMPLE_TEXT + "\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

LOG = SignerKey("log.rilon.test", b"\x01" * 32)
OTHER = SignerKey("witness.idn", b"\x02" * 32)
ROOT = b"\x07" * 32


def test_the_published_example_is_signed_and_read() -> None:
    key = SignerKey.parse(EXAMPLE_SECRET)
    assert str(key.verifier) == EXAMPLE_KEY
    assert key.secret_text() == EXAMPLE_SECRET
    assert bytes(sign_note(EXAMPLE_TEXT, key)) == EXAMPLE.encode()
    assert open_note(EXAMPLE.encode(), [VerifierKey.parse(EXAMPLE_KEY)]).text == EXAMPLE_TEXT


def test_a_private_key_never_shows_itself() -> None:
    key = SignerKey.parse(EXAMPLE_SECRET)
    shown = repr(key) + str(key)
    assert key.seed.hex() not in shown
    assert repr(key.seed) not in shown
    assert EXAMPLE_SECRET.rsplit("+", 1)[1] not in shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+c74f20a3",
        EXAMPLE_KEY.replace("c74f20a3", "c74f20a4"),
        EXAMPLE_KEY.replace("PeterNeumann", "PeterNeuman"),
        EXAMPLE_KEY[:-4],
        EXAMPLE_KEY.replace("+AR", "+CR"),
        EXAMPLE_KEY.replace("+AR", "+!R"),
        EXAMPLE_KEY.replace("+AR", "+éR"),
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(KeyFormatError):
        VerifierKey.parse(text)


@pytest.mark.parametrize("name", ["", "two words", "plus+sign", "non\u00a0breaking", "line\n"])
def test_a_key_name_without_space_or_plus_is_required(name: str) -> None:
    with pytest.raises(KeyFormatError):
        VerifierKey(name, b"\x01" * 32)


@pytest.mark.parametrize(
    "text",
    [
        EXAMPLE_KEY,
        EXAMPLE_SECRET.replace("c74f20a3", "c74f20a4"),
        EXAMPLE_SECRET.replace("+AY", "+BY"),
        EXAMPLE_SECRET[:-4],
    ],
)
def test_a_damaged_private_key_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(KeyFormatError) as refusal:
        SignerKey.parse(text)
    assert text.rsplit("+", 1)[1] not in str(refusal.value)


def test_a_note_changed_by_one_letter_is_rejected() -> None:
    raw = EXAMPLE.replace("answer", "Answer").encode()
    with pytest.raises(NoteError, match="bad"):
        open_note(raw, [VerifierKey.parse(EXAMPLE_KEY)])


def test_unknown_signatures_are_left_out() -> None:
    note = sign_note("text\n", OTHER, LOG)
    assert open_note(bytes(note), [LOG.verifier]).signatures == note.signatures[1:]


def test_a_note_that_no_known_key_signed_is_rejected() -> None:
    with pytest.raises(NoteError, match="no known key"):
        open_note(bytes(sign_note("text\n", OTHER)), [LOG.verifier])
    same_name = SignerKey(LOG.name, b"\x09" * 32)
    with pytest.raises(NoteError, match="no known key"):
        open_note(bytes(sign_note("text\n", same_name)), [LOG.verifier])


def test_one_bad_signature_of_a_known_key_rejects_the_note() -> None:
    good = sign_note("text\n", LOG, OTHER)
    bad = Signature(OTHER.name, OTHER.id, b"\0" * 64)
    raw = bytes(Note(good.text, (good.signatures[0], bad)))
    assert open_note(raw, [LOG.verifier]).signatures == good.signatures[:1]
    with pytest.raises(NoteError, match="bad"):
        open_note(raw, [LOG.verifier, OTHER.verifier])


def test_the_text_ends_at_the_last_empty_line() -> None:
    text = "one\n\ntwo\n"
    assert parse_note(bytes(sign_note(text, LOG))).text == text


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"text\n",
        b"text\n\n",
        EXAMPLE.encode()[:-1],
        EXAMPLE.replace("— ", "- ").encode(),
        EXAMPLE.replace("PeterNeumann ", "Peter Neumann ").encode(),
        EXAMPLE.replace("nAM=", "nAM").encode(),
        EXAMPLE.replace("\n— ", "\n\x00\n— ").encode(),
        EXAMPLE.encode().replace(b"If", b"\xff"),
        ("text\n\n" + "— a AAAAAAAA\n" * 101).encode(),
        b"x" * 1_000_001,
        b"text\n\n" + "— a AAAA\n".encode(),
    ],
)
def test_what_is_no_note_is_refused(raw: bytes) -> None:
    with pytest.raises(NoteError):
        parse_note(raw)


def test_a_text_without_its_last_line_break_is_not_signed() -> None:
    with pytest.raises(NoteError):
        sign_note("text", LOG)


def test_a_timestamped_cosignature_is_over_the_time_too() -> None:
    text = str(Checkpoint(LOG.name, 5, ROOT))
    witness = VerifierKey(OTHER.name, OTHER.verifier.public, COSIGNATURE)
    assert witness.id != OTHER.id

    def cosigned(said: int, signed: int) -> bytes:
        value = said.to_bytes(8, "big") + OTHER.sign(cosigned_text(text, signed))
        return bytes(Note(text, (Signature(witness.name, witness.id, value),)))

    assert open_note(cosigned(7, 7), [witness]).text == text
    with pytest.raises(NoteError):
        open_note(cosigned(8, 7), [witness])
    plain = Signature(witness.name, witness.id, OTHER.sign(text.encode()))
    with pytest.raises(NoteError):
        open_note(bytes(Note(text, (plain,))), [witness])


def test_a_checkpoint_is_written_byte_for_byte_and_read_back() -> None:
    checkpoint = Checkpoint(LOG.name, 42, ROOT)
    assert str(checkpoint) == f"log.rilon.test\n42\n{base64.b64encode(ROOT).decode()}\n"
    assert parse_checkpoint(str(checkpoint)) == checkpoint
    assert parse_checkpoint(str(checkpoint) + "extension\n") == checkpoint
    assert open_checkpoint(bytes(sign_checkpoint(checkpoint, LOG)), LOG.verifier) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "log\n1\n",
        f"log\n01\n{base64.b64encode(ROOT).decode()}\n",
        f"log\n-1\n{base64.b64encode(ROOT).decode()}\n",
        f"log\n+1\n{base64.b64encode(ROOT).decode()}\n",
        f"log\n١\n{base64.b64encode(ROOT).decode()}\n",
        f"log\n1\n{base64.b64encode(ROOT[:31]).decode()}\n",
        f"log\n1\n{base64.b64encode(ROOT).decode()}",
        f"log\n1\n{base64.b64encode(ROOT).decode()}\n\n",
        f"log\n1\n{base64.b64encode(ROOT).decode()[:-2]}d=\n",
        f"\n1\n{base64.b64encode(ROOT).decode()}\n",
        f"log\n0\n{base64.b64encode(ROOT).decode()}\n",
        "log\n1\n€\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(CheckpointError):
        parse_checkpoint(text)


def test_an_empty_log_has_a_checkpoint() -> None:
    assert parse_checkpoint(str(Checkpoint("log", 0, EMPTY_ROOT))).size == 0


def test_a_checkpoint_of_another_log_is_refused_even_if_this_key_signed_it() -> None:
    raw = bytes(sign_note(str(Checkpoint("log.elsewhere", 1, ROOT)), LOG))
    with pytest.raises(CheckpointError):
        open_checkpoint(raw, LOG.verifier)
    with pytest.raises(CheckpointError):
        sign_checkpoint(Checkpoint("log.elsewhere", 1, ROOT), LOG)
