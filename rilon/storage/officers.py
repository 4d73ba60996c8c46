"""Officers' states, their pinned identities and their devices, as the steward last saw them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Update, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from rilon.application.ports import NewEffect
from rilon.domain.entries import Entry
from rilon.storage.alone import alone
from rilon.storage.outboxes import OutboxValues, write_out
from rilon.storage.tables import device, officer_state

_ALL = select(officer_state)
ADDED, ADMITTED, STOPPED, REMOVED = "added", "admitted", "stopped", "removed"


@dataclass(frozen=True, slots=True)
class OfficerRow:
    """Where an officer stands. `master_key` is the identity pinned at the first admission.

    While they are stopped, `shown_key` is the identity that was last seen in its place, and
    `alarm` names the effect that told of it.
    """

    user_id: str
    name: str
    state: str
    master_key: str | None
    shown_key: str | None = None
    alarm: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A device; `signed` means by the pinned identity of its owner."""

    user_id: str
    device_id: str
    curve25519: str
    ed25519: str
    signed: bool


async def admitted_officers(engine: AsyncEngine) -> dict[str, str]:
    """The user ids of admitted officers, by name."""
    query = select(officer_state.c.name, officer_state.c.user_id).where(
        officer_state.c.state == ADMITTED
    )
    async with alone(engine).connect() as connection:
        return {row.name: row.user_id for row in (await connection.execute(query)).all()}


class OfficerStore:
    """Officers and devices in PostgreSQL. Every change brings its entry and its effects."""

    def __init__(self, engine: AsyncEngine, outbox: OutboxValues) -> None:
        self._engine = engine
        self._alone = alone(engine)
        self._outbox = outbox

    async def all(self) -> list[OfficerRow]:
        """Every officer who was ever added."""
        async with self._alone.connect() as connection:
            rows = (await connection.execute(_ALL)).all()
        return [
            OfficerRow(row.user_id, row.name, row.state, row.master_key, row.shown_key, row.alarm)
            for row in rows
        ]

    async def admitted(self) -> set[str]:
        """The user ids of admitted officers."""
        query = select(officer_state.c.user_id).where(officer_state.c.state == ADMITTED)
        async with self._alone.connect() as connection:
            return set((await connection.execute(query)).scalars())

    async def add(self, user_id: str, name: str, entry: Entry) -> None:
        """An officer is added (again): they wait for a signed device. The pin is forgotten
        only by `forget_identity`."""
        query = insert(officer_state).values(user_id=user_id, name=name, state=ADDED)
        query = query.on_conflict_do_update(
            index_elements=[officer_state.c.user_id],
            set_={"state": ADDED, "changed_at": func.now()},
            where=officer_state.c.state == REMOVED,
        )
        async with self._engine.begin() as connection:
            if (await connection.execute(query)).rowcount:
                await write_out(connection, self._outbox, [entry])

    async def change(
        self,
        user_id: str,
        before: Sequence[str],
        after: str,
        entries: Sequence[Entry],
        effects: Sequence[NewEffect] = (),
        master_key: str | None = None,
        forget_identity: bool = False,
    ) -> bool:
        """Moves an officer from one of the states before to another; False if they were in
        none of them (somebody else was faster)."""
        values: dict[str, Any] = {"state": after, "changed_at": func.now()}
        if after != STOPPED or forget_identity:
            values |= {"shown_key": None, "alarm": None}
        if forget_identity or master_key is not None:
            values["master_key"] = master_key
        query = (
            update(officer_state)
            .where(officer_state.c.user_id == user_id, officer_state.c.state.in_(before))
            .values(values)
        )
        async with self._engine.begin() as connection:
            if not (await connection.execute(query)).rowcount:
                return False
            if forget_identity:
                await connection.execute(delete(device).where(device.c.user_id == user_id))
            await write_out(connection, self._outbox, entries, effects)
        return True

    async def stop(
        self,
        row: OfficerRow,
        shown_key: str | None,
        alarm: str,
        entries: Sequence[Entry],
        effects: Sequence[NewEffect],
    ) -> bool:
        """Stops an officer who shows another identity, or tells of yet another one; False if the
        officer isn't any more as in the row."""
        query = (
            update(officer_state)
            .where(
                officer_state.c.user_id == row.user_id,
                officer_state.c.state == row.state,
                officer_state.c.master_key.is_not_distinct_from(row.master_key),
                officer_state.c.alarm.is_not_distinct_from(row.alarm),
            )
            .values(state=STOPPED, changed_at=func.now(), shown_key=shown_key, alarm=alarm)
        )
        return await self._changed(query, entries, effects)

    async def confirm(
        self,
        user_id: str,
        shown_key: str,
        alarm: str,
        entries: Sequence[Entry],
        effects: Sequence[NewEffect],
    ) -> bool:
        """Pins the identity of that alarm and admits the officer; False if another was seen
        since, or somebody was faster."""
        query = (
            update(officer_state)
            .where(
                officer_state.c.user_id == user_id,
                officer_state.c.state == STOPPED,
                officer_state.c.shown_key == shown_key,
                officer_state.c.alarm == alarm,
            )
            .values(
                state=ADMITTED,
                changed_at=func.now(),
                master_key=shown_key,
                shown_key=None,
                alarm=None,
            )
        )
        return await self._changed(query, entries, effects)

    async def _changed(
        self, query: Update, entries: Sequence[Entry], effects: Sequence[NewEffect]
    ) -> bool:
        async with self._engine.begin() as connection:
            if not (await connection.execute(query)).rowcount:
                return False
            await write_out(connection, self._outbox, entries, effects)
        return True

    async def devices(self, user_id: str) -> list[DeviceRow]:
        """An officer's devices."""
        query = select(device).where(device.c.user_id == user_id).order_by(device.c.device_id)
        async with self._alone.connect() as connection:
            rows = (await connection.execute(query)).all()
        return [DeviceRow(*row) for row in rows]

    async def replace_devices(self, user_id: str, devices: Sequence[DeviceRow]) -> None:
        """What was seen of an officer's devices replaces what was known."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(device).where(device.c.user_id == user_id))
            if devices:
                await connection.execute(
                    insert(device),
                    [{name: getattr(one, name) for name in DeviceRow.__slots__} for one in devices],
                )
