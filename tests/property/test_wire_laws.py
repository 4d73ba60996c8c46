"""The decoder against arbitrary events: it never raises, and nothing passes but closed shapes."""

from __future__ import annotations

import html
import json
import re
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rilon.domain.acts import Membership, Post, Reaction, State, Undecodable, Verification
from rilon.domain.markings import Caveat, Vocabulary
from rilon.domain.parties import parties
from rilon.wire.canonical import NotCanonical, canonical_json
from rilon.wire.decode import decode_clear, decode_plaintext
from rilon.wire.envelope import NotAnEvent, read_envelope

VOCABULARY = Vocabulary(parties("AUS", "IDN", "RSO"), (Caveat("ORCON", ""),))
TODAY = date(2026, 3, 1)
ROOM = "!room"
TARGET = "$" + "t" * 43
POST_KEYS = {
    "msgtype", "body", "format", "formatted_body", "m.mentions", "m.relates_to", "m.new_content",
}  # fmt: skip
KNOWN = sorted(
    POST_KEYS
    | {"rel_type", "event_id", "m.in_reply_to", "user_ids", "room", "key", "algorithm",
       "ciphertext", "session_id", "sender_key", "device_id", "membership", "reason",
       "redacts", "url", "file"}
)  # fmt: skip
VALUES = st.sampled_from(
    ["m.text", "m.image", "m.emote", "x", "* x", "TLP:RED // x", "org.matrix.custom.html",
     "<p>x</p>", "m.replace", "m.thread", "m.annotation", TARGET, "@a:b", "👍",
     "m.megolm.v1.aes-sha2", "A" * 43]
)  # fmt: skip
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | VALUES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KNOWN) | ANY_TEXT, inner, max_size=6)
    ),
    max_leaves=20,
)
TYPES = st.sampled_from(
    ["m.room.message", "m.room.encrypted", "m.reaction", "m.room.redaction", "m.room.member",
     "m.sticker", "m.key.verification.start", "m.room.name"]
)  # fmt: skip


def event(type_: Any, content: Any, **more: Any) -> dict[str, Any]:
    return {
        "event_id": "$e",
        "room_id": ROOM,
        "type": type_,
        "sender": "@a:b",
        "origin_server_ts": 1,
        "content": content,
        **more,
    }


def encrypted(relation: Any) -> dict[str, Any]:
    content = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "A", "session_id": "A" * 43}
    return event("m.room.encrypted", content | ({"m.relates_to": relation} if relation else {}))


def only_closed_shapes(content: Any) -> None:
    assert set(content) <= POST_KEYS
    assert content["msgtype"] == "m.text"
    assert isinstance(content["body"], str)
    assert isinstance(content.get("formatted_body", ""), str)
    assert set(content.get("m.mentions", {})) <= {"user_ids", "room"}
    if "m.new_content" in content:
        assert set(content["m.new_content"]) <= POST_KEYS - {"m.relates_to", "m.new_content"}
        only_closed_shapes(content["m.new_content"])


@given(TYPES | ANY_TEXT, JSON, st.none() | ANY_TEXT | st.just(""), st.none() | JSON)
def test_no_clear_event_raises_or_becomes_a_post(
    type_: Any, content: Any, state_key: Any, redacts: Any
) -> None:
    try:
        envelope = read_envelope(event(type_, content, state_key=state_key, redacts=redacts))
    except NotAnEvent:
        return
    act = decode_clear(envelope)
    assert not isinstance(act, Post | Verification)
    assert not isinstance(act, State | Membership) or state_key is not None
    if isinstance(act, Reaction):
        assert content == {
            "m.relates_to": {"rel_type": "m.annotation", "event_id": act.target, "key": act.key}
        }


