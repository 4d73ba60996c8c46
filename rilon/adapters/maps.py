"""Draws routes on a map: coastlines, places and sea areas by name, lines as wide as their counts.

Positions become points of the picture here (Mercator), so that names can be set where nothing else
stands. A line is drawn for the eye: it isn't the course that a boat took.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import atan2, degrees, hypot, log, pi, radians, tan
from typing import Any

import altair as alt

from rilon.adapters.chart_parts import INK, PAPER, charted, layered, written
from rilon.adapters.coastlines import Region, Ring, land
from rilon.adapters.map_names import Box, Name, Point, Standing, boxed, names_set
from rilon.digests.pictures import RouteMap, Way
from rilon.domain.gazetteer import Position

WIDE, TALLEST = 500.0, 640.0
LAND, COAST = "#dedede", "#8a8a8a"
_PLACE, _AREA, _COUNT = 14.0, 13.0, 14.0
"""Heights of letters: names of places, of sea areas, counts."""
_EDGE, _LEAST = 2.5, 14.0
"""Degrees around the routes, and of the map at least, so that a reader knows where it is."""
_ASIDE = 10.0
"""How far lines are apart that go through the same sea areas."""
_NEAR = 0.6
"""Points of a coast that are nearer to each other are one."""
_STEPS = 14
_THINNEST, _WIDEST = 2.5, 8.0
_PLANE = alt.Projection(type="identity")
_RING = 28.0
"""How wide the ring around a count is."""


def route_map(picture: RouteMap) -> alt.LayerChart:
    """The map as a chart. `picture.ways` are at least one."""
    onto = _onto([at for way in picture.ways for at in way.through])
    paths = _paths(picture.ways, onto)
    dots = {spot: onto.point(spot.at) for spot in picture.places}
    taken = [boxed(at, 9, 9) for spot, at in dots.items() if spot.needed]
    counts = _counts(picture.ways, paths, taken)
    taken += [boxed(at, _RING, _RING) for at, _ in counts]
    # Places that nothing goes to or from stand where there is room, dot and name together.
    names = [
        *(Name(spot.name, at, _PLACE, True, True) for spot, at in dots.items() if spot.needed),
        *(
            Name(spot.name, onto.point(spot.at), _AREA, False)
            for spot in sorted(picture.areas, key=lambda spot: not spot.needed)
        ),
        *(Name(spot.name, at, _PLACE, True) for spot, at in dots.items() if not spot.needed),
    ]
    points = [point for path in paths for point in path]
    standing = names_set(names, taken, points, (onto.wide, onto.tall))
    layers = [
        *_land(onto),
        *_ways(picture.ways, paths),
        _dots([one.name.at for one in standing if one.name.place]),
        *_names(standing),
        *_figures(counts),
    ]
    return layered(layers, onto.wide, onto.tall)


# --- from the earth onto the picture -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Onto:
    region: Region
    scale: float
    wide: float
    tall: float

    def point(self, at: Position) -> Point:
        """Where a position is in the picture."""
        across = (at[1] - self.region.west) * self.scale
        return across, (_mercator(self.region.north) - _mercator(at[0])) * self.scale


def _mercator(latitude: float) -> float:
    """How far north, in degrees of longitude at the equator."""
    return degrees(log(tan(pi / 4 + radians(latitude) / 2)))


def _onto(places: Sequence[Position]) -> _Onto:
    """The region around the routes, as large as the picture allows."""
    south, north = _around([at[0] for at in places], _LEAST)
    west, east = _around([at[1] for at in places], _LEAST)
    scale = min(WIDE / (east - west), TALLEST / (_mercator(north) - _mercator(south)))
    if (missing := WIDE / scale - (east - west)) > 0:
        west, east = west - missing / 2, east + missing / 2
    tall = (_mercator(north) - _mercator(south)) * scale
    return _Onto(Region(south, west, north, east), scale, WIDE, round(tall, 1))


def _around(degrees_of: Sequence[float], least: float) -> tuple[float, float]:
    low, high = min(degrees_of), max(degrees_of)
    more = max(_EDGE, (least - (high - low)) / 2)
    return low - more, high + more


def _land(onto: _Onto) -> Iterator[alt.Chart]:
    """Land, and the edge of the map."""
    rings = [_thinned(ring, onto) for ring in land(onto.region)]
    edge = [(0.0, 0.0), (onto.wide, 0.0), (onto.wide, onto.tall), (0.0, onto.tall)]
    for shapes, fill in (([ring for ring in rings if len(ring) > 2], LAND), ([edge], None)):
        features = [
            {
                "type": "Feature",
                "properties": {},
                "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
            }
            for ring in shapes
        ]
        yield (
            charted(features)
            .mark_geoshape(fill=fill, stroke=COAST, strokeWidth=0.7)
            .properties(projection=_PLANE)
        )


def _thinned(ring: Ring, onto: _Onto) -> list[Point]:
    kept: list[Point] = []
    for at in ring:
        across, down = onto.point(at)
        if not kept or hypot(across - kept[-1][0], down - kept[-1][1]) >= _NEAR:
            kept.append((round(across, 1), round(down, 1)))
    return kept


# --- routes --------------------------------------------------------------------------------------


def _paths(ways: Sequence[Way], onto: _Onto) -> list[list[Point]]:
    """The lines, each a little aside of the others where it isn't at its ends."""
    found = []
    for at, way in enumerate(ways):
        begins, *within, ends = (onto.point(one) for one in way.through)
        long = hypot(ends[0] - begins[0], ends[1] - begins[1]) or 1.0
        aside = (at - (len(ways) - 1) / 2) * _ASIDE / long
        across, down = -aside * (ends[1] - begins[1]), aside * (ends[0] - begins[0])
        moved = [(x + across, y + down) for x, y in within]
        found.append(_smooth(_onward([begins, *moved, ends])))
    return found


