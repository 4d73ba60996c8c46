"""Which bulletins wait for somebody, and what of one is still being done. It decides nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from rilon.application.bulletin_values import State
from rilon.storage.alone import alone

_WAITING = text(
    """
    SELECT v.number, v.revision, v.state, v.groups, b.published
      FROM bulletin_version v JOIN bulletin b ON b.number = v.number
     WHERE v.state IN ('draft', 'submitted', 'approved', 'publishing', 'refused')
       AND b.withdrawn_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM bulletin_version n
                        WHERE n.number = v.number AND n.revision > v.revision)
     ORDER BY v.drafted_at, v.number
    """
)
_UNDER_WAY = text(
    "SELECT count(*) FROM effect WHERE subject = ANY(:subjects) AND state IN ('due', 'performing')"
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The latest version of a bulletin with which something is still to be done. `published` is
    the revision that stands in the rooms meanwhile, 0 for none. No person is in it."""

    number: str
    revision: int
    state: State
    groups: tuple[str, ...]
    published: int


class BulletinListing:
    """Bulletins as an analyst at the shell sees them: numbers and states, nothing they say."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._alone = alone(engine)

    async def waiting(self) -> tuple[Waiting, ...]:
        """Those with which something is still to be done, the oldest first."""
        async with self._alone.connect() as connection:
            rows = (await connection.execute(_WAITING)).all()
        return tuple(
            Waiting(row.number, row.revision, State(row.state), tuple(row.groups), row.published)
            for row in rows
        )

    async def under_way(self, number: str, rooms: tuple[str, ...]) -> int:
        """How many of the steward's deeds with it are still to be done in these rooms."""
        subjects = [f"bulletin {number} {room}" for room in rooms]
        async with self._alone.connect() as connection:
            found = await connection.execute(_UNDER_WAY, {"subjects": subjects})
            return int(found.scalar_one())
