"""The fixed words of a bulletin, in its first language."""

from __future__ import annotations

from datetime import date

from rilon.texts.rendering import Line, Text, as_line, text
from rilon.texts.times import written_day
from rilon.texts.translator import Translator, translatable

KINDS = {
    "trends": translatable("Trends"),
    "insight": translatable("Insight"),
    "analysis": translatable("Analysis"),
    "alert": translatable("Alert"),
}


def about(t: Translator, kind: str, begins: date, ends: date, number: str | None = None) -> Line:
    """What it is, and of which days it speaks; its number, once it has one."""
    days = {"begins": written_day(begins), "ends": written_day(ends)}
    named = t.say(KINDS[kind])
    if number is None:
        return t.say("{kind} · {begins} to {ends}", kind=named, **days)
    return t.say("{number} · {kind} · {begins} to {ends}", number=number, kind=named, **days)


def part(t: Translator, number: int, of: int) -> Line:
    """Which of several messages this is."""
    return t.say("Part {number} of {of}", number=str(number), of=str(of))


def corrected(t: Translator, day: date) -> Line:
    """That it says something else than before."""
    return t.say("Corrected on {day}", day=written_day(day))


REASONS = {
    "wrong": translatable("something in it is wrong"),
    "source": translatable("what it rests on was taken back"),
    "old": translatable("it is out of date"),
    "replaced": translatable("another bulletin takes its place"),
    "half": translatable("a correction could be posted in part only"),
    "other": translatable("its authors took it back"),
}
"""Why, in words that nobody typed."""


def withdrawn(t: Translator, marking: str, number: str, day: date, reason: str) -> Text:
    """What stands in place of a bulletin that was withdrawn: under its marking still."""
    why = t.say(REASONS[reason])
    lines = [
        as_line(marking),
        t.say(
            "{number} was withdrawn on {day}: {why}", number=number, day=written_day(day), why=why
        ),
        t.say("Don't use it any more, and don't pass it on."),
        as_line(marking),
    ]
    return text(lines)


def published(t: Translator, number: str, day: date) -> Line:
    """Which one it is, and when it came out."""
    return t.say("{number} · published {day}", number=number, day=written_day(day))


def copy_for(t: Translator, party: str, day: date) -> Line:
    """Whose copy it is, and of which day."""
    return t.say("As of {day}, for {party}", day=written_day(day), party=party)


def page_of(t: Translator, page: str, pages: str) -> Line:
    """Which page this is."""
    return t.say("Page {page} of {pages}", page=page, pages=pages)
