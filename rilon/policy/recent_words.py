"""Recent words: what an officer said in a room within the last minutes, in normal form.

Kept so that a passage cut into several messages is recognised. Only as much of each message as
a run across its edges can touch. How it is kept, sealed, is others' part.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rilon.policy.passages import RUN

REMEMBERED_FOR = timedelta(minutes=10)
MOST_REMEMBERED = RUN
"""Messages. Each holds a character at the least, so a run touches no more of them."""
_EDGE = RUN - 1


@dataclass(frozen=True, slots=True, repr=False)
class Said:
    """One message: `body` and `shown` (as in `Post`) in normal form, cut to their edges.
    `identity` names the message; `sent_at` is aware, in whole milliseconds."""

    identity: str
    sent_at: datetime
    body: str
    shown: str


@dataclass(frozen=True, slots=True, repr=False)
class Around:
    """What stands before and after a message, as bodies and as formatted text."""

    body: tuple[str, str] = ("", "")
    shown: tuple[str, str] = ("", "")


RecentWords = tuple[Said, ...]
"""Messages of one officer in one room, in the order in which they stand there."""


def around(recent: RecentWords, edited: datetime | None) -> Around:
    """What stands around a new message, or around the edited one that was sent at that time.
    Of a message that isn't remembered any more nothing is known."""
    at = len(recent) if edited is None else _place(recent, edited)
    if at is None:
        return Around()
    before, after = recent[:at], recent[at + 1 :]
    return Around(
        ("".join(one.body for one in before), "".join(one.body for one in after)),
        ("".join(one.shown for one in before), "".join(one.shown for one in after)),
    )


def remember(
    recent: RecentWords, said: Said, edited: datetime | None, now: datetime
) -> RecentWords:
    """The recent words with one message more, or with an edited one as it stands now."""
    kept = Said(said.identity, said.sent_at, _edges(said.body), _edges(said.shown))
    fresh = tuple(one for one in recent if now - one.sent_at <= REMEMBERED_FOR)
    if edited is not None:
        at = _place(fresh, edited)
        if at is None:
            return fresh
        changed = replace(kept, identity=fresh[at].identity, sent_at=fresh[at].sent_at)
        return (*fresh[:at], changed, *fresh[at + 1 :])
    others = tuple(one for one in fresh if one.identity != said.identity)
    if not kept.body and not kept.shown:
        return others
    return (*others, kept)[-MOST_REMEMBERED:]


def to_bytes(recent: RecentWords) -> bytes:
    """The recent words as bytes, to be sealed."""
    rows = [
        [one.identity, int(one.sent_at.timestamp() * 1000), one.body, one.shown] for one in recent
    ]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )


def from_bytes(value: bytes, now: datetime) -> RecentWords:
    """The recent words that `to_bytes` wrote, without those that are too old."""
    rows = json.loads(value.decode("utf-8", "surrogatepass"))
    said = (
        Said(identity, datetime.fromtimestamp(sent_ms / 1000, now.tzinfo), body, shown)
        for identity, sent_ms, body, shown in rows
    )
    return tuple(one for one in said if now - one.sent_at <= REMEMBERED_FOR)


def _place(recent: RecentWords, sent_at: datetime) -> int | None:
    whole = int(sent_at.timestamp() * 1000)
    places = (at for at, one in enumerate(recent) if int(one.sent_at.timestamp() * 1000) == whole)
    return next(places, None)


def _edges(text: str) -> str:
    return text if len(text) <= 2 * _EDGE else text[:_EDGE] + text[-_EDGE:]
