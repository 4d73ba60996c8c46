"""Guided exchanges: what an officer has said of a request so far, sealed, until it is sent,
stopped, or left alone for too long.

What comes next is `rilon.domain.guided`'s. A state is replaced by revision, under the row's lock.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rilon.application.ports import NewEffect, Safe
from rilon.domain.acts import Attachment
from rilon.domain.guided import Exchange, Step, exchange_from_json, exchange_to_json
from rilon.storage.alone import alone
from rilon.storage.effects import write_effect
from rilon.storage.talk_tables import exchange, exchange_question
from rilon.wire import file_writing

ROOTLESS = "none "
"""Begins the root of an exchange whose first question is still to be said."""

KEPT_FOR = timedelta(hours=24)
"""How long an exchange waits for its officer."""


@dataclass(frozen=True, slots=True, repr=False)
class Talk:
    """An exchange as it is stored. `state` is None once it is over or past its time; `told` is
    what to say of it beside its question: a code and its values."""

    id: int
    sender: str
    room: str
    group: str
    root: str
    revision: int
    state: Exchange | None
    told: Mapping[str, Any] | None = None
    events: tuple[str, ...] = ()
    """The officer's messages in which its words were said."""
    file: Attachment | None = None
    """What goes with it; its size is what was found when it was opened."""


class LockedTalk:
    """An exchange under its lock, within one transaction."""

    def __init__(self, connection: AsyncConnection, talk: Talk, safe: Safe) -> None:
        self._connection = connection
        self._safe = safe
        self.talk = talk

    async def first_time(self, event_id: str) -> bool:
        """Whether this event is worked off for the first time; marks it so."""
        return await _first_time(self._connection, event_id)

    async def put(
        self,
        state: Exchange | None,
        now: datetime,
        told: Mapping[str, Any] | None = None,
        effects: Sequence[NewEffect] = (),
        event_id: str | None = None,
        file: Attachment | None = None,
    ) -> None:
        """Replaces the state; None erases it for good. `event_id` is the message whose words are
        in it from now on; `file` takes the place of the one before."""
        one = self.talk
        revision = one.revision + 1
        events = (*one.events, *([event_id] if event_id is not None else []))
        sealed = None
        if state is not None:
            sealed = _close(self._safe, one.id, revision, state, told, events, file or one.file)
        query = update(exchange).where(exchange.c.id == one.id)
        await self._connection.execute(
            query.values(revision=revision, sealed=sealed, expires_at=now + KEPT_FOR)
        )
        for effect in effects:
            await write_effect(self._connection, effect)


