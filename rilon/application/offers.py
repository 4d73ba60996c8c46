"""What the refusal of a message offers its sender, so that one tap mends it.

Each way of sending the text is judged here as the post that it would be; what would be refused
isn't offered. What asking for a release comes to is `rilon.application.release`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from rilon.application.choices import SEND_SIGNS, Choice, ChoiceKind
from rilon.application.held import HeldText, Offer
from rilon.domain import marking_text
from rilon.domain.acts import Post, Relation, RelationKind, Unclear
from rilon.domain.markings import (
    Marking,
    PersonalData,
    Tlp,
    WrittenMarking,
    join_all,
    take_effect,
)
from rilon.domain.officers import Officer
from rilon.domain.parties import Parties
from rilon.domain.quoted_markings import read_quoted
from rilon.domain.rooms import Room
from rilon.domain.verdicts import Accept, Code, Refuse, Verdict
from rilon.policy.evaluate import evaluate
from rilon.policy.marking_rules import as_written
from rilon.policy.network import Network
from rilon.policy.on_demand import compartment_of, fitting_compartment, standing, with_rooms
from rilon.policy.question import Question, Related, RelatedKind

MOST_HELD = 16_000
"""Bytes of the longest text that is held. What the steward posts says it twice, encrypted."""
MOST_LINES = 200
"""Lines of the longest text that is held. ATTACK: each line is read, some more than once, while
the room waits for its verdict."""


def offer_of(refused: Refuse, question: Question, network: Network) -> Offer | None:
    """What the refusal of that question offers, `None` where one tap can't mend it.

    Each way of sending is judged as the post that it would be: what would be refused isn't
    offered. An edit isn't: nobody changes an officer's words in the officer's name. Nor is what
    comes with a file: its bytes are not held.
    """
    act, officer = question.act, question.standing.officer
    if refused.code is Code.REQUEST_NOT_FOR_ALL:
        return _draft_of(question, network)
    if refused.code not in _MENDED or not isinstance(act, Post) or officer is None:
        return None
    held = held_of(question, network)
    if held is None:
        return None
    placed = (
        choice
        for marking in _markings(refused, act, officer, question, network)
        for choice in _ways(marking, held, officer, question, network)
    )
    sends = tuple(dict.fromkeys(placed))[: len(SEND_SIGNS)]
    return Offer((*sends, Choice(ChoiceKind.DISCARD)), held) if sends else None


def held_of(question: Question, network: Network) -> HeldText | None:
    """What would be kept of the post, `None` if nothing of it may be."""
    act = question.act
    if not isinstance(act, Post) or act.files:
        return None
    if act.relation is not None and act.relation.kind is RelationKind.EDIT:
        return None
    if len(act.body.encode()) > MOST_HELD or len(act.body.splitlines()) > MOST_LINES:
        return None
    text = marking_text.without_marking(act.body, network.vocabulary, question.today)
    return None if text is None else HeldText(text, act.relation, _carried(question, act))


def _draft_of(question: Question, network: Network) -> Offer | None:
    """A request that isn't for the room where it was typed: its draft, marking included, is taken
    to the direct room. Until then it can be thrown away. A file isn't held, and is left out."""
    act = question.act
    if not isinstance(act, Post) or len(act.body.encode()) > MOST_HELD:
        return None
    if act.relation is not None and act.relation.kind is RelationKind.EDIT:
        return None
    carried = _carried(question, act)
    if carried is None:
        return Offer((Choice(ChoiceKind.DISCARD),), HeldText(act.body))
    # ATTACK: `!rfi` as a reply, to ask on what was marked strictly under a marking of its own.
    text = marking_text.without_marking(act.body, network.vocabulary, question.today)
    if text is None or isinstance(act.marking, Unclear):
        return None
    answered = as_written(carried)
    written = answered if act.marking is None else act.marking.join(answered)
    body = f"{marking_text.write(written)} {text}"
    return Offer((Choice(ChoiceKind.DISCARD),), HeldText(body))


