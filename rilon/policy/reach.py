"""Whom of a party a request calls, and in which order.

Who is on duty is `rilon.policy.duty`'s; when the next of them is called, the deadlines'.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from rilon.domain.officers import Officer
from rilon.domain.parties import Party
from rilon.domain.rooms import RoomKind
from rilon.policy.duty import away, on_duty
from rilon.policy.duty_changes import DutyChange
from rilon.policy.network import Network


@dataclass(frozen=True, slots=True)
class Reach:
    """Names of officers in the order in which they are called; nobody is in two places.

    `fitting` are on duty and answer for what is asked, `on_duty` are the others on duty, then
    come the deputies and the whole desk.
    """

    fitting: tuple[str, ...]
    on_duty: tuple[str, ...]
    deputies: tuple[str, ...]
    desk: tuple[str, ...]

    @property
    def everybody(self) -> tuple[str, ...]:
        """All of them, in order."""
        return (*self.fitting, *self.on_duty, *self.deputies, *self.desk)


def reach(
    party: Party,
    group: str,
    at: datetime,
    network: Network,
    changes: Iterable[DutyChange],
    *,
    agency: str | None = None,
    theme: str | None = None,
    language: str | None = None,
) -> Reach:
    """Whom of the party's desk a request calls, in order. Who is away isn't called.

    If that would leave nobody at all, the whole desk is called, away or not: a request never
    waits for nobody.
    """
    known = tuple(changes)
    desk = _desk(party, group, at, network)
    gone = away(party, at, network, known)
    called = [one.officer for one in on_duty(party, at, network, known, group=group)]
    called = [name for name in called if name in desk]
    fitting = tuple(
        name
        for name in called
        if answers_for(network.officers[name], agency=agency, theme=theme, language=language)
    )
    others = tuple(name for name in called if name not in fitting)
    info = network.parties.get(party)
    deputies = tuple(
        name
        for name in (info.duty.deputies if info else ())
        if name in desk and name not in gone and name not in called
    )
    rest = tuple(name for name in desk if name not in gone and name not in {*called, *deputies})
    if not (called or deputies or rest):
        rest = desk
    return Reach(fitting, others, deputies, rest)


def answers_for(
    officer: Officer,
    *,
    agency: str | None = None,
    theme: str | None = None,
    language: str | None = None,
) -> bool:
    """Whether the officer is of that agency, answers for that theme, and speaks that language.

    What isn't asked for fits everyone; an officer without themes answers for all.
    """
    if agency is not None and agency.casefold() not in officer.agency.casefold():
        return False
    if theme is not None and officer.themes and theme not in officer.themes:
        return False
    return language is None or speaks(officer, language)


def speaks(officer: Officer, language: str) -> bool:
    """Whether one may ask the officer in that language (BCP 47; regions don't matter)."""
    wanted = language.partition("-")[0].lower()
    return wanted in {one.partition("-")[0].lower() for one in officer.languages}


def _desk(party: Party, group: str, at: datetime, network: Network) -> tuple[str, ...]:
    """Names of the officers, within term, of the party's own room: its desk, or the RSO's."""
    day = at.astimezone(UTC).date()
    return tuple(
        sorted(
            name
            for key, room in network.rooms.items()
            if room.group == group
            and room.kind in (RoomKind.DESK, RoomKind.ANALYSIS)
            and room.ceiling == {party}
            for name in network.members(key)
            if network.officers[name].within_term(day)
        )
    )
