"""Deadlines of a request with one addressee: until when, and what is late.

Decides what is late. Which reminder or escalation is due is `rilon.domain.request_reminders`,
arithmetic of time `rilon.domain.request_clocks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from rilon.domain.request_clocks import (
    WHOLE,
    Allowance,
    CalendarDays,
    Elapsed,
    Span,
    WorkingCalendar,
    WorkingDays,
    due_at,
)
from rilon.domain.request_course import Mark, Progress, State
from rilon.domain.requests import Request, Urgency

# --- policy ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """Within which time a request is acknowledged, and answered."""

    acknowledge: Allowance
    answer: Allowance


@dataclass(frozen=True, slots=True)
class Escalation:
    """At which share of the time for acknowledging others are asked, as long as nobody did."""

    deputy: Fraction = Fraction(1)
    desk: Fraction = Fraction(3, 2)
    coordinator: Fraction = Fraction(2)

    def __post_init__(self) -> None:
        if not 0 < self.deputy <= self.desk <= self.coordinator:
            raise ValueError("the deputy comes first, then the desk, then the coordinator")


DAILY = CalendarDays(1)


@dataclass(frozen=True, slots=True)
class DeadlinePolicy:
    """What a group sets. The defaults follow Directive (EU) 2023/977, Article 5."""

    urgent_at_hand: Row = Row(Elapsed(timedelta(hours=1)), Elapsed(timedelta(hours=8)))
    urgent: Row = Row(Elapsed(timedelta(hours=2)), Elapsed(timedelta(days=3)))
    routine: Row = Row(WorkingDays(1), CalendarDays(7))
    escalation: Escalation = Escalation()
    reminders: tuple[Fraction, ...] = (Fraction(1, 2), Fraction(9, 10), WHOLE)
    """At which shares of the time for answering the addressee is reminded, the earliest first."""
    then_every: Allowance = DAILY
    """How often it is reminded once it is late."""
    ask_requester_every: int = 2
    """Days after which a requester who is asked something is reminded of it, again and again."""
    close_after: timedelta = timedelta(days=14)
    """How long an ended request waits for the requester to close it."""

    def row(self, urgency: Urgency | None) -> Row:
        """The row of that priority; None is routine."""
        if urgency is None:
            return self.routine
        return self.urgent_at_hand if urgency.at_hand else self.urgent


@dataclass(frozen=True, slots=True)
class Terms:
    """What the deadlines of one request with one addressee rest on.

    `working_hours`: reminders wait until the addressee's desk works.
    """

    policy: DeadlinePolicy
    row: Row
    calendar: WorkingCalendar
    working_hours: bool


def terms_of(request: Request, policy: DeadlinePolicy, calendar: WorkingCalendar) -> Terms:
    """The terms for an addressee with that calendar."""
    return Terms(policy, policy.row(request.urgency), calendar, request.urgency is None)


# --- until when --------------------------------------------------------------------------------


def acknowledge_by(progress: Progress, terms: Terms) -> datetime | None:
    """When it has to be acknowledged (UTC); None before it is delivered."""
    if progress.delivered is None:
        return None
    return due_at(progress.delivered.at, (), terms.row.acknowledge, terms.calendar)


def answer_by(progress: Progress, terms: Terms) -> datetime | None:
    """When it has to be answered (UTC); None before it is delivered and while the clock stands.

    The addressee's last promise replaces the allowance. It is moved by later clarifications.
    """
    if progress.delivered is None or progress.asking is not None:
        return None
    return answer_share(progress, progress.delivered, terms, WHOLE)


def stood(progress: Progress) -> tuple[Span, ...]:
    """When the clock stood for clarifications that are over, or that the end cut short."""
    cut_short = progress.end.mark if progress.end is not None else None
    return tuple(
        (one.asks[0].mark.at, over.at)
        for one in progress.clarifications
        if (over := one.given or cut_short) is not None
    )


def unacknowledged(progress: Progress, now: datetime, terms: Terms) -> bool:
    """Whether the time for acknowledging is over, and nobody did."""
    by = acknowledge_by(progress, terms)
    waits = progress.acknowledged is None and progress.end is None
    return waits and by is not None and now > by


def overdue(progress: Progress, now: datetime, terms: Terms) -> bool:
    """Whether the time for answering is over, and nobody did. Derived, never stored."""
    by = answer_by(progress, terms)
    return progress.end is None and by is not None and now > by


_BY_NOBODY = frozenset({State.WITHDRAWN, State.NOT_DELIVERED})
"""Ends for which an addressee does nothing."""


def in_time(progress: Progress, terms: Terms) -> bool | None:
    """Whether it was answered or refused in time; None where it was neither."""
    by, end = answer_by(progress, terms), progress.end
    if by is None or end is None or end.outcome in _BY_NOBODY:
        return None
    return end.mark.at <= by


def answer_share(progress: Progress, delivered: Mark, terms: Terms, share: Fraction) -> datetime:
    """When that share of the time for answering is used up: of the allowance, or of the last
    promise, which begins anew."""
    started, allowance = delivered.at, terms.row.answer
    if progress.promises:
        last = progress.promises[-1]
        started, allowance = last.mark.at, Elapsed(last.until - last.mark.at)
    return due_at(started, stood(progress), allowance, terms.calendar, share)
