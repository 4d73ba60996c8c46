"""The words of a bulletin's head that everybody writes alike: who writes them quotes nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from rilon.bulletins.head import Kind

_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_LANGUAGE = r"[a-z]{2}"


def without_head_words(text: str, groups: Iterable[str]) -> str:
    """The text without those. `groups` are the keys of groups.

    Only kinds, days, keys of groups and codes of languages are taken out, and they are so on both
    sides of a comparison: nothing can be hidden in them, nor broken up by them. Linear.
    """
    return _words(tuple(sorted(groups))).sub(" ", text)


@lru_cache(maxsize=8)
def _words(groups: tuple[str, ...]) -> re.Pattern[str]:
    kind = "|".join(Kind)
    some = "|".join(map(re.escape, groups)) or "(?!)"
    return re.compile(
        rf"(?<!\w)(?:kind: ?(?:{kind})|period: ?\{{from: ?{_DAY}, ?until: ?{_DAY}\}}"
        rf"|groups: ?{_listed(some)}|languages: ?{_listed(_LANGUAGE)}|sources: ?\[\])(?!\w)",
        re.ASCII | re.IGNORECASE,
    )


def _listed(one: str) -> str:
    return rf"\[(?:{one})(?:, ?(?:{one})){{0,19}}\]"
