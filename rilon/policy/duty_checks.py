"""What must hold of calendars, rotas, leads and themes, and what is worth a remark.

A finding is a mistake and stops the policy. A remark is true of a policy that works, and worth a
look: nobody is ever on duty, nobody may change the rota.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from rilon.domain.officers import Role
from rilon.domain.parties import RSO
from rilon.domain.themes import ARTICLE_10_1
from rilon.policy.calendars import countries, kinds_of, knows_country
from rilon.policy.documents import Documents, GroupFile, OfficerEntry, PartyEntry
from rilon.policy.duty_documents import (
    MIDNIGHT,
    AbsenceEntry,
    BlockEntry,
    PartyDutyEntry,
    minutes,
    weekdays,
)
from rilon.policy.findings import Finding, group_file
from rilon.policy.mistakes import nearest, quoted
from rilon.policy.yaml_tree import Path

PARTIES, ROSTER, DUTY = "parties.yaml", "roster.yaml", "duty.yaml"
LEAD_ROLES = {True: {Role.COORDINATOR, Role.ANALYST}, False: {Role.FOCAL_POINT}}
"""Whose lead it may be: the RSO's, or a state's."""

Step = tuple[int, int]
"""Minutes from the beginning of a cycle: from the first up to, not including, the second."""


def find(documents: Documents) -> Iterator[Finding]:
    """Everything wrong with calendars, rotas, leads and themes."""
    for index, party in enumerate(documents.parties.parties):
        yield from _calendar(("parties", index, "calendar"), party)
    yield from _leads(documents)
    yield from _themes(documents)
    for group in documents.groups:
        yield from _requests(group)
    seen: set[str] = set()
    known = {entry.code for entry in documents.parties.parties}
    for index, entry in enumerate(documents.duty.duty):
        path: Path = ("duty", index)
        if entry.party not in known:
            problem = f"the party {quoted(entry.party)} isn't in parties.yaml"
            yield Finding(DUTY, (*path, "party"), problem, nearest(entry.party, known))
        elif entry.party in seen:
            problem = f"the party {quoted(entry.party)} is there twice"
            yield Finding(DUTY, (*path, "party"), problem, "put both into one entry")
        else:
            yield from _party_duty(path, entry, documents)
        seen.add(entry.party)


def remarks(documents: Documents) -> tuple[Finding, ...]:
    """What works, and is worth a look. Only for documents without findings."""
    return tuple(_remarks(documents))


def _remarks(documents: Documents) -> Iterator[Finding]:
    places = {entry.party: index for index, entry in enumerate(documents.duty.duty)}
    leads = {officer.party for officer in documents.roster.officers if officer.lead}
    for index, party in enumerate(documents.parties.parties):
        at: Path = ("parties", index)
        if not knows_country(party.calendar.country or party.code):
            problem = f"no national holidays are known for {party.code}"
            yield Finding(PARTIES, at, problem, "name a country under `calendar`")
        place = places.get(party.code)
        if place is None:
            problem = f"{party.code} has no rota: nobody of it is ever on duty"
            yield Finding(DUTY, ("duty",), problem, f"add `- party: {party.code}`")
        elif not documents.duty.duty[place].rota:
            problem = f"the rota of {party.code} is empty: nobody of it is ever on duty"
            yield Finding(DUTY, ("duty", place), problem, "add `rota:`")
        if party.code not in leads:
            problem = f"{party.code} has no lead: its rota is changed by these files alone"
            yield Finding(ROSTER, ("officers",), problem, "give one officer `lead: true`")


# --- calendars -----------------------------------------------------------------------------------


def _calendar(path: Path, party: PartyEntry) -> Iterator[Finding]:
    said = party.calendar
    country = said.country or party.code
    if said.country is not None and not knows_country(said.country):
        problem = f"no national holidays are known for {quoted(said.country)}"
        yield Finding(PARTIES, (*path, "country"), problem, nearest(said.country, countries()))
    elif knows_country(country):
        yield from _parts_of_country(path, party, country)
    elif said.subdivision is not None:
        yield Finding(PARTIES, (*path, "subdivision"), "of which country?", "add `country:`")
    if minutes(said.closes) <= minutes(said.opens):
        problem = f"offices close at {said.closes}, not after they open at {said.opens}"
        yield Finding(PARTIES, (*path, "closes"), problem, "swap or correct the times")
    for index, day in enumerate(said.extra_working_days):
        if day in said.extra_holidays:
            problem = f"{day} is an extra holiday and an extra working day"
            yield Finding(PARTIES, (*path, "extra_working_days", index), problem, "choose one")


def _parts_of_country(path: Path, party: PartyEntry, country: str) -> Iterator[Finding]:
    said = party.calendar
    parts = countries()[country]
    if said.subdivision is not None and said.subdivision not in parts:
        problem = f"{country} has no subdivision {quoted(said.subdivision)}"
        yield Finding(PARTIES, (*path, "subdivision"), problem, nearest(said.subdivision, parts))
    for index, kind in enumerate(said.kinds):
        if kind not in kinds_of(country):
            problem = f"no holidays of the kind {quoted(kind)} are known for {country}"
            yield Finding(PARTIES, (*path, "kinds", index), problem, "take it out")


# --- leads and themes ----------------------------------------------------------------------------


def _leads(documents: Documents) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for index, officer in enumerate(documents.roster.officers):
        if not officer.lead:
            continue
        at: Path = ("officers", index, "lead")
        if officer.party in first:
            problem = f"the lead of {officer.party} is already {quoted(first[officer.party])}"
            yield Finding(ROSTER, at, problem, "keep one of them")
        first.setdefault(officer.party, officer.name)
        roles = LEAD_ROLES[officer.party == RSO]
        if not roles & set(officer.roles):
            named = " or ".join(f"`{role.value}`" for role in sorted(roles))
            yield Finding(ROSTER, at, f"a lead has the role {named}", "choose another officer")


def _themes(documents: Documents) -> Iterator[Finding]:
    own = {group.key: {theme.key for theme in group.themes} for group in documents.groups}
    for group in documents.groups:
        seen = set(ARTICLE_10_1)
        for index, theme in enumerate(group.themes):
            if theme.key in seen:
                at: Path = ("themes", index, "key")
                problem = f"the theme {quoted(theme.key)} is already there"
                yield Finding(group_file(group), at, problem, "use another key")
            seen.add(theme.key)
    for index, officer in enumerate(documents.roster.officers):
        valid = set(ARTICLE_10_1).union(*(own.get(key, set()) for key in officer.groups))
        for place, key in enumerate(officer.themes):
            if key not in valid:
                at = ("officers", index, "themes", place)
                problem = f"there is no theme {quoted(key)}"
                yield Finding(ROSTER, at, problem, nearest(key, valid))


def _requests(group: GroupFile) -> Iterator[Finding]:
    percents = group.requests.reminders.at_percent
    if list(percents) != sorted(set(percents)):
        at: Path = ("requests", "reminders", "at_percent")
        problem = "the reminders aren't in order"
        yield Finding(group_file(group), at, problem, "write each once, the earliest first")


# --- rotas ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Desk:
    """The officers of the network, and which of them may be called for one party."""

    party: str
    officers: Mapping[str, OfficerEntry]
    groups: Mapping[str, GroupFile]

    def problem(self, name: str) -> tuple[str, str] | None:
        """Why that officer can't have a duty of the party, with the mend."""
        own = {one for one, officer in self.officers.items() if officer.party == self.party}
        officer = self.officers.get(name)
        if officer is None:
            return f"there is no officer {quoted(name)}", nearest(name, own)
        if officer.party != self.party:
            return f"{quoted(name)} is an officer of {officer.party}", nearest(name, own)
        if not any(self._in_room(officer, key) for key in officer.groups if key in self.groups):
            room = "analysis room" if self.party == RSO else "desk"
            fitting = own - {name}
            return f"{quoted(name)} is in no {room}, where requests come", nearest("", fitting)
        return None

    def _in_room(self, officer: OfficerEntry, group: str) -> bool:
        rooms = self.groups[group].rooms
        members = rooms.analysis.members if self.party == RSO else rooms.desks.members
        return bool(set(members) & set(officer.roles))


