"""The steward's tables on a real PostgreSQL: verdicts, deliveries, sessions, effects, and the
second lock against what stands in a room and was never accepted.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bots.steward.batches import BatchWorker
from bots.steward.conversation import Conversation
from bots.steward.directory import Directory
from bots.steward.keyring import Keyring
from bots.steward.machine import Machine
from bots.steward.mailer import Mailer
from rilon.adapters.homeserver import Homeserver
from rilon.application.ports import Judged, NewEffect, Unsure
from rilon.application.record import verdict_entry
from rilon.ledger.keys import SignerKey
from rilon.ledger.leaf import sign
from rilon.storage.decisions import Decisions
from rilon.storage.deliveries import Deliveries
from rilon.storage.effects import Effects
from rilon.storage.inbox import Inbox
from rilon.storage.ledger import ledger_outbox, outbox_values
from rilon.storage.officers import OfficerStore
from rilon.storage.rooms import PolicyStore, RoomStore
from rilon.storage.sessions import SessionStore, StoredSession
from rilon.storage.tables import effect, inbox, policy_version, verdict
from rilon.wire.canonical import content_digest
from rilon.wire.envelope import read_envelope
from tests.policy_scene import NETWORK

pytestmark = pytest.mark.asyncio(loop_scope="session")

SERVER = "x.test"
STEWARD = f"@steward:{SERVER}"
OFFICER, OTHER = f"@aus.focal1:{SERVER}", f"@idn.focal1:{SERVER}"
ROOM, FLOOR = "!floor", "mps-floor"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SIGNER = SignerKey("steward", b"\x02" * 32)
_numbers = count(1)


def outbox(entry: Any) -> dict[str, Any]:
    return outbox_values(sign(entry, SIGNER))


@dataclass
class Desk:
    """The tables, with one policy in force and one governed room."""

    engine: AsyncEngine
    policy_id: int

    @property
    def decisions(self) -> Decisions:
        return Decisions(self.engine, outbox)

    def judged(self, identity: bytes, event_id: str, **changed: Any) -> Judged:
        values: dict[str, Any] = {
            "identity": identity,
            "event_id": event_id,
            "sender": OFFICER,
            "device_id": "D",
            "session_id": None,
            "message_index": None,
            "kind": "content",
            "accepted": True,
            "code": None,
            "rule": "accept",
            "marking": None,
            "policy_id": self.policy_id,
            "sent_at": NOW,
            "decided_at": NOW,
            **changed,
        }
        return Judged(**values)

    async def record(self, judged: Judged, effects: tuple[NewEffect, ...] = ()) -> None:
        envelope = read_envelope(raw(judged.event_id, sender=judged.sender))
        entry = verdict_entry(
            judged, envelope, FLOOR, NETWORK.rooms[FLOOR], NETWORK, now=NOW, salt=b"s" * 16
        )
        async with self.decisions.in_room(ROOM) as room:
            await room.record(judged, entry, effects)

    async def seen(self, identity: bytes, *related: str, index: int | None = None) -> Any:
        async with self.decisions.in_room(ROOM) as room:
            return await room.look(identity, OFFICER, "D", "S" if index else None, index, related)

    async def count(self, table: Any) -> int:
        async with self.engine.connect() as connection:
            rows = await connection.execute(select(table))
            return len(rows.all())

    async def effects(self, kind: str) -> list[Any]:
        async with self.engine.connect() as connection:
            rows = await connection.execute(select(effect).where(effect.c.kind == kind))
            return list(rows.all())


def raw(event_id: str, **changed: Any) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "room_id": ROOM,
        "type": "m.room.encrypted",
        "sender": OFFICER,
        "origin_server_ts": int(NOW.timestamp() * 1000),
        "content": {"body": "x"},
        **changed,
    }


def fresh() -> tuple[bytes, str]:
    number = next(_numbers)
    return number.to_bytes(32), f"$event{number}"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(postgres_dsn: str) -> AsyncIterator[Desk]:
    url = postgres_dsn.replace("postgresql://", "postgresql+asyncpg://")
    engine = create_async_engine(url, hide_parameters=True)
    async with engine.begin() as connection:
        query = insert(policy_version).values(
            version="1", digest=NETWORK.digest, document=NETWORK.to_document()
        )
        number = (await connection.execute(query.returning(policy_version.c.id))).scalar_one()
    await RoomStore(engine).govern(FLOOR, ROOM)
    yield Desk(engine, number)
    await engine.dispose()


# --- verdicts ------------------------------------------------------------------------------------


async def test_a_message_that_was_unreadable_is_remembered_against_replays_once_it_is_not(
    desk: Desk,
) -> None:
    identity, event_id = fresh()
    refused = desk.judged(
        identity,
        event_id,
        accepted=False,
        code="unreadable",
        rule="rule1.shape",
        kind="undecodable",
    )
    await desk.record(refused)
    readable = desk.judged(identity, event_id + "b", session_id="S", message_index=7)
    await desk.record(readable)
    other, _ = fresh()
    assert (await desk.seen(other, index=7)).index_identity == identity
    async with desk.engine.connect() as connection:
        query = select(verdict.c.kind).where(verdict.c.identity == identity)
        assert (await connection.execute(query)).scalar_one() == "content"


async def test_a_verdict_on_what_stands_in_the_room_is_never_overwritten(desk: Desk) -> None:
    identity, event_id = fresh()
    await desk.record(desk.judged(identity, event_id))
    await deliver(desk, identity, event_id)
    late = desk.judged(identity, event_id + "b", accepted=False, code="not_in_room", rule="r.x")
    await desk.record(late)
    seen = await desk.seen(identity)
    assert seen.recorded.accepted
    assert seen.recorded.delivered


async def test_what_was_accepted_and_is_not_there_yet_is_pending_and_not_unknown(
    desk: Desk,
) -> None:
    identity, event_id = fresh()
    await desk.record(desk.judged(identity, event_id))
    asking, _ = fresh()
    seen = await desk.seen(asking, event_id)
    assert seen.related_pending
    assert seen.related == ()
    assert not (await desk.seen(asking, "$nobody")).related_pending
    await deliver(desk, identity, event_id)
    seen = await desk.seen(asking, event_id)
    assert not seen.related_pending
    assert [one.event_id for one in seen.related] == [event_id]


async def test_events_of_one_room_are_judged_one_at_a_time(desk: Desk) -> None:
    order: list[str] = []

    async def judge(name: str) -> None:
        async with desk.decisions.in_room(ROOM):
            order.append(f"{name} in")
            await asyncio.sleep(0.05)
            order.append(f"{name} out")

    await asyncio.gather(judge("a"), judge("b"))
    assert order in (
        ["a in", "a out", "b in", "b out"],
        ["b in", "b out", "a in", "a out"],
    )


async def test_a_revocation_waits_for_the_open_verdicts(desk: Desk) -> None:
    ended = asyncio.Event()
    entered = asyncio.Event()

    async def judge() -> None:
        async with desk.decisions.in_room(ROOM):
            entered.set()
            await asyncio.sleep(0.2)
            ended.set()

    task = asyncio.create_task(judge())
    await entered.wait()
    await desk.decisions.wait_for_open_verdicts([ROOM])
    assert ended.is_set()
    await task


async def test_of_two_resends_at_once_one_is_an_attempt_and_none_a_second_verdict(
    desk: Desk,
) -> None:
    identity, event_id = fresh()
    await desk.record(desk.judged(identity, event_id))
    before = await desk.count(ledger_outbox)

    async def again(name: str) -> None:
        async with desk.decisions.in_room(ROOM) as room:
            await room.record_again(identity, name)

    await asyncio.gather(*(again(event_id + end) for end in ("b", "b", "c")))
    assert (await desk.seen(identity)).recorded.attempts == 3
    assert await desk.count(ledger_outbox) == before


async def test_a_verdict_that_could_not_be_recorded_leaves_nothing(desk: Desk) -> None:
    identity, event_id = fresh()
    before = await desk.count(ledger_outbox)
    broken = NewEffect("card", OFFICER, {"text": "a\0b"}, once=f"card-{event_id}")
    with pytest.raises(Unsure):
        await desk.record(desk.judged(identity, event_id), (broken,))
    assert (await desk.seen(identity)).recorded is None
    assert await desk.count(ledger_outbox) == before


async def deliver(desk: Desk, identity: bytes, event_id: str) -> None:
    batch = await Inbox(desk.engine).store({"next_batch": event_id})
    async with Deliveries(desk.engine, outbox).of_batch(batch.id) as delivery:
        assert await delivery.deliver(identity, event_id, NOW)


# --- sessions ------------------------------------------------------------------------------------


def session(user: str, session_id: str, pickle: str = "p") -> StoredSession:
    return StoredSession(ROOM, session_id, user, f"curve of {user}", "ed", pickle)


def alarm(claimed: StoredSession, owner: StoredSession) -> NewEffect:
    named = {"claimed": claimed.user_id, "owner": owner.user_id}
    return NewEffect("alarm", "coordination", named, once=f"{claimed.session_id} {claimed.user_id}")


async def test_a_session_stays_its_first_owners_and_a_second_claim_is_alarmed(desk: Desk) -> None:
    store = SessionStore(desk.engine)
    first = await Inbox(desk.engine).store({"next_batch": "k1"})
    assert await store.keep([session(OFFICER, "one", "first")], first.id, alarm) == 0
    second = await Inbox(desk.engine).store({"next_batch": "k2"})
    assert await store.keep([session(OTHER, "one", "second")], second.id, alarm) == 1
    kept = await store.find(ROOM, "one")
    assert kept is not None
    assert (kept.user_id, kept.pickle) == (OFFICER, "first")
    (written,) = [row for row in await desk.effects("alarm") if row.once == f"one {OTHER}"]
    assert written.payload == {"claimed": OTHER, "owner": OFFICER}


async def test_a_key_shared_again_at_another_index_changes_nothing_and_alarms_nobody(
    desk: Desk,
) -> None:
    store = SessionStore(desk.engine)
    batch = await Inbox(desk.engine).store({"next_batch": "k3"})
    again = [session(OFFICER, "two", "first"), session(OFFICER, "two", "later")]
    assert await store.keep(again, batch.id, alarm) == 0
    kept = await store.find(ROOM, "two")
    assert kept is not None
    assert kept.pickle == "first"


# --- effects -------------------------------------------------------------------------------------


async def performing(desk: Desk, wire: dict[str, Any], digest: bytes | None) -> Any:
    effects = Effects(desk.engine)
    subject = f"subject {next(_numbers)}"
    await effects.write([NewEffect("test", subject, {})])
    (due,) = [one for one in await effects.next_due(datetime.now(UTC), [], 500)
              if one.subject == subject]  # fmt: skip
    await effects.prepare(due, wire, digest)
    return due


async def test_only_the_very_event_that_is_performed_is_the_stewards(desk: Desk) -> None:
    effects = Effects(desk.engine)
    digest = content_digest({"body": "a"})
    wire = {"room_id": ROOM, "type": "m.room.encrypted"}
    due = await performing(desk, wire, digest)
    assert await effects.recognise(ROOM, "m.room.encrypted", None, digest) == due.id
    for room, kind, state_key, found in (
        ("!other", "m.room.encrypted", None, digest),
        (ROOM, "m.room.message", None, digest),
        (ROOM, "m.room.encrypted", "", digest),
        (ROOM, "m.room.encrypted", None, content_digest({"body": "b"})),
    ):
        assert await effects.recognise(room, kind, state_key, found) is None


@pytest.mark.parametrize("end", ["done", "fail", "postpone"])
async def test_an_effect_is_recognised_only_while_it_is_performed(desk: Desk, end: str) -> None:
    effects = Effects(desk.engine)
    digest = content_digest({"end": end})
    due = await performing(desk, {"room_id": ROOM, "type": "m.x"}, digest)
    if end == "done":
        await effects.done(due, {}, NOW)
    elif end == "fail":
        await effects.fail(due, "M_FORBIDDEN", NOW)
    else:
        await effects.postpone(due, "M_FORBIDDEN", NOW + timedelta(days=9))
    assert await effects.recognise(ROOM, "m.x", None, digest) is None


async def test_an_invitation_is_recognised_with_its_content_alone(desk: Desk) -> None:
    effects = Effects(desk.engine)
    invite = content_digest({"membership": "invite"})
    due = await performing(desk, {"room_id": ROOM, "invites": OFFICER}, invite)
    kind = "m.room.member"
    assert await effects.recognise(ROOM, kind, OFFICER, invite) == due.id
    worded = content_digest({"membership": "invite", "reason": "left at noon"})
    assert await effects.recognise(ROOM, kind, OFFICER, worded) is None
    assert await effects.recognise(ROOM, kind, OTHER, invite) is None
    assert await effects.recognise("!other", kind, OFFICER, invite) is None
    assert await effects.recognise(ROOM, "m.room.topic", OFFICER, invite) is None


async def test_first_state_is_recognised_in_no_governed_room(desk: Desk) -> None:
    effects = Effects(desk.engine)
    digest = content_digest({"topic": "a"})
    wire = {"first": [["m.room.topic", "", digest.hex()]]}
    due = await performing(desk, wire, None)
    assert await effects.recognise("!new", "m.room.topic", "", digest) == due.id
    assert await effects.recognise(ROOM, "m.room.topic", "", digest) is None
    assert await effects.recognise("!new", "m.room.name", "", digest) is None
    assert await effects.recognise("!new", "m.room.topic", None, digest) is None


async def test_an_attempt_that_failed_before_anything_was_sent_counts(desk: Desk) -> None:
    effects = Effects(desk.engine)
    await effects.write([NewEffect("remove", "remove x", {})])
    for attempts in range(3):
        (due,) = [
            one
            for one in await effects.next_due(datetime.now(UTC), [], 500)
            if one.subject == "remove x"
        ]
        assert due.attempts == attempts
        await effects.postpone(due, "M_FORBIDDEN", NOW - timedelta(days=400), counts=True)


async def test_effects_of_one_subject_keep_their_order(desk: Desk) -> None:
    effects = Effects(desk.engine)
    await effects.write([NewEffect("a", "in order", {}), NewEffect("b", "in order", {})])

    async def due() -> list[Any]:
        found = await effects.next_due(datetime.now(UTC), [], 500)
        return [one for one in found if one.subject == "in order"]

    (first,) = await due()
    assert first.kind == "a"
    assert await effects.next_due(datetime.now(UTC), ["in order"], 500) is not None
    await effects.done(first, {}, NOW)
    assert [one.kind for one in await due()] == ["b"]


# --- the second lock -----------------------------------------------------------------------------


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
        Conversation(keyring, policies.in_force, STEWARD, now),
        policies.in_force,
        now,
        salt,
        wake,
    )


async def work_off(desk: Desk, worker: BatchWorker, *events: dict[str, Any]) -> None:
    body = {
        "next_batch": f"s{next(_numbers)}",
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
