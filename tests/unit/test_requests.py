"""Requests as they are asked: what they lack, whom they reach, and what is shown of them."""

from __future__ import annotations

from dataclasses import replace

from rilon.domain.parties import parties
from rilon.domain.requests import Field, Priority, lacking, out_of_reach, shown_to
from rilon.domain.selectors import Selector, SelectorKind
from tests.request_scene import ASKER, IDN, MYS, REQUEST, URGENT


def test_a_request_is_routine_unless_a_ground_makes_it_urgent() -> None:
    assert REQUEST.priority is Priority.ROUTINE
    assert URGENT.priority is Priority.URGENT


def test_a_draft_says_what_it_lacks_in_the_order_of_asking() -> None:
    empty = replace(
        REQUEST,
        addressees=frozenset(),
        theme=None,
        purpose=" ",
        legal_basis="",
        subject="\n",
        questions=("",),
    )
    assert lacking(empty) == (Field.ADDRESSEES, Field.QUESTIONS)
    assert lacking(empty, frozenset(Field)) == tuple(Field)
    assert lacking(empty, frozenset({Field.PURPOSE})) == (
        Field.ADDRESSEES,
        Field.PURPOSE,
        Field.QUESTIONS,
    )
    assert lacking(REQUEST, frozenset(Field)) == ()


def test_an_addressee_outside_the_marking_is_out_of_reach() -> None:
    assert out_of_reach(REQUEST) == frozenset()
    assert out_of_reach(replace(REQUEST, addressees=parties("IDN", "THA"))) == parties("THA")
    protected = replace(REQUEST.marking, protect=parties("MYS", "THA"))
    assert out_of_reach(replace(REQUEST, marking=protected)) == parties("MYS")


def test_an_addressee_sees_nothing_of_the_other_addressees() -> None:
    shown = shown_to(REQUEST, IDN)
    assert shown.requester == ASKER
    assert shown.marking.rel == parties("AUS", "IDN")
    assert "MYS" not in repr(shown)
    assert shown.questions == REQUEST.questions


def test_a_hidden_requester_is_in_no_field_of_what_an_addressee_sees() -> None:
    marking = replace(REQUEST.marking, protect=parties("THA"), rel=parties("AUS", "IDN", "RSO"))
    shown = shown_to(replace(REQUEST, requester_hidden=True, marking=marking), IDN)
    assert shown.requester is None
    assert shown.marking.rel == parties("IDN", "RSO")
    assert shown.marking.protect == parties("THA")
    assert "AUS" not in repr(shown)
    assert "aus" not in repr(shown)


def test_no_words_are_in_the_repr() -> None:
    secret = replace(
        REQUEST,
        selectors=(Selector(SelectorKind.VESSEL, "blue"),),
        subject="blue",
        purpose="blue",
        legal_basis="blue",
        questions=("blue",),
    )
    for value in (secret, shown_to(secret, MYS), *secret.selectors):
        assert "blue" not in repr(value)
