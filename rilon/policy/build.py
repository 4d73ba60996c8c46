"""From checked documents to the network: rooms with their names, members, and terms.

Decides who belongs in which room and what each room is called. It trusts that
`rilon.policy.checks` found nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from rilon.domain.markings import Tlp, Vocabulary, WrittenMarking
from rilon.domain.officers import Officer, Role
from rilon.domain.parties import RSO, Party, in_order
from rilon.domain.rooms import Room, RoomKind
from rilon.domain.themes import Theme
from rilon.policy import checks
from rilon.policy.bulletin_rules import bulletin_policy
from rilon.policy.documents import (
    CompartmentEntry,
    DesksEntry,
    Documents,
    FilesEntry,
    GroupFile,
    OfficerEntry,
    PartyEntry,
    ReleasesEntry,
    RoomEntry,
)
from rilon.policy.facts import calendar_of, ceiling_of, duty_of, read_default, vocabulary_of
from rilon.policy.file_rules import FileRules
from rilon.policy.gazetteer_checks import gazetteer_of
from rilon.policy.keeping import Kept, kept_directly, kept_in
from rilon.policy.network import (
    DOCUMENT_FORMAT,
    BrokenPolicyDocument,
    Group,
    LabelStyle,
    Network,
    PartyInfo,
    digest_of,
    digest_of_json,
)
from rilon.policy.release import ReleaseRules

EXCHANGE = frozenset({RoomKind.FLOOR, RoomKind.COMPARTMENT, RoomKind.DESK})
"""Kinds of rooms in which officers exchange: where a refused message may fit instead."""

RoomPlan = tuple[Room, frozenset[Role], Kept]
"""A room, the roles that belong in it, and how long it keeps its messages."""


def direct_room_key(officer_name: str) -> str:
    """The key of an officer's direct room."""
    return f"direct-{officer_name}"


def build(documents: Documents) -> Network:
    """The network that checked documents describe."""
    vocabulary = vocabulary_of(documents)
    parties = {Party(entry.code): _party(entry, documents) for entry in documents.parties.parties}
    officers = {entry.name: _officer(entry, parties) for entry in documents.roster.officers}
    plans = [
        *(plan for group in documents.groups for plan in _group_rooms(group, documents)),
        *(_direct_room(officer, documents) for officer in officers.values()),
    ]
    rooms = {room.key: room for room, _, _ in plans}
    members = {room.key: _members(room, roles, officers) for room, roles, _ in plans}
    network = documents.network
    return Network(
        name=network.name,
        version=network.version,
        digest=digest_of(documents),
        steward=network.steward,
        vocabulary=vocabulary,
        labels=MappingProxyType(_labels(documents)),
        parties=MappingProxyType(parties),
        groups=MappingProxyType(
            {group.key: _group(group, vocabulary) for group in documents.groups}
        ),
        rooms=MappingProxyType(rooms),
        officers=MappingProxyType(officers),
        admitted_keys=documents.clients.admitted,
        redact_within=timedelta(hours=network.redact_within_hours),
        rotate_after_messages=network.rotate_keys_after_messages,
        rotate_after=timedelta(hours=network.rotate_keys_after_hours),
        retention=MappingProxyType({room.key: kept.messages for room, _, kept in plans}),
        personal_data_kept=MappingProxyType(
            {room.key: kept.personal_data for room, _, kept in plans if kept.personal_data}
        ),
        documents=documents,
        files=_file_rules(network.files),
        releases=_release_rules(network.releases),
        member_names=MappingProxyType(members),
        exchange_rooms=MappingProxyType(
            {
                officer.name: _exchange_rooms(officer, rooms, members)
                for officer in officers.values()
            }
        ),
        caveat_codes=frozenset(caveat.code for caveat in vocabulary.caveats),
        gazetteer=gazetteer_of(documents),
        group_defaults=MappingProxyType(
            {group.key: _default(group.default, documents) for group in documents.groups}
        ),
    )


def _file_rules(entry: FilesEntry | None) -> FileRules:
    if entry is None:
        return FileRules()
    return FileRules(entry.largest_mb * 1_000_000, frozenset(entry.types))


