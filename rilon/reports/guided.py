"""The guided exchange of a report: it asks for what is missing and needed, and then shows it.

Decides which question comes next, and what an answer to it changes, by words, number or tap. Any
field may be said at any time. A state is a value that can be sealed and taken up again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from rilon.domain.guided_words import BACK, CANCEL, CHANGES, SENDS, SKIP, plain
from rilon.domain.markings import WrittenMarking
from rilon.domain.reports import Vessel
from rilon.domain.request_draft import marking_from_json, marking_to_json
from rilon.domain.request_text import yes_or_no
from rilon.domain.taps import Tap, keycap, number_of, tap_of
from rilon.domain.word_forms import plain_word
from rilon.reports.draft import Draft, draft_from_json, draft_to_json, overlaid
from rilon.reports.mistakes import Misread, Wrong
from rilon.reports.reading import Reader, Said, read_report
from rilon.reports.terms import shown


class Step(StrEnum):
    """Where an exchange is: at a question, or at its end. Each has one text."""

    GROUP = "group"
    """In which group, for an officer of several."""
    DAY = "day"
    WHERE = "where"
    WHO = "who"
    """Who or what was seen."""
    CHANGE = "change"
    PREVIEW = "preview"
    FILE = "file"
    """The officer said: file it."""
    DISCARDED = "discarded"


ENDS = frozenset({Step.FILE, Step.DISCARDED})
DISCARD = "🗑️"
"""The sign that discards; a tap on any sign of `Tap.CANCEL` does."""
MOST_OFFERED = 9
MOST_REMEMBERED = 20
_LONGEST_WORD = 40


@dataclass(frozen=True, slots=True)
class Setting:
    """What words and numbers may mean. `areas` are the keys offered by number, in their order;
    `groups` those in which the officer may report: key and name."""

    reader: Reader
    areas: tuple[str, ...] = ()
    groups: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One guided exchange. `marking` is the join of what stood above its words; `group` is the
    key of the group, empty until it is chosen; `path` are the questions behind."""

    draft: Draft = field(default_factory=Draft)
    step: Step = Step.PREVIEW
    group: str = ""
    marking: WrittenMarking | None = None
    path: tuple[Step, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether nothing more can be answered."""
        return self.step in ENDS


def begin(said: Said, marking: WrittenMarking | None, group: str) -> Exchange:
    """The exchange over what is said; one that lacks nothing is at its preview."""
    return _next(Exchange(said.draft, group=group, marking=marking))


def missing(exchange: Exchange) -> tuple[Step, ...]:
    """What is to be asked before it can be filed, in this order."""
    draft = exchange.draft
    known = {
        Step.GROUP: bool(exchange.group),
        Step.DAY: draft.day is not None,
        Step.WHERE: draft.has_where,
        Step.WHO: draft.has_what,
    }
    return tuple(step for step, is_known in known.items() if not is_known)


def offered(step: Step, setting: Setting) -> tuple[str, ...]:
    """What the numbers of a question stand for: `2` is the second. Fields as they are written;
    of the first question, keys of groups."""
    today = setting.reader.today
    match step:
        case Step.GROUP:
            return tuple(key for key, _ in setting.groups[:MOST_OFFERED])
        case Step.DAY:
            return tuple(f"day: {today - timedelta(days=ago)}" for ago in range(3))
        case Step.WHERE:
            return tuple(f"area: {key}" for key in setting.areas[:MOST_OFFERED])
        case Step.WHO:
            return tuple(f"vessel: {shown(vessel)}" for vessel in Vessel)
        case _:
            return ()


def signs(exchange: Exchange, setting: Setting) -> tuple[str, ...]:
    """The reactions that the steward puts on the question of this step, in their order."""
    if exchange.is_over:
        return ()
    if exchange.step is Step.PREVIEW:
        return (Tap.SEND.value, Tap.CHANGE.value, DISCARD)
    numbers = range(1, len(offered(exchange.step, setting)) + 1)
    back = (Tap.BACK.value,) if exchange.path else ()
    return (*map(keycap, numbers), *back, DISCARD)


# --- words and taps ----------------------------------------------------------------------------

_FILES = SENDS | plain("file", "file it", "submit", "laporkan", "ajukan", "lapor", "registar")
_CHANGE = re.compile(r"\s*(?:please\s+)?(\S{2,20})\s+(?=\S[^:=]{0,30}[:=])", re.IGNORECASE)


def written(
    exchange: Exchange, said: str, setting: Setting, at: Step | None = None
) -> Exchange | Misread:
    """The exchange after words, or why they are no answer; then it stays where it is.

    `at` is the question that was replied to, where that is an earlier one.
    """
    if exchange.is_over:
        return exchange
    step = exchange.step if at is None or at in ENDS else at
    word = plain_word(said) if len(said) <= _LONGEST_WORD else ""
    tap = tap_of(said) if len(said) <= _LONGEST_WORD else None
    if word in CANCEL or tap is Tap.CANCEL:
        return _discarded(exchange)
    if step is Step.PREVIEW and exchange.step is Step.PREVIEW:
        yes = yes_or_no(said) if len(said) <= _LONGEST_WORD else None
        if word in _FILES or yes or tap is Tap.SEND:
            return _filed(exchange)
        if yes is False:
            return _discarded(exchange)
    if word in CHANGES or tap is Tap.CHANGE:
        return replace(exchange, step=Step.CHANGE) if not missing(exchange) else exchange
    if step is exchange.step and (word in BACK or tap is Tap.BACK):
        return _back(exchange)
    if (word and word in SKIP) or tap is Tap.SKIP:
        needed = missing(exchange)
        return Misread(Wrong.NEEDED, nearest=needed[0].value) if needed else _next(exchange)
    if number := _number(said):
        return _numbered(exchange, step, number, setting, typed=True)
    return _said(exchange, said, setting, step)


def tapped(exchange: Exchange, step: Step, key: str, setting: Setting) -> Exchange | Misread:
    """The exchange after a reaction on the question of that step, which may be an earlier one. One
    that says nothing here changes nothing."""
    if exchange.is_over or step in ENDS:
        return exchange
    number, tap = number_of(key), tap_of(key)
    if number is not None:
        answers = number <= len(offered(step, setting))
        return _numbered(exchange, step, number, setting) if answers else exchange
    if tap is Tap.CANCEL:
        return _discarded(exchange)
    if step is not exchange.step:
        return exchange
    if tap is Tap.BACK:
        return _back(exchange)
    if step is Step.PREVIEW and tap is Tap.SEND:
        return _filed(exchange)
    if step is Step.PREVIEW and tap is Tap.CHANGE:
        return replace(exchange, step=Step.CHANGE)
    return exchange


def _number(said: str) -> int | None:
    bare = said.strip().rstrip(".)")
    number = number_of(said) if len(said) <= _LONGEST_WORD else None
    return number or (int(bare) if bare.isdecimal() and len(bare) <= 4 else None)


def _numbered(
    exchange: Exchange, step: Step, number: int, setting: Setting, *, typed: bool = False
) -> Exchange | Misread:
    ways = offered(step, setting)
    chosen = ways[number - 1] if 0 < number <= len(ways) else ""
    if step is Step.GROUP:
        return _in_group(exchange, chosen, setting)
    if step is Step.WHO and typed:
        # INVARIANT: `5` to "who was seen" may be five people: it is never taken for a vessel.
        people = f"{number} people"
        both = f"{people} · {chosen.partition(': ')[2]}" if chosen else people
        return Misread(Wrong.AMBIGUOUS, found=str(number), nearest=both)
    if not chosen:
        return Misread(Wrong.UNKNOWN, found=str(number))
    return _said(exchange, chosen, setting, step)


def _said(exchange: Exchange, said: str, setting: Setting, step: Step) -> Exchange | Misread:
    """The exchange with the fields that words name."""
    if step is Step.GROUP:
        return _in_group(exchange, said, setting)
    opened = _CHANGE.match(said)
    if opened and plain_word(opened[1]) in CHANGES:
        said = said[opened.end() :]
    found = read_report(said, setting.reader)
    if isinstance(found, Misread):
        return found
    if found == Said():
        return Misread(Wrong.EMPTY)
    changed = replace(exchange, draft=overlaid(exchange.draft, found.draft, found.cleared))
    if step is exchange.step or missing(changed)[:1] != (exchange.step,):
        return _next(changed)
    return changed


def _in_group(exchange: Exchange, said: str, setting: Setting) -> Exchange | Misread:
    word = plain_word(said[:80])
    for key, name in setting.groups:
        if word and word in (plain_word(key), plain_word(name)):
            return _next(replace(exchange, group=key))
    keys = ", ".join(key.upper() for key, _ in setting.groups)
    return Misread(Wrong.GROUP_UNCLEAR, nearest=keys)


# --- from step to step -------------------------------------------------------------------------


def _next(exchange: Exchange) -> Exchange:
    """The next question: what is missing, then the preview."""
    step = next(iter(missing(exchange)), Step.PREVIEW)
    path = exchange.path
    if exchange.step not in (step, Step.PREVIEW, Step.CHANGE):
        path = (*path, exchange.step)[-MOST_REMEMBERED:]
    return replace(exchange, step=step, path=path)


def _back(exchange: Exchange) -> Exchange | Misread:
    if not exchange.path:
        return Misread(Wrong.FIRST_QUESTION)
    *path, last = exchange.path
    return replace(exchange, step=last, path=tuple(path))


def _discarded(exchange: Exchange) -> Exchange:
    return replace(exchange, step=Step.DISCARDED)


def _filed(exchange: Exchange) -> Exchange:
    """INVARIANT: nothing is filed that lacks what is needed."""
    return _next(exchange) if missing(exchange) else replace(exchange, step=Step.FILE)


# --- as values, for sealing --------------------------------------------------------------------


def exchange_to_json(exchange: Exchange) -> dict[str, Any]:
    """The exchange as JSON values. They hold content: seal them."""
    return {
        "draft": draft_to_json(exchange.draft),
        "step": exchange.step.value,
        "group": exchange.group,
        "marking": None if exchange.marking is None else marking_to_json(exchange.marking),
        "path": [step.value for step in exchange.path],
    }


def exchange_from_json(values: Mapping[str, Any]) -> Exchange:
    """The exchange of `exchange_to_json`'s values. Raises `ValueError`, `KeyError` or `TypeError`
    when they aren't."""
    return Exchange(
        draft_from_json(values["draft"]),
        Step(values["step"]),
        str(values["group"]),
        None if values["marking"] is None else marking_from_json(values["marking"]),
        tuple(map(Step, values["path"])),
    )
