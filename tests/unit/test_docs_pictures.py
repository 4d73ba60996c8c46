"""What `docs/analyst.md` shows is what the code makes: its pictures, and its preview.

To renew them: `RILON_TRANSCRIPT=write .venv/bin/python -m pytest tests/unit/test_docs_pictures.py`.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw

from rilon.adapters.charts import draw
from rilon.bulletins.reading import Bulletin, read_bulletin
from rilon.bulletins.typed import read_typed
from rilon.bulletins.written import parts
from rilon.digests.drafting import Asked, Digest, digest_of
from rilon.digests.request_counts import RequestCounts
from rilon.domain.reports import Report, Vessel
from tests.digest_scene import GROUP, RULE, WEEK, ZONE, reports
from tests.policy_scene import NETWORK

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "analyst.md"
PICTURES = {"digest-routes.png": "routes-en.png", "digest-map.png": "map-en.png"}
RENEW = (
    "renew it: RILON_TRANSCRIPT=write .venv/bin/python -m pytest tests/unit/test_docs_pictures.py"
)
MOST = 0.005
"""Which part of its pixels may differ: letters are set a little otherwise on another machine."""
FORM = "BUL-7K3F-4"
WRITES = os.environ.get("RILON_TRANSCRIPT") == "write"
NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
_BLOCK = r"(<!-- {name} -->\n```text\n)(.*?)(\n```\n)"


def some() -> Iterator[Report]:
    """Nine weeks of reports on three routes. No more is in them than in a demonstration."""
    ways = (
        ("teknaf", "aceh", "bay-of-bengal", Vessel.FISHING, (9, 8, 11, 9, 10, 8, 9, 10, 19)),
        ("dumai", "port-klang", "strait-of-malacca", Vessel.SPEEDBOAT, (6, 7, 5, 6, 8, 7, 6, 7, 6)),
        ("kupang", "ashmore", "timor-sea", Vessel.FISHING, (4, 3, 5, 4, 3, 4, 5, 4, 3)),
    )
    first = 1
    for begins, ends, area, vessel, counts in ways:
        yield from reports(counts, first, begins=begins, ends=ends, area=area, vessel=vessel)
        first += sum(counts)


@pytest.fixture(scope="module")
def digest() -> Digest:
    """The digest of these, drawn as for a room."""
    counts = (RequestCounts(), RequestCounts())
    asked = Asked(GROUP, WEEK, RULE, ZONE)
    made = digest_of(asked, list(some()), counts, NETWORK.gazetteer, lambda _: True, draw)
    assert isinstance(made, Digest)
    return made


@pytest.mark.parametrize("name", PICTURES)
def test_the_pictures_of_the_documentation_are_those_of_a_digest(name: str, digest: Digest) -> None:
    """As good as the same, on any machine; and the page shows them."""
    file, made = DOCS / "pictures" / name, digest.pictures[PICTURES[name]]
    if WRITES:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(made)
    assert _other(file.read_bytes(), made) < MOST, RENEW
    assert f"](pictures/{name})" in PAGE.read_text()


def test_the_preview_of_the_documentation_is_that_of_the_text_above_it() -> None:
    """What the page says to type is a bulletin, and is shown so."""
    page = PAGE.read_text()
    typed = read_typed(_block(page, "typed"))
    author = NETWORK.officers["rso.analyst1"]
    made = read_bulletin("bulletin", typed.content, author, NETWORK, NOW)
    assert isinstance(made, Bulletin), made
    shown = "\n\n".join(one.text.plain for one in parts(made, FORM))
    if WRITES:
        pattern = re.compile(_BLOCK.format(name="preview"), re.DOTALL)
        PAGE.write_text(pattern.sub(lambda found: found[1] + shown + found[3], page))
        page = PAGE.read_text()
    assert _block(page, "preview") == shown, RENEW


def _other(one: bytes, other: bytes) -> float:
    """Which part of the pixels differs clearly; all of them where the sizes do."""
    shown = [Image.open(io.BytesIO(each)).convert("L") for each in (one, other)]
    if shown[0].size != shown[1].size:
        return 1.0
    histogram = ImageChops.difference(*shown).histogram()
    return sum(histogram[64:]) / sum(histogram)


def test_another_picture_is_noticed(digest: Digest) -> None:
    """A bar that is a little longer, or words in other letters, are more than machines differ."""
    made = digest.pictures["routes-en.png"]
    changed = Image.open(io.BytesIO(made)).convert("RGB")
    ImageDraw.Draw(changed).rectangle((500, 380, 800, 420), fill="black")
    data = io.BytesIO()
    changed.save(data, "PNG")
    assert _other(made, made) == 0
    assert _other(data.getvalue(), made) > MOST


def _block(page: str, name: str) -> str:
    found = re.search(_BLOCK.format(name=name), page, re.DOTALL)
    assert found is not None, f"the page has no block {name}"
    return found[2]
