"""Carrying: what the words of a request are as a post in the other side's room, and their verdict.

It is the same decision as on any message (`rilon.policy.evaluate`), with two differences: whose
words they are needn't be in that room, and what a party wrote may be quoted back to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date

from rilon.application.request_files import HIDDEN
from rilon.application.request_values import Words
from rilon.domain import marking_text
from rilon.domain.acts import Post, Relation, RelationKind, Unclear
from rilon.domain.markings import Marking, Tlp, WrittenMarking, take_effect
from rilon.domain.officers import Officer
from rilon.domain.parties import RSO, Parties, Party, in_order
from rilon.domain.quoted_markings import read_quoted
from rilon.domain.rooms import Room, RoomKind
from rilon.domain.verdicts import Accept, Code, Refuse, Verdict
from rilon.policy.evaluate import judge_shown
from rilon.policy.network import Network
from rilon.policy.question import Question, Related, RelatedKind, Source
from rilon.policy.release import Grant, may_release

OWN_ROOMS = frozenset({RoomKind.DESK, RoomKind.ANALYSIS, RoomKind.DIRECT})
"""Rooms to which words of a request are carried: each of one party alone."""

_GONE = Refuse(Code.TOO_LATE, "own.words")
_ELSEWHERE = Refuse(Code.NOT_IN_ROOM, "own.words")
_OTHER_BYTES = Refuse(Code.FILE_NOT_AS_SAID, "own.file")
_TELLS_WHO = Refuse(Code.FILE_NOT_ALLOWED, HIDDEN)
_NOT_FOR_ALL = Refuse(Code.SOURCE_RESTRICTED, "own.readers")


def post_of(words: Words, network: Network, today: date) -> Post | Refuse:
    """The post that the words make, or why they make none.

    INVARIANT: read like anybody's message, it carries the marking that was stated, and no other.
    """
    if words.text is None:
        return _GONE
    stated = marking_text.read(words.marking, network.vocabulary, today)
    if not isinstance(stated, WrittenMarking):
        # A day has passed, or the vocabulary has changed.
        return Refuse(Code.MARKING_UNCLEAR, "own.words")
    if marking_text.read(f"{words.marking} {words.text}", network.vocabulary, today) != stated:
        return Refuse(Code.MARKING_UNCLEAR, "own.words")
    quoted = read_quoted(words.text, network.vocabulary, today)
    relation = None if words.root is None else Relation(RelationKind.THREAD, words.root)
    files = () if words.file is None else (words.file.shown,)
    return Post(words.text, stated, relation, files=files, quoted=quoted)


def judge_carried(
    words: Words, asked: Question, network: Network, unsaid: frozenset[bytes] = frozenset()
) -> Verdict:
    """The verdict on words that arrive in the room of the question.

    `asked` has the post of `post_of`, whose words they are, what stands in the room, and what is
    known of the file. Of its sources `unsaid` are those in which nobody wrote REL.
    """
    verdict = _judged(words, asked, network, unsaid)
    if words.perhaps and _tells_who_asks(words, asked, network, unsaid):
        return _NOT_FOR_ALL
    return verdict


def _judged(words: Words, asked: Question, network: Network, unsaid: frozenset[bytes]) -> Verdict:
    officer, post, room = asked.standing.officer, asked.act, asked.room
    if officer is None or not isinstance(post, Post) or isinstance(post.marking, Unclear):
        return Refuse(Code.NOT_ADMITTED, "own.words")
    if not _is_the_other_side(words, officer, room):
        return _ELSEWHERE
    own = take_effect(post.marking, room.default, room.ceiling, officer.party)
    question = replace(
        asked,
        related=_as_written_there(asked.related, room.ceiling, own, officer.party),
        grants=_grants(words, officer, own, asked, network, unsaid),
    )
    verdict = judge_shown(question, network)
    if isinstance(verdict, Accept) and (unfit := _unfit_file(words, asked)) is not None:
        return unfit
    hidden = words.hidden and words.kind.to_desk
    if isinstance(verdict, Accept) and verdict.effective is not None and hidden:
        return replace(verdict, effective=unnamed(verdict.effective, officer, room.ceiling))
    return verdict


def _tells_who_asks(
    words: Words, asked: Question, network: Network, unsaid: frozenset[bytes]
) -> bool:
    """Whether the verdict depends on which of those who could be asking it is.

    ATTACK: words of a third party, or such as were written for one party and kept from another:
    if they go, it is that one. What was said in this request itself is whoever's it is.
    """
    post, ceiling = asked.act, asked.room.ceiling
    if not isinstance(post, Post) or not isinstance(post.marking, WrittenMarking):
        return False
    rel = (post.marking.rel or ceiling) - ceiling
    sources = tuple(one for one in asked.sources if not one.marking.unnamed & ceiling)
    outcomes = set()
    for party in in_order(words.perhaps):
        room = _own_room(party, asked.room.group, network)
        if room is None:
            return True
        marking = replace(post.marking, rel=rel | {party})
        act = replace(post, marking=marking, relation=None)
        perhaps = replace(asked, act=act, room=room, related={}, sources=sources)
        verdict = _judged(words, perhaps, network, unsaid)
        outcomes.add(verdict.code if isinstance(verdict, Refuse) else None)
    return len(outcomes) > 1


def _own_room(party: Party, group: str, network: Network) -> Room | None:
    """A room of that party alone, from which it could be asking in that group."""
    alone = [one for one in network.rooms.values() if one.ceiling == frozenset({party})]
    return next((one for one in alone if one.kind in OWN_ROOMS and one.group == group), None)


def _unfit_file(words: Words, asked: Question) -> Refuse | None:
    """A file that isn't, byte for byte, the one that was previewed; or that can tell who made it
    to those who mustn't learn it."""
    if words.file is None:
        return None
    facts = asked.files or ()
    if len(facts) != 1 or facts[0].digest != words.file.digest:
        return _OTHER_BYTES
    return _TELLS_WHO if words.hidden and not facts[0].plain else None


