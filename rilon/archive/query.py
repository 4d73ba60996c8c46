"""What people type into a search -> what is searched for, or why that can't be read.

Words must all be there; `"two words"` as they stand; `-word` must not be there. `kind:alert`,
`group:mps`, `from:2026-01-01` and `until:2026-03` choose among bulletins. Text is hostile: a long
one is refused unread, and nothing raises.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import groupby, pairwise

from rilon.archive.stems import Stems
from rilon.archive.terms import Term, gram_term, kind_term, pair_term, word_term
from rilon.archive.words import Spaced, Unspaced, Word, words_of
from rilon.bulletins.head import Kind

MOST_LETTERS, MOST_UNITS = 300, 16

Slot = frozenset[Term]
"""Terms of which a bulletin must have one."""
Way = tuple[Slot, ...]
"""Slots that a bulletin must all fill."""
Unit = tuple[Way, ...]
"""One word or phrase of a search: the ways in which a bulletin may have it."""


class Why(StrEnum):
    """Why a search can't be read."""

    EMPTY = "empty"
    LONG = "long"
    MANY = "many"
    ONLY_EXCLUDED = "only_excluded"
    DAY = "day"
    DAY_TWICE = "day_twice"
    BACKWARDS = "backwards"
    KIND = "kind"
    GROUP = "group"
    EXCLUDED_FILTER = "excluded_filter"


@dataclass(frozen=True, slots=True)
class Unsearchable:
    """A search that can't be read: why, and the part of it that is meant, as it was typed."""

    why: Why
    part: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for. `since` and `until` are days of publication, both included; `kinds` and
    `groups` are empty where any will do."""

    wanted: tuple[Unit, ...] = ()
    unwanted: tuple[Unit, ...] = ()
    kinds: frozenset[Kind] = frozenset()
    groups: frozenset[str] = frozenset()
    since: date | None = None
    until: date | None = None


_QUOTES = '"“”„‟«»＂″'
_PIECE = re.compile(rf"([-–—−－]?)(?:[{_QUOTES}]([^{_QUOTES}]*)[{_QUOTES}]?|([^\s{_QUOTES}]+))")
_FILTER = re.compile(
    r"(?<![^\s])([-–—−－]?)(kind|group|from|since|until|to)\s*[:：]\s*([^\s:：]*)", re.IGNORECASE
)
_DAY = re.compile(r"((?:19|20|21)\d\d)(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_GROUP = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def read_query(typed: str) -> Search | Unsearchable:
    """What is searched for, or why it can't be read. Never raises."""
    if len(typed) > MOST_LETTERS:
        return Unsearchable(Why.LONG)
    text = unicodedata.normalize("NFC", typed)
    search = Search()
    for found in _filters(text):
        chosen = _with_filter(search, *found.groups())
        if isinstance(chosen, Unsearchable):
            return chosen
        search = chosen
    if search.since and search.until and search.since > search.until:
        return Unsearchable(Why.BACKWARDS, f"{search.since} … {search.until}")
    return _with_words(search, _without_filters(text))


# --- filters -------------------------------------------------------------------------------------


def _parts(text: str) -> list[str]:
    """The text cut at its quotes: what stands within them is at odd places."""
    return re.split(f"[{_QUOTES}]", text)


def _filters(text: str) -> Iterator[re.Match[str]]:
    """A filter's name within quotes is a word like any."""
    for part in _parts(text)[::2]:
        yield from _FILTER.finditer(part)


def _without_filters(text: str) -> str:
    parts = _parts(text)
    parts[::2] = [_FILTER.sub(" ", part) for part in parts[::2]]
    return '"'.join(parts)


