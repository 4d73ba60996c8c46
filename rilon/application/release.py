"""Release: whom a refused text would have to be asked for, and what each of them may be shown.

It decides what a card offers, and whether a text may stand in an originator's desk. What their
consent comes to is `rilon.application.consents`; what happens then, `release_steps`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from rilon.application.choices import Choice, ChoiceKind
from rilon.application.consents import judge_released, known
from rilon.application.held import Consent, HeldText, Offer
from rilon.application.offers import (
    answering_elsewhere,
    goes_along,
    held_of,
    reads_as,
)
from rilon.domain import marking_text
from rilon.domain.acts import Post, Relation
from rilon.domain.markings import Marking, Tlp, WrittenMarking, join_all, take_effect
from rilon.domain.officers import Officer
from rilon.domain.parties import Parties, Party, in_order
from rilon.domain.rooms import Room
from rilon.domain.verdicts import Accept, Code, Refuse, Verdict
from rilon.policy.evaluate import judge_shown
from rilon.policy.marking_rules import as_written
from rilon.policy.network import Network
from rilon.policy.question import Question, Related, Source
from rilon.policy.release import Grant, asked_about, is_over, widened
from rilon.policy.source_alarms import desk_of
from rilon.policy.source_rules import Weighed, weigh

HIDDEN = "?"
"""Stands for a party whose name the sender mustn't learn."""
NOBODY = Party("?")
"""Stands for the party that isn't named where others are judged: it has no room and no officer."""
_RELEASABLE = frozenset({Code.ONWARD_NOT_ALLOWED, Code.SOURCE_RESTRICTED})


@dataclass(frozen=True, slots=True)
class Asking:
    """A release as it would be asked for now.

    `marking` is the one to post with, `fits` whether the post would be let in with it once all
    consent. `consents` is what each party is asked, the sender's own with what its tap gives.
    `asks` are those who are asked, as they may be named to the sender. `unfit` are those in whose
    desk the text may not be shown, named likewise: if there are any, nobody can be asked.
    """

    marking: WrittenMarking
    fits: bool
    consents: tuple[Consent, ...]
    asks: tuple[str, ...] = ()
    unfit: tuple[str, ...] = ()

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
        return None, asking.unfit
    kind = ChoiceKind.ASK_RELEASE if asking.asked else ChoiceKind.RELEASE_HERE
    if kind is ChoiceKind.RELEASE_HERE and not asking.fits:
        return None, ()
    choice = Choice(
        kind,
        question.room.key,
        marking_text.write(asking.marking),
        marking_text.write(written) if written else "",
        ",".join(asking.asks),
    )
    return Offer((choice, Choice(ChoiceKind.DISCARD)), held), ()


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
    needed = frozenset[Party]().union(
        *(asked_about(one.marking, officer.party) for one in weighed.blocking)
    )
    asked = [
        _asked_of(party, weighed.blocking, held, marking, question, network)
        for party in in_order(needed)
    ]
    barred = frozenset(one.party for one in asked if one.desk is None)
    hidden = frozenset(one.party for one in asked if one.hidden)
    asks: tuple[str, ...] = tuple(in_order(needed))
    unfit: tuple[str, ...] = tuple(in_order(barred))
    if hidden:
        named = _named_in(weighed.blocking) & needed
        apart = _unfit_apart(named, weighed.blocking, held, marking, question, network)
        asks = (*in_order(named), HIDDEN)
        unfit = apart or ((HIDDEN,) if barred else ())
    return Asking(marking, fits, (*consents, *asked), asks, unfit)


# --- as if anybody were the one who isn't named -------------------------------------------------


def _named_in(blocking: Iterable[Source]) -> Parties:
    """Parties that are named as originators of one source at the least."""
    return frozenset[Party]().union(
        *(one.marking.originators - one.marking.unnamed for one in blocking)
    )


def _unfit_apart(
    named: Parties,
    blocking: Collection[Source],
    held: HeldText,
    marking: WrittenMarking,
    question: Question,
    network: Network,
) -> tuple[str, ...]:
    """In whose desk the text may not be shown, told without knowing who isn't named: it may be
    shown to that party only if it might be shown to whichever party it could be.

    ATTACK: the text is tried in one room after the other, or with one REL after the other; where
    the card reads otherwise, the room or the REL has the party that stayed unnamed.
    """
    officer = question.standing.officer
    own = frozenset({officer.party}) if officer else frozenset()

    def fits(party: Party, stands_for: Party) -> bool:
        sources = tuple(_with_unnamed(one, stands_for, own) for one in question.sources)
        there = [_with_unnamed(one, stands_for, own) for one in blocking]
        asked = replace(question, sources=sources)
        return _asked_of(party, there, held, marking, asked, network).desk is not None

    unfit = [party for party in in_order(named) if not fits(party, NOBODY)]
    could_be = frozenset(network.parties) - named - own
    anywhere = all(fits(party, party) for party in in_order(could_be))
    return (*unfit, *(() if anywhere else (HIDDEN,)))


def _with_unnamed(source: Source, party: Party, own: Parties) -> Source:
    """The source as it would be if that party were the one who isn't named. A sender knows what
    the own party released."""
    unnamed = source.marking.unnamed - own
    if not unnamed:
        return source
    originators = (source.marking.originators - unnamed) | {party}
    hidden = frozenset({party}) | (source.marking.unnamed & own)
    marking = replace(source.marking, originators=originators, unnamed=hidden)
    return replace(source, marking=marking)


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
    whole = join_all(own, *sources, *weighed.carried, *known(held.carried))
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


# --- showing it to an originator ---------------------------------------------------------------


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
        # Unnamed in one source, it isn't told apart from those who are named in another.
        hidden=any(party in one.marking.unnamed for one in concerned),
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
    return as_written(join_all(own, *carried, *known(held.carried)))


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
            _known_to_itself(one.marking, party),
        )
        for one in question.sources
        if _goes_back(one, party, officer)
        for originator in one.marking.originators
    )
    relation: Relation | None = None
    related: Mapping[str, Related] = {}
    if held.carried is not None:
        relation, related = answering_elsewhere(held.carried, question)
    post = Post(held.text, shown, relation)
    return replace(question, act=post, room=desk, related=related, grants=returning)


def _known_to_itself(marking: Marking, party: Party) -> Marking:
    """A party that isn't named is in no REL outside its rooms; its words are its own all the
    same."""
    if party not in marking.unnamed:
        return marking
    return replace(marking, rel=marking.rel | {party})


def _goes_back(source: Source, party: Party, officer: Officer) -> bool:
    originators = source.marking.originators
    if originators <= {party, officer.party}:
        return True
    return party in originators and party in source.ceiling and source.marking.tlp < Tlp.RED
