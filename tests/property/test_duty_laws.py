"""Who is on duty agrees with a naive model, minute by minute, and gaps are exactly the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rilon.domain.parties import Party
from rilon.policy.duty import gaps, next_on_duty, on_duty
from rilon.policy.duty_changes import ChangeKind, DutyChange
from rilon.policy.local_moments import moment_of
from rilon.policy.network import Network
from rilon.policy.rota import Absence, Block, Cycle, PartyDuty
from tests.policy_scene import NETWORK

IDN = Party("IDN")
NAMES = ("idn.focal1", "idn.focal2", "idn.secondee1", "idn.secondee2")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ZONES = ("Asia/Jakarta", "Australia/Sydney", "Australia/Lord_Howe", "America/St_Johns", "UTC")
STARTS = (
    datetime(2026, 4, 3, 3, tzinfo=UTC),  # Sydney and Lord Howe put their clocks back
    datetime(2026, 10, 2, 22, tzinfo=UTC),  # … and on
    datetime(2026, 3, 7, 1, tzinfo=UTC),  # St John's puts its clocks on
    datetime(2026, 10, 31, 12, tzinfo=UTC),  # … and back
    datetime(2026, 12, 30, 17, tzinfo=UTC),  # a year of 53 weeks ends
    datetime(2028, 2, 28, 0, tzinfo=UTC),  # a leap day
)
WINDOW = 2 * DAY

minutes_of_day = st.one_of(
    st.sampled_from([0, 60, 90, 120, 150, 180, 480, 1200, 1439]), st.integers(0, 1439)
)
names = st.sampled_from(NAMES)


def names_but(*others: str) -> st.SearchStrategy[str]:
    return names.filter(lambda name: name not in others)


@st.composite
def rotas(draw: st.DrawFn) -> PartyDuty:
    weeks = draw(st.integers(1, 3))
    zones = {name: draw(st.sampled_from(ZONES)) for name in NAMES}
    blocks = []
    for _ in range(draw(st.integers(0, 4))):
        name, begins, ends = draw(names), draw(minutes_of_day), draw(minutes_of_day)
        if begins != ends:
            days = frozenset(draw(st.sets(st.integers(0, 6), min_size=1)))
            on = frozenset(draw(st.sets(st.integers(1, weeks)))) if weeks > 1 else frozenset()
            blocks.append(Block(name, days, begins, draw(st.sampled_from([ends, ends, 1440])),
                                zones[name], on))  # fmt: skip
    absences = []
    for name in draw(st.sets(names, max_size=2)):
        first = date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 1000)))
        near = draw(st.sampled_from(STARTS)).date()
        first = draw(st.sampled_from([first, near, near + DAY]))
        deputy = draw(st.none() | names_but(name))
        last = first + timedelta(days=draw(st.integers(0, 3)))
        absences.append(Absence(name, first, last, deputy, zones[name]))
    return PartyDuty(
        tuple(blocks),
        Cycle(weeks, date(2026, 1, 5)) if weeks > 1 else None,
        tuple(draw(st.lists(names, unique=True, max_size=2))),
        tuple(absences),
    )


@st.composite
def some_changes(draw: st.DrawFn, start: datetime) -> tuple[DutyChange, ...]:
    found = []
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(ChangeKind))
        begins = start + MINUTE * draw(st.integers(-600, 2880))
        ends = begins + MINUTE * draw(st.integers(1, 2000))
        made = start + MINUTE * draw(st.integers(0, 3))
        if kind is ChangeKind.DUTY:
            officers = tuple(draw(st.lists(names, unique=True, min_size=1, max_size=2)))
        else:
            officers = () if kind is ChangeKind.ROTA else (draw(names),)
        deputy = None
        if kind is ChangeKind.AWAY:
            deputy = draw(st.none() | names_but(*officers))
        found.append(DutyChange(IDN, kind, officers, begins, ends, "idn.focal1", made, deputy))
    return tuple(found)


def with_duty(duty: PartyDuty, terms: dict[str, tuple[date | None, date | None]]) -> Network:
    info = replace(NETWORK.parties[IDN], duty=duty)
    officers = {
        name: replace(one, term_from=terms[name][0], term_until=terms[name][1])
        if name in terms
        else one
        for name, one in NETWORK.officers.items()
    }
    return replace(
        NETWORK,
        parties=MappingProxyType({IDN: info}),
        officers=MappingProxyType(officers),
    )


# --- the naive model ---------------------------------------------------------------------------


@dataclass
class Clock:
    """A clock on a wall, watched minute by minute: the latest that it ever showed."""

    zone: ZoneInfo
    latest: datetime = datetime.min  # noqa: DTZ901 - what a wall clock shows has no zone

    def tick(self, moment: datetime) -> datetime:
        self.latest = max(self.latest, moment.astimezone(self.zone).replace(tzinfo=None))
        return self.latest


def has_the_duty(block: Block, cycle: Cycle | None, shown: datetime) -> bool:
    """Whether the block includes what the wall clock shows, for the first time or still."""
    since = shown.hour * 60 + shown.minute
    day = shown.date()
    if block.begins < block.ends:
        began = day if block.begins <= since < block.ends else None
    elif since >= block.begins:
        began = day
    else:
        began = day - DAY if since < block.ends else None
    if began is None or began.weekday() not in block.weekdays:
        return False
    if not block.weeks or cycle is None:
        return True
    monday = began - timedelta(days=began.weekday())
    number = 1
    walker = cycle.anchor
    while walker != monday:
        step = 7 if walker < monday else -7
        walker += timedelta(days=step)
        number = (number + (1 if step > 0 else -1) - 1) % cycle.weeks + 1
    return number in block.weeks


def naive(
    duty: PartyDuty,
    changes: tuple[DutyChange, ...],
    shown: dict[str, datetime],
    at: datetime,
    in_term: set[str],
) -> list[str]:
    """The names on duty, by saying everything one word after the other."""
    rota = [b.officer for b in duty.blocks if has_the_duty(b, duty.cycle, shown[b.zone])]
    named = rota
    deputies: dict[str, str | None] = {}
    for one in duty.absences:
        if one.first <= shown[one.zone].date() <= one.last:
            deputies[one.officer] = one.deputy
    said = sorted(enumerate(changes), key=lambda pair: (pair[1].made_at, pair[0]))
    for _, change in said:
        if not change.begins <= at < change.ends:
            continue
        if change.kind is ChangeKind.ROTA:
            named = rota
        elif change.kind is ChangeKind.DUTY:
            named = list(change.officers)
            deputies = {k: v for k, v in deputies.items() if k not in named}
        elif change.kind is ChangeKind.AWAY:
            deputies[change.officers[0]] = change.deputy
        else:
            deputies.pop(change.officers[0], None)
    return resolved(named, deputies, duty.deputies, in_term)


def resolved(
    named: list[str],
    deputies: dict[str, str | None],
    of_party: tuple[str, ...],
    in_term: set[str],
) -> list[str]:
    here = [name for name in named if name in in_term and name not in deputies]
    found = list(dict.fromkeys(here))
    for name in named:
        if name in here:
            continue
        one, walked = deputies.get(name), {name}
        while one and one not in walked and (one in deputies or one not in in_term):
            walked.add(one)
            one = deputies.get(one)
        if not one or one in walked:
            free = [d for d in of_party if d in in_term and d not in deputies]
            one = free[0] if free else None
        if one and one not in found:
            found.append(one)
    return found


def minutes_from(start: datetime) -> Iterator[datetime]:
    moment = start
    while moment < start + WINDOW:
        yield moment
        moment += MINUTE


@settings(max_examples=20)
@given(st.data())
def test_at_every_minute_those_on_duty_are_those_of_the_naive_model(data: st.DataObject) -> None:
    start = data.draw(st.sampled_from(STARTS))
    duty = data.draw(rotas())
    changes = data.draw(some_changes(start))
    ends = data.draw(st.none() | st.just(start.date()))
    network = with_duty(duty, {"idn.focal2": (None, ends)})
    clocks = {name: Clock(ZoneInfo(name)) for name in ZONES}
    # The clocks are watched from a day before, so that an hour shown twice is known as such.
    for early in range(1440):
        for clock in clocks.values():
            clock.tick(start - DAY + early * MINUTE)
    nobody = set()
    for moment in minutes_from(start):
        shown = {name: clock.tick(moment) for name, clock in clocks.items()}
        in_term = {n for n in NAMES if n != "idn.focal2" or not ends or moment.date() <= ends}
        expected = naive(duty, changes, shown, moment, in_term)
        found = [one.officer for one in on_duty(IDN, moment, network, changes)]
        assert found == expected, moment
        if not expected:
            nobody.add(moment)
    spans = gaps(network, changes, start, days=WINDOW // DAY)
    for moment in minutes_from(start):
        assert (moment in nobody) == any(g.begins <= moment < g.ends for g in spans), moment
    for one, other in pairwise(spans):
        assert one.ends < other.begins


@settings(max_examples=60)
@given(st.data())
def test_gaps_and_duty_leave_nothing_out_and_share_nothing(data: st.DataObject) -> None:
    start = data.draw(st.sampled_from(STARTS)) + MINUTE * data.draw(st.integers(0, 1440))
    changes = data.draw(some_changes(start))
    network = with_duty(data.draw(rotas()), {})
    spans = gaps(network, changes, start, days=9)
    second = timedelta(seconds=1)
    for gap in spans:
        assert start <= gap.begins < gap.ends <= start + 9 * DAY
        assert not on_duty(IDN, gap.begins, network, changes)
        assert not on_duty(IDN, gap.ends - second, network, changes)
        if gap.ends < start + 9 * DAY:
            assert on_duty(IDN, gap.ends, network, changes)
        if gap.begins > start:
            assert on_duty(IDN, gap.begins - second, network, changes)
        following = next_on_duty(IDN, gap.begins, network, changes)
        if gap.ends < start + 9 * DAY:
            assert following is not None
            assert following.at == gap.ends
    hidden = data.draw(st.integers(0, 9 * 1440 - 1))
    moment = start + hidden * MINUTE
    covered = any(gap.begins <= moment < gap.ends for gap in spans)
    assert covered != bool(on_duty(IDN, moment, network, changes))


@given(
    st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    st.integers(0, 1440),
    st.integers(0, 1440),
    st.sampled_from(ZONES),
)
def test_a_later_time_of_a_day_is_never_an_earlier_moment(
    day: date, one: int, other: int, zone: str
) -> None:
    first, second = sorted((one, other))
    assert moment_of(day, first, zone) <= moment_of(day, second, zone)
    assert moment_of(day, 1440, zone) == moment_of(day + DAY, 0, zone)


@pytest.mark.parametrize(
    ("day", "minutes", "moment"),
    [
        (date(2026, 10, 4), 120, datetime(2026, 10, 3, 16, tzinfo=UTC)),  # skipped: 02:00 to 03:00
        (date(2026, 10, 4), 150, datetime(2026, 10, 3, 16, tzinfo=UTC)),
        (date(2026, 10, 4), 180, datetime(2026, 10, 3, 16, tzinfo=UTC)),
        (date(2026, 4, 5), 150, datetime(2026, 4, 4, 15, 30, tzinfo=UTC)),  # shown twice: the first
        (date(2026, 4, 5), 180, datetime(2026, 4, 4, 17, tzinfo=UTC)),
    ],
)
def test_a_time_that_is_skipped_or_shown_twice_has_one_moment(
    day: date, minutes: int, moment: datetime
) -> None:
    assert moment_of(day, minutes, "Australia/Sydney") == moment


@given(st.integers(2, 12), st.dates(date(2000, 1, 1), date(2099, 12, 1)))
def test_weeks_take_turns_across_the_end_of_every_year(weeks: int, day: date) -> None:
    cycle = Cycle(weeks, date(2026, 1, 5))
    number = cycle.week_of(day)
    assert 1 <= number <= weeks
    assert cycle.week_of(day + timedelta(days=7)) == number % weeks + 1
    assert cycle.week_of(day - timedelta(days=day.weekday())) == number
    assert cycle.week_of(date(2026, 1, 11)) == 1
