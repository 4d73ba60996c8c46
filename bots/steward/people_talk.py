"""`!who`, `!duty`, `!away`, `!back` and `!requests`: what is found, told and changed.

Reading what was written is `rilon.policy`'s, and so is who may change a rota.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bots.steward.hearing import Heard
from rilon.application.duty_entries import duty_entry
from rilon.application.request_policy import terms_for
from rilon.application.request_values import Listed
from rilon.application.requests import Requests
from rilon.domain.desk_commands import Deed
from rilon.domain.officers import Officer, Role
from rilon.domain.request_deadlines import answer_by, overdue, unacknowledged
from rilon.policy.duty import Duty, gaps, next_on_duty, on_duty
from rilon.policy.duty_changes import ChangeKind, DutyChange, may_change
from rilon.policy.duty_words import NotAChange, read_away, read_back, read_duty
from rilon.policy.finding_people import find_people
from rilon.policy.network import Network
from rilon.storage.duty import DutyStore
from rilon.storage.requests import RequestStore
from rilon.texts import people, request_lists
from rilon.texts.rendering import GAP, Text
from rilon.texts.request_lists import Entry, Waiting
from rilon.texts.translator import translator

MOST_LOOKED_AT = 400
"""Open requests, the likeliest to be late first, among which a coordinator's list looks."""
DAYS = 7
"""How far ahead it is looked for times without anybody on duty."""


class PeopleTalk:
    """Answers about people and duties."""

    def __init__(
        self,
        duty: DutyStore,
        requests: Requests,
        store: RequestStore,
        now: Callable[[], datetime],
        salt: Callable[[], bytes],
    ) -> None:
        self._duty = duty
        self._requests = requests
        self._store = store
        self._now = now
        self._salt = salt

    async def answer(
        self, deed: Deed, rest: str, one: Heard, officer: Officer, network: Network
    ) -> Text:
        """The answer to one of these commands."""
        match deed:
            case Deed.WHO:
                return await self._who(rest, officer, network)
            case Deed.REQUESTS:
                return await self._listed(one.sender, officer, network)
            case Deed.DUTY if not rest.strip():
                return await self._duty_now(officer, network)
        return await self._change(deed, rest, one, officer, network)

    # --- !who --------------------------------------------------------------------------------

    async def _who(self, rest: str, officer: Officer, network: Network) -> Text:
        now, t = self._now(), translator(officer.language)
        found = find_people(rest, officer, network, await self._duty.changes(), now)
        if not found.people:
            return people.nobody_found(t, found.unknown)
        shown = [
            people.Person(
                display_name=one.display_name,
                name=one.name,
                party=network.parties[one.party].name,
                agency=one.agency,
                languages=one.languages,
                on_duty=one.on_duty,
                now=now,
                zone=network.officers[one.name].zone,
                away_until=one.away_until,
            )
            for one in found.people
        ]
        duty = [one for one in shown if one.on_duty]
        if duty and not rest.strip():
            return people.on_duty_now(t, duty)
        return people.people_found(t, shown)

    # --- the rota ----------------------------------------------------------------------------

    async def _duty_now(self, officer: Officer, network: Network) -> Text:
        now, changes = self._now(), await self._duty.changes()
        following = next_on_duty(officer.party, now, network, changes)
        return people.duty_now(
            translator(officer.language),
            network.parties[officer.party].name,
            _shown(on_duty(officer.party, now, network, changes), network),
            None if following is None else (following.at, _shown(following.duties, network)),
            self._gaps(officer, network, changes),
            officer.zone,
            leads=may_change(officer.name, network, now) is None,
            code=officer.party,
        )

    async def _change(
        self, deed: Deed, rest: str, one: Heard, officer: Officer, network: Network
    ) -> Text:
        """A change of the own party's rota by its lead. Who may not is told so before anything is
        read: a refusal says nothing about what was written."""
        t = translator(officer.language)
        refused = may_change(officer.name, network, one.at)
        if refused is not None:
            lead = network.officers.get(refused.lead or "")
            return people.not_entitled(t, refused.code.value, lead.display_name if lead else "")
        changes = await self._duty.changes()
        match deed:
            case Deed.DUTY:
                found = read_duty(rest, officer, network, one.at)
            case Deed.AWAY:
                found = read_away(rest, officer, network, one.at)
            case _:
                known = [change for change in changes if change.made_at != one.at]
                found = read_back(rest, officer, network, known, one.at)
        if isinstance(found, NotAChange):
            return people.not_a_change(t, _problem(found, deed, officer))
        entry = duty_entry(found, one.event_id, self._salt())
        await self._duty.tell(found, one.event_id, entry)
        left = self._gaps(officer, network, await self._duty.changes())
        return people.changed(t, _changed(found, network, one.at), left, officer.zone)

    def _gaps(
        self, officer: Officer, network: Network, changes: Sequence[DutyChange]
    ) -> list[people.Gap]:
        found = gaps(network, changes, self._now(), DAYS)
        return [
            people.Gap(network.parties[one.party].name, one.begins, one.ends)
            for one in found
            if one.party == officer.party
        ]

    # --- !requests ---------------------------------------------------------------------------

    async def _listed(self, sender: str, officer: Officer, network: Network) -> Text:
        lines = await self._requests.listed(sender)
        waiting = Waiting(
            tuple(_entry(one, officer, network) for one in lines if one.waits_on_me),
            tuple(_entry(one, officer, network) for one in lines if not one.waits_on_me),
            officer.zone,
        )
        t = translator(officer.language)
        if Role.COORDINATOR not in officer.roles:
            return request_lists.requests(t, waiting)
        late = await self._late(officer, network)
        changes = await self._duty.changes()
        everywhere = [
            people.Gap(network.parties[one.party].name, one.begins, one.ends)
            for one in gaps(network, changes, self._now(), DAYS)
            if any(one.party in network.groups[key].parties for key in officer.groups)
        ]
        missing = people.gap_lines(t, everywhere, officer.zone)
        own = request_lists.request_lines(t, waiting) if lines else ()
        head = (*own, GAP) if own else ()
        return request_lists.overview(t, late, missing, officer.zone, before=head)

    async def _late(self, officer: Officer, network: Network) -> list[Entry]:
        """What is late in the coordinator's groups, the longest first."""
        now, found = self._now(), list[Entry]()
        for standing in await self._store.waiting(sorted(officer.groups), MOST_LOOKED_AT):
            request = standing.course.request
            for one in standing.course.progress:
                terms = terms_for(request, one.addressee, network)
                if overdue(one, now, terms) or unacknowledged(one, now, terms):
                    name, state = network.parties[one.addressee].name, one.state.value
                    due = answer_by(one, terms)
                    of = _group(request.group, officer, network)
                    found.append(Entry(request.number, name, state, due, late=True, group=of))
        return sorted(found, key=lambda one: (str(one.due), one.number))


