"""A bulletin that is written as Markdown is read back as it was, whatever its words are."""

from __future__ import annotations

import re
from dataclasses import is_dataclass, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rilon.bulletins.blocks import Paragraph, Words
from rilon.bulletins.markdown import read_markdown
from rilon.bulletins.markdown_export import bare, blocks_markdown

FRAGMENTS = st.sampled_from(
    [
        *("word", "ทะเล", "নৌকা", " ", "  ", "\n", "\n\n", "\n    ", "*", "**", "~~", "_", "`"),
        *("``", "```\n", "- ", "* ", "+ ", "1. ", "7) ", "> ", "# ", "## ", "#", "---\n", "***\n"),
        *("===\n", "|", "| a | b |\n", "|--|--:|\n", "[a](https://x.example/?a=1&b=2)", "1", "="),
        *("<https://y.example/>", "![m](m.png)", "\\", "\\\n", "&amp;", "&lt;", "&", "<", ">", "["),
        *("]", "(", ")", "!", ":", "\t"),
    ]
)
SOURCES = st.lists(FRAGMENTS, max_size=24).map("".join)


def without_lines(value: Any) -> Any:
    """Blocks are the same wherever they stand; runs of one style, in however many pieces."""
    if isinstance(value, tuple):
        joined: list[Any] = []
        for one in map(without_lines, value):
            last = joined[-1] if joined else None
            if isinstance(one, Words) and isinstance(last, Words) and last.styles == one.styles:
                joined[-1] = replace(last, text=last.text + one.text)
            else:
                joined.append(one)
        return tuple(joined)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changes = {
        name: 0 if name == "line" else without_lines(getattr(value, name))
        for name in value.__dataclass_fields__
    }
    return replace(value, **changes)


def _has_a_broken_heading(blocks: Any) -> bool:
    """A new line in a heading becomes a space: Markdown can't say it of each level."""
    return "Break()" in "".join(re.findall(r"Heading\(.*?\)\)\)", repr(blocks)))


@given(SOURCES)
def test_what_was_read_is_read_again_as_it_was(source: str) -> None:
    read = read_markdown(source)
    if read.wrong or _has_a_broken_heading(read.blocks):
        return
    again = read_markdown(blocks_markdown(read.blocks))
    assert again.wrong == []
    one, other = without_lines(again.blocks), without_lines(read.blocks)
    assert one == other or without_lines(bare(again.blocks)) == without_lines(bare(read.blocks))


@given(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1))
def test_no_word_becomes_markup(text: str) -> None:
    """ATTACK: words that are a link, a heading or a table once they are exported."""
    blocks = (Paragraph(1, (Words(text),)),)
    assert without_lines(read_markdown(blocks_markdown(blocks)).blocks) == without_lines(blocks)
