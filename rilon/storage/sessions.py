"""Who owns which inbound session: kept so that the first owner stays the owner."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rilon.application.ports import NewEffect
from rilon.storage.alone import alone
from rilon.storage.effects import write_effect
from rilon.storage.tables import inbox, megolm_session


@dataclass(frozen=True, slots=True, repr=False)
class StoredSession:
    """An inbound session and its owner. `pickle` is encrypted under the crypto store's key."""

    room_id: str
    session_id: str
    user_id: str
    curve25519: str
    ed25519: str
    pickle: str


class SessionStore:
    """Inbound sessions in PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._alone = alone(engine)

    async def find(self, room_id: str, session_id: str) -> StoredSession | None:
        """The session, or None if no Olm message has brought it yet."""
        query = select(megolm_session).where(
            megolm_session.c.room_id == room_id, megolm_session.c.session_id == session_id
        )
        async with self._alone.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _stored(row)

    async def keep(
        self,
        arrived: Sequence[StoredSession],
        batch_id: int,
        alarm: Callable[[StoredSession, StoredSession], NewEffect],
    ) -> int:
        """Keeps what arrived with a batch and marks the batch's keys as taken in, in one
        transaction. Second claims are ignored, and `alarm` (what was claimed, who owns it) is
        written in the same transaction. Returns how many there were.

        INVARIANT: a session never changes its owner or its key once it is kept.
        """
        claims = 0
        async with self._engine.begin() as connection:
            for session in arrived:
                if not await _insert(connection, session):
                    owner = await _owner(connection, session)
                    if (owner.user_id, owner.curve25519) != (session.user_id, session.curve25519):
                        claims += 1
                        await write_effect(connection, alarm(session, owner))
            await connection.execute(
                inbox.update().where(inbox.c.id == batch_id).values(keys_taken_in=True)
            )
        return claims


async def _insert(connection: AsyncConnection, session: StoredSession) -> bool:
    values = {name: getattr(session, name) for name in StoredSession.__slots__}
    query = insert(megolm_session).values(values).on_conflict_do_nothing()
    return (await connection.execute(query)).rowcount == 1


async def _owner(connection: AsyncConnection, session: StoredSession) -> StoredSession:
    query = select(megolm_session).where(
        megolm_session.c.room_id == session.room_id,
        megolm_session.c.session_id == session.session_id,
    )
    return _stored((await connection.execute(query)).one())


def _stored(row: Any) -> StoredSession:
    return StoredSession(
        row.room_id, row.session_id, row.user_id, row.curve25519, row.ed25519, row.pickle
    )
