"""What a bulletin cites, looked up: whether it may be told in a room, in words for its author.

INVARIANT: what the author may not see is answered like what doesn't exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from rilon.bulletins.reading import Bulletin, Cited
from rilon.bulletins.sources import Citation, SourceKind
from rilon.domain import marking_text
from rilon.domain.officers import Officer
from rilon.domain.parties import Parties, in_order
from rilon.domain.rooms import Room
from rilon.policy.mistakes import Mistake, quoted
from rilon.policy.network import Network
from rilon.policy.question import Source
from rilon.policy.releasability import at_least, stands_in_the_way


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of a citation: the contents that it stands for. `gone`: it was recalled or
    withdrawn, or all of it has gone out of use."""

    sources: tuple[Source, ...]
    gone: bool = False


class Sources(Protocol):
    """Delivered contents, requests, reports and bulletins, as they are now."""

    async def found(
        self, citations: Sequence[Citation], reader: Officer, network: Network
    ) -> dict[Citation, Found]:
        """What this officer may cite. What isn't there, and what isn't for them, is left out."""


def unfit(
    file: str,
    bulletin: Bulletin,
    found: dict[Citation, Found],
    rooms: Sequence[Room],
    author: Officer,
    today: date,
) -> Iterator[Mistake]:
    """What keeps a bulletin from being posted in these rooms, source by source; then, where none
    does, a marking of the whole that is below theirs."""
    clear = True
    for cited in bulletin.cited:
        wrong = _problem(cited, found.get(cited.citation), rooms, author, today)
        if wrong is not None:
            clear = False
            yield Mistake(file, cited.line, 1, *wrong)
    if not clear:
        return
    every = [one for each in found.values() for one in each.sources]
    for room in rooms:
        needed = at_least(every, bulletin.marking, room, author.party)
        if needed is not None:
            written = marking_text.write(needed).removesuffix(marking_text.END).strip()
            shown = marking_text.write(bulletin.marking)
            problem = f"{quoted(shown)} says more than its sources allow in {room.name}"
            yield Mistake(file, 1, 1, problem, f"write `marking: {written}`")


def _problem(
    cited: Cited, found: Found | None, rooms: Sequence[Room], author: Officer, today: date
) -> tuple[str, str] | None:
    name = quoted(cited.citation.name)
    if cited.citation.kind is SourceKind.PUBLIC:
        return None
    if found is None:
        return f"the source {name} isn't known", "look at how it is written, or take it out"
    if found.gone:
        return f"the source {name} was taken back", "take it out, and what rests on it"
    for room in rooms:
        for source in found.sources:
            if stands_in_the_way(source, room, author, today):
                marking = _marking_shown(source, author)
                problem = f"the source {name}{marking} can't be told in {room.name}"
                return problem, _mend(source, room, author)
    return None


def _marking_shown(source: Source, author: Officer) -> str:
    """INVARIANT: a marking that leaves the author's party out by now isn't shown to it."""
    marking = source.marking
    if author.party not in marking.rel or author.party in marking.protect:
        return ""
    written = marking_text.write_effective(marking).removesuffix(marking_text.END).strip()
    return f" ({written})"


def _mend(source: Source, room: Room, author: Officer) -> str:
    owners: Parties = source.marking.originators - source.marking.unnamed - {author.party}
    named = ", ".join(in_order(owners))
    ask = f"ask {named} to release it, or " if named else ""
    return f"{ask}take it out, and what rests on it"
