"""Mistakes in calendars, rotas, leads, themes and rules for requests, with line and mend."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import pytest

from rilon.domain.parties import Party
from rilon.policy import load as load_module
from rilon.policy.build import from_document
from rilon.policy.load import Policy, load
from rilon.policy.mistakes import Mistake, Mistakes
from rilon.policy.network import digest_of_json
from rilon.policy.yaml_tree import read_tree
from tests.policy_scene import NETWORK, shipped, shipped_files

SHIPPED = {
    name: content
    for name, content in shipped_files().items()
    if not name.startswith(("cases/", "templates/"))
}
DUTY, ROSTER, PARTIES, GROUP = "duty.yaml", "roster.yaml", "parties.yaml", "groups/mps.yaml"
IDN_ROTA = "{officer: idn.focal1, weeks: [1], days: [mon-sun]"
ABSENCES = "    deputies: [idn.secondee1, idn.secondee2]\n    absences:\n"
DEPUTIES = "    deputies: [idn.secondee1, idn.secondee2]\n"
AWAY = "      - {{officer: {}, from: {}, until: {}, deputy: {}}}\n"


@pytest.fixture(autouse=True, scope="module")
def _trees_are_read_once() -> Iterator[None]:
    """The files that a test leaves alone needn't be parsed again; parsing is the slow part."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load_module, "read_tree", lru_cache(maxsize=256)(read_tree))
        yield


def edited(file: str, old: str, new: str) -> tuple[dict[str, bytes], int]:
    text = SHIPPED[file].decode()
    assert old in text, f"{old!r} isn't in {file}"
    line = text[: text.index(old)].count("\n") + 1
    return {**SHIPPED, file: text.replace(old, new, 1).encode()}, line


def mistakes_of(files: dict[str, bytes]) -> tuple[Mistake, ...]:
    found = load(files)
    assert isinstance(found, Mistakes), "nothing was found"
    return found.items


