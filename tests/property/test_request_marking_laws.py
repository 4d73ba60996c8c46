"""Laws of the markings under which words of a request go: never looser, never to a third party."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from rilon.application.request_policy import (
    marking_of_request,
    shown_marking,
    stated_answer,
    stated_in_desk,
    written_out,
)
from rilon.domain import marking_text
from rilon.domain.markings import Marking, PersonalData, Tlp, WrittenMarking, take_effect
from rilon.domain.parties import Party, parties
from rilon.domain.requests import shown_to
from tests.policy_scene import NETWORK
from tests.request_scene import REQUEST

AUS, IDN, MYS = (Party(code) for code in ("AUS", "IDN", "MYS"))
DESK, ASKED = NETWORK.rooms["mps-desk-idn"], NETWORK.rooms["mps-desk-aus"]
STATES = st.frozensets(st.sampled_from([AUS, IDN, MYS, Party("THA")]), min_size=1)
CAVEATS = st.frozensets(st.sampled_from(["ORCON", "H1"]))
DATA = st.sampled_from(list(PersonalData))
WRITTEN = st.none() | st.builds(
    WrittenMarking,
    tlp=st.none() | st.sampled_from(list(Tlp)),
    rel=st.none() | STATES,
    caveats=CAVEATS,
    personal_data=DATA,
)
ASKING = st.builds(
    Marking,
    tlp=st.sampled_from(list(Tlp)),
    rel=STATES.map(lambda some: some | {AUS, IDN}),
    originators=st.just(parties("AUS")),
    caveats=CAVEATS,
    personal_data=DATA,
    explicit_rel=st.just(True),
)


@given(WRITTEN, ASKING)
def test_an_answer_is_at_least_as_strict_as_its_words_and_the_question(
    written: WrittenMarking | None, asking: Marking
) -> None:
    request = replace(REQUEST, marking=asking, addressees=parties("IDN"))
    stated = stated_answer(written, DESK, request, IDN)
    assert stated.tlp is not None
    assert stated.rel is not None
    own = take_effect(written, DESK.default, parties("AUS", "IDN"), IDN)
    assert stated.tlp >= max(own.tlp, asking.tlp)
    assert stated.rel <= asking.rel
    assert stated.caveats >= own.caveats | asking.caveats
    assert stated.personal_data >= asking.personal_data
    if written is None or written.rel is None:
        assert stated.rel <= {AUS, IDN}


@given(WRITTEN, st.lists(ASKING, max_size=2))
def test_a_request_is_at_least_as_strict_as_what_it_answers(
    handling: WrittenMarking | None, related: list[Marking]
) -> None:
    marking = marking_of_request(handling, ASKED, AUS, parties("IDN"), related)
    assert marking.explicit_rel
    for one in related:
        assert marking.tlp >= one.tlp
        assert marking.rel <= one.rel
        assert marking.caveats >= one.caveats
    if handling is not None and handling.tlp is not None:
        assert marking.tlp >= handling.tlp


@given(ASKING, STATES)
def test_no_other_addressee_and_no_hidden_requester_is_in_what_a_desk_reads(
    asking: Marking, others: frozenset[Party]
) -> None:
    request = replace(REQUEST, marking=asking, addressees=others | {IDN}, requester_hidden=True)
    stated = stated_in_desk(shown_to(request, IDN).marking, IDN)
    assert stated.rel == parties("IDN")
    text = written_out(stated)
    assert marking_text.read(f"{text} x", NETWORK.vocabulary, date(2026, 11, 23)) == stated
    assert "AUS" not in shown_marking(written_out(replace(stated, rel=parties("AUS", "IDN"))), AUS)
