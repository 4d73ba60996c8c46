"""Mistakes in the gazetteer that no entry shows by itself, and the gazetteer made from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import MappingProxyType

from rilon.domain.gazetteer import Gazetteer, Place, Route, SeaArea
from rilon.domain.letters import has_invisible
from rilon.domain.word_forms import plain_word
from rilon.policy.documents import Documents
from rilon.policy.findings import Finding
from rilon.policy.gazetteer_documents import GazetteerFile, NamedEntry, position
from rilon.policy.mistakes import nearest, quoted
from rilon.policy.yaml_tree import Path

FILE = "gazetteer.yaml"
_JOINERS = str.maketrans("", "", "\u200c\u200d")


def find(documents: Documents) -> Iterator[Finding]:
    """Keys and names that mean two things, and keys that mean nothing."""
    gazetteer = documents.gazetteer
    if gazetteer is None:
        return
    yield from _keys(gazetteer)
    yield from _names(gazetteer)
    places = [one.key for one in gazetteer.places]
    areas = [one.key for one in gazetteer.areas]
    for index, route in enumerate(gazetteer.routes):
        for field, keys, known, what in (
            ("begins", route.begins, places, "place"),
            ("ends", route.ends, places, "place"),
            ("areas", route.areas, areas, "sea area"),
        ):
            yield from _known(("routes", index, field), keys, known, what)


def _keys(gazetteer: GazetteerFile) -> Iterator[Finding]:
    seen: set[str] = set()
    for kind, index, entry in gazetteer.named():
        if entry.key in seen:
            problem = f"the key {quoted(entry.key)} is there twice"
            yield Finding(FILE, (kind, index, "key"), problem, "use another key")
        seen.add(entry.key)


def _names(gazetteer: GazetteerFile) -> Iterator[Finding]:
    """INVARIANT: a name, however it is spelled, means one thing: nothing is guessed in a report."""
    seen: dict[str, str] = {}
    for kind, index, entry in gazetteer.named():
        for at, name in _names_of(entry):
            path: Path = (kind, index, *at)
            plain = plain_word(name)
            if not plain:
                yield Finding(FILE, path, f"the name {quoted(name)} says nothing", "write letters")
            elif has_invisible(name.translate(_JOINERS)):
                problem = f"the name {quoted(name)} has a character that nobody sees"
                yield Finding(FILE, path, problem, "type it anew")
            elif seen.setdefault(plain, entry.key) != entry.key:
                problem = f"the name {quoted(name)} is already that of {quoted(seen[plain])}"
                yield Finding(FILE, path, problem, "take it out of one of them")


def _names_of(entry: NamedEntry) -> Iterator[tuple[Path, str]]:
    yield ("key",), entry.key
    for tag, name in entry.names.by_tag().items():
        yield ("names", tag), name
    for index, alias in enumerate(entry.aliases):
        yield ("aliases", index), alias


def _known(path: Path, keys: Iterable[str], known: list[str], what: str) -> Iterator[Finding]:
    for index, key in enumerate(keys):
        if key not in known:
            problem = f"there is no {what} {quoted(key)}"
            yield Finding(FILE, (*path, index), problem, nearest(key, known))


# --- as the network has it -------------------------------------------------------------------


def gazetteer_of(documents: Documents) -> Gazetteer:
    """The gazetteer that checked documents describe; an empty one where the file is missing."""
    file = documents.gazetteer
    if file is None:
        return Gazetteer()
    return Gazetteer(
        areas=MappingProxyType(
            {
                one.key: SeaArea(one.key, _tags(one), one.aliases, position(one.at))
                for one in file.areas
            }
        ),
        places=MappingProxyType(
            {
                one.key: Place(one.key, _tags(one), one.aliases, one.country, position(one.at))
                for one in file.places
            }
        ),
        routes=MappingProxyType(
            {
                one.key: Route(one.key, _tags(one), one.aliases, one.begins, one.ends, one.areas)
                for one in file.routes
            }
        ),
    )


def _tags(entry: NamedEntry) -> MappingProxyType[str, str]:
    return MappingProxyType(entry.names.by_tag())
