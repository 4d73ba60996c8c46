"""Decodes one event into one act. What can't be decoded is `Undecodable`, never skipped.

Whether an act may enter a room is `rilon.policy.evaluate`. Nothing here raises for content,
however hostile.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from rilon.domain.acts import Act, Membership, Reaction, Redaction, State, Undecodable
from rilon.domain.markings import Vocabulary
from rilon.domain.verdicts import Code
from rilon.wire.emoji import is_emoji
from rilon.wire.envelope import Envelope
from rilon.wire.messages import read_message
from rilon.wire.payload import read_json
from rilon.wire.relations import KEY as RELATION
from rilon.wire.relations import WireRelation, read_relation
from rilon.wire.shapes import NotInShape, closed, event_id, path, plain_key
from rilon.wire.verification import PREFIX, REQUEST, read_request, read_step

MEMBER, MESSAGE, REACTION, REDACTION = (
    "m.room.member",
    "m.room.message",
    "m.reaction",
    "m.room.redaction",
)
_ENCRYPTED_ONLY = (MESSAGE, "m.room.encrypted")
_MEMBER_KEYS = frozenset({"membership", "displayname", "avatar_url", "reason", "is_direct"})


def decode_clear(envelope: Envelope) -> Act:
    """The act of an event that isn't encrypted, or of an encrypted one that can't be read."""
    if envelope.problem is not None:
        return envelope.problem
    try:
        return _clear(envelope)
    except NotInShape as broken:
        return broken.act()


def decode_plaintext(
    envelope: Envelope, plaintext: bytes, vocabulary: Vocabulary, today: date
) -> Act:
    """The act of a decrypted event. `plaintext` is its whole payload; `today` the day in UTC."""
    if envelope.problem is not None or envelope.encrypted is None:
        return envelope.problem or Undecodable(Code.NOT_ENCRYPTED)
    try:
        payload = closed(read_json(plaintext), {"type", "room_id", "content"}, "payload")
        return _decrypted(payload, envelope.room_id, envelope.encrypted.relation, vocabulary, today)
    except NotInShape as broken:
        return broken.act()


# --- in clear ----------------------------------------------------------------------------------


def _clear(envelope: Envelope) -> Act:
    content = envelope.content
    if envelope.redacts is not None and envelope.type != REDACTION:
        raise NotInShape("redacts")
    if envelope.type == MEMBER:
        return _membership(envelope.state_key, content)
    if envelope.state_key is not None:
        return State(envelope.type, envelope.state_key)
    if envelope.type == REACTION:
        return _reaction(content)
    if envelope.type == REDACTION:
        return _redaction(envelope.redacts, content)
    if envelope.type in _ENCRYPTED_ONLY or envelope.type.startswith(PREFIX):
        raise NotInShape("type", Code.NOT_ENCRYPTED)
    raise NotInShape("type", Code.TYPE_NOT_ALLOWED)


def _reaction(content: Mapping[str, Any]) -> Reaction:
    where = path("content", RELATION)
    relation = closed(
        closed(content, {RELATION}, "content").get(RELATION), {"rel_type", "event_id", "key"}, where
    )
    if relation.get("rel_type") != "m.annotation":
        raise NotInShape(path(where, "rel_type"))
    key = relation.get("key")
    if type(key) is not str or not is_emoji(key):
        raise NotInShape(path(where, "key"))
    return Reaction(event_id(relation, "event_id", where), key)


def _redaction(outer: str | None, content: Mapping[str, Any]) -> Redaction:
    """The target stands in the content since room version 11, beside it in older ones."""
    closed(content, {"redacts", "reason"}, "content")
    if content.get("reason") not in (None, ""):
        raise NotInShape("content.reason", Code.REASON_NOT_ALLOWED)
    named = {"redacts": content.get("redacts", outer)}
    if outer is not None and outer != named["redacts"]:
        raise NotInShape("redacts")
    return Redaction(event_id(named, "redacts", "content"))


def _membership(person: str | None, content: Mapping[str, Any]) -> Membership:
    membership = content.get("membership")
    if person is None or type(membership) is not str:
        raise NotInShape("content.membership")
    name, avatar = content.get("displayname"), content.get("avatar_url")
    odd = {plain_key(key) for key in content if key not in _MEMBER_KEYS}
    odd |= {key for key in ("displayname", "avatar_url") if not _text_or_none(content.get(key))}
    if type(content.get("is_direct", False)) is not bool:
        odd.add("is_direct")
    return Membership(
        person=person,
        membership=membership,
        display_name=name if type(name) is str else None,
        avatar=avatar if type(avatar) is str else None,
        has_reason=content.get("reason") not in (None, ""),
        other_keys=frozenset(odd),
    )


def _text_or_none(value: object) -> bool:
    return value is None or type(value) is str


# --- decrypted ---------------------------------------------------------------------------------


def _decrypted(
    payload: Mapping[str, Any],
    room_id: str,
    clear: WireRelation | None,
    vocabulary: Vocabulary,
    today: date,
) -> Act:
    if payload.get("room_id") != room_id:
        raise NotInShape("payload.room_id")
    content, type_ = payload.get("content"), payload.get("type")
    if type(content) is not dict:
        raise NotInShape("content")
    if type(type_) is not str:
        raise NotInShape("payload.type")
    _check_inner_relation(content, clear)
    if type_ == MESSAGE:
        return _message(content, clear, vocabulary, today)
    if type_.startswith(PREFIX):
        return read_step(type_, content, clear)
    raise NotInShape("payload.type", Code.TYPE_NOT_ALLOWED)


def _message(
    content: Mapping[str, Any], clear: WireRelation | None, vocabulary: Vocabulary, today: date
) -> Act:
    if content.get("msgtype") == REQUEST and clear is None:
        return read_request(content)
    if clear is not None and clear.relation is None:
        raise NotInShape(path("content", RELATION))
    return read_message(content, clear.relation if clear else None, vocabulary, today)


def _check_inner_relation(content: Mapping[str, Any], clear: WireRelation | None) -> None:
    """ATTACK: readers follow the clear relation, some libraries the inner one."""
    if RELATION in content and read_relation(content, "content") != clear:
        raise NotInShape(path("content", RELATION))
