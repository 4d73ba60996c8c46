"""Tightening after the fact, recall and expiry: what becomes of content that was delivered.

Decides who may ask for it, what has to go, who is told and what is recorded. Reading a request
is `rilon.domain.tightening`; what may stand, `rilon.policy.tightening`. Nothing here waits for
the homeserver while it holds a lock.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from rilon.application.content import Cause, Content, Contents, Part, Withdrawal
from rilon.application.copies import (
    ROSTER_ALONE,
    Copies,
    Copy,
    LetStand,
    originators_of,
    told_at_desk,
    told_in_room,
)
from rilon.application.membership import direct_room_key
from rilon.application.ports import NewEffect, Policies, Unsure
from rilon.application.record import recalled_entry, tightened_entry
from rilon.domain.acts import Act, Post, Redaction, RelationKind
from rilon.domain.entries import Entry, Subject
from rilon.domain.marking_text import END, read, write, write_effective
from rilon.domain.markings import Marking, WrittenMarking
from rilon.domain.parties import Parties, Party, in_order, parties
from rilon.domain.rooms import Room
from rilon.domain.tightening import read_withdrawing, tightened
from rilon.policy.copies import Extent
from rilon.policy.network import Network
from rilon.policy.tightening import has_expired, may_stand
from rilon.wire.relations import WireRelation


class Presence(Protocol):
    """Who was in a room."""

    async def members_at(self, room_id: str, event_id: str) -> Sequence[str] | None:
        """User ids of those in the room when the event was delivered; None if unknown."""


LOOK_AGAIN_AFTER = timedelta(minutes=1)
"""When copies are looked for again: by then whatever was accepted before has been delivered."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of an officer. `event_id` is the request's own, `target` the content's."""

    event_id: str
    target: str
    by: str
    cause: Cause
    stated: WrittenMarking | None = None


# --- what asks for it ----------------------------------------------------------------------------


def withdrawal_asked(
    act: Act,
    relation: WireRelation | None,
    event_id: str,
    sender: str,
    network: Network,
    today: date,
) -> NewEffect | None:
    """The effect that a delivered act asks for: a request, or a removal by the sender."""
    payload = {"asked": event_id, "by": sender, "day": today.isoformat()}
    if isinstance(act, Redaction):
        named = {"target": act.target, "cause": Cause.REDACTED.value}
        return NewEffect(
            "recall", f"recall {act.target}", {**payload, **named}, f"recall-{event_id}"
        )
    if not isinstance(act, Post):
        return None
    asked = read_withdrawing(act.body, network.vocabulary, today)
    if asked is None or act.files or (act.relation and act.relation.kind is RelationKind.EDIT):
        return None
    target = asked.event_id or _answered(relation)
    if target is None:
        return None
    cause = Cause.RECALLED if asked.stated is None else Cause.TIGHTENED
    payload |= {"target": target, "cause": cause.value}
    if asked.stated is not None:
        payload["stated"] = write(asked.stated)
    return NewEffect("recall", f"recall {target}", payload, f"recall-{event_id}")


def _answered(relation: WireRelation | None) -> str | None:
    """The message that somebody chose to answer. In a thread clients name the last one too,
    which nobody chose."""
    chosen = relation.relation if relation is not None else None
    if chosen is None or relation is None:
        return None
    if chosen.kind is RelationKind.REPLY:
        return chosen.target
    if chosen.kind is RelationKind.THREAD and not relation.falls_back:
        return chosen.reply_to
    return None


def read_asked(payload: Mapping[str, str], network: Network) -> Asked:
    """The request of a `recall` effect."""
    stated = None
    if "stated" in payload:
        day = date.fromisoformat(payload["day"])
        found = read(payload["stated"], network.vocabulary, day)
        if not isinstance(found, WrittenMarking):
            raise ValueError("a stated marking doesn't read any more")
        stated = found
    cause = Cause(payload["cause"])
    return Asked(payload["asked"], payload["target"], payload["by"], cause, stated)


def expiry_effects(due: Mapping[str, Iterable[bytes]], day: date) -> list[NewEffect]:
    """What the clock asks for: for each room one effect, named after all that is due in it, so
    that another sweep before it is performed writes nothing."""
    effects = []
    for room_id, identities in sorted(due.items()):
        name = hashlib.sha256(b"".join(sorted(identities))).hexdigest()
        payload = {"room_id": room_id, "day": day.isoformat()}
        effects.append(NewEffect("expire", f"expire {room_id}", payload, f"expire-{name}"))
    return effects


