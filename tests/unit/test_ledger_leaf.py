"""Entries and their bytes: one spelling, no content, and a signature over all of it."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785

from rilon.domain.entries import SUBJECT_SHAPES, Entry, EntryError, EntryKind, Subject, subject
from rilon.domain.parties import parties
from rilon.ledger.commitments import commitment, discloses
from rilon.ledger.keys import SignerKey
from rilon.ledger.leaf import check_signature, parse, sign

STEWARD = SignerKey("steward", b"\x03" * 32)
ENTRY = Entry(
    kind=EntryKind.MESSAGE_REFUSED,
    time=datetime(2026, 3, 4, 5, 6, 7, 89_999, tzinfo=UTC),
    component="steward",
    correlation="ab12",
    salt=b"\x05" * 16,
    group="mps",
    room="mps-floor",
    parties=parties("RSO", "IDN", "AUS"),
    marking="TLP:AMBER+STRICT REL AUS,IDN ORCON EXP 2026-12-31",
    rule="rule3.rel",
    code="rel_excludes_room",
    subject=((Subject.EVENT_ID, "$abc"), (Subject.CIPHERTEXT_SHA256, "0" * 64)),
    commitments=(("body", "f" * 64),),
)
LEAF = sign(ENTRY, STEWARD)


def resigned(change: dict[str, Any], key: SignerKey = STEWARD) -> bytes:
    """A leaf whose entry was changed and properly signed again: only its shape can be wrong."""
    body: dict[str, Any] = {**json.loads(LEAF)["entry"], **change}
    body = {name: value for name, value in body.items() if value is not ...}
    raw = rfc8785.dumps(body)
    signature = base64.b64encode(key.sign(b"rilon/entry/v1\n" + raw)).decode()
    whole: Any = {"entry": body, "key": f"{key.name}+{key.id.hex()}", "signature": signature}
    return rfc8785.dumps(whole)


def test_a_signed_entry_is_read_back_and_its_signature_holds() -> None:
    signed = parse(LEAF)
    assert signed.entry == ENTRY
    assert check_signature(signed, [STEWARD.verifier])
    assert resigned({}) == LEAF


def test_the_leaf_is_canonical_json_as_published() -> None:
    whole = json.loads(LEAF)
    assert rfc8785.dumps(whole) == LEAF
    assert whole["entry"] == {
        "v": 1,
        "kind": "message_refused",
        "time": "2026-03-04T05:06:07.089Z",
        "component": "steward",
        "correlation": "ab12",
        "salt": "05" * 16,
        "group": "mps",
        "room": "mps-floor",
        "parties": ["AUS", "IDN", "RSO"],
        "marking": "TLP:AMBER+STRICT REL AUS,IDN ORCON EXP 2026-12-31",
        "rule": "rule3.rel",
        "code": "rel_excludes_room",
        "subject": {"ciphertext_sha256": "0" * 64, "event_id": "$abc"},
        "commitments": {"body": "f" * 64},
    }


def test_every_byte_of_a_leaf_counts() -> None:
    for at in range(len(LEAF)):
        spoiled = LEAF[:at] + bytes([LEAF[at] ^ 1]) + LEAF[at + 1 :]
        try:
            signed = parse(spoiled)
        except EntryError:
            continue
        assert not check_signature(signed, [STEWARD.verifier]), at


def test_another_key_of_the_same_name_is_not_the_component() -> None:
    assert not check_signature(parse(LEAF), [SignerKey("steward", b"\x04" * 32).verifier])
    assert not check_signature(parse(LEAF), [])


def test_a_component_cannot_sign_for_another() -> None:
    with pytest.raises(EntryError):
        sign(ENTRY, SignerKey("worker", b"\x03" * 32))
    with pytest.raises(EntryError):
        parse(resigned({}, SignerKey("worker", b"\x03" * 32)))


@pytest.mark.parametrize(
    "leaf",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        LEAF + b" ",
        LEAF.replace(b'{"entry":', b'{ "entry":'),
        LEAF.replace(b'"v":1', b'"v":1,"v":1'),
        LEAF.replace(b'"v":1', b'"v":1.0'),
        LEAF.replace(b'"key":', b'"extra":1,"key":'),
        LEAF.replace(b'"steward+', b'"steward '),
    ],
)
def test_a_second_spelling_or_no_leaf_at_all_is_refused(leaf: bytes) -> None:
    with pytest.raises(EntryError):
        parse(leaf)


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"v": True},
        {"v": "1"},
        {"v": ...},
        {"kind": "something"},
        {"kind": 1},
        {"time": "2026-03-04T05:06:07Z"},
        {"time": "2026-03-04T05:06:07.089+00:00"},
        {"time": "2026-13-04T05:06:07.089Z"},
        {"time": 5},
        {"salt": "05" * 15},
        {"salt": "0A" * 16},
        {"salt": "zz"},
        {"salt": 5},
        {"salt": ...},
        {"group": None},
        {"group": 5},
        {"parties": []},
        {"parties": ["RSO", "AUS"]},
        {"parties": ["AUS", "AUS"]},
        {"parties": "AUS"},
        {"parties": 5},
        {"parties": [["AUS"]]},
        {"subject": {}},
        {"subject": []},
        {"subject": {"body": "text"}},
        {"subject": {"event_id": 5}},
        {"commitments": {"body": "F" * 64}},
        {"commitments": {"body": None}},
        {"body": "text"},
        {"correlation": ""},
    ],
)
def test_an_entry_out_of_shape_is_refused_even_if_well_signed(change: dict[str, Any]) -> None:
    with pytest.raises(EntryError):
        parse(resigned(change))


def test_an_entry_that_is_no_object_is_refused() -> None:
    whole = json.loads(LEAF)
    entries: tuple[Any, ...] = (None, [], "text")
    for entry in entries:
        with pytest.raises(EntryError):
            parse(rfc8785.dumps({**whole, "entry": entry}))


@pytest.mark.parametrize("signature", [None, "", "AAAA", "é", "A" * 88, 5])
def test_a_signature_that_is_none_is_refused(signature: object) -> None:
    whole = {**json.loads(LEAF), "signature": signature}
    with pytest.raises(EntryError):
        parse(rfc8785.dumps(whole))
    with pytest.raises(EntryError):
        parse(rfc8785.dumps({**whole, "signature": json.loads(LEAF)["signature"], "key": 5}))


SENTENCE = "vessel left the northern harbour"


@pytest.mark.parametrize(
    "change",
    [
        {"group": SENTENCE},
        {"room": SENTENCE},
        {"marking": SENTENCE},
        {"marking": f"TLP:RED {SENTENCE}"},
        {"rule": SENTENCE},
        {"code": SENTENCE},
        {"correlation": SENTENCE},
        {"component": SENTENCE},
        {"parties": frozenset({SENTENCE})},
        {"commitments": (("body", SENTENCE),)},
        {"commitments": ((SENTENCE, "f" * 64),)},
        *({"subject": ((name, SENTENCE),)} for name in Subject),
        *({"subject": ((name, ""),)} for name in Subject),
    ],
)
def test_no_field_takes_a_sentence(change: dict[str, Any]) -> None:
    with pytest.raises(EntryError) as refusal:
        replace(ENTRY, **change)
    assert SENTENCE not in str(refusal.value).replace("commitments." + SENTENCE, "")


def test_the_marking_of_a_room_of_sixty_parties_fits() -> None:
    """A group may be large: every party that it names stands in its marking's one list."""
    named = ",".join(f"{first}{second}X" for first in "ABCDEF" for second in "ABCDEFGHIJ")
    entry = replace(ENTRY, marking=f"TLP:AMBER REL {named} ORIG {named}")
    assert parse(sign(entry, STEWARD)).entry == entry


