"""What people read from the steward: refusal sentences, cards, answers, alarms."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path

import pytest

from rilon.application.opening import Unsent
from rilon.domain.marking_text import Problem
from rilon.domain.officers import Role
from rilon.domain.verdicts import Code
from rilon.policy.copies import Extent
from rilon.policy.on_demand import Unavailable
from rilon.policy.personal_data import Identifier
from rilon.texts import alarms, answers, lifecycle, recalls
from rilon.texts import choices as choice_texts
from rilon.texts.answers import Profile, RoomEntry
from rilon.texts.cards import CHOICE_LIMIT, card, removal_card
from rilon.texts.explanations import EXPLANATIONS
from rilon.texts.identifiers import KINDS
from rilon.texts.refusals import SENTENCES, UNKNOWN, refusal_sentence
from rilon.texts.rendering import TEXT_LIMIT, Text, placeholders
from rilon.texts.rooms import ROOM_TEXTS, room_text
from rilon.texts.translator import Translator, translator
from rilon.texts.unclear import PROBLEMS
from rilon.texts.welcome import welcome

CODES = [code.value for code in Code]
LANGUAGES = ["en", "id"]
ENGLISH = translator("en")
DOCUMENT = Path(__file__).parents[2] / "docs" / "codes.md"

PARAMETERS = {
    "room": "Floor",
    "marking": "REL AUS,IDN //",
    "needed": "TLP:AMBER REL AUS,BGD,IDN,MYS,THA,TLS,RSO //",
    "excluded": "BGD,MYS,THA,TLS,RSO",
    "protect": "MYS",
    "expires": "2026-11-20",
    "found": "TLP:ORANGE",
    "nearest": "TLP:AMBER //",
    "problem": "unknown_label",
    "where": "content.m.new_content.format",
    "device": "PHONE",
    "person": "Indonesia, focal point 1",
    "fits": "AUS+IDN",
    "until": "2026-11-20",
    "since": "2026-11-22",
    "identifiers": "email,telephone",
    "declared": "NOPD",
}
HOSTILE = [
    "<img src=x onerror=alert(1)><b>",
    "</code></strong><script>",
    "&lt;b&gt; &#60;",
    "line\nbreak\r\n\u2028and\x00more",
    "{room} {0} {__class__} %s %(x)s",
    "\u202eREL \ud800\U000e0041",
    "<&>" * 100_000,
    ",".join(["XYZ"] * 75_000),
    "\U0001f600" * 75_000,
    " ",
    "",
]


def read_as_plain(said: Text) -> str:
    """What a reader of the HTML sees; fails on a tag or attribute that the steward doesn't use."""
    if said.html is None:
        return said.plain
    without = re.sub(r"</?(?:strong|code)>", "", said.html.replace("<br>", "\n"))
    assert "<" not in without
    return unescape(without)


