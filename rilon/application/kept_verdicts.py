"""What is kept of a verdict, and when what was kept is the answer again.

The order in which a message is judged is `rilon.application.screen`; the entry of the ledger,
`rilon.application.record`.
"""

from __future__ import annotations

from datetime import datetime

from rilon.application.asked import Message
from rilon.application.ports import (
    Judged,
    Recorded,
    Seen,
)
from rilon.domain.acts import (
    Act,
    Membership,
    Post,
    Reaction,
    Redaction,
    Relation,
    RelationKind,
    State,
    Unclear,
)
from rilon.domain.markings import WrittenMarking
from rilon.domain.rooms import Room
from rilon.domain.verdicts import Code, Refuse, Verdict
from rilon.policy.question import RelatedKind
from rilon.wire.envelope import Envelope


def answers_again(recorded: Recorded, seen: Seen, governed: Room | None) -> bool:
    """Whether the recorded verdict is still the answer to an officer's message."""
    return (
        still_holds(recorded, seen)
        and _same_room(recorded, governed)
        and _same_sender(recorded, seen)
    )


def still_holds(recorded: Recorded, seen: Seen) -> bool:
    """A recorded verdict holds as long as the policy is the same, and for what is delivered."""
    if recorded.delivered:
        return True
    # What was recalled before it stood anywhere is judged anew.
    return recorded.policy_id == seen.policy_id and not recorded.recalled


def _same_sender(recorded: Recorded, seen: Seen) -> bool:
    """ATTACK: what was accepted and hasn't come in yet, sent again by one who was removed."""
    return recorded.delivered or not recorded.accepted or seen.officer_state == "admitted"


def _same_room(recorded: Recorded, governed: Room | None) -> bool:
    """Whether the room is as it was: one that was retired is closed to what had been accepted
    in it, and one that was opened again isn't closed to what had been refused for that."""
    closed = recorded.code == Code.ROOM_NOT_GOVERNED.value
    return recorded.delivered or closed == (governed is None)


def _is_replay(refused: Refuse | None) -> bool:
    return refused is not None and refused.code is Code.REPLAYED


def judged_of(
    message: Message,
    verdict: Verdict,
    kind: str,
    policy_id: int,
    now: datetime,
    act: Act | None = None,
    *,
    is_governed: bool = False,
) -> Judged:
    """What is kept of the verdict. `act` is None for the steward's own events."""
    envelope = message.asked.envelope
    refused = verdict if isinstance(verdict, Refuse) else None
    # ATTACK: a place in another's session, taken so that its owner finds it used.
    own_session = message.opened is not None and message.opened.user_id == envelope.sender
    takes_index = is_governed and own_session and not _is_replay(refused)
    return Judged(
        identity=message.identity,
        event_id=envelope.event_id,
        sender=envelope.sender,
        device_id=message.asked.device_id,
        session_id=message.session_id if takes_index else None,
        message_index=message.index if takes_index else None,
        kind=kind,
        accepted=refused is None,
        code=refused.code.value if refused else None,
        rule=verdict.rule,
        marking=verdict.effective,
        policy_id=policy_id,
        sent_at=envelope.sent_at,
        decided_at=now,
        edits=_edited(act) if refused is None else None,
        relations=_relations(act),
    )


def targets_of(act: Act) -> frozenset[str]:
    """The events that an act in clear names."""
    match act:
        case Reaction(target=target) | Redaction(target=target):
            return frozenset({target})
        case Post(relation=Relation() as relation):
            return relation.events
    return frozenset()


UNSAID_REL = ("rel", "default")
"""Kept beside the relations of a post in which nobody wrote REL: the one in its recorded marking
is the room's, or comes from what it relates to."""


def _relations(act: Act | None) -> tuple[tuple[str, str], ...]:
    if isinstance(act, Redaction):
        return (("redaction", act.target),)
    if not isinstance(act, Post):
        return ()
    named = [("file", f"{one.server}/{one.media}") for one in act.files]
    if act.relation is not None:
        named.append((act.relation.kind.value, act.relation.target))
        if act.relation.reply_to is not None:
            named.append((RelationKind.REPLY.value, act.relation.reply_to))
        if not any(_says_rel(one) for one in (act.marking, act.quoted)):
            named.append(UNSAID_REL)
    return tuple(named)


def _says_rel(marking: WrittenMarking | Unclear | None) -> bool:
    return isinstance(marking, Unclear) or (marking is not None and marking.rel is not None)


def kind_of(act: Act) -> str:
    """What others may relate to it as (`RelatedKind`), or the name of the act."""
    match act:
        case Post():
            return RelatedKind.CONTENT.value
        case Reaction():
            return RelatedKind.REACTION.value
        case Membership() | State():
            return RelatedKind.STATE.value
    return type(act).__name__.lower()


def _edited(act: Act | None) -> str | None:
    if isinstance(act, Post) and act.relation and act.relation.kind is RelationKind.EDIT:
        return act.relation.target
    return None


def kind_of_own(envelope: Envelope) -> str:
    """The same of an event of the steward."""
    if envelope.state_key is not None:
        return RelatedKind.STATE.value
    match envelope.type:
        case "m.room.encrypted":
            return RelatedKind.STEWARD.value
        case "m.reaction":
            return RelatedKind.REACTION.value
    return "redaction"
