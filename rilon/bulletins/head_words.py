"""What stands alike in the heads of many bulletins: who writes it quotes nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from rilon.bulletins.head import Kind
from rilon.policy.passages import normalise

_DIGIT = f"[{''.join(sorted(set(normalise('0123456789'))))}]"
_DAY = normalise("20") + _DIGIT * 6


def without_head_words(form: str, groups: Iterable[str]) -> str:
    """A text in normal form without the first run of kind, period and groups, as they follow each
    other in a head; `groups` are the keys that there are.

    ATTACK: words are hidden in what is taken out, or put between another's words with it. It is
    taken out once, on both sides of a comparison, and holds words of the network and two days.
    """
    return _run(tuple(sorted(groups))).sub("", form, count=1)


@lru_cache(maxsize=8)
def _run(groups: tuple[str, ...]) -> re.Pattern[str]:
    kind, group = _one_of(Kind), _one_of(groups)
    word = {one: normalise(one) for one in ("kind", "period", "from", "until", "groups")}
    return re.compile(
        f"{word['kind']}{kind}{word['period']}{word['from']}{_DAY}{word['until']}{_DAY}"
        f"{word['groups']}{group}{{1,20}}"
    )


def _one_of(words: Iterable[str]) -> str:
    every = sorted({normalise(one) for one in words}, key=len, reverse=True)
    return f"(?:{'|'.join(map(re.escape, every)) or '(?!)'})"
