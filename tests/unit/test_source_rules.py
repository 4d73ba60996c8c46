"""What a post's passages come from: the table of labels, own content, and whom an alarm reaches."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from rilon.domain.markings import Marking, PersonalData, Tlp, WrittenMarking
from rilon.domain.parties import Parties, Party, parties
from rilon.domain.verdicts import Accept, Code, Refuse, Verdict
from rilon.policy.marking_rules import room_that_fits
from rilon.policy.on_demand import pair_of, with_rooms
from rilon.policy.question import Found, Source
from rilon.policy.release import Grant
from rilon.policy.source_alarms import desk_of, source_alarms
from tests.policy_scene import (
    NETWORK,
    NOW,
    a_day,
    accepted,
    decide,
    post,
    refusal,
    said,
    written,
)

ALL = NETWORK.rooms["mps-floor"].ceiling
BOTH = parties("AUS", "IDN")
FLOOR, PAIR = "mps-floor", "mps-aus-idn"
AUS_DESK, IDN_DESK = "mps-desk-aus", "mps-desk-idn"
ONWARD = (Code.ONWARD_NOT_ALLOWED, "rule4.onward")
SOURCE = (Code.SOURCE_RESTRICTED, "rule5.source")
numbers = count(1)


def source(
    room: str,
    tlp: Tlp = Tlp.AMBER,
    rel: str = "",
    by: str = "IDN",
    *,
    is_written: bool = True,
    passages: frozenset[int] = frozenset({1}),
    **fields: Any,
) -> Source:
    """Content of that party, delivered in that room."""
    ceiling = NETWORK.rooms[room].ceiling
    originators = parties(*by.split())
    marking = Marking(
        tlp=tlp,
        rel=parties(*rel.split()) | originators if rel else ceiling | originators,
        originators=originators,
        explicit_rel=bool(rel),
        **fields,
    )
    identity = next(numbers).to_bytes(32)
    return Source(identity, room, ceiling, marking, is_written, passages)


def granted(one: Source, room: str, by: str = "IDN", **changes: Any) -> Grant:
    """That party's consent to that source in that room, as it is marked."""
    marking = replace(one.marking, rel=one.marking.rel | NETWORK.rooms[room].ceiling)
    sources = frozenset({(one.identity, one.marking)})
    return replace(Grant(Party(by), room, sources, one.passages, marking), **changes)


def sent(
    room: str,
    *sources: Source,
    by: str = "aus.secondee1",
    marking: WrittenMarking | None = None,
    **changes: Any,
) -> Verdict:
    """The verdict on a post of Australia's officer that holds passages of these sources."""
    return decide(post(marking), room, by, sources=sources, **changes)


# --- the table of labels: sent on by another party ------------------------------------------------


@pytest.mark.parametrize("tlp", [Tlp.CLEAR, Tlp.GREEN])
@pytest.mark.parametrize("room", [FLOOR, PAIR, AUS_DESK, "direct-aus.secondee1"])
def test_clear_and_green_go_on_to_any_room(tlp: Tlp, room: str) -> None:
    accepted(sent(room, source(PAIR, tlp)))


@pytest.mark.parametrize("room", [AUS_DESK, "direct-aus.secondee1", PAIR])
def test_amber_goes_on_within_the_ceiling_it_came_from(room: str) -> None:
    accepted(sent(room, source(FLOOR)))


def test_amber_does_not_go_on_to_a_wider_room() -> None:
    wide = source(PAIR, rel="AUS BGD IDN MYS THA TLS RSO")
    assert refusal(sent(FLOOR, wide)) == ONWARD
    assert refusal(sent(FLOOR, source(PAIR))) == SOURCE


@pytest.mark.parametrize(
    ("room", "goes"), [(AUS_DESK, True), ("direct-aus.secondee1", True), (PAIR, False)]
)
def test_amber_strict_goes_on_to_rooms_of_the_senders_party_alone(room: str, goes: bool) -> None:
    verdict = sent(room, source(FLOOR, Tlp.AMBER_STRICT))
    assert isinstance(verdict, Accept) if goes else refusal(verdict) == ONWARD


@pytest.mark.parametrize("room", [AUS_DESK, "direct-aus.secondee1"])
def test_red_goes_on_to_nowhere_even_where_red_is_open(room: str) -> None:
    assert NETWORK.rooms[room].opens_to_red
    assert refusal(sent(room, source(PAIR, Tlp.RED))) == ONWARD


