"""Letters as they are compared in a search: what looks or is typed alike is the same.

Unlike passages (`rilon.policy.passages`) a search keeps words, digits and the vowel signs of Asian
scripts apart: a reader who looks for one vessel shouldn't find another.
"""

from __future__ import annotations

import re
import unicodedata

from rilon.domain.letters import is_blank_letter, plain_twin

_SIGNS_ARE_LETTERS = ((0x0900, 0x1100), (0x1780, 0x17D4))
"""Scripts of South and South-East Asia: their marks are vowels and tones, no accents."""
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
_TYPED_ALIKE = str.maketrans({"ী": "ি", "ূ": "ু", "ৎ": "ত্"})
"""Bengali vowels that are spelt long or short as people like, and one letter of two spellings."""
_THAI_TYPED = (
    (re.compile("เเ"), "แ"),
    (re.compile("([\u0e48-\u0e4b])\u0e4d\u0e32"), "\\1\u0e33"),
    (re.compile("\u0e4d([\u0e48-\u0e4b]?)\u0e32"), "\\1\u0e33"),
    # A tone typed before the vowel above or below its letter looks the same.
    (re.compile("([\u0e48-\u0e4b])([\u0e31\u0e34-\u0e39])"), r"\2\1"),
)


def as_typed_well(text: str) -> str:
    """The text in one way of typing it, so that it is divided into words in one way."""
    plain = unicodedata.normalize("NFC", text)
    if not plain.isascii():
        plain = "".join(one for one in plain if one.isspace() or _is_seen(one))
        for wrong, right in _THAI_TYPED:
            plain = wrong.sub(right, plain)
    return plain


def folded(word: str) -> str:
    """A word as it is compared: small, without accents, look-alikes and digits as plain ones.

    Linear; never raises.
    """
    if word.isascii():
        return word.lower()
    parts = "".join(_plain(one) for one in unicodedata.normalize("NFKD", word.casefold()))
    return unicodedata.normalize("NFC", parts).translate(_TYPED_ALIKE)


def _is_seen(character: str) -> bool:
    if unicodedata.category(character) in _UNSEEN or is_blank_letter(character):
        return False
    return not "\ufe00" <= character <= "\ufe0f"


def _plain(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    if unicodedata.category(character) == "Mn" and not _is_letter_sign(character):
        return ""
    return (plain_twin(character) or character).casefold()


def _is_letter_sign(mark: str) -> bool:
    return any(begin <= ord(mark) < end for begin, end in _SIGNS_ARE_LETTERS)
