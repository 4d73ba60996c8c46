"""Officers who go on sending while something fails, and what was kept of their messages: by the
homeserver, by the gate's record, by the ledger. What must be true of it is for the tests to say.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from rilon.audit.verify_client import HttpSource, Report
from rilon.domain.entries import Entry
from rilon.embedded.officer_client import OfficerClient
from rilon.embedded.officer_values import PATIENT_S, NotSent, Received, Sent
from rilon.embedded.postgres import OWNER
from rilon.embedded.settings import AUDITOR_TOKEN
from rilon.ledger.leaf import parse
from rilon.ledger.tiles import entries_in, tiles_of
from tests.e2e.conftest import STEWARD, World
from tests.e2e.js_client import JsClient
from tests.e2e.words import word

Client = OfficerClient | JsClient

EVERY_S = 0.7
"""An officer's pace: resends included, below the rate that the homeserver allows one."""
RECOVERED_S = 60.0
"""The longest that a recovery may take."""
THIRD = 3
"""Every third message doesn't fit its room."""
PATIENCE_S = 170.0
"""No message may take longer than this to be told, resends included."""
TAP_S = 1.0
"""How long a person takes to see that a message wasn't sent, and to tap "retry"."""


async def until(
    condition: Callable[[], Awaitable[Any]], what: str, seconds: float = PATIENT_S
) -> Any:
    """The condition's first true value; `AssertionError` naming `what` after that time."""
    end = time.monotonic() + seconds
    while not (value := await condition()):
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")
        await asyncio.sleep(0.1)
    return value


@dataclass(frozen=True, slots=True)
class Told:
    """One message and what its sender's client was told at last. Times are monotonic seconds."""

    sender: str
    text: str
    fits: bool
    answer: Sent | NotSent
    taps: int
    """How often the officer tapped "retry", since the client had given up."""
    begun: float
    ended: float


@dataclass
class Stream:
    """Messages that go to one room."""

    world: World
    room_id: str
    senders: dict[str, Client]
    told: list[Told] = field(default_factory=list)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _told_one: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def users(self) -> list[str]:
        """The senders' user ids."""
        return [self.world.user(name) for name in self.senders]

    @property
    def fitting(self) -> list[Told]:
        """The messages that fit the room."""
        return [one for one in self.told if one.fits]

    @property
    def unfitting(self) -> list[Told]:
        """The messages that don't."""
        return [one for one in self.told if not one.fits]

    async def go_on(self, since: float, seconds: float = 150) -> float:
        """Until each officer was told about a message begun after that moment: the moment when
        the first was."""

        def waiting() -> set[str]:
            return self.senders.keys() - {one.sender for one in self.told if one.begun > since}

        try:
            async with asyncio.timeout(seconds), self._told_one:
                await self._told_one.wait_for(lambda: not waiting())
        except TimeoutError:
            raise AssertionError(f"{sorted(waiting())} were told nothing") from None
        return min(one.ended for one in self.told if one.begun > since)

    async def run(self, name: str, client: Client) -> None:
        """Sends until the stream stops; what is under way then is sent to its end.

        An officer on matrix-nio begins the next message whether or not the last one was told.
        matrix-js-sdk keeps a queue of its own, which it empties when one message is refused, so
        there it is one after the other.
        """
        async with asyncio.TaskGroup() as under_way:
            number = 0
            while not self._stopping.is_set():
                number += 1
                sending = under_way.create_task(self._send(name, client, number))
                if isinstance(client, JsClient):
                    await sending
                await asyncio.sleep(EVERY_S)

    async def _send(self, name: str, client: Client, number: int) -> None:
        fits = number % THIRD != 0
        marking = "TLP:GREEN" if fits else "REL AUS,IDN"
        text = f"{marking} // {name} {number} {word()}"
        begun = time.monotonic()
        async with asyncio.timeout(PATIENCE_S):
            answer, taps = await send_patiently(client, self.room_id, text)
            if isinstance(client, JsClient) and isinstance(answer, NotSent):
                # What the card asks for: the library holds all else back until then.
                await client.discard(answer)
        self.told.append(Told(name, text, fits, answer, taps, begun, time.monotonic()))
        async with self._told_one:
            self._told_one.notify_all()

    def stop(self) -> None:
        """No new messages."""
        self._stopping.set()


async def send_patiently(client: Client, room_id: str, text: str) -> tuple[Sent | NotSent, int]:
    """Sends, and taps "retry" where the client shows the message as not sent though nobody
    refused it: with the database away the homeserver answers 500, at which nio gives up at once
    and matrix-js-sdk after half a minute. Both resend by themselves at 429."""
    if isinstance(client, JsClient):
        answer = await client.send_text(room_id, text, within=PATIENCE_S)
    else:
        answer = await client.send_text(room_id, text)
    taps = 0
    while isinstance(answer, NotSent) and answer.status != 403:
        await asyncio.sleep(TAP_S)
        taps += 1
        if isinstance(client, JsClient):
            answer = await client.resend(answer, within=PATIENCE_S)
        else:
            answer = await client.resend(answer)
    return answer, taps


