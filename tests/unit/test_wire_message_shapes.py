"""Decrypted messages: relations, types and JSON that readers take in different ways are refused;
verification and requests."""

from __future__ import annotations

from typing import Any

import pytest

from rilon.domain.acts import (
    Act,
    Post,
    Unclear,
    Undecodable,
    Verification,
)
from rilon.domain.verdicts import Code
from rilon.wire.decode import decode_plaintext
from rilon.wire.envelope import read_envelope
from tests.wire_messages import (
    ANSWERED,
    AUS,
    EDIT,
    HTML,
    IDN,
    REPLY,
    ROOM,
    SHAPE,
    TARGET,
    TODAY,
    TYPE,
    VOCABULARY,
    decode,
    opened,
    post,
    refused,
    text,
)

# --- way round: relations, rooms and types -------------------------------------------------------


@pytest.mark.parametrize(
    ("attack", "body", "formatted"),
    [
        ("a label in two lines", "FYI TLP\n:RED // x", "FYI TLP\n:RED // x"),
        ("a quotation", "seen\n> TLP:RED REL AUS // x", "seen\n&gt; TLP:RED REL AUS // x"),
        ("REL in two lines", "seen REL\nAUS,IDN // x", "seen REL&#10;AUS,IDN // x"),
    ],
)
def test_a_line_break_within_formatted_text_hides_no_marking(
    attack: str, body: str, formatted: str
) -> None:
    """Where no tag breaks it, readers see one line."""
    assert isinstance(post(text(body, formatted)).marking, Unclear)


@pytest.mark.parametrize("reference", ["&#1;", "&#xFDD0;", "&#x1ffff", "&#127;"])
def test_references_to_no_character(reference: str) -> None:
    refused(decode(text("hello", f"he{reference}llo")), "content.formatted_body")


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        (REPLY, None),
        (EDIT, REPLY),
        ({"m.in_reply_to": {"event_id": ANSWERED}}, REPLY),
        ({"rel_type": "m.thread", "event_id": TARGET}, REPLY),
        ({}, REPLY),
        (None, REPLY),
        ({**REPLY, "note": "secret"}, REPLY),
        ({"rel_type": "m.thread", "event_id": TARGET},
         {"rel_type": "m.thread", "event_id": TARGET, "is_falling_back": True}),
    ],
)  # fmt: skip
def test_two_relations(inner: Any, outer: Any) -> None:
    act = decode(text("x", **{"m.relates_to": inner}), outer)
    assert isinstance(act, Undecodable)
    assert act.where.startswith("content.m.relates_to")


def test_a_message_that_refers_as_a_verification_does() -> None:
    reference = {"rel_type": "m.reference", "event_id": TARGET}
    refused(decode(text("x"), reference), "content.m.relates_to")


def test_a_payload_of_another_room() -> None:
    refused(decode(text("x"), room_id="!other:rilon.example"), "payload.room_id")
    refused(decode(text("x"), room_id=None), "payload.room_id")


@pytest.mark.parametrize(
    "msgtype", ["m.emote", "m.notice", "m.location", "m.server_notice", "org.x", "", None, 1, []]
)
def test_other_msgtypes(msgtype: Any) -> None:
    refused(decode({"msgtype": msgtype, "body": "x"}), "content.msgtype", TYPE)


@pytest.mark.parametrize("msgtype", ["m.image", "m.file", "m.audio", "m.video"])
def test_files(msgtype: str) -> None:
    """Their shape has tests of its own; here, that none of it is taken for text."""
    content = {"msgtype": msgtype, "body": "x.jpg", "file": {}, "info": {"thumbnail_file": {}}}
    where = "thumbnail_file" if msgtype == "m.audio" else "mimetype"
    refused(decode(content), f"content.info.{where}")


@pytest.mark.parametrize(
    "type_",
    ["m.sticker", "m.poll.start", "m.call.invite", "m.reaction", "m.room.redaction",
     "m.room.encrypted", "m.room.name", "org.example", "m.beacon"],
)  # fmt: skip
def test_encrypted_events_of_another_type(type_: str) -> None:
    refused(decode(text("x"), type=type_), "payload.type", TYPE)


def test_a_type_that_is_no_text() -> None:
    refused(decode(text("x"), type=["m.room.message"]), "payload.type")


