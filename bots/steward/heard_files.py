"""Files of messages that the steward takes further, opened as the gate opened them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum

from bots.steward.hearing import Heard
from bots.steward.performer import NotYet
from rilon.application.ports import FileOpener, Unsure
from rilon.application.request_files import FileSaid
from rilon.domain.acts import Attachment
from rilon.policy.network import Network

WAITS = timedelta(minutes=2)
"""How long a message waits for its file, while the homeserver doesn't give it."""


class Missing(Enum):
    """What keeps words from going on, though they read well."""

    FILE = "its file can't be had"


class HeardFiles:
    """Opens them."""

    def __init__(self, files: FileOpener, now: Callable[[], datetime]) -> None:
        self._files = files
        self._now = now

    async def of(self, one: Heard, network: Network) -> FileSaid | Missing | None:
        """The message's file with what is in it. Raises NotYet while it may still be had."""
        return None if one.file is None else await self.opened(one.file, one.at, network)

    async def opened(self, file: Attachment, at: datetime, network: Network) -> FileSaid | Missing:
        """The same of a file that was heard before; `at`: since when it is waited for."""
        try:
            (facts,) = await self._files.open_all((file,), network.files.largest)
        except Unsure:
            if self._now() - at < WAITS:
                raise NotYet(2.0) from None
            return Missing.FILE
        return FileSaid(file, facts)
