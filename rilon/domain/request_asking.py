"""What the requester does to a request: change and send a draft, clarify, withdraw, close, rate."""

from __future__ import annotations

from dataclasses import replace

from rilon.domain.parties import in_order
from rilon.domain.request_course import Closing, Course, End, Mark, Progress, State
from rilon.domain.request_steps import (
    ENDED,
    UNKNOWN,
    Already,
    Change,
    Changed,
    Clarify,
    Close,
    Entitlement,
    Event,
    Kind,
    Limits,
    May,
    No,
    Outcome,
    Progressed,
    RequestCode,
    RequestersCommand,
    Send,
    Withdraw,
    after_the_end,
    changed,
    no,
)
from rilon.domain.requests import Ground, lacking, out_of_reach


def by_requester(
    course: Course,
    command: RequestersCommand,
    mark: Mark,
    may: May,
    limits: Limits,
) -> Outcome:
    """What the requester's command leads to. Any officer of the party who may ask speaks for it:
    the one who asked may be away."""
    serving = Entitlement.SERVE in may and isinstance(command, Close)
    own = mark.by.party == course.request.party and Entitlement.ASK in may
    if not (serving or own):
        return UNKNOWN
    if not course.progress and not serving:
        return _draft(course, command, mark, limits)
    match command:
        case Clarify():
            return _clarify(course, command, mark)
        case Withdraw():
            return _withdraw(course, mark)
        case Close():
            return _close(course, command, mark)
        case Send():
            sent = course.progress[0].sent
            return Already(sent)
        case _:
            return No(RequestCode.SENT)


def _draft(course: Course, command: RequestersCommand, mark: Mark, limits: Limits) -> Outcome:
    """A draft is its author's alone: it may lie in the author's direct room."""
    if mark.by != course.request.requester:
        return UNKNOWN
    if course.discarded is not None:
        thrown = course.discarded
        again = isinstance(command, Withdraw)
        return Already(thrown) if again else No(RequestCode.WITHDRAWN)
    match command:
        case Change():
            return _change(course, command, mark)
        case Send():
            return _send(course, mark, limits)
        case Withdraw():
            event = Event(Kind.DISCARDED, None, mark)
            gone = replace(course, revision=course.revision + 1, discarded=mark)
            return Changed(gone, (event,))
        case _:
            return No(RequestCode.DRAFT)


def _change(course: Course, command: Change, mark: Mark) -> Outcome:
    before = course.request
    after = replace(
        command.request,
        id=before.id,
        number=before.number,
        group=before.group,
        officer=before.officer,
        party=before.party,
    )
    if after == before:
        return Already(mark)
    event = Event(Kind.CHANGED, None, mark)
    return Changed(replace(course, revision=course.revision + 1, request=after), (event,))


def _send(course: Course, mark: Mark, limits: Limits) -> Outcome:
    request = course.request
    lacks = lacking(request, limits.needed)
    if lacks:
        return no(RequestCode.INCOMPLETE, fields=",".join(lacks))
    if request.party in request.addressees:
        return No(RequestCode.ASKS_ITSELF)
    if request.urgency is not None and request.urgency.ground not in limits.grounds:
        taken = ",".join(one for one in Ground if one in limits.grounds)
        return no(RequestCode.NOT_URGENT, grounds=taken)
    kept_from = out_of_reach(request)
    if kept_from:
        return no(RequestCode.OUT_OF_REACH, parties=",".join(in_order(kept_from)))
    progress = tuple(Progress(party, mark) for party in in_order(request.addressees))
    events = tuple(Event(Kind.SENT, one.addressee, mark) for one in progress)
    return Changed(replace(course, revision=course.revision + 1, progress=progress), events)


def _clarify(course: Course, command: Clarify, mark: Mark) -> Outcome:
    progress = course.of(command.addressee)
    if progress is None:
        return no(RequestCode.NOT_ADDRESSED, party=command.addressee)
    for one in progress.clarifications:
        if one.given is not None and one.answer == command.answer:
            return Already(one.given)
    ended, asking = after_the_end(progress, mark.by), progress.asking
    if ended is not None:
        return ended
    if asking is None:
        return No(RequestCode.NOTHING_TO_CLARIFY)
    given = replace(asking, answer=command.answer, given=mark)
    after = replace(progress, clarifications=(*progress.clarifications[:-1], given))
    event = Event(Kind.CLARIFIED, progress.addressee, mark, message=command.answer)
    return changed(course, [(after, event)])


def _withdraw(course: Course, mark: Mark) -> Outcome:
    """Ends it wherever it hasn't ended. What was answered or refused stays so."""
    end = End(State.WITHDRAWN, mark)
    steps = [
        (replace(one, end=end), Event(Kind.WITHDRAWN, one.addressee, mark))
        for one in course.progress
        if one.end is None
    ]
    if steps:
        return changed(course, steps)
    ends = [one.end.mark for one in course.progress if one.state is State.WITHDRAWN and one.end]
    return Already(ends[0]) if ends else No(ENDED[course.state])


def _close(course: Course, command: Close, mark: Mark) -> Outcome:
    if command.usefulness is not None and mark.by.party != course.request.party:
        return No(RequestCode.NOT_ENTITLED)
    asked_for = [one for one in course.progress if command.addressee in (None, one.addressee)]
    if not asked_for:
        named = command.addressee
        return no(RequestCode.NOT_ADDRESSED, party=named) if named else No(RequestCode.DRAFT)
    still_open = [one.addressee for one in asked_for if one.end is None]
    if still_open:
        return no(RequestCode.STILL_OPEN, parties=",".join(still_open))
    steps = [step for one in asked_for if (step := _closed(one, command, mark)) is not None]
    if steps:
        return changed(course, steps)
    return Already(next(one.closing.mark for one in asked_for if one.closing is not None))


def _closed(progress: Progress, command: Close, mark: Mark) -> Progressed | None:
    """Closes one, or replaces its rating; None where that changes nothing. Only what was answered
    is rated, wholly or in part."""
    usefulness = command.usefulness if progress.answers else None
    before = progress.closing
    if before is not None and usefulness in (None, before.usefulness):
        return None
    after = replace(progress, closing=Closing(usefulness, mark))
    kind = Kind.CLOSED if before is None else Kind.RATED
    return after, Event(kind, progress.addressee, mark, usefulness=usefulness)
