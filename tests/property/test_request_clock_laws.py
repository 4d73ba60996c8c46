"""Laws of deadlines, in several zones and calendars, over daylight saving and year ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from rilon.domain.request_clocks import (
    Allowance,
    CalendarDays,
    Elapsed,
    Span,
    WorkingDays,
    due_at,
    next_working,
)
from tests.request_scene import Desk

zones = st.sampled_from(
    [
        "Australia/Sydney", "Australia/Lord_Howe", "Asia/Dhaka", "Asia/Jakarta",
        "Asia/Kuala_Lumpur", "Asia/Bangkok", "Asia/Dili", "UTC",
    ]
).map(ZoneInfo)  # fmt: skip
QUARTER = timedelta(minutes=15)
FIRST = datetime(2026, 9, 20, tzinfo=UTC)
instants = st.integers(0, 212 * 86_400).map(lambda seconds: FIRST + timedelta(seconds=seconds))
desks = st.builds(
    Desk,
    zones,
    st.sampled_from([time(0), time(2, 30), time(8), time(9, 15), time(22)]),
    st.sampled_from([time(0), time(6), time(12), time(16), time(17, 45)]),
    st.sampled_from([(0, 1, 2, 3, 4), (6, 0, 1, 2, 3), (0,), tuple(range(7))]).map(frozenset),
    st.frozensets(st.dates(date(2026, 9, 15), date(2027, 5, 1)), max_size=30),
)
office = st.builds(
    Desk, zones, st.just(time(8)), st.just(time(16)), st.just(frozenset(range(5))),
    st.frozensets(st.dates(date(2026, 9, 15), date(2027, 5, 1)), max_size=30),
)  # fmt: skip
allowances: st.SearchStrategy[Allowance] = st.one_of(
    st.integers(1, 200_000).map(lambda minutes: Elapsed(timedelta(minutes=minutes))),
    st.integers(1, 12).map(WorkingDays),
    st.integers(1, 30).map(CalendarDays),
)
lengths = st.integers(0, 20_000).map(lambda minutes: timedelta(minutes=minutes))


@st.composite
def pauses_after(draw: st.DrawFn, start: datetime) -> list[Span]:
    """Times in which the clock stood, one after the other."""
    found, at = [], start
    for _ in range(draw(st.integers(0, 4))):
        at += draw(lengths)
        found.append((at, at + draw(lengths)))
        at = found[-1][1]
    return found


@st.composite
def cases(draw: st.DrawFn) -> tuple[datetime, list[Span], Allowance, Desk]:
    start = draw(instants)
    return start, draw(pauses_after(start)), draw(allowances), draw(desks)


@given(cases())
def test_the_time_is_not_up_while_the_clock_stands(
    case: tuple[datetime, list[Span], Allowance, Desk],
) -> None:
    start, pauses, allowance, desk = case
    due = due_at(start, pauses, allowance, desk)
    assert due > start
    assert not any(stops < due <= resumes for stops, resumes in pauses)


@given(cases(), st.integers(1, 10))
def test_a_longer_allowance_is_never_due_earlier(
    case: tuple[datetime, list[Span], Allowance, Desk], more: int
) -> None:
    start, pauses, allowance, desk = case
    longer: Allowance
    if isinstance(allowance, Elapsed):
        longer = Elapsed(allowance.time + timedelta(hours=more))
    else:
        longer = type(allowance)(allowance.days + more)
    assert due_at(start, pauses, allowance, desk) <= due_at(start, pauses, longer, desk)


@given(cases(), lengths)
def test_a_later_start_is_never_due_earlier(
    case: tuple[datetime, list[Span], Allowance, Desk], later: timedelta
) -> None:
    start, pauses, allowance, desk = case
    due = due_at(start, pauses, allowance, desk)
    assert due <= due_at(start + later, pauses, allowance, desk)


@given(cases(), lengths)
def test_a_longer_pause_is_never_due_earlier(
    case: tuple[datetime, list[Span], Allowance, Desk], longer: timedelta
) -> None:
    start, pauses, allowance, desk = case
    if not pauses:
        return
    begins, ends = pauses[-1]
    more = [*pauses[:-1], (begins, ends + longer)]
    assert due_at(start, pauses, allowance, desk) <= due_at(start, more, allowance, desk)


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_pauses_and_how_they_are_cut_does_not_matter(
    case: tuple[datetime, list[Span], Allowance, Desk], random: Random
) -> None:
    start, pauses, allowance, desk = case
    cut = [
        piece
        for begins, ends in pauses
        for piece in ((begins, begins + (ends - begins) / 2), (begins + (ends - begins) / 3, ends))
    ]
    random.shuffle(cut)
    assert due_at(start, cut, allowance, desk) == due_at(start, pauses, allowance, desk)


@given(instants, lengths, lengths, st.integers(1, 20_000), desks)
def test_a_pause_moves_an_elapsed_deadline_by_its_length(
    start: datetime, after: timedelta, long: timedelta, minutes: int, desk: Desk
) -> None:
    allowance = Elapsed(timedelta(minutes=minutes))
    due = due_at(start, [(start + after, start + after + long)], allowance, desk)
    moved = long if after < allowance.time else timedelta(0)
    assert due == start + allowance.time + moved


@given(st.integers(0, 212 * 96), st.integers(1, 4), office, st.data())
def test_working_time_agrees_with_counting_quarters_of_an_hour(
    quarters: int, days: int, desk: Desk, data: st.DataObject
) -> None:
    """The naive model: quarter by quarter, one counts where the desk works and the clock runs."""
    at = start = FIRST + quarters * QUARTER
    stops = start + data.draw(st.integers(0, 200)) * QUARTER
    resumes = stops + data.draw(st.integers(0, 300)) * QUARTER
    left = days * 8 * 4
    while left:
        local = at.astimezone(desk.zone)
        works = desk.is_working_day(local.date()) and desk.opens <= local.time() < desk.closes
        left -= works and not stops <= at < resumes
        at += QUARTER
    assert due_at(start, [(stops, resumes)], WorkingDays(days), desk) == at


@given(instants, st.integers(1, 20), office)
def test_a_period_of_days_agrees_with_counting_days(start: datetime, days: int, desk: Desk) -> None:
    """The naive model without pauses: day by day from the first working moment."""
    at = start
    while not (
        desk.is_working_day(at.astimezone(desk.zone).date())
        and desk.opens <= at.astimezone(desk.zone).time() < desk.closes
    ):
        at += QUARTER
    day = at.astimezone(desk.zone).date() + timedelta(days=days)
    while not desk.is_working_day(day):
        day += timedelta(days=1)
    expected = datetime.combine(day, desk.closes, desk.zone)
    assert due_at(start, (), CalendarDays(days), desk) == expected


@given(cases(), st.fractions(0, 1), st.fractions(0, 1))
def test_shares_come_in_order_and_before_the_whole(
    case: tuple[datetime, list[Span], Allowance, Desk], one: Fraction, other: Fraction
) -> None:
    start, pauses, allowance, desk = case
    less, more = sorted((one, other))
    whole = due_at(start, pauses, allowance, desk)
    assert start <= due_at(start, pauses, allowance, desk, less)
    assert due_at(start, pauses, allowance, desk, less) <= due_at(
        start, pauses, allowance, desk, more
    )
    assert due_at(start, pauses, allowance, desk, more) <= whole
    assert whole <= due_at(start, pauses, allowance, desk, 1 + more)


@given(instants, desks)
def test_the_next_working_moment_is_one(instant: datetime, desk: Desk) -> None:
    at = next_working(instant, desk)
    assert at >= instant
    assert next_working(at, desk) == at
