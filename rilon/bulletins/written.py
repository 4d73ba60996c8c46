"""A bulletin as messages in a room: plain and formatted text that say the same.

Clients show little HTML, each its own part of it. So a table is text in columns, a link is
followed by where it goes, and a heading is one in both forms. A long bulletin is several messages;
the marking is the first and the last line of each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from wcwidth import wcswidth

from rilon.bulletins.blocks import (
    Block,
    Break,
    Heading,
    Items,
    Link,
    Paragraph,
    Picture,
    Quote,
    Rule,
    Runs,
    Table,
    Verbatim,
    Words,
    plain_of,
)
from rilon.bulletins.reading import Bulletin
from rilon.domain import marking_text
from rilon.texts import bulletins as texts
from rilon.texts.rendering import Text, as_line
from rilon.texts.translator import translator

MOST_BYTES = 14_000
"""Of both forms of a message. An event holds 65,536, in base64, and a correction says all twice."""

Pair = tuple[str, str]
"""The same in plain text and in HTML."""


@dataclass(frozen=True, slots=True)
class Part:
    """One message, and the pictures that stand in it: they are sent right behind it."""

    text: Text
    pictures: tuple[Picture, ...]


def messages(bulletin: Bulletin) -> tuple[Text, ...]:
    """The messages in their order."""
    return tuple(part.text for part in parts(bulletin))


def parts(
    bulletin: Bulletin, number: str | None = None, corrected: date | None = None
) -> tuple[Part, ...]:
    """The parts in their order; `corrected` is the day of a correction, which readers see. A block
    is never divided: one that is too long for a message was refused when it was read
    (`rilon.bulletins.reading`)."""
    t = translator(bulletin.head.languages[0])
    period = bulletin.head.period
    title = as_line(bulletin.head.title)
    about = texts.about(t, bulletin.head.kind.value, period.begins, period.ends, number)
    lines = [title.strong(), about, *([texts.corrected(t, corrected)] if corrected else [])]
    head = [(line.plain, f"<p>{line.html}</p>") for line in lines]
    blocks: list[tuple[Pair, Picture | None]] = [(pair, None) for pair in head]
    blocks += [(pair_of(one), one if isinstance(one, Picture) else None) for one in bulletin.blocks]
    divided = [*_divided(blocks)]
    marking = marking_text.write(bulletin.marking)
    found = []
    for at, part in enumerate(divided, start=1):
        counted = [_counted(texts.part(t, at, len(divided)).plain)] if len(divided) > 1 else []
        if at > 1:
            counted = [(title.plain, f"<p>{title.html}</p>"), *counted]
        ends = _counted(marking)
        shown = [ends, *counted, *(pair for pair, _ in part), ends]
        plain = "\n\n".join(one for one, _ in shown)
        pictures = tuple(picture for _, picture in part if picture is not None)
        found.append(Part(Text(plain, "".join(one for _, one in shown)), pictures))
    return tuple(found)


def weight(pair: Pair) -> int:
    """Bytes of both forms."""
    return sum(len(one.encode()) for one in pair) + 2


def _counted(line: str) -> Pair:
    return line, f"<p>{escape(line, quote=False)}</p>"


def _divided(
    blocks: Sequence[tuple[Pair, Picture | None]],
) -> Iterator[list[tuple[Pair, Picture | None]]]:
    part: list[tuple[Pair, Picture | None]] = []
    size = 0
    for one in blocks:
        if part and size + weight(one[0]) > MOST_BYTES:
            yield part
            part, size = [], 0
        part.append(one)
        size += weight(one[0])
    yield part


# --- one block -----------------------------------------------------------------------------------


def pair_of(block: Block) -> Pair:
    """One block in both forms."""
    match block:
        case Paragraph():
            return plain_of(block.runs), f"<p>{html_of(block.runs)}</p>"
        case Heading():
            # Clients show the first two very large.
            level = min(max(block.level + 1, 3), 6)
            marks = "#" * block.level
            return f"{marks} {plain_of(block.runs)}", f"<h{level}>{html_of(block.runs)}</h{level}>"
        case Items():
            return _items(block)
        case Quote():
            plain, html = _within(block.blocks)
            quoted = "\n".join(f"> {line}".rstrip() for line in plain.split("\n"))
            return quoted, f"<blockquote>{html}</blockquote>"
        case Verbatim():
            return block.text, _verbatim(block.text)
        case Table():
            columns = in_columns(block)
            return columns, _verbatim(columns)
        case Rule():
            return "---", "<hr>"
        case Picture():
            shown = f"[{block.alternative}: {block.file}]"
            return shown, f"<p>{escape(shown, quote=False)}</p>"


def in_columns(table: Table) -> str:
    """A table as text in columns, by how wide letters are shown; a line under its head."""
    width = [max(map(_wide, column)) for column in zip(*table.rows, strict=True)]
    lines = ["  ".join(_cells(row, width, table.right)).rstrip() for row in table.rows]
    rule = "  ".join("-" * one for one in width)
    return "\n".join([lines[0], rule, *lines[1:]])


def _cells(row: Sequence[str], width: Sequence[int], right: Sequence[bool]) -> Iterator[str]:
    for cell, most, to_right in zip(row, width, right, strict=True):
        room = " " * (most - _wide(cell))
        yield room + cell if to_right else cell + room


def _wide(text: str) -> int:
    found = wcswidth(text)
    return len(text) if found < 0 else found


def _items(block: Items) -> Pair:
    plains, htmls = [], []
    for at, item in enumerate(block.items):
        plain, html = _within(item)
        sign = "- " if block.first is None else f"{block.first + at}. "
        inner = plain.replace("\n", "\n" + " " * len(sign))
        plains.append(sign + inner)
        htmls.append(f"<li>{html}</li>")
    tag = "ul" if block.first is None else "ol"
    start = f' start="{block.first}"' if block.first not in (None, 1) else ""
    return "\n".join(plains), f"<{tag}{start}>{''.join(htmls)}</{tag}>"


def _within(blocks: Sequence[Block]) -> Pair:
    """Blocks within another: a single paragraph without its own edge."""
    if len(blocks) == 1 and isinstance(blocks[0], Paragraph):
        return plain_of(blocks[0].runs), html_of(blocks[0].runs)
    pairs = [pair_of(block) for block in blocks]
    return "\n".join(plain for plain, _ in pairs), "".join(html for _, html in pairs)


def _verbatim(text: str) -> str:
    return f"<pre><code>{escape(text, quote=False)}</code></pre>"


def html_of(runs: Runs) -> str:
    """The words of runs as HTML, nothing of it the author's own."""
    return "".join(_run(run) for run in runs)


def _run(run: Words | Link | Break) -> str:
    match run:
        case Words(text=text, styles=styles):
            html = escape(text, quote=False)
            for style in reversed(styles):
                html = f"<{style.value}>{html}</{style.value}>"
            return html
        case Link(target=target, text=text):
            shown = escape(target, quote=False)
            link = f'<a href="{escape(target)}">{shown}</a>'
            return f"{escape(text, quote=False)} ({link})" if text else link
    return "<br>"
