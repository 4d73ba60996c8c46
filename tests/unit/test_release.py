"""Release: what a card offers of it, what an answer in a desk means, and what consent covers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rilon.application.choices import Choice, ChoiceKind, from_json, to_json
from rilon.application.consents import agreed_part, grants_of, judge_released, marking_of_release
from rilon.application.held import Consent, HeldText
from rilon.application.release import asking_of, release_offer
from rilon.application.release_steps import Answer, answer_said, answer_tapped, part_of
from rilon.domain import marking_text
from rilon.domain.acts import Post, Relation, RelationKind
from rilon.domain.markings import Tlp
from rilon.domain.officers import Role
from rilon.domain.parties import Party, parties
from rilon.domain.verdicts import Accept, Refuse
from rilon.policy.evaluate import evaluate
from rilon.policy.question import Question, Source
from rilon.policy.release import ReleaseRules, may_release
from rilon.storage.marking_json import from_json as marking_from_json
from rilon.storage.marking_json import to_json as marking_to_json
from tests.policy_scene import NETWORK, TODAY, a_day, carried, question, related, written
from tests.unit.test_source_rules import AUS_DESK, FLOOR, IDN_DESK, PAIR, source

TEXT = "the grey trawler changes its crew behind the bank, and then goes home"
SENDER = "@aus.secondee1:rilon.example"
GRANTER = "@idn.focal1:rilon.example"
EVERYONE = "REL AUS,BGD,IDN,MYS,THA,TLS,RSO"


def asked(*sources: Source, room: str = FLOOR, body: str = TEXT, **changes: Any) -> Question:
    marking = marking_text.read(body, NETWORK.vocabulary, TODAY)
    return question(Post(body, marking), room, sources=sources, **changes)


def offered(*sources: Source, **changes: Any) -> tuple[list[Choice], tuple[str, ...]]:
    one = asked(*sources, **changes)
    verdict = evaluate(one, NETWORK)
    assert isinstance(verdict, Refuse), verdict
    offer, unfit = release_offer(verdict, one, NETWORK)
    return ([] if offer is None else list(offer.choices)), unfit


# --- what is offered -----------------------------------------------------------------------------


def test_what_another_party_wrote_more_narrowly_is_offered_to_be_asked_for() -> None:
    choices, _ = offered(source(PAIR, rel="AUS"))
    assert choices == [
        Choice(ChoiceKind.ASK_RELEASE, FLOOR, f"TLP:AMBER {EVERYONE} //", "", "IDN"),
        Choice(ChoiceKind.DISCARD),
    ]


def test_orcon_is_asked_for_whatever_the_label() -> None:
    orcon = source(PAIR, Tlp.GREEN, caveats=frozenset({"ORCON"}))
    (ask, _), _ = offered(orcon, room=AUS_DESK)
    assert ask.kind is ChoiceKind.ASK_RELEASE
    assert "ORCON" in ask.marking


def test_every_originator_but_the_senders_party_is_asked() -> None:
    joint = source(FLOOR, Tlp.AMBER_STRICT, by="AUS IDN THA")
    (ask, _), _ = offered(joint, room=PAIR)
    assert ask.asks == "IDN,THA"


def test_ones_own_narrower_content_is_offered_to_be_released_here() -> None:
    (here, _), _ = offered(source(PAIR, by="AUS", rel="IDN"))
    assert here == Choice(ChoiceKind.RELEASE_HERE, FLOOR, f"TLP:AMBER {EVERYONE} //")


def test_own_red_is_released_under_the_label_of_the_post_where_red_may_not_be() -> None:
    (here, _), _ = offered(source(AUS_DESK, Tlp.RED, by="AUS"), body=f"TLP:GREEN // {TEXT}")
    assert (here.kind, here.own) == (ChoiceKind.RELEASE_HERE, "TLP:GREEN //")
    assert here.marking.startswith("TLP:GREEN")


def test_one_tap_never_lifts_a_protection() -> None:
    protected = source(AUS_DESK, by="AUS", protect=parties("BGD"))
    assert offered(protected) == ([], ())


def test_content_past_its_day_is_not_offered() -> None:
    assert offered(source(PAIR, rel="AUS", expires=a_day("2026-05-31"))) == ([], ())


def test_a_text_that_may_not_be_in_the_desk_isnt_asked_for_and_the_card_says_whose() -> None:
    """ATTACK: a request that carries Thailand's words to Indonesia."""
    theirs = source(FLOOR, Tlp.AMBER_STRICT, by="THA", passages=frozenset({2}))
    assert offered(source(PAIR, rel="AUS"), theirs) == ([], ("IDN",))


