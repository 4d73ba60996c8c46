"""Canonical JSON and digests, against the reference library and hostile values."""

from __future__ import annotations

import hashlib
from typing import Any

import canonicaljson
import pytest

from rilon.wire.canonical import NotCanonical, canonical_json, content_digest


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"b": 1, "a": "\u00e9\u65e5\U0001f600", "\uffff": [None, True, False, -1]},
        {"\U0001f600": 1, "\uff5e": 2, "control": '\x00\x1f\x7f\u2028"\\/'},
        {"largest": 2**53 - 1, "smallest": -(2**53) + 1},
    ],
)
def test_the_spelling_is_that_of_the_reference_library(value: dict[str, Any]) -> None:
    expected = canonicaljson.encode_canonical_json(value)
    assert canonical_json(value) == expected
    assert content_digest(value) == hashlib.sha256(expected).digest()


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": [value]}
    return value


@pytest.mark.parametrize(
    ("attack", "value"),
    [
        ("float", {"a": 1.0}),
        ("nan", {"a": float("nan")}),
        ("huge integer", {"a": 2**53}),
        ("huge negative integer", {"a": -(2**53)}),
        ("integer of a million digits", {"a": 10**1_000_000}),
        ("deep nesting", nested(50)),
        ("very deep nesting", nested(100_000)),
        ("lone surrogate", {"a": "\ud800"}),
        ("lone surrogate in a key", {"\udfff": 1}),
        ("key that is no text", {1: 1}),
        ("bytes", {"a": b"x"}),
        ("tuple", {"a": (1,)}),
        ("set", {"a": {1}}),
    ],
)
def test_a_value_without_canonical_spelling_is_one_defined_error(
    attack: str, value: dict[Any, Any]
) -> None:
    with pytest.raises(NotCanonical) as raised:
        content_digest(value)
    assert "\ud800" not in str(raised.value)
