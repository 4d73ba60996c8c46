"""Officers' states, their pinned identities and their devices, as the steward last saw them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rilon.application.ports import NewEffect
from rilon.domain.entries import Entry
from rilon.storage.alone import alone
from rilon.storage.effects import write_effect
from rilon.storage.ledger import ledger_outbox
from rilon.storage.tables import device, officer_state

ADDED, ADMITTED, STOPPED, REMOVED = "added", "admitted", "stopped", "removed"


@dataclass(frozen=True, slots=True)
class OfficerRow:
    """Where an officer stands. `master_key` is the identity pinned at the first admission."""

    user_id: str
    name: str
    state: str
    master_key: str | None


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

    def __init__(self, engine: AsyncEngine, outbox: Callable[[Entry], Mapping[str, Any]]) -> None:
        self._engine = engine
        self._alone = alone(engine)
        self._outbox = outbox

    async def all(self) -> list[OfficerRow]:
        """Every officer who was ever added."""
        async with self._alone.connect() as connection:
            rows = (await connection.execute(select(officer_state))).all()
        return [OfficerRow(row.user_id, row.name, row.state, row.master_key) for row in rows]

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
                await self._write(connection, [entry], [])

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
            await self._write(connection, entries, effects)
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

    async def _write(
        self,
        connection: AsyncConnection,
        entries: Sequence[Entry],
        effects: Sequence[NewEffect],
    ) -> None:
        for entry in entries:
            await connection.execute(insert(ledger_outbox).values(**self._outbox(entry)))
        for new in effects:
            await write_effect(connection, new)
