"""Guided exchanges of reports: what an officer has said so far, sealed, until it is filed,
discarded, or left alone for too long.

What comes next is `rilon.reports.guided`'s. A state is replaced by revision, under the row's lock.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rilon.application.ports import NewEffect, Safe
from rilon.application.report_values import NewReport
from rilon.application.request_sources import Spoken
from rilon.domain.entries import Entry
from rilon.domain.reports import ReportNumber
from rilon.reports.guided import Exchange, Step, exchange_from_json, exchange_to_json
from rilon.storage.alone import alone
from rilon.storage.effects import write_effect
from rilon.storage.outboxes import OutboxValues, write_out
from rilon.storage.report_tables import report_exchange, report_question
from rilon.storage.reports import ReportSeal, add_report, first_time
from rilon.storage.request_sources import spoken

KEPT_FOR = timedelta(hours=24)
"""How long an exchange waits for its officer."""

Told = Mapping[str, str]
"""What to say of an exchange beside its question: a mistake's code and its values."""

_OPEN_IN = text(
    """
    SELECT r.* FROM report_exchange r
     WHERE r.sender = :sender AND r.room_key = :room AND r.sealed IS NOT NULL
       AND r.expires_at > :now
       AND r.expires_at > COALESCE((SELECT max(e.expires_at) FROM exchange e
             WHERE e.sender = :sender AND e.room_key = :room AND e.sealed IS NOT NULL), '-infinity')
     ORDER BY r.expires_at DESC, r.id DESC LIMIT 1
    """
)
"""INVARIANT: words that aren't in a thread belong to what was last talked about: with an exchange
about a request that was touched later, none of a report is meant."""


@dataclass(frozen=True, slots=True, repr=False)
class Talk:
    """An exchange as it is stored. `state` is None once it is over or past its time; `events` are
    the officer's messages in which its words were said."""

    id: int
    sender: str
    room: str
    root: str
    revision: int
    state: Exchange | None
    told: Told | None = None
    events: tuple[str, ...] = ()


class LockedTalk:
    """An exchange under its lock, within one transaction."""

    def __init__(
        self,
        connection: AsyncConnection,
        talk: Talk,
        safe: Safe,
        seal: ReportSeal,
        outbox: OutboxValues,
    ) -> None:
        self._connection = connection
        self._safe = safe
        self._seal = seal
        self._outbox = outbox
        self.talk = talk

    async def first_time(self, event_id: str) -> bool:
        """Whether this event is worked off for the first time; marks it so."""
        return await first_time(self._connection, event_id)

    async def spoken(self) -> Mapping[str, Spoken]:
        """The messages that its words were said in, and all that they relate to."""
        return await spoken(self._connection, self.talk.events)

    async def put(
        self,
        state: Exchange | None,
        now: datetime,
        told: Told | None = None,
        effects: Sequence[NewEffect] = (),
        event_id: str | None = None,
    ) -> None:
        """Replaces the state; None erases it for good. `event_id` is the message whose words are
        in it from now on."""
        one, revision = self.talk, self.talk.revision + 1
        events = (*one.events, *([event_id] if event_id is not None else []))
        sealed = None
        if state is not None:
            sealed = _close(self._safe, one.id, revision, state, told, events)
        query = update(report_exchange).where(report_exchange.c.id == one.id)
        await self._connection.execute(
            query.values(revision=revision, sealed=sealed, expires_at=now + KEPT_FOR)
        )
        for effect in effects:
            await write_effect(self._connection, effect)

    async def file(
        self,
        new: NewReport,
        draw: Callable[[], ReportNumber],
        follows: Callable[[ReportNumber], tuple[Entry, Sequence[NewEffect]]],
    ) -> ReportNumber:
        """Files the report and ends the exchange: report, ledger entry and what is told of it, all
        or nothing."""
        number = await add_report(self._connection, self._seal, new, draw)
        entry, effects = follows(number)
        await write_out(self._connection, self._outbox, [entry])
        await self.put(None, new.at, None, effects)
        return number


