"""Performing effects: takes what is due from the outbox and does it, each subject in order.

At least once: an effect under way when the process died is performed again, and every way of
performing here leads to one visible effect. What can't succeed is given up and reported.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from rilon.adapters.homeserver import (
    HomeserverAway,
    HomeserverError,
    TokenRevoked,
    TooManyRequests,
)
from rilon.application.ports import DueEffect
from rilon.storage.effects import Effects, backoff

logger = logging.getLogger(__name__)

Json = dict[str, Any]
Perform = Callable[[DueEffect], Awaitable[Json]]

SWEEP_S = 0.3
"""How often the outbox is looked at when nobody says that there is something."""
SIDE_BY_SIDE = 8
AWAY = timedelta(seconds=2)
"""How often something is tried while the homeserver is away."""
MOST_ATTEMPTS = 15
"""An effect that the homeserver refuses so often is given up (about eight minutes)."""


NEVER_GIVEN_UP = frozenset({"remove", "redact", "empty_room", "delete_file"})
"""Taking somebody, or an event that got past the gate, out of a room."""


class NotYet(Exception):
    """Something that the effect needs isn't there yet; try again in so many seconds."""

    def __init__(self, seconds: float = 0.3) -> None:
        super().__init__(f"try again in {seconds} s")
        self.seconds = seconds


class Performer:
    """Performs effects until it is cancelled. `kinds` maps each kind to its performing."""

    def __init__(
        self, effects: Effects, kinds: dict[str, Perform], now: Callable[[], datetime]
    ) -> None:
        self._effects = effects
        self._kinds = dict(kinds)
        self._now = now
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._awake = asyncio.Event()

    def perform_too(self, kinds: dict[str, Perform]) -> None:
        """More kinds. Raises ValueError for one that is performed already: the later would
        silently take the place of the other."""
        if twice := self._kinds.keys() & kinds.keys():
            raise ValueError(f"two ways to perform {min(twice)}")
        self._kinds |= kinds

    def wake(self) -> None:
        """Something may be due: look now."""
        self._awake.set()

    async def run(self) -> None:
        """Raises TokenRevoked; all else is tried again."""
        while True:
            self._awake.clear()
            try:
                await self._start_what_is_due()
            except TokenRevoked:
                raise
            except Exception as error:  # noqa: BLE001 - tried again, whatever it is
                logger.warning("the outbox can't be read: %s", type(error).__name__)
                await asyncio.sleep(1.0)
            try:
                await asyncio.wait_for(self._awake.wait(), SWEEP_S)
            except TimeoutError:
                continue

    async def _start_what_is_due(self) -> None:
        room = SIDE_BY_SIDE - len(self._busy)
        if room <= 0:
            return
        for due in await self._effects.next_due(self._now(), list(self._busy), room):
            if due.subject not in self._busy:
                task = asyncio.create_task(self._perform(due))
                self._busy[due.subject] = task
                task.add_done_callback(partial(self._ended, due.subject))

    def _ended(self, subject: str, task: asyncio.Task[None]) -> None:
        self._busy.pop(subject, None)
        if not task.cancelled() and task.exception() is not None:
            # The database was away while the outcome was noted: the effect is still due.
            logger.warning("an effect's outcome was not noted: %s", type(task.exception()).__name__)
        self.wake()

    async def _perform(self, due: DueEffect) -> None:
        try:
            result = await self._kinds[due.kind](due)
        except NotYet as missing:
            again = self._now() + timedelta(seconds=missing.seconds)
            await self._effects.postpone(due, "not_yet", again)
        except TooManyRequests as error:
            wait = timedelta(seconds=min(error.after, 5.0))
            await self._effects.postpone(due, "rate", self._now() + wait)
        except HomeserverError as error:
            await self._refused(due, error)
        except (TimeoutError, HomeserverAway, OSError) as error:
            # Nobody said no: however long that lasts, nothing is given up for it.
            await self._effects.postpone(due, type(error).__name__, self._now() + AWAY)
        except Exception as error:  # noqa: BLE001 - tried again, whatever it is
            # The kind alone: a traceback's last line would quote the error's text.
            logger.error("an effect (%s) failed: %s", due.kind, type(error).__name__)
            await self._later(due, type(error).__name__)
        else:
            await self._effects.done(due, result, self._now())

    async def _refused(self, due: DueEffect, error: HomeserverError) -> None:
        if due.attempts >= MOST_ATTEMPTS and due.kind not in NEVER_GIVEN_UP:
            logger.error("an effect (%s) is given up: %s", due.kind, error)
            await self._effects.fail(due, error.errcode, self._now())
        else:
            await self._later(due, error.errcode)

    async def _later(self, due: DueEffect, problem: str) -> None:
        until = self._now() + backoff(due.attempts)
        await self._effects.postpone(due, problem, until, counts=True)
