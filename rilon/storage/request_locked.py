"""A request under its lock: what a deed reads and writes within one transaction. It decides
nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from rilon.application.ports import NewEffect, Safe, Unsure
from rilon.application.request_files import CarriedFile, target
from rilon.application.request_sources import Spoken
from rilon.application.request_values import (
    OPEN_WORDS,
    Addressed,
    Look,
    Place,
    Standing,
    Words,
    WordsState,
)
from rilon.domain.entries import Entry
from rilon.domain.parties import Party
from rilon.domain.request_course import Course
from rilon.domain.request_numbers import RequestNumber
from rilon.storage.copies import deletion
from rilon.storage.effects import write_effect
from rilon.storage.ledger import ledger_outbox
from rilon.storage.request_rows import closed
from rilon.storage.request_sources import spoken
from rilon.storage.request_tables import (
    request,
    request_addressee,
    request_place,
    request_selector,
    request_words,
)
from rilon.storage.request_words import WordsSeal, words_of_row

_LOOK = update(request_addressee).where(
    request_addressee.c.request == bindparam("of"), request_addressee.c.party == bindparam("asked")
)
_PLACE = insert(request_place).on_conflict_do_nothing()
_ENTER = insert(ledger_outbox)
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_OPEN = text(
    """
    SELECT count(*) AS parties,
           count(*) FILTER (WHERE EXISTS (
               SELECT 1 FROM request_words w
                WHERE w.request = r.id AND w.kind = 'question' AND w.sender = :sender)) AS officers
      FROM request r WHERE r.open AND r.group_key = :group AND r.party = :party
    """
)


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
            "sealed": closed(course, self._safe),
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

    async def open_requests(self, group: str, party: Party, sender: str) -> tuple[int, int]:
        """How many requests of that officer, and of their party, are open in the group. Until the
        transaction ends nobody else of that party adds one."""
        asked = {"group": group, "party": party, "sender": sender}
        await self._connection.execute(_ONE_AT_A_TIME, {"name": f"asking {group} {party}"})
        row = (await self._connection.execute(_OPEN, asked)).one()
        return row.officers, row.parties

    async def put(self, course: Course, looks: Sequence[Look], now: datetime) -> None:
        """Replaces the course, and what is found and counted by of each addressee in `looks`."""
        before = self.standing.course
        if course.revision != before.revision:
            over = bool(course.progress) and all(one.closing for one in course.progress)
            query = (
                update(request)
                .where(request.c.id == course.request.id, request.c.revision == before.revision)
                .values(
                    revision=course.revision,
                    sealed=closed(course, self._safe),
                    open=not over,
                    closed_at=now if over else None,
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
        key = {"of": course.request.id, "asked": look.party}
        await self._connection.execute(_LOOK, {**values, **key})

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
            sealed=self._seal.close(words, words.file),
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
        returned = query.values(values).returning(request_words.c.copy)
        copy = (await self._connection.execute(returned)).scalar_one_or_none()
        if copy is not None and state not in OPEN_WORDS | {WordsState.SENT}:
            # It was uploaded, and goes nowhere.
            await write_effect(self._connection, deletion(copy))

    async def note_copy(self, words: Words, file: CarriedFile) -> bool:
        """Notes where the steward's copy of the words' file is to lie, with its key, sealed; False
        if the words have come to an end."""
        query = (
            update(request_words)
            .where(request_words.c.id == words.id, request_words.c.sealed.is_not(None))
            .values(
                sealed=self._seal.close(words, file),
                copy=None if file.copy is None else target(file.copy),
            )
        )
        return (await self._connection.execute(query)).rowcount == 1

    async def hide_words(self, words_id: str, hidden: bool) -> None:
        """Whether the other side isn't told which officer speaks in words that wait."""
        query = update(request_words).where(request_words.c.id == words_id)
        await self._connection.execute(query.values(hidden=hidden))

    async def spoken(self, event_ids: Sequence[str]) -> Mapping[str, Spoken]:
        """These messages and all that they relate to, as far as they carry a marking."""
        return await spoken(self._connection, event_ids)

    # --- beside it -----------------------------------------------------------------------------

    async def place(self, event_id: str, place: Place) -> None:
        """Remembers what a message is."""
        values = {
            "event_id": event_id,
            "request": place.request,
            "addressee": place.addressee,
            "role": place.role.value,
            "room": place.room,
            "words": place.words,
        }
        await self._connection.execute(_PLACE, values)

    async def index(self, hashes: Sequence[bytes]) -> None:
        """Keeps the hashes of its selectors."""
        rows = [{"hash": one, "request": self.standing.course.request.id} for one in hashes]
        if rows:
            await self._connection.execute(insert(request_selector).on_conflict_do_nothing(), rows)

    async def enter(self, entry: Entry) -> None:
        """Writes a ledger entry."""
        await self._connection.execute(_ENTER, dict(self._outbox(entry)))

    async def write(self, effects: Sequence[NewEffect]) -> None:
        """Writes effects."""
        for one in effects:
            await write_effect(self._connection, one)
