"""Decrypted messages as tests write them, and how they are read."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from rilon.domain.acts import (
    Act,
    Post,
    Undecodable,
)
from rilon.domain.markings import Caveat, Vocabulary
from rilon.domain.parties import parties
from rilon.domain.verdicts import Code
from rilon.wire.decode import decode_plaintext
from rilon.wire.envelope import read_envelope

VOCABULARY = Vocabulary(
    parties("AUS", "IDN", "MYS", "RSO"), (Caveat("ORCON", "", frozenset({"H2"})),)
)
TODAY = date(2026, 3, 1)
ROOM = "!room:rilon.example"
TARGET, ANSWERED = "$" + "t" * 43, "$" + "a" * 43
IDN, AUS = "@idn.focal1:rilon.example", "@aus.secondee1:rilon.example"
HTML = "org.matrix.custom.html"
REPLY = {"m.in_reply_to": {"event_id": TARGET}}
EDIT = {"rel_type": "m.replace", "event_id": TARGET}
SHAPE, TYPE = Code.SHAPE_NOT_ALLOWED, Code.TYPE_NOT_ALLOWED
FALLBACK = (
    '<mx-reply><blockquote><a href="https://matrix.to/#/!r:x/$e?via=x">In reply to</a> '
    f'<a href="https://matrix.to/#/{IDN}">{IDN}</a><br>{{}}</blockquote></mx-reply>'
)


def opened(plaintext: bytes, relation: Any = None) -> Act:
    content = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "ciphertext": "AwgA",
        "session_id": "A" * 43,
        **({"m.relates_to": relation} if relation is not None else {}),
    }
    envelope = read_envelope(
        {
            "event_id": "$e",
            "room_id": ROOM,
            "type": "m.room.encrypted",
            "sender": AUS,
            "origin_server_ts": 1,
            "content": content,
        }
    )
    return decode_plaintext(envelope, plaintext, VOCABULARY, TODAY)


def decode(content: Any, relation: Any = None, **payload: Any) -> Act:
    whole = {"type": "m.room.message", "room_id": ROOM, "content": content, **payload}
    return opened(json.dumps(whole).encode(), relation)


def post(content: Any, relation: Any = None) -> Post:
    act = decode(content, relation)
    assert isinstance(act, Post), act
    return act


def text(body: str, formatted: str | None = None, /, **more: Any) -> dict[str, Any]:
    html = {} if formatted is None else {"format": HTML, "formatted_body": formatted}
    return {"msgtype": "m.text", "body": body, **html, **more}


def refused(act: Act, where: str, code: Code = SHAPE) -> None:
    assert act == Undecodable(code, where)