def test_what_it_answers_goes_along_to_the_desk_or_nothing_does() -> None:
    """ATTACK: an answer to Thailand's ORCON content, shown to Indonesia."""
    first = related(
        sender="tha.focal1",
        marking=carried(caveats=frozenset({"ORCON"}), originators=parties("THA")),
    )
    body = Post(TEXT, None, Relation(RelationKind.REPLY, "$first"))
    one = question(body, FLOOR, sources=(source(PAIR, rel="AUS"),), related=(first,))
    verdict = evaluate(one, NETWORK)
    assert isinstance(verdict, Refuse)
    assert release_offer(verdict, one, NETWORK) == (None, ("IDN",))


def test_an_originator_who_stayed_unnamed_is_asked_and_not_named() -> None:
    secret = source(PAIR, rel="AUS", unnamed=parties("IDN"))
    one = asked(secret)
    verdict = evaluate(one, NETWORK)
    assert isinstance(verdict, Refuse)
    assert "IDN" not in dict(verdict.parameters).get("originators", "")
    offer, _ = release_offer(verdict, one, NETWORK)
    assert offer is not None
    assert offer.choices[0].asks == "?"


def test_the_choices_of_release_survive_the_database() -> None:
    choices, _ = offered(source(PAIR, rel="AUS"), body=f"TLP:AMBER H1 // {TEXT}")
    assert choices[0].own == "TLP:AMBER H1 //"
    assert from_json(to_json(tuple(choices))) == tuple(choices)
    marking = source(PAIR, unnamed=parties("IDN")).marking
    assert marking_from_json(marking_to_json(marking)) == marking


# --- what is shown -------------------------------------------------------------------------------


def test_it_is_shown_under_a_marking_as_restricted_as_all_that_is_in_it() -> None:
    one = asked(source(PAIR, Tlp.RED, rel="AUS", caveats=frozenset({"ORCON"})))
    asking = asking_of(HeldText(TEXT), None, one, NETWORK)
    assert asking is not None
    (consent,) = asking.asked
    assert consent.desk == IDN_DESK
    assert consent.shown_marking == "TLP:RED REL AUS,IDN ORCON //"
    assert not asking.fits


# --- what an answer means ------------------------------------------------------------------------


def said(body: str) -> Answer | None:
    return answer_said(body, HeldText(TEXT), NETWORK.vocabulary, TODAY)


@pytest.mark.parametrize("word", ["✅", "release", "Lepaskan.", " RELEASE "])
def test_a_word_or_a_sign_grants(word: str) -> None:
    assert said(word) == Answer(True)


@pytest.mark.parametrize("word", ["❌", "decline", "Tolak!"])
def test_a_word_or_a_sign_declines(word: str) -> None:
    assert said(word) == Answer(False)


@pytest.mark.parametrize("word", ["🎭", "anonymous", "Anonim."])
def test_a_word_or_a_sign_leaves_the_party_unnamed(word: str) -> None:
    assert said(word) == Answer(True, unnamed=True)


def test_a_marking_alone_is_for_the_whole_text() -> None:
    assert said("tlp: green rel aus, idn //") == said("TLP:GREEN REL AUS,IDN //")
    assert said("TLP:GREEN REL AUS,IDN //") == Answer(True, marking="TLP:GREEN REL AUS,IDN //")
    assert said("TLP:GREEN") == Answer(True, marking="TLP:GREEN //")
    assert said("anonymous TLP:GREEN //") == Answer(True, True, "TLP:GREEN //")


def test_words_of_the_text_release_just_these() -> None:
    begin = TEXT.index("changes")
    span = (begin, TEXT.index(" behind"))
    assert said("changes its  crew") == Answer(True, part=span)
    assert said("anonymous: changes its crew") == Answer(True, True, part=span)
    assert said("TLP:AMBER // changes its crew") == Answer(True, False, "TLP:AMBER //", span)


@pytest.mark.parametrize(
    "talk",
    [
        "yes",
        "no",
        "ok",
        "the grey",
        "trawler",
        "hanges its cre",
        "changes its crews",
        "who is asking for this?",
        "TLP:ORANGE //",
        "TLP:GREEN // nobody wrote this",
        "",
        ".",
        "anonymous talk about it",
    ],
)
def test_talk_under_the_card_releases_nothing(talk: str) -> None:
    """ATTACK, and mishap: `ok` stands in many texts."""
    assert said(talk) is None


def test_a_part_that_stands_there_twice_is_no_answer() -> None:
    assert part_of("all quiet here", "all quiet here, and all quiet here") is None


