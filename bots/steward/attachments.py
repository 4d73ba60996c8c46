"""The files of messages: fetched, decrypted, and looked into by a process of its own.

It says what a file is. Whether it may enter is `rilon.policy.file_rules`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from hmac import compare_digest

from Crypto.Cipher import AES
from Crypto.Util import Counter

from rilon.adapters.file_inspection import look_into
from rilon.adapters.homeserver import (
    Homeserver,
    HomeserverAway,
    HomeserverError,
    TooLarge,
    TooManyRequests,
)
from rilon.application.ports import Unsure
from rilon.domain.acts import Attachment
from rilon.domain.files import FileFacts, Finding

AT_ONCE = 2
"""Files that are held in memory at the same time."""
REMEMBERED = 500
_NOT_THERE_YET = "M_NOT_YET_UPLOADED"


class Attachments:
    """Opens files, and remembers what it found: a client that was told to ask later asks again.

    `server` is the homeserver's name; files elsewhere are not fetched.
    """

    def __init__(self, homeserver: Homeserver, server: str) -> None:
        self._homeserver = homeserver
        self._server = server
        self._places = asyncio.Semaphore(AT_ONCE)
        self._known: OrderedDict[Attachment, FileFacts] = OrderedDict()

    async def open_all(self, files: Sequence[Attachment], largest: int) -> tuple[FileFacts, ...]:
        """What is known of each file, in their order. Raises Unsure."""
        return tuple([await self._facts(file, largest) for file in files])

    async def _facts(self, file: Attachment, largest: int) -> FileFacts:
        if (known := self._known.get(file)) is not None:
            return known
        async with self._places:
            if (known := self._known.get(file)) is None:
                known = self._known[file] = await self._look(file, largest)
                while len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
        return known

    async def _look(self, file: Attachment, largest: int) -> FileFacts:
        if file.server != self._server:
            return FileFacts(Finding.UNREADABLE)
        try:
            ciphertext = await self._homeserver.download(file.server, file.media, largest)
        except TooLarge:
            return FileFacts(Finding.TOO_LARGE)
        except (HomeserverAway, TooManyRequests) as error:
            raise Unsure(type(error).__name__) from error
        except HomeserverError as error:
            if error.errcode == _NOT_THERE_YET:
                raise Unsure("not uploaded yet") from error
            return FileFacts(Finding.UNREADABLE)
        data = await asyncio.to_thread(decrypted, file, ciphertext)
        if data is None:
            return FileFacts(Finding.UNREADABLE)
        found, plain = await look_into(data, file.mimetype)
        return FileFacts(found, len(data), hashlib.sha256(data).digest(), plain)

    async def read(self, file: Attachment, largest: int) -> bytes | None:
        """The bytes of a file; None for one that lies elsewhere, is too large, or isn't the one
        whose digest its message names. Raises as `Homeserver.download` does."""
        if file.server != self._server:
            return None
        async with self._places:
            try:
                ciphertext = await self._homeserver.download(file.server, file.media, largest)
            except TooLarge:
                return None
            return await asyncio.to_thread(decrypted, file, ciphertext)


def decrypted(file: Attachment, ciphertext: bytes) -> bytes | None:
    """The plaintext; None when the ciphertext isn't the one whose digest the message names.

    AES-256 in counter mode with a counter of 64 bits (Matrix, sending encrypted attachments).
    """
    if not compare_digest(hashlib.sha256(ciphertext).digest(), file.digest):
        return None
    counter = Counter.new(
        64, prefix=file.counter[:8], initial_value=int.from_bytes(file.counter[8:])
    )
    return bytes(AES.new(file.key, AES.MODE_CTR, counter=counter).decrypt(ciphertext))


def encrypted(key: bytes, begins: bytes, data: bytes) -> bytes:
    """The ciphertext. `begins` are 8 random bytes: the counter goes on from nought behind them."""
    counter = Counter.new(64, prefix=begins, initial_value=0)
    return bytes(AES.new(key, AES.MODE_CTR, counter=counter).encrypt(data))
