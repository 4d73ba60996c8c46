"""Why a bulletin is withdrawn: one of a few reasons, read from what an analyst types.

ATTACK: a free text is posted by one analyst alone, under a marking that nobody gave it.
"""

from __future__ import annotations

from enum import StrEnum

from rilon.domain.word_forms import plain_word


class Reason(StrEnum):
    """What readers are told."""

    WRONG = "wrong"
    SOURCE = "source"
    OLD = "old"
    REPLACED = "replaced"
    HALF = "half"
    """The steward's own: a correction could be posted in part only."""
    OTHER = "other"


_WORDS = {
    Reason.WRONG: "wrong error mistake incorrect false salah keliru errado ผิด ভুল",
    Reason.SOURCE: "source sources recalled withdrawn sumber fonte แหล่ง",
    Reason.OLD: "old outdated late over lama kedaluwarsa usang antigo เก่า",
    Reason.HALF: "half",
    Reason.REPLACED: "replaced newer another new diganti baru substituído แทน",
}
_BY_WORD = {plain_word(word): one for one, words in _WORDS.items() for word in words.split()}


def reason_of(words: str) -> Reason | None:
    """The reason that these words name first; another, if they name none; None for no word."""
    typed = [plain_word(one.strip(".,:;!?")) for one in words.split()[:40]]
    if not any(typed):
        return None
    return next((_BY_WORD[one] for one in typed if one in _BY_WORD), Reason.OTHER)
