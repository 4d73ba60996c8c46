"""What the homeserver takes for a file in clear, and that it takes no ciphertext for one."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image

from rilon.gate.clear_files import LOOKED_AT, is_in_clear

SHOWN = ("BMP", "GIF", "ICO", "JPEG", "JPEG2000", "PNG", "TIFF", "WEBP", "PDF")


@pytest.mark.parametrize("kind", SHOWN)
def test_every_picture_that_a_browser_may_show_is_in_clear(kind: str) -> None:
    data = io.BytesIO()
    Image.effect_noise((64, 64), 80).convert("RGB").save(data, kind)
    assert is_in_clear(data.getvalue()[:LOOKED_AT])


@pytest.mark.parametrize(
    "text",
    [
        "the boat leaves at four from the northern harbour",
        "<svg xmlns='http://www.w3.org/2000/svg'><text>left</text></svg>",
        "নৌকাটি চারটায় ছাড়বে, উত্তরের বন্দর থেকে",
    ],
)
def test_text_in_any_encoding_is_in_clear(text: str) -> None:
    for encoding in ("utf-8", "utf-16", "utf-16-le"):
        if encoding == "utf-16-le" and not text.isascii():
            continue
        assert is_in_clear(text.encode(encoding)), encoding


def test_ciphertext_is_not() -> None:
    """But for what begins by chance as a file would: fewer than one in two thousand."""
    ciphers = random.Random(20261122)
    sizes = (32, 33, 64, 100, 500, LOOKED_AT)
    taken = [is_in_clear(ciphers.randbytes(sizes[number % 6])) for number in range(12_000)]
    assert sum(taken) <= 6
