"""Bulletins in PostgreSQL: sealed versions, changed under the bulletin's lock, with their entries.

It decides nothing. A sealed value names its row.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_new
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rilon.application.bulletin_values import (
    Picture,
    Pictures,
    Posting,
    State,
    Thread,
    Version,
)
from rilon.application.ports import NewEffect, Safe
from rilon.application.publishing import Standing
from rilon.domain.entries import Entry
from rilon.domain.files import FileType
from rilon.storage import postings
from rilon.storage.alone import alone
from rilon.storage.bulletin_tables import (
    bulletin,
    bulletin_picture,
    bulletin_thread,
    bulletin_version,
)
from rilon.storage.outboxes import OutboxValues, write_out

_LATEST = text(
    """
    SELECT v.*, b.published, b.withdrawn_at, b.thread_room, b.thread_root
      FROM bulletin b JOIN bulletin_version v ON v.number = b.number
     WHERE b.number = :number ORDER BY v.revision DESC LIMIT 1
    """
)
_PUBLISHED = text(
    """
    SELECT v.*, b.published, b.withdrawn_at, b.thread_room, b.thread_root
      FROM bulletin b JOIN bulletin_version v ON v.number = b.number AND v.revision = b.published
     WHERE b.number = :number
    """
)
_LOCK = select(bulletin.c.number).where(bulletin.c.number == bindparam("of")).with_for_update()


class BulletinSeal:
    """Turns files into sealed bytes and back."""

    def __init__(self, safe: Safe) -> None:
        self._safe = safe

    def close(self, number: str, revision: int, name: str, data: bytes, **more: Any) -> bytes:
        """The bytes, for that version and that name alone."""
        kept = base64.b64encode(data).decode()
        value = {"of": [number, revision, name], "data": kept, **more}
        return self._safe.seal(json.dumps(value).encode())

    def open(self, number: str, revision: int, name: str, sealed: bytes) -> Mapping[str, Any]:
        """What was closed. Raises ValueError if it was altered, or belongs to another version.

        ATTACK: who can write to the database puts another text under an approval.
        """
        value: dict[str, Any] = json.loads(self._safe.open(sealed))
        if value["of"] != [number, revision, name]:
            raise ValueError("sealed for another bulletin")
        return value


def _data(value: Mapping[str, Any]) -> bytes:
    return base64.b64decode(value["data"])


class LockedBulletin:
    """A bulletin under its lock, in one transaction."""

    def __init__(
        self,
        connection: AsyncConnection,
        number: str,
        outbox: OutboxValues,
        safe: Safe,
        version: Version | None = None,
    ) -> None:
        self._connection = connection
        self._number = number
        self._outbox = outbox
        self._seal = BulletinSeal(safe)
        self._postings = postings.PostingSeal(safe)
        self._version = version

    @property
    def version(self) -> Version:
        """Its latest version."""
        if self._version is None:
            raise ValueError("a bulletin without a version")
        return self._version

    async def add(
        self,
        content: bytes,
        pictures: Pictures,
        digest: bytes,
        groups: Sequence[str],
        author: str | None,
        now: datetime,
        *,
        leave_out: bool,
    ) -> Version:
        """A new version, a draft; an earlier one that waits is over."""
        revision = 1
        if self._version is not None:
            revision = self._version.revision + 1
            if self._version.state.waits:
                await self._set(self._version.revision, {"state": State.OVER.value})
        sealed = self._seal.close(self._number, revision, "", content, leave_out=leave_out)
        await self._connection.execute(
            insert(bulletin_version).values(
                number=self._number,
                revision=revision,
                state=State.DRAFT.value,
                sealed=sealed,
                digest=digest,
                groups=list(groups),
                author=author,
                drafted_at=now,
            )
        )
        for name in sorted(pictures):
            one = pictures[name]
            await self._connection.execute(
                insert(bulletin_picture).values(
                    number=self._number,
                    revision=revision,
                    name=name,
                    type=one.type.value,
                    sealed=self._seal.close(self._number, revision, name, one.data),
                )
            )
        return await self._again()

    async def change(
        self,
        state: State,
        now: datetime,
        *,
        author: str | None = None,
        approved_by: str | None = None,
    ) -> Version:
        """The latest version's state from now on, and who brought it there."""
        values: dict[str, Any] = {"state": state.value}
        moment = {
            State.SUBMITTED: "submitted_at",
            State.APPROVED: "approved_at",
            State.PUBLISHED: "published_at",
        }.get(state)
        if moment is not None:
            values[moment] = now
        if author is not None:
            values["author"] = author
        if approved_by is not None:
            values["approved_by"] = approved_by
        await self._set(self.version.revision, values)
        return await self._again()

    async def speak_in(self, thread: Thread) -> None:
        """It is spoken of in that thread from now on."""
        change = update(bulletin).where(bulletin.c.number == self._number)
        values = {"thread_room": thread.room, "thread_root": thread.root}
        await self._connection.execute(change.values(values))
        known = update(bulletin_thread).where(bulletin_thread.c.root == thread.root)
        await self._connection.execute(known.values(number=self._number))

    async def pictures(self) -> Pictures:
        """Those of the latest version."""
        number, revision = self._number, self.version.revision
        query = select(bulletin_picture).where(
            bulletin_picture.c.number == number, bulletin_picture.c.revision == revision
        )
        rows = (await self._connection.execute(query)).all()
        return {
            row.name: Picture(
                FileType(row.type), _data(self._seal.open(number, revision, row.name, row.sealed))
            )
            for row in rows
        }

    async def standing(self) -> tuple[Standing, ...]:
        """What stands of it in its rooms."""
        return await postings.standing_of(self._connection, self._number)

    async def post(self, every: Sequence[Posting]) -> None:
        """Stores what is to be posted."""
        await postings.store(self._connection, self._postings, every)

    async def withdraw(self, now: datetime) -> None:
        """It is withdrawn from now on, and what waits of it is over."""
        change = update(bulletin).where(bulletin.c.number == self._number)
        await self._connection.execute(change.values(withdrawn_at=now))
        if self.version.state.waits:
            await self._set(self.version.revision, {"state": State.OVER.value})

    async def enter(self, entry: Entry) -> None:
        """Writes a ledger entry."""
        await write_out(self._connection, self._outbox, [entry])

    async def write(self, effects: Sequence[NewEffect]) -> None:
        """Writes effects."""
        await write_out(self._connection, self._outbox, (), effects)

    async def _set(self, revision: int, values: Mapping[str, Any]) -> None:
        change = update(bulletin_version).where(
            bulletin_version.c.number == self._number, bulletin_version.c.revision == revision
        )
        await self._connection.execute(change.values(dict(values)))

    async def _again(self) -> Version:
        found = await latest(self._connection, self._seal, self._number)
        if found is None:
            raise ValueError("a bulletin without a version")
        self._version = found
        return found


