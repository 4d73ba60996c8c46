"""What an officer says for the other side of a request, as it is proposed: words, marking, file.

Whether it may be said, and what it becomes, is `rilon.application.requests`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum

from bots.steward.hearing import Heard
from bots.steward.performer import NotYet
from rilon.application.ports import FileOpener, Unsure
from rilon.application.request_files import FileSaid
from rilon.application.request_values import Place, WordsKind
from rilon.application.requests import Requests
from rilon.domain.acts import Attachment
from rilon.domain.request_hiding import without_hiding
from rilon.domain.request_mistakes import Misread, Wrong
from rilon.domain.request_numbers import RequestNumber
from rilon.domain.request_text import Asker, without_marking
from rilon.policy.network import Network

FILE_WAITS = timedelta(minutes=2)
"""How long an answer waits for its file, while the homeserver doesn't give it."""

_AT_ONCE = frozenset({WordsKind.CLARIFICATION, WordsKind.DELAY})
"""Commands: who types one means to speak to the other side. A reply may be talk in the own desk."""


class Missing(Enum):
    """What kept words from being proposed, though they read well."""

    FILE = "its file can't be had"


class Proposing:
    """Proposes. `files` opens what the gate has opened before."""

    def __init__(self, requests: Requests, files: FileOpener, now: Callable[[], datetime]) -> None:
        self._requests = requests
        self._files = files
        self._now = now

    async def propose(
        self,
        words: str | None,
        at: Place | RequestNumber,
        kind: WordsKind,
        one: Heard,
        asker: Asker,
        network: Network,
        until: datetime | None = None,
    ) -> Misread | Missing | None:
        """Words for the other side; `words` None: the whole message, without its marking. Gives
        what is wrong with it. Raises NotYet while its file may still be had."""
        found = without_marking(one.body, asker)
        if isinstance(found, Misread):
            return found
        apart = without_hiding(found.text if words is None else words)
        if isinstance(apart, Misread):
            return apart
        said, unnamed = apart
        file = None if one.file is None else await self._opened(one, one.file, network)
        if file is None:
            if one.file is not None:
                return Missing.FILE
            if not said.strip():
                part = kind is WordsKind.PART
                wrong = Wrong.WORDS_MISSING if part else Wrong.EMPTY
                return Misread(wrong, nearest="!partial …" if part else "")
        await self._requests.propose(
            one.sender,
            at,
            said,
            found.marking,
            kind,
            one.event_id,
            at_once=kind in _AT_ONCE,
            until=until,
            hidden=bool(unnamed),
            file=file,
        )
        return None

    async def _opened(self, one: Heard, file: Attachment, network: Network) -> FileSaid | None:
        """The file with what is in it, as the gate found it; None if it can't be had for long."""
        try:
            (facts,) = await self._files.open_all((file,), network.files.largest)
        except Unsure:
            if self._now() - one.at < FILE_WAITS:
                raise NotYet(2.0) from None
            return None
        return FileSaid(file, facts)
