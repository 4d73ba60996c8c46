"""What an officer may ask about delivered content, how it is read, and what it leads to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rilon.domain.acts import Post, Relation, RelationKind
from rilon.domain.markings import Marking, PersonalData, Tlp, WrittenMarking
from rilon.domain.parties import Party, parties
from rilon.domain.tightening import Withdrawing, read_withdrawing, tightened
from rilon.domain.verdicts import Accept, Code
from rilon.policy.question import Related, RelatedKind
from rilon.policy.tightening import has_expired, may_stand
from tests.policy_scene import NETWORK, NOW, decide, refusal, user_id
from tests.unit.test_marking_text import TODAY, VOCABULARY

EVENT = "$" + "e" * 43


def asked(text: str) -> Withdrawing | None:
    return read_withdrawing(text, VOCABULARY, TODAY)


def stated(text: str) -> WrittenMarking | None:
    found = asked(text)
    return found.stated if found else None


# --- reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["!recall", " !Recall ", "! recall", "！recall", "!recall\n"])
def test_a_recall_is_read_as_people_type_it(text: str) -> None:
    assert asked(text) == Withdrawing(None, None)


def test_content_can_be_named_instead_of_answered() -> None:
    assert asked(f"!recall {EVENT}") == Withdrawing(EVENT, None)
    named = asked(f"!mark {EVENT} TLP:RED //")
    assert named == Withdrawing(EVENT, WrittenMarking(Tlp.RED))


@pytest.mark.parametrize(
    ("text", "marking"),
    [
        ("!mark TLP:RED REL AUS,IDN //", WrittenMarking(Tlp.RED, parties("AUS", "IDN"))),
        ("!mark tlp: red", WrittenMarking(Tlp.RED)),
        ("!mark REL AUS, IDN", WrittenMarking(Tlp.CLEAR, parties("AUS", "IDN"))),
        ("!mark ORCON", WrittenMarking(Tlp.CLEAR, caveats=frozenset({"ORCON"}))),
        ("!mark EXP 2026-03-02 //", WrittenMarking(Tlp.CLEAR, expires=date(2026, 3, 2))),
        ("!mark PD", WrittenMarking(Tlp.CLEAR, personal_data=PersonalData.PRESENT)),
        ("!mark TLP:AMBER+STRICT //", WrittenMarking(Tlp.AMBER_STRICT)),
    ],
)
def test_what_is_stated_is_a_marking_with_or_without_a_label(
    text: str, marking: WrittenMarking
) -> None:
    assert stated(text) == marking


@pytest.mark.parametrize(
    "text",
    [
        "!mark",
        "!mark RED",
        "!mark TLP:ORANGE //",
        "!mark REL AUS,XYZ //",
        "!mark EXP 2020-01-01 //",
        "!mark TLP:RED // the hull is blue",
        "!mark TLP:RED the hull is blue",
        "!mark TLP:RED the hull is blue //",
        "!mark TLP:RED //\nthe hull is blue",
        "!recall the hull is blue",
        "!recall TLP:RED //",
        "!recalled",
        "please !recall",
        "!mark TLP:R\u0415D //",
        "!mark TLP:RED // //",
        "!mark $short TLP:RED //",
        "!mark " + "A" * 600,
    ],
)
def test_a_text_that_says_anything_else_is_no_request(text: str) -> None:
    assert asked(text) is None


# --- the marking ---------------------------------------------------------------------------------

AMBER = Marking(
    Tlp.AMBER, parties("AUS", "IDN", "BGD"), parties("AUS"), personal_data=PersonalData.NONE
)


def test_what_is_left_out_stays_as_it_is() -> None:
    assert tightened(AMBER, WrittenMarking(Tlp.CLEAR), Party("AUS")) == AMBER


def test_the_originator_always_keeps_its_own_content() -> None:
    narrower = tightened(AMBER, WrittenMarking(Tlp.CLEAR, parties("IDN")), Party("AUS"))
    assert narrower.rel == parties("AUS", "IDN")
    assert narrower.explicit_rel


def test_nobody_gets_in_by_a_tighter_marking() -> None:
    wider = tightened(AMBER, WrittenMarking(Tlp.GREEN, parties("THA", "IDN")), Party("AUS"))
    assert (wider.tlp, wider.rel) == (Tlp.AMBER, parties("AUS", "IDN"))


# --- the gate ------------------------------------------------------------------------------------


def recalled(marking: Marking) -> Related:
    return Related("$gone", user_id("aus.secondee1"), marking, RelatedKind.CONTENT, NOW, True)


GREEN = Marking(Tlp.GREEN, NETWORK.rooms["mps-floor"].ceiling, parties("AUS"))


def test_recalled_content_is_not_said_again_as_its_edit() -> None:
    edit = Post("blue hull", None, Relation(RelationKind.EDIT, "$gone"))
    assert isinstance(decide(edit, related=(replace(recalled(GREEN), recalled=False),)), Accept)
    verdict = decide(edit, related=(recalled(GREEN),))
    assert refusal(verdict) == (Code.RELATION_UNKNOWN, "rule1.relation")


def test_a_thread_goes_on_after_its_root_was_recalled() -> None:
    answer = Post("understood", None, Relation(RelationKind.THREAD, "$gone"))
    assert isinstance(decide(answer, related=(recalled(GREEN),)), Accept)


def test_an_answer_to_what_was_tightened_takes_the_tighter_marking() -> None:
    answer = Post("understood", None, Relation(RelationKind.REPLY, "$gone"))
    narrow = tightened(GREEN, WrittenMarking(Tlp.RED, parties("AUS", "IDN")), Party("AUS"))
    assert refusal(decide(answer, related=(recalled(narrow),)))[0] is Code.REL_EXCLUDES_ROOM


# --- what may stand ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last", "today", "over"),
    [
        (date(2026, 4, 30), date(2026, 4, 30), False),
        (date(2026, 4, 30), date(2026, 5, 1), True),
        (date(2026, 2, 28), date(2026, 3, 1), True),
        (date(2028, 2, 28), date(2028, 2, 29), True),
        (date(2028, 2, 29), date(2028, 2, 29), False),
        (date(2028, 2, 29), date(2028, 3, 1), True),
        (date(2026, 12, 31), date(2027, 1, 1), True),
        (None, date(9999, 12, 31), False),
    ],
)
def test_content_is_used_to_the_end_of_its_last_day(
    last: date | None, today: date, over: bool
) -> None:
    assert has_expired(last, today) is over
    dated = Marking(GREEN.tlp, GREEN.rel, GREEN.originators, expires=last)
    assert may_stand(dated, NETWORK.rooms["mps-floor"], today) is not over