def _onward(points: Sequence[Point]) -> list[Point]:
    """The points without those behind which the line would turn back: the name of a sea area
    stands in its middle, and a boat needn't go there."""
    kept = [points[0]]
    for one, after in pairwise(points[1:]):
        last = kept[-1]
        turn = (one[0] - last[0]) * (after[0] - one[0]) + (one[1] - last[1]) * (after[1] - one[1])
        if turn > 0:
            kept.append(one)
    return [*kept, points[-1]]


def _smooth(points: Sequence[Point]) -> list[Point]:
    """A bent line through the points (Catmull-Rom)."""
    ends = [points[0], *points, points[-1]]
    found = [points[0]]
    for before, one, two, after in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        for step in range(1, _STEPS + 1):
            part = step / _STEPS
            found.append(
                (
                    _between(before[0], one[0], two[0], after[0], part),
                    _between(before[1], one[1], two[1], after[1], part),
                )
            )
    return found


def _between(before: float, one: float, two: float, after: float, part: float) -> float:
    return 0.5 * (
        2 * one
        + (two - before) * part
        + (2 * before - 5 * one + 4 * two - after) * part**2
        + (3 * one - before - 3 * two + after) * part**3
    )


def _ways(ways: Sequence[Way], paths: Sequence[Sequence[Point]]) -> Iterator[alt.Chart]:
    """Each line on a wider one in white, so that two that cross stay apart; then its head."""
    most = max((way.count for way in ways), default=1)
    for way, path in sorted(zip(ways, paths, strict=True), key=lambda pair: -pair[0].count):
        width = _THINNEST + (_WIDEST - _THINNEST) * way.count / most
        path = _up_to(path, 7.0)
        rows = [_at(point) | {"step": step} for step, point in enumerate(path)]
        for colour, more in ((PAPER, 3.0), (INK, 0.0)):
            yield (
                _placed(rows)
                .mark_line(color=colour, strokeWidth=width + more, strokeCap="butt")
                .encode(order="step:Q")
            )
        (x1, y1), (x2, y2) = path[-2], path[-1]
        yield _placed([_at(path[-1])]).mark_point(
            shape="triangle",
            angle=degrees(atan2(x2 - x1, y1 - y2)) % 360,
            size=(width * 1.5 + 8) ** 2,
            fill=INK,
            stroke=PAPER,
            strokeWidth=1.2,
            opacity=1,
        )


