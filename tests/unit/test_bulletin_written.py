"""A bulletin as messages and as a page: both forms say the same, and nothing of it runs."""

from __future__ import annotations

import re

import pytest
from wcwidth import wcswidth

from rilon.bulletins.page import page
from rilon.bulletins.reading import Bulletin
from rilon.bulletins.written import MOST_BYTES, messages
from rilon.texts.rendering import Text
from rilon.wire.agreement import check_agreement
from rilon.wire.formatted import read_formatted
from tests.unit.test_bulletin_reading import HEAD, good

RICH = r"""Fewer boats than in *September*, **half as many** as in August.

## What we saw

1. North: four boats
2. South, by night

   seen twice
   - at the *old* pier
   - at `pier 4`

> They left before dawn.
>
> - said a fisher

| Route | October | September |
| :-- | --: | --: |
| North & East | 4 | 8 |
| ช่องแคบ | 1 | 2 |
| উত্তর | 10 | 3 |

```
N 5°12' <E>
```

See [the notice](https://ports.example/a?b=1&c=2) and <https://b.example/>.

---

TLP:GREEN // This part may be told to ships.
"""


def shown(text: str) -> tuple[Bulletin, tuple[Text, ...]]:
    bulletin = good(HEAD + text)
    return bulletin, messages(bulletin)


def says_the_same(message: Text) -> None:
    assert message.html is not None
    check_agreement(message.plain, read_formatted(message.html, "html"), "html")


def test_both_forms_say_the_same() -> None:
    _, (message,) = shown(RICH)
    says_the_same(message)


def test_the_marking_is_the_first_and_the_last_line() -> None:
    _, found = shown(RICH + "\n\n".join(f"{number} " + "word " * 1_000 for number in range(9)))
    assert len(found) > 2
    for number, message in enumerate(found, start=1):
        lines = message.plain.split("\n")
        assert lines[0] == lines[-1] == "TLP:AMBER //"
        assert f"Part {number} of {len(found)}" in message.plain
        assert "Boats on the northern route" in message.plain
        assert len(message.plain.encode()) + len((message.html or "").encode()) < MOST_BYTES + 8_000
        says_the_same(message)


def test_no_word_is_lost_between_two_messages() -> None:
    _, found = shown("\n\n".join(f"w{number:04d} " + "and " * 300 for number in range(60)))
    together = " ".join(message.plain for message in found)
    assert re.findall(r"w\d{4}", together) == [f"w{number:04d}" for number in range(60)]


def test_a_link_shows_where_it_goes() -> None:
    _, (message,) = shown(RICH)
    assert "the notice (https://ports.example/a?b=1&c=2)" in message.plain
    assert message.html is not None
    assert message.html.count("<a ") == 2


def test_columns_stand_under_each_other_in_every_script() -> None:
    _, (message,) = shown(RICH)
    head, _, *rows = [line for line in message.plain.split("\n") if "  " in line][-5:]
    assert head == "Route         October  September"
    assert [wcswidth(row) for row in rows] == [wcswidth(head)] * 3
    assert rows[0] == "North & East        4          8"


def test_a_page_fetches_and_runs_nothing() -> None:
    bulletin, _ = shown(RICH + "\n![a map of the *strait*](map.png)\n")
    made = page(bulletin, {"map.png": ("image/png", b"\x89PNG")})
    assert "default-src 'none'" in made
    assert "<script" not in made
    assert re.findall(r'(?:src|href)="(?!data:image/png|https://)', made) == []
    assert 'alt="a map of the strait"' in made
    assert made.count('class="marking"') == 2
    assert "<h2>What we saw</h2>" in made
    assert '<th scope="col" class="right">October</th>' in made


@pytest.mark.parametrize(
    "text",
    [
        "a < b && c > d",
        r"\<script\>alert(1)\</script\>",
        "[page](javascript:alert(1))",
        '`"><img>`',
    ],
)
def test_what_looks_like_html_is_shown_and_not_read(text: str) -> None:
    bulletin, (message,) = shown(text + "\n")
    says_the_same(message)
    made = page(bulletin, {})
    assert "<script>" not in made
    assert "<img" not in made
