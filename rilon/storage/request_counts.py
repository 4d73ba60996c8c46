"""Counts of the requests of a group, for digests. It reads no sealed column, and names no party."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from rilon.digests.request_counts import RequestCounts
from rilon.domain.request_course import ENDS, State
from rilon.storage.request_tables import request, request_addressee

_ENDED = ENDS | {State.CLOSED}


async def request_counts(
    engine: AsyncEngine, group: str, begins: datetime, ends: datetime
) -> RequestCounts:
    """What was asked from the first moment up to the second, with what became of it since."""
    answered = request_addressee.c.outcome == State.ANSWERED
    refused = request_addressee.c.outcome == State.REFUSED
    still = and_(
        request_addressee.c.outcome.is_(None),
        request_addressee.c.state.not_in([state.value for state in _ENDED]),
    )
    counted = (
        select(
            func.count(),
            func.count().filter(request.c.urgent),
            func.count().filter(answered),
            func.count().filter(and_(answered, request_addressee.c.in_time)),
            func.count().filter(refused),
            func.count().filter(still),
        )
        .select_from(request_addressee.join(request))
        .where(
            request.c.group_key == group,
            request.c.created_at >= begins,
            request.c.created_at < ends,
        )
    )
    async with engine.connect() as connection:
        row = (await connection.execute(counted)).one()
    return RequestCounts(*(int(one) for one in row))
