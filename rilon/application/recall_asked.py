"""What asks for content to be taken back or tightened: officers' words, removals, the clock.

Each becomes an effect, and is read from it again. Reading the words is
`rilon.domain.tightening`; carrying it out, `rilon.application.recall`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from rilon.application.content import Cause
from rilon.application.ports import NewEffect
from rilon.domain.acts import Act, Post, Redaction, RelationKind
from rilon.domain.marking_text import read, write
from rilon.domain.markings import WrittenMarking
from rilon.domain.tightening import read_withdrawing
from rilon.policy.network import Network
from rilon.wire.relations import WireRelation


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of an officer. `event_id` is the request's own, `target` the content's."""

    event_id: str
    target: str
    by: str
    cause: Cause
    stated: WrittenMarking | None = None


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
