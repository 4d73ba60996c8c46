"""How many people, as officers write it: `40 men 12 women 5 children`, `57 orang`, `ชาย 40 คน`.

A total beside its parts counts nobody twice; one that isn't their sum is a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from rilon.domain.letters import as_seen
from rilon.domain.reports import Age, People, Sex
from rilon.domain.word_forms import plain_word
from rilon.reports.mistakes import Misread, Wrong
from rilon.reports.terms import CLASSIFIERS, COUNTED, Counted

MOST_PEOPLE = 5000

_PIECE = re.compile(r"(?P<number>\d+)|(?P<word>[^\s\d()+&/]+)")
_AND = frozenset(
    map(plain_word, ("and", "dan", "e", "y", "ho", "serta", "และ", "এবং", "ও", "with"))
)
_UNSURE = re.compile(r"[~<>≈±?]|\d\s*\+|\d\s*[-–—.]\s*\d")

Group = tuple[int, Counted]


def read_people(text: str) -> tuple[Group, ...] | Misread | None:
    """The groups that a text counts; None for a text that counts nobody."""
    pieces = [
        (int(found["number"]) if found["number"] else None, found["word"] or "")
        for found in _PIECE.finditer(_digits(text[:300]))
        if not found["word"] or plain_word(found["word"]) not in _AND | {""}
    ]
    numbers = [number for number, _ in pieces if number is not None]
    if not numbers or len(numbers) == len(pieces):
        return None
    groups = _grouped(pieces)
    if groups is None:
        return None
    if _UNSURE.search(text) or any(not 1 <= count <= MOST_PEOPLE for count, _ in groups):
        return Misread(Wrong.COUNT, found=text)
    return groups


def _digits(text: str) -> str:
    """The text with the digits of every script as ASCII."""
    return "".join(as_seen(one) if one.isdecimal() else one for one in text)


def _grouped(pieces: list[tuple[int | None, str]]) -> tuple[Group, ...] | None:
    """Each number with the words beside it: those behind it, or where words come first (`ชาย 40
    คน`), those before."""
    first = pieces[0][0] is not None
    groups: list[tuple[int, list[str]]] = []
    waiting: list[str] = []
    for number, word in pieces:
        if number is not None:
            groups.append((number, waiting))
            waiting = []
        elif first:
            groups[-1][1].append(word)
        elif not waiting and groups and plain_word(word) in CLASSIFIERS:
            continue
        else:
            waiting.append(word)
    if waiting:
        return None
    found = []
    for number, words in groups:
        counted = _counted(words)
        if counted is None:
            return None
        found.append((number, counted))
    return tuple(found)


def _counted(words: list[str]) -> Counted | None:
    """Whom the words count: all of them together, or without the word between."""
    whole = COUNTED.get(plain_word(" ".join(words)))
    if whole is not None or len(words) < 2:
        return whole
    left = [word for word in words if plain_word(word) not in CLASSIFIERS]
    return COUNTED.get(plain_word(" ".join(left))) if left else None


def together(groups: Iterable[Group]) -> tuple[People, ...] | Misread:
    """The people of all groups of one message, in one order, nobody counted twice."""
    parts: dict[tuple[Age, Sex], int] = {}
    wholes: dict[tuple[Age, Sex], int] = {}
    for count, one in groups:
        into = wholes if one.whole else parts
        if (one.age, one.sex) in into:
            return Misread(Wrong.TWICE, found=str(count), nearest="people")
        into[one.age, one.sex] = count
    # A whole that is narrower comes first: children are a part of all people.
    for (age, sex), count in sorted(wholes.items(), key=lambda one: one[0][0] is Age.UNKNOWN):
        inner = [part for key, part in parts.items() if age is Age.UNKNOWN or key[0] is age]
        if (age, sex) in parts or (inner and sum(inner) != count):
            return Misread(Wrong.COUNTS_DIFFER, str(count), "+".join(map(str, inner)))
        if not inner:
            parts[age, sex] = count
    if sum(parts.values()) > MOST_PEOPLE:
        return Misread(Wrong.COUNT, found=str(sum(parts.values())))
    return tuple(sorted(People(age, sex, count) for (age, sex), count in parts.items()))
