"""Whether text holds a line of the machine-readable zone of a travel document.

Formats and check digits are those of ICAO Doc 9303 (parts 3 to 7): passports, visas and
cards. Text comes as it is seen (`rilon.domain.letters.as_seen`). Linear in its length.
"""

from __future__ import annotations

import re

_NUMBER = r"[A-Z0-9<]{9}"
_DATES = re.compile(
    r"(?=(?P<birth>[0-9<]{6})(?P<birth_check>[0-9])[MFX<]"
    r"(?P<until>[0-9]{6})(?P<until_check>[0-9]))"
)
"""Birth, sex and expiry, as every second line has them."""
_BEFORE_DATES = re.compile(rf"(?P<number>{_NUMBER})(?P<check>[0-9<])[A-Z<]{{3}}")
"""What stands before them in line 2 of a passport, a visa and a card of two lines."""
_AFTER_DATES = re.compile(r"[A-Z<]{3}[A-Z0-9<]{11}[0-9]")
"""What stands after them in line 2 of a card of three lines."""
_CARD_FIRST_LINE = re.compile(
    rf"(?<![A-Z0-9<])(?=[A-Z0-9<]{{30}}(?![A-Z0-9<]))[IAC][A-Z<][A-Z<]{{3}}"
    rf"(?P<number>{_NUMBER})(?P<check>[0-9<])"
)
_LEAD, _CORE = 13, 15
_NAMES = r"[A-Z]+(?:<[A-Z]+)*"
_NAME_LINE = re.compile(
    rf"(?<![A-Z0-9])(?=[A-Z<]{{36,44}}(?![A-Z0-9<]))[PVIAC][A-Z<][A-Z][A-Z<]{{2}}"
    rf"{_NAMES}(?:<<{_NAMES})?<{{0,38}}(?![A-Z0-9<])"
)
"""Line 1 of a passport, a visa or a card of two lines: no check digit, but a name and fillers."""
_SPACES = re.compile(r"\s+")
_WEIGHTS = (7, 3, 1)


def holds_machine_readable_line(text: str) -> bool:
    """Whether the text likely holds such a line; spaces and line breaks within it are no cover."""
    if "<" not in text and sum(map(text.count, "0123456789")) < 14:
        return False
    upper = text.upper()
    if "<" in upper and any(map(_is_first_line, upper.split("\n"))):
        return True
    whole = _SPACES.sub("", upper)
    return any(_is_second_line(whole, found) for found in _DATES.finditer(whole))


def _is_first_line(line: str) -> bool:
    if "<" not in line:
        return False
    line = _SPACES.sub("", line)
    return _NAME_LINE.search(line) is not None or any(
        _number_holds(found) for found in _CARD_FIRST_LINE.finditer(line)
    )


def _is_second_line(text: str, dates: re.Match[str]) -> bool:
    if not _dates_hold(dates):
        return False
    if _AFTER_DATES.match(text, dates.start() + _CORE):
        return True
    start = dates.start() - _LEAD
    before = _BEFORE_DATES.match(text, start) if start >= 0 else None
    return before is not None and _number_holds(before)


def check_digit(field: str) -> int:
    """The check digit of a field (Doc 9303-3 §4.9): weights 7, 3, 1; A is 10, the filler 0."""
    values = (0 if character == "<" else int(character, 36) for character in field)
    return sum(value * _WEIGHTS[at % 3] for at, value in enumerate(values)) % 10


def _number_holds(found: re.Match[str]) -> bool:
    # A filler stands for the check digit of a number that goes on in the optional field.
    if found["check"] == "<":
        return "<" not in found["number"]
    return found["check"] == str(check_digit(found["number"]))


def _dates_hold(found: re.Match[str]) -> bool:
    return found["birth_check"] == str(check_digit(found["birth"])) and found["until_check"] == str(
        check_digit(found["until"])
    )
