"""The shape of `gazetteer.yaml`: sea areas, places and routes with their names.

What must hold between its entries is `rilon.policy.gazetteer_checks`'.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from rilon.policy.document_words import Document, Word

PlaceName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=60,
        pattern=r"^[^\s,;:=/|\d][^\r\n,;:=/|]*$",
        description="a name as people write it, without comma, colon or slash",
    ),
]
_POSITION = r"^-?[0-9]{1,2}(\.[0-9]{1,4})?, -?[0-9]{1,3}(\.[0-9]{1,4})?$"


def _on_earth(written: str) -> str:
    latitude, longitude = position(written)
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError("is no position; write latitude, then longitude, in degrees")
    return written


PositionText = Annotated[
    str,
    Field(
        pattern=_POSITION,
        description="latitude, longitude in degrees; north and east positive: `-8.55, 125.57`",
    ),
    AfterValidator(_on_earth),
]
"""As text: documents hold no fractions, since their digest must not hang on how one is written."""


def position(written: str) -> tuple[float, float]:
    """Latitude and longitude."""
    latitude, longitude = map(float, written.split(", "))
    return latitude, longitude


class NamesEntry(Document):
    """Its name in each language (BCP 47). What isn't sure is left out: English stands in."""

    en: PlaceName
    id: PlaceName | None = None
    ms: PlaceName | None = None
    th: PlaceName | None = None
    bn: PlaceName | None = None
    pt: PlaceName | None = None
    tet: PlaceName | None = None

    def by_tag(self) -> dict[str, str]:
        """The names that there are, by language."""
        return {tag: name for tag, name in self.model_dump().items() if name is not None}


class NamedEntry(Document):
    """What has names."""

    key: Annotated[Word, Field(description="fixed once reports name it")]
    names: NamesEntry
    aliases: tuple[PlaceName, ...] = ()


class PointEntry(NamedEntry):
    """What stands on a map."""

    at: PositionText


class AreaEntry(PointEntry):
    """A sea area; `at` is where its name stands."""


class PlaceEntry(PointEntry):
    """A port, a coast or an island."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 3166 alpha-3")]


class RouteEntry(NamedEntry):
    """A way that boats take, by keys of places and areas."""

    begins: Annotated[tuple[Word, ...], Field(min_length=1)]
    ends: Annotated[tuple[Word, ...], Field(min_length=1)]
    areas: Annotated[tuple[Word, ...], Field(min_length=1, description="in their order")]


class GazetteerFile(Document):
    """`gazetteer.yaml`: what a report may name of sea and coast."""

    areas: tuple[AreaEntry, ...] = ()
    places: tuple[PlaceEntry, ...] = ()
    routes: tuple[RouteEntry, ...] = ()

    def named(self) -> Iterator[tuple[str, int, NamedEntry]]:
        """Every entry with its list and its place in it."""
        for name, entries in (
            ("areas", self.areas), ("places", self.places), ("routes", self.routes),
        ):  # fmt: skip
            for index, entry in enumerate(entries):
                yield name, index, entry
