"""A bulletin's file: what reads, and each mistake with its line and its mend."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from rilon.bulletins.blocks import Table
from rilon.bulletins.reading import Bulletin, read_bulletin
from rilon.domain.marking_text import write
from rilon.policy.mistakes import Mistake, Mistakes
from tests.policy_scene import NETWORK

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
AUTHOR = NETWORK.officers["rso.analyst1"]
HEAD = """---
title: Boats on the northern route
kind: trends
period: {from: 2026-10-01, until: 2026-10-31}
groups: [mps]
marking: TLP:AMBER
---
"""
"""Seven lines: the text begins on the eighth."""


def read(text: str, *, leave_out: bool = False) -> Bulletin | Mistakes:
    return read_bulletin("oct.md", text.encode(), AUTHOR, NETWORK, NOW, leave_out=leave_out)


def good(text: str, *, leave_out: bool = False) -> Bulletin:
    found = read(text, leave_out=leave_out)
    assert isinstance(found, Bulletin), found
    return found


def wrong(text: str) -> list[Mistake]:
    found = read(text)
    assert isinstance(found, Mistakes), found
    assert all(one.mend for one in found.items)
    return list(found.items)


def test_head_and_text_are_read() -> None:
    found = good(f"{HEAD}Fewer boats than in September.\n")
    assert found.head.title == "Boats on the northern route"
    assert (found.head.groups, found.head.languages) == (("mps",), ("en",))
    assert write(found.marking) == "TLP:AMBER //"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("kind: trends", "kind: trend", 3, "did you mean `trends`"),
        ("kind: trends\n", "", 2, "`kind` is missing"),
        ("until: 2026-10-31", "until: 2026-09-31", 4, "no day"),
        ("until: 2026-10-31", "until: 2026-09-30", 4, "ends before it begins"),
        ("groups: [mps]", "groups: [msp]", 5, "did you mean `mps`"),
        ("groups: [mps]", "groups: []", 5, "write `groups: [mps]`"),
        ("TLP:AMBER", "TLP:ORANGE", 6, "did you mean `TLP:AMBER //`"),
        ("TLP:AMBER", "TLP:RED", 6, "can't be posted"),
        ("TLP:AMBER", "TLP:AMBER REL AUS,IDN", 6, "can't be posted"),
        ("TLP:AMBER", "TLP:AMBER PROTECT THA", 6, "can't be posted"),
        ("TLP:AMBER", "TLP:AMBER EXP 2026-01-01", 6, "is no marking"),
        ("Boats", "\u202eBoats", 2, "don't see"),
        ("title:", "titel:", 2, "did you mean `title`"),
        ("---\ntitle", "title", 1, "the head is missing"),
        ("title: Boats", "title: [Boats", 3, "isn't YAML"),
    ],
)
def test_a_mistake_in_the_head_has_its_line_and_mend(
    old: str, new: str, line: int, said: str
) -> None:
    found = wrong(HEAD.replace(old, new) + "Text.\n")
    assert any(one.line == line and said in str(one) for one in found), found


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("<script>alert(1)</script>\n", 8, "HTML isn't shown"),
        ("one\n\ntwo <b>bold</b>\n", 10, "HTML isn't shown"),
        ("![](map.png)\n", 8, "no words for those who don't see it"),
        ("![map](https://a.example/map.png)\n", 8, "no name of a PNG or JPEG picture"),
        ("![map](../map.png)\n", 8, "no name of a PNG or JPEG picture"),
        ("![map](map.svg)\n", 8, "no name of a PNG or JPEG picture"),
        ("see ![map](map.png) there\n", 8, "within something else"),
        ("- ![map](map.png)\n", 8, "within something else"),
        ("[page](ftp://a.example)\n", 8, "must go to a web page"),
        ("[https://a.example](https://b.example)\n", 8, "another address"),
        ("one\n\n- - - - - - deep\n", 10, "nested too deeply"),
        ("a \u202eyttej eht yb\n", 8, "don't see"),
        ("a\u200bb\n", 8, "don't see"),
        ("call +62 812 3456 7890\n", 8, "can't be posted"),
        ("one\n\nTLP:RED // for few\n", 10, "above the whole"),
        ("one\n\n- TLP:AMBER REL AUS,IDN // for two\n", 10, "above the whole"),
        ("one\n\nREL AUS, IND // nearly\n", 10, "above the whole"),
        ("x" * 6_001, 8, "longer than 6000"),
        ("", 2, "there is no text"),
    ],
)
def test_a_mistake_in_the_text_has_its_line_and_mend(text: str, line: int, said: str) -> None:
    found = wrong(HEAD + text)
    assert any(one.line == line and said in str(one) for one in found), found


def test_every_mistake_is_told_at_once() -> None:
    broken = HEAD.replace("trends", "trend").replace("[mps]", "[msp]")
    lines = {one.line for one in wrong(f"{broken}<b>\n\n![](x.gif)\n")}
    assert {3, 8, 10} <= lines


def test_a_part_that_is_marked_below_the_whole_stays() -> None:
    assert len(good(f"{HEAD}TLP:GREEN // for all\n\nTLP:AMBER // as the whole\n").blocks) == 2


def test_without_the_parts_above_the_whole_it_may_be_shown() -> None:
    text = f"{HEAD}one\n\nTLP:RED // for few\n\nthree\n"
    found = good(text, leave_out=True)
    assert [one.line for one in found.blocks] == [8, 12]
    assert [(one.line, one.marking) for one in found.left] == [(10, "TLP:RED //")]


def test_letters_of_six_languages_and_their_joiners_are_no_mistake() -> None:
    text = "ক্‌ষ র‍্য · ขนาดเรือ · não é · kapal 👨‍👩‍👧 ⚓️"
    assert good(f"{HEAD}{text}\n").blocks


def test_a_table_is_read_with_the_sides_of_its_columns() -> None:
    (table,) = good(f"{HEAD}| Route | Boats |\n| --- | --: |\n| North | 4 |\n").blocks
    assert isinstance(table, Table)
    assert table.rows == (("Route", "Boats"), ("North", "4"))
    assert table.right == (False, True)


# --- hostile --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "|a" * 13 + "|\n" + "|-" * 13 + "|\n",
        "|a|\n|-|\n" + "|b|\n" * 200,
        "|" + "a" * 121 + "|\n|-|\n",
    ],
)
def test_a_table_that_is_too_large_is_refused(text: str) -> None:
    assert wrong(HEAD + text)


@pytest.mark.parametrize(
    "text",
    [
        "x" * 5_000_000,
        "[" * 150_000,
        "> " * 90_000,
        "- " * 90_000,
        "*a_ " * 45_000,
        "`" * 150_000,
        "<a " * 60_000,
        "![a](" * 35_000,
        "|a" * 70_000 + "\n" + "|-" * 20_000,
        "[a]: <b>\n" * 20_000,
        "a\n" * 90_000,
        "&#x26;" * 30_000,
        "TLP:" * 45_000,
    ],
    ids=lambda text: str(text)[:8],
)
def test_a_hostile_text_is_answered_soon(text: str) -> None:
    begun = time.process_time()
    assert isinstance(read(HEAD + text), Bulletin | Mistakes)
    assert time.process_time() - begun < 20


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"---\n", b"---\n---\n", b"---\n- a\n---\nx"]
)
def test_what_is_no_bulletin_at_all(content: bytes) -> None:
    assert isinstance(read_bulletin("x.md", content, AUTHOR, NETWORK, NOW), Mistakes)
