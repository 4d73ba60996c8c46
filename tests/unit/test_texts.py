"""Lines, lists, times and translators: what every text of the steward is made of."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from html import unescape

import pytest

from rilon.texts.parties import codes, listed
from rilon.texts.rendering import TEXT_LIMIT, VALUE_LIMIT, Line, Text, Typed, bounded, fill, text
from rilon.texts.times import local_date_and_time, local_time, written_day
from rilon.texts.translator import languages, translator

ENGLISH = translator("en")
AFTERNOON = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)


def read_as_plain(html: str) -> str:
    """What a reader of the HTML sees; fails on a tag that the steward doesn't use."""
    broken = html.replace("<br>", "\n")
    without = re.sub(r"</?(?:strong|code)>", "", broken)
    assert "<" not in without
    return unescape(without)


def test_plain_and_html_say_the_same_with_a_hostile_value() -> None:
    said = text((fill("Read {a} and {b}.", {"a": "<b>&amp;", "b": Typed("x</code><i>")}).strong(),))
    assert said.plain == "Read <b>&amp; and x</code><i>."
    assert said.html == (
        "<strong>Read &lt;b&gt;&amp;amp; and <code>x&lt;/code&gt;&lt;i&gt;</code>.</strong>"
    )
    assert read_as_plain(said.html) == said.plain


def test_a_text_without_emphasis_has_no_html() -> None:
    assert text((fill("1 < 2", {}),)) == Text("1 < 2", None)


def test_a_text_that_no_event_can_hold_is_cut_at_a_line() -> None:
    said = text([fill("{a}", {"a": Typed("&" * 150)})] * 1_000)
    assert said.html is not None
    assert len(said.plain.encode()) + len(said.html.encode()) <= TEXT_LIMIT
    assert said.plain.endswith("&\n…")
    assert read_as_plain(said.html) == said.plain


def test_a_value_stays_on_its_line() -> None:
    assert bounded("a\nb\r\n\u2028c\x00d\t e") == "a b c d e"


def test_marks_that_turn_or_hide_text_are_taken_out_of_a_value() -> None:
    assert bounded("REL\u202e AUS\u200b,I\u2066DN\ud800") == "REL AUS,IDN"


def test_a_bengali_joiner_is_spelling_and_stays() -> None:
    assert bounded("র\u200d্যাব") == "র\u200d্যাব"


@pytest.mark.parametrize("value", ["x" * 300_000, "\n" * 300_000 + "x", "\u200b" * 300_000])
def test_a_long_value_is_cut_and_shows_that_it_was(value: str) -> None:
    cut = bounded(value)
    assert len(cut) <= VALUE_LIMIT
    assert cut.endswith("…")


def test_what_lies_far_behind_the_limit_is_not_looked_at() -> None:
    assert bounded("\u200b" * 1_000 + "x") == "…"


def test_a_value_of_just_the_limit_is_whole() -> None:
    assert bounded("x" * VALUE_LIMIT) == "x" * VALUE_LIMIT


def test_braces_in_a_value_are_not_placeholders() -> None:
    assert fill("{a}", {"a": "{b.__class__} {0}"}).plain == "{b.__class__} {0}"


def test_a_missing_value_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        fill("{room}", {})


@pytest.mark.parametrize(
    ("items", "sentence"),
    [
        ([], ""),
        (["AUS"], "AUS"),
        (["AUS", "IDN"], "AUS and IDN"),
        (["BGD", "MYS", "THA", "TLS", "RSO"], "BGD, MYS, THA, TLS and RSO"),
    ],
)
def test_parties_are_joined_as_in_a_sentence(items: list[str], sentence: str) -> None:
    assert listed(ENGLISH, items).plain == sentence


def test_a_list_too_long_for_a_sentence_counts_the_rest() -> None:
    said = listed(ENGLISH, [f"P{number:02}" for number in range(45)]).plain
    assert said.endswith("P10, P11 and 33 more")


