"""The words in which people write days and times, in several languages.

What they mean together is `rilon.policy.spoken_times`'s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum
from functools import lru_cache
from types import MappingProxyType

from babel import Locale, UnknownLocaleError

from rilon.policy.document_words import FIRST_YEAR, LAST_YEAR
from rilon.policy.duty_documents import MIDNIGHT
from rilon.policy.folded_words import folded


class TimeProblem(StrEnum):
    """Why a text isn't one span of time."""

    MISSING = "time_missing"
    """No day and no time is named."""
    NOT_READ = "time_not_read"
    """`words` can't be read as a day or a time."""
    NO_SUCH_DAY = "no_such_day"
    """`words` is no day of the calendar."""
    TWO_READINGS = "two_readings"
    """`words` may be the day `first` or the day `second`."""
    NO_END = "no_end"
    """A time to begin is named, and none to end."""
    ENDS_FIRST = "ends_first"
    """It would end at or before its beginning."""
    PAST = "past"
    """It is over."""


@dataclass(frozen=True, slots=True)
class NotATime:
    """The text isn't one span of time. `words` is the part in question, in small letters."""

    problem: TimeProblem
    words: str = ""
    first: date | None = None
    second: date | None = None


class Refused(Exception):
    """A part can't be read. Never leaves `read_time`."""

    def __init__(self, problem: TimeProblem, words: str = "", *days: date) -> None:
        super().__init__(problem)
        first, second = days or (None, None)
        self.found = NotATime(problem, words, first, second)


class Sort(StrEnum):
    """What a word says."""

    DAY = "day"
    """Today, tomorrow."""
    PARTS = "parts"
    """A day in numbers: 2026-12-24, 24/12."""
    WEEKDAY = "weekday"
    NEXT = "next"
    MONTH = "month"
    NUMBER = "number"
    CLOCK = "clock"
    NOW = "now"
    TO = "to"
    FROM = "from"


class Order(IntEnum):
    """How day and month stand in numbers."""

    WRITTEN_OUT = 0
    EITHER = 1
    DAY_FIRST = 2
    MONTH_FIRST = 3


@dataclass(frozen=True, slots=True)
class Token:
    """One word, in small letters, with the numbers that it stands for."""

    sort: Sort
    typed: str
    numbers: tuple[int, ...] = ()


_DAYS_FROM_TODAY = MappingProxyType(
    {
        "today": 0, "tomorrow": 1, "hari ini": 0, "besok": 1,
        "esok": 1, "lusa": 2, "hoje": 0, "amanha": 1, "ohin": 0, "aban": 1,
    }
)  # fmt: skip
"""English, Indonesian, Malay, Portuguese, Tetum; folded."""

_SMALL_WORDS: Mapping[str, Sort | None] = MappingProxyType(
    {
        "to": Sort.TO, "until": Sort.TO, "till": Sort.TO, "til": Sort.TO, "sampai": Sort.TO,
        "hingga": Sort.TO, "s/d": Sort.TO, "sd": Sort.TO, "ate": Sort.TO, "through": Sort.TO,
        "from": Sort.FROM, "dari": Sort.FROM, "mulai": Sort.FROM, "since": Sort.FROM,
        "now": Sort.NOW, "sekarang": Sort.NOW, "next": Sort.NEXT, "depan": Sort.NEXT,
        "on": None, "at": None, "the": None, "and": None, "dan": None, "of": None,
        "this": None, "pukul": None, "jam": None, "tanggal": None, "pada": None,
        "de": None, "is": None,
    }
)  # fmt: skip
"""What joins days and times; `None` for what says nothing."""

