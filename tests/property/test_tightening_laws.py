"""Laws of tightening: never looser, no words pass as a request, and what stands would be let in."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from rilon.domain.acts import Post
from rilon.domain.marking_text import write
from rilon.domain.markings import Marking, WrittenMarking, take_effect
from rilon.domain.parties import Party
from rilon.domain.rooms import Room
from rilon.domain.tightening import read_withdrawing, tightened
from rilon.domain.verdicts import Accept, Code
from rilon.policy.marking_rules import judge_marking
from rilon.policy.tightening import may_stand
from tests.policy_scene import NETWORK, question
from tests.property.test_marking_laws import ALL, TODAY, VOCABULARY, effective, text, written

KNOWN = re.compile(
    r"(?:TLP|CLEAR|WHITE|GREEN|AMBER|RED|STRICT|REL|AUS|BGD|IDN|MYS|THA|TLS|RSO|ORCON|H1|H2|LES|"
    r"NO|PRINT|PD|NOPD|PROTECT|EXP|GRADE|[A-F][1-6]|[0-9]{1,4})",
    re.IGNORECASE,
)
NETWORKS_ROOMS = [room for key, room in sorted(NETWORK.rooms.items()) if room.ceiling]
TOKENS = (
    *("TLP:RED", "TLP:AMBER+STRICT", "tlp:green", "REL", "AUS,IDN", "AUS", "IDN,", "ORCON", "PD"),
    *(
        "EXP",
        "2026-12-31",
        "//",
        "jetty",
        "HULL",
        "0400",
        "A1",
        "NOPD",
        "PROTECT",
        "THA,",
        "/",
        "+",
    ),
)
words = st.lists(st.sampled_from(TOKENS), max_size=8).map(" ".join)


@given(effective, written, st.sampled_from(ALL))
def test_tightening_is_never_looser_and_once_is_enough(
    marking: Marking, stated: WrittenMarking, party: Party
) -> None:
    after = tightened(marking, stated, party)
    assert after.covers(marking)
    assert tightened(after, stated, party) == after
    assert after.rel <= marking.rel
    assert after.originators == marking.originators


@given(st.one_of(text, words.map("!mark {}".format), text.map("!mark {}".format)))
def test_no_word_passes_as_a_request(said: str) -> None:
    found = read_withdrawing(said, VOCABULARY, TODAY)
    if found is not None and found.stated is not None:
        rest = said.strip()[1:].lstrip().removeprefix("mark")
        assert all(KNOWN.fullmatch(one) for one in re.findall(r"[^\W_]+", rest)), said


@given(written)
def test_every_marking_that_can_be_written_can_be_stated(marking: WrittenMarking) -> None:
    if marking.tlp is None:
        return
    found = read_withdrawing(f"!mark {write(marking)}", VOCABULARY, TODAY)
    assert found is not None
    assert found.stated == marking


@given(written, st.sampled_from(NETWORKS_ROOMS))
def test_what_may_stand_is_what_would_be_let_in(stated: WrittenMarking, room: Room) -> None:
    officer = NETWORK.officers["aus.secondee1"]
    known = WrittenMarking(
        stated.tlp,
        stated.rel,
        stated.caveats & NETWORK.caveat_codes,
        stated.protect,
        stated.personal_data,
        stated.expires,
    )
    asked = question(Post("x", known), room.key)
    verdict = judge_marking(Post("x", known), officer, asked, NETWORK, TODAY)
    if not isinstance(verdict, Accept) and verdict.code is Code.DECLARATION_NEEDED:
        return
    marking = take_effect(known, asked.room.default, asked.room.ceiling, officer.party)
    assert may_stand(marking, asked.room, TODAY) is isinstance(verdict, Accept)
