"""A new request: what becomes of what was asked, and the words of it that go into the desks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from rilon.application import carrying
from rilon.application.request_changes import Around, entries
from rilon.application.request_files import FileSaid, carried_file
from rilon.application.request_policy import (
    day_of,
    desk_in,
    marking_of_request,
    stated_in_desk,
    written_out,
)
from rilon.application.request_values import NewRequest, Standing, Words, WordsKind, WordsState
from rilon.domain.entries import Entry
from rilon.domain.files import FileFacts
from rilon.domain.markings import Marking
from rilon.domain.officers import name_of
from rilon.domain.parties import Party, in_order
from rilon.domain.request_course import Course, Mark
from rilon.domain.request_numbers import RequestNumber
from rilon.domain.request_steps import Event, Kind
from rilon.domain.requests import Actor, Request, shown_to
from rilon.domain.rooms import Room
from rilon.domain.verdicts import Refuse
from rilon.policy.question import Question
from rilon.policy.question import Standing as OfficersStanding


def asked_of(
    new: NewRequest,
    actor: Actor,
    group: str,
    room: Room,
    related: Iterable[Marking],
    request_id: str,
) -> Request:
    """The request, as yet without a number."""
    party = actor.party
    if party is None:
        raise ValueError("the steward asks nothing")
    return Request(
        id=request_id,
        number=RequestNumber(""),
        group=group,
        officer=actor.officer,
        party=party,
        marking=marking_of_request(new.handling, room, party, new.addressees, related),
        addressees=new.addressees,
        agencies=tuple(one for one in new.agencies if one.party in new.addressees),
        urgency=new.urgency,
        theme=new.theme,
        purpose=new.purpose,
        legal_basis=new.legal_basis,
        subject=new.subject,
        questions=new.questions,
        selectors=new.selectors,
        overlaps_known=new.overlaps_known,
        requester_hidden=new.requester_hidden,
        answerers_hidden=new.answerers_hidden,
    )


def question_text(request: Request) -> str:
    """Everything that the officer wrote, and nothing else: what the gate judges, and what stands
    in the desk beneath the steward's heading. A ship or number that was found in the words isn't
    said again."""
    parts = [request.subject, *request.questions, request.purpose, request.legal_basis]
    said = "\n".join(part.strip() for part in parts if part.strip())
    beside = ", ".join(one.shown for one in request.selectors if one.shown not in said)
    return "\n".join(part for part in (said, beside) if part)


def questions_of(
    standing: Standing,
    sender: str,
    event_id: str,
    around: Around,
    name: Callable[[], str],
    file: FileSaid | None = None,
) -> Iterator[Words]:
    """The words for each addressee's desk; with a file, each has a copy of its own."""
    request = standing.course.request
    for party in in_order(request.addressees):
        desk = standing.addressed[party].desk
        words = _question(request, party, sender, event_id, desk, file, name())
        yield replace(words, by=request.officer, decided_at=around.now)


def _question(
    request: Request,
    party: Party,
    sender: str,
    event_id: str,
    desk: str,
    file: FileSaid | None,
    name: str = "",
) -> Words:
    return Words(
        id=name,
        request=request.id,
        addressee=party,
        kind=WordsKind.QUESTION,
        sender=sender,
        source_event=event_id,
        room=desk,
        root=None,
        marking=written_out(stated_in_desk(shown_to(request, party).marking, party)),
        state=WordsState.SENDING,
        text=question_text(request),
        hidden=request.requester_hidden,
        file=carried_file(file, str(request.number), name) if file else None,
    )


def unfit(
    request: Request, sender: str, around: Around, file: FileSaid | None = None
) -> Refuse | None:
    """Why the request can't go into a desk as it is marked, as far as that can be told before it
    gets there."""
    for party in in_order(request.addressees):
        desk = desk_in(party, request.group, around.network)
        if desk is not None:
            words = _question(request, party, sender, "", desk.key, file)
            refused = fits(words, desk, around, (file.facts,) if file else None)
            if refused is not None:
                return refused
    return None


def fits(
    words: Words, room: Room, around: Around, files: tuple[FileFacts, ...] | None = None
) -> Refuse | None:
    """What the gate would say of the words in that room, but for what they come from. `files` is
    what was found in their file."""
    network = around.network
    post = carrying.post_of(words, network, day_of(around.now))
    if isinstance(post, Refuse):
        return post
    officer = network.officers.get(name_of(words.sender))
    asked = Question(
        act=replace(post, relation=None),
        room=room,
        standing=OfficersStanding(officer, admitted=True, device_signed=True),
        sender_id=words.sender,
        related={},
        now=around.now,
        files=files,
    )
    verdict = carrying.judge_carried(words, asked, network)
    return verdict if isinstance(verdict, Refuse) else None


def asked_entries(course: Course, around: Around) -> Iterator[Entry]:
    """The entries of a request that was sent."""
    mark = Mark(course.request.requester, around.now)
    for one in course.progress:
        yield from entries(course.request, Event(Kind.SENT, one.addressee, mark), around)
