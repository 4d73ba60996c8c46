"""What the deeds of requests need of their storage; `rilon.storage.requests` implements it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from rilon.application.ports import NewEffect
from rilon.application.request_sources import Spoken
from rilon.application.request_values import Look, Place, Standing, Words, WordsState
from rilon.domain.entries import Entry
from rilon.domain.parties import Party
from rilon.domain.request_course import Course
from rilon.domain.request_numbers import RequestNumber
from rilon.policy.duty_changes import DutyChange


class Locked(Protocol):
    """One transaction, over a request under its lock where there is one."""

    @property
    def standing(self) -> Standing:
        """The request as it was when the lock was taken."""

    async def first_time(self, once: str) -> bool:
        """Whether the deed of that name is done for the first time; marks it as done."""

    async def add(
        self, course: Course, asked_in: str, event_id: str, root: str, desks: Mapping[Party, str]
    ) -> bool:
        """Stores a new request; False if its number, or the message that asked it, is in use."""

    async def asked_by(self, event_id: str) -> RequestNumber | None:
        """The number of the request that this message asked."""

    async def open_requests(self, group: str, party: Party, sender: str) -> tuple[int, int]:
        """How many requests of that officer, and of their party, are open in the group. Until the
        transaction ends nobody else of that party adds one."""

    async def put(self, course: Course, looks: Sequence[Look], now: datetime) -> None:
        """Replaces the course, and what is found and counted by of each addressee in `looks`."""

    async def add_words(self, words: Words) -> None:
        """Keeps words, sealed."""

    async def words(self, addressee: Party) -> tuple[Words, ...]:
        """All words between the requester and that addressee, under their locks."""

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

    async def hide_words(self, words_id: str, hidden: bool) -> None:
        """Whether the other side isn't told which officer speaks in words that wait."""

    async def spoken(self, event_ids: Sequence[str]) -> Mapping[str, Spoken]:
        """These messages and all that they relate to, as far as they carry a marking."""

    async def place(self, event_id: str, place: Place) -> None:
        """Remembers what a message is."""

    async def index(self, hashes: Sequence[bytes]) -> None:
        """Keeps the hashes of its selectors."""

    async def enter(self, entry: Entry) -> None:
        """Writes a ledger entry."""

    async def write(self, effects: Sequence[NewEffect]) -> None:
        """Writes effects."""


class Store(Protocol):
    """Requests by id, number, and message."""

    def adding(self) -> AbstractAsyncContextManager[Locked]:
        """One transaction in which a request is made."""

    def locked(self, request_id: str) -> AbstractAsyncContextManager[Locked | None]:
        """One transaction over a request under its lock; None where there is none."""

    async def standing(self, request_id: str) -> Standing | None:
        """A request as it stands now."""

    async def place(self, event_id: str) -> Place | None:
        """What a message is to a request, if it is anything."""

    async def known(
        self, at: RequestNumber | Place, party: Party | None, groups: Sequence[str]
    ) -> str | None:
        """The id of that request, if an officer of that party, acting in these groups, may know
        that it exists. One statement, the same for what doesn't exist and for what is others'."""

    async def words(self, words_id: str) -> Words | None:
        """Words by their id."""

    async def proposed_in(self, event_id: str) -> Words | None:
        """The words that were proposed with this message."""

    async def of_party(self, party: Party, most: int) -> tuple[Standing, ...]:
        """Open requests that the party asked or is asked, those first that matter most to it: as
        many as there are in `most` of their parts."""

    async def spoken(self, event_ids: Sequence[str]) -> Mapping[str, Spoken]:
        """These messages and all that they relate to, as far as they carry a marking."""

    async def sharing(self, request_id: str) -> tuple[Standing, ...]:
        """Other open requests that name something which this one names."""


class DutyChanges(Protocol):
    """What leads told the steward of their rotas."""

    async def changes(self) -> Sequence[DutyChange]:
        """All that may still hold."""


class NoChanges:
    """Nobody told anything: the rota of the policy holds."""

    async def changes(self) -> Sequence[DutyChange]:
        """Nothing."""
        return ()
