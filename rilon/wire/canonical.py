"""Matrix canonical JSON: the one spelling of a value as bytes, and its digest.

What has no such spelling is `NotCanonical`; the caller refuses it.
Source: Matrix specification, appendix Canonical JSON.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

LARGEST_INTEGER = 2**53 - 1
DEEPEST = 64
"""Levels of nesting. Events of real clients have fewer than ten."""


class NotCanonical(ValueError):
    """A value that canonical JSON can't spell. The message names no part of the value."""


def canonical_json(value: object) -> bytes:
    """The value as canonical JSON in UTF-8. Raises NotCanonical.

    Floats, integers beyond 2^53-1, lone surrogates, keys that aren't text, other types, and
    nesting deeper than `DEEPEST` have no spelling.
    """
    check_canonical(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def content_digest(content: Mapping[str, Any]) -> bytes:
    """SHA-256 of a content's canonical JSON, 32 bytes. Raises NotCanonical."""
    return hashlib.sha256(canonical_json(dict(content))).digest()


def check_canonical(value: object) -> None:
    """Raises NotCanonical for a value without canonical spelling. Takes no recursion."""
    level: list[object] = [value]
    for _ in range(DEEPEST):
        level = [inner for one in level for inner in _inner(one)]
        if not level:
            return
    raise NotCanonical("nested too deeply")


def _inner(value: object) -> list[object]:
    if value is None or value is True or value is False:
        return []
    if type(value) is dict:
        for key in value:
            _check_text(key)
        return list(value.values())
    if type(value) is list:
        return value
    if type(value) is int:
        if abs(value) > LARGEST_INTEGER:
            raise NotCanonical("an integer out of range")
        return []
    _check_text(value)
    return []


def _check_text(value: object) -> None:
    if type(value) is not str:
        raise NotCanonical("a value of another type")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise NotCanonical("a lone surrogate") from None
