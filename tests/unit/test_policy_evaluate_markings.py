"""The decision on markings, TLP and personal data, rule by rule; and a rule that errs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from rilon.domain.acts import (
    Post,
    Relation,
    RelationKind,
    Unclear,
)
from rilon.domain.markings import PersonalData, Tlp
from rilon.domain.parties import parties
from rilon.domain.verdicts import Code, Refuse
from rilon.policy import act_rules, sender_rules
from rilon.policy.evaluate import evaluate
from rilon.policy.network import Network
from tests.policy_scene import (
    NETWORK,
    NOW,
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
    written,
)

REPLY = Relation(RelationKind.REPLY, "$first")
EDIT = Relation(RelationKind.EDIT, "$first")


# --- rule 3: the marking against the ceiling -------------------------------------------------


def test_an_unclear_marking_is_refused_with_the_nearest_form_and_none_of_the_text() -> None:
    unclear = Unclear("unknown_label", "TLP:AMBER //", "TLP:ORANGE secret words")
    verdict = decide(Post("secret words", unclear))
    assert refusal(verdict) == (Code.MARKING_UNCLEAR, "rule3.reads")
    assert said(verdict) == {
        "nearest": "TLP:AMBER //",
        "problem": "unknown_label",
        "room": "Floor",
    }
    assert "secret" not in repr(verdict)


@pytest.mark.parametrize(
    "marking",
    [
        written(Tlp.AMBER, caveats=frozenset({"NEVERHEARD"})),
        written(Tlp.AMBER, rel="AUS BGD IDN MYS THA TLS RSO XYZ"),
        written(Tlp.AMBER, protect=parties("XYZ")),
    ],
)
def test_what_policy_does_not_know_cannot_be_enforced_and_is_refused(marking: Any) -> None:
    assert refusal(decide(post(marking))) == (Code.MARKING_UNCLEAR, "rule3.reads")


def test_a_rel_that_leaves_out_parties_of_the_floor_names_them_and_the_way() -> None:
    verdict = decide(post(written(rel="AUS IDN")))
    assert refusal(verdict) == (Code.REL_EXCLUDES_ROOM, "rule3.rel")
    assert said(verdict) == {
        "excluded": "BGD, MYS, THA, TLS, RSO",
        "fits": "AUS+IDN",
        "marking": "TLP:AMBER REL AUS,IDN",
        "room": "Floor",
    }
    assert isinstance(verdict, Refuse)
    assert verdict.effective is not None
    assert verdict.effective.rel == parties("AUS", "IDN")


def test_the_room_that_fits_is_one_of_the_senders() -> None:
    verdict = decide(post(written(rel="AUS IDN MYS")), "mps-floor", "mys.focal1")
    assert said(verdict)["fits"] == "Malaysia desk"
    verdict = decide(post(written(rel="AUS IDN")), "mps-floor", "rso.analyst1")
    assert "fits" not in said(verdict)


@pytest.mark.parametrize("party", sorted(NETWORK.groups["mps"].parties - {"AUS"}))
def test_every_single_party_of_the_ceiling_counts(party: str) -> None:
    rel = " ".join(sorted(NETWORK.groups["mps"].parties - {party}))
    verdict = decide(post(written(Tlp.CLEAR, rel)))
    assert refusal(verdict) == (Code.REL_EXCLUDES_ROOM, "rule3.rel")
    assert said(verdict)["excluded"] == party


def test_the_originator_is_always_in_rel() -> None:
    rel = " ".join(sorted(NETWORK.groups["mps"].parties - {"AUS"}))
    effective = accepted(decide(post(written(rel=rel)))).effective
    assert effective is not None
    assert "AUS" in effective.rel


def test_protect_is_never_where_the_state_is_a_party() -> None:
    verdict = decide(post(written(Tlp.CLEAR, protect=parties("BGD", "THA"))))
    assert refusal(verdict) == (Code.PROTECTED_FROM_PARTY, "rule3.protect")
    assert said(verdict)["excluded"] == "BGD, THA"
    assert said(verdict)["protect"] == "BGD, THA"
    assert said(verdict)["fits"] == "AUS+IDN"


def test_a_carried_protect_holds_in_an_unmarked_reply() -> None:
    protected = related(marking=carried(protect=parties("BGD")))
    verdict = decide(post(relation=REPLY), related=(protected,))
    assert refusal(verdict) == (Code.PROTECTED_FROM_PARTY, "rule3.protect")


def test_content_narrowed_after_delivery_takes_its_replies_with_it() -> None:
    narrowed = related(marking=carried(rel="AUS IDN", explicit_rel=True))
    verdict = decide(post(relation=REPLY), related=(narrowed,))
    assert refusal(verdict) == (Code.REL_EXCLUDES_ROOM, "rule3.rel")


def test_markings_without_a_common_party_leave_nobody() -> None:
    other = related(marking=carried(rel="MYS", explicit_rel=True, originators=parties("MYS")))
    verdict = decide(post(written(rel="AUS"), REPLY), related=(other,))
    assert refusal(verdict) == (Code.NO_PARTY_LEFT, "rule3.rel")


@pytest.mark.parametrize(("day", "fine"), [("2026-05-31", False), ("2026-06-01", True)])
def test_a_past_date_is_refused(day: str, fine: bool) -> None:
    verdict = decide(post(written(Tlp.AMBER, expires=a_day(day))))
    assert isinstance(verdict, Refuse) is not fine
    if not fine:
        assert refusal(verdict) == (Code.EXPIRED, "rule3.expiry")
        assert said(verdict)["expires"] == day


def test_what_has_expired_is_not_answered() -> None:
    old = related(marking=carried(expires=a_day("2026-05-31")))
    assert refusal(decide(post(relation=REPLY), related=(old,)))[0] is Code.EXPIRED


def test_a_past_date_that_reading_found_is_called_so() -> None:
    verdict = decide(Post("x", Unclear("past_date", "TLP:AMBER //")))
    assert refusal(verdict) == (Code.EXPIRED, "rule3.expiry")


@pytest.mark.parametrize(
    ("wrote", "answered", "needed"),
    [
        (written(Tlp.GREEN), carried(Tlp.AMBER), "TLP:AMBER //"),
        (written(Tlp.AMBER), carried(caveats=frozenset({"ORCON"})), "TLP:AMBER ORCON //"),
        (written(Tlp.AMBER), carried(expires=a_day("2026-07-01")), "TLP:AMBER EXP 2026-07-01 //"),
        (
            written(Tlp.AMBER, expires=a_day("2026-08-01")),
            carried(expires=a_day("2026-07-01")),
            "TLP:AMBER EXP 2026-07-01 //",
        ),
        (
            written(Tlp.AMBER, personal_data=PersonalData.NONE),
            carried(personal_data=PersonalData.PRESENT),
            "TLP:AMBER PD //",
        ),
        (
            written(Tlp.AMBER_STRICT),
            carried(Tlp.AMBER, caveats=frozenset({"H1"})),
            "TLP:AMBER+STRICT H1 //",
        ),
    ],
)
def test_a_written_marking_below_the_join_is_refused_with_the_one_to_write(
    wrote: Any, answered: Any, needed: str
) -> None:
    verdict = decide(post(wrote, REPLY), related=(related(marking=answered),))
    assert refusal(verdict) == (Code.MARKING_TOO_WIDE, "rule3.width")
    assert said(verdict)["needed"] == needed


def test_the_same_message_is_fine_with_the_needed_marking_or_with_none() -> None:
    orcon = frozenset({"ORCON"})
    answered = related(marking=carried(caveats=orcon))
    for marking in (
        None,
        written(Tlp.AMBER, caveats=orcon),
        written(Tlp.AMBER_STRICT, caveats=orcon),
    ):
        effective = accepted(decide(post(marking, REPLY), related=(answered,))).effective
        assert effective is not None
        assert effective.caveats == orcon
        assert effective.originators == parties("AUS")


def test_a_reply_has_both_originators() -> None:
    answered = related(marking=carried(originators=parties("IDN")))
    effective = accepted(decide(post(relation=REPLY), related=(answered,))).effective
    assert effective is not None
    assert effective.originators == parties("AUS", "IDN")


def test_new_content_may_be_marked_lower_than_the_rooms_default() -> None:
    effective = accepted(decide(post(written(Tlp.CLEAR)))).effective
    assert effective is not None
    assert effective.tlp is Tlp.CLEAR


# --- rule 4: TLP; rule 6: personal data ------------------------------------------------------


@pytest.mark.parametrize(
    ("room", "fine"),
    [
        ("mps-floor", False),
        ("mps-desk-aus", True),
        ("mps-aus-idn", True),
        ("direct-aus.secondee1", True),
    ],
)
def test_red_enters_only_rooms_that_open_to_it(room: str, fine: bool) -> None:
    verdict = decide(post(written(Tlp.RED)), room)
    assert isinstance(verdict, Refuse) is not fine
    if not fine:
        assert refusal(verdict) == (Code.RED_NOT_OPEN, "rule4.red")
        assert said(verdict)["fits"] == "AUS+IDN"


def test_rel_holds_for_red_too() -> None:
    verdict = decide(post(written(Tlp.RED, "AUS")), "mps-aus-idn")
    assert refusal(verdict) == (Code.REL_EXCLUDES_ROOM, "rule3.rel")


def _declaring() -> Network:
    room = replace(NETWORK.rooms["mps-floor"], needs_declaration=True)
    return replace(NETWORK, rooms={**NETWORK.rooms, "mps-floor": room})


def test_a_room_may_require_a_declaration_of_personal_data() -> None:
    network = _declaring()
    undeclared = decide(post(), network=network)
    assert refusal(undeclared) == (Code.DECLARATION_NEEDED, "rule6.declaration")
    for declared in (PersonalData.NONE, PersonalData.PRESENT):
        accepted(decide(post(written(Tlp.AMBER, personal_data=declared)), network=network))


def test_bulletins_hold_no_personal_data() -> None:
    act = post(written(Tlp.GREEN, personal_data=PersonalData.PRESENT), UNDER_IT)
    verdict = decide(act, "mps-bulletins", "rso.analyst1", related=(bulletin(),))
    assert refusal(verdict) == (Code.PERSONAL_DATA_BARRED, "rule6.bulletins")


def test_threads_under_bulletins_do_not_open_to_red() -> None:
    act = post(written(Tlp.RED), UNDER_IT)
    verdict = decide(act, "mps-bulletins", related=(bulletin(),))
    assert refusal(verdict) == (Code.RED_NOT_OPEN, "rule4.red")


# --- a rule that errs ------------------------------------------------------------------------


class _Broken(Mapping[str, Any]):
    """A mapping that fails whenever it is asked."""

    def __getitem__(self, key: str) -> Any:
        raise RuntimeError("secret words")

    def __iter__(self) -> Any:
        raise RuntimeError("secret words")

    def __len__(self) -> int:
        return 1


def test_a_rule_that_errs_refuses_under_its_own_id_and_says_nothing_more() -> None:
    asked = replace(question(post(relation=REPLY)), related=_Broken())
    verdict = evaluate(asked, NETWORK)
    assert verdict == Refuse(Code.RULE_FAILED, "rule1.relation")


def test_a_rule_that_is_asked_about_another_act_errs_and_is_not_silent() -> None:
    for rule in (act_rules.reacts_to_known, act_rules.redacts_own, act_rules.plain_profile):
        with pytest.raises(TypeError):
            rule(question(post()), NETWORK)
    for rule in (sender_rules.within_term, sender_rules.belongs):
        with pytest.raises(ValueError):
            rule(question(post(), standing={"officer": None}), NETWORK)


def test_a_broken_network_refuses() -> None:
    verdict = evaluate(question(post()), replace(NETWORK, rooms=_Broken()))
    assert refusal(verdict) == (Code.RULE_FAILED, "rule1.room")


def test_a_time_without_zone_cannot_be_judged() -> None:
    asked = question(post(), now=NOW.replace(tzinfo=None))
    assert refusal(evaluate(asked, NETWORK))[0] is Code.RULE_FAILED


@pytest.mark.parametrize("what", [None, 1, "x", object()])
def test_nonsense_is_refused(what: Any) -> None:
    assert isinstance(evaluate(what, NETWORK), Refuse)
    assert isinstance(evaluate(question(what), NETWORK), Refuse)
    assert isinstance(evaluate(question(post()), what), Refuse)
