"""Passages: what of a text is compared with what was delivered before, and by which values.

Winnowing (Schleimer, Wilkerson, Aiken 2003) over normalised text. It decides what counts as
the same words; what follows from a match is `rilon.policy.source_rules`.
"""

from __future__ import annotations

import hashlib
import re
import struct
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from rilon.domain.letters import is_blank_letter, plain_twin
from rilon.domain.markings import Vocabulary

GRAM = 33
"""Characters of one gram: fewer in common are never recognised."""
WINDOW = 8
"""Grams of which one is chosen."""
RUN = GRAM + WINDOW - 1
"""INVARIANT: two texts with so many normalised characters in a row in common have a chosen
gram in common: the run's own eight grams are a window of both, and the least is chosen."""

_PRIME = 536_870_909
"""The largest below 2^29: Python multiplies such numbers fastest. Choosing needs no more."""
_PLACE = 24
_PLACES = (1 << _PLACE) - 1
"""Bits of a gram's place. A message has at most 65,536 bytes."""


# --- normal form ---------------------------------------------------------------------------------

_MORE_TWINS = {
    twin: plain
    for plain, twins in {
        "b": "ᖯ", "c": "ⲥꮯ𐐽ς", "e": "℮ꬲⅇ", "f": "ꬵẝ", "g": "ᶃ", "i": "ⲓꭵ𑣃˛", "k": "ⲕ", "m": "ⲙ",
        "n": "ⲛ", "o": "ⲟჿꬽᴑ", "p": "ⲣ⍴", "r": "ꭇꭈꮁ", "s": "ꮪ𑣁𐑈ƽ", "t": "ⲧ", "u": "ꭎꭒꞟ",
        "v": "∨⋁ꮩ𑜆", "w": "ꮃɯ", "x": "ⲭ⤫⨯×᙮", "y": "ⲩꭚỿ", "z": "ꮓ𑣄",
    }.items()
    for twin in twins
}  # fmt: skip
"""More look-alikes (Unicode TR39) than a marking needs: here they may be signs, too."""
_SAME = {"1": "i", "l": "i", "0": "o", "m": "rn", "w": "vv", "แ": "เเ", "আ": "অা"}
"""Look-alikes within the writing that we keep: Unicode TR39, and Thai as it is often typed."""

_SCRIPTS_WITH_SIGNS = ((0x0900, 0x0E00), (0x0E00, 0x1000), (0x1000, 0x10A0), (0x1780, 0x17D4))
"""Scripts of South and South-East Asia, where marks are vowels and tones: they are kept."""
_BLOCK = 128
_UNSEEN_SIGNS = frozenset("\u17b4\u17b5")
_LETTERS = frozenset({"Lu", "Ll", "Lt", "Lo", "Nd", "Nl", "No"})
_MARKS = frozenset({"Mn", "Mc"})
_REPEAT_SIGNS = frozenset("ๆໆ々〻ー")
"""Modifier letters that are part of words. Others are apostrophes and dots in disguise."""
_LIKE_PUNCTUATION = frozenset("ꞋꞌꞏǁǂǃᐝᐞᐟᐠᐡᐢᐣᐤᐥᐦᐧᐨᑉᑊᐸᐳᆞㆍⲺⲻⵏⵑ")
"""Letters that a reader takes for apostrophes, dots, dashes or brackets between letters."""
_REGIONAL_A = 0x1F1E6


class _Fold(dict[int, str]):
    """The normal form of each character by itself; worked out once for each one met."""

    def __missing__(self, point: int) -> str:
        folded = "".join(_fold(chr(point)))
        if len(self) < 50_000:
            self[point] = folded
        return folded


def _fold(character: str) -> Iterator[str]:
    if 0 <= ord(character) - _REGIONAL_A < 26:
        character = chr(ord("a") + ord(character) - _REGIONAL_A)
    for part in _twin(character) or unicodedata.normalize("NFKD", character):
        for letter in (_twin(part) or part).casefold():
            digit = unicodedata.decimal(letter, None)
            # Upper and lower case have one normal form, although only one may have a twin.
            upper = letter.upper()
            twin = _twin(letter) or (_twin(upper) if len(upper) == 1 else None)
            plain = (twin or letter).casefold() if digit is None else str(digit)
            if _is_kept(plain):
                yield _SAME.get(plain, plain)


def _twin(character: str) -> str | None:
    return _MORE_TWINS.get(character) or plain_twin(character)


