"""The decision: whether an act may enter a room (enforcement, The decision, rules 1 to 4).

Each rule is a small function with a stable id. The first that speaks refuses; only when none
does is the act accepted. Rules on markings are in `rilon.policy.marking_rules`. Reading
events, passages and releases are others' parts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date
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
from rilon.domain.officers import Officer
from rilon.domain.rooms import RoomKind
from rilon.domain.verdicts import Accept, Code, Refuse, Verdict, refuse
from rilon.policy.file_rules import judge_files
from rilon.policy.marking_rules import judge_marking, short_name
from rilon.policy.network import Network
from rilon.policy.question import Question, RelatedKind
from rilon.policy.requests_in_rooms import RULE as REQUEST_RULE
from rilon.policy.requests_in_rooms import asks_all_here

Rule = Callable[[Question, Network], Refuse | None]
"""A rule speaks by a refusal, and is silent by `None`."""

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


def evaluate(question: Question, network: Network) -> Verdict:
    """Accept with the effective marking, or refuse with the rule that spoke. Never raises.

    INVARIANT: nothing is accepted because a rule couldn't tell.
    """
    speaking = "rule1.type"
    try:
        act = question.act
        if _leaves(question):
            return Accept(rule="leave")
        rules = _STEWARD_RULES if question.standing.is_steward else _RULES.get(type(act))
        if not rules:
            return refuse(Code.TYPE_NOT_ALLOWED, speaking, room=short_name(question.room))
        for speaking, rule in rules:  # noqa: B007 - an error is charged to the rule that erred
            if spoken := rule(question, network):
                return spoken
        if question.standing.is_steward:
            return Accept(rule="steward")
        speaking = "rule3.reads"
        if isinstance(act, Post):
            marked = judge_marking(act, _sender(question), question, network, today(question))
            if isinstance(marked, Refuse):
                return marked
            speaking = "rule1.file"
            # Last, so that only a file which may enter otherwise is fetched and opened.
            return judge_files(act, question.files, network.files, question.room) or marked
    except Exception:  # noqa: BLE001 - a rule that errs is a refusal, whatever the error
        return refuse(Code.RULE_FAILED, speaking)
    return Accept()


def judge_sending(question: Question, network: Network) -> Refuse | None:
    """What the rules on the room and its sender alone say, before content and relations.

    Silence (`None`) is no acceptance. An error refuses.
    """
    speaking = "rule1.type"
    posts = isinstance(question.act, Post)
    try:
        for speaking, rule in (*_ROOM, *_SENDER, *(_POSTER if posts else ())):  # noqa: B007
            if spoken := rule(question, network):
                return spoken
    except Exception:  # noqa: BLE001 - a rule that errs is a refusal, whatever the error
        return refuse(Code.RULE_FAILED, speaking)
    return None


def judge_shown(question: Question, network: Network) -> Verdict:
    """The verdict on a text that its sender has shown, or carried, to a room of another party.

    All rules on a post hold but one: its sender needn't be in that room.
    """
    speaking = "rule1.type"
    try:
        for speaking, rule in (*_ROOM, *_SHOWING):  # noqa: B007
            if spoken := rule(question, network):
                return spoken
        speaking = "rule3.reads"
        act = _only(Post, question)
        if act.files:
            return refuse(Code.TYPE_NOT_ALLOWED, "rule1.file", room=short_name(question.room))
        return judge_marking(act, _sender(question), question, network, today(question))
    except Exception:  # noqa: BLE001 - a rule that errs is a refusal, whatever the error
        return refuse(Code.RULE_FAILED, speaking)


def today(question: Question) -> date:
    """The day of the question in UTC. A time without zone is an error."""
    if question.now.utcoffset() is None:
        raise ValueError("the question's time has no zone")
    return question.now.astimezone(UTC).date()


A = TypeVar("A", bound=Act)


def _only(kind: type[A], question: Question) -> A:
    """The act, of the one kind that the rule is for; another is an error, and so a refusal."""
    if not isinstance(question.act, kind):
        raise TypeError("a rule was asked about another kind of act")
    return question.act


def _sender(question: Question) -> Officer:
    """The officer who sends. Without one, only the rule on admission has an answer."""
    if question.standing.officer is None:
        raise ValueError("a rule on an officer was asked without one")
    return question.standing.officer


# --- rule 1: type and shape ------------------------------------------------------------------


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
    act = _only(Post, question)
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
    act = _only(Post, question)
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
    act = _only(Post, question)
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
    act = _only(Reaction, question)
    related = question.related.get(act.target)
    if related and related.kind in (RelatedKind.CONTENT, RelatedKind.STEWARD):
        return None
    return _unknown_relation(question)


def redacts_own(question: Question, network: Network) -> Refuse | None:
    """A redaction removes the sender's own post or reaction, and not an old one.

    ATTACK: removing evidence. State is never redacted; nobody redacts for others.
    """
    act = _only(Redaction, question)
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


# --- rule 1: membership and state ------------------------------------------------------------


def _leaves(question: Question) -> bool:
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
    act, officer = _only(Membership, question), _sender(question)
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


# --- rule 2: the sender ----------------------------------------------------------------------


def admitted(question: Question, network: Network) -> Refuse | None:
    """The sender is an admitted officer of the roster, under their own user id."""
    standing = question.standing
    officer = standing.officer
    if officer is not None and standing.admitted:
        own_id = question.sender_id.startswith(f"@{officer.name}:")
        known = network.officers.get(officer.name)
        if own_id and (known is officer or known == officer):
            return None
    return refuse(Code.NOT_ADMITTED, "rule2.admitted", room=short_name(question.room))


def within_term(question: Question, network: Network) -> Refuse | None:
    """Today is within the officer's term, and within the group's."""
    officer, room, day = _sender(question), question.room, today(question)
    if not officer.within_term(day):
        return _outside(question, day, officer.term_from, officer.term_until)
    group = network.groups[room.group] if room.group else None
    if group is not None and not group.within_term(day):
        return _outside(question, day, group.begins, group.ends)
    return None


def _outside(question: Question, day: date, begins: date | None, ends: date | None) -> Refuse:
    over = ends is not None and ends < day
    named = {"until": str(ends)} if over else {"since": str(begins)}
    return refuse(Code.OUTSIDE_TERM, "rule2.term", room=short_name(question.room), **named)


def belongs(question: Question, network: Network) -> Refuse | None:
    """Policy has the sender in this room."""
    if _sender(question).name in network.members(question.room.key):
        return None
    return refuse(Code.NOT_IN_ROOM, "rule2.in_room", room=short_name(question.room))


def in_room(question: Question, network: Network) -> Refuse | None:
    """The sender is joined to this room now."""
    if question.standing.in_room:
        return None
    return refuse(Code.NOT_IN_ROOM, "rule2.in_room", room=short_name(question.room))


def device_signed(question: Question, network: Network) -> Refuse | None:
    """The sender's device was signed by its owner."""
    if question.standing.device_signed:
        return None
    return refuse(Code.DEVICE_NOT_SIGNED, "rule2.device", room=short_name(question.room))


