"""Themes: what a request is about, and what a focal point answers for.

The letters are those of Article 10(1) of the Smuggling of Migrants Protocol; a group may add
themes of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

ARTICLE_10_1: Mapping[str, str] = MappingProxyType(
    {
        "a": "Embarkation and destination points, routes, carriers, means of transport",
        "b": "Identity and methods of organised groups",
        "c": "Travel documents",
        "d": "Concealment and misuse of documents",
        "e": "Legislative experience",
        "f": "Scientific and technical information",
    }
)
"""The six letters, each with what it covers in a few words (Article 10(1)(a)–(f))."""


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme of a group's own."""

    key: str
    name: str
