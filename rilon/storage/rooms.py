"""Which Matrix room is which room of the policy, and which policy is in force."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncEngine

from rilon.application.ports import NewEffect
from rilon.domain.entries import Entry
from rilon.policy.build import from_document
from rilon.policy.network import Network
from rilon.policy.on_demand import OnDemand, with_rooms
from rilon.storage.alone import alone
from rilon.storage.effects import write_effect
from rilon.storage.outboxes import OutboxValues, write_out
from rilon.storage.rooms_on_demand import stored_rooms
from rilon.storage.tables import governed_room, policy_version, room_on_demand

_ROOM_ID = select(governed_room.c.room_id).where(governed_room.c.room_key == bindparam("key"))
_NEWEST = select(
    select(func.max(policy_version.c.id)).scalar_subquery(),
    select(func.max(room_on_demand.c.generation)).scalar_subquery(),
)


class RoomStore:
    """Governed rooms by key. A room, once made, keeps its key and its id."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._alone = alone(engine)

    async def room_id(self, key: str) -> str | None:
        """The Matrix room of a key, or None if it wasn't made yet."""
        async with self._alone.connect() as connection:
            value = (await connection.execute(_ROOM_ID, {"key": key})).scalar_one_or_none()
        return None if value is None else str(value)

    async def all(self) -> dict[str, str]:
        """Every governed room: Matrix room id by key."""
        async with self._alone.connect() as connection:
            rows = (await connection.execute(select(governed_room))).all()
        return {row.room_key: row.room_id for row in rows}

    async def govern(self, key: str, room_id: str) -> None:
        """From now on this Matrix room is that room of the policy."""
        query = upsert(governed_room).values(room_key=key, room_id=room_id)
        async with self._alone.connect() as connection:
            await connection.execute(query.on_conflict_do_nothing())


class PolicyStore:
    """Policies in PostgreSQL. The newest is in force; versions never change.

    INVARIANT: here, and nowhere else, the rooms on demand come into the network. A network is
    kept in memory by the policy's version and the rooms' generation, which the verdict reads in
    its own transaction: what was retired is never taken for a governed room again.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._alone = alone(engine)
        self._policy: tuple[int, Network] | None = None
        self._known: dict[tuple[int, int], Network] = {}
        self._last: tuple[Network, frozenset[OnDemand], Network] | None = None
        """A policy, rooms on demand, and the network of both: rooms are mostly added."""
        self._reading = asyncio.Lock()

    async def version(self, policy_id: int, generation: int) -> Network:
        """The network of that version with the rooms on demand of that generation, or newer."""
        wanted = (policy_id, generation)
        if (known := self._known.get(wanted)) is not None:
            return known
        async with self._reading:
            if (known := self._known.get(wanted)) is None:
                stored = await stored_rooms(self._engine)
                known = self._with(await self._read(policy_id), stored.rooms)
                self._known = {wanted: known, (policy_id, stored.generation): known}
        return known

    def _with(self, policy: Network, rooms: Sequence[OnDemand]) -> Network:
        """Building every room anew takes a tenth of a second for hundreds, in the gate's way."""
        before = self._last
        if before is not None and before[0] is policy and before[1] <= set(rooms):
            network = with_rooms(before[2], [one for one in rooms if one not in before[1]])
        else:
            network = with_rooms(policy, rooms)
        self._last = (policy, frozenset(rooms), network)
        return network

    async def in_force(self) -> Network | None:
        """The network in force, rooms on demand included, or None before the first policy."""
        async with self._alone.connect() as connection:
            row = (await connection.execute(_NEWEST)).one()
        return None if row[0] is None else await self.version(row[0], row[1] or 0)

    async def joined(self, network: Network) -> Network:
        """A network that isn't in force yet, with the rooms on demand that stand now."""
        return with_rooms(network, (await stored_rooms(self._engine)).rooms)

    async def past(self, policy_id: int) -> Network:
        """The network of that version with every room on demand that there ever was."""
        return await self.with_all_rooms(await self._read(policy_id))

    async def with_all_rooms(self, network: Network) -> Network:
        """A network with every room on demand that there ever was, for past decisions."""
        return with_rooms(network, (await stored_rooms(self._engine)).ever)

    async def _read(self, policy_id: int) -> Network:
        if self._policy is not None and self._policy[0] == policy_id:
            return self._policy[1]
        query = select(policy_version.c.document).where(policy_version.c.id == policy_id)
        async with self._alone.connect() as connection:
            document = (await connection.execute(query)).scalar_one()
        self._policy = (policy_id, from_document(document))
        return self._policy[1]

    async def put_in_force(
        self,
        network: Network,
        entry: Entry,
        effects: Sequence[NewEffect],
        outbox: OutboxValues,
    ) -> list[int]:
        """A policy takes effect, with its entry and what it leads to, in one transaction."""
        async with self._engine.begin() as connection:
            newest = (
                await connection.execute(
                    select(policy_version.c.digest).order_by(policy_version.c.id.desc()).limit(1)
                )
            ).scalar_one_or_none()
            if newest != network.digest:
                await connection.execute(
                    insert(policy_version).values(
                        version=str(network.version),
                        digest=network.digest,
                        document=network.to_document(),
                    )
                )
                await write_out(connection, outbox, [entry])
            written = [await write_effect(connection, new) for new in effects]
        return [number for number in written if number is not None]
