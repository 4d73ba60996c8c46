"""What the worker does with bulletins: it asks the steward to look. It has no key."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from rilon.application.ports import NewEffect
from rilon.storage.effects import Effects


async def write_reminding(engine: AsyncEngine, now: datetime) -> int:
    """Writes the effect that looks whom to remind, once for each hour; how many are new."""
    once = f"bulletin-remind-{now.astimezone(UTC):%Y-%m-%dT%H}"
    written = await Effects(engine).write(
        [NewEffect("bulletin_remind", "bulletin reminders", {}, once=once)]
    )
    return sum(1 for one in written if one is not None)
