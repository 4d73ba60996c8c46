"""Recorded decisions read back, for trying a policy against them. Reads alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from rilon.policy.replay import Recorded
from rilon.storage.marking_json import from_json
from rilon.storage.tables import governed_room, verdict

AT_ONCE = 500


class History:
    """The verdict table, oldest first."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def since(self, moment: datetime) -> AsyncIterator[tuple[int, Recorded]]:
        """The decisions from that moment on, each with the id of the policy it was made under.

        One snapshot; a few at a time in memory, however many there are.
        """
        table = verdict.c
        query = (
            select(
                table.policy_id, table.kind, table.sender, governed_room.c.room_key,
                table.accepted, table.code, table.rule, table.marking, table.decided_at,
            )
            .outerjoin(governed_room, governed_room.c.room_id == table.room_id)
            .where(table.decided_at >= moment)
            .order_by(table.decided_at, table.identity)
        )  # fmt: skip
        async with (
            self._engine.connect() as connection,
            connection.stream(query, execution_options={"yield_per": AT_ONCE}) as rows,
        ):
            async for row in rows:
                yield (
                    row.policy_id,
                    Recorded(
                        kind=row.kind,
                        sender=row.sender,
                        room=row.room_key,
                        accepted=row.accepted,
                        code=row.code,
                        rule=row.rule,
                        marking=None if row.marking is None else from_json(row.marking),
                        decided_at=row.decided_at,
                    ),
                )