def _release_rules(entry: ReleasesEntry | None) -> ReleaseRules:
    if entry is None:
        return ReleaseRules()
    stands = timedelta(hours=entry.stands_hours)
    return ReleaseRules(frozenset(entry.granted_by), stands, entry.most_asked)


def from_document(document: Mapping[str, Any]) -> Network:
    """The network that `Network.to_document` wrote.

    Raises `BrokenPolicyDocument` when the document was altered, or isn't valid by today's rules.
    """
    if document.get("format") != DOCUMENT_FORMAT:
        raise BrokenPolicyDocument("the stored policy has another format")
    try:
        documents = Documents.model_validate_json(json.dumps(document.get("documents")))
    except (ValidationError, TypeError, ValueError):
        raise BrokenPolicyDocument("the stored policy has another shape") from None
    # ATTACK: a database user who widens a ceiling in the stored policy.
    # The digest is of what was stored: an earlier release knew fewer keys than this one writes.
    if digest_of_json(document["documents"]) != document.get("digest"):
        raise BrokenPolicyDocument("the stored policy isn't the one that its digest names")
    if found := checks.find(documents):
        raise BrokenPolicyDocument(f"the stored policy has a mistake: {found[0].problem}")
    return replace(build(documents), digest=str(document["digest"]))


# --- parties, groups, officers ---------------------------------------------------------------


def _labels(documents: Documents) -> dict[Tlp, LabelStyle]:
    by_label = {entry.label: entry for entry in documents.markings.labels}
    return {
        tlp: LabelStyle(by_label[tlp.label].colour, by_label[tlp.label].sign)  # type: ignore[index]
        for tlp in Tlp
    }


def _party(entry: PartyEntry, documents: Documents) -> PartyInfo:
    return PartyInfo(
        code=Party(entry.code),
        name=entry.name,
        zone=entry.zone,
        languages=entry.languages,
        calendar=calendar_of(entry),
        duty=duty_of(entry, documents),
    )


def _group(entry: GroupFile, vocabulary: Vocabulary) -> Group:
    states = frozenset(map(Party, entry.states))
    return Group(
        key=entry.key,
        short=entry.short,
        theme=entry.theme,
        states=states,
        parties=states | {RSO},
        chair=Party(entry.chair),
        begins=entry.term.begins,
        ends=entry.term.ends,
        themes=tuple(Theme(theme.key, theme.name) for theme in entry.themes),
        requests=entry.requests,
        bulletins=bulletin_policy(entry.bulletins, vocabulary),
    )


def _officer(entry: OfficerEntry, parties: Mapping[Party, PartyInfo]) -> Officer:
    party = parties[Party(entry.party)]
    language = entry.language or party.languages[0]
    return Officer(
        name=entry.name,
        party=party.code,
        agency=entry.agency,
        roles=frozenset(entry.roles),
        groups=frozenset(entry.groups),
        display_name=entry.display_name,
        language=language,
        zone=entry.zone or party.zone,
        term_from=entry.term.begins,
        term_until=entry.term.ends,
        languages=entry.languages or (language,),
        themes=frozenset(entry.themes),
        lead=entry.lead,
    )


def _members(room: Room, roles: frozenset[Role], officers: Mapping[str, Officer]) -> frozenset[str]:
    if room.kind is RoomKind.DIRECT:
        return frozenset({room.key.removeprefix("direct-")})
    return frozenset(
        name
        for name, officer in officers.items()
        if officer.party in room.ceiling and room.group in officer.groups and officer.roles & roles
    )


def _exchange_rooms(
    officer: Officer, rooms: Mapping[str, Room], members: Mapping[str, frozenset[str]]
) -> tuple[Room, ...]:
    return widest_first(
        room
        for room in rooms.values()
        if room.kind in EXCHANGE
        and officer.name in members[room.key]
        and (not room.posters or room.posters & officer.roles)
    )


def widest_first(rooms: Iterable[Room]) -> tuple[Room, ...]:
    """Rooms in the order in which they are offered: those with most parties first."""
    return tuple(sorted(rooms, key=lambda room: (-len(room.ceiling), room.key)))


# --- rooms -----------------------------------------------------------------------------------


