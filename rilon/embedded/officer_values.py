"""What passes between an officer's client and the homeserver, as values that every client library
of the tests and the demonstration shares: what was sent, what was refused, what is seen, and the
contents that clients write. It leaves sending to the clients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

REASON = "org.rilon.reason"

PATIENT_S = 180.0
"""How long an officer's client waits for what must come, in seconds. No promise of the service: a
machine may be very busy."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What the homeserver answered to one request."""

    status: int
    body: Any = field(repr=False)

    def text(self, name: str) -> str:
        """A text field of the body, or nothing."""
        value = self.body.get(name) if isinstance(self.body, Mapping) else None
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        """A whole number of the body, or zero."""
        value = self.body.get(name) if isinstance(self.body, Mapping) else None
        return value if isinstance(value, int) else 0


@dataclass(frozen=True, slots=True)
class Sent:
    """The homeserver took the event. `waits` are the delays asked for before, in milliseconds."""

    event_id: str
    transaction_id: str
    waits: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class NotSent:
    """The homeserver didn't take the event: HTTP status, Matrix code, our code, our sentence."""

    status: int
    errcode: str
    reason: str
    sentence: str
    transaction_id: str
    waits: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Received:
    """An event as this officer sees it. `content` is the decrypted one, if it could be read."""

    event_id: str
    room_id: str
    sender: str
    type: str
    content: Json = field(repr=False)
    encrypted: bool
    readable: bool
    at_ms: int
    state_key: str | None = None

    @property
    def text(self) -> str:
        """The body of a message, or nothing."""
        body = self.content.get("body") if self.readable else None
        return body if isinstance(body, str) else ""


def text_content(text: str, *, reply_to: str | None = None) -> Json:
    """A text, perhaps as the answer to an event."""
    content: Json = {"msgtype": "m.text", "body": text, "m.mentions": {}}
    if reply_to is not None:
        content["m.relates_to"] = {"m.in_reply_to": {"event_id": reply_to}}
    return content


def file_content(file: Json, name: str, mimetype: str, size: int, caption: str = "") -> Json:
    """A file that was uploaded encrypted (`file` is its EncryptedFile), perhaps with a caption."""
    return {
        "msgtype": "m.image" if mimetype.startswith("image/") else "m.file",
        "body": caption or name,
        "filename": name,
        "file": file,
        "info": {"mimetype": mimetype, "size": size},
        "m.mentions": {},
    }


def edit_content(event_id: str, text: str) -> Json:
    """A new text for an earlier message."""
    new = text_content(text)
    relation = {"rel_type": "m.replace", "event_id": event_id}
    return {**new, "body": f"* {text}", "m.new_content": new, "m.relates_to": relation}


def reaction_content(event_id: str, key: str) -> Json:
    """A reaction to an event."""
    return {"m.relates_to": {"rel_type": "m.annotation", "event_id": event_id, "key": key}}
