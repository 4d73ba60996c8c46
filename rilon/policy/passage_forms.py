"""The bare form of a text: its words without dressing, as a patient reader makes them out.

The normal form (`rilon.policy.passages.normalise`) is what every text has. The bare form goes
further: letters with strokes, from other alphabets or in fancy type are the Latin letters that
they stand for, and signs, small numbers and numbering set between words are gone. Texts are
left and looked up in both, so a fingerprint of the normal form stays good.
"""

from __future__ import annotations

import re
import unicodedata

from rilon.domain.letters import plain_twin
from rilon.policy.passages import as_kept, normalise

_STANDS_FOR = {
    letter: plain
    for plain, letters in {
        "a": "λдᗩᗅᐃ𐌀ƛ𖽀𐊠คæ", "b": "βбьъᗷᗺᙠᖲ𐌁𐊂𐊡𐌜Ꮟᑲ", "c": "ᑕᑢ𐌂𐊢𐐕𐔜", "d": "δᗪᗞð𐌃Ꮷᑯꓒ",
        "e": "єэξᕮᗴᘿꞓ𐌄𐊆⋿ҿⴹ𑣆𑣎", "f": "ᖴ𐌅𐊇ſ𐊥ք𑣂𐔥", "g": "ᘜگᏳ", "h": "ђћᕼ𐌇𐋏ዘһᏂⲏ", "i": "เ𐌉ꙇᎥ",
        "j": "נןᒍჟ", "k": "ᖽ𐌊ĸᛕ𐔘", "l": "ⵏᒪ𐌋𐑃𖼖𖽁ןᛁ𖼨𐊊ⳑ𑣒𐔦", "m": "ᗰ𐌌𐊰ᙢᛖ𐌑", "n": "иภπᑎ𐌍ᘉռ𐔓",
        "o": "θфဝഠଠ𐌏𐐬𐓂𐓪𐊒𐊫ⵔᗝߋסہœɒ𑣈𑣗ዐ𑣕𐔖", "p": "ᑭקþƿ𐌐𐌓𐊕", "q": "ᑫզⵕ", "r": "яᖇ𐊯ᖆⲅᏒ𐓜𖼵",
        "s": "รᔕƨ𐌔𐊖𐐠ടᏕ𖼺", "t": "ᖶ𐌕𐊗𐊱𖼊ナ𑣜", "u": "цยᑌμ𐓎𐓶ᘮʌ𑣘𖽂", "v": "שᐯ𐌖ⴸ𖼈ง𑣀ꛟ𐔝",
        "w": "шщฬᗯᘺ𐓑𑜊𑜎𑜏Ꮤ", "x": "жא𐌗𐊐𐊴𐌢ᕁⵝᚷ𐔧", "y": "чץψ𐊲ყᎩᎽ𖽃", "z": "зᘔȝʒ𐋵𑣉",
    }.items()
    for letter in letters
}  # fmt: skip
"""Letters as they are used in place of Latin ones; after Unicode TR39, and fancy writing.

INVARIANT: no two letters of Thai, nor of Bengali, stand for the same: their words stay apart."""
_NAMED = {
    "SCHWA": "e", "ALPHA": "a", "EZH": "z", "ESH": "s", "ENG": "n", "ETH": "d", "THORN": "p",
    "UPSILON": "u", "IOTA": "i", "GAMMA": "y", "KRA": "k", "BETA": "b", "CHI": "x", "OMEGA": "w",
    "WYNN": "p", "PHI": "o", "DELTA": "d", "LAMBDA": "a",
}  # fmt: skip
_LATIN = re.compile(
    r"LATIN (?:[A-Z]+ )*?(?:LETTER|LIGATURE) (?:[A-Z-]+ )*?([A-Z]+)(?: DIGRAPH)?(?: WITH .*)?"
)
_ALPHABETS = ("CYRILLIC ", "GREEK ")
_TONES = frozenset("\u0e47\u0e48\u0e49\u0e4a\u0e4b\u0e4c\u0981\u09bc\u09cd")
"""Thai tones and Bengali signs that readers miss least. Without them a word is still read."""
_SIGNS_FOR = str.maketrans("¢∂€¥£§᙭ⵏʋ๏ﻮ", "cdeylsxlvog") | {
    0x1CCD6 + number: letter for number, letter in enumerate("abcdefghijklmnopqrstuvwxyz")
}
"""Signs as letters: the normal form drops them, or reads them otherwise (`ʋ` as `u`), or doesn't
know them yet (outlined capitals, of Unicode 16)."""
_LIKE_LETTERS = str.maketrans("@+|©®⭕", "atlcro")
_WITHIN_WORDS = re.compile(r"(?<=[^\W\d_])[@+|©®⭕]{1,12}(?=[^\W\d_])")
"""Signs that are letters in a text where they stand within a word; between words they aren't."""
_THAI_DIGITS = {"๒": "b", "๓": "m", "๔": "d"}
_THAI_LETTER = re.compile("(?<=[A-Za-z\u0370-\u05ea])[๒-๔]|[๒-๔](?=[A-Za-z\u0370-\u05ea])")
"""Thai digits that are letters in fancy writing, since they stand beside a letter."""

