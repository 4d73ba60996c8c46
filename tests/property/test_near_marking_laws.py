"""Laws of what is nearly a marking: no wrapping, place or quotation makes a restriction plain."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rilon.domain.acts import Unclear
from rilon.domain.marking_text import read, without_marking, write
from rilon.domain.markings import WrittenMarking
from rilon.domain.parties import parties
from rilon.domain.quoted_markings import read_quoted
from tests.property.test_marking_laws import ALL, TODAY, VOCABULARY, pieces, text, valid

read("", VOCABULARY, TODAY)  # the patterns are made once, and count in no example's time

wrapped = st.sampled_from(
    [
        "({})",
        "[{}]",
        '"{}"',
        "**{}**",
        "_{}_",
        "~~{}~~",
        "`{}`",
        "#{}",
        "{{{}}}",
        "- {}",
        "{}:",
        "{}",
    ]
)
lists = st.lists(st.sampled_from(ALL), min_size=1, max_size=4, unique=True)
between = st.sampled_from([",", ", ", "/", " ", " & ", "; ", "-", "."])
words = st.lists(
    st.sampled_from(["hull", "left", "port", "kapal", "เรือ", "নৌকা", "navio", "0400"]), max_size=4
).map(" ".join)


@given(wrapped, lists, between, words, words, st.booleans())
def test_a_release_list_is_never_plain_wherever_it_stands(
    form: str, named: list[str], sign: str, before: str, after: str, marked: bool
) -> None:
    field = form.format(f"REL {sign.join(named)}")
    line = f"{'TLP:AMBER // ' if marked else ''}{before} {field} {after}".strip()
    found = read(line, VOCABULARY, TODAY)
    assert isinstance(found, Unclear), line
    if found.nearest is not None:
        offered = read(found.nearest, VOCABULARY, TODAY)
        assert isinstance(offered, WrittenMarking)
        assert offered.rel is not None
        assert offered.rel <= parties(*named), "the nearest form opens nothing"
    left = without_marking(line, VOCABULARY, TODAY)
    assert left is None or "REL" not in left


@given(text | pieces, text | pieces)
def test_a_quotation_never_raises_and_more_of_it_never_loosens(one: str, two: str) -> None:
    first = read_quoted(f"> {one}", VOCABULARY, TODAY)
    both = read_quoted(f"> {one}\n> {two}", VOCABULARY, TODAY)
    if isinstance(first, Unclear):
        assert isinstance(both, Unclear)
    elif first is not None and isinstance(both, WrittenMarking):
        assert first.join(both) == both
    assert read_quoted(one.replace(">", ""), VOCABULARY, TODAY) is None


@given(valid, st.sampled_from([">", "> ", ">> ", " > ", "> > ", "> <@a.b:x> "]))
def test_what_is_written_reads_the_same_within_a_quotation(
    marking: WrittenMarking, sign: str
) -> None:
    quoted = f"{sign}{write(marking)} hull"
    assert read(quoted, VOCABULARY, TODAY) is None
    assert read_quoted(quoted, VOCABULARY, TODAY) == marking
