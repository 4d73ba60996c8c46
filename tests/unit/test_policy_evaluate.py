"""The decision on what is sent and who sends it, rule by rule: one table of cases each, and the
attacks that a rule closes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from rilon.domain.acts import (
    Membership,
    Reaction,
    Redaction,
    Relation,
    RelationKind,
    State,
    Undecodable,
    Verification,
)
from rilon.domain.markings import Tlp
from rilon.domain.officers import Role
from rilon.domain.parties import parties
from rilon.domain.rooms import RoomKind
from rilon.domain.verdicts import Code, Refuse
from rilon.policy.evaluate import evaluate
from rilon.policy.question import RelatedKind
from tests.policy_scene import (
    NETWORK,
    UNDER_IT,
    a_day,
    accepted,
    bulletin,
    carried,
    decide,
    post,
    question,
    refusal,
    related,
    said,
    user_id,
)

REPLY = Relation(RelationKind.REPLY, "$first")
EDIT = Relation(RelationKind.EDIT, "$first")


# --- rule 1: type and shape ------------------------------------------------------------------


@pytest.mark.parametrize("act", [post(), Reaction("$first", "👍"), Redaction("$first")])
def test_nothing_is_said_in_the_space(act: Any) -> None:
    verdict = decide(act, "mps", related=(related(sender="aus.secondee1"),))
    assert refusal(verdict) == (Code.TYPE_NOT_ALLOWED, "rule1.type")


def test_verification_events_belong_in_direct_rooms_alone() -> None:
    act = Verification("m.key.verification.start")
    accepted(decide(act, "direct-aus.secondee1"))
    for key, room in NETWORK.rooms.items():
        if room.kind is not RoomKind.DIRECT:
            member = min(NETWORK.members(key))
            assert refusal(decide(act, key, member)) == (Code.TYPE_NOT_ALLOWED, "rule1.type")


class Unheard:
    """An act that no rule knows."""


@pytest.mark.parametrize("steward", [False, True])
def test_an_unknown_act_is_refused_even_from_the_steward(steward: bool) -> None:
    verdict = decide(Unheard(), standing={"is_steward": steward})  # type: ignore[arg-type]
    assert refusal(verdict) == (Code.TYPE_NOT_ALLOWED, "rule1.type")


@pytest.mark.parametrize("steward", [False, True])
def test_what_cannot_be_decoded_is_refused_for_the_decoders_reason(steward: bool) -> None:
    act = Undecodable(Code.UNREADABLE, "content.format", (("device", "ABC"),))
    verdict = decide(act, standing={"is_steward": steward})
    assert refusal(verdict) == (Code.UNREADABLE, "rule1.shape")
    assert said(verdict) == {"device": "ABC", "room": "Floor", "where": "content.format"}


@pytest.mark.parametrize(
    "change", [{"ceiling": parties("AUS")}, {"opens_to_red": True}, {"key": "mps-other"}]
)
def test_a_room_that_differs_from_policy_is_not_governed(change: dict[str, Any]) -> None:
    room = replace(NETWORK.rooms["mps-floor"], **change)
    verdict = evaluate(replace(question(post()), room=room), NETWORK)
    assert refusal(verdict) == (Code.ROOM_NOT_GOVERNED, "rule1.room")


# --- rule 1: relations -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(RelationKind))
def test_a_relation_to_an_unknown_event_is_refused(kind: RelationKind) -> None:
    verdict = decide(post(relation=Relation(kind, "$never")), related=(related(),))
    assert refusal(verdict) == (Code.RELATION_UNKNOWN, "rule1.relation")


def test_both_events_that_a_thread_reply_names_must_be_known() -> None:
    act = post(relation=Relation(RelationKind.THREAD, "$first", "$second"))
    assert refusal(decide(act, related=(related(),))) == (Code.RELATION_UNKNOWN, "rule1.relation")
    strict = related("$second", marking=carried(Tlp.AMBER_STRICT, caveats=frozenset({"ORCON"})))
    effective = accepted(decide(act, related=(related(), strict))).effective
    assert effective is not None
    assert effective.tlp is Tlp.AMBER_STRICT
    assert effective.caveats == {"ORCON"}


@pytest.mark.parametrize(
    "answered",
    [
        related(kind=RelatedKind.REACTION),
        related(kind=RelatedKind.STATE),
        replace(related(), marking=None),
        replace(related(), event_id="$other"),
    ],
)
def test_only_content_with_a_known_marking_is_answered(answered: Any) -> None:
    asked = replace(question(post(relation=REPLY)), related={"$first": answered})
    assert refusal(evaluate(asked, NETWORK)) == (Code.RELATION_UNKNOWN, "rule1.relation")


def test_a_reply_to_the_steward_takes_the_rooms_default() -> None:
    notice = related(sender="steward", kind=RelatedKind.STEWARD)
    effective = accepted(decide(post(relation=REPLY), related=(notice,))).effective
    assert effective is not None
    assert effective.tlp is Tlp.AMBER


def test_a_reply_to_content_that_the_steward_posted_takes_its_marking() -> None:
    released = related(
        sender="steward", kind=RelatedKind.STEWARD, marking=carried(Tlp.AMBER_STRICT)
    )
    effective = accepted(decide(post(relation=REPLY), related=(released,))).effective
    assert effective is not None
    assert effective.tlp is Tlp.AMBER_STRICT


@pytest.mark.parametrize("sender", ["idn.focal1", "aus.secondee2"])
def test_an_edit_of_anothers_message_is_refused(sender: str) -> None:
    verdict = decide(post(relation=EDIT), related=(related(sender=sender),))
    assert refusal(verdict) == (Code.NOT_YOUR_EVENT, "rule1.own")


def test_an_edit_of_the_stewards_message_is_refused_even_under_its_name() -> None:
    card = related(sender="aus.secondee1", kind=RelatedKind.STEWARD)
    verdict = decide(post(relation=EDIT), related=(card,))
    assert refusal(verdict) == (Code.NOT_YOUR_EVENT, "rule1.own")


def test_an_edit_of_ones_own_message_joins_with_it() -> None:
    own = related(sender="aus.secondee1", marking=carried(Tlp.AMBER, caveats=frozenset({"H1"})))
    effective = accepted(decide(post(relation=EDIT), related=(own,))).effective
    assert effective is not None
    assert effective.caveats == {"H1"}


@pytest.mark.parametrize(
    ("person", "fine"),
    [
        ("@idn.focal1:rilon.example", True),
        ("@steward:rilon.example", True),
        ("@left.officer1:rilon.example", True),  # answered below, and since gone
        ("@the vessel leaves at four:rilon.example", False),
        ("@idn.focal1:the-vessel-leaves-at.four", False),
        ("idn.focal1:rilon.example", False),
        ("", False),
    ],
)
def test_a_mention_names_somebody_and_carries_no_text(person: str, fine: bool) -> None:
    act = replace(post(relation=REPLY), mentions=frozenset({person}))
    verdict = decide(act, related=(related(sender="left.officer1"),))
    assert isinstance(verdict, Refuse) is not fine
    if not fine:
        assert refusal(verdict) == (Code.SHAPE_NOT_ALLOWED, "rule1.mentions")
        assert said(verdict)["where"] == "content.m.mentions"


# --- rule 1: reactions and redactions --------------------------------------------------------


@pytest.mark.parametrize("kind", list(RelatedKind))
def test_a_reaction_is_on_a_post(kind: RelatedKind) -> None:
    verdict = decide(Reaction("$first", "👍"), related=(related(kind=kind),))
    if kind in (RelatedKind.CONTENT, RelatedKind.STEWARD):
        assert accepted(verdict).effective is None
    else:
        assert refusal(verdict) == (Code.RELATION_UNKNOWN, "rule1.relation")


def test_a_reaction_to_an_unknown_event_is_refused() -> None:
    assert refusal(decide(Reaction("$never", "👍"))) == (Code.RELATION_UNKNOWN, "rule1.relation")


@pytest.mark.parametrize("kind", [RelatedKind.CONTENT, RelatedKind.REACTION])
def test_one_may_take_back_ones_own(kind: RelatedKind) -> None:
    accepted(decide(Redaction("$first"), related=(related(sender="aus.secondee1", kind=kind),)))


@pytest.mark.parametrize(
    ("target", "code"),
    [
        (related(event_id="$else"), Code.RELATION_UNKNOWN),
        (related(sender="aus.secondee2"), Code.NOT_YOUR_EVENT),
        (related(sender="aus.secondee1", kind=RelatedKind.STATE), Code.STEWARD_ONLY),
        (related(sender="aus.secondee1", age=timedelta(hours=24, seconds=1)), Code.TOO_LATE),
    ],
)
def test_a_redaction_destroys_no_evidence(target: Any, code: Code) -> None:
    assert refusal(decide(Redaction("$first"), related=(target,)))[0] is code


@pytest.mark.parametrize("officer", ["idn.chair1", "rso.coordinator1"])
def test_chair_and_coordinator_redact_for_nobody(officer: str) -> None:
    verdict = decide(Redaction("$first"), "mps-floor", officer, related=(related(),))
    assert refusal(verdict) == (Code.NOT_YOUR_EVENT, "rule1.own")


def test_a_redaction_on_the_last_second_is_in_time() -> None:
    target = related(sender="aus.secondee1", age=timedelta(hours=24))
    accepted(decide(Redaction("$first"), related=(target,)))


# --- rule 1: membership and state ------------------------------------------------------------

OWN = user_id("aus.secondee1")
OTHER = user_id("idn.focal1")
STRANGER = {"officer": None, "admitted": False, "device_signed": False, "in_room": False}


def test_leaving_passes_whatever_else_is_wrong() -> None:
    asked = question(Membership(OWN, "leave"), standing=STRANGER)
    room = replace(asked.room, key="nowhere")
    accepted(evaluate(replace(asked, room=room, now=datetime(2030, 1, 1)), NETWORK))  # noqa: DTZ001


def test_leaving_with_words_is_refused() -> None:
    act = Membership(OWN, "leave", has_reason=True)
    assert refusal(decide(act)) == (Code.REASON_NOT_ALLOWED, "rule1.reason")


@pytest.mark.parametrize(
    ("person", "membership"),
    [
        (OTHER, "leave"),
        (OTHER, "invite"),
        (OTHER, "ban"),
        (OTHER, "join"),
        (OWN, "knock"),
        (OWN, "invite"),
        (OWN, "ban"),
        (OWN, "no such thing"),
    ],
)
def test_only_the_steward_changes_memberships(person: str, membership: str) -> None:
    act = Membership(person, membership)
    assert refusal(decide(act)) == (Code.STEWARD_ONLY, "rule1.steward")
    accepted(decide(act, standing={**STRANGER, "is_steward": True}))


def test_not_even_the_steward_gives_a_reason() -> None:
    act = Membership(OTHER, "ban", has_reason=True)
    verdict = decide(act, standing={"is_steward": True})
    assert refusal(verdict) == (Code.REASON_NOT_ALLOWED, "rule1.reason")


def test_an_officer_joins_a_room_that_policy_has_them_in() -> None:
    name = NETWORK.officers["aus.secondee1"].display_name
    standing = {"in_room": False, "device_signed": False}
    accepted(decide(Membership(OWN, "join", name), "mps-floor", standing=standing))
    accepted(decide(Membership(OWN, "join"), "mps-aus-idn", standing=standing))
    verdict = decide(Membership(OWN, "join", name), "mps-desk-idn", standing=standing)
    assert refusal(verdict) == (Code.NOT_IN_ROOM, "rule2.in_room")


@pytest.mark.parametrize(
    ("act", "where"),
    [
        (Membership(OWN, "join", "vessel left at four"), "content.displayname"),
        (Membership(OWN, "join", avatar="mxc://rilon.example/text"), "content.avatar_url"),
        (Membership(OWN, "join", other_keys=frozenset({"note"})), "content.note"),
        (Membership(OWN, "leave", "vessel left at four"), "content.displayname"),
    ],
)
def test_a_membership_carries_no_text(act: Membership, where: str) -> None:
    verdict = decide(act)
    assert refusal(verdict) == (Code.SHAPE_NOT_ALLOWED, "rule1.profile")
    assert said(verdict)["where"] == where


@pytest.mark.parametrize("type_", ["m.room.name", "m.room.encryption", "m.room.power_levels", "x"])
def test_other_state_is_the_stewards(type_: str) -> None:
    act = State(type_, "")
    for officer in ("aus.secondee1", "idn.chair1", "rso.coordinator1"):
        assert refusal(decide(act, "mps-floor", officer)) == (Code.STEWARD_ONLY, "rule1.steward")
    accepted(decide(act, standing={**STRANGER, "is_steward": True}))


def test_the_steward_works_in_governed_rooms_alone() -> None:
    asked = question(State("m.room.name", ""), standing={"is_steward": True})
    verdict = evaluate(replace(asked, room=replace(asked.room, key="mps-else")), NETWORK)
    assert refusal(verdict) == (Code.ROOM_NOT_GOVERNED, "rule1.room")


# --- rule 2: the sender ----------------------------------------------------------------------

EVERYDAY = [
    post(),
    Reaction("$first", "👍"),
    Redaction("$first"),
]


@pytest.mark.parametrize("act", EVERYDAY)
@pytest.mark.parametrize(
    ("standing", "code", "rule"),
    [
        ({"officer": None}, Code.NOT_ADMITTED, "rule2.admitted"),
        ({"admitted": False}, Code.NOT_ADMITTED, "rule2.admitted"),
        ({"in_room": False}, Code.NOT_IN_ROOM, "rule2.in_room"),
        ({"device_signed": False}, Code.DEVICE_NOT_SIGNED, "rule2.device"),
    ],
)
def test_a_sender_who_is_not_in_order_is_refused(
    act: Any, standing: dict[str, Any], code: Code, rule: str
) -> None:
    own = related(sender="aus.secondee1")
    accepted(decide(act, related=(own,)))
    assert refusal(decide(act, standing=standing, related=(own,))) == (code, rule)


def test_an_officer_value_that_is_not_the_rosters_is_refused() -> None:
    officer = NETWORK.officers["aus.secondee1"]
    for changed in (
        replace(officer, party=NETWORK.officers["idn.focal1"].party),
        replace(officer, name="aus.secondee9"),
        replace(officer, roles=frozenset({Role.ANALYST})),
    ):
        verdict = decide(post(), standing={"officer": changed})
        assert refusal(verdict) == (Code.NOT_ADMITTED, "rule2.admitted")


def test_an_officer_under_anothers_user_id_is_refused() -> None:
    verdict = decide(post(), sender_id=user_id("aus.secondee2"))
    assert refusal(verdict) == (Code.NOT_ADMITTED, "rule2.admitted")


def test_the_term_counts_days_in_utc() -> None:
    chair = NETWORK.officers["idn.chair1"]
    assert chair.term_until == a_day("2027-12-31")
    last = datetime.fromisoformat("2027-12-31T23:59:59+00:00")
    accepted(decide(post(), "mps-floor", "idn.chair1", now=last))
    over = decide(post(), "mps-floor", "idn.chair1", now=last + timedelta(seconds=1))
    assert refusal(over) == (Code.OUTSIDE_TERM, "rule2.term")
    assert said(over) == {"room": "Floor", "until": "2027-12-31"}
    in_jakarta = datetime.fromisoformat("2028-01-01T06:59:59+07:00")
    accepted(decide(post(), "mps-floor", "idn.chair1", now=in_jakarta))


def test_before_the_term_nothing_is_accepted() -> None:
    early = decide(post(), now=datetime.fromisoformat("2025-12-31T12:00:00+00:00"))
    assert refusal(early) == (Code.OUTSIDE_TERM, "rule2.term")
    assert said(early) == {"room": "Floor", "since": "2026-01-01"}


def test_after_the_groups_term_its_rooms_are_closed_and_the_direct_room_is_not() -> None:
    later = datetime.fromisoformat("2029-01-01T00:00:00+00:00")
    closed = decide(post(), "mps-floor", "rso.analyst1", now=later)
    assert refusal(closed) == (Code.OUTSIDE_TERM, "rule2.term")
    accepted(decide(post(), "direct-rso.analyst1", "rso.analyst1", now=later))


def test_being_joined_is_not_enough_where_policy_says_no() -> None:
    verdict = decide(post(), "mps-desk-idn", "aus.secondee1")
    assert refusal(verdict) == (Code.NOT_IN_ROOM, "rule2.in_room")


def test_readers_react_in_bulletins_and_do_not_post() -> None:
    accepted(decide(Reaction("$first", "👍"), "mps-bulletins", related=(related(),)))
    for officer in ("aus.secondee1", "rso.analyst1"):
        verdict = decide(post(), "mps-bulletins", officer)
        assert refusal(verdict) == (Code.READ_ONLY, "rule2.posters")


def test_only_those_whom_policy_names_post_in_a_room_with_posters() -> None:
    room = replace(NETWORK.rooms["mps-floor"], posters=frozenset({"analyst"}))
    network = replace(NETWORK, rooms={**NETWORK.rooms, "mps-floor": room})
    for relation in (None, UNDER_IT):
        asked = post(relation=relation)
        verdict = decide(asked, network=network, related=(bulletin(),))
        assert refusal(verdict) == (Code.READ_ONLY, "rule2.posters")
        accepted(decide(asked, "mps-floor", "rso.analyst1", network=network, related=(bulletin(),)))
