"""How a digest names what it counts, and writes its figures, in one language."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from rilon.digests.counting import UNSAID, Subject, stretch_of
from rilon.digests.pictures import Figure
from rilon.digests.suppression import Shown
from rilon.domain.gazetteer import Gazetteer
from rilon.texts import digests as texts
from rilon.texts.translator import Translator

NOT_SHOWN = "–"
_LONGEST = 100
"""Characters of a name in a cell."""
_SIGNS = re.compile(r"([\\`*_{}\[\]<>|#~!&])")


@dataclass(frozen=True, slots=True)
class Labels:
    """Names and figures for readers of a language."""

    t: Translator
    gazetteer: Gazetteer

    def name(self, subject: Subject, key: str) -> str:
        """What a key of that subject is called."""
        if key == UNSAID:
            return texts.unsaid(self.t)
        if subject is Subject.ROUTE:
            return _short(self._route(key))
        if subject is Subject.AREA:
            return _short(self.gazetteer.areas[key].name(self.t.language))
        return self.t.say(texts.KEYS[subject.value][key]).plain

    def _route(self, key: str) -> str:
        stretch = stretch_of(key)
        if stretch is None:
            return self.gazetteer.routes[key].name(self.t.language)
        ends = [
            self.gazetteer.places[one].name(self.t.language) if one else None
            for one in (stretch.begins, stretch.ends)
        ]
        return texts.stretch(self.t, *ends)

    def mean(self, summed: Shown, periods: int) -> str:
        """A mean over so many periods, as far as it is known."""
        if summed.most is None:
            return NOT_SHOWN
        ends = [texts.decimal(self.t, one / periods) for one in (summed.least, summed.most)]
        return ends[0] if ends[0] == ends[1] else "–".join(ends)


def _short(name: str) -> str:
    return textwrap.shorten(name, _LONGEST, placeholder=" …")


def figure(shown: Shown) -> str:
    """A figure as it is written: `7`, `<3`, `–`."""
    if shown.exact is not None:
        return str(shown.exact)
    return f"<{shown.most + 1}" if shown.small and shown.most is not None else NOT_SHOWN


def pictured(shown: Shown) -> Figure:
    """The same for a picture."""
    return Figure(shown, figure(shown))


def escaped(text: str) -> str:
    """A text of which Markdown makes nothing else."""
    return _SIGNS.sub(r"\\\1", text)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown: names to the left, figures to the right under one another."""
    cells = [[escaped(cell) for cell in row] for row in (heads, *rows)]
    wide = [max(3, *map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "| "
        + " | ".join(
            cell.ljust(most) if at == 0 else cell.rjust(most)
            for at, (cell, most) in enumerate(zip(row, wide, strict=True))
        )
        + " |"
        for row in cells
    ]
    rule = [":" + "-" * (wide[0] - 1), *("-" * (most - 1) + ":" for most in wide[1:])]
    return "\n".join([lines[0], "| " + " | ".join(rule) + " |", *lines[1:]])
