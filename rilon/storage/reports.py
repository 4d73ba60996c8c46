"""Reports as they are stored: what they say is sealed, and each change has its ledger entry.

It decides nothing: who may file, see and change one is `rilon.application.reports`'.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rilon.application.ports import NewEffect, Safe
from rilon.application.report_values import Change, Kept, NewReport
from rilon.application.request_sources import Spoken
from rilon.domain.entries import Entry
from rilon.domain.markings import Marking
from rilon.domain.parties import Party
from rilon.domain.reports import Report, ReportNumber, Sighting
from rilon.reports.draft import draft_from_json, draft_to_json
from rilon.storage import marking_json
from rilon.storage.alone import alone
from rilon.storage.effects import write_effect
from rilon.storage.outboxes import OutboxValues, write_out
from rilon.storage.report_tables import report
from rilon.storage.request_sources import spoken

REPORTS_SEAL = "reports-1"
"""The purpose under which reports are sealed."""

_OLDEST = timedelta(days=733)
"""A report is of the two years before it was written, by its writer's own day."""

_REPORTS = """
    SELECT r.*, NOT EXISTS (SELECT 1 FROM verdict v
                             WHERE v.delivered_event_id = ANY(r.events)
                               AND v.recalled_at IS NOT NULL) AS stands,
           (SELECT json_agg(v.marking) FROM verdict v
             WHERE v.delivered_event_id = ANY(r.events) AND v.marking IS NOT NULL) AS said_under
      FROM report r WHERE {which}
    """
_ONE = text(_REPORTS.format(which="r.number = :number"))
_LOCKED = text(_REPORTS.format(which="r.number = :number FOR UPDATE OF r"))
_IN_THREAD = text(
    _REPORTS.format(
        which="r.room_key = :room AND r.root = :root ORDER BY r.filed_at DESC, r.number LIMIT 1"
    )
)
_LISTED = text(
    _REPORTS.format(
        which="r.group_key = ANY(:groups) AND (CAST(:party AS text) IS NULL OR r.party = :party)"
        " ORDER BY r.filed_at DESC, r.number LIMIT :most"
    )
)
_COUNTED = text(
    _REPORTS.format(
        which="r.group_key = :group AND r.withdrawn_at IS NULL AND r.changed_at >= :after"
        " AND r.filed_at < :before ORDER BY r.filed_at, r.number"
    )
)
_DONE = text("SELECT 1 FROM effect WHERE once = :once")


class ReportSeal:
    """Turns what a report says into sealed bytes and back."""

    def __init__(self, safe: Safe) -> None:
        self._safe = safe

    def close(
        self, number: str, revision: int, officer: str, said: Sighting, marking: Marking
    ) -> bytes:
        """What it says, sealed for this row and revision alone."""
        value = {
            "report": number,
            "revision": revision,
            "officer": officer,
            "said": draft_to_json(said),
            "marking": marking_json.to_json(marking),
        }
        return self._safe.seal(json.dumps(value).encode())

    def open(self, row: Mapping[str, Any]) -> Report | None:
        """The report of a row; None for one that is withdrawn, and for bytes that were altered.

        ATTACK: who can write to the database puts one report's bytes under another's marking.
        """
        if row["sealed"] is None:
            return None
        try:
            value = json.loads(self._safe.open(row["sealed"]))
            if (value["report"], value["revision"]) != (row["number"], row["revision"]):
                return None
            said = draft_from_json(value["said"]).sighting
            marking = _as_now(marking_json.from_json(value["marking"]), row.get("said_under"))
            officer = str(value["officer"])
        except (ValueError, KeyError, TypeError):
            return None
        if said is None:
            return None
        return Report(
            number=ReportNumber(row["number"]),
            group=row["group_key"],
            party=Party(row["party"]),
            officer=officer,
            said=said,
            marking=marking,
            filed_at=row["filed_at"],
            revision=row["revision"],
        )


def _as_now(filed: Marking, said_under: Sequence[Mapping[str, Any]] | None) -> Marking:
    """The marking of a report, with what its messages were tightened to since. REL alone is as it
    was filed: that of a message is its room's.

    ATTACK: `!mark TLP:AMBER ORCON //` on what was reported, and the report is counted as before.
    """
    for stored in said_under or ():
        now = marking_json.from_json(stored)
        declared = now.personal_data if now.has_personal_data else filed.personal_data
        filed = filed.join(
            replace(
                now,
                rel=filed.rel,
                originators=filed.originators,
                explicit_rel=filed.explicit_rel,
                unnamed=filed.unnamed,
                personal_data=declared,
            )
        )
    return filed


class LockedReport:
    """A report under its lock, within one transaction."""

    def __init__(
        self,
        connection: AsyncConnection,
        outbox: OutboxValues,
        seal: ReportSeal,
        kept: Kept,
        event_id: str,
    ) -> None:
        self._connection = connection
        self._outbox = outbox
        self._seal = seal
        self._event_id = event_id
        self.kept = kept

    async def change(self, change: Change, entry: Entry, effects: Iterable[NewEffect] = ()) -> None:
        """A new revision takes the place of the one before, with its ledger entry."""
        number, revision = self.kept.number, self.kept.revision + 1
        sealed = self._seal.close(number, revision, change.officer, change.said, change.marking)
        await self._connection.execute(
            update(report)
            .where(report.c.number == number)
            .values(
                revision=revision,
                sealed=sealed,
                changed_at=change.at,
                events=report.c.events.op("||")([change.event]),
            )
        )
        await self._done(entry, effects)

    async def withdraw(self, at: datetime, entry: Entry, effects: Iterable[NewEffect] = ()) -> None:
        """What it said is erased; the number stays."""
        values = {"sealed": None, "withdrawn_at": at, "changed_at": at}
        query = update(report).where(report.c.number == self.kept.number)
        await self._connection.execute(query.values(**values))
        await self._done(entry, effects)

    async def _done(self, entry: Entry, effects: Iterable[NewEffect]) -> None:
        """INVARIANT: that the event is worked off is noted with what it did, all or nothing."""
        await first_time(self._connection, self._event_id)
        await write_out(self._connection, self._outbox, [entry], effects)


