"""The plan on a homeserver that somebody has changed in any way."""

from __future__ import annotations

from copy import deepcopy
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from rilon.policy.plan import INSIDE, plan
from rilon.policy.steps import Join, NeedsPerson
from tests.policy_scene import NETWORK, SERVER, TODAY, user_id
from tests.simulated_homeserver import SimulatedHomeserver

STEWARD = user_id("steward")
ROOMS = sorted(NETWORK.rooms)
OFFICERS = sorted(NETWORK.officers)
PROVISIONED = SimulatedHomeserver(SERVER, STEWARD, admitted=set(OFFICERS))
PROVISIONED.perform(plan(NETWORK, PROVISIONED.observe(), TODAY))

people = st.sampled_from([*map(user_id, OFFICERS), "@x:elsewhere.example", user_id("admin"), "x"])
types = st.sampled_from(
    ["m.room.name", "m.room.power_levels", "m.room.encryption", "m.room.pinned_events", "x.y",
     "m.space.child", "m.space.parent", "m.room.topic"]
)  # fmt: skip
contents = st.dictionaries(st.sampled_from(["via", "name", "a"]), st.integers(), max_size=2)
changes = st.one_of(
    st.tuples(
        st.just("state"),
        st.sampled_from(ROOMS),
        types,
        st.sampled_from(["", "!1-mps", "k"]),
        contents,
    ),
    st.tuples(
        st.just("member"),
        st.sampled_from(ROOMS),
        people,
        st.sampled_from(["join", "invite", "knock", "leave", "ban"]),
    ),
    st.tuples(st.just("lost"), st.sampled_from(ROOMS)),
    st.tuples(st.just("rename"), st.sampled_from(OFFICERS)),
    st.tuples(st.just("dismiss"), st.sampled_from(OFFICERS)),
    st.tuples(st.just("creator"), st.sampled_from(ROOMS)),
    st.tuples(st.just("absent"), st.sampled_from(ROOMS)),
)


def change(server: SimulatedHomeserver, what: tuple[object, ...]) -> None:
    match what:
        case ("state", str(room), str(type_), str(key), dict(content)) if room in server.rooms:
            server.rooms[room].state[type_, key] = content
        case ("member", str(room), str(person), str(membership)) if room in server.rooms:
            server.rooms[room].members[person] = membership
        case ("lost", str(room)):
            server.rooms.pop(room, None)
        case ("rename", str(officer)):
            server.accounts[officer] = "Boss"
        case ("dismiss", str(officer)):
            server.admitted.discard(officer)
        case ("creator", str(room)) if room in server.rooms:
            server.rooms[room].creator = "@admin:rilon.example"
        case ("absent", str(room)) if room in server.rooms:
            server.rooms[room].members[STEWARD] = "leave"
        case _:
            pass


@settings(max_examples=60)
@given(
    st.lists(changes, max_size=12),
    st.frozensets(st.sampled_from(OFFICERS)),
    st.dates(date(2026, 1, 1), date(2029, 12, 31)),
)
def test_after_its_steps_a_plan_is_empty_but_for_what_needs_a_person(
    happened: list[tuple[object, ...]], dismissed: frozenset[str], today: date
) -> None:
    server = deepcopy(PROVISIONED)
    server.admitted -= dismissed
    for what in happened:
        change(server, what)
    steps = plan(NETWORK, server.observe(), today)
    assert steps == plan(NETWORK, server.observe(), today)
    server.perform(steps)
    left = plan(NETWORK, server.observe(), today)
    assert all(isinstance(step, NeedsPerson) for step in left)
    assert_nobody_is_where_they_should_not_be(server, today)


def assert_nobody_is_where_they_should_not_be(server: SimulatedHomeserver, today: date) -> None:
    for key, room in server.rooms.items():
        for person, membership in room.members.items():
            if membership not in INSIDE or person == STEWARD:
                continue
            name = person.removeprefix("@").partition(":")[0]
            assert name in NETWORK.members(key)
            officer = NETWORK.officers[name]
            assert officer.party in NETWORK.rooms[key].ceiling
            assert officer.within_term(today)
            assert name in server.admitted


@settings(max_examples=30)
@given(st.lists(changes, max_size=12))
def test_nobody_is_joined_to_a_room_that_needs_a_person(
    happened: list[tuple[object, ...]],
) -> None:
    server = deepcopy(PROVISIONED)
    for what in happened:
        change(server, what)
    steps = plan(NETWORK, server.observe(), TODAY)
    broken = {step.room for step in steps if isinstance(step, NeedsPerson)}
    assert not broken & {step.room for step in steps if isinstance(step, Join)}
