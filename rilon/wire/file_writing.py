"""Encrypted files as they are written: the EncryptedFile of a message, and the value that keeps
one. Reading what others wrote is `rilon.wire.files`.
"""

from __future__ import annotations

from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from rilon.domain.acts import Attachment


def encrypted_file(file: Attachment) -> dict[str, Any]:
    """The EncryptedFile (Matrix, sending encrypted attachments): where it lies, its key."""
    return {
        "v": "v2",
        "url": f"mxc://{file.server}/{file.media}",
        "key": {
            "kty": "oct",
            "alg": "A256CTR",
            "ext": True,
            "k": _unpadded(urlsafe_b64encode(file.key)),
            "key_ops": ["encrypt", "decrypt"],
        },
        "iv": _unpadded(b64encode(file.counter)),
        "hashes": {"sha256": _unpadded(b64encode(file.digest))},
    }


def file_content(file: Attachment) -> dict[str, Any]:
    """What the content of a message with this file has beside its body: how it is shown, its name,
    the file itself, its type and size."""
    info: dict[str, Any] = {"mimetype": file.mimetype}
    if file.size is not None:
        info["size"] = file.size
    return {
        "msgtype": file.shown_as,
        "filename": file.name,
        "file": encrypted_file(file),
        "info": info,
    }


def to_value(file: Attachment) -> dict[str, Any]:
    """A file as a value for JSON. It holds the key: to be sealed, never stored as it is."""
    return {
        "server": file.server,
        "media": file.media,
        "key": urlsafe_b64encode(file.key).decode(),
        "counter": b64encode(file.counter).decode(),
        "digest": b64encode(file.digest).decode(),
        "mimetype": file.mimetype,
        "size": file.size,
        "name": file.name,
        "shown_as": file.shown_as,
    }


def from_value(value: Mapping[str, Any]) -> Attachment:
    """The file of a value that `to_value` made."""
    return Attachment(
        server=value["server"],
        media=value["media"],
        key=urlsafe_b64decode(value["key"]),
        counter=b64decode(value["counter"]),
        digest=b64decode(value["digest"]),
        mimetype=value["mimetype"],
        size=value["size"],
        name=value["name"],
        shown_as=value["shown_as"],
    )


def _unpadded(encoded: bytes) -> str:
    return encoded.rstrip(b"=").decode()
