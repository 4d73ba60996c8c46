"""The plan: what it makes, what it leaves alone, and how a change by hand shows as drift."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rilon.domain.parties import parties
from rilon.policy import desired
from rilon.policy.network import Network
from rilon.policy.plan import plan
from rilon.policy.steps import (
    AddToSpace,
    Because,
    CreateRoom,
    Join,
    NeedsPerson,
    RegisterOfficer,
    Remove,
    SetDisplayName,
    SetState,
    Step,
    Unban,
    describe,
    sentence,
)
from tests.policy_scene import NETWORK, SERVER, TODAY, user_id
from tests.simulated_homeserver import SimulatedHomeserver

STEWARD = user_id("steward")


def provisioned(network: Network = NETWORK, today: date = TODAY) -> SimulatedHomeserver:
    """A homeserver on which everything is as policy wants it, and every officer is admitted."""
    server = SimulatedHomeserver(SERVER, STEWARD, admitted=set(network.officers))
    server.perform(plan(network, server.observe(), today))
    return server


def steps(
    server: SimulatedHomeserver, network: Network = NETWORK, today: date = TODAY
) -> tuple[Step, ...]:
    return plan(network, server.observe(), today)


def test_an_empty_homeserver_gets_everything_in_an_order_that_can_be_performed() -> None:
    server = SimulatedHomeserver(SERVER, STEWARD, admitted=set(NETWORK.officers))
    made = steps(server)
    kinds = [type(step) for step in made]
    assert kinds.count(RegisterOfficer) == 29
    assert kinds.count(CreateRoom) == 41
    assert kinds.count(AddToSpace) == 11
    assert kinds.count(Join) == sum(len(NETWORK.members(key)) for key in NETWORK.rooms)
    assert kinds == sorted(kinds, key=[RegisterOfficer, CreateRoom, AddToSpace, Join].index)
    created = [step.room for step in made if isinstance(step, CreateRoom)]
    assert created[0] == "mps"
    server.perform(made)
    assert steps(server) == ()


def test_before_anybody_is_admitted_rooms_stand_empty() -> None:
    server = SimulatedHomeserver(SERVER, STEWARD)
    server.perform(steps(server))
    assert all(set(room.members) == {STEWARD} for room in server.rooms.values())
    server.admitted.add("tls.focal1")
    joins = {step.room for step in steps(server) if isinstance(step, Join)}
    assert joins == {
        "direct-tls.focal1", "mps", "mps-bulletins", "mps-coordination", "mps-desk-tls", "mps-floor"
    }  # fmt: skip


def test_the_floors_state_is_exact() -> None:
    state = {
        event.type: event.content
        for event in desired.room_state(NETWORK, NETWORK.rooms["mps-floor"], SERVER)
    }
    assert state["m.room.power_levels"] == {
        "users": {},
        "users_default": 0,
        "events": {"m.reaction": 0, "m.room.redaction": 0},
        "events_default": 0,
        "state_default": 100,
        "invite": 100,
        "kick": 100,
        "ban": 100,
        "redact": 100,
        "notifications": {"room": 100},
    }
    assert state["m.room.join_rules"] == {"join_rule": "invite"}
    assert state["m.room.history_visibility"] == {"history_visibility": "joined"}
    assert state["m.room.guest_access"] == {"guest_access": "forbidden"}
    assert state["m.room.encryption"] == {
        "algorithm": "m.megolm.v1.aes-sha2",
        "rotation_period_ms": 24 * 3600 * 1000,
        "rotation_period_msgs": 100,
    }
    assert state["m.room.canonical_alias"] == {"alias": f"#mps-floor:{SERVER}"}
    assert state["m.room.retention"] == {"max_lifetime": 180 * 24 * 3600 * 1000}
    assert state["m.room.name"] == {"name": "Floor · MPS"}
    assert state["org.rilon.room"] == {
        "key": "mps-floor",
        "kind": "floor",
        "group": "mps",
        "ceiling": ["AUS", "BGD", "IDN", "MYS", "THA", "TLS", "RSO"],
    }


def test_readers_of_bulletins_may_write_in_their_threads_and_set_nothing() -> None:
    levels = desired.power_levels(NETWORK, NETWORK.rooms["mps-bulletins"], SERVER)
    assert levels["users"] == {}
    assert levels["events_default"] == 0
    assert levels["events"] == {"m.reaction": 0, "m.room.redaction": 0}
    assert {levels[name] for name in ("state_default", "invite", "kick", "ban", "redact")} == {100}


def test_only_posters_have_the_power_to_post_elsewhere() -> None:
    room = replace(NETWORK.rooms["mps-floor"], posters=frozenset({"analyst"}))
    levels = desired.power_levels(NETWORK, room, SERVER)
    assert levels["users"] == {user_id("rso.analyst1"): 50, user_id("rso.analyst2"): 50}
    assert levels["events_default"] == 50
    assert levels["events"] == {"m.reaction": 0, "m.room.redaction": 0}


def test_nobody_but_the_steward_sends_anything_in_the_space() -> None:
    levels = desired.power_levels(NETWORK, NETWORK.rooms["mps"], SERVER)
    assert levels["events_default"] == 100
    assert set(levels["events"].values()) == {100}
    assert desired.creation_content(NETWORK.rooms["mps"])["type"] == "m.space"


def test_the_creator_is_in_no_rooms_power_levels() -> None:
    for room in NETWORK.rooms.values():
        assert STEWARD not in desired.power_levels(NETWORK, room, SERVER)["users"]


@pytest.mark.parametrize(
    ("type_", "content"),
    [
        ("m.room.name", {"name": "Pub"}),
        ("m.room.topic", {}),
        ("m.room.history_visibility", {"history_visibility": "world_readable"}),
        ("m.room.join_rules", {"join_rule": "public"}),
        ("m.room.power_levels", {"users": {user_id("idn.chair1"): 100}}),
        ("m.room.encryption", {"algorithm": "none"}),
        ("org.rilon.room", {}),
    ],
)
def test_state_changed_by_hand_is_set_back(type_: str, content: dict[str, object]) -> None:
    server = provisioned()
    wanted = server.rooms["mps-floor"].state[type_, ""]
    server.rooms["mps-floor"].state[type_, ""] = content
    (step,) = steps(server)
    because = Because.CHANGED if content else Because.NOT_THERE
    assert step == SetState("mps-floor", type_, "", wanted, because)
    server.perform([step])
    assert steps(server) == ()


@pytest.mark.parametrize(
    "place",
    [
        ("m.room.pinned_events", ""),
        ("m.room.avatar", ""),
        ("m.room.server_acl", ""),
        ("im.vector.modular.widgets", "w1"),
        ("m.room.name", "other key"),
        ("m.space.child", "!elsewhere"),
        ("m.space.parent", "!elsewhere"),
    ],
)
def test_state_that_policy_does_not_have_is_taken_back(place: tuple[str, str]) -> None:
    server = provisioned()
    server.rooms["mps-desk-idn"].state[place] = {"something": "here"}
    (step,) = steps(server)
    assert step == SetState("mps-desk-idn", *place, {}, Because.NOT_IN_POLICY)
    server.perform([step])
    assert steps(server) == ()


def test_what_is_published_stays_pinned() -> None:
    """Applying a policy takes no bulletin's pin away: pins follow what was published."""
    server = provisioned()
    pins = server.rooms["mps-bulletins"].state
    pins["m.room.pinned_events", ""] = {"pinned": ["$bulletin"]}
    assert steps(server) == ()
    pins["m.room.pinned_events", "other key"] = {"pinned": ["$bulletin"]}
    (step,) = steps(server)
    assert step == SetState(
        "mps-bulletins", "m.room.pinned_events", "other key", {}, Because.NOT_IN_POLICY
    )


