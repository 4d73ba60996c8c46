"""What a refusal offers, and what a tap or a reply names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bots.steward.choosing import relayed_content
from rilon.application.choices import (
    DISCARD_SIGN,
    SEND_SIGNS,
    Choice,
    ChoiceKind,
    choice_named,
    from_json,
    sign_named,
    signs_of,
    to_json,
)
from rilon.application.held import Held, HeldText, Offer
from rilon.application.offers import MOST_HELD, MOST_LINES, judge_choice, offer_of
from rilon.domain import marking_text
from rilon.domain.acts import Attachment, Post, Relation, RelationKind
from rilon.domain.markings import Marking, Tlp, WrittenMarking
from rilon.domain.parties import parties
from rilon.domain.verdicts import Accept, Code, Refuse
from rilon.policy.evaluate import evaluate
from rilon.policy.question import Related
from rilon.wire.emoji import is_emoji
from rilon.wire.messages import read_message
from tests.policy_scene import NETWORK, NOW, TODAY, carried, decide, question, related

BOTH, FLOOR = "mps-aus-idn", "mps-floor"
DISCARD = Choice(ChoiceKind.DISCARD)


def said(body: str, relation: Relation | None = None) -> Post:
    return Post(body, marking_text.read(body, NETWORK.vocabulary, TODAY), relation)


def offered(
    body: str,
    room: str = FLOOR,
    officer: str = "aus.secondee1",
    code: Code | None = None,
    relation: Relation | None = None,
    answered: tuple[Related, ...] = (),
) -> Offer | None:
    asked = question(said(body, relation), room, officer, related=answered)
    verdict = evaluate(asked, NETWORK)
    assert isinstance(verdict, Refuse), verdict
    assert code is None or verdict.code is code
    return offer_of(verdict, asked, NETWORK)


def sends(offer: Offer | None) -> list[tuple[str, str, str]]:
    assert offer is not None
    assert offer.choices[-1] == DISCARD
    return [(one.kind.value, one.room, one.marking) for one in offer.choices[:-1]]


def reply(target: str = "$first") -> Relation:
    return Relation(RelationKind.REPLY, target)


# --- drafts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "draft"),
    [
        ("!rfi IDN: Has it left?", "TLP:AMBER+STRICT ORCON PROTECT THA // !rfi IDN: Has it left?"),
        (
            "TLP:RED REL AUS,IDN // !rfi IDN: Has it left?",
            "TLP:RED REL AUS,IDN ORCON PROTECT THA // !rfi IDN: Has it left?",
        ),
    ],
)
def test_the_draft_of_a_request_keeps_the_marking_of_what_it_answers(body: str, draft: str) -> None:
    """ATTACK: `!rfi` as a reply, to ask on what was marked strictly under a marking of its own."""
    theirs = carried(
        Tlp.AMBER_STRICT,
        "AUS BGD IDN MYS THA TLS RSO",
        originators=parties("MYS"),
        protect=parties("THA"),
        caveats=frozenset({"ORCON"}),
    )
    offer = offered(
        body, code=Code.REQUEST_NOT_FOR_ALL, relation=reply(), answered=(related(marking=theirs),)
    )
    assert offer is not None
    assert offer.held.text == draft
    assert offer.choices == (DISCARD,)


# --- which choices -------------------------------------------------------------------------------


def test_a_text_for_two_parties_is_offered_to_the_room_of_exactly_these() -> None:
    offer = offered("REL AUS,IDN // boat at the jetty", code=Code.REL_EXCLUDES_ROOM)
    assert sends(offer) == [("send_to", BOTH, "TLP:AMBER REL AUS,IDN //")]
    assert offer is not None
    assert offer.held.text == "boat at the jetty"


def test_where_no_room_has_exactly_these_parties_one_is_opened_or_it_is_the_widest_within() -> None:
    offer = offered("TLP:GREEN REL AUS,IDN,MYS // boat", code=Code.REL_EXCLUDES_ROOM)
    assert sends(offer) == [
        ("send_to", "mps-aus+idn+mys", "TLP:GREEN REL AUS,IDN,MYS //"),
        ("send_to", BOTH, "TLP:GREEN REL AUS,IDN,MYS //"),
    ]


def test_parties_that_are_protected_from_are_in_no_room_that_is_opened() -> None:
    offer = offered("TLP:AMBER PROTECT THA // a witness", code=Code.PROTECTED_FROM_PARTY)
    (first, *_) = sends(offer)
    assert first[1] == "mps-aus+bgd+idn+mys+tls+rso"


def test_no_room_is_opened_where_policy_has_none() -> None:
    (group,) = NETWORK.documents.groups
    none = group.on_demand.model_copy(update={"compartments": None})
    closed = group.model_copy(update={"on_demand": none})
    documents = NETWORK.documents.model_copy(update={"groups": (closed,)})
    network = replace(NETWORK, documents=documents)
    asked = question(said("REL AUS,THA // boat"), network=network)
    verdict = evaluate(asked, network)
    assert isinstance(verdict, Refuse)
    assert sends(offer_of(verdict, asked, network)) == [
        ("send_to", "mps-desk-aus", "TLP:AMBER REL AUS,THA //")
    ]


def test_anothers_words_above_amber_open_no_room() -> None:
    """ATTACK: a tap in the place of the originator's consent."""
    theirs = carried(Tlp.AMBER_STRICT, "AUS IDN MYS", explicit_rel=True, originators=parties("IDN"))
    offer = offered(
        "REL AUS,IDN,MYS // seen too", relation=reply(), answered=(related(marking=theirs),)
    )
    assert offer is None


