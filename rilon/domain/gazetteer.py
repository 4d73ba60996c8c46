"""The gazetteer: sea areas, places on the coast and routes, by the names that officers use.

What it holds is policy (`policies/gazetteer.yaml`); reading what somebody typed is
`rilon.reports`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Position = tuple[float, float]
"""Latitude and longitude in degrees, north and east positive (WGS 84)."""


@dataclass(frozen=True, slots=True)
class Named:
    """What has names. `names` are by BCP 47 tag, English always among them; `aliases` are other
    spellings, of any language."""

    key: str
    names: Mapping[str, str] = field(hash=False)
    aliases: tuple[str, ...] = ()

    def name(self, language: str) -> str:
        """Its name in that language (`pt-TL` is `pt`, where it has no own), or in English."""
        own = self.names.get(language) or self.names.get(language.partition("-")[0])
        return own or self.names["en"]


@dataclass(frozen=True, slots=True)
class SeaArea(Named):
    """A sea area; `at` is where its name stands on a map."""

    at: Position = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Place(Named):
    """A port, a coast or an island; `country` is ISO 3166 alpha-3."""

    country: str = ""
    at: Position = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Route(Named):
    """A way that boats take: from one of `begins` to one of `ends` (keys of places), through
    `areas` in their order (keys of sea areas)."""

    begins: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """All of them by key. A key names one thing alone."""

    areas: Mapping[str, SeaArea] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    routes: Mapping[str, Route] = field(default_factory=dict)
