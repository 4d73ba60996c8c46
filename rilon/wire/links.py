"""Links within text: which of them name people, and which must not stand in a message."""

from __future__ import annotations

import re
from urllib.parse import unquote

from rilon.wire.shapes import NotInShape, is_user_id

_MATRIX_LINK = re.compile(
    r"mxc:|matrix:(?:u|r|e|roomid)/|matrix\.to(?P<rest>[^\s<>()\[\]\"']{0,700})", re.IGNORECASE
)
_TO_USER = re.compile(r"/#/((?:@|%40)[^?]+?)[.,;:!]?", re.IGNORECASE)
_MENTION_URL = re.compile(r"https://matrix\.to(/#/[^?]+)")


def mentioned_user(url: str) -> str | None:
    """The user whom a `https://matrix.to/#/@…` link names, or None."""
    link = _MENTION_URL.fullmatch(url)
    return _user(link.group(1)) if link else None


def users_linked(text: str, where: str) -> frozenset[str]:
    """The users whom links in a text name.

    Raises NotInShape for a link to media, to a room or to an event: clients show what is
    behind it, and nobody has judged that.
    """
    users = set()
    for link in _MATRIX_LINK.finditer(text):
        user = _user(link["rest"] or "")
        if user is None:
            raise NotInShape(where)
        users.add(user)
    return frozenset(users)


def _user(rest: str) -> str | None:
    named = _TO_USER.fullmatch(rest)
    user = unquote(named.group(1)) if named else ""
    return user if is_user_id(user) else None
