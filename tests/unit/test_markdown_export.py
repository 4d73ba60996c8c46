"""A bulletin as a Markdown file: marked first and last, and read again as it was."""

from __future__ import annotations

import pytest

from rilon.bulletins.blocks import Block, Break, Heading, Items, Paragraph, Style, Words
from rilon.bulletins.markdown import read_markdown
from rilon.bulletins.markdown_export import blocks_markdown, escaped, markdown_of
from tests.property.test_markdown_export_laws import without_lines
from tests.unit.test_bulletin_reading import HEAD, good
from tests.unit.test_bulletin_written import RICH


def test_a_bulletin_is_read_again_as_it_was() -> None:
    first = good(HEAD + RICH + "\n![a map](map.png)\n")
    written = markdown_of(first)
    again = good(written)
    marked, *blocks, last = without_lines(again.blocks)
    assert tuple(blocks) == without_lines(first.blocks)
    assert marked == last == Paragraph(0, (Words("TLP:AMBER //"),))
    assert (again.head, again.marking) == (first.head, first.marking)


def test_sources_are_not_exported() -> None:
    """ATTACK: the file tells what others asked and answered."""
    found = good(
        HEAD.replace("marking:", "sources: ['https://cited-one.example']\nmarking:") + "word\n"
    )
    assert "cited-one" not in markdown_of(found)


@pytest.mark.parametrize(
    "text",
    [
        "[a](https://x.example)",
        "# a",
        "- a",
        "1. a",
        "|a|b|",
        "<b>",
        "&amp;",
        "***",
        "    a",
        "`a`",
    ],
)
def test_words_that_look_like_markup_stay_words(text: str) -> None:
    """ATTACK: words that become a link or a heading once they are exported."""
    (block,) = read_markdown(escaped(text.strip())).blocks
    assert without_lines(block) == Paragraph(0, (Words(text.strip()),))


@pytest.mark.parametrize(
    "source",
    [
        "- a\n\n* b\n\n- c",
        "1. a\n\n1) b",
        "- - *",
        "- ***\n- b",
        "`` ` ``",
        "````\n```\n````",
        "a\\\nb",
        "> > a\n>\n> b",
        "**a*b*c**",
        "~~a~~",
        "[a\\]](https://x.example/a\\<b)",
    ],
)
def test_what_is_hard_to_say_is_said(source: str) -> None:
    blocks = read_markdown(source).blocks
    assert without_lines(read_markdown(blocks_markdown(blocks)).blocks) == without_lines(blocks)


def test_what_markdown_can_not_set_off_goes_out_in_plain_words() -> None:
    half: tuple[Block, ...] = (
        Paragraph(1, (Words("a"), Words(" b", (Style.STRONG,)), Words("c"))),
    )
    items: tuple[Block, ...] = (Items(1, None, (half,)),)
    assert blocks_markdown(half) == "a bc"
    assert blocks_markdown(items) == "+ a bc"
    heading = Heading(1, 2, (Words("a"), Break(), Words("b")))
    assert blocks_markdown((heading,)) == "## a b"
