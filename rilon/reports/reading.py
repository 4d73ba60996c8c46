"""Reads what an officer writes of a report: fields in any order, in one line or in many.

A field is known by its form (`2 Nov`, `40 men`), by a name of the gazetteer, by a word that has one
meaning, or by its own name (`area: Java Sea`). What is left is a mistake, never a note: nothing is
guessed and nothing is lost. Text is hostile: reading takes linear time and never raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from rilon.domain.letters import has_invisible, has_override
from rilon.domain.reports import Documents, Method
from rilon.domain.word_forms import plain_word
from rilon.policy.mistakes import nearest_of
from rilon.policy.personal_data import identifiers
from rilon.reports.days import read_day
from rilon.reports.draft import Draft, Field, attribute
from rilon.reports.mistakes import Misread, Wrong
from rilon.reports.people import Group, read_people, together
from rilon.reports.places import Names, journey
from rilon.reports.terms import (
    CLEARS,
    FORBIDDEN_LABELS,
    LABELS,
    TERMS,
    Term,
    field_of,
    shown,
)

LONGEST = 2000
"""Characters of a report."""
LONGEST_NOTE = 500
MOST_ITEMS = 60


@dataclass(frozen=True, slots=True)
class Reader:
    """What words may mean. `today` is the writer's own day."""

    names: Names
    today: date


@dataclass(frozen=True, slots=True)
class Said:
    """What a text says: the fields that it names, and those that it takes out."""

    draft: Draft = field(default_factory=Draft)
    cleared: frozenset[Field] = frozenset()


@dataclass(slots=True)
class _Reading:
    """What has been read of one text so far."""

    reader: Reader
    values: dict[Field, object] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)
    methods: list[Method] = field(default_factory=list)
    cleared: set[Field] = field(default_factory=set)

    def put(self, where: Field, value: object, found: str) -> Misread | None:
        """One value of a field; a second that differs is a mistake."""
        if where is Field.METHODS and isinstance(value, Method):
            if value not in self.methods:
                self.methods.append(value)
            return None
        if self.values.setdefault(where, value) is not value and self.values[where] != value:
            return Misread(Wrong.TWICE, found=found, nearest=where.value)
        return None


def read_report(text: str, reader: Reader) -> Said | Misread:
    """What a text says, which is without marking and command; or the first thing wrong with it."""
    said, wrong = read_partly(text, reader)
    return wrong or said


def read_partly(text: str, reader: Reader) -> tuple[Said, Misread | None]:
    """The fields that can be read, and the first thing that can't."""
    if len(text) > LONGEST:
        return Said(), Misread(Wrong.TOO_LONG, nearest=str(LONGEST))
    if has_override(text) or _hides(text):
        return Said(), Misread(Wrong.UNSEEN)
    reading, wrongs = _Reading(reader), list[Misread]()
    items = list(_items(text))
    if len(items) > MOST_ITEMS:
        return Said(), Misread(Wrong.TOO_LONG, nearest=str(LONGEST))
    for item in items:
        wrong = _take(reading, item)
        if wrong is not None:
            wrongs.append(wrong)
    people = together(reading.groups)
    if isinstance(people, Misread):
        wrongs.append(people)
        people = ()
    named = {attribute(where): value for where, value in reading.values.items()}
    draft = replace(Draft(), **named, people=people, methods=tuple(sorted(reading.methods)))  # type: ignore[arg-type]
    said = {where for where in Field if getattr(draft, attribute(where))}
    return Said(draft, frozenset(reading.cleared - said)), next(iter(wrongs), None)


def _items(text: str) -> Iterator[str]:
    for line in text.splitlines():
        left = line.strip()
        while left:
            item, left = _first_item(left)
            if item:
                yield item


_INDIC_JOINED = re.compile("(?<=[\u0900-\u0dff])[\u200c\u200d]")
"""Invisible, but part of the spelling of Bengali words."""


def _hides(text: str) -> bool:
    kept = _INDIC_JOINED.sub("", text)
    return has_invisible("".join(" " if one in "\n\r\t" else one for one in kept))


_SEPARATOR = re.compile(r"[,;|،、，；]+|\.(?=\s|$)")
_LABEL = re.compile(r"\s*([^\W\d_][^\n:=,;|]{0,28}?)\s*[:=：]\s*(.*)", re.DOTALL)


