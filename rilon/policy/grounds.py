"""What a verdict rests on in the policy files: the lines that would have to change for another.

The verdict itself is `rilon.policy.evaluate`'s. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rilon.domain.markings import Marking, Tlp
from rilon.domain.officers import Officer
from rilon.domain.parties import in_order
from rilon.domain.rooms import Room, RoomKind
from rilon.domain.verdicts import Accept, Verdict
from rilon.policy.documents import Effect
from rilon.policy.load import Policy
from rilon.policy.sender_rules import only_reads
from rilon.policy.yaml_tree import Path

NETWORK, MARKINGS, PARTIES, ROSTER, CLIENTS = (
    "network.yaml",
    "markings.yaml",
    "parties.yaml",
    "roster.yaml",
    "clients.yaml",
)


@dataclass(frozen=True, slots=True, order=True)
class Ground:
    """One line of policy, and what it says for the case at hand. `line` counts from 1."""

    file: str
    line: int
    says: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.says}"


def grounds(verdict: Verdict, officer: Officer, room: Room, policy: Policy) -> tuple[Ground, ...]:
    """The lines of policy that a verdict on this officer's post in this room rests on.

    None where policy has no say: in what a client may send, or in what a post answers.
    """
    places = _Places(policy, officer, room, verdict.effective)
    if isinstance(verdict, Accept):
        return tuple(places.of_acceptance())
    rests_on = _RESTS_ON.get(verdict.rule, ())
    return tuple(ground for find in rests_on for ground in find(places))


class _Places:
    """Finds lines for one officer in one room."""

    def __init__(
        self, policy: Policy, officer: Officer, room: Room, effective: Marking | None
    ) -> None:
        self._policy = policy
        self._documents = policy.network.documents
        self._officer = officer
        self._room = room
        self._effective = effective

    # --- the room --------------------------------------------------------------------------------

    def ceiling(self) -> Iterator[Ground]:
        named = ", ".join(in_order(self._room.ceiling))
        if self._room.kind is RoomKind.DIRECT:
            yield self._at_officer(("party",), f"a direct room's ceiling is its officer's: {named}")
            return
        file, path = self._room_entry()
        if self._room.kind is RoomKind.DESK:
            group = next(g for g in self._documents.groups if g.key == self._room.group)
            at = group.states.index(in_order(self._room.ceiling)[0])
            yield self._at(file, ("states", at), f"a desk's ceiling is its state: {named}")
        elif self._has(file, (*path, "ceiling")):
            yield self._at(file, (*path, "ceiling"), f"the room's ceiling is {named}")
        else:
            says = f"the room's ceiling is every state of the group and the RSO: {named}"
            yield self._at(file, ("states",), says)

    def default(self) -> Iterator[Ground]:
        file, path = self._room_entry()
        own = self._has(file, (*path, "default"))
        at = (*path, "default") if own else ("default",)
        yield self._at(file, at, "what stands unmarked takes this default")

    def members(self) -> Iterator[Ground]:
        if self._room.kind is RoomKind.DIRECT:
            yield self._at_officer((), "a direct room is its one officer's")
            return
        file, path = self._room_entry()
        yield self._at(file, (*path, "members"), "these roles belong in the room")

    def posting(self) -> Iterator[Ground]:
        file, path = self._room_entry()
        if self._room.kind is not RoomKind.BULLETINS:
            yield self._at(file, (*path, "posters"), "only these roles post in the room")
        else:
            says = "bulletins come by the steward; officers post in the thread of one, auditors not"
            yield self._at(file, path, says)

    def kind(self) -> Iterator[Ground]:
        file, path = self._room_entry()
        yield self._at(file, path, f"the room is a {self._room.kind}, which takes no such event")

    def opens_to_red(self) -> Iterator[Ground]:
        yield self._switch("opens_to_red", "the room isn't opened to TLP:RED")

    def declaration(self) -> Iterator[Ground]:
        yield self._switch("needs_declaration", "the room asks for PD or NOPD")

    def bulletins(self) -> Iterator[Ground]:
        file, path = self._room_entry()
        yield self._at(file, path, "bulletins hold no personal data")

    def _switch(self, key: str, says: str) -> Ground:
        file, path = self._room_entry()
        missing = "" if self._has(file, (*path, key)) else f" (there is no `{key}: true` here)"
        return self._at(file, (*path, key), f"{says}{missing}")

    def _room_entry(self) -> tuple[str, Path]:
        room = self._room
        if room.kind is RoomKind.DIRECT:
            return NETWORK, ("direct_rooms",)
        file = f"groups/{room.group}.yaml"
        if room.kind is RoomKind.SPACE:
            return file, ()
        if room.kind is RoomKind.DESK:
            return file, ("rooms", "desks")
        if room.kind is RoomKind.COMPARTMENT:
            group = next(g for g in self._documents.groups if g.key == room.group)
            keys = [f"{group.key}-{entry.key}" for entry in group.compartments]
            return file, ("compartments", keys.index(room.key))
        return file, ("rooms", room.kind.value)

    # --- the officer -----------------------------------------------------------------------------

    def officer(self) -> Iterator[Ground]:
        roles = ", ".join(sorted(self._officer.roles))
        groups = ", ".join(sorted(self._officer.groups)) or "none"
        says = f"{self._officer.name} is of {self._officer.party}; roles {roles}; groups {groups}"
        yield self._at_officer((), says)

    def roles(self) -> Iterator[Ground]:
        """The officer's roles, where they are why nothing is posted."""
        if not only_reads(self._room, self._officer.roles):
            return
        roles = ", ".join(sorted(self._officer.roles))
        yield self._at_officer(("roles",), f"the officer's roles are {roles}")

    def terms(self) -> Iterator[Ground]:
        yield self._at_officer(("term",), "the officer's term")
        if self._room.group:
            yield self._at(f"groups/{self._room.group}.yaml", ("term",), "the group's term")

    def _at_officer(self, path: Path, says: str) -> Ground:
        names = [entry.name for entry in self._documents.roster.officers]
        return self._at(ROSTER, ("officers", names.index(self._officer.name), *path), says)

    # --- markings --------------------------------------------------------------------------------

    def vocabulary(self) -> Iterator[Ground]:
        yield self._at(MARKINGS, ("labels",), "the TLP labels")
        yield self._at(MARKINGS, ("caveats",), "the caveats")
        yield self._at(PARTIES, ("parties",), "the parties that REL and PROTECT may name")

    def red(self) -> Iterator[Ground]:
        labels: list[str] = [entry.label for entry in self._documents.markings.labels]
        yield self._at(MARKINGS, ("labels", labels.index(Tlp.RED.label)), "the label TLP:RED")

    def expiry(self) -> Iterator[Ground]:
        yield from self._caveats(Effect.EXPIRY)

    def protect(self) -> Iterator[Ground]:
        yield from self._caveats(Effect.PROTECT)

    def personal_data(self) -> Iterator[Ground]:
        yield from self._caveats(Effect.PERSONAL_DATA)

    def _caveats(self, effect: Effect) -> Iterator[Ground]:
        for number, entry in enumerate(self._documents.markings.caveats):
            if entry.effect is effect:
                says = f"{entry.code}: {entry.meaning}"
                yield self._at(MARKINGS, ("caveats", number), says)

    def clients(self) -> Iterator[Ground]:
        yield self._at(CLIENTS, ("admitted",), "keys of clients that the operator admitted")

    # --- altogether ------------------------------------------------------------------------------

    def of_acceptance(self) -> Iterator[Ground]:
        yield from self.officer()
        yield from self.members()
        if self._room.posters or self._room.kind is RoomKind.BULLETINS:
            yield from self.posting()
        yield from self.ceiling()
        if self._effective is not None and self._effective.tlp == self._room.default.tlp:
            yield from self.default()
        if self._effective is not None and self._effective.tlp is Tlp.RED:
            file, path = self._room_entry()
            yield self._at(file, (*path, "opens_to_red"), "the room is opened to TLP:RED")

    def _has(self, file: str, path: Path) -> bool:
        return path in self._policy.sources[file].keys

    def _at(self, file: str, path: Path, says: str) -> Ground:
        return Ground(file, self._policy.sources[file].spot(path)[0], says)


