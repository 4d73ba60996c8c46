"""Proposals: the words that one side has for the other, from reply to ✅.

Pure: what they are, where they go, under which marking, who may send them, and what a tap comes to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from rilon.application.membership import direct_room_key
from rilon.application.request_changes import Around
from rilon.application.request_files import HIDDEN, FileSaid, carried_file
from rilon.application.request_new import fits
from rilon.application.request_policy import (
    day_of,
    shown_marking,
    stated_answer,
    stated_in_desk,
    terms_for,
    written_out,
)
from rilon.application.request_routing import on_duty_for
from rilon.application.request_seeking import could_ask, tries_who_asks
from rilon.application.request_sources import SpokenIn, meant, narrowed_by, stand, states
from rilon.application.request_tellings import Side, Telling, Told
from rilon.application.request_values import (
    Proposed,
    Standing,
    Words,
    WordsKind,
    WordsState,
)
from rilon.domain.markings import WrittenMarking, take_effect
from rilon.domain.officers import name_of
from rilon.domain.parties import Parties, Party, in_order
from rilon.domain.request_course import Course, Mark, Progress
from rilon.domain.request_deadlines import acknowledge_by, answer_by
from rilon.domain.request_hiding import gives_away
from rilon.domain.request_rules import decide
from rilon.domain.request_steps import (
    UNKNOWN,
    Answer,
    AnswerPartly,
    AskToClarify,
    Changed,
    Clarify,
    Command,
    Delay,
    Entitlement,
    May,
    No,
    Outcome,
    RequestCode,
)
from rilon.domain.requests import STEWARD, Actor, Request, shown_to
from rilon.domain.taps import Tap
from rilon.domain.verdicts import Code, Refuse
from rilon.policy.askers import asker_of
from rilon.policy.duty_changes import DutyChange

CHANGED = Refuse(Code.TOO_LATE, "own.changed")
"""The message was edited, recalled, removed or tightened since it was said."""


@dataclass(frozen=True, slots=True)
class Said:
    """What an officer said for the other side. `addressee`: to whom, where a requester speaks."""

    sender: str
    words: str = field(repr=False)
    marking: WrittenMarking | None
    kind: WordsKind
    event_id: str
    until: datetime | None = None
    addressee: Party | None = None
    hidden: bool = False
    """Whether who speaks isn't to be named to the other side."""
    file: FileSaid | None = None
    heard: SpokenIn = field(default_factory=dict)
    """The message, and all that it relates to, as recorded."""


def words_of(
    standing: Standing, said: Said, by: Actor, may: May, around: Around, name: str
) -> Words | Outcome | Refuse:
    """The words as they would be sent; or why they can't be, as far as that can be told now."""
    request = standing.course.request
    party = said.addressee if said.kind.to_desk else by.party
    addressed = None if party is None else standing.addressed.get(party)
    if party is None or addressed is None:
        return UNKNOWN
    if (Entitlement.ASK if said.kind.to_desk else Entitlement.HANDLE) not in may:
        return UNKNOWN
    if said.kind.to_desk and said.hidden and not request.requester_hidden:
        return No(RequestCode.NAMED_ALREADY)
    if not stand([said.event_id], said.heard):
        return CHANGED
    perhaps: Parties = frozenset()
    if request.requester_hidden and not said.kind.to_desk:
        if tries_who_asks(said.marking, said.event_id, said.heard, request, party, around.network):
            return No(RequestCode.NAMES_READERS)
        perhaps = could_ask(request, party, said.heard, around.network)
    words = Words(
        id=name,
        request=request.id,
        addressee=party,
        kind=said.kind,
        sender=said.sender,
        source_event=said.event_id,
        room=addressed.desk if said.kind.to_desk else standing.asked_in,
        root=addressed.card_event if said.kind.to_desk else standing.root,
        marking=written_out(_stated(said, standing, party, around)),
        state=WordsState.PROPOSED,
        text=said.words,
        hidden=request.requester_hidden
        if said.kind.to_desk
        else request.answerers_hidden or said.hidden,
        until=said.until,
        file=carried_file(said.file, str(request.number), name) if said.file else None,
        heard=states([said.event_id], said.heard),
        perhaps=perhaps,
    )
    # Whoever proposes needn't be entitled to send: that is asked at ✅.
    speaking = may | {Entitlement.ANSWER} if Entitlement.HANDLE in may else may
    outcome = decide(standing.course, command_of(words), by, speaking, around.now)
    if not isinstance(outcome, Changed):
        return outcome
    facts = (said.file.facts,) if said.file else None
    return fits(words, around.network.rooms[words.room], around, facts) or words