def _is_kept(letter: str) -> bool:
    kind = unicodedata.category(letter)
    if kind in _LETTERS:
        return not is_blank_letter(letter) and letter not in _LIKE_PUNCTUATION
    return letter in _REPEAT_SIGNS or (kind in _MARKS and _is_sign(letter))


def _is_sign(mark: str) -> bool:
    """Whether a mark is a vowel or tone of its script, and no accent."""
    return mark not in _UNSEEN_SIGNS and any(
        begin <= ord(mark) < end for begin, end in _SCRIPTS_WITH_SIGNS
    )


_FOLD = _Fold()
_SIGNS = "".join(
    chr(point)
    for begin, end in _SCRIPTS_WITH_SIGNS
    for point in range(begin, end)
    if unicodedata.category(chr(point)) in _MARKS
)
_SIGNED = re.compile(f"([^{_SIGNS}])([{_SIGNS}]+)")


def normalise(text: str) -> str:
    """The text as it is compared: letters, digits, and the vowel signs of Asian scripts.

    Case, spaces, punctuation, accents and what isn't seen are gone; look-alike letters and the
    digits of every script are plain ones. Of two texts put together the normal form is that of
    both put together, so what stands around a passage doesn't matter. Never raises; linear.
    """
    folded = text.translate(_FOLD)
    if folded.isascii():
        return folded
    return _SIGNED.sub(_with_own_signs, folded)


