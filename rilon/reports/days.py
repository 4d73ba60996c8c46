"""A day as officers write it: ISO, `2 Nov`, `2/11/2026` read day first, yesterday.

A day without a year is the last such day that has come. What can be read in two ways, other than
day first, isn't read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

from rilon.domain.letters import as_seen
from rilon.domain.word_forms import plain_word
from rilon.reports.mistakes import Misread, Wrong

FURTHEST_BACK = timedelta(days=731)
"""A report is of the last two years."""
_BUDDHIST = 543
"""Years between the calendar of Thailand and this one."""

_MONTH_NAMES = (
    "jan january januari janeiro มค มกราคม জানুয়ারি জানুয়ারী",
    "feb february februari fevereiro fev กพ กุมภาพันธ์ ফেব্রুয়ারি ফেব্রুয়ারী",
    "mar march maret mac março มีค มีนาคม মার্চ",
    "apr april abril abr เมย เมษายน এপ্রিল",
    "may mei maio mai พค พฤษภาคม মে",
    "jun june juni junho มิย มิถุนายน জুন",
    "jul july juli julai julho กค กรกฎาคม জুলাই",
    "aug august agustus ogos agosto ago agt สค สิงหาคม আগস্ট",
    "sep sept september setembro set กย กันยายน সেপ্টেম্বর",
    "oct october oktober okt outubro out ตค ตุลาคม অক্টোবর",
    "nov november novembro พย พฤศจิกายน নভেম্বর",
    "dec december desember disember des dis dezembro dez ธค ธันวาคม ডিসেম্বর",
)
_MONTHS: Mapping[str, int] = {
    plain_word(word): number
    for number, words in enumerate(_MONTH_NAMES, start=1)
    for word in words.split()
}
_AGO: Mapping[str, int] = {
    plain_word(word): days
    for days, words in enumerate(
        (
            "today|hari ini|วันนี้|আজ|hoje|ohin",
            "yesterday|kemarin|semalam|เมื่อวาน|เมื่อวานนี้|গতকাল|ontem|horiseik",
            (
                "the day before yesterday|day before yesterday|kemarin dulu|kelmarin dulu|วานซืน"
                "|เมื่อวานซืน|গত পরশু|anteontem|horibainrua"
            ),
        )
    )
    for word in words.split("|")
}

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DAY_FIRST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})")
_NAMED = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|\.)?(?:\s+(?:of|de)\s+|\s*)([^\W\d_]\S*?)\.?"
    r"(?:(?:\s+de\s+|\s*)(\d{4}))?"
)
_NAME_FIRST = re.compile(r"([^\W\d_]\S*?)\.?\s*(\d{1,2})(?:st|nd|rd|th)?(?:\s+(\d{4}))?")


def read_day(text: str, today: date) -> date | Misread | None:
    """The day that a text is; a mistake for one that can't be; None for what is no day.

    `today` is the writer's own.
    """
    ago = _AGO.get(plain_word(text[:40]))
    if ago is not None:
        return today - timedelta(days=ago)
    seen = " ".join(as_seen(text[:40]).split()).lower()
    for shape, order in ((_ISO, (1, 2, 3)), (_DAY_FIRST, (4, 3, 1))):
        if found := shape.fullmatch(seen):
            year, month, day = (int(found[part]) for part in order)
            return _checked(text, year, month, day, today)
    for shape, of_day, of_month in ((_NAMED, 1, 2), (_NAME_FIRST, 2, 1)):
        # As it was typed: an abbreviation of another script has signs that a reader needs.
        found = shape.fullmatch(seen) or shape.fullmatch(" ".join(text[:40].split()).lower())
        number = _MONTHS.get(plain_word(found[of_month])) if found else None
        if found and number:
            if found[3]:
                return _checked(text, int(found[3]), number, int(found[of_day]), today)
            return _last(text, number, int(found[of_day]), today)
    return None


def _checked(text: str, year: int, month: int, day: int, today: date) -> date | Misread:
    try:
        found = date(year, month, day)
    except ValueError:
        return Misread(Wrong.DAY_UNCLEAR, found=text)
    if found > today:
        meant = _buddhist(found, today)
        return Misread(Wrong.DAY_AHEAD, found=text, nearest=meant)
    if found < today - FURTHEST_BACK:
        return Misread(Wrong.DAY_LONG_AGO, found=text)
    return found


def _buddhist(found: date, today: date) -> str:
    """The day that is meant in the years of Thailand. It is offered, never taken."""
    try:
        meant = found.replace(year=found.year - _BUDDHIST)
    except ValueError:
        return ""
    return meant.isoformat() if today - FURTHEST_BACK <= meant <= today else ""


def _last(text: str, month: int, day: int, today: date) -> date | Misread:
    """The last such day that has come."""
    for year in (today.year, today.year - 1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found <= today:
            return found if found >= today - FURTHEST_BACK else Misread(Wrong.DAY_UNCLEAR, text)
    return Misread(Wrong.DAY_UNCLEAR, found=text)