# --- way round: the JSON itself ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attack", "plaintext"),
    [
        ("nothing", b""),
        ("no json", b"hello"),
        ("not utf-8", b'{"type":"\xff"}'),
        ("a list", b"[]"),
        ("a number", b"1"),
        ("null", b"null"),
        ("deep nesting", b"[" * 30_000 + b"]" * 30_000),
        ("deep objects", b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
        ("too long", b'{"a":"' + b"x" * 300_000 + b'"}'),
        ("huge number", b'{"a":' + b"9" * 60_000 + b"}"),
        ("nan", b'{"a":NaN}'),
        ("infinity", b'{"a":-Infinity}'),
        ("float", b'{"a":1.5}'),
        ("exponent", b'{"a":1e400}'),
        ("trailing text", b"{} secret"),
        ("byte order mark", b"\xef\xbb\xbf{}"),
    ],
)
def test_json_that_readers_take_in_different_ways(attack: str, plaintext: bytes) -> None:
    act = opened(plaintext)
    assert isinstance(act, Undecodable)
    assert act.code is SHAPE


def test_a_key_that_stands_twice() -> None:
    plaintext = (
        f'{{"type":"m.room.message","room_id":"{ROOM}","content":'
        '{"msgtype":"m.text","body":"judged","body":"shown"}}'
    )
    refused(opened(plaintext.encode()), "content")


# --- verification --------------------------------------------------------------------------------

REQUEST = {
    "msgtype": "m.key.verification.request",
    "body": f"{AUS} is requesting to verify your key, but your client does not support in-chat "
    "key verification.  You will need to use legacy key verification to verify keys.",
    "from_device": "ABCDEFGHIJ",
    "methods": ["m.sas.v1", "m.qr_code.show.v1", "m.reciprocate.v1"],
    "to": IDN,
}
REFERENCE = {"rel_type": "m.reference", "event_id": TARGET}
STEPS: dict[str, dict[str, Any]] = {
    "ready": {"from_device": "ABC", "methods": ["m.sas.v1"]},
    "start": {
        "from_device": "ABC",
        "method": "m.sas.v1",
        "key_agreement_protocols": ["curve25519-hkdf-sha256"],
        "hashes": ["sha256"],
        "message_authentication_codes": ["hkdf-hmac-sha256.v2"],
        "short_authentication_string": ["decimal", "emoji"],
    },
    "accept": {
        "method": "m.sas.v1",
        "commitment": "A" * 43,
        "hash": "sha256",
        "key_agreement_protocol": "curve25519-hkdf-sha256",
        "message_authentication_code": "hkdf-hmac-sha256.v2",
        "short_authentication_string": ["emoji"],
    },
    "key": {"key": "A" * 43},
    "mac": {"keys": "A" * 43, "mac": {"ed25519:ABC": "A" * 43}},
    "done": {},
    "cancel": {"code": "m.user", "reason": "The user cancelled the verification."},
}


def step(name: str, content: dict[str, Any], relation: Any = REFERENCE) -> Act:
    return decode(content, relation, type=f"m.key.verification.{name}")


def test_a_verification_between_people() -> None:
    assert decode(REQUEST) == Verification("m.key.verification.request")
    for name, content in STEPS.items():
        assert step(name, content) == Verification(f"m.key.verification.{name}")
        whole = {**content, "m.relates_to": REFERENCE}
        assert step(name, whole) == Verification(f"m.key.verification.{name}")


WORDS: tuple[Any, ...] = ("the vessel left", ["the vessel left"], {"the vessel": "left"})


def test_a_verification_carries_no_text() -> None:
    changes: dict[str, Any] = {
        "body": "the vessel left",
        "from_device": "the vessel left",
        "methods": ["the vessel left"],
        "to": "the vessel left",
        "note": "x",
        "format": HTML,
    }
    for key, value in changes.items():
        assert isinstance(decode({**REQUEST, key: value}), Undecodable), key
    for name, content in STEPS.items():
        for key in (*content, "note"):
            for value in WORDS:
                assert isinstance(step(name, {**content, key: value}), Undecodable), (name, key)


def test_a_step_without_its_request_or_of_an_unknown_name() -> None:
    assert isinstance(step("ready", STEPS["ready"], None), Undecodable)
    assert isinstance(step("ready", STEPS["ready"], REPLY), Undecodable)
    assert isinstance(step("secret", {}), Undecodable)