def _carried(question: Question, post: Post) -> Marking | None:
    if post.relation is None:
        return None
    found = [question.related[event] for event in sorted(post.relation.events)]
    markings = [one.marking for one in found if one.marking is not None]
    return join_all(*markings) if markings else None


_MARKED_RIGHT = frozenset(
    {
        Code.REL_EXCLUDES_ROOM,
        Code.PROTECTED_FROM_PARTY,
        Code.RED_NOT_OPEN,
        Code.PERSONAL_DATA_BARRED,
    }
)
"""Refusals in which the marking may be right, and the room is the wrong one."""


_MENDED = _MARKED_RIGHT | {
    Code.MARKING_UNCLEAR,
    Code.MARKING_TOO_WIDE,
    Code.DECLARATION_NEEDED,
    Code.PERSONAL_DATA_FOUND,
}
"""Refusals that another room, or another marking, may mend."""


def _markings(
    refused: Refuse, post: Post, officer: Officer, question: Question, network: Network
) -> Iterator[WrittenMarking]:
    """The markings with which the text might be posted instead, the likeliest first."""
    room = question.room
    if refused.code is Code.MARKING_UNCLEAR:
        meant = _meant(post.body, question, network)
        if meant is not None:
            yield meant
        return
    if isinstance(post.marking, Unclear):
        return
    own = take_effect(post.marking, room.default, room.ceiling, officer.party)
    carried = _carried(question, post)
    effective = own if carried is None else own.join(carried)
    grade = post.marking.grade if post.marking else None
    whole = replace(as_written(effective), grade=grade)
    if refused.code in _MARKED_RIGHT:
        # In another room a REL that isn't written would mean that room's parties.
        yield replace(whole, rel=effective.rel)
    elif refused.code is Code.MARKING_TOO_WIDE:
        yield whole
    else:
        yield replace(whole, personal_data=PersonalData.PRESENT)
        if refused.code is Code.DECLARATION_NEEDED:
            yield replace(whole, personal_data=PersonalData.NONE)


def _meant(body: str, question: Question, network: Network) -> WrittenMarking | None:
    """What the lines mean together, each unclear one in its nearest valid form.

    ATTACK: `TLP:RED // a`, and on the next line `TLP:ORANGE // b`. The nearest form of one line
    alone would lower the other.
    """
    meant: WrittenMarking | None = None
    for line in body.splitlines():
        found = marking_text.read(line, network.vocabulary, question.today)
        if isinstance(found, Unclear):
            found = _read(found.nearest or "", question, network)
            if found is None:
                return None
        if found is not None:
            meant = found if meant is None else meant.join(found)
    return meant


def _ways(
    marking: WrittenMarking, held: HeldText, officer: Officer, question: Question, network: Network
) -> Iterator[Choice]:
    """A compartment of exactly the parties that the marking is for, where it would have to be
    opened; and the room that fits best of those that stand."""
    placed = _placed(marking, held, officer, question, network)
    opened = _opened(marking, held, officer, question, network)
    if opened is not None and (placed is None or placed.kind is ChoiceKind.SEND_TO):
        yield opened
    if placed is not None:
        yield placed


def _opened(
    marking: WrittenMarking, held: HeldText, officer: Officer, question: Question, network: Network
) -> Choice | None:
    """The text in a compartment that doesn't stand, judged as if it stood."""
    here = question.room
    if marking.rel is None or not reads_as(marking, held, question, network):
        return None
    wanted = (marking.rel | {officer.party}) - marking.protect
    room = fitting_compartment(network, here.group, wanted)
    if room is None or standing(network, room):
        return None
    if not goes_along(held.carried, officer, here, room):
        return None
    choice = Choice(ChoiceKind.SEND_TO, room.key, marking_text.write(marking))
    with_it = with_rooms(network, [compartment_of(here.group, wanted)])
    verdict = judge_choice(choice, marking, held, question, with_it)
    return choice if isinstance(verdict, Accept) else None


