"""Whether the bytes of an upload are a file in clear. Ciphertext looks like nothing at all."""

from __future__ import annotations

import codecs
from collections import Counter

LOOKED_AT = 512
"""Bytes at the beginning of a file."""

_SHORT = 32
"""So few bytes of ciphertext could be text by chance."""

_BEGINNINGS = (
    b"\xff\xd8\xff",  # JPEG
    b"\x89PNG",
    b"GIF8",
    b"RIFF",  # WebP, WAV, AVI
    b"%PDF-",
    b"PK\x03\x04",  # ZIP, and the office documents that are one
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",  # gzip
    b"BZh",
    b"\xfd7zXZ",
    b"\x7fELF",
    b"MZ",
    b"#!",
    b"OggS",
    b"ID3",
    b"fLaC",
    b"\x1aE\xdf\xa3",  # Matroska, WebM
    b"\xd0\xcf\x11\xe0",  # older office documents
    b"II*\x00",
    b"MM\x00*",  # TIFF
    b"\xff\x0a",  # JPEG XL
    b"\x28\xb5\x2f\xfd",  # Zstandard
    b"MThd",
    b"FLV\x01",
)


def is_in_clear(begin: bytes) -> bool:
    """Whether a file that begins so is one that programs can read. An empty file is."""
    if not begin or begin.startswith(_BEGINNINGS) or begin[4:8] == b"ftyp":
        return True
    return len(begin) >= _SHORT and (_is_text(begin) or _is_uneven(begin))


def _is_uneven(begin: bytes) -> bool:
    """Some byte stands there far more often than among random ones.

    ATTACK: a picture of a kind that isn't named above (BMP, ICO, JPEG 2000), whose header is
    mostly zeros. Of ciphertexts fewer than one in a million million look so.
    """
    return Counter(begin).most_common(1)[0][1] > 12 + len(begin) // 32


def _is_text(begin: bytes) -> bool:
    """The last letter may be cut in two."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(begin, final=False)
    except UnicodeDecodeError:
        return _is_wide_text(begin)
    return True


def _is_wide_text(begin: bytes) -> bool:
    """UTF-16: with or without its mark, every other byte of western text is zero."""
    if begin.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    half = len(begin) // 2
    return max(begin[::2].count(0), begin[1::2].count(0)) > half * 0.9