def every_text(t: Translator, value: str, parameters: dict[str, str]) -> dict[str, Text]:
    """Every message of the steward, with the value wherever one is taken."""
    day, now = date(2026, 11, 21), datetime(2026, 11, 21, 7, 5, tzinfo=UTC)
    choices = [("✅", value), ("✏️", value)]
    profile = Profile(value, value, value, (value,) * 60, (value,) * 60, value, now, value)
    rooms = [RoomEntry(value, value, (value,) * 60, value)] * 60
    kept = [choice_texts.kept_until(t, value), choice_texts.gone(t), choice_texts.being_sent(t)]
    said = {f"card {code}": card(t, code, parameters, choices, 3, value, kept) for code in CODES}
    said |= {f"removal {code}": removal_card(t, code, parameters, value) for code in CODES}
    return said | {
        "welcome": welcome(t, name=value, party=value, floor=value, coordinator=value),
        "help": answers.help_answer(t, value),
        "not understood": answers.not_understood(t, value),
        "friendly": answers.not_understood(t),
        "verification": answers.verification_answer(t),
        "me": answers.profile_answer(t, profile),
        "me, bare": answers.profile_answer(
            t, Profile(value, value, value, (), (), "en", now, "Asia/Jakarta", day, day)
        ),
        "rooms": answers.rooms_answer(t, rooms),
        "no rooms": answers.rooms_answer(t, []),
        "rooms changed": lifecycle.rooms_changed(t, [value] * 60, [value] * 60),
        "reset": lifecycle.password_reset(t, value),
        "lost": lifecycle.device_lost(t, value, value),
        "removed": lifecycle.removed(t, value, value),
        "term soon": lifecycle.term_ends_soon(t, day, 3, value),
        "term ended": lifecycle.term_ended(t, day, value),
        "waiting": lifecycle.waiting_for_confirmed_device(t, value),
        "unconfirmed": lifecycle.device_not_confirmed(t, value, value),
        "identity": lifecycle.identity_changed(t, value),
        "second lock": alarms.second_lock(t, value, value, value),
        "claimed": alarms.claimed_session(t, value, value, value, value),
        "undecided": alarms.gate_undecided(t, value, 2),
        "decides": alarms.gate_decides_again(t, value, value),
        "identity alarm": alarms.identity_changed(t, value, value),
        "identity alarm with a tap": alarms.identity_changed(t, value, value, "✅"),
        "identity confirmed": alarms.identity_confirmed(t, value, value, value),
        "identity confirmed by you": alarms.identity_confirmed_by_you(t, value, value),
        "identity is yours": lifecycle.identity_confirmed(t, value),
        "recalled": recalls.recalled(t, (value,) * 60, value),
        "tightened": recalls.tightened(t, (value,) * 60, value, value),
        "expired": recalls.expired(t, (value,) * 60, 2),
        "how to recall": recalls.how_to(t, "recall"),
        "how to mark": recalls.how_to(t, "mark"),
        **{
            f"recall {outcome}": recalls.answer(t, outcome, parameters | {"answers": "2"})
            for outcome in ("removed", "tightened", "as_strict", "gone", "not_yours")
        },
        "copy recalled": recalls.copy_recalled(t, (value,), value),
        "copy tightened": recalls.copy_tightened(t, (value,), value, value),
        **{
            f"copy at desk {outcome}": recalls.copy_at_desk(t, outcome, (value,), value, value)
            for outcome in ("removed", "tightened", *Extent)
        },
        "unknown part": alarms.unknown_part(t, value, value, value),
        "waiting officer": alarms.waiting_for_officer(t, value, value),
        **{f"room {name}": room_text(t, name, _about_a_room(value)) for name in ROOM_TEXTS},
        "posted": choice_texts.posted(t, value, value),
        "discarded": choice_texts.discarded(t, value),
        "posted, some absent": choice_texts.posted(t, value, value, (value, value)),
        **{
            f"not opened {why}": choice_texts.not_opened(t, value, why)
            for why in (*Unsent, "unknown", "")
        },
        **{f"refused {code}": choice_texts.refused(t, value, code) for code in CODES},
    }


def _about_a_room(value: str) -> dict[str, str]:
    names = ("person", "room", "alias", "readers", "marking", "reaction")
    return dict.fromkeys(names, value)


# Rooms on demand


def test_every_reason_for_no_direct_room_has_its_text() -> None:
    assert {f"pair_{reason.value}" for reason in Unavailable} <= set(ROOM_TEXTS)


def test_a_room_that_is_gone_is_still_named() -> None:
    said = room_text(ENGLISH, "room_opened", {"room": "Floor", "alias": "#floor:x"})
    assert "#floor:x" in said.plain


# The fixed sentences


def test_every_code_has_its_sentence_and_every_sentence_its_code() -> None:
    assert set(SENTENCES) == set(CODES)


def test_no_two_codes_share_a_sentence() -> None:
    assert len(set(SENTENCES.values())) == len(SENTENCES)


@pytest.mark.parametrize("code", CODES)
def test_a_sentence_is_fixed_short_and_says_where_to_look(code: str) -> None:
    sentence = refusal_sentence(code)
    assert not placeholders(sentence)
    assert "%" not in sentence
    assert sentence.isascii()
    assert len(sentence) <= 160
    assert "direct room with the steward" in sentence or "coordinator" in sentence


