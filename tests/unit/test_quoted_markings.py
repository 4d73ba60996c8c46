"""A marking within a quotation restricts the message that quotes it, and never opens it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rilon.domain.acts import Post, Undecodable
from rilon.domain.verdicts import Accept, Code, Refuse, Verdict
from rilon.policy.evaluate import evaluate
from rilon.wire.decode import decode_plaintext
from rilon.wire.envelope import read_envelope
from tests.policy_scene import NETWORK, TODAY, question, user_id

WHO = "aus.secondee1"


def verdict_on(body: str, formatted: str | None = None, room: str = "mps-floor") -> Verdict:
    content: dict[str, Any] = {"msgtype": "m.text", "body": body}
    if formatted is not None:
        content |= {"format": "org.matrix.custom.html", "formatted_body": formatted}
    sealed = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgA", "session_id": "A" * 43}
    event = {
        "event_id": "$e", "room_id": "!r:x", "type": "m.room.encrypted", "sender": user_id(WHO),
        "origin_server_ts": 1, "content": sealed,
    }  # fmt: skip
    payload = {"type": "m.room.message", "room_id": "!r:x", "content": content}
    act = decode_plaintext(
        read_envelope(event), json.dumps(payload).encode(), NETWORK.vocabulary, TODAY
    )
    if isinstance(act, Undecodable):
        return Refuse(act.code, "rule2.decodes")
    assert isinstance(act, Post), act
    return evaluate(question(act, room, WHO), NETWORK)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("> TLP:AMBER REL AUS,IDN // hull", Code.REL_EXCLUDES_ROOM),
        ("> REL AUS,IDN // hull", Code.REL_EXCLUDES_ROOM),
        ("> TLP:RED // hull", Code.RED_NOT_OPEN),
        (">TLP:RED REL AUS // hull", Code.REL_EXCLUDES_ROOM),
        (">> TLP:RED hull", Code.RED_NOT_OPEN),
        ("> > TLP:RED hull", Code.RED_NOT_OPEN),
        ("  > TLP:RED hull", Code.RED_NOT_OPEN),
        ("> TLP:AMBER REL AUS,IDN //\nhull", Code.REL_EXCLUDES_ROOM),
        ("agreed\n> TLP:RED // hull", Code.RED_NOT_OPEN),
        ("> <@idn.focal1:rilon.example> TLP:RED // hull\n\nagreed", Code.RED_NOT_OPEN),
        ("> TLP:AMBER PROTECT BGD // hull", Code.PROTECTED_FROM_PARTY),
        ("TLP:GREEN // agreed\n> TLP:AMBER // hull", Code.MARKING_TOO_WIDE),
        ("> REL AUS,IDN hull", Code.MARKING_UNCLEAR),
        ("> hull (REL AUS,IDN)", Code.MARKING_UNCLEAR),
        ("> seen TLP:RED today", Code.MARKING_UNCLEAR),
        ("> TLP:RED REL AUS,XYZ // hull", Code.MARKING_UNCLEAR),
        ("> TLP:LEAR ORCON // hull", Code.MARKING_UNCLEAR),
        ("> TLP:LEAR H2 H1 PD EXP 2026-05-31 // hull", Code.MARKING_UNCLEAR),
        ("> TLP:GREEEN PD EXP 2027-05-31 // hull", Code.MARKING_UNCLEAR),
        ("> TLP:GREEN PROTCT BGD ORCON // hull", Code.MARKING_UNCLEAR),
        ("> TLP:CLAER PROTECT BGD // hull", Code.MARKING_UNCLEAR),
        ("> TLP:GREEN EXP 2027-06-01 hull", Code.MARKING_UNCLEAR),
        ("> TLP:CLETLP:CLEAR PD // hull", Code.MARKING_UNCLEAR),
        ("> tlp:clear grade b2 exp 2569-01-01 // hull", Code.MARKING_UNCLEAR),
        ("> tlp:clear pd hull", Code.MARKING_UNCLEAR),
        ("> tlp:lear pd hull", Code.MARKING_UNCLEAR),
        ("> TLP:LEAR/ORCON // hull", Code.MARKING_UNCLEAR),
        ("> TLP:LEAR 24/7 ORCON // hull", Code.MARKING_UNCLEAR),
        ("> TLP:GREEN / PD // hull", Code.MARKING_UNCLEAR),
        ("> ORCON TLP:LEAR // hull", Code.MARKING_UNCLEAR),
        ("> TRAFFIC LIGHT PROTOCOL LEAR ORCON // hull", Code.MARKING_UNCLEAR),
    ],
)
def test_a_quoted_marking_binds_whoever_wrote_it(body: str, code: Code) -> None:
    verdict = verdict_on(body)
    assert isinstance(verdict, Refuse), verdict
    assert verdict.code is code


@pytest.mark.parametrize(
    "said",
    [
        "Tlp: kantor (pd jam kerja)",
        "tlp kapal pd jam 4",
        "TLP: please protect the source",
        "TLP:GREEN? I thought it expired",
        "TLP GREEN expires soon",
    ],
)
def test_everyday_words_may_be_quoted(said: str) -> None:
    assert isinstance(verdict_on(f"> {said}\nYes."), Accept)


def test_in_formatted_text_it_binds_too() -> None:
    marked = "TLP:AMBER REL AUS,IDN // hull"
    for formatted in (
        f"<blockquote>\n<p>{marked}</p>\n</blockquote>",
        f"&gt; {marked}",
        f"<blockquote><blockquote>{marked}</blockquote></blockquote>",
    ):
        verdict = verdict_on(f"> {marked}", formatted)
        assert isinstance(verdict, Refuse)
        assert verdict.code is Code.REL_EXCLUDES_ROOM


def test_it_holds_where_it_fits_and_tightens_what_is_delivered() -> None:
    verdict = verdict_on("> TLP:AMBER+STRICT REL AUS,IDN ORCON // hull", room="mps-aus-idn")
    assert isinstance(verdict, Accept)
    assert verdict.effective is not None
    assert verdict.effective.tlp.label == "TLP:AMBER+STRICT"
    assert verdict.effective.caveats == {"ORCON"}
    assert verdict.effective.explicit_rel


@pytest.mark.parametrize("quoted", ["TLP:GREEN // hull", "TLP:CLEAR NOPD // hull"])
@pytest.mark.parametrize("own", ["agreed", "TLP:AMBER REL AUS,IDN ORCON PD // agreed"])
def test_it_never_loosens(own: str, quoted: str) -> None:
    alone = verdict_on(own, room="mps-aus-idn")
    assert isinstance(alone, Accept)
    assert verdict_on(f"> {quoted}\n{own}", room="mps-aus-idn") == alone


@pytest.mark.parametrize(
    "body",
    ["> the AUS report\nagreed", "> TLP:ORANGE what is that", "> hull (ORCON)", "> AUS // x"],
)
def test_other_quoted_words_are_left_alone(body: str) -> None:
    assert isinstance(verdict_on(body), Accept)


def test_an_answers_fallback_is_no_quotation_of_its_sender() -> None:
    """What is answered has a marking of its own, which joins; the copy of it is not read."""
    act = Post("agreed", None, fallback="> <@idn.focal1:x> TLP:RED // hull\n\n")
    assert isinstance(evaluate(question(act, "mps-floor", WHO), NETWORK), Accept)