def test_a_room_taken_out_of_the_space_is_put_back() -> None:
    server = provisioned()
    child = server.rooms["mps-floor"].room_id
    server.rooms["mps"].state["m.space.child", child] = {}
    assert steps(server) == (AddToSpace("mps", "mps-floor"),)


def test_a_direct_room_put_into_the_space_is_taken_out() -> None:
    server = provisioned()
    direct = server.rooms["direct-aus.focal1"].room_id
    server.rooms["mps"].state["m.space.child", direct] = desired.space_child(SERVER)
    assert steps(server) == (SetState("mps", "m.space.child", direct, {}, Because.NOT_IN_POLICY),)


@pytest.mark.parametrize("membership", ["join", "invite", "knock"])
@pytest.mark.parametrize(
    "person", [user_id("mys.focal1"), "@idn.focal1:elsewhere.example", user_id("admin"), "nonsense"]
)
def test_whoever_does_not_belong_in_a_room_is_removed(person: str, membership: str) -> None:
    server = provisioned()
    server.rooms["mps-aus-idn"].members[person] = membership
    (step,) = steps(server)
    assert step == Remove(person, "mps-aus-idn", Because.NOT_A_MEMBER)
    server.perform([step])
    assert steps(server) == ()


def test_an_officer_who_left_or_was_thrown_out_is_joined_again() -> None:
    server = provisioned()
    server.rooms["mps-floor"].members[user_id("idn.focal1")] = "leave"
    server.rooms["mps-floor"].members[user_id("idn.focal2")] = "ban"
    assert steps(server) == (
        Join("idn.focal1", "mps-floor"),
        Unban("idn.focal2", "mps-floor"),
        Join("idn.focal2", "mps-floor"),
    )


def test_at_the_end_of_the_term_an_officer_is_removed_everywhere() -> None:
    server = provisioned()
    removed = steps(server, today=date(2028, 1, 1))
    rooms = {key for key in NETWORK.rooms if "idn.chair1" in NETWORK.members(key)}
    person = user_id("idn.chair1")
    assert set(removed) == {Remove(person, key, Because.OUTSIDE_TERM) for key in rooms}
    server.perform(removed)
    assert steps(server, today=date(2028, 1, 1)) == ()


