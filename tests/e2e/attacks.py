"""What the tests of attacks share: an officer who doesn't play by the rules, a reader who must see
nothing of it, and ways to send what no client sends.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from rilon.embedded.officer_client import OfficerClient
from rilon.embedded.officer_values import (
    HttpAnswer,
    NotSent,
    Sent,
    text_content,
)
from rilon.storage.deliveries import Deliveries
from tests.e2e.conftest import World
from tests.e2e.words import word

API = "/_matrix/client/v3"
FLOOR, BOTH = "mps-floor", "mps-aus-idn"
ATTACKER, VICTIM, READER = "aus.secondee2", "tha.focal1", "bgd.focal1"
HTML = "org.matrix.custom.html"
REASON = "org.rilon.reason"


def words(text: str = "by the jetty") -> str:
    """A text that stands nowhere else."""
    return f"{text} {word()}"


async def attacker(world: World, *rooms: str) -> OfficerClient:
    """An admitted officer, whom the homeserver's own limits on rates don't hold back."""
    client = await world.officer(ATTACKER, FLOOR, *rooms)
    path = f"/_synapse/admin/v1/users/{world.user(ATTACKER)}/override_ratelimit"
    await world.admin("POST", path, {"messages_per_second": 0, "burst_count": 0})
    return client


def refused(answer: Sent | NotSent, *codes: str) -> None:
    assert isinstance(answer, NotSent), "it was accepted"
    assert answer.status == 403
    assert answer.reason in codes


def forbidden(answer: HttpAnswer, *codes: str) -> None:
    assert answer.status == 403, answer.status
    assert not codes or answer.text(REASON) in codes, answer.text(REASON)


@asynccontextmanager
async def unseen(world: World, said: str, room: str = FLOOR) -> AsyncIterator[None]:
    """Whatever happens within, a reader of the room sees nothing of it: neither the text nor any
    event of another than of those who speak before and after."""
    reader = await world.officer(READER, FLOOR)
    honest = await world.officer(VICTIM, FLOOR)
    before = {one.event_id for one in reader.received(world.room(room))}
    yield
    after = words("TLP:GREEN // all quiet")
    answer = await honest.send_text(world.room(room), after)
    assert isinstance(answer, Sent)
    await reader.wait_for_text(world.room(room), after)
    seen = [one for one in reader.received(world.room(room)) if one.event_id not in before]
    listed = await reader.history(world.room(room), 50)
    for one in (*seen, *listed):
        assert said not in json.dumps(one.content)
    assert not [one for one in seen if one.sender == world.user(ATTACKER)]


async def seal(client: OfficerClient, room_id: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The wire content of any payload, under the client's shared session."""
    wire = await client.encrypt(room_id, "m.room.message", text_content("never sent"))
    session = client._device.nio.olm.outbound_group_sessions[room_id]
    ciphertext = session.encrypt(json.dumps(payload))
    return {**wire, "ciphertext": ciphertext}


async def delivered(world: World, event_id: str) -> None:
    """Returns when the steward has seen the event in its room."""
    async with world.operating() as operations:
        deliveries = Deliveries(operations.rooms._engine, operations.outbox)
        for _ in range(1800):
            if await deliveries.any_delivered([event_id]):
                return
            await asyncio.sleep(0.1)
    raise AssertionError("never delivered")


async def spoken(world: World, name: str) -> str:
    """The event id of a message that stands in the floor."""
    client = await world.officer(name, FLOOR)
    sent = await client.send_text(world.room(FLOOR), words("TLP:GREEN // spoken"))
    assert isinstance(sent, Sent)
    await delivered(world, sent.event_id)
    return sent.event_id
