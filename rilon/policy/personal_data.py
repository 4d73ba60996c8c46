"""Which likely identifiers of people a text holds (enforcement, Personal data).

Telephone numbers, e-mail addresses and machine-readable lines of travel documents, in any of
the network's scripts. Numbers of ships, cases, places and times aren't personal. What follows
from a finding is `rilon.policy.marking_rules`. A finding says the kind and never the text.
"""

from __future__ import annotations

import re
from enum import StrEnum

from rilon.domain.letters import as_seen
from rilon.policy.telephone_numbers import holds_telephone_number
from rilon.policy.travel_documents import holds_machine_readable_line


class Identifier(StrEnum):
    """A kind of identifier."""

    TELEPHONE = "telephone"
    EMAIL = "email"
    TRAVEL_DOCUMENT = "travel_document"


_EMAIL = re.compile(
    r"(?<![\w.%+-])[\w.%+'-]{1,64}@(?P<host>(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24})(?![\w-])"
    r"(?P<port>:[\w-]+\.)?"
)
_DRESS = re.compile(r"[*~`\\]+|</?(?:u|s|del|sub|sup|b|i|em|strong|code)>")
"""Signs of formatting, which a reader of the formatted text doesn't see."""
_OFFICER = re.compile(r"[a-z]{3}\.[a-z][a-z0-9_-]*", re.IGNORECASE)


def identifiers(text: str) -> frozenset[Identifier]:
    """The kinds of likely identifiers in the text. Linear in its length; never raises."""
    lines = [_DRESS.sub("", as_seen(line)) for line in text.splitlines()]
    found = set()
    if any(map(holds_telephone_number, lines)):
        found.add(Identifier.TELEPHONE)
    if any(map(_holds_address, lines)):
        found.add(Identifier.EMAIL)
    if holds_machine_readable_line("\n".join(lines)):
        found.add(Identifier.TRAVEL_DOCUMENT)
    return frozenset(found)


def _holds_address(line: str) -> bool:
    return "@" in line and any(
        not (address["port"] and _OFFICER.fullmatch(address["host"]))
        for address in _EMAIL.finditer(line)
    )
