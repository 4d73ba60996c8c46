"""Blocks -> Markdown that is read back as the same blocks (`rilon.bulletins.markdown`).

Nothing in a text can become markup that it wasn't: every sign that Markdown knows is escaped. Each
block is read back before it is given out. Where Markdown can't set words off as they were (half a
word beside a sign, a space at the end of a run), the block goes out without what sets them off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

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
    Run,
    Runs,
    Style,
    Table,
    Verbatim,
    Words,
)
from rilon.bulletins.markdown import read_markdown
from rilon.bulletins.reading import FENCE, Bulletin
from rilon.domain import marking_text

_SIGNS = re.compile(r"([!-/:-@\[-`{-~])")
"""All ASCII punctuation may be escaped (CommonMark 2.4)."""
_MARKS = {Style.STRONG: "**", Style.EMPHASIS: "*", Style.STRUCK: "~~"}


def markdown_of(bulletin: Bulletin) -> str:
    """The file: its head, the marking, the text, the marking."""
    # As it is: nothing that a marking may hold is markup, and people look for it in the file.
    marking = marking_text.write(bulletin.marking)
    head = bulletin.head
    lines = [
        FENCE,
        f"title: {_quoted(head.title)}",
        f"kind: {head.kind.value}",
        f"period: {{from: {head.period.begins}, until: {head.period.ends}}}",
        f"groups: [{', '.join(map(_quoted, head.groups))}]",
        f"marking: {_quoted(marking_text.write(bulletin.marking).removesuffix('//').strip())}",
        f"languages: [{', '.join(map(_quoted, head.languages))}]",
        FENCE,
        marking,
        "",
        blocks_markdown(bulletin.blocks),
        "",
        marking,
        "",
    ]
    return "\n".join(lines)


def blocks_markdown(blocks: Sequence[Block]) -> str:
    """Blocks as Markdown, an empty line between two."""
    parts: list[str] = []
    for at, block in enumerate(map(_sayable, blocks)):
        before = blocks[at - 1] if at else None
        if isinstance(block, Items) and isinstance(before, Items):
            # Two lists after each other are one, unless their signs differ.
            other = len(_of_one_kind(blocks[:at])) % 2
            parts.append("\n".join(_items(block, other == 1)))
        else:
            parts.append("\n".join(_block(block)))
    return "\n\n".join(parts)


def escaped(text: str) -> str:
    """The text with nothing in it that is markup."""
    return _SIGNS.sub(r"\\\1", text)


def bare(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks without what sets words off; code stays code."""
    return tuple(map(_bare, blocks))


def _bare(block: Block) -> Block:
    match block:
        case Paragraph() | Heading():
            return replace(block, runs=tuple(map(_bare_run, block.runs)))
        case Quote():
            return replace(block, blocks=bare(block.blocks))
        case Items():
            return replace(block, items=tuple(map(bare, block.items)))
    return block


def _bare_run(run: Run) -> Run:
    if not isinstance(run, Words):
        return run
    return replace(run, styles=tuple(one for one in run.styles if one is Style.CODE))


def _sayable(block: Block) -> Block:
    """A paragraph or heading that is read back as it is, or without what sets its words off."""
    if not isinstance(block, Paragraph | Heading):
        return block
    read = read_markdown("\n".join(_block(block))).blocks
    (again,) = read if len(read) == 1 else (None,)
    if type(again) is type(block) and _joined(again.runs) == _joined(block.runs):
        return block
    return _bare(block)


def _joined(runs: Runs) -> list[Run]:
    """Runs, those of one style together."""
    found: list[Run] = []
    for run in runs:
        last = found[-1] if found else None
        if isinstance(run, Words) and isinstance(last, Words) and last.styles == run.styles:
            found[-1] = replace(last, text=last.text + run.text)
        else:
            found.append(run)
    return found


def _of_one_kind(blocks: Sequence[Block]) -> list[Block]:
    """The lists right before, one after another."""
    found: list[Block] = []
    for block in reversed(blocks):
        if not isinstance(block, Items):
            break
        found.append(block)
    return found


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph():
            yield from _runs(block.runs).split("\n")
        case Heading():
            # A new line within a heading can't be said: it is a space.
            yield f"{'#' * block.level} {_runs(block.runs)}".replace("\\\n", " ").rstrip()
        case Items():
            yield from _items(block, False)
        case Quote():
            for line in blocks_markdown(block.blocks).split("\n"):
                yield f"> {line}".rstrip()
        case Verbatim():
            fence = _longer_than("`", block.text, 3)
            yield from (fence, *block.text.split("\n"), fence)
        case Table():
            yield from _table(block)
        case Rule():
            yield "***"
        case Picture():
            yield f"![{escaped(block.alternative)}]({block.file})"


def _items(block: Items, other: bool) -> Iterator[str]:
    for at, item in enumerate(block.items):
        if block.first is None:
            # `- - -` is a line across; `+ + +` isn't, and no second list is the first in an item.
            sign = "- " if other else "+ "
        else:
            sign = f"{block.first + at}{')' if other else '.'} "
        lines = blocks_markdown(item).split("\n")
        if item and isinstance(item[0], Rule):
            lines[0] = "___"
        if at:
            yield ""
        for number, line in enumerate(lines):
            yield (sign + line if number == 0 else " " * len(sign) + line).rstrip()


def _table(table: Table) -> Iterator[str]:
    head, *rows = table.rows
    yield _row(head)
    yield "|" + "|".join("--:" if to_right else ":--" for to_right in table.right) + "|"
    yield from map(_row, rows)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(escaped, cells)) + " |"


def _longer_than(sign: str, text: str, least: int) -> str:
    """A row of a sign that is longer than any in the text."""
    runs = re.findall(re.escape(sign) + "+", text)
    return sign * max(least, 1 + max(map(len, runs), default=0))


# --- runs of words -------------------------------------------------------------------------------


def _runs(runs: Runs) -> str:
    """Styles are opened and closed where they change, the outermost kept as long as it can be."""
    text = ""
    open_: tuple[Style, ...] = ()
    for run in (*runs, None):
        styles = run.styles if isinstance(run, Words) else ()
        marked = tuple(one for one in styles if one is not Style.CODE)
        shared = 0
        while shared < min(len(open_), len(marked)) and open_[shared] is marked[shared]:
            shared += 1
        text += "".join(_MARKS[one] for one in reversed(open_[shared:]))
        text += "".join(_MARKS[one] for one in marked[shared:])
        open_ = marked
        match run:
            case Words():
                text += _code(run.text) if Style.CODE in styles else escaped(run.text)
            case Link(target=target, text=said):
                text += f"[{escaped(said)}](<{_target(target)}>)" if said else f"<{target}>"
            case Break():
                text += "\\\n"
    return text


def _code(text: str) -> str:
    fence = _longer_than("`", text, 1)
    spaced = text.startswith(" ") and text.endswith(" ") and text.strip(" ") != ""
    space = " " if text.startswith("`") or text.endswith("`") or spaced else ""
    return f"{fence}{space}{text}{space}{fence}"


def _target(target: str) -> str:
    return re.sub(r"([\\<>])", r"\\\1", target).replace("&", "\\&")


def _quoted(value: str) -> str:
    """A value of the head in YAML."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
