"""What must hold between policy documents, beyond the shape of each.

Every finding names the document, the path within it, what is wrong and the mend. Where that
path stands in a file is `rilon.policy.load`'s.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Iterator

from rilon.domain.markings import Tlp
from rilon.domain.officers import Role
from rilon.domain.parties import RSO, Party
from rilon.policy import bulletin_rules, duty_checks, gazetteer_checks, keeping
from rilon.policy.document_words import Term
from rilon.policy.documents import (
    CaveatEntry,
    Documents,
    Effect,
    GroupFile,
    Join,
    OfficerEntry,
    RoomEntry,
)
from rilon.policy.facts import FREE_EFFECTS, ceiling_of
from rilon.policy.findings import Finding, check_default, group_file
from rilon.policy.mistakes import nearest, quoted
from rilon.policy.yaml_tree import Path

RESERVED_CAVEATS = {
    "PD": (Effect.PERSONAL_DATA, Join.CHAIN),
    "NOPD": (Effect.PERSONAL_DATA, Join.CHAIN),
    "PROTECT": (Effect.PROTECT, Join.UNION),
    "EXP": (Effect.EXPIRY, Join.EARLIER),
    "GRADE": (Effect.GRADE, Join.NOT_JOINED),
}
"""Codes that have fields of their own in a marking, with the effect and join they must have."""

NOT_CAVEATS = frozenset({"TLP", "REL"})
NOT_GROUPS = frozenset({"rep", "bul"})
"""They begin the numbers of reports and bulletins, as a group's key begins its requests'."""
RSO_ROLES = frozenset({Role.ANALYST, Role.COORDINATOR, Role.AUDITOR})
TOPIC_MUST_SAY = frozenset({"readers", "marking"})
TOPIC_MAY_SAY = TOPIC_MUST_SAY | {"purpose"}


def find(documents: Documents) -> tuple[Finding, ...]:
    """Everything wrong between the documents; empty when they may become a network."""
    checks: tuple[Callable[[Documents], Iterator[Finding]], ...] = (
        _network,
        _labels,
        _caveats,
        _parties,
        _groups,
        _roster,
        _clients,
        duty_checks.find,
        keeping.find,
        gazetteer_checks.find,
        bulletin_rules.find,
    )
    return tuple(finding for check in checks for finding in check(documents))


# --- network, markings, parties, clients -----------------------------------------------------


def _network(documents: Documents) -> Iterator[Finding]:
    network = documents.network
    file = "network.yaml"
    if problem := _topic_problem(network.topic):
        mend = "write for example `Read by {readers}. Default {marking}.`"
        yield Finding(file, ("topic",), problem, mend)
    if network.steward in {officer.name for officer in documents.roster.officers}:
        yield Finding(file, ("steward",), "an officer has this name", "rename one of them")
    direct = network.direct_rooms
    at: Path = ("direct_rooms", "default")
    yield from check_default(
        file, at, direct.default, documents, frozenset(), red=direct.opens_to_red
    )


def _topic_problem(topic: str) -> str | None:
    try:
        parts = list(string.Formatter().parse(topic))
    except ValueError:
        return "the topic has a brace that doesn't close"
    found = {name for _, name, _, _ in parts if name is not None}
    if any(spec or conversion for _, _, spec, conversion in parts):
        return "the topic's placeholders are plain names"
    if unknown := sorted(found - TOPIC_MAY_SAY):
        return f"the topic has an unknown placeholder {quoted(unknown[0])}"
    if missing := sorted(TOPIC_MUST_SAY - found):
        return f"the topic doesn't say {quoted('{' + missing[0] + '}')}"
    return None if "steward" in topic.lower() else "the topic doesn't say that the steward reads"


def _labels(documents: Documents) -> Iterator[Finding]:
    labels = [entry.label for entry in documents.markings.labels]
    missing = [tlp.label for tlp in Tlp if tlp.label not in labels]
    for index in _repeated(labels):
        mend = f"write `{missing[0]}`" if missing else "take it out"
        yield Finding(
            "markings.yaml", ("labels", index, "label"), f"{quoted(labels[index])} again", mend
        )


def _caveats(documents: Documents) -> Iterator[Finding]:
    placed = _placed_caveats(documents)
    ranks = [entry.rank for _, _, entry in placed]
    for index in _repeated(ranks):
        file, path, entry = placed[index]
        first = placed[ranks.index(ranks[index])][2].code
        problem = f"rank {entry.rank} is taken by {quoted(first)}"
        yield Finding(file, (*path, "rank"), problem, _free_rank(ranks))
    names = [
        (name, file, (*path, at)) for file, path, entry in placed for at, name in _names(entry)
    ]
    for index in _repeated([name for name, _, _ in names]):
        name, file, path = names[index]
        yield Finding(file, path, f"the caveat {quoted(name)} is already declared", "rename it")
    for file, path, entry in placed:
        yield from _caveat_by_itself(file, path, entry)


def _placed_caveats(documents: Documents) -> list[tuple[str, Path, CaveatEntry]]:
    own = [
        ("markings.yaml", ("caveats", index), entry)
        for index, entry in enumerate(documents.markings.caveats)
    ]
    groups = [
        (group_file(group), ("caveats", index), entry)
        for group in documents.groups
        for index, entry in enumerate(group.caveats)
    ]
    return [*own, *groups]


def _caveat_by_itself(file: str, path: Path, entry: CaveatEntry) -> Iterator[Finding]:
    for at, name in _names(entry):
        if name in NOT_CAVEATS:
            problem = f"{quoted(name)} begins a marking"
            yield Finding(file, (*path, at), problem, "use another code")
    effect, join = RESERVED_CAVEATS.get(entry.code, (None, Join.UNION))
    if effect is None and entry.effect not in FREE_EFFECTS:
        problem = f"the effect {quoted(entry.effect)} belongs to a built-in caveat"
        yield Finding(file, (*path, "effect"), problem, "use `consent` or `handling`")
    elif effect is not None and entry.effect is not effect:
        problem = f"{quoted(entry.code)} has a fixed effect"
        yield Finding(file, (*path, "effect"), problem, f"write `{effect.value}`")
    if entry.join is not join:
        problem = f"{quoted(entry.code)} can't join so"
        yield Finding(file, (*path, "join"), problem, f"write `{join.value}`")


def _names(entry: CaveatEntry) -> tuple[tuple[str, str], ...]:
    """The key and the value of each name that a caveat takes."""
    return (("code", entry.code), *(("aliases", alias) for alias in entry.aliases))


def _free_rank(ranks: list[int]) -> str:
    return f"use {next(rank for rank in range(1, 10_000) if rank not in ranks)}, which is free"


def _parties(documents: Documents) -> Iterator[Finding]:
    codes = [entry.code for entry in documents.parties.parties]
    for index in _repeated(codes):
        path: Path = ("parties", index, "code")
        problem = f"the party {quoted(codes[index])} is there twice"
        yield Finding("parties.yaml", path, problem, "keep one of them")
    if RSO not in codes:
        yield Finding("parties.yaml", ("parties",), "the RSO isn't there", "add `code: RSO`")


def _clients(documents: Documents) -> Iterator[Finding]:
    for index, entry in enumerate(documents.clients.admitted):
        path: Path = ("admitted", index, "values")
        if entry.holds == "one_of" and not entry.values:
            yield Finding("clients.yaml", path, "no value is admitted", "list the values")
        if entry.holds != "one_of" and entry.values:
            problem = f"values don't go with {quoted(entry.holds)}"
            yield Finding("clients.yaml", path, problem, "write `holds: one_of`")


# --- groups ----------------------------------------------------------------------------------


def _groups(documents: Documents) -> Iterator[Finding]:
    keys: list[tuple[str, str, Path]] = []
    for group in documents.groups:
        file = group_file(group)
        yield from _group_parties(group, documents)
        yield from _term(file, ("term",), group.term)
        yield from _group_rooms(group, documents)
        if group.key in NOT_GROUPS:
            problem = f"{quoted(group.key)} begins the numbers of reports or bulletins"
            yield Finding(file, ("key",), problem, "use another key")
        keys.append((group.key, file, ("key",)))
        keys.extend((key, file, path) for key, path in _room_keys(group))
    for index in _repeated([key for key, _, _ in keys]):
        key, file, path = keys[index]
        yield Finding(file, path, f"two rooms would be named {quoted(key)}", "use another key")
    for key, file, path in keys:
        if key.startswith("direct-") or key == "direct":
            yield Finding(file, path, "`direct` begins the direct rooms", "use another key")


def _room_keys(group: GroupFile) -> Iterator[tuple[str, Path]]:
    for name in ("floor", "bulletins", "coordination", "analysis"):
        yield f"{group.key}-{name}", ("rooms", name)
    for index, state in enumerate(group.states):
        yield f"{group.key}-desk-{state.lower()}", ("states", index)
    for index, entry in enumerate(group.compartments):
        yield f"{group.key}-{entry.key}", ("compartments", index, "key")


def _group_parties(group: GroupFile, documents: Documents) -> Iterator[Finding]:
    file = group_file(group)
    known = _codes(documents)
    for index, state in enumerate(group.states):
        if state == RSO:
            mend = "take it out of the states"
            yield Finding(file, ("states", index), "the RSO is in every group by itself", mend)
        elif state not in known:
            problem = f"the party {quoted(state)} isn't in parties.yaml"
            yield Finding(file, ("states", index), problem, nearest(state, known - {RSO}))
    if group.chair not in group.states:
        problem = f"the chair {quoted(group.chair)} is no state of the group"
        yield Finding(file, ("chair",), problem, nearest(group.chair, group.states))
    elif not any(_chairs(officer, group) for officer in documents.roster.officers):
        problem = f"no officer of {quoted(group.chair)} has the role `chair` in this group"
        yield Finding(file, ("chair",), problem, "give the role to one in roster.yaml")


def _chairs(officer: OfficerEntry, group: GroupFile) -> bool:
    return (
        officer.party == group.chair and Role.CHAIR in officer.roles and group.key in officer.groups
    )


def _group_rooms(group: GroupFile, documents: Documents) -> Iterator[Finding]:
    rooms = group.rooms
    file = group_file(group)
    yield from check_default(file, ("default",), group.default, documents, frozenset(), red=True)
    named: list[tuple[Path, RoomEntry]] = [
        (("rooms", "floor"), rooms.floor),
        (("rooms", "bulletins"), rooms.bulletins),
        (("rooms", "coordination"), rooms.coordination),
        (("rooms", "analysis"), rooms.analysis),
        *((("compartments", index), entry) for index, entry in enumerate(group.compartments)),
    ]
    for path, entry in named:
        yield from _room(group, documents, path, entry)
    desk = rooms.desks.default or group.default
    at: Path = ("rooms", "desks", "default") if rooms.desks.default else ("rooms", "desks")
    yield from check_default(file, at, desk, documents, frozenset(), red=rooms.desks.opens_to_red)
    yield from _on_demand(group, documents)
    ceilings = [frozenset(entry.ceiling) for entry in group.compartments]
    for index in _repeated(ceilings):
        path = ("compartments", index, "ceiling")
        yield Finding(file, path, "another compartment has the same parties", "keep one of them")


def _on_demand(group: GroupFile, documents: Documents) -> Iterator[Finding]:
    for name, entry in (
        ("compartments", group.on_demand.compartments),
        ("direct_rooms", group.on_demand.direct_rooms),
    ):
        if entry is not None:
            path: Path = ("on_demand", name)
            at = (*path, "default") if entry.default else path
            # Any parties of the group may come to be in one.
            anybody = frozenset(map(Party, (*group.states, RSO)))
            text = entry.default or group.default
            yield from check_default(
                group_file(group), at, text, documents, anybody, red=entry.opens_to_red
            )


def _room(
    group: GroupFile, documents: Documents, path: Path, entry: RoomEntry
) -> Iterator[Finding]:
    file = group_file(group)
    allowed = {*group.states, RSO}
    for index, code in enumerate(entry.ceiling or ()):
        at: Path = (*path, "ceiling", index)
        if code not in _codes(documents):
            problem = f"the party {quoted(code)} isn't in parties.yaml"
            yield Finding(file, at, problem, nearest(code, allowed))
        elif code not in allowed:
            problem = f"the party {quoted(code)} isn't in the group"
            yield Finding(file, at, problem, nearest(code, allowed))
    if entry.ceiling == ():
        yield Finding(file, (*path, "ceiling"), "the ceiling is empty", "name its parties")
    if entry.posters is not None:
        yield from _posters(group, documents, path, entry)
    at = (*path, "default") if entry.default else path
    ceiling = ceiling_of(entry, group)
    text = entry.default or group.default
    yield from check_default(file, at, text, documents, ceiling, red=entry.opens_to_red)


def _posters(
    group: GroupFile, documents: Documents, path: Path, entry: RoomEntry
) -> Iterator[Finding]:
    file, at = group_file(group), (*path, "posters")
    posters = frozenset(entry.posters or ())
    for role in sorted(posters - frozenset(entry.members)):
        problem = f"{quoted(role.value)} may post but is no member"
        yield Finding(file, at, problem, "add the role to `members`")
    ceiling = ceiling_of(entry, group)
    if not any(
        officer.party in ceiling and group.key in officer.groups and posters & set(officer.roles)
        for officer in documents.roster.officers
    ):
        mend = "name a role that an officer of the ceiling has"
        yield Finding(file, at, "nobody on the roster could post in this room", mend)


# --- roster ----------------------------------------------------------------------------------


def _roster(documents: Documents) -> Iterator[Finding]:
    officers = documents.roster.officers
    names = [officer.name for officer in officers]
    for index in _repeated(names):
        path: Path = ("officers", index, "name")
        problem = f"the officer {quoted(names[index])} is there twice"
        yield Finding("roster.yaml", path, problem, "rename or remove one of them")
    for index, officer in enumerate(officers):
        yield from _officer(("officers", index), officer, documents)


def _officer(path: Path, officer: OfficerEntry, documents: Documents) -> Iterator[Finding]:
    file = "roster.yaml"
    yield from _term(file, (*path, "term"), officer.term)
    groups = {group.key: group for group in documents.groups}
    if officer.party not in _codes(documents):
        problem = f"the party {quoted(officer.party)} isn't in parties.yaml"
        yield Finding(file, (*path, "party"), problem, nearest(officer.party, _codes(documents)))
        return
    if not officer.name.startswith(officer.party.lower() + "."):
        role = officer.name.partition(".")[2]
        mend = f"write `{officer.party.lower()}.{role}`"
        yield Finding(file, (*path, "name"), "the name doesn't begin with the party", mend)
    for role in sorted(RSO_ROLES & set(officer.roles)):
        if officer.party != RSO:
            problem = f"the role `{role.value}` is the RSO's"
            yield Finding(file, (*path, "roles"), problem, "use a role of a state")
    for index, key in enumerate(officer.groups):
        at: Path = (*path, "groups", index)
        group = groups.get(key)
        if group is None:
            yield Finding(file, at, f"there is no group {quoted(key)}", nearest(key, groups))
        elif officer.party not in {*group.states, RSO}:
            problem = f"{officer.party} isn't in the group {quoted(key)}"
            yield Finding(file, at, problem, "take the group out, or add the state to it")
        elif Role.CHAIR in officer.roles and officer.party != group.chair:
            problem = f"the chair of {quoted(key)} is {group.chair}"
            yield Finding(file, (*path, "roles"), problem, "take the role out")


def _term(file: str, path: Path, term: Term) -> Iterator[Finding]:
    if term.begins and term.ends and term.ends < term.begins:
        problem = f"the term ends on {term.ends}, before it begins on {term.begins}"
        yield Finding(file, (*path, "until"), problem, "swap or correct the days")


def _codes(documents: Documents) -> frozenset[Party]:
    return frozenset(Party(entry.code) for entry in documents.parties.parties)


def _repeated(items: Iterable[object]) -> list[int]:
    """The places of items that were there before."""
    seen: set[object] = set()
    again = []
    for index, item in enumerate(items):
        if item in seen:
            again.append(index)
        seen.add(item)
    return again
