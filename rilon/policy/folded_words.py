"""Words as people type them, folded so that case, accents and width don't matter."""

from __future__ import annotations

import re
import unicodedata


def folded(text: str) -> str:
    """The text in small letters, without accents and marks, in the plain forms of its letters."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(one for one in parts if not unicodedata.combining(one))
    return unicodedata.normalize("NFKC", bare)


def words(text: str) -> tuple[str, ...]:
    """The folded words of the text, without punctuation."""
    return tuple(re.findall(r"[^\W_]+", folded(text)))
