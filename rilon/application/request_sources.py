"""What words of a request come from: the delivered messages that they were said in.

Pure. The words carry the join of what is said above them and what the gate recorded for those
messages. Whether a message still stands is read by `rilon.storage.request_sources`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from rilon.application.request_values import Words
from rilon.domain.markings import Marking, PersonalData
from rilon.domain.officers import name_of
from rilon.domain.parties import Parties, Party
from rilon.policy.network import Network


@dataclass(frozen=True, slots=True)
class Spoken:
    """A delivered message that says something, as it is recorded now.

    `marking` is the effective one. `unsaid`: nobody wrote REL in it. `stands`: it was neither
    edited nor removed nor recalled. `state` differs after anything of this changed. `answers` are
    the messages that it relates to.
    """

    event_id: str
    sender: str
    marking: Marking
    unsaid: bool
    stands: bool
    state: str
    answers: tuple[str, ...] = ()


SpokenIn = Mapping[str, Spoken]
"""Messages and all that they relate to, by event."""


def stand(events: Iterable[str], every: SpokenIn) -> bool:
    """Whether each of these messages is there as it was said."""
    return all(event in every and every[event].stands for event in events)


def own_stand(events: Iterable[str], every: SpokenIn, sender: str) -> bool:
    """Whether what this officer said of these messages is there as it was said."""
    return all(
        every[event].stands for event in events if event in every and every[event].sender == sender
    )


class Hears(Protocol):
    """What reads them."""

    async def spoken(self, event_ids: Sequence[str]) -> SpokenIn:
        """These messages and all that they relate to, as far as they carry a marking."""


async def still_said(of: Hears, words: Words) -> bool:
    """Whether the messages that words were said in are as they were."""
    if words.heard is None:
        return False
    every = await of.spoken([event for event, _ in words.heard])
    return all(event in every and every[event].state == state for event, state in words.heard)


def states(events: Iterable[str], every: SpokenIn) -> tuple[tuple[str, str], ...]:
    """What must be the same when words of these messages go: their state, and that of what they
    answer."""
    named = [one for one in events if one in every]
    named += [answer for one in named for answer in every[one].answers if answer in every]
    return tuple((one, every[one].state) for one in dict.fromkeys(named))


def meant(
    events: Iterable[str], every: SpokenIn, party: Party, reader: Party | None, network: Network
) -> tuple[Marking, ...]:
    """The markings of these messages as that party meant them.

    A REL that nobody of the party wrote, but that is only its room's default, narrows nothing. One
    that was written, quoted, or comes from what the message answers does. `reader` may be hidden,
    and then is in no REL of what stands in the party's desk.
    """
    found = []
    for event in events:
        one = every.get(event)
        if one is None:
            continue
        rel = _rel(event, every, party, reader, network, set())
        declared = one.marking.personal_data
        if declared is not PersonalData.PRESENT and is_own(one, party, network):
            # A declaration speaks for what is undeclared: it is the words' own that counts.
            declared = PersonalData.NONE
        everybody = frozenset(network.parties)
        widest = everybody if rel is None else rel
        found.append(
            replace(one.marking, rel=widest, personal_data=declared, explicit_rel=rel is not None)
        )
    return tuple(found)


def _rel(
    event: str,
    every: SpokenIn,
    party: Party,
    reader: Party | None,
    network: Network,
    seen: set[str],
) -> Parties | None:
    """Who may have it as it was meant; None where nobody said."""
    one = every.get(event)
    if one is None or event in seen:
        return None
    seen.add(event)
    if not is_own(one, party, network) or (one.marking.explicit_rel and not one.unsaid):
        hidden = reader is not None and reader in one.marking.unnamed
        return one.marking.rel | (frozenset({reader}) if hidden and reader else frozenset())
    found: Parties | None = None
    for answer in one.answers:
        rel = _rel(answer, every, party, reader, network, seen)
        if rel is not None:
            found = rel if found is None else found & rel
    return found


def is_own(one: Spoken, party: Party, network: Network) -> bool:
    """Whether an officer of that party said it."""
    officer = network.officers.get(name_of(one.sender))
    return officer is not None and officer.party == party


def narrowed_by(marking: Marking, heard: Iterable[Marking]) -> Marking:
    """A marking joined with those of the messages that its words were said in."""
    for one in heard:
        marking = replace(marking.join(one), originators=marking.originators)
    return marking
