"""Texts of `!who`, `!duty`, `!away`: short, local time first, every problem with how it reads."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from rilon.policy.duty_changes import ChangeKind, NotEntitledCode
from rilon.policy.duty_words import DutyProblem
from rilon.policy.spoken_words import TimeProblem
from rilon.texts import people
from rilon.texts.people import Change, Gap, OnDuty, Person, Problem
from rilon.texts.translator import translator

AT = datetime(2026, 11, 25, 7, 5, tzinfo=UTC)
ZONE = "Asia/Jakarta"
ENGLISH, INDONESIAN = translator("en"), translator("id")


def person(number: int = 1, **changed: object) -> Person:
    values: dict[str, object] = {
        "display_name": f"Focal point {number} · IDN",
        "name": f"idn.focal{number}",
        "party": "Indonesia",
        "agency": "Coast guard",
        "languages": ("id", "en"),
        "on_duty": True,
        "now": AT,
        "zone": ZONE,
        **changed,
    }
    return Person(**values)  # type: ignore[arg-type]


def test_a_person_is_one_line_with_all_that_is_needed_to_reach_them() -> None:
    said = people.people_found(ENGLISH, [person(), person(2, on_duty=False)]).plain
    assert said.splitlines() == [
        "2 people",
        (
            "🟢 Focal point 1 · IDN (idn.focal1) · Coast guard · id, en · on duty now · "
            "there it is 14:05 WIB (07:05 UTC)"
        ),
        (
            "• Focal point 2 · IDN (idn.focal2) · Coast guard · id, en · "
            "there it is 14:05 WIB (07:05 UTC)"
        ),
        "To write to one of them: !dm idn.focal1",
    ]


def test_hundreds_of_people_fit_and_the_rest_is_counted() -> None:
    said = people.people_found(ENGLISH, [person(number) for number in range(900)])
    assert len(said.plain.encode()) + len((said.html or "").encode()) < 16_000
    assert "more" in said.plain.splitlines()[-2]


def test_nobody_found_offers_the_nearest_word() -> None:
    said = people.nobody_found(ENGLISH, [("malaisia", "malaysia"), ("zzz", None)]).plain
    assert "malaisia finds nobody. Did you mean malaysia?" in said
    assert "zzz finds nobody." in said
    assert people.nobody_found(ENGLISH, []).plain.startswith("Nobody fits all of that")


def test_a_deputy_is_shown_with_whom_they_stand_in_for() -> None:
    now = [OnDuty("Secondee 1 · IDN", AT, "Focal point 1 · IDN")]
    said = people.duty_now(ENGLISH, "Indonesia", now, None, [], ZONE, leads=False).plain
    assert said.splitlines()[0] == (
        "On duty for Indonesia: Secondee 1 · IDN, for Focal point 1 · IDN, "
        "until 2026-11-25 14:05 WIB (07:05 UTC)"
    )
    assert "To change it" not in said


def test_nobody_on_duty_is_said_with_who_comes_next_and_the_gaps() -> None:
    following = (AT, [OnDuty("Focal point 2 · IDN", AT)])
    gaps = [Gap("Indonesia", AT - timedelta(hours=3), AT)]
    said = people.duty_now(ENGLISH, "Indonesia", [], following, gaps, ZONE, leads=True).plain
    assert said.splitlines()[:2] == [
        "Nobody is on duty for Indonesia now.",
        "Next: Focal point 2 · IDN, from 2026-11-25 14:05 WIB (07:05 UTC)",
    ]
    assert "• Indonesia: 2026-11-25 11:05 WIB (04:05 UTC) to 2026-11-25 14:05" in said


@pytest.mark.parametrize("kind", list(ChangeKind))
def test_every_change_is_told_as_it_was_understood(kind: ChangeKind) -> None:
    officers = () if kind is ChangeKind.ROTA else ("Focal point 1 · IDN",)
    change = Change(kind.value, officers, AT, AT + timedelta(hours=4))
    for t in (ENGLISH, INDONESIAN):
        said = people.changed(t, change, [], ZONE).plain
        assert "2026-11-25 14:05 WIB (07:05 UTC)" in said
        assert "{" not in said


@pytest.mark.parametrize("problem", [*DutyProblem, *TimeProblem])
@pytest.mark.parametrize("known", [True, False])
def test_every_problem_has_one_line_in_both_languages(problem: str, known: bool) -> None:
    words = {"words": "31 june", "officers": ("idn.focal1",)} if known else {}
    shown = Problem(
        problem,
        "away",
        days=31,
        first=date(2026, 4, 3),
        second=date(2026, 3, 4),
        **words,  # type: ignore[arg-type]
    )
    english, indonesian = (people.not_a_change(t, shown).plain for t in (ENGLISH, INDONESIAN))
    assert len(english.splitlines()) == 1
    assert english != indonesian
    assert "{" not in english + indonesian


@pytest.mark.parametrize("code", list(NotEntitledCode))
@pytest.mark.parametrize("lead", ["", "Focal point 1 · IDN"])
def test_who_may_not_is_told_who_may(code: str, lead: str) -> None:
    said = people.not_entitled(ENGLISH, code, lead).plain
    assert "Please tell them" in said or "Ask your coordinator" in said