def _stated(said: Said, standing: Standing, party: Party, around: Around) -> WrittenMarking:
    request, network = standing.course.request, around.network
    rooms, event = network.rooms, [said.event_id]
    if not said.kind.to_desk:
        heard = meant(event, said.heard, party, request.party, network)
        desk = rooms[standing.addressed[party].desk]
        return stated_answer(said.marking, desk, request, party, heard)
    shown = shown_to(request, party).marking
    readers = shown.rel | {party}
    own = take_effect(said.marking, rooms[standing.asked_in].default, readers, request.party)
    if said.marking is None or said.marking.rel is None:
        own = replace(own, rel=readers | own.rel)
    heard = meant(event, said.heard, request.party, party, network)
    narrowed = narrowed_by(replace(shown.join(own), rel=shown.rel & own.rel), heard)
    return stated_in_desk(narrowed, party)


def command_of(words: Words) -> Command:
    """What sending these words is."""
    match words.kind:
        case WordsKind.ANSWER:
            return Answer(words.id)
        case WordsKind.PART:
            return AnswerPartly(words.id)
        case WordsKind.CLARIFICATION:
            return AskToClarify(words.id)
        case WordsKind.CLARIFIED:
            return Clarify(words.addressee, words.id)
        case WordsKind.DELAY:
            # The reason itself is in the words; the course needs to know that there is one.
            return Delay(words.until or datetime.min.replace(tzinfo=UTC), words.id)
    raise ValueError("a question is sent with its request")


# --- deciding ------------------------------------------------------------------------------------


def may_decide(words: Words, standing: Standing, by: Actor, may: May, sends: bool) -> bool:
    """Whether a tap is this officer's to make: ✅ of who may speak for that party, ❌ also of the
    author. In their own direct room, where nobody else could, whoever asked says more of it."""
    party = standing.course.request.party if words.kind.to_desk else words.addressee
    if by.party != party:
        return False
    speaks = Entitlement.ANSWER in may
    if words.kind.to_desk and standing.asked_in == direct_room_key(by.officer):
        speaks = Entitlement.ASK in may
    return speaks or (not sends and words.sender.startswith(f"@{by.officer}:"))


def decided(
    words: Words,
    every: Iterable[Words],
    sends: bool,
    course: Course,
    by: Actor,
    may: May,
    now: datetime,
) -> WordsState | Outcome | Told:
    """What the tap comes to: the words' next state, an outcome that says why not, or what to tell
    since somebody else was first."""
    side = Side.REQUESTER if words.kind.to_desk else Side.DESK
    if words.state is not WordsState.PROPOSED:
        first = {"officer": words.by} if words.by else {}
        if words.by is None:
            outcome = decide(course, command_of(words), by, may, now)
            if not isinstance(outcome, Changed):
                return outcome
        state = {"state": words.state.value, "kind": words.kind.value}
        return Told(side, Telling.BEING_SENT, words.addressee, first | state, (by.officer,))
    if not sends:
        return WordsState.DROPPED
    outcome = decide(course, command_of(words), by, may, now)
    if not isinstance(outcome, Changed):
        return outcome
    before = under_way(every)
    if before is not None and words.kind in (WordsKind.ANSWER, WordsKind.PART):
        first = {"officer": before.by or "", "state": before.state.value, "kind": before.kind.value}
        return Told(side, Telling.BEING_SENT, words.addressee, first, (by.officer,))
    return WordsState.SENDING


def under_way(every: Iterable[Words]) -> Words | None:
    """The answer that somebody had sent, and that isn't there yet."""
    return next(
        (one for one in every if one.kind is WordsKind.ANSWER and one.state is WordsState.SENDING),
        None,
    )


# --- what is told --------------------------------------------------------------------------------


def own_room(words: Words, standing: Standing) -> str:
    """The room in which the words were said."""
    return standing.asked_in if words.kind.to_desk else standing.addressed[words.addressee].desk


