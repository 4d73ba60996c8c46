"""The JSON of a decrypted message, read so that no reader can see anything else in it."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from rilon.wire.canonical import NotCanonical, check_canonical
from rilon.wire.shapes import NotInShape

LONGEST = 65_536
"""Bytes. A homeserver refuses larger events, and the ciphertext is larger than the plaintext."""


def read_json(plaintext: bytes) -> Any:
    """The value. Raises NotInShape for whatever isn't strict, canonical JSON.

    ATTACK: with the same key twice one reader judges the first value and another shows the
    second; NaN, floats, surrogates and deep nesting break or split readers in the same way.
    """
    if len(plaintext) > LONGEST:
        raise NotInShape("content")
    try:
        value = json.loads(
            plaintext.decode(),
            object_pairs_hook=_no_key_twice,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
        check_canonical(value)
    except (ValueError, RecursionError, NotCanonical):
        raise NotInShape("content") from None
    return value


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice")
    return value


def _no_number(written: str) -> NoReturn:
    raise ValueError("a number that is no integer")
