"""Groups from templates: what a new group's files say, and whether a template makes a right one.

Pure: texts in, texts out. Reading and writing the policy folder is `rilon.commands.group`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rilon.domain.officers import Role
from rilon.domain.parties import RSO, in_order, parties
from rilon.policy import checks
from rilon.policy.document_words import Term
from rilon.policy.documents import Documents, GroupFile, OfficerEntry, TemplateFile
from rilon.policy.findings import Finding, group_file
from rilon.policy.yaml_tree import Tree, read_tree

PROBE = "template-probe"
"""The key of the group that a template is tried with."""

ROLE_WORDS: Mapping[Role, tuple[str, str]] = {
    Role.SECONDEE: ("secondee", "Secondee"),
    Role.FOCAL_POINT: ("focal", "Focal point"),
    Role.CHAIR: ("chair", "Chair"),
}
"""The roles of states: how an officer's name begins, and how the role is shown."""

AGENCY = "To be named"


class CantMake(Exception):
    """A group can't be made from a template; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class NewGroup:
    """What is asked for. `roster` are the roles for which every state gets a new entry.

    `chair_officer` is an officer of the roster who is to chair; without one, an entry is made.
    """

    key: str
    states: tuple[str, ...]
    chair: str
    begins: date
    ends: date
    short: str | None = None
    theme: str | None = None
    roster: tuple[Role, ...] = ()
    chair_officer: str | None = None


# --- checking a template -----------------------------------------------------------------------


def template_findings(template: TemplateFile, documents: Documents) -> tuple[Finding, ...]:
    """What would be wrong with a group of all states made from it; paths are the template's."""
    states = tuple(one.code for one in documents.parties.parties if one.code != RSO)
    if len(states) < 2:
        return ()
    group = _group(template, PROBE, states)
    roster = documents.roster.model_copy(
        update={"officers": (*documents.roster.officers, *_probe_officers(states[0]))}
    )
    tried = documents.model_copy(update={"groups": (*documents.groups, group), "roster": roster})
    return tuple(found for found in checks.find(tried) if found.file == group_file(group))


def _group(template: TemplateFile, key: str, states: tuple[str, ...]) -> GroupFile:
    said = {name: getattr(template, name) for name in TemplateFile.model_fields}
    return GroupFile(key=key, states=states, chair=states[0], term=Term(), **said)


def _probe_officers(chair: str) -> Iterator[OfficerEntry]:
    for party, role in ((chair, Role.CHAIR), (RSO, Role.ANALYST), (RSO, Role.COORDINATOR)):
        yield OfficerEntry(
            name=f"{party.lower()}.{PROBE}-{role.value}",
            party=party,
            agency=AGENCY,
            roles=(role,),
            groups=(PROBE,),
            display_name=PROBE,
        )


# --- writing a group ---------------------------------------------------------------------------


def group_text(template: str, wanted: NewGroup) -> str:
    """The text of the new group's file: the template's, comments kept, with what it leaves open."""
    lines = [one for one in template.splitlines() if not one.startswith("# yaml-language-server")]
    body = "\n".join(lines).strip("\n")
    for name, value in (("short", wanted.short), ("theme", wanted.theme)):
        if value is not None:
            body = _with_line(body, name, f"{name}: {_quoted(value)}")
    own = [
        f"key: {wanted.key}",
        f"states: [{', '.join(wanted.states)}]   # the RSO is in every group",
        f"chair: {wanted.chair}",
        f"term: {{from: {wanted.begins}, until: {wanted.ends}}}",
    ]
    at = re.search(r"(?m)^short:", body)
    if at is None:
        raise CantMake("the template doesn't begin a line with `short:`")
    before, after = body[: at.start()], body[at.start() :]
    return f"# yaml-language-server: $schema=../schema/group.json\n{before}" + "\n".join(
        [*own, after, ""]
    )


def _with_line(body: str, name: str, line: str) -> str:
    return "\n".join(line if one.startswith(f"{name}:") else one for one in body.splitlines())


