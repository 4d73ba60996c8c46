"""What consent to a release comes to: the grants it is, the marking it gives, whether that fits.

Whom to ask is `rilon.application.release`; what becomes of the answers, `release_steps`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from rilon.application.choices import Choice, ChoiceKind
from rilon.application.held import Consent, HeldText
from rilon.application.offers import (
    judge_choice,
    reads_as,
)
from rilon.domain import marking_text
from rilon.domain.acts import Post
from rilon.domain.markings import Marking, WrittenMarking, join_all, take_effect
from rilon.domain.officers import name_of
from rilon.domain.rooms import Room
from rilon.domain.verdicts import Code, Refuse, Verdict
from rilon.policy.marking_rules import as_written
from rilon.policy.network import Network
from rilon.policy.question import Question
from rilon.policy.release import Grant, may_release
from rilon.policy.source_rules import weigh


def known(marking: Marking | None) -> tuple[Marking, ...]:
    """The marking that is joined in, if there is one."""
    """The marking that is joined in, if there is one."""
    return () if marking is None else (marking,)


def grants_of(
    consents: Iterable[Consent],
    room: Room,
    passages: frozenset[int],
    sender: str,
    network: Network,
    day: date,
) -> tuple[Grant, ...]:
    """The grants that these consents are, by the policy of now. `passages` are those of the text
    that is posted, and of nothing around it.

    INVARIANT: whoever consented is still admitted and entitled; for the sender's own party it is
    the sender.
    """
    found = []
    for one in consents:
        officer = network.officers.get(name_of(one.by)) if one.by else None
        if not one.is_given or officer is None:
            continue
        own = one.by == sender and officer.party == one.party
        if not own and not (
            one.admitted and may_release(network.releases, officer, one.party, day)
        ):
            continue
        grant = grant_of(one, room, passages, network, day)
        if grant is not None:
            found.append(grant)
    return tuple(found)


def grant_of(
    consent: Consent, room: Room, passages: frozenset[int], network: Network, day: date
) -> Grant | None:
    """What a consent covers, whoever gave it; `None` if its marking isn't one any more."""
    marking = marking_text.read(consent.marking or "", network.vocabulary, day)
    if not isinstance(marking, WrittenMarking):
        return None
    effective = take_effect(marking, room.default, room.ceiling, consent.party)
    if consent.unnamed:
        effective = replace(effective, unnamed=frozenset({consent.party}))
    return Grant(consent.party, room.key, frozenset(consent.sources), passages, effective)


def marking_of_release(
    held: HeldText, written: WrittenMarking | None, question: Question
) -> WrittenMarking:
    """The marking under which the text goes, given the question's grants: the join of theirs, of
    what else is in it, and of what the sender wrote."""
    officer, room = question.standing.officer, question.room
    if officer is None or not question.grants:
        raise ValueError("a release without a sender or without consent")
    weighed = weigh(replace(question, act=Post(held.text, written)), officer, question.today)
    own = (
        ()
        if written is None
        else (take_effect(written, room.default, room.ceiling, officer.party),)
    )
    first, *others = (one.marking for one in question.grants)
    whole = join_all(first, *others, *weighed.carried, *own, *known(held.carried))
    # A party that isn't to be named isn't named in REL either, unless it is in the room anyway.
    shown = replace(whole, rel=whole.rel - (whole.unnamed - room.ceiling))
    return replace(as_written(shown), grade=written.grade if written else None)


def judge_released(
    marking: WrittenMarking, held: HeldText, question: Question, network: Network
) -> Verdict:
    """The verdict on the post of a released text, with the question's grants. What it answers
    is looked at again when it is posted; here its marking stands for it."""
    if not reads_as(marking, held, question, network):
        return Refuse(Code.MARKING_UNCLEAR, "own.held")
    choice = Choice(ChoiceKind.RELEASED, question.room.key, marking_text.write(marking))
    apart = replace(question, related={})
    return judge_choice(choice, marking, replace(held, relation=None), apart, network)


def agreed_part(length: int, parts: Iterable[tuple[int, int] | None]) -> tuple[int, int] | None:
    """The part of a text that all parties released: where it begins and ends. `None` if the one
    isn't within the other: nobody released just what they have in common."""
    agreed = (0, length)
    for part in parts:
        if part is None:
            continue
        begin, end = part
        if agreed[0] <= begin and end <= agreed[1]:
            agreed = part
        elif not (begin <= agreed[0] and agreed[1] <= end):
            return None
    return agreed
