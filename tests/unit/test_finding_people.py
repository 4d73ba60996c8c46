"""`!who`: who is found by which words, and that nobody is found whom one may not know."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rilon.domain.officers import Officer
from rilon.domain.parties import Party
from rilon.domain.themes import Theme
from rilon.policy.duty_changes import ChangeKind, DutyChange
from rilon.policy.finding_people import Found, find_people
from rilon.policy.network import Network
from tests.policy_scene import NETWORK

AT = datetime(2026, 6, 1, 5, tzinfo=UTC)  # week 2: focal2's in Jakarta, where it is noon
AUS = NETWORK.officers["aus.secondee1"]
IDN = NETWORK.officers["idn.focal1"]


def with_hidden(network: Network = NETWORK) -> Network:
    """The network with a second group, of Thailand and Malaysia, that AUS and IDN aren't in."""
    group = replace(
        network.groups["mps"],
        key="hidden", short="HID", theme="Undercover vineyards",
        states=frozenset({Party("THA"), Party("MYS")}),
        parties=frozenset({Party("THA"), Party("MYS"), Party("RSO")}),
        themes=(Theme("grapes", "Grapes and corks"),),
    )  # fmt: skip
    unseen = replace(
        network.officers["tha.focal1"],
        name="tha.vintner", display_name="Vintner", agency="Wine board",
        groups=frozenset({"hidden"}), languages=("sw",), themes=frozenset({"grapes"}),
    )  # fmt: skip
    return replace(
        network,
        groups=MappingProxyType({**network.groups, "hidden": group}),
        officers=MappingProxyType({**network.officers, unseen.name: unseen}),
    )


def found(text: str, asker: Officer = AUS, **more: Any) -> Found:
    values: dict[str, Any] = {"network": NETWORK, "changes": (), "at": AT, **more}
    return find_people(text, asker, **values)


def names(text: str, asker: Officer = AUS, **more: Any) -> list[str]:
    return [person.name for person in found(text, asker, **more).people]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IDN coast guard", ["idn.focal1"]),
        ("coast guard Indonesia", ["idn.focal1"]),
        ("🇮🇩 Coast-Guard", ["idn.focal1"]),
        ("IDN immig", ["idn.focal2", "idn.secondee1"]),
        ("who is on duty in IDN", ["idn.focal2"]),
        ("siapa jaga IDN", ["idn.focal2"]),
        ("timor-leste police", ["tls.secondee2"]),
        ("TIMOR LESTE POLICE", ["tls.secondee2"]),
        ("focal1 AUS or MYS", ["aus.focal1", "mys.focal1"]),
        ("thai focal", ["tha.focal2", "mys.focal1", "tha.focal1"]),
        ("speaks Indonesian, AUS", ["aus.focal2"]),
        ("bahasa indonesia TLS", ["tls.focal2"]),
        ("IDN theme a focal", ["idn.focal1"]),
        ("IDN travel documents", ["idn.focal2"]),
        ("idn.focal1", ["idn.focal1"]),
        ("RSO analyst", ["rso.analyst2", "rso.analyst1"]),
        ("chair", ["idn.chair1"]),
    ],
)
def test_people_are_found_by_party_agency_language_theme_and_role(
    text: str, expected: list[str]
) -> None:
    assert names(text) == expected


def test_the_theme_of_the_group_finds_its_people_those_on_duty_first() -> None:
    people = found("IDN maritime").people
    assert people[0].name == "idn.focal2"
    assert people[0].on_duty
    assert {person.name for person in people} == {
        name for name in NETWORK.officers if name.startswith("idn.")
    }


def test_a_person_is_shown_with_agency_languages_and_their_own_time() -> None:
    (person,) = found("IDN focal2").people
    assert (person.display_name, person.agency) == ("Focal point 2 · IDN", "Immigration")
    assert (person.languages, person.themes) == (("id", "en"), ("c", "d"))
    assert person.local_time == AT
    assert person.local_time.tzinfo == ZoneInfo("Asia/Jakarta")


def test_an_unknown_word_finds_nobody_and_the_nearest_word_is_offered() -> None:
    assert found("IDN imigration") == Found((), (("imigration", "immigration"),))
    assert found("xqzzy").unknown == (("xqzzy", None),)


def test_no_word_at_all_finds_everybody_whom_one_may_know() -> None:
    assert set(names("")) == set(NETWORK.officers)


def test_only_the_own_party_learns_until_when_someone_is_away() -> None:
    gone = DutyChange(
        Party("IDN"), ChangeKind.AWAY, ("idn.focal2",), AT - timedelta(days=1),
        AT + timedelta(days=1), "idn.focal1", AT,
    )  # fmt: skip
    (own,) = found("IDN focal2", IDN, changes=(gone,)).people
    (other,) = found("IDN focal2", AUS, changes=(gone,)).people
    assert own.away_until == gone.ends
    assert other.away_until is None
    assert other == replace(own, away_until=None)
    # To others, away is the same as off duty.
    (off,) = found("IDN focal1", AUS).people
    assert (off.on_duty, off.away_until) == (other.on_duty, other.away_until) == (False, None)


@pytest.mark.parametrize(
    "text",
    ["vintner", "wine", "Swahili", "sw", "grapes", "theme grapes", "HID", "vineyards", "corks",
     "tha.vintner", "THA wine", "undercover"],
)  # fmt: skip
def test_a_person_of_a_group_one_is_not_in_is_the_same_as_nobody(text: str) -> None:
    assert found(text, network=with_hidden()) == found(text)
    assert "tha.vintner" not in names(text, network=with_hidden())


@settings(max_examples=60)
@given(
    st.lists(
        st.sampled_from(
            ["vintner", "wine", "THA", "IDN", "grapes", "swahili", "duty", "vineyards",
             "focal", "e", "theme", "board", "viney", "corkz", "police", ""]
        ),
        max_size=5,
    ).map(" ".join)
)  # fmt: skip
def test_no_answer_differs_by_who_is_hidden(text: str) -> None:
    assert found(text, network=with_hidden()) == found(text)


def test_who_shares_the_group_finds_its_people() -> None:
    network = with_hidden()
    asker = replace(NETWORK.officers["mys.focal1"], groups=frozenset({"mps", "hidden"}))
    assert names("wine", asker, network=network) == ["tha.vintner"]
    assert names("grapes", asker, network=network)
    only = replace(asker, groups=frozenset({"hidden"}))
    assert names("", only, network=network) == ["tha.vintner"]


def test_outside_a_term_nobody_is_found() -> None:
    assert names("IDN", replace(AUS, term_until=date(2026, 5, 31))) == []
    ended = replace(NETWORK.groups["mps"], ends=date(2026, 5, 31))
    network = replace(NETWORK, groups=MappingProxyType({"mps": ended}))
    assert names("IDN", network=network) == []
    gone = replace(NETWORK.officers["idn.focal2"], term_until=date(2026, 5, 31))
    network = replace(NETWORK, officers=MappingProxyType({**NETWORK.officers, gone.name: gone}))
    assert "idn.focal2" not in names("IDN", network=network)


@given(st.text(max_size=60))
def test_any_text_at_all_is_answered(text: str) -> None:
    assert isinstance(found(text), Found)
