"""Verbatim copies of content that is taken back, in any room: found, and told about.

Decides which messages go as a whole, which lose their file, and which stay because they are
somebody's own words. Taking them back is `rilon.application.recall`'s, by its one way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from rilon.application.content import Content, Contents
from rilon.application.ports import NewEffect, Policies
from rilon.domain.entries import Entry
from rilon.domain.markings import Marking
from rilon.domain.officers import name_of
from rilon.domain.parties import Parties, Party, in_order
from rilon.policy.copies import Extent, Holding, Taken, extent_of, taken_from


@dataclass(frozen=True, slots=True)
class Copy:
    """A message that holds the content. `whole`: with what it is an edit of. `by` is the party
    whose message it is; `taken` the fingerprints that each of its parts has from the content."""

    content: Content
    whole: bool
    extent: Extent
    by: Party
    taken: Taken


@dataclass(frozen=True, slots=True, repr=False)
class Stored:
    """A message with fingerprints of the content, on record: a `Holding` but for whose it is."""

    holding: Holding
    sender: str
    policy_id: int
    marking: Marking


@dataclass(frozen=True, slots=True)
class LetStand:
    """What is done with a message that stays. `passages`: it is no source of these any more.
    `without_files`: its files are deleted."""

    passages: Taken
    without_files: bool
    identities: tuple[bytes, ...]
    entries: tuple[Entry, ...]
    effects: tuple[NewEffect, ...]


class CopyRecord(Protocol):
    """Fingerprints of delivered messages, on record."""

    async def holding(self, identities: Sequence[bytes]) -> Sequence[Stored]:
        """Every delivered message that has a fingerprint of these, these themselves included."""

    async def sizes(self, identities: Sequence[bytes]) -> Mapping[bytes, int]:
        """How many fingerprints each of these messages left, of words and files."""

    async def let_stand(self, done: LetStand) -> None:
        """Carries out what is done with a message that stays."""


class Copies(Protocol):
    """The way to copies, for `Recalling`."""

    async def of(self, content: Content, party: Party) -> Sequence[Copy]:
        """The copies of that party's content, in the order in which they are to be taken up."""

    async def let_stand(self, done: LetStand) -> None:
        """Carries out what is done with a message that stays."""


class FoundCopies:
    """Finds copies by their fingerprints."""

    def __init__(
        self, record: CopyRecord, contents: Contents, policies: Policies, steward: str
    ) -> None:
        self._record = record
        self._contents = contents
        self._policies = policies
        self._steward = steward

    async def of(self, content: Content, party: Party) -> Sequence[Copy]:
        """The copies of that party's content, in the order in which they are to be taken up."""
        family = [part.identity for part in content.parts]
        holdings: dict[bytes, Holding] = {}
        for stored in await self._record.holding(family):
            by = await originators_of(
                stored.sender, stored.policy_id, stored.marking, self._policies, self._steward
            )
            holdings[stored.holding.identity] = replace(stored.holding, by=by)
        taken = taken_from(family, holdings.values(), party)
        found = await self._carried_from(content, party)
        for one in sorted(holdings.values(), key=lambda each: each.order):
            if one.identity in family or not taken[one.identity] or not one.by:
                continue
            for copy in await self._of_message(one, holdings, taken):
                found.setdefault(copy.content.original.identity, copy)
        # What stays is no source any more, and others may have it from there: it comes last, the
        # latest first, so that done again after a crash everything before is found as it was.
        gone = [one for one in found.values() if one.extent is Extent.COPY]
        return gone + [one for one in reversed(found.values()) if one.extent is not Extent.COPY]

    async def let_stand(self, done: LetStand) -> None:
        """Carries out what is done with a message that stays."""
        await self._record.let_stand(done)

    async def _carried_from(self, content: Content, party: Party) -> dict[bytes, Copy]:
        """What was carried of it is the same words, however short they are."""
        several = await self._contents.carried_from(content)
        return {
            one.original.identity: Copy(one, True, Extent.COPY, party, {})
            for one in several
            if not all(part.recalled for part in one.parts)
        }

    async def _of_message(
        self, one: Holding, holdings: Mapping[bytes, Holding], taken: Taken
    ) -> list[Copy]:
        """The whole message if all of it is a copy, the edit alone if only this is."""
        whole = await self._contents.of(one.event_id, whole=True)
        if whole is None or all(part.recalled for part in whole.parts):
            return []
        by = in_order(one.by)[0]
        has = {part.identity: taken.get(part.identity, frozenset()) for part in whole.parts}
        extents = await self._extents(whole, holdings, taken)
        if all(each is Extent.COPY for each in extents.values()):
            return [Copy(whole, True, Extent.COPY, by, has)]
        if one.identity != whole.original.identity and extents[one.identity] is Extent.COPY:
            edit = await self._contents.of(one.event_id, whole=False)
            if edit is not None and all(
                extents.get(part.identity, Extent.COPY) is Extent.COPY for part in edit.parts
            ):
                return [Copy(edit, False, Extent.COPY, by, has)]
        lesser = Extent.FILE if Extent.FILE in extents.values() else Extent.QUOTE
        return [Copy(whole, True, lesser, by, has)]

    async def _extents(
        self, content: Content, holdings: Mapping[bytes, Holding], taken: Taken
    ) -> dict[bytes, Extent | None]:
        """Of each part that left fingerprints. One too short for any says nothing by itself."""
        identities = [part.identity for part in content.parts if not part.recalled]
        sizes = await self._record.sizes(identities)
        return {
            identity: extent_of(holdings[identity], taken) if identity in holdings else None
            for identity in identities
            if sizes.get(identity)
        }


async def originators_of(
    sender: str, policy_id: int, marking: Marking, policies: Policies, steward: str
) -> Parties:
    """The party whose officer sent it, by the policy under which it was judged; of what the
    steward posts for others, all for whom it does.

    A party whose marking was only joined in is none here: these aren't its words. Words of a
    request have their officer for `sender`.
    """
    if sender == steward:
        return marking.originators
    network = await policies.version(policy_id, ROSTER_ALONE)
    officer = network.officers.get(name_of(sender))
    return frozenset({officer.party}) if officer is not None else frozenset()


ROSTER_ALONE = 0
"""Of an earlier policy the officers are asked for, whatever rooms there were on demand."""