@pytest.mark.parametrize("tlp", list(Tlp))
def test_orcon_goes_on_to_nowhere_without_consent(tlp: Tlp) -> None:
    orcon = source(PAIR, tlp, caveats=frozenset({"ORCON"}))
    assert refusal(sent(AUS_DESK, orcon)) == ONWARD
    accepted(sent(AUS_DESK, orcon, grants=(granted(orcon, AUS_DESK),)))


def test_a_release_counts_for_that_source_alone() -> None:
    one, other = source(PAIR, Tlp.RED), source(PAIR, Tlp.RED, passages=frozenset({2}))
    verdict = sent(AUS_DESK, one, other, grants=(granted(one, AUS_DESK),))
    assert refusal(verdict) == ONWARD


@pytest.mark.parametrize("tlp", list(Tlp))
def test_rel_and_protect_hold_in_every_cell(tlp: Tlp) -> None:
    assert refusal(sent(FLOOR, source(PAIR, tlp, rel="AUS IDN"))) == SOURCE
    protected = source(PAIR, tlp, protect=parties("BGD"), rel=" ".join(ALL))
    assert refusal(sent(FLOOR, protected)) == SOURCE


@pytest.mark.parametrize("tlp", [Tlp.AMBER, Tlp.AMBER_STRICT, Tlp.RED])
def test_the_same_room_is_not_sending_on(tlp: Tlp) -> None:
    verdict = accepted(sent(PAIR, source(PAIR, tlp, caveats=frozenset({"ORCON"}))))
    assert verdict.effective is not None
    assert verdict.effective.tlp is tlp
    assert verdict.effective.caveats == {"ORCON"}


def test_expired_content_is_not_sent_on() -> None:
    old = source(PAIR, expires=a_day("2026-05-31"))
    for room in (PAIR, AUS_DESK):
        verdict = sent(room, old)
        assert refusal(verdict) == SOURCE
        assert "fits" not in said(verdict)
    accepted(sent(PAIR, source(PAIR, expires=a_day("2026-06-01"))))


def test_what_two_parties_wrote_needs_more_than_ones_own_say() -> None:
    joint = source(PAIR, rel="AUS IDN", by="AUS IDN")
    assert refusal(sent(FLOOR, joint)) == SOURCE


# --- own content ----------------------------------------------------------------------------------


@pytest.mark.parametrize("room", [FLOOR, PAIR])
def test_an_own_draft_under_the_rooms_default_goes_through(room: str) -> None:
    draft = source(AUS_DESK, by="AUS", is_written=False)
    verdict = accepted(sent(room, draft, marking=written(Tlp.GREEN)))
    assert verdict.effective is not None
    assert verdict.effective.tlp is Tlp.GREEN
    assert verdict.effective.rel == NETWORK.rooms[room].ceiling


def test_own_content_that_was_written_more_narrowly_is_refused() -> None:
    verdict = sent(FLOOR, source(PAIR, by="AUS", rel="IDN"))
    assert refusal(verdict) == SOURCE
    assert "originators" not in said(verdict)
    red = source(AUS_DESK, Tlp.RED, by="AUS")
    assert refusal(sent(FLOOR, red)) == SOURCE
    accepted(sent(PAIR, red))


@pytest.mark.parametrize("tlp", [Tlp.AMBER, Tlp.AMBER_STRICT])
def test_own_content_with_a_label_alone_goes_to_any_room_under_it(tlp: Tlp) -> None:
    own = source(AUS_DESK, tlp, by="AUS")
    verdict = accepted(sent(FLOOR, own))
    assert verdict.effective is not None
    assert verdict.effective.tlp is tlp
    assert verdict.effective.rel == ALL
    below = sent(FLOOR, own, marking=written(Tlp.GREEN))
    assert refusal(below) == (Code.MARKING_TOO_WIDE, "rule3.width")
    assert said(below)["needed"] == f"{tlp.label} //"


def test_a_draft_lets_nothing_of_others_pass() -> None:
    draft = source(AUS_DESK, by="AUS", is_written=False)
    assert refusal(sent(FLOOR, draft, source(PAIR, rel="AUS"))) == SOURCE


def test_what_was_shown_in_anothers_desk_neither_binds_its_sender_nor_opens_anything() -> None:
    shown = source(IDN_DESK, rel="AUS", by="AUS IDN", passages=frozenset({1, 2}))
    accepted(sent(FLOOR, shown))
    theirs = source(PAIR, rel="AUS", passages=frozenset({2}))
    assert refusal(sent(FLOOR, shown, theirs)) == SOURCE
    assert refusal(sent(FLOOR, shown, by="idn.secondee1")) == SOURCE


# --- what is known here ---------------------------------------------------------------------------


