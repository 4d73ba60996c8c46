"""Formatted text: the small HTML that clients send, cut into what a reader sees of it.

The grammar is closed: whatever isn't an allowed tag, written in full, is refused, so that no
two readers can disagree about it. Whether it says what the body says is `rilon.wire.agreement`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from rilon.wire.shapes import NotInShape

INLINE = frozenset({"strong", "b", "em", "i", "u", "s", "del", "code", "sub", "sup", "span", "a"})
BLOCKS = frozenset(
    {"p", "div", "blockquote", "pre", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6"}
)
VOID = frozenset({"br", "hr"})
DEEPEST = 60
"""Open tags at once. Clients cut deeper ones off, each in its own way."""

_TAG = re.compile(
    r"<(?P<close>/)?(?P<name>[a-z][a-z0-9]{0,15})"
    r'(?P<attributes>(?: [a-z-]{1,30}="[^"<>]{0,2000}"){0,6}) ?(?P<self>/)?>'
)
_ASCII_BREAKS = re.compile(r"[\t\n\r\f]+")
_REFERENCE = re.compile(r"&#(?:[0-9]{1,9}|[xX][0-9a-fA-F]{1,9});?")
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
_SHAPES: Mapping[tuple[str, str], re.Pattern[str]] = {
    ("ol", "start"): re.compile(r"[0-9]{1,9}"),
    ("code", "class"): re.compile(r"language-[A-Za-z0-9+#-]{1,20}"),
    ("a", "href"): re.compile(r"(?:https?://|mailto:)[^\s]{1,1900}", re.IGNORECASE),
    ("a", "data-mention-type"): re.compile(r"user"),
    ("a", "contenteditable"): re.compile(r"false"),
    ("a", "rel"): re.compile(r"noopener"),
    ("a", "target"): re.compile(r"_blank"),
}
"""Attributes that carry no text of their own; a link's target is compared with the body."""


class Kind(Enum):
    """What a piece of formatted text is."""

    TEXT = auto()
    BREAK = auto()
    """A new line, or the edge of a block."""
    ITEM = auto()
    """The begin of a list item: a body shows a sign or a number there. `text` is the number
    that the formatted text gives it, if it says one."""
    LINK = auto()
    """The begin of a link; `text` is its target."""
    LINK_END = auto()
    QUOTE = auto()
    QUOTE_END = auto()


@dataclass(frozen=True, slots=True, repr=False)
class Piece:
    """A piece of what a reader sees."""

    kind: Kind
    text: str = ""


def read_formatted(source: str, where: str) -> tuple[Piece, ...]:
    """The pieces of formatted text, in order. Raises NotInShape."""
    # ATTACK: a reference to no character shows nothing and is stored all the same.
    if not all(html.unescape(reference) for reference in _REFERENCE.findall(source)):
        raise NotInShape(where)
    open_tags: list[tuple[str, str]] = []
    pieces: list[Piece] = []
    at = 0
    while at < len(source):
        if source[at] == "<":
            tag = _TAG.match(source, at)
            if tag is None:
                raise NotInShape(where)
            pieces += _tag_pieces(tag, open_tags, where)
            at = tag.end()
        else:
            end = source.find("<", at)
            end = len(source) if end < 0 else end
            pieces.append(Piece(Kind.TEXT, html.unescape(source[at:end])))
            at = end
    if open_tags:
        raise NotInShape(where)
    return tuple(pieces)


def lines_of(pieces: tuple[Piece, ...], flowing: bool = False) -> str:
    """The text as lines, quoted ones with `> ` before them: as a marking is read.

    `flowing` is as most readers show it: a line break within text is a space to them.
    """
    shown: list[str] = [""]
    depth = 0
    for piece in pieces:
        match piece.kind:
            case Kind.TEXT if flowing:
                shown[-1] += _ASCII_BREAKS.sub(" ", piece.text)
            case Kind.TEXT:
                first, *more = piece.text.splitlines() if piece.text else [""]
                shown[-1] += first
                shown += ["> " * depth + line for line in more]
                if piece.text.endswith(("\n", "\r")):
                    shown.append("> " * depth)
            case Kind.QUOTE | Kind.QUOTE_END:
                depth += 1 if piece.kind is Kind.QUOTE else -1
                shown.append("> " * depth)
            case Kind.BREAK | Kind.ITEM:
                shown.append("> " * depth)
    return "\n".join(shown)


def _tag_pieces(tag: re.Match[str], open_tags: list[tuple[str, str]], where: str) -> list[Piece]:
    name = tag["name"]
    if name not in INLINE | BLOCKS | VOID:
        raise NotInShape(where)
    attributes = _attributes(name, tag["attributes"], where)
    if name in VOID:
        if tag["close"] or attributes:
            raise NotInShape(where)
        return [Piece(Kind.BREAK)]
    if tag["self"]:
        raise NotInShape(where)
    if tag["close"]:
        return list(_closing(name, attributes, open_tags, where))
    if len(open_tags) >= DEEPEST or (name == "a" and "href" not in attributes):
        raise NotInShape(where)
    if name == "a" and any(open_name == "a" for open_name, _ in open_tags):
        raise NotInShape(where)
    target = attributes.get("href", "")
    pieces = list(_opening(name, target, _first_number(name, open_tags)))
    open_tags.append((name, attributes.get("start", "") if name == "ol" else target))
    return pieces


def _attributes(name: str, written: str, where: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for attribute, value in _ATTRIBUTE.findall(written):
        shape = _SHAPES.get((name, attribute))
        plain = html.unescape(value)
        if shape is None or attribute in found or not shape.fullmatch(plain):
            raise NotInShape(where)
        found[attribute] = plain
    return found


def _first_number(name: str, open_tags: list[tuple[str, str]]) -> str:
    """The number that a list begins with, for its first item; other items count on from it."""
    if name != "li" or not open_tags or open_tags[-1][0] != "ol":
        return ""
    _, number = open_tags[-1]
    open_tags[-1] = ("ol", "")
    return number


def _opening(name: str, target: str, number: str) -> Iterator[Piece]:
    if name in BLOCKS:
        yield Piece(Kind.BREAK)
    if name == "blockquote":
        yield Piece(Kind.QUOTE)
    elif name == "li":
        yield Piece(Kind.ITEM, number)
    elif name == "a":
        yield Piece(Kind.LINK, target)


def _closing(
    name: str, attributes: dict[str, str], open_tags: list[tuple[str, str]], where: str
) -> Iterator[Piece]:
    if attributes or not open_tags or open_tags[-1][0] != name:
        raise NotInShape(where)
    _, target = open_tags.pop()
    if name == "a":
        yield Piece(Kind.LINK_END, target)
    if name == "blockquote":
        yield Piece(Kind.QUOTE_END)
    if name in BLOCKS:
        yield Piece(Kind.BREAK)
