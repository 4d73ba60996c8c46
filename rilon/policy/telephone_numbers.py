"""Whether a line of text holds what is likely a telephone number.

Told from the other numbers of this work by shape and by the words beside it: IMO and MMSI
numbers, coordinates, dates, times, registrations, cases and amounts are none. Lines come as
they are seen (`rilon.domain.letters.as_seen`), so every script's digits are 0 to 9. Linear in
the length of the line; what follows from a number is `rilon.policy.marking_rules`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from rilon.domain.letters import as_seen

FEWEST, MOST = 8, 15
"""Digits of a number with its country code (ITU-T E.164 §6: at most 15)."""
MOST_GROUPS = 7

_CUES = (
    "tel", "telp", "telpon", "telepon", "telefon", "telefone", "telephone", "phone", "ph", "hp",
    "handphone", "mobile", "mob", "cell", "ponsel", "wa", "whatsapp", "viber", "sms", "fax", "hape",
    "satphone", "telemóvel", "telemovel", "nomor kontak", "nombor telefon", "numeru telefone",
)  # fmt: skip
_CUES_IN_RUNNING_SCRIPT = (
    "โทร", "โทรศัพท์", "เบอร์", "มือถือ", "วอทส์แอป", "ফোন", "মোবাইল", "হোয়াটসঅ্যাপ", "☎", "📞", "📱",
)  # fmt: skip
"""Words after which digits are a telephone number. Thai and Bengali ones need no space."""

_BETWEEN = r"(?:\s?(?:no|nr|nomor|nombor|number|num|n|saya|nya|is|ialah|adalah))?[\s.:=#()-]{0,4}"


def _alternatives(words: tuple[str, ...]) -> str:
    seen = {as_seen(word).lower() for word in words}
    return "|".join(re.escape(word) for word in sorted(seen, key=len, reverse=True))


_CUE = re.compile(
    rf"(?:(?<![a-z])(?:{_alternatives(_CUES)})|(?:{_alternatives(_CUES_IN_RUNNING_SCRIPT)}))"
    rf"[^\x00-\x7f]{{0,12}}{_BETWEEN}$"
)
_LOOK_BACK = 48

# --- what is no telephone number -------------------------------------------------------------

_LINK = re.compile(r"(?:https?://|www\.)\S{1,2000}")
_CALLS = ("wa.me/", "t.me/", "phone/", "tel/", "call/")
_TELEPHONE_LINK = re.compile(r"wa\.me|whatsapp|t\.me/|phone|tel[=:]|\+|%2b")
_LABELLED = re.compile(
    r"(?<![a-z])(?:imo|mmsi|ais|eni|callsign|call sign|hull|lambung|reg|registration|registo|"
    r"matricula|pendaftaran|case|kasus|kes|caso|processo|perkara|ref|reference|rujukan|"
    r"ticket|rfi|container|kontainer|serial|invoice|bl|awb|"
    r"(?:boat|vessel|ship|kapal|perahu|bot|barco) (?:no|nomor|nombor|number)\.?|"
    r"(?:nomor|nombor) (?:kapal|perahu|bot)|"
    + _alternatives(("ทะเบียน", "คดี", "เลขที่", "মামলা", "নিবন্ধন"))
    + r")s?(?: ?(?:no|nr|nomor|nombor|number|num|id))?[\s.:#-]{0,3}"
    r"\d[\d./-]{0,20}(?: \d{3} \d{3}(?!\d))?"
)
"""Ships, cases and files by their own names. A number with `+` is never taken for one."""

_DEGREES = r"(?:1[0-7]\d|0?\d?\d)(?:[ .-]?[0-5]\d(?:[ .-]?[0-5]\d)?(?:[.,]\d{1,6})?)"
_INTERNATIONAL = re.compile(r"\+[\d .()/-]{1,20}$")
_POSITION = re.compile(
    rf"(?<!\d){_DEGREES}(?:[nsew](?![a-z])| ?(?:l[us]|b[tb])\b)"
    rf"|(?<!\d){_DEGREES} (?-i:[NSEW])(?![A-Za-z])"
    rf"|(?<![a-z])(?-i:[NSEW]) ?{_DEGREES}(?!\d)",
    re.IGNORECASE,
)
_DECIMALS = re.compile(
    r"(?<![\d.])[+-]?\d{1,2}\.\d{3,8}[ ,;/]{1,3}[+-]?\d{1,3}\.\d{3,8}(?!\d)(?!\.\d)"
)
_DAY, _MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_DATE = re.compile(
    r"(?<!\d)(?<!\d[-./])"
    rf"(?:(?:19|2[0-5])\d\d[-./]{_MONTH}[-./]{_DAY}|{_DAY}[-./]{_MONTH}[-./](?:(?:19|2[0-5])\d\d|\d\d))"
    r"(?!\d)(?![-./]\d)"
)
_TIME = re.compile(r"(?<![\d.])(?:[01]?\d|2[0-4])[.:][0-5]\d(?:[.:][0-5]\d)?(?!\d|\.\d)")
_MONEY = r"rp|idr|rm|myr|usd|us\$|aud|a\$|\$|bdt|tk|thb|sgd|eur|€|฿|৳"
_AMOUNT = re.compile(
    rf"(?<![a-z])(?:{_MONEY})\.? ?\d[\d.,]{{0,24}}"
    rf"|(?<!\d)\d[\d.,]{{0,24}} ?(?:{_MONEY}|rupiah|ringgit|baht|taka|dollars?|dolar|"
    + _alternatives(("บาท", "টাকা"))
    + r")(?![a-z])"
)
_WHOLE_THOUSANDS = re.compile(r"(?<![\d.+])[1-9]\d{0,2}(?:\.\d{3}){1,4}(?<=000)(?!\d|\.\d)")
_NO_NUMBERS = (_LABELLED, _DECIMALS, _DATE, _TIME, _AMOUNT, _WHOLE_THOUSANDS)

# --- what may be one -------------------------------------------------------------------------

_CHAIN = re.compile(r"(?:\+ ?)?\(?\d(?:\d|[ ._()-]{1,3}(?=[\d(]))*")
_DIGITS = re.compile(r"\d+")
_FOLLOWED_BY_CODE = re.compile(r"[a-z]{1,3}\d")

_NATIONAL = re.compile(r"0[1-9]\d{7,11}")
"""National forms with a leading 0 in the member states and the countries around them."""
_CODE_WITHOUT_SIGN = re.compile(
    r"601\d{8,9}|61[2-478]\d{8}|628\d{8,11}|66[689]\d{8}|6707[3-8]\d{6}|8801[3-9]\d{8}"
    r"|959\d{7,9}|947\d{8}|923\d{9}|91[6-9]\d{9}|84[35789]\d{8}|639\d{9}|937\d{8}|989\d{9}"
)
"""Country codes written without `+`: the mobile numbers of the member states, and of the states
people come from or pass through. National numbering plans as listed by the ITU."""
_FIRST = "06789"
"""What every form without `+` begins with."""
_TIMOR_LESTE = re.compile(r"7[3-8]\d{6}")

_HOUR_MINUTE = re.compile(r"(?:[01]\d|2[0-4])[0-5]\d")
_DAY_MONTH_YEAR = re.compile(r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20|25)?\d\d")


@dataclass(frozen=True, slots=True)
class _Chain:
    """Groups of digits in a row, with what stands between them."""

    groups: tuple[str, ...]
    gaps: tuple[str, ...]
    has_plus: bool
    has_cue: bool
    tainted: bool
    """A letter or a sign of a code stands right before the first group."""


def holds_telephone_number(line: str) -> bool:
    """Whether the line, as seen, likely holds a telephone number."""
    if sum(map(line.count, "0123456789")) < FEWEST - 1:
        return False
    return any(_likely(chain) for chain in _chains(_without_other_numbers(line)))


def _without_other_numbers(line: str) -> str:
    # Only positions need the case: `08 33 S` is one, and `81 33 e …` is Portuguese for `and`.
    line = _POSITION.sub(_without_position, line).lower()
    line = _LINK.sub(_without_place, line)
    for kind in _NO_NUMBERS:
        line = kind.sub(" ; ", line)
    return line


def _without_position(found: re.Match[str]) -> str:
    """The end of an international number may look like one: `+60.120.000.000 W`."""
    return found[0] if _INTERNATIONAL.search(found.string, 0, found.start()) else " ; "


def _without_place(link: re.Match[str]) -> str:
    """A link is no number, but for one that calls somebody."""
    return link[0] if _TELEPHONE_LINK.search(link[0]) else " ; "


def _chains(line: str) -> Iterator[_Chain]:
    for found in _CHAIN.finditer(line):
        if sum(map(str.isdigit, found[0])) < FEWEST - 1:
            continue
        before = line[max(0, found.start() - _LOOK_BACK) : found.start()]
        has_cue = _CUE.search(before) is not None
        spans = list(_DIGITS.finditer(found[0]))
        ends_in_code = _FOLLOWED_BY_CODE.match(line, found.end()) is not None
        yield _Chain(
            groups=tuple(span[0] for span in spans[: len(spans) - ends_in_code]),
            gaps=tuple(found[0][one.end() : other.start()] for one, other in pairwise(spans)),
            has_plus=found[0].startswith("+"),
            has_cue=has_cue,
            tainted=not has_cue and _is_code_before(before),
        )


def _is_code_before(before: str) -> bool:
    """`LP/0812…`, `KM-0812…`, `#0812…`: the digits belong to a code of letters and signs."""
    last, one_more = before[-1:], before[-2:-1]
    if before.endswith(_CALLS):
        return False
    if last in ("/", "-", "."):
        return one_more.isascii() and one_more.isalpha()
    return last in ("#", "_", "@") or (last.isascii() and last.isalpha())


def _likely(chain: _Chain) -> bool:
    count = len(chain.groups)
    for first in range(count):
        if first and (chain.groups[first][0] not in _FIRST or " " not in chain.gaps[first - 1]):
            continue
        if first == 0 and chain.tainted and not chain.has_plus:
            continue
        for last in range(first, min(first + MOST_GROUPS, count)):
            if last + 1 < count and " " not in chain.gaps[last]:
                continue
            groups, gaps = chain.groups[first : last + 1], chain.gaps[first:last]
            length = sum(map(len, groups))
            if length > MOST + 1:
                break
            if length < FEWEST - 1:
                continue
            plus, cue = chain.has_plus and first == 0, chain.has_cue and first == 0
            if _is_number(groups, gaps, plus=plus, cue=cue):
                return True
    return False


def _is_number(groups: tuple[str, ...], gaps: tuple[str, ...], *, plus: bool, cue: bool) -> bool:
    digits = "".join(groups)
    if plus:
        return FEWEST <= len(digits) <= MOST + 1 and not _is_decimal(groups, gaps)
    if digits.startswith("00") and digits[2:3] not in ("0", ""):
        return FEWEST + 1 <= len(digits) - 2 <= MOST and not _is_readings(groups)
    if cue and FEWEST - 1 <= len(digits) <= MOST:
        return not _is_moments(groups)
    if _TIMOR_LESTE.fullmatch(digits):
        likely = [len(group) for group in groups] in ([8], [4, 4])
    elif _CODE_WITHOUT_SIGN.fullmatch(digits):
        likely = True
    else:
        likely = len(groups[0]) > 1 and _NATIONAL.fullmatch(digits) is not None
    return likely and not _is_readings(groups)


def _is_decimal(groups: tuple[str, ...], gaps: tuple[str, ...]) -> bool:
    """`+115.221045`: one half of a position."""
    return gaps == (".",) and int(groups[0]) <= 180 and len(groups[1]) <= 8


def _is_readings(groups: tuple[str, ...]) -> bool:
    """Times, dates or bearings in a row, or a table of small numbers."""
    alike = len({len(group) for group in groups}) == 1 and len(groups) > 1
    bearings = (
        alike
        and len(groups) > 2
        and len(groups[0]) == 3
        and all(int(group) <= 360 for group in groups)
    )
    rising = alike and len(groups[0]) == 2 and list(groups) == sorted(groups)
    padded = alike and sum(group.startswith("0") for group in groups) > 1
    small = len(groups) > 6 or any(len(group) == 1 for group in groups[1:])
    return bearings or rising or padded or small or _is_moments(groups)


def _is_moments(groups: tuple[str, ...]) -> bool:
    """Whether the groups are times (`0400`) and days (`010626`, `01 06 26`), one after another."""
    at = 0
    while at < len(groups):
        if _HOUR_MINUTE.fullmatch(groups[at]) or _DAY_MONTH_YEAR.fullmatch(groups[at]):
            at += 1
        elif len(day := "".join(groups[at : at + 3])) in (6, 8) and _DAY_MONTH_YEAR.match(day):
            at += 3
        else:
            return False
    return True
