"""A bulletin as a PDF: the same bytes for the same bulletin, with nothing of machine or hour.

It is made in a process of its own, with narrow limits: letters are shaped and pictures are read by
large libraries, and the steward holds everyone's keys. What doesn't fit on a page is refused and
never cut off.

    python -m rilon.adapters.pdf < form
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import resource
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from enum import StrEnum
from importlib import import_module
from typing import Any

from rilon.bulletins.blocks import Block, Items, Picture, Quote
from rilon.bulletins.print_form import PAGE, PAGES, TEXT_WIDE, Issue, Piece, PrintForm, print_form
from rilon.bulletins.reading import Bulletin

MEMORY_BYTES = 2 << 30
PROCESSOR_S = 30
LONGEST_S = 45.0
MOST_PAGES = 300
MOST_PICTURE_BYTES = 40_000_000
MOST_PIXELS = 40_000_000
_A_PICTURE_S_SIDE = 2_000
"""Pixels of a picture's longer side: more aren't seen on a page."""

_STYLE = """
p { margin: 4pt 0; }
body { margin: 0; font-family: sans-serif; font-size: 10pt; overflow-wrap: break-word; }
h1 { font-size: 18pt; margin: 0 0 4pt 0; } h2 { font-size: 14pt; } h3 { font-size: 12pt; }
h4, h5, h6 { font-size: 10pt; }
.about { color: #444; margin: 0 0 8pt 0; }
.marking { font-weight: bold; text-align: center; margin: 2pt 0; }
.copy { color: #444; text-align: center; font-size: 8pt; margin: 0; }
table { border-collapse: collapse; font-size: 8pt; margin: 0; }
th, td { border: 0.5pt solid #777; padding: 2pt; text-align: left; }
.right { text-align: right; }
pre { white-space: pre-wrap; font-size: 9pt; background-color: #f3f3f3; }
blockquote { margin: 6pt 0 6pt 16pt; }
del { text-decoration: line-through; }
figure, figcaption { display: block; text-align: left; margin: 4pt 0; }
figcaption { color: #444; font-size: 8pt; }
"""
_MARGIN, _HEAD, _FOOT = 50, 56, 80
"""Points: beside the text; from the edge of the paper to the text, above and below."""
_EDGE = 22
"""Points from the edge of the paper to the head and from the foot to the edge."""
_A_PICTURE_HIGH = 480
"""Points."""
_SPACE = 14
"""Points between the text and the foot."""


class NoPdf(StrEnum):
    """Why there is no PDF."""

    DOES_NOT_FIT = "does_not_fit"
    """Something is wider or higher than a page, or the marking has no room in its head."""
    TOO_LONG = "too_long"
    PICTURES = "pictures"
    """They are too large together, one can't be read, or one is missing."""
    FAILED = "failed"
    """It took too long, or the process ended."""


async def pdf_of(
    bulletin: Bulletin, issue: Issue, pictures: Mapping[str, bytes], longest_s: float = LONGEST_S
) -> bytes | NoPdf:
    """The PDF, or why there is none. `pictures` are the bytes of each PNG or JPEG by its name."""
    named = {block.file for block in _pictures(bulletin.blocks)}
    if not named <= pictures.keys():
        return NoPdf.PICTURES
    if sum(len(pictures[name]) for name in named) > MOST_PICTURE_BYTES:
        return NoPdf.PICTURES
    # The type is put right when the picture has been read.
    given = {name: ("image/png", pictures[name]) for name in sorted(named)}
    form = json.dumps(asdict(print_form(bulletin, issue, given))).encode()
    kept = {key: os.environ[key] for key in ("PYTHONPATH",) if key in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=kept,
    )
    try:
        async with asyncio.timeout(longest_s):
            said, _ = await process.communicate(form)
    except TimeoutError:
        return NoPdf.FAILED
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == 0 and said.startswith(b"%PDF-"):
        return said
    return NoPdf(said.decode()) if said in {one.encode() for one in NoPdf} else NoPdf.FAILED


def _pictures(blocks: tuple[Block, ...]) -> Iterator[Picture]:
    for block in blocks:
        match block:
            case Picture():
                yield block
            case Quote():
                yield from _pictures(block.blocks)
            case Items():
                for item in block.items:
                    yield from _pictures(item)


# --- within the process --------------------------------------------------------------------------


class Refused(Exception):
    """There is no PDF of it. Its argument is a `NoPdf`."""


def make(form: PrintForm) -> bytes:
    """The PDF. Raises Refused."""
    pymupdf: Any = import_module("pymupdf")
    form = replace(form, body=tuple(map(_with_plain_pictures, form.body)))
    pages = _laid_out(form, 0, None)
    made = io.BytesIO()
    writer = pymupdf.DocumentWriter(made)
    _laid_out(form, pages, writer)
    writer.close()
    document = pymupdf.open("pdf", made.getvalue())
    document.set_metadata({"title": form.title, "subject": form.marking})
    document.set_language(form.language)
    document.xref_set_key(document.pdf_catalog(), "Info", "null")
    document.subset_fonts()
    return bytes(document.tobytes(garbage=4, deflate=True, no_new_id=True))


def _laid_out(form: PrintForm, pages: int, writer: Any) -> int:
    """Lays the pieces out on pages, and draws them if there is a writer; how many pages there are.

    Each piece is laid out by itself. A library that divides a long text among pages lost rows and
    paragraphs without a word, depending on the height of a line.
    """
    sheets = _Sheets(form, pages, writer)
    for piece in form.body:
        sheets.put(piece)
    return sheets.done()


class _Sheets:
    """Pages, one after another, each with its head and foot."""

    def __init__(self, form: PrintForm, pages: int, writer: Any) -> None:
        pymupdf: Any = import_module("pymupdf")
        self._pdf, self._form, self._pages, self._writer = pymupdf, form, pages, writer
        self._paper = pymupdf.paper_rect("a4")
        self._number, self._device = 0, None
        self._bottom = self._paper.y1 - _FOOT
        self._begin()

    def put(self, piece: Piece) -> None:
        """A piece where it fits: here, or else from the top of a page."""
        story = self._story(piece.html)
        more, filled = story.place(self._rest())
        if (more or filled[3] > self._bottom) and self._at > _HEAD:
            self._begin()
            if piece.again:
                self._put_whole(piece.again)
            story = self._story(piece.html)
            more, filled = story.place(self._rest())
        while True:
            self._draw(story, filled, self._bottom)
            if not more:
                return
            self._begin()
            more, filled = story.place(self._rest())

    def done(self) -> int:
        self._end()
        return self._number

    def _story(self, html: str) -> Any:
        return self._pdf.Story(html, user_css=_STYLE)

    def _rest(self) -> Any:
        return self._pdf.Rect(_MARGIN, self._at, _MARGIN + TEXT_WIDE, self._bottom)

    def _put_whole(self, html: str) -> None:
        story = self._story(html)
        more, filled = story.place(self._rest())
        if more:
            raise Refused(NoPdf.DOES_NOT_FIT)
        self._draw(story, filled, self._bottom)

    def _draw(self, story: Any, filled: Any, bottom: float) -> None:
        """INVARIANT: what is drawn is within its place: what reaches over it is cut off."""
        if filled[2] > _MARGIN + TEXT_WIDE + 1 or filled[3] > bottom:
            raise Refused(NoPdf.DOES_NOT_FIT)
        story.draw(self._device)
        self._at = filled[3]

    def _begin(self) -> None:
        if self._number:
            self._end()
        self._number += 1
        if self._number > MOST_PAGES:
            raise Refused(NoPdf.TOO_LONG)
        if self._writer:
            self._device = self._writer.begin_page(self._paper)
        self._at = _HEAD

    def _end(self) -> None:
        counted = self._form.foot.replace(PAGE, str(self._number))
        counted = counted.replace(PAGES, str(self._pages or MOST_PAGES))
        below = self._bottom + _SPACE
        for html, top, end in (
            (self._form.head, _EDGE, _HEAD),
            (counted, below, self._paper.y1 - _EDGE / 2),
        ):
            place = self._pdf.Rect(_MARGIN, top, _MARGIN + TEXT_WIDE, end)
            story = self._story(html)
            more, filled = story.place(place)
            if more:
                raise Refused(NoPdf.DOES_NOT_FIT)
            self._draw(story, filled, end)
        if self._writer:
            self._writer.end_page()


def _with_plain_pictures(piece: Piece) -> Piece:
    """Every picture drawn anew: nothing of its file is kept but what is seen."""
    import base64
    import re

    def drawn(found: re.Match[str]) -> str:
        made, wide, high = plain_png(base64.b64decode(found[1]))
        scale = min(0.75, TEXT_WIDE / wide, _A_PICTURE_HIGH / high)
        size = f"width:{wide * scale:.1f}pt;height:{high * scale:.1f}pt"
        data = base64.b64encode(made).decode()
        return f'<img style="{size}" src="data:image/png;base64,{data}"'

    # No text of the author's has the quotes that an attribute has: they are escaped in all of it.
    pattern = r'<img src="data:image/png;base64,([A-Za-z0-9+/=]*)"'
    return replace(piece, html=re.sub(pattern, drawn, piece.html))


def plain_png(data: bytes) -> tuple[bytes, int, int]:
    """The picture as it is seen, as a PNG with nothing beside it, and how wide and high it is.
    Raises Refused."""
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(data), formats=["PNG", "JPEG"]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise Refused(NoPdf.PICTURES)
            upright = ImageOps.exif_transpose(picture).convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise Refused(NoPdf.PICTURES) from None
    white = Image.new("RGBA", upright.size, "white")
    seen = Image.alpha_composite(white, upright).convert("RGB")
    seen.thumbnail((_A_PICTURE_S_SIDE, _A_PICTURE_S_SIDE))
    bare = Image.frombytes("RGB", seen.size, seen.tobytes())
    made = io.BytesIO()
    bare.save(made, "PNG")
    return made.getvalue(), *bare.size


def main() -> None:
    """Reads a form from standard input and writes the PDF, or a word."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_S, PROCESSOR_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    given = json.loads(sys.stdin.buffer.read())
    form = PrintForm(**given | {"body": tuple(Piece(**piece) for piece in given["body"])})
    try:
        sys.stdout.buffer.write(make(form))
    except Refused as refused:
        sys.stdout.write(str(refused.args[0]))


if __name__ == "__main__":
    main()
