"""The envelope: what the gate takes from an event before it is decrypted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rilon.domain.acts import RelationKind, Undecodable
from rilon.domain.verdicts import Code
from rilon.wire.canonical import content_digest
from rilon.wire.decode import decode_clear
from rilon.wire.envelope import NotAnEvent, read_envelope

ROOT = "$" + "r" * 43
OTHER = "$" + "o" * 43
CONTENT = {
    "algorithm": "m.megolm.v1.aes-sha2",
    "ciphertext": "AwgAEnACgAkLmt6qF84IK",
    "session_id": "X3lUlvLELLYxeTx4yOVu6UDpasGEVO0Jbu",
    "sender_key": "IlRMeOPX2e0MurIyfWEucYBRVOEEUMrOHqn",
    "device_id": "RJYKSTBOIE",
}
CONTENT["session_id"] = CONTENT["session_id"].ljust(43, "A")
CONTENT["sender_key"] = CONTENT["sender_key"].ljust(43, "A")


def event(content: Any = None, **changes: Any) -> dict[str, Any]:
    return {
        "event_id": "$" + "e" * 43,
        "room_id": "!room",
        "type": "m.room.encrypted",
        "sender": "@idn.focal1:rilon.example",
        "origin_server_ts": 1_700_000_000_123,
        "content": CONTENT if content is None else content,
        **changes,
    }


def problem(content: Any, **changes: Any) -> Undecodable:
    envelope = read_envelope(event(content, **changes))
    assert envelope.encrypted is None
    act = decode_clear(envelope)
    assert isinstance(act, Undecodable)
    assert len(envelope.digest) == 32
    return act


def test_an_encrypted_event_is_read_whole() -> None:
    envelope = read_envelope(event())
    assert envelope.encrypted is not None
    assert envelope.encrypted.session_id == CONTENT["session_id"]
    assert envelope.encrypted.ciphertext == CONTENT["ciphertext"]
    assert envelope.encrypted.sender_key == CONTENT["sender_key"]
    assert envelope.encrypted.device_id == "RJYKSTBOIE"
    assert envelope.sent_at == datetime(2023, 11, 14, 22, 13, 20, 123000, tzinfo=UTC)
    assert envelope.digest == content_digest(CONTENT)
    assert (envelope.state_key, envelope.redacts, envelope.problem) == (None, None, None)
    assert envelope.relation_targets == frozenset()


def test_the_claims_of_newer_clients_may_be_missing() -> None:
    content = {key: CONTENT[key] for key in ("algorithm", "ciphertext", "session_id")}
    encrypted = read_envelope(event(content)).encrypted
    assert encrypted is not None
    assert (encrypted.sender_key, encrypted.device_id) == (None, None)


@pytest.mark.parametrize(
    ("relation", "kind", "targets"),
    [
        ({"m.in_reply_to": {"event_id": ROOT}}, RelationKind.REPLY, {ROOT}),
        ({"rel_type": "m.replace", "event_id": ROOT}, RelationKind.EDIT, {ROOT}),
        ({"rel_type": "m.thread", "event_id": ROOT}, RelationKind.THREAD, {ROOT}),
        (
            {
                "rel_type": "m.thread",
                "event_id": ROOT,
                "is_falling_back": True,
                "m.in_reply_to": {"event_id": OTHER},
            },
            RelationKind.THREAD,
            {ROOT, OTHER},
        ),
    ],
)
def test_a_clear_relation_names_its_events(
    relation: dict[str, Any], kind: RelationKind, targets: set[str]
) -> None:
    envelope = read_envelope(event({**CONTENT, "m.relates_to": relation}))
    assert envelope.relation_targets == targets
    assert envelope.encrypted is not None
    assert envelope.encrypted.relation is not None
    assert envelope.encrypted.relation.relation is not None
    assert envelope.encrypted.relation.relation.kind is kind


def test_a_reference_names_its_event_and_is_no_relation_of_a_post() -> None:
    relation = {"rel_type": "m.reference", "event_id": ROOT}
    envelope = read_envelope(event({**CONTENT, "m.relates_to": relation}))
    assert envelope.relation_targets == {ROOT}


@pytest.mark.parametrize(
    ("attack", "extra", "where"),
    [
        ("text beside the ciphertext", {"body": "secret"}, "content.body"),
        ("mentions in clear", {"m.mentions": {}}, "content.m.mentions"),
        ("a key that is text", {"the vessel left": 1}, "content.?"),
        ("a key with a surrogate", {"\ud800": 1}, "content"),
        ("relation of another kind", {"m.relates_to": {"rel_type": "x"}}, None),
        ("text in the relation", {"m.relates_to": {"m.in_reply_to": {"event_id": ROOT, "b": 1}}},
         "content.m.relates_to.m.in_reply_to.b"),
        ("key of a reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": ROOT,
         "key": "secret"}}, "content.m.relates_to.rel_type"),
        ("edit that answers", {"m.relates_to": {"rel_type": "m.replace", "event_id": ROOT,
         "m.in_reply_to": {"event_id": OTHER}}}, "content.m.relates_to.m.in_reply_to"),
        ("empty relation", {"m.relates_to": {}}, "content.m.relates_to.m.in_reply_to"),
        ("null relation", {"m.relates_to": None}, "content.m.relates_to"),
        ("list as relation", {"m.relates_to": [ROOT]}, "content.m.relates_to"),
        ("text as event id", {"m.relates_to": {"m.in_reply_to": {"event_id": "a b"}}}, None),
        ("no bool", {"m.relates_to": {"rel_type": "m.thread", "event_id": ROOT,
         "is_falling_back": "text"}}, "content.m.relates_to.is_falling_back"),
        ("text as session", {"session_id": "the vessel left"}, "content.session_id"),
        ("text as ciphertext", {"ciphertext": "the vessel left"}, "content.ciphertext"),
        ("object as ciphertext", {"ciphertext": {"type": 0}}, "content.ciphertext"),
        ("text as sender key", {"sender_key": "the vessel left"}, "content.sender_key"),
        ("text as device", {"device_id": "the vessel left"}, "content.device_id"),
        ("null device", {"device_id": None}, "content.device_id"),
    ],
)  # fmt: skip
def test_a_clear_envelope_carries_nothing_else(
    attack: str, extra: dict[str, Any], where: str | None
) -> None:
    act = problem({**CONTENT, **extra})
    assert act.code is Code.SHAPE_NOT_ALLOWED
    assert act.where.startswith("content")
    assert where is None or act.where == where


def test_another_algorithm_is_unreadable() -> None:
    act = problem({**CONTENT, "algorithm": "m.olm.v1.curve25519-aes-sha2"})
    assert act == Undecodable(Code.UNREADABLE, "content.algorithm")


@pytest.mark.parametrize("missing", ["algorithm", "ciphertext", "session_id"])
def test_an_encrypted_event_without_a_needed_key_is_refused(missing: str) -> None:
    content = {key: value for key, value in CONTENT.items() if key != missing}
    assert problem(content).where == f"content.{missing}"


@pytest.mark.parametrize("content", [[], "text", 1, {"a": 1.5}, {"a": "\ud800"}, {"a": 2**60}])
def test_content_without_canonical_spelling_has_a_problem_and_a_digest(content: Any) -> None:
    assert problem(content).where.startswith("content")


def test_two_events_without_canonical_spelling_have_two_digests() -> None:
    one = read_envelope(event({"a": 1.5}))
    other = read_envelope(event({"a": 1.5}, event_id="$other"))
    assert one.digest != other.digest


@pytest.mark.parametrize(
    "changes",
    [
        {"event_id": None},
        {"room_id": 1},
        {"type": ""},
        {"sender": "\ud800"},
        {"sender": "a\0b"},
        {"state_key": 1},
        {"redacts": []},
        {"origin_server_ts": "1"},
        {"origin_server_ts": -1},
        {"origin_server_ts": 10**30},
        {"origin_server_ts": True},
    ],
)
def test_what_is_no_event_at_all_is_an_error(changes: dict[str, Any]) -> None:
    with pytest.raises(NotAnEvent):
        read_envelope(event(**changes))


def test_an_encrypted_state_event_is_state() -> None:
    envelope = read_envelope(event(state_key=""))
    assert envelope.encrypted is None
    assert type(decode_clear(envelope)).__name__ == "State"


def test_neither_envelope_nor_message_shows_content_in_its_repr() -> None:
    envelope = read_envelope(event({**CONTENT, "ciphertext": "SECRETSECRET"}))
    assert "SECRET" not in repr(envelope)
    assert "SECRET" not in repr(envelope.encrypted)
