"""Selectors: what two requests may share. A vessel's name, IMO and MMSI numbers, telephone and
document numbers, each in one normal form, and their keyed hashes.

Decides when two spellings are the same thing. What follows from a shared one, and who may
know, is decided elsewhere. Telephone numbers are read by an argument: numbering plans are data.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from rilon.domain.letters import as_seen
from rilon.domain.request_mistakes import Misread, Wrong
from rilon.domain.word_forms import plain_word

MOST_SELECTORS = 40
"""Selectors of one request. ATTACK: a list of guesses fishes for overlaps."""

LONGEST = 80
"""Characters of one selector as it is written."""

SHORTEST_KEY = 32
"""Bytes of the key."""


class SelectorKind(StrEnum):
    """What a selector names."""

    VESSEL = "vessel"
    IMO = "imo"
    MMSI = "mmsi"
    TELEPHONE = "telephone"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True, order=True)
class Selector:
    """One selector. `value` is its normal form, `written` how a vessel's name was given."""

    kind: SelectorKind
    value: str = field(repr=False)
    written: str = field(default="", repr=False, compare=False)

    @property
    def shown(self) -> str:
        """As people read it."""
        return self.written or self.value


class Telephones(Protocol):
    """Reads telephone numbers as one party writes them, in its own national form too."""

    def number(self, written: str) -> str | None:
        """The number in E.164 (`+6281234567890`), or `None` if it can't be one."""
        ...

    def numbers_in(self, text: str) -> tuple[str, ...]:
        """Every valid number in a text, in E.164."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """What a text holds: its selectors, and what looks like one and can't be."""

    selectors: tuple[Selector, ...] = ()
    doubts: tuple[Misread, ...] = ()


# --- one selector ------------------------------------------------------------------------------


def read_selector(kind: SelectorKind, written: str, telephones: Telephones) -> Selector | Misread:
    """The selector that was written, in its normal form, or why it can't be one."""
    if len(written) > LONGEST:
        return Misread(_SHAPE[kind], found=written)
    match kind:
        case SelectorKind.IMO:
            return _imo(written)
        case SelectorKind.MMSI:
            return _mmsi(written)
        case SelectorKind.TELEPHONE:
            number = telephones.number(written)
            found = Selector(kind, number) if number else None
        case SelectorKind.VESSEL:
            value = vessel_form(written)
            shown = " ".join(as_seen(written).split()).strip(" ,;")
            found = Selector(kind, value, shown) if len(value) > 1 else None
        case SelectorKind.DOCUMENT:
            value = plain_word(written).upper()
            digits = sum(map(str.isdigit, value))
            shaped = value.isascii() and 4 <= len(value) <= 24 and digits >= 3
            found = Selector(kind, value) if shaped else None
    return found or Misread(_SHAPE[kind], found=written)


_SHAPE = {
    SelectorKind.IMO: Wrong.IMO_CHECK,
    SelectorKind.MMSI: Wrong.MMSI_SHAPE,
    SelectorKind.TELEPHONE: Wrong.TELEPHONE_SHAPE,
    SelectorKind.VESSEL: Wrong.VESSEL_SHAPE,
    SelectorKind.DOCUMENT: Wrong.DOCUMENT_SHAPE,
}

_PREFIX = re.compile(
    r"[\W_]*(?:M[\W_]*V|M[\W_]*T|F[\W_]*V|M[\W_]*F[\W_]*V|S[\W_]*S|K[\W_]*M|K[\W_]*M[\W_]*N"
    r"|K[\W_]*L[\W_]*M|K[\W_]*M[\W_]*P|L[\W_]*C[\W_]*T|T[\W_]*B|KAPAL|PERAHU|VESSEL|SHIP|BOAT"
    r"|SAMPAN|BOT)[\W_]+(?=[^\W_])",
)
"""What stands before a ship's name and says what kind of ship it is."""


def vessel_form(written: str) -> str:
    """The name folded, in capitals: `M/V Nova-Star` and `NOVA STAR` are `NOVASTAR`.

    A prefix is known by what parts it from the name; `KMNOVA` is a name.
    """
    name = as_seen(as_seen(written).upper())
    while prefix := _PREFIX.match(name):
        name = name[prefix.end() :]
    return plain_word(name).upper()


def imo_is_right(digits: str) -> bool:
    """Whether the check digit of seven digits is right (IMO Resolution A.1117(30))."""
    weights = range(7, 1, -1)
    weighed = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))
    return len(digits) == 7 and digits[0] != "0" and weighed % 10 == int(digits[6])


def _imo(written: str) -> Selector | Misread:
    digits = _digits(written, "imo")
    if len(digits) == 7 and imo_is_right(digits):
        return Selector(SelectorKind.IMO, digits)
    return Misread(Wrong.IMO_CHECK, found=written)


_MID = r"(?:20[1-9]|2[1-9]\d|[3-6]\d\d|7[0-6]\d|77[0-5])"
_MMSI = re.compile(rf"(?=\d{{9}}$)(?:(?:0{{0,2}}|8|9[89]|111){_MID}\d*|97[024]\d{{6}})")
"""Ship, coast, group, craft, aid and aircraft stations with their maritime identification digits,
and distress beacons (ITU-R M.585)."""


