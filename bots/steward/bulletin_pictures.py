"""Pictures that analysts send into the thread of a bulletin: opened, looked at, kept with it."""

from __future__ import annotations

import re
from typing import Protocol

from bots.steward.heard_files import HeardFiles, Missing
from bots.steward.hearing import Heard
from bots.steward.performer import NotYet
from rilon.adapters.homeserver import HomeserverAway, HomeserverError, TooManyRequests
from rilon.adapters.plain_pictures import is_plain
from rilon.application.bulletin_values import Picture
from rilon.domain.acts import Attachment
from rilon.domain.files import FileType
from rilon.policy.network import Network
from rilon.storage.bulletin_threads import BulletinThreads

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}\.(?:png|jpe?g)", re.IGNORECASE)
_TYPES = {"png": FileType.PNG, "jpg": FileType.JPEG, "jpeg": FileType.JPEG}


class Reader(Protocol):
    """Reads files of messages."""

    async def read(self, file: Attachment, largest: int) -> bytes | None:
        """The file's bytes; None for what isn't what the message says."""


class BulletinPictures:
    """Keeps them."""

    def __init__(self, files: HeardFiles, reader: Reader, threads: BulletinThreads) -> None:
        self._files = files
        self._reader = reader
        self._threads = threads

    async def keep(
        self, root: str, one: Heard, caption: str, network: Network
    ) -> tuple[str, str | None]:
        """Its name, and why it isn't kept. Raises NotYet while it may still be had."""
        name = name_of_picture(caption, "" if one.file is None else one.file.name)
        if one.file is None or name is None:
            return "", "name"
        found = await self._files.of(one, network)
        if found is None or isinstance(found, Missing):
            return name, "away"
        try:
            data = await self._reader.read(one.file, network.files.largest)
        except (HomeserverAway, TooManyRequests):
            raise NotYet(2.0) from None
        except HomeserverError:
            return name, "away"
        if data is None:
            return name, "away"
        kind = _TYPES[name.rpartition(".")[2].lower()]
        if found.file.mimetype != kind.value:
            return name, "kind"
        if not is_plain(data, kind):
            return name, "plain"
        kept = await self._threads.keep_picture(root, name, Picture(kind, data))
        return name, None if kept else "many"


def name_of_picture(caption: str, file: str) -> str | None:
    """The name under which the text has it: the caption, or what the file is called."""
    for name in (caption.strip(), file.strip()):
        if _NAME.fullmatch(name):
            return name
    return None