def _group_rooms(group: GroupFile, documents: Documents) -> Iterator[RoomPlan]:
    rooms = group.rooms
    names = {entry.code: entry.name for entry in documents.parties.parties}
    space = RoomEntry(purpose=group.theme, members=tuple(Role))
    yield _room(
        group, documents, group.key, RoomKind.SPACE, space, f"{group.short} · {group.theme}"
    )
    for kind, entry in (
        (RoomKind.FLOOR, rooms.floor),
        (RoomKind.BULLETINS, rooms.bulletins),
        (RoomKind.COORDINATION, rooms.coordination),
        (RoomKind.ANALYSIS, rooms.analysis),
    ):
        name = f"{kind.value.capitalize()} · {group.short}"
        yield _room(group, documents, f"{group.key}-{kind.value}", kind, entry, name)
    for state in group.states:
        name = f"{names[state]} desk · {group.short}"
        key = f"{group.key}-desk-{state.lower()}"
        yield _room(group, documents, key, RoomKind.DESK, _of_many(rooms.desks, (state,)), name)
    for compartment in group.compartments:
        name = f"{compartment_name(compartment)} · {group.short}"
        key = f"{group.key}-{compartment.key}"
        yield _room(group, documents, key, RoomKind.COMPARTMENT, compartment, name)


def compartment_name(entry: CompartmentEntry) -> str:
    """The parties of a compartment as its name begins: `AUS+IDN`."""
    return "+".join(in_order(map(Party, entry.ceiling)))


def room_on_demand(
    group: GroupFile, documents: Documents, kind: RoomKind, entry: DesksEntry
) -> tuple[Room, Kept]:
    """What all rooms on demand of one sort have in common, as a room without key, name, topic
    and members; and how long they keep their messages."""
    rules = _of_many(entry, tuple(group.states))
    room, _, kept = _room(group, documents, "", kind, rules, "")
    return room, kept


def topic_on_demand(group: GroupFile, documents: Documents, entry: DesksEntry, readers: str) -> str:
    """The topic of a room on demand, with who reads it."""
    return _topic(documents, readers, entry.default or group.default, entry.purpose)


def _of_many(entry: DesksEntry, ceiling: tuple[str, ...]) -> RoomEntry:
    """One of the rooms for which one entry speaks."""
    return RoomEntry(
        purpose=entry.purpose,
        ceiling=ceiling,
        members=entry.members,
        default=entry.default,
        opens_to_red=entry.opens_to_red,
        needs_declaration=entry.needs_declaration,
        retention_days=entry.retention_days,
        personal_data_days=entry.personal_data_days,
    )


def _room(
    group: GroupFile,
    documents: Documents,
    key: str,
    kind: RoomKind,
    entry: RoomEntry,
    name: str,
) -> RoomPlan:
    default = _default(entry.default or group.default, documents)
    ceiling = ceiling_of(entry, group)
    readers = ", ".join(in_order(ceiling))
    room = Room(
        key=key,
        kind=kind,
        group=group.key,
        ceiling=ceiling,
        default=default,
        name=name,
        topic=_topic(documents, readers, entry.default or group.default, entry.purpose),
        opens_to_red=entry.opens_to_red,
        needs_declaration=entry.needs_declaration,
        posters=frozenset(role.value for role in entry.posters or ()),
    )
    return room, frozenset(entry.members), kept_in(entry, group)


def _direct_room(officer: Officer, documents: Documents) -> RoomPlan:
    direct = documents.network.direct_rooms
    room = Room(
        key=direct_room_key(officer.name),
        kind=RoomKind.DIRECT,
        group="",
        ceiling=frozenset({officer.party}),
        default=_default(direct.default, documents),
        name=f"Steward · {documents.network.name}",
        topic=_topic(documents, officer.display_name, direct.default, direct.purpose),
        opens_to_red=direct.opens_to_red,
    )
    return room, frozenset(), kept_directly(direct)


def _topic(documents: Documents, readers: str, marking: str, purpose: str) -> str:
    return documents.network.topic.format(readers=readers, marking=marking, purpose=purpose)


def _default(text: str, documents: Documents) -> WrittenMarking:
    found = read_default(text, vocabulary_of(documents))
    if found is None:
        raise ValueError("a default marking can't be read: the documents weren't checked")
    return found