_SHAPE = re.compile(
    r"""(?P<iso>\d{4}-\d{1,2}-\d{1,2})
      | (?P<slash>\d{1,2}/\d{1,2}(?:/\d{4}|/\d{2})?\b|\d{1,2}\.\d{1,2}\.\d{4}\b)
      | (?P<clock>\d{1,2}[:.h]\d{2}(?:\s?[ap]m)?\b|\d{1,2}(?:h|\s?[ap]m)\b)
      | (?P<four>\d{4})\b
      | (?P<number>\d{1,2}(?:st|nd|rd|th)?)(?!\d)
      | (?P<dash>[-\u2013\u2014\u2212]+|\.\.+|\u2026)
      | (?P<phrase>hari\ ini|malam\ ini|s/d)
      | (?P<word>[^\W\d_]+)
      | (?P<space>[\s,;:.()]+)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


def tokens_of(text: str, language: str) -> list[Token]:
    """The words of the text that say something of a time. Raises `Refused`."""
    found: list[Token] = []
    for match in _SHAPE.finditer(folded(text).replace("-feira", "")):
        typed, kind = match[0].strip(), str(match.lastgroup)
        if kind == "space":
            continue
        if kind == "four":
            found.append(_four_digits(typed, found))
        elif token := _token(kind, typed, language):
            found.append(token)
    return found


def _token(kind: str, typed: str, language: str) -> Token | None:
    match kind:
        case "iso":
            year, month, day = map(int, typed.split("-"))
            return Token(Sort.PARTS, typed, (year, month, day, Order.WRITTEN_OUT))
        case "slash":
            return _slash(typed)
        case "clock":
            return Token(Sort.CLOCK, typed, (_clock(typed),))
        case "number":
            return Token(Sort.NUMBER, typed, (int(re.sub(r"\D", "", typed)),))
        case "dash":
            return Token(Sort.TO, typed)
        case "word" | "phrase":
            return _word(typed, language)
    raise Refused(TimeProblem.NOT_READ, typed)


def _slash(typed: str) -> Token:
    """`24/12`: year, month, day, and the order in which they certainly stand."""
    first, second, *rest = (int(part) for part in re.split(r"[/.]", typed) if part)
    year = rest[0] + (2000 if rest[0] < 100 else 0) if rest else 0
    if "/" in typed and second > 12 >= first:
        return Token(Sort.PARTS, typed, (year, first, second, Order.MONTH_FIRST))
    sure = "." in typed or first == second or max(first, second) > 12
    order = Order.DAY_FIRST if sure else Order.EITHER
    return Token(Sort.PARTS, typed, (year, second, first, order))


def _four_digits(typed: str, before: list[Token]) -> Token:
    """A year after a month, else a time: `0800`."""
    after_month = Sort.MONTH in {token.sort for token in before[-2:]}
    if after_month and FIRST_YEAR <= int(typed) <= LAST_YEAR:
        return Token(Sort.NUMBER, typed, (int(typed),))
    return Token(Sort.CLOCK, typed, (_clock(f"{typed[:2]}:{typed[2:]}"),))


def _clock(typed: str) -> int:
    hours, *rest = (int(part) for part in re.findall(r"\d+", typed))
    minutes = rest[0] if rest else 0
    if typed.endswith("m") and not 1 <= hours <= 12:
        raise Refused(TimeProblem.NOT_READ, typed)
    if typed.endswith("m"):
        hours = hours % 12 + (12 if "p" in typed else 0)
    found = hours * 60 + minutes
    if minutes > 59 or found > MIDNIGHT:
        raise Refused(TimeProblem.NOT_READ, typed)
    return found


def _word(typed: str, language: str) -> Token | None:
    if typed in _SMALL_WORDS:
        sort = _SMALL_WORDS[typed]
        return Token(sort, typed) if sort else None
    if typed in _DAYS_FROM_TODAY:
        return Token(Sort.DAY, typed, (_DAYS_FROM_TODAY[typed],))
    for name in (language, "en"):
        months, days = _calendar_names(name)
        if typed in months:
            return Token(Sort.MONTH, typed, (months[typed],))
        if typed in days:
            return Token(Sort.WEEKDAY, typed, (days[typed],))
    raise Refused(TimeProblem.NOT_READ, typed)


@lru_cache(maxsize=32)
def _calendar_names(language: str) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Names of months (from 1) and days of the week (Monday 0) in that language, folded."""
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return MappingProxyType({}), MappingProxyType({})
    months, days = (
        {
            folded(name).strip(".").replace("-feira", ""): int(number)
            for context in ("format", "stand-alone")
            for width in ("wide", "abbreviated")
            for number, name in names[context][width].items()
        }
        for names in (locale.months, locale.days)
    )
    if locale.language == "en":
        months["sept"] = 9
        days |= {"tues": 1, "wednes": 2, "thur": 3, "thurs": 3}
    return MappingProxyType(months), MappingProxyType(days)