def unnamed(effective: Marking, officer: Officer, ceiling: Parties) -> Marking:
    """The marking of words whose party readers mustn't learn.

    ATTACK: a refusal of an answer that shows the REL which the answer needs.
    """
    return replace(
        effective,
        rel=effective.rel & (ceiling | {RSO}),
        unnamed=effective.unnamed | {officer.party},
    )


def _is_the_other_side(words: Words, officer: Officer, room: Room) -> bool:
    """INVARIANT: words of a request go to a room of one party alone, and from one side of it to
    the other: never to another addressee."""
    if room.kind not in OWN_ROOMS or len(room.ceiling) != 1 or officer.party in room.ceiling:
        return False
    here = room.ceiling if words.kind.to_desk else frozenset({officer.party})
    return here == {words.addressee}


def _as_written_there(
    related: Mapping[str, Related], ceiling: Parties, own: Marking, party: Party
) -> Mapping[str, Related]:
    """What stands there as it was meant. A REL that nobody wrote, but that is only a desk's
    default, narrows nothing that comes in from outside: readers of the words are told theirs. And
    a party that isn't named there is in no REL there, though the words are its own."""
    return {name: _as_meant(one, ceiling, own, party) for name, one in related.items()}


def _as_meant(one: Related, ceiling: Parties, own: Marking, party: Party) -> Related:
    marking = one.marking
    if one.kind is not RelatedKind.CONTENT or marking is None:
        return one
    rel = marking.rel
    if not marking.explicit_rel and marking.originators == ceiling:
        rel |= own.rel
    if party in marking.unnamed:
        rel |= {party}
    return replace(one, marking=replace(marking, rel=rel))


def _grants(
    words: Words,
    officer: Officer,
    own: Marking,
    asked: Question,
    network: Network,
    unsaid: frozenset[bytes],
) -> tuple[Grant, ...]:
    """What is consented to by asking and answering: a party's words may be quoted back to it; and
    who sends them, if entitled to release, releases what the own party wrote.

    INVARIANT: no tap lifts what an officer of the own party wrote to keep it: a REL without the
    reader, PROTECT, RED. Those who tap see the words and not where they come from.
    """
    lifted = [one for one in asked.sources if _may_lift(one, officer, own, asked.room, unsaid)]
    if not lifted:
        return ()
    today = asked.now.astimezone(UTC).date()
    granting = set(asked.room.ceiling)
    sent_by = network.officers.get(words.by or officer.name)
    if sent_by and may_release(network.releases, sent_by, officer.party, today):
        granting.add(officer.party)
    sources = frozenset((one.identity, one.marking) for one in lifted)
    passages = frozenset().union(*(one.passages for one in lifted))
    return tuple(Grant(party, asked.room.key, sources, passages, own) for party in sorted(granting))


def _may_lift(
    source: Source, officer: Officer, own: Marking, room: Room, unsaid: frozenset[bytes]
) -> bool:
    """ATTACK: an own message under the reader's card has both as its originators, so that the
    reader alone would release it."""
    marking = source.marking
    if officer.party not in marking.originators or room.ceiling <= source.ceiling:
        return True
    kept = marking.protect & room.ceiling or marking.tlp > max(own.tlp, Tlp.AMBER_STRICT)
    return not kept and (source.identity in unsaid or room.ceiling <= marking.rel)
