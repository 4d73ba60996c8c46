"""What each command does to a request: the next course and its events, "already", or a "no".

Pure. Who is entitled to what comes from the roster, the time from the caller; storing the course
by its revision, and performing what the events ask for, is the caller's.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from rilon.domain.request_answering import by_addressee
from rilon.domain.request_asking import by_requester
from rilon.domain.request_course import Course, End, Mark, State
from rilon.domain.request_steps import (
    UNKNOWN,
    Already,
    Change,
    Clarify,
    Close,
    Command,
    Deliver,
    Entitlement,
    Event,
    Kind,
    Limits,
    May,
    NotDelivered,
    Outcome,
    Send,
    Withdraw,
    changed,
)
from rilon.domain.requests import Actor

ANY = Limits()


def decide(
    course: Course, command: Command, by: Actor, may: May, at: datetime, limits: Limits = ANY
) -> Outcome:
    """What the command leads to when `by`, entitled to `may`, gives it at that time (aware).

    INVARIANT: whoever is neither of the requester's party, nor of an addressee's that was reached,
    gets `UNKNOWN`, whatever they ask; and no outcome names an officer of another party.
    """
    if isinstance(command, Deliver):
        return _deliver(course, command, Mark(by, at), may)
    if isinstance(command, NotDelivered):
        return _not_delivered(course, command, Mark(by, at), may)
    if isinstance(command, Change | Send | Clarify | Withdraw | Close):
        return by_requester(course, command, Mark(by, at), may, limits)
    return by_addressee(course, command, Mark(by, at), may, limits)


def _deliver(course: Course, command: Deliver, mark: Mark, may: May) -> Outcome:
    """A delivery is a fact: it is recorded even when the request was withdrawn meanwhile."""
    progress = course.of(command.addressee)
    if Entitlement.SERVE not in may or progress is None:
        return UNKNOWN
    if progress.delivered is not None:
        return Already(progress.delivered)
    delivered = replace(progress, delivered=mark)
    return changed(course, [(delivered, Event(Kind.DELIVERED, progress.addressee, mark))])


def _not_delivered(course: Course, command: NotDelivered, mark: Mark, may: May) -> Outcome:
    """It never silently ages: what can't get into a desk is over there. What stands in the desk
    after all, or has ended in another way, stays as it is."""
    progress = course.of(command.addressee)
    if Entitlement.SERVE not in may or progress is None:
        return UNKNOWN
    if progress.delivered is not None:
        return Already(progress.delivered)
    if progress.end is not None:
        return Already(progress.end.mark)
    ended = replace(progress, end=End(State.NOT_DELIVERED, mark))
    return changed(course, [(ended, Event(Kind.NOT_DELIVERED, progress.addressee, mark))])