_Find = Callable[[_Places], Iterator[Ground]]

_RESTS_ON: Mapping[str, tuple[_Find, ...]] = {
    "rule1.type": (_Places.kind,),
    "rule1.shape": (_Places.clients,),
    "rule2.term": (_Places.terms,),
    "rule2.in_room": (_Places.officer, _Places.members, _Places.ceiling),
    "rule2.posters": (_Places.posting, _Places.roles),
    "rule3.reads": (_Places.vocabulary,),
    "rule3.expiry": (_Places.expiry,),
    "rule3.rel": (_Places.ceiling,),
    "rule3.protect": (_Places.protect, _Places.ceiling),
    "rule4.red": (_Places.opens_to_red, _Places.red),
    "rule6.undeclared": (_Places.personal_data,),
    "rule6.contradiction": (_Places.personal_data,),
    "rule6.declaration": (_Places.declaration, _Places.personal_data),
    "rule6.bulletins": (_Places.bulletins, _Places.personal_data),
}
"""What each rule reads in policy. A rule that isn't here reads nothing there."""

RULES: Mapping[str, str] = {
    "rule1": "rule 1, type and shape",
    "rule2": "rule 2, the sender",
    "rule3": "rule 3, the marking against the parties that may ever be in the room",
    "rule4": "rule 4, the TLP label",
    "rule5": "rule 5, content that comes from elsewhere",
    "rule6": "rule 6, personal data",
}


def rule_in_words(rule: str) -> str:
    """`rule3.rel` as the decision numbers it."""
    return f"{RULES.get(rule.partition('.')[0], 'outside the rules')} ({rule})"
