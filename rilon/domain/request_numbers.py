"""Numbers of requests, such as `MPS-7K3F-4`: how one is drawn, checked, and read as people type.

They are random: a running number would tell everyone how many requests there are. Whether a
number is in use is for the caller to know; nothing here depends on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NewType

from rilon.domain.letters import as_seen

RequestNumber = NewType("RequestNumber", str)
"""A number in its one spelling: the group's key in capitals, four symbols, a check symbol."""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, so nothing in it is easily taken for something else."""

DRAWN = 4
BITS = 5 * DRAWN
"""Bits of chance in a number: one in 1,048,576 within a group. Too few to be a secret: whoever
knows a number is entitled to nothing by it."""

FORM = "MPS-7K3F-4"
"""How a number looks: an example for people, the same whatever they typed."""

_TWINS = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
_NOT_SYMBOLS = re.compile(r"[^0-9A-Z]")
_LONGEST = 60
_BASE = 19
"""An element of GF(32), which all others but 0 are powers of. So is each one but 0 and 1: with
this one the example that people know, `FORM`, is a number."""


def draw(group: str, below: Callable[[int], int]) -> RequestNumber:
    """A number for a new request of that group.

    `below(n)` gives a uniform random integer from 0 to n - 1 (`secrets.randbelow`). When the
    number is in use already the caller draws again: with 10,000 numbers in use, one draw in a
    hundred meets one of them.
    """
    return numbered(group, "".join(ALPHABET[below(len(ALPHABET))] for _ in range(DRAWN)))


def numbered(group: str, drawn: str) -> RequestNumber:
    """The number with these four symbols of `ALPHABET` in that group (`mps`)."""
    return RequestNumber(f"{group.upper()}-{drawn}-{_check(group.upper() + drawn)}")


def read_number(text: str, groups: Iterable[str]) -> RequestNumber | None:
    """The number that a text is, or None: not a number, or mistyped. `groups` are their keys.

    Small letters, spaces, missing hyphens, look-alikes (`O` for `0`, `I` and `L` for `1`, Cyrillic
    letters) and a leading `#` are read.

    INVARIANT: the answer rests on the text and the groups' keys alone, so it can't tell anyone
    whether a request exists; and it never says which check symbol would have been right.
    """
    typed = _NOT_SYMBOLS.sub("", as_seen(text[: _LONGEST + 1]).upper()).translate(_TWINS)
    if len(text) > _LONGEST:
        return None
    for group in groups:
        prefix, own = typed[: -DRAWN - 1], typed[-DRAWN - 1 :]
        if prefix == _plain(group) and len(own) == DRAWN + 1:
            found = numbered(group, own[:DRAWN])
            return found if found[-1] == own[-1] else None
    return None


def _plain(group: str) -> str:
    return _NOT_SYMBOLS.sub("", group.upper()).translate(_TWINS)


def _check(symbols: str) -> str:
    """The check symbol: a sum over GF(32) in which each place has a weight of its own.

    With the check symbol itself, of weight 1, all weights differ and none is 0. So the sum
    notices every single wrong symbol and every swap of two, adjacent or not, in up to 31 places.
    """
    total, weight = 0, 1
    for symbol in reversed(_plain(symbols)):
        weight = _times(weight, _BASE)
        total ^= _times(weight, ALPHABET.index(symbol))
    return ALPHABET[total]


def _times(one: int, other: int) -> int:
    """The product in GF(32) by the primitive polynomial x^5 + x^4 + x^2 + x + 1."""
    product = 0
    while other:
        if other & 1:
            product ^= one
        one <<= 1
        if one & 32:
            one ^= 0b110111
        other >>= 1
    return product
