"""Letters as a reader sees them: look-alikes and invisible characters brought to plain ASCII.

Used to notice text that passes for a marking without being one. What follows from that is
decided in `rilon.domain.marking_text`.
"""

from __future__ import annotations

import re
import unicodedata

_LOOK_ALIKES = {
    "A": "АΑᎪᗅꓮ𐊠🅐🅰", "B": "ВΒᏴᗷꓐ🅑🅱", "C": "СϹᏟꓚ🅒🅲", "D": "ᎠᗞꓓԀ🅓🅳", "E": "ЕΕᎬꓰЄ🅔🅴",
    "F": "ϜᖴꓝҒ🅕🅵", "G": "ᏀԌꓖ🅖🅶", "H": "НΗᎻᕼꓧҺ🅗🅷", "I": "ІΙӀᏆꓲǀ🅘🅸", "J": "ЈͿᎫꓙ🅙🅹",
    "K": "КΚᏦꓗ🅚🅺", "L": "ᏞᒪꓡԼ🅛🅻", "M": "МΜᎷᗰꓟϺ🅜🅼", "N": "ΝꓠՈ🅝🅽", "O": "ОΟՕꓳ🅞🅾",
    "P": "РΡᏢᑭꓑ🅟🅿", "Q": "ԚႳ🅠🆀", "R": "ᎡᖇꓣƦ🅡🆁", "S": "ЅՏᏚꓢ🅢🆂", "T": "ТΤᎢꓔ🅣🆃",
    "U": "ՍሀᑌꓴԱ🅤🆄", "V": "ѴᏙᐯꓦ🅥🆅", "W": "ԜᎳꓪ🅦🆆", "X": "ХΧᕽꓫ🅧🆇", "Y": "ҮΥҰꓬ🅨🆈",
    "Z": "ΖᏃꓜ🅩🆉",
    "a": "аαɑᴀ", "b": "ЬʙƄ", "c": "сᴄϲ", "d": "ԁᴅɗ", "e": "еᴇҽε", "f": "ꜰẝ", "g": "ɡցɢ",
    "h": "һհʜ", "i": "іɩιɪı", "j": "јϳᴊ", "k": "кκᴋ", "l": "ʟӏ", "m": "мᴍ", "n": "пոɴη",
    "o": "оοօᴏσ", "p": "рρᴘ", "q": "ԛգ", "r": "гʀᴦ", "s": "ѕꜱ", "t": "тτᴛ", "u": "ʋսᴜυ",
    "v": "ѵνᴠ", "w": "ԝաᴡѡ", "x": "хχ", "y": "уүγʏ", "z": "ᴢʐ",
    ":": "։׃܃܄᛬꞉ːˑ∶⁚︓", "/": "⁄∕╱⟋⧸〳⼃ノ丿", "+": "᛭➕＋𐊛⊕", ",": "‚¸ꓹ،٫",
    "-": "‐‑‒–—―−➖⁃˗", ".": "․٠",
}  # fmt: skip
"""Unicode TR39 confusables of the characters that markings are made of; what NFKD does not fold."""

_INVISIBLE_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Me"})
_OVERRIDES = re.compile("[\u202d\u202e]")
_REGIONAL_A = 0x1F1E6


class _Fold(dict[int, str]):
    """What each character looks like; worked out once for each character met."""

    def __missing__(self, point: int) -> str:
        seen = _looks_like(chr(point))
        if len(self) < 50_000:
            self[point] = seen
        return seen


def _looks_like(character: str) -> str:
    if character in _BY_CHARACTER:
        return _BY_CHARACTER[character]
    if unicodedata.category(character) == "Zs" or character == "\t":
        return " "
    if 0 <= ord(character) - _REGIONAL_A < 26:
        return chr(ord("A") + ord(character) - _REGIONAL_A)
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    return "".join(
        _BY_CHARACTER.get(part, part)
        for part in unicodedata.normalize("NFKD", character)
        if unicodedata.category(part) not in _UNSEEN and part not in _INVISIBLE_LETTERS
    )


_BY_CHARACTER = {twin: plain for plain, twins in _LOOK_ALIKES.items() for twin in twins}
_FOLD = _Fold()
_SPACES = {point: " " for point in range(0x3001) if unicodedata.category(chr(point)) == "Zs"} | {
    ord("\t"): " "
}


def plain_spaces(text: str) -> str:
    """The text with every kind of space as an ordinary one; nothing else changes."""
    return text.translate(_SPACES)


def as_seen(text: str) -> str:
    """The text as a hurried reader sees it: look-alikes as ASCII, the invisible gone.

    Case stays. Linear in the length of the text; never raises, whatever the characters.
    """
    return text.translate(_FOLD)


def plain_twin(character: str) -> str | None:
    """The ASCII character that this one is easily taken for, or None. Its case is the twin's."""
    return _BY_CHARACTER.get(character)


def is_blank_letter(character: str) -> bool:
    """Whether Unicode calls this a letter or sign, and nothing of it is seen."""
    return character in _INVISIBLE_LETTERS


def has_invisible(text: str) -> bool:
    """Whether the text holds a character that isn't shown at all."""
    return any(
        unicodedata.category(character) in {"Cc", "Cf", "Cn", "Co", "Cs"}
        or character in _INVISIBLE_LETTERS
        or "\ufe00" <= character <= "\ufe0f"
        or character == "\u034f"
        for character in text
    )


def has_override(text: str) -> bool:
    """Whether the text turns its reading direction by force (U+202D, U+202E)."""
    return _OVERRIDES.search(text) is not None