def test_what_is_public_can_not_be_silenced() -> None:
    """ATTACK: public text posted as RED, so that nobody may say it any more."""
    red = source(PAIR, Tlp.RED)
    assert refusal(sent(FLOOR, red)) == SOURCE
    for known in (source(AUS_DESK, Tlp.CLEAR, by="AUS"), source(FLOOR, Tlp.GREEN, by="THA")):
        verdict = accepted(sent(FLOOR, red, known, marking=written(Tlp.GREEN)))
        assert verdict.effective is not None
        assert verdict.effective.originators == {"AUS"}


def test_own_words_that_were_open_by_the_rooms_default_stay_open() -> None:
    own = source("mps-bulletins", Tlp.GREEN, by="AUS", is_written=False)
    accepted(sent(FLOOR, source(PAIR, Tlp.RED), own))


def test_what_everyone_of_this_room_may_already_see_passes() -> None:
    strict, known = source(PAIR, Tlp.AMBER_STRICT), source(FLOOR, Tlp.AMBER, by="THA")
    verdict = accepted(sent(FLOOR, strict, known))
    assert verdict.effective is not None
    assert verdict.effective.originators == parties("AUS", "THA")
    assert verdict.effective.tlp is Tlp.AMBER


def test_a_copy_that_not_everyone_here_may_see_lets_nothing_pass() -> None:
    strict = source(FLOOR, Tlp.AMBER_STRICT)
    orcon = source(AUS_DESK, Tlp.GREEN, by="THA AUS", rel=" ".join(ALL))
    assert refusal(sent(PAIR, strict, orcon)) == ONWARD


def test_one_known_passage_lets_no_other_pass() -> None:
    red = source(PAIR, Tlp.RED, passages=frozenset({1, 2}))
    known = source(FLOOR, Tlp.GREEN, passages=frozenset({1}))
    assert refusal(sent(FLOOR, red, known)) == SOURCE


# --- the join -------------------------------------------------------------------------------------


def test_a_post_with_a_passage_carries_the_join_with_its_source() -> None:
    first = source(FLOOR, Tlp.AMBER, personal_data=PersonalData.PRESENT, by="THA")
    verdict = accepted(sent(AUS_DESK, first))
    assert verdict.effective is not None
    assert verdict.effective.originators == parties("AUS", "THA")
    assert verdict.effective.personal_data is PersonalData.PRESENT
    assert verdict.effective.rel == parties("AUS")


def test_a_written_marking_below_the_join_is_refused() -> None:
    verdict = sent(FLOOR, source(FLOOR, Tlp.AMBER_STRICT), marking=written(Tlp.GREEN))
    assert refusal(verdict) == (Code.MARKING_TOO_WIDE, "rule3.width")
    assert said(verdict)["needed"] == "TLP:AMBER+STRICT //"
    accepted(sent(FLOOR, source(FLOOR), marking=written(Tlp.AMBER)))


def test_sources_that_leave_nobody_in_common_leave_the_room_out() -> None:
    one = source(PAIR, rel="AUS", passages=frozenset({1}))
    other = source(FLOOR, rel=" ".join(ALL - {Party("IDN")}), by="THA", passages=frozenset({2}))
    assert isinstance(sent(PAIR, one), Accept)
    assert isinstance(sent(PAIR, one, other), Refuse)


def test_the_own_marking_speaks_first() -> None:
    verdict = sent(FLOOR, source(PAIR, Tlp.RED), marking=written(Tlp.AMBER, "IDN"))
    assert refusal(verdict)[0] is Code.REL_EXCLUDES_ROOM


def test_a_refusal_says_what_it_comes_from_and_where_it_may_go() -> None:
    verdict = sent(FLOOR, source(PAIR, rel="AUS"))
    assert said(verdict) == {
        "room": "Floor",
        "marking": "TLP:AMBER REL AUS,IDN",
        "originators": "IDN",
        "fits": "AUS+IDN",
    }
    strict = sent(PAIR, source(FLOOR, Tlp.AMBER_STRICT))
    assert said(strict)["fits"] == "Australia desk"


def test_a_room_that_is_offered_would_take_it() -> None:
    """INVARIANT: the mend works."""
    officer = NETWORK.officers["aus.secondee1"]
    for tlp in Tlp:
        for came in (FLOOR, PAIR):
            for caveats in (frozenset[str](), frozenset({"ORCON"})):
                one = source(came, tlp, caveats=caveats)
                fits = room_that_fits(one.marking, officer, NETWORK, one)
                if fits is not None:
                    accepted(sent(fits.key, one))


