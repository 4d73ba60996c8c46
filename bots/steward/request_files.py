"""The steward's copy of a file that goes with words of a request: made once, whatever dies.

The place and the key are noted before anything is uploaded, so a copy that is made again is the
same copy. What may be sent is decided elsewhere; here only what was previewed is copied.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from hmac import compare_digest

from bots.steward.attachments import Attachments
from bots.steward.uploads import Uploads
from rilon.adapters.homeserver import Homeserver, HomeserverAway, HomeserverError
from rilon.application.request_files import CarriedFile
from rilon.application.request_values import Words
from rilon.storage.requests import RequestStore

_NOT_GIVEN = "M_FILE_NOT_GIVEN"


class FileGone(Exception):
    """What was previewed can't be had any more: deleted, or something else lies there."""


class RequestFiles:
    """Copies files. `server` is the homeserver's name."""

    def __init__(
        self, homeserver: Homeserver, attachments: Attachments, requests: RequestStore, server: str
    ) -> None:
        self._homeserver = homeserver
        self._attachments = attachments
        self._requests = requests
        self._uploads = Uploads(homeserver, server)
        self._one = asyncio.Lock()
        """One file at a time is held in memory, in clear and encrypted."""

    async def copied(self, words: Words, largest: int) -> Words:
        """The words with the steward's copy of their file, uploaded; `largest` in bytes. Raises
        FileGone, or as the homeserver does."""
        if words.file is None:
            return words
        async with self._one:
            try:
                file = await self._copied(words, words.file, largest)
            except HomeserverAway:
                # An outage costs no attempt; a homeserver that answers, and gives no file, does.
                await self._homeserver.who_am_i()
                raise HomeserverError(502, _NOT_GIVEN) from None
        return replace(words, file=file)

    async def _copied(self, words: Words, file: CarriedFile, largest: int) -> CarriedFile:
        data = await self._previewed(file, largest)
        placed = file if file.copy else await self._placed(words, file, data)
        await self._upload(words, placed, data)
        return placed

    async def _previewed(self, file: CarriedFile, largest: int) -> bytes:
        """INVARIANT: byte for byte what was shown in the preview, or nothing."""
        try:
            data = await self._attachments.read(file.source, largest)
        except HomeserverError as error:
            if error.status == 404:
                raise FileGone from None
            raise
        if data is None or len(data) != file.size:
            raise FileGone
        if not compare_digest(hashlib.sha256(data).digest(), file.digest):
            raise FileGone
        return data

    async def _placed(self, words: Words, file: CarriedFile, data: bytes) -> CarriedFile:
        """The file with a place and a key of the steward's own, on record."""
        source = file.source
        copy = await self._uploads.placed(data, source.mimetype, source.name, source.shown_as)
        placed = replace(file, copy=copy)
        if not await self._requests.note_copy(words, placed):
            raise FileGone
        return placed

    async def _upload(self, words: Words, file: CarriedFile, data: bytes) -> None:
        copy = file.copy
        if copy is None:
            raise ValueError("no place for the copy")
        try:
            await self._uploads.fill(copy, data)
        except HomeserverError:
            # The place has lapsed, or wasn't taken: the next attempt takes another.
            await self._requests.note_copy(words, replace(file, copy=None))
            raise
