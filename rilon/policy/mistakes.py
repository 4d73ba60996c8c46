"""Mistakes in policy files: where, what is wrong, and how to mend it, as plain words.

A mistake is a value. It is written for the coordinator who edits the files, and never
stops the search for the next one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake. `file` is relative to the policy folder; `line` and `column` count from 1."""

    file: str
    line: int
    column: int
    problem: str
    mend: str

    def __str__(self) -> str:
        return f"{printable(self.file)}:{self.line}: {self.problem}; {self.mend}"


@dataclass(frozen=True, slots=True)
class Mistakes:
    """All mistakes of a policy folder, in the order of files and lines. Never empty."""

    items: tuple[Mistake, ...]

    def __post_init__(self) -> None:
        if not self.items:
            raise ValueError("an empty list of mistakes says nothing")


def printable(text: str) -> str:
    """The text without characters that could steer a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def quoted(value: object) -> str:
    """What the file says, in backticks, on one line and cut."""
    text = printable(" ".join(str(value).split()))
    return f"`{text[:60]}…`" if len(text) > 60 else f"`{text}`"


def nearest(found: object, valid: Iterable[str]) -> str:
    """A mend that offers the nearest valid word, or the few that there are."""
    choices = sorted(valid)
    if close := nearest_of(found, choices):
        return f"did you mean `{close}`?"
    if not choices:
        return "take it out"
    shown = ", ".join(f"`{choice}`" for choice in choices[:12])
    return f"use one of {shown}" + (" …" if len(choices) > 12 else "")


def nearest_of(found: object, valid: Iterable[str]) -> str | None:
    """The nearest valid word, if one is near."""
    close = get_close_matches(str(found)[:80], sorted(valid), n=1, cutoff=0.5)
    return close[0] if close else None
