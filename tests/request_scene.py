"""A request and a small working calendar, as the tests of requests use them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rilon.domain.markings import Marking, Tlp
from rilon.domain.parties import Party, parties
from rilon.domain.request_course import Course
from rilon.domain.request_numbers import numbered
from rilon.domain.request_rules import decide
from rilon.domain.request_steps import Changed, Command, Deliver, Entitlement, Send
from rilon.domain.requests import STEWARD, Actor, Ground, Request, Theme, Urgency

MONDAY = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
"""Monday, 23 November 2026: ten in the morning in Jakarta."""

AUS, IDN, MYS, THA = (Party(code) for code in ("AUS", "IDN", "MYS", "THA"))
ASKER, COLLEAGUE = Actor("aus.secondee1", AUS), Actor("aus.focal1", AUS)
FOCAL, DEPUTY = Actor("idn.focal1", IDN), Actor("idn.focal2", IDN)
OTHER = Actor("mys.focal1", MYS)
STRANGER = Actor("tha.focal1", THA)
ASKS = frozenset({Entitlement.ASK})
HANDLES = frozenset({Entitlement.HANDLE})
ANSWERS = frozenset({Entitlement.ANSWER, Entitlement.HANDLE})
SERVES = frozenset({Entitlement.SERVE})
EVERYTHING = frozenset({Entitlement.ASK, Entitlement.HANDLE, Entitlement.ANSWER})

REQUEST = Request(
    id="r1",
    number=numbered("mps", "7K3F"),
    group="mps",
    officer=ASKER.officer,
    party=AUS,
    marking=Marking(Tlp.AMBER, parties("AUS", "IDN", "MYS"), parties("AUS"), explicit_rel=True),
    addressees=parties("IDN", "MYS"),
    theme=Theme.ROUTES,
    purpose="prosecution",
    legal_basis="Article 10",
    subject="a blue hull",
    questions=("Who owns the blue hull?",),
)
URGENT = replace(REQUEST, urgency=Urgency(Ground.LIFE))
AT_HAND = replace(REQUEST, urgency=Urgency(Ground.LIFE, at_hand=True))


def done(
    course: Course, command: Command, by: Actor, at: datetime = MONDAY, may: Any = None
) -> Course:
    """The course after a command that takes effect."""
    entitled = may if may is not None else SERVES if by == STEWARD else EVERYTHING
    outcome = decide(course, command, by, entitled, at)
    assert isinstance(outcome, Changed), outcome
    assert outcome.course.revision == course.revision + 1
    return outcome.course


def sent(request: Request = REQUEST, at: datetime = MONDAY) -> Course:
    """A request that was sent."""
    return done(Course(request), Send(), ASKER, at)


def delivered(request: Request = REQUEST, at: datetime = MONDAY) -> Course:
    """A request that stands in every addressee's desk."""
    course = sent(request, at)
    for party in sorted(request.addressees):
        course = done(course, Deliver(party), STEWARD, at)
    return course


@dataclass(frozen=True)
class Desk:
    """A working calendar in memory. `week` are the weekdays that are worked, Monday is 0."""

    zone: ZoneInfo
    opens: time = time(8)
    closes: time = time(16)
    week: frozenset[int] = frozenset(range(5))
    holidays: frozenset[date] = frozenset()

    def is_working_day(self, day: date) -> bool:
        return day.weekday() in self.week and day not in self.holidays


JAKARTA = Desk(ZoneInfo("Asia/Jakarta"))
DHAKA = Desk(ZoneInfo("Asia/Dhaka"), week=frozenset({6, 0, 1, 2, 3}))
SYDNEY = Desk(ZoneInfo("Australia/Sydney"))
LORD_HOWE = Desk(ZoneInfo("Australia/Lord_Howe"))
ROUND_THE_CLOCK = Desk(SYDNEY.zone, time(0), time(0), frozenset(range(7)))
NIGHTS = Desk(SYDNEY.zone, time(22), time(6))


def local(desk: Desk, *when: int) -> datetime:
    """A time on the desk's own clock."""
    year, month, day, *rest = when
    return datetime(year, month, day, *rest, tzinfo=desk.zone)  # type: ignore[misc,arg-type]


def hours(count: float) -> timedelta:
    return timedelta(hours=count)
