"""The fixed words of a bulletin, in its first language."""

from __future__ import annotations

from datetime import date

from rilon.texts.rendering import Line
from rilon.texts.times import written_day
from rilon.texts.translator import Translator, translatable

KINDS = {
    "trends": translatable("Trends"),
    "insight": translatable("Insight"),
    "analysis": translatable("Analysis"),
    "alert": translatable("Alert"),
}


def about(t: Translator, kind: str, begins: date, ends: date) -> Line:
    """What it is, and of which days it speaks."""
    return t.say(
        "{kind} · {begins} to {ends}",
        kind=t.say(KINDS[kind]),
        begins=written_day(begins),
        ends=written_day(ends),
    )


def part(t: Translator, number: int, of: int) -> Line:
    """Which of several messages this is."""
    return t.say("Part {number} of {of}", number=str(number), of=str(of))