def test_a_room_in_which_the_sender_isnt_is_never_offered() -> None:
    offer = offered("REL AUS,THA // boat", code=Code.REL_EXCLUDES_ROOM)
    assert sends(offer) == [
        ("send_to", "mps-aus+tha", "TLP:AMBER REL AUS,THA //"),
        ("send_to", "mps-desk-aus", "TLP:AMBER REL AUS,THA //"),
    ]
    # The originator is always among those who may read it.
    assert sends(offered("REL AUS,IDN // boat", officer="rso.analyst1")) == [
        ("send_to", "mps-aus+idn+rso", "TLP:AMBER REL AUS,IDN,RSO //")
    ]


def test_an_unclear_marking_is_offered_in_its_nearest_form() -> None:
    offer = offered("TLP:ORANGE // boat", code=Code.MARKING_UNCLEAR)
    assert sends(offer) == [("send_as", FLOOR, "TLP:AMBER //")]


def test_an_unclear_marking_that_doesnt_fit_the_room_is_offered_to_another() -> None:
    offer = offered("TLP:ORANGE REL AUS,IDN // boat", code=Code.MARKING_UNCLEAR)
    assert sends(offer) == [("send_to", BOTH, "TLP:AMBER REL AUS,IDN //")]


def test_the_nearest_form_of_one_line_never_lowers_another() -> None:
    """ATTACK: a clear RED line, and an unclear one whose nearest form is AMBER."""
    body = "TLP:RED // who told us\nTLP:ORANGE // boat"
    for _, _, marking in sends(offered(body, code=Code.MARKING_UNCLEAR)):
        assert marking == "TLP:RED //"


@pytest.mark.parametrize(
    "body",
    [
        "vessel TLP:AMBER left",
        "TLP:AMBER//REL AUS//x",
        "TLP: reed bed near the harbour",
        "TLP:AMBER EXP tomorrow // x",
        "TLP:AMBER PROTECT XYZ // a witness",
        "TLP:AMBER PROTECT THA,XYZ // a witness",
        "TLP:AMBER GRADE Z9 // x",
        "TLP:AM\u200bBER // boat",
    ],
)
def test_where_the_marking_ends_is_never_guessed(body: str) -> None:
    assert offered(body, code=Code.MARKING_UNCLEAR) is None


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("TLP:AMBER ORCON vessel left", "vessel left"),
        ("tlp amber boat https://x.y/z", "boat https://x.y/z"),
        ("Anna: TLP:ORANGE // boat", "Anna: boat"),
        ("[TLP:AMBER] boat", "boat"),
        ("TLP:AMBER EXP 31/12/2026 // boat", "boat"),
    ],
)
def test_no_word_of_the_text_is_lost_with_its_unclear_marking(body: str, left: str) -> None:
    offer = offered(body, code=Code.MARKING_UNCLEAR)
    assert offer is not None
    assert offer.held.text == left


def test_a_marking_that_is_too_wide_is_offered_as_that_of_what_it_answers() -> None:
    answered = related(marking=carried(Tlp.AMBER, "AUS IDN", explicit_rel=True))
    offer = offered(
        "TLP:GREEN REL AUS,IDN // seen too",
        BOTH,
        code=Code.MARKING_TOO_WIDE,
        relation=reply(),
        answered=(answered,),
    )
    assert sends(offer) == [("send_as", BOTH, "TLP:AMBER REL AUS,IDN //")]
    assert offer is not None
    assert offer.held.relation == reply()


def test_a_missing_declaration_is_offered_both_ways() -> None:
    floor = replace(NETWORK.rooms[FLOOR], needs_declaration=True)
    network = replace(NETWORK, rooms={**NETWORK.rooms, FLOOR: floor})
    asked = question(said("TLP:AMBER // boat"), network=network)
    verdict = evaluate(asked, network)
    assert isinstance(verdict, Refuse)
    assert verdict.code is Code.DECLARATION_NEEDED
    offer = offer_of(verdict, asked, network)
    assert sends(offer) == [
        ("send_as", FLOOR, "TLP:AMBER PD //"),
        ("send_as", FLOOR, "TLP:AMBER NOPD //"),
    ]