def test_a_code_from_a_newer_build_still_says_where_to_look() -> None:
    assert refusal_sentence("not_yet_invented") == UNKNOWN
    assert "direct room with the steward" in UNKNOWN


def test_the_document_for_client_authors_lists_exactly_the_codes() -> None:
    listed = re.findall(r"^\| `([a-z_]+)` \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(CODES)


def test_the_document_quotes_the_sentence_that_clients_get() -> None:
    quoted = re.search(r'"error": "([^"]+)"', DOCUMENT.read_text(encoding="utf-8"))
    assert quoted is not None
    assert quoted.group(1) == refusal_sentence("rel_excludes_room")


# The card


def test_every_code_has_its_card() -> None:
    assert set(EXPLANATIONS) == set(CODES)


def test_the_first_line_of_the_card_is_complete_in_itself() -> None:
    parameters = {
        "room": "Floor",
        "marking": "REL AUS,IDN",
        "excluded": "BGD,MYS,THA,TLS,RSO",
    }
    assert card(ENGLISH, "rel_excludes_room", parameters).plain.split("\n") == [
        (
            "Not delivered in Floor: marked REL AUS, IDN; "
            "this room includes BGD, MYS, THA, TLS and RSO"
        ),
        "Write it in a room that has only those parties. Write !rooms here to see your rooms.",
        "Or, if all parties of Floor may have it, leave REL out.",
        "Nobody received it. Delete the message that your client shows in red as not sent.",
    ]


def test_the_card_names_the_room_where_it_may_go_and_the_marking_to_write() -> None:
    said = card(ENGLISH, "rel_excludes_room", PARAMETERS)
    assert "It may go to AUS+IDN: write it there." in said.plain
    assert said.html is not None
    assert "<code>TLP:AMBER REL AUS,BGD,IDN,MYS,THA,TLS,RSO //</code>" in said.html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", CODES)
def test_a_card_without_values_still_says_what_happened_and_what_to_do(
    code: str, language: str
) -> None:
    lines = card(translator(language), code, {}).plain.split("\n")
    assert len(lines) >= 2
    assert all(lines)


@pytest.mark.parametrize("code", CODES)
def test_an_empty_value_is_a_missing_one(code: str) -> None:
    assert card(ENGLISH, code, dict.fromkeys(PARAMETERS, " ")) == card(ENGLISH, code, {})


@pytest.mark.parametrize("code", CODES)
def test_a_card_is_short(code: str) -> None:
    assert len(card(ENGLISH, code, PARAMETERS).plain.split("\n")) <= 5


def test_a_refused_message_is_to_be_deleted_in_the_client() -> None:
    messages = [c for c in CODES if EXPLANATIONS[c].headlines[-1].startswith("Not delivered")]
    assert "rel_excludes_room" in messages
    for code in messages:
        assert "red" in card(ENGLISH, code, PARAMETERS).plain
        assert "elete" in card(ENGLISH, code, PARAMETERS).plain


@pytest.mark.parametrize("code", ["replayed", "not_encrypted"])
def test_a_card_never_says_nobody_received_what_someone_may_have(code: str) -> None:
    assert "Nobody received it" not in card(ENGLISH, code, PARAMETERS).plain
    assert "Nobody received it" not in removal_card(ENGLISH, code, PARAMETERS).plain


def test_a_retry_brings_the_same_card_up_to_date() -> None:
    once = card(ENGLISH, "unreadable", PARAMETERS, local_time="14:01 WIB (07:01 UTC)").plain
    thrice = card(
        ENGLISH, "unreadable", PARAMETERS, attempts=3, local_time="14:05 WIB (07:05 UTC)"
    ).plain
    assert once.split("\n")[:-1] == thrice.split("\n")[:-1]
    assert once.endswith("Tried 1 time, at 14:01 WIB (07:01 UTC).")
    assert thrice.endswith("Tried 3 times, last 14:05 WIB (07:05 UTC).")


def test_choices_stand_on_the_card_with_their_reactions() -> None:
    choices = [("✅", "deliver to AUS+IDN"), ("🗑️", "discard")]
    lines = card(ENGLISH, "rel_excludes_room", PARAMETERS, choices).plain.split("\n")
    assert lines[-3:] == [
        "Or tap a reaction on this card:",
        "✅ deliver to AUS+IDN",
        "🗑️ discard",
    ]


def test_a_card_offers_no_more_choices_than_a_screen_holds() -> None:
    lines = card(ENGLISH, "unreadable", {}, [("✅", f"choice {n}") for n in range(99)]).plain
    assert lines.count("✅") == CHOICE_LIMIT


def test_every_problem_of_reading_a_marking_has_its_sentence() -> None:
    assert set(PROBLEMS) == {problem.value for problem in Problem}


@pytest.mark.parametrize("problem", [*Problem, "not_yet_invented"])
def test_an_unclear_marking_is_explained_with_the_nearest_valid_form(problem: str) -> None:
    said = card(ENGLISH, "marking_unclear", {**PARAMETERS, "problem": str(problem)})
    lines = said.plain.split("\n")
    assert lines[0] == "Not delivered in Floor: the marking TLP:ORANGE is not clear"
    assert lines[1].endswith(".")
    assert lines[2] == "Write it like this, with your text after it: TLP:AMBER //"


def test_an_unclear_marking_without_a_nearest_form_gets_an_example() -> None:
    said = card(ENGLISH, "marking_unclear", {"room": "Floor"})
    assert "An example: TLP:AMBER REL AUS,IDN //" in said.plain


def test_every_kind_of_identifier_has_its_name() -> None:
    assert set(KINDS) == {kind.value for kind in Identifier}


def test_the_card_names_the_kinds_that_were_found_and_the_marking_to_write() -> None:
    found = {"room": "Floor", "identifiers": "email,telephone", "needed": "TLP:AMBER PD //"}
    lines = card(ENGLISH, "personal_data_found", found).plain.split("\n")
    assert lines[0] == (
        "Not delivered in Floor: it seems to hold an e-mail address and a telephone number, "
        "and it is not marked PD"
    )
    assert lines[1] == "Write TLP:AMBER PD // with your text after it, or take that out."
    contradicted = card(translator("id"), "personal_data_found", {**found, "declared": "NOPD"})
    assert contradicted.plain.startswith(
        "Tidak terkirim di Floor: bertanda NOPD, padahal tampaknya memuat alamat surel "
        "dan nomor telepon\n"
    )


def test_a_kind_of_a_newer_build_is_personal_data() -> None:
    said = card(ENGLISH, "personal_data_found", {"room": "Floor", "identifiers": "face,voice"})
    assert said.plain.startswith("Not delivered in Floor: it seems to hold personal data, and it")


def test_a_code_that_this_build_does_not_know_still_gets_a_card() -> None:
    said = card(ENGLISH, "not_yet_invented", {"room": "Floor"})
    assert said.plain.startswith("Not delivered in Floor: a rule of this network")


def test_the_card_of_the_second_lock_is_honest_about_who_may_have_seen_it() -> None:
    said = removal_card(ENGLISH, "rel_excludes_room", PARAMETERS, "14:05 WIB (07:05 UTC)")
    assert said.plain.startswith("Removed in Floor: ")
    assert "may have seen it" in said.plain
    assert "Nobody received it" not in said.plain
    assert said.plain.endswith("Removed at 14:05 WIB (07:05 UTC).")


# Everything together


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_values_are_escaped_cleaned_and_bounded(value: str, language: str) -> None:
    parameters = dict.fromkeys(PARAMETERS, value)
    for name, said in every_text(translator(language), value, parameters).items():
        assert read_as_plain(said) == said.plain, name
        size = len(said.plain.encode()) + len((said.html or "").encode())
        assert size <= TEXT_LIMIT, (name, size)
        assert not re.search("[\x00-\x09\x0b-\x1f\u2028\u202e\ud800-\udfff]", said.plain), name


def test_a_value_with_a_line_break_adds_no_line() -> None:
    forged = {**PARAMETERS, "room": "Floor\n\nDelivered."}
    for code in CODES:
        assert card(ENGLISH, code, forged).plain.count("\n") == (
            card(ENGLISH, code, PARAMETERS).plain.count("\n")
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_has_a_placeholder_left(language: str) -> None:
    for name, said in every_text(translator(language), "value", PARAMETERS).items():
        assert "{" not in said.plain + (said.html or ""), name
        assert "}" not in said.plain + (said.html or ""), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_plain_and_html_agree_word_for_word(language: str) -> None:
    for name, said in every_text(translator(language), "R&D <x>", PARAMETERS).items():
        assert read_as_plain(said) == said.plain, name


def test_nobody_has_to_learn_our_words() -> None:
    jargon = re.compile(r"\b(ceiling|event|megolm|olm|homeserver|originator|join(ed)? of|policy)\b")
    for name, said in every_text(ENGLISH, "value", PARAMETERS).items():
        assert not jargon.search(said.plain.casefold()), name


# The direct room


def test_the_welcome_says_who_reads_what_and_whom_to_call() -> None:
    said = welcome(
        ENGLISH, name="Indonesia, focal point 1", party="IDN", floor="Floor", coordinator="RSO desk"
    ).plain
    assert "I read every message in every room of this network" in said
    assert "The RSO runs me" in said
    assert "People of the RSO read only rooms that include the RSO" in said
    assert "recovery key" in said
    assert "call RSO desk" in said
    assert [f"{n}." in said for n in (1, 2, 3)] == [True] * 3
    assert len(said) < 1_600


def test_the_rooms_answer_tells_who_can_read_and_what_an_unmarked_message_gets() -> None:
    rooms = [
        RoomEntry("Floor · MPS", "#mps-floor:x", ("AUS", "IDN", "RSO"), "TLP:AMBER //"),
        RoomEntry("Bulletins · MPS", "#mps-bulletins:x", ("AUS", "IDN"), "", can_write=False),
    ]
    assert answers.rooms_answer(ENGLISH, rooms).plain == (
        "You are in 2 rooms\n"
        "\n"
        "Floor · MPS (#mps-floor:x)\n"
        "People of AUS, IDN and RSO can read.\n"
        "Without a marking, a message here gets TLP:AMBER //\n"
        "\n"
        "Bulletins · MPS (#mps-bulletins:x)\n"
        "People of AUS and IDN can read.\n"
        "You can read here, but not write."
    )


def test_a_long_list_of_rooms_says_how_many_are_left_out() -> None:
    rooms = [RoomEntry(f"Room {n}", "#r:x", ("AUS",), "TLP:AMBER //") for n in range(300)]
    lines = answers.rooms_answer(ENGLISH, rooms).plain.split("\n")
    listed = sum(line.startswith("Room ") for line in lines)
    assert 40 < listed < 300
    assert lines[-1] == f"and {300 - listed} more rooms"


def test_me_tells_what_the_network_knows_of_an_officer() -> None:
    profile = Profile(
        name="idn.focal1",
        party="IDN",
        agency="Maritime agency",
        roles=("focal_point", "chair"),
        devices=("PHONE", "DESK"),
        language="id",
        now=datetime(2026, 11, 21, 7, 5, tzinfo=UTC),
        zone="Asia/Jakarta",
        term_until=date(2027, 6, 30),
    )
    assert answers.profile_answer(ENGLISH, profile).plain.split("\n")[:7] == [
        "You are idn.focal1",
        "Party: IDN. Agency: Maritime agency.",
        "Roles: focal point and chair",
        "Term: until 2027-06-30",
        "Confirmed devices: PHONE and DESK",
        "Language: Bahasa Indonesia",
        "Your time now: 2026-11-21 14:05 WIB (07:05 UTC)",
    ]


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        (None, None, "Term: open end"),
        (date(2026, 1, 1), None, "Term: since 2026-01-01, open end"),
        (None, date(2026, 12, 31), "Term: until 2026-12-31"),
        (date(2026, 1, 1), date(2026, 12, 31), "Term: 2026-01-01 to 2026-12-31"),
    ],
)
def test_a_term_is_told_with_its_ends(first: date | None, last: date | None, shown: str) -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    profile = Profile("n", "IDN", "a", (), (), "en", now, "UTC", first, last)
    assert answers.profile_answer(ENGLISH, profile).plain.split("\n")[3] == shown


