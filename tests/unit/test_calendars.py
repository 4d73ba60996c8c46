"""Working days: the week, national holidays, days of the party's own, and what is not known."""

from __future__ import annotations

from datetime import date, time

import pytest

from rilon.domain.parties import RSO, Party
from rilon.policy.calendars import Doubt, WorkingCalendar, countries, knows_country
from tests.policy_scene import NETWORK


def works(party: str, day: str) -> bool:
    return NETWORK.parties[Party(party)].calendar.is_working_day(date.fromisoformat(day))


@pytest.mark.parametrize(
    ("party", "holiday"),
    [
        ("AUS", "2027-01-26"), ("AUS", "2027-03-08"), ("BGD", "2026-12-16"), ("IDN", "2026-08-17"),
        ("IDN", "2026-12-24"), ("MYS", "2026-08-31"), ("THA", "2026-04-14"), ("TLS", "2026-05-20"),
        ("RSO", "2026-04-14"),
    ],
)  # fmt: skip
def test_nobody_works_on_a_national_holiday(party: str, holiday: str) -> None:
    day = date.fromisoformat(holiday)
    assert day.weekday() < 5
    assert not works(party, holiday)
    assert NETWORK.parties[Party(party)].calendar.holiday(day)


def test_the_week_of_bangladesh_is_from_sunday_to_thursday() -> None:
    week = [works("BGD", f"2026-11-{day:02}") for day in range(1, 8)]  # a Sunday first
    assert week == [True, True, True, True, True, False, False]
    assert [works("THA", f"2026-11-{day:02}") for day in range(1, 8)] == [
        False, True, True, True, True, True, False,
    ]  # fmt: skip


def test_the_office_of_the_rso_keeps_thailand_s_days_and_hours() -> None:
    rso, tha = NETWORK.parties[RSO].calendar, NETWORK.parties[Party("THA")].calendar
    assert rso == tha
    assert (rso.zone, rso.opens, rso.closes) == ("Asia/Bangkok", time(9), time(17))


def test_days_of_the_party_s_own_win_over_the_week_and_the_country() -> None:
    christmas, monday, sunday = date(2026, 12, 25), date(2026, 12, 28), date(2026, 12, 27)
    calendar = WorkingCalendar(
        "Asia/Jakarta",
        country="IDN",
        extra_holidays=frozenset({monday}),
        extra_working_days=frozenset({christmas, sunday}),
    )
    assert calendar.is_working_day(christmas)
    assert calendar.is_working_day(sunday)
    assert not calendar.is_working_day(monday)


def test_a_subdivision_has_holidays_of_its_own() -> None:
    canberra_day = date(2027, 3, 8)
    assert not WorkingCalendar("UTC", country="AUS", subdivision="ACT").is_working_day(canberra_day)
    assert WorkingCalendar("UTC", country="AUS").is_working_day(canberra_day)


def test_without_a_country_every_day_of_the_week_is_worked() -> None:
    calendar = WorkingCalendar("UTC")
    assert calendar.is_working_day(date(2026, 1, 1))
    assert calendar.doubts([2026]) == ()


def test_estimated_holidays_are_named_until_policy_settles_them() -> None:
    calendar = WorkingCalendar("UTC", country="TLS")
    found = calendar.doubts([2030])
    assert {doubt.name for doubt in found} == {"Eid al-Fitr", "Eid al-Adha"}
    days = frozenset(doubt.day for doubt in found if doubt.day)
    assert len(days) == 2
    settled = WorkingCalendar("UTC", country="TLS", extra_working_days=days)
    assert settled.doubts([2030]) == ()


def test_years_that_are_not_known_are_named() -> None:
    calendar = WorkingCalendar("UTC", country="IDN")
    assert calendar.doubts([2120, 10_000]) == (Doubt(2120, None, ""), Doubt(10_000, None, ""))
    assert calendar.is_working_day(date(2120, 1, 1))


def test_the_countries_of_all_states_are_known_and_the_rso_is_none() -> None:
    for party in NETWORK.parties:
        assert knows_country(party) == (party != RSO)
    assert "ACT" in countries()["AUS"]
    assert not knows_country("AU")
