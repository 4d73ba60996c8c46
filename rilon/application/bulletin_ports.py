"""What the life of a bulletin needs from the outside: where versions are stored, under a lock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from rilon.application.bulletin_values import Pictures, Posting, State, Thread, Version
from rilon.application.ports import NewEffect
from rilon.application.publishing import Postings, Standing
from rilon.bulletins.reading import Bulletin
from rilon.domain.entries import Entry


@dataclass(frozen=True, slots=True, repr=False)
class Drafted:
    """A version that was stored, with what it says."""

    version: Version
    bulletin: Bulletin


Follows = Callable[[Drafted], Postings]
"""What is shown of a draft, and done about it: stored with it, or not at all."""


class LockedBulletin(Protocol):
    """A bulletin under its lock, in one transaction."""

    @property
    def version(self) -> Version:
        """Its latest version."""

    async def add(
        self,
        content: bytes,
        pictures: Pictures,
        digest: bytes,
        groups: Sequence[str],
        author: str | None,
        now: datetime,
        *,
        leave_out: bool,
    ) -> Version:
        """A new version, a draft; an earlier one that waits is over."""

    async def change(
        self,
        state: State,
        now: datetime,
        *,
        author: str | None = None,
        approved_by: str | None = None,
    ) -> Version:
        """The latest version's state from now on, and who brought it there."""

    async def speak_in(self, thread: Thread) -> None:
        """It is spoken of in that thread from now on."""

    async def pictures(self) -> Pictures:
        """Those of the latest version."""

    async def standing(self) -> tuple[Standing, ...]:
        """What stands of it in its rooms."""

    async def post(self, every: Sequence[Posting]) -> None:
        """Stores what is to be posted."""

    async def withdraw(self, now: datetime) -> None:
        """It is withdrawn from now on."""

    async def enter(self, entry: Entry) -> None:
        """Writes a ledger entry."""

    async def write(self, effects: Sequence[NewEffect]) -> None:
        """Writes effects."""


class Shelf(Protocol):
    """Bulletins as they are stored."""

    def begun(
        self, number: str, thread: Thread | None, period: str | None, now: datetime
    ) -> AbstractAsyncContextManager[LockedBulletin | None]:
        """A new bulletin under its lock; None if that number, thread or period is taken."""

    def locked(self, number: str) -> AbstractAsyncContextManager[LockedBulletin | None]:
        """A bulletin that has a version, under its lock."""

    async def in_thread(self, root: str) -> str | None:
        """The number of the bulletin that is spoken of in that thread."""
