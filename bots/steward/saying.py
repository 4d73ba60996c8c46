"""Where an answer is said: a text, a room, and the thread in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rilon.texts.rendering import Text


@dataclass(frozen=True, slots=True)
class Said:
    """A text for a room (its key), in the thread of `root` where there is one."""

    text: Text
    room: str
    root: str | None = None


def in_thread(root: str) -> dict[str, Any]:
    """The relation of a message in a thread, as clients that know no threads show it: a reply."""
    return {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": root},
    }