def _party_duty(path: Path, entry: PartyDutyEntry, documents: Documents) -> Iterator[Finding]:
    desk = _Desk(
        entry.party,
        {officer.name: officer for officer in documents.roster.officers},
        {group.key: group for group in documents.groups},
    )
    for at, name in _named(entry):
        if found := desk.problem(name):
            yield Finding(DUTY, (*path, *at), *found)
    for index, block in enumerate(entry.rota):
        yield from _block((*path, "rota", index), block, entry)
    yield from _overlaps(path, entry)
    for index in _again(entry.deputies):
        problem = f"{quoted(entry.deputies[index])} is there twice"
        yield Finding(DUTY, (*path, "deputies", index), problem, "keep one of them")
    yield from _absences((*path, "absences"), entry.absences)


def _named(entry: PartyDutyEntry) -> Iterator[tuple[Path, str]]:
    for index, block in enumerate(entry.rota):
        yield ("rota", index, "officer"), block.officer
    for index, name in enumerate(entry.deputies):
        yield ("deputies", index), name
    for index, absence in enumerate(entry.absences):
        yield ("absences", index, "officer"), absence.officer
        if absence.deputy is not None:
            yield ("absences", index, "deputy"), absence.deputy


def _block(path: Path, block: BlockEntry, entry: PartyDutyEntry) -> Iterator[Finding]:
    if minutes(block.begins) == MIDNIGHT:
        yield Finding(DUTY, (*path, "from"), "no shift begins at 24:00", "write `00:00`")
    elif block.begins == block.ends:
        mend = "write `00:00` and `24:00` for a whole day"
        yield Finding(DUTY, (*path, "until"), f"the shift ends as it begins, {block.ends}", mend)
    if block.weeks and entry.cycle is None:
        mend = "add `cycle: {weeks: 2, from: 2026-01-05}` to the party"
        yield Finding(DUTY, (*path, "weeks"), "there is no cycle of weeks", mend)
    for index, week in enumerate(block.weeks):
        if entry.cycle is not None and week > entry.cycle.weeks:
            problem = f"the cycle has {entry.cycle.weeks} weeks, not {week}"
            yield Finding(DUTY, (*path, "weeks", index), problem, "correct the number")


