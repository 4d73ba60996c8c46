"""Rooms on demand: what policy lets be made, who is in them, and what becomes of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest

from rilon.application.commands import Command, command_rest, read_command
from rilon.application.rooms_on_demand import (
    closed_rooms,
    furnishing,
    idle_rooms,
    offer_pair,
    pair_asked,
)
from rilon.domain.acts import Post, Relation, RelationKind, Verification
from rilon.domain.markings import Tlp
from rilon.domain.parties import Party, parties
from rilon.domain.rooms import RoomKind
from rilon.domain.verdicts import Code
from rilon.gate.protocol import MOST_INVITED, ProtocolError, RoomWanted, read_room_wanted
from rilon.gate.protocol import write_room_wanted as write_wanted
from rilon.policy import desired
from rilon.policy.evaluate import evaluate
from rilon.policy.load import Policy, load
from rilon.policy.network import Network
from rilon.policy.on_demand import (
    OnDemand,
    Unavailable,
    compartment_of,
    fitting_compartment,
    names_of,
    pair_for,
    pair_of,
    standing,
    with_rooms,
)
from rilon.policy.plan import plan
from rilon.policy.steps import AddToSpace, CreateRoom, Join, Remove
from tests.policy_scene import (
    NETWORK,
    SERVER,
    TODAY,
    accepted,
    decide,
    post,
    question,
    refusal,
    shipped_files,
    user_id,
    written,
)
from tests.simulated_homeserver import SimulatedHomeserver

GROUP = "groups/mps.yaml"
TRIO = compartment_of("mps", parties("AUS", "IDN", "MYS"))
ONE, OTHER = NETWORK.officers["aus.secondee1"], NETWORK.officers["idn.focal1"]
TOKEN = "0a1b"
PAIR = pair_of("mps", ONE, OTHER, TOKEN)
WITH = with_rooms(NETWORK, [TRIO, PAIR])
EVERYBODY = frozenset(NETWORK.officers)


def changed(*changes: tuple[str, str, str]) -> Network:
    """The shipped network with texts replaced: file, old, new."""
    files = shipped_files()
    for file, old, new in changes:
        assert old.encode() in files[file]
        files[file] = files[file].replace(old.encode(), new.encode())
    policy = load(files)
    assert isinstance(policy, Policy), policy
    return policy.network


def without_on_demand() -> Network:
    files = shipped_files()
    text = files[GROUP].decode()
    begins, ends = text.index("on_demand:"), text.index("compartments:\n  - key")
    files[GROUP] = (text[:begins] + text[ends:]).encode()
    policy = load(files)
    assert isinstance(policy, Policy), policy
    return policy.network


# --- what the rooms are --------------------------------------------------------------------------


def test_a_compartment_on_demand_follows_from_policy_and_its_parties() -> None:
    room = WITH.rooms["mps-aus+idn+mys"]
    assert room.kind is RoomKind.COMPARTMENT
    assert room.ceiling == parties("AUS", "IDN", "MYS")
    assert room.name == "AUS+IDN+MYS · MPS"
    assert room.default.tlp is Tlp.AMBER
    assert room.opens_to_red
    assert room.topic == (
        "Made on demand for these parties alone. Parties: AUS, IDN, MYS. "
        "Without a marking: TLP:AMBER. The steward reads every message."
    )
    assert WITH.retention[room.key] == timedelta(days=180)
    assert {WITH.officers[name].party for name in WITH.members(room.key)} == room.ceiling
    assert "idn.chair1" in WITH.members(room.key)


def test_a_direct_room_of_two_has_the_parties_of_both_and_the_two_alone() -> None:
    room = WITH.rooms[PAIR.key]
    assert PAIR.key == "mps+0a1b"
    assert room.kind is RoomKind.PAIR
    assert room.ceiling == parties("AUS", "IDN")
    assert WITH.members(PAIR.key) == {"aus.secondee1", "idn.focal1"}
    assert room.name == "Secondee 1 AUS + Focal point 1 IDN · MPS"
    assert "Parties: Secondee 1 · AUS, Focal point 1 · IDN." in room.topic
    assert "The steward reads every message" in room.topic
    assert WITH.retention[PAIR.key] == timedelta(days=90)


def test_whoever_asks_the_direct_room_is_the_same() -> None:
    assert pair_of("mps", ONE, OTHER, TOKEN) == pair_of("mps", OTHER, ONE, TOKEN)


def test_no_key_of_the_files_can_be_that_of_a_room_on_demand() -> None:
    assert not any("+" in key for key in NETWORK.rooms)
    assert "+" in TRIO.key
    assert "+" in PAIR.key


def test_the_rooms_of_the_files_stay_as_they_were() -> None:
    assert {key: WITH.rooms[key] for key in NETWORK.rooms} == dict(NETWORK.rooms)
    assert {key: WITH.members(key) for key in NETWORK.rooms} == dict(NETWORK.member_names)
    assert with_rooms(NETWORK, []) is NETWORK
    assert with_rooms(WITH, [TRIO, PAIR]).rooms == WITH.rooms


def test_every_set_of_parties_makes_a_room_whose_members_are_of_it() -> None:
    every = sorted(NETWORK.groups["mps"].parties)
    for number in range(1, len(every) + 1):
        for some in combinations(every, number):
            one = compartment_of("mps", frozenset(some))
            network = with_rooms(NETWORK, [one])
            assert network.rooms[one.key].ceiling == frozenset(some)
            people = [network.officers[name] for name in network.members(one.key)]
            assert people
            assert {officer.party for officer in people} <= frozenset(some)


# --- what is posted there ------------------------------------------------------------------------


def test_a_post_is_judged_under_the_ceiling_of_the_two() -> None:
    def judged(rel: str) -> Any:
        return decide(post(written(Tlp.AMBER, rel)), PAIR.key, "aus.secondee1", network=WITH)

    assert accepted(judged("AUS IDN")).effective is not None
    assert refusal(judged("AUS MYS")) == (Code.REL_EXCLUDES_ROOM, "rule3.rel")


@pytest.mark.parametrize("third", ["aus.secondee2", "mys.focal1", "rso.coordinator1", "idn.chair1"])
def test_a_third_officer_is_not_in_the_room_of_two(third: str) -> None:
    verdict = decide(post(), PAIR.key, third, network=WITH)
    assert refusal(verdict) == (Code.NOT_IN_ROOM, "rule2.in_room")


def test_a_room_that_is_not_open_is_no_governed_room() -> None:
    asked = question(post(), PAIR.key, network=WITH)
    assert refusal(evaluate(asked, NETWORK)) == (Code.ROOM_NOT_GOVERNED, "rule1.room")


def test_verification_is_between_the_two_alone() -> None:
    accepted(decide(Verification("m.key.verification.start"), PAIR.key, network=WITH))
    refusal(decide(Verification("m.key.verification.start"), TRIO.key, network=WITH))


def test_a_refused_message_finds_a_compartment_that_was_made_on_demand() -> None:
    verdict = decide(post(written(Tlp.AMBER, "AUS IDN MYS")), network=WITH)
    assert dict(verdict.parameters)["fits"] == "AUS+IDN+MYS"  # type: ignore[union-attr]


# --- when policy changes -------------------------------------------------------------------------


def test_without_the_key_in_policy_there_are_no_such_rooms() -> None:
    network = without_on_demand()
    assert with_rooms(network, [TRIO, PAIR]) is network
    assert fitting_compartment(network, "mps", TRIO.parties) is None
    found = pair_for(network, ONE.name, OTHER.name, EVERYBODY, TODAY, TOKEN)
    assert found is Unavailable.POLICY


def test_when_a_party_leaves_the_group_its_compartments_are_closed() -> None:
    files = shipped_files()
    roster = files["roster.yaml"].decode()
    begins, ends = roster.index("  - name: mys."), roster.index("  - name: tha.")
    files["roster.yaml"] = (roster[:begins] + roster[ends:]).encode()
    files["duty.yaml"] = b"duty: []\n"
    files[GROUP] = files[GROUP].replace(b"IDN, MYS, THA", b"IDN, THA")
    files = {name: text for name, text in files.items() if not name.startswith("cases/")}
    policy = load(files)
    assert isinstance(policy, Policy), policy
    network = with_rooms(policy.network, [TRIO, PAIR])
    assert TRIO.key not in network.rooms
    assert PAIR.key in network.rooms


def test_when_one_of_the_two_leaves_the_room_is_closed() -> None:
    officers = {name: one for name, one in NETWORK.officers.items() if name != OTHER.name}
    assert PAIR.key not in with_rooms(replace(NETWORK, officers=officers), [PAIR]).rooms


def test_when_one_of_the_two_loses_the_role_the_room_is_closed() -> None:
    said = "purpose: Two officers alone.\n    members: [secondee, "
    network = changed((GROUP, f"{said}focal_point, ", said))
    assert PAIR.key not in with_rooms(network, [PAIR]).rooms


@pytest.mark.parametrize(
    "stored",
    [
        replace(PAIR, parties=parties("AUS")),
        replace(PAIR, parties=parties("AUS", "IDN", "NZL")),
        replace(PAIR, officers=("aus.secondee1", "nobody.at1")),
        replace(PAIR, officers=("aus.secondee1", "rso.auditor1")),
        replace(PAIR, group="other"),
        replace(PAIR, kind=RoomKind.FLOOR),
        replace(TRIO, parties=parties()),
        replace(TRIO, key="mps-floor"),
        replace(TRIO, kind=RoomKind.DIRECT),
    ],
)
def test_a_row_that_policy_does_not_bear_is_no_room(stored: OnDemand) -> None:
    network = with_rooms(NETWORK, [stored])
    assert network.rooms == NETWORK.rooms
    assert {key: network.members(key) for key in network.rooms} == dict(NETWORK.member_names)


# --- what may be asked for -----------------------------------------------------------------------


def test_the_compartment_that_is_there_is_used() -> None:
    room = fitting_compartment(NETWORK, "mps", parties("AUS", "IDN"))
    assert room is NETWORK.rooms["mps-aus-idn"]
    assert standing(NETWORK, NETWORK.rooms["mps-aus-idn"])
    assert fitting_compartment(WITH, "mps", TRIO.parties) is WITH.rooms[TRIO.key]


def test_the_compartment_that_would_be_made_is_told_before() -> None:
    room = fitting_compartment(NETWORK, "mps", TRIO.parties)
    assert room == WITH.rooms[TRIO.key]
    assert room is not None
    assert not standing(NETWORK, room)


@pytest.mark.parametrize(
    ("group", "some"),
    [
        ("mps", parties("AUS")),
        ("mps", parties()),
        ("mps", NETWORK.groups["mps"].parties),
        ("mps", parties("AUS", "NZL")),
        ("other", parties("AUS", "IDN")),
    ],
)
def test_no_compartment_for_one_party_all_of_them_or_strangers(
    group: str, some: frozenset[Party]
) -> None:
    assert fitting_compartment(NETWORK, group, some) is None


def test_a_direct_room_of_two_is_no_compartment() -> None:
    network = with_rooms(NETWORK, [pair_of("mps", ONE, NETWORK.officers["mys.focal1"], TOKEN)])
    room = fitting_compartment(network, "mps", parties("AUS", "MYS"))
    assert room is not None
    assert room.kind is RoomKind.COMPARTMENT


@pytest.mark.parametrize(
    ("other", "admitted", "found"),
    [
        ("aus.secondee1", EVERYBODY, Unavailable.SELF),
        ("nzl.focal1", EVERYBODY, Unavailable.UNKNOWN),
        ("steward", EVERYBODY, Unavailable.UNKNOWN),
        ("idn.focal1", EVERYBODY - {"idn.focal1"}, Unavailable.NOT_HERE),
        ("rso.auditor1", EVERYBODY, Unavailable.POLICY),
    ],
)
def test_why_two_officers_get_no_direct_room(
    other: str, admitted: frozenset[str], found: Unavailable
) -> None:
    assert pair_for(NETWORK, ONE.name, other, admitted, TODAY, TOKEN) is found


def test_who_shares_no_group_is_as_unknown_as_who_does_not_exist() -> None:
    stranger = replace(OTHER, groups=frozenset({"another"}))
    network = replace(NETWORK, officers={**NETWORK.officers, OTHER.name: stranger})
    for admitted in (EVERYBODY, EVERYBODY - {OTHER.name}):
        assert (
            pair_for(network, ONE.name, OTHER.name, admitted, TODAY, TOKEN) is Unavailable.UNKNOWN
        )


def test_the_room_that_stands_keeps_its_key() -> None:
    for one, other in ((ONE, OTHER), (OTHER, ONE)):
        assert pair_for(WITH, one.name, other.name, EVERYBODY, TODAY, "another") == PAIR


def test_the_alias_does_not_say_whose_room_it_is() -> None:
    assert not any(part in PAIR.key for name in PAIR.officers for part in name.split("."))


def test_no_direct_room_out_of_term() -> None:
    later = TODAY.replace(year=2031)
    assert isinstance(pair_for(NETWORK, ONE.name, OTHER.name, EVERYBODY, later, TOKEN), Unavailable)
    assert pair_for(NETWORK, ONE.name, OTHER.name, EVERYBODY, TODAY, TOKEN) == PAIR


@pytest.mark.parametrize(
    "said",
    ["idn.focal1", "@idn.focal1", "@idn.focal1:rilon.example", "IDN.Focal1",
     "Focal point 1 · IDN", "focal point 1  IDN"],
)  # fmt: skip
def test_an_officer_is_meant_by_name_id_or_display_name(said: str) -> None:
    assert list(names_of(NETWORK, said)) == ["idn.focal1"]


def test_nobody_is_meant_by_other_words() -> None:
    assert list(names_of(NETWORK, "somebody in Jakarta")) == []


# --- commands ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said", ["!dm idn.focal1", "！dm idn.focal1", "! dm idn.focal1", "/dm idn.focal1"]
)
def test_dm_is_read_as_a_command_with_its_name(said: str) -> None:
    assert read_command(said) is Command.DM
    assert command_rest(said) == "idn.focal1"


def said_to_steward(body: str, **more: Any) -> Any:
    act = Post(body, None, **more)
    return pair_asked(act, user_id("aus.secondee1"), "$e", NETWORK)


def test_what_was_typed_is_kept_nowhere() -> None:
    effect = said_to_steward("!dm the vessel left at 0400")
    assert effect is not None
    assert effect.payload["others"] == []
    assert "vessel" not in json.dumps([effect.payload, effect.once, effect.subject])


def test_dm_names_an_officer_by_text_or_by_mention() -> None:
    assert said_to_steward("!dm idn.focal1").payload["others"] == ["idn.focal1"]
    mentioned = said_to_steward("!dm My colleague", mentions=frozenset({user_id("idn.focal1")}))
    assert mentioned.payload["others"] == ["idn.focal1"]
    stranger = said_to_steward("!dm He", mentions=frozenset({user_id("a-secret-text")}))
    assert stranger.payload["others"] == []


def test_dm_alone_an_edit_and_other_words_ask_for_nothing() -> None:
    assert said_to_steward("!dm") is None
    assert said_to_steward("!rooms idn.focal1") is None
    assert said_to_steward("dm idn.focal1") is None
    edit = Relation(RelationKind.EDIT, "$x")
    assert said_to_steward("!dm idn.focal1", relation=edit) is None


# --- effects -------------------------------------------------------------------------------------


def test_a_made_room_is_filled_with_who_came_in_and_the_two_are_told() -> None:
    users = {user_id(name) for name in NETWORK.officers}
    asker = user_id("aus.secondee1")
    effects = list(furnishing(WITH, WITH.rooms[PAIR.key], asker, users, SERVER, "t"))
    joined = {one.payload["user_id"] for one in effects if one.kind == "join"}
    assert joined == {user_id("aus.secondee1"), user_id("idn.focal1")}
    told = {one.payload["mention"]: one.payload["text"] for one in effects if one.kind == "say"}
    assert told == {asker: "room_opened", user_id("idn.focal1"): "room_opened_by"}
    assert not any(one.kind == "link" for one in effects)
    assert len({one.once for one in effects}) == len(effects)
    assert not list(furnishing(WITH, WITH.rooms[PAIR.key], asker, set(), SERVER, "t"))


def test_a_compartment_is_put_into_its_space_and_only_the_asker_is_told() -> None:
    users = {user_id(name) for name in NETWORK.officers}
    asker = user_id("aus.secondee1")
    effects = list(furnishing(WITH, WITH.rooms[TRIO.key], asker, users, SERVER, "t"))
    assert [one.payload for one in effects if one.kind == "link"] == [
        {"space": "mps", "room": TRIO.key}
    ]
    assert [one.payload["mention"] for one in effects if one.kind == "say"] == [asker]
    joined = {one.payload["user_id"] for one in effects if one.kind == "join"}
    assert joined == {user_id(name) for name in WITH.members(TRIO.key)}


def test_an_idle_room_is_retired_after_the_days_of_policy() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    at_the_edge, over = now - timedelta(days=30), now - timedelta(days=30, seconds=1)
    assert idle_rooms(WITH, [(PAIR, at_the_edge), (TRIO, at_the_edge)], now) == []
    (found,) = idle_rooms(WITH, [(PAIR, at_the_edge), (TRIO, over)], now)
    assert found.payload["room"] == TRIO.key
    assert found.payload["unused_since"] == over.isoformat()


def test_a_room_that_policy_allows_no_more_is_retired_once_for_each_opening() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    assert closed_rooms(WITH, [(PAIR, now), (TRIO, now)], now) == []
    closed = closed_rooms(NETWORK, [(PAIR, now)], now + timedelta(seconds=20))
    again = closed_rooms(NETWORK, [(PAIR, now)], now + timedelta(seconds=40))
    reopened = closed_rooms(NETWORK, [(PAIR, now + timedelta(days=1))], now + timedelta(days=2))
    assert closed[0].once == again[0].once != reopened[0].once


def test_trying_to_start_the_same_chat_again_brings_one_card_in_ten_minutes() -> None:
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    offers = [
        offer_pair("@a:x", ["idn.focal1"], now + timedelta(minutes=m)).once for m in (0, 9, 11)
    ]
    assert offers[0] == offers[1] != offers[2]


# --- plan ----------------------------------------------------------------------------------------


@pytest.fixture
def server() -> SimulatedHomeserver:
    made = SimulatedHomeserver(SERVER, user_id("steward"), admitted=set(NETWORK.officers))
    made.perform(plan(WITH, made.observe(), TODAY))
    return made


def test_rooms_on_demand_are_planned_like_every_other_room(server: SimulatedHomeserver) -> None:
    assert plan(WITH, server.observe(), TODAY) == ()
    there = server.rooms[PAIR.key]
    inside = {user for user, membership in there.members.items() if membership == "join"}
    assert inside == {user_id("steward"), user_id("aus.secondee1"), user_id("idn.focal1")}
    assert there.state[desired.ROOM_TYPE, ""]["ceiling"] == ["AUS", "IDN"]
    assert there.state["m.room.history_visibility", ""] == {"history_visibility": "joined"}


def test_a_compartment_is_in_the_space_and_a_room_of_two_is_not(
    server: SimulatedHomeserver,
) -> None:
    children = {key for type_, key in server.rooms["mps"].state if type_ == "m.space.child"}
    assert server.rooms[TRIO.key].room_id in children
    assert server.rooms[PAIR.key].room_id not in children


def test_a_room_of_two_that_somebody_put_into_the_space_is_taken_out(
    server: SimulatedHomeserver,
) -> None:
    room_id = server.rooms[PAIR.key].room_id
    server.rooms["mps"].state["m.space.child", room_id] = desired.space_child(SERVER)
    (step,) = plan(WITH, server.observe(), TODAY)
    assert not isinstance(step, AddToSpace)
    server.perform([step])
    assert plan(WITH, server.observe(), TODAY) == ()


def test_everybody_is_taken_out_of_a_room_that_stands_no_more(server: SimulatedHomeserver) -> None:
    steps = plan(NETWORK, server.observe(), TODAY)
    assert {type(step) for step in steps} >= {Remove}
    removed = {(step.user_id, step.room) for step in steps if isinstance(step, Remove)}
    assert {(user_id("aus.secondee1"), PAIR.key), (user_id("idn.focal1"), PAIR.key)} <= removed
    assert {room for _, room in removed} == {PAIR.key, TRIO.key}


def test_a_third_person_in_the_room_of_two_is_drift(server: SimulatedHomeserver) -> None:
    server.rooms[PAIR.key].members[user_id("aus.focal1")] = "join"
    (step,) = plan(WITH, server.observe(), TODAY)
    assert isinstance(step, Remove)
    assert (step.user_id, step.room) == (user_id("aus.focal1"), PAIR.key)


def test_an_officer_who_comes_in_later_is_joined_to_the_compartment() -> None:
    server = SimulatedHomeserver(SERVER, user_id("steward"), admitted=EVERYBODY - {"mys.focal1"})  # type: ignore[arg-type]
    server.perform(plan(WITH, server.observe(), TODAY))
    server.admitted = set(EVERYBODY)
    joins = {s.room for s in plan(WITH, server.observe(), TODAY) if isinstance(s, Join)}
    assert TRIO.key in joins
    assert not any(isinstance(s, CreateRoom) and s.room != "direct-mys.focal1"
                   for s in plan(WITH, server.observe(), TODAY))  # fmt: skip


# --- the protocol --------------------------------------------------------------------------------


def test_a_wish_is_read_back_as_it_was_written() -> None:
    wish = RoomWanted("@a:x", ("@b:x", "anything"))
    assert read_room_wanted(json.dumps(write_wanted(wish)).encode()) == wish


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {"user_id": "@a:x"},
        {"user_id": 1, "invited": []},
        {"user_id": "@a:x", "invited": "@b:x"},
        {"user_id": "@a:x", "invited": [None]},
        {"user_id": "@a:x", "invited": [], "more": 1},
        {"user_id": "@a:x", "invited": ["@b:x"] * (MOST_INVITED + 1)},
    ],
)
def test_anything_else_is_no_wish(value: object) -> None:
    with pytest.raises(ProtocolError):
        read_room_wanted(json.dumps(value).encode())
