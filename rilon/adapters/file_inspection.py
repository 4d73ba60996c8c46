"""Looks into a file that an officer sends: is it what it is said to be, and nothing besides?

It runs as a process of its own, with nothing but the file's bytes and narrow limits, since what
it reads comes from whoever sends it and the steward holds everyone's keys. `inspect` starts
that process; `examine` is what happens within it.

    python -m rilon.adapters.file_inspection image/jpeg < bytes
"""

from __future__ import annotations

import asyncio
import io
import os
import resource
import sys
import zipfile

from rilon.adapters.plain_pictures import is_plain
from rilon.domain.files import FileType, Finding

MEMORY_BYTES = 1 << 30
PROCESSOR_S = 20
LONGEST_S = 30.0
_PLAIN = "plain"
MOST_PIXELS = 100_000_000
PICTURES = {
    FileType.JPEG: "JPEG",
    FileType.PNG: "PNG",
    FileType.WEBP: "WEBP",
    FileType.GIF: "GIF",
}
"""The names that the library of pictures has for them."""

_GPS = 0x8825
"""The tag of the directory with the place where a picture was taken (Exif 2.32, 4.6.3)."""
_PDF_ACTIVE = (b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile", b"/RichMedia", b"/XFA")


async def inspect(data: bytes, mimetype: str) -> Finding:
    """Examines the bytes in a process of its own. What can't be told is `UNREADABLE`."""
    return (await look_into(data, mimetype))[0]


async def look_into(data: bytes, mimetype: str) -> tuple[Finding, bool]:
    """The same, and whether it is a picture with nothing beside it (`plain_pictures`)."""
    kept = {key: os.environ[key] for key in ("PYTHONPATH",) if key in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        mimetype,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=kept,
    )
    try:
        async with asyncio.timeout(LONGEST_S):
            said, _ = await process.communicate(data)
    except TimeoutError:
        return Finding.UNREADABLE, False
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        found, _, plain = said.decode().partition(" ")
        return Finding(found), plain == _PLAIN
    except ValueError:
        return Finding.UNREADABLE, False


def examine(data: bytes, mimetype: str) -> Finding:
    """What the bytes are, beside what they are said to be."""
    kind = FileType(mimetype)
    return _picture(data, PICTURES[kind]) if kind in PICTURES else _pdf(data)


def _picture(data: bytes, expected: str) -> Finding:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(io.BytesIO(data), formats=list(PICTURES.values())) as picture:
            if picture.format != expected:
                # A JPEG with several pictures in it (MPO) opens as JPEG; nothing else differs.
                return Finding.OTHER_TYPE
            frames = getattr(picture, "n_frames", 1)
            picture.load()
            position = bool(picture.getexif().get_ifd(_GPS))
            if frames > 1:
                picture.seek(frames - 1)
                picture.load()
    except Exception:  # noqa: BLE001 - whatever a picture makes its reader do, it isn't one
        return Finding.OTHER_TYPE if _other_magic(data) else Finding.UNREADABLE
    if position or _says_position(data):
        return Finding.POSITION
    return Finding.BESIDES if _besides(data) else Finding.CLEAN


def _says_position(data: bytes) -> bool:
    """Places stand in XMP too, as text (Adobe XMP, part 2, `exif:GPSLatitude`)."""
    return b"GPSLatitude" in data or b"GPSLongitude" in data


def _besides(data: bytes) -> bool:
    """ATTACK: a file that is a picture to one program and an archive or a document to another."""
    return zipfile.is_zipfile(io.BytesIO(data)) or b"%PDF-" in data or b"\x7fELF" in data


def _pdf(data: bytes) -> Finding:
    if not data.startswith(b"%PDF-"):
        return Finding.OTHER_TYPE
    if b"%%EOF" not in data[-1024:] or b"/Encrypt" in data:
        return Finding.UNREADABLE
    active = any(name in data for name in _PDF_ACTIVE)
    return Finding.BESIDES if active or zipfile.is_zipfile(io.BytesIO(data)) else Finding.CLEAN


def _other_magic(data: bytes) -> bool:
    return data.startswith((b"%PDF-", b"PK\x03\x04", b"MZ", b"\x7fELF", b"#!", b"Rar!", b"7z"))


def main() -> None:
    """Reads the file from standard input and prints a word, or two."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_S, PROCESSOR_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    data, mimetype = sys.stdin.buffer.read(), sys.argv[1]
    found = examine(data, mimetype)
    plain = found is Finding.CLEAN and is_plain(data, FileType(mimetype))
    sys.stdout.write(f"{found.value} {_PLAIN}" if plain else found.value)


if __name__ == "__main__":
    main()
