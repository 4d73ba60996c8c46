"""What the steward takes from delivered events, encrypted and in clear, and what it leaves be."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from bots.steward.confirmations import CONFIRM
from bots.steward.conversation import Conversation
from bots.steward.room_requests import RoomTaps
from rilon.application.ports import NewEffect, Opened
from rilon.domain.acts import Reaction
from tests.policy_scene import NETWORK, NOW, SERVER, user_id

STEWARD = user_id("steward")
SAID = "$" + "s" * 43


class Opens:
    """Opens what the test put in."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content

    async def open(self, room_id: str, session_id: str, ciphertext: str) -> Opened:
        payload = {"type": "m.room.message", "room_id": room_id, "content": self.content}
        return Opened(json.dumps(payload).encode(), 0, user_id("aus.focal1"), "c", "e")


class NoOffers:
    """Nobody was offered a room."""

    async def tapped(self, tap: Reaction, sender: str, event_id: str) -> list[NewEffect]:
        return []


async def asked(
    raw: dict[str, Any], body: str = "", room: str = "mps-floor", at: datetime = NOW
) -> list[tuple[str, dict[str, Any]]]:
    event = {
        "event_id": "$ask",
        "sender": user_id("aus.focal1"),
        "origin_server_ts": int(at.timestamp() * 1000),
        **raw,
    }
    opens = Opens({"msgtype": "m.text", "body": body})
    conversation = Conversation(opens, STEWARD, lambda: NOW, cast("RoomTaps", NoOffers()))
    governed = NETWORK.rooms[room]
    room_id = f"!{room}:{SERVER}"
    act = await conversation.read(event, room_id, governed, NETWORK)
    effects = await conversation.answer(act, event, room_id, governed, NETWORK)
    return [(one.kind, dict(one.payload)) for one in effects]


def encrypted(relation: dict[str, Any] | None = None) -> dict[str, Any]:
    content = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgA", "session_id": "A" * 43}
    return {
        "type": "m.room.encrypted",
        "content": {**content, **({"m.relates_to": relation} if relation else {})},
    }


REPLY = {"m.in_reply_to": {"event_id": SAID}}


async def test_an_answer_that_asks_for_a_recall_is_no_ordinary_command() -> None:
    ((kind, payload),) = await asked(encrypted(REPLY), "!recall")
    assert (kind, payload["target"], payload["cause"]) == ("recall", SAID, "recalled")
    assert payload["by"] == user_id("aus.focal1")


async def test_the_day_is_that_on_which_it_was_asked() -> None:
    """Worked off after midnight, a last day that was today is still what was meant."""
    at = datetime(2026, 5, 30, 23, 59, tzinfo=UTC)
    ((kind, payload),) = await asked(encrypted(REPLY), "!mark EXP 2026-05-30", at=at)
    assert (kind, payload["day"]) == ("recall", "2026-05-30")


async def test_without_a_message_the_officer_is_told_how() -> None:
    ((kind, payload),) = await asked(encrypted(), "!recall")
    assert (kind, payload["text"]) == ("say", "recall")


async def test_a_removal_in_clear_is_heard() -> None:
    raw = {"type": "m.room.redaction", "content": {"redacts": SAID}, "redacts": SAID}
    ((kind, payload),) = await asked(raw)
    assert (kind, payload["cause"], payload["target"]) == ("recall", "redacted", SAID)


async def test_a_tap_is_heard_in_coordination_alone() -> None:
    relation = {"rel_type": "m.annotation", "event_id": SAID, "key": CONFIRM}
    raw = {"type": "m.reaction", "content": {"m.relates_to": relation}}
    ((kind, payload),) = await asked(raw, room="mps-coordination")
    assert (kind, payload["alarm"]) == ("confirm_identity", SAID)
    assert await asked(raw) == []


@pytest.mark.parametrize(
    "raw",
    [
        {"type": "m.room.member", "state_key": "x", "content": {"membership": "join"}},
        {"type": "m.room.redaction", "content": {}},
        {"type": "m.room.redaction", "content": {"redacts": SAID}, "sender": STEWARD},
        {"type": "m.room.redaction", "content": {"redacts": SAID}, "origin_server_ts": "noon"},
        {"type": "m.room.message", "content": {"msgtype": "m.text", "body": "!recall"}},
        encrypted(),
    ],
)
async def test_all_else_asks_for_nothing(raw: dict[str, Any]) -> None:
    assert await asked(raw, "boat at noon") == []


async def test_a_misspelt_command_of_requests_is_offered() -> None:
    ((kind, payload),) = await asked(encrypted(), "!requets", room="direct-aus.focal1")
    assert (kind, payload["text"]) == ("say", "not_understood")
    assert payload["parameters"] == {"nearest": "!requests"}
