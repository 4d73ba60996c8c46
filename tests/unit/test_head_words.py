"""What is alike in the heads of bulletins is nobody's, and nothing can be hidden in it."""

from __future__ import annotations

import pytest

from rilon.bulletins.head_words import without_head_words
from rilon.policy.passages import normalise

HEAD = "kind: trends\nperiod: {from: 2026-11-16, until: 2026-11-22}\ngroups: [mps, tip]\n"


def left(text: str) -> str:
    return without_head_words(normalise(text), ("mps", "tip"))


@pytest.mark.parametrize(
    "head",
    [
        HEAD,
        HEAD.replace(":", " :").upper(),
        HEAD.replace("trends", "tre\u200bnds").replace("\n", "\n\n"),
        HEAD.replace("trends", "alert"),
        HEAD.replace("e", "е").replace("[mps, tip]", "[tip]"),
    ],
)
def test_a_head_is_taken_out_however_it_is_dressed(head: str) -> None:
    assert left(f"title: Boats\n{head}\nThey left.") == normalise("title: Boats They left.")


@pytest.mark.parametrize(
    "hidden",
    [
        "languages: [th, es, ki, pp, er, of, th, eb, lu, eb, oa, ts]",
        "kind: trends",
        "period: {from: 2026-11-16, until: 2026-11-22}",
        HEAD.replace("2026-11-16", "4912-34-56"),
        HEAD.replace("mps", "boat"),
    ],
)
def test_nothing_else_is_taken_out(hidden: str) -> None:
    """ATTACK: words in two letters each, or digits, in what looks like a head."""
    assert left(hidden) == normalise(hidden)


def test_it_is_taken_out_once() -> None:
    assert left(f"{HEAD} boats {HEAD}") == normalise(f"boats {HEAD}")
