"""Lists in a sentence: `AUS, IDN and RSO`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rilon.texts.rendering import GAP, Line, Value, as_line, bounded
from rilon.texts.translator import Translator

CODE_LIMIT = 24
"""The most characters of one code in a list."""

LIST_LIMIT = 12
"""The most items that a sentence names one by one."""


def listed(t: Translator, items: Sequence[Value], limit: int = CODE_LIMIT) -> Line:
    """The items joined as a sentence of that language joins them; empty for none."""
    shown = [_item(item, limit) for item in items[:LIST_LIMIT]]
    if left := len(items) - len(shown):
        shown.append(t.say_many("{count} more", "{count} more", left))
    if len(shown) < 2:
        return shown[0] if shown else GAP
    first = Line(*(", ".join(part) for part in zip(*_forms(shown[:-1]), strict=True)))
    return t.say("{first} and {last}", first=first, last=shown[-1])


def _item(item: Value, limit: int) -> Line:
    return as_line(bounded(item, limit)) if isinstance(item, str) else as_line(item)


def _forms(lines: Sequence[Line]) -> list[tuple[str, str]]:
    return [(line.plain, line.html) for line in lines]


def codes(value: str) -> tuple[str, ...]:
    """The party codes of a parameter, written with commas or spaces between them."""
    return tuple(found.group() for found in re.finditer(r"[^\s,]+", value[:400]))
