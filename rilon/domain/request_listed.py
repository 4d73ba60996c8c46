"""What the head of a request has named so far: parties and their agencies, how soon, who is hidden.

Decides what the items of a list mean together; where each begins and ends is
`rilon.domain.request_head`.
"""

from __future__ import annotations

from dataclasses import dataclass

from rilon.domain.parties import Parties, Party, in_order
from rilon.domain.party_names import Addressee, PartyNames, in_reading_order
from rilon.domain.request_hiding import NOBODY, Hiding
from rilon.domain.request_mistakes import Misread, Wrong
from rilon.domain.requests import Ground, Priority, Theme


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before the question. `end` is where the question begins."""

    addressees: tuple[Addressee, ...] = ()
    priority: Priority | None = None
    ground: Ground | None = None
    end: int = 0
    theme: Theme | None = None
    unnamed: Hiding = NOBODY


class Listed:
    """Parties, priority, ground and more while a list is read."""

    def __init__(self, names: PartyNames, own: Party) -> None:
        self._names, self._own = names, own
        self.named: list[Addressee] = []
        self._except: set[Party] = set()
        self.everyone = False
        self.excluding = False
        self.priority: Priority | None = None
        self.ground: Ground | None = None
        self.theme: Theme | None = None
        self.unnamed: Hiding = NOBODY
        self._pending = ""
        self._wrong: Misread | None = None

    def party(self, party: Party) -> None:
        if self.excluding:
            self._except.add(party)
            return
        self.named.append(Addressee(party))
        if self._pending:
            pending, self._pending = self._pending, ""
            self.agency(pending)

    def agency(self, agency: str) -> None:
        """An agency belongs to the party named right before it; else to the next one."""
        if not self.named:
            self._pending = agency
            return
        last = self.named[-1]
        known = self._names.agency_at(agency, last.party)
        if known is None:
            self._wrong = self._wrong or self.no_agency(agency)
        elif last.agency:
            self.named.append(Addressee(last.party, known))
        else:
            self.named[-1] = Addressee(last.party, known)

    def no_agency(self, found: str) -> Misread:
        """The mistake of an agency that the party named last doesn't have."""
        party = self.named[-1].party
        known = ", ".join(f"{party}/{one}" for one in self._names.agencies_at(party))
        return Misread(Wrong.UNKNOWN_AGENCY, found=found, nearest=known)

    def head(self, end: int = 0) -> Head | Misread:
        everyone: Parties = self._names.parties - {self._own} if self.everyone else frozenset()
        own = any(one.party == self._own for one in self.named)
        some = {one for one in self.named if one.party != self._own}
        some |= {Addressee(party) for party in everyone}
        left = in_reading_order(one for one in some if one.party not in self._except)
        if own:
            nearest = ",".join(in_order({one.party for one in left}))
            return Misread(Wrong.OWN_PARTY, found=self._own, nearest=nearest)
        if self._wrong is not None:
            return self._wrong
        if self._pending:
            return self._whose(self._pending)
        if self._except and not left:
            return Misread(Wrong.NO_PARTY)
        return Head(left, self.priority, self.ground, end, self.theme, self.unnamed)

    def _whose(self, agency: str) -> Misread:
        """An agency that no party was named with. Two parties may have one of that name."""
        at = [
            one for one in self._names.parties - {self._own} if self._names.agency_at(agency, one)
        ]
        nearest = f"{in_order(at)[0]}/{agency}" if at else ""
        return Misread(Wrong.AGENCY_ALONE, found=agency, nearest=nearest)