def test_a_telephone_number_is_offered_with_its_declaration_and_no_other() -> None:
    offer = offered("TLP:AMBER // call +61 412 345 678", code=Code.PERSONAL_DATA_FOUND)
    assert sends(offer) == [("send_as", FLOOR, "TLP:AMBER PD //")]
    contradicted = offered("TLP:AMBER NOPD // call +61 412 345 678", code=Code.PERSONAL_DATA_FOUND)
    assert sends(contradicted) == [("send_as", FLOOR, "TLP:AMBER PD //")]


def test_a_quotation_that_none_sees_as_one_is_not_made_one() -> None:
    """ATTACK: a `>` after a vertical tab, which a line break in its place would make quote."""
    assert offered("REL AUS,IDN // a\x0b> b") is None


def test_a_text_that_comes_with_a_file_is_not_offered() -> None:
    asked = question(said("REL AUS,IDN // boat"))
    verdict = evaluate(asked, NETWORK)
    assert isinstance(verdict, Refuse)
    file = Attachment("x.test", "abc", b"k" * 32, b"c" * 16, b"d" * 32, "image/png")
    act = replace(said("REL AUS,IDN // boat"), files=(file,))
    assert offer_of(verdict, replace(asked, act=act), NETWORK) is None


def test_red_goes_to_a_room_that_is_open_to_it() -> None:
    offer = offered("TLP:RED // who told us", code=Code.RED_NOT_OPEN)
    (choice,) = sends(offer)
    assert NETWORK.rooms[choice[1]].opens_to_red


@pytest.mark.parametrize(
    ("body", "code"),
    [("TLP:AMBER EXP 2020-01-01 // boat", Code.EXPIRED), ("REL IDN //", Code.REL_EXCLUDES_ROOM)],
)
def test_what_one_tap_cant_mend_has_no_choices(body: str, code: Code) -> None:
    assert offered(body, code=code) is None


def test_a_refusal_of_another_kind_has_no_choices_whatever_it_relates_to() -> None:
    assert offered("boat", code=Code.RELATION_UNKNOWN, relation=reply("$unknown")) is None
    assert offered("boat", "mps-bulletins", code=Code.READ_ONLY) is None


def test_an_edit_is_never_offered() -> None:
    edit = Relation(RelationKind.EDIT, "$own")
    own = related("$own", "aus.secondee1")
    assert offered("REL AUS,IDN // changed", relation=edit, answered=(own,)) is None


def test_a_very_long_text_is_not_held() -> None:
    marking = "REL AUS,IDN // "
    assert offered(marking + "x" * (MOST_HELD - len(marking))) is not None
    assert offered(marking + "x" * (MOST_HELD - len(marking) + 1)) is None
    assert offered(marking + "\n".join("x" * MOST_LINES)) is not None
    assert offered(marking + "\n".join("x" * (MOST_LINES + 1))) is None


def test_the_grade_stays() -> None:
    offer = offered("TLP:AMBER REL AUS,IDN GRADE B2 // boat")
    assert sends(offer) == [("send_to", BOTH, "TLP:AMBER REL AUS,IDN GRADE B2 //")]


@pytest.mark.parametrize("body", ["REL AUS,IDN // boat", "TLP:ORANGE // boat", "TLP:RED // boat"])
def test_what_is_offered_would_be_accepted_and_reads_as_it_says(body: str) -> None:
    offer = offered(body)
    assert offer is not None
    for choice in offer.choices[:-1]:
        again = said(f"{choice.marking} {offer.held.text}")
        verdict = decide(again, choice.room)
        assert isinstance(verdict, Accept)
        assert isinstance(again.marking, WrittenMarking)
        assert marking_text.write(again.marking) == choice.marking


# --- what it answers goes along ------------------------------------------------------------------


def answer_elsewhere(marking: Marking) -> Offer | None:
    return offered(
        "REL AUS,IDN // for you alone",
        relation=reply(),
        answered=(related(marking=marking),),
    )


def test_an_answer_taken_elsewhere_still_carries_what_it_answers() -> None:
    """ATTACK: an answer sent to another room, where the message that it answers isn't."""
    foreign = carried(Tlp.AMBER, originators=parties("IDN"))
    offer = answer_elsewhere(foreign)
    assert sends(offer) == [("send_to", BOTH, "TLP:AMBER REL AUS,IDN //")]
    assert offer is not None
    asked = question(said("x"), BOTH)
    written = marking_text.read(offer.choices[0].marking, NETWORK.vocabulary, TODAY)
    assert isinstance(written, WrittenMarking)
    verdict = judge_choice(offer.choices[0], written, offer.held, asked, NETWORK)
    assert isinstance(verdict, Accept)
    assert verdict.effective is not None
    assert verdict.effective.originators == parties("AUS", "IDN")
    wider = judge_choice(
        offer.choices[0], replace(written, tlp=Tlp.GREEN), offer.held, asked, NETWORK
    )
    assert isinstance(wider, Refuse)
    assert wider.code is Code.MARKING_TOO_WIDE


