"""Pictures with nothing beside themselves, and all that may lie beside one."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from rilon.adapters.plain_pictures import is_plain
from rilon.domain.files import FileType


def saved(form: str, mode: str = "RGB", **options: Any) -> bytes:
    data = io.BytesIO()
    Image.effect_noise((90, 70), 60).convert(mode).save(data, form, **options)
    return data.getvalue()


def exif() -> Image.Exif:
    made = Image.Exif()
    made[0x0112] = 1
    return made


def png_text() -> PngImagePlugin.PngInfo:
    made = PngImagePlugin.PngInfo()
    made.add_text("Author", "focal point")
    return made


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


JPEG, PNG = FileType.JPEG, FileType.PNG
END = b"\xff\xd9"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (saved("JPEG"), JPEG),
        (saved("JPEG", progressive=True), JPEG),
        (saved("JPEG", "L", quality=100), JPEG),
        (saved("JPEG", "CMYK"), JPEG),
        (saved("JPEG", dpi=(300, 300), optimize=True), JPEG),
        (saved("JPEG", restart_marker_blocks=2), JPEG),
        (saved("PNG"), PNG),
        (saved("PNG", "P"), PNG),
        (saved("PNG", "RGBA", dpi=(96, 96)), PNG),
    ],
)
def test_a_picture_alone_is_plain(data: bytes, kind: FileType) -> None:
    assert is_plain(data, kind)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (saved("JPEG", exif=exif()), JPEG),
        (saved("JPEG", comment=b"by me"), JPEG),
        (saved("JPEG", icc_profile=profile()), JPEG),
        (saved("JPEG", xmp=b"<x:xmpmeta/>"), JPEG),
        (saved("JPEG") + b"me", JPEG),
        (saved("JPEG") + saved("JPEG"), JPEG),
        (saved("JPEG").replace(END, b"\xff\xed\x00\x08Photo!" + END), JPEG),
        (saved("JPEG").replace(b"\x00\x10JFIF\x00", b"\x00\x10JFXX\x00", 1), JPEG),
        (saved("JPEG")[:-2], JPEG),
        (saved("JPEG")[:300], JPEG),
        (saved("PNG", exif=exif()), PNG),
        (saved("PNG", pnginfo=png_text()), PNG),
        (saved("PNG", icc_profile=profile()), PNG),
        (saved("PNG") + b"me", PNG),
        (saved("PNG")[:-1], PNG),
        (saved("PNG"), JPEG),
        (saved("JPEG"), PNG),
        (saved("GIF"), FileType.GIF),
        (saved("WEBP"), FileType.WEBP),
        (b"%PDF-1.4\n%%EOF", FileType.PDF),
        (b"", JPEG),
        (b"", PNG),
        (b"\xff\xd8\xff\xda", JPEG),
        (b"\xff\xd8\xff\xdb\x00\x00", JPEG),
    ],
)
def test_what_may_tell_more_than_the_picture_is_not_plain(data: bytes, kind: FileType) -> None:
    assert not is_plain(data, kind)


@pytest.mark.parametrize(("form", "kind"), [("JPEG", JPEG), ("PNG", PNG)])
def test_a_cut_picture_is_never_plain(form: str, kind: FileType) -> None:
    data = saved(form)
    assert not any(is_plain(data[:end], kind) for end in range(len(data)))
