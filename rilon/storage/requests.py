"""Requests as they are stored: sealed courses, replaced by revision under the row's lock.

It decides nothing. What a deed does within one transaction goes through `Locked`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, Select, Text, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rilon.application.ports import NewEffect, Safe, Unsure
from rilon.application.request_values import (
    OPEN_WORDS,
    Addressed,
    Look,
    Place,
    Role,
    Standing,
    Words,
    WordsState,
)
from rilon.domain.entries import Entry
from rilon.domain.markings import Marking
from rilon.domain.parties import Party
from rilon.domain.request_course import Course
from rilon.domain.request_numbers import RequestNumber
from rilon.storage import marking_json, request_json
from rilon.storage.alone import alone
from rilon.storage.effects import write_effect
from rilon.storage.ledger import ledger_outbox
from rilon.storage.request_tables import (
    request,
    request_addressee,
    request_place,
    request_selector,
    request_words,
)
from rilon.storage.request_words import WordsSeal, words_of_row
from rilon.storage.tables import attempt, verdict

_OF_PARTY = text(
    """
    SELECT r.id FROM (
        SELECT a.*, true AS got FROM request_addressee a
         WHERE a.party = :party AND a.state <> 'closed'
         UNION ALL
        SELECT a.*, false FROM request r JOIN request_addressee a ON a.request = r.id
         WHERE r.party = :party AND r.open AND a.state <> 'closed') a
      JOIN request r ON r.id = a.request
     ORDER BY got = (a.ended_at IS NULL AND a.state <> 'clarification') DESC,
              a.ended_at IS NOT NULL, r.urgent DESC, a.look_at NULLS LAST, r.id
     LIMIT :most
    """
)
"""What waits on the party comes first, then what is open, urgent, due soonest."""


class Locked:
    """One transaction, over a request under its lock where there is one."""

    def __init__(
        self,
        connection: AsyncConnection,
        outbox: Callable[[Entry], Mapping[str, Any]],
        safe: Safe,
        standing: Standing | None = None,
    ) -> None:
        self._connection = connection
        self._outbox = outbox
        self._safe = safe
        self._seal = WordsSeal(safe)
        self._standing = standing

    @property
    def standing(self) -> Standing:
        """The request as it was when the lock was taken."""
        if self._standing is None:
            raise ValueError("nothing is locked")
        return self._standing

    async def first_time(self, once: str) -> bool:
        """Whether the deed of that name is done for the first time; marks it as done."""
        marker = NewEffect("nothing", f"done {once}", {}, once=f"done-{once}")
        return await write_effect(self._connection, marker) is not None

    async def add(
        self, course: Course, asked_in: str, event_id: str, root: str, desks: Mapping[Party, str]
    ) -> bool:
        """Stores a new request; False if its number, or the message that asked it, is in use."""
        one = course.request
        values = {
            "id": one.id,
            "number": one.number,
            "group_key": one.group,
            "party": one.party,
            "asked_in": asked_in,
            "asked_event": event_id,
            "root": root,
            "revision": course.revision,
            "sealed": _closed(course, self._safe),
            "urgent": one.urgency is not None,
            "open": True,
            "created_at": course.progress[0].sent.at,
        }
        query = insert(request).values(values).on_conflict_do_nothing().returning(request.c.id)
        if (await self._connection.execute(query)).one_or_none() is None:
            return False
        await self._connection.execute(
            insert(request_addressee),
            [
                {
                    "request": one.id,
                    "party": each.addressee,
                    "desk": desks[each.addressee],
                    "state": each.state.value,
                }
                for each in course.progress
            ],
        )
        addressed = {party: Addressed(party, desk) for party, desk in desks.items()}
        self._standing = Standing(course, asked_in, root, addressed)
        return True

    async def asked_by(self, event_id: str) -> RequestNumber | None:
        """The number of the request that this message asked."""
        query = select(request.c.number).where(request.c.asked_event == event_id)
        found = (await self._connection.execute(query)).scalar_one_or_none()
        return None if found is None else RequestNumber(found)

    async def put(self, course: Course, looks: Sequence[Look], now: datetime) -> None:
        """Replaces the course, and what is found and counted by of each addressee in `looks`."""
        before = self.standing.course
        if course.revision != before.revision:
            closed = bool(course.progress) and all(one.closing for one in course.progress)
            query = (
                update(request)
                .where(request.c.id == course.request.id, request.c.revision == before.revision)
                .values(
                    revision=course.revision,
                    sealed=_closed(course, self._safe),
                    open=not closed,
                    closed_at=now if closed else None,
                )
            )
            if (await self._connection.execute(query)).rowcount != 1:
                raise Unsure("a request changed under its lock")
        for look in looks:
            await self._look(course, look)

    async def _look(self, course: Course, look: Look) -> None:
        progress = course.of(look.party)
        if progress is None:
            return
        end, closing = progress.end, progress.closing
        values: dict[str, Any] = {
            "state": progress.state.value,
            "look_at": look.at,
            "outcome": end.outcome.value if end else None,
            "in_time": look.in_time,
            "refusal": end.refusal.value if end and end.refusal else None,
            "ended_at": end.mark.at if end else None,
            "usefulness": closing.usefulness.value if closing and closing.usefulness else None,
        }
        if look.done is not None:
            values["done"] = sorted(look.done)
        if look.unattended is not None:
            values["unattended"] = look.unattended
        if look.card_event is not None:
            values["card_event"] = look.card_event
        query = update(request_addressee).where(
            request_addressee.c.request == course.request.id,
            request_addressee.c.party == look.party,
        )
        await self._connection.execute(query.values(values))

    # --- words ---------------------------------------------------------------------------------

    async def add_words(self, words: Words) -> None:
        """Keeps words, sealed."""
        query = insert(request_words).values(
            id=words.id,
            request=words.request,
            addressee=words.addressee,
            kind=words.kind.value,
            sender=words.sender,
            source_event=words.source_event,
            room=words.room,
            root=words.root,
            marking=words.marking,
            hidden=words.hidden,
            state=words.state.value,
            until=words.until,
            decided_by=words.by,
            decided_at=words.decided_at,
            sealed=self._seal.close(words.id, words.text or ""),
        )
        await self._connection.execute(query)

    async def words(self, addressee: Party) -> tuple[Words, ...]:
        """All words between the requester and that addressee, under their locks."""
        query = (
            select(request_words)
            .where(
                request_words.c.request == self.standing.course.request.id,
                request_words.c.addressee == addressee,
            )
            .order_by(request_words.c.id)
            .with_for_update()
        )
        rows = (await self._connection.execute(query)).mappings()
        return tuple(words_of_row(dict(row), self._seal) for row in rows)

    async def set_words(
        self,
        words_id: str,
        state: WordsState,
        *,
        by: str | None = None,
        at: datetime | None = None,
        code: str | None = None,
    ) -> None:
        """The words have come so far. Once they are over their text is gone."""
        values: dict[str, Any] = {"state": state.value}
        if by is not None:
            values |= {"decided_by": by, "decided_at": at}
        if code is not None:
            values["code"] = code
        if state not in OPEN_WORDS:
            values["sealed"] = None
        query = update(request_words).where(request_words.c.id == words_id)
        await self._connection.execute(query.values(values))

    # --- beside it -----------------------------------------------------------------------------

    async def place(self, event_id: str, place: Place) -> None:
        """Remembers what a message is."""
        query = insert(request_place).values(
            event_id=event_id,
            request=place.request,
            addressee=place.addressee,
            role=place.role.value,
            room=place.room,
            words=place.words,
        )
        await self._connection.execute(query.on_conflict_do_nothing())

    async def index(self, hashes: Sequence[bytes]) -> None:
        """Keeps the hashes of its selectors."""
        rows = [{"hash": one, "request": self.standing.course.request.id} for one in hashes]
        if rows:
            await self._connection.execute(insert(request_selector).on_conflict_do_nothing(), rows)

    async def enter(self, entry: Entry) -> None:
        """Writes a ledger entry."""
        await self._connection.execute(insert(ledger_outbox).values(**self._outbox(entry)))

    async def write(self, effects: Sequence[NewEffect]) -> None:
        """Writes effects."""
        for one in effects:
            await write_effect(self._connection, one)


class RequestStore:
    """Requests by id, number, and message."""

    def __init__(
        self, engine: AsyncEngine, outbox: Callable[[Entry], Mapping[str, Any]], safe: Safe
    ) -> None:
        self._engine = engine
        self._alone = alone(engine)
        self._outbox = outbox
        self._safe = safe
        self._seal = WordsSeal(safe)

    @asynccontextmanager
    async def adding(self) -> AsyncIterator[Locked]:
        """One transaction in which a request is made."""
        async with self._engine.begin() as connection:
            yield Locked(connection, self._outbox, self._safe)

    @asynccontextmanager
    async def locked(self, request_id: str) -> AsyncIterator[Locked | None]:
        """One transaction over a request under its lock; None where there is none."""
        async with self._engine.begin() as connection:
            query = select(request).where(request.c.id == request_id).with_for_update()
            row = (await connection.execute(query)).mappings().one_or_none()
            if row is None:
                yield None
                return
            standing = await _standing(connection, dict(row), self._safe)
            yield Locked(connection, self._outbox, self._safe, standing)

    async def standing(self, request_id: str) -> Standing | None:
        """A request as it stands now."""
        async with self._alone.connect() as connection:
            query = select(request).where(request.c.id == request_id)
            row = (await connection.execute(query)).mappings().one_or_none()
            return None if row is None else await _standing(connection, dict(row), self._safe)

    async def place(self, event_id: str) -> Place | None:
        """What a message is to a request, if it is anything."""
        query = select(request_place).where(request_place.c.event_id == event_id)
        async with self._alone.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        addressee = Party(row.addressee) if row.addressee else None
        return Place(row.request, addressee, Role(row.role), row.room, row.words)

    async def numbered(self, number: RequestNumber) -> str | None:
        """The id of the request of that number. Not to be told to anyone."""
        query = select(request.c.id).where(request.c.number == number)
        async with self._alone.connect() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def words(self, words_id: str) -> Words | None:
        """Words by their id."""
        query = (
            select(request_words, verdict.c.device_id)
            .outerjoin(attempt, attempt.c.event_id == request_words.c.source_event)
            .outerjoin(verdict, verdict.c.identity == attempt.c.identity)
            .where(request_words.c.id == words_id)
        )
        async with self._alone.connect() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else words_of_row(dict(row), self._seal)

    async def proposed_in(self, event_id: str) -> Words | None:
        """The words that were proposed with this message."""
        query = select(request_words).where(request_words.c.source_event == event_id)
        async with self._alone.connect() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return words_of_row(dict(rows[0]), self._seal) if len(rows) == 1 else None

    async def delivered_as(self, words_id: str) -> str | None:
        """The event under which words stand in the other side's room, once sync has shown it."""
        query = (
            select(verdict.c.delivered_event_id)
            .join(request_words, request_words.c.posted_as == verdict.c.identity)
            .where(request_words.c.id == words_id)
        )
        async with self._alone.connect() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def remember(self, event_id: str, place: Place) -> None:
        """What a message of the steward is."""
        async with self._engine.begin() as connection:
            await Locked(connection, self._outbox, self._safe).place(event_id, place)

    async def of_party(self, party: Party, most: int) -> tuple[Standing, ...]:
        """Open requests that the party asked or is asked, those first that matter most to it: as
        many as there are in `most` of their parts."""
        async with self._alone.connect() as connection:
            parameters = {"party": party, "most": most}
            rows = (await connection.execute(_OF_PARTY, parameters)).all()
        return await self._all(select(request).where(request.c.id.in_({row.id for row in rows})))

    async def waiting(self, groups: Sequence[str], most: int) -> tuple[Standing, ...]:
        """Requests of these groups that somebody hasn't ended, those first that are likeliest to be
        late: so many at the most."""
        async with self._alone.connect() as connection:
            rows = (
                await connection.execute(_WAITING, {"groups": list(groups), "most": most})
            ).all()
        return await self._all(select(request).where(request.c.id.in_({row.id for row in rows})))

    async def markings(self, event_ids: Sequence[str]) -> tuple[Marking, ...]:
        """The markings of these messages, as far as they carry one."""
        query = select(verdict.c.marking).where(
            verdict.c.delivered_event_id.in_(event_ids), verdict.c.marking.is_not(None)
        )
        async with self._alone.connect() as connection:
            found = (await connection.execute(query)).scalars().all()
        return tuple(marking_json.from_json(one) for one in found)

    async def sharing(self, request_id: str) -> tuple[Standing, ...]:
        """Other open requests that name something which this one names."""
        own = request_selector.alias("own")
        others = (
            select(request_selector.c.request)
            .join(own, own.c.hash == request_selector.c.hash)
            .where(own.c.request == request_id, request_selector.c.request != request_id)
        )
        return await self._all(select(request).where(request.c.open, request.c.id.in_(others)))

    async def _all(self, query: Select[Any]) -> tuple[Standing, ...]:
        async with self._alone.connect() as connection:
            rows = (await connection.execute(query)).mappings().all()
            ids = [row["id"] for row in rows]
            of = select(request_addressee).where(request_addressee.c.request.in_(ids))
            found: dict[str, list[Any]] = {}
            for each in (await connection.execute(of)).mappings():
                found.setdefault(each["request"], []).append(each)
        return tuple(_assembled(dict(row), found[row["id"]], self._safe) for row in rows)


