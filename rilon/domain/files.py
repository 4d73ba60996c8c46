"""Files: which types there are, and what is known of one once it was opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class FileType(StrEnum):
    """What can be told from its content alone. Policy admits some of these, and nothing else."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    GIF = "image/gif"
    PDF = "application/pdf"

    @property
    def is_picture(self) -> bool:
        """Whether clients show it as a picture."""
        return self is not FileType.PDF


ENDINGS: Mapping[FileType, frozenset[str]] = MappingProxyType(
    {
        FileType.JPEG: frozenset({"jpg", "jpeg"}),
        FileType.PNG: frozenset({"png"}),
        FileType.WEBP: frozenset({"webp"}),
        FileType.GIF: frozenset({"gif"}),
        FileType.PDF: frozenset({"pdf"}),
    }
)
"""What a file's name ends with, by its type."""


class Finding(StrEnum):
    """What was found when a file was opened."""

    CLEAN = "clean"
    OTHER_TYPE = "other_type"
    POSITION = "position"
    """A picture says where it was taken."""
    BESIDES = "besides"
    """Something else lies in the file: an archive, a program, a document's own programs."""
    UNREADABLE = "unreadable"
    """It can't be fetched, decrypted or read."""
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True, repr=False)
class FileFacts:
    """An opened file. `size` in bytes and `digest` (SHA-256) are of the plaintext. `plain`: there
    is nothing in it beside a picture that could tell who made it; a document never is."""

    finding: Finding
    size: int = 0
    digest: bytes = b""
    plain: bool = False
