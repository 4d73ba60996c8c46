"""A signed entry as the bytes of a leaf: `{"entry":…,"key":…,"signature":…}`, RFC 8785.

The signature is over the bytes of `entry` as they stand, after a line that names their
purpose. What an entry may hold is `rilon.domain.entries`.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import rfc8785

from rilon.domain.entries import Entry, EntryError, EntryKind, Subject
from rilon.domain.parties import Party, in_order
from rilon.ledger.keys import SIGNATURE_SIZE, SignerKey, VerifierKey

VERSION = 1
MAX_LEAF = 65_535
"""An entry bundle writes an entry's length in two bytes (c2sp.org/tlog-tiles)."""

_PURPOSE = b"rilon/entry/v1\n"
_NEEDED = frozenset({"v", "kind", "time", "component", "correlation", "salt"})
_OPTIONAL = frozenset(
    {"group", "room", "parties", "marking", "rule", "code", "subject", "commitments"}
)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_KEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})")


@dataclass(frozen=True, slots=True)
class SignedEntry:
    """An entry as it was read, with what its signature claims. Not yet believed."""

    entry: Entry
    key_name: str
    key_id: bytes
    signature: bytes
    signed: bytes
    """The bytes that the signature is over."""


def sign(entry: Entry, key: SignerKey) -> bytes:
    """The leaf's bytes, signed by the component that made the entry.

    Raises `EntryError` when the key is another component's or the entry is too long.
    """
    if key.name != entry.component:
        raise EntryError("component", "is not the owner of the signing key")
    body = rfc8785.dumps(_as_json(entry))
    signature = base64.b64encode(key.sign(_PURPOSE + body))
    # Canonical without a second pass: the three names are in order, their values plain ASCII.
    leaf = b'{"entry":%b,"key":"%b+%b","signature":"%b"}' % (
        body,
        key.name.encode(),
        key.id.hex().encode(),
        signature,
    )
    if len(leaf) > MAX_LEAF:
        raise EntryError("entry", "is longer than 65,535 bytes")
    return leaf


def parse(leaf: bytes) -> SignedEntry:
    """Read a leaf. Raises `EntryError` for what is not exactly what `sign` would write.

    ATTACK: a second spelling of one entry (spaces, repeated names, another order) would let
    two readers see two things in one signed text. So the bytes must be the canonical ones.
    """
    try:
        whole = json.loads(leaf)
        canonical = rfc8785.dumps(whole) == leaf
    except (ValueError, RecursionError) as error:
        raise EntryError("leaf", "is not canonical JSON") from error
    if not canonical or len(leaf) > MAX_LEAF:
        raise EntryError("leaf", "is not canonical JSON")
    if not isinstance(whole, dict) or set(whole) != {"entry", "key", "signature"}:
        raise EntryError("leaf", "must hold entry, key and signature")
    name, identity = _key(whole["key"])
    entry = _from_json(whole["entry"])
    if entry.component != name:
        raise EntryError("component", "is not the owner of the signing key")
    body = rfc8785.dumps(whole["entry"])
    return SignedEntry(entry, name, identity, _signature(whole["signature"]), _PURPOSE + body)


def signer_of(signed: SignedEntry, keys: Iterable[VerifierKey]) -> VerifierKey | None:
    """The known key that the entry claims; `None` when it is not among them."""
    claimed = (signed.key_name, signed.key_id)
    return next((key for key in keys if (key.name, key.id) == claimed), None)


def check_signature(signed: SignedEntry, keys: Iterable[VerifierKey]) -> bool:
    """Whether a known key of the entry's component signed exactly this entry."""
    key = signer_of(signed, keys)
    return key is not None and key.signed(signed.signed, signed.signature)


def _as_json(entry: Entry) -> dict[str, Any]:
    written: dict[str, Any] = {
        "v": VERSION,
        "kind": entry.kind.value,
        "time": entry.time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{entry.time.microsecond // 1000:03}Z",
        "component": entry.component,
        "correlation": entry.correlation,
        "salt": entry.salt.hex(),
    }
    for name in ("group", "room", "marking", "rule", "code"):
        value = getattr(entry, name)
        if value is not None:
            written[name] = value
    if entry.parties:
        written["parties"] = [str(party) for party in in_order(entry.parties)]
    if entry.subject:
        written["subject"] = {name.value: value for name, value in entry.subject}
    if entry.commitments:
        written["commitments"] = dict(entry.commitments)
    return written


def _from_json(body: object) -> Entry:
    if not isinstance(body, dict) or not _NEEDED <= set(body) <= _NEEDED | _OPTIONAL:
        raise EntryError("entry", "has not the names that it must have")
    if type(body["v"]) is not int or body["v"] != VERSION:
        raise EntryError("v", "is a version that this program doesn't know")
    try:
        entry = Entry(
            kind=EntryKind(body["kind"]),
            time=_time(body["time"]),
            component=body["component"],
            correlation=body["correlation"],
            salt=bytes.fromhex(body["salt"]),
            group=body.get("group"),
            room=body.get("room"),
            parties=frozenset(Party(code) for code in body.get("parties", ())),
            marking=body.get("marking"),
            rule=body.get("rule"),
            code=body.get("code"),
            subject=tuple((Subject(name), text) for name, text in _pairs(body, "subject")),
            commitments=tuple(_pairs(body, "commitments")),
        )
    except EntryError:
        raise
    except (ValueError, TypeError, AttributeError) as error:
        raise EntryError("entry", "holds a value that doesn't read") from error
    # INVARIANT: one entry, one text. An empty list, capitals in hex or parties in another
    # order would be a second one.
    if _as_json(entry) != body:
        raise EntryError("entry", "is not written the one way that it must be")
    return entry


def _pairs(body: dict[str, Any], name: str) -> list[tuple[str, str]]:
    given = body.get(name, {})
    if not isinstance(given, dict):
        raise EntryError(name, "must be an object")
    return list(given.items())


def _time(text: object) -> datetime:
    if not isinstance(text, str) or _TIME.fullmatch(text) is None:
        raise EntryError("time", "must be UTC with milliseconds")
    return datetime.fromisoformat(text).astimezone(UTC)


def _key(text: object) -> tuple[str, bytes]:
    found = _KEY.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise EntryError("key", "must be a name and a key id")
    return found[1], bytes.fromhex(found[2])


def _signature(text: object) -> bytes:
    try:
        value = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except ValueError:
        value = b""
    if len(value) != SIGNATURE_SIZE or base64.b64encode(value).decode() != text:
        raise EntryError("signature", "must be 64 bytes in base64")
    return value