def test_an_event_that_was_not_encrypted_has_no_plaintext() -> None:
    envelope = read_envelope(
        {
            "event_id": "$e",
            "room_id": ROOM,
            "type": "m.room.message",
            "sender": AUS,
            "origin_server_ts": 1,
            "content": {},
        }
    )
    act = decode_plaintext(envelope, b"{}", VOCABULARY, TODAY)
    assert act == Undecodable(Code.NOT_ENCRYPTED)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("body", "formatted"),
    [
        (">", ">"), ("> ", "<blockquote>"), ("*", "*"), ("[", "["), ("-", "-"), ("1. ", "x"),
        ("[a](https://a)", '<a href="https://a">a</a>'), ("<", "<p>"), ("<u>", "x"), ("=", "="),
        ("a\n", "a<br>"), ("- a\n", "<li>a</li>"), (" ", " "), ("`", "&#96;"), ("a", "<em>a</em>"),
        ("matrix.to", "x"), ("_a", "a"), (">\n", ">"), ("#", "&"), ("\n", "<hr>"), ("@a:b ", "x"),
    ],
)  # fmt: skip
def test_long_hostile_messages_take_time_in_proportion(body: str, formatted: str) -> None:
    # The time limit is the assertion: a quadratic walk needs many minutes here.
    content = text(body * (30_000 // len(body)), formatted * (30_000 // len(formatted)))
    decode(content)
    decode({**content, "body": "x" + content["body"]}, REPLY)
    decode({**content, "formatted_body": f"<mx-reply>{content['formatted_body']}"}, REPLY)


@pytest.mark.parametrize(
    ("body", "formatted"),
    [
        ("1. x", '<ol start="812345678"><li>x</li></ol>'),
        ("- x", '<ol start="812345678"><li>x</li></ol>'),
        ("x", '<ol start="7"><li>x</li></ol>'),
        ("8. x", '<ol start="7"><li>x</li></ol>'),
        ("3. x\n\n1. y", '<ol start="3"><li>x</li></ol><ol start="5"><li>y</li></ol>'),
        ("3. x\n  1. y", '<ol start="3"><li>x<ol start="9"><li>y</li></ol></li></ol>'),
    ],
)
def test_digits_hidden_in_the_number_that_a_list_begins_with_are_refused(
    body: str, formatted: str
) -> None:
    refused(decode(text(body, formatted)), "content.formatted_body")


@pytest.mark.parametrize(
    ("body", "formatted"),
    [
        ("3) three", '<ol start="3">\n<li>three</li>\n</ol>\n'),
        ("03. three\n04. four", '<ol start="3"><li>three</li><li>four</li></ol>'),
        ("3. x\n\n   - z\n4. y", '<ol start="3"><li>x<ul><li>z</li></ul></li><li>y</li></ol>'),
        ("0. none", '<ol start="0"><li>none</li></ol>'),
    ],
)
def test_a_list_that_goes_on_from_a_number_passes(body: str, formatted: str) -> None:
    assert post(text(body, formatted)).marking is None


# --- requests on delivered content ---------------------------------------------------------------


def test_a_request_to_mark_content_tighter_is_no_marking_of_its_own() -> None:
    act = decode(text("!mark TLP:RED REL AUS,IDN //"), REPLY)
    assert isinstance(act, Post)
    assert act.marking is None


def test_a_request_with_words_beside_it_is_content_whose_marking_stands_in_the_wrong_place() -> (
    None
):
    """ATTACK: words that pass as a request, under a marking that readers see and nobody judges."""
    for body in ("!mark TLP:CLEAR // blue hull", "!mark TLP:CLEAR //\nblue hull"):
        act = decode(text(body), REPLY)
        assert isinstance(act, Post)
        assert isinstance(act.marking, Unclear), body


def test_nothing_is_edited_into_a_request() -> None:
    words = text("!mark TLP:CLEAR //")
    act = decode({**text("* !mark TLP:CLEAR //"), "m.new_content": words}, EDIT)
    assert isinstance(act, Post)
    assert isinstance(act.marking, Unclear)


def test_a_request_whose_formatted_text_shows_a_marked_line_is_none() -> None:
    """ATTACK: the words agree, the lines don't: readers of HTML see a marked message."""
    shown = {"format": HTML, "formatted_body": "<p>!mark</p><p>TLP:CLEAR</p>"}
    act = decode(text("!mark TLP:CLEAR", **shown), REPLY)
    assert isinstance(act, Undecodable) or isinstance(getattr(act, "marking", None), Unclear)
