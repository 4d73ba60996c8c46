"""What a bulletin's text is made of: blocks, and the runs of words within them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Style(StrEnum):
    """How a run of words is set off; the value is its HTML tag."""

    STRONG = "strong"
    EMPHASIS = "em"
    STRUCK = "del"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Words:
    """Words, with the styles that they stand in, outermost first."""

    text: str
    styles: tuple[Style, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A link, always shown with where it goes. `text` is empty where it is its own target."""

    target: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Break:
    """A new line within a paragraph."""


Run = Words | Link | Break
Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """`line` is where a block begins in its file, from 1; so for all of them."""

    line: int
    runs: Runs


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` from 1, the widest."""

    line: int
    level: int
    runs: Runs


@dataclass(frozen=True, slots=True)
class Items:
    """A list; `first` is the first number, None for a list without numbers."""

    line: int
    first: int | None
    items: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of somebody else."""

    line: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Text that stands as it is typed."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text, the head among them as the first row; every row is as long as the head."""

    line: int
    rows: tuple[tuple[str, ...], ...]
    right: tuple[bool, ...]
    """Which columns are set to the right, as figures are."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""

    line: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture beside the file, and the words for those who don't see it."""

    line: int
    file: str
    alternative: str


Block = Paragraph | Heading | Items | Quote | Verbatim | Table | Rule | Picture


def plain_of(runs: Runs) -> str:
    """The words of runs as a reader of plain text has them."""
    return "".join(_plain(run) for run in runs)


def _plain(run: Run) -> str:
    match run:
        case Words(text=text):
            return text
        case Link(target=target, text=text):
            return f"{text} ({target})" if text else target
    return "\n"


def texts_of(blocks: tuple[Block, ...]) -> Iterator[tuple[int, str]]:
    """Every text that is read, with its line, in order."""
    for block in blocks:
        match block:
            case Paragraph() | Heading():
                yield block.line, plain_of(block.runs)
            case Verbatim():
                yield block.line, block.text
            case Table():
                yield block.line, "\n".join(" ".join(row) for row in block.rows)
            case Picture():
                yield block.line, block.alternative
            case Quote():
                yield from texts_of(block.blocks)
            case Items():
                for item in block.items:
                    yield from texts_of(item)
