"""Pictures of digests as they are drawn: plain, small, the same every time, the marking first."""

from __future__ import annotations

import re
from functools import lru_cache
from io import BytesIO

import pytest
from PIL import Image

from rilon.adapters import maps
from rilon.adapters.charts import draw
from rilon.adapters.coastlines import Region, land
from rilon.adapters.map_names import Box, Name, boxed, names_set
from rilon.adapters.plain_pictures import is_plain
from rilon.digests.labels import pictured
from rilon.digests.pictures import Bar, Bars, Course, Drawn, Frame, Picture, RouteMap, Spot, Way
from rilon.digests.suppression import HIDDEN, Shown, shown_exactly
from rilon.domain.files import FileType
from tests.digest_scene import SEA

FRAME = Frame("TLP:AMBER //", "Boats seen", "A group · 2026-11-09 to 2026-11-15", "A note below.")
SMALL = pictured(Shown(0, 2))
BARS = Bars(
    FRAME,
    "This week",
    "Week before",
    (
        Bar("Cox's Bazar to Aceh and beyond, by a long name", pictured(shown_exactly(14)), SMALL),
        Bar("Kupang", pictured(HIDDEN), pictured(shown_exactly(3))),
    ),
)  # fmt: skip
COURSE = Course(
    FRAME,
    (("W44", pictured(shown_exactly(9))), ("W45", SMALL), ("W46", pictured(shown_exactly(11)))),
)
PLACES = {key: place.at for key, place in SEA.places.items()}
MAP = RouteMap(
    FRAME,
    (
        Way((PLACES["cox"], SEA.areas["andaman"].at, PLACES["aceh"]), 14),
        Way((PLACES["cox"], PLACES["aceh"]), 3),
        Way((PLACES["kupang"], PLACES["ashmore"]), 5),
    ),
    tuple(Spot(one.name("en"), one.at, True) for one in SEA.places.values()),
    tuple(Spot(one.name("en"), one.at) for one in SEA.areas.values()),
)
PICTURES: dict[str, Picture] = {"bars": BARS, "course": COURSE, "map": MAP}


@lru_cache
def drawn(kind: str) -> Drawn:
    return draw(PICTURES[kind])


def words(svg: bytes) -> list[str]:
    """What is written in a drawing, in its order."""
    return re.findall(r"<(?:text|tspan)[^>]*>([^<]+)</", svg.decode())


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_is_plain_small_and_legible_on_a_telephone(kind: str) -> None:
    """Nothing is in the file but the picture; it is wide enough for a sharp screen."""
    png = drawn(kind).png
    assert is_plain(png, FileType.PNG)
    assert len(png) < 300_000
    with Image.open(BytesIO(png)) as image:
        assert 900 < image.width < 1400


@pytest.mark.parametrize("kind", PICTURES)
def test_the_same_values_make_the_same_bytes(kind: str) -> None:
    assert draw(PICTURES[kind]) == drawn(kind)


@pytest.mark.parametrize("kind", PICTURES)
def test_the_marking_is_the_first_line_and_the_period_stands_below(kind: str) -> None:
    said = [one.strip() for one in words(drawn(kind).svg)]
    titled = [one for one in said if one in ("TLP:AMBER //", "Boats seen", FRAME.about)]
    assert titled == ["TLP:AMBER //", "Boats seen", FRAME.about]
    assert "A note below." in said


@pytest.mark.parametrize("kind", PICTURES)
def test_a_drawing_holds_no_script_and_nothing_to_fetch(kind: str) -> None:
    """ATTACK: a picture that tells who looks at it."""
    svg = drawn(kind).svg.decode()
    assert not re.search(r"<script|javascript:|\son\w+=|<image|<foreignObject|url\(http", svg)
    assert set(re.findall(r"https?://[^\"' ]+", svg)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_figures_that_arent_shown_are_written_and_not_drawn() -> None:
    """`<3` and `–` stand where a bar would be; nothing has the length of a hidden count."""
    said = words(drawn("bars").svg)
    assert {"&lt;3", "–", "14", "3"} <= set(said)
    hidden = Bars(FRAME, "now", "then", (Bar("Kupang", SMALL, pictured(HIDDEN)),))
    assert {"&lt;3", "–"} <= set(words(draw(hidden).svg))
    alone = Course(FRAME, (("W46", SMALL),))
    assert "&lt;3" in words(draw(alone).svg)


def test_a_map_names_its_routes_ends_and_numbers_them() -> None:
    said = words(drawn("map").svg)
    assert {"Cox's Bazar", "Banda Aceh", "Kupang", "Ashmore Reef", "14", "5", "3"} <= {
        one.replace("&#39;", "'").replace("&apos;", "'") for one in said
    }


def test_a_map_reaches_across_the_pacific() -> None:
    """A region beyond 180° has its land too."""
    far: Picture = RouteMap(
        FRAME,
        (Way(((-18.1, 178.4), (-13.8, 188.2)), 4),),
        (Spot("Suva", (-18.1, 178.4), True), Spot("Apia", (-13.8, 188.2), True)),
        (),
    )
    assert {"Suva", "Apia"} <= set(words(draw(far).svg))
    assert land(Region(-20.0, 176.0, -10.0, 190.0))


def test_a_line_doesnt_turn_back_to_the_middle_of_a_sea() -> None:
    """A sea's name stands behind the port where the boat lands; the line ends at the port."""
    assert maps._onward([(0, 0), (10, 20), (5, 10)]) == [(0, 0), (5, 10)]
    assert maps._onward([(0, 0), (3, 6), (5, 10)]) == [(0, 0), (3, 6), (5, 10)]


def test_a_map_of_routes_from_north_to_south_is_no_taller_than_a_screen() -> None:
    onto = maps._onto([(21.0, 92.0), (-12.0, 95.0)])
    assert onto.tall == pytest.approx(maps.TALLEST, abs=1)
    assert onto.wide == maps.WIDE
    assert onto.point((onto.region.south, onto.region.east)) == pytest.approx(
        (onto.wide, onto.tall), abs=1
    )


def test_land_is_cut_at_the_edge_of_its_region() -> None:
    region = Region(-11.5, 120.0, -8.0, 126.0)
    rings = land(region)
    assert rings
    for ring in rings:
        assert all(-11.5 <= lat <= -8.0 and 120.0 <= lon <= 126.0 for lat, lon in ring)
    assert land(region) is rings
    assert land(Region(-45.0, 95.0, -44.0, 96.0)) == ()


def test_names_stand_over_nothing_and_a_needed_one_always_stands() -> None:
    size = (200.0, 100.0)
    first, second = Name("Here", (50, 50), 14, True, True), Name("There", (60, 52), 14, True)
    standing = names_set([first, second], [], [], size)
    assert [one.name.text for one in standing] == ["Here"]  # the dot of the second is covered
    wall = [Box(0, 0, 200, 100)]
    assert [one.name.text for one in names_set([first], wall, [], size)] == ["Here"]
    assert names_set([Name("Sea", (50, 50), 13, False)], wall, [], size) == ()
    beside = names_set([Name("Sea", (50, 50), 13, False)], [boxed((50, 50), 4, 4)], [], size)
    assert not beside[0].box.meets(boxed((50, 50), 4, 4))
    assert names_set([Name("W" * 80, (50, 50), 14, True, True)], [], [], size) == ()