def may_post(question: Question, network: Network) -> Refuse | None:
    """The sender has a role that posts in this room."""
    posters = question.room.posters
    if not posters or not posters.isdisjoint(_sender(question).roles):
        return None
    return refuse(Code.READ_ONLY, "rule2.posters", room=short_name(question.room))


# --- the order in which rules speak ----------------------------------------------------------

_ROOM: tuple[tuple[str, Rule], ...] = (("rule1.room", governed), ("rule1.type", type_allowed))
_OFFICER: tuple[tuple[str, Rule], ...] = (
    ("rule2.admitted", admitted),
    ("rule2.term", within_term),
    ("rule2.in_room", belongs),
)
_SHOWING: tuple[tuple[str, Rule], ...] = (
    ("rule2.admitted", admitted),
    ("rule2.term", within_term),
    ("rule2.device", device_signed),
    ("rule1.relation", relations_known),
)
_SENDER: tuple[tuple[str, Rule], ...] = (
    *_OFFICER,
    ("rule2.in_room", in_room),
    ("rule2.device", device_signed),
)
_POSTER: tuple[tuple[str, Rule], ...] = (("rule2.posters", may_post),)
_RULES: Mapping[type, tuple[tuple[str, Rule], ...]] = {
    Post: (
        *_ROOM,
        *_SENDER,
        *_POSTER,
        ("rule1.relation", relations_known),
        ("rule1.own", edits_own),
        ("rule1.mentions", mentions_known),
        (REQUEST_RULE, asks_all_here),
    ),
    Reaction: (*_ROOM, *_SENDER, ("rule1.relation", reacts_to_known)),
    Redaction: (*_ROOM, *_SENDER, ("rule1.redaction", redacts_own)),
    Verification: (*_ROOM, *_SENDER),
    # A join is the steward's act in the officer's name, before any device has a room key.
    Membership: (
        *_ROOM,
        ("rule1.reason", no_reason),
        ("rule1.steward", only_own_join),
        *_OFFICER,
        ("rule1.profile", plain_profile),
    ),
    State: (*_ROOM, ("rule1.steward", only_own_join)),
    Undecodable: (("rule1.shape", decodable),),
}
_STEWARD_RULES: tuple[tuple[str, Rule], ...] = (
    ("rule1.shape", decodable),
    *_ROOM,
    ("rule1.reason", no_reason),
)
"""The steward's content was judged when its outbox row was written."""
