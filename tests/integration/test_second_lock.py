"""The second lock on a real PostgreSQL: what stands in a room and was never accepted is taken back,
and no event stops those after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from bots.steward.batches import BatchWorker
from bots.steward.conversation import Conversation
from bots.steward.directory import Directory
from bots.steward.keyring import Keyring
from bots.steward.machine import Machine
from bots.steward.mailer import Mailer
from bots.steward.passages import Passages
from bots.steward.room_requests import RoomTaps
from rilon.adapters.homeserver import Homeserver
from rilon.application.rooms_on_demand import TAKE
from rilon.bootstrap.parts import quotation_of
from rilon.storage.deliveries import Deliveries
from rilon.storage.effects import Effects
from rilon.storage.inbox import Inbox
from rilon.storage.ledger import ledger_outbox
from rilon.storage.officers import OfficerStore
from rilon.storage.rooms import PolicyStore, RoomStore
from rilon.storage.rooms_on_demand import RoomsOnDemand
from rilon.storage.sessions import SessionStore
from rilon.storage.tables import inbox
from tests.integration.no_files import NoFiles
from tests.integration.steward_desk import (
    NOW,
    OFFICER,
    OTHER,
    ROOM,
    STEWARD,
    Desk,
    fresh,
    numbers,
    opened_desk,
    outbox,
    raw,
)


@pytest.fixture(scope="module")
async def desk(postgres_dsn: str) -> AsyncIterator[Desk]:
    async with opened_desk(postgres_dsn) as opened:
        yield opened


@pytest.fixture
def worker(desk: Desk, tmp_path: Path) -> BatchWorker:
    homeserver = Homeserver("http://127.0.0.1:9", STEWARD)
    machine = Machine(STEWARD, "DEVICE", tmp_path, "0" * 64)
    crypto = asyncio.Lock()
    policies = PolicyStore(desk.engine)
    keyring = Keyring(SessionStore(desk.engine), b"k" * 32)
    officers = OfficerStore(desk.engine, outbox)

    def now() -> datetime:
        return NOW

    def salt() -> bytes:
        return b"s" * 16

    def wake() -> None:
        return None

    return BatchWorker(
        homeserver,
        machine,
        crypto,
        keyring,
        Directory(homeserver, machine, crypto, officers, policies.in_force, now, salt, wake),
        Mailer(homeserver, machine, crypto, Effects(desk.engine)),
        RoomStore(desk.engine),
        Deliveries(desk.engine, outbox),
        Conversation(keyring, STEWARD, now, RoomTaps(RoomsOnDemand(desk.engine, outbox))),
        policies.in_force,
        now,
        salt,
        wake,
        Passages(quotation_of("s" * 32), NoFiles(), now, timedelta),
    )


async def work_off(desk: Desk, worker: BatchWorker, *events: dict[str, Any]) -> None:
    body = {
        "next_batch": f"s{next(numbers)}",
        "rooms": {"join": {ROOM: {"timeline": {"events": list(events)}}}},
    }
    batch = await Inbox(desk.engine).store(body)
    await worker.work_off(batch)
    assert batch.id not in [one.id for one in await Inbox(desk.engine).open_batches()]


async def redacted(desk: Desk, event_id: str) -> bool:
    rows = await desk.effects("redact")
    return event_id in [row.payload["event_id"] for row in rows]


async def alarmed(desk: Desk, event_id: str) -> bool:
    return f"second-lock-{event_id}" in [row.once for row in await desk.effects("say")]


async def test_an_event_that_the_gate_never_saw_is_redacted_and_alarmed_once(
    desk: Desk, worker: BatchWorker
) -> None:
    _, event_id = fresh()
    before = await desk.count(ledger_outbox)
    for _ in range(2):
        await work_off(desk, worker, raw(event_id))
    assert await redacted(desk, event_id)
    assert await alarmed(desk, event_id)
    assert await desk.count(ledger_outbox) == before + 1


async def test_an_event_that_was_refused_and_stands_there_is_redacted(
    desk: Desk, worker: BatchWorker
) -> None:
    identity, event_id = fresh()
    await desk.record(desk.judged(identity, event_id, accepted=False, code="unreadable"))
    await work_off(desk, worker, raw(event_id))
    assert await redacted(desk, event_id)
    assert await alarmed(desk, event_id)


async def test_an_event_that_was_accepted_is_delivered_once_and_not_redacted(
    desk: Desk, worker: BatchWorker
) -> None:
    identity, event_id = fresh()
    await desk.record(desk.judged(identity, event_id))
    before = await desk.count(ledger_outbox)
    for _ in range(2):
        await work_off(desk, worker, raw(event_id))
    assert (await desk.seen(identity)).recorded.delivered
    assert not await redacted(desk, event_id)
    assert await desk.count(ledger_outbox) == before + 1


async def test_the_same_message_under_two_event_ids_loses_the_second(
    desk: Desk, worker: BatchWorker
) -> None:
    identity, event_id = fresh()
    await desk.record(desk.judged(identity, event_id))
    async with desk.decisions.in_room(ROOM) as room:
        await room.record_again(identity, event_id + "b")
    await work_off(desk, worker, raw(event_id), raw(event_id + "b"))
    assert not await redacted(desk, event_id)
    assert await redacted(desk, event_id + "b")
    # The gate did accept it: no alarm says that it came in without.
    assert not await alarmed(desk, event_id + "b")


async def test_an_event_that_its_sender_took_back_at_once_is_alarmed_all_the_same(
    desk: Desk, worker: BatchWorker
) -> None:
    _, event_id = fresh()
    gone = raw(event_id, content={}, unsigned={"redacted_because": {"sender": OFFICER}})
    await work_off(desk, worker, gone)
    assert await alarmed(desk, event_id)


@pytest.mark.parametrize(
    ("sender", "person", "content", "passes"),
    [
        (OFFICER, OFFICER, {"membership": "leave"}, True),
        (STEWARD, OFFICER, {"membership": "leave"}, True),
        (STEWARD, OFFICER, {"membership": "ban"}, True),
        (OTHER, OFFICER, {"membership": "leave"}, False),
        (OTHER, OFFICER, {"membership": "ban"}, False),
        (OFFICER, OFFICER, {"membership": "ban"}, False),
        (STEWARD, OFFICER, {"membership": "leave", "reason": "x"}, False),
        (OFFICER, OFFICER, {"membership": "join"}, False),
    ],
)
async def test_only_leaving_and_the_stewards_kick_stand_there_unasked(
    desk: Desk,
    worker: BatchWorker,
    sender: str,
    person: str,
    content: dict[str, Any],
    passes: bool,
) -> None:
    _, event_id = fresh()
    member = raw(event_id, type="m.room.member", sender=sender, state_key=person, content=content)
    await work_off(desk, worker, member)
    assert await redacted(desk, event_id) is not passes


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "m.room.encrypted", "content": []},
        {"content": None},
        {"origin_server_ts": "noon"},
        {"sender": 3},
        {"type": None},
        {"unsigned": {}},
        {
            "content": {
                "algorithm": "m.megolm.v1.aes-sha2",
                "ciphertext": "A",
                "session_id": "A" * 43,
            }
        },
    ],
)
async def test_no_event_wedges_the_batches_after_it(
    desk: Desk, worker: BatchWorker, odd: dict[str, Any]
) -> None:
    identity, event_id = fresh()
    await desk.record(desk.judged(identity, event_id))
    await work_off(desk, worker, raw(f"{event_id}odd", **odd), raw(event_id))
    assert (await desk.seen(identity)).recorded.delivered
    assert await redacted(desk, f"{event_id}odd")


async def test_a_batch_that_was_cut_off_is_worked_off_again_from_where_it_was(
    desk: Desk, worker: BatchWorker
) -> None:
    identity, event_id = fresh()
    await desk.record(desk.judged(identity, event_id))
    body = {
        "next_batch": "cut",
        "rooms": {"join": {ROOM: {"timeline": {"events": [raw(event_id)]}}}},
    }
    stored = await Inbox(desk.engine).store(body)
    (found,) = [one for one in await Inbox(desk.engine).open_batches() if one.id == stored.id]
    await worker.work_off(found)
    async with desk.engine.connect() as connection:
        row = (await connection.execute(select(inbox).where(inbox.c.id == stored.id))).one()
        left = await connection.execute(text("SELECT count(*) FROM inbox WHERE body IS NOT NULL "
                                             "AND worked_off_at IS NOT NULL"))  # fmt: skip
        assert left.scalar_one() == 0
    assert row.worked_off_at is not None


# --- a tap on an offer ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sender", "accepted", "taken"),
    [(OFFICER, True, True), (OTHER, True, False), (OFFICER, False, False)],
)
async def test_a_tap_that_the_gate_let_in_takes_the_offer_made_to_its_sender(
    desk: Desk, worker: BatchWorker, sender: str, accepted: bool, taken: bool
) -> None:
    identity, event_id = fresh()
    card = f"$card-of-{event_id[1:]}"
    await RoomsOnDemand(desk.engine, outbox).offered(card, OFFICER, "idn.focal1")
    code = None if accepted else "relation_unknown"
    judged = desk.judged(
        identity, event_id, sender=sender, kind="reaction", accepted=accepted, code=code
    )
    await desk.record(judged)
    relation = {"rel_type": "m.annotation", "event_id": card, "key": TAKE}
    content = {"m.relates_to": relation}
    for _ in range(2):
        await work_off(
            desk, worker, raw(event_id, type="m.reaction", sender=sender, content=content)
        )
    asked = [row.payload for row in await desk.effects("open_pair") if event_id in row.once]
    assert asked == ([{"asker": OFFICER, "others": ["idn.focal1"]}] if taken else [])


async def test_an_edit_that_was_recalled_before_it_came_is_taken_back_without_an_alarm(
    desk: Desk, worker: BatchWorker
) -> None:
    """ATTACK: an edit in the moment of a recall."""
    identity, event_id = fresh()
    await desk.record(desk.judged(identity, event_id))
    async with desk.engine.begin() as connection:
        query = "UPDATE verdict SET recalled_at = now() WHERE identity = :identity"
        await connection.execute(text(query), {"identity": identity})
    for _ in range(2):
        await work_off(desk, worker, raw(event_id))
    assert (await desk.seen(identity)).recorded.delivered
    assert await redacted(desk, event_id)
    assert not await alarmed(desk, event_id)
