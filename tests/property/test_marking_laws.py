"""Laws of markings: the join, the order, reading what was written, and hostile text."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rilon.domain.acts import Unclear
from rilon.domain.letters import as_seen, plain_spaces
from rilon.domain.marking_text import read, write
from rilon.domain.markings import (
    Caveat,
    Marking,
    PersonalData,
    Tlp,
    Vocabulary,
    WrittenMarking,
    join_all,
    take_effect,
)
from rilon.domain.parties import Parties, Party, parties

ALL = sorted(parties("AUS", "BGD", "IDN", "MYS", "THA", "TLS", "RSO"))
CODES = ("ORCON", "H1", "LES", "NO-PRINT")
VOCABULARY = Vocabulary(
    frozenset(ALL),
    tuple(Caveat(code, code, frozenset({"H2"} if code == "ORCON" else ())) for code in CODES),
)
TODAY = date(2026, 3, 1)

some_parties: st.SearchStrategy[Parties] = st.frozensets(st.sampled_from(ALL))
caveats = st.frozensets(st.sampled_from(CODES))
days = st.none() | st.dates(TODAY, TODAY + timedelta(days=36_500))
grades = st.none() | st.from_regex(r"\A[A-F][1-6]\Z")

effective = st.builds(
    Marking,
    tlp=st.sampled_from(Tlp),
    rel=some_parties,
    originators=st.frozensets(st.sampled_from(ALL), min_size=1),
    caveats=caveats,
    protect=some_parties,
    personal_data=st.sampled_from(PersonalData),
    expires=days,
    explicit_rel=st.booleans(),
)
written = st.builds(
    WrittenMarking,
    tlp=st.none() | st.sampled_from(Tlp),
    rel=st.none() | st.frozensets(st.sampled_from(ALL), min_size=1),
    caveats=caveats,
    protect=some_parties,
    personal_data=st.sampled_from(PersonalData),
    expires=days,
    grade=grades,
)
valid = written.filter(lambda marking: marking.tlp is not None or marking.rel is not None)
text = st.text(st.characters(codec=None, exclude_categories=()), max_size=200)
pieces = st.lists(
    st.sampled_from(
        [
            "TLP", ":", "AMBER", "RED", "+STRICT", " ", "//", "REL", "AUS", "IDN", ",", "ORCON",
            "PD", "NOPD", "EXP", "2026-12-31", "GRADE", "B2", "PROTECT", "\n", ">", "@a:b", "x",
            "T", "\u200b", "А", "Ρ", "ไทย", "/", "http:", "TLP:GREEN", "REL AUS,IDN //", "é", "২",
        ]
    ),
    max_size=14,
).map("".join)  # fmt: skip


@given(effective, effective, effective)
def test_joining_is_associative(one: Marking, two: Marking, three: Marking) -> None:
    assert one.join(two).join(three) == one.join(two.join(three)) == join_all(one, two, three)


@given(effective, effective)
def test_joining_is_commutative_and_idempotent(one: Marking, two: Marking) -> None:
    assert one.join(two) == two.join(one)
    assert one.join(one) == one
    assert one.join(two).join(one) == one.join(two)


@given(effective, effective)
def test_a_join_is_never_looser_than_its_parts(one: Marking, two: Marking) -> None:
    joined = one.join(two)
    for part in (one, two):
        assert joined.covers(part)
        assert joined.tlp >= part.tlp
        assert joined.rel <= part.rel
        assert joined.originators >= part.originators
        assert joined.caveats >= part.caveats
        assert joined.protect >= part.protect
        assert joined.personal_data >= part.personal_data
        assert part.expires is None or (joined.expires or date.max) <= part.expires
        assert joined.explicit_rel >= part.explicit_rel
        assert joined.restricted >= part.restricted


@given(effective, effective, effective)
def test_a_join_is_the_least_that_covers_both(one: Marking, two: Marking, more: Marking) -> None:
    upper = join_all(one, two, more)
    assert upper.covers(one.join(two))


@given(effective, effective, effective)
def test_covering_is_an_order(one: Marking, two: Marking, three: Marking) -> None:
    assert one.covers(one)
    if one.covers(two) and two.covers(three):
        assert one.covers(three)
    if one.covers(two) and two.covers(one):
        assert one == two


@given(written, written, written)
def test_lines_of_one_message_join_in_any_order(
    one: WrittenMarking, two: WrittenMarking, three: WrittenMarking
) -> None:
    assert one.join(two) == two.join(one)
    assert one.join(one) == one
    assert one.join(two).join(three) == one.join(two.join(three))


@given(written, st.sampled_from(ALL), some_parties, written)
def test_what_takes_effect_holds_all_that_was_written(
    own: WrittenMarking, originator: Party, ceiling: Parties, default: WrittenMarking
) -> None:
    marking = take_effect(own, default, ceiling, originator)
    assert originator in marking.rel
    assert marking.originators == {originator}
    assert marking.caveats >= own.caveats
    assert marking.protect >= own.protect
    assert own.tlp is None or marking.tlp is own.tlp
    assert own.rel is None or marking.rel == own.rel | {originator}
    assert own.expires is None or marking.expires == own.expires
    assert own.personal_data in (PersonalData.UNDECLARED, marking.personal_data)


@given(valid)
def test_reading_what_was_written_gives_the_same_marking(marking: WrittenMarking) -> None:
    line = write(marking)
    assert "\n" not in line
    assert line.endswith(" //")
    assert read(line, VOCABULARY, TODAY) == marking
    assert read(f"{line} vessel left", VOCABULARY, TODAY) == marking
    assert read(line.lower(), VOCABULARY, TODAY) == marking


@given(valid, valid)
def test_two_marked_lines_read_as_their_join(one: WrittenMarking, two: WrittenMarking) -> None:
    lines = f"{write(one)} vessel left\nplain\n{write(two)} came back"
    assert read(lines, VOCABULARY, TODAY) == one.join(two)


@given(text | pieces)
def test_no_text_raises_and_what_reads_can_be_written(hostile: str) -> None:
    found = read(hostile, VOCABULARY, TODAY)
    if isinstance(found, WrittenMarking) and found.rel != frozenset():
        assert read(write(found), VOCABULARY, TODAY) == found
    if isinstance(found, Unclear) and found.nearest is not None:
        nearest = read(found.nearest, VOCABULARY, TODAY)
        assert isinstance(nearest, WrittenMarking)
        assert write(nearest) == found.nearest


@given(pieces, pieces)
def test_adding_a_line_never_loosens_a_message(one: str, two: str) -> None:
    first, both = read(f"x\n{one}", VOCABULARY, TODAY), read(f"x\n{one}\n{two}", VOCABULARY, TODAY)
    if isinstance(first, Unclear):
        assert isinstance(both, Unclear)
    elif first is not None and isinstance(both, WrittenMarking):
        assert first.join(both) == both


@given(pieces | text)
def test_a_line_that_looks_marked_is_never_taken_as_plain(hostile: str) -> None:
    for line in hostile.splitlines():
        if read(line, VOCABULARY, TODAY) is None:
            assert read(as_seen(plain_spaces(line)), VOCABULARY, TODAY) is None


@given(text, st.sampled_from(["TLP:RED //", "TLP:RED x", "REL AUS,IDN // x", "TLP:ORANGE //"]))
def test_a_marking_on_a_line_of_its_own_is_always_noticed(around: str, marked: str) -> None:
    assert read(f"{around}\n{marked}\n{around}", VOCABULARY, TODAY) is not None
