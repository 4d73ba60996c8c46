"""The gazetteer by the names that officers type, whatever their case, accents and spaces."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from rilon.domain.gazetteer import Gazetteer, Named
from rilon.domain.word_forms import plain_word
from rilon.policy.mistakes import nearest_of
from rilon.reports.draft import Field


@dataclass(frozen=True, slots=True)
class Names:
    """What each name means. `areas`, `places` and `routes` are keys by plain name; `shown` is how
    a plain name is written."""

    areas: Mapping[str, str]
    places: Mapping[str, str]
    routes: Mapping[str, str]
    shown: Mapping[str, str]

    def of(self, field: Field) -> Mapping[str, str]:
        """The names that a field may have."""
        if field is Field.AREA:
            return self.areas
        return self.routes if field is Field.ROUTE else self.places

    def nearest(self, text: str, field: Field) -> str:
        """The name that is nearest, as it is written; empty where none is near."""
        return self.shown.get(nearest_of(plain_word(text[:60]), self.of(field)) or "", "")


@lru_cache(maxsize=16)
def _names(named: tuple[tuple[tuple[str, tuple[str, ...]], ...], ...]) -> Names:
    shown: dict[str, str] = {}
    tables = []
    for entries in named:
        table: dict[str, str] = {}
        for key, names in entries:
            for name in (*names, key):
                table[plain_word(name)] = key
                shown.setdefault(plain_word(name), name)
        tables.append(table)
    areas, places, routes = tables
    return Names(areas, places, routes, shown)


def names_of(gazetteer: Gazetteer) -> Names:
    """All names of the gazetteer."""
    return _names(
        tuple(
            tuple((one.key, _all_names(one)) for one in kind.values())
            for kind in (gazetteer.areas, gazetteer.places, gazetteer.routes)
        )
    )


def _all_names(one: Named) -> tuple[str, ...]:
    return (*one.names.values(), *one.aliases)


# --- from and to -------------------------------------------------------------------------------

_FROM = re.compile(
    r"(?:from|dari|daripada|de|desde|husi)\s+(?P<rest>.+)|จาก\s*(?P<thai>.+)|(?P<bengali>.+?)\s+থেকে",
    re.IGNORECASE,
)
_TO = re.compile(
    r"(?:to|towards|ke|menuju|para|até|ba)\s+(?P<rest>.+)|(?:ถึง|ไปยัง|ไป)\s*(?P<thai>.+)",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"\s+(?:to|ke|menuju|para|até|a|ba|থেকে)\s+|\s*(?:→|⇒|->|=>|>|–|—|ถึง|ไปยัง|ไป)\s*|\s+-\s+",
    re.IGNORECASE,
)
LONGEST = 140
"""Characters in which where from and where to are looked for."""


def journey(text: str) -> tuple[tuple[str, str], ...]:
    """The ways in which a text may say where from and where to: each with both, one empty where
    only the other is said."""
    text = text.strip()[:LONGEST]
    begun = _FROM.fullmatch(text)
    bare = _part(begun) if begun else text
    found = [
        (bare[: one.start()].strip(), bare[one.end() :].strip()) for one in _BETWEEN.finditer(bare)
    ]
    if "থেকে" in text:
        found += [
            (text[: one.start()].strip(), text[one.end() :].strip())
            for one in _BETWEEN.finditer(text)
        ]
    pairs = [(first, last) for first, last in found if first and last]
    if begun:
        pairs.append((bare, ""))
    if to := _TO.fullmatch(text):
        pairs.append(("", _part(to)))
    return tuple(pairs)


def _part(found: re.Match[str]) -> str:
    return next(value for value in found.groupdict().values() if value is not None).strip()
