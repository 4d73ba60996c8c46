"""Tightening after the fact, recall and expiry: what becomes of content that was delivered.

Decides who may ask for it, what has to go and what is recorded. What asks for it is
`rilon.application.recall_asked`; who is told, `recall_told`; what may stand,
`rilon.policy.tightening`. Nothing here waits for the homeserver while it holds a lock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from rilon.application.content import Cause, Content, Contents, Part, Withdrawal
from rilon.application.copies import ROSTER_ALONE, Copies, Copy, LetStand, originators_of
from rilon.application.ports import NewEffect, Policies, Unsure
from rilon.application.recall_asked import Asked, read_asked
from rilon.application.recall_told import (
    answer_to,
    ended,
    received_in,
    told_at_desk,
    told_in_its_room,
    told_in_room_of_copy,
)
from rilon.application.record import recalled_entry, tightened_entry
from rilon.domain.entries import Entry
from rilon.domain.marking_text import END, write_effective
from rilon.domain.markings import Marking
from rilon.domain.officers import name_of
from rilon.domain.parties import Parties, Party, in_order, parties
from rilon.domain.rooms import Room
from rilon.domain.tightening import tightened
from rilon.policy.copies import Extent
from rilon.policy.network import Network
from rilon.policy.tightening import has_expired, may_stand


class Presence(Protocol):
    """Who was in a room."""

    async def members_at(self, room_id: str, event_id: str) -> Sequence[str] | None:
        """User ids of those in the room when the event was delivered; None if unknown."""


LOOK_AGAIN_AFTER = timedelta(minutes=1)
"""When copies are looked for again: by then whatever was accepted before has been delivered."""


class Recalling:
    """The use case. `in_force` is the policy of today; `policies` those of earlier verdicts."""

    def __init__(
        self,
        contents: Contents,
        presence: Presence,
        policies: Policies,
        in_force: Callable[[], Awaitable[Network | None]],
        steward: str,
        now: Callable[[], datetime],
        salt: Callable[[], bytes],
        copies: Copies,
    ) -> None:
        self._contents = contents
        self._presence = presence
        self._policies = policies
        self._in_force = in_force
        self._steward = steward
        self._now = now
        self._salt = salt
        self._copies = copies

    async def ask(self, payload: Mapping[str, str]) -> None:
        """Carries out what an officer asked for. Raises Unsure when it has to be tried again."""
        network = await self._network()
        asked = read_asked(payload, network)
        content = await self._contents.of(asked.target, asked.cause is not Cause.REDACTED)
        party = None if content is None else await self._entitled(content, asked, network)
        if content is None or party is None:
            # ATTACK: asking about others' messages, or guessing events. One answer for all.
            return await self._contents.tell(answer_to(asked, {"outcome": "not_yours"}))
        await self._one(content, asked, party, network)
        if asked.cause is Cause.REDACTED:
            return None
        await self._copies_of(content, asked, party, network)
        return await self._contents.tell(self._again(payload))

    def _again(self, payload: Mapping[str, str]) -> list[NewEffect]:
        """The same once more, a little later.

        ATTACK: a copy that was accepted before, and delivered after it was looked for.
        """
        if "after" in payload:
            return []
        later = {**payload, "after": (self._now() + LOOK_AGAIN_AFTER).isoformat()}
        once = f"recall-again-{payload['asked']}"
        return [NewEffect("recall", f"recall again {payload['target']}", later, once)]

    async def _copies_of(
        self,
        content: Content,
        asked: Asked,
        party: Party,
        network: Network,
        due: Collection[bytes] = (),
    ) -> None:
        """Verbatim copies, wherever they are: each by itself, so that what is killed in between
        is taken up where it was, and done again changes nothing more. Those that are due
        themselves go with what else is due in their room, under one notice."""
        for copy in await self._copies.of(content, party):
            expired = asked.cause is Cause.EXPIRED and self._has_expired(copy.content)
            if expired or copy.content.original.identity in due:
                continue
            if copy.extent is Extent.COPY:
                await self._one(copy.content, asked, party, network, copy)
            else:
                await self._let_stand(copy, asked, party, network)

    def _has_expired(self, content: Content) -> bool:
        today = self._now().astimezone(UTC).date()
        return all(has_expired(part.marking.expires, today) for part in content.parts)

    async def _let_stand(self, copy: Copy, asked: Asked, party: Party, network: Network) -> None:
        """A message with words of its sender's own stays. Its party is told where it may not
        stand any more, and a file in it that isn't its sender's own is deleted.

        ATTACK: after a tightening it would be the loosest source of the passage that it quotes,
        for whoever pastes that: it is no source of it from now on.
        """
        tighter = asked.stated is not None
        room = network.rooms.get(copy.content.room_key)
        markings = self._markings(copy.content, asked, party)
        passages = copy.taken if tighter else {}
        entries: list[Entry] = []
        effects: list[NewEffect] = []
        goes = asked.cause is not Cause.TIGHTENED or not self._may_stay(room, markings)
        without_files = goes and copy.extent is Extent.FILE
        if without_files:
            by = asked.by if copy.by == party else None
            entries = await self._recalled(copy.content, network, asked.cause, by, "file")
        if goes:
            about = write_effective(markings[copy.content.original.identity])
            outcome = copy.extent.value
            effects = told_at_desk(copy, outcome, asked.cause, party, network, about)
        identities = tuple(part.identity for part in copy.content.parts)
        await self._copies.let_stand(
            LetStand(passages, without_files, identities, tuple(entries), tuple(effects))
        )

    async def _entitled(self, content: Content, asked: Asked, network: Network) -> Party | None:
        """The officer's party, if the content is its own words, or the officer removed it."""
        if asked.cause is Cause.REDACTED and content.original.sender != asked.by:
            return None
        own = await self._originators(content.original)
        if asked.cause is Cause.REDACTED:
            return next(iter(own), None)
        officer = network.officers.get(name_of(asked.by))
        return officer.party if officer is not None and officer.party in own else None

    async def expire(self, room_id: str, day: date) -> int:
        """Recalls what stands in the room and whose last day is before that day; how many."""
        return await self._end(await self._contents.overdue(room_id, day), Cause.EXPIRED)

    async def end_personal_data(self, room_id: str, before: datetime) -> int:
        """Recalls what stands in the room with personal data since before then, and forgets the
        fingerprints of all that stood there so long; how many."""
        count = await self._end(await self._contents.outlived(room_id, before), Cause.PERSONAL_DATA)
        # Last: copies are found by them.
        await self._contents.forget_personal_data(room_id, before)
        return count

    async def _end(self, contents: Sequence[Content], cause: Cause) -> int:
        """What the clock asks for, in one room, under one notice."""
        network = await self._network()
        if not contents:
            return 0
        entries = []
        for content in contents:
            entries += await self._recalled(content, network, cause, None)
        named = [await self._originators(one.original) for one in contents]
        due = frozenset(one.original.identity for one in contents)
        for content, several in zip(contents, named, strict=True):
            # First: killed after the contents themselves are gone, nothing would name them again.
            asked = Asked("", content.original.event_id or "", "", cause)
            for party in in_order(several):
                await self._copies_of(content, asked, party, network, due)
        told = ended(contents, frozenset().union(*named), cause)
        await self._withdraw(tuple(contents), {}, True, True, frozenset(), entries, [told])
        return len(contents)

    async def _one(
        self,
        content: Content,
        asked: Asked,
        party: Party,
        network: Network,
        copy: Copy | None = None,
    ) -> None:
        """What becomes of the content that was asked about, or of a copy of it.

        INVARIANT: of a copy in the words of another party, nothing is entered that names who
        asked, or that the asking party reads: it may not know of that room.
        """
        room = network.rooms.get(content.room_key)
        markings = self._markings(content, asked, party)
        answer, others = copy is None, copy is not None and copy.by != party
        goes = asked.cause is not Cause.TIGHTENED or not self._may_stay(room, markings)
        marking = markings[content.original.identity]
        shown = write_effective(marking).removesuffix(END)
        named = {"room": room.name if room else content.room_key, "marking": shown}
        # In a party's own room a REL that is only its default says nothing of other rooms.
        says_rel = asked.stated is not None and asked.stated.rel is not None
        own_room = room is not None and len(room.ceiling) == 1
        before = _nothing_to_do(content, markings, goes or (answer and own_room and says_rel))
        if before is not None:
            told = answer_to(asked, {**named, "outcome": before}) if answer else []
            return await self._contents.tell(told)
        # Who released it without being named isn't named by taking it back.
        unnamed = party in content.original.marking.unnamed
        # Nor are a party's officers to the other side of a request.
        abroad = content.original.written_by is not None
        by = None if others or unnamed or abroad else asked.by or None
        entries: list[Entry] = []
        if asked.stated is not None:
            whose = copy.by if copy is not None else party
            entries.append(self._tightened(content, room, marking, whose, by, goes))
        if goes:
            entries += await self._recalled(content, network, asked.cause, by)
        outcome = "removed" if goes else "tightened"
        own = asked.cause is Cause.REDACTED
        effects = [] if own else [told_in_its_room(content, party, goes, shown)]
        if copy is not None and (others or asked.cause.is_of_the_clock):
            effects = [told_in_room_of_copy(copy, asked.cause, goes, shown)]
        if copy is not None and others:
            effects += told_at_desk(copy, outcome, asked.cause, party, network, shown)
        if answer:
            received = await self._received(content, entries, asked, network) if goes else ""
            named |= {"outcome": outcome, "received": received}
            effects += answer_to(asked, {**named, "answers": str(content.answers)})
        gone = frozenset({asked.target} if own else ())
        whole = not own if copy is None else copy.whole
        return await self._withdraw((content,), markings, goes, whole, gone, entries, effects)

    def _tightened(
        self,
        content: Content,
        room: Room | None,
        marking: Marking,
        whose: Party,
        by: str | None,
        goes: bool,
    ) -> Entry:
        original, step = content.original, "recalled" if goes else "stands"
        return tightened_entry(
            original.identity,
            original.event_id,
            room,
            marking,
            whose,
            by,
            step,
            self._now(),
            self._salt(),
        )

    def _markings(self, content: Content, asked: Asked, party: Party) -> dict[bytes, Marking]:
        """The markings from now on, by identity. The party whose words they are is among the
        originators, also of a copy that was let in before they were restricted."""
        if asked.stated is None:
            return {part.identity: part.marking for part in content.parts}
        own = parties(party)
        return {
            part.identity: replace(marking, originators=marking.originators | own)
            for part in content.parts
            for marking in [tightened(part.marking, asked.stated, party)]
        }

    def _may_stay(self, room: Room | None, markings: Mapping[bytes, Marking]) -> bool:
        """Whether the original and all its edits fit the room. They go together: without its
        edit, an original shows again what its sender had changed."""
        today = self._now().astimezone(UTC).date()
        return room is not None and all(may_stand(one, room, today) for one in markings.values())

    async def _withdraw(
        self,
        contents: tuple[Content, ...],
        markings: Mapping[bytes, Marking],
        goes: bool,
        whole: bool,
        gone: frozenset[str],
        entries: Sequence[Entry],
        effects: Sequence[NewEffect],
    ) -> None:
        done = await self._contents.withdraw(
            Withdrawal(
                contents[0].room_id,
                contents,
                whole,
                markings,
                goes,
                gone,
                tuple(entries),
                tuple(effects),
                self._now(),
            )
        )
        if not done:
            raise Unsure("the content changed while it was being looked at")

    async def _recalled(
        self, content: Content, network: Network, cause: Cause, by: str | None, step: str = ""
    ) -> list[Entry]:
        """One entry for each part: who could have received it by then."""
        room = network.rooms.get(content.room_key)
        entries = []
        for part in content.parts:
            if part.recalled:
                continue
            received = None
            if part.event_id is not None:
                then = await self._policies.version(part.policy_id, ROSTER_ALONE)
                ceiling = room.ceiling if room else frozenset()
                inside = await self._presence.members_at(content.room_id, part.event_id)
                received = received_by(inside, then, ceiling, self._steward)
            entries.append(
                recalled_entry(
                    part.identity,
                    part.event_id,
                    room,
                    step or cause.value,
                    by,
                    received,
                    part.marking.expires if cause is Cause.EXPIRED else None,
                    self._now(),
                    self._salt(),
                )
            )
        return entries

    async def _received(
        self, content: Content, entries: Sequence[Entry], asked: Asked, network: Network
    ) -> str:
        """Who could have received it, here and where it was carried to."""
        several = [entries]
        for one in await self._contents.carried_from(content, named=True):
            several += [await self._recalled(one, network, asked.cause, None)]
        return ",".join(filter(None, map(received_in, several)))

    async def _originators(self, part: Part) -> Parties:
        """Whose words it is: see `originators_of`."""
        return await originators_of(
            part.written_by or part.sender,
            part.policy_id,
            part.marking,
            self._policies,
            self._steward,
        )

    async def _network(self) -> Network:
        network = await self._in_force()
        if network is None:
            raise Unsure("no policy in force")
        return network


def _nothing_to_do(content: Content, markings: Mapping[bytes, Marking], goes: bool) -> str | None:
    if all(part.recalled for part in content.parts):
        return "gone"
    same = all(markings[part.identity] == part.marking for part in content.parts)
    return "as_strict" if same and not goes else None


def received_by(
    members: Sequence[str] | None, network: Network, ceiling: Parties, steward: str
) -> str | None:
    """`AUS:3,IDN:2`: how many officers of each party; the parties alone where that is unknown."""
    if members is None:
        return ",".join(in_order(ceiling)) or None
    counted: Counter[str] = Counter()
    for user in set(members) - {steward}:
        officer = network.officers.get(name_of(user))
        counted[officer.party if officer is not None else "other"] += 1
    known = in_order(Party(party) for party in counted if party != "other")
    order = [*known, *(["other"] if counted["other"] else [])]
    return ",".join(f"{party}:{counted[party]}" for party in order) or None
