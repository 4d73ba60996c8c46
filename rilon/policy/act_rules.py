"""Rules on what is done, and to what: kinds of acts, relations, memberships and state (rule 1).

In which order rules speak is `rilon.policy.evaluate`; who may do it, `rilon.policy.sender_rules`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from rilon.domain.acts import (
    Act,
    Membership,
    Post,
    Reaction,
    Redaction,
    RelationKind,
    State,
    Undecodable,
    Verification,
)
from rilon.domain.rooms import RoomKind
from rilon.domain.verdicts import Code, Refuse, refuse
from rilon.policy.marking_rules import short_name
from rilon.policy.network import Network
from rilon.policy.question import Question, RelatedKind
from rilon.policy.sender_rules import sender_of

_GOVERNING = frozenset({Membership, State, Undecodable})
_TALKING = _GOVERNING | {Post, Reaction, Redaction}
ALLOWED: Mapping[RoomKind, frozenset[type]] = {
    RoomKind.SPACE: _GOVERNING,
    RoomKind.FLOOR: _TALKING,
    RoomKind.DESK: _TALKING,
    RoomKind.COMPARTMENT: _TALKING,
    RoomKind.BULLETINS: _TALKING,
    RoomKind.COORDINATION: _TALKING,
    RoomKind.ANALYSIS: _TALKING,
    RoomKind.DIRECT: _TALKING | {Verification},
    RoomKind.PAIR: _TALKING | {Verification},
}
"""The acts that each kind of room knows. What isn't here is refused."""


A = TypeVar("A", bound=Act)


def only(kind: type[A], question: Question) -> A:
    """The act, of the one kind that the rule is for; another is an error, and so a refusal."""
    if not isinstance(question.act, kind):
        raise TypeError("a rule was asked about another kind of act")
    return question.act


def governed(question: Question, network: Network) -> Refuse | None:
    """The room is one of the network's, exactly as policy has it."""
    known = network.rooms.get(question.room.key)
    if known is question.room or known == question.room:
        return None
    return refuse(Code.ROOM_NOT_GOVERNED, "rule1.room")


def type_allowed(question: Question, network: Network) -> Refuse | None:
    """The act is on the allow-list of the room's kind."""
    if type(question.act) in ALLOWED.get(question.room.kind, frozenset()):
        return None
    return refuse(Code.TYPE_NOT_ALLOWED, "rule1.type", room=short_name(question.room))


def decodable(question: Question, network: Network) -> Refuse | None:
    """What couldn't be decoded is refused for the reason that the decoder gave."""
    act = question.act
    if not isinstance(act, Undecodable):
        return None
    named = {**dict(act.parameters), "room": short_name(question.room)}
    return refuse(act.code, "rule1.shape", **named, **({"where": act.where} if act.where else {}))


def relations_known(question: Question, network: Network) -> Refuse | None:
    """Whatever a post answers or edits was delivered in this room, and carries a marking."""
    act = only(Post, question)
    if act.relation is None:
        return None
    for event_id in act.relation.events:
        related = question.related.get(event_id)
        if related is None or related.event_id != event_id:
            return _unknown_relation(question)
        if related.kind is RelatedKind.CONTENT and related.marking is not None:
            continue
        if related.kind is not RelatedKind.STEWARD:
            return _unknown_relation(question)
    return None


def edits_own(question: Question, network: Network) -> Refuse | None:
    """An edit changes the sender's own post. The homeserver accepts edits of anybody's."""
    act = only(Post, question)
    if act.relation is None:
        return None
    if act.relation.kind is not RelationKind.EDIT:
        return None
    edited = question.related[act.relation.target]
    if edited.recalled:
        # ATTACK: what was recalled, said again as its edit.
        return _unknown_relation(question)
    if edited.sender == question.sender_id and edited.kind is RelatedKind.CONTENT:
        return None
    return refuse(Code.NOT_YOUR_EVENT, "rule1.own", room=short_name(question.room))


def mentions_known(question: Question, network: Network) -> Refuse | None:
    """Mentions name officers, the steward, or whom the post answers: they carry no text."""
    act = only(Post, question)
    if not act.mentions:
        return None
    server = question.sender_id.partition(":")[2]
    answered = {related.sender for related in question.related.values()}
    for person in act.mentions:
        name, _, at = person.removeprefix("@").partition(":")
        officer = name in network.officers or name == network.steward
        if not (officer and at == server and person[:1] == "@") and person not in answered:
            return _shape(question, "rule1.mentions", "content.m.mentions")
    return None


def reacts_to_known(question: Question, network: Network) -> Refuse | None:
    """A reaction is on a post of this room."""
    act = only(Reaction, question)
    related = question.related.get(act.target)
    if related and related.kind in (RelatedKind.CONTENT, RelatedKind.STEWARD):
        return None
    return _unknown_relation(question)


def redacts_own(question: Question, network: Network) -> Refuse | None:
    """A redaction removes the sender's own post or reaction, and not an old one.

    ATTACK: removing evidence. State is never redacted; nobody redacts for others.
    """
    act = only(Redaction, question)
    room = short_name(question.room)
    related = question.related.get(act.target)
    if related is None:
        return _unknown_relation(question)
    if related.sender != question.sender_id:
        return refuse(Code.NOT_YOUR_EVENT, "rule1.own", room=room)
    if related.kind not in (RelatedKind.CONTENT, RelatedKind.REACTION):
        return refuse(Code.STEWARD_ONLY, "rule1.redaction", room=room)
    if question.now - related.sent_at > network.redact_within:
        return refuse(Code.TOO_LATE, "rule1.age", room=room)
    return None


def _unknown_relation(question: Question) -> Refuse:
    return refuse(Code.RELATION_UNKNOWN, "rule1.relation", room=short_name(question.room))


def leaves_silently(question: Question) -> bool:
    """Somebody leaves, silently. That never waits for anything else to be right."""
    act = question.act
    return (
        isinstance(act, Membership)
        and act.membership == "leave"
        and act.person == question.sender_id
        and not (act.has_reason or act.avatar or act.display_name or act.other_keys)
    )


def no_reason(question: Question, network: Network) -> Refuse | None:
    """Reasons are text that nobody judges."""
    act = question.act
    if isinstance(act, Membership) and act.has_reason:
        return refuse(Code.REASON_NOT_ALLOWED, "rule1.reason", room=short_name(question.room))
    return None


def only_own_join(question: Question, network: Network) -> Refuse | None:
    """Of memberships, officers only join themselves; the rest is the steward's."""
    act = question.act
    if isinstance(act, Membership):
        own = act.person == question.sender_id
        if own and act.membership in ("join", "leave"):
            return None
    return refuse(Code.STEWARD_ONLY, "rule1.steward", room=short_name(question.room))


def plain_profile(question: Question, network: Network) -> Refuse | None:
    """A membership shows the roster's name and nothing else that could carry text."""
    act, officer = only(Membership, question), sender_of(question)
    if act.display_name and act.display_name != officer.display_name:
        where = "content.displayname"
    elif act.avatar:
        where = "content.avatar_url"
    elif act.other_keys:
        where = f"content.{min(act.other_keys)[:40]}"
    else:
        return None
    return _shape(question, "rule1.profile", where)


def _shape(question: Question, rule: str, where: str) -> Refuse:
    room = short_name(question.room)
    return refuse(Code.SHAPE_NOT_ALLOWED, rule, room=room, where=where)