def preview(words: Words, request: Request) -> Told:
    """What would be sent, to whom, under which marking. The words themselves stand in the message
    that it answers."""
    parameters = {
        "kind": words.kind.value,
        "marking": _marking_shown(words, request),
        "officer": name_of(words.sender),
        "source": words.source_event,
    }
    parameters |= _hidden_shown(words, request)
    if words.until is not None:
        parameters["until"] = words.until.isoformat()
    if (to := _to(words, request)) is not None:
        parameters["to"] = to
    if words.file is not None:
        parameters["file"] = words.file.name
        parameters["file_kind"] = words.file.kind
        parameters["file_size"] = str(words.file.size)
    side = Side.REQUESTER if words.kind.to_desk else Side.DESK
    return Told(side, Telling.PREVIEW, words.addressee, parameters)


def _hidden_shown(words: Words, request: Request) -> dict[str, str]:
    """Who isn't named to the other side: said plainly before anything goes."""
    if words.kind.to_desk:
        return {"hidden": "asker"} if words.hidden else {}
    if request.answerers_hidden:
        return {"hidden": "always"}
    return {"hidden": "officer" if words.hidden else "may"}


def preview_signs(words: Words, request: Request) -> tuple[str, ...]:
    """The reactions on a preview: ✅, ❌, and 🕶️ where there is a name to hide."""
    hides = not words.kind.to_desk and not request.answerers_hidden
    return (Tap.SEND, Tap.CANCEL, *((Tap.HIDE,) if hides else ()))


def gives_away_who_asks(words: Words, request: Request, around: Around) -> bool:
    """Whether a requester's own words name the party that is to stay hidden. They don't go without
    a preview."""
    officer = around.network.officers.get(words.sender[1:].partition(":")[0])
    group = around.network.groups.get(request.group)
    if not (words.kind.to_desk and request.requester_hidden and officer and group):
        return False
    asker = asker_of(officer, group, around.network, day_of(around.now))
    return bool(gives_away((words.text or "",), asker.names, request.party))


def proposed(words: Words, request: Request) -> Proposed:
    """The same for the caller."""
    return Proposed(words.id, _to(words, request), _marking_shown(words, request))


def dropped(words: Words, by: Actor) -> Told:
    """Somebody said ❌."""
    side = Side.REQUESTER if words.kind.to_desk else Side.DESK
    parameters = {"officer": by.officer, "kind": words.kind.value}
    return Told(side, Telling.DROPPED, words.addressee, parameters)


def may_know(refused: Refuse, request: Request, kind: WordsKind) -> dict[str, str]:
    """What of a refusal the side that speaks may know.

    ATTACK: the name of the room that an answer doesn't fit tells who asks.
    """
    if request.requester_hidden and not kind.to_desk:
        return {}
    return dict(refused.parameters)


def why_unfit(refused: Refuse) -> str:
    """The code of the reason that is told."""
    return "file_tells_who" if refused.rule == HIDDEN else refused.code.value


def sent_telling(request: Request, around: Around, changes: Sequence[DutyChange]) -> Told:
    """The number, and of each addressee who has it and by when."""
    parameters = {"number": str(request.number)}
    for party in in_order(request.addressees):
        mark = Mark(STEWARD, around.now)
        progress = Progress(party, mark, delivered=mark)
        terms = terms_for(request, party, around.network)
        times = {
            "acknowledge_by": acknowledge_by(progress, terms),
            "answer_by": answer_by(progress, terms),
        }
        for name, at in times.items():
            if at is not None:
                parameters[f"{name}:{party}"] = at.isoformat()
        if not request.answerers_hidden:
            duty = on_duty_for(request, party, around.now, around.network, changes)
            parameters[f"duty:{party}"] = ",".join(duty)
    if request.requester_hidden:
        parameters["asker_hidden"] = "yes"
    return Told(Side.REQUESTER, Telling.SENT, None, parameters, (request.officer,))


def _to(words: Words, request: Request) -> Party | None:
    if words.kind.to_desk:
        return words.addressee
    return None if request.requester_hidden else request.party


def _marking_shown(words: Words, request: Request) -> str:
    if words.kind.to_desk or not request.requester_hidden:
        return words.marking
    return shown_marking(words.marking, request.party)
