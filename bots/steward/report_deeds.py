"""What is done with reports: filed, corrected, withdrawn, shown, listed.

Who may, and which marking follows, is `rilon.application.report_policy`'s. Each deed, its ledger
entry and what is told of it are one transaction, and done once for one event.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from bots.steward.hearing import Heard
from rilon.application.membership import direct_room_key
from rilon.application.ports import NewEffect
from rilon.application.record import COMPONENT
from rilon.application.report_policy import (
    OWN_ROOMS,
    marking_of_report,
    may_change,
    may_see,
    problem_of,
    visible,
)
from rilon.application.report_values import Change, Kept, NewReport
from rilon.application.request_policy import desk_in
from rilon.application.request_sources import stand
from rilon.domain.entries import Entry, EntryKind, Subject, subject
from rilon.domain.marking_text import END, write_effective
from rilon.domain.markings import Marking, WrittenMarking
from rilon.domain.officers import Officer
from rilon.domain.parties import RSO, Party
from rilon.domain.reports import ReportNumber
from rilon.policy.network import Network
from rilon.reports.commands import draw_number
from rilon.reports.draft import draft_of, overlaid
from rilon.reports.guided import Exchange, missing
from rilon.reports.mistakes import Misread, Wrong
from rilon.reports.reading import Said
from rilon.storage.report_exchanges import LockedTalk
from rilon.storage.reports import ReportStore

MOST_LISTED = 20
MOST_LOOKED_AT = 400


class NoReport:
    """There is none, or none that the officer may know of: the same for both."""


NO_REPORT = NoReport()


class ReportDeeds:
    """The deeds. `below` as in `rilon.domain.request_numbers.draw`."""

    def __init__(
        self,
        store: ReportStore,
        now: Callable[[], datetime],
        salt: Callable[[], bytes],
        below: Callable[[int], int],
    ) -> None:
        self._store = store
        self._now = now
        self._salt = salt
        self._below = below

    async def file(
        self, locked: LockedTalk, state: Exchange, officer: Officer, network: Network
    ) -> Misread | None:
        """Files what an exchange says; or why not."""
        said = state.draft.sighting
        if said is None or missing(state):
            return Misread(Wrong.NEEDED)
        talk, every = locked.talk, await locked.spoken()
        if not stand(talk.events, every):
            return Misread(Wrong.SOURCE_CHANGED)
        marking = marking_of_report(
            state.marking, state.group, officer.party, network, talk.events, every
        )
        if problem := problem_of(marking):
            return problem
        now = self._now()
        new = NewReport(
            state.group, officer.party, officer.name, talk.room, talk.root, talk.events, said,
            marking, now,
        )  # fmt: skip

        def follows(number: ReportNumber) -> tuple[Entry, list[NewEffect]]:
            told = _told("filed", number, officer.party, talk.sender, talk.room, talk.root)
            news = _news("filed", number, state.group, officer.party, network, 1)
            entry = self._entry(
                "filed", number, state.group, officer.party, talk.sender, marking, now
            )
            return entry, [told, *news]

        await locked.file(new, lambda: draw_number(self._below), follows)
        return None

    async def correct(
        self,
        number: ReportNumber,
        said: Said,
        written: WrittenMarking | None,
        one: Heard,
        officer: Officer,
        network: Network,
    ) -> Misread | NoReport | None:
        """A new revision with what was said; its marking is never looser than before."""
        kept = await self._store.kept(number)
        day = _day(self._now())
        every = await self._store.spoken([one.event_id])
        async with self._store.locked(number, one.event_id) as locked:
            if locked is None:
                return None if kept else NO_REPORT
            kept = locked.kept
            if kept.report is None or not may_change(kept, officer, network, day):
                return NO_REPORT
            if not kept.stands:
                # ATTACK: what was recalled, posted again by a correction.
                return NO_REPORT
            after = overlaid(draft_of(kept.report.said), said.draft, said.cleared).sighting
            if after is None:
                return Misread(Wrong.NEEDED)
            marking = kept.report.marking.join(
                marking_of_report(
                    written, kept.group, officer.party, network, [one.event_id], every
                )
            )
            if problem := problem_of(marking):
                return problem
            now, revision = self._now(), kept.revision + 1
            entry = self._entry(
                "corrected", number, kept.group, officer.party, one.sender, marking, now
            )
            told = _told(
                "corrected", number, officer.party, one.sender, *answered_in(one, officer, network)
            )
            news = _news("corrected", number, kept.group, officer.party, network, revision)
            change = Change(officer.name, one.event_id, after, marking, now)
            await locked.change(change, entry, [told, *news])
        return None

    async def withdraw(
        self, number: ReportNumber, one: Heard, officer: Officer, network: Network
    ) -> NoReport | None:
        """It isn't counted any more, and what it said is erased."""
        kept = await self._store.kept(number)
        day = _day(self._now())
        async with self._store.locked(number, one.event_id) as locked:
            if locked is None:
                return None if kept else NO_REPORT
            kept = locked.kept
            if not may_change(kept, officer, network, day):
                return NO_REPORT
            now = self._now()
            entry = self._entry(
                "withdrawn", number, kept.group, officer.party, one.sender, None, now
            )
            told = _told(
                "withdrawn", number, officer.party, one.sender, *answered_in(one, officer, network)
            )
            news = _news("withdrawn", number, kept.group, officer.party, network, kept.revision + 1)
            await locked.withdraw(now, entry, [told, *news])
        return None

    async def shown(
        self, number: ReportNumber, officer: Officer, network: Network
    ) -> Kept | NoReport:
        """A report that the officer may see."""
        kept = await self._store.kept(number)
        if kept is None or not may_see(kept, officer, network, _day(self._now())):
            return NO_REPORT
        return kept

    async def in_thread(
        self, room: str, root: str | None, officer: Officer, network: Network
    ) -> Kept | None:
        """The report that was filed in that thread, if the officer may change it."""
        kept = None if root is None else await self._store.in_thread(room, root)
        if kept is None or not may_change(kept, officer, network, _day(self._now())):
            return None
        return kept

    async def listed(
        self, officer: Officer, network: Network
    ) -> tuple[tuple[Kept, ...], tuple[Kept, ...]]:
        """The latest reports of the own party, and those of others that the officer may see."""
        day, groups = _day(self._now()), sorted(officer.groups)
        own = await self._store.listed(groups, officer.party, MOST_LOOKED_AT)
        every = await self._store.listed(groups, None, MOST_LOOKED_AT)
        others = (one for one in every if one.party != officer.party)
        return (
            visible(own, officer, network, day, MOST_LISTED),
            visible(others, officer, network, day, MOST_LISTED),
        )

    def _entry(
        self,
        step: str,
        number: ReportNumber,
        group: str,
        party: Party,
        by: str,
        marking: Marking | None,
        now: datetime,
    ) -> Entry:
        """The entry of a change, for its party and the RSO, which counts it."""
        return Entry(
            kind=EntryKind.REPORT,
            time=now,
            component=COMPONENT,
            correlation=number,
            salt=self._salt(),
            group=group,
            parties=frozenset({party, RSO}),
            marking=None if marking is None else write_effective(marking).removesuffix(END),
            subject=subject({Subject.STEP: step, Subject.USER_ID: by, Subject.REFERENCE: number}),
        )