def _mmsi(written: str) -> Selector | Misread:
    digits = _digits(written, "mmsi")
    if _MMSI.fullmatch(digits):
        return Selector(SelectorKind.MMSI, digits)
    return Misread(Wrong.MMSI_SHAPE, found=written)


def _digits(written: str, label: str) -> str:
    """The digits, where nothing else than digits, spaces and signs follows the label."""
    rest = plain_word(written).removeprefix(label).removeprefix("no")
    return rest if rest.isdecimal() and rest.isascii() else ""


# --- in a text ---------------------------------------------------------------------------------

_GAP = r"[ \t]{0,3}(?:no\.?|nr\.?|number|nomor|nombor|número)?[ \t]{0,3}[:=#.]?[ \t]{0,3}"
_IMO_IN = re.compile(rf"(?<![a-z0-9])imo{_GAP}(\d(?:[ .-]?\d){{3,9}})(?!\d)")
_MMSI_IN = re.compile(rf"(?<![a-z0-9])mmsi{_GAP}(\d(?:[ .-]?\d){{4,11}})(?!\d)")
_DOCUMENT_IN = re.compile(
    r"(?<![^\W\d_])(?:passports?|paspor|pasport|passaportes?|pasaporte|หนังสือเดินทาง|পাসপোর্ট|ktp|nik"
    r"|visa|travel document|document|dokumen|documento|doc|id card)"
    rf"{_GAP}((?=[a-z0-9-]*\d[a-z0-9-]*\d[a-z0-9-]*\d)[a-z0-9](?:-?[a-z0-9]){{3,23}})(?![a-z0-9])"
)
_LABELLED_VESSEL = re.compile(
    r"(?<![^\W\d_])(?:vessel|ship|boat|kapal|perahu|barco|navio|เรือ|জাহাজ|nama kapal|vessel name)"
    r"[ \t]{0,3}[:=][ \t]{0,3}([^\n,;.?!:=]{2,60})",
    re.IGNORECASE,
)
_QUOTED_VESSEL = re.compile(
    r"(?<![^\W\d_])(?:vessel|ship|boat|kapal|perahu|barco|navio)[ \t]{1,3}"
    r"(?:(?:named|called|bernama|name|nama)[ \t]{1,3})?[\"“'‘]([^\n\"”'’]{2,60})[\"”'’]",
    re.IGNORECASE,
)
_PREFIXED_VESSEL = re.compile(
    r"(?<![A-Za-z0-9])(?:M/?V|M/?T|F/?V|MFV|S/?S|KM|KMN|KLM|KMP|LCT)\.?[ \t]{1,3}"
    r"([A-Z][A-Za-z0-9'-]*(?:[ \t]{1,2}(?:[A-Z][A-Za-z0-9'-]*|[0-9]+[A-Z]?(?![\w:.,]))){0,3})"
)
_WORDS_AFTER_A_NAME = re.compile(
    r"[ \t]+(?:IMO|MMSI|TEL|DOC|FLAG|FLAGGED|CALL|CALLSIGN|AND|DAN|WITH|LEFT|SEEN)\b.*$",
    re.IGNORECASE | re.DOTALL,
)


def find_selectors(text: str, telephones: Telephones) -> Found:
    """Every selector that a text names, each once, in order of kind and value.

    Linear in the text. A number of a ship needs its label; so does a document.
    """
    seen = as_seen(text)
    found: set[Selector] = set()
    doubts: dict[Misread, None] = {}
    for kind, written in _named(seen):
        one = read_selector(kind, written, telephones)
        if isinstance(one, Selector):
            found.add(one)
        else:
            doubts[one] = None
    found |= {Selector(SelectorKind.TELEPHONE, one) for one in telephones.numbers_in(seen)}
    return Found(tuple(sorted(found)[:MOST_SELECTORS]), tuple(doubts)[:MOST_SELECTORS])


def _named(seen: str) -> Iterator[tuple[SelectorKind, str]]:
    lower = seen.lower()
    for kind, pattern in (
        (SelectorKind.IMO, _IMO_IN),
        (SelectorKind.MMSI, _MMSI_IN),
        (SelectorKind.DOCUMENT, _DOCUMENT_IN),
    ):
        for match in pattern.finditer(lower):
            yield kind, match[1]
    for pattern in (_LABELLED_VESSEL, _QUOTED_VESSEL, _PREFIXED_VESSEL):
        for match in pattern.finditer(seen):
            name = _WORDS_AFTER_A_NAME.sub("", match[1]).strip()
            if sum(map(str.isalnum, name)) > 1:
                yield SelectorKind.VESSEL, name


# --- keyed -------------------------------------------------------------------------------------


def selector_hash(key: bytes, selector: Selector) -> bytes:
    """HMAC-SHA256 of kind and normal form, 32 bytes: equal for equal selectors, and says nothing
    to whoever hasn't the key. Raises `ValueError` for a key shorter than 32 bytes."""
    if len(key) < SHORTEST_KEY:
        raise ValueError("the key of the selectors is too short")
    said = "\x00".join(("rilon selector 1", selector.kind.value, selector.value))
    return hmac.new(key, said.encode(), hashlib.sha256).digest()
