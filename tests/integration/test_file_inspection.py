"""Looking into files, in the process that really does it."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable

import pytest
from PIL import Image, PngImagePlugin

from rilon.adapters.file_inspection import inspect
from rilon.domain.files import FileType, Finding

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
BOMB_SIDE = 60_000


def picture(form: str, **options: object) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (64, 48), (10, 80, 160)).save(data, form, **options)
    return data.getvalue()


def with_position(form: str) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 1
    exif.get_ifd(0x8825).update({1: "S", 2: (8.0, 33.0, 12.0), 3: "E", 4: (125.0, 34.0, 0.0)})
    return picture(form, exif=exif)


def with_xmp_position() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", '<x exif:GPSLatitude="8,33.2S"/>')
    return picture("PNG", pnginfo=info)


def archive(inside: bytes = b"words") -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("hidden.txt", inside)
    return data.getvalue()


def bomb() -> bytes:
    """A small PNG that says it is enormous."""
    data = bytearray(picture("PNG"))
    data[16:24] = BOMB_SIDE.to_bytes(4) * 2
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "made", "mimetype", "expected"),
    [
        ("a JPEG", lambda: picture("JPEG"), "image/jpeg", Finding.CLEAN),
        ("a PNG", lambda: picture("PNG"), "image/png", Finding.CLEAN),
        ("a WebP", lambda: picture("WEBP"), "image/webp", Finding.CLEAN),
        ("a GIF", lambda: picture("GIF"), "image/gif", Finding.CLEAN),
        ("a PDF", lambda: PDF, "application/pdf", Finding.CLEAN),
        ("a PNG as JPEG", lambda: picture("PNG"), "image/jpeg", Finding.OTHER_TYPE),
        ("a picture as PDF", lambda: picture("PNG"), "application/pdf", Finding.OTHER_TYPE),
        ("a PDF as picture", lambda: PDF, "image/png", Finding.OTHER_TYPE),
        ("an archive as picture", archive, "image/png", Finding.OTHER_TYPE),
        ("a program as picture", lambda: b"\x7fELF" + bytes(99), "image/png", Finding.OTHER_TYPE),
        ("noise", lambda: os.urandom(4000), "image/png", Finding.UNREADABLE),
        ("nothing", lambda: b"", "image/png", Finding.UNREADABLE),
        ("half a picture", lambda: picture("PNG")[:60], "image/png", Finding.UNREADABLE),
        ("a place in a JPEG", lambda: with_position("JPEG"), "image/jpeg", Finding.POSITION),
        ("a place in a PNG", lambda: with_position("PNG"), "image/png", Finding.POSITION),
        ("a place in a WebP", lambda: with_position("WEBP"), "image/webp", Finding.POSITION),
        ("a place in XMP", with_xmp_position, "image/png", Finding.POSITION),
        ("an archive behind", lambda: picture("JPEG") + archive(), "image/jpeg", Finding.BESIDES),
        ("a document behind", lambda: picture("JPEG") + PDF, "image/jpeg", Finding.BESIDES),
        ("an archive behind a PDF", lambda: PDF + archive(), "application/pdf", Finding.BESIDES),
        (
            "a PDF that runs",
            lambda: PDF.replace(b"/Catalog", b"/Catalog/OpenAction<</S/JavaScript>>"),
            "application/pdf",
            Finding.BESIDES,
        ),
        (
            "a PDF that is locked",
            lambda: PDF.replace(b"/Root", b"/Encrypt 2 0 R/Root"),
            "application/pdf",
            Finding.UNREADABLE,
        ),
        ("a bomb", bomb, "image/png", Finding.UNREADABLE),
    ],
)
async def test_what_is_found(
    name: str, made: Callable[[], bytes], mimetype: str, expected: Finding
) -> None:
    assert await inspect(made(), FileType(mimetype)) is expected


async def test_a_type_that_is_not_known_is_unreadable() -> None:
    assert await inspect(picture("PNG"), "image/tiff") is Finding.UNREADABLE