@pytest.mark.parametrize("where", ["body", "shown", "fallback"])
def test_text_that_is_turned_round_by_force_is_refused_wherever_it_stands(where: str) -> None:
    """ATTACK: a passage written backwards, in a quotation, where no marking is read."""
    written: dict[str, Any] = {where: "> \u202eyttej eht yb"}
    turned = replace(post(), **written)
    assert refusal(decide(turned, FLOOR)) == (Code.MARKING_UNCLEAR, "rule3.reads")


# --- alarms ---------------------------------------------------------------------------------------


def found(one: Source, *received: str, minutes: int = 5) -> Found:
    to: Parties = parties(*received) or one.ceiling
    return Found(one, to, NOW - timedelta(minutes=minutes))


def told(*some: Found, sender: str = "AUS", room: str = FLOOR) -> list[tuple[str, str]]:
    alarms = source_alarms(some, Party(sender), NETWORK.rooms[room], NETWORK)
    return [(alarm.party, alarm.desk.key) for alarm in alarms]


def test_guesses_in_an_own_desk_tell_nothing_of_rooms_that_one_does_not_read() -> None:
    """ATTACK: forty letters that others may have written, as RED in the own desk, many times."""
    guess = source("mps-desk-tha", Tlp.RED, by="THA")
    assert told(found(guess), room=PAIR) == []
    assert told(found(guess), room=AUS_DESK) == []
    assert told(found(guess), room=FLOOR) == [("THA", "mps-desk-tha")]


def test_guesses_tell_nothing_of_a_colleagues_room_either() -> None:
    """ATTACK: a secondee's guess of what focal points say in Coordination, or in a room of two."""
    guess = source(AUS_DESK, Tlp.RED, by="AUS")
    focal, theirs = NETWORK.officers["aus.focal1"], NETWORK.officers["mys.focal1"]
    two = pair_of("mps", focal, theirs, "0" * 32)
    network = with_rooms(NETWORK, [two])
    for room in (network.rooms["mps-coordination"], network.rooms[two.key]):
        assert "AUS" in room.ceiling
        assert source_alarms([found(guess)], Party("MYS"), room, network) == []


def test_of_a_room_that_one_does_not_read_one_learns_what_others_passed_on() -> None:
    shared = found(source("mps-desk-tha", Tlp.RED, by="THA"), "THA", "MYS")
    (alarm,) = source_alarms([shared], Party("AUS"), NETWORK.rooms[PAIR], NETWORK)
    assert (alarm.party, alarm.reads) == ("THA", False)
    assert told(shared, room=AUS_DESK) == []


def test_the_originators_desk_is_told_once() -> None:
    first, second = source(IDN_DESK), source(IDN_DESK)
    assert told(found(first), found(second, minutes=9)) == [("IDN", IDN_DESK)]
    both = [found(first), found(second, minutes=9)]
    (alarm,) = source_alarms(both, Party("AUS"), NETWORK.rooms[FLOOR], NETWORK)
    assert (alarm.delivered_at, alarm.reads) == (NOW - timedelta(minutes=9), True)


def test_nobody_is_told_of_what_the_senders_party_received() -> None:
    assert told(found(source(PAIR))) == []
    assert told(found(source(IDN_DESK)), found(source(PAIR))) == []


def test_nobody_is_told_of_what_is_public() -> None:
    assert told(found(source(IDN_DESK)), found(source("mps-desk-tha", Tlp.GREEN, by="THA"))) == []
    assert told(found(source(IDN_DESK, Tlp.CLEAR))) == []


def test_a_party_is_told_nothing_of_a_source_that_it_never_received() -> None:
    """ATTACK: one's own words posted again, to learn who keeps them."""
    copied = source(IDN_DESK, by="AUS IDN THA")
    assert told(found(copied)) == [("IDN", IDN_DESK)]


def test_the_rso_is_told_in_its_own_room() -> None:
    rso = desk_of(Party("RSO"), FLOOR, NETWORK)
    assert rso is not None
    assert rso.ceiling == {"RSO"}
    assert desk_of(Party("XXX"), FLOOR, NETWORK) is None


def test_a_marking_that_leaves_the_sender_out_by_now_is_not_told_to_them() -> None:
    """ATTACK: content that one received, tightened since, pasted to learn its new marking."""
    seen = sent(FLOOR, source(FLOOR, rel="AUS IDN"), by="bgd.secondee1")
    assert isinstance(seen, Refuse)
    assert dict(seen.parameters).get("originators") == "IDN"
    assert "marking" not in dict(seen.parameters)
    member = sent(FLOOR, source(PAIR, rel="AUS IDN"))
    assert isinstance(member, Refuse)
    assert "AUS" in dict(member.parameters)["marking"]
