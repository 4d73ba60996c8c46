"""The protocol between the Synapse module and the gate: JSON over HTTP, shared by both ends.

It decides how a question and an answer look on the wire. Reading is strict: whatever isn't
exactly one of the three answers is a `ProtocolError`, which the module turns into `later`.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

JUDGE_PATH = "/gate/v1/judge"
HEALTH_PATH = "/gate/v1/health"
ROOM_WANTED_PATH = "/gate/v1/room-wanted"
"""The module tells of a room that an officer wanted to create and may not. Nothing waits for it."""
MOST_INVITED = 8
REASON_KEY = "org.rilon.reason"
"""The key of a 403's body that carries the refusal's code, for client authors."""

MAX_QUESTION_BYTES = 512 * 1024
"""Synapse refuses events above 65,536 bytes; the rest is room for escapes."""

DELAYS_MS = (1_000, 10_000, 40_000, 75_000)
"""Least waits between five attempts: matrix-js-sdk stops after four resends, and the sum
(126 s) must outlast two minutes (architecture, facts measured). The first is short, since it
is mostly a key that was still on its way. Whole seconds: that library reads the header."""

SHORT_SECRET = 32


class ProtocolError(Exception):
    """The other end spoke something that isn't this protocol."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The event may enter."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The event may not enter; `code` is one of `rilon.domain.verdicts.Code`."""

    code: str


@dataclass(frozen=True, slots=True)
class AskLater:
    """The gate can't tell right now; ask again after at least `after_ms` milliseconds."""

    after_ms: int


GateAnswer = Accepted | Refused | AskLater


@dataclass(frozen=True, slots=True)
class Question:
    """A not yet accepted event as Synapse has it, with the device and transaction it came by."""

    event: Mapping[str, Any]
    device_id: str | None
    transaction_id: str | None


@dataclass(frozen=True, slots=True)
class RoomWanted:
    """Who wanted to create a room, and whom they wanted in it: user ids as the client gave them."""

    user_id: str
    invited: tuple[str, ...]


def write_question(question: Question) -> dict[str, Any]:
    """The JSON value of a question."""
    return {
        "event": dict(question.event),
        "device_id": question.device_id,
        "transaction_id": question.transaction_id,
    }


def read_question(body: bytes) -> Question:
    """The question in a request's body. Raises `ProtocolError`."""
    value = _object(body)
    event = value.get("event")
    device, transaction = value.get("device_id"), value.get("transaction_id")
    if not isinstance(event, dict):
        raise ProtocolError("no event")
    if not (device is None or isinstance(device, str)):
        raise ProtocolError("device_id is not a string")
    if not (transaction is None or isinstance(transaction, str)):
        raise ProtocolError("transaction_id is not a string")
    return Question(event, device, transaction)


def write_answer(answer: GateAnswer) -> dict[str, Any]:
    """The JSON value of an answer."""
    match answer:
        case Accepted():
            return {"answer": "accept"}
        case Refused(code):
            return {"answer": "refuse", "code": code}
        case AskLater(after_ms):
            return {"answer": "later", "after_ms": after_ms}


def read_answer(value: object) -> GateAnswer:
    """The answer in a response's JSON value. Raises `ProtocolError` for anything else."""
    match value:
        case {"answer": "accept", **rest} if not rest:
            return Accepted()
        case {"answer": "refuse", "code": str(code), **rest} if code and not rest:
            return Refused(code)
        case {"answer": "later", "after_ms": int(after_ms), **rest} if after_ms >= 0 and not rest:
            return AskLater(after_ms)
    raise ProtocolError("not an answer of the gate")


def write_room_wanted(wanted: RoomWanted) -> dict[str, Any]:
    """The JSON value of a wish."""
    return {"user_id": wanted.user_id, "invited": list(wanted.invited)}


def read_room_wanted(body: bytes) -> RoomWanted:
    """The wish in a request's body. Raises `ProtocolError`."""
    match _object(body):
        case {"user_id": str(user_id), "invited": list(invited), **rest} if not rest:
            if len(invited) <= MOST_INVITED and all(isinstance(one, str) for one in invited):
                return RoomWanted(user_id, tuple(invited))
    raise ProtocolError("not a wish for a room")


def authorization(secret: str) -> str:
    """The value of the Authorization header."""
    return f"Bearer {secret}"


def is_authorized(header: str | None, secret: str) -> bool:
    """Whether the header carries the secret; compared in constant time."""
    return header is not None and hmac.compare_digest(
        header.encode("utf-8", "replace"), authorization(secret).encode()
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("not JSON") from error
    if not isinstance(value, dict):
        raise ProtocolError("not an object")
    return value
