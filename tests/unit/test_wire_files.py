"""Files in messages: the closed shape that real clients write, and every way out of it."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rilon.adapters.policy_files import load_folder
from rilon.domain.acts import Act, Post, Undecodable
from rilon.domain.verdicts import Code
from rilon.policy.load import Policy
from rilon.wire.decode import decode_plaintext
from rilon.wire.envelope import read_envelope

ROOM, TODAY = "!room:rilon.localhost", date(2026, 11, 22)
_POLICY = load_folder(Path("policies"))
assert isinstance(_POLICY, Policy)
VOCABULARY = _POLICY.network.vocabulary

HASH = "xyz.amorgan.blurhash"
FILE: dict[str, Any] = {
    "v": "v2",
    "url": "mxc://rilon.localhost/AbCdEfGhIjKlMnOpQrStUvWx",
    "key": {
        "kty": "oct",
        "key_ops": ["encrypt", "decrypt"],
        "alg": "A256CTR",
        "k": "sBRqyM94NkPEDrENS-d6aWnzrZCT4vMs2Hm3LEzDl6o",
        "ext": True,
    },
    "iv": "+w7cATgzNaIAAAAAAAAAAA",
    "hashes": {"sha256": "RY0uWd4fP3FJ8VSozaesDGeje4G7c5nmjk8QOVeNS5U"},
}
PREVIEW = {**FILE, "url": "mxc://rilon.localhost/PrEvIeW"}
PICTURE: dict[str, Any] = {
    "msgtype": "m.image",
    "body": "IMG_2041.jpg",
    "filename": "IMG_2041.jpg",
    "file": FILE,
    "info": {
        "mimetype": "image/jpeg",
        "size": 120_400,
        "w": 1600,
        "h": 1200,
        "thumbnail_file": PREVIEW,
        "thumbnail_info": {"mimetype": "image/jpeg", "size": 9_000, "w": 400, "h": 300},
        "xyz.amorgan.blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
    },
    "m.mentions": {},
}


def decode(content: dict[str, Any], relation: dict[str, Any] | None = None) -> Act:
    outer = {"m.relates_to": relation} if relation else {}
    envelope = read_envelope(
        {
            "event_id": "$event",
            "room_id": ROOM,
            "sender": "@aus.focal1:rilon.localhost",
            "type": "m.room.encrypted",
            "origin_server_ts": 1,
            "content": {
                "algorithm": "m.megolm.v1.aes-sha2",
                "ciphertext": "AwgA",
                "session_id": "A" * 43,
                "sender_key": "A" * 43,
                "device_id": "DEVICE",
                **outer,
            },
        }
    )
    payload = {"type": "m.room.message", "room_id": ROOM, "content": {**content, **outer}}
    return decode_plaintext(envelope, json.dumps(payload).encode(), VOCABULARY, TODAY)


def changed(path: str, value: Any) -> dict[str, Any]:
    """The picture with something else at a path; `...` takes it away."""
    content = deepcopy(PICTURE)
    at: Any = content
    *keys, last = path.split("/")
    for key in keys:
        at = at[key]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return content


def test_a_picture_with_its_preview() -> None:
    act = decode(PICTURE)
    assert isinstance(act, Post)
    assert (act.body, act.marking) == ("", None)
    picture, preview = act.files
    assert (picture.server, picture.media) == ("rilon.localhost", "AbCdEfGhIjKlMnOpQrStUvWx")
    assert (len(picture.key), len(picture.counter), len(picture.digest)) == (32, 16, 32)
    assert (picture.mimetype, picture.size, picture.name) == ("image/jpeg", 120_400, "IMG_2041.jpg")
    assert (preview.media, preview.name, preview.size) == ("PrEvIeW", "", 9_000)
    assert "sBRqyM" not in repr(act)


def test_a_caption_carries_the_marking() -> None:
    act = decode(changed("body", "TLP:AMBER REL AUS,IDN // the vessel"))
    assert isinstance(act, Post)
    assert act.body == "TLP:AMBER REL AUS,IDN // the vessel"
    assert act.marking is not None
    assert act.files[0].name == "IMG_2041.jpg"


def test_without_a_file_name_the_body_is_the_name() -> None:
    act = decode(changed("filename", ...))
    assert isinstance(act, Post)
    assert (act.body, act.files[0].name) == ("", "IMG_2041.jpg")


def test_a_file_may_answer_a_message() -> None:
    act = decode(PICTURE, {"m.in_reply_to": {"event_id": "$other"}})
    assert isinstance(act, Post)
    assert act.relation is not None


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        # in clear, or somewhere else
        ("file", ..., "content.file"),
        ("url", "mxc://rilon.localhost/plain", "content.url"),
        ("file/url", "https://evil.example/x", "content.file.url"),
        ("file/url", "mxc://rilon.localhost/a/b", "content.file.url"),
        ("file/url", "mxc://rilon.localhost/a?x=words", "content.file.url"),
        # words in what describes it
        ("info/alt", "words", "content.info.alt"),
        ("info/thumbnail_url", "mxc://a/b", "content.info.thumbnail_url"),
        ("info/mimetype", "image/jpeg; words here", "content.info.mimetype"),
        ("info/mimetype", ..., "content.info.mimetype"),
        ("info/size", "120400", "content.info.size"),
        ("info/size", -1, "content.info.size"),
        ("info/size", True, "content.info.size"),
        ("info/w", 2**45, "content.info.w"),
        ("info/duration", 3, "content.info.duration"),
        ("info/thumbnail_info", ..., "content.info.thumbnail_info"),
        ("info/thumbnail_file", ..., "content.info.thumbnail_info"),
        ("info/thumbnail_info/text", "words", "content.info.thumbnail_info.text"),
        (f"info/{HASH}", "the boat leaves at four", f"content.info.{HASH}"),
        (f"info/{HASH}", "LEHV6nWB2yk8", f"content.info.{HASH}"),
        (f"info/{HASH}", "~" * 200, f"content.info.{HASH}"),
        ("org.matrix.msc1767.text", "words", "content.org.matrix.msc1767.text"),
        ("external_url", "https://x.example", "content.external_url"),
        ("format", "org.matrix.custom.html", "content.formatted_body"),
        # the key
        ("file/note", "words", "content.file.note"),
        ("file/v", "v1", "content.file.v"),
        ("file/key/k", "short", "content.file.key.k"),
        ("file/key/k", FILE["key"]["k"] + "=", "content.file.key.k"),
        ("file/key/k", FILE["key"]["k"][:-1] + "p", "content.file.key.k"),
        ("file/key/alg", "A256GCM", "content.file.key"),
        ("file/key/ext", 1, "content.file.key"),
        ("file/key/key_ops", ["encrypt", "decrypt", "words"], "content.file.key.key_ops"),
        ("file/key/key_ops", [["encrypt"], {}], "content.file.key.key_ops"),
        ("file/key/words", "x", "content.file.key.words"),
        ("file/iv", "AAAA", "content.file.iv"),
        ("file/iv", [], "content.file.iv"),
        ("file/hashes", {"sha256": "RY0", "words": "x"}, "content.file.hashes.words"),
        ("file/hashes", {}, "content.file.hashes.sha256"),
        ("file/hashes", None, "content.file.hashes"),
        ("file/mimetype", "text/html", "content.file.mimetype"),
        ("file", [FILE], "content.file"),
        ("info", "words", "content.info"),
    ],
)  # fmt: skip
def test_a_way_out_of_the_shape(path: str, value: Any, where: str) -> None:
    act = decode(changed(path, value))
    assert isinstance(act, Undecodable)
    assert (act.code, act.where) == (Code.SHAPE_NOT_ALLOWED, where)


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd.jpg", "x", "a" * 130 + ".jpg", "TLP-RED.jpg", "photo\u202egpj.exe",
     "a\nb.jpg", "rel aus.pdf", "tlp:amber.jpg", "\u200bx.jpg", " x.jpg", "c:\\x.jpg",
     "x.jpg\u2800", "TLP_RED report.jpg", "REL_AUS_IDN.jpg", "[REL AUS,IDN] hull.jpg",
     "R E L AUS.jpg", "rel-aus-idn-list.jpg", "hull_(ORCON).jpg"],
)  # fmt: skip
def test_a_name_that_says_too_much(name: str) -> None:
    for content in (changed("filename", name), changed("filename", ...) | {"body": name}):
        act = decode(content)
        assert isinstance(act, Undecodable)
        assert act.code is Code.FILE_NAME_UNCLEAR


@pytest.mark.parametrize(
    "name", ["foto kapal.jpg", "ভেসেল.pdf", "เรือ 2.png", "report_v2 (final).pdf", "Dili-Março.pdf"]
)
def test_ordinary_names(name: str) -> None:
    act = decode(changed("filename", name))
    assert isinstance(act, Post)
    assert act.files[0].name == name


def test_an_edit_into_a_file_is_refused() -> None:
    content = {**PICTURE, "m.new_content": PICTURE}
    act = decode(content, {"rel_type": "m.replace", "event_id": "$other"})
    assert isinstance(act, Undecodable)
    assert act.code is Code.FILE_NOT_ALLOWED


def test_a_caption_in_two_forms_must_agree() -> None:
    caption = {
        "body": "the vessel",
        "format": "org.matrix.custom.html",
        "formatted_body": "another vessel",
    }
    act = decode({**PICTURE, **caption})
    assert isinstance(act, Undecodable)
