"""What policy says of requests, in the words of their rules: who may, how long, which marking.

Pure. The rules themselves are `rilon.domain.request_rules` and `request_deadlines`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from fractions import Fraction
from zoneinfo import ZoneInfo

from rilon.domain import marking_text
from rilon.domain.markings import Marking, WrittenMarking, join_personal_data, take_effect
from rilon.domain.officers import Officer, Role
from rilon.domain.parties import RSO, Parties, Party
from rilon.domain.request_clocks import Allowance as Time
from rilon.domain.request_clocks import CalendarDays, Elapsed, WorkingDays
from rilon.domain.request_course import Progress
from rilon.domain.request_deadlines import DeadlinePolicy, Escalation, Row, Terms, terms_of
from rilon.domain.request_steps import Entitlement, Limits, May
from rilon.domain.requests import Request, Urgency
from rilon.domain.rooms import Room, RoomKind
from rilon.policy.askers import grounds_of
from rilon.policy.calendars import WorkingCalendar
from rilon.policy.network import Group, Network
from rilon.policy.release import may_release
from rilon.policy.request_documents import Allowance, PriorityEntry

ASKING_ROLES = frozenset(
    {Role.SECONDEE, Role.FOCAL_POINT, Role.ANALYST, Role.COORDINATOR, Role.CHAIR}
)
"""Who asks for a party. The auditor reads no intelligence."""


# --- who may -----------------------------------------------------------------------------------


def entitled(officer: Officer, group: str, network: Network, day: date) -> May:
    """What the officer may do for the own party in that group.

    Everyone in the party's desk handles what reaches it. For the party speak those who may
    release its words.
    """
    if group not in officer.groups or not officer.within_term(day):
        return frozenset()
    known = network.groups.get(group)
    if known is None or not known.within_term(day):
        return frozenset()
    may = set()
    if not ASKING_ROLES.isdisjoint(officer.roles):
        may.add(Entitlement.ASK)
    desk = desk_in(officer.party, group, network)
    if desk is not None and officer.name in network.members(desk.key):
        may.add(Entitlement.HANDLE)
        if may_release(network.releases, officer, officer.party, day):
            may.add(Entitlement.ANSWER)
    return frozenset(may)


def desk_in(party: Party, group: str, network: Network) -> Room | None:
    """The room of that group in which requests reach the party: its desk; the analysts' room for
    the RSO, which has no desk."""
    own = [
        room
        for room in network.rooms.values()
        if room.group == group
        and room.ceiling == {party}
        and room.kind in (RoomKind.DESK, RoomKind.ANALYSIS)
    ]
    return min(own, key=lambda room: (room.kind is not RoomKind.DESK, room.key), default=None)


def desk_officers(party: Party, group: str, network: Network, day: date) -> tuple[str, ...]:
    """The names of those who may answer for the party, in order."""
    return tuple(
        sorted(
            one.name
            for one in network.officers.values()
            if one.party == party and Entitlement.ANSWER in entitled(one, group, network, day)
        )
    )


# --- how long ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hours:
    """A party's working calendar as clocks of requests ask for it."""

    calendar: WorkingCalendar

    @property
    def zone(self) -> tzinfo:
        """The zone of its clock."""
        return ZoneInfo(self.calendar.zone)

    @property
    def opens(self) -> time:
        """When work begins."""
        return self.calendar.opens

    @property
    def closes(self) -> time:
        """When it ends."""
        return self.calendar.closes

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on that local day."""
        return self.calendar.is_working_day(day)


ROUND_THE_CLOCK = WorkingCalendar("UTC", time(0), time(0), frozenset(range(7)))
"""For a party that policy doesn't know any more."""


def terms_for(request: Request, addressee: Party, network: Network) -> Terms:
    """The terms of a request with that addressee."""
    group, party = network.groups.get(request.group), network.parties.get(addressee)
    policy = DeadlinePolicy() if group is None else deadline_policy(group, request.urgency)
    return terms_of(request, policy, Hours(party.calendar if party else ROUND_THE_CLOCK))


def deadline_policy(group: Group, urgency: Urgency | None) -> DeadlinePolicy:
    """What the group sets, for requests of that priority."""
    entries, reminders = group.requests.priorities, group.requests.reminders
    entry = entries.routine
    if urgency is not None:
        entry = entries.urgent_at_hand if urgency.at_hand else entries.urgent
    return DeadlinePolicy(
        urgent_at_hand=_row(entries.urgent_at_hand, urgent=True),
        urgent=_row(entries.urgent, urgent=True),
        routine=_row(entries.routine, urgent=False),
        escalation=_escalation(entry),
        reminders=tuple(Fraction(one, 100) for one in sorted(set(reminders.at_percent))),
        then_every=_time(reminders.then_every, urgent=False),
    )