def _first_item(line: str) -> tuple[str, str]:
    """The first item of a line and the rest. A note takes the whole line."""
    named = _LABEL.fullmatch(line)
    if named and LABELS.get(plain_word(named[1])) is Field.NOTE:
        return line, ""
    end = _SEPARATOR.search(line)
    if end is None:
        return line.strip(), ""
    first, rest = line[: end.start()], line[end.end() :]
    if end.group() == "." and _is_abbreviation(first):
        # `2 Nov. 2026`: the stop belongs to the month.
        after, left = _first_item(rest.strip()) if rest.strip() else ("", "")
        return f"{first} {after}".strip(), left
    return first.strip(), rest.strip()


def _is_abbreviation(text: str) -> bool:
    last = text.split()[-1:] or [""]
    return len(last[0]) <= 4 and any(map(str.isdigit, text)) and len(text.split()) <= 2


# --- one item ----------------------------------------------------------------------------------


def _take(reading: _Reading, item: str) -> Misread | None:
    named = _LABEL.fullmatch(item)
    if named is None:
        return _bare(reading, item)
    plain = plain_word(named[1])
    if plain in FORBIDDEN_LABELS:
        return Misread(Wrong.NAMES, found=named[1])
    where, value = LABELS.get(plain), named[2].strip()
    if where is None:
        near = nearest_of(plain, LABELS)
        return Misread(Wrong.UNKNOWN, named[1], f"{LABELS[near].value}:" if near else "")
    if not value:
        return Misread(Wrong.EMPTY, found=where.value)
    if plain_word(value) in CLEARS:
        # There were none, which is something to say; it takes nothing out.
        if where is Field.DOCUMENTS:
            return reading.put(where, Documents.NONE, value)
        reading.cleared.add(where)
        return None
    return _READERS[where](reading, where, value)


def _bare(reading: _Reading, item: str) -> Misread | None:
    """An item without a name. INVARIANT: what can be two things is neither."""
    day = read_day(item, reading.reader.today)
    if isinstance(day, Misread):
        return day
    if day is not None:
        return reading.put(Field.DAY, day, item)
    plain = plain_word(item)
    terms = TERMS.get(plain, ())
    names = reading.reader.names
    keys = [
        (one, names.of(one)[plain]) for one in (Field.AREA, Field.ROUTE) if plain in names.of(one)
    ]
    meanings: list[Term | tuple[Field, str]] = [*terms, *keys]
    if plain in names.places:
        meanings.append((Field.BEGINS, ""))
    if len(meanings) > 1:
        ways = [_way(one, item) for one in meanings]
        return Misread(Wrong.AMBIGUOUS, item, " · ".join(dict.fromkeys(ways)))
    if terms:
        return reading.put(field_of(terms[0]), terms[0], item)
    if keys:
        return reading.put(*keys[0], item)
    if plain in names.places:
        return Misread(Wrong.PLACE_WHICH, item, f"from {item} · to {item}")
    if _GRADE.fullmatch(item):
        return reading.put(Field.GRADE, item.strip().upper(), item)
    groups = read_people(item)
    if isinstance(groups, Misread):
        return groups
    if groups is not None:
        reading.groups.extend(groups)
        return None
    way = _journey(reading, item)
    return None if way is True else way or _unknown(reading, item)


def _way(meaning: Term | tuple[Field, str], item: str) -> str:
    """How one of several meanings is written."""
    return f"{meaning[0].value}: {item}" if isinstance(meaning, tuple) else shown(meaning)


_GRADE = re.compile(r"\s*[A-Fa-f]\s?[1-6]\s*")


def _journey(reading: _Reading, item: str) -> Misread | Literal[True] | None:
    """Where from and where to. True if it was taken; None for what says neither."""
    places = reading.reader.names.places
    ways = journey(item)
    for begins, ends in ways:
        known = [plain_word(one) in places for one in (begins, ends) if one]
        if all(known):
            return _travelled(reading, item, begins, ends) or True
    for begins, ends in ways:
        for one, other in ((begins, ends), (ends, begins)):
            if other and one and plain_word(other) in places:
                near = reading.reader.names.nearest(one, Field.BEGINS)
                return Misread(Wrong.UNKNOWN, found=one, nearest=near)
    return None


def _travelled(reading: _Reading, item: str, begins: str, ends: str) -> Misread | None:
    places = reading.reader.names.places
    for where, name in ((Field.BEGINS, begins), (Field.ENDS, ends)):
        wrong = reading.put(where, places[plain_word(name)], item) if name else None
        if wrong is not None:
            return wrong
    return None


