"""Lists of requests: `!requests`, and what the coordinator sees. Numbers and times, never words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from rilon.texts.rendering import GAP, TEXT_LIMIT, Line, Text, Typed, as_line, text, weight
from rilon.texts.requests import joined
from rilon.texts.times import local_date_and_time
from rilon.texts.translator import Translator, translatable

LIST_LIMIT = TEXT_LIMIT - 600
"""Bytes for the entries; the rest is for the line that counts those left out."""

STATES: Mapping[str, str] = MappingProxyType(
    {
        "draft": translatable("not sent"),
        "sent": translatable("not seen yet"),
        "acknowledged": translatable("seen"),
        "assigned": translatable("in work"),
        "clarification": translatable("waits for an answer to a question"),
        "delayed": translatable("needs more time"),
        "partial": translatable("answered in part"),
        "answered": translatable("answered"),
        "refused": translatable("refused"),
        "withdrawn": translatable("taken back"),
        "not_delivered": translatable("could not be brought there"),
        "closed": translatable("closed"),
    }
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One request in a list, with one party. `party` is the shown name of the other side, empty
    where it is hidden; `due` is aware, None while no time runs. `with_whom` is a shown name."""

    number: str
    party: str
    state: str
    due: datetime | None = None
    late: bool = False
    urgent: bool = False
    with_whom: str = ""
    group: str = ""
    """The name of its group, where the reader is in several."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits: on the reader's party, and what the party waits for. Each most urgent first."""

    on_you: tuple[Entry, ...]
    for_you: tuple[Entry, ...]
    zone: str


def requests(t: Translator, waiting: Waiting) -> Text:
    """The answer to `!requests`."""
    if not waiting.on_you and not waiting.for_you:
        return text(
            (
                t.say("Nothing waits.").strong(),
                t.say("To ask something: {command}", command=Typed("!rfi IDN,MYS: …")),
            )
        )
    return text(request_lines(t, waiting))


def request_lines(t: Translator, waiting: Waiting) -> tuple[Line, ...]:
    """What waits on either side, as lines of a longer text."""
    late = sum(one.late for one in (*waiting.on_you, *waiting.for_you))
    blocks: list[tuple[Line, Sequence[Entry]]] = []
    if waiting.on_you:
        blocks.append((t.say("Waits for you").strong(), waiting.on_you))
    if waiting.for_you:
        blocks.append((t.say("You wait for").strong(), waiting.for_you))
    first = (t.say_many("{count} is late", "{count} are late", late),) if late else ()
    return _in_blocks(t, first, blocks, waiting.zone)


def late_requests(t: Translator, entries: Sequence[Entry], zone: str) -> tuple[Line, ...]:
    """What is late in the whole group, for the coordinator."""
    if not entries:
        return (t.say("No request is late.").strong(),)
    head = t.say_many("{count} request is late", "{count} requests are late", len(entries))
    return (head.strong(), *_bounded(t, [_entry(t, one, zone) for one in entries], LIST_LIMIT // 2))


def overview(
    t: Translator,
    late: Sequence[Entry],
    gaps: Iterable[Line],
    zone: str,
    before: Sequence[Line] = (),
) -> Text:
    """The coordinator's view: what is late, and where nobody is on duty in the next days. `before`
    is what waits for the coordinator's own party."""
    return text((*before, *late_requests(t, late, zone), GAP, *gaps))


def _in_blocks(
    t: Translator,
    first: Sequence[Line],
    blocks: Sequence[tuple[Line, Sequence[Entry]]],
    zone: str,
) -> tuple[Line, ...]:
    lines = list(first)
    for head, entries in blocks:
        lines.append(head)
        room = max(LIST_LIMIT - weight(lines), 1200) // (1 if head is blocks[-1][0] else 2)
        lines += _bounded(t, [_entry(t, one, zone) for one in entries], room)
    return tuple(lines)


def _bounded(t: Translator, lines: Sequence[Line], limit: int) -> list[Line]:
    kept: list[Line] = []
    for number, line in enumerate(lines):
        if weight([*kept, line]) > limit:
            left = len(lines) - number
            return [*kept, t.say_many("and {count} more", "and {count} more", left)]
        kept.append(line)
    return kept


def _entry(t: Translator, one: Entry, zone: str) -> Line:
    lead = "🔴" if one.late else "⚡" if one.urgent else "•"
    parts = [
        t.say("{number} {party}", number=Typed(one.number), party=one.party or t.say("not named")),
        t.say(STATES[one.state]),
    ]
    if one.with_whom:
        parts.append(as_line(one.with_whom))
    if one.group:
        parts.append(as_line(one.group))
    if one.due is not None:
        due = local_date_and_time(one.due, zone)
        parts.append(
            t.say("late since {time}", time=due) if one.late else t.say("due by {time}", time=due)
        )
    return joined(parts).after(lead)
