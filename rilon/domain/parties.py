"""Parties: the states of a group and the Regional Support Office."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NewType

Party = NewType("Party", str)
"""A member state by its ISO 3166 alpha-3 code in capitals (`IDN`), or `RSO`."""

Parties = frozenset[Party]

RSO = Party("RSO")
"""The Regional Support Office. It reads only rooms whose ceiling names it."""

PARTY_SHAPE = re.compile(r"[A-Z]{3}")


def parties(*codes: str) -> Parties:
    """The set of the given codes."""
    return frozenset(Party(code) for code in codes)


def in_order(some: Iterable[Party]) -> tuple[Party, ...]:
    """Parties in the one order in which they are written: states by code, the RSO last."""
    return tuple(sorted(some, key=lambda party: (party == RSO, party)))