class ReportExchanges:
    """Exchanges by their thread, and by the questions of the steward."""

    def __init__(
        self, engine: AsyncEngine, outbox: OutboxValues, safe: Safe, reports: Safe
    ) -> None:
        self._engine = engine
        self._alone = alone(engine)
        self._outbox = outbox
        self._safe = safe
        self._seal = ReportSeal(reports)

    async def begin(
        self,
        sender: str,
        room: str,
        root: str,
        state: Exchange,
        told: Told | None,
        event_id: str,
        now: datetime,
    ) -> int | None:
        """Begins an exchange in that thread; its id. None if that event did so before, or one is
        under way there. The question of the first step is written with it."""
        async with self._engine.begin() as connection:
            await _sweep(connection, now)
            if not await first_time(connection, event_id):
                return None
            values = {
                "sender": sender,
                "room_key": room,
                "root": root,
                "revision": 0,
                "begun_at": now,
                "expires_at": now + KEPT_FOR,
            }
            await connection.execute(
                insert(report_exchange).values(values).on_conflict_do_nothing()
            )
            row = await _row(connection, sender, root)
            if row["sealed"] is not None:
                return None
            revision = row["revision"] + 1
            sealed = _close(self._safe, row["id"], revision, state, told, (event_id,))
            await connection.execute(
                update(report_exchange)
                .where(report_exchange.c.id == row["id"])
                .values(revision=revision, sealed=sealed, expires_at=now + KEPT_FOR)
            )
            await write_effect(connection, question_effect(row["id"], sender, revision, state.step))
        return int(row["id"])

    @asynccontextmanager
    async def locked(self, exchange_id: int, now: datetime) -> AsyncIterator[LockedTalk | None]:
        """One transaction over an exchange under its lock."""
        async with self._engine.begin() as connection:
            query = select(report_exchange).where(report_exchange.c.id == exchange_id)
            found = await connection.execute(query.with_for_update())
            row = found.mappings().one_or_none()
            if row is None:
                yield None
                return
            talk = self._talk(dict(row), now)
            yield LockedTalk(connection, talk, self._safe, self._seal, self._outbox)

    async def of_id(self, exchange_id: int, now: datetime) -> Talk | None:
        """An exchange as it stands."""
        return await self._one(
            select(report_exchange).where(report_exchange.c.id == exchange_id), {}, now
        )

    async def of_thread(self, sender: str, root: str, now: datetime) -> Talk | None:
        """The officer's exchange in that thread, over or not."""
        query = select(report_exchange).where(
            report_exchange.c.sender == sender, report_exchange.c.root == root
        )
        return await self._one(query, {}, now)

    async def open_in(self, sender: str, room: str, now: datetime) -> Talk | None:
        """The exchange that an officer's words in a room belong to, outside any thread."""
        return await self._one(_OPEN_IN, {"sender": sender, "room": room, "now": now}, now)

    async def question(self, event_id: str) -> tuple[int, Step] | None:
        """The exchange and the step that a message of the steward asked about."""
        query = select(report_question).where(report_question.c.event_id == event_id)
        async with self._alone.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else (int(row.exchange), Step(row.step))

    async def asked_last(self, exchange_id: int, step: Step) -> str | None:
        """The event of the last question about that step."""
        query = (
            select(report_question.c.event_id)
            .where(report_question.c.exchange == exchange_id, report_question.c.step == step.value)
            .order_by(report_question.c.place.desc())
            .limit(1)
        )
        async with self._alone.connect() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def asked(
        self, exchange_id: int, revision: int, step: Step, event_id: str, effects: list[NewEffect]
    ) -> None:
        """The question of that step stands under that event; `effects` put its signs on."""
        async with self._engine.begin() as connection:
            query = insert(report_question).values(
                event_id=event_id, exchange=exchange_id, step=step.value, place=revision
            )
            await connection.execute(query.on_conflict_do_nothing())
            for one in effects:
                await write_effect(connection, one)

    async def sweep(self, now: datetime) -> None:
        """Erases what is past its time. It is never used after it, swept or not."""
        async with self._engine.begin() as connection:
            await _sweep(connection, now)

    async def _one(self, query: Any, values: Mapping[str, Any], now: datetime) -> Talk | None:
        async with self._alone.connect() as connection:
            row = (await connection.execute(query, dict(values))).mappings().one_or_none()
        return None if row is None else self._talk(dict(row), now)

    def _talk(self, row: Mapping[str, Any], now: datetime) -> Talk:
        state, told, events = _NOTHING
        if row["sealed"] is not None and row["expires_at"] > now:
            state, told, events = _open(self._safe, row)
        return Talk(
            int(row["id"]),
            row["sender"],
            row["room_key"],
            row["root"],
            row["revision"],
            state,
            told,
            events,
        )


def question_effect(
    exchange_id: int, sender: str, revision: int, step: Step, *, updates: bool = False
) -> NewEffect:
    """What is to be said of that state of an exchange. `updates`: the last such question is
    brought up to date, instead of being asked again."""
    name = f"report-asked-{exchange_id}-{revision}"
    payload = {
        "exchange": exchange_id,
        "revision": revision,
        "step": step.value,
        "updates": updates,
        "once": name,
    }
    return NewEffect("report_asked", sender, payload, once=name)


async def _sweep(connection: AsyncConnection, now: datetime) -> None:
    query = update(report_exchange).where(
        report_exchange.c.sealed.is_not(None), report_exchange.c.expires_at <= now
    )
    await connection.execute(query.values(sealed=None))


async def _row(connection: AsyncConnection, sender: str, root: str) -> Mapping[str, Any]:
    query = (
        select(report_exchange)
        .where(report_exchange.c.sender == sender, report_exchange.c.root == root)
        .with_for_update()
    )
    return dict((await connection.execute(query)).mappings().one())


def _close(
    safe: Safe,
    exchange_id: int,
    revision: int,
    state: Exchange,
    told: Told | None,
    events: tuple[str, ...],
) -> bytes:
    value = {
        "exchange": exchange_id,
        "revision": revision,
        "state": exchange_to_json(state),
        "told": dict(told) if told is not None else None,
        "events": list(events),
    }
    return safe.seal(json.dumps(value).encode())


_Opened = tuple[Exchange | None, Told | None, tuple[str, ...]]
_NOTHING: _Opened = (None, None, ())


def _open(safe: Safe, row: Mapping[str, Any]) -> _Opened:
    """INVARIANT: the sealed value names its row: one officer's bytes are never another's."""
    try:
        value = json.loads(safe.open(row["sealed"]))
        if (value["exchange"], value["revision"]) != (row["id"], row["revision"]):
            return _NOTHING
        return (
            exchange_from_json(value["state"]),
            value["told"],
            tuple(str(one) for one in value["events"]),
        )
    except (ValueError, KeyError, TypeError):
        return _NOTHING
