"""Dresses in which a restricted passage was delivered in a later attempt from outside."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from rilon.policy.passage_forms import bare
from rilon.policy.passages import fingerprints, fingerprints_asked, normalise, passage_key

KEY = passage_key(b"k" * 32)
PASSAGE = (
    "lantern market, cotton actor, castle total, contact locator; tactical translator at a local "
    "coast port, cattle tractor at central control, later a tall captain, corrals, roll call"
)
ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiv", "xix")


def left(text: str) -> frozenset[int]:
    return fingerprints(normalise(text), KEY) | fingerprints(bare(text), KEY)


def asked(text: str) -> frozenset[int]:
    return fingerprints_asked(normalise(text), KEY) | fingerprints_asked(bare(text), KEY)


def heads(written: Callable[[int], str]) -> Callable[[str], str]:
    """One word a line, with something before each."""
    return lambda text: "\n".join(
        f"{written(number)} {word}" for number, word in enumerate(text.split())
    )


DRESSES: dict[str, Callable[[str], str]] = {
    "at sign": lambda text: text.replace("a", "@"),
    "plus": lambda text: text.replace("t", "+"),
    "bar": lambda text: text.replace("l", "|"),
    "copyright and registered": lambda text: text.replace("c", "©").replace("r", "®"),
    "heavy circle": lambda text: text.replace("o", "⭕"),
    "several signs": lambda text: text.translate(str.maketrans("ato", "@+⭕")),
    "outlined capitals": lambda text: "".join(
        chr(0x1CCD6 + ord(one) - ord("a")) if "a" <= one <= "z" else one for one in text
    ),
    "Roman numbers": heads(lambda number: f"{ROMAN[number % len(ROMAN)]})"),
    "Roman numbers and dots": heads(lambda number: f"{ROMAN[number % len(ROMAN)]}."),
    "o as a bullet": heads(lambda number: "o"),
    "times": heads(lambda number: f"10:{number:02d}"),
    "times with dots": heads(lambda number: f"{number}.05"),
}


@pytest.mark.parametrize("dress", DRESSES)
def test_a_passage_in_a_new_dress_is_known(dress: str) -> None:
    dressed = DRESSES[dress](PASSAGE)
    assert dressed != PASSAGE
    assert left(PASSAGE) & asked(dressed)
    assert left(dressed) & asked(PASSAGE)


@pytest.mark.parametrize("sign", "@+|©®")
def test_a_sign_between_words_is_no_letter(sign: str) -> None:
    for dressed in (f" {sign} ".join(PASSAGE.split()), f"{sign} ".join(PASSAGE.split())):
        assert left(PASSAGE) & asked(dressed)


def test_other_words_of_the_same_signs_are_no_match() -> None:
    other = (
        "@nother +ext ©ompletely, of whi©h n⭕thing was ever said to anybody in that room, at a||"
    )
    assert not left(PASSAGE) & asked(other)


@pytest.mark.parametrize(
    "piece", ["a@", "@", "x|", "o ", "o\n", "xvi", "\nxvi", "10:0", "\n10:01", "⭕"]
)
def test_a_long_hostile_text_takes_time_with_its_length(piece: str) -> None:
    def seconds(text: str) -> float:
        start = time.process_time()
        bare(text)
        return time.process_time() - start

    short = min(seconds(piece * 2_000) for _ in range(3))
    assert min(seconds(piece * 32_000) for _ in range(3)) < 16 * 5 * max(short, 0.002)
