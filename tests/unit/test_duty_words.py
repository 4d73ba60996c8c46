"""`!duty`, `!away` and `!back` as people write them; what has two readings is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilon.domain.parties import Party
from rilon.policy.duty_changes import ChangeKind, DutyChange
from rilon.policy.duty_words import DutyProblem, NotAChange, read_away, read_back, read_duty
from rilon.policy.spoken_times import SpokenTime, read_time
from rilon.policy.spoken_words import NotATime, TimeProblem
from tests.policy_scene import NETWORK

AT = datetime(2026, 11, 22, 6, tzinfo=UTC)  # a Sunday, 13:00 in Jakarta
ZONE = "Asia/Jakarta"
LEAD = NETWORK.officers["idn.focal1"]


def span(text: str, language: str = "en") -> tuple[str, str]:
    found = read_time(text, ZONE, language, AT)
    assert isinstance(found, SpokenTime), found
    first, last = (one.astimezone(ZoneInfo(ZONE)) for one in (found.begins, found.ends))
    return f"{first:%Y-%m-%d %H:%M}", f"{last:%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        ("today", "2026-11-22 00:00", "2026-11-23 00:00"),
        ("today 18:00-22:00", "2026-11-22 18:00", "2026-11-22 22:00"),
        ("Today 18.00 – 22.00", "2026-11-22 18:00", "2026-11-22 22:00"),
        ("today 18-22", "2026-11-22 18:00", "2026-11-22 22:00"),
        ("today 6pm to 10 pm", "2026-11-22 18:00", "2026-11-22 22:00"),
        ("today 12am-12pm tomorrow", "2026-11-22 00:00", "2026-11-23 12:00"),
        ("today 1800-2200", "2026-11-22 18:00", "2026-11-22 22:00"),
        ("18:00-22:00", "2026-11-22 18:00", "2026-11-22 22:00"),
        ("22:00-06:00", "2026-11-22 22:00", "2026-11-23 06:00"),
        ("tomorrow 22:00-06:00", "2026-11-23 22:00", "2026-11-24 06:00"),
        ("18:00-22:00 tomorrow", "2026-11-23 18:00", "2026-11-23 22:00"),
        ("now - 22:00", "2026-11-22 13:00", "2026-11-22 22:00"),
        ("until 3 Jan", "2026-11-22 13:00", "2027-01-04 00:00"),
        ("24 Dec", "2026-12-24 00:00", "2026-12-25 00:00"),
        ("Dec 24, 2026", "2026-12-24 00:00", "2026-12-25 00:00"),
        ("24th of December", "2026-12-24 00:00", "2026-12-25 00:00"),
        ("24/12", "2026-12-24 00:00", "2026-12-25 00:00"),
        ("12/24", "2026-12-24 00:00", "2026-12-25 00:00"),
        ("2026-12-24", "2026-12-24 00:00", "2026-12-25 00:00"),
        ("24.12.2026", "2026-12-24 00:00", "2026-12-25 00:00"),
        ("2026-12-24 - 2027-01-03", "2026-12-24 00:00", "2027-01-04 00:00"),
        ("24 Dec - 3 Jan", "2026-12-24 00:00", "2027-01-04 00:00"),
        ("24/12 - 3/1", "2026-12-24 00:00", "2027-01-04 00:00"),
        ("12/24 - 1/3", "2026-12-24 00:00", "2027-01-04 00:00"),
        ("24-26 Dec", "2026-12-24 00:00", "2026-12-27 00:00"),
        ("24 Dec - 26", "2026-12-24 00:00", "2026-12-27 00:00"),
        ("20 Nov - 25 Nov", "2026-11-20 00:00", "2026-11-26 00:00"),
        ("24 Dec 18:00 - 26 Dec 08:00", "2026-12-24 18:00", "2026-12-26 08:00"),
        ("Friday", "2026-11-27 00:00", "2026-11-28 00:00"),
        ("Fri 27 Nov", "2026-11-27 00:00", "2026-11-28 00:00"),
        ("mon-fri", "2026-11-23 00:00", "2026-11-28 00:00"),
        ("29 Feb", "2028-02-29 00:00", "2028-03-01 00:00"),
        ("4/4", "2027-04-04 00:00", "2027-04-05 00:00"),
    ],
)
def test_a_time_is_read_as_it_is_written(text: str, begins: str, ends: str) -> None:
    assert span(text) == (begins, ends)


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        ("besok 18.00-22.00", "2026-11-23 18:00", "2026-11-23 22:00"),
        ("hari ini pukul 18.00 sampai 22.00", "2026-11-22 18:00", "2026-11-22 22:00"),
        ("24 Desember s/d 3 Januari", "2026-12-24 00:00", "2027-01-04 00:00"),
        ("Senin - Jumat", "2026-11-23 00:00", "2026-11-28 00:00"),
        ("lusa", "2026-11-24 00:00", "2026-11-25 00:00"),
        ("24 Dec", "2026-12-24 00:00", "2026-12-25 00:00"),
    ],
)
def test_a_time_is_read_in_the_officer_s_language(text: str, begins: str, ends: str) -> None:
    assert span(text, "id") == (begins, ends)


@pytest.mark.parametrize(
    ("text", "problem", "readings"),
    [
        ("3/4", TimeProblem.TWO_READINGS, ("2027-04-03", "2027-03-04")),
        ("3/4/2027", TimeProblem.TWO_READINGS, ("2027-04-03", "2027-03-04")),
        ("24 Dec - 3/1", TimeProblem.TWO_READINGS, ("2027-01-03", "2027-03-01")),
        ("Sunday", TimeProblem.TWO_READINGS, ("2026-11-22", "2026-11-29")),
        ("next Friday", TimeProblem.TWO_READINGS, ("2026-11-27", "2026-12-04")),
        ("20 Nov", TimeProblem.TWO_READINGS, ("2026-11-20", "2027-11-20")),
        ("20:00-08:00 tomorrow", TimeProblem.TWO_READINGS, ("2026-11-22", "2026-11-23")),
        ("Fri 28 Nov", TimeProblem.NO_SUCH_DAY, None),
        ("31 Feb", TimeProblem.NO_SUCH_DAY, None),
        ("9999-12-31", TimeProblem.NO_SUCH_DAY, None),
        ("0001-01-01", TimeProblem.NO_SUCH_DAY, None),
        ("", TimeProblem.MISSING, None),
        ("-", TimeProblem.MISSING, None),
        ("from", TimeProblem.MISSING, None),
        ("18:00", TimeProblem.NO_END, None),
        ("from 18:00 until", TimeProblem.NO_END, None),
        ("today at noon", TimeProblem.NOT_READ, None),
        ("24", TimeProblem.NOT_READ, None),
        ("18-22", TimeProblem.NOT_READ, None),
        ("25:00-26:00", TimeProblem.NOT_READ, None),
        ("13pm-14pm", TimeProblem.NOT_READ, None),
        ("next 24 Dec", TimeProblem.NOT_READ, None),
        ("Dec", TimeProblem.NOT_READ, None),
        ("24 Dec 18:00-22:00 - 26 Dec", TimeProblem.NOT_READ, None),
        ("today tomorrow", TimeProblem.NOT_READ, None),
        ("tomorrow - today", TimeProblem.ENDS_FIRST, None),
        ("today 08:00-10:00", TimeProblem.PAST, None),
        ("2025-12-24", TimeProblem.PAST, None),
        ("x" * 300, TimeProblem.NOT_READ, None),
    ],
)
def test_what_can_not_be_read_is_named(
    text: str, problem: TimeProblem, readings: tuple[str, str] | None
) -> None:
    found = read_time(text, ZONE, "en", AT)
    assert isinstance(found, NotATime), found
    assert found.problem is problem
    if readings:
        assert (found.first, found.second) == tuple(map(date.fromisoformat, readings))


@given(st.text(alphabet="0123456789/-.: adefnotuyJDMc٣০", max_size=20) | st.text(max_size=20))
def test_any_text_is_a_span_with_an_end_or_no_span(text: str) -> None:
    for language in ("en", "id", "xx-yy-zz"):
        found = read_time(text, ZONE, language, AT)
        if isinstance(found, SpokenTime):
            assert found.begins < found.ends
            assert found.ends > AT


@given(st.dates(date(2026, 11, 22), date(2100, 12, 30)), st.sampled_from(["en", "id"]))
def test_a_day_written_out_is_that_day(day: date, language: str) -> None:
    for text in (day.isoformat(), f"{day:%d.%m.%Y}", f"{day.day} {day:%B} {day.year}"):
        assert span(text, language)[0] == f"{day} 00:00"


# --- whole commands ------------------------------------------------------------------------------


def duty(text: str) -> DutyChange | NotAChange:
    return read_duty(text, LEAD, NETWORK, AT)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE))


@pytest.mark.parametrize(
    "text",
    [
        "idn.focal2 today 18:00-22:00", "focal2 today 18:00-22:00", "IDN.Focal2 today 18:00-22:00",
        "@idn.focal2:rilon.example today 18:00-22:00", "today 18:00-22:00: idn.focal2",
        "Focal point 2 · IDN today 18:00-22:00", "idn.focal2, today, 18.00 - 22.00",
    ],
)  # fmt: skip
def test_a_duty_is_read_however_the_officer_is_named(text: str) -> None:
    found = duty(text)
    assert found == DutyChange(
        Party("IDN"), ChangeKind.DUTY, ("idn.focal2",), moment("2026-11-22 18:00"),
        moment("2026-11-22 22:00"), "idn.focal1", AT,
    )  # fmt: skip


def test_several_may_have_the_duty_and_the_lead_is_me() -> None:
    found = duty("focal2 and me, tomorrow")
    assert isinstance(found, DutyChange)
    assert found.officers == ("idn.focal2", "idn.focal1")


def test_the_rota_applies_again_when_told() -> None:
    found = duty("rota tomorrow")
    assert isinstance(found, DutyChange)
    assert (found.kind, found.officers) == (ChangeKind.ROTA, ())


def test_an_absence_is_of_whole_days_with_a_deputy() -> None:
    for text in (
        "idn.focal1 24 Dec - 3 Jan, deputy idn.focal2",
        "me 24/12 - 3/1 deputy: focal2",
        "saya 24 Des s/d 3 Jan wakil focal2",
    ):
        found = read_away(text, LEAD, NETWORK, AT)
        assert found == DutyChange(
            Party("IDN"), ChangeKind.AWAY, ("idn.focal1",), moment("2026-12-24"),
            moment("2027-01-04"), "idn.focal1", AT, "idn.focal2",
        )  # fmt: skip


def test_who_is_back_is_back_until_the_absence_would_have_ended() -> None:
    gone = read_away("idn.focal2 until 3 Jan", LEAD, NETWORK, AT)
    assert isinstance(gone, DutyChange)
    later = AT + timedelta(days=2)
    found = read_back("idn.focal2", LEAD, NETWORK, [gone], later)
    assert isinstance(found, DutyChange)
    assert (found.begins, found.ends) == (later, gone.ends)
    found = read_back("focal2 27 Dec", LEAD, NETWORK, [gone], later)
    assert isinstance(found, DutyChange)
    assert (found.begins, found.ends) == (moment("2026-12-27"), gone.ends)
    not_away = read_back("idn.focal1", LEAD, NETWORK, [gone], later)
    assert isinstance(not_away, NotAChange)
    assert not_away.problem is DutyProblem.NOT_AWAY


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("today", DutyProblem.NO_OFFICER),
        ("idn.focal9 today", DutyProblem.UNKNOWN_OFFICER),
        ("idn.focal2", TimeProblem.MISSING),
        ("idn.focal2 3/4", TimeProblem.TWO_READINGS),
        ("idn.focal2 24 Dec - 30 Jan", DutyProblem.TOO_LONG),
        ("idn.focal2 2028-12-24", DutyProblem.TOO_FAR),
        ("rota idn.focal2 today", TimeProblem.NOT_READ),
        ("idn.focal2 someday", TimeProblem.NOT_READ),
        ("idn.focal2 " + "x" * 500, TimeProblem.NOT_READ),
    ],
)
def test_what_is_no_duty_is_refused_with_the_names_that_may_be_written(
    text: str, problem: DutyProblem | TimeProblem
) -> None:
    found = duty(text)
    assert isinstance(found, NotAChange)
    assert found.problem is problem
    assert set(found.officers) <= {name for name in NETWORK.officers if name.startswith("idn.")}
    assert len(found.words) <= 60


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("24 Dec", DutyProblem.NO_OFFICER),
        ("focal1 focal2 24 Dec", DutyProblem.ONE_OFFICER),
        ("focal1 24 Dec deputy focal1", DutyProblem.OWN_DEPUTY),
        ("focal1 24 Dec deputy", DutyProblem.UNKNOWN_OFFICER),
        ("focal1 24 Dec deputy aus.focal1", DutyProblem.UNKNOWN_OFFICER),
        ("focal1 tomorrow 18:00-22:00", DutyProblem.WHOLE_DAYS),
        ("focal1 2026-12-24 - 2028-01-01", DutyProblem.TOO_LONG),
    ],
)
def test_what_is_no_absence_is_refused(text: str, problem: DutyProblem) -> None:
    found = read_away(text, LEAD, NETWORK, AT)
    assert isinstance(found, NotAChange)
    assert found.problem is problem


def test_an_officer_of_another_party_is_answered_like_one_who_does_not_exist() -> None:
    def asked(name: str) -> tuple[object, ...]:
        found = duty(f"{name} today 18:00-22:00")
        assert isinstance(found, NotAChange)
        return found.problem, found.officers, found.words == name

    assert asked("aus.focal1") == asked("aus.focal7") == asked("idn.focal7")


@given(st.text(max_size=60))
def test_any_text_at_all_is_a_change_of_the_own_party_or_none(text: str) -> None:
    for read in (read_duty, read_away):
        found = read(text, LEAD, NETWORK, AT)
        if isinstance(found, DutyChange):
            assert found.party == "IDN"
