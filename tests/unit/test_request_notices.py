"""What officers read about requests: every text in both languages, short, with a next step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rilon.application.request_values import WordsKind
from rilon.domain.request_course import Refusal, State, Usefulness
from rilon.domain.request_reminders import Level, Reminder
from rilon.domain.request_steps import RequestCode
from rilon.texts import request_lists, request_noes, request_notices, requests
from rilon.texts.rendering import Text
from rilon.texts.request_lists import Entry, Waiting
from rilon.texts.requests import Card, Preview
from rilon.texts.translator import Translator, translator

AT = datetime(2026, 11, 25, 7, 5, tzinfo=UTC)
JAKARTA = "Asia/Jakarta"
NUMBER = "MPS-7K3F-4"
ENGLISH, INDONESIAN = translator("en"), translator("id")
EVERYTHING = {
    "number": NUMBER,
    "other": "MPS-2M9T-X",
    "party": "Malaysia",
    "parties": "Malaysia,Thailand",
    "officer": "Focal point 1 · MYS",
    "time": AT.isoformat(),
    "code": "c",
    "useful": "useful",
    "why": "the marking leaves out a party of this room",
    "fits": "TLP:AMBER REL IDN,MYS",
    "dm": "mys.focal1",
}
CARD = Card(
    number=NUMBER,
    party="Indonesia",
    officer="Focal point 1 · IDN",
    urgent=True,
    ground="life",
    theme="a",
    purpose="Search for a boat in distress",
    selectors=("NOVA STAR", "IMO 9074729"),
    seen_by=AT,
    answer_by=AT + timedelta(hours=6),
    zone="Asia/Kuala_Lumpur",
)


def both(name: str, **parameters: str) -> list[Text]:
    given = EVERYTHING | parameters
    return [request_notices.notice(t, name, given, JAKARTA) for t in (ENGLISH, INDONESIAN)]


@pytest.mark.parametrize("name", sorted(request_notices.NOTICES))
def test_a_notice_is_at_most_three_lines_and_says_its_number_first_hand(name: str) -> None:
    english, indonesian = both(name)
    assert len(english.plain.splitlines()) <= 3
    assert "{" not in english.plain + indonesian.plain
    assert english.plain != indonesian.plain
    without_one = name in ("desk_not_sent", "request_discarded", "request_dropped")
    assert (NUMBER in english.plain) != without_one


@pytest.mark.parametrize("name", sorted(request_notices.NOTICES))
def test_a_notice_stands_whatever_is_not_known(name: str) -> None:
    said = request_notices.notice(ENGLISH, name, {"number": NUMBER}, "UTC")
    assert "{" not in said.plain
    assert "None" not in said.plain


def test_a_time_is_local_first_with_its_zone() -> None:
    english, _ = both("request_delivered")
    assert "2026-11-25 14:05 WIB (07:05 UTC)" in english.plain


def test_an_officer_who_is_not_to_be_named_is_not() -> None:
    given = {one: value for one, value in EVERYTHING.items() if one != "officer"}
    for name in ("request_acknowledged", "request_assigned"):
        said = request_notices.notice(ENGLISH, name, given, JAKARTA).plain
        assert "Focal" not in said
        assert said.startswith(f"{NUMBER}: Malaysia ")


def test_a_requester_who_is_hidden_is_the_requester() -> None:
    given = {one: value for one, value in EVERYTHING.items() if one != "party"}
    head = requests.words_head(ENGLISH, "clarified", NUMBER, "", "").plain
    assert head == f"{NUMBER}: the requester answers your question"
    said = request_notices.notice(ENGLISH, "request_waits_for_you", given, JAKARTA)
    assert "Malaysia" not in said.plain


def test_a_summary_says_that_it_is_one() -> None:
    said = request_notices.notice(
        ENGLISH, "reminder_overdue", EVERYTHING, JAKARTA, summary=True
    ).plain
    assert "more than one reminder" in said.splitlines()[0]
    assert "is late" in said


@pytest.mark.parametrize("step", [*Reminder, *Level])
def test_every_step_of_the_clock_has_its_text(step: str) -> None:
    named = {
        Reminder.CLARIFICATION: "request_waits_for_you",
        Reminder.CLOSING: "request_closed_by_time",
    }
    fallback = f"escalation_{step}" if isinstance(step, Level) else f"reminder_{step}"
    assert named.get(step, fallback) in request_notices.NOTICES  # type: ignore[call-overload]


# --- noes ----------------------------------------------------------------------------------------


def test_every_no_has_its_sentence_and_no_sentence_is_left_over() -> None:
    assert set(request_noes.NOES) == {code.value for code in RequestCode}


@pytest.mark.parametrize("code", list(RequestCode))
@pytest.mark.parametrize("known", [True, False])
def test_a_no_is_one_line_with_a_next_step_in_both_languages(code: str, known: bool) -> None:
    parameters = {
        "by": "Focal point 1 · MYS",
        "to": "Focal point 2 · MYS",
        "party": "Malaysia",
        "parties": "MYS,THA",
        "number": NUMBER,
        "days": "30",
        "most": "40",
        "fields": "questions",
    }
    if not known:
        kept = {"to", "days", "most", "parties"}
        parameters = {one: value for one, value in parameters.items() if one in kept}
    english, indonesian = (request_noes.no(t, code, parameters) for t in (ENGLISH, INDONESIAN))
    assert len(english.plain.splitlines()) == 1
    assert english.plain != indonesian.plain
    assert "{" not in english.plain + indonesian.plain


def test_what_is_unknown_and_what_is_foreign_read_the_same() -> None:
    """Nothing that a caller knows of a request goes into the sentence."""
    said = request_noes.no(ENGLISH, RequestCode.UNKNOWN, {"number": NUMBER, "by": "someone"})
    assert said == request_noes.no(ENGLISH, RequestCode.UNKNOWN, {})
    assert NUMBER not in said.plain


def test_who_did_it_first_is_said_to_the_second() -> None:
    said = request_noes.already(ENGLISH, AT, JAKARTA, "Focal point 2 · MYS").plain
    assert said == "Done already: by Focal point 2 · MYS, at 2026-11-25 14:05 WIB (07:05 UTC)."
    assert request_noes.already(ENGLISH, AT, JAKARTA).plain.startswith("Done already, at 2026")


# --- the card, the preview, what is sent on ------------------------------------------------------


def card_lines(t: Translator, card: Card) -> list[str]:
    lines = (requests.card_head(t, card), *requests.card_about(t, card))
    return [one.plain for one in (*lines, *requests.card_foot(t, card))]


def test_a_card_says_who_asks_how_soon_and_what_to_do() -> None:
    assert card_lines(ENGLISH, CARD) == [
        "Request MPS-7K3F-4: Indonesia asks (Focal point 1 · IDN) · urgent: danger to life",
        "Purpose: Search for a boat in distress",
        "about routes and transport · NOVA STAR and IMO 9074729",
        (
            "Please tap 👍 by 2026-11-25 15:05 UTC+08 (07:05 UTC), "
            "and answer by 2026-11-25 21:05 UTC+08 (13:05 UTC)"
        ),
        "👍 seen · reply to this message to answer · !help for more",
    ]


def test_the_card_of_a_hidden_requester_names_nobody() -> None:
    hidden = Card(NUMBER, "", "", False, "", "", "", (), None, None, "UTC")
    first, last = card_lines(ENGLISH, hidden)
    assert first == "Request MPS-7K3F-4: a party that is not named asks"
    assert "👍" in last


@pytest.mark.parametrize("kind", [one for one in WordsKind if one is not WordsKind.QUESTION])
@pytest.mark.parametrize("t", [ENGLISH, INDONESIAN])
def test_words_of_every_kind_have_a_preview_a_head_and_a_foot(t: Translator, kind: str) -> None:
    shown = Preview(NUMBER, kind, "Indonesia", "TLP:AMBER REL IDN,MYS //", "Focal point 1 · MYS")
    said = requests.preview(t, shown)
    assert len(said.plain.splitlines()) == 3
    for part in (NUMBER, "Indonesia", "TLP:AMBER REL IDN,MYS //", "✅", "❌"):
        assert part in said.plain
    head = requests.words_head(t, kind, NUMBER, "Malaysia", "Focal point 1 · MYS")
    assert NUMBER in head.plain
    assert "Focal point 1" in head.plain


def test_what_asks_for_something_says_for_what() -> None:
    feet = {kind: requests.words_foot(ENGLISH, kind) for kind in WordsKind}
    assert [kind.value for kind, foot in feet.items() if foot] == ["clarification", "clarified"]
    assert feet[WordsKind.CLARIFICATION][0].plain.startswith("Reply to this message")


def test_all_reasons_of_a_refusal_are_listed() -> None:
    lines = requests.refusal_reasons(ENGLISH).plain.splitlines()
    assert [line.partition(":")[0] for line in lines[1:]] == [one.value for one in Refusal]


def test_every_rating_has_a_word() -> None:
    assert set(request_notices.USEFULNESS) == {one.value for one in Usefulness}


@pytest.mark.parametrize("t", [ENGLISH, INDONESIAN])
def test_help_in_a_thread_is_a_list_of_one_line_each(t: Translator) -> None:
    for said in (requests.how_to_handle(t), requests.how_to_follow(t)):
        assert all(len(line) < 110 for line in said.plain.splitlines())


# --- lists ---------------------------------------------------------------------------------------


def entry(number: int = 1, **changed: object) -> Entry:
    values: dict[str, object] = {"party": "Malaysia", "state": "assigned", "due": AT, **changed}
    return Entry(f"MPS-{number:04d}-X", **values)  # type: ignore[arg-type]


def test_every_state_has_a_word() -> None:
    assert set(request_lists.STATES) == {one.value for one in State}


def test_a_list_says_what_waits_and_what_is_late() -> None:
    waiting = Waiting((entry(1, late=True), entry(2, urgent=True)), (entry(3, due=None),), JAKARTA)
    assert request_lists.requests(ENGLISH, waiting).plain.splitlines() == [
        "1 is late",
        "Waits for you",
        "🔴 MPS-0001-X Malaysia · in work · late since 2026-11-25 14:05 WIB (07:05 UTC)",
        "⚡ MPS-0002-X Malaysia · in work · due by 2026-11-25 14:05 WIB (07:05 UTC)",
        "You wait for",
        "• MPS-0003-X Malaysia · in work",
    ]


def test_a_list_of_thousands_fits_into_a_message_and_counts_the_rest() -> None:
    many = tuple(entry(number) for number in range(5000))
    said = request_lists.requests(ENGLISH, Waiting(many, many, JAKARTA))
    assert len(said.plain.encode()) + len((said.html or "").encode()) < 16_000
    assert said.plain.count("more") == 2
    assert "You wait for" in said.plain


def test_nothing_that_waits_is_said_with_the_way_to_ask() -> None:
    said = request_lists.requests(ENGLISH, Waiting((), (), JAKARTA)).plain
    assert said.splitlines() == ["Nothing waits.", "To ask something: !rfi IDN,MYS: …"]


def test_the_coordinator_sees_what_is_late_and_the_gaps() -> None:
    from rilon.texts.people import Gap, gap_lines

    gaps = gap_lines(ENGLISH, [Gap("Timor-Leste", AT, AT + timedelta(hours=8))], "UTC")
    said = request_lists.overview(ENGLISH, [entry(late=True)], gaps, "UTC").plain
    assert "1 request is late" in said
    assert "• Timor-Leste: 2026-11-25 07:05 UTC to 2026-11-25 15:05 UTC" in said
