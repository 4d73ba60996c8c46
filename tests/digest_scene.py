"""A small sea and reports on it, for the tests of digests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rilon.digests.drafting import Asked, Digest, digest_of, periods_of
from rilon.digests.pictures import Drawn, Picture
from rilon.digests.request_counts import RequestCounts
from rilon.domain.gazetteer import Gazetteer, Place, Route, SeaArea
from rilon.domain.markings import Marking, Tlp, WrittenMarking, take_effect
from rilon.domain.parties import Party
from rilon.domain.periods import Every, Period, period_of
from rilon.domain.reports import Report, ReportKind, ReportNumber, Sighting
from rilon.domain.request_numbers import numbered
from rilon.policy.bulletin_rules import DigestRule
from rilon.policy.countable import countable
from tests.policy_scene import NETWORK

ZONE = "Asia/Bangkok"
ROOM = NETWORK.rooms["mps-bulletins"]
GROUP = NETWORK.groups["mps"]
WEEK = period_of(date(2026, 11, 11), Every.WEEK)
NOW = datetime(2026, 11, 16, 3, tzinfo=UTC)
AMBER = WrittenMarking(tlp=Tlp.AMBER)
RULE = DigestRule(Every.WEEK, AMBER)
OPEN: Marking = take_effect(AMBER, ROOM.default, ROOM.ceiling, Party("IDN"))

SEA = Gazetteer(
    areas={
        "andaman": SeaArea(
            "andaman", {"en": "Andaman Sea", "id": "Laut Andaman"}, (), (10.5, 95.5)
        ),
        "timor": SeaArea("timor", {"en": "Timor Sea"}, (), (-11.5, 126.5)),
    },
    places={
        "cox": Place("cox", {"en": "Cox's Bazar"}, (), "BGD", (21.4, 92.0)),
        "aceh": Place("aceh", {"en": "Banda Aceh"}, (), "IDN", (5.6, 95.3)),
        "kupang": Place("kupang", {"en": "Kupang"}, (), "IDN", (-10.2, 123.6)),
        "ashmore": Place("ashmore", {"en": "Ashmore Reef"}, (), "AUS", (-12.3, 123.0)),
    },
    routes={
        "north": Route(
            "north", {"en": "Northern route", "id": "Rute utara"}, (), ("cox",), ("aceh",),
            ("andaman",),
        )
    },
)  # fmt: skip


def report(number: int, period: Period = WEEK, marking: Marking = OPEN, **said: Any) -> Report:
    """A report that was filed on the second day of a period, at noon in Bangkok."""
    day = period.begins + timedelta(days=1)
    sighting = replace(Sighting(ReportKind.SIGHTING, day), **said)
    filed = datetime(day.year, day.month, day.day, 5, tzinfo=UTC)
    name = ReportNumber(numbered("rep", f"{number:04}"))
    return Report(name, "mps", Party("IDN"), "idn.focal1", sighting, marking, filed)


def reports(counts: Iterable[int], first: int = 1, **said: Any) -> list[Report]:
    """So many reports in each week, the last of `counts` being of this one."""
    counted = list(counts)
    weeks = periods_of(WEEK, GROUP)[-len(counted) :]
    found: list[Report] = []
    for week, many in zip(weeks, counted, strict=True):
        found += [report(first + len(found) + at, week, **said) for at in range(many)]
    return found


def blank(picture: Picture) -> Drawn:
    """Draws nothing, in no time."""
    return Drawn(repr(picture).encode(), b"<svg/>")


def drafted(
    found: list[Report], *, rule: DigestRule = RULE, requests: RequestCounts | None = None
) -> Digest:
    """The digest of the week, without real pictures."""
    counts = (requests or RequestCounts(), RequestCounts())
    fits = countable(ROOM, rule.marking, NOW.date())
    made = digest_of(Asked(GROUP, WEEK, rule, ZONE), found, counts, SEA, fits, blank)
    assert isinstance(made, Digest)
    return made