@pytest.mark.parametrize(
    ("file", "old", "new", "problem", "mend"),
    [
        # What an entry may say by itself
        (DUTY, '"00:00", until: "24:00"', '"25:00", until: "24:00"', "`25:00` is no time", "08:00"),
        (DUTY, '"00:00", until: "24:00"', '"8:00", until: "24:00"', "`8:00` is no time", "08:00"),
        (DUTY, '"00:00", until: "24:00"', '"02:60", until: "24:00"', "`02:60` is no time", "08:00"),
        (DUTY, "days: [mon-sun]", "days: [mon-son]", "`mon-son` are no days", "mon-fri"),
        (DUTY, "days: [mon-sun]", "days: []", "`days` is too short", "at least 1"),
        (DUTY, "weeks: 2,", "weeks: 1,", "`1` is out of bounds", "at least 2"),
        (DUTY, "from: 2026-01-05", "from: 9999-01-05", "is out of bounds", "2100"),
        (DUTY, "deputies:", "deputys:", "`deputys` isn't known", "`deputies`"),
        (PARTIES, "kinds: [public, government]", "kinds: [school]", "`school` isn't known", "use"),
        (GROUP, "{hours: 8}", "{hours: 8, days: 1}", "isn't one length of time", "one of `hours`"),
        (GROUP, "{hours: 8}", "{}", "isn't one length of time", "one of `hours`"),
        (GROUP, "{hours: 8}", "{hours: 0}", "out of bounds", "at least 1"),
        (GROUP, "detention,", "detension,", "`detension` isn't known", "`detention`"),
        (GROUP, "[50, 90, 100]", "[90, 50]", "aren't in order", "earliest first"),
        # Calendars
        (PARTIES, "country: THA", "country: THX", "known for `THX`", "`THA`"),
        (PARTIES, "subdivision: ACT", "subdivision: ATC", "no subdivision `ATC`", "`ACT`"),
        (PARTIES, "days: [sun-thu]", "kinds: [government]", "`government` are known for BGD",
         "take it out"),
        (PARTIES, "days: [sun-thu]", 'closes: "09:00"', "close at 09:00, not after", "correct"),
        (PARTIES, "days: [sun-thu]",
         "extra_holidays: [2026-12-01], extra_working_days: [2026-12-01]",
         "an extra holiday and an extra working day", "choose one"),
        (PARTIES, "calendar: {country: THA}", "calendar: {subdivision: X}", "of which country",
         "add `country:`"),
        # Leads and themes
        (ROSTER, "display_name: Focal point 2 · AUS", "lead: true\n    display_name: F",
         "already `aus.focal1`", "keep one"),
        (ROSTER, "roles: [focal_point]", "roles: [secondee]", "a lead has the role `focal_point`",
         "another officer"),
        (ROSTER, "roles: [coordinator]", "roles: [auditor]", "role `analyst` or `coordinator`",
         "another officer"),
        (ROSTER, "themes: [a, b]", "themes: [a, g]", "no theme `g`", "use one of"),
        (GROUP, "requests:", "themes: [{key: a, name: A}]\nrequests:", "`a` is already there",
         "another key"),
        # Rotas
        (DUTY, "party: IDN", "party: IDX", "`IDX` isn't in parties.yaml", "`IDN`"),
        (DUTY, "party: IDN", "party: AUS", "`AUS` is there twice", "into one entry"),
        (DUTY, IDN_ROTA, IDN_ROTA.replace("focal1", "focla1"), "no officer `idn.focla1`",
         "`idn.focal1`"),
        (DUTY, IDN_ROTA, IDN_ROTA.replace("idn.focal1", "mys.focal1"), "is an officer of MYS",
         "idn."),
        (DUTY, "rso.coordinator1", "rso.auditor1", "is in no analysis room", "rso."),
        (DUTY, IDN_ROTA, IDN_ROTA.replace("[1]", "[3]"), "has 2 weeks, not 3", "correct"),
        (DUTY, IDN_ROTA, IDN_ROTA.replace("weeks: [1], ", ""), "", ""),
        (DUTY, DEPUTIES, "    deputies: [idn.secondee1, idn.secondee1]\n", "is there twice",
         "keep one"),
        (DUTY, DEPUTIES, "    deputies: [aus.secondee1]\n", "is an officer of AUS", "idn."),
        (DUTY, 'from: "20:00", until: "08:00"', 'from: "20:00", until: "20:00"',
         "ends as it begins", "`24:00`"),
        (DUTY, 'from: "20:00", until: "08:00"', 'from: "24:00", until: "08:00"',
         "no shift begins at 24:00", "`00:00`"),
        # Absences
        (DUTY, DEPUTIES, ABSENCES + AWAY.format("idn.focal1", "2026-12-24", "2026-12-20",
         "idn.focal2"), "before it begins", "correct the days"),
        (DUTY, DEPUTIES, ABSENCES + AWAY.format("idn.focal1", "2026-12-24", "2026-12-26",
         "idn.focal1"), "stand in for themselves", "another officer"),
        (DUTY, DEPUTIES, ABSENCES + AWAY.format("idn.focal1", "2026-12-24", "2026-12-26",
         "tha.focal1"), "is an officer of THA", "idn."),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_file_line_and_mend(
    file: str, old: str, new: str, problem: str, mend: str
) -> None:
    files, line = edited(file, old, new)
    if not problem:
        assert isinstance(load(files), Policy)
        return
    found = mistakes_of(files)
    there = [one for one in found if one.file == file and problem in one.problem]
    assert there, [str(one) for one in found]
    assert any(mend in one.mend for one in there), [str(one) for one in there]
    assert any(line <= one.line <= line + 9 for one in there), (line, there)


BLOCK = '      - {{officer: idn.focal1, days: [{}], from: "{}", until: "{}"{}}}\n'


def idn_duty(*blocks: str, cycle: bool = True) -> dict[str, bytes]:
    begins = "    cycle: {weeks: 2, from: 2026-01-05}\n" if cycle else ""
    text = f"duty:\n  - party: IDN\n{begins}    rota:\n{''.join(blocks)}"
    return {**SHIPPED, DUTY: text.encode()}


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        (("mon", "08:00", "20:00", ""), ("mon", "19:59", "21:00", ""), True),
        (("mon", "08:00", "20:00", ""), ("mon", "20:00", "21:00", ""), False),
        (("mon", "20:00", "08:00", ""), ("tue", "07:00", "09:00", ""), True),
        (("mon", "20:00", "08:00", ""), ("tue", "08:00", "09:00", ""), False),
        (("sun", "20:00", "08:00", ""), ("mon", "07:00", "09:00", ""), True),
        (("sun", "20:00", "08:00", ", weeks: [2]"), ("mon", "07:00", "09:00", ", weeks: [1]"),
         True),
        (("sun", "20:00", "08:00", ", weeks: [1]"), ("mon", "07:00", "09:00", ", weeks: [1]"),
         False),
        (("mon", "08:00", "20:00", ", weeks: [1]"), ("mon", "08:00", "20:00", ", weeks: [2]"),
         False),
        (("mon", "08:00", "20:00", ", weeks: [1]"), ("mon", "08:00", "20:00", ""), True),
        (("fri-mon", "00:00", "24:00", ""), ("sun", "10:00", "11:00", ""), True),
    ],
)  # fmt: skip
def test_no_officer_has_the_duty_twice_at_a_time(
    one: tuple[str, ...], other: tuple[str, ...], meet: bool
) -> None:
    found = load(idn_duty(BLOCK.format(*one), BLOCK.format(*other)))
    if meet:
        assert isinstance(found, Mistakes)
        (mistake,) = found.items
        assert mistake.problem == "`idn.focal1` has the duty twice at the same time"
        assert mistake.line == 6
    else:
        assert isinstance(found, Policy), found


