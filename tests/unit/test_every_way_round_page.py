"""`docs/every-way-round.md` names tests and findings that exist, and some for every way round."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "every-way-round.md").read_text()
THREATS = (PROJECT / "docs" / "threat-model.md").read_text()
ROWS = [line.split(" | ") for line in PAGE.splitlines() if re.match(r"\| \d+ \|", line)]
WAYS = 32
"""Rows of the table "Every way round" of the design."""

_TEST = re.compile(r"`((?:e2e|integration|unit|property|attacks)/\w+\.py)::(\w+)`")
_FINDING = re.compile(r"doctor: `(\w+)`")


def findings() -> set[str]:
    """The code of every finding that the doctor can make: each is written once, as a text."""
    adapters = (PROJECT / "rilon" / "adapters").glob("doctor*.py")
    return {
        code
        for path in adapters
        for code in re.findall(
            r"^\s+(?:return Finding\(|_at_the_proxy\()?\"(\w+)\"", _code(path), re.MULTILINE
        )
    }


def _code(path: Path) -> str:
    """The source, with what opens a call and its first argument on one line."""
    source = path.read_text()
    return re.sub(r"(Rule|Finding|_at_the_proxy|_unknown)\(\s*", "\n    ", source)


def test_every_way_round_has_a_row_and_each_row_a_test() -> None:
    assert [int(row[0].strip("| ")) for row in ROWS] == list(range(1, WAYS + 1))
    for row in ROWS:
        assert len(row) == 5, row[0]
        assert _TEST.search(row[3]), row[1]
        assert row[4].strip(" |"), row[1]


@pytest.mark.parametrize("page", [PAGE, THREATS], ids=["every-way-round", "threat-model"])
def test_every_test_that_is_named_exists(page: str) -> None:
    named = set(_TEST.findall(page))
    for path, name in named:
        file = PROJECT / "tests" / path
        assert file.exists(), path
        written = re.findall(r"^(?:async )?def (test_\w+)\(", file.read_text(), re.MULTILINE)
        assert name in written, f"{path}::{name}"


def test_every_finding_that_is_named_can_be_made() -> None:
    named = set(_FINDING.findall(PAGE))
    assert len(named) > 20
    assert named <= findings(), named - findings()