_WAITING = text(
    """
    SELECT r.id FROM request r
     WHERE r.open AND r.group_key = ANY(:groups)
       AND EXISTS (SELECT 1 FROM request_addressee a
                    WHERE a.request = r.id AND a.outcome IS NULL)
     ORDER BY r.created_at + CASE WHEN r.urgent THEN interval '2 hours' ELSE interval '1 day' END
     LIMIT :most
    """
)
_DUE = text(
    """
    INSERT INTO effect (kind, subject, once, payload)
    SELECT 'request_due', 'request ' || request || ' ' || party,
           'request-due-' || request || '-' || party || '-' || extract(epoch FROM look_at)::text,
           jsonb_build_object('request', request, 'addressee', party)
      FROM request_addressee WHERE look_at <= :now
        ON CONFLICT (once) DO NOTHING
    """
)


async def write_due(engine: AsyncEngine, now: datetime) -> int:
    """Writes an effect for each addressee of a request with whom something is due; how many are
    new. What is due is decided when it is performed: the sweep needs no key."""
    async with engine.begin() as connection:
        return int((await connection.execute(_DUE, {"now": now})).rowcount)


_OVER = """
    SELECT r.id FROM request r JOIN unnest(:groups, :before) AS kept(group_key, before)
           USING (group_key)
     WHERE NOT r.open AND r.closed_at < kept.before
    """
