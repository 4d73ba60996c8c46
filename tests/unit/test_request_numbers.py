"""Numbers of requests: drawn at random, checked, read as people type them."""

from __future__ import annotations

import pytest

from rilon.domain.request_numbers import ALPHABET, BITS, FORM, draw, numbered, read_number

GROUPS = ("mps", "til-2")
NUMBER = numbered("mps", "7K10")


def test_a_number_is_the_group_four_drawn_symbols_and_a_check_symbol() -> None:
    drawn = iter([7, 18, 3, 15])
    asked: list[int] = []

    def below(limit: int) -> int:
        asked.append(limit)
        return next(drawn)

    assert draw("mps", below) == numbered("mps", "7J3F")
    assert asked == [32] * 4
    assert 2**BITS == 32**4
    assert numbered("mps", "7K3F") == FORM


def test_no_symbol_of_the_alphabet_is_taken_for_another() -> None:
    assert len(set(ALPHABET)) == 32
    assert not set(ALPHABET) & set("ILOU")


@pytest.mark.parametrize(
    "typed",
    [
        NUMBER,
        NUMBER.lower(),
        NUMBER.replace("-", ""),
        NUMBER.replace("-", " "),
        f"  #{NUMBER} ",
        NUMBER.replace("0", "O"),
        NUMBER.replace("0", "o").replace("1", "l"),
        NUMBER.replace("1", "I"),
        NUMBER.replace("-", "–"),  # noqa: RUF100 - a phone makes a dash of a hyphen
        NUMBER.replace("M", "М"),
    ],
)
def test_a_number_is_read_as_people_type_it(typed: str) -> None:
    assert read_number(typed, GROUPS) == NUMBER


def test_a_group_whose_key_has_look_alikes_and_a_hyphen_keeps_its_spelling() -> None:
    number = numbered("til-2", "7K3F")
    assert number.startswith("TIL-2-7K3F-")
    assert read_number(number.lower(), GROUPS) == number
    assert read_number(number.replace("-", ""), GROUPS) == number


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "MPS",
        "7K10",
        NUMBER[4:],
        "XYZ" + NUMBER[3:],
        NUMBER + "0",
        "0" + NUMBER,
        NUMBER[:-1],
        "what about " + NUMBER,
        NUMBER + " " * 60,
    ],
)
def test_what_is_no_number_is_not_made_one(typed: str) -> None:
    assert read_number(typed, GROUPS) is None


def test_a_number_of_another_group_is_not_read_as_one_of_this() -> None:
    assert read_number(NUMBER, ("til-2",)) is None


def test_a_hostile_length_is_refused_before_it_is_read() -> None:
    assert read_number("MPS" * 1_000_000, GROUPS) is None
