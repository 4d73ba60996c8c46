"""Tightening after the fact, recall and expiry: what becomes of content that was delivered.

Decides who may ask for it, what has to go, who is told and what is recorded. Reading a request
is `rilon.domain.tightening`; what may stand, `rilon.policy.tightening`. Nothing here waits for
the homeserver while it holds a lock.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Protocol

from rilon.application.membership import direct_room_key
from rilon.application.ports import NewEffect, Policies, Unsure
from rilon.application.record import recalled_entry, tightened_entry
from rilon.domain.acts import Act, Post, Redaction, RelationKind
from rilon.domain.entries import Entry, Subject
from rilon.domain.marking_text import END, read, write, write_effective
from rilon.domain.markings import Marking, WrittenMarking
from rilon.domain.parties import Parties, Party, in_order
from rilon.domain.rooms import Room
from rilon.domain.tightening import read_withdrawing, tightened
from rilon.policy.network import Network
from rilon.policy.tightening import may_stand
from rilon.wire.relations import WireRelation

_ROSTER_ALONE = 0
"""Of an earlier policy the officers are asked for, whatever rooms there were on demand."""


class Cause(StrEnum):
    """Why content goes, or changes its marking."""

    TIGHTENED = "tightened"
    RECALLED = "recalled"
    REDACTED = "redacted"
    """Its sender removed it with their own client."""
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a content: the original or an edit. `event_id` is None while it was
    accepted and doesn't stand in the room yet."""

    identity: bytes
    event_id: str | None
    sender: str
    marking: Marking
    policy_id: int
    sent_at: datetime
    recalled: bool


@dataclass(frozen=True, slots=True)
class Content:
    """A message with its edits, in the order in which they were judged."""

    room_id: str
    room_key: str
    parts: tuple[Part, ...]
    answers: int = 0
    """How many messages that answer it stand. They are left alone."""

    @property
    def original(self) -> Part:
        """The part that the others are edits of."""
        return self.parts[0]


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What happens to contents of one room, in one transaction."""

    room_id: str
    contents: tuple[Content, ...]
    whole: bool
    """Whether the contents were looked up with what they are edits of."""
    markings: Mapping[bytes, Marking]
    """The markings from now on, by identity."""
    recalled: bool
    gone: frozenset[str]
    """Events that their sender removed already."""
    entries: tuple[Entry, ...]
    effects: tuple[NewEffect, ...]
    at: datetime


class Contents(Protocol):
    """Delivered content on record."""

    async def of(self, event_id: str, whole: bool) -> Content | None:
        """The content of this event. `whole`: also what the event is an edit of."""

    async def overdue(self, room_id: str, day: date) -> list[Content]:
        """What stands in the room and whose last day is before that day."""

    async def withdraw(self, withdrawal: Withdrawal) -> bool:
        """Carries it out; False, and nothing done, if the contents aren't as they were."""

    async def tell(self, effects: Sequence[NewEffect]) -> None:
        """Writes effects alone."""


class Presence(Protocol):
    """Who was in a room."""

    async def members_at(self, room_id: str, event_id: str) -> Sequence[str] | None:
        """User ids of those in the room when the event was delivered; None if unknown."""


Copies = Callable[[Content], Awaitable[Sequence[str]]]
"""Event ids of messages of the same party that hold the content verbatim and nothing else."""


async def no_copies(content: Content) -> Sequence[str]:
    """Copies aren't recognised yet."""
    return ()


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
        copies: Copies = no_copies,
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
        for event_id in await self._copies(content):
            copy = await self._contents.of(event_id, whole=True)
            if copy is not None and party in await self._originators(copy.original):
                await self._one(copy, asked, party, network, answer=False)
        return None

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
        named = [
            await self._originators(one.original) - one.original.marking.unnamed for one in contents
        ]
        notice = _notice(
            contents,
            "notice_expired",
            {
                "parties": ", ".join(in_order(frozenset().union(*named))),
                "count": str(len(contents)),
            },
        )
        await self._withdraw(contents, {}, True, True, frozenset(), entries, [notice])
        return len(contents)

    async def _one(
        self, content: Content, asked: Asked, party: Party, network: Network, answer: bool = True
    ) -> None:
        room = network.rooms.get(content.room_key)
        markings = {
            part.identity: tightened(part.marking, asked.stated, party)
            if asked.stated is not None
            else part.marking
            for part in content.parts
        }
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
        by = None if party in content.original.marking.unnamed else asked.by
        if asked.stated is not None:
            step = "recalled" if goes else "stands"
            entries.append(
                tightened_entry(
                    content.original.identity,
                    content.original.event_id,
                    room,
                    marking,
                    party,
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
        if answer:
            named |= {"outcome": "removed" if goes else "tightened"}
            named |= {"received": _received_in(entries), "answers": str(content.answers)}
            effects += _answer(asked, named)
        gone = frozenset({asked.target} if own else ())
        return await self._withdraw((content,), markings, goes, not own, gone, entries, effects)

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
        self, content: Content, network: Network, cause: Cause, by: str | None
    ) -> list[Entry]:
        """One entry for each part: who could have received it by then."""
        room = network.rooms.get(content.room_key)
        entries = []
        for part in content.parts:
            if part.recalled:
                continue
            received = None
            if part.event_id is not None:
                then = await self._policies.version(part.policy_id, _ROSTER_ALONE)
                ceiling = room.ceiling if room else frozenset()
                inside = await self._presence.members_at(content.room_id, part.event_id)
                received = received_by(inside, then, ceiling, self._steward)
            entries.append(
                recalled_entry(
                    part.identity,
                    part.event_id,
                    room,
                    cause.value,
                    by,
                    received,
                    part.marking.expires if cause is Cause.EXPIRED else None,
                    self._now(),
                    self._salt(),
                )
            )
        return entries

    async def _originators(self, part: Part) -> Parties:
        """The party whose officer sent it, by the policy under which it was judged; of what the
        steward posts for others, all for whom it does.

        A party whose marking was only joined in is none here: these aren't its words.
        """
        if part.sender == self._steward:
            return part.marking.originators
        officer = (await self._policies.version(part.policy_id, _ROSTER_ALONE)).officers.get(
            _name(part.sender)
        )
        return frozenset({officer.party}) if officer is not None else frozenset()

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
