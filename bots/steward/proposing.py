"""What an officer says for the other side of a request, as it is proposed: words, marking, file.

Whether it may be said, and what it becomes, is `rilon.application.requests`.
"""

from __future__ import annotations

from datetime import datetime

from bots.steward.heard_files import HeardFiles, Missing
from bots.steward.hearing import Heard
from rilon.application.request_values import Place, WordsKind
from rilon.application.requests import Requests
from rilon.domain.request_hiding import may_mean_to_hide, without_hiding
from rilon.domain.request_mistakes import Misread, Wrong
from rilon.domain.request_numbers import RequestNumber
from rilon.domain.request_text import Asker, without_marking
from rilon.policy.network import Network

_AT_ONCE = frozenset({WordsKind.CLARIFICATION, WordsKind.DELAY})
"""Commands: who types one means to speak to the other side. A reply may be talk in the own desk."""


class Proposing:
    """Proposes."""

    def __init__(self, requests: Requests, files: HeardFiles) -> None:
        self._requests = requests
        self._files = files

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
        file = await self._files.of(one, network)
        if isinstance(file, Missing):
            return file
        if file is None and not said.strip():
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
            at_once=kind in _AT_ONCE and not may_mean_to_hide(said),
            until=until,
            hidden=bool(unnamed),
            file=file,
        )
        return None