def test_where_a_step_was_taken_is_one_of_two_words() -> None:
    """Nothing that somebody types gets there."""
    for where in ("room", "shell"):
        entry = replace(ENTRY, subject=((Subject.VIA, where),))
        assert parse(sign(entry, STEWARD)).entry == entry
    with pytest.raises(EntryError):
        replace(ENTRY, subject=((Subject.VIA, "elsewhere"),))


def test_every_subject_has_a_shape() -> None:
    assert set(SUBJECT_SHAPES) == set(Subject)


@pytest.mark.parametrize(
    "change",
    [
        {"time": datetime(2026, 1, 1)},  # noqa: DTZ001
        {"time": datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=7)))},
        {"salt": b"\0" * 15},
        {"salt": b"\0" * 65},
        {"subject": ((Subject.STEP, "a"), (Subject.STEP, "b"))},
        {"commitments": (("a", "0" * 64), ("a", "1" * 64))},
        {"subject": (("unheard_of", "a"),)},
    ],
)
def test_an_entry_that_can_not_be_is_not_made(change: dict[str, Any]) -> None:
    with pytest.raises(EntryError):
        replace(ENTRY, **change)


def test_order_and_fractions_of_a_millisecond_make_no_second_entry() -> None:
    other = replace(
        ENTRY,
        subject=tuple(reversed(ENTRY.subject)),
        time=ENTRY.time + timedelta(microseconds=999),
    )
    assert other == ENTRY
    assert sign(other, STEWARD) == LEAF


def test_named_values_that_are_missing_are_left_out() -> None:
    assert subject({Subject.STEP: "join", Subject.UNTIL: None}) == ((Subject.STEP, "join"),)


def test_the_salt_makes_two_entries_of_one_act_differ() -> None:
    assert sign(replace(ENTRY, salt=b"\x06" * 16), STEWARD) != LEAF


def test_an_entry_too_long_for_a_bundle_is_not_signed() -> None:
    many = tuple((f"field_{number}", "0" * 64) for number in range(900))
    with pytest.raises(EntryError, match="65,535"):
        sign(replace(ENTRY, commitments=many), STEWARD)


def test_a_commitment_opens_to_its_value_alone() -> None:
    salt, nonce = b"\x01" * 16, b"\x02" * 32
    made = commitment(salt, "body", nonce, b"value")
    assert discloses(made, salt, "body", nonce, b"value")
    assert not discloses(made, salt, "body", nonce, b"valuf")
    assert not discloses(made, salt, "bod", b"y" + nonce[1:], b"value")
    assert not discloses(made, b"\x03" * 16, "body", nonce, b"value")
    # Without lengths, what one field loses the next could gain.
    assert commitment(b"ab", "c", nonce, b"") != commitment(b"a", "bc", nonce, b"")
    with pytest.raises(ValueError, match="32"):
        commitment(salt, "body", b"short", b"value")
