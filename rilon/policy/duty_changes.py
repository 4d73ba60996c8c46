"""Changes of the duty rota that a party's lead tells the steward, and who may tell them.

A change names a time and ends with it. Which word wins is decided in `rilon.policy.duty`; how a
change is written in chat, in `rilon.policy.duty_words`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from rilon.domain.officers import Officer
from rilon.domain.parties import Party
from rilon.policy.network import Network


class ChangeKind(StrEnum):
    """What a change says of its time."""

    DUTY = "duty"
    """These officers have the duty, and nobody else of the rota."""
    ROTA = "rota"
    """The policy's rota applies again."""
    AWAY = "away"
    """This officer is away."""
    BACK = "back"
    """This officer is here."""


@dataclass(frozen=True, slots=True)
class DutyChange:
    """One change, made by `made_by` at `made_at`. It holds from `begins` up to `ends`.

    `officers` are one or more for `DUTY`, one for `AWAY` and `BACK`, none for `ROTA`; `deputy` goes
    with `AWAY`. Moments have a zone. Raises `ValueError` for anything else.
    """

    party: Party
    kind: ChangeKind
    officers: tuple[str, ...]
    begins: datetime
    ends: datetime
    made_by: str
    made_at: datetime
    deputy: str | None = None

    def __post_init__(self) -> None:
        right = {
            ChangeKind.DUTY: bool(self.officers),
            ChangeKind.ROTA: not self.officers,
            ChangeKind.AWAY: len(self.officers) == 1,
            ChangeKind.BACK: len(self.officers) == 1,
        }
        if not right[self.kind] or len(set(self.officers)) != len(self.officers):
            raise ValueError("a change of that kind doesn't name that many officers")
        if self.deputy is not None and (
            self.kind is not ChangeKind.AWAY or self.deputy in self.officers
        ):
            raise ValueError("only an officer who is away has a deputy, who is someone else")
        if None in (self.begins.tzinfo, self.ends.tzinfo, self.made_at.tzinfo):
            raise ValueError("a moment needs a zone")
        if not self.begins < self.ends:
            raise ValueError("a change holds for some time")

    def holds(self, at: datetime) -> bool:
        """Whether its time includes that moment."""
        return self.begins <= at < self.ends


def in_order_of_words(changes: Iterable[DutyChange], party: Party) -> tuple[DutyChange, ...]:
    """The party's changes, the last word last; said at the same moment, in the order given."""
    own = [change for change in changes if change.party == party]
    return tuple(sorted(own, key=lambda change: change.made_at))


# --- who may change the rota ---------------------------------------------------------------------


class NotEntitledCode(StrEnum):
    """Why someone may not change a rota."""

    NOT_THE_LEAD = "not_the_lead"
    NO_LEAD = "no_lead"
    """The party has no lead in term: its rota is changed by policy files alone."""


@dataclass(frozen=True, slots=True)
class NotEntitled:
    """The asker may not change the rota of the own party. `lead` is who may."""

    code: NotEntitledCode
    lead: str | None = None


def lead_of(party: Party, network: Network, at: datetime) -> Officer | None:
    """The party's focal point lead, if there is one within term."""
    day = at.astimezone(UTC).date()
    return next(
        (
            officer
            for officer in network.officers.values()
            if officer.lead and officer.party == party and officer.within_term(day)
        ),
        None,
    )


def may_change(asker: str, network: Network, at: datetime) -> NotEntitled | None:
    """Why this officer may not change the rota of the own party; `None` for its lead.

    Nobody may change another party's: a change is always of the asker's own.
    """
    officer = network.officers.get(asker)
    lead = lead_of(officer.party, network, at) if officer else None
    if officer is None or lead is None:
        return NotEntitled(NotEntitledCode.NO_LEAD)
    if lead.name != officer.name:
        return NotEntitled(NotEntitledCode.NOT_THE_LEAD, lead.name)
    return None
