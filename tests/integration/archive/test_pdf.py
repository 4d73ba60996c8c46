"""A bulletin as a PDF: nothing is cut off or tells of machine and hour, and letters are shaped."""

from __future__ import annotations

import io
import re
from datetime import date
from importlib import import_module
from typing import Any

import pytest
from PIL import Image

from rilon.adapters.pdf import NoPdf, pdf_of, plain_png
from rilon.bulletins.print_form import Issue
from rilon.domain.parties import Party
from tests.unit.test_bulletin_reading import HEAD, good
from tests.unit.test_bulletin_written import RICH

pymupdf: Any = import_module("pymupdf")
ISSUE = Issue("BUL-7K3F-4", date(2026, 11, 20), Party("IDN"), date(2026, 11, 22))
THAI = "ขบวนการลักลอบขนคนเข้าเมืองที่นี่น้ำปู่กำลัง"
BENGALI = "নৌকাগুলো থেকে কর্তৃপক্ষ ক্ষতি স্ত্রী জাহাজের"


def photo(kind: str = "JPEG", size: tuple[int, int] = (400, 200), **more: Any) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, (20, 90, 160)).save(made, kind, **more)
    return made.getvalue()


async def pdf(text: str, **pictures: bytes) -> bytes | NoPdf:
    files = {f"{name}.png": data for name, data in pictures.items()}
    return await pdf_of(good(HEAD + text), ISSUE, files)


async def pages(text: str, **pictures: bytes) -> list[Any]:
    found = await pdf(text, **pictures)
    assert isinstance(found, bytes), found
    return list(pymupdf.open("pdf", found))


def words(some: list[Any]) -> str:
    return "\n".join(page.get_text() for page in some)


async def test_every_page_has_the_marking_at_its_head_and_foot_and_its_number() -> None:
    found = await pages("\n\n".join("word " * 150 for _ in range(20)))
    assert len(found) > 3
    for number, page in enumerate(found, start=1):
        lines = page.get_text().strip().split("\n")
        at = [spot.y0 for spot in page.search_for("TLP:AMBER //")]
        assert len(at) == 2
        assert at[0] < 60
        assert at[1] > page.rect.y1 - 60
        assert f"As of 2026-11-22, for IDN · Page {number} of {len(found)}" in lines
    assert "BUL-7K3F-4 · published 2026-11-20" in words(found)
    assert "Trends · 2026-10-01 to 2026-10-31" in words(found)


async def test_the_same_bulletin_is_the_same_bytes_and_says_nothing_of_machine_or_hour() -> None:
    one, other = [await pdf(RICH + f"\n{THAI}\n\n![m](m.png)\n", m=photo()) for _ in range(2)]
    assert one == other
    assert isinstance(one, bytes)
    document = pymupdf.open("pdf", one)
    said = {key: value for key, value in document.metadata.items() if value}
    assert said == {
        "format": "PDF 1.7",
        "title": "Boats on the northern route",
        "subject": "TLP:AMBER //",
    }
    assert document.language == "en"
    assert not re.search(rb"/ID ?\[|/CreationDate|/Producer|/JavaScript|/URI", one)


@pytest.mark.parametrize(
    "text",
    [
        "\n\n".join(f"w{at:04d}" for at in range(140)),
        "\n".join(f"- w{at:04d}" for at in range(140)),
        "\n".join(f"> w{at:04d}\n>" for at in range(140)),
        " ".join(f"w{at:04d}" for at in range(900)),
        "\n\n".join(f"# w{at:04d}" for at in range(90)),
        "| a | b |\n|--|--|\n" + "\n".join(f"| w{at:04d} | {THAI[:12]} |" for at in range(190)),
        "```\n" + "\n".join(f"w{at:04d}" for at in range(140)) + "\n```",
        "\n\n".join(
            f"w{at:04d} " + "x " * (at % 97) + f"\n\n1. w{at + 1:04d}" for at in range(0, 200, 2)
        ),
    ],
    ids=["paragraphs", "items", "quotes", "one", "headings", "table", "verbatim", "mixed"],
)
async def test_nothing_is_cut_off_where_a_page_ends(text: str) -> None:
    """A fault: rows and paragraphs that are lost between two pages."""
    asked = re.findall(r"w\d{4}", text)
    assert re.findall(r"w\d{4}", words(await pages(text))) == asked