def roster_text(roster: str, wanted: NewGroup, officers: Sequence[OfficerEntry]) -> str:
    """The roster with what the group needs: the RSO's officers and the chair in it, new entries.

    `officers` are those of the roster as it stands. Raises `CantMake`.
    """
    tree = read_tree("roster.yaml", roster.encode())
    if not isinstance(tree, Tree):
        raise CantMake(str(tree[0]))
    joining = {one.name for one in officers if one.party == RSO}
    if wanted.chair_officer is not None:
        joining.add(_chair(wanted, officers))
    lines = roster.splitlines()
    for index, one in enumerate(officers):
        if one.name in joining and wanted.key not in one.groups:
            _take_in(lines, tree, index, wanted.key)
    new = tuple(new_officers(wanted, officers))
    if new and not (lines and lines[-1].startswith("  ")):
        raise CantMake("roster.yaml doesn't end with an indented list of officers")
    entries = [line for one in new for line in _entry(one, wanted)]
    return "\n".join([*lines, *entries, ""])


def new_officers(
    wanted: NewGroup, officers: Iterable[OfficerEntry]
) -> Iterator[tuple[str, str, Role, str]]:
    """Name, party, role and shown name of each new entry, the chair's first."""
    taken = {one.name for one in officers}
    asked = [(wanted.chair, Role.CHAIR)] if wanted.chair_officer is None else []
    asked += [(state, role) for state in wanted.states for role in wanted.roster]
    for party, role in dict.fromkeys(asked):
        if role not in ROLE_WORDS:
            raise CantMake(f"`{role.value}` is a role of the RSO: add its officers by hand")
        if role is Role.CHAIR and party != wanted.chair:
            raise CantMake("a group has one chair: leave `chair` out of the roster's roles")
        word, shown = ROLE_WORDS[role]
        number = next(n for n in range(1, 10_000) if f"{party.lower()}.{word}{n}" not in taken)
        name = f"{party.lower()}.{word}{number}"
        taken.add(name)
        yield name, party, role, f"{shown} {number} · {party}"


def _chair(wanted: NewGroup, officers: Iterable[OfficerEntry]) -> str:
    one = next((one for one in officers if one.name == wanted.chair_officer), None)
    if one is None or one.party != wanted.chair or Role.CHAIR not in one.roles:
        raise CantMake(
            f"{wanted.chair_officer} isn't an officer of {wanted.chair} with the role `chair`"
        )
    return one.name


def _take_in(lines: list[str], tree: Tree, index: int, key: str) -> None:
    number = tree.spot(("officers", index, "groups"))[0] - 1
    found = re.fullmatch(r"(\s*groups:\s*\[)([^\[\]]*)(\].*)", lines[number])
    if found is None:
        line = number + 1
        raise CantMake(f"roster.yaml:{line}: write the groups as `[a, b]` on one line first")
    inside = ", ".join(filter(None, (found[2].strip().rstrip(","), key)))
    lines[number] = f"{found[1]}{inside}{found[3]}"


def _entry(new: tuple[str, str, Role, str], wanted: NewGroup) -> list[str]:
    name, party, role, shown = new
    return [
        f"  - name: {name}",
        f"    party: {party}",
        f"    agency: {AGENCY}",
        f"    roles: [{role.value}]",
        f"    groups: [{wanted.key}]",
        f"    display_name: {shown}",
        f"    term: {{from: {wanted.begins}, until: {wanted.ends}}}",
    ]


def _quoted(text: str) -> str:
    """Text as a YAML scalar; quoted, so that it is never anything else."""
    return "'" + text.replace("'", "''") + "'"


def check_wanted(wanted: NewGroup, documents: Documents) -> None:
    """What a person should hear before anything is written. Raises `CantMake`."""
    keys = {group.key for group in documents.groups}
    if wanted.key in keys:
        raise CantMake(f"there is a group {wanted.key} already: choose another name")
    known = {one.code for one in documents.parties.parties}
    strange = sorted(set(wanted.states) - known)
    if strange:
        listed = ", ".join(in_order(parties(*known)))
        raise CantMake(f"{strange[0]} isn't in parties.yaml; it has {listed}")
    if len(set(wanted.states)) != len(wanted.states):
        raise CantMake("a party is named twice")
    if wanted.chair not in wanted.states:
        raise CantMake(f"the chair {wanted.chair} isn't one of the parties")
    if wanted.ends < wanted.begins:
        raise CantMake("the term ends before it begins")


def check_short(short: str, documents: Documents) -> None:
    """Rooms are told apart by it. Raises `CantMake`."""
    if short in {group.short for group in documents.groups}:
        raise CantMake(f"a group is called {short} already: choose another with --short")