def test_every_role_has_a_name_that_people_use() -> None:
    assert set(answers.ROLE_NAMES) == {role.value for role in Role}


def test_the_friendly_answer_offers_the_commands_and_the_nearest_one() -> None:
    plain = answers.not_understood(ENGLISH, "!rooms").plain
    assert plain.startswith("I did not understand that. Did you mean !rooms?")
    for command in ("!help", "!me", "!rooms"):
        assert command in plain
        assert command in answers.not_understood(ENGLISH).plain


# Changes of access and alarms


def test_one_day_and_several_days_are_told_apart() -> None:
    day = date(2026, 11, 30)
    one = lifecycle.term_ends_soon(ENGLISH, day, 1, "RSO desk").plain
    three = lifecycle.term_ends_soon(ENGLISH, day, 3, "RSO desk").plain
    assert one.startswith("Your term ends in 1 day, on 2026-11-30")
    assert three.startswith("Your term ends in 3 days, on 2026-11-30")


def test_a_change_of_rooms_names_only_what_changed() -> None:
    gained = lifecycle.rooms_changed(ENGLISH, ["AUS+IDN · MPS"], []).plain
    assert "You can read from now on: AUS+IDN · MPS" in gained
    assert "no longer" not in gained
    assert "You can no longer read: AUS+IDN · MPS" in (
        lifecycle.rooms_changed(ENGLISH, [], ["AUS+IDN · MPS"]).plain
    )


