"""What a bulletin cites, as its author names it: messages, requests, reports, bulletins, the web.

Whether such a thing is there, and whether it may be told, is decided elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

from rilon.domain.reports import PREFIX as REPORT
from rilon.domain.request_numbers import read_number

PREFIX = "bul"
"""What stands before a bulletin's number; no group may have this key."""

FORMS = "`$event`, a link to a message, `MPS-7K3F-4`, `REP-7K3F-4`, `BUL-7K3F-4` or `https://…`"


class SourceKind(StrEnum):
    MESSAGE = "message"
    REQUEST = "request"
    REPORT = "report"
    BULLETIN = "bulletin"
    PUBLIC = "public"
    """Something that everybody can read."""


@dataclass(frozen=True, slots=True, order=True)
class Citation:
    """`name` is an event id, a number, or an address."""

    kind: SourceKind
    name: str


_EVENT = re.compile(r"\$[A-Za-z0-9_./+=:-]{1,254}")
_LINK = re.compile(
    r"(?:https://matrix\.to/#/|matrix:roomid/)[^\s$]*?(?:/|/e/)(?P<event>[$]?[^/?\s]+)"
)
_WEB = re.compile(r"https?://[^\s<>\"'`]{3,}", re.IGNORECASE)


def read_citation(text: str, groups: Iterable[str]) -> Citation | None:
    """What a line of `sources` names; None for what names nothing. `groups` are their keys.

    ATTACK: a link to a message is no page of the web, whatever stands before it.
    """
    said = text.strip()
    event = _event_in(said)
    if event is not None:
        return Citation(SourceKind.MESSAGE, event)
    for prefix, kind in ((REPORT, SourceKind.REPORT), (PREFIX, SourceKind.BULLETIN)):
        if number := read_number(said, (prefix,)):
            return Citation(kind, number)
    if number := read_number(said, groups):
        return Citation(SourceKind.REQUEST, number)
    if _WEB.fullmatch(said) and "matrix" not in said.casefold():
        return Citation(SourceKind.PUBLIC, said)
    return None


def _event_in(said: str) -> str | None:
    if _EVENT.fullmatch(said):
        return said
    link = _LINK.match(unquote(said))
    if link is None:
        return None
    event = link["event"]
    event = event if event.startswith("$") else f"${event}"
    return event if _EVENT.fullmatch(event) else None
