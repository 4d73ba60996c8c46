"""What would happen to a text by an officer in a room, with everything else in order.

It goes the way of a real message, decoded and decided, by policy alone. INVARIANT: nothing is
stored, and nothing that was delivered before is looked at: an answer that depended on stored
passages would tell anybody who asks what has been said elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from rilon.domain.acts import Act, Relation, RelationKind
from rilon.domain.markings import WrittenMarking, take_effect
from rilon.domain.officers import Officer
from rilon.domain.rooms import Room, RoomKind
from rilon.domain.verdicts import Verdict
from rilon.policy.evaluate import evaluate
from rilon.policy.network import Network
from rilon.policy.question import Question, Related, RelatedKind, Standing
from rilon.wire.messages import read_message
from rilon.wire.shapes import NotInShape

SERVER = "explain.invalid"
_ANSWERED = "$answered"


@dataclass(frozen=True, slots=True)
class Answered:
    """What the text answers: content of that officer in this room, with a written marking. In a
    room of bulletins: a bulletin that the officer answers for, in whose thread the text is."""

    officer: Officer
    marking: WrittenMarking | None


@dataclass(frozen=True, slots=True)
class Simulated:
    """The act that the text is, and the verdict on it."""

    act: Act = field(repr=False)
    verdict: Verdict


def simulate(
    text: str,
    officer: Officer,
    room: Room,
    network: Network,
    now: datetime,
    answered: Answered | None = None,
) -> Simulated:
    """Decodes and decides. The officer is taken for admitted, joined and on a signed device."""
    in_thread = room.kind is RoomKind.BULLETINS
    kind = RelationKind.THREAD if in_thread else RelationKind.REPLY
    relation = None if answered is None else Relation(kind, _ANSWERED)
    content = {"msgtype": "m.text", "body": text}
    act: Act
    try:
        act = read_message(content, relation, network.vocabulary, now.date())
    except NotInShape as broken:
        act = broken.act()
    question = Question(
        act=act,
        room=room,
        standing=Standing(officer, admitted=True, device_signed=True, in_room=True),
        sender_id=_user_id(officer.name),
        related={} if answered is None else {_ANSWERED: _related(answered, room, network, now)},
        now=now,
    )
    return Simulated(act, evaluate(question, network))


def _related(answered: Answered, room: Room, network: Network, now: datetime) -> Related:
    marking = take_effect(answered.marking, room.default, room.ceiling, answered.officer.party)
    posted = room.kind is RoomKind.BULLETINS
    sender = _user_id(network.steward if posted else answered.officer.name)
    return Related(_ANSWERED, sender, marking, RelatedKind.CONTENT, now)


def _user_id(name: str) -> str:
    return f"@{name}:{SERVER}"
