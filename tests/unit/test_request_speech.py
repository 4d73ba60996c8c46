"""How what is told of requests reads: every telling has its text, and none names who is hidden."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bots.steward.request_speech import RequestSentences
from rilon.application.request_tellings import Side, Telling
from rilon.application.request_values import Addressed, Standing, Words, WordsKind, WordsState
from rilon.domain.markings import Marking, Tlp
from rilon.domain.parties import Party, parties
from rilon.domain.request_course import Course, Mark, Progress
from rilon.domain.request_numbers import RequestNumber
from rilon.domain.request_reminders import Level, Reminder
from rilon.domain.request_steps import RequestCode
from rilon.domain.requests import STEWARD, Ground, Request, Urgency
from tests.policy_scene import NETWORK

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
AUS, IDN = Party("AUS"), Party("IDN")
NUMBER = RequestNumber("MPS-7K3F-4")
SPEECH = RequestSentences(lambda: AT)
REQUEST = Request(
    id="a" * 32,
    number=NUMBER,
    group="mps",
    officer="aus.focal1",
    party=AUS,
    marking=Marking(Tlp.AMBER, parties("AUS", "IDN"), originators=parties("AUS")),
    addressees=parties("IDN"),
    urgency=Urgency(Ground.LIFE),
    questions=("where is the ZEBRACORN?",),
)
MALAY_READER = NETWORK.officers["mys.focal1"]
GIVEN = {
    "number": str(NUMBER),
    "officer": "idn.focal1",
    "at": AT.isoformat(),
    "answer_by": AT.isoformat(),
    "acknowledge_by": AT.isoformat(),
    "marking": "TLP:AMBER REL IDN //",
    "code": "rel_excludes_room",
    "refusal": "c",
    "usefulness": "partly",
    "state": "sending",
    "source": "$source",
    "addressee": "IDN",
    "reminder": "half",
}
TOLD = {
    Side.REQUESTER: [
        Telling.ACKNOWLEDGED, Telling.ASSIGNED, Telling.DROPPED, Telling.NOT_SENT,
        Telling.NOT_RECEIVED, Telling.FINISHED, Telling.REFUSED, Telling.WITHDRAWN,
        Telling.CLOSED, Telling.TO_RATE, Telling.BEING_SENT, Telling.REMINDER, Telling.OVERLAP,
    ],
    Side.DESK: [
        Telling.ACKNOWLEDGED, Telling.ASSIGNED, Telling.PREVIEW, Telling.SENT_ON, Telling.DROPPED,
        Telling.NOT_SENT, Telling.NOT_RECEIVED, Telling.FINISHED, Telling.REFUSED,
        Telling.WITHDRAWN, Telling.CLOSED, Telling.BEING_SENT, Telling.REMINDER,
    ],
    Side.OFFICER: [Telling.ESCALATED, Telling.OVERLAP],
}  # fmt: skip
EVERY = [(side, telling) for side, tellings in TOLD.items() for telling in tellings]


def standing(**changed: Any) -> Standing:
    mark = Mark(STEWARD, AT)
    course = Course(replace(REQUEST, **changed), 1, (Progress(IDN, mark, delivered=mark),))
    desk = {IDN: Addressed(IDN, "mps-desk-idn", "$card")}
    return Standing(course, "mps-desk-aus", "$asked", desk)


def said(side: Side, telling: Telling, one: Standing, **given: str) -> str:
    parameters = {**GIVEN, "kind": "answer", **given}
    payload: dict[str, Any] = {
        "side": side.value,
        "text": telling.value,
        "addressee": "IDN",
        "parameters": parameters,
        "mention": [],
        "words": None,
    }
    return SPEECH.said(payload, one, MALAY_READER, NETWORK, AT).plain


@pytest.mark.parametrize(("side", "telling"), EVERY)
def test_every_telling_has_a_short_text_without_a_word_of_the_request(
    side: Side, telling: Telling
) -> None:
    text = said(side, telling, standing())
    assert 1 <= len(text.splitlines()) <= 3
    assert "{" not in text
    assert "ZEBRACORN" not in text


@pytest.mark.parametrize("telling", TOLD[Side.DESK])
def test_no_text_in_a_desk_names_a_hidden_requester(telling: Telling) -> None:
    text = said(Side.DESK, telling, standing(requester_hidden=True))
    assert not any(name in text for name in ("Australia", "AUS", "aus.focal1"))


@pytest.mark.parametrize("kind", [one for one in WordsKind if one.to_desk])
def test_no_heading_in_a_desk_names_a_hidden_requester(kind: WordsKind) -> None:
    text = SPEECH.heading(words(kind), standing(requester_hidden=True), None, NETWORK).plain
    assert str(NUMBER) in text
    assert not any(name in text for name in ("Australia", "AUS", "aus.focal1"))


@pytest.mark.parametrize("kind", [one for one in WordsKind if not one.to_desk])
def test_no_heading_names_an_officer_who_is_hidden(kind: WordsKind) -> None:
    shown = SPEECH.heading(words(kind), standing(), None, NETWORK).plain
    hidden = SPEECH.heading(words(kind), standing(answerers_hidden=True), None, NETWORK).plain
    assert "Indonesia" in shown
    assert "Indonesia" in hidden
    assert "Focal point" not in hidden


def test_a_delay_says_until_when() -> None:
    text = SPEECH.heading(words(WordsKind.DELAY), standing(), MALAY_READER, NETWORK).plain
    assert "needs more time, until 2026-11-23 11:00 UTC+08 (03:00 UTC)" in text


@pytest.mark.parametrize("kind", list(WordsKind))
def test_a_heading_holds_no_marking_and_no_words(kind: WordsKind) -> None:
    """It stands before the marking: a label in it would be read as the message's."""
    text = SPEECH.heading(words(kind), standing(), None, NETWORK).plain
    assert "TLP" not in text
    assert "//" not in text
    assert "ZEBRACORN" not in text


@pytest.mark.parametrize("step", [*Reminder, *Level])
def test_every_step_of_the_clock_is_said(step: str) -> None:
    if step is Reminder.CLARIFICATION or step is Reminder.CLOSING:
        return
    key = "escalation" if isinstance(step, Level) else "reminder"
    text = said(Side.DESK, Telling.REMINDER, standing(), **{key: step})
    assert str(NUMBER) in text


@pytest.mark.parametrize("code", list(RequestCode))
def test_every_no_of_a_deed_is_said(code: RequestCode) -> None:
    given = {"code": code.value, "to": "idn.focal2", "by": "idn.focal1", "days": "30"}
    text = said(Side.DESK, Telling.NO, standing(), **given, parties="IDN", party="IDN")
    assert len(text.splitlines()) == 1


def words(kind: WordsKind) -> Words:
    return Words(
        id="w" * 32,
        request=REQUEST.id,
        addressee=IDN,
        kind=kind,
        sender="@aus.focal1:x.test" if kind.to_desk else "@idn.focal1:x.test",
        source_event="$source",
        room="mps-desk-idn" if kind.to_desk else "mps-desk-aus",
        root=None,
        marking="TLP:AMBER REL AUS,IDN //",
        state=WordsState.SENDING,
        text="where is the ZEBRACORN?",
        until=AT,
    )
