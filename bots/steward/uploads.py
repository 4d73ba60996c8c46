"""Files that the steward sends: encrypted under a key of its own, uploaded to a place that is noted
before anything lies there, so that a copy which is made again is the same copy.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets

from bots.steward.attachments import encrypted
from rilon.adapters.homeserver import Homeserver
from rilon.domain.acts import Attachment


class Uploads:
    """Places and fills. `server` is the homeserver's name."""

    def __init__(self, homeserver: Homeserver, server: str) -> None:
        self._homeserver = homeserver
        self._server = server

    async def placed(self, data: bytes, mimetype: str, name: str, shown_as: str) -> Attachment:
        """A place and a key for these bytes. Nothing lies there yet."""
        key, begins = secrets.token_bytes(32), secrets.token_bytes(8)
        ciphertext = await asyncio.to_thread(encrypted, key, begins, data)
        media = await self._homeserver.reserve_media()
        return Attachment(
            server=self._server,
            media=media,
            key=key,
            counter=begins + bytes(8),
            digest=hashlib.sha256(ciphertext).digest(),
            mimetype=mimetype,
            size=len(data),
            name=name,
            shown_as=shown_as,
        )

    async def fill(self, file: Attachment, data: bytes) -> None:
        """Uploads the bytes to their place. Raises as the homeserver does."""
        ciphertext = await asyncio.to_thread(encrypted, file.key, file.counter[:8], data)
        await self._homeserver.fill_media(file.server, file.media, ciphertext)
