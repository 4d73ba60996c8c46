"""Rules on who sends: admitted, within term, in the room, on a signed device (rule 2)."""

from __future__ import annotations

from datetime import date

from rilon.domain.acts import Post, RelationKind
from rilon.domain.officers import Officer, Role
from rilon.domain.rooms import Room, RoomKind
from rilon.domain.verdicts import Code, Refuse, refuse
from rilon.policy.marking_rules import short_name
from rilon.policy.network import Network
from rilon.policy.question import Question, RelatedKind


def sender_of(question: Question) -> Officer:
    """The officer who sends. Without one, only the rule on admission has an answer."""
    if question.standing.officer is None:
        raise ValueError("a rule on an officer was asked without one")
    return question.standing.officer


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
    officer, room, day = sender_of(question), question.room, question.today
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
    if sender_of(question).name in network.members(question.room.key):
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


def only_reads(room: Room, roles: frozenset[Role]) -> bool:
    """Whether whoever has these roles, and no others, posts nothing at all in this room."""
    if room.kind is RoomKind.BULLETINS:
        return roles <= {Role.AUDITOR}
    return bool(room.posters) and room.posters.isdisjoint(roles)


def may_post(question: Question, network: Network) -> Refuse | None:
    """The sender has a role that posts in this room.

    Where bulletins stand nobody posts: they come by the steward, approved by another. Who reads
    one may ask in its thread, and be answered there.
    ATTACK: an analyst's own message, in a room where readers take all for approved.
    """
    room, named = question.room, short_name(question.room)
    if only_reads(room, sender_of(question).roles):
        return refuse(Code.READ_ONLY, "rule2.posters", room=named)
    if room.kind is RoomKind.BULLETINS and not _is_under_a_bulletin(question, network):
        return refuse(Code.READ_ONLY, "rule2.posters", room=named, bulletins=named)
    return None


def _is_under_a_bulletin(question: Question, network: Network) -> bool:
    """Whether the post is in the thread of content that the steward posted, or edits one's own."""
    relation = question.act.relation if isinstance(question.act, Post) else None
    related = None if relation is None else question.related.get(relation.target)
    if relation is None or related is None or related.kind is not RelatedKind.CONTENT:
        return False
    if relation.kind is RelationKind.EDIT:
        # Where it stands was judged when it was first posted; an edit stays there.
        return related.sender == question.sender_id
    steward = f"@{network.steward}:{question.sender_id.partition(':')[2]}"
    return relation.kind is RelationKind.THREAD and related.sender == steward
