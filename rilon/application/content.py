"""Delivered content as it is taken back or tightened: a message with its edits, and what happens
to it. What has to go is `rilon.application.recall`; keeping it, `rilon.storage.recalls`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from rilon.application.ports import NewEffect
from rilon.domain.entries import Entry
from rilon.domain.markings import Marking


class Cause(StrEnum):
    """Why content goes, or changes its marking."""

    TIGHTENED = "tightened"
    RECALLED = "recalled"
    REDACTED = "redacted"
    """Its sender removed it with their own client."""
    EXPIRED = "expired"
    PERSONAL_DATA = "personal_data"
    """It was marked PD, and has stood for as long as policy keeps that."""

    @property
    def is_of_the_clock(self) -> bool:
        """Whether nobody asked for it."""
        return self in (Cause.EXPIRED, Cause.PERSONAL_DATA)


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a content: the original or an edit. `event_id` is None while it was
    accepted and doesn't stand in the room yet."""

    identity: bytes
    event_id: str | None
    sender: str
    marking: Marking
    policy_id: int
    sent_at: datetime
    recalled: bool
    written_by: str | None = None
    """Of words of a request that the steward carried: the officer whose they are."""


@dataclass(frozen=True, slots=True)
class Content:
    """A message with its edits, in the order in which they were judged."""

    room_id: str
    room_key: str
    parts: tuple[Part, ...]
    answers: int = 0
    """How many messages that answer it stand. They are left alone."""

    @property
    def original(self) -> Part:
        """The part that the others are edits of."""
        return self.parts[0]


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What happens to contents of one room, in one transaction."""

    room_id: str
    contents: tuple[Content, ...]
    whole: bool
    """Whether the contents were looked up with what they are edits of."""
    markings: Mapping[bytes, Marking]
    """The markings from now on, by identity."""
    recalled: bool
    gone: frozenset[str]
    """Events that their sender removed already."""
    entries: tuple[Entry, ...]
    effects: tuple[NewEffect, ...]
    at: datetime


class Contents(Protocol):
    """Delivered content on record."""

    async def of(self, event_id: str, whole: bool) -> Content | None:
        """The content of this event. `whole`: also what the event is an edit of."""

    async def carried_from(self, content: Content, *, named: bool = False) -> list[Content]:
        """What the steward carried of it to the other side of a request. `named`: to whom is
        going to be told to who wrote it; what a hidden requester got isn't among them."""

    async def overdue(self, room_id: str, day: date) -> list[Content]:
        """What stands in the room and whose last day is before that day."""

    async def outlived(self, room_id: str, before: datetime) -> list[Content]:
        """What stands in the room with personal data, since before that moment."""

    async def forget_personal_data(self, room_id: str, before: datetime) -> None:
        """Deletes the fingerprints of such content that stands no more."""

    async def withdraw(self, withdrawal: Withdrawal) -> bool:
        """Carries it out; False, and nothing done, if the contents aren't as they were."""

    async def tell(self, effects: Sequence[NewEffect]) -> None:
        """Writes effects alone."""
