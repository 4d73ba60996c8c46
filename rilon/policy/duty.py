"""Who is on duty: the policy's rota, then what the party's lead told the steward.

One rule says which wins: **the last word wins, for the time that it names**. Policy files are the
standing rota, and so the first word; a change ends with its time, and then the rota applies again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from rilon.domain.officers import Officer
from rilon.domain.parties import Party, in_order
from rilon.policy.duty_changes import ChangeKind, DutyChange, in_order_of_words
from rilon.policy.network import Network
from rilon.policy.rota import PartyDuty, Shift


class Standing(StrEnum):
    """Why an officer is on duty."""

    ROTA = "rota"
    CHANGE = "change"
    """The party's lead told the steward."""
    DEPUTY = "deputy"


@dataclass(frozen=True, slots=True)
class Duty:
    """An officer who is on duty. `begins` and `ends` are those of the shift or change it is for.

    `instead_of` is the officer for whom a deputy stands in.
    """

    officer: str
    standing: Standing
    begins: datetime
    ends: datetime
    instead_of: str | None = None


@dataclass(frozen=True, slots=True)
class NextDuty:
    """The first moment at which somebody is on duty, and who that is."""

    at: datetime
    duties: tuple[Duty, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody of the party is on duty from `begins` up to `ends`."""

    party: Party
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Away:
    """An officer is away; `until` is the end of that absence."""

    until: datetime
    deputy: str | None


def on_duty(
    party: Party,
    at: datetime,
    network: Network,
    changes: Iterable[DutyChange],
    *,
    group: str | None = None,
) -> tuple[Duty, ...]:
    """Who of the party is on duty at that moment: those of the rota first, then who stands in.

    With `group`, only officers of that group count; another's place is taken by a deputy.
    Empty when nobody is, and for a party that isn't known.
    """
    moment = _Moment.of(party, at, network, changes, group)
    found: dict[str, Duty] = {}
    for one, standing in moment.named:
        if moment.is_here(one.officer):
            found.setdefault(one.officer, Duty(one.officer, standing, one.begins, one.ends))
    for one, _ in moment.named:
        deputy = None if moment.is_here(one.officer) else moment.deputy_of(one.officer)
        if deputy is not None and deputy not in found:
            found[deputy] = Duty(deputy, Standing.DEPUTY, one.begins, one.ends, one.officer)
    return tuple(found.values())


def away(party: Party, at: datetime, network: Network, changes: Iterable[DutyChange]) -> set[str]:
    """The names of the party's officers who are away at that moment."""
    return set(_Moment.of(party, at, network, changes, None).away)


def absence_of(
    officer: Officer, at: datetime, network: Network, changes: Iterable[DutyChange]
) -> Away | None:
    """The officer's absence at that moment, if there is one."""
    return _Moment.of(officer.party, at, network, changes, None).away.get(officer.name)


def next_on_duty(
    party: Party,
    at: datetime,
    network: Network,
    changes: Iterable[DutyChange],
    *,
    group: str | None = None,
    days: int = 35,
) -> NextDuty | None:
    """When somebody is on duty, from that moment on; `None` if nobody is for so many days."""
    known = tuple(changes)
    for moment in _turns(party, network, known, at, at + timedelta(days=days)):
        if duties := on_duty(party, moment, network, known, group=group):
            return NextDuty(moment, duties)
    return None


def gaps(
    network: Network,
    changes: Iterable[DutyChange],
    begins: datetime,
    days: int = 7,
    *,
    group: str | None = None,
) -> tuple[Gap, ...]:
    """The times, from `begins` on, at which nobody of a party is on duty; by party, in order.

    With `group`: the parties of that group, and its officers alone.
    """
    known = tuple(changes)
    parties = network.groups[group].parties if group is not None else frozenset(network.parties)
    return tuple(
        gap
        for party in in_order(parties)
        for gap in _gaps_of(party, network, known, begins, begins + timedelta(days=days), group)
    )


def _gaps_of(
    party: Party,
    network: Network,
    changes: Sequence[DutyChange],
    begins: datetime,
    ends: datetime,
    group: str | None,
) -> Iterator[Gap]:
    since: datetime | None = None
    for moment in _turns(party, network, changes, begins, ends):
        somebody = bool(on_duty(party, moment, network, changes, group=group))
        if somebody and since is not None:
            yield Gap(party, since, moment)
        since = None if somebody else since or moment
    if since is not None:
        yield Gap(party, since, ends)


# --- one moment ----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Moment:
    """What all words together say of one moment: who is named for the duty, and who is away."""

    party: Party
    at: datetime
    network: Network
    group: str | None
    duty: PartyDuty
    named: list[tuple[Shift, Standing]] = field(default_factory=list)
    away: dict[str, Away] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        party: Party,
        at: datetime,
        network: Network,
        changes: Iterable[DutyChange],
        group: str | None,
    ) -> _Moment:
        info = network.parties.get(party)
        moment = cls(party, at, network, group, info.duty if info else PartyDuty())
        moment._as_in_policy()
        for change in in_order_of_words(changes, party):
            if change.holds(at):
                moment._told(change)
        return moment

    def _as_in_policy(self) -> None:
        self.named = self._rota()
        for absence in self.duty.absences:
            begins, ends = absence.span
            if begins <= self.at < ends:
                self.away[absence.officer] = Away(ends, absence.deputy)

    def _rota(self) -> list[tuple[Shift, Standing]]:
        shifts = self.duty.shifts(self.at, self.at)
        return [(shift, Standing.ROTA) for shift in shifts]

    def _told(self, change: DutyChange) -> None:
        match change.kind:
            case ChangeKind.ROTA:
                self.named = self._rota()
            case ChangeKind.DUTY:
                self.named = [
                    (Shift(name, change.begins, change.ends), Standing.CHANGE)
                    for name in change.officers
                ]
                for name in change.officers:
                    self.away.pop(name, None)
            case ChangeKind.AWAY:
                self.away[change.officers[0]] = Away(change.ends, change.deputy)
            case ChangeKind.BACK:
                self.away.pop(change.officers[0], None)

    def is_here(self, name: str) -> bool:
        """Whether the officer can have the duty: of the party, in term, of the group, not away."""
        officer = self.network.officers.get(name)
        return (
            officer is not None
            and officer.party == self.party
            and officer.within_term(self.at.astimezone(UTC).date())
            and (self.group is None or self.group in officer.groups)
            and name not in self.away
        )

    def deputy_of(self, name: str) -> str | None:
        """Who stands in: the deputy of the absence, that one's deputy …, else the party's first."""
        seen = {name}
        absence = self.away.get(name)
        while absence is not None and absence.deputy is not None and absence.deputy not in seen:
            if self.is_here(absence.deputy):
                return absence.deputy
            seen.add(absence.deputy)
            absence = self.away.get(absence.deputy)
        return next((deputy for deputy in self.duty.deputies if self.is_here(deputy)), None)


def _turns(
    party: Party,
    network: Network,
    changes: Sequence[DutyChange],
    begins: datetime,
    ends: datetime,
) -> tuple[datetime, ...]:
    """`begins`, and every moment before `ends` at which anything may change, in order."""
    info = network.parties.get(party)
    duty = info.duty if info else PartyDuty()
    found = {begins}
    for shift in duty.shifts(begins, ends):
        found.update((shift.begins, shift.ends))
    for absence in duty.absences:
        found.update(absence.span)
    for change in changes:
        if change.party == party:
            found.update((change.begins, change.ends))
    for officer in network.officers.values():
        if officer.party == party:
            found.update(_ends_of_term(officer))
    return tuple(sorted(moment for moment in found if begins <= moment < ends))


def _ends_of_term(officer: Officer) -> Iterator[datetime]:
    if officer.term_from is not None:
        yield datetime.combine(officer.term_from, time(), UTC)
    if officer.term_until is not None and officer.term_until < date.max:
        yield datetime.combine(officer.term_until + timedelta(days=1), time(), UTC)
