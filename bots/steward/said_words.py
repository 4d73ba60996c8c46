"""What single words of officers mean to the steward: a number, a colleague, yes and no."""

from __future__ import annotations

import re
from collections.abc import Callable

from rilon.application.request_policy import desk_in
from rilon.domain.officers import Officer
from rilon.domain.request_hiding import Without, taken_from
from rilon.domain.request_numbers import read_number
from rilon.domain.taps import Tap, tap_of
from rilon.policy.network import Network


def number_reader(network: Network) -> Callable[[str], str | None]:
    """Reads numbers of requests of the network's groups."""
    return lambda typed: read_number(typed, network.groups)


def of_the_desk(officer: Officer, network: Network) -> tuple[str, ...]:
    """The names of the officers of the own party's desks."""
    found: set[str] = set()
    for group in officer.groups:
        desk = desk_in(officer.party, group, network)
        found |= network.members(desk.key) if desk is not None else frozenset()
    return tuple(sorted(found))


def tap_said(body: str) -> Tap | None:
    """Yes or no to a preview, in a word."""
    word = body[:40].strip().casefold().rstrip(".!")
    if word in _YES or tap_of(word) is Tap.SEND:
        return Tap.SEND
    return Tap.CANCEL if word in _NO or tap_of(word) is Tap.CANCEL else None


def hides_said(body: str) -> bool | None:
    """Whether a reply to a preview hides who speaks, or names them again."""
    if tap_of(body.strip()) is Tap.HIDE:
        return True
    taken = taken_from(body.strip())
    return bool(taken.unnamed) if isinstance(taken, Without) and not taken.line else None


_YES = frozenset({"yes", "ok", "send", "send it", "ya", "kirim", "kirimkan", "hantar", "ส่ง", "sim"})
_NO = frozenset({"no", "cancel", "don't", "do not", "tidak", "jangan", "batal", "ยกเลิก", "não"})


def names_in(body: str) -> list[str]:
    """The names of officers that a text begins with or holds, in small letters."""
    return [found.lower() for found in _NAMED.findall(body[:400])]


_NAMED = re.compile(r"(?<![\w.])@?([a-z]{3}\.[a-z][a-z0-9_-]*)", re.IGNORECASE)
