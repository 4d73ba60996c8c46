"""Threads in which bulletins are written: what was typed, its pictures, and what can be tapped.

It decides nothing. A sealed value names its row; what nobody has touched for a month is erased.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rilon.application.bulletin_values import Picture, Pictures
from rilon.application.ports import Safe
from rilon.domain.files import FileType
from rilon.storage.alone import alone
from rilon.storage.bulletin_tables import bulletin_said, bulletin_thread, bulletin_thread_picture

KEPT = timedelta(days=30)
MOST_PICTURES = 20

_OF_EVENT = text("SELECT root FROM bulletin_thread WHERE :event = ANY(events) LIMIT 1")


@dataclass(frozen=True, slots=True)
class Message:
    """One message of what was typed: its event, its text with the marking, and the day of it."""

    event_id: str
    body: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class Typing:
    """What was typed in a thread. `by` is the officer's name; the first message has the head."""

    root: str
    room: str
    number: str | None = None
    by: str | None = None
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class SaidOf:
    """What the steward said of a bulletin. `by` is who was asked, if anybody was, and `why` the
    reason of a withdrawal."""

    root: str
    what: str
    number: str | None = None
    revision: int | None = None
    by: str | None = None
    why: str = field(default="", repr=False)


class BulletinThreads:
    """The threads."""

    def __init__(self, engine: AsyncEngine, safe: Safe) -> None:
        self._engine = engine
        self._alone = alone(engine)
        self._safe = safe

    # --- what is typed -------------------------------------------------------------------------

    async def of(self, root: str) -> Typing | None:
        """What was typed in a thread; None where no bulletin is written."""
        async with self._alone.connect() as connection:
            return await self._of(connection, root)

    async def with_message(self, event_id: str) -> str | None:
        """The thread of which that message is a part."""
        async with self._alone.connect() as connection:
            value = (await connection.execute(_OF_EVENT, {"event": event_id})).scalar_one_or_none()
        return None if value is None else str(value)

    async def open(self, root: str, room: str, number: str | None, now: datetime) -> None:
        """A bulletin is written there from now on: that one, or a new one."""
        values = {"root": root, "room_key": room, "number": number, "at": now}
        async with self._engine.begin() as connection:
            await _sweep(connection, now)
            new = insert(bulletin_thread).values(values)
            await connection.execute(new.on_conflict_do_nothing())

    async def put(self, root: str, by: str, message: Message, now: datetime) -> None:
        """A message with a head takes the place of what was typed before."""
        async with self._engine.begin() as connection:
            if await self._of(connection, root, lock=True) is not None:
                await self._keep(connection, root, by, (message,), now)

    async def add(self, root: str, message: Message, now: datetime) -> Typing | None:
        """More of it, behind the rest; a message that is there already is replaced."""
        async with self._engine.begin() as connection:
            found = await self._of(connection, root, lock=True)
            if found is None or found.by is None:
                return None
            kept = list(found.messages)
            at = next((n for n, one in enumerate(kept) if one.event_id == message.event_id), None)
            if at is None:
                kept.append(message)
            else:
                kept[at] = message
            await self._keep(connection, root, found.by, tuple(kept), now)
            return await self._of(connection, root)

    async def forget(self, root: str) -> None:
        """What was typed is erased, with its pictures."""
        async with self._engine.begin() as connection:
            change = update(bulletin_thread).where(bulletin_thread.c.root == root)
            await connection.execute(change.values(sealed=None))
            mine = bulletin_thread_picture.c.root == root
            await connection.execute(delete(bulletin_thread_picture).where(mine))

    async def _of(
        self, connection: AsyncConnection, root: str, *, lock: bool = False
    ) -> Typing | None:
        query = select(bulletin_thread).where(bulletin_thread.c.root == root)
        query = query.with_for_update() if lock else query
        row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        if row.sealed is None:
            return Typing(root, row.room_key, row.number)
        value = self._open(row.sealed, ["thread", root])
        messages = tuple(
            Message(one["event"], one["body"], datetime.fromisoformat(one["at"]))
            for one in value["messages"]
        )
        return Typing(root, row.room_key, row.number, value["by"], messages)

    async def _keep(
        self,
        connection: AsyncConnection,
        root: str,
        by: str,
        messages: tuple[Message, ...],
        now: datetime,
    ) -> None:
        kept = [
            {"event": one.event_id, "body": one.body, "at": one.at.isoformat()} for one in messages
        ]
        value = {"of": ["thread", root], "by": by, "messages": kept}
        change = update(bulletin_thread).where(bulletin_thread.c.root == root)
        events = [one.event_id for one in messages]
        await connection.execute(change.values(sealed=self._close(value), events=events, at=now))

    # --- pictures ------------------------------------------------------------------------------

    async def keep_picture(self, root: str, name: str, picture: Picture) -> bool:
        """Keeps a picture under its name, over one of the same; False if there are too many."""
        data = base64.b64encode(picture.data).decode()
        values = {"type": picture.type.value}
        sealed = self._close({"of": ["picture", root, name], "data": data})
        async with self._engine.begin() as connection:
            if await self._of(connection, root, lock=True) is None:
                return False
            query = select(bulletin_thread_picture.c.name)
            query = query.where(bulletin_thread_picture.c.root == root)
            names = set((await connection.execute(query)).scalars()) | {name}
            if len(names) > MOST_PICTURES:
                return False
            new = insert(bulletin_thread_picture).values(
                root=root, name=name, sealed=sealed, **values
            )
            await connection.execute(
                new.on_conflict_do_update(
                    index_elements=["root", "name"], set_={**values, "sealed": sealed}
                )
            )
        return True

    async def pictures(self, root: str) -> Pictures:
        """Those of a thread, by name."""
        query = select(bulletin_thread_picture).where(bulletin_thread_picture.c.root == root)
        async with self._alone.connect() as connection:
            rows = (await connection.execute(query)).all()
        return {
            row.name: Picture(
                FileType(row.type),
                base64.b64decode(self._open(row.sealed, ["picture", root, row.name])["data"]),
            )
            for row in rows
        }

    # --- what can be tapped --------------------------------------------------------------------

    async def note(self, event_id: str, said: SaidOf, now: datetime) -> None:
        """The steward said that, as this event."""
        value = {"of": ["said", event_id], "by": said.by, "why": said.why}
        new = insert(bulletin_said).values(
            event_id=event_id,
            root=said.root,
            what=said.what,
            number=said.number,
            revision=said.revision,
            sealed=self._close(value) if said.by else None,
            at=now,
        )
        async with self._engine.begin() as connection:
            await connection.execute(new.on_conflict_do_nothing())

    async def said(self, event_id: str) -> SaidOf | None:
        """What the steward said as this event."""
        query = select(bulletin_said).where(bulletin_said.c.event_id == event_id)
        async with self._alone.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        kept = {} if row.sealed is None else self._open(row.sealed, ["said", event_id])
        return SaidOf(
            row.root, row.what, row.number, row.revision, kept.get("by"), kept.get("why", "")
        )

    # --- sealing -------------------------------------------------------------------------------

    def _close(self, value: Mapping[str, Any]) -> bytes:
        return self._safe.seal(json.dumps(value).encode())

    def _open(self, sealed: bytes, of: list[str]) -> Mapping[str, Any]:
        """ATTACK: who can write to the database puts one thread's text under another's name."""
        value: dict[str, Any] = json.loads(self._safe.open(sealed))
        if value["of"] != of:
            raise ValueError("sealed for something else")
        return value


async def _sweep(connection: AsyncConnection, now: datetime) -> None:
    """What was typed goes; which number a thread is about stays."""
    old = bulletin_thread.c.at < now - KEPT
    roots = select(bulletin_thread.c.root).where(old)
    mine = bulletin_thread_picture.c.root.in_(roots)
    await connection.execute(delete(bulletin_thread_picture).where(mine))
    change = update(bulletin_thread).where(old, bulletin_thread.c.sealed.is_not(None))
    await connection.execute(change.values(sealed=None))
    done = update(bulletin_said).where(bulletin_said.c.at < now - KEPT)
    await connection.execute(done.values(sealed=None))