@pytest.mark.parametrize(
    "marking",
    [
        carried(Tlp.AMBER_STRICT, originators=parties("IDN")),
        carried(Tlp.AMBER, originators=parties("IDN"), caveats=frozenset({"ORCON"})),
    ],
)
def test_what_answers_anothers_strict_words_is_not_offered_elsewhere(marking: Marking) -> None:
    assert answer_elsewhere(marking) is None


def test_what_answers_the_partys_own_strict_words_is() -> None:
    own = carried(Tlp.AMBER_STRICT, originators=parties("AUS"))
    assert sends(answer_elsewhere(own)) == [("send_to", BOTH, "TLP:AMBER+STRICT REL AUS,IDN //")]


# --- what is chosen ------------------------------------------------------------------------------

TWO = (Choice(ChoiceKind.SEND_TO, BOTH, "m"), DISCARD)


def test_every_sign_is_an_emoji_that_the_gate_lets_in() -> None:
    assert all(is_emoji(sign) for sign in (*SEND_SIGNS, DISCARD_SIGN))


@pytest.mark.parametrize(
    ("reply_text", "place"),
    [
        ("1", 0),
        (" 1. ", 0),
        ("1️⃣", 0),
        ("1\u20e3", 0),
        ("🗑️", 1),
        ("🗑", 1),
        ("Discard", 1),
        ("buang", 1),
        ("2", None),
        ("11", None),
        ("send", None),
        ("", None),
        ("1 boat at the jetty", None),
    ],
)
def test_a_reply_names_a_choice_by_number_sign_or_word(reply_text: str, place: int | None) -> None:
    sign = sign_named(reply_text)
    assert (None if sign is None else choice_named(sign, TWO)) == place


def test_signs_go_by_the_order_of_the_card() -> None:
    assert signs_of(TWO) == (SEND_SIGNS[0], DISCARD_SIGN)


def test_choices_come_back_from_the_database_as_they_were() -> None:
    assert from_json(to_json(TWO)) == TWO


# --- what is posted -----------------------------------------------------------------------------


def held_by(officer: str, offer: Offer) -> Held:
    return Held(
        b"i" * 32,
        f"@{officer}:x.test",
        "D",
        FLOOR,
        offer.choices,
        NOW,
        "$card",
        0,
        None,
        None,
        offer.held,
    )


@pytest.mark.parametrize(
    "body",
    [
        "REL AUS,IDN // boat <b>& more</b>\n\nsecond line",
        "REL AUS,IDN // > quoted\nand said",
        "TLP:ORANGE // boat\nTLP:ORANGE // crew",
        "REL AUS,IDN // https://example.org/a//b seen",
    ],
)
def test_what_is_posted_is_an_ordinary_message_that_reads_as_it_is_marked(body: str) -> None:
    offer = offered(body)
    assert offer is not None
    choice = offer.choices[0]
    content = relayed_content(held_by("aus.secondee1", offer), choice, offer.held, NETWORK, NOW)
    post = read_message(content, None, NETWORK.vocabulary, TODAY)
    assert isinstance(post.marking, WrittenMarking)
    assert marking_text.write(post.marking) == choice.marking
    first, second = content["body"].split("\n")[:2]
    assert first == "Secondee 1 · AUS (Australia) writes, sent by the steward:"
    assert second.startswith(choice.marking)
    assert content["body"].endswith(offer.held.text)


def test_nothing_is_posted_that_would_read_otherwise() -> None:
    """ATTACK: a held text that carries a marking of its own all the same."""
    offer = offered("REL AUS,IDN // boat")
    assert offer is not None
    held, choice = held_by("aus.secondee1", offer), offer.choices[0]
    with pytest.raises(ValueError, match="doesn't read"):
        relayed_content(held, choice, HeldText("boat\nTLP:RED // all"), NETWORK, NOW)


def test_a_long_text_is_posted_without_its_second_form() -> None:
    offer = offered("REL AUS,IDN // " + "&" * 15_000)
    assert offer is not None
    content = relayed_content(
        held_by("aus.secondee1", offer), offer.choices[0], offer.held, NETWORK, NOW
    )
    assert "formatted_body" not in content


def test_neither_the_text_nor_its_relation_shows_in_a_repr() -> None:
    offer = offered("REL AUS,IDN // zebracorn")
    assert offer is not None
    assert "zebracorn" not in repr(offer) + repr(held_by("aus.secondee1", offer))