@pytest.mark.parametrize("key", ["👍", "1️⃣", "✔️", "✅✅", "🗑️"])
def test_other_taps_mean_nothing(key: str) -> None:
    assert answer_tapped(key) is None


def test_of_several_parts_the_one_within_the_others_is_agreed() -> None:
    assert agreed_part(50, [None, (10, 30), (12, 20)]) == (12, 20)
    assert agreed_part(50, [(12, 20), (10, 30), None]) == (12, 20)
    assert agreed_part(50, [(0, 20), (10, 30)]) is None
    assert agreed_part(50, [None, None]) == (0, 50)


# --- who may, and what it covers -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("idn.focal1", True),
        ("idn.secondee1", False),
        ("idn.chair1", False),
        ("tha.focal1", False),
        ("rso.coordinator1", False),
    ],
)
def test_who_answers_for_a_party(name: str, may: bool) -> None:
    officer = NETWORK.officers[name]
    assert may_release(NETWORK.releases, officer, Party("IDN"), TODAY) is may


def test_nobody_answers_after_their_term() -> None:
    officer = replace(NETWORK.officers["idn.focal1"], term_until=TODAY - timedelta(days=1))
    assert not may_release(ReleaseRules(), officer, Party("IDN"), TODAY)


def consent(one: Source, **changes: Any) -> Consent:
    made = Consent(
        Party("IDN"),
        ((one.identity, one.marking),),
        desk=IDN_DESK,
        state="granted",
        marking=f"TLP:AMBER {EVERYONE} //",
        by=GRANTER,
        admitted=True,
    )
    return replace(made, **changes)


def grants(*consents: Consent, network: Any = NETWORK) -> int:
    room = NETWORK.rooms[FLOOR]
    return len(grants_of(consents, room, frozenset({1}), SENDER, network, TODAY))


def test_only_what_was_granted_by_who_still_may_is_a_grant() -> None:
    one = source(PAIR, rel="AUS")
    assert grants(consent(one)) == 1
    assert grants(consent(one, state="asked")) == 0
    assert grants(consent(one, state="declined")) == 0
    assert grants(consent(one, admitted=False)) == 0
    assert grants(consent(one, by="@idn.secondee1:rilon.example")) == 0
    assert grants(consent(one, by="@tha.focal1:rilon.example")) == 0
    assert grants(consent(one, by="@idn.gone9:rilon.example")) == 0
    assert grants(consent(one, by=SENDER)) == 0
    assert grants(consent(one, marking="TLP:AMBER EXP 2026-05-31 //")) == 0
    chairs = replace(NETWORK, releases=ReleaseRules(frozenset({Role.CHAIR})))
    assert grants(consent(one), network=chairs) == 0


def test_the_senders_own_consent_is_for_the_own_party_alone() -> None:
    own = source(PAIR, by="AUS", rel="IDN")
    assert grants(consent(own, party=Party("AUS"), by=SENDER, admitted=False)) == 1
    assert grants(consent(own, party=Party("AUS"), by="@aus.secondee2:x", admitted=True)) == 0


def test_what_the_sender_wrote_is_not_lowered_by_another_partys_grant() -> None:
    """ATTACK, and mishap: Indonesia says GREEN of what Australia also wrote into it, as RED."""
    one = source(PAIR, rel="AUS")
    held, asks = HeldText(TEXT), asked(one)
    given = grants_of(
        [consent(one, marking="TLP:GREEN //")],
        NETWORK.rooms[FLOOR],
        frozenset({1}),
        SENDER,
        NETWORK,
        TODAY,
    )
    with_grants = replace(asks, grants=given)
    strict = written(Tlp.AMBER_STRICT)
    assert marking_of_release(held, strict, with_grants).tlp is Tlp.AMBER_STRICT
    marking = marking_of_release(held, None, with_grants)
    assert marking.tlp is Tlp.GREEN
    verdict = judge_released(marking, held, with_grants, NETWORK)
    assert isinstance(verdict, Accept)
    assert verdict.effective is not None
    assert verdict.effective.originators == parties("AUS", "IDN")


def test_an_unnamed_originator_outside_the_room_isnt_named_in_rel() -> None:
    one = source(FLOOR, Tlp.AMBER_STRICT, by="THA")
    thai = consent(
        one,
        party=Party("THA"),
        by="@tha.focal1:x",
        marking="TLP:AMBER REL AUS,IDN,THA //",
        unnamed=True,
    )
    room = NETWORK.rooms[PAIR]
    given = grants_of([thai], room, frozenset({1}), SENDER, NETWORK, TODAY)
    marking = marking_of_release(HeldText(TEXT), None, replace(asked(one, room=PAIR), grants=given))
    assert marking.rel == parties("AUS", "IDN")
