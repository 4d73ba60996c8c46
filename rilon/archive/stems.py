"""A word's forms: itself, and what is left of it in each language that is written in its script.

A bulletin is in several languages at once, and nobody says which word is in which. So a word is
kept in all its forms, and two words are the same where they have a form in common.
"""

from __future__ import annotations

import re

import snowballstemmer

from rilon.archive.folding import folded

LONGEST = 40
"""Letters of a word that may have a stem."""
_LATIN = ("english", "indonesian", "portuguese")
"""Indonesian serves Malay, too: they share their prefixes and suffixes. Tetum has none of its own;
its words from Portuguese have some of Portuguese's."""
_UNMARKED = (
    (re.compile("coes$"), "ções"),
    (re.compile("cao$"), "ção"),
    (re.compile("oes$"), "ões"),
    (re.compile("ao$"), "ão"),
)
"""Portuguese endings as people type them without accents."""
_BENGALI = re.compile("[\u0980-\u09ff]+")
_BENGALI_LETTER = re.compile("[\u0985-\u09b9\u09ce\u09dc-\u09df]")
_BENGALI_ENDINGS = re.compile(
    "(?:(?:গুলো|গুলি)(?:র|কে|তে)?|দের(?:কে)?|(?:টি|টা)(?:র|কে|তে)?|রা|কে|তে|ের|ে"
    "|(?<=[\u09be-\u09cc])(?:র|\u09af\u09bc))$"
)
"""Case, number and the article, the longest first. `র` and `য়` are endings after a vowel alone:
else they are the last letter of many words (সাগর)."""
_LEAST_BENGALI = 2
"""Letters that must be left of a word."""


class Stems:
    """Finds the forms of words. One for each text: a stemmer keeps what it is working on."""

    def __init__(self) -> None:
        self._stemmers = [snowballstemmer.stemmer(name) for name in _LATIN]
        self._known: dict[str, frozenset[str]] = {}

    def forms(self, word: str) -> frozenset[str]:
        """The forms of one word, each folded; never none, the word itself among them."""
        if word not in self._known:
            self._known[word] = frozenset(self._found(word.lower()))
        return self._known[word]

    def _found(self, word: str) -> set[str]:
        plain = folded(word)
        if _BENGALI.fullmatch(plain):
            return {plain, _bengali_stem(plain)}
        if len(word) > LONGEST or not plain.isascii() or not plain.isalpha():
            return {plain}
        marked = plain
        for ending, accented in _UNMARKED:
            marked = ending.sub(accented, marked)
        stems = {
            folded(stemmer.stemWord(one))
            for stemmer in self._stemmers
            for one in {word, plain, marked}
        }
        return {plain} | {one for one in stems if one}


def _bengali_stem(word: str) -> str:
    stem = _BENGALI_ENDINGS.sub("", word)
    return stem if len(_BENGALI_LETTER.findall(stem)) >= _LEAST_BENGALI else word