_FORGET = tuple(
    text(f"DELETE FROM {table} WHERE {column} IN ({_OVER})").bindparams(  # noqa: S608 - our own
        bindparam("groups", type_=ARRAY(Text)),
        bindparam("before", type_=ARRAY(DateTime(timezone=True))),
    )
    for table, column in (
        ("request_selector", "request"),
        ("request_place", "request"),
        ("request_words", "request"),
        ("request_addressee", "request"),
        ("request", "id"),
    )
)


async def forget_requests(engine: AsyncEngine, kept: Mapping[str, timedelta], now: datetime) -> int:
    """Erases what was closed longer ago than its group keeps it; how many requests."""
    asked = {"groups": list(kept), "before": [now - span for span in kept.values()]}
    count = 0
    async with engine.begin() as connection:
        for forget in _FORGET:
            count = (await connection.execute(forget, asked)).rowcount
    return count


def _closed(course: Course, safe: Safe) -> bytes:
    return safe.seal(json.dumps(request_json.to_json(course)).encode())


def _opened(row: Mapping[str, Any], safe: Safe) -> Course:
    """INVARIANT: the sealed value names its row: one request's bytes are never another's."""
    try:
        course = request_json.from_json(json.loads(safe.open(row["sealed"])))
    except ValueError as error:
        raise Unsure("a request can't be opened") from error
    own = (course.request.id, course.request.number, course.revision)
    if own != (row["id"], row["number"], row["revision"]):
        raise Unsure("a request is not what its row says")
    return course


async def _standing(connection: AsyncConnection, row: Mapping[str, Any], safe: Safe) -> Standing:
    query = select(request_addressee).where(request_addressee.c.request == row["id"])
    found = (await connection.execute(query)).mappings().all()
    return _assembled(row, [dict(one) for one in found], safe)


def _assembled(
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
    return Standing(_opened(row, safe), row["asked_in"], row["root"], addressed)
