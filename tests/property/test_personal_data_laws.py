"""Laws of finding identifiers: dress, script and surroundings don't hide one; noise isn't one."""

from __future__ import annotations

import string
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from rilon.policy.personal_data import Identifier, identifiers
from rilon.policy.travel_documents import check_digit

DIGITS = {
    "ascii": "0123456789",
    "thai": "๐๑๒๓๔๕๖๗๘๙",
    "bengali": "০১২৩৪৫৬৭৮৯",
    "wide": "０１２３４５６７８９",
}
COUNTRIES = {"61": "4", "62": "81", "60": "12", "66": "8", "880": "17", "670": "77"}
QUIET = st.text(alphabet=string.ascii_letters + " ,;!?\n", max_size=60)
HIDDEN = "\u200b\u200d\u2060\ufe0f\u00ad"

scripts = st.sampled_from(sorted(DIGITS)).map(
    lambda script: str.maketrans(DIGITS["ascii"], DIGITS[script])
)
international = st.builds(
    lambda country, rest: (country, COUNTRIES[country] + rest[: 8 - len(COUNTRIES[country]) + 1]),
    st.sampled_from(sorted(COUNTRIES)),
    st.text("0123456789", min_size=9, max_size=9),
)


@given(international, st.sampled_from(["", " ", "-", "."]), scripts, QUIET, QUIET)
def test_an_international_number_is_found_in_any_dress(
    number: tuple[str, str], gap: str, script: dict[int, int], before: str, after: str
) -> None:
    country, rest = number
    shown = f"+{country}{gap}{rest[:3]}{gap}{rest[3:6]}{gap}{rest[6:]}".translate(script)
    assert Identifier.TELEPHONE in identifiers(f"{before} {shown} {after}")


@given(international, st.lists(st.integers(0, 12), max_size=6), st.sampled_from(HIDDEN))
def test_invisible_characters_hide_no_number(
    number: tuple[str, str], places: list[int], hidden: str
) -> None:
    text = f"+{number[0]}{number[1]}"
    for place in places:
        text = text[:place] + hidden + text[place:]
    assert Identifier.TELEPHONE in identifiers(text)


@given(st.text("0123456789", min_size=7, max_size=7), scripts)
def test_a_labelled_ship_is_none(digits: str, script: dict[int, int]) -> None:
    for text in (f"IMO {digits}", f"mmsi 52{digits}", f"MMSI: 0{digits}0", f"case no. 0{digits}1"):
        assert identifiers(text.translate(script)) == frozenset()


@given(
    st.lists(st.tuples(st.integers(0, 23), st.integers(0, 59)), min_size=1, max_size=12),
    st.sampled_from(["{:02}{:02}", "{:02}:{:02}", "{:02}.{:02}"]),
    st.sampled_from([" ", ", ", " / ", "-", " dan "]),
    scripts,
)
def test_times_are_none(
    times: list[tuple[int, int]], form: str, gap: str, script: dict[int, int]
) -> None:
    said = gap.join(form.format(*time) for time in times).translate(script)
    assert identifiers(f"seen at {said}") == frozenset()


@given(
    st.dates(date(1990, 1, 1), date(2599, 12, 31)),
    st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%y", "%d%m%y", "%Y%m%d", "%d-%m-%Y %H%M"]),
)
def test_days_are_none(day: date, form: str) -> None:
    assert identifiers(f"on {day:{form}} again") == frozenset()


@given(
    st.decimals(-90, 90, places=6, allow_nan=False),
    st.decimals(-180, 180, places=6, allow_nan=False),
)
def test_positions_are_none(latitude: object, longitude: object) -> None:
    assert identifiers(f"pos {latitude}, {longitude} drifting") == frozenset()
    assert identifiers(f"{latitude} {longitude}") == frozenset()


@given(
    st.integers(0, 89), st.integers(0, 59), st.integers(0, 59), st.integers(0, 179),
    st.sampled_from(["{:02} {:02} {:02}", "{:02}-{:02}-{:02}", "{:02}°{:02}'{:02}\""]),
)  # fmt: skip
def test_degrees_and_minutes_are_none(
    south: int, minutes: int, seconds: int, east: int, form: str
) -> None:
    text = f"{form.format(south, minutes, seconds)} S, {form.format(east, minutes, seconds)} E"
    assert identifiers(text) == frozenset()
    assert identifiers(text.replace(" S", "S").replace(" E", "E")) == frozenset()


LETTERS = st.text(string.ascii_uppercase, min_size=3, max_size=3)
DATES = st.dates().map(lambda day: f"{day:%y%m%d}")


@given(
    st.text(string.ascii_uppercase + string.digits, min_size=9, max_size=9),
    LETTERS, DATES, st.sampled_from("MFX<"), DATES, st.integers(0, 9), QUIET,
)  # fmt: skip
def test_a_passports_second_line_is_found_exactly_when_its_digits_hold(
    number: str, state: str, birth: str, sex: str, until: str, slip: int, around: str
) -> None:
    wrong = (check_digit(birth) + slip) % 10
    line = (
        f"{number}{check_digit(number)}{state}{birth}{wrong}{sex}{until}{check_digit(until)}"
        "<<<<<<<<<<<<<<00"
    )
    found = identifiers(f"{around}\n{line}\n{around}")
    assert (Identifier.TRAVEL_DOCUMENT in found) == (slip == 0)


@given(st.text(max_size=300))
def test_finding_never_fails_and_is_steady(text: str) -> None:
    assert identifiers(text) == identifiers(text)
    assert identifiers(text) <= set(Identifier)


@given(st.text("0123456789+-. ()/:#@<>abNSEW\n\u0e50\u09e6", max_size=200))
def test_finding_never_fails_on_rows_of_signs(text: str) -> None:
    identifiers(text)


@given(st.text(alphabet=string.ascii_letters + " ,.;:!?()'\n", max_size=200))
def test_words_without_digits_hold_no_number(text: str) -> None:
    assert identifiers(text) == frozenset()
