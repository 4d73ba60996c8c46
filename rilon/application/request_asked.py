"""A request that is asked: how it gets its number, and what is written with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from rilon.application.ports import NewEffect, Unsure
from rilon.application.request_changes import Around, say
from rilon.application.request_files import FileSaid
from rilon.application.request_new import asked_entries, questions_of
from rilon.application.request_ports import Locked
from rilon.application.request_proposals import sent_telling
from rilon.application.request_tellings import carry, signs
from rilon.application.request_values import Place, Role
from rilon.domain.parties import Party
from rilon.domain.request_course import Course
from rilon.domain.request_numbers import RequestNumber, draw
from rilon.domain.request_steps import No, RequestCode, no
from rilon.policy.duty_changes import DutyChange

ACKNOWLEDGE_SIGN = "👍"
_DRAWS = 200
"""How often a number is drawn. With half of all numbers in use that fails once in 10^60."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked, where, and with which message. `desks` are the rooms that it goes to."""

    sender: str
    room: str
    event_id: str
    root: str
    desks: Mapping[Party, str]
    heard: tuple[tuple[str, str], ...] = ()
    """The messages in which its words were said, with their states."""
    file: FileSaid | None = None


async def numbered(
    one: Locked, course: Course, asked: Asked, around: Around, below: Callable[[int], int]
) -> Course | RequestNumber | No:
    """The course, stored under a number that is free; or the number that this message got before;
    or that too many are open. Raises Unsure where no number is found."""
    before = await one.asked_by(asked.event_id)
    if before is not None:
        return before
    too_many = await _too_many(one, course, asked, around)
    if too_many is not None:
        return too_many
    for _ in range(_DRAWS):
        number = draw(course.request.group, below)
        drawn = replace(course, request=replace(course.request, number=number))
        if await one.add(drawn, asked.room, asked.event_id, asked.root, asked.desks):
            return drawn
        before = await one.asked_by(asked.event_id)
        if before is not None:
            return before
    raise Unsure("no number is free")


async def _too_many(one: Locked, course: Course, asked: Asked, around: Around) -> No | None:
    """INVARIANT: what is counted is the own party's, which its officers may list: whether others
    ask, and whether the addressee has much to do, changes no answer."""
    request = course.request
    most = around.network.groups[request.group].requests.most_open
    officers, parties = await one.open_requests(request.group, request.party, asked.sender)
    if officers >= most.officer:
        return no(RequestCode.MOST_OF_OFFICER, most=str(most.officer))
    if parties >= most.party:
        return no(RequestCode.MOST_OF_PARTY, most=str(most.party))
    return None


async def write_asked(
    one: Locked,
    course: Course,
    asked: Asked,
    around: Around,
    changes: Sequence[DutyChange],
    name: Callable[[], str],
    overlaps_after: timedelta,
) -> None:
    """Writes what goes with a new request: places, entries, words for the desks, what is told.
    What it shares with others is looked for after that time."""
    request, standing = course.request, one.standing
    for event in sorted({asked.event_id, asked.root}):
        await one.place(event, Place(request.id, None, Role.ASKED, asked.room))
    for entry in asked_entries(course, around):
        await one.enter(entry)
    said = questions_of(standing, asked.sender, asked.event_id, around, name, asked.file)
    for words in said:
        await one.add_words(replace(words, heard=asked.heard))
        card = carry(words)
        await one.write([card, *signs(card, words.room, [ACKNOWLEDGE_SIGN])])
    await say(one, [sent_telling(request, around, changes)], course, f"sent-{request.id}")
    # Written for every request, whatever it names: nothing tells whether something is shared.
    overlap = {"request": request.id}
    once = f"overlap-{request.id}"
    subject = f"request {request.id}"
    await one.write([NewEffect("request_overlap", subject, overlap, once, overlaps_after)])
