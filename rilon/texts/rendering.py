"""Lines and texts: a sentence with values put in, as plain text and as HTML that agree.

Decides how values are cut, cleaned and escaped. What is said is decided by the other files
of this package; how it is sent, by the steward.
"""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

VALUE_LIMIT = 160
"""The most characters that one value may fill."""

TEXT_LIMIT = 16_000
"""Bytes of both forms together. An event holds 65,536, in base64, and an edit says all twice."""

_JOINERS = "\u200c\u200d"
"""Invisible, but part of the spelling of Bengali words and of emoji."""


@dataclass(frozen=True, slots=True)
class Text:
    """One message of the steward. `html` is `None` where plain text says it all.

    INVARIANT: `html` with `<br>` read as a line break, its other tags taken off and its
    entities read, is `plain`. Its tags are `<strong>`, `<code>` and `<br>`, without attributes.
    """

    plain: str
    html: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a text, in both forms."""

    plain: str
    html: str

    def strong(self) -> Line:
        """The same line, set off from the others."""
        return Line(self.plain, f"<strong>{self.html}</strong>")

    def after(self, lead: str) -> Line:
        """The same line behind a bullet, a number or a reaction."""
        lead = bounded(lead, 40)
        return Line(f"{lead} {self.plain}", f"{escape(lead, quote=False)} {self.html}")


GAP = Line("", "")
"""An empty line."""

CUT = Line("…", "…")
"""Stands where lines were left out."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A value that the reader types or copies exactly as it stands."""

    value: str


Value = str | Typed | Line
"""What fills a placeholder. A `Line` is one that was rendered before, and stands as it is."""


def bounded(value: str, limit: int = VALUE_LIMIT) -> str:
    """The value on one line, without control and invisible characters, cut to `limit`."""
    # ATTACK: a room name or a marking of megabytes; only so much is looked at.
    kept = "".join(map(_visible, value[: limit * 4]))
    short = " ".join(kept.split())
    if len(short) <= limit and len(value) <= limit * 4:
        return short
    return short[: limit - 1].rstrip() + "…"


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    # ATTACK: direction marks turn a sentence round; lone surrogates can't be sent at all.
    if category in ("Cf", "Cs") and character not in _JOINERS:
        return ""
    return character


def placeholders(template: str) -> frozenset[str]:
    """The names in braces that a template asks for."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name)


def fill(template: str, values: Mapping[str, Value]) -> Line:
    """The template with its values put in.

    Raises `KeyError` when a value is missing: a mistake in our own code, never an answer.
    """
    plain: list[str] = []
    html: list[str] = []
    for literal, name, _, _ in string.Formatter().parse(template):
        plain.append(literal)
        html.append(escape(literal, quote=False))
        if name is None:
            continue
        shown = as_line(values[name])
        plain.append(shown.plain)
        html.append(shown.html)
    return Line("".join(plain), "".join(html))


def as_line(value: Value) -> Line:
    """The value cleaned, cut and escaped."""
    if isinstance(value, Line):
        return value
    shown = bounded(value.value if isinstance(value, Typed) else value)
    escaped = escape(shown, quote=False)
    return Line(shown, f"<code>{escaped}</code>" if isinstance(value, Typed) else escaped)


def weight(lines: Iterable[Line]) -> int:
    """Bytes of the lines in both forms, line breaks counted."""
    return sum(len(line.plain.encode()) + len(line.html.encode()) + 5 for line in lines)


def text(lines: Iterable[Line]) -> Text:
    """A text of these lines; what would not fit into an event is left out, and `…` stands there."""
    kept = list(lines)
    if weight(kept) > TEXT_LIMIT:
        while weight([*kept, CUT]) > TEXT_LIMIT:
            kept.pop()
        kept.append(CUT)
    plain = "\n".join(line.plain for line in kept)
    if not any("<" in line.html for line in kept):
        return Text(plain, None)
    return Text(plain, "<br>".join(line.html for line in kept))
