"""A reader of what was accepted, made without the gate's own reading: what an unmodified client
would show, and which restrictions somebody who looks at it would take from it.

It is plain and generous: what looks like a marking to it restricts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from html.parser import HTMLParser
from typing import Any

from tests.attacks.hostile_text import TWINS

ORDER = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
_SEEN_AS = {twin: letter for letter, twins in TWINS.items() for twin in twins}
_NOT_SHOWN = {"\u3164", "\u2800", "\u115f", "\u1160", "\uffa0"}
_LABEL = re.compile(r"TLP: ?(CLEAR|WHITE|GREEN|AMBER\+STRICT|AMBER|RED)(?![A-Z])")
_REL = re.compile(r"REL ([A-Z]{3}(?: ?, ?[A-Z]{3})*)(?: [A-Z0-9 ,-]*)? ?//")
_PROTECT = re.compile(r" PROTECT ([A-Z]{3}(?: ?, ?[A-Z]{3})*)(?: [A-Z0-9 ,-]*)? ?//")
_EXP = re.compile(r" EXP (\d{4}-\d{2}-\d{2})(?: [A-Z0-9 ,-]*)? ?//")
_CAVEAT = re.compile(r" (ORCON|H2|H1|PD)(?= [A-Z0-9 ,-]*//| ?//)")
_FIELD = (
    r"TLP: ?[A-Z+]{3,12}|REL|PROTECT|EXP|GRADE|ORCON|H[12]|(?:NO)?PD|[A-F][1-6]|\d{4}-\d\d-\d\d|"
    r"(?:AUS|BGD|IDN|MYS|THA|TLS|RSO)(?: ?, ?(?:AUS|BGD|IDN|MYS|THA|TLS|RSO))*"
)
_FIELDS = re.compile(rf"(?:(?:{_FIELD})[ ,]+)+")
_REQUEST = re.compile(rf"[!！] ?MARK(?: \$[A-Z0-9_-]+)?(?: (?:{_FIELD}))+ ?(?://)?")
"""A request to the steward about other content, with no words of its own."""
_BLOCKS = {"p", "div", "br", "hr", "li", "ul", "ol", "pre", "blockquote"} | {
    f"h{level}" for level in range(1, 7)
}


@dataclass(frozen=True)
class Seen:
    """The restrictions that a reader takes from a message."""

    tlp: int
    rel: tuple[frozenset[str], ...]
    protect: frozenset[str]
    caveats: frozenset[str]
    expires: tuple[date, ...]


def leaves(value: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Everything in a value that isn't an object or a list, with the way to it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*where, key))
        if not value:
            yield (*where, "{}"), None
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, (*where, "[]"))
        if not value:
            yield (*where, "[]"), None
    else:
        yield where, value


def seen_in(content: dict[str, Any]) -> Seen:
    """The restrictions in every form of a content, with what is in an edit."""
    asks = "m.new_content" not in content and all(map(only_asks, texts(content)))
    lines = [] if asks else [line for text in texts(content) for line in unquoted(text)]
    lines += [] if asks else [line for text in texts(content) for line in quoted(text)]
    tlp, rel, caveats = 0, [], set()
    protect: set[str] = set()
    expires: list[date] = []
    for line in lines:
        for label in _LABEL.findall(line):
            tlp = max(tlp, ORDER.index(label.replace("WHITE", "CLEAR")))
        if not re.match(r"(TLP: ?[A-Z+]+ )?REL |TLP:", line):
            continue
        head = line.partition("//")[0] + "//"
        rel += [_codes(found) for found in _REL.findall(head)]
        for found in _PROTECT.findall(head):
            protect |= _codes(found)
        caveats |= {found.replace("H2", "ORCON") for found in _CAVEAT.findall(_fields(line))}
        expires += [date.fromisoformat(found) for found in _EXP.findall(head)]
    return Seen(tlp, tuple(rel), frozenset(protect), frozenset(caveats), tuple(expires))


def _fields(line: str) -> str:
    """What stands before the sign that ends a marking; without one, the fields that it begins
    with: in the words behind them `H1` is half a year."""
    before, ends, _ = line.partition("//")
    fields = None if ends else _FIELDS.match(line)
    return (before if ends else fields.group() if fields else "") + "//"


def only_asks(text: str) -> bool:
    """Whether all that is shown is a request to the steward: one line of a marking's fields."""
    shown = [line for line in unquoted(text) if line]
    return len(shown) == 1 and _REQUEST.fullmatch(shown[0]) is not None


def texts(content: dict[str, Any]) -> list[str]:
    """Every text of a content that some client shows, formatted ones as they are rendered."""
    found = [content["body"]]
    if "formatted_body" in content:
        found.append(rendered(content["formatted_body"]))
    if "m.new_content" in content:
        # The star by which older clients know an edit.
        found = [text.strip().removeprefix("*") for text in found]
        found += texts(content["m.new_content"])
    return found


def unquoted(text: str) -> list[str]:
    """The lines that aren't quotations, as they look."""
    lines = [looks(line).strip() for line in text.splitlines()]
    return [line for line in lines if not line.startswith(">")]


def quoted(text: str) -> list[str]:
    """The lines of quotations, as they look, without their signs. What older clients put before
    an answer is none: it repeats what is answered."""
    rows = text.split("\n")
    if re.match(r"> (\* )?<@", rows[0]) and "" in rows:
        rows = rows[rows.index("") + 1 :]
    found = [re.sub("[\v\f\r\x1c-\x1e\x85\u2028\u2029].*", "", row) for row in rows]
    return [looks(row).strip(" >") for row in found if row.lstrip(" ").startswith(">")]


def looks(line: str) -> str:
    """The line as somebody in a hurry sees it, in capitals."""
    shown = ""
    for sign in line:
        kind = unicodedata.category(sign)
        if sign in _SEEN_AS:
            shown += _SEEN_AS[sign]
        elif kind == "Zs" or sign == "\t":
            shown += " "
        elif kind[0] != "C" and kind not in ("Mn", "Me") and sign not in _NOT_SHOWN:
            shown += sign
    return re.sub(" +", " ", shown).upper()


def rendered(source: str) -> str:
    """Formatted text as it is shown, quotations with `>` before their lines."""
    page = _Page()
    page.feed(source)
    page.close()
    return "".join(page.shown)


def links(source: str) -> list[str]:
    """Everything in formatted text that is neither shown nor the name of a tag."""
    page = _Page()
    page.feed(source)
    page.close()
    return page.beside


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shown: list[str] = []
        self.beside: list[str] = []
        self._quotes = 0
        self._hidden = 0
        self._kept = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.beside += [value or name for name, value in attrs]
        self._hidden += tag == "mx-reply"
        self._kept += tag == "pre"
        self._quotes += tag == "blockquote"
        self._edge(tag)

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag == "mx-reply"
        self._kept -= tag == "pre"
        self._quotes -= tag == "blockquote"
        self._edge(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.shown.append(data if self._kept else re.sub("[\t\n\f\r ]+", " ", data))

    def handle_comment(self, data: str) -> None:
        self.beside.append(data)

    def handle_decl(self, decl: str) -> None:
        self.beside.append(decl)

    def handle_pi(self, data: str) -> None:
        self.beside.append(data)

    def unknown_decl(self, data: str) -> None:
        self.beside.append(data)

    def _edge(self, tag: str) -> None:
        if tag in _BLOCKS and not self._hidden:
            self.shown.append("\n" + "> " * self._quotes)


def _codes(found: str) -> frozenset[str]:
    return frozenset(found.replace(" ", "").split(","))
