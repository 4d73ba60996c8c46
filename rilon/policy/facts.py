"""Small facts that documents imply: vocabulary, ceilings, defaults, calendars and rotas as values.

Both the checks and the network are made from them.
"""

from __future__ import annotations

from datetime import date, time, timedelta

from rilon.domain import marking_text
from rilon.domain.markings import Caveat, Vocabulary, WrittenMarking
from rilon.domain.parties import RSO, Parties, Party
from rilon.policy.calendars import WorkingCalendar, knows_country
from rilon.policy.documents import Documents, Effect, GroupFile, PartyEntry, RoomEntry
from rilon.policy.duty_documents import PartyDutyEntry, minutes, weekdays
from rilon.policy.rota import Absence, Block, Cycle, PartyDuty

FREE_EFFECTS = frozenset({Effect.CONSENT, Effect.HANDLING})
"""Effects of the caveats that a marking carries by code; the others have fields of their own."""


def vocabulary_of(documents: Documents) -> Vocabulary:
    """The parties and the caveats that a marking may name, in order of rank."""
    entries = [
        *documents.markings.caveats,
        *(caveat for group in documents.groups for caveat in group.caveats),
    ]
    return Vocabulary(
        parties=frozenset(Party(entry.code) for entry in documents.parties.parties),
        caveats=tuple(
            Caveat(entry.code, entry.meaning, frozenset(entry.aliases))
            for entry in sorted(entries, key=lambda entry: entry.rank)
            if entry.effect in FREE_EFFECTS
        ),
    )


def ceiling_of(entry: RoomEntry, group: GroupFile) -> Parties:
    """A room's ceiling: what it names, or else every state of the group and the RSO."""
    return frozenset(map(Party, entry.ceiling or (*group.states, RSO)))


def read_default(text: str, vocabulary: Vocabulary) -> WrittenMarking | None:
    """A room's default marking; `None` when the text isn't exactly one marking."""
    if "//" in text:
        return None
    # The day matters to an expiry only, which a default must not have.
    found = marking_text.read(f"{text} //", vocabulary, date.min)
    return found if isinstance(found, WrittenMarking) else None


def calendar_of(entry: PartyEntry) -> WorkingCalendar:
    """When the party's offices work. Without a country that is known, it has no holidays."""
    said = entry.calendar
    country = said.country or entry.code
    return WorkingCalendar(
        zone=entry.zone,
        opens=_time(said.opens),
        closes=_time(said.closes),
        weekdays=weekdays(said.days),
        country=country if knows_country(country) else None,
        subdivision=said.subdivision,
        kinds=tuple(sorted(set(said.kinds))),
        extra_holidays=frozenset(said.extra_holidays),
        extra_working_days=frozenset(said.extra_working_days),
    )


def _time(clock: str) -> time:
    """An hour of the day; its end as its last minute."""
    found = min(minutes(clock), 24 * 60 - 1)
    return time(found // 60, found % 60)


def duty_of(party: PartyEntry, documents: Documents) -> PartyDuty:
    """The party's rota as policy files have it; an empty one where they say nothing."""
    for entry in documents.duty.duty:
        if entry.party == party.code:
            return _duty(entry, _zones(party, documents), party.zone)
    return PartyDuty()


def _zones(party: PartyEntry, documents: Documents) -> dict[str, str]:
    return {
        officer.name: officer.zone or party.zone
        for officer in documents.roster.officers
        if officer.party == party.code
    }


def _duty(entry: PartyDutyEntry, zones: dict[str, str], zone: str) -> PartyDuty:
    return PartyDuty(
        blocks=tuple(
            Block(
                officer=block.officer,
                weekdays=weekdays(block.days),
                begins=minutes(block.begins),
                ends=minutes(block.ends),
                zone=zones.get(block.officer, zone),
                weeks=frozenset(block.weeks),
            )
            for block in entry.rota
        ),
        cycle=Cycle(entry.cycle.weeks, _monday(entry.cycle.anchor)) if entry.cycle else None,
        deputies=tuple(entry.deputies),
        absences=tuple(
            Absence(one.officer, one.first, one.last, one.deputy, zones.get(one.officer, zone))
            for one in entry.absences
        ),
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
