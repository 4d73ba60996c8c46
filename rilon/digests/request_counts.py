"""Counts of requests, and what of them is shown. No party is named, and no request."""

from __future__ import annotations

from dataclasses import dataclass

from rilon.digests.suppression import Parts, Shown, parts_shown, total_shown


@dataclass(frozen=True, slots=True)
class RequestCounts:
    """Requests that were asked in a time, with what became of them since. One to two parties
    counts twice. `in_time` are among the `answered`; who is neither answered, refused nor open
    was withdrawn, or couldn't be delivered."""

    asked: int = 0
    urgent: int = 0
    answered: int = 0
    in_time: int = 0
    refused: int = 0
    open: int = 0


@dataclass(frozen=True, slots=True)
class RequestsShown:
    """The same as they are shown. `ends` has one of `ENDS` for each."""

    asked: Shown
    urgent: Shown
    ends: Parts


ENDS = ("in_time", "late", "refused", "open", "given_up")


def requests_shown(counts: RequestCounts, smallest: int) -> RequestsShown:
    """What is shown: the total, and its two divisions, each so that no small part comes out."""
    by_urgency = {"urgent": counts.urgent, "routine": counts.asked - counts.urgent}
    by_end = {
        "in_time": counts.in_time,
        "late": counts.answered - counts.in_time,
        "refused": counts.refused,
        "open": counts.open,
        "given_up": counts.asked - counts.answered - counts.refused - counts.open,
    }
    return RequestsShown(
        total_shown(counts.asked, smallest),
        parts_shown(by_urgency, smallest, len(by_urgency)).at("urgent"),
        parts_shown(by_end, smallest, len(by_end)),
    )