async def latest(
    connection: AsyncConnection, seal: BulletinSeal | None, number: str
) -> Version | None:
    """The latest version of a bulletin; without a seal, without what it says."""
    return _version((await connection.execute(_LATEST, {"number": number})).one_or_none(), seal)


def _version(row: Any, seal: BulletinSeal | None) -> Version | None:
    if row is None:
        return None
    kept = seal.open(row.number, row.revision, "", row.sealed) if seal else {}
    return Version(
        number=row.number,
        revision=row.revision,
        state=State(row.state),
        content=_data(kept) if kept else b"",
        digest=bytes(row.digest),
        author=row.author,
        approved_by=row.approved_by,
        thread=None if row.thread_room is None else Thread(row.thread_room, row.thread_root),
        groups=tuple(row.groups),
        published=row.published,
        withdrawn=row.withdrawn_at is not None,
        leave_out=bool(kept.get("leave_out")),
    )


class BulletinStore:
    """Bulletins as they are stored."""

    def __init__(self, engine: AsyncEngine, outbox: Callable[[Entry], Any], safe: Safe) -> None:
        self._engine = engine
        self._alone = alone(engine)
        self._outbox = outbox
        self._safe = safe

    @asynccontextmanager
    async def begun(
        self, number: str, thread: Thread | None, period: str | None, now: datetime
    ) -> AsyncIterator[LockedBulletin | None]:
        """A new bulletin under its lock; None if that number, thread or period is taken."""
        values = {
            "number": number,
            "thread_room": thread.room if thread else None,
            "thread_root": thread.root if thread else None,
            "period": period,
            "created_at": now,
        }
        new = insert_new(bulletin).values(values).on_conflict_do_nothing()
        async with self._engine.begin() as connection:
            made = (await connection.execute(new.returning(bulletin.c.number))).one_or_none()
            if made is None:
                yield None
            else:
                yield LockedBulletin(connection, number, self._outbox, self._safe)

    @asynccontextmanager
    async def locked(self, number: str) -> AsyncIterator[LockedBulletin | None]:
        """A bulletin that has a version, under its lock."""
        async with self._engine.begin() as connection:
            found = (await connection.execute(_LOCK, {"of": number})).one_or_none()
            version = None
            if found is not None:
                version = await latest(connection, BulletinSeal(self._safe), number)
            if version is None:
                yield None
            else:
                yield LockedBulletin(connection, number, self._outbox, self._safe, version)

    async def in_thread(self, root: str) -> str | None:
        """The number of the bulletin that is spoken of in that thread."""
        query = select(bulletin.c.number).where(bulletin.c.thread_root == root)
        async with self._alone.connect() as connection:
            value = (await connection.execute(query)).scalar_one_or_none()
        return None if value is None else str(value)

    async def latest(self, number: str) -> Version | None:
        """The latest version of a bulletin."""
        async with self._alone.connect() as connection:
            return await latest(connection, BulletinSeal(self._safe), number)

    async def published(self, number: str) -> Version | None:
        """The version that stands in the rooms."""
        async with self._alone.connect() as connection:
            row = (await connection.execute(_PUBLISHED, {"number": number})).one_or_none()
        return _version(row, BulletinSeal(self._safe))

    async def head(self, number: str) -> Version | None:
        """The same without what it says."""
        async with self._alone.connect() as connection:
            return await latest(connection, None, number)

    async def pictures(self, number: str, revision: int) -> Pictures:
        """All pictures of a version."""
        query = select(bulletin_picture.c.name).where(
            bulletin_picture.c.number == number, bulletin_picture.c.revision == revision
        )
        async with self._alone.connect() as connection:
            names = list((await connection.execute(query)).scalars())
        found = {name: await self.picture(number, revision, name) for name in names}
        return {name: one for name, one in found.items() if one is not None}

    async def picture(self, number: str, revision: int, name: str) -> Picture | None:
        """A picture of a version."""
        query = select(bulletin_picture).where(
            bulletin_picture.c.number == number,
            bulletin_picture.c.revision == revision,
            bulletin_picture.c.name == name,
        )
        async with self._alone.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        sealed = BulletinSeal(self._safe).open(number, revision, name, row.sealed)
        return Picture(FileType(row.type), _data(sealed))
