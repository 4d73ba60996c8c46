"""What a reader is told of a search that can't be read, and what to type instead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rilon.texts.rendering import Line, Text, Typed, as_line, text
from rilon.texts.translator import Translator


def too_long(t: Translator, most: int) -> Line:
    return t.say("This search is longer than {most} letters. Type a few words.", most=str(most))


def too_many(t: Translator, most: int) -> Line:
    return t.say("Search for at most {most} words at once. Leave some out.", most=str(most))


def nothing_asked(t: Translator) -> Line:
    return t.say('Say what to look for: words, or "a phrase" in quotes.')


def only_excluded(t: Translator) -> Line:
    return t.say("Say what to look for, too: a word without `-` before it.")


def no_day(t: Translator, part: str) -> Line:
    return t.say(
        "I can't read the day in {part}. Write it as from:2026-03-01, from:2026-03 or from:2026.",
        part=part,
    )


def day_twice(t: Translator, part: str) -> Line:
    return t.say("{part} is a second day for the same end. Leave one of them out.", part=part)


def backwards(t: Translator, part: str) -> Line:
    return t.say("These days end before they begin: {part}. Change one of them.", part=part)


def no_kind(t: Translator, part: str, kinds: str) -> Line:
    return t.say("{part} is no kind of bulletin. The kinds are: {kinds}.", part=part, kinds=kinds)


def no_group(t: Translator, part: str) -> Line:
    return t.say("{part} names no group. Write its short name, as in group:mps.", part=part)


def excluded_filter(t: Translator, part: str) -> Line:
    return t.say(
        "`-` leaves out words only, not {part}. Say which ones you want instead.", part=part
    )


def unread(t: Translator, why: Line) -> Text:
    """A search that can't be read, and how one is written."""
    example = Typed('!bulletins "fishing boats" Andaman -Rohingya kind:alert from:2026-01')
    return text([why, t.say("For example: {example}", example=example)])


def found(t: Translator, lines: Sequence[Line], count: int, page: int, pages: int) -> Text:
    """What was found, the best first; how many there are, and how to see more."""
    if not count:
        return text([t.say("No bulletin that you can read has all of that. Try fewer words.")])
    head = t.say_many("{count} bulletin", "{count} bulletins", count, count=str(count)).strong()
    more = []
    if page < pages:
        typed = Typed(f"page:{page + 1}")
        more = [t.say("There are more: type the same with {page} behind it.", page=typed)]
    if not lines:
        return text([head, t.say("There are {pages} pages of them.", pages=str(pages))])
    return text([head, *lines, *more])


def entry(number: str, title: str, day: date, where: str) -> Line:
    """One bulletin: its title, its number, its day, and a link to where it stands."""
    shown = as_line(title).strong()
    rest = as_line(f" · {number} · {day.isoformat()} · {where}")
    return Line(f"- {shown.plain}{rest.plain}", f"- {shown.html}{rest.html}")
