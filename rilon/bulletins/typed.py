"""A bulletin as an analyst types it in a room, and as a file (`rilon.bulletins.reading`).

In a room it begins as every message does: with its marking. The head follows, up to the first empty
line. There is no `---`, which clients turn into lines and headings; and a picture is a line of its
own, `picture weeks.png: what it shows`, since what clients make of Markdown's sign for one shows
readers nothing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date

from rilon.bulletins.reading import FENCE

_BEGINS = re.compile(
    r"\s*(?:(?P<marking>[^\n/]{1,400})//\s*)?(?P<head>(?:---[^\S\n]*\n\s*)?title[^\S\n]*:)",
    re.IGNORECASE,
)
_KEYS = frozenset({"title", "kind", "period", "groups", "sources"})
NUMBER = "number"
"""The line of the head that says which bulletin is changed."""
_KEY = re.compile(r"[^\S\n]*(?P<key>[A-Za-z]+)[^\S\n]*:[^\S\n]*(?P<value>.*)")
_PICTURE = re.compile(
    r"(?:picture|image|gambar|imagem|รูป|ภาพ)\s+(?P<file>[^:]{1,100}\.(?:png|jpe?g|gif|svg|webp|bmp|"
    r"heic|tiff?|pdf))\s*:\s*"
    r"(?P<words>\S.*)",
    re.IGNORECASE,
)
_IN_FILE = re.compile(r"!\[(?P<words>[^\[\]]*)\]\(<?(?P<file>[^()\s<>]+)>?\)\s*")


@dataclass(frozen=True, slots=True)
class Typed:
    """The file of what was typed, the marking before it, and the number of the bulletin that it
    changes, as it was written. `head` is the line of the message at
    which its head begins, `text` that at which its text does; `below` is the text's first line in
    the file."""

    content: bytes = field(repr=False)
    marking: str | None
    number: str | None
    head: int
    text: int
    below: int

    def line(self, of_file: int) -> int:
        """The line of the message for a line of the file."""
        if of_file >= self.below:
            return of_file - self.below + self.text
        # The line of `---`, and that of the marking, stand in no message.
        return max(1, min(of_file - 2 + self.head, self.text - 1))


def is_typed(body: str) -> bool:
    """Whether a message begins a bulletin: its marking, and then its title."""
    return _BEGINS.match(body) is not None


def is_nearly_typed(body: str) -> bool:
    """Whether a message has a bulletin's head and doesn't begin as one: without `//` behind its
    marking, with words before it, or without a title. Silence would leave its author waiting."""
    keys = {_key(line) for line in body[:2_000].split("\n")[:10]}
    return not is_typed(body) and len(keys & _KEYS) > 1 and not keys.isdisjoint({"title", "kind"})


def read_typed(body: str) -> Typed:
    """The file of a message. Never raises; what it says is read by `rilon.bulletins.reading`, and
    so is what its marking comes to.

    INVARIANT: only the marking before the head is taken away; one that a part has stays with it.
    """
    begins = _BEGINS.match(body)
    marking = begins["marking"].strip() if begins and begins["marking"] else None
    said = body[begins.start("head") :] if begins else body
    before = body.count("\n") - said.count("\n")
    lines = [line.rstrip() for line in said.split("\n")]
    fenced = lines[0] == FENCE
    ends = next(
        (at for at in range(1, len(lines)) if lines[at] == (FENCE if fenced else "")), len(lines)
    )
    above = lines[int(fenced) : ends]
    number = next((_value(line) for line in above if _key(line) == NUMBER), None)
    # A line that stays, so that those behind it keep their numbers.
    head = ["#" if _key(line) == NUMBER else _with_title_quoted(line) for line in above]
    if marking is not None and not any(_key(line) == "marking" for line in head):
        head.append(f"marking: {json.dumps(marking, ensure_ascii=False)}")
    below = [_picture_in_file(line) for line in lines[ends + 1 :]]
    written = "\n".join([FENCE, *head, FENCE, *below])
    content = written.encode("utf-8", "replace")
    begin = before + int(fenced) + 1
    return Typed(content, marking, number, begin, before + ends + 2, len(head) + 3)


def as_typed(content: bytes, marking: str, number: str) -> str:
    """What to copy and send so that it is this file again, as another version of that bulletin;
    `marking` is the whole's, written."""
    lines = content.decode("utf-8-sig", "replace").replace("\r\n", "\n").split("\n")
    ends = [at for at, line in enumerate(lines) if line.rstrip() == FENCE][:2]
    if len(ends) < 2:
        return "\n".join([marking, *lines])
    head = [line for line in lines[1 : ends[1]] if line.strip(" #") and _key(line) != "marking"]
    text = "\n".join(_picture_typed(line) for line in lines[ends[1] + 1 :]).strip("\n")
    at = next((at for at, line in enumerate(head) if _key(line) == "title"), -1) + 1
    head.insert(at, f"{NUMBER}: {number}")
    title = head.pop(at - 1) if at else ""
    return "\n".join([marking, *([title] if title else []), *head, "", text])


def form(
    marking: str, group: str, begins: date, ends: date, language: str, sample: tuple[str, ...]
) -> str:
    """A bulletin to be filled in, as far as it can be known before; `sample` are lines of text."""
    head = [
        marking,
        "title:",
        "kind: trends",
        f"period: {{from: {begins.isoformat()}, until: {ends.isoformat()}}}",
        f"groups: [{group}]",
        f"languages: [{language}]",
        "sources: []",
    ]
    return "\n".join([*head, "", *sample])


def _value(line: str) -> str:
    found = _KEY.fullmatch(line)
    return found["value"].strip() if found else ""


def _key(line: str) -> str:
    found = _KEY.fullmatch(line)
    return found["key"].lower() if found else ""


def _with_title_quoted(line: str) -> str:
    """A title is a sentence; what YAML would make of a `:` or a `#` in it is meant by nobody."""
    found = _KEY.fullmatch(line)
    if found is None or found["key"].lower() != "title" or not found["value"]:
        return line
    value = found["value"].strip()
    return f"title: {value if value[0] in _QUOTES else json.dumps(value, ensure_ascii=False)}"


_QUOTES = "\"'"


def _picture_in_file(line: str) -> str:
    found = _PICTURE.fullmatch(line.strip())
    if found is None:
        return line
    words = re.sub(r"[\[\]]", "", found["words"])
    # What can't be a picture's name becomes a mistake that says so.
    return f"![{words}](<{re.sub('[<>]', '', found['file'])}>)"


def _picture_typed(line: str) -> str:
    found = _IN_FILE.fullmatch(line)
    return line if found is None else f"picture {found['file']}: {found['words']}"