@asynccontextmanager
async def streaming(
    world: World, room_id: str, senders: dict[str, Client]
) -> AsyncIterator[Stream]:
    """The officers send until the block ends."""
    stream = Stream(world, room_id, senders)
    async with asyncio.TaskGroup() as group:
        for name, client in senders.items():
            group.create_task(stream.run(name, client))
        try:
            yield stream
        finally:
            stream.stop()


# --- what was kept ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """The gate's record of one message."""

    sender: str
    accepted: bool
    code: str | None
    delivered: str | None
    attempts: int
    tried: frozenset[str]
    card: str | None
    """The event of the card that explains the refusal, once it was sent."""


_VERDICTS = """
    SELECT encode(v.identity, 'hex') AS identity, v.sender, v.accepted, v.code,
           v.delivered_event_id, v.attempts,
           (SELECT array_agg(a.event_id) FROM attempt a WHERE a.identity = v.identity) AS tried,
           (SELECT e.result ->> 'event_id' FROM effect e
             WHERE e.once = 'card-' || encode(v.identity, 'hex') AND e.state = 'done') AS card
      FROM verdict v
     WHERE v.room_id = $1 AND v.sender = ANY($2) AND v.kind <> 'state'
"""

_UNSETTLED = """
    SELECT (SELECT count(*) FROM verdict
             WHERE room_id = $2 AND sender = ANY($1) AND accepted
               AND delivered_event_id IS NULL)
         + (SELECT count(*) FROM effect
             WHERE subject = ANY($1) AND state IN ('due', 'performing'))
         + (SELECT count(*) FROM inbox WHERE worked_off_at IS NULL)
         + (SELECT count(*) FROM ledger_outbox)
         + (SELECT size FROM ledger_head) - (SELECT max(size) FROM ledger_checkpoint)
"""


async def settled(world: World, room_id: str, users: list[str]) -> None:
    """Until everything that was accepted stands in its room, every card is out, and all of it
    is in the published ledger."""
    connection = await world.network.postgres().connect(OWNER, "rilon")
    try:

        async def nothing_left() -> bool:
            return bool(await connection.fetchval(_UNSETTLED, users, room_id) == 0)

        await until(nothing_left, "the record to settle")
    finally:
        await connection.close()


async def verdicts(world: World, room_id: str, users: list[str]) -> dict[str, Kept]:
    """What the gate recorded of these officers' messages in the room, by their identity."""
    connection = await world.network.postgres().connect(OWNER, "rilon")
    try:
        rows = await connection.fetch(_VERDICTS, room_id, users)
    finally:
        await connection.close()
    return {
        row["identity"]: Kept(
            row["sender"],
            row["accepted"],
            row["code"],
            row["delivered_event_id"],
            row["attempts"],
            frozenset(row["tried"] or ()),
            row["card"],
        )
        for row in rows
    }


async def standing(world: World, room_id: str, users: list[str]) -> set[str]:
    """Every encrypted event of these officers that the homeserver stored for the room."""
    query = """
        SELECT event_id FROM events
         WHERE room_id = $1 AND sender = ANY($2) AND type = 'm.room.encrypted'
    """
    connection = await world.network.postgres().connect("synapse", "synapse")
    try:
        return {row["event_id"] for row in await connection.fetch(query, room_id, users)}
    finally:
        await connection.close()


async def entries(world: World, report: Report) -> dict[str, list[Entry]]:
    """All entries by their correlation, as the audit service shows them to the auditor."""
    assert report.checkpoint is not None
    size = report.checkpoint.size

    def read() -> dict[str, list[Entry]]:
        source = HttpSource(world.network.audit, world.layout.secret(AUDITOR_TOKEN))
        found: dict[str, list[Entry]] = defaultdict(list)
        try:
            for tile in tiles_of(0, size):
                for leaf in entries_in(source.fetch(tile.entries_path) or b""):
                    entry = parse(leaf).entry
                    found[entry.correlation].append(entry)
        finally:
            source.close()
        return found

    return await asyncio.to_thread(read)


def cards(client: Client, direct: str) -> list[Received]:
    """What the steward said to the officer, later versions of the same left out."""
    return [
        one
        for one in client.received(direct)
        if one.sender == STEWARD
        and one.type in ("m.room.message", "m.room.encrypted")
        and "m.new_content" not in one.content
    ]
