"""A request's rows as a value: the sealed course, and what lies beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from rilon.application.ports import Safe, Unsure
from rilon.application.request_values import Addressed, Standing
from rilon.domain.parties import Party
from rilon.domain.request_course import Course
from rilon.storage import request_json
from rilon.storage.request_tables import request_addressee

_ADDRESSEES = select(request_addressee).where(request_addressee.c.request == bindparam("of"))


def closed(course: Course, safe: Safe) -> bytes:
    return safe.seal(json.dumps(request_json.to_json(course)).encode())


def opened(row: Mapping[str, Any], safe: Safe) -> Course:
    """INVARIANT: the sealed value names its row: one request's bytes are never another's."""
    try:
        course = request_json.from_json(json.loads(safe.open(row["sealed"])))
    except ValueError as error:
        raise Unsure("a request can't be opened") from error
    own = (course.request.id, course.request.number, course.revision)
    if own != (row["id"], row["number"], row["revision"]):
        raise Unsure("a request is not what its row says")
    return course


async def standing_of(connection: AsyncConnection, row: Mapping[str, Any], safe: Safe) -> Standing:
    found = (await connection.execute(_ADDRESSEES, {"of": row["id"]})).mappings().all()
    return assembled(row, [dict(one) for one in found], safe)


def assembled(
    row: Mapping[str, Any], addressees: Sequence[Mapping[str, Any]], safe: Safe
) -> Standing:
    addressed = {
        Party(one["party"]): Addressed(
            Party(one["party"]),
            one["desk"],
            one["card_event"],
            frozenset(one["done"]),
            one["unattended"],
        )
        for one in addressees
    }
    return Standing(opened(row, safe), row["asked_in"], row["root"], addressed)
