"""The envelope: an event as the homeserver hands it to the gate, before anything is decrypted.

It reads who, where, when and which type, and the clear part of an encrypted event in its
closed shape. What an event means is `rilon.wire.decode`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rilon.domain.acts import Undecodable
from rilon.domain.verdicts import Code
from rilon.wire.canonical import NotCanonical, content_digest
from rilon.wire.relations import KEY, WireRelation, read_relation
from rilon.wire.shapes import NotInShape, closed, matching, text

ENCRYPTED = "m.room.encrypted"
MEGOLM = "m.megolm.v1.aes-sha2"
_CLEAR_KEYS = frozenset({"algorithm", "ciphertext", "session_id", "sender_key", "device_id", KEY})
_BASE64 = re.compile(r"[A-Za-z0-9+/]{1,87380}")
_KEY = re.compile(r"[A-Za-z0-9+/]{43}")
_DEVICE = re.compile(r"[A-Za-z0-9._=+/-]{1,100}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_MS = 253_402_300_799_000
"""The end of the year 9999, the last that a date can hold."""


class NotAnEvent(ValueError):
    """The homeserver handed over something without an event's id, room, type, sender or time."""


@dataclass(frozen=True, slots=True, repr=False)
class Encrypted:
    """The clear part of an encrypted event. `sender_key` and `device_id` are only claims."""

    session_id: str
    ciphertext: str
    sender_key: str | None
    device_id: str | None
    relation: WireRelation | None


@dataclass(frozen=True, slots=True, repr=False)
class Envelope:
    """An event, not yet accepted. `sent_at` is the server's time, UTC.

    `digest` is the SHA-256 of the content's canonical JSON. `encrypted` is there for a
    readable `m.room.encrypted` event only. `problem` says why an event can't be read;
    `rilon.wire.decode.decode_clear` returns it. `content` is for the decoder alone.
    """

    event_id: str
    room_id: str
    type: str
    sender: str
    sent_at: datetime
    state_key: str | None
    redacts: str | None
    digest: bytes
    content: Mapping[str, Any]
    encrypted: Encrypted | None = None
    problem: Undecodable | None = None

    @property
    def relation_targets(self) -> frozenset[str]:
        """The events that the clear part of an encrypted event names."""
        if self.encrypted is None or self.encrypted.relation is None:
            return frozenset()
        return self.encrypted.relation.events


def read_envelope(event: Mapping[str, Any]) -> Envelope:
    """The envelope of an event as Synapse has it. Raises NotAnEvent.

    Content that can't be read is no error: the envelope has a `problem`.
    """
    content = event.get("content")
    problem = None if type(content) is dict else Undecodable(Code.SHAPE_NOT_ALLOWED, "content")
    content = content if problem is None and content is not None else {}
    digest, problem = _digest(event, content, problem)
    redacts, state_key = _optional(event, "redacts"), _optional(event, "state_key")
    encrypted = None
    if event.get("type") == ENCRYPTED and state_key is None and problem is None:
        try:
            encrypted = _encrypted(content)
        except NotInShape as broken:
            problem = broken.act()
    return Envelope(
        event_id=_required(event, "event_id"),
        room_id=_required(event, "room_id"),
        type=_required(event, "type"),
        sender=_required(event, "sender"),
        sent_at=_time(event),
        state_key=state_key,
        redacts=redacts,
        digest=digest,
        content=content,
        encrypted=encrypted,
        problem=problem,
    )


def _digest(
    event: Mapping[str, Any], content: Mapping[str, Any], problem: Undecodable | None
) -> tuple[bytes, Undecodable | None]:
    try:
        return content_digest(content), problem
    except NotCanonical:
        # There is no digest of the content: the event's own name stands for it.
        name = _required(event, "event_id").encode()
        digest = hashlib.sha256(b"rilon-not-canonical" + name).digest()
        return digest, Undecodable(Code.SHAPE_NOT_ALLOWED, "content")


def _encrypted(content: Mapping[str, Any]) -> Encrypted:
    closed(content, _CLEAR_KEYS, "content")
    if text(content, "algorithm", "content") != MEGOLM:
        raise NotInShape("content.algorithm", Code.UNREADABLE)
    return Encrypted(
        session_id=matching(content, "session_id", _KEY, "content"),
        ciphertext=matching(content, "ciphertext", _BASE64, "content"),
        sender_key=_claim(content, "sender_key", _KEY),
        device_id=_claim(content, "device_id", _DEVICE),
        relation=read_relation(content, "content"),
    )


def _claim(content: Mapping[str, Any], key: str, shape: re.Pattern[str]) -> str | None:
    return matching(content, key, shape, "content") if key in content else None


def _required(event: Mapping[str, Any], key: str) -> str:
    value = _optional(event, key)
    if not value:
        raise NotAnEvent(f"no {key}")
    return value


def _optional(event: Mapping[str, Any], key: str) -> str | None:
    value = event.get(key)
    if value is None:
        return None
    if type(value) is not str or not _is_storable(value):
        raise NotAnEvent(f"{key} is not text")
    return value


def _is_storable(value: str) -> bool:
    return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _time(event: Mapping[str, Any]) -> datetime:
    stamp = event.get("origin_server_ts")
    if type(stamp) is not int or not 0 <= stamp <= _LATEST_MS:
        raise NotAnEvent("no origin_server_ts")
    return _EPOCH + timedelta(milliseconds=stamp)
