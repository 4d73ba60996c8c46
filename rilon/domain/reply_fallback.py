"""The quotation that older clients put before an answer: it repeats what is answered, and is no
quotation of its sender's own. Quotations are `rilon.domain.quoted_markings`."""

from __future__ import annotations

import re

_FALLBACK = re.compile(r"> (?:\* )?<@[^\s<>]{1,300}>")


def without_reply_fallback(text: str) -> str:
    """The text without the quotation that older clients put before a reply.

    That is lines beginning with `> `, the first with the quoted sender, then an empty line
    (Matrix 1.3, rich replies). A quotation of the sender's own stays.
    """
    if not _FALLBACK.match(text):
        return text
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if not line.startswith("> "):
            return text if line else "\n".join(lines[number + 1 :])
    return text