class ExchangeStore:
    """Exchanges by their thread, and by the questions of the steward."""

    def __init__(self, engine: AsyncEngine, safe: Safe) -> None:
        self._engine = engine
        self._alone = alone(engine)
        self._safe = safe

    async def begin(
        self,
        sender: str,
        room: str,
        group: str,
        root: str,
        state: Exchange,
        told: Mapping[str, Any] | None,
        event_id: str,
        now: datetime,
        *,
        said: bool = True,
        file: Attachment | None = None,
    ) -> int | None:
        """Begins an exchange in that thread, or begins it anew; its id. None if that event did so
        before, or one is under way there. The question of the first step is written with it.
        `said`: its words are that event's."""
        async with self._engine.begin() as connection:
            await _sweep(connection, now)
            if not await _first_time(connection, event_id):
                return None
            values = {
                "sender": sender,
                "room_key": room,
                "group_key": group,
                "root": root,
                "revision": 0,
                "begun_at": now,
                "expires_at": now + KEPT_FOR,
            }
            query = insert(exchange).values(values).on_conflict_do_nothing()
            await connection.execute(query)
            row = await _row(connection, sender, root)
            if row["sealed"] is not None:
                return None
            revision = row["revision"] + 1
            events = (event_id,) if said else ()
            sealed = _close(self._safe, row["id"], revision, state, told, events, file)
            await connection.execute(
                update(exchange)
                .where(exchange.c.id == row["id"])
                .values(revision=revision, sealed=sealed, expires_at=now + KEPT_FOR)
            )
            await write_effect(connection, question_effect(row["id"], sender, revision, state.step))
        return int(row["id"])

    @asynccontextmanager
    async def locked(self, exchange_id: int, now: datetime) -> AsyncIterator[LockedTalk | None]:
        """One transaction over an exchange under its lock."""
        async with self._engine.begin() as connection:
            query = select(exchange).where(exchange.c.id == exchange_id).with_for_update()
            row = (await connection.execute(query)).mappings().one_or_none()
            talk = None if row is None else self._talk(dict(row), now)
            yield None if talk is None else LockedTalk(connection, talk, self._safe)

    async def of_id(self, exchange_id: int, now: datetime) -> Talk | None:
        """An exchange as it stands."""
        query = select(exchange).where(exchange.c.id == exchange_id)
        return await self._one(query, now)

    async def of_thread(self, sender: str, root: str, now: datetime) -> Talk | None:
        """The officer's exchange in that thread, over or not."""
        query = select(exchange).where(exchange.c.sender == sender, exchange.c.root == root)
        return await self._one(query, now)

    async def open_in(self, sender: str, room: str, now: datetime) -> Talk | None:
        """The exchange that the officer has open in a room, the latest of several."""
        query = (
            select(exchange)
            .where(
                exchange.c.sender == sender,
                exchange.c.room_key == room,
                exchange.c.sealed.is_not(None),
                exchange.c.expires_at > now,
            )
            .order_by(exchange.c.id.desc())
            .limit(1)
        )
        return await self._one(query, now)

    async def question(self, event_id: str) -> tuple[int, Step] | None:
        """The exchange and the step that a message of the steward asked about."""
        query = select(exchange_question).where(exchange_question.c.event_id == event_id)
        async with self._alone.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else (int(row.exchange), Step(row.step))

    async def asked_last(self, exchange_id: int, step: Step) -> str | None:
        """The event of the last question about that step."""
        query = (
            select(exchange_question.c.event_id)
            .where(
                exchange_question.c.exchange == exchange_id,
                exchange_question.c.step == step.value,
            )
            .order_by(exchange_question.c.id.desc())
            .limit(1)
        )
        async with self._alone.connect() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def asked(
        self, exchange_id: int, step: Step, event_id: str, effects: Sequence[NewEffect]
    ) -> None:
        """The question of that step stands under that event; `effects` put its signs on."""
        async with self._engine.begin() as connection:
            query = insert(exchange_question).values(
                event_id=event_id, exchange=exchange_id, step=step.value
            )
            await connection.execute(query.on_conflict_do_nothing())
            rootless = exchange.c.root.startswith(ROOTLESS, autoescape=True)
            # The first question of an exchange that begins no thread of an officer's is the root.
            await connection.execute(
                update(exchange).where(exchange.c.id == exchange_id, rootless).values(root=event_id)
            )
            for one in effects:
                await write_effect(connection, one)

    async def sweep(self, now: datetime) -> None:
        """Erases what is past its time. It is never used after it, swept or not."""
        async with self._engine.begin() as connection:
            await _sweep(connection, now)

    async def _one(self, query: Any, now: datetime) -> Talk | None:
        async with self._alone.connect() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else self._talk(dict(row), now)

    def _talk(self, row: Mapping[str, Any], now: datetime) -> Talk:
        state, told, events, file = _NOTHING
        if row["sealed"] is not None and row["expires_at"] > now:
            state, told, events, file = _open(self._safe, row)
        return Talk(
            int(row["id"]),
            row["sender"],
            row["room_key"],
            row["group_key"],
            row["root"],
            row["revision"],
            state,
            told,
            events,
            file,
        )


def question_effect(
    exchange_id: int, sender: str, revision: int, step: Step, *, updates: bool = False
) -> NewEffect:
    """What is to be said of that state of an exchange. `updates`: the last such question is
    brought up to date, instead of being asked again."""
    name = f"guided-{exchange_id}-{revision}"
    payload = {
        "exchange": exchange_id,
        "revision": revision,
        "step": step.value,
        "updates": updates,
        "once": name,
    }
    return NewEffect("guided", sender, payload, once=name)


async def _first_time(connection: AsyncConnection, event_id: str) -> bool:
    name = f"talked-{event_id}"
    return await write_effect(connection, NewEffect("nothing", name, {}, once=name)) is not None


async def _sweep(connection: AsyncConnection, now: datetime) -> None:
    query = update(exchange).where(exchange.c.sealed.is_not(None), exchange.c.expires_at <= now)
    await connection.execute(query.values(sealed=None))


async def _row(connection: AsyncConnection, sender: str, root: str) -> Mapping[str, Any]:
    query = (
        select(exchange)
        .where(exchange.c.sender == sender, exchange.c.root == root)
        .with_for_update()
    )
    return dict((await connection.execute(query)).mappings().one())


def _close(
    safe: Safe,
    exchange_id: int,
    revision: int,
    state: Exchange,
    told: Mapping[str, Any] | None,
    events: tuple[str, ...],
    file: Attachment | None,
) -> bytes:
    value = {
        "exchange": exchange_id,
        "revision": revision,
        "state": exchange_to_json(state),
        "told": dict(told) if told is not None else None,
        "events": list(events),
        "file": None if file is None else file_writing.to_value(file),
    }
    return safe.seal(json.dumps(value).encode())


_Opened = tuple[Exchange | None, Mapping[str, Any] | None, tuple[str, ...], Attachment | None]
_NOTHING: _Opened = (None, None, (), None)


def _open(safe: Safe, row: Mapping[str, Any]) -> _Opened:
    """INVARIANT: the sealed value names its row: one officer's bytes are never another's."""
    try:
        value = json.loads(safe.open(row["sealed"]))
        if (value["exchange"], value["revision"]) != (row["id"], row["revision"]):
            return _NOTHING
        events = tuple(str(one) for one in value.get("events", ()))
        kept = value.get("file")
        file = None if kept is None else file_writing.from_value(kept)
        return exchange_from_json(value["state"]), value["told"], events, file
    except (ValueError, KeyError, TypeError):
        return _NOTHING