# --- carrying it out -----------------------------------------------------------------------------


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
            return await self._contents.tell(_answer(asked, {"outcome": "not_yours"}))
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
        self, content: Content, asked: Asked, party: Party, network: Network
    ) -> None:
        """Verbatim copies, wherever they are: each by itself, so that what is killed in between
        is taken up where it was, and done again changes nothing more."""
        for copy in await self._copies.of(content, party):
            if asked.cause is Cause.EXPIRED and self._has_expired(copy.content):
                # It goes by itself, with what else expires in its room, under one notice.
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
        officer = network.officers.get(_name(asked.by))
        return officer.party if officer is not None and officer.party in own else None

    async def expire(self, room_id: str, day: date) -> int:
        """Recalls what stands in the room and whose last day is before that day; how many."""
        network = await self._network()
        contents = tuple(await self._contents.overdue(room_id, day))
        if not contents:
            return 0
        entries = []
        for content in contents:
            entries += await self._recalled(content, network, Cause.EXPIRED, None)
        named = [await self._originators(one.original) for one in contents]
        for content, several in zip(contents, named, strict=True):
            # First: killed after the contents themselves are gone, nothing would name them again.
            asked = Asked("", content.original.event_id or "", "", Cause.EXPIRED)
            for party in in_order(several):
                await self._copies_of(content, asked, party, network)
        notice = _notice(
            contents,
            "notice_expired",
            {
                "parties": ", ".join(
                    in_order(
                        frozenset().union(*named)
                        - frozenset().union(*(one.original.marking.unnamed for one in contents))
                    )
                ),
                "count": str(len(contents)),
            },
        )
        await self._withdraw(contents, {}, True, True, frozenset(), entries, [notice])
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
        before = _nothing_to_do(content, markings, goes)
        if before is not None:
            told = _answer(asked, {**named, "outcome": before}) if answer else []
            return await self._contents.tell(told)
        entries: list[Entry] = []
        # Who released it without being named isn't named by taking it back.
        unnamed = party in content.original.marking.unnamed
        by = None if others or unnamed else asked.by or None
        if asked.stated is not None:
            step = "recalled" if goes else "stands"
            entries.append(
                tightened_entry(
                    content.original.identity,
                    content.original.event_id,
                    room,
                    marking,
                    copy.by if copy is not None else party,
                    by,
                    step,
                    self._now(),
                    self._salt(),
                )
            )
        if goes:
            entries += await self._recalled(content, network, asked.cause, by)
        own = asked.cause is Cause.REDACTED
        effects = [] if own else [_told(content, party, goes, shown)]
        if copy is not None and (others or asked.cause is Cause.EXPIRED):
            effects = [told_in_room(copy, asked.cause, goes, shown)]
        if copy is not None and others:
            outcome = "removed" if goes else "tightened"
            effects += told_at_desk(copy, outcome, asked.cause, party, network, shown)
        if answer:
            named |= {"outcome": "removed" if goes else "tightened"}
            named |= {"received": _received_in(entries), "answers": str(content.answers)}
            effects += _answer(asked, named)
        gone = frozenset({asked.target} if own else ())
        whole = not own if copy is None else copy.whole
        return await self._withdraw((content,), markings, goes, whole, gone, entries, effects)

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

    async def _originators(self, part: Part) -> Parties:
        """Whose words it is: see `originators_of`."""
        return await originators_of(
            part.sender, part.policy_id, part.marking, self._policies, self._steward
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
        officer = network.officers.get(_name(user))
        counted[officer.party if officer is not None else "other"] += 1
    known = in_order(Party(party) for party in counted if party != "other")
    order = [*known, *(["other"] if counted["other"] else [])]
    return ",".join(f"{party}:{counted[party]}" for party in order) or None


def _received_in(entries: Iterable[Entry]) -> str:
    """The recipients that the entries name; of several parts, those of the last.

    Who reads an edit reads the content.
    """
    named = [dict(one.subject).get(Subject.RECEIVED_BY) for one in entries]
    return next((one for one in reversed(named) if one is not None), "")


def _told(content: Content, party: Party, goes: bool, marking: str) -> NewEffect:
    """The notice in the room. It holds no content; of a marking only what all there may know."""
    marked = content.original.marking
    shown = frozenset({party}) - marked.unnamed or marked.originators - marked.unnamed
    parties = ", ".join(in_order(shown))
    named = {"parties": parties, "at": content.original.sent_at.isoformat()}
    if goes:
        return _notice((content,), "notice_recalled", named)
    return _notice((content,), "notice_tightened", {**named, "marking": marking}, marking)


def _notice(
    contents: Sequence[Content], name: str, parameters: Mapping[str, str], about: str = ""
) -> NewEffect:
    told = b"".join(sorted(one.original.identity for one in contents)) + about.encode()
    key = contents[0].room_key
    return NewEffect(
        "say",
        f"notices {key}",
        {"to": key, "text": name, "parameters": dict(parameters)},
        f"{name}-{hashlib.sha256(told).hexdigest()}",
    )


def _answer(asked: Asked, parameters: Mapping[str, str]) -> list[NewEffect]:
    if asked.cause is Cause.REDACTED:
        return []
    payload = {
        "to": direct_room_key(_name(asked.by)),
        "mention": asked.by,
        "quiet": True,
        "text": "withdrawal",
        "parameters": dict(parameters),
    }
    return [NewEffect("say", asked.by, payload, f"answer-{asked.event_id}")]


def _name(user_id: str) -> str:
    return user_id[1:].partition(":")[0]