def _placed(
    marking: WrittenMarking, held: HeldText, officer: Officer, question: Question, network: Network
) -> Choice | None:
    """Where the text goes with that marking: the room itself, or the one that fits best."""
    written = marking_text.write(marking)
    if not reads_as(marking, held, question, network):
        return None
    here, elsewhere = question.room, network.exchange_rooms.get(officer.name, ())
    choices = [
        Choice(ChoiceKind.SEND_AS, here.key, written),
        *(
            Choice(ChoiceKind.SEND_TO, room.key, written)
            for room in sorted(elsewhere, key=lambda room: _distance(room, here, marking))
            if room.key != here.key and goes_along(held.carried, officer, here, room)
        ),
    ]
    for choice in choices:
        verdict = judge_choice(choice, marking, held, question, network)
        if isinstance(verdict, Accept):
            return choice
    return None


# --- judging it --------------------------------------------------------------------------------


def reads_as(marking: WrittenMarking, held: HeldText, question: Question, network: Network) -> bool:
    """What is posted is read like anything else: it must say what was chosen, and no more."""
    return _read(f"{marking_text.write(marking)} {held.text}", question, network) == marking


def _distance(room: Room, here: Room, marking: WrittenMarking) -> tuple[bool, bool]:
    """The room of exactly these parties comes first, then those of the same group; among equals
    the order stays, in which the widest is first."""
    return room.ceiling != marking.rel, room.group != here.group


def goes_along(
    carried: Marking | None, officer: Officer, here: Room, room: Room, to: Parties = frozenset()
) -> bool:
    """Whether words that answer another party's may leave their room without asking.

    The rules on sending on, for what is known of the words: whom they answer. AMBER stays
    within the room's parties; what is stricter, or has a caveat, isn't offered at all. What the
    parties `to` wrote may go back to them.
    """
    if carried is None or carried.originators <= {officer.party} | to:
        return True
    free = carried.tlp < Tlp.AMBER_STRICT and not carried.caveats
    return free and room.ceiling <= here.ceiling


def _read(text: str, question: Question, network: Network) -> WrittenMarking | None:
    found = marking_text.read(text, network.vocabulary, question.today)
    return found if isinstance(found, WrittenMarking) else None


def judge_choice(
    choice: Choice, marking: WrittenMarking, held: HeldText, asked: Question, network: Network
) -> Verdict:
    """The verdict on the post that a choice makes, as a post of that officer in that room.

    `asked` says who posts, when, and what stands in the choice's room of what the text answers.
    """
    room = network.rooms.get(choice.room)
    officer = asked.standing.officer
    if room is None or officer is None:
        return Refuse(Code.ROOM_NOT_GOVERNED, "own.held")
    relation, related = relation_in(choice, held), asked.related
    if relation is None and held.carried is not None:
        relation, related = answering_elsewhere(held.carried, asked)
    question = replace(
        asked,
        act=Post(
            held.text,
            marking,
            relation,
            quoted=read_quoted(held.text, network.vocabulary, asked.today),
        ),
        room=room,
        standing=replace(asked.standing, in_room=officer.name in network.members(room.key)),
        related=related,
    )
    return evaluate(question, network)


_ELSEWHERE = "elsewhere"


def answering_elsewhere(
    carried: Marking, asked: Question
) -> tuple[Relation, Mapping[str, Related]]:
    """What stands for the answered message in another room: it stays behind, its marking
    doesn't."""
    answered = Related(_ELSEWHERE, asked.sender_id, carried, RelatedKind.CONTENT, asked.now)
    return Relation(RelationKind.REPLY, _ELSEWHERE), {_ELSEWHERE: answered}


def relation_in(choice: Choice, held: HeldText) -> Relation | None:
    """What the text answers in the room where it is posted."""
    return held.relation if choice.kind in _HERE else None


_HERE = frozenset(
    {
        ChoiceKind.SEND_AS,
        ChoiceKind.RELEASE_HERE,
        ChoiceKind.ASK_RELEASE,
        ChoiceKind.RELEASED,
    }
)
"""Choices that post where the text was meant to go."""