def _with_own_signs(found: re.Match[str]) -> str:
    """The signs of one letter in one order, since people type them in several.

    ATTACK: a sign of another script, or the same sign twice, which nobody sees.
    """
    base, signs = found.groups()
    block = ord(base) // _BLOCK
    return base + "".join(sorted({sign for sign in signs if ord(sign) // _BLOCK == block}))


def as_kept(letters: str) -> str:
    """Plain small letters as the normal form has them: `l` is `i`, `m` is `rn`."""
    return "".join(_SAME.get(letter, letter) for letter in letters)


def without_markings(text: str, vocabulary: Vocabulary) -> str:
    """The text without markings: those who write the same one don't quote each other.

    Only words of the vocabulary are taken out, so nothing can be hidden in a marking.
    """
    return _marking(vocabulary).sub(" ", text)


@lru_cache(maxsize=8)
def _marking(vocabulary: Vocabulary) -> re.Pattern[str]:
    party = "(?:" + "|".join(sorted(vocabulary.parties)) + ")"
    some = rf"{party}(?: ?, ?{party})*"
    codes = {"PD", "NOPD"}
    for caveat in vocabulary.caveats:
        codes |= {caveat.code, *caveat.aliases}
    named = "|".join(sorted(map(re.escape, codes), key=len, reverse=True))
    field = (
        rf"(?: +(?:REL(?:TO)? +{some}|PROTECT +{some}|EXP +[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}"
        rf"|GRADE +[A-F][1-6]|{named})(?![A-Z0-9]))"
    )
    label = r"TLP: *(?:CLEAR|WHITE|GREEN|AMBER(?:\+STRICT)?|RED)(?![A-Z0-9+])"
    return re.compile(
        rf"(?<![A-Z0-9])(?:{label}{field}*(?: *//)?|REL(?:TO)? +{some}{field}* *//)",
        re.ASCII | re.IGNORECASE,
    )


# --- fingerprints --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class PassageKey:
    """What makes fingerprints: without it nobody can tell whether a stored one is of a text.

    `base` chooses, `state` hashes: BLAKE2b with a key. Made by `passage_key`.
    """

    base: int
    state: hashlib.blake2b


def passage_key(secret: bytes) -> PassageKey:
    """The key from a secret of 32 or more random bytes."""
    base = hashlib.blake2b(secret, digest_size=16, person=b"rilon-choose").digest()
    key = hashlib.blake2b(secret, digest_size=32, person=b"rilon-passage").digest()
    return PassageKey(
        2 + int.from_bytes(base) % (_PRIME - 4), hashlib.blake2b(digest_size=8, key=key)
    )


def fingerprints(text: str, key: PassageKey) -> frozenset[int]:
    """The fingerprints that a normalised text leaves: signed 64-bit numbers, none if it is
    shorter than a gram. About two for nine characters, and some five for the ends.

    INVARIANT: of the grams of this text, one that holds it whole among other words chooses none
    that it doesn't choose itself. Whoever pastes a message, with a word before it, into a room
    for fewer makes no passage of it that is known there alone.
    """
    least = _rolling(text, key.base)
    return _hashed(text, _least_of_each(least) | _least_at_ends(least), key)


def fingerprints_asked(
    text: str, key: PassageKey, before: str = "", after: str = ""
) -> frozenset[int]:
    """The fingerprints by which a normalised text is looked up.

    `before` and `after` are what the sender said just before and after, in normal form. Where
    texts meet every gram is looked up, within the text those chosen. A gram that lies wholly
    before or after is not: it was looked up when that was said, and what was let through
    then refuses nothing now.
    """
    if not text:
        return frozenset()
    before, after = before[-(RUN - 1) :], after[: RUN - 1]
    whole = before + text + after
    begin, end = len(before), len(before) + len(text)
    last = len(whole) - GRAM + 1
    edges = {*range(begin - GRAM + 1, begin + WINDOW - 1), *range(end - RUN + 1, end)}
    touching = {at for at in edges if begin - GRAM < at < end and 0 <= at < last}
    within = {at for at in _chosen(whole, key.base) if begin - GRAM < at < end}
    return _hashed(whole, within | touching, key)


def fingerprints_across(text: str, key: PassageKey, before: str, after: str) -> frozenset[int]:
    """The fingerprints asked where a text meets others, if its own were looked up already."""
    if len(text) <= 2 * RUN:
        return fingerprints_asked(text, key, before, after)
    found = fingerprints_asked(text[:RUN], key, before) if before else frozenset()
    return found | fingerprints_asked(text[-RUN:], key, "", after) if after else found


def file_fingerprint(digest: bytes, key: PassageKey) -> int:
    """The fingerprint of a whole file, from the SHA-256 of its bytes. No text has it: normal
    form knows no NUL."""
    one = key.state.copy()
    one.update(b"\0file\0" + digest)
    return int(struct.unpack("<q", one.digest())[0])


def boilerplate(texts: Iterable[str], key: PassageKey) -> frozenset[int]:
    """Every gram of texts that are the network's own: whoever quotes them quotes nobody."""
    found: set[int] = set()
    for text in map(normalise, texts):
        found |= _hashed(text, range(len(text) - GRAM + 1), key)
    return frozenset(found)


def _chosen(text: str, base: int) -> set[int]:
    return _least_of_each(_rolling(text, base))


def _least_of_each(least: list[int]) -> set[int]:
    """Where the chosen grams begin: the least of each window, the last of equal ones.

    What a window chooses depends on its own characters alone, so nobody can write around a
    passage in such a way that another gram of it is chosen (the guarantee of `RUN`).
    """
    if len(least) < WINDOW:
        return {-min(least) & _PLACES} if least else set()
    for step in (1, 2, 4):  # the least of two, of four, of eight
        pairs = zip(least, least[step:], strict=False)
        least = [one if one < other else other for one, other in pairs]  # noqa: FURB136 - faster
    return {-one & _PLACES for one in set(least)}


def _least_at_ends(least: list[int]) -> set[int]:
    """Where those begin that a window across an end of the text would choose in it."""
    ends = (least[: WINDOW - 1], least[:-WINDOW:-1])
    return {-one & _PLACES for end in ends for one in accumulate(end, min)}


def _rolling(text: str, base: int) -> list[int]:
    """A polynomial of each gram, modulo a prime, at a secret place; less the gram's own place,
    above which it is shifted."""
    if len(text) < GRAM:
        return []
    points = list(map(ord, text))
    value = 0
    for point in points[:GRAM]:
        value = (value * base + point) % _PRIME
    lead = pow(base, GRAM, _PRIME)
    leaving = {point: _PRIME - point * lead % _PRIME for point in set(points)}
    values = [value << _PLACE]
    gone = [leaving[point] for point in points]
    for at, (out, come) in enumerate(zip(gone, points[GRAM:], strict=False), 1):
        value = (value * base + come + out) % _PRIME
        values.append((value << _PLACE) - at)
    return values


def _hashed(text: str, places: Iterable[int], key: PassageKey) -> frozenset[int]:
    if text.isascii():
        raw = text.encode()
        grams = [raw[at : at + GRAM] for at in places]
    else:
        grams = [text[at : at + GRAM].encode("utf-8", "surrogatepass") for at in places]
    found = []
    for gram in grams:
        one = key.state.copy()
        one.update(gram)
        found.append(one.digest())
    return frozenset(struct.unpack(f"<{len(found)}q", b"".join(found)))
