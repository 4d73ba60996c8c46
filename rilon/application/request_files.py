"""A file that goes with words of a request: what was previewed, and the copy that is sent.

The steward sends the same bytes under a key, at a place and with a name of its own: deleting one
copy leaves the other, and nothing about a file tells where it comes from. Fetching and uploading
are the steward's (`bots.steward.request_files`); whether it may enter is the gate's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from rilon.domain.acts import Attachment
from rilon.domain.files import FileFacts, FileType
from rilon.wire import file_writing

HIDDEN = "own.hidden"
"""The rule that refuses a file which can tell who made it, where that is hidden."""

_ENDINGS: Mapping[FileType, str] = MappingProxyType(
    {
        FileType.JPEG: "jpg",
        FileType.PNG: "png",
        FileType.WEBP: "webp",
        FileType.GIF: "gif",
        FileType.PDF: "pdf",
    }
)


@dataclass(frozen=True, slots=True, repr=False)
class FileSaid:
    """The file of an officer's message, and what was found when it was opened."""

    file: Attachment
    facts: FileFacts


@dataclass(frozen=True, slots=True, repr=False)
class CarriedFile:
    """A file on its way to the other side.

    `source` is the officer's own upload, `copy` the steward's, once there is a place for it. `name`
    is the one under which it goes. `size` (bytes) and `digest` (SHA-256) are of the plaintext that
    was previewed: nothing else is sent. `plain`: nothing in it could tell who made it.
    """

    source: Attachment
    name: str
    size: int
    digest: bytes
    plain: bool = False
    copy: Attachment | None = None

    @property
    def shown(self) -> Attachment:
        """The file as readers get it."""
        return replace(self.copy or self.source, name=self.name, size=self.size)

    @property
    def kind(self) -> str:
        """What people call its type: `JPEG`, `PDF`."""
        return FileType(self.source.mimetype).name


def carried_file(said: FileSaid, number: str, words_id: str) -> CarriedFile:
    """The file as it is carried.

    ATTACK by mistake: `Report of Focal point 2.pdf`. People name files after themselves, and
    telephones after the minute; no name that its officer gave goes to the other side.
    """
    kind = FileType(said.file.mimetype)
    name = f"{number}-{words_id[:4]}.{_ENDINGS[kind]}"
    facts = said.facts
    return CarriedFile(said.file, name, facts.size, facts.digest, facts.plain)


def target(file: Attachment) -> str:
    """How the record names the ciphertext of a file: server and media."""
    return f"{file.server}/{file.media}"


def to_value(file: CarriedFile) -> dict[str, Any]:
    """The file as a value for JSON, with its keys: to be sealed."""
    return {
        "source": file_writing.to_value(file.source),
        "name": file.name,
        "size": file.size,
        "digest": file.digest.hex(),
        "plain": file.plain,
        "copy": None if file.copy is None else file_writing.to_value(file.copy),
    }


def from_value(value: Mapping[str, Any]) -> CarriedFile:
    """The file of a value that `to_value` made."""
    copy = value["copy"]
    return CarriedFile(
        file_writing.from_value(value["source"]),
        value["name"],
        value["size"],
        bytes.fromhex(value["digest"]),
        value["plain"],
        None if copy is None else file_writing.from_value(copy),
    )