def test_an_officer_who_is_no_longer_admitted_is_removed_everywhere() -> None:
    server = provisioned()
    server.admitted.remove("aus.focal1")
    removed = steps(server)
    assert {step.because for step in removed} == {Because.NOT_ADMITTED}
    assert len(removed) == len([k for k in NETWORK.rooms if "aus.focal1" in NETWORK.members(k)])


def test_removals_come_before_everything_else() -> None:
    server = provisioned()
    server.rooms["mps-floor"].members["@x:elsewhere.example"] = "join"
    server.rooms["mps-floor"].state["m.room.name", ""] = {"name": "Pub"}
    del server.rooms["mps-bulletins"]
    assert isinstance(steps(server)[0], Remove)


def test_a_room_that_left_policy_is_emptied() -> None:
    server = provisioned()
    rooms = {key: room for key, room in NETWORK.rooms.items() if key != "mps-aus-idn"}
    members = {key: names for key, names in NETWORK.member_names.items() if key in rooms}
    network = replace(NETWORK, rooms=rooms, member_names=members)
    left = steps(server, network)
    assert {step.because for step in left} == {Because.NOT_IN_POLICY}
    assert sum(isinstance(step, Remove) for step in left) == len(NETWORK.members("mps-aus-idn"))
    server.perform(left)
    assert steps(server, network) == ()
    assert set(server.rooms["mps-aus-idn"].members.values()) == {"join", "leave"}


def test_a_ceiling_widened_in_policy_lets_nobody_into_the_old_room() -> None:
    server = provisioned()
    wide = replace(NETWORK.rooms["mps-aus-idn"], ceiling=parties("AUS", "IDN", "MYS"))
    members = NETWORK.members("mps-aus-idn") | {"mys.focal1"}
    network = replace(
        NETWORK,
        rooms={**NETWORK.rooms, "mps-aus-idn": wide},
        member_names={**NETWORK.member_names, "mps-aus-idn": members},
    )
    assert steps(server, network) == (NeedsPerson("mps-aus-idn", Because.OTHER_CEILING),)
    server.rooms["mps-aus-idn"].members[user_id("mys.focal1")] = "join"
    assert Remove(user_id("mys.focal1"), "mps-aus-idn", Because.OTHER_CEILING) in steps(
        server, network
    )


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"creator": "@admin:rilon.example"}, Because.OTHER_CREATOR),
        ({"version": "11"}, Because.OTHER_VERSION),
        ({"state": {("m.room.create", ""): {"m.federate": True}}}, Because.OTHER_VERSION),
        ({"members": {}}, Because.STEWARD_ABSENT),
    ],
)
def test_nobody_is_joined_to_a_room_that_is_not_ours(
    change: dict[str, object], because: Because
) -> None:
    server = provisioned()
    room = server.rooms["mps-floor"]
    room.members = {STEWARD: "join"}
    for name, value in change.items():
        merged = {**getattr(room, name), **value} if name == "state" else value  # type: ignore[dict-item]
        setattr(room, name, merged)
    found = steps(server)
    assert NeedsPerson("mps-floor", because) in found
    assert not any(isinstance(step, Join) for step in found)
    server.perform(found)


def test_an_account_is_named_as_in_the_roster() -> None:
    server = provisioned()
    server.accounts["tha.focal1"] = "Boss"
    (step,) = steps(server)
    assert step == SetDisplayName("tha.focal1", NETWORK.officers["tha.focal1"].display_name)


def test_before_the_term_there_is_neither_account_nor_direct_room() -> None:
    officer = replace(NETWORK.officers["tha.focal1"], term_from=date(2026, 6, 2))
    network = replace(NETWORK, officers={**NETWORK.officers, "tha.focal1": officer})
    server = provisioned(network)
    assert "tha.focal1" not in server.accounts
    assert "direct-tha.focal1" not in server.rooms
    server.perform(steps(server, network, date(2026, 6, 2)))
    assert server.rooms["direct-tha.focal1"].members[user_id("tha.focal1")] == "join"


def test_every_step_has_a_sentence() -> None:
    server = SimulatedHomeserver(SERVER, STEWARD, admitted={"aus.focal1"})
    made = steps(server)
    said = [sentence(step) for step in made]
    assert "make the room mps-floor" in said
    assert "put mps-floor into the space mps" in said
    assert "join aus.focal1 to mps-floor" in said
    others: list[Step] = [
        Remove("@x:y", "mps", Because.NOT_A_MEMBER),
        SetDisplayName("aus.focal1", "x"),
        SetState("mps", "m.room.name", "", {}, Because.CHANGED),
        Unban("aus.focal1", "mps"),
        NeedsPerson("mps", Because.OTHER_CEILING),
    ]
    assert [sentence(step) for step in others] == [
        "remove @x:y from mps: policy doesn't have them in this room",
        "name the account of aus.focal1 as the roster does",
        "set m.room.name of mps: it was changed by hand, or policy changed",
        "lift the ban of aus.focal1 from mps",
        "mps needs a person: its ceiling is fixed for its life; give the changed room a new key",
    ]
    assert describe(others[0]) == (
        "remove",
        (("because", "not_a_member"), ("person", "@x:y"), ("room", "mps")),
    )
    for because in Because:
        assert sentence(NeedsPerson("mps", because))
