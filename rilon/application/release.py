"""Release: whom a refused text would have to be asked for, and what their consent comes to.

It decides what a card offers, whether a text may be shown to an originator's desk, and whether
a post is covered by the consents that were given. What happens then is
`rilon.application.release_steps`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date

from rilon.application.choices import (
    Choice,
    ChoiceKind,
    HeldText,
    Offer,
    goes_along,
    held_of,
    judge_choice,
    reads_as,
)
from rilon.application.ports import Consent
from rilon.domain import marking_text
from rilon.domain.acts import Post, Relation, RelationKind
from rilon.domain.markings import Marking, Tlp, WrittenMarking, join_all, take_effect
from rilon.domain.officers import Officer
from rilon.domain.parties import Parties, Party, in_order
from rilon.domain.rooms import Room
from rilon.domain.verdicts import Accept, Code, Refuse, Verdict
from rilon.policy.evaluate import judge_shown
from rilon.policy.marking_rules import as_written
from rilon.policy.network import Network
from rilon.policy.question import Question, Related, RelatedKind, Source
from rilon.policy.release import Grant, asked_about, is_over, may_release, widened
from rilon.policy.source_alarms import desk_of
from rilon.policy.source_rules import Weighed, weigh

HIDDEN = "?"
"""Stands for a party whose name the sender mustn't learn."""
_RELEASABLE = frozenset({Code.ONWARD_NOT_ALLOWED, Code.SOURCE_RESTRICTED})


@dataclass(frozen=True, slots=True)
class Asking:
    """A release as it would be asked for now.

    `marking` is the one to post with, `fits` whether the post would be let in with it once all
    consent. `consents` is what each party is asked, the sender's own with what its tap gives.
    `unfit` are parties in whose desk the text may not be shown.
    """

    marking: WrittenMarking
    fits: bool
    consents: tuple[Consent, ...]
    unfit: Parties = frozenset()

    @property
    def asked(self) -> tuple[Consent, ...]:
        """The other parties."""
        return tuple(one for one in self.consents if one.desk is not None)


# --- what is offered ---------------------------------------------------------------------------


def release_offer(
    refused: Refuse, question: Question, network: Network
) -> tuple[Offer | None, tuple[str, ...]]:
    """What the refusal offers of release; and the parties that can't be asked since other parts
    of the text may not be in their desks.

    INVARIANT: only sources that were delivered to the sender's party are in the question, so
    that nobody learns from an offer what they never had.
    """
    act, officer = question.act, question.standing.officer
    if refused.code not in _RELEASABLE or not isinstance(act, Post) or officer is None:
        return None, ()
    held = held_of(question, network)
    written = act.marking if isinstance(act.marking, WrittenMarking) else None
    asking = None if held is None else asking_of(held, written, question, network)
    if held is None or asking is None:
        return None, ()
    if asking.unfit:
        return None, _named(asking.unfit, asking.consents)
    kind = ChoiceKind.ASK_RELEASE if asking.asked else ChoiceKind.RELEASE_HERE
    if kind is ChoiceKind.RELEASE_HERE and not asking.fits:
        return None, ()
    choice = Choice(
        kind,
        question.room.key,
        marking_text.write(asking.marking),
        marking_text.write(written) if written else "",
        ",".join(_named((one.party for one in asking.asked), asking.consents)),
    )
    return Offer((choice, Choice(ChoiceKind.DISCARD)), held), ()


def _named(some: Iterable[Party], consents: Collection[Consent]) -> tuple[str, ...]:
    """The parties as their names may be said to the sender."""
    hidden = {one.party for one in consents if one.hidden}
    parties = frozenset(some)
    return (*in_order(parties - hidden), *([HIDDEN] if parties & hidden else []))


def asking_of(
    held: HeldText, written: WrittenMarking | None, question: Question, network: Network
) -> Asking | None:
    """What asking for release comes to on the sources as they are; `None` if nothing stands in
    the way that consent lifts. `written` is what the sender wrote; `question.room` the room."""
    officer, day = question.standing.officer, question.today
    if officer is None:
        return None
    question = replace(question, act=Post(held.text, written), grants=())
    weighed = weigh(question, officer, day)
    if not weighed.blocking or any(is_over(one.marking, day) for one in weighed.blocking):
        return None
    marking, fits = _proposed(held, written, weighed, question, officer, network)
    own = _own_consent(weighed.blocking, officer, marking, question.sender_id)
    consents = [own] if own else []
    unfit: set[Party] = set()
    needed = frozenset[Party]().union(
        *(asked_about(one.marking, officer.party) for one in weighed.blocking)
    )
    for party in in_order(needed):
        consent = _asked_of(party, weighed.blocking, held, marking, question, network)
        consents.append(consent)
        if consent.desk is None:
            unfit.add(party)
    return Asking(marking, fits, tuple(consents), frozenset(unfit))


def _own_consent(
    blocking: Collection[Source], officer: Officer, marking: WrittenMarking, sender: str
) -> Consent | None:
    """By the tap a sender releases what the own party alone wrote."""
    own = [one for one in blocking if one.marking.originators == {officer.party}]
    if not own:
        return None
    return Consent(
        officer.party,
        tuple((one.identity, one.marking) for one in own),
        state="granted",
        marking=marking_text.write(marking),
        by=sender,
    )