def _unknown(reading: _Reading, item: str) -> Misread:
    """What isn't understood, with the nearest that is known."""
    names = reading.reader.names
    known = {**{word: shown(terms[0]) for word, terms in TERMS.items()}, **names.shown}
    near = nearest_of(plain_word(item[:60]), known)
    return Misread(Wrong.UNKNOWN, found=item, nearest=known[near] if near else "")


# --- values behind a name ----------------------------------------------------------------------


def _term(reading: _Reading, where: Field, value: str) -> Misread | None:
    found = [one for one in TERMS.get(plain_word(value), ()) if field_of(one) is where]
    if found:
        return reading.put(where, found[0], value)
    parts = _AND.split(value) if where is Field.METHODS else []
    if len(parts) > 1:
        wrongs = (_term(reading, where, part) for part in parts)
        return next((wrong for wrong in wrongs if wrong is not None), None)
    known = {
        word: shown(one) for word, terms in TERMS.items() for one in terms if field_of(one) is where
    }
    near = nearest_of(plain_word(value[:60]), known)
    return Misread(Wrong.UNKNOWN, found=value, nearest=known[near] if near else _all_of(where))


_AND = re.compile(r"\s+(?:and|dan|e|และ|এবং|ho)\s+|\s*[+&/]\s*")
"""Between methods, as in `method: hidden and escorted`."""


def _all_of(where: Field) -> str:
    terms: dict[str, None] = {}
    for several in TERMS.values():
        for one in several:
            if field_of(one) is where:
                terms[shown(one)] = None
    return " · ".join(terms)


def _named(reading: _Reading, where: Field, value: str) -> Misread | None:
    names = reading.reader.names
    key = names.of(where).get(plain_word(value))
    if key is not None:
        return reading.put(where, key, value)
    return Misread(Wrong.UNKNOWN, found=value, nearest=names.nearest(value, where))


def _place(reading: _Reading, where: Field, value: str) -> Misread | None:
    """`from: Teknaf`; `from: Teknaf to Aceh` too."""
    if plain_word(value) not in reading.reader.names.places and where is Field.BEGINS:
        way = _journey(reading, f"from {value}")
        if way is not None:
            return None if way is True else way
    return _named(reading, where, value)


def _route(reading: _Reading, where: Field, value: str) -> Misread | None:
    """`route: Johor crossing`; `route: Teknaf to Aceh` says where from and where to."""
    if plain_word(value) not in reading.reader.names.routes:
        way = _journey(reading, value)
        if way is not None:
            return None if way is True else way
    return _named(reading, where, value)


def _day(reading: _Reading, where: Field, value: str) -> Misread | None:
    day = read_day(value, reading.reader.today)
    if isinstance(day, Misread):
        return day
    return Misread(Wrong.DAY_UNCLEAR, value) if day is None else reading.put(where, day, value)


def _people(reading: _Reading, where: Field, value: str) -> Misread | None:
    groups = read_people(f"{value} people" if value.isdecimal() else value)
    if isinstance(groups, Misread):
        return groups
    if groups is None:
        return Misread(Wrong.COUNT, found=value)
    reading.groups.extend(groups)
    return None


def _grade(reading: _Reading, where: Field, value: str) -> Misread | None:
    if not _GRADE.fullmatch(value):
        return Misread(Wrong.UNKNOWN, found=value, nearest="B2")
    return reading.put(where, "".join(value.split()).upper(), value)


def _note(reading: _Reading, where: Field, value: str) -> Misread | None:
    note = " ".join(value.split())
    if len(note) > LONGEST_NOTE:
        return Misread(Wrong.TOO_LONG, nearest=str(LONGEST_NOTE))
    if identifiers(value):
        return Misread(Wrong.PERSONAL)
    return reading.put(where, note, value)


_READERS: Mapping[Field, Callable[[_Reading, Field, str], Misread | None]] = {
    Field.KIND: _term,
    Field.DAY: _day,
    Field.AREA: _named,
    Field.BEGINS: _place,
    Field.ENDS: _place,
    Field.ROUTE: _route,
    Field.VESSEL: _term,
    Field.PEOPLE: _people,
    Field.METHODS: _term,
    Field.DOCUMENTS: _term,
    Field.ENDING: _term,
    Field.GRADE: _grade,
    Field.NOTE: _note,
}
