"""Digests are due from six in the morning after their period, by the RSO's clock, each once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

import pytest

from rilon.digests.due import due_digests, is_over, last_over, so_far
from rilon.domain.periods import Every, Period, period_of, read_period
from rilon.policy.bulletin_rules import BulletinPolicy, DigestRule
from rilon.policy.network import Network
from tests.digest_scene import AMBER, GROUP
from tests.policy_scene import NETWORK

MONDAY = datetime(2026, 11, 15, 23, 0, tzinfo=UTC)
"""Six o'clock on Monday the 16th in Bangkok."""
BOTH = (DigestRule(Every.WEEK, AMBER), DigestRule(Every.MONTH, AMBER))


def network(begins: date | None = None, ends: date | None = None) -> Network:
    rules = BulletinPolicy(digests=BOTH)
    group = replace(GROUP, begins=begins, ends=ends, bulletins=rules)
    return replace(NETWORK, groups=MappingProxyType({"mps": group}))


def keys(now: datetime, drafted: frozenset[str] = frozenset(), **term: date) -> list[str]:
    return [one.key for one in due_digests(network(**term), now, drafted)]


def test_a_week_is_due_from_six_on_monday() -> None:
    before = frozenset({"mps-week-2026-W45", "mps-month-2026-10"})
    assert keys(MONDAY - timedelta(seconds=1), before | {"mps-week-2026-W44"}) == []
    assert keys(MONDAY, before) == ["mps-week-2026-W46"]
    assert keys(MONDAY + timedelta(days=5), before) == ["mps-week-2026-W46"]


def test_what_was_drafted_isnt_due_again() -> None:
    done = frozenset({"mps-week-2026-W45", "mps-week-2026-W46", "mps-month-2026-10"})
    assert keys(MONDAY + timedelta(hours=1), done) == []


def test_after_an_absence_the_last_two_weeks_and_the_last_month_are_made_up_for() -> None:
    """No flood of old digests after a long time away; earliest first."""
    assert keys(MONDAY) == ["mps-month-2026-10", "mps-week-2026-W45", "mps-week-2026-W46"]


def test_a_month_is_due_on_its_first_day_after() -> None:
    first = datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    weeks = frozenset({"mps-week-2026-W47", "mps-week-2026-W48"})
    done = weeks | {"mps-month-2026-10"}
    assert keys(first - timedelta(minutes=1), done) == []
    assert keys(first, done) == ["mps-month-2026-11"]


def test_a_group_has_no_digest_of_a_time_in_which_it_wasnt() -> None:
    assert keys(MONDAY, begins=date(2026, 11, 12)) == ["mps-week-2026-W46"]
    assert keys(MONDAY, ends=date(2026, 11, 8)) == ["mps-month-2026-10", "mps-week-2026-W45"]


@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2026, 12, 31), date(2028, 2, 29)])
@pytest.mark.parametrize("every", Every)
def test_periods_follow_one_another_without_a_gap(day: date, every: Every) -> None:
    """Over the ends of years too, and each is found by its name."""
    found = period_of(day, every)
    assert found.begins <= day <= found.ends
    assert found.before.after == found.begins
    assert period_of(found.after, every).before == found
    assert read_period(found.name, every) == found


@pytest.mark.parametrize(
    "written", ["2026-W54", "2026-W00", "2026-13", "2026", "", "2026-W4", "0000-W01", "9999-12"]
)
def test_a_name_of_no_period_is_none(written: str) -> None:
    assert all(read_period(written, every) is None for every in Every)


def test_the_first_week_of_a_year_may_begin_in_the_one_before() -> None:
    assert period_of(date(2026, 1, 1), Every.WEEK) == Period(
        date(2025, 12, 29), date(2026, 1, 4), Every.WEEK
    )
    assert period_of(date(2026, 1, 1), Every.WEEK).name == "2026-W01"


def test_the_last_one_that_is_over_is_told_by_the_rsos_clock() -> None:
    sunday = datetime(2026, 11, 15, 16, 59, tzinfo=UTC)
    week = period_of(date(2026, 11, 11), Every.WEEK)
    assert last_over(NETWORK, Every.WEEK, sunday) == week.before
    assert not is_over(NETWORK, week, sunday)
    assert is_over(NETWORK, week, sunday + timedelta(minutes=1))


def test_the_week_so_far_has_a_name_of_its_own_for_each_day() -> None:
    """So that the whole week's digest is drafted all the same, and no two tell of one report."""
    found = so_far(network(), "mps", datetime(2026, 11, 15, 17, 30, tzinfo=UTC))
    assert found is not None
    assert (found.key, found.so_far) == ("mps-week-2026-W47-so-far-2026-11-16", date(2026, 11, 16))
    assert (found.period.name, found.rule.every) == ("2026-W47", Every.WEEK)


def test_a_group_without_digests_of_weeks_has_the_month_so_far_or_none() -> None:
    """As its policy says."""
    for digests, name in ((BOTH[1:], "2026-11"), ((), None)):
        group = replace(GROUP, bulletins=BulletinPolicy(digests=digests))
        one = replace(NETWORK, groups=MappingProxyType({"mps": group}))
        found = so_far(one, "mps", datetime(2026, 11, 15, tzinfo=UTC))
        assert (found.period.name if found else None) == name
