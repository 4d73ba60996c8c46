"""Markdown as analysts write it -> blocks, or what is wrong with it, by line.

CommonMark and tables, read by markdown-it. What readers couldn't see as it is meant is a mistake
and not left out: HTML, remote pictures, links that show another place than they go to. Text is
hostile: reading takes time in proportion to it and never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

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
    plain_of,
)

MOST_COLUMNS, MOST_ROWS, MOST_CELL = 12, 200, 120
MOST_DEEP = 4
"""Lists and quotations within one another."""
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.(?:png|jpe?g)", re.IGNORECASE)
_WEB = re.compile(r"https?://[^\s<>\"]{1,1900}", re.IGNORECASE)
_STYLES = {"strong": Style.STRONG, "em": Style.EMPHASIS, "s": Style.STRUCK}


@dataclass(frozen=True, slots=True)
class Wrong:
    """One mistake: the line in the file, what is wrong, and how to mend it."""

    line: int
    problem: str
    mend: str


@dataclass(slots=True)
class Read:
    """The blocks of a text, and its mistakes."""

    blocks: tuple[Block, ...] = ()
    wrong: list[Wrong] = field(default_factory=list)


def read_markdown(text: str, first_line: int = 1) -> Read:
    """The blocks. `first_line` is the line of the file at which the text begins."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    reading = _Reading(first_line)
    tokens = iter(parser.parse(text))
    blocks = tuple(reading.blocks(tokens, "", 0))
    return Read(blocks, reading.wrong)


@dataclass(slots=True)
class _Reading:
    first_line: int
    wrong: list[Wrong] = field(default_factory=list)

    def line_of(self, token: Token) -> int:
        return self.first_line + (token.map[0] if token.map else 0)

    def note(self, line: int, problem: str, mend: str) -> None:
        self.wrong.append(Wrong(line, problem, mend))

    def blocks(self, tokens: Iterator[Token], closing: str, depth: int) -> Iterator[Block]:
        """The blocks up to the token of that type."""
        for token in tokens:
            if token.type == closing:
                return
            found = self.block(token, tokens, depth)
            if found is not None:
                yield found

    def block(self, token: Token, tokens: Iterator[Token], depth: int) -> Block | None:
        line = self.line_of(token)
        match token.type:
            case "paragraph_open":
                return self.paragraph(line, tokens, depth)
            case "heading_open":
                runs = self.runs(line, next(tokens))
                next(tokens)
                return Heading(line, int(token.tag[1:]), runs)
            case "bullet_list_open" | "ordered_list_open":
                return self.items(token, tokens, depth)
            case "blockquote_open":
                return Quote(line, tuple(self.deeper(token, tokens, "blockquote_close", depth)))
            case "fence" | "code_block":
                return Verbatim(line, token.content.rstrip("\n"))
            case "hr":
                return Rule(line)
            case "table_open":
                return self.table(line, tokens)
            case "html_block":
                mend = "write it in words or in Markdown"
                self.note(line, "HTML isn't shown in a bulletin", mend)
        return None

    def deeper(
        self, token: Token, tokens: Iterator[Token], closing: str, depth: int
    ) -> Iterator[Block]:
        if depth == MOST_DEEP:
            self.note(self.line_of(token), "this is nested too deeply", "write it side by side")
        yield from self.blocks(tokens, closing, depth + 1)

    def paragraph(self, line: int, tokens: Iterator[Token], depth: int) -> Block:
        inline = next(tokens)
        next(tokens)
        children = inline.children or []
        if depth == 0 and len(children) == 1 and children[0].type == "image":
            return self.picture(line, children[0])
        return Paragraph(line, self.runs(line, inline))

    def items(self, opened: Token, tokens: Iterator[Token], depth: int) -> Items:
        first = int(opened.attrGet("start") or 1) if opened.type == "ordered_list_open" else None
        closing = opened.type.replace("open", "close")
        items = []
        for token in tokens:
            if token.type == closing:
                break
            items.append(tuple(self.deeper(token, tokens, "list_item_close", depth)))
        return Items(self.line_of(opened), first, tuple(items))

    def table(self, line: int, tokens: Iterator[Token]) -> Table:
        rows: list[list[str]] = []
        right: list[bool] = []
        for token in tokens:
            if token.type == "table_close":
                break
            if token.type == "tr_open":
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                if token.type == "th_open":
                    right.append("right" in str(token.attrGet("style") or ""))
                cell = plain_of(self.runs(line, next(tokens))).replace("\n", " ").strip()
                if len(cell) > MOST_CELL:
                    self.note(line, "a cell of this table is too long", "say it in the text")
                rows[-1].append(cell)
        if len(right) > MOST_COLUMNS or len(rows) > MOST_ROWS:
            most = f"{MOST_COLUMNS} columns and {MOST_ROWS} rows"
            self.note(line, f"the table is larger than {most}", "divide it, or sum it up")
        return Table(line, tuple(tuple(row) for row in rows), tuple(right))

    def picture(self, line: int, token: Token) -> Picture:
        file, alternative = str(token.attrGet("src") or ""), _words_of(token).strip()
        if not _FILE.fullmatch(file):
            self.note(
                line,
                "this is no name of a PNG or JPEG picture of your own",
                "use plain letters and no spaces, such as `map.png`, here and for the file",
            )
        if not alternative:
            self.note(
                line,
                "the picture has no words for those who don't see it",
                "say what it shows between the brackets: `![what it shows](map.png)`",
            )
        return Picture(line, file, alternative)

    # --- runs of words ---------------------------------------------------------------------------

    def runs(self, line: int, inline: Token) -> Runs:
        runs: list[Run] = []
        styles: list[Style] = []
        children = iter(inline.children or [])
        for token in children:
            kind, _, edge = token.type.rpartition("_")
            if token.type == "link_open":
                runs.append(self.link(line, token, children))
            elif edge == "open" and kind in _STYLES:
                styles.append(_STYLES[kind])
            elif edge == "close" and kind in _STYLES:
                styles.pop()
            elif token.type in ("softbreak", "hardbreak"):
                line += 1
                runs.append(Break() if token.type == "hardbreak" else Words(" ", tuple(styles)))
            elif token.type == "code_inline":
                runs.append(Words(token.content, (*styles, Style.CODE)))
            elif token.type == "image":
                mend = "put it on a line of its own, with an empty line before and after"
                self.note(line, "a picture stands within something else", mend)
            elif token.type == "html_inline":
                mend = "write it in words; `<` is written `\\<`"
                self.note(line, "HTML isn't shown in a bulletin", mend)
            elif token.content:
                runs.append(Words(token.content, tuple(styles)))
        return tuple(runs)

    def link(self, line: int, opened: Token, children: Iterator[Token]) -> Link:
        said = []
        for token in children:
            if token.type == "link_close":
                break
            said.append(_words_of(token))
        target, text = str(opened.attrGet("href") or ""), "".join(said).strip()
        if not _WEB.fullmatch(target):
            self.note(line, "a link must go to a web page", "begin it with `https://`")
        if text == target or opened.markup == "autolink":
            return Link(target)
        if _WEB.match(text) or re.match(r"www\.", text, re.IGNORECASE):
            # ATTACK: a link that shows one place and goes to another.
            mend = "write what it is, or nothing but the address"
            self.note(line, "the link shows another address than the one it goes to", mend)
        return Link(target, text)


def _words_of(token: Token) -> str:
    if token.children:
        return "".join(_words_of(child) for child in token.children)
    return " " if token.type.endswith("break") else token.content