def _day(now: datetime) -> date:
    return now.astimezone(UTC).date()


def answered_in(one: Heard, officer: Officer, network: Network) -> tuple[str, str | None]:
    """The room and the thread in which a message about a report is answered.

    INVARIANT: nothing of a report is said in a room of several parties: the thread where it was
    asked counts in a room of the own party alone; else it is the direct room.
    """
    thread, own = one.root or one.answers, direct_room_key(officer.name)
    room = network.rooms.get(one.room)
    if thread is not None and room is not None and (room.kind in OWN_ROOMS or room.key == own):
        return room.key, thread
    return own, None


def _told(
    what: str, number: ReportNumber, party: Party, sender: str, room: str, root: str | None
) -> NewEffect:
    """What its officer is told."""
    payload = {
        "told": what, "number": number, "party": party, "sender": sender, "to": room, "root": root,
    }  # fmt: skip
    return NewEffect("report_told", sender, payload)


def _news(
    what: str, number: ReportNumber, group: str, party: Party, network: Network, revision: int
) -> list[NewEffect]:
    """The RSO's analysts get what it says, through the gate (`bots.steward.report_posting`)."""
    room = desk_in(RSO, group, network)
    if room is None:
        return []
    payload = {"number": number, "revision": revision, "room": room.key, "party": party}
    once = f"report-{number}-{revision}-news"
    return [NewEffect("report_posted", f"report {number}", payload, once=once)]