def test_an_alarm_tells_who_where_and_what_to_do_next() -> None:
    said = alarms.second_lock(ENGLISH, "Floor · MPS", "idn.focal1", "14:05 WIB (07:05 UTC)").plain
    first, *rest = said.split("\n")
    assert first == (
        "Alarm: a message by idn.focal1 entered Floor · MPS without the gate, "
        "at 14:05 WIB (07:05 UTC)"
    )
    assert any(line.startswith("Next: ") for line in rest)
    assert "may have received it" in said


def test_the_gate_alarm_promises_that_nothing_gets_through() -> None:
    assert (
        "1 message waits. Nothing gets through" in alarms.gate_undecided(ENGLISH, "14:05", 1).plain
    )
    assert "0 messages wait." in alarms.gate_undecided(ENGLISH, "14:05", 0).plain


# Choices


def test_a_label_shows_the_marking_exactly_as_it_will_stand() -> None:
    label = choice_texts.send_to(ENGLISH, "AUS+IDN · MPS", "TLP:AMBER REL AUS,IDN //")
    assert label.plain == "Send it to AUS+IDN · MPS as TLP:AMBER REL AUS,IDN //"
    assert "<code>TLP:AMBER REL AUS,IDN //</code>" in label.html


def test_a_choice_is_followed_by_until_when_it_stands() -> None:
    kept = [choice_texts.kept_until(ENGLISH, "14:20 WIB (07:20 UTC)")]
    lines = card(
        ENGLISH, "rel_excludes_room", PARAMETERS, [("🗑️", "Discard it")], after_choices=kept
    ).plain.split("\n")
    assert lines[-2] == "🗑️ Discard it"
    assert "14:20 WIB" in lines[-1]


@pytest.mark.parametrize("code", [*CODES, "not_yet_invented"])
def test_a_text_that_was_refused_after_all_says_where_why_and_that_it_is_gone(code: str) -> None:
    first, why, gone = choice_texts.refused(ENGLISH, "AUS+IDN", code).plain.split("\n")
    assert first == "Not sent to AUS+IDN: it was refused there"
    assert why
    assert "not kept any more" in gone
