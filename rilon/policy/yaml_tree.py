"""YAML with positions: bytes of one file become plain values, and where each one stands.

Decides which YAML a policy file may use: one document of mappings, lists and scalars, without
anchors, tags or repeated keys. What the values mean is decided in `rilon.policy.load`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from rilon.policy.mistakes import Mistake, quoted

MOST_BYTES = 1_000_000
MOST_DEPTH = 12
"""Deeper than any policy document goes; a bound against files made to exhaust the reader."""

Plain: TypeAlias = "bool | int | str | list[Plain] | dict[str, Plain] | None"
Path = tuple[str | int, ...]
Spot = tuple[int, int]
"""Line and column, from 1."""

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}


class _NotAllowed(Exception):
    """YAML that a policy file may not use. Never leaves this module."""

    def __init__(self, event: Event, problem: str, mend: str) -> None:
        super().__init__(problem)
        self.spot = _spot(event)
        self.problem, self.mend = problem, mend


@dataclass(frozen=True, slots=True)
class Tree:
    """The values of one file. `keys` gives a mapping's key its place, `values` any value."""

    file: str
    value: Plain = None
    keys: dict[Path, Spot] = field(default_factory=dict)
    values: dict[Path, Spot] = field(default_factory=dict)

    def spot(self, path: Path) -> Spot:
        """Where the value of that path stands; for a missing one, what should hold it."""
        for end in range(len(path), 0, -1):
            found = self.keys.get(path[:end]) or self.values.get(path[:end])
            if found:
                return found
        return self.values.get((), (1, 1))

    def mistake(self, path: Path, problem: str, mend: str) -> Mistake:
        """A mistake at that path."""
        return Mistake(self.file, *self.spot(path), problem, mend)


def read_tree(file: str, content: bytes) -> Tree | tuple[Mistake, ...]:
    """The file's tree, or its mistakes. Never raises, whatever the bytes."""
    if len(content) > MOST_BYTES:
        return (Mistake(file, 1, 1, "the file is larger than 1 MB", "split it into several"),)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return (Mistake(file, line, 1, "this isn't UTF-8 text", "save the file as UTF-8"),)
    return _parse(file, text)


def _parse(file: str, text: str) -> Tree | tuple[Mistake, ...]:
    reading = _Reading(Tree(file))
    try:
        events = iter(YAML(typ="safe", pure=True).parse(text))
        value = reading.document(events)
    except _NotAllowed as wrong:
        return (*reading.mistakes, Mistake(file, *wrong.spot, wrong.problem, wrong.mend))
    except MarkedYAMLError as error:
        return (*reading.mistakes, _syntax(file, text, error))
    except Exception:  # noqa: BLE001 - the YAML reader fails in many ways on hostile bytes
        return (Mistake(file, 1, 1, "this isn't readable YAML", "look for control characters"),)
    if reading.mistakes:
        return tuple(reading.mistakes)
    return Tree(file, value, reading.tree.keys, reading.tree.values)


def _syntax(file: str, text: str, error: MarkedYAMLError) -> Mistake:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = text.split("\n")
    before = lines[line - 1] if line <= len(lines) else ""
    if "\t" in before[: column + 1]:
        return Mistake(file, line, column, "a tab stands here", "indent with spaces")
    problem = " ".join(str(error.problem or error.context or "the YAML breaks off").split())
    return Mistake(
        file, line, column, f"this isn't YAML: {problem[:100]}",
        "check indentation, colons and quotes of this line and the one before",
    )  # fmt: skip


@dataclass(slots=True)
class _Reading:
    """One pass over the parser's events. `mistakes` are those that allow reading on."""

    tree: Tree
    mistakes: list[Mistake] = field(default_factory=list)

    def document(self, events: Iterator[Event]) -> Plain:
        value: Plain = None
        documents = 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _NotAllowed(event, "a second document begins", "keep one a file")
            elif isinstance(event, NodeEvent):
                value = self.node(event, events, ())
        return value

    def node(self, event: Event, events: Iterator[Event], path: Path) -> Plain:
        # ATTACK: aliases that unfold to gigabytes; nesting that exhausts the stack.
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _NotAllowed(event, "anchors and aliases aren't used here", "write it out")
        if getattr(event, "tag", None) not in (None, "!"):
            raise _NotAllowed(event, "tags aren't used here", "take the tag out")
        if len(path) > MOST_DEPTH:
            raise _NotAllowed(event, "this is nested too deeply", "see docs/policy.md")
        self.tree.values[path] = _spot(event)
        if isinstance(event, MappingStartEvent):
            return self.mapping(events, path)
        if isinstance(event, SequenceStartEvent):
            return self.sequence(events, path)
        return _scalar(event) if isinstance(event, ScalarEvent) else None

    def sequence(self, events: Iterator[Event], path: Path) -> list[Plain]:
        items: list[Plain] = []
        for event in events:
            if isinstance(event, SequenceEndEvent):
                break
            items.append(self.node(event, events, (*path, len(items))))
        return items

    def mapping(self, events: Iterator[Event], path: Path) -> dict[str, Plain]:
        found: dict[str, Plain] = {}
        for event in events:
            if isinstance(event, MappingEndEvent):
                break
            if not isinstance(event, ScalarEvent):
                raise _NotAllowed(event, "a key must be a word", "write `key: value`")
            key = _text(event)
            inner = (*path, key)
            if key in found:
                first = self.tree.keys[inner][0]
                problem = f"the key {quoted(key)} is already on line {first}"
                spot = _spot(event)
                self.mistakes.append(Mistake(self.tree.file, *spot, problem, "keep one of them"))
            else:
                self.tree.keys[inner] = _spot(event)
            found[key] = self.node(next(events), events, inner)
        return found


def _text(event: ScalarEvent) -> str:
    text = str(event.value)
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise _NotAllowed(event, "half a character is escaped here", "write the character itself")
    return text


def _scalar(event: ScalarEvent) -> Plain:
    text = _text(event)
    if event.style is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _INTEGER.fullmatch(text) else text


def _spot(event: Event) -> Spot:
    return (event.start_mark.line + 1, event.start_mark.column + 1)
