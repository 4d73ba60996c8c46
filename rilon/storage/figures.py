"""Counts of a month, as the database has them. It reads no sealed column, and no message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import product
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from rilon.application.figures import Figures
from rilon.domain.request_course import State, Usefulness

_REQUESTS = text(
    """
    SELECT CASE WHEN a.outcome IS NOT NULL THEN a.outcome ELSE a.state END AS status,
           CASE WHEN r.urgent THEN 'urgent' ELSE 'routine' END AS priority,
           CASE WHEN a.in_time THEN 'in time' WHEN NOT a.in_time THEN 'late' ELSE 'open' END
             AS timeliness, count(*) AS n
      FROM request_addressee a JOIN request r ON r.id = a.request
     WHERE r.group_key = :group AND r.created_at >= :begins AND r.created_at < :ends
     GROUP BY 1, 2, 3
    """
)
_ANSWERS = text(
    """
    SELECT a.party, count(*) AS n
      FROM request_addressee a JOIN request r ON r.id = a.request
     WHERE r.group_key = :group AND a.outcome = 'answered'
       AND a.ended_at >= :begins AND a.ended_at < :ends
     GROUP BY 1
    """
)
_USEFUL = text(
    """
    SELECT a.usefulness, count(*) AS n
      FROM request_addressee a JOIN request r ON r.id = a.request
     WHERE r.group_key = :group AND a.usefulness IS NOT NULL
       AND a.ended_at >= :begins AND a.ended_at < :ends
     GROUP BY 1
    """
)
_MESSAGES = text(
    """
    SELECT CASE WHEN v.accepted THEN 'delivered' ELSE 'refused' END AS verdict, count(*) AS n
      FROM verdict v JOIN governed_room g ON g.room_id = v.room_id
     WHERE v.kind IN ('content', 'undecodable') AND g.room_key = ANY(:rooms)
       AND v.decided_at >= :begins AND v.decided_at < :ends
       AND (v.delivered_at IS NOT NULL OR NOT v.accepted)
     GROUP BY 1
    """
)
_OPEN = (
    State.SENT,
    State.ACKNOWLEDGED,
    State.ASSIGNED,
    State.CLARIFICATION,
    State.DELAYED,
    State.PARTIAL,
)


async def figures_of(
    engine: AsyncEngine,
    group: str,
    parties: Sequence[str],
    rooms: Sequence[str],
    begins: datetime,
    ends: datetime,
) -> tuple[Figures, ...]:
    """The tables of that time (from the first moment up to the second) for a group."""
    asked: dict[str, Any] = {"group": group, "begins": begins, "ends": ends}

    async with engine.connect() as connection:

        async def counted(statement: Any, **more: Any) -> dict[tuple[str, ...], int]:
            rows = await connection.execute(statement, asked | more)
            return {tuple(row[:-1]): int(row.n) for row in rows}

        requests = await counted(_REQUESTS)
        answers = await counted(_ANSWERS)
        useful = await counted(_USEFUL)
        messages = await counted(_MESSAGES, rooms=list(rooms))
    ended = product(
        (State.ANSWERED.value, State.REFUSED.value), ("urgent", "routine"), ("in time", "late")
    )
    others = product(
        (State.WITHDRAWN.value, State.NOT_DELIVERED.value, *(one.value for one in _OPEN)),
        ("urgent", "routine"),
        ("open",),
    )
    return (
        _table("Requests", ("status", "priority", "timeliness"), [*ended, *others], requests),
        _table("Answers", ("party",), [(one,) for one in parties], answers),
        _table("Usefulness", ("rated",), [(one.value,) for one in Usefulness], useful),
        _table("Messages", ("verdict",), [("delivered",), ("refused",)], messages),
    )


def _table(
    title: str,
    columns: tuple[str, ...],
    cells: Sequence[tuple[str, ...]],
    counts: dict[tuple[str, ...], int],
) -> Figures:
    """Every cell there could be, then what is there besides."""
    every = dict.fromkeys([*cells, *sorted(counts.keys() - set(cells))], 0)
    return Figures(title, columns, every | counts)
