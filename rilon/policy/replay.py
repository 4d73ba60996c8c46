"""A policy tried against decisions of the past: which of them would be others under it.

A recorded decision has no text. So it is replayed as far as room, sender, day and effective
marking go; where the rest could matter the outcome is `UNKNOWN`, with the reason. INVARIANT:
nothing is called the same because it couldn't be replayed.

Whether a post among bulletins stood in a thread isn't kept, but follows from the rule that spoke:
`rule2.posters` alone refuses what stands outside of one, and whatever spoke after it was in one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from rilon.domain.acts import (
    Act,
    Post,
    Reaction,
    Redaction,
    Relation,
    RelationKind,
    Verification,
)
from rilon.domain.markings import Marking, take_effect
from rilon.domain.officers import Officer, name_of
from rilon.domain.rooms import Room
from rilon.domain.verdicts import Code, Refuse, refuse
from rilon.policy.evaluate import judge_sending
from rilon.policy.marking_rules import judge_effective
from rilon.policy.network import Network
from rilon.policy.question import Question, Related, RelatedKind, Standing
from rilon.policy.sender_rules import only_reads


@dataclass(frozen=True, slots=True)
class Recorded:
    """A decision as it was recorded. `sender` is a full Matrix user id, `room` the room's key,
    `None` for one that was never governed. `marking` is the effective one, where there was one."""

    kind: str
    sender: str
    room: str | None
    accepted: bool
    code: str | None
    rule: str
    marking: Marking | None
    decided_at: datetime


class Outcome(StrEnum):
    """How a past decision stands under the new policy."""

    SAME = "same"
    NOW_REFUSED = "now_refused"
    NOW_ACCEPTED = "now_accepted"
    """As far as room, sender and marking go: what the text holds isn't kept."""
    OTHER_REASON = "other_reason"
    UNKNOWN = "unknown"
    NOT_POLICY = "not_policy"
    """The steward's own act, or somebody leaving: no policy decides it."""


class Unkept(StrEnum):
    """What isn't kept, and could matter."""

    MARKING = "marking"
    """It was refused before its marking was worked out, and wouldn't be for that reason now."""
    TEXT = "text"
    """It was refused for what the text says, and the words that policy knows have changed."""
    DEFAULT = "default"
    """It may have been unmarked, and the room's default has changed."""
    TARGET = "target"
    """It removed or mentioned something, and what is allowed of that has changed."""
    STATE = "state"
    """Memberships and room states are recorded as one kind."""
    RULE = "rule"
    """It was decided by a rule that isn't replayed."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one decision. `now` is the refusal under the new policy, if there is one."""

    outcome: Outcome
    now: Refuse | None = None
    unkept: Unkept | None = None


SAME = Replayed(Outcome.SAME)

_SENDING = frozenset(
    {"rule2.term", "rule2.in_room", "rule2.posters", "rule1.room", "rule2.admitted"}
)
"""Refusals that room and sender alone led to: they can be tried again."""
_FACTS = frozenset(
    {
        "rule1.type", "rule1.shape", "rule1.replay", "rule1.relation", "rule1.own",
        "rule1.redaction", "rule1.reason", "rule1.steward", "rule2.device", "rule3.expiry",
        "rule6.bulletins", "rule6.undeclared", "rule6.contradiction",
    }
)  # fmt: skip
"""Refusals for what the event was, in which policy has no say."""
_BY_MARKING = frozenset({"rule3.rel", "rule3.protect", "rule4.red"})
"""Refusals that keep the effective marking: they can be tried again."""
_WORDS = frozenset({"rule3.reads", "rule3.width", "rule1.profile", "rule1.mentions"})
_ACTS: Mapping[str, Act] = {
    "content": Post("", None),
    "reaction": Reaction("$", "👍"),
    "redaction": Redaction("$"),
    "verification": Verification("m.key.verification.request"),
}


def replay(recorded: Recorded, then: Network | None, new: Network) -> Replayed:
    """The recorded decision under a new policy. `then` is the policy it was made under, `None`
    if that can't be read any more."""
    if recorded.rule.startswith("own.") or recorded.rule in ("leave", "steward"):
        return Replayed(Outcome.NOT_POLICY)
    if recorded.kind == "state":
        return Replayed(Outcome.UNKNOWN, unkept=Unkept.STATE)
    if recorded.code == Code.RULE_FAILED:
        return Replayed(Outcome.UNKNOWN, unkept=Unkept.RULE)
    if recorded.room not in new.rooms:
        return _refused(recorded, refuse(Code.ROOM_NOT_GOVERNED, "rule1.room"))
    if recorded.kind == "undecodable" or recorded.rule == "rule1.replay":
        return SAME
    sending = _sending(recorded, then, new)
    if sending is not None:
        return _refused(recorded, sending)
    if not recorded.accepted and recorded.marking is None:
        return _refused_before_marking(recorded, then, new)
    replayed = recorded.accepted or recorded.rule in _BY_MARKING
    if replayed and recorded.kind == "content" and recorded.marking is not None:
        return _by_marking(recorded, recorded.marking, then, new)
    if not recorded.accepted or recorded.kind not in _ACTS or recorded.kind == "content":
        return Replayed(Outcome.UNKNOWN, unkept=Unkept.RULE)
    shorter = then is None or new.redact_within < then.redact_within
    if recorded.kind == "redaction" and shorter:
        return Replayed(Outcome.UNKNOWN, unkept=Unkept.TARGET)
    return SAME


