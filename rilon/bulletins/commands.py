"""What an analyst types of bulletins: `!bulletin new`, `!bulletin BUL-7K3F-4`, `!bulletin withdraw
BUL-7K3F-4 why`. Who may ask, and what comes of it, is decided elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rilon.bulletins.sources import PREFIX
from rilon.domain.request_numbers import read_number
from rilon.domain.word_forms import plain_word


class BulletinDeed(StrEnum):
    """What is asked for, by the word behind `!bulletin`."""

    NEW = "new"
    MORE = "more"
    """Text that comes behind what was sent before."""
    CORRECT = "correct"
    WITHDRAW = "withdraw"
    DISCARD = "discard"
    DIGEST = "digest"
    """The week so far, drafted from reports."""
    SHOW = "show"
    HELP = "help"
    """What can be written; also for a word that means nothing here."""


@dataclass(frozen=True, slots=True)
class BulletinOrder:
    """`number` is None where none was written: then it is the thread's. `words` is what follows,
    its lines kept."""

    deed: BulletinDeed
    number: str | None = None
    words: str = field(default="", repr=False)


_OTHER_WORDS: Mapping[BulletinDeed, str] = {
    BulletinDeed.NEW: "start write draft baru tulis novo nova ใหม่",
    BulletinDeed.MORE: "add lagi lanjut tambah mais เพิ่ม",
    BulletinDeed.CORRECT: "edit change koreksi perbaiki ubah betulkan corrigir แก้ไข",
    BulletinDeed.WITHDRAW: "withdrawn cabut tarik retirar ถอน",
    BulletinDeed.DISCARD: "delete cancel buang hapus batal descartar ทิ้ง",
    BulletinDeed.DIGEST: "figures ringkasan resumo สรุป",
    BulletinDeed.SHOW: "status where lihat mana ver ดู",
    BulletinDeed.HELP: "bantuan tolong ajuda ช่วย",
}
_BY_WORD = {deed.value: deed for deed in BulletinDeed} | {
    plain_word(word): deed for deed, words in _OTHER_WORDS.items() for word in words.split()
}
_NAMES = frozenset(map(plain_word, ("bulletin", "buletin", "boletim", "จดหมายข่าว")))
_COMMAND = re.compile(
    r"\s*(?:@\S{1,255}\s+|steward:?\s+)?[!！¡/]\s{0,3}(?P<name>[^\s!:.,;]{2,30})(?=[\s:.,;]|$)"
    r"[:.,;]?[^\S\n]*(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_WORD = re.compile(r"(?P<word>\S+)[^\S\n]*(?P<rest>.*)", re.DOTALL)


def read_bulletin_order(said: str) -> BulletinOrder | None:
    """The command that a text without its marking is; None for a text that is none."""
    found = _COMMAND.match(said)
    if found is None or plain_word(found["name"]) not in _NAMES:
        return None
    rest = found["rest"].strip()
    if not rest:
        return BulletinOrder(BulletinDeed.NEW)
    number, after = _number(rest)
    if number is not None:
        again = _WORD.match(after)
        deed = _BY_WORD.get(plain_word(again["word"])) if again else None
        if again is None or deed is None:
            return BulletinOrder(BulletinDeed.SHOW, number, after)
        return BulletinOrder(deed, number, again["rest"].strip())
    first = _WORD.match(rest)
    deed = _BY_WORD.get(plain_word(first["word"])) if first else None
    if first is None or deed is None:
        # A number that can't be read is answered as one that isn't known.
        deed = BulletinDeed.SHOW if any(map(str.isdigit, rest)) else BulletinDeed.HELP
        return BulletinOrder(deed, rest)
    number, after = _number(first["rest"].strip())
    return BulletinOrder(deed, number, after)


def _number(rest: str) -> tuple[str | None, str]:
    """The number that a text begins with, and what follows."""
    first, after = [*rest.split(maxsplit=1), "", ""][:2]
    number = read_number(first, (PREFIX,))
    return (None, rest) if number is None else (number, after.strip())
