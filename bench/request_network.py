"""From a question's acceptance to its appearance in the addressee's desk, on a whole network,
beside what the homeserver needs for a message in the same run.

Accepted is a request when the steward has decided to store it (`request.created_at`). It is in the
desk when the homeserver has it there, and seen when the addressee's client, which follows sync and
decrypts, shows it; so is a message that an officer sends there by hand. The measurements alternate.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

from bench.gate import _sign_in
from rilon.bootstrap.operations import operating
from rilon.embedded.network import Network
from rilon.embedded.officer_client import OfficerClient
from rilon.embedded.officer_values import Received, Sent
from rilon.embedded.postgres import OWNER
from rilon.embedded.provision import provisioning, settings_of

ASKER, ASKED = "aus.secondee1", "idn.focal1"
DESK, THEIRS, FLOOR = "mps-desk-aus", "mps-desk-idn", "mps-floor"
WARM_UP = 3
AIM = 2.0


async def carried(rounds: int) -> dict[str, Any]:
    """The figures of so many requests on a network of their own."""
    with tempfile.TemporaryDirectory(prefix="rilon-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        network = Network(
            folder / "state", say=lambda _: None, provision=provisioning(None, lambda _: None)
        )
        await network.start()
        try:
            async with AsyncExitStack() as stack:
                return await _measured(network, stack, rounds)
        finally:
            await network.stop()


async def _measured(network: Network, stack: AsyncExitStack, rounds: int) -> dict[str, Any]:
    described = json.loads(network.layout.description.read_text())
    asker, asked = [await _sign_in(network, described, stack, name) for name in (ASKER, ASKED)]
    async with operating(settings_of(network.layout)) as operations:
        rooms = [await operations.rooms.room_id(key) for key in (DESK, THEIRS, FLOOR)]
        for client in (asker, asked):
            await operations.homeserver.lift_limits(client.user_id)
    desk, theirs, floor = rooms
    if desk is None or theirs is None or floor is None:
        raise SystemExit("a room is missing")
    await asker.wait_for(lambda: {desk, floor} <= asker.joined)
    await asked.wait_for(lambda: {theirs, floor} <= asked.joined)
    sends: list[float] = []
    by_hand: list[float] = []
    shown: dict[str, float] = {}
    tapped: dict[str, float] = {}
    for turn in range(rounds + WARM_UP):
        question = f"How many came with boat {turn:03d} of that night?"
        spent = await _sent(asker, desk, f"note {turn:03d} of the watch")
        to_reader = await _seen(asker, asked, floor, f"sight {turn:03d} from the tower")
        at = await _asked(asker, desk, question)
        card = await asked.wait_for(partial(_saying, asked, theirs, question))
        seen = time.time()
        if turn >= WARM_UP:
            sends.append(spent * 1000)
            by_hand.append(to_reader * 1000)
            number = card.text.split()[1].rstrip(":")
            shown[number], tapped[number] = seen, at
    accepted, stands = await _accepted(network), await _standing(network)
    send, to_hand = statistics.median(sends), statistics.median(by_hand)
    to_homeserver = statistics.median((stands[one] - accepted[one]) * 1000 for one in shown)
    to_desk = statistics.median((shown[one] - accepted[one]) * 1000 for one in shown)
    return {
        "homeserver_send_ms": send,
        "homeserver_send_to_seen_ms": to_hand,
        "accepted_to_stored_ms": to_homeserver,
        "accepted_to_seen_ms": to_desk,
        "tap_to_seen_ms": statistics.median((shown[one] - tapped[one]) * 1000 for one in shown),
        "ratio_stored": to_homeserver / send,
        "ratio_seen": to_desk / send,
        "ratio_seen_to_seen": to_desk / to_hand,
        "aim": f"less than {AIM}",
        "of": len(shown),
    }


async def _sent(client: OfficerClient, room_id: str, body: str) -> float:
    """Seconds of one message, from the request to the homeserver's answer."""
    content = {"msgtype": "m.text", "body": body, "m.mentions": {}}
    wire = await client.encrypt(room_id, "m.room.message", content)
    begun = time.perf_counter()
    sent = await client.send_as_is(room_id, "m.room.encrypted", wire)
    if not isinstance(sent, Sent):
        raise SystemExit(f"a message of the bench was not sent: {sent}")
    return time.perf_counter() - begun


async def _seen(sender: OfficerClient, reader: OfficerClient, room_id: str, body: str) -> float:
    """Seconds of one message, from the request until the reader's client shows it."""
    begun = time.perf_counter()
    await _sent(sender, room_id, body)
    await reader.wait_for(lambda: any(one.text == body for one in reader.received(room_id)) or None)
    return time.perf_counter() - begun


async def _asked(client: OfficerClient, room_id: str, question: str) -> float:
    """Asks it, from the command to ✅; when the homeserver had taken that."""
    await _sent(client, room_id, f"!rfi IDN: {question}")
    preview = await client.wait_for(lambda: _saying(client, room_id, question, "To IDN"))
    if not isinstance(await client.react(room_id, preview.event_id, "✅"), Sent):
        raise SystemExit("a tap of the bench was not sent")
    return time.time()


def _saying(client: OfficerClient, room_id: str, *parts: str) -> Received | None:
    """What the steward said with all these parts."""
    return next(
        (
            one
            for one in client.received(room_id)
            if one.sender.startswith("@steward:") and all(part in one.text for part in parts)
        ),
        None,
    )


async def _accepted(network: Network) -> dict[str, float]:
    """When each request was accepted, in seconds since 1970, by number."""
    connection = await network.postgres().connect(OWNER, "rilon")
    try:
        rows = await connection.fetch(
            "SELECT number, extract(epoch FROM created_at)::float8 AS at FROM request"
        )
    finally:
        await connection.close()
    return {row["number"]: row["at"] for row in rows}


async def _standing(network: Network) -> dict[str, float]:
    """When the homeserver had each card, in seconds since 1970, by number."""
    connection = await network.postgres().connect(OWNER, "rilon")
    try:
        rows = await connection.fetch(
            "SELECT r.number, a.card_event FROM request r "
            "JOIN request_addressee a ON a.request = r.id WHERE a.card_event IS NOT NULL"
        )
    finally:
        await connection.close()
    number_of = {row["card_event"]: row["number"] for row in rows}
    connection = await network.postgres().connect("synapse", "synapse")
    try:
        query = "SELECT event_id, received_ts FROM events WHERE event_id = ANY($1)"
        found = await connection.fetch(query, list(number_of))
    finally:
        await connection.close()
    return {number_of[row["event_id"]]: row["received_ts"] / 1000 for row in found}
