"""Which pictures a digest has, and what they show. What isn't shown as a figure isn't drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rilon.digests.counting import UNSAID, Subject, stretch_of
from rilon.digests.labels import Labels, pictured
from rilon.digests.pictures import Bar, Bars, Course, Frame, Picture, RouteMap, Spot, Way
from rilon.digests.tables import Row, Table, Tables
from rilon.domain.gazetteer import Gazetteer, Position
from rilon.domain.periods import Every, Period
from rilon.texts import digests as texts

MOST_BARS, MOST_WAYS = 10, 8


@dataclass(frozen=True, slots=True)
class Illustration:
    """A picture, its name without language and type, and the words for who doesn't see it."""

    name: str
    picture: Picture
    alternative: str


@dataclass(frozen=True, slots=True)
class About:
    """What stands in every picture of a digest: the marking, and of what and when it is."""

    marking: str
    about: str
    smallest: int
    period: Period

    def frame(self, title: str, note: str = "") -> Frame:
        """The frame of a picture of that title."""
        return Frame(self.marking, title, self.about, note)


def course(shown: Tables, periods: Sequence[Period], labels: Labels, about: About) -> Illustration:
    """All reports, period by period."""
    t = labels.t
    every = about.period.every
    named = [
        (_short_name(period), pictured(total))
        for period, total in zip(periods, shown.course, strict=True)
    ]
    said = "; ".join(f"{name} {one.text}" for name, one in named)
    picture = Course(about.frame(texts.course_title(t, every.value)), tuple(named))
    return Illustration("course", picture, texts.pictured(t, "course", said))


def _short_name(period: Period) -> str:
    return period.name if period.every is Every.MONTH else period.name.partition("-")[2]


def bars(routes: Table, labels: Labels, about: About) -> Illustration | None:
    """Reports by route in this period and in the one before; None if there is no bar to draw."""
    rows = routes.rows[:MOST_BARS]
    if not any(one.exact for row in rows for one in (row.figures.now, row.figures.before)):
        return None
    t = labels.t
    now, before = texts.period_names(t, about.period.every.value)
    found = tuple(
        Bar(
            labels.name(Subject.ROUTE, row.key),
            pictured(row.figures.now),
            pictured(row.figures.before),
        )
        for row in rows
    )
    said = "; ".join(
        texts.with_figures(t, one.label, one.now.text, one.before.text) for one in found
    )
    hidden = any(one.shown.exact is None for bar in found for one in (bar.now, bar.before))
    note = texts.small_counts(t, about.smallest) if hidden else ""
    title = t.say(texts.SUBJECTS[Subject.ROUTE.value]).plain
    picture = Bars(about.frame(title, note), now, before, found)
    return Illustration("routes", picture, texts.pictured(t, "bars", said))


def route_map(
    routes: Table, gazetteer: Gazetteer, labels: Labels, about: About
) -> Illustration | None:
    """The routes of this period whose figures are shown; None if there is none to draw."""
    drawn: list[tuple[Row, tuple[str, str], Way]] = []
    for row in routes.rows:
        ends, count = _ends(row.key, gazetteer), row.figures.now.exact
        if ends is not None and count and len(drawn) < MOST_WAYS:
            drawn.append((row, ends, Way(_through(row.key, ends, gazetteer), count)))
    if not drawn:
        return None
    t, language = labels.t, labels.t.language
    needed = {key for _, ends, _ in drawn for key in ends}
    passed = {
        area
        for row, _, _ in drawn
        if row.key in gazetteer.routes
        for area in gazetteer.routes[row.key].areas
    }
    title, note = texts.routes_on_a_map(t)
    picture = RouteMap(
        about.frame(title, note),
        tuple(way for _, _, way in drawn),
        tuple(
            Spot(place.name(language), place.at, key in needed)
            for key, place in gazetteer.places.items()
        ),
        tuple(
            Spot(area.name(language), area.at, key in passed)
            for key, area in gazetteer.areas.items()
        ),
    )
    said = "; ".join(f"{labels.name(Subject.ROUTE, row.key)} {way.count}" for row, _, way in drawn)
    return Illustration("map", picture, texts.pictured(t, "map", said))


def _ends(key: str, gazetteer: Gazetteer) -> tuple[str, str] | None:
    """Between which places a route is drawn: the first ones that the gazetteer names for it."""
    if key == UNSAID:
        return None
    stretch = stretch_of(key)
    if stretch is not None:
        both = (stretch.begins, stretch.ends)
    else:
        route = gazetteer.routes[key]
        both = (next(iter(route.begins), None), next(iter(route.ends), None))
    begins, ends = both
    if begins is None or ends is None or begins == ends:
        return None
    return (begins, ends) if {begins, ends} <= gazetteer.places.keys() else None


def _through(key: str, ends: tuple[str, str], gazetteer: Gazetteer) -> tuple[Position, ...]:
    areas = gazetteer.routes[key].areas if key in gazetteer.routes else ()
    return (
        gazetteer.places[ends[0]].at,
        *(gazetteer.areas[area].at for area in areas if area in gazetteer.areas),
        gazetteer.places[ends[1]].at,
    )
