"""The steward's tables on a real PostgreSQL: verdicts, the ownership of sessions, effects."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from rilon.application.ports import NewEffect, Unsure
from rilon.storage.effects import Effects
from rilon.storage.inbox import Inbox
from rilon.storage.ledger import ledger_outbox
from rilon.storage.sessions import SessionStore, StoredSession
from rilon.storage.tables import verdict
from rilon.wire.canonical import content_digest
from tests.integration.steward_desk import (
    NOW,
    OFFICER,
    OTHER,
    ROOM,
    Desk,
    deliver,
    fresh,
    numbers,
    opened_desk,
)


@pytest.fixture(scope="module")
async def desk(postgres_dsn: str) -> AsyncIterator[Desk]:
    async with opened_desk(postgres_dsn) as opened:
        yield opened


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
    subject = f"subject {next(numbers)}"
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
