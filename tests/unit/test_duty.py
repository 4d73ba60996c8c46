"""Who is on duty, whom a request reaches, who may change a rota, and which word wins."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rilon.domain.parties import RSO, Party
from rilon.policy.duty import Duty, Standing, absence_of, away, gaps, next_on_duty, on_duty
from rilon.policy.duty_changes import (
    ChangeKind,
    DutyChange,
    NotEntitled,
    NotEntitledCode,
    lead_of,
    may_change,
)
from rilon.policy.network import Network
from rilon.policy.reach import reach
from rilon.policy.rota import Absence, PartyDuty
from tests.policy_scene import NETWORK

IDN, TLS, BGD = Party("IDN"), Party("TLS"), Party("BGD")
JAKARTA = ZoneInfo("Asia/Jakarta")
NOON = datetime(2026, 6, 1, 12, tzinfo=JAKARTA)  # a Monday of week 2 of the cycle: focal2's
HOUR = timedelta(hours=1)


def change(kind: ChangeKind, *officers: str, **said: Any) -> DutyChange:
    values: dict[str, Any] = {
        "begins": NOON - HOUR,
        "ends": NOON + HOUR,
        "made_by": "idn.focal1",
        "made_at": NOON - 2 * HOUR,
    }
    return DutyChange(IDN, kind, officers, **{**values, **said})


def names(changes: tuple[DutyChange, ...] = (), at: datetime = NOON, **more: Any) -> list[str]:
    network = more.pop("network", NETWORK)
    return [duty.officer for duty in on_duty(IDN, at, network, changes, **more)]


def with_absence(*absences: Absence, network: Network = NETWORK) -> Network:
    info = network.parties[IDN]
    duty = replace(info.duty, absences=absences)
    parties = {**network.parties, IDN: replace(info, duty=duty)}
    return replace(network, parties=MappingProxyType(parties))


def with_officer(name: str, **changed: Any) -> Network:
    officers = {**NETWORK.officers, name: replace(NETWORK.officers[name], **changed)}
    return replace(NETWORK, officers=MappingProxyType(officers))


def test_the_rota_says_who_is_on_duty_by_turns() -> None:
    (duty,) = on_duty(IDN, NOON, NETWORK, ())
    begins = datetime(2026, 6, 1, tzinfo=JAKARTA)
    assert duty == Duty("idn.focal2", Standing.ROTA, begins, begins + timedelta(days=1))
    assert names(at=NOON + timedelta(days=7)) == ["idn.focal1"]


def test_a_change_wins_for_its_time_and_ends_with_it() -> None:
    told = (change(ChangeKind.DUTY, "idn.focal1"),)
    assert names(told) == ["idn.focal1"]
    assert names(told, NOON - HOUR - timedelta(seconds=1)) == ["idn.focal2"]
    assert names(told, NOON - HOUR) == ["idn.focal1"]
    assert names(told, NOON + HOUR) == ["idn.focal2"]
    assert on_duty(IDN, NOON, NETWORK, told)[0].standing is Standing.CHANGE


def test_the_last_word_wins_whatever_the_order_in_which_words_are_kept() -> None:
    first = change(ChangeKind.DUTY, "idn.focal1")
    second = change(ChangeKind.DUTY, "idn.secondee1", made_at=NOON - HOUR)
    third = change(ChangeKind.ROTA, made_at=NOON)
    assert names((first, second)) == names((second, first)) == ["idn.secondee1"]
    assert names((third, first, second)) == ["idn.focal2"]


def test_who_is_away_is_not_on_duty_and_the_named_deputy_is() -> None:
    told = (change(ChangeKind.AWAY, "idn.focal2", deputy="idn.focal1"),)
    (duty,) = on_duty(IDN, NOON, NETWORK, told)
    assert (duty.officer, duty.standing, duty.instead_of) == (
        "idn.focal1", Standing.DEPUTY, "idn.focal2",
    )  # fmt: skip
    assert away(IDN, NOON, NETWORK, told) == {"idn.focal2"}


def test_without_a_named_deputy_the_first_of_the_party_s_who_is_there_stands_in() -> None:
    gone = change(ChangeKind.AWAY, "idn.focal2")
    assert names((gone,)) == ["idn.secondee1"]
    assert names((gone, change(ChangeKind.AWAY, "idn.secondee1"))) == ["idn.secondee2"]
    rest = tuple(change(ChangeKind.AWAY, f"idn.secondee{n}") for n in (1, 2))
    assert names((gone, *rest)) == []


def test_deputies_in_a_circle_lead_to_the_party_s_deputies() -> None:
    told = (
        change(ChangeKind.AWAY, "idn.focal2", deputy="idn.focal1"),
        change(ChangeKind.AWAY, "idn.focal1", deputy="idn.focal2"),
    )
    assert names(told) == ["idn.secondee1"]


def test_a_circle_that_one_only_leads_into_ends() -> None:
    told = (
        change(ChangeKind.AWAY, "idn.focal2", deputy="idn.focal1"),
        change(ChangeKind.AWAY, "idn.focal1", deputy="idn.secondee2"),
        change(ChangeKind.AWAY, "idn.secondee2", deputy="idn.focal1"),
    )
    assert names(told) == ["idn.secondee1"]


def test_a_deputy_of_a_deputy_stands_in() -> None:
    told = (
        change(ChangeKind.AWAY, "idn.focal2", deputy="idn.focal1"),
        change(ChangeKind.AWAY, "idn.focal1", deputy="idn.secondee2"),
    )
    assert names(told) == ["idn.secondee2"]


def test_the_word_said_last_decides_between_duty_and_absence() -> None:
    gone = change(ChangeKind.AWAY, "idn.focal1", made_at=NOON - HOUR)
    before = change(ChangeKind.DUTY, "idn.focal1", made_at=NOON - 2 * HOUR)
    after = change(ChangeKind.DUTY, "idn.focal1", made_at=NOON)
    assert names((gone, before)) == ["idn.secondee1"]
    assert names((gone, after)) == ["idn.focal1"]
    assert names((gone, before, change(ChangeKind.BACK, "idn.focal1", made_at=NOON))) == [
        "idn.focal1"
    ]


def test_a_change_wins_over_an_absence_of_the_files() -> None:
    absence = Absence("idn.focal2", date(2026, 6, 1), date(2026, 6, 3), None, "Asia/Jakarta")
    network = with_absence(absence)
    assert names(network=network) == ["idn.secondee1"]
    assert names((change(ChangeKind.BACK, "idn.focal2"),), network=network) == ["idn.focal2"]
    assert names((change(ChangeKind.DUTY, "idn.focal2"),), network=network) == ["idn.focal2"]
    ends = datetime(2026, 6, 4, tzinfo=JAKARTA)
    assert names(at=ends - timedelta(seconds=1), network=network) == ["idn.secondee1"]
    assert names(at=ends, network=network) == ["idn.focal2"]
    found = absence_of(network.officers["idn.focal2"], NOON, network, ())
    assert found is not None
    assert found.until == ends


def test_another_party_s_change_changes_nothing() -> None:
    forged = replace(change(ChangeKind.DUTY, "idn.focal1"), party=TLS)
    assert names((forged,)) == ["idn.focal2"]


@pytest.mark.parametrize(
    "network",
    [
        with_officer("idn.focal2", term_until=date(2026, 5, 31)),
        with_officer("idn.focal2", term_from=date(2026, 6, 2)),
        with_officer("idn.focal2", party=TLS),
        replace(NETWORK, officers={k: v for k, v in NETWORK.officers.items() if k != "idn.focal2"}),
    ],
)
def test_who_is_out_of_term_or_gone_is_never_on_duty(network: Network) -> None:
    assert names(network=network) == ["idn.secondee1"]
    assert names((change(ChangeKind.DUTY, "idn.focal2"),), network=network) == ["idn.secondee1"]


def test_an_officer_of_another_group_has_no_duty_in_this_one() -> None:
    network = with_officer("idn.focal2", groups=frozenset({"other"}))
    assert names(network=network) == ["idn.focal2"]
    assert names(network=network, group="mps") == ["idn.secondee1"]


def test_a_party_that_is_not_known_has_nobody() -> None:
    assert on_duty(Party("NZL"), NOON, NETWORK, ()) == ()
    assert next_on_duty(Party("NZL"), NOON, NETWORK, ()) is None


def test_the_next_on_duty_are_those_of_now_or_of_the_next_shift() -> None:
    night = datetime(2026, 6, 1, 15, tzinfo=UTC)  # midnight in Dili
    found = next_on_duty(TLS, night, NETWORK, ())
    assert found is not None
    assert found.at == datetime(2026, 6, 2, 8, tzinfo=ZoneInfo("Asia/Dili"))
    assert [duty.officer for duty in found.duties] == ["tls.focal2"]
    now = next_on_duty(IDN, NOON, NETWORK, ())
    assert now is not None
    assert now.at == NOON


def test_the_gaps_of_the_shipped_rota_are_the_nights_and_weekends_it_leaves() -> None:
    begins = datetime(2026, 6, 1, tzinfo=UTC)
    found = gaps(NETWORK, (), begins, 7, group="mps")
    assert {gap.party for gap in found} == {TLS, BGD, RSO}
    dhaka = ZoneInfo("Asia/Dhaka")
    assert [gap.begins.astimezone(dhaka).isoformat()[:16] for gap in found if gap.party == BGD] == [
        "2026-06-05T20:00", "2026-06-06T20:00",
    ]  # fmt: skip
    gone = tuple(
        change(ChangeKind.AWAY, name, begins=NOON, ends=NOON + HOUR)
        for name in ("idn.focal2", "idn.secondee1", "idn.secondee2")
    )
    (gap,) = [gap for gap in gaps(NETWORK, gone, begins, 7) if gap.party == IDN]
    assert (gap.begins, gap.ends) == (NOON, NOON + HOUR)


def without_deputies(network: Network, *absences: Absence) -> Network:
    info = network.parties[IDN]
    duty = replace(info.duty, deputies=(), absences=absences)
    return replace(network, parties=MappingProxyType({IDN: replace(info, duty=duty)}))


def test_a_gap_begins_and_ends_with_an_absence_of_the_files() -> None:
    zone = "Pacific/Auckland"  # whose midnights are no turn of the rota
    absence = Absence("idn.focal2", date(2026, 6, 2), date(2026, 6, 3), None, zone)
    (gap,) = gaps(without_deputies(NETWORK, absence), (), NOON, 5)
    assert (gap.begins, gap.ends) == absence.span


def test_a_gap_begins_where_a_term_ends() -> None:
    network = with_officer("idn.focal2", term_from=date(2026, 6, 3), term_until=date(2026, 6, 4))
    begins = datetime(2026, 6, 2, tzinfo=UTC)
    found = gaps(without_deputies(network), (), begins, 5)
    assert [(gap.begins, gap.ends) for gap in found] == [
        (begins, begins + timedelta(days=1)),
        (begins + timedelta(days=3), begins + timedelta(days=5)),
    ]


def test_a_party_without_a_rota_is_one_gap() -> None:
    info = replace(NETWORK.parties[IDN], duty=PartyDuty())
    network = replace(NETWORK, parties=MappingProxyType({IDN: info}))
    (gap,) = gaps(network, (), NOON, 3)
    assert (gap.begins, gap.ends) == (NOON, NOON + timedelta(days=3))


# --- whom a request reaches ----------------------------------------------------------------------


def test_a_request_reaches_who_is_on_duty_then_deputies_then_the_desk() -> None:
    found = reach(IDN, "mps", NOON, NETWORK, ())
    assert found.fitting == ("idn.focal2",)
    assert found.on_duty == ()
    assert found.deputies == ("idn.secondee1", "idn.secondee2")
    assert found.desk == ("idn.chair1", "idn.focal1")
    assert set(found.everybody) == NETWORK.members("mps-desk-idn")


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ({"agency": "immigration"}, True), ({"agency": "coast"}, False), ({"theme": "c"}, True),
        ({"theme": "a"}, False), ({"language": "id-ID"}, True), ({"language": "th"}, False),
        ({"agency": "Immigration", "theme": "d", "language": "en"}, True),
        ({"agency": "Immigration", "theme": "a", "language": "en"}, False),
    ],
)  # fmt: skip
def test_who_answers_for_what_is_asked_is_called_first(asked: dict[str, str], fits: bool) -> None:
    found = reach(IDN, "mps", NOON, NETWORK, (), **asked)
    assert (found.fitting, found.on_duty) == (
        (("idn.focal2",), ()) if fits else ((), ("idn.focal2",))
    )


def test_who_is_away_is_not_called_unless_everybody_is() -> None:
    gone = [change(ChangeKind.AWAY, "idn.focal2"), change(ChangeKind.AWAY, "idn.secondee1")]
    found = reach(IDN, "mps", NOON, NETWORK, gone)
    assert found.fitting == ("idn.secondee2",)
    assert not {"idn.focal2", "idn.secondee1"} & set(found.everybody)
    all_gone = [change(ChangeKind.AWAY, name) for name in NETWORK.members("mps-desk-idn")]
    found = reach(IDN, "mps", NOON, NETWORK, all_gone)
    assert found.fitting == found.on_duty == found.deputies == ()
    assert set(found.desk) == NETWORK.members("mps-desk-idn")


def test_nobody_outside_the_desk_is_called() -> None:
    auditor = "rso.auditor1"
    told = DutyChange(
        RSO, ChangeKind.DUTY, (auditor,), NOON - HOUR, NOON + HOUR, "rso.coordinator1", NOON
    )
    assert auditor not in reach(RSO, "mps", NOON, NETWORK, [told]).everybody
    assert reach(RSO, "mps", NOON, NETWORK, []).fitting == ("rso.analyst2",)
    assert reach(IDN, "nowhere", NOON, NETWORK, []).everybody == ()


# --- who may change ------------------------------------------------------------------------------


def test_the_lead_alone_may_change_the_rota() -> None:
    assert may_change("idn.focal1", NETWORK, NOON) is None
    no = NotEntitled(NotEntitledCode.NOT_THE_LEAD, "idn.focal1")
    for name in ("idn.focal2", "idn.chair1", "idn.secondee1"):
        assert may_change(name, NETWORK, NOON) == no
    assert may_change("nobody", NETWORK, NOON) == NotEntitled(NotEntitledCode.NO_LEAD)


def test_a_lead_out_of_term_is_no_lead() -> None:
    network = with_officer("idn.focal1", term_until=date(2026, 5, 31))
    assert lead_of(IDN, network, NOON) is None
    no_lead = NotEntitled(NotEntitledCode.NO_LEAD)
    assert may_change("idn.focal1", network, NOON) == no_lead
    assert may_change("idn.focal2", network, NOON) == no_lead


@pytest.mark.parametrize(
    ("kind", "officers", "said"),
    [
        (ChangeKind.DUTY, (), {}), (ChangeKind.ROTA, ("idn.focal1",), {}),
        (ChangeKind.AWAY, ("idn.focal1", "idn.focal2"), {}), (ChangeKind.BACK, (), {}),
        (ChangeKind.DUTY, ("idn.focal1", "idn.focal1"), {}),
        (ChangeKind.AWAY, ("idn.focal1",), {"deputy": "idn.focal1"}),
        (ChangeKind.DUTY, ("idn.focal1",), {"deputy": "idn.focal2"}),
        (ChangeKind.DUTY, ("idn.focal1",), {"ends": NOON - HOUR}),
        (ChangeKind.DUTY, ("idn.focal1",), {"made_at": datetime(2026, 6, 1)}),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_a_change_can_not_hold_nonsense(
    kind: ChangeKind, officers: tuple[str, ...], said: dict[str, Any]
) -> None:
    with pytest.raises(ValueError):
        change(kind, *officers, **said)
