"""Requests as they are stored: sealed courses, replaced by revision under the row's lock.

It decides nothing. What a deed does within one transaction goes through `Locked`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Select, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from rilon.application.ports import Safe
from rilon.application.request_files import CarriedFile
from rilon.application.request_sources import Spoken
from rilon.application.request_values import Place, Role, Standing, Words
from rilon.domain.entries import Entry
from rilon.domain.parties import Party
from rilon.domain.request_numbers import RequestNumber
from rilon.storage.alone import alone
from rilon.storage.request_locked import Locked
from rilon.storage.request_rows import assembled, standing_of
from rilon.storage.request_sources import spoken
from rilon.storage.request_tables import (
    request,
    request_addressee,
    request_place,
    request_selector,
    request_words,
)
from rilon.storage.request_words import WordsSeal, words_of_row
from rilon.storage.tables import attempt, verdict

_ONE = select(request).where(request.c.id == bindparam("of"))
_LOCKED = _ONE.with_for_update()
_WORDS = (
    select(
        request_words,
        verdict.c.device_id,
        verdict.c.recalled_at.is_not(None).label("taken_back"),
    )
    .outerjoin(attempt, attempt.c.event_id == request_words.c.source_event)
    .outerjoin(verdict, verdict.c.identity == attempt.c.identity)
    .where(request_words.c.id == bindparam("of"))
)
_OF_PARTY = text(
    """
    SELECT r.id FROM (
        SELECT a.*, true AS got FROM request_addressee a
         WHERE a.party = :party AND a.state <> 'closed' AND a.card_event IS NOT NULL
         UNION ALL
        SELECT a.*, false FROM request r JOIN request_addressee a ON a.request = r.id
         WHERE r.party = :party AND r.open AND a.state <> 'closed') a
      JOIN request r ON r.id = a.request
     ORDER BY got = (a.ended_at IS NULL AND a.state <> 'clarification') DESC,
              a.ended_at IS NOT NULL, r.urgent DESC, a.look_at NULLS LAST, r.id
     LIMIT :most
    """
)
"""What waits on the party comes first, then what is open, urgent, due soonest. What never reached
its desk isn't among it: it would take the place of what did."""


_KNOWN = text(
    """
    SELECT r.id FROM request r
     WHERE (r.number = :number OR r.id = :id) AND r.group_key = ANY(:groups)
       AND (r.party = :party
            OR EXISTS (SELECT 1 FROM request_addressee a
                        WHERE a.request = r.id AND a.party = :party
                          AND (a.card_event IS NOT NULL OR a.outcome IS NULL)))
    """
)
"""INVARIANT: an addressee whom it never reached before its end isn't among them."""


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
            row = (await connection.execute(_LOCKED, {"of": request_id})).mappings().one_or_none()
            if row is None:
                yield None
                return
            standing = await standing_of(connection, dict(row), self._safe)
            yield Locked(connection, self._outbox, self._safe, standing)

    async def standing(self, request_id: str) -> Standing | None:
        """A request as it stands now."""
        async with self._alone.connect() as connection:
            row = (await connection.execute(_ONE, {"of": request_id})).mappings().one_or_none()
            return None if row is None else await standing_of(connection, dict(row), self._safe)

    async def place(self, event_id: str) -> Place | None:
        """What a message is to a request, if it is anything."""
        query = select(request_place).where(request_place.c.event_id == event_id)
        async with self._alone.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        addressee = Party(row.addressee) if row.addressee else None
        return Place(row.request, addressee, Role(row.role), row.room, row.words)

    async def known(
        self, at: RequestNumber | Place, party: Party | None, groups: Sequence[str]
    ) -> str | None:
        """The id of that request, if an officer of that party, acting in these groups, may know
        that it exists. One statement, the same for what doesn't exist and for what is others'."""
        named = {"id": at.request, "number": ""} if isinstance(at, Place) else {"id": ""}
        parameters = {"number": str(at), **named, "party": party or "", "groups": list(groups)}
        async with self._alone.connect() as connection:
            return (await connection.execute(_KNOWN, parameters)).scalar_one_or_none()

    async def numbered(self, number: RequestNumber) -> str | None:
        """The id of the request of that number. Not to be told to anyone."""
        query = select(request.c.id).where(request.c.number == number)
        async with self._alone.connect() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def words(self, words_id: str) -> Words | None:
        """Words by their id."""
        async with self._alone.connect() as connection:
            row = (await connection.execute(_WORDS, {"of": words_id})).mappings().one_or_none()
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

    async def note_copy(self, words: Words, file: CarriedFile) -> bool:
        """Notes where the steward's copy of their file is to lie; False if they are over."""
        async with self._engine.begin() as connection:
            return await Locked(connection, self._outbox, self._safe).note_copy(words, file)

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

    async def spoken(self, event_ids: Sequence[str]) -> Mapping[str, Spoken]:
        """These messages and all that they relate to, as far as they carry a marking."""
        async with self._alone.connect() as connection:
            return await spoken(connection, event_ids)

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
        return tuple(assembled(dict(row), found[row["id"]], self._safe) for row in rows)