def _proposed(
    held: HeldText,
    written: WrittenMarking | None,
    weighed: Weighed,
    question: Question,
    officer: Officer,
    network: Network,
) -> tuple[WrittenMarking, bool]:
    """The marking with nothing changed but that the room's parties may have it, and whether it
    fits there. What is one's own, and RED where no RED may be, takes the label of the post."""
    room = question.room
    own = take_effect(written, room.default, room.ceiling, officer.party)
    sources = (widened(one.marking, room) for one in weighed.blocking)
    whole = join_all(own, *sources, *weighed.carried, *_known(held.carried))
    candidates = [whole]
    alone = all(one.marking.originators == {officer.party} for one in weighed.blocking)
    if alone and whole.tlp is Tlp.RED and not room.opens_to_red:
        candidates.append(replace(whole, tlp=own.tlp))
    for effective in candidates:
        marking = replace(as_written(effective), grade=written.grade if written else None)
        if _would_fit(marking, held, weighed.blocking, question, officer, network):
            return marking, True
    return replace(as_written(whole), grade=written.grade if written else None), False


def _would_fit(
    marking: WrittenMarking,
    held: HeldText,
    blocking: Collection[Source],
    question: Question,
    officer: Officer,
    network: Network,
) -> bool:
    """Whether the post would be let in if everyone consented under this marking."""
    everyone = frozenset({officer.party}).union(*(one.marking.originators for one in blocking))
    sources = frozenset((one.identity, one.marking) for one in blocking)
    passages = frozenset[int]().union(*(one.passages for one in blocking))
    room = question.room
    grants = tuple(
        Grant(
            party,
            room.key,
            sources,
            passages,
            take_effect(marking, room.default, room.ceiling, party),
        )
        for party in everyone
    )
    verdict = judge_released(marking, held, replace(question, grants=grants), network)
    return isinstance(verdict, Accept)


def _known(marking: Marking | None) -> tuple[Marking, ...]:
    return () if marking is None else (marking,)


# --- showing it to an originator ---------------------------------------------------------------

_ANSWERED = "elsewhere"


def _asked_of(
    party: Party,
    blocking: Collection[Source],
    held: HeldText,
    marking: WrittenMarking,
    question: Question,
    network: Network,
) -> Consent:
    """What that party is asked, and where; without a desk if the text may not be shown there."""
    concerned = [one for one in blocking if party in one.marking.originators]
    consent = Consent(
        party,
        tuple((one.identity, one.marking) for one in concerned),
        hidden=all(party in one.marking.unnamed for one in concerned),
    )
    desk = desk_of(party, concerned[0].room_key, network)
    officer = question.standing.officer
    if desk is None or officer is None:
        return consent
    shown = _shown_marking(party, desk, held, marking, question, officer)
    verdict = judge_showing(party, desk, shown, held, question, network)
    if not isinstance(verdict, Accept) or not reads_as(shown, held, question, network):
        return consent
    return replace(consent, desk=desk.key, shown_marking=marking_text.write(shown))


def _shown_marking(
    party: Party,
    desk: Room,
    held: HeldText,
    marking: WrittenMarking,
    question: Question,
    officer: Officer,
) -> WrittenMarking:
    """The marking with which it is shown: as restricted as all that is in it."""
    there = _in_desk(party, desk, None, held, question, officer)
    carried = weigh(there, officer, question.today).carried
    own = take_effect(marking, desk.default, desk.ceiling, officer.party)
    return as_written(join_all(own, *carried, *_known(held.carried)))


def judge_showing(
    party: Party,
    desk: Room,
    shown: WrittenMarking,
    held: HeldText,
    question: Question,
    network: Network,
) -> Verdict:
    """Whether the text may stand in the desk of that party, so that it can be asked.

    What the party itself wrote, alone or together with the sender's, may go back to it under
    any label and caveat; so may what it wrote with others, but for RED, where it may read it
    already. Never outside REL. All else is judged as sent on.
    """
    officer = question.standing.officer
    if officer is None or desk.ceiling != {party}:
        return Refuse(Code.ROOM_NOT_GOVERNED, "own.held")
    if not goes_along(held.carried, officer, question.room, desk, frozenset({party})):
        return Refuse(Code.ONWARD_NOT_ALLOWED, "own.held")
    return judge_shown(_in_desk(party, desk, shown, held, question, officer), network)


def _in_desk(
    party: Party,
    desk: Room,
    shown: WrittenMarking | None,
    held: HeldText,
    question: Question,
    officer: Officer,
) -> Question:
    returning = tuple(
        Grant(
            originator,
            desk.key,
            frozenset({(one.identity, one.marking)}),
            one.passages,
            one.marking,
        )
        for one in question.sources
        if _goes_back(one, party, officer)
        for originator in one.marking.originators
    )
    relation, related = None, {}
    if held.carried is not None:
        relation = Relation(RelationKind.REPLY, _ANSWERED)
        kind = RelatedKind.CONTENT
        answered = Related(_ANSWERED, question.sender_id, held.carried, kind, question.now)
        related = {_ANSWERED: answered}
    post = Post(held.text, shown, relation)
    return replace(question, act=post, room=desk, related=related, grants=returning)


def _goes_back(source: Source, party: Party, officer: Officer) -> bool:
    originators = source.marking.originators
    if originators <= {party, officer.party}:
        return True
    return party in originators and party in source.ceiling and source.marking.tlp < Tlp.RED


# --- what consent comes to ---------------------------------------------------------------------


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
        officer = network.officers.get(_name(one.by)) if one.by else None
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
    whole = join_all(first, *others, *weighed.carried, *own, *_known(held.carried))
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


def _name(user_id: str) -> str:
    return user_id[1:].partition(":")[0]
