"""Working a sync batch off: keys first, then devices, then what stands in the rooms.

Working the same batch off twice changes nothing. The second lock is here: what stands in a
governed room and was never accepted is redacted and alarmed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from bots.steward.conversation import Conversation
from bots.steward.directory import Directory
from bots.steward.keyring import Keyring
from bots.steward.machine import Machine
from bots.steward.mailer import Mailer
from bots.steward.passages import Left, Passages
from rilon.adapters.homeserver import Homeserver, HomeserverError
from rilon.application.ports import NewEffect
from rilon.application.record import delivered_entry, membership_entry, second_lock_entry
from rilon.domain.officers import name_of
from rilon.domain.rooms import Room
from rilon.policy.network import Network
from rilon.storage.deliveries import Deliveries, Delivery, Known, Standing
from rilon.storage.inbox import Batch
from rilon.storage.recalls import redaction
from rilon.storage.rooms import RoomStore
from rilon.storage.sessions import StoredSession

logger = logging.getLogger(__name__)

Json = dict[str, Any]
MOST_PAGES = 200
"""Pages of 100 events that a gap is filled with at the most."""


@dataclass(frozen=True, slots=True, repr=False)
class StandingEvent:
    """An event that the homeserver says stands in a governed room."""

    room_id: str
    room: Room | None
    event_id: str
    raw: Json

    @property
    def sender(self) -> str:
        return str(self.raw.get("sender", ""))


@dataclass(frozen=True, slots=True, repr=False)
class Heard:
    """What follows from what an event says: answers, and the passages that it leaves."""

    answers: list[NewEffect]
    left: Left | None


class BatchWorker:
    """Works batches off, one at a time, in their order."""

    def __init__(
        self,
        homeserver: Homeserver,
        machine: Machine,
        crypto: asyncio.Lock,
        keyring: Keyring,
        directory: Directory,
        mailer: Mailer,
        rooms: RoomStore,
        deliveries: Deliveries,
        conversation: Conversation,
        network: Callable[[], Awaitable[Network | None]],
        now: Callable[[], datetime],
        salt: Callable[[], bytes],
        wake: Callable[[], None],
        passages: Passages,
    ) -> None:
        self._passages = passages
        self._homeserver = homeserver
        self._machine = machine
        self._crypto = crypto
        self._keyring = keyring
        self._directory = directory
        self._mailer = mailer
        self._rooms = rooms
        self._deliveries = deliveries
        self._conversation = conversation
        self._network = network
        self._now = now
        self._salt = salt
        self._wake = wake
        self._keys_of_rooms: dict[str, str] = {}
        """Keys of governed rooms by Matrix id. A room never changes its key."""
        self._alarmed = False

    async def work_off(self, batch: Batch) -> None:
        """Works one stored batch off."""
        claims = 0 if batch.keys_taken_in else await self._take_in_keys(batch)
        changed = _strings(batch.body.get("device_lists", {}).get("changed"))
        if changed:
            await self._directory.refresh(changed)
        network = await self._network()
        events = [] if network is None else await self._standing_events(batch, network)
        said = (
            {}
            if network is None
            else {one.event_id: await self._heard(one, network) for one in events}
        )
        async with self._deliveries.of_batch(batch.id) as delivery:
            known = await delivery.known([one.event_id for one in events])
            for one in events:
                heard = said[one.event_id]
                await self._note(delivery, one, known.get(one.event_id), heard, network)
        if claims or any(heard.answers for heard in said.values()) or self._alarmed:
            self._alarmed = False
            self._wake()

    async def tend_keys(self, body: Json) -> None:
        """Uploads one-time and fallback keys where the server runs short."""
        counts = body.get("device_one_time_keys_count", {})
        unused = body.get("device_unused_fallback_key_types")
        await self.upload_keys(
            int(counts.get("signed_curve25519", 0)),
            unused is None or "signed_curve25519" in unused,
        )
        if self._machine.outgoing_to_device_messages:
            await self._mailer.heal()

    async def upload_keys(self, on_server: int | None, fallback_unused: bool) -> None:
        """Uploads what is missing, if anything is."""
        async with self._crypto:
            upload = self._machine.keys_to_upload(on_server, fallback_unused)
        if upload is not None:
            answer = await self._homeserver.upload_keys(upload)
            async with self._crypto:
                self._machine.keys_uploaded(answer)

    # --- keys --------------------------------------------------------------------------------

    async def _take_in_keys(self, batch: Batch) -> int:
        """INVARIANT: PostgreSQL has the room keys before the Olm store forgets the messages.

        Killed between the two, or with the database away, the batch is worked off again from an
        Olm store that was rolled back, and brings the same keys.
        """
        events = batch.body.get("to_device", {}).get("events", [])
        if not events:
            return 0
        async with self._crypto:
            try:
                with self._machine.store.database.atomic():
                    arrived = self._machine.open_to_device(events)
                    return await self._keyring.take_in(arrived, batch.id, self._claim_alarm)
            except BaseException:
                self._machine.roll_back()
                raise

    def _claim_alarm(self, claimed: StoredSession, owner: StoredSession) -> NewEffect:
        return _claim_alarm(claimed, owner, at=self._now())

    # --- rooms -------------------------------------------------------------------------------

    async def _heard(self, one: StandingEvent, network: Network) -> Heard:
        """ATTACK: a message on whose answer we fail would stop every batch after it."""
        try:
            act = await self._conversation.read(one.raw, one.room_id, one.room, network)
            return Heard(
                await self._conversation.answer(act, one.raw, one.room_id, one.room, network),
                await self._passages.left_by(act, one.sender, one.room, network),
            )
        except (SQLAlchemyError, OSError, TimeoutError):
            raise
        except Exception as error:  # noqa: BLE001
            # The gate has been through the same steps, or there is no accepting verdict.
            logger.error("a message was not answered: %s", type(error).__name__)
            return Heard([], None)

    async def _standing_events(self, batch: Batch, network: Network) -> list[StandingEvent]:
        joined = batch.body.get("rooms", {}).get("join", {})
        if not self._keys_of_rooms.keys() >= joined.keys():
            self._keys_of_rooms = {at: key for key, at in (await self._rooms.all()).items()}
        keys = self._keys_of_rooms
        found: list[StandingEvent] = []
        for room_id, part in joined.items():
            room = network.rooms.get(keys.get(room_id, ""))
            timeline = part.get("timeline", {})
            events = list(timeline.get("events", []))
            if timeline.get("limited") and room_id in keys:
                events = await self._gap(room_id, timeline) + events
            found.extend(
                StandingEvent(room_id, room, raw["event_id"], raw)
                for raw in events
                if isinstance(raw, dict) and isinstance(raw.get("event_id"), str)
            )
        # The first of each, should a gap overlap: an event is no second of itself.
        return list({one.event_id: one for one in reversed(found)}.values())[::-1]

    async def _gap(self, room_id: str, timeline: Mapping[str, Any]) -> list[Json]:
        """Events that the sync left out, oldest first: back to one that is on record."""
        events: list[Json] = []
        start = timeline.get("prev_batch")
        for _ in range(MOST_PAGES):
            if not isinstance(start, str):
                break
            try:
                page = await self._homeserver.messages_back(room_id, start, None)
            except HomeserverError as error:
                # It would say so for ever: the room is gone, or we were taken out of it.
                logger.error("a gap of a room can't be filled: %s", error)
                break
            chunk = [one for one in page.get("chunk", []) if isinstance(one, dict)]
            events += chunk
            if await self._deliveries.any_delivered([str(one.get("event_id")) for one in chunk]):
                break
            start = page.get("end")
        events.reverse()
        return events

    async def _note(
        self,
        delivery: Delivery,
        one: StandingEvent,
        known: Known | None,
        heard: Heard,
        network: Network | None,
    ) -> None:
        standing = Standing.UNSEEN if known is None else known.standing(one.event_id)
        if standing is Standing.NEW and known is not None:
            now = self._now()
            if arrived := await delivery.deliver(known.identity, one.event_id, now):
                await delivery.enter(
                    delivered_entry(known.identity, one.event_id, one.room, now, self._salt())
                )
                late = [redaction(one.room_id, one.event_id)] if arrived.recalled else []
                await delivery.write([*late, *heard.answers])
                left = heard.left
                if left is None and network and one.sender == self._homeserver.user_id:
                    left = await self._passages.of_relayed(
                        delivery, known.identity, one.room, network
                    )
                if left and known.marking and network:
                    alarms = await self._passages.keep(
                        delivery, left, known.identity, known.marking, network
                    )
                    self._alarmed |= any(await delivery.write(alarms))
            else:
                # ATTACK: one message under two transactions at once, in one batch.
                await self._second_lock(delivery, one, Standing.TWICE)
        elif standing is Standing.UNSEEN and self._passes_unasked(one):
            await self._note_leaving(delivery, one)
        elif standing is not Standing.KNOWN and one.room is not None:
            await self._second_lock(delivery, one, standing)

    def _passes_unasked(self, one: StandingEvent) -> bool:
        """Leaving, and the steward's kick or ban: the module lets them pass without the gate."""
        content, person = one.raw.get("content"), one.raw.get("state_key")
        if one.raw.get("type") != "m.room.member" or not isinstance(person, str):
            return False
        if not isinstance(content, Mapping) or set(content) != {"membership"}:
            return False
        if person == one.sender:
            return bool(content["membership"] == "leave")
        own = one.sender == self._homeserver.user_id
        return own and content["membership"] in ("leave", "ban")

    async def _note_leaving(self, delivery: Delivery, one: StandingEvent) -> None:
        marker = NewEffect("nothing", one.event_id, {}, once=f"left-{one.event_id}")
        if (await delivery.write([marker]))[0]:
            person, membership = str(one.raw["state_key"]), str(one.raw["content"]["membership"])
            parties = one.room.ceiling if one.room else frozenset()
            await delivery.enter(
                membership_entry(
                    "left" if person == one.sender else "removed",
                    person,
                    parties,
                    one.event_id,
                    self._now(),
                    self._salt(),
                    one.room,
                    membership,
                    one.event_id,
                )
            )

    async def _second_lock(
        self, delivery: Delivery, one: StandingEvent, standing: Standing
    ) -> None:
        """ATTACK: an event got past the gate. It is taken back, and people are told.

        One that the gate accepted, and that stands a second time, is taken back alone: whoever
        sends it again could otherwise raise an alarm about themselves or others.
        """
        if one.room is None:
            return
        now = self._now()
        redact = NewEffect(
            "redact",
            f"redact {one.event_id}",
            {"room_id": one.room_id, "event_id": one.event_id},
            once=f"redact-{one.event_id}",
        )
        alarm = NewEffect(
            "say",
            "coordination",
            {
                "to": "coordination",
                "text": "alarm_second_lock",
                "parameters": {
                    "room": one.room.name,
                    "officer": name_of(one.sender),
                    "at": now.isoformat(),
                },
            },
            once=f"second-lock-{one.event_id}",
        )
        told = [] if standing is Standing.TWICE else [alarm]
        if (await delivery.write([redact, *told]))[0]:
            self._alarmed = True
            logger.error("second lock: an event stood in a room unaccepted (%s)", standing.name)
            await delivery.enter(second_lock_entry(one.event_id, one.room, now, self._salt()))


def _claim_alarm(claimed: StoredSession, owner: StoredSession, at: datetime) -> NewEffect:
    return NewEffect(
        "say",
        "coordination",
        {
            "to": "coordination",
            "text": "alarm_claimed_session",
            "parameters": {
                "officer": name_of(claimed.user_id),
                "device": claimed.curve25519[:8],
                "owner": name_of(owner.user_id),
                "at": at.isoformat(),
            },
        },
        once=f"claim-{claimed.session_id}-{claimed.user_id}",
    )


def _strings(value: object) -> set[str]:
    return set(_iterate(value))


def _iterate(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for entry in value:
            if isinstance(entry, str):
                yield entry
