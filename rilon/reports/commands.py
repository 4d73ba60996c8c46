"""The commands of reports: `!report …`, with or without a number, and `!reports`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from rilon.domain.reports import PREFIX, ReportNumber
from rilon.domain.request_numbers import draw, read_number
from rilon.domain.word_forms import plain_word


class Deed(StrEnum):
    """What is asked for."""

    REPORT = "report"
    """To begin one, or, with a number or in its thread, to correct it."""
    WITHDRAW = "withdraw"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Order:
    """What a command asks for. `number` is None where none was written, `unclear` what is like a
    number and isn't one; `rest` are the fields."""

    deed: Deed
    number: ReportNumber | None = None
    rest: str = field(default="", repr=False)
    unclear: str = ""


_COMMAND = re.compile(
    r"\s*(?:@\S{1,255}\s+|steward:?\s+)?[!！¡/]\s{0,3}(?P<word>[^\s:.,;!]{2,24})(?=[\s:.,;]|$)"
    r"[:.,;]?[^\S\n]*(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_REPORT = frozenset(
    map(plain_word, ("report", "lapor", "laporan", "รายงาน", "প্রতিবেদন", "relatório", "relatóriu"))
)
_REPORTS = frozenset(
    map(
        plain_word,
        ("reports", "laporan-laporan", "relatórios", "senarai-laporan", "daftar-laporan"),
    )
)
_WITHDRAW = frozenset(
    map(plain_word, ("withdraw", "cabut", "tarik", "ถอน", "প্রত্যাহার", "retirar", "remove"))
)
_LIKE_A_NUMBER = re.compile(r"#?\s*rep\s*-?\s*(?=\S*\d)\S{1,12}$|#\S+$", re.IGNORECASE)


def read_order(said: str) -> Order | None:
    """The command that a text is, which is without marking; None for a text that is none."""
    found = _COMMAND.match(said)
    word = plain_word(found["word"]) if found else ""
    if found is None or word not in _REPORT | _REPORTS:
        return None
    if word in _REPORTS:
        return Order(Deed.LIST)
    rest, deed = found["rest"].strip(), Deed.REPORT
    first, after = _first_word(rest)
    if plain_word(first) in _WITHDRAW:
        deed, rest = Deed.WITHDRAW, after
    number, rest, unclear = _number(rest)
    first, after = _first_word(rest)
    if number is not None and plain_word(first) in _WITHDRAW:
        deed, rest = Deed.WITHDRAW, after
    return Order(deed, number, rest, unclear)


def _first_word(text: str) -> tuple[str, str]:
    first, _, after = text.partition(" ")
    return first, after.strip()


def _number(rest: str) -> tuple[ReportNumber | None, str, str]:
    """The number at the start, what follows it, and what is like a number and isn't one.

    ATTACK by mistake: a number with a slip must never begin a new report.
    """
    words = list(re.finditer(r"\S+", rest[:80]))[:3]
    for last in reversed(words):
        number = read_number(rest[: last.end()].strip("#:.,; "), (PREFIX,))
        if number is not None:
            return ReportNumber(number), rest[last.end() :].lstrip(" \t:.,;\n"), ""
    for last in words[:1]:
        bare = last.group().strip(":.,;")
        if _LIKE_A_NUMBER.match(bare):
            return None, rest, bare
    return None, rest, ""


def draw_number(below: Callable[[int], int]) -> ReportNumber:
    """A number for a new report; `below` as in `rilon.domain.request_numbers.draw`."""
    return ReportNumber(draw(PREFIX, below))
