"""Events that may stand in clear: reactions, redactions, memberships, state. Nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from rilon.domain.acts import Act, Membership, Reaction, Redaction, State, Undecodable
from rilon.domain.verdicts import Code
from rilon.wire.decode import decode_clear
from rilon.wire.envelope import read_envelope

TARGET = "$" + "t" * 43
PERSON = "@idn.focal1:rilon.example"


def decode(type_: str, content: Any, **changes: Any) -> Act:
    event = {
        "event_id": "$e",
        "room_id": "!r",
        "type": type_,
        "sender": PERSON,
        "origin_server_ts": 1,
        "content": content,
        **changes,
    }
    return decode_clear(read_envelope(event))


def reaction(key: Any, **extra: Any) -> Act:
    relation = {"rel_type": "m.annotation", "event_id": TARGET, "key": key, **extra}
    return decode("m.reaction", {"m.relates_to": relation})


ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    "key",
    ["👍", "👍\ufe0f", "❤", "❤\ufe0f", "✅", "🇹🇱", "👨‍👩‍👧", "👍🏽", "1\ufe0f⃣", ENGLAND],
)  # fmt: skip
def test_an_emoji_is_a_reaction(key: str) -> None:
    assert reaction(key) == Reaction(TARGET, key)


@pytest.mark.parametrize(
    ("attack", "key"),
    [
        ("text", "vessel left at 0400"),
        ("one letter", "a"),
        ("digit", "4"),
        ("digit with selector", "4\ufe0f"),
        ("empty", ""),
        ("two emoji", "👍👍"),
        ("emoji and text", "👍 go"),
        ("variation selectors as bits", "👍\ufe0f\ufe0e\ufe0f"),
        ("two selectors", "❤\ufe0f\ufe0f"),
        ("selector where none belongs", "✅\ufe01"),
        ("supplementary selectors", "👍\U000e0101\U000e0102"),
        ("tag characters", "👍\U000e0061\U000e0062\U000e007f"),
        ("flag with other tags", "🏴\U000e0061\U000e0062\U000e007f"),
        ("joiners between", "👍\u200d👍"),
        ("zero width space", "👍\u200b"),
        ("skin tone alone", "🏽"),
        ("custom emoji", "mxc://rilon.example/abc"),
        ("no text", 1),
        ("null", None),
        ("list", ["👍"]),
    ],
)
def test_a_reaction_carries_no_text(attack: str, key: Any) -> None:
    assert reaction(key) == Undecodable(Code.SHAPE_NOT_ALLOWED, "content.m.relates_to.key")


def test_a_reaction_has_a_closed_shape() -> None:
    assert isinstance(reaction("👍", shortcode="secret"), Undecodable)
    relation = {"rel_type": "m.annotation", "event_id": TARGET, "key": "👍"}
    for content in (
        {"m.relates_to": relation, "body": "secret"},
        {"m.relates_to": {**relation, "rel_type": "m.thread"}},
        {"m.relates_to": {**relation, "event_id": "the vessel left"}},
        {"m.relates_to": "👍"},
        {},
    ):
        assert isinstance(decode("m.reaction", content), Undecodable)


def test_a_redaction_names_its_target_in_the_content_or_beside_it() -> None:
    assert decode("m.room.redaction", {"redacts": TARGET}) == Redaction(TARGET)
    assert decode("m.room.redaction", {}, redacts=TARGET) == Redaction(TARGET)
    both = decode("m.room.redaction", {"redacts": TARGET, "reason": ""}, redacts=TARGET)
    assert both == Redaction(TARGET)


def test_a_redaction_that_names_two_targets_is_refused() -> None:
    act = decode("m.room.redaction", {"redacts": TARGET}, redacts="$other")
    assert act == Undecodable(Code.SHAPE_NOT_ALLOWED, "redacts")


def test_a_redaction_carries_no_reason() -> None:
    act = decode("m.room.redaction", {"redacts": TARGET, "reason": "the vessel left"})
    assert act == Undecodable(Code.REASON_NOT_ALLOWED, "content.reason")
    assert isinstance(decode("m.room.redaction", {"redacts": TARGET, "note": "x"}), Undecodable)
    assert isinstance(decode("m.room.redaction", {}), Undecodable)


def test_a_target_beside_another_event_is_refused() -> None:
    assert isinstance(decode("m.room.topic", {}, state_key="", redacts=TARGET), Undecodable)


def test_a_membership_is_read_with_what_it_could_carry() -> None:
    content = {"membership": "join", "displayname": "Indonesia, focal point 1", "avatar_url": None}
    assert decode("m.room.member", content, state_key=PERSON) == Membership(
        PERSON, "join", "Indonesia, focal point 1"
    )


def test_a_membership_tells_of_reasons_avatars_and_other_keys() -> None:
    content = {
        "membership": "leave",
        "reason": "the vessel left",
        "avatar_url": "mxc://x/y",
        "displayname": ["text"],
        "is_direct": "text",
        "org.example.note": "text",
        "the vessel left": 1,
    }
    act = decode("m.room.member", content, state_key=PERSON)
    assert isinstance(act, Membership)
    assert act.has_reason
    assert act.avatar == "mxc://x/y"
    assert act.display_name is None
    assert act.other_keys == {"displayname", "is_direct", "org.example.note", "?"}


@pytest.mark.parametrize("reason", [None, ""])
def test_an_empty_reason_is_none(reason: Any) -> None:
    act = decode("m.room.member", {"membership": "leave", "reason": reason}, state_key=PERSON)
    assert act == Membership(PERSON, "leave")


def test_a_membership_of_nobody_is_refused() -> None:
    assert isinstance(decode("m.room.member", {"membership": "join"}), Undecodable)
    assert isinstance(decode("m.room.member", {"membership": 1}, state_key=PERSON), Undecodable)


@pytest.mark.parametrize("type_", ["m.room.name", "m.room.power_levels", "m.reaction", "org.x"])
def test_any_other_state_is_state(type_: str) -> None:
    assert decode(type_, {"name": "text"}, state_key="") == State(type_, "")


@pytest.mark.parametrize("type_", ["m.room.message", "m.key.verification.ready"])
def test_plaintext_in_an_encrypted_room_is_refused(type_: str) -> None:
    act = decode(type_, {"msgtype": "m.text", "body": "hello"})
    assert act == Undecodable(Code.NOT_ENCRYPTED, "type")


@pytest.mark.parametrize(
    "type_",
    ["m.sticker", "m.poll.start", "org.matrix.msc3381.poll.start", "m.call.invite", "m.beacon",
     "m.location", "im.vector.modular.widgets", "org.example.custom", "m.space.child"],
)  # fmt: skip
def test_other_types_are_not_allowed(type_: str) -> None:
    assert decode(type_, {}) == Undecodable(Code.TYPE_NOT_ALLOWED, "type")