def test_weeks_without_a_cycle_are_a_mistake() -> None:
    block = BLOCK.format("mon", "08:00", "20:00", ", weeks: [1]")
    (found,) = mistakes_of(idn_duty(block, cycle=False))
    assert found.problem == "there is no cycle of weeks"


@pytest.mark.parametrize(("last", "circle"), [("2026-12-26", True), ("2026-12-23", False)])
def test_deputies_may_not_stand_in_for_each_other_in_a_circle(last: str, circle: bool) -> None:
    absences = (
        AWAY.format("idn.focal1", "2026-12-24", "2026-12-31", "idn.focal2")
        + AWAY.format("idn.focal2", "2026-12-20", last, "idn.secondee1")
        + AWAY.format("idn.secondee1", "2026-12-01", "2026-12-28", "idn.focal1")
    )
    files, _ = edited(DUTY, DEPUTIES, ABSENCES + absences)
    if circle:
        found = mistakes_of(files)
        assert len(found) == 3
        assert {one.problem for one in found} == {
            "the deputies of these days stand in for each other in a circle"
        }
    else:
        assert isinstance(load(files), Policy)


def test_a_circle_that_one_only_leads_into_is_named_where_it_is() -> None:
    days = ("2026-12-24", "2026-12-31")
    absences = (
        AWAY.format("idn.secondee1", *days, "idn.focal1")
        + AWAY.format("idn.focal1", *days, "idn.focal2")
        + AWAY.format("idn.focal2", *days, "idn.focal1")
    )
    files, line = edited(DUTY, DEPUTIES, ABSENCES + absences)
    found = mistakes_of(files)
    assert [one.line for one in found] == [line + 3, line + 4]


def test_nobody_is_away_twice_on_a_day() -> None:
    away = AWAY.format("idn.focal1", "2026-12-24", "2026-12-31", "idn.focal2")
    files, _ = edited(DUTY, DEPUTIES, ABSENCES + away + away.replace("12-24", "12-31"))
    (found,) = mistakes_of(files)
    assert found.problem == "`idn.focal1` is away on these days already"


# --- what is worth a remark ----------------------------------------------------------------------


def remarks_of(files: dict[str, bytes]) -> list[str]:
    found = load(files)
    assert isinstance(found, Policy), found
    return [str(one) for one in found.remarks]


def test_the_shipped_policy_has_no_remark() -> None:
    assert shipped().remarks == ()


def test_no_lead_no_rota_and_no_holidays_are_remarks_and_no_mistakes() -> None:
    files, _ = edited(ROSTER, "    lead: true\n", "")
    (found,) = remarks_of(files)
    assert found.startswith("roster.yaml:")
    assert "AUS has no lead: its rota is changed by these files alone" in found
    files, _ = edited(PARTIES, "calendar: {country: THA}", "calendar: {}")
    assert "no national holidays are known for RSO" in remarks_of(files)[0]
    left = {**SHIPPED, DUTY: b"duty:\n  - party: IDN\n"}
    remarks = remarks_of(left)
    assert "the rota of IDN is empty: nobody of it is ever on duty" in " ".join(remarks)
    assert "AUS has no rota: nobody of it is ever on duty" in " ".join(remarks)
    assert len(remarks) == len(NETWORK.parties)


def test_a_policy_stored_before_there_were_rotas_still_reads() -> None:
    document = NETWORK.to_document()
    del document["documents"]["duty"]
    for party in document["documents"]["parties"]["parties"]:
        del party["calendar"]
    for officer in document["documents"]["roster"]["officers"]:
        for key in ("languages", "themes", "lead"):
            del officer[key]
    for group in document["documents"]["groups"]:
        del group["themes"], group["requests"]
    document["digest"] = digest_of_json(document["documents"])
    again = from_document(document)
    assert again.parties[Party("IDN")].duty.blocks == ()
    assert again.officers["idn.focal1"].languages == ("id",)
    assert again.groups["mps"].requests == NETWORK.groups["mps"].requests
    assert from_document(again.to_document()).parties == again.parties


def test_an_officer_s_own_zone_is_that_of_the_officer_s_shifts() -> None:
    files, _ = edited(ROSTER, "    themes: [a, b]\n", "    zone: Australia/Perth\n")
    found = load(files)
    assert isinstance(found, Policy)
    zones = {b.officer: b.zone for b in found.network.parties[Party("AUS")].duty.blocks}
    assert zones == {"aus.focal1": "Australia/Perth", "aus.focal2": "Australia/Sydney"}
