"""Recent words: what an officer said in a room within the last minutes, in forms to compare.

Kept so that a passage cut into several messages is recognised. Only as much of each message as
a run across its edges can touch. How it is kept, sealed, is others' part.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rilon.policy.passages import RUN

REMEMBERED_FOR = timedelta(minutes=10)
MOST_REMEMBERED = RUN
"""Messages of a kind: long or short, of one thread. Each holds a character at the least, so a
run touches no more of them."""
MOST_IN_ALL = 4 * RUN
SHORT = 12
"""A message of fewer bare characters may stand between two pieces without hiding them."""
_EDGE = RUN - 1

Forms = tuple[str, str, str, str]
"""A post's body and shown text (as in `Post`) in normal form, and both in bare form."""
NO_WORDS: Forms = ("", "", "", "")


@dataclass(frozen=True, slots=True, repr=False)
class Said:
    """One message, its forms cut to their edges. `identity` names the message; `sent_at` is
    aware, in whole milliseconds; `thread` is when the root of its thread was sent (Unix time in
    milliseconds), None on the main timeline."""

    identity: str
    sent_at: datetime
    forms: Forms
    thread: int | None = None

    @property
    def ms(self) -> int:
        """When it was sent, as Unix time in milliseconds."""
        return milliseconds(self.sent_at)

    @property
    def is_short(self) -> bool:
        """Whether it is too short to be much of a piece."""
        return max(map(len, self.forms[2:])) < SHORT


@dataclass(frozen=True, slots=True, repr=False)
class Around:
    """What stands before and after a message, in each form."""

    before: Forms = NO_WORDS
    after: Forms = NO_WORDS


RecentWords = tuple[Said, ...]
"""Messages of one officer in one room, in the order in which they stand there."""


def milliseconds(moment: datetime) -> int:
    """Unix time in whole milliseconds."""
    return int(moment.timestamp() * 1000)


def around(
    recent: RecentWords, edited: datetime | None, thread: int | None = None
) -> tuple[Around, ...]:
    """What stands around a new message, or around the edited one that was sent at that time: as
    all was said, and as a reader puts it together, by thread and without what is short.
    Of a message that isn't remembered any more nothing is known."""
    at = len(recent) if edited is None else _place(recent, edited)
    if at is None:
        return (Around(),)
    before, after = recent[:at], recent[at + 1 :]
    whole: list[Callable[[Said], bool]] = [lambda _: True]
    if edited is not None:
        thread, root = recent[at].thread, recent[at].ms
        whole.append(lambda one: one.thread == root)
    whole.append(lambda one: one.thread == thread or one.ms == thread)
    found: dict[Around, None] = {}
    for belongs in whole:
        for shortest in (False, True):
            kept = [
                [one for one in side if belongs(one) and not (shortest and one.is_short)]
                for side in (before, after)
            ]
            found[Around(_joined(kept[0]), _joined(kept[1]))] = None
    return tuple(found)


def remember(
    recent: RecentWords, said: Said, edited: datetime | None, now: datetime
) -> RecentWords:
    """The recent words with one message more, or with an edited one as it stands now."""
    body, shown, bare, bare_shown = map(_edges, said.forms)
    kept = replace(said, forms=(body, shown, bare, bare_shown))
    fresh = tuple(one for one in recent if now - one.sent_at <= REMEMBERED_FOR)
    if edited is not None:
        at = _place(fresh, edited)
        if at is None:
            return fresh
        changed = replace(fresh[at], forms=kept.forms)
        return (*fresh[:at], changed, *fresh[at + 1 :])
    others = tuple(one for one in fresh if one.identity != said.identity)
    if not any(kept.forms):
        return others
    return _newest((*others, kept))


def to_bytes(recent: RecentWords) -> bytes:
    """The recent words as bytes, to be sealed."""
    rows = [[one.identity, one.ms, *_shortened(one.forms), one.thread] for one in recent]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )


def from_bytes(value: bytes, now: datetime) -> RecentWords:
    """The recent words that `to_bytes` wrote, without those that are too old. Values of an
    earlier version have neither bare forms nor threads."""
    rows = json.loads(value.decode("utf-8", "surrogatepass"))
    said = (_said(row, now) for row in rows)
    return tuple(one for one in said if now - one.sent_at <= REMEMBERED_FOR)


def _said(row: list[object], now: datetime) -> Said:
    identity, sent_ms, body, shown, bare, bare_shown, thread = (*row, None, None, None)[:7]
    if not (isinstance(identity, str) and isinstance(sent_ms, int) and isinstance(body, str)):
        raise ValueError("not recent words")
    forms = [body, shown, bare, bare_shown]
    for at, like in ((1, 0), (2, 0), (3, 1)):
        forms[at] = forms[like] if forms[at] is None else forms[at]
    return Said(
        identity,
        datetime.fromtimestamp(sent_ms / 1000, now.tzinfo),
        (str(forms[0]), str(forms[1]), str(forms[2]), str(forms[3])),
        thread if isinstance(thread, int) else None,
    )


def _shortened(forms: Forms) -> list[str | None]:
    """The forms, None where one is like the one that it comes from."""
    body, shown, bare, bare_shown = forms
    return [
        body,
        None if shown == body else shown,
        None if bare == body else bare,
        None if bare_shown == shown else bare_shown,
    ]


def _joined(several: Iterable[Said]) -> Forms:
    body, shown, bare, bare_shown = (
        "".join(parts) for parts in zip(NO_WORDS, *(one.forms for one in several), strict=True)
    )
    return body, shown, bare, bare_shown


def _newest(recent: RecentWords) -> RecentWords:
    """ATTACK: many short messages, or many in another thread, push no piece out of memory."""
    counted: Counter[tuple[int | None, bool]] = Counter()
    kept: list[Said] = []
    for one in reversed(recent[-MOST_IN_ALL:]):
        kind = (one.thread, one.is_short)
        counted[kind] += 1
        if counted[kind] <= MOST_REMEMBERED:
            kept.append(one)
    return tuple(reversed(kept))


def _place(recent: RecentWords, sent_at: datetime) -> int | None:
    whole = milliseconds(sent_at)
    return next((at for at, one in enumerate(recent) if one.ms == whole), None)


def _edges(text: str) -> str:
    return text if len(text) <= 2 * _EDGE else text[:_EDGE] + text[-_EDGE:]