class ReportStore:
    """Reports by number, thread, and group."""

    def __init__(self, engine: AsyncEngine, outbox: OutboxValues, safe: Safe) -> None:
        self._engine = engine
        self._alone = alone(engine)
        self._outbox = outbox
        self._seal = ReportSeal(safe)

    async def reports_of(self, group: str, since: date, until: date) -> tuple[Report, ...]:
        """The reports of that group whose day is within these, both included, as they stand now:
        the oldest filed first. What is withdrawn isn't among them, nor what was said in a message
        that was recalled; whether a marking lets one be counted is for the caller to see."""
        values = {
            "group": group,
            # The day may be ahead of UTC, and a correction may have moved it.
            "after": _midnight(since) - timedelta(days=2),
            "before": _midnight(until) + _OLDEST,
        }
        async with self._alone.connect() as connection:
            rows = (await connection.execute(_COUNTED, values)).mappings().all()
        found = (self._seal.open(dict(row)) for row in rows if row["stands"])
        return tuple(one for one in found if one and since <= one.said.day <= until)

    async def kept(self, number: ReportNumber) -> Kept | None:
        """The report of that number. Not to be told to anyone before it is known who asks."""
        return await self._first(_ONE, number=number)

    async def said_in(self, number: ReportNumber) -> tuple[str, ...]:
        """The messages that it was said in."""
        query = select(report.c.events).where(report.c.number == number)
        async with self._alone.connect() as connection:
            return tuple((await connection.execute(query)).scalar_one_or_none() or ())

    async def in_thread(self, room: str, root: str) -> Kept | None:
        """The report that was filed in that thread."""
        return await self._first(_IN_THREAD, room=room, root=root)

    async def listed(
        self, groups: Sequence[str], party: Party | None, most: int
    ) -> tuple[Kept, ...]:
        """The latest reports of these groups, of one party or of all. Not to be told to anyone
        before it is known who asks."""
        values = {"groups": list(groups), "party": party, "most": most}
        async with self._alone.connect() as connection:
            rows = (await connection.execute(_LISTED, values)).mappings().all()
        return tuple(self._kept(dict(row)) for row in rows)

    @asynccontextmanager
    async def locked(
        self, number: ReportNumber, event_id: str
    ) -> AsyncIterator[LockedReport | None]:
        """One transaction over a report under its lock. None where there is none, and where this
        event was worked off before."""
        async with self._engine.begin() as connection:
            row = (await connection.execute(_LOCKED, {"number": number})).mappings().one_or_none()
            done = await connection.execute(_DONE, {"once": _once(event_id)})
            if row is None or done.one_or_none() is not None:
                yield None
                return
            kept = self._kept(dict(row))
            yield LockedReport(connection, self._outbox, self._seal, kept, event_id)

    async def spoken(self, event_ids: Sequence[str]) -> Mapping[str, Spoken]:
        """These messages and all that they relate to, as far as they carry a marking."""
        async with self._alone.connect() as connection:
            return await spoken(connection, event_ids)

    async def record(self, entry: Entry) -> None:
        """An entry of the ledger by itself: that reports were exported."""
        async with self._engine.begin() as connection:
            await write_out(connection, self._outbox, [entry])

    async def _first(self, query: Any, **values: Any) -> Kept | None:
        async with self._alone.connect() as connection:
            row = (await connection.execute(query, values)).mappings().one_or_none()
        return None if row is None else self._kept(dict(row))

    def _kept(self, row: Mapping[str, Any]) -> Kept:
        return Kept(
            number=ReportNumber(row["number"]),
            group=row["group_key"],
            party=Party(row["party"]),
            room=row["room_key"],
            root=row["root"],
            revision=row["revision"],
            filed_at=row["filed_at"],
            withdrawn_at=row["withdrawn_at"],
            stands=row["stands"],
            report=self._seal.open(row),
        )


async def add_report(
    connection: AsyncConnection, seal: ReportSeal, new: NewReport, draw: Callable[[], ReportNumber]
) -> ReportNumber:
    """Adds a report in the caller's transaction, under a number that isn't in use."""
    while True:
        number = draw()
        values = {
            "number": number,
            "group_key": new.group,
            "party": new.party,
            "room_key": new.room,
            "root": new.root,
            "events": list(new.events),
            "revision": 1,
            "filed_at": new.at,
            "changed_at": new.at,
            "sealed": seal.close(number, 1, new.officer, new.said, new.marking),
        }
        query = insert(report).values(values).on_conflict_do_nothing()
        added = await connection.execute(query.returning(report.c.number))
        if added.one_or_none() is not None:
            return number


async def first_time(connection: AsyncConnection, event_id: str) -> bool:
    """Whether this event is worked off for the first time; marks it so."""
    name = _once(event_id)
    return await write_effect(connection, NewEffect("nothing", name, {}, once=name)) is not None


def _once(event_id: str) -> str:
    return f"reported-{event_id}"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