def test_indonesian_joins_a_list_with_its_own_word() -> None:
    assert listed(translator("id"), ["AUS", "IDN"]).plain == "AUS dan IDN"


def test_codes_are_read_with_commas_or_spaces() -> None:
    assert codes("BGD,MYS, THA  TLS") == ("BGD", "MYS", "THA", "TLS")


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Asia/Jakarta", "14:05 WIB (07:05 UTC)"),
        ("Asia/Dili", "16:05 UTC+09 (07:05 UTC)"),
        ("Asia/Kolkata", "12:35 IST (07:05 UTC)"),
        ("Asia/Kathmandu", "12:50 UTC+05:45 (07:05 UTC)"),
        ("Australia/Sydney", "18:05 AEDT (07:05 UTC)"),
        ("UTC", "07:05 UTC"),
        ("Etc/GMT+12", "19:05 UTC-12 (07:05 UTC, 2026-11-21)"),
        ("No/Such", "07:05 UTC"),
        ("../../etc/passwd", "07:05 UTC"),
        ("", "07:05 UTC"),
    ],
)
def test_a_time_is_local_first_with_its_zone(zone: str, shown: str) -> None:
    assert local_time(AFTERNOON, zone) == shown


def test_a_day_that_differs_is_said() -> None:
    late = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    assert local_time(late, "Asia/Jakarta") == "06:30 WIB (23:30 UTC, 2026-11-21)"
    assert local_date_and_time(late, "Asia/Jakarta") == (
        "2026-11-22 06:30 WIB (23:30 UTC, 2026-11-21)"
    )


def test_a_moment_without_a_zone_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="zone"):
        local_time(AFTERNOON.replace(tzinfo=None), "UTC")


def test_a_day_is_written_year_first() -> None:
    assert written_day(date(2026, 1, 2)) == "2026-01-02"


def test_officers_of_two_languages_are_served_side_by_side() -> None:
    english, indonesian = translator("en"), translator("id")
    assert english.say("Roles: none").plain == "Roles: none"
    assert indonesian.say("Roles: none").plain != "Roles: none"
    assert english.say("Roles: none").plain == "Roles: none"


def test_a_regional_tag_takes_the_language() -> None:
    assert translator("id-ID").say("Roles: none") == translator("id").say("Roles: none")


@pytest.mark.parametrize("tag", ["xx", "", "../../../tmp", "id/../en", "a" * 5000])
def test_a_language_without_a_catalogue_speaks_english(tag: str) -> None:
    assert translator(tag).say("Roles: none").plain == "Roles: none"


def test_plural_forms_follow_the_language() -> None:
    def rooms(language: str, count: int) -> str:
        one, many = "You are in {count} room", "You are in {count} rooms"
        return translator(language).say_many(one, many, count).plain

    assert [rooms("en", n) for n in (0, 1, 2)] == [
        "You are in 0 rooms",
        "You are in 1 room",
        "You are in 2 rooms",
    ]
    assert rooms("id", 1).replace("1", "2") == rooms("id", 2)
    assert rooms("id", 1) != rooms("en", 1)


def test_the_first_wording_whose_values_are_there_is_used() -> None:
    wordings = ("{room}: {marking}", "{room}", "somewhere")
    assert ENGLISH.first_that_fits(wordings, {"room": "Floor"}).plain == "Floor"
    assert ENGLISH.first_that_fits(wordings, {}).plain == "somewhere"
    with pytest.raises(LookupError):
        ENGLISH.first_that_fits(wordings[:2], {})


def test_a_line_put_into_a_line_is_not_escaped_twice() -> None:
    inner = fill("{a}", {"a": "R&D"})
    assert fill("{x}!", {"x": inner}) == Line("R&D!", "R&amp;D!")


def test_the_shipped_languages_are_found() -> None:
    assert languages() == ("en", "id")