def _overlaps(path: Path, entry: PartyDutyEntry) -> Iterator[Finding]:
    length = entry.cycle.weeks if entry.cycle else 1
    taken: dict[str, list[Step]] = {}
    for index, block in enumerate(entry.rota):
        steps = list(_steps(block, length))
        before = taken.setdefault(block.officer, [])
        if any(_meet(one, other) for one in steps for other in before):
            problem = f"{quoted(block.officer)} has the duty twice at the same time"
            yield Finding(DUTY, (*path, "rota", index), problem, "correct days or times")
        before.extend(steps)


def _steps(block: BlockEntry, length: int) -> Iterator[Step]:
    """The block's shifts in one cycle; what runs over its end goes on at its beginning."""
    whole = length * 7 * MIDNIGHT
    begins, ends = minutes(block.begins), minutes(block.ends)
    lasts = ends - begins + (MIDNIGHT if ends <= begins else 0)
    for week in block.weeks or range(1, length + 1):
        for day in weekdays(block.days):
            first = (((week - 1) * 7 + day) * MIDNIGHT + begins) % whole
            yield first, min(first + lasts, whole)
            if first + lasts > whole:
                yield 0, first + lasts - whole


def _meet(one: Step, other: Step) -> bool:
    return one[0] < other[1] and other[0] < one[1]


# --- absences ------------------------------------------------------------------------------------


def _absences(path: Path, absences: tuple[AbsenceEntry, ...]) -> Iterator[Finding]:
    for index, absence in enumerate(absences):
        at = (*path, index)
        if absence.last < absence.first:
            problem = f"the absence ends on {absence.last}, before it begins on {absence.first}"
            yield Finding(DUTY, (*at, "until"), problem, "swap or correct the days")
        if absence.deputy == absence.officer:
            problem = f"{quoted(absence.officer)} can't stand in for themselves"
            yield Finding(DUTY, (*at, "deputy"), problem, "name another officer")
        elif _in_a_circle(absence, absence, absences, absence.first, absence.last):
            problem = "the deputies of these days stand in for each other in a circle"
            yield Finding(DUTY, (*at, "deputy"), problem, "name an officer who is there")
        for other in absences[:index]:
            if other.officer == absence.officer and _same_days(other, absence):
                problem = f"{quoted(absence.officer)} is away on these days already"
                yield Finding(DUTY, at, problem, "keep one of them")
                break


def _same_days(one: AbsenceEntry, other: AbsenceEntry) -> bool:
    return one.first <= other.last and other.first <= one.last


def _in_a_circle(
    start: AbsenceEntry,
    now: AbsenceEntry,
    absences: tuple[AbsenceEntry, ...],
    first: date,
    last: date,
    depth: int = 0,
) -> bool:
    """Whether the deputies lead from this absence back to its officer, all of them away then."""
    if depth > len(absences):
        return False
    for other in absences:
        begins, ends = max(first, other.first), min(last, other.last)
        if other.officer != now.deputy or ends < begins or other is now:
            continue
        if other.deputy == start.officer:
            return True
        if _in_a_circle(start, other, absences, begins, ends, depth + 1):
            return True
    return False


def _again(items: Iterable[str]) -> Iterator[int]:
    seen: set[str] = set()
    for index, item in enumerate(items):
        if item in seen:
            yield index
        seen.add(item)
