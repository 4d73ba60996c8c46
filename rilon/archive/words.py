"""Text -> its words in order, each with the ways in which it may be asked for.

Word boundaries are ICU's, which knows the words of Thai and of the other scripts without spaces.
It divides such a text by what stands around a word, so that the same word may be divided in two
ways: there three letters in a row, each with its vowels and tones, are kept as well.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from icu4py.breakers import WordBreaker

from rilon.archive.folding import as_typed_well, folded
from rilon.archive.stems import Stems

_UNSPACED = re.compile(
    "([\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecf\u0edc-\u0edf\u1000-\u103f\u1050-\u109f\u1780-\u17d3]+)"
)
"""Letters of Thai, Lao, Burmese and Khmer. Their digits and signs part words."""
_CLUSTER = re.compile(
    "[\u0e40-\u0e44\u0ec0-\u0ec4]?[^\u0e30-\u0e3a\u0e45\u0e47-\u0e4e\u0eb0-\u0ebc\u0ec8-\u0ece]"
    "[\u0e30-\u0e3a\u0e45\u0e47-\u0e4e\u0eb0-\u0ebc\u0ec8-\u0ece]*|."
)
"""A letter with the vowels and tones that are typed before and after it."""
GRAM = 3
"""Letters in a row that are kept. Of two, half are in any text."""
_MARKS = "\u0300-\u036f" + "".join(
    chr(point) for point in range(0x0900, 0x0E00) if unicodedata.category(chr(point))[0] == "M"
)
"""Signs within words that a pattern doesn't take for letters: accents, vowels."""
_WORD = re.compile(rf"\d+|(?:[^\W\d_]|[{_MARKS}])+")
_WITHIN_NUMBERS = re.compile(r"(?<=\d)[.,'’\u066b\u066c](?=\d)")
_WITHIN_WORDS = re.compile(r"['’ʼʻ`´]")


@dataclass(frozen=True, slots=True)
class Spaced:
    """A word of a script with spaces. Letters and digits part: `IMO9074729` is two words, and so
    is `IMO 9074729`."""

    plain: str
    forms: frozenset[str]


@dataclass(frozen=True, slots=True)
class Unspaced:
    """Words that are written without spaces, in one run: as ICU divides it, and as grams."""

    words: tuple[str, ...]
    grams: tuple[str, ...]


Word = Spaced | Unspaced


def words_of(text: str, stems: Stems) -> Iterator[Word]:
    """The words of a text in their order. Takes time in proportion to it; never raises."""
    for at, run in enumerate(_UNSPACED.split(as_typed_well(text))):
        pieces = WordBreaker(run, "en")
        if at % 2:
            yield _unspaced(tuple(folded(str(one)) for one in pieces))
        else:
            for piece in pieces:
                yield from _spaced(str(piece), stems)


def _unspaced(words: tuple[str, ...]) -> Unspaced:
    clusters = _CLUSTER.findall("".join(words))
    grams = ("".join(clusters[at : at + GRAM]) for at in range(len(clusters) - GRAM + 1))
    return Unspaced(words, tuple(grams))


def _spaced(piece: str, stems: Stems) -> Iterator[Spaced]:
    joined = _WITHIN_WORDS.sub("", _WITHIN_NUMBERS.sub("", piece))
    for word in _WORD.findall(joined):
        if plain := folded(word):
            yield Spaced(plain, stems.forms(word))
