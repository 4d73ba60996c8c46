"""Posting: what the steward posts in an officer's name is as a post, and its verdict.

It is the same decision as on any message (`rilon.policy.evaluate`); its sender needn't be able to
post there, since others had to agree, and what it cites is weighed as if it were quoted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from rilon.application.bulletin_values import Posting, Purpose
from rilon.application.cited import Found
from rilon.application.request_files import target
from rilon.bulletins.commands import read_bulletin_order
from rilon.bulletins.sources import Citation, SourceKind
from rilon.bulletins.typed import is_typed
from rilon.domain import marking_text
from rilon.domain.acts import Act, Post, Relation, RelationKind
from rilon.domain.markings import Marking, WrittenMarking, take_effect
from rilon.domain.officers import Role
from rilon.domain.quoted_markings import read_quoted
from rilon.domain.rooms import Room, RoomKind
from rilon.domain.verdicts import Code, Refuse, Verdict
from rilon.policy.evaluate import judge_shown
from rilon.policy.network import Network
from rilon.policy.question import Question, Source
from rilon.policy.releasability import as_quoted

_GONE = Refuse(Code.TOO_LATE, "own.posting")
_NOT_APPROVED = Refuse(Code.READ_ONLY, "own.approved")
_ELSEWHERE = Refuse(Code.NOT_IN_ROOM, "own.posting")
_OTHER_BYTES = Refuse(Code.FILE_NOT_AS_SAID, "own.file")
_SOURCE_GONE = Refuse(Code.SOURCE_RESTRICTED, "own.cited")


def post_of(one: Posting, network: Network, today: date) -> Post | Refuse:
    """The post that it makes, or why it makes none.

    INVARIANT: read like anybody's message, it carries the marking that was stated, and no other.
    """
    if one.text is None or (one.picture is not None and one.file is None):
        return _GONE
    stated = marking_text.read(one.marking, network.vocabulary, today)
    if not isinstance(stated, WrittenMarking):
        # A day has passed, or the vocabulary has changed.
        return Refuse(Code.MARKING_UNCLEAR, "own.posting")
    if marking_text.read(one.text.plain, network.vocabulary, today) != stated:
        return Refuse(Code.MARKING_UNCLEAR, "own.posting")
    quoted = read_quoted(one.text.plain, network.vocabulary, today)
    files = () if one.file is None else (one.file,)
    return Post(one.text.plain, stated, relation_of(one), files=files, quoted=quoted)


def relation_of(one: Posting) -> Relation | None:
    """What it is an edit of, or the thread in which it stands."""
    if one.replaces is not None:
        return Relation(RelationKind.EDIT, one.replaces)
    return None if one.root is None else Relation(RelationKind.THREAD, one.root)


def relations(one: Posting) -> tuple[tuple[str, str], ...]:
    """What whoever takes it back has to know: whose it is, what it relates to, its file."""
    relation = relation_of(one)
    related = () if relation is None else ((relation.kind.value, relation.target),)
    file = () if one.file is None else (("file", target(one.file)),)
    said_in = tuple(("from", event) for event in one.said_in)
    return (("by", one.sender), *related, *file, *said_in)


def without_drafts(asked: Question, drafts: frozenset[bytes]) -> tuple[Source, ...]:
    """What a bulletin's passages come from, but for drafts of bulletins under no stricter marking.

    A draft that shares a sentence with what rests on others' words carries their names whole, and
    stands in a room of the RSO alone: its own new words could go nowhere. What others wrote in it
    has sources of its own, and these are looked at.
    """
    post, ceiling = asked.act, asked.room.ceiling
    if not isinstance(post, Post) or not isinstance(post.marking, WrittenMarking):
        return asked.sources
    officer = asked.standing.officer
    if officer is None:
        return asked.sources
    own = take_effect(post.marking, asked.room.default, ceiling, officer.party)
    return tuple(
        each
        for each in asked.sources
        if each.identity not in drafts or not own.covers(_as_of_all(each.marking, own))
    )


def _as_of_all(marking: Marking, own: Marking) -> Marking:
    """A marking but for whom it names: a draft's REL is its room's."""
    return replace(
        marking,
        rel=own.rel,
        originators=own.originators,
        explicit_rel=own.explicit_rel,
        unnamed=own.unnamed,
        personal_data=marking.personal_data if marking.has_personal_data else own.personal_data,
    )


def writes_bulletin(act: Act, room: Room) -> bool:
    """Whether it is a text in the analysts' room that becomes a draft, or is added to one."""
    if not isinstance(act, Post) or room.kind is not RoomKind.ANALYSIS:
        return False
    behind = act.body.partition(marking_text.END)[2]
    orders = any(map(read_bulletin_order, (act.body, behind)))
    return orders or is_typed(act.body)


def judge(
    one: Posting, asked: Question, found: Mapping[Citation, Found], network: Network
) -> Verdict:
    """The verdict on what arrives in the room of the question. `found` is what it cites, as far as
    its officer may cite it now."""
    officer, room = asked.standing.officer, asked.room
    if officer is None:
        return Refuse(Code.NOT_ADMITTED, "own.posting")
    if room.kind is not one.purpose.room:
        return _ELSEWHERE
    if one.purpose is Purpose.REPORT and not one.stands:
        return _SOURCE_GONE
    if one.purpose is not Purpose.REPORT and not _may_answer_for(one, officer.roles, room):
        return _NOT_APPROVED
    if one.purpose is not Purpose.REPORT and officer.name not in network.members(room.key):
        return _ELSEWHERE
    cited = [each for each in one.cited if each.kind is not SourceKind.PUBLIC]
    if one.purpose is Purpose.BULLETIN and any(
        each not in found or found[each].gone for each in cited
    ):
        # ATTACK: what was taken back between the approval and now, or moved out of sight.
        return _SOURCE_GONE
    facts = asked.files or ()
    if one.file is not None and facts and facts[0].digest != one.file_digest:
        return _OTHER_BYTES
    sources = as_quoted(source for each in found.values() for source in each.sources)
    if one.purpose is not Purpose.BULLETIN:
        sources = ()
    return judge_shown(replace(asked, sources=(*asked.sources, *sources)), network)


def _may_answer_for(one: Posting, roles: frozenset[Role], room: Room) -> bool:
    """INVARIANT: no bulletin without an analyst who approved it, and another who wrote it; and
    none by whom policy doesn't let answer for what appears in the room."""
    if room.posters and room.posters.isdisjoint(roles):
        return False
    return Role.ANALYST in roles and (one.stands or one.purpose is not Purpose.BULLETIN)
