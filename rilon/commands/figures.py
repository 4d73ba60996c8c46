"""`rilon figures`: counts of a month, for the officer who follows how requests are answered."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path

from rilon.application.figures import Figures, as_csv, as_table
from rilon.bootstrap.operations import CantOperate
from rilon.bootstrap.parts import engine
from rilon.domain.parties import in_order
from rilon.embedded.layout import Layout
from rilon.embedded.provision import settings_of
from rilon.storage.figures import figures_of
from rilon.storage.rooms import PolicyStore


def figures(state: Path, month: str | None, group: str | None, csv: bool) -> int:
    """Prints the figures of a month (`2026-11`; without one, of this). Counts under 3 aren't
    shown."""
    begins, ends = month_of(month, datetime.now(UTC).date())
    tables = asyncio.run(_read(Layout.at(state), group, begins, ends))
    if csv:
        print(as_csv(tables), end="")
        return 0
    print(f"{begins:%B %Y}\n")
    print(as_table(tables))
    return 0


def month_of(written: str | None, today: date) -> tuple[datetime, datetime]:
    """The first moment of that month and of the next, UTC."""
    if written is None:
        first = today.replace(day=1)
    else:
        try:
            first = date.fromisoformat(f"{written}-01")
        except ValueError:
            raise CantOperate(f"{written!r} is no month: write one such as 2026-11") from None
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return _midnight(first), _midnight(following)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


async def _read(
    layout: Layout, group: str | None, begins: datetime, ends: datetime
) -> tuple[Figures, ...]:
    database = engine(settings_of(layout).database, 1)
    try:
        network = await PolicyStore(database).in_force()
        if network is None:
            raise CantOperate("no policy is in force yet: rilon apply")
        chosen = group or min(network.groups, default="")
        if chosen not in network.groups:
            raise CantOperate(f"there is no group {chosen!r}: {', '.join(sorted(network.groups))}")
        parties = in_order(network.groups[chosen].parties)
        rooms = sorted(key for key, room in network.rooms.items() if room.group == chosen)
        return await figures_of(database, chosen, parties, rooms, begins, ends)
    finally:
        await database.dispose()