def _with_filter(search: Search, sign: str, name: str, value: str) -> Search | Unsearchable:
    typed = f"{name}:{value}"
    if sign:
        return Unsearchable(Why.EXCLUDED_FILTER, f"{sign}{typed}")
    value = unicodedata.normalize("NFKC", value).casefold().rstrip(".,;")
    match name.casefold():
        case "kind":
            if value not in set(Kind):
                return Unsearchable(Why.KIND, typed)
            return replace(search, kinds=search.kinds | {Kind(value)})
        case "group":
            if not _GROUP.fullmatch(value):
                return Unsearchable(Why.GROUP, typed)
            return replace(search, groups=search.groups | {value})
        case "from" | "since":
            first = _day(value, last=False)
            return _with_day(typed, search.since, first, lambda day: replace(search, since=day))
    last = _day(value, last=True)
    return _with_day(typed, search.until, last, lambda day: replace(search, until=day))


def _with_day(
    typed: str, before: date | None, day: date | None, with_it: Callable[[date], Search]
) -> Search | Unsearchable:
    if day is None:
        return Unsearchable(Why.DAY, typed)
    return with_it(day) if before is None else Unsearchable(Why.DAY_TWICE, typed)


def _day(written: str, *, last: bool) -> date | None:
    """The first or the last day of a year, a month or a day, as `2026`, `2026-03`, `2026-03-01`."""
    found = _DAY.fullmatch(written)
    if found is None:
        return None
    year, month, day = (int(one) if one else None for one in found.groups())
    try:
        in_month = date(year or 1, month or (12 if last else 1), 1)
        ends = calendar.monthrange(in_month.year, in_month.month)[1]
        return in_month.replace(day=day if day is not None else ends if last else 1)
    except ValueError:
        return None


# --- words ---------------------------------------------------------------------------------------


def _with_words(search: Search, text: str) -> Search | Unsearchable:
    stems = Stems()
    wanted: dict[Unit, None] = {}
    unwanted: dict[Unit, None] = {}
    for sign, quoted, bare in _PIECE.findall(text):
        units = _units(quoted, True, stems) if quoted else _units(bare, False, stems)
        (unwanted if sign else wanted).update(dict.fromkeys(units))
    if len(wanted) + len(unwanted) > MOST_UNITS:
        return Unsearchable(Why.MANY)
    if not (wanted or search.kinds or search.groups or search.since or search.until):
        return Unsearchable(Why.ONLY_EXCLUDED if unwanted else Why.EMPTY)
    return replace(search, wanted=tuple(wanted), unwanted=tuple(unwanted))


def _units(text: str, quoted: bool, stems: Stems) -> tuple[Unit, ...]:
    """One unit for a phrase, or for what stands between two spaces; none if it has no word.

    A word that is said twice (`kapal-kapal`) is the plural of the word.
    """
    words: list[Word] = []
    for word in words_of(text, stems):
        same = words and not quoted and _are_alike(words[-1], word)
        words += [] if same else [word]
    if not words:
        return ()
    ways = [_way(words, by_grams=True)]
    if not quoted:
        ways.append(_way(words, by_grams=False))
    return (tuple(dict.fromkeys(ways)),)


def _are_alike(one: Word, other: Word) -> bool:
    return isinstance(one, Spaced) and isinstance(other, Spaced) and bool(one.forms & other.forms)


def _way(words: list[Word], *, by_grams: bool) -> Way:
    slots: dict[Slot, None] = {}
    for spaced, some in groupby(words, key=lambda word: isinstance(word, Spaced)):
        row = [word for word in some if isinstance(word, Spaced)]
        if spaced and len(row) == 1:
            slots[frozenset(map(word_term, row[0].forms))] = None
        for one, other in pairwise(row):
            slots[frozenset({pair_term(one.plain, other.plain)})] = None
    for word in words:
        if isinstance(word, Unspaced):
            grams = [gram_term(one) for one in word.grams] if by_grams else []
            for term in grams or map(word_term, word.words):
                slots[frozenset({term})] = None
    return tuple(slots)


def kinds_unit(search: Search) -> Unit:
    """The kinds that are asked for, as something that a bulletin must have."""
    return ((frozenset(map(kind_term, search.kinds)),),)