def _up_to(path: Sequence[Point], short: float) -> list[Point]:
    """The path without its last points, so that its head stands before the place and not on it."""
    end = path[-1]
    kept = [point for point in path if hypot(point[0] - end[0], point[1] - end[1]) >= short]
    return kept if len(kept) > 1 else list(path)


def _counts(
    ways: Sequence[Way], paths: Sequence[Sequence[Point]], taken: Sequence[Box]
) -> list[tuple[Point, int]]:
    """Where the count of each way stands: on its line, near the middle, beside everything else;
    beside the line where that is short."""
    found: list[tuple[Point, int]] = []
    boxes = list(taken)
    for way, path in zip(ways, paths, strict=True):
        tried = [*_on(path), *_beside(path)]
        free = (at for at in tried if not any(boxed(at, _RING, _RING).meets(box) for box in boxes))
        at = next(free, tried[0])
        boxes.append(boxed(at, _RING, _RING))
        found.append((at, way.count))
    return found


def _on(path: Sequence[Point]) -> Iterator[Point]:
    """Points of the path, those near its middle first."""
    middle = len(path) // 2
    long = sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(path))
    if long >= 2.5 * _RING:
        for at in sorted(range(len(path)), key=lambda at: (abs(at - middle), at)):
            yield path[at]


def _beside(path: Sequence[Point]) -> Iterator[Point]:
    """Points on both sides of its middle, ever farther away."""
    (x1, y1), (x2, y2) = path[0], path[-1]
    x, y = path[len(path) // 2]
    long = hypot(x2 - x1, y2 - y1) or 1.0
    for far in (0.75, 1.0, 1.5, 2.0):
        for side in (1, -1):
            yield (
                x - side * far * _RING * (y2 - y1) / long,
                y + side * far * _RING * (x2 - x1) / long,
            )


# --- points and words ----------------------------------------------------------------------------


def _at(point: Point) -> dict[str, Any]:
    return {"across": round(point[0], 1), "down": round(point[1], 1)}


def _placed(rows: Sequence[dict[str, Any]]) -> alt.Chart:
    chart = charted(rows).encode(longitude="across:Q", latitude="down:Q")
    placed: alt.Chart = chart.properties(projection=_PLANE)
    return placed


def _dots(points: Sequence[Point]) -> alt.Chart:
    dots: alt.Chart = _placed([_at(point) for point in points]).mark_point(
        shape="circle", size=42, fill=INK, stroke=PAPER, strokeWidth=1.2, opacity=1
    )
    return dots


def _names(standing: Sequence[Standing]) -> Iterator[alt.Chart]:
    """One layer for all names of a sort: drawing takes time by layers."""

    def sort(one: Standing) -> tuple[str, bool, bool]:
        return one.align, one.name.place, one.name.needed

    for (align, place, needed), alike in groupby(sorted(standing, key=sort), key=sort):
        yield from written(
            _placed([_at(one.at) | {"name": one.name.text} for one in alike]),
            "name:N",
            align=align,
            baseline="middle",
            fontSize=_PLACE if place else _AREA,
            fontStyle="normal" if place else "italic",
            fontWeight="bold" if place and needed else "normal",
        )


def _figures(counts: Sequence[tuple[Point, int]]) -> Iterator[alt.Chart]:
    rows = [_at(at) | {"count": str(count)} for at, count in counts]
    yield _placed(rows).mark_point(
        shape="circle", size=520, fill=PAPER, stroke=INK, strokeWidth=1.5, opacity=1
    )
    yield (
        _placed(rows)
        .mark_text(fontSize=_COUNT, fontWeight="bold", color=INK, baseline="middle")
        .encode(text="count:N")
    )
