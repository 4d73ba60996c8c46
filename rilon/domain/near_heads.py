"""Heads of a line that a reader takes for a restriction though no label stands there: a last day,
a colour that is set off or stands behind "Classification:", and the words by which states classify
their papers. A caveat alone (`H1 results`) isn't one.

What was meant, and which lines are read, is `rilon.domain.near_markings`' part.
"""

from __future__ import annotations

import re

CLASSIFYING = frozenset(
    {"SECRET", "CONFIDENTIAL", "RESTRICTED", "CLASSIFIED", "RAHSIA", "RAHASIA", "SULIT", "TERHAD",
     "TERBATAS", "SECRETO", "SECRETA", "CONFIDENCIAL", "RESERVADO"}
)  # fmt: skip
"""Words of papers in the network's Latin languages. Which readers they leave out, no rule says."""

_ORDINARY = frozenset({"TERHAD", "TERBATAS", "CLASSIFIED"})
"""Those that begin an ordinary sentence, too."""
DEGREES = frozenset({"TOP", "SANGAT", "AMAT", "MUITO"})
_DEGREE = rf"(?:(?:{'|'.join(sorted(DEGREES))}) )?"
_MONTH = r"[A-Za-z]{3,9}"
_DAY = (
    r"(?:[0-9]{4}[-./][0-9]{1,2}[-./][0-9]{1,2}|[0-9]{1,2}[-./][0-9]{1,2}[-./][0-9]{2,4}"
    rf"|[0-9]{{1,2}}[ .-]{{1,2}}{_MONTH}[ .,-]{{1,2}}[0-9]{{2,4}}"
    rf"|{_MONTH}[ .]{{1,2}}[0-9]{{1,2}},? [0-9]{{4}})"
)
_SIGNS = r"[\W_]{0,8}"
_LAST_DAY = re.compile(
    rf"{_SIGNS}(?:(?i:EXP)|EXPIR(?:ES|Y|E|ED))(?![A-Za-z0-9])[\W_]{{0,4}}(?:(?i:ON|BY) )?{_DAY}"
)
_CLASSIFIED = re.compile(
    rf"{_SIGNS}{_DEGREE}({'|'.join(sorted(CLASSIFYING - _ORDINARY))})(?![A-Za-z0-9])"
)
_COLOUR = r"(?:CLEAR|WHITE|GREEN|AMBER(?: ?\+ ?STRICT)?|RED)"
_STRICT = re.compile(rf"{_SIGNS}AMBER ?\+ ?STRICT(?![A-Za-z])", re.IGNORECASE)
_SET_OFF = re.compile(rf"{_SIGNS}{_COLOUR}[*_~` ]{{1,4}}(?:[-–—|>]|[*_~`]{{1,4}}\s?[-–—|>])\s")
_LABELLED = re.compile(rf"{_SIGNS}{_COLOUR} (?i:LABEL|MARKING|LEVEL)[ ]?[:–—-]")
_NAMED = re.compile(
    rf"{_SIGNS}(?:CLASS|CLASSIFICATION|CLASSIFIED|MARKING|MARKED|HANDLING|LABEL|KLASIFIKASI|PENANDA"
    r"|KERAHASIAAN|KLASIFIKASAUN|CLASSIFICAÇÃO|MARCAÇÃO)[\W_]{1,5}"
    rf"(?:{_COLOUR}|MERAH|VERMELHO|KUNING|JINGGA|HIJAU|VERDE)(?![A-Za-z])",
    re.IGNORECASE,
)
_LIGHT = "[🔴🟥🟠🟧🟡🟨🟢🟩⚪⬜]"
_LIGHTS = re.compile(rf"{_SIGNS}T[ ._-]?L[ ._-]?P[\s:=._-]{{0,4}}{_LIGHT}|\s*{_LIGHT}+\s*//")
_SHOUTED = re.compile(r"[ ]{1,3}[A-Z]{2}")


def near_head(line: str, behind: bool) -> str | None:
    """The words at the start of the line that read as a restriction.

    `behind`: the line stands behind a marking, where classifying words in capitals are not the
    text's own.
    """
    if found := _LAST_DAY.match(line):
        return found.group()
    for pattern in (_STRICT, _SET_OFF, _LABELLED, _NAMED, _LIGHTS):
        if found := pattern.match(line):
            return found.group()
    found = _CLASSIFIED.match(line)
    if found and (behind or not _SHOUTED.match(line, found.end())):
        # A whole line in capitals is how some people write: `SECRET COMPARTMENT UNDER DECK`.
        return found.group()
    return None