def _entry(one: Listed, reader: Officer, network: Network) -> Entry:
    other = one.addressee if one.mine else one.shown_requester
    return Entry(
        number=one.number,
        party=network.parties[other].name if other is not None else "",
        state=one.state.value,
        due=one.answer_by,
        late=one.late,
        urgent=one.urgent,
        group=_group(one.group, reader, network),
    )


def _group(key: str, reader: Officer, network: Network) -> str:
    """The name of a group, for a reader who is in more than one."""
    group = network.groups.get(key)
    return group.theme if group is not None and len(reader.groups) > 1 else ""


def _shown(duties: Sequence[Duty], network: Network) -> list[people.OnDuty]:
    return [
        people.OnDuty(
            _name(one.officer, network),
            one.ends,
            _name(one.instead_of, network) if one.instead_of else "",
        )
        for one in duties
    ]


def _changed(change: DutyChange, network: Network, now: datetime) -> people.Change:
    officers = change.officers
    undo = f"!back {officers[0]}" if change.kind is ChangeKind.AWAY else ""
    if undo and change.begins > now:
        zone = ZoneInfo(network.officers[officers[0]].zone)
        undo += f" {change.begins.astimezone(zone):%Y-%m-%d}"
    return people.Change(
        kind=ChangeKind(change.kind).value,
        officers=tuple(_name(one, network) for one in change.officers),
        begins=change.begins,
        ends=change.ends,
        deputy=_name(change.deputy, network) if change.deputy else "",
        undo=undo,
    )


def _problem(found: NotAChange, deed: Deed, officer: Officer) -> people.Problem:
    return people.Problem(
        code=found.problem.value,
        command=deed.value,
        words=found.words,
        officers=found.officers,
        days=found.most.days if found.most is not None else None,
        first=found.first,
        second=found.second,
        party=officer.party,
    )


def _name(name: str, network: Network) -> str:
    officer = network.officers.get(name)
    return officer.display_name if officer is not None else name
