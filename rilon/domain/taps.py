"""What a reaction says: 👍 acknowledges, ✅ sends, ❌ cancels, 📣 publishes, a number or a flag
chooses.

Skin tones and variation selectors change nothing. On which card a tap counts, and whose, is
decided where it is worked off.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from rilon.domain.request_course import Usefulness


class Tap(StrEnum):
    """What one tap asks for. The value is the sign that the steward itself puts on a card."""

    ACKNOWLEDGE = "👍"
    SEND = "✅"
    CANCEL = "❌"
    CHANGE = "✏️"
    MORE = "➕"
    URGENT = "⚡"
    OVERLAPS = "🔗"
    SKIP = "⏭️"
    BACK = "↩️"
    EVERYONE = "👥"
    HIDE = "🕶️"
    DECLINE = "👎"
    PUBLISH = "📣"
    LEAVE_OUT = "✂️"


_SIGNS: Mapping[Tap, str] = {
    Tap.ACKNOWLEDGE: "👍 👌 🆗 🫡 🤝 🙏 👊",
    Tap.SEND: "✅ ✔ ☑ 🟢 📤 🚀",
    Tap.CANCEL: "❌ ✖ ❎ 🚫 ⛔ 🛑 🗑",
    Tap.CHANGE: "✏ 📝 ✍ 🖊 🖋 🖉",
    Tap.MORE: "➕ ℹ 🔍 🔎",
    Tap.URGENT: "⚡ ❗ ‼ 🚨 🔥 ⏰",
    Tap.OVERLAPS: "🔗 ⛓",
    Tap.SKIP: "⏭ ⏩ ▶ ➡ 🤷",
    Tap.BACK: "↩ ⬅ ◀ ⏪ 🔙 ⏮",
    Tap.EVERYONE: "👥 🌏 🌐 🌍 🌎",
    Tap.HIDE: "🕶 🥸 🥷 🙈 🫥 👤",
    Tap.DECLINE: "👎 🙅",
    Tap.PUBLISH: "📣 📢 📯",
    Tap.LEAVE_OUT: "✂",
}
_BY_SIGN: Mapping[str, Tap] = MappingProxyType(
    {sign: tap for tap, signs in _SIGNS.items() for sign in signs.split()}
)
_RATINGS: Mapping[str, Usefulness] = MappingProxyType(
    {
        "👍": Usefulness.USEFUL,
        "👌": Usefulness.USEFUL,
        "✅": Usefulness.USEFUL,
        "⭐": Usefulness.USEFUL,
        "🤏": Usefulness.PARTLY,
        "🤔": Usefulness.PARTLY,
        "➗": Usefulness.PARTLY,
        "👎": Usefulness.NOT_USEFUL,
        "❌": Usefulness.NOT_USEFUL,
    }
)
RATING_SIGNS: Mapping[Usefulness, str] = MappingProxyType(
    {Usefulness.USEFUL: "👍", Usefulness.PARTLY: "🤏", Usefulness.NOT_USEFUL: "👎"}
)
"""The signs that the steward puts on an answer, to be rated with one tap."""

_CHANGES_NOTHING = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]|\u200d[\u2640\u2642]")
_LONGEST = 16
_NUMBER = re.compile("([1-9])\u20e3?")
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_REGIONAL_A = 0x1F1E6


def folded(key: str) -> str:
    """The reaction without skin tone, gender and variation selectors; empty for a long one."""
    return _CHANGES_NOTHING.sub("", key.strip()) if len(key) <= _LONGEST else ""


def tap_of(key: str) -> Tap | None:
    """What the reaction asks for, or `None` for one that asks for nothing."""
    return _BY_SIGN.get(folded(key))


def acknowledges(key: str) -> bool:
    """Whether the reaction says that something was read: 👍, or the ✅ that stands there."""
    return tap_of(key) in (Tap.ACKNOWLEDGE, Tap.SEND)


def rating_of(key: str) -> Usefulness | None:
    """How useful an answer was, by the reaction on it."""
    return _RATINGS.get(folded(key))


def number_of(key: str) -> int | None:
    """The number of a keycap (`3️⃣`), 1 to 9."""
    found = _NUMBER.fullmatch(folded(key))
    return int(found[1]) if found else None


def keycap(number: int) -> str:
    """The sign of a number, 1 to 9, as clients send it."""
    return f"{number}\ufe0f\u20e3"


def flag_region(key: str) -> str | None:
    """The alpha-2 code of a flag."""
    bare = folded(key)
    if not _FLAG.fullmatch(bare):
        return None
    return "".join(chr(ord(letter) - _REGIONAL_A + ord("A")) for letter in bare)


def flag_of(region: str) -> str:
    """The flag of an alpha-2 code."""
    return "".join(chr(ord(letter) - ord("A") + _REGIONAL_A) for letter in region.upper())
