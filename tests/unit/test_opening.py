"""When a text goes into a room that is opened for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from rilon.application.choices import Choice, ChoiceKind
from rilon.application.held import Held, HeldText
from rilon.application.opening import (
    JOINING_FOR,
    OPENING_FOR,
    Opened,
    Readiness,
    Unsent,
    open_for,
    opens_first,
    readiness,
)
from rilon.domain.parties import parties
from tests.policy_scene import NOW

KEY = "mps-aus+idn+mys"
CHOICE = Choice(ChoiceKind.SEND_TO, KEY, "TLP:AMBER REL AUS,IDN,MYS //")
HELD = Held(
    identity=b"i" * 32,
    sender="@aus.secondee1:x.test",
    device_id="D",
    room_key="mps-floor",
    choices=(CHOICE,),
    expires_at=NOW + OPENING_FOR,
    card_event_id="$card",
    place=0,
    outcome=None,
    code=None,
    text=HeldText("two hulls"),
)
READY = Opened({"room": KEY}, True, True, True, parties("IDN", "MYS"))


def test_it_goes_when_nothing_is_left_to_do_for_the_room() -> None:
    assert readiness(HELD, READY, NOW) is Readiness.GO


@pytest.mark.parametrize(
    "missing",
    [{"asked": None}, {"made": False}, {"furnished": False}, {"made": False, "furnished": False}],
)
def test_it_waits_for_the_room_and_for_those_who_come_in(missing: dict[str, object]) -> None:
    assert readiness(HELD, replace(READY, **missing), NOW) is Readiness.WAIT  # type: ignore[arg-type]


def test_who_cant_come_in_is_waited_for_a_minute() -> None:
    unfurnished = replace(READY, furnished=False)
    just_before = NOW + JOINING_FOR - timedelta(seconds=1)
    assert readiness(HELD, unfurnished, just_before) is Readiness.WAIT
    assert readiness(HELD, unfurnished, NOW + JOINING_FOR) is Readiness.GO


def test_a_room_that_isnt_made_is_never_gone_to() -> None:
    assert readiness(HELD, replace(READY, made=False), NOW + OPENING_FOR) is Readiness.WAIT


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (replace(READY, asked={"told": "room_too_many"}), Unsent.TOO_MANY),
        (replace(READY, asked={}), Unsent.NOT_OPENED),
        (replace(READY, asked={"room": "mps-other"}), Unsent.NOT_OPENED),
        (replace(READY, stands=False), Unsent.NOT_OPENED),
        (replace(READY, others=frozenset()), Unsent.NOBODY),
    ],
)
def test_a_room_that_cant_be_had_is_said_at_once(found: Opened, why: Unsent) -> None:
    assert readiness(HELD, found, NOW) is why


@pytest.mark.parametrize(
    ("choice", "opens"),
    [
        (CHOICE, True),
        (replace(CHOICE, kind=ChoiceKind.SEND_AS), False),
        (replace(CHOICE, room="mps-aus-idn"), False),
        (replace(CHOICE, room="mps+0a1b2c"), False),
        (Choice(ChoiceKind.DISCARD), False),
    ],
)
def test_only_sending_to_a_compartment_on_demand_opens_one(choice: Choice, opens: bool) -> None:
    assert opens_first(choice) is opens
    assert bool(open_for(HELD, choice)) is opens


def test_the_wish_names_the_parties_and_comes_once() -> None:
    (wish,) = open_for(HELD, CHOICE)
    assert wish.payload["parties"] == ["AUS", "IDN", "MYS"]
    assert wish.payload["group"] == "mps"
    assert open_for(HELD, CHOICE) == [wish]
