"""Whether formatted text says what the body says: the same words, in the same order.

A body may show Markdown where the formatted text shows its effect. Nothing else may differ:
readers of the one and readers of the other must get the same content (enforcement, Every way
round). One walk along both, no going back.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from rilon.wire.formatted import Kind, Piece
from rilon.wire.links import mentioned_user
from rilon.wire.shapes import NotInShape

_MARKERS = frozenset("*_~`\\")
"""Signs of Markdown that may stand in the body alone, anywhere."""

_LINE_MARKERS = re.compile(
    r"(?:>[ \t]?)+|#{1,6}(?=[ \t])|[-=]{2,}[ \t]*$|```[A-Za-z0-9+#-]{1,20}[ \t]*$", re.MULTILINE
)
"""Signs that may stand in the body alone at the start of a line: quotation, heading, rule,
the line under a heading, the language of a block of code."""

_ITEM_MARKER = re.compile(r"[ \t]*(?:[-+*•]|[0-9]{1,9}[.)])[ \t]+")
_INLINE_TAG = re.compile(r"</?(?:u|s|del|sub|sup)>")
_LINK_REST = re.compile(r"\]\(<?([^\s<>]{1,2000}?)>?\)")


def check_agreement(body: str, pieces: tuple[Piece, ...], where: str) -> None:
    """Raises NotInShape unless the pieces say exactly what the body says."""
    walk = _Walk(body, where)
    for piece in pieces:
        walk.take(piece)
    walk.finish()


class _Walk:
    """A place in the body, moved along by the pieces of the formatted text."""

    def __init__(self, body: str, where: str) -> None:
        self._body = body
        self._where = where
        self._at = 0
        self._begun = False
        self._body_gap = False
        self._other_gap = False
        self._link_text: list[str] | None = None
        self._bracket = ""

    def take(self, piece: Piece) -> None:
        """Moves past what the piece shows."""
        match piece.kind:
            case Kind.TEXT:
                if self._link_text is not None:
                    self._link_text.append(piece.text)
                for character in piece.text:
                    self._character(character)
            case Kind.LINK:
                self._link()
            case Kind.LINK_END:
                self._link_end(piece.text)
            case Kind.ITEM:
                self._other_gap = True
                self._item(piece.text)
            case _:
                self._other_gap = True

    def finish(self) -> None:
        """The body must hold nothing more than signs."""
        self._skip_to(None)
        if self._at < len(self._body):
            raise NotInShape(self._where)

    def _character(self, character: str) -> None:
        if character.isspace():
            self._other_gap = True
            return
        self._skip_to(character)
        if not self._body.startswith(character, self._at):
            raise NotInShape(self._where)
        if self._begun and self._body_gap != self._other_gap:
            raise NotInShape(self._where)
        self._at += 1
        self._begun, self._body_gap, self._other_gap = True, False, False

    def _skip_to(self, character: str | None) -> None:
        """Skips spaces and signs of the body, up to the character if that comes first."""
        body = self._body
        while self._at < len(body):
            here = body[self._at]
            if here == character:
                return
            if here.isspace():
                self._body_gap = True
                self._at += 1
            elif sign := self._sign():
                self._at += sign
            else:
                return

    def _sign(self) -> int:
        """The length of the sign of Markdown at this place, or 0."""
        if self._starts_line() and (line := _LINE_MARKERS.match(self._body, self._at)):
            self._body_gap = True
            return line.end() - self._at
        if self._body[self._at] in _MARKERS:
            return 1
        if self._body[self._at] == "<" and (tag := _INLINE_TAG.match(self._body, self._at)):
            return tag.end() - self._at
        return 0

    def _starts_line(self) -> bool:
        at = self._at
        while at > 0 and self._body[at - 1] in " \t>":
            at -= 1
            if self._at - at > 200:
                return False
        return at == 0 or self._body[at - 1] in "\n\r"

    def _item(self, number: str) -> None:
        """ATTACK: a list that begins with 812345678 shows nine digits that no body has."""
        self._skip_spaces_and_quotes()
        marker = _ITEM_MARKER.match(self._body, self._at)
        if number and (marker is None or _number(marker[0]) != int(number)):
            raise NotInShape(self._where)
        if marker:
            self._at = marker.end()
            self._body_gap = True

    def _skip_spaces_and_quotes(self) -> None:
        """What may stand before an item; signs that end what is before it are among that."""
        while self._at < len(self._body):
            here = self._body[self._at]
            if here.isspace() or (here == ">" and self._starts_line()):
                self._body_gap = True
            elif here not in _MARKERS or _ITEM_MARKER.match(self._body, self._at):
                return
            self._at += 1

    def _link(self) -> None:
        self._link_text = []
        before = self._at, self._body_gap
        self._skip_to("[")
        self._bracket = self._body[self._at : self._at + 1]
        if self._bracket in ("[", "<"):
            self._at += 1
        else:
            self._bracket = ""
            self._at, self._body_gap = before

    def _link_end(self, target: str) -> None:
        """INVARIANT: where a link leads is shown in the body, or it names a user."""
        shown = "".join(self._link_text or [])
        self._link_text = None
        if self._bracket != "[":
            if mentioned_user(target) is None and not _shows(shown, target):
                raise NotInShape(self._where)
            if self._bracket and self._body.startswith(">", self._at):
                self._at += 1
            return
        self._skip_to("]")
        rest = _LINK_REST.match(self._body, self._at)
        if rest is None or not _same_target(rest.group(1), target):
            raise NotInShape(self._where)
        self._at = rest.end()


def _number(marker: str) -> int | None:
    written = marker.strip().rstrip(".)")
    return int(written) if written.isascii() and written.isdigit() else None


def _shows(shown: str, target: str) -> bool:
    shown = shown.strip()
    return any(
        _same_target(before + shown + after, target)
        for before in ("", "https://", "http://", "mailto:")
        for after in ("", "/")
    )


def _same_target(one: str, other: str) -> bool:
    return bool(one) and (one == other or unquote(one) == unquote(other))
