"""Closed shapes: what a key may hold, and the path of the first one that holds something else.

Used by every decoder of this layer. It knows no event type.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from rilon.domain.acts import Undecodable
from rilon.domain.verdicts import Code

_EVENT_ID = re.compile(r"\$[A-Za-z0-9_:./+-]{1,254}")
_USER_ID = re.compile(r"@[a-z0-9._=/+-]{1,200}:[A-Za-z0-9.-]{1,200}(?::[0-9]{1,5})?")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_.-]{1,60}")


class NotInShape(Exception):
    """The event breaks its closed shape. It stays within this layer and becomes `Undecodable`."""

    def __init__(self, where: str, code: Code = Code.SHAPE_NOT_ALLOWED) -> None:
        super().__init__(code.value)
        self.where = where
        self.code = code

    def act(self) -> Undecodable:
        """The same as a value."""
        return Undecodable(self.code, self.where)


def plain_key(key: object) -> str:
    """A key as it may be shown. One that isn't a plain name is `?`: it may hold text."""
    return key if isinstance(key, str) and _PLAIN_KEY.fullmatch(key) else "?"


def path(where: str, key: object) -> str:
    """The path of a key within what stands at `where`."""
    return f"{where}.{plain_key(key)}"


def closed(value: object, allowed: Collection[str], where: str) -> Mapping[str, Any]:
    """The value as an object whose keys are all allowed."""
    if type(value) is not dict:
        raise NotInShape(where)
    for key in value:
        if key not in allowed:
            raise NotInShape(path(where, key))
    return value


def text(value: Mapping[str, Any], key: str, where: str, limit: int = 65_536) -> str:
    """The text under a key. Neither empty nor with a NUL, which the database can't hold."""
    found = value.get(key)
    if type(found) is not str or not 0 < len(found) <= limit or "\0" in found:
        raise NotInShape(path(where, key))
    return found


def matching(value: Mapping[str, Any], key: str, shape: re.Pattern[str], where: str) -> str:
    """The text under a key, which as a whole has the shape."""
    found = text(value, key, where)
    if not shape.fullmatch(found):
        raise NotInShape(path(where, key))
    return found


def event_id(value: Mapping[str, Any], key: str, where: str) -> str:
    """The event id under a key."""
    return matching(value, key, _EVENT_ID, where)


def is_user_id(value: object) -> bool:
    """Whether the value is a full Matrix user id, by today's grammar."""
    return type(value) is str and _USER_ID.fullmatch(value) is not None
