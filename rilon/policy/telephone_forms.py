"""Telephone numbers in one form (E.164), as a party writes them.

Decides with the numbering plans of `phonenumbers` what a number is. Whether a text must be
marked PD because it likely holds one is `rilon.policy.personal_data`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers
from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher

from rilon.domain.letters import as_seen

LONGEST = 60
"""Characters of one number as it is written, with its label and signs."""

MOST = 40
"""Numbers looked for in one text."""

_NUMBER = re.compile(
    r"(?:(?:tel|telp|telepon|telefon|telefone|phone|mobile|hp|wa|whatsapp|no)\.?[ :.]{0,3})*"
    r"(\+?[ ]?[0-9(][0-9 ()./-]*)",
    re.IGNORECASE,
)
_SIGNS_BETWEEN = re.compile(r"[^0-9+]")


@dataclass(frozen=True, slots=True)
class TelephoneForms:
    """Reads numbers as they are written in a region (ISO 3166 alpha-2); without one only those
    with a country code."""

    region: str | None = None

    def number(self, written: str) -> str | None:
        """The number in E.164, or `None` if no such number can exist."""
        if len(written) > LONGEST:
            return None
        shaped = _NUMBER.fullmatch(as_seen(written).strip().replace("_", "-"))
        if shaped is None:
            return None
        try:
            number = phonenumbers.parse(_SIGNS_BETWEEN.sub("", shaped[1]), self.region)
        except phonenumbers.NumberParseException:
            return None
        return _e164(number) if phonenumbers.is_possible_number(number) else None

    def numbers_in(self, text: str) -> tuple[str, ...]:
        """Every valid number in the text, in E.164, in its order, each once."""
        matches = PhoneNumberMatcher(text, self.region, leniency=Leniency.VALID, max_tries=MOST)
        return tuple(dict.fromkeys(_e164(match.number) for match in matches))[:MOST]


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
