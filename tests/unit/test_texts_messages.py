"""What people read from the steward: answers, alarms, what became of a message."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from rilon.domain.officers import Role
from rilon.policy.on_demand import Unavailable
from rilon.texts import alarms, answers, lifecycle
from rilon.texts import choices as choice_texts
from rilon.texts.answers import Profile, RoomEntry
from rilon.texts.cards import card
from rilon.texts.rendering import TEXT_LIMIT
from rilon.texts.rooms import ROOM_TEXTS, room_text
from rilon.texts.translator import translator
from rilon.texts.welcome import welcome
from tests.unit.texts_scene import (
    CODES,
    ENGLISH,
    HOSTILE,
    LANGUAGES,
    PARAMETERS,
    every_text,
    read_as_plain,
)

# Rooms on demand


def test_every_reason_for_no_direct_room_has_its_text() -> None:
    assert {f"pair_{reason.value}" for reason in Unavailable} <= set(ROOM_TEXTS)


def test_a_room_that_is_gone_is_still_named() -> None:
    said = room_text(ENGLISH, "room_opened", {"room": "Floor", "alias": "#floor:x"})
    assert "#floor:x" in said.plain


# The fixed sentences


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
        RoomEntry("Bulletins · INV", "#inv-bulletins:x", ("IDN",), "", in_threads=True),
    ]
    assert answers.rooms_answer(ENGLISH, rooms).plain == (
        "You are in 3 rooms\n"
        "\n"
        "Floor · MPS (#mps-floor:x)\n"
        "People of AUS, IDN and RSO can read.\n"
        "Without a marking, a message here gets TLP:AMBER //\n"
        "\n"
        "Bulletins · MPS (#mps-bulletins:x)\n"
        "People of AUS and IDN can read.\n"
        "You can read here, but not write.\n"
        "\n"
        "Bulletins · INV (#inv-bulletins:x)\n"
        "People of IDN can read.\n"
        "Read here; ask in the thread under a bulletin."
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