_BARS = frozenset("ǀⵏ")
_REPEATED = frozenset("ๆໆ")
_REGIONAL_A = 0x1F1E6
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")
_BETWEEN = re.compile("o+|(?<![lsb])b+(?![lsb])")
_ALONE = re.compile("(?<!s)s(?!s)|(?<!r)r{1,2}(?!r)")
_SOME = re.compile("[osrb]")
_NUMBERING = re.compile(
    r"[(\[{<]\s*[0-9]{1,3}(?:\s*/\s*[0-9]{1,3})?\s*[)\]}>]"
    r"|^[ \t>*#-]*\(?(?:[0-9]{1,3}\s*/\s*[0-9]{1,3}|[0-9]{1,2}[:.][0-9]{2}(?=[ \t])"
    r"|[0-9]{1,3}(?=[.):\]-])|(?:[a-z]|[ivxl]{2,5})(?=[.)])|o(?=[ \t]))"
    r"[.):\]-]*[ \t]+",
    re.MULTILINE | re.IGNORECASE | re.ASCII,
)
"""Footnotes, and numbers at the head of a line: `[1]`, `(2/4)`, `3. word`, `iv) piece`;
a time of day, and the letter that people write for a bullet, too."""


def bare(text: str) -> str:
    """The bare form of a text. For most messages it is their normal form. Never raises."""
    return bare_of(text, normalise(text))


def bare_of(text: str, normal: str) -> str:
    """The bare form of a text whose normal form is known: much is the same for both."""
    undressed = _undressed(text)
    if undressed != text:
        normal = normalise(undressed)
    if normal.isascii():
        return normal
    return normal.translate(_LETTERS)


def _undressed(text: str) -> str:
    """The text without signs between words, and without numbers that only count."""
    if signs := {ord(sign) for sign in "".join(_WITHIN_WORDS.findall(text))}:
        text = text.translate({sign: _LIKE_LETTERS[sign] for sign in signs})
    if not text.isascii():
        text = _without_signs(_KEYCAP.sub("", text)).translate(_SIGNS_FOR)
        text = _THAI_LETTER.sub(lambda found: _THAI_DIGITS[found[0]], text)
    return _NUMBERING.sub(" ", text)


def _without_signs(text: str) -> str:
    """Without what stands for itself between words: `™`, `①`, a flag, a letter in a box.

    Letters in fancy type are words where two stand together, or where there are more of them
    than of others.
    """
    kinds = text.translate(_KINDS)
    if not _SOME.search(kinds):
        return text
    text = _cut(text, kinds, _BETWEEN)
    kinds = text.translate(_KINDS)
    if kinds.count("s") + kinds.count("r") >= kinds.count("l"):
        return text
    return _cut(text, kinds, _ALONE)


def _cut(text: str, kinds: str, what: re.Pattern[str]) -> str:
    kept, at = [], 0
    for found in what.finditer(kinds):
        kept.append(text[at : found.start()])
        at = found.end()
    return "".join([*kept, text[at:]])


class _Kinds(dict[int, str]):
    """What each character is: a letter, styled, regional, a bar, other dressing, or neither."""

    def __missing__(self, point: int) -> str:
        kind = _kind(chr(point))
        if len(self) < 50_000:
            self[point] = kind
        return kind


def _kind(character: str) -> str:
    if character in _BARS:
        return "b"
    if 0 <= ord(character) - _REGIONAL_A < 26:
        return "r"
    category = unicodedata.category(character)
    if character in _REPEATED or category in {"Lu", "Ll", "Lt", "Lo", "Nd", "Mn", "Mc"}:
        return "l"
    if category not in {"So", "Sk", "No", "Nl", "Lm"}:
        return "-"
    plain = [one for one in unicodedata.normalize("NFKD", character) if one.isalpha()]
    if len(plain) == 1 and category != "Nl" and (plain[0].isascii() or plain_twin(character)):
        return "s"
    return "s" if category == "So" and plain_twin(character) else "o"


class _Latin(dict[int, str]):
    """The Latin letter that each letter of a normal form stands for."""

    def __init__(self) -> None:
        super().__init__({ord(sign): "" for sign in _TONES})

    def __missing__(self, point: int) -> str:
        letter = chr(point)
        plain = _latin(letter)
        folded = letter if plain is None else as_kept(plain)
        if len(self) < 50_000:
            self[point] = folded
        return folded


def _latin(letter: str) -> str | None:
    if letter.isascii():
        return None
    if letter in _STANDS_FOR:
        return _STANDS_FOR[letter]
    name = unicodedata.name(letter, "")
    if found := _LATIN.fullmatch(name):
        word = found[1]
        return _NAMED.get(word) or (word.lower() if len(word) <= 2 else None)
    if name.startswith(_ALPHABETS) and " WITH " in name:
        try:
            base = unicodedata.lookup(name.partition(" WITH ")[0])
        except KeyError:
            return None
        return _STANDS_FOR.get(base) or normalise(base)
    return None


_KINDS = _Kinds()
_LETTERS = _Latin()
bare("".join(map(chr, (*range(1, 0x250), *range(0x980, 0xA00), *range(0xE00, 0xE80)))))
# ATTACK: texts of every character fill the tables. Everyday letters are in them first.
