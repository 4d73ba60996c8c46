"""A bulletin as it is printed: what stands on its pages, and what at the head and foot of each.

Pure: it makes HTML. How that becomes pages is `rilon.adapters.pdf`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from html import escape

from icu4py.breakers import CharacterBreaker, LineBreaker

from rilon.bulletins.blocks import Block, Heading, Items, Paragraph, Quote, Run, Table, Words
from rilon.bulletins.page import blocks_html
from rilon.bulletins.reading import Bulletin
from rilon.domain import marking_text
from rilon.domain.parties import Party
from rilon.texts import bulletins as texts
from rilon.texts.translator import translator

PAGE, PAGES = "\ue000", "\ue001"
"""What stands in the foot for the page's number and for how many there are. A bulletin that is read
has no such letters: they are nobody's (`has_invisible`)."""
_MAY_BREAK = "\u200b"
_A_ROW = 60
"""Letters that all cells of a row may have side by side, if their words aren't divided."""
TEXT_WIDE = 495
"""Points, on A4 between its margins."""
_ROUND_A_CELL, _A_LETTER = 6, 8
"""Points: the edges of a cell, and the widest letter in a table."""
_NARROW, _WIDE = 4, 40
"""Letters of the longest cell, between which a column's share of the width grows."""


@dataclass(frozen=True, slots=True)
class Issue:
    """Which bulletin it is, and whose copy: `number` and `published` are the bulletin's, `party`
    has the copy, as it stood on the day `as_of`."""

    number: str
    published: date
    party: Party
    as_of: date


@dataclass(frozen=True, slots=True)
class Piece:
    """What stays on one page if it fits on any. `again` stands before it where it begins a page:
    the head of its table."""

    html: str
    again: str = ""


@dataclass(frozen=True, slots=True)
class PrintForm:
    """`head` and `foot` stand on every page, `body` runs over them. All three are HTML of ours;
    `title`, `marking` and `language` are for the document's own description."""

    title: str
    marking: str
    language: str
    head: str
    foot: str
    body: tuple[Piece, ...]


def print_form(
    bulletin: Bulletin, issue: Issue, pictures: Mapping[str, tuple[str, bytes]]
) -> PrintForm:
    """The pages' HTML. `pictures` are the type and bytes of each picture that it names."""
    head = bulletin.head
    t = translator(head.languages[0])
    marking = marking_text.write(bulletin.marking)
    shown = escape(marking, quote=False)
    about = texts.about(t, head.kind.value, head.period.begins, head.period.ends)
    published = texts.published(t, issue.number, issue.published)
    copy = texts.copy_for(t, issue.party, issue.as_of)
    page = texts.page_of(t, PAGE, PAGES)
    title = escape(breakable(head.title), quote=False)
    above = f'<h1>{title}</h1><p class="about">{about.html}<br>{published.html}</p>'
    return PrintForm(
        title=head.title,
        marking=marking,
        language=head.languages[0],
        head=f'<p class="marking">{shown}</p>',
        foot=f'<p class="copy">{copy.html} · {page.html}</p><p class="marking">{shown}</p>',
        body=(
            Piece(above),
            *(piece for block in bulletin.blocks for piece in _pieces(block, pictures)),
        ),
    )


def _pieces(block: Block, pictures: Mapping[str, tuple[str, bytes]]) -> Iterator[Piece]:
    """A list by its items, a quotation by its blocks, a table by its rows."""
    match block:
        case Items():
            for at, item in enumerate(block.items):
                first = None if block.first is None else block.first + at
                one = replace(block, first=first, items=(item,))
                yield Piece(blocks_html((_breakable_block(one),), pictures))
        case Quote():
            for inner in block.blocks:
                yield Piece(blocks_html((Quote(block.line, (_breakable_block(inner),)),), pictures))
        case Table():
            yield from _rows(block)
        case _:
            yield Piece(blocks_html((_breakable_block(block),), pictures))


def _rows(table: Table) -> Iterator[Piece]:
    """Each row a table of its own, with columns of one width: so it breaks where a row ends, and
    the head can stand again on the next page."""
    wide = [
        min(max(max(len(cell) for cell in column), _NARROW), _WIDE)
        for column in zip(*table.rows, strict=True)
    ]
    room = TEXT_WIDE - _ROUND_A_CELL * len(wide)
    widths = [room * one / sum(wide) for one in wide]
    head, *rows = (
        "".join(
            _cell(cell, width, tag, to_right)
            for cell, width, to_right in zip(row, widths, table.right, strict=True)
        )
        for tag, row in zip(["th"] + ["td"] * len(table.rows), table.rows, strict=False)
    )
    again = f"<table><tr>{head}</tr></table>"
    yield Piece(again)
    for row in rows:
        yield Piece(f"<table><tr>{row}</tr></table>", again)


def _cell(cell: str, width: float, tag: str, to_right: bool) -> str:
    shown = escape(breakable(cell, max(int(width / _A_LETTER), 1)), quote=False)
    side = "right" if to_right else "left"
    return f'<{tag} style="width:{width:.1f}pt;text-align:{side}">{shown}</{tag}>'


def breakable(text: str, longest: int | None = None) -> str:
    """The text with a place to break between words that are written without spaces, and within
    words that are longer than that many letters."""
    if text.isascii() and longest is None:
        return text
    pieces = [str(piece) for piece in LineBreaker(text, "en")]
    if longest is not None:
        pieces = [short for piece in pieces for short in _cut(piece, longest)]
    found = ""
    for piece in pieces:
        joined = found and not found[-1].isspace() and piece[:1].isalnum()
        found += (_MAY_BREAK if joined else "") + piece
    return found


def _cut(piece: str, longest: int) -> list[str]:
    letters = [str(letter) for letter in CharacterBreaker(piece, "en")]
    return ["".join(letters[at : at + longest]) for at in range(0, len(letters), longest)]


def _breakable_block(block: Block) -> Block:
    match block:
        case Paragraph() | Heading():
            return replace(block, runs=tuple(map(_breakable_run, block.runs)))
        case Quote():
            return replace(block, blocks=tuple(map(_breakable_block, block.blocks)))
        case Items():
            items = tuple(tuple(map(_breakable_block, item)) for item in block.items)
            return replace(block, items=items)
        case Table():
            longest = max(_A_ROW // len(block.right), 1)
            rows = tuple(tuple(breakable(cell, longest) for cell in row) for row in block.rows)
            return replace(block, rows=rows)
    return block


def _breakable_run(run: Run) -> Run:
    return replace(run, text=breakable(run.text)) if isinstance(run, Words) else run
