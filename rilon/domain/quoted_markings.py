"""Markings within quotations that an officer makes: what they say of the words that are quoted.

A marking that reads there restricts the message that quotes it; how is
`rilon.policy.marking_rules`. The quotation that clients put before a reply is none of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from rilon.domain.acts import ReadMarking, Unclear
from rilon.domain.letters import as_seen
from rilon.domain.marking_text import Problem, read
from rilon.domain.markings import Vocabulary, WrittenMarking
from rilon.domain.near_markings import near_markings

_SIGNS = re.compile(r"[> \t]+(?:\* )?(?:<@[^\s<>]{1,300}>:? ?)?")


def read_quoted(text: str, vocabulary: Vocabulary, today: date) -> ReadMarking:
    """The join of the markings that read in quoted lines, `None` without one.

    Of what doesn't read there, only what holds a restriction is unclear (`is_complete`):
    people quote much that they didn't write.
    """
    joined: WrittenMarking | None = None
    near = near_markings(vocabulary, today)
    for line in _quoted_lines(text):
        found = read(line, vocabulary, today)
        if isinstance(found, Unclear):
            if found.problem == Problem.PAST_DATE or near.is_complete(as_seen(line)):
                return found
        elif found is not None:
            joined = found if joined is None else joined.join(found)
    return joined


def join_read(one: ReadMarking, other: ReadMarking) -> ReadMarking:
    """What two forms of one message say together: the unclear one, else the join."""
    for found in (one, other):
        if isinstance(found, Unclear):
            return found
    if isinstance(one, WrittenMarking) and isinstance(other, WrittenMarking):
        return one.join(other)
    return one or other


def _quoted_lines(text: str) -> Iterator[str]:
    for row in text.split("\n"):
        line = row.splitlines()[0] if row else ""
        if line.lstrip(" ").startswith(">"):
            yield _SIGNS.sub("", line, count=1)
