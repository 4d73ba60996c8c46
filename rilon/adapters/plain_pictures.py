"""Whether a picture holds nothing beside itself that could tell who made it, when, or with what.

Only parts that a picture needs are known here; any other makes it not plain. It reads lengths and
names of parts, nothing within them.
"""

from __future__ import annotations

from rilon.domain.files import FileType

_PNG_BEGIN = b"\x89PNG\r\n\x1a\n"
_PNG_PARTS = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD",
     b"pHYs"}
)  # fmt: skip
"""Size, colours, pixels. Left out: text, times, Exif, profiles (they name screens and their
owners), and chunks that anybody may define (PNG, third edition, 11)."""

_SOI, _EOI, _SOS, _APP0, _ADOBE = 0xD8, 0xD9, 0xDA, 0xE0, 0xEE
_JPEG_PARTS = frozenset({0xC4, 0xDB, 0xDD, *(set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC})})
"""Tables and frames (ITU-T T.81, table B.1). Left out: comments, and what applications add."""
_RESTARTS = range(0xD0, 0xD8)


def is_plain(data: bytes, kind: FileType) -> bool:
    """Whether nothing but the picture is there. Of kinds that aren't known here nothing is."""
    try:
        match kind:
            case FileType.PNG:
                return _png(data)
            case FileType.JPEG:
                return _jpeg(data)
    except IndexError:
        return False
    return False


def _png(data: bytes) -> bool:
    if not data.startswith(_PNG_BEGIN):
        return False
    at = len(_PNG_BEGIN)
    while True:
        length, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        at += 12 + length
        if name not in _PNG_PARTS or at > len(data):
            return False
        if name == b"IEND":
            return length == 0 and at == len(data)


def _jpeg(data: bytes) -> bool:
    if data[:2] != bytes((0xFF, _SOI)):
        return False
    at = 2
    while True:
        if data[at] != 0xFF:
            return False
        marker = data[at + 1]
        if marker == _EOI:
            return at + 2 == len(data)
        length = int.from_bytes(data[at + 2 : at + 4])
        end = at + 2 + length
        if length < 2 or end > len(data) or not _is_jpeg_part(marker, data[at + 4 : end]):
            return False
        at = _after_scan(data, end) if marker == _SOS else end


def _is_jpeg_part(marker: int, inside: bytes) -> bool:
    """JFIF's own header, without a thumbnail, and Adobe's, which says how colours are meant."""
    if marker == _APP0:
        return inside.startswith(b"JFIF\x00") and len(inside) == 14
    if marker == _ADOBE:
        return inside.startswith(b"Adobe") and len(inside) == 12
    return marker == _SOS or marker in _JPEG_PARTS


def _after_scan(data: bytes, at: int) -> int:
    """Where the next marker stands after coded pixels."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0:
            raise IndexError
        after = data[at + 1]
        if after != 0 and after not in _RESTARTS:
            return at
        at += 2
