"""Files in messages: `m.image`, `m.file`, `m.audio` and `m.video` in their closed shape.

It reads where the ciphertext lies and what the sender says of it. Whether that is true is for
whoever opens the file; which files may enter is policy's.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Mapping
from typing import Any

from rilon.domain.acts import Attachment
from rilon.domain.letters import has_invisible, has_override
from rilon.domain.verdicts import Code
from rilon.wire.shapes import NotInShape, closed, matching, path, text

MSGTYPES = frozenset({"m.image", "m.file", "m.audio", "m.video"})
KEYS = frozenset({"filename", "file", "info"})
"""What the content of a file has beside what every message has."""

LONGEST_NAME = 120
_INFO = frozenset({"mimetype", "size"})
_PICTURE = frozenset({"w", "h", "thumbnail_file", "thumbnail_info", "xyz.amorgan.blurhash"})
_INFO_KEYS: Mapping[str, frozenset[str]] = {
    "m.image": _INFO | _PICTURE,
    "m.video": _INFO | _PICTURE | {"duration"},
    "m.audio": _INFO | {"duration"},
    "m.file": _INFO | {"thumbnail_file", "thumbnail_info"},
}
_MOST = 2**40
_MXC = re.compile(r"mxc://([A-Za-z0-9.-]{1,200}(?::[0-9]{1,5})?)/([A-Za-z0-9_-]{1,255})")
_MIMETYPE = re.compile(r"[a-z]{1,20}/[a-z0-9][a-z0-9.+-]{0,80}")
_NAME = re.compile(r"[^\s/\\:*?\"<>|][^/\\:*?\"<>|\n\r\t]*\.[A-Za-z0-9]{1,8}")
_KEY_OPERATIONS = frozenset({"encrypt", "decrypt"})
_BLURHASH_LETTERS = (
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
)


def read_files(content: Mapping[str, Any], where: str) -> tuple[Attachment, ...]:
    """The file of a message, and its preview if there is one. Raises NotInShape.

    ATTACK: a file in clear, a second file beside the first, and words in what describes it.
    """
    msgtype = str(content["msgtype"])
    at = path(where, "info")
    info = closed(content.get("info", {}), _INFO_KEYS[msgtype], at)
    for key in ("w", "h", "duration"):
        _number(info, key, at)
    _blurhash(info, at)
    file = _encrypted(
        content.get("file"),
        path(where, "file"),
        mimetype=_mimetype(info, at),
        size=_number(info, "size", at),
        name=_name(content, where),
        shown_as=msgtype,
    )
    if "thumbnail_file" not in info:
        if "thumbnail_info" in info:
            raise NotInShape(path(at, "thumbnail_info"))
        return (file,)
    about = path(at, "thumbnail_info")
    described = closed(info.get("thumbnail_info"), {"mimetype", "size", "w", "h"}, about)
    for key in ("w", "h"):
        _number(described, key, about)
    preview = _encrypted(
        info["thumbnail_file"],
        path(at, "thumbnail_file"),
        mimetype=_mimetype(described, about),
        size=_number(described, "size", about),
        name="",
        shown_as="m.image",
    )
    return (file, preview)


def caption_of(content: Mapping[str, Any]) -> bool:
    """Whether the body is a caption. Without `filename`, or equal to it, it is the file's name
    (Matrix 1.10, media captions)."""
    return "filename" in content and content["filename"] != content.get("body")


def _name(content: Mapping[str, Any], where: str) -> str:
    key = "filename" if "filename" in content else "body"
    name = text(content, key, where)
    odd = len(name) > LONGEST_NAME or has_invisible(name) or has_override(name)
    if odd or not _NAME.fullmatch(name):
        raise NotInShape(path(where, key), Code.FILE_NAME_UNCLEAR)
    return name


def _encrypted(
    value: object, where: str, *, mimetype: str, size: int | None, name: str, shown_as: str
) -> Attachment:
    """An EncryptedFile (Matrix, sending encrypted attachments)."""
    file = closed(value, {"v", "key", "iv", "hashes", "url", "mimetype"}, where)
    if file.get("v") != "v2":
        raise NotInShape(path(where, "v"))
    if file.get("mimetype", mimetype) != mimetype:
        raise NotInShape(path(where, "mimetype"))
    found = _MXC.fullmatch(text(file, "url", where))
    if found is None:
        raise NotInShape(path(where, "url"))
    hashes = closed(file.get("hashes"), {"sha256"}, path(where, "hashes"))
    return Attachment(
        server=found[1],
        media=found[2],
        key=_key(file.get("key"), path(where, "key")),
        counter=_bytes(file, "iv", 16, where),
        digest=_bytes(hashes, "sha256", 32, path(where, "hashes")),
        mimetype=mimetype,
        size=size,
        name=name,
        shown_as=shown_as,
    )


def _key(value: object, where: str) -> bytes:
    key = closed(value, {"kty", "key_ops", "alg", "k", "ext"}, where)
    fixed = (key.get("kty"), key.get("alg"), key.get("ext"))
    if fixed != ("oct", "A256CTR", True) or type(key["ext"]) is not bool:
        raise NotInShape(where)
    operations = key.get("key_ops")
    if type(operations) is not list or not all(type(one) is str for one in operations):
        raise NotInShape(path(where, "key_ops"))
    if set(operations) != _KEY_OPERATIONS or len(operations) != len(_KEY_OPERATIONS):
        raise NotInShape(path(where, "key_ops"))
    return _bytes(key, "k", 32, where, url_safe=True)


def _bytes(
    value: Mapping[str, Any], key: str, length: int, where: str, url_safe: bool = False
) -> bytes:
    """Base64 without padding, of exactly so many bytes, written in the one way there is."""
    written = text(value, key, where, limit=64)
    signs = b"-_" if url_safe else b"+/"
    try:
        found = b64decode(written.encode() + b"=" * (-len(written) % 4), altchars=signs)
    except (Error, ValueError):
        raise NotInShape(path(where, key)) from None
    if len(found) != length or b64encode(found, signs).rstrip(b"=") != written.encode():
        raise NotInShape(path(where, key))
    return found


def _mimetype(info: Mapping[str, Any], where: str) -> str:
    return matching(info, "mimetype", _MIMETYPE, where)


def _number(value: Mapping[str, Any], key: str, where: str) -> int | None:
    if key not in value:
        return None
    found = value[key]
    if type(found) is not int or not 0 <= found < _MOST:
        raise NotInShape(path(where, key))
    return found


def _blurhash(info: Mapping[str, Any], where: str) -> None:
    """A few colours that stand for the picture while it loads. Its first character says how
    many: no room is left for anything else."""
    key = "xyz.amorgan.blurhash"
    if key not in info:
        return
    hashed = text(info, key, where, limit=200)
    if not all(letter in _BLURHASH_LETTERS for letter in hashed):
        raise NotInShape(path(where, key))
    across, down = divmod(_BLURHASH_LETTERS.index(hashed[0]), 9)
    if across > 8 or len(hashed) != 4 + 2 * (across + 1) * (down + 1):
        raise NotInShape(path(where, key))