def limits(group: Group) -> Limits:
    """What the group sets for requests that are sent."""
    return Limits(grounds=grounds_of(group))


def _row(entry: PriorityEntry, *, urgent: bool) -> Row:
    return Row(_time(entry.acknowledge, urgent), _time(entry.answer, urgent))


def _time(allowance: Allowance, urgent: bool) -> Time:
    """Days of an urgent request are of 24 hours; of a routine one they end with a working day."""
    if allowance.hours is not None:
        return Elapsed(timedelta(hours=allowance.hours))
    if allowance.working_days is not None:
        return WorkingDays(allowance.working_days)
    days = allowance.days or 1
    return Elapsed(timedelta(days=days)) if urgent else CalendarDays(days)


def _escalation(entry: PriorityEntry) -> Escalation:
    """The rungs as shares of the time for acknowledging."""
    step = Fraction(_hours(entry.escalate), _hours(entry.acknowledge))
    return Escalation(Fraction(1), 1 + step, 1 + 2 * step)


def _hours(allowance: Allowance) -> int:
    return allowance.hours or (allowance.days or 0) * 24 or (allowance.working_days or 1) * 24


# --- which marking -----------------------------------------------------------------------------


def marking_of_request(
    handling: WrittenMarking | None,
    room: Room,
    party: Party,
    addressees: Parties,
    related: Iterable[Marking],
) -> Marking:
    """The marking of a request asked in that room, joined with what it answers there.

    REL is always written out: the requester and the addressees, where nobody said otherwise. A
    REL that is only the room's default narrows nothing.
    """
    marking = take_effect(handling, room.default, addressees | {party}, party)
    for one in related:
        unsaid = not one.explicit_rel and one.originators == room.ceiling
        marking = marking.join(replace(one, rel=one.rel | marking.rel) if unsaid else one)
    return replace(marking, explicit_rel=True)


def coordinators(group: str, network: Network, today: date) -> tuple[str, ...]:
    """The names of the group's coordinators."""
    return tuple(
        sorted(
            one.name
            for one in network.officers.values()
            if Role.COORDINATOR in one.roles and group in one.groups and one.within_term(today)
        )
    )


def stated_in_desk(shown: Marking, addressee: Party) -> WrittenMarking:
    """The marking under which a request stands in an addressee's desk. The RSO is in it only where
    it is asked itself."""
    return WrittenMarking(
        tlp=shown.tlp,
        rel=shown.rel - ({RSO} - {addressee}) or shown.rel,
        caveats=shown.caveats,
        protect=shown.protect,
        personal_data=shown.personal_data,
        expires=shown.expires,
    )


def stated_answer(
    written: WrittenMarking | None,
    desk: Room,
    request: Request,
    addressee: Party,
    heard: Iterable[Marking] = (),
) -> WrittenMarking:
    """The marking under which an addressee's words go to the requester: the join of what was
    written, or else the desk's default, with the request's, and with what the message that they
    were said in carries (`heard`).

    INVARIANT: where no REL was written, nobody but the two sides is in it: an answer of one
    addressee isn't another's.
    """
    own = take_effect(written, desk.default, frozenset({addressee, request.party}), addressee)
    if own.expires is None and request.marking.expires is not None:
        own = replace(own, expires=request.marking.expires)
    joined = own.join(request.marking)
    declared = own.personal_data
    if written is not None:
        declared = join_personal_data(declared, written.personal_data)
    for one in heard:
        joined = joined.join(one)
        declared = max(declared, one.personal_data)
    return WrittenMarking(
        tlp=joined.tlp,
        rel=joined.rel,
        caveats=joined.caveats,
        protect=joined.protect,
        personal_data=max(declared, request.marking.personal_data),
        expires=joined.expires,
        grade=written.grade if written else None,
    )


def written_out(marking: WrittenMarking) -> str:
    """The marking in its one spelling."""
    return marking_text.write(marking)


def shown_marking(stated: str, hidden: Party) -> str:
    """A marking in its one spelling for those who mustn't learn that this party is in its REL."""
    words = stated.split(" ")
    for at, word in enumerate(words):
        if word == "REL" and at + 1 < len(words):
            words[at + 1] = ",".join(one for one in words[at + 1].split(",") if one != hidden)
    return " ".join(words)


# --- how it stands -----------------------------------------------------------------------------


def day_of(now: datetime) -> date:
    """The day of that moment, UTC."""
    return now.astimezone(UTC).date()


def waits_for_requester(progress: Progress) -> bool:
    """Whether the requester is to act next: to answer a question, or to close."""
    return progress.asking is not None or (progress.end is not None and progress.closing is None)