def vocabulary_differs(then: Network | None, new: Network) -> bool:
    """Whether the same text could be read as another marking."""
    return then is None or then.vocabulary != new.vocabulary


def _refused(recorded: Recorded, now: Refuse) -> Replayed:
    if recorded.accepted:
        return Replayed(Outcome.NOW_REFUSED, now)
    if recorded.code == now.code.value:
        return SAME
    return Replayed(Outcome.OTHER_REASON, now)


def _sending(recorded: Recorded, then: Network | None, new: Network) -> Refuse | None:
    """What the rules on room and sender say, with the sender in order but for policy."""
    room = new.rooms[recorded.room or ""]
    act = _ACTS.get(recorded.kind, _ACTS["content"])
    standing = Standing(_officer(recorded, new), admitted=True, device_signed=True, in_room=True)
    question = Question(act, room, standing, recorded.sender, {}, recorded.decided_at)
    if act == _ACTS["content"] and not _was_outside(recorded, then):
        question = _in_a_thread(question, new)
    return judge_sending(question, new)


def _was_outside(recorded: Recorded, then: Network | None) -> bool:
    """Whether the post can't have been in a thread: its sender might have posted in one."""
    if recorded.rule != "rule2.posters" or then is None:
        return False
    officer, room = _officer(recorded, then), then.rooms.get(recorded.room or "")
    return officer is not None and room is not None and not only_reads(room, officer.roles)


def _in_a_thread(question: Question, network: Network) -> Question:
    """The post in the thread of something of the steward's: allowed wherever posts are."""
    steward = f"@{network.steward}:{question.sender_id.partition(':')[2]}"
    root = Related("$", steward, None, RelatedKind.CONTENT, question.now)
    post = Post("", None, Relation(RelationKind.THREAD, root.event_id))
    return replace(question, act=post, related={root.event_id: root})


def _officer(recorded: Recorded, network: Network) -> Officer | None:
    return network.officers.get(_name(recorded))


def _name(recorded: Recorded) -> str:
    return name_of(recorded.sender)


def _refused_before_marking(recorded: Recorded, then: Network | None, new: Network) -> Replayed:
    rule = recorded.rule
    if rule == "rule2.admitted" and then is not None and _officer(recorded, then) is not None:
        # The roster had them: the coordinator hadn't admitted them, which no policy does.
        return SAME
    if rule in _SENDING:
        return Replayed(Outcome.UNKNOWN, unkept=Unkept.MARKING)
    if rule == "rule6.declaration":
        asks = new.rooms[recorded.room or ""].needs_declaration
        return SAME if asks else Replayed(Outcome.UNKNOWN, unkept=Unkept.MARKING)
    if rule == "rule1.age":
        longer = then is None or new.redact_within > then.redact_within
        return Replayed(Outcome.UNKNOWN, unkept=Unkept.TARGET) if longer else SAME
    if rule in _WORDS:
        changed = then is None or vocabulary_differs(then, new) or then.officers != new.officers
        default = then is None or _default_of(recorded, then) != _default_of(recorded, new)
        return Replayed(Outcome.UNKNOWN, unkept=Unkept.TEXT) if changed or default else SAME
    if rule in _FACTS:
        return SAME
    return Replayed(Outcome.UNKNOWN, unkept=Unkept.RULE)


def _default_of(recorded: Recorded, network: Network) -> object:
    room = network.rooms.get(recorded.room or "")
    return room and room.default


def _by_marking(
    recorded: Recorded, marking: Marking, then: Network | None, new: Network
) -> Replayed:
    # The rules on the sender have passed: room and officer are there.
    room, officer = new.rooms[recorded.room or ""], new.officers[_name(recorded)]
    before = None if then is None else then.rooms.get(room.key)
    anew = _as_sent_today(marking, room, before, officer)
    outcome = _compared(recorded, _judged(anew, officer, room, recorded, new))
    if before is not None and before.default == room.default:
        return outcome
    if before is not None and not _may_be_unmarked(marking, before, officer):
        return outcome
    unmarked = take_effect(None, room.default, room.ceiling, officer.party)
    other = _compared(recorded, _judged(unmarked, officer, room, recorded, new))
    return outcome if outcome == other else Replayed(Outcome.UNKNOWN, unkept=Unkept.DEFAULT)


def _as_sent_today(marking: Marking, room: Room, before: Room | None, officer: Officer) -> Marking:
    """A REL that nobody wrote is the ceiling: of this policy, since the text would be new."""
    if marking.explicit_rel or before is None or not before.ceiling <= marking.rel:
        return marking
    return replace(marking, rel=room.ceiling | {officer.party})


def _may_be_unmarked(marking: Marking, room: Room, officer: Officer) -> bool:
    return marking.covers(
        replace(
            take_effect(None, room.default, room.ceiling, officer.party),
            rel=marking.rel,
            originators=marking.originators,
        )
    )


def _judged(
    marking: Marking, officer: Officer, room: Room, recorded: Recorded, new: Network
) -> Refuse | None:
    day = recorded.decided_at.astimezone(UTC).date()
    return judge_effective(marking, officer, room, new, day)


def _compared(recorded: Recorded, now: Refuse | None) -> Replayed:
    if now is not None:
        return _refused(recorded, now)
    return SAME if recorded.accepted else Replayed(Outcome.NOW_ACCEPTED)
