"""Why a search can't be read, in words for whoever typed it."""

from __future__ import annotations

from rilon.archive.query import MOST_LETTERS, MOST_UNITS, Unsearchable, Why
from rilon.bulletins.head import Kind
from rilon.texts import archive as texts
from rilon.texts.rendering import Line
from rilon.texts.translator import Translator


def why_not(t: Translator, found: Unsearchable) -> Line:
    """One sentence or two, with what to type instead."""
    match found.why:
        case Why.EMPTY:
            return texts.nothing_asked(t)
        case Why.LONG:
            return texts.too_long(t, MOST_LETTERS)
        case Why.MANY:
            return texts.too_many(t, MOST_UNITS)
        case Why.ONLY_EXCLUDED:
            return texts.only_excluded(t)
        case Why.DAY:
            return texts.no_day(t, found.part)
        case Why.DAY_TWICE:
            return texts.day_twice(t, found.part)
        case Why.BACKWARDS:
            return texts.backwards(t, found.part)
        case Why.KIND:
            return texts.no_kind(t, found.part, ", ".join(Kind))
        case Why.GROUP:
            return texts.no_group(t, found.part)
        case Why.EXCLUDED_FILTER:
            return texts.excluded_filter(t, found.part)
