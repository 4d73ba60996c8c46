"""The reply fallback of formatted text: `<mx-reply>`, which clients never show.

ATTACK: words that no client shows and every client stores. So it is allowed only with the
same fallback in the body, and only with the same words.
"""

from __future__ import annotations

import html
import re

from rilon.wire.shapes import NotInShape

_OPEN, _CLOSE = "<mx-reply>", "</mx-reply>"
_ANY_TAG = re.compile(r"<[^<>]{0,2000}>")
_WORD = re.compile(r"\w+")
_FIRST = re.compile(r"> (?:\* )?<@[^\s<>]{1,300}> ?")
_BLOCK = re.compile(
    r"<blockquote>\s*"
    r'<a href="https://matrix\.to/#/[^"\s<>]{1,700}">In reply to</a>\s*(?:\* )?'
    r'<a href="https://matrix\.to/#/@[^"\s<>]{1,700}">@[^\s<>]{1,300}</a>\s*<br ?/?>'
    r"(?P<quoted>.*)</blockquote>\s*",
    re.DOTALL,
)


def without_html_fallback(source: str, body_fallback: str, where: str) -> str:
    """The formatted text after its fallback. Raises NotInShape."""
    if not source.startswith(_OPEN):
        return source
    block, closed, rest = source.removeprefix(_OPEN).partition(_CLOSE)
    shape = _BLOCK.fullmatch(block)
    if not closed or shape is None or not body_fallback:
        raise NotInShape(where)
    if _words(_ANY_TAG.sub(" ", shape["quoted"])) != _words(_quoted(body_fallback)):
        raise NotInShape(where)
    return rest


def _quoted(body_fallback: str) -> str:
    first = _FIRST.match(body_fallback)
    return body_fallback[first.end() :] if first else body_fallback


def _words(text: str) -> list[str]:
    return _WORD.findall(html.unescape(text))
