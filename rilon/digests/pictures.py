"""What a digest's pictures show, as values. Drawing them is `rilon.adapters`'.

Every word of a picture is here, in the reader's language; figures are as they are shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rilon.digests.suppression import Shown
from rilon.domain.gazetteer import Position


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands above and below a picture: the marking first, then what it is, and of when."""

    marking: str
    title: str
    about: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, and how it is written."""

    shown: Shown
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One thing that is counted, in this period and in the one before."""

    label: str
    now: Figure
    before: Figure


@dataclass(frozen=True, slots=True)
class Bars:
    """Two bars for each thing. `now` and `before` name the periods."""

    frame: Frame
    now: str
    before: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """A line over periods, earliest first: what each is called, and its figure."""

    frame: Frame
    points: tuple[tuple[str, Figure], ...]


@dataclass(frozen=True, slots=True)
class Way:
    """A route on the map, through these positions, with how many reports."""

    through: tuple[Position, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Spot:
    """A name on the map. `needed`: of a place at an end of a route, or an area on its way."""

    name: str
    at: Position
    needed: bool = False


@dataclass(frozen=True, slots=True)
class RouteMap:
    """Routes on a map of the region around them, with the places and areas that are there."""

    frame: Frame
    ways: tuple[Way, ...]
    places: tuple[Spot, ...]
    areas: tuple[Spot, ...]


Picture = Bars | Course | RouteMap


@dataclass(frozen=True, slots=True)
class Drawn:
    """The same picture for a room and for a page."""

    png: bytes
    svg: bytes


Draw = Callable[[Picture], Drawn]