async def test_the_head_of_a_table_stands_on_each_of_its_pages() -> None:
    rows = "\n".join(f"| w{at:04d} | {at} |" for at in range(120))
    found = await pages(f"| Route | Boats |\n|--|--:|\n{rows}\n")
    assert len(found) > 1
    assert all("Route\nBoats" in page.get_text() for page in found)


@pytest.mark.parametrize(
    "text",
    [
        "x" * 5_000,
        "ก" * 5_000,
        "ক" * 5_000,
        "| " + " | ".join("h" * 12) + " |\n" + "|--" * 12 + "|\n"
        + ("| " + " | ".join(["W"] * 12) + " |\n") * 199,
        "| " + " | ".join("h" * 12) + " |\n" + "|--" * 12 + "|\n"
        + ("| " + " | ".join(["W" * 120] * 12) + " |\n") * 4,
        "> - > - " + "y" * 900,
        "# " + "h" * 900,
        "`" + "c" * 900 + "`",
        "https://x.example/" + "u" * 900,
        "<https://x.example/" + "u" * 900 + ">",
    ],
)  # fmt: skip
async def test_what_is_too_wide_is_broken_and_stays_within_the_page(text: str) -> None:
    """ATTACK: words that run over the edge, where nobody reads them."""
    found = await pages(text)
    drawn = 0
    for page in found:
        for span in page.get_texttrace():
            for letter in span["chars"]:
                drawn += letter[1] != 0
                assert letter[3][0] > 40
                assert letter[3][2] < page.rect.x1 - 40
                assert letter[3][3] < page.rect.y1 - 10
    asked = sum(len(re.findall(r"[xกকWyhcu]", line)) for line in text.split("\n"))
    assert drawn >= asked


@pytest.mark.parametrize(("said", "font"), [(THAI, "Thai"), (BENGALI, "Bengali")])
async def test_letters_are_shaped_and_none_is_missing(said: str, font: str) -> None:
    """In the font of the script, no glyph 0; in Bengali fewer glyphs than letters, which join."""
    (page,) = await pages(said)
    spans = [span for span in page.get_texttrace() if font in span["font"]]
    glyphs = [letter[1] for span in spans for letter in span["chars"] if letter[1] > 0]
    assert len(glyphs) > 20
    for span in page.get_texttrace():
        assert all(letter[1] != 0 for letter in span["chars"]), span["font"]
    if font == "Bengali":
        assert len(glyphs) < len(said.replace(" ", ""))


async def test_a_picture_has_its_words_beneath_and_nothing_of_its_file() -> None:
    """ATTACK: the place where a picture was taken goes out with it."""
    exif = Image.Exif()
    exif[0x010E] = "taken at the secret cove"
    found = await pdf("![a map of the strait](m.png)", m=photo(exif=exif))
    assert isinstance(found, bytes)
    assert b"secret cove" not in found
    page = pymupdf.open("pdf", found)[0]
    (box,) = (page.get_image_bbox(image) for image in page.get_images(full=True))
    assert page.search_for("a map of the strait")[0].y0 >= box.y1 - 1
    assert b"secret cove" not in plain_png(photo(exif=exif))[0]


@pytest.mark.parametrize("size", [(4_000, 300), (300, 4_000), (1, 1)])
async def test_a_picture_of_any_shape_fits(size: tuple[int, int]) -> None:
    found = await pages("![a map](m.png)", m=photo("PNG", size))
    (page,) = (page for page in found if page.get_images())
    (box,) = (page.get_image_bbox(image) for image in page.get_images(full=True))
    inner = pymupdf.Rect(40, 40, page.rect.x1 - 40, page.rect.y1 - 80)
    assert box in inner


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", photo()[:300], photo("PNG", (9_000, 9_000))])
async def test_a_picture_that_can_not_be_read_is_refused(data: bytes) -> None:
    """ATTACK: a picture that isn't one, or is too large to open."""
    assert await pdf("![a map](m.png)", m=data) is NoPdf.PICTURES


async def test_a_missing_picture_is_refused() -> None:
    assert await pdf("![a map](m.png)") is NoPdf.PICTURES


async def test_what_takes_too_long_is_ended() -> None:
    """ATTACK: a bulletin that keeps its process busy."""
    found = await pdf_of(good(HEAD + "word"), ISSUE, {}, longest_s=0.01)
    assert found is NoPdf.FAILED


async def test_more_than_three_hundred_pages_are_refused() -> None:
    assert await pdf("\n\n".join("a\\\n" * 60 + "b" for _ in range(310))) is NoPdf.TOO_LONG
