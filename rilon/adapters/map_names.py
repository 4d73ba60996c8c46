"""Where names stand on a map: beside what they name, over nothing else, within the picture.

A name for which there is no room is left out; one that is needed stands where it is least in the
way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from wcwidth import wcswidth

Point = tuple[float, float]
"""Across from the left and down from the top, in points of the picture."""
Align = Literal["left", "center", "right"]
_LETTER = 0.56
"""How wide a letter is, in heights; a little more than most are."""
_GAP, _DOT = 8.0, 9.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the picture."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether the two have anything in common."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def has(self, point: Point) -> bool:
        """Whether the point is within it."""
        return self.left <= point[0] <= self.right and self.top <= point[1] <= self.bottom


def boxed(middle: Point, wide: float, tall: float) -> Box:
    """A box around its middle."""
    return Box(
        middle[0] - wide / 2, middle[1] - tall / 2, middle[0] + wide / 2, middle[1] + tall / 2
    )


@dataclass(frozen=True, slots=True)
class Name:
    """A name, what it belongs to, and how tall its letters are. That of a place stands beside its
    dot, that of an area around its point."""

    text: str
    at: Point
    size: float
    place: bool
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A name where it stands: its text begins, ends or has its middle at that point."""

    name: Name
    at: Point
    align: Align
    box: Box


def names_set(
    names: Sequence[Name], taken: Sequence[Box], lines: Sequence[Point], size: Point
) -> tuple[Standing, ...]:
    """The names that have room, the first ones first. `lines` are points of lines, over which a
    name stands only if it must."""
    frame = Box(2, 2, size[0] - 2, size[1] - 2)
    boxes = list(taken)
    found = []
    for name in names:
        dot = boxed(name.at, _DOT, _DOT)
        if name.place and not name.needed and any(dot.meets(box) for box in boxes):
            continue
        standing = _best(name, boxes, lines, frame)
        if standing is not None:
            found.append(standing)
            boxes += [standing.box, *([dot] if name.place else [])]
    return tuple(found)


def _best(name: Name, taken: Sequence[Box], lines: Sequence[Point], frame: Box) -> Standing | None:
    best: tuple[int, Standing] | None = None
    for standing in _candidates(name):
        box = standing.box
        if not _within(box, frame):
            continue
        over = sum(box.meets(other) for other in taken)
        crossed = sum(box.has(point) for point in lines)
        if not name.needed and (over or crossed):
            continue
        cost = over * 100 + crossed
        if best is None or cost < best[0]:
            best = cost, standing
    return best[1] if best else None


def _within(box: Box, frame: Box) -> bool:
    return (
        box.left >= frame.left
        and box.right <= frame.right
        and box.top >= frame.top
        and box.bottom <= frame.bottom
    )


def _candidates(name: Name) -> Iterator[Standing]:
    wide, tall = _wide(name), name.size * 1.15
    across, down = name.at
    if name.place:
        up, low = down - _GAP - tall / 2, down + _GAP + tall / 2
        yield _standing(name, across + _GAP, down, "left", wide, tall)
        yield _standing(name, across - _GAP, down, "right", wide, tall)
        for level in (up, low):
            yield _standing(name, across, level, "center", wide, tall)
            yield _standing(name, across + 4, level, "left", wide, tall)
            yield _standing(name, across - 4, level, "right", wide, tall)
        return
    # Not far: a name on another sea is wrong.
    for aside in (0.0, -0.35, 0.35, -0.7, 0.7):
        for above in (0, -1, 1, -2, 2):
            middle = across + aside * wide, down + above * tall
            yield _standing(name, *middle, "center", wide, tall)


def _standing(
    name: Name, across: float, down: float, align: Align, wide: float, tall: float
) -> Standing:
    left = across - {"left": 0.0, "center": wide / 2, "right": wide}[align]
    return Standing(
        name, (across, down), align, Box(left, down - tall / 2, left + wide, down + tall / 2)
    )


def _wide(name: Name) -> float:
    return max(wcswidth(name.text), 1) * name.size * _LETTER