@given(JSON, JSON)
def test_no_decrypted_event_raises_and_a_post_has_a_closed_shape(
    content: Any, relation: Any
) -> None:
    payload = {"type": "m.room.message", "room_id": ROOM, "content": content}
    act = decode_plaintext(
        read_envelope(encrypted(relation)), json.dumps(payload).encode(), VOCABULARY, TODAY
    )
    assert isinstance(act, Post | Undecodable | Verification)
    if isinstance(act, Post):
        only_closed_shapes(content)


@given(
    st.dictionaries(st.sampled_from(sorted(POST_KEYS - {"m.relates_to"})), VALUES | JSON),
    st.none() | st.dictionaries(st.sampled_from(sorted(POST_KEYS)), VALUES),
    st.sampled_from(
        [
            None,
            {"m.in_reply_to": {"event_id": TARGET}},
            {"rel_type": "m.replace", "event_id": TARGET},
        ]
    ),
)
def test_whatever_is_near_a_message_passes_only_in_its_closed_shape(
    content: dict[str, Any], new: Any, relation: Any
) -> None:
    content = {"msgtype": "m.text", "body": "* x", **content}
    if new is not None:
        content["m.new_content"] = {"msgtype": "m.text", "body": "x", **new}
    payload = {"type": "m.room.message", "room_id": ROOM, "content": content}
    act = decode_plaintext(
        read_envelope(encrypted(relation)), json.dumps(payload).encode(), VOCABULARY, TODAY
    )
    if isinstance(act, Post):
        only_closed_shapes(content)
        assert ("m.new_content" in content) == (relation is not None and "rel_type" in relation)


@given(st.binary(max_size=300) | ANY_TEXT.map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_plaintext_raises(plaintext: bytes) -> None:
    act = decode_plaintext(read_envelope(encrypted(None)), plaintext, VOCABULARY, TODAY)
    assert isinstance(act, Undecodable)


FORMATTED = st.lists(
    st.sampled_from(
        ["a", "b", " ", "\n", "*", "_", "1.", "- ", "> ", "[", "]", "(https://a)", "https://a",
         "<p>", "</p>", "<br>", "<em>", "</em>", '<a href="https://a">', "</a>", "<li>", "</li>",
         "<ul>", "</ul>", "<blockquote>", "</blockquote>",
         "&lt;", "&gt;", "TLP:RED", " // ", "#", "`", "~",
         "<code>", "</code>", "\\"]
    ),
    max_size=12,
).map("".join)  # fmt: skip


@given(FORMATTED, FORMATTED)
def test_formatted_text_never_carries_words_that_the_body_lacks(body: str, formatted: str) -> None:
    content = {
        "msgtype": "m.text",
        "body": body,
        "format": "org.matrix.custom.html",
        "formatted_body": formatted,
    }
    payload = {"type": "m.room.message", "room_id": ROOM, "content": content}
    act = decode_plaintext(
        read_envelope(encrypted(None)), json.dumps(payload).encode(), VOCABULARY, TODAY
    )
    if isinstance(act, Post):
        shown = html.unescape(re.sub(r"<[^<>]*>", " ", formatted))
        words = re.findall(r"[a-zA-Z]+", shown)
        rest = iter(re.findall(r"[a-zA-Z]", body))
        assert all(any(letter == other for other in rest) for letter in "".join(words))


@given(FORMATTED)
def test_plain_text_agrees_with_itself(body: str) -> None:
    if not body.strip():
        return
    content = {
        "msgtype": "m.text",
        "body": body,
        "format": "org.matrix.custom.html",
        "formatted_body": html.escape(body).replace("\n", "<br>"),
    }
    payload = {"type": "m.room.message", "room_id": ROOM, "content": content}
    act = decode_plaintext(
        read_envelope(encrypted(None)), json.dumps(payload).encode(), VOCABULARY, TODAY
    )
    assert isinstance(act, Post)


@given(JSON)
def test_a_canonical_spelling_reads_as_the_same_value(value: Any) -> None:
    try:
        spelled = canonical_json(value)
    except NotCanonical:
        return
    assert json.loads(spelled) == value
    assert canonical_json(json.loads(spelled)) == spelled
