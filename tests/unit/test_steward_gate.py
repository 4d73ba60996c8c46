"""The gate's endpoint: what is answered in time, and what is answered later."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bots.steward.gate import PATIENCE_S, Gate
from rilon.application.asked import Asked
from rilon.application.screen import Screening
from rilon.domain.verdicts import Accept, Verdict
from rilon.gate.protocol import JUDGE_PATH, Question, authorization, write_question

SECRET = "a secret that is long enough to be one"
BETWEEN_S = PATIENCE_S * 2
"""Too long for a first question, short enough for a second."""


class SlowScreening:
    """Accepts everything, as slowly as it is told to."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.asked = 0

    def is_own(self, asked: Asked) -> bool:
        return False

    async def screen(self, asked: Asked) -> Verdict:
        self.asked += 1
        await asyncio.sleep(self._seconds)
        return Accept()


def question(event_id: str) -> dict[str, Any]:
    """One message, under another event id each time: as a resend arrives."""
    event = {
        "event_id": event_id,
        "room_id": "!room",
        "sender": "@idn.focal1:rilon.localhost",
        "type": "m.room.encrypted",
        "origin_server_ts": 1,
        "content": {
            "algorithm": "m.megolm.v1.aes-sha2",
            "ciphertext": "AwgA",
            "session_id": "session",
            "sender_key": "key",
            "device_id": "DEVICE",
        },
    }
    return write_question(Question(event, "DEVICE", "transaction"))


async def test_who_was_told_later_is_waited_for_longer_the_next_time() -> None:
    screening = SlowScreening(BETWEEN_S)
    told: list[str] = []
    gate = Gate(
        cast("Screening", screening), SECRET, lambda answer, _: told.append(answer), lambda: None
    )
    application = web.Application()
    application.add_routes(gate.routes())
    async with TestClient(TestServer(application)) as client:
        headers = {"Authorization": authorization(SECRET)}
        for event_id in ("$first", "$second", "$third"):
            async with client.post(JUDGE_PATH, json=question(event_id), headers=headers) as answer:
                assert answer.status == 200
    # The third is a message that got its answer: nothing is owed to it any more.
    assert told == ["AskLater", "Accepted", "AskLater"]
    assert screening.asked == 3
