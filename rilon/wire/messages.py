"""`m.room.message`: the content of a text message or of a file, in its closed shape, as a post.

It checks that every string readers get is judged. Verification requests, which travel as
messages too, are `rilon.wire.verification`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from rilon.domain.acts import Post, ReadMarking, Relation, RelationKind, Unclear
from rilon.domain.marking_text import read
from rilon.domain.markings import Vocabulary
from rilon.domain.quoted_markings import join_read, read_quoted
from rilon.domain.reply_fallback import without_reply_fallback
from rilon.domain.tightening import read_withdrawing
from rilon.domain.verdicts import Code
from rilon.wire.agreement import check_agreement
from rilon.wire.fallback import without_html_fallback
from rilon.wire.files import KEYS as FILE_KEYS
from rilon.wire.files import MSGTYPES as FILES
from rilon.wire.files import caption_of, read_files
from rilon.wire.formatted import Kind, Piece, lines_of, read_formatted
from rilon.wire.links import mentioned_user, users_linked
from rilon.wire.relations import KEY as RELATION
from rilon.wire.shapes import NotInShape, closed, is_user_id, path, text

HTML = "org.matrix.custom.html"
TEXT = frozenset({"m.text"})
MOST_MENTIONS = 60

_NEW_CONTENT = "m.new_content"
_TEXT_KEYS = frozenset({"msgtype", "body", "format", "formatted_body", "m.mentions"})


@dataclass(frozen=True, slots=True, repr=False)
class _Words:
    """The words of one content: as text, as pieces of formatted text, and whom they name."""

    body: str
    pieces: tuple[Piece, ...] | None
    mentions: frozenset[str]
    fallback: str


def read_message(
    content: Mapping[str, Any], relation: Relation | None, vocabulary: Vocabulary, today: date
) -> Post:
    """The post that the content is. `relation` is that of the clear part. Raises NotInShape."""
    is_edit = relation is not None and relation.kind is RelationKind.EDIT
    msgtype = content.get("msgtype")
    if type(msgtype) is str and msgtype in FILES and not is_edit:
        return _file(content, relation, vocabulary, today)
    _check_msgtype(content, "content")
    if relation is not None and is_edit:
        return _edit(content, relation, vocabulary, today)
    closed(content, _TEXT_KEYS | {RELATION}, "content")
    words = _words(content, "content", answers=relation is not None)
    if _is_withdrawing(words, vocabulary, today):
        # The marking in it speaks of the content that it answers, and covers no words.
        return Post(words.body, None, relation, words.mentions)
    marking = _marking(words, vocabulary, today, "content")
    return Post(
        words.body,
        marking,
        relation,
        words.mentions,
        shown=_shown_text(words),
        fallback=words.fallback,
        quoted=_quoted(words, vocabulary, today),
    )


def _file(
    content: Mapping[str, Any], relation: Relation | None, vocabulary: Vocabulary, today: date
) -> Post:
    """A file with its caption. Its name is shown too: what is written in it counts as caption."""
    closed(content, _TEXT_KEYS | FILE_KEYS | {RELATION}, "content")
    files = read_files(content, "content")
    name = files[0].name
    if any(read(one, vocabulary, today) is not None for one in (name, _in_words(name))):
        # ATTACK: a name that says one thing and a caption that says another.
        raise NotInShape("content.filename", Code.FILE_NAME_UNCLEAR)
    if not caption_of(content):
        if "format" in content or "formatted_body" in content:
            raise NotInShape("content.formatted_body")
        return Post("", None, relation, _mentions(content, "content"), files=files)
    words = _words(content, "content", answers=relation is not None)
    marking = _marking(words, vocabulary, today, "content")
    return Post(
        words.body,
        marking,
        relation,
        words.mentions,
        shown=_shown_text(words),
        fallback=words.fallback,
        files=files,
        quoted=_quoted(words, vocabulary, today),
    )


def _in_words(name: str) -> str:
    """A file's name with spaces for the signs that people write in their place.

    ATTACK: `REL_AUS_IDN.png` is read by people as it is meant.
    """
    return re.sub("[_.-]+", " ", name)


def _check_msgtype(content: Mapping[str, Any], where: str) -> None:
    msgtype = content.get("msgtype")
    if type(msgtype) is str and msgtype in FILES:
        raise NotInShape(path(where, "msgtype"), Code.FILE_NOT_ALLOWED)
    if type(msgtype) is not str or msgtype not in TEXT:
        raise NotInShape(path(where, "msgtype"), Code.TYPE_NOT_ALLOWED)


def _edit(
    content: Mapping[str, Any], relation: Relation, vocabulary: Vocabulary, today: date
) -> Post:
    """ATTACK: readers see the new content, old clients the outer one. Both must say the same."""
    where = path("content", _NEW_CONTENT)
    closed(content, _TEXT_KEYS | {RELATION, _NEW_CONTENT}, "content")
    new = content.get(_NEW_CONTENT)
    if type(new) is not dict:
        raise NotInShape(where)
    _check_msgtype(new, where)
    closed(new, _TEXT_KEYS, where)
    outer = _words(content, "content", answers=True)
    words = _words(new, where, answers=False)
    if _without_star(outer.body) != words.body.strip():
        raise NotInShape("content.body")
    if outer.pieces is not None:
        _check_outer(outer.pieces, words)
    marking = _marking(words, vocabulary, today, where)
    return Post(
        words.body,
        marking,
        relation,
        words.mentions | outer.mentions,
        shown=_shown_text(words),
        fallback=outer.fallback,
        quoted=_quoted(words, vocabulary, today),
    )


def _check_outer(outer: tuple[Piece, ...], words: _Words) -> None:
    if words.pieces is None or _shown(_without_first_star(outer)) != _shown(words.pieces):
        raise NotInShape("content.formatted_body")


def _shown(pieces: tuple[Piece, ...]) -> list[tuple[Kind, str]]:
    """What is shown, with targets of links, without the edges of blocks."""
    return [
        (piece.kind, piece.text.strip())
        for piece in pieces
        if piece.kind in (Kind.LINK, Kind.ITEM) or (piece.kind is Kind.TEXT and piece.text.strip())
    ]


def _shown_text(words: _Words) -> str | None:
    return None if words.pieces is None else lines_of(words.pieces)


def _without_star(body: str) -> str:
    return body.strip().removeprefix("*").strip()


def _without_first_star(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    for number, piece in enumerate(pieces):
        if piece.kind is Kind.TEXT and piece.text.strip():
            rest = Piece(Kind.TEXT, _without_star(piece.text))
            return (*pieces[:number], rest, *pieces[number + 1 :])
    return pieces


def _words(content: Mapping[str, Any], where: str, answers: bool) -> _Words:
    body = text(content, "body", where)
    kept = without_reply_fallback(body) if answers else body
    fallback = body[: len(body) - len(kept)]
    if not kept.strip():
        raise NotInShape(path(where, "body"))
    linked = users_linked(body, path(where, "body"))
    pieces = _pieces(content, where, fallback)
    if pieces is not None:
        at = path(where, "formatted_body")
        check_agreement(kept, pieces, at)
        for piece in pieces:
            linked |= users_linked(piece.text, at)
    return _Words(kept, pieces, linked | _mentions(content, where), fallback)


def _pieces(content: Mapping[str, Any], where: str, fallback: str) -> tuple[Piece, ...] | None:
    if "format" not in content and "formatted_body" not in content:
        return None
    if content.get("format") != HTML:
        raise NotInShape(path(where, "format"))
    at = path(where, "formatted_body")
    source = without_html_fallback(text(content, "formatted_body", where), fallback, at)
    return read_formatted(source, at)


def _mentions(content: Mapping[str, Any], where: str) -> frozenset[str]:
    if "m.mentions" not in content:
        return frozenset()
    at = path(where, "m.mentions")
    mentions = closed(content["m.mentions"], {"user_ids", "room"}, at)
    if type(mentions.get("room", False)) is not bool:
        raise NotInShape(path(at, "room"))
    users = mentions.get("user_ids", [])
    if type(users) is not list or len(users) > MOST_MENTIONS:
        raise NotInShape(path(at, "user_ids"))
    if not all(is_user_id(user) for user in users):
        raise NotInShape(path(at, "user_ids"))
    return frozenset(users)


def _marking(words: _Words, vocabulary: Vocabulary, today: date, where: str) -> ReadMarking:
    """The marking that readers of either form see.

    INVARIANT: both forms bear the same marking. Words can agree while lines differ, and so do
    readers of formatted text over a line break that isn't written as a tag.
    """
    names = _mention_names(words.pieces or ())
    marking = read(words.body, vocabulary, today, names)
    if words.pieces is None or isinstance(marking, Unclear):
        return marking
    for flowing in (False, True):
        shown = read(lines_of(words.pieces, flowing), vocabulary, today, names)
        if isinstance(shown, Unclear):
            return shown
        if shown != marking:
            raise NotInShape(path(where, "formatted_body"))
    return marking


def _quoted(words: _Words, vocabulary: Vocabulary, today: date) -> ReadMarking:
    """The markings in quotations, of either form."""
    quoted = read_quoted(words.body, vocabulary, today)
    if words.pieces is None:
        return quoted
    return join_read(quoted, read_quoted(lines_of(words.pieces), vocabulary, today))


def _is_withdrawing(words: _Words, vocabulary: Vocabulary, today: date) -> bool:
    """Whether the message, in either form, is a request to the steward and nothing else."""
    asked = read_withdrawing(words.body, vocabulary, today)
    if asked is None or words.pieces is None:
        return asked is not None
    return read_withdrawing(lines_of(words.pieces), vocabulary, today) == asked


def _mention_names(pieces: tuple[Piece, ...]) -> list[str]:
    """How the mentions in formatted text are shown."""
    names: list[str] = []
    inside = False
    for piece in pieces:
        if piece.kind is Kind.LINK:
            inside = mentioned_user(piece.text) is not None
            names += [""] if inside else []
        elif piece.kind is Kind.LINK_END:
            inside = False
        elif inside and piece.kind is Kind.TEXT:
            names[-1] += piece.text
    return names
