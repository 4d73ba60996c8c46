"""The rule on a request that is typed where others read."""

from __future__ import annotations

import pytest

from rilon.application.choices import ChoiceKind
from rilon.application.offers import offer_of
from rilon.domain import marking_text
from rilon.domain.acts import Post, Relation, RelationKind, Unclear
from rilon.domain.request_numbers import numbered
from rilon.domain.verdicts import Accept, Code, Refuse, Verdict
from rilon.policy.evaluate import evaluate
from tests.policy_scene import NETWORK, TODAY, question, refusal, related

FLOOR = "mps-floor"
REFUSED = (Code.REQUEST_NOT_FOR_ALL, "rule1.request")


def typed(body: str, relation: Relation | None = None) -> Post:
    return Post(body, marking_text.read(body, NETWORK.vocabulary, TODAY), relation)


def verdict(body: str, room: str = FLOOR, relation: Relation | None = None) -> Verdict:
    asked = question(typed(body, relation), room, related=(related(),))
    return evaluate(asked, NETWORK)


@pytest.mark.parametrize(
    "body",
    [
        "!rfi",
        "!rfi IDN: where is the boat?",
        "!rfi IDN, MYS, THA, BGD and TLS: where is the boat?",
        "!rfi where is the boat?",
        "  ！RFI Indonesia: where is the boat?",
        "/rfi 🇮🇩 where is the boat?",
        "!minta IDN: kapal itu di mana?",
        "! rfi IDN: where is the boat?",
        "@steward:rilon.example !rfi IDN: where is the boat?",
        "!rfi Malaixia: where is the boat?",
        "!rfi AUS: where is the boat?",
        "!rfi all except MYS: where is the boat?",
        "TLP:GREEN // !rfi IDN: where is the boat?",
        "TLP:GREEN REL AUS,IDN // !rfi IDN: where is the boat?",
        "!rfi IDN:\n" + "where is the boat?\n" * 30,
        "!rfi all: " + "where is the boat? " * 500,
        "!rfi\u200b IDN: where is the boat?",
    ],
)
def test_a_request_that_does_not_ask_everyone_here_is_refused(body: str) -> None:
    assert refusal(verdict(body)) == REFUSED


NUMBER = numbered("mps", "7K3F")


@pytest.mark.parametrize("room", [FLOOR, "mps-aus-idn", "mps-coordination"])
@pytest.mark.parametrize(
    "body",
    [
        "!close {number} useful",
        "!withdraw {number}",
        "!note {number} she called",
        "!anything {number}",
        "TLP:GREEN // /requests #{number}",
        "! done: {number}, thank you",
        "!withdraw {spaced}",
    ],
)
def test_a_command_with_a_requests_number_is_refused_where_others_read(
    body: str, room: str
) -> None:
    """ATTACK by haste: who has the number on a card from somebody unnamed reads whose it is."""
    said = body.format(number=NUMBER, spaced=NUMBER.replace("-", " ").lower())
    found = evaluate(question(typed(said), room, "aus.focal1"), NETWORK)
    assert refusal(found) == (Code.COMMAND_NOT_HERE, "rule1.request")
    desk = evaluate(question(typed(said), "mps-desk-aus", "aus.focal1"), NETWORK)
    assert isinstance(desk, Accept)


@pytest.mark.parametrize("body", ["!withdraw", "!close useful", f"we answered {NUMBER} today"])
def test_other_words_about_requests_are_let_through(body: str) -> None:
    assert isinstance(verdict(body), Accept)


@pytest.mark.parametrize(
    "body",
    [
        "!rfi all: where is the boat?",
        "!rfi everyone urgent, danger to life: where is the boat?",
        "TLP:GREEN // !rfi IDN,MYS,THA,BGD,TLS,RSO: where is the boat?",
        "to ask one party, write !rfi IDN: and your words",
        "!rfinal report is ready",
        "the !rfi of Monday is answered",
        "!requests",
        "!who IDN",
    ],
)
def test_what_asks_everyone_or_is_no_request_is_delivered(body: str) -> None:
    assert isinstance(verdict(body), Accept)


@pytest.mark.parametrize("room", ["mps-desk-aus", "direct-aus.secondee1"])
def test_in_rooms_of_the_own_party_anything_may_be_asked(room: str) -> None:
    assert isinstance(verdict("!rfi IDN: where is the boat?", room), Accept)


def test_an_edit_into_a_request_is_refused_and_nothing_is_held() -> None:
    edit = Relation(RelationKind.EDIT, "$first")
    act = typed("!rfi IDN: where is the boat?", edit)
    asked = question(act, related=(related(sender="aus.secondee1"),))
    refused = evaluate(asked, NETWORK)
    assert refusal(refused) == REFUSED
    assert isinstance(refused, Refuse)
    assert offer_of(refused, asked, NETWORK) is None


def test_an_unclear_marking_is_told_as_what_it_is() -> None:
    act = Post("TLP:ORANGE // !rfi IDN: where?", Unclear("unknown_label"))
    assert refusal(evaluate(question(act), NETWORK))[0] is Code.MARKING_UNCLEAR


def test_the_refusal_holds_the_whole_draft_and_sends_nothing_anywhere() -> None:
    body = "TLP:GREEN // !rfi IDN: where is the boat?"
    asked = question(typed(body))
    refused = evaluate(asked, NETWORK)
    assert isinstance(refused, Refuse)
    offer = offer_of(refused, asked, NETWORK)
    assert offer is not None
    assert [one.kind for one in offer.choices] == [ChoiceKind.DISCARD]
    assert offer.held.text == body
    assert "boat" not in repr(offer)


def test_the_refusal_names_the_room_and_no_word_of_the_request() -> None:
    refused = verdict("!rfi IDN: where is the ZEBRACORN?")
    assert isinstance(refused, Refuse)
    assert dict(refused.parameters) == {"room": "Floor"}
