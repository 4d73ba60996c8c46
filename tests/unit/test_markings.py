"""Markings as values: what takes effect, and what a join does field by field."""

from __future__ import annotations

from datetime import date

from rilon.domain.markings import (
    Marking,
    PersonalData,
    Tlp,
    WrittenMarking,
    join_all,
    take_effect,
)
from rilon.domain.parties import Party, parties

AUS = Party("AUS")
FLOOR = parties("AUS", "IDN", "MYS", "RSO")
GREEN_ROOM = WrittenMarking(tlp=Tlp.GREEN)


def effective(written: WrittenMarking | None, default: WrittenMarking = GREEN_ROOM) -> Marking:
    return take_effect(written, default, FLOOR, AUS)


def test_labels_are_ordered_from_clear_to_red() -> None:
    assert Tlp.CLEAR < Tlp.GREEN < Tlp.AMBER < Tlp.AMBER_STRICT < Tlp.RED


def test_unmarked_content_takes_the_default_of_the_room() -> None:
    default = WrittenMarking(tlp=Tlp.AMBER, caveats=frozenset({"ORCON"}), protect=parties("MYS"))
    marking = effective(None, default)
    assert marking.tlp is Tlp.AMBER
    assert marking.caveats == {"ORCON"}
    assert marking.protect == {"MYS"}
    assert marking.rel == FLOOR
    assert not marking.explicit_rel


def test_a_room_without_a_label_of_its_own_gives_the_most_restrictive() -> None:
    assert effective(None, WrittenMarking()).tlp is Tlp.RED


def test_the_originator_is_in_rel_without_being_written() -> None:
    assert effective(WrittenMarking(rel=parties("IDN"))).rel == {"AUS", "IDN"}


def test_the_rso_is_in_rel_only_when_named() -> None:
    assert "RSO" not in effective(WrittenMarking(rel=parties("IDN"))).rel
    assert "RSO" in effective(WrittenMarking(rel=parties("IDN", "RSO"))).rel


def test_a_written_label_may_be_lower_than_the_default_and_drops_its_caveats() -> None:
    default = WrittenMarking(tlp=Tlp.RED, caveats=frozenset({"ORCON"}), rel=parties("IDN"))
    marking = effective(WrittenMarking(tlp=Tlp.GREEN), default)
    assert (marking.tlp, marking.caveats, marking.rel) == (Tlp.GREEN, frozenset(), FLOOR)


def test_rel_alone_keeps_the_label_and_the_caveats_of_the_room() -> None:
    default = WrittenMarking(
        tlp=Tlp.AMBER, caveats=frozenset({"ORCON"}), protect=parties("MYS"), rel=FLOOR
    )
    marking = effective(WrittenMarking(rel=parties("IDN"), caveats=frozenset({"H1"})), default)
    assert marking.tlp is Tlp.AMBER
    assert marking.caveats == {"ORCON", "H1"}
    assert marking.protect == {"MYS"}
    assert marking.rel == {"AUS", "IDN"}


def test_a_default_with_rel_restricts_unmarked_content() -> None:
    marking = effective(None, WrittenMarking(tlp=Tlp.GREEN, rel=parties("IDN")))
    assert marking.rel == {"AUS", "IDN"}
    assert marking.restricted


def test_the_default_gives_a_missing_expiry_and_declaration_and_yields_to_written_ones() -> None:
    default = WrittenMarking(
        tlp=Tlp.GREEN, expires=date(2026, 6, 1), personal_data=PersonalData.NONE
    )
    bare = effective(WrittenMarking(tlp=Tlp.AMBER), default)
    assert (bare.expires, bare.personal_data) == (date(2026, 6, 1), PersonalData.NONE)
    own = WrittenMarking(
        tlp=Tlp.AMBER, expires=date(2027, 1, 1), personal_data=PersonalData.PRESENT
    )
    assert effective(own, default).expires == date(2027, 1, 1)
    assert effective(own, default).personal_data is PersonalData.PRESENT


def test_a_join_takes_the_more_restrictive_of_every_field() -> None:
    one = Marking(
        Tlp.AMBER, parties("AUS", "IDN"), parties("AUS"), frozenset({"H1"}),
        expires=date(2026, 5, 1), personal_data=PersonalData.NONE,
    )  # fmt: skip
    other = Marking(
        Tlp.RED, parties("IDN", "MYS"), parties("IDN"), frozenset({"ORCON"}), parties("THA"),
        expires=date(2026, 4, 1), explicit_rel=True,
    )  # fmt: skip
    assert one.join(other) == Marking(
        Tlp.RED, parties("IDN"), parties("AUS", "IDN"), frozenset({"H1", "ORCON"}),
        parties("THA"), PersonalData.UNDECLARED, date(2026, 4, 1), True,
    )  # fmt: skip


def test_rel_that_shares_no_party_joins_to_nobody() -> None:
    one = Marking(Tlp.GREEN, parties("AUS"), parties("AUS"))
    other = Marking(Tlp.GREEN, parties("IDN"), parties("IDN"))
    assert join_all(one, other).rel == frozenset()


def test_a_declaration_speaks_for_the_undeclared_lines_of_its_message() -> None:
    declared = WrittenMarking(tlp=Tlp.GREEN, personal_data=PersonalData.NONE)
    assert declared.join(WrittenMarking(tlp=Tlp.GREEN)).personal_data is PersonalData.NONE
    present = WrittenMarking(personal_data=PersonalData.PRESENT)
    assert declared.join(present).personal_data is PersonalData.PRESENT


def test_a_message_with_two_grades_is_no_better_than_its_parts() -> None:
    one, other = WrittenMarking(grade="A6"), WrittenMarking(grade="C2")
    assert one.join(other).grade == other.join(one).grade == "C6"


def test_restricted_is_amber_or_a_caveat_or_an_explicit_rel() -> None:
    plain = Marking(Tlp.GREEN, FLOOR, parties("AUS"))
    assert not plain.restricted
    for narrower in (
        Marking(Tlp.AMBER, FLOOR, parties("AUS")),
        Marking(Tlp.CLEAR, FLOOR, parties("AUS"), frozenset({"H1"})),
        Marking(Tlp.CLEAR, FLOOR, parties("AUS"), protect=parties("THA")),
        Marking(Tlp.CLEAR, FLOOR, parties("AUS"), explicit_rel=True),
        Marking(Tlp.CLEAR, FLOOR, parties("AUS"), personal_data=PersonalData.PRESENT),
    ):
        assert narrower.restricted
