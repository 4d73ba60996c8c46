"""Which syncs have begun and which are worked off: how the gate knows that no key is coming.

A key that was shared before an event was sent is in the hands of the homeserver when the
event arrives. A sync begun after that moment, once worked off, has therefore brought it.
"""

from __future__ import annotations

import asyncio


class SyncClock:
    """Counts syncs. Number 0 means: none yet since the start."""

    def __init__(self) -> None:
        self.begun = 0
        self.finished = 0
        self._changed = asyncio.Condition()
        self._wanted = asyncio.Event()

    def begin(self) -> int:
        """A sync begins; its number."""
        self._wanted.clear()
        self.begun += 1
        return self.begun

    async def finish(self, number: int) -> None:
        """The sync of that number is worked off."""
        async with self._changed:
            self.finished = max(self.finished, number)
            self._changed.notify_all()

    async def wait_for(self, number: int) -> None:
        """Returns when a sync of at least that number is worked off."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.finished >= number)

    def want(self) -> int:
        """Asks for a sync that begins from now on, soon; the number to wait for."""
        self._wanted.set()
        return self.begun + 1

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits for a sync that hasn't begun."""
        return self._wanted.is_set()

    async def wanted(self) -> None:
        """Returns when somebody asked for a sync."""
        await self._wanted.wait()
