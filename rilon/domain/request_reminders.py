"""Reminders and escalation of a request with one addressee: the one step that is due now.

Each step has keys that never come twice, so that the caller performs it exactly once; however
much fell due while nobody looked, it is one step. Who is on duty, who the deputy is, and what is
written to them, are for others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from rilon.domain.request_clocks import WHOLE, NoWorkingDay, due_at, next_working
from rilon.domain.request_course import Mark, Progress
from rilon.domain.request_deadlines import DAILY, Terms, answer_share
from rilon.domain.request_repeats import repeats

HALF, NINE_TENTHS = Fraction(1, 2), Fraction(9, 10)
_DAY = timedelta(days=1)
_LOOK_AHEAD = 400
"""Days: more than any desk is closed in a row."""

Days = tuple[tuple[date, datetime], ...]


class Reminder(StrEnum):
    """What is said, in the order of weight."""

    SHARE = "share"
    """At another share of the time: `Step.percent`."""
    HALF = "half"
    NINE_TENTHS = "nine_tenths"
    DEADLINE = "deadline"
    OVERDUE = "overdue"
    """After the deadline, again and again."""
    CLARIFICATION = "clarification"
    """To the requester: the addressee waits for an answer to its question."""
    CLOSING = "closing"
    """Nobody closed it: the steward does, without a rating."""


class Level(StrEnum):
    """Who else is asked as long as nobody acknowledges."""

    DEPUTY = "deputy"
    DESK = "desk"
    COORDINATOR = "coordinator"


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done now. With several keys it is the summary of all that was missed.

    `reminder` and `escalation` are the weightiest of what fell due; one may be None. `at` is when
    the last of it fell due (UTC).
    INVARIANT for the storage: all `keys` are stored as done in the transaction that stores the
    effect, unique for each addressee of a request. Where one of them is there already, somebody
    else did the step.
    """

    keys: tuple[str, ...]
    at: datetime
    reminder: Reminder | None = None
    escalation: Level | None = None
    percent: int | None = None
    """Of the time for answering, where `reminder` is for another share than the usual ones."""

    @property
    def is_summary(self) -> bool:
        return len(self.keys) > 1


def due_step(
    progress: Progress,
    now: datetime,
    done: frozenset[str],
    terms: Terms,
    *,
    unattended: bool = False,
) -> Step | None:
    """What has to be done at `now`, once; None for nothing. `done` are the keys of all steps done.

    `unattended`: nobody was on duty when it was delivered, so escalation begins at once.
    What a heavier step of its kind made needless is never made up, even if the clock is put back.
    """
    due = [
        moment
        for ladder in _ladders(progress, now, terms, unattended)
        for moment in _not_done(ladder, done)
        if moment.at <= now
    ]
    if not due:
        return None
    reminding = next((one for one in reversed(due) if one.reminder), None)
    return Step(
        tuple(moment.key for moment in due),
        max(moment.at for moment in due),
        reminding.reminder if reminding else None,
        next((one.escalation for one in reversed(due) if one.escalation), None),
        reminding.percent if reminding else None,
    )


def next_step_at(
    progress: Progress,
    now: datetime,
    done: frozenset[str],
    terms: Terms,
    *,
    unattended: bool = False,
) -> datetime | None:
    """When to look at it again (UTC): not after `now` if something is due; None if nothing will be
    until the request itself changes."""
    return min(
        (
            moment.at
            for ladder in _ladders(progress, now, terms, unattended)
            for moment in _not_done(ladder, done)
        ),
        default=None,
    )


# --- what falls due when -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Moment:
    """One thing that falls due, as a step of a ladder."""

    key: str
    at: datetime
    reminder: Reminder | None = None
    escalation: Level | None = None
    percent: int | None = None


_Ladder = tuple[_Moment, ...]
"""Moments of one kind, the weightiest last."""


def _not_done(ladder: _Ladder, done: frozenset[str]) -> _Ladder:
    """What is above the highest step done."""
    highest = max((at for at, moment in enumerate(ladder) if moment.key in done), default=-1)
    return ladder[highest + 1 :]


def _ladders(
    progress: Progress, now: datetime, terms: Terms, unattended: bool
) -> tuple[_Ladder, ...]:
    delivered, end, asking = progress.delivered, progress.end, progress.asking
    if end is not None:
        return () if progress.closing is not None else (_closing(end.mark, terms),)
    if asking is not None:
        return (_asking(asking.asks[0].mark, now, terms),)
    if delivered is None:
        return ()
    reminders = _reminders(progress, delivered, now, terms)
    if progress.acknowledged is not None:
        return (reminders,)
    return reminders, _escalation(delivered, terms, unattended)


def _closing(ended: Mark, terms: Terms) -> _Ladder:
    return (_Moment("closing", ended.at + terms.policy.close_after, Reminder.CLOSING),)


def _asking(asked: Mark, now: datetime, terms: Terms) -> _Ladder:
    """To the requester, every few days, at the time of the day at which the question was asked."""
    hour, zone = asked.at.astimezone(terms.calendar.zone).time(), terms.calendar.zone
    return tuple(
        _Moment(f"clarification:{day}", at, Reminder.CLARIFICATION)
        for day, at in _last_and_next(
            asked.at.astimezone(zone).date(),
            now.astimezone(zone).date(),
            terms.policy.ask_requester_every,
            lambda day: datetime.combine(day, hour, zone).astimezone(UTC),
            now,
        )
    )


def _reminders(progress: Progress, delivered: Mark, now: datetime, terms: Terms) -> _Ladder:
    """At the shares of the policy (half, nine tenths, the deadline), then again and again. A
    promise begins them anew."""
    anew = f":{len(progress.promises) + 1}" if progress.promises else ""
    due = answer_share(progress, delivered, terms, WHOLE)

    def before(share: Fraction) -> datetime:
        at = answer_share(progress, delivered, terms, share)
        return min(next_working(at, terms.calendar), due) if terms.working_hours else at

    return (
        *(
            _reminder(share, due if share == WHOLE else before(share), anew)
            for share in sorted(terms.policy.reminders)
        ),
        *(
            _Moment(f"overdue:{day}{anew}", at, Reminder.OVERDUE)
            for day, at in _overdue(due, now, terms)
        ),
    )


_NAMED = {HALF: Reminder.HALF, NINE_TENTHS: Reminder.NINE_TENTHS, WHOLE: Reminder.DEADLINE}


def _reminder(share: Fraction, at: datetime, anew: str) -> _Moment:
    named = _NAMED.get(share)
    if named is not None:
        return _Moment(f"reminder:{named}{anew}", at, named)
    percent = round(share * 100)
    return _Moment(f"reminder:{percent}{anew}", at, Reminder.SHARE, percent=percent)


def _overdue(due: datetime, now: datetime, terms: Terms) -> tuple[tuple[str, datetime], ...]:
    every = terms.policy.then_every
    if every == DAILY:
        return tuple((str(day), at) for day, at in _overdue_days(due, now, terms))
    return repeats(due, every, now, terms.calendar, working_hours=terms.working_hours)


def _overdue_days(due: datetime, now: datetime, terms: Terms) -> Days:
    """On the days after the deadline: at its time of the day, or, in working hours, when the
    addressee's desk opens on its working days."""
    calendar = terms.calendar
    local = due.astimezone(calendar.zone)

    def at(day: date) -> datetime | None:
        if terms.working_hours and not calendar.is_working_day(day):
            return None
        hour = calendar.opens if terms.working_hours else local.time()
        return datetime.combine(day, hour, calendar.zone).astimezone(UTC)

    return _last_and_next(local.date(), now.astimezone(calendar.zone).date(), 1, at, now)


def _escalation(delivered: Mark, terms: Terms, unattended: bool) -> _Ladder:
    spacing = terms.policy.escalation
    earlier = spacing.deputy if unattended else Fraction(0)
    return tuple(
        _Moment(
            f"escalation:{level}",
            due_at(delivered.at, (), terms.row.acknowledge, terms.calendar, share - earlier),
            escalation=level,
        )
        for level, share in (
            (Level.DEPUTY, spacing.deputy),
            (Level.DESK, spacing.desk),
            (Level.COORDINATOR, spacing.coordinator),
        )
    )


def _last_and_next(
    since: date,
    today: date,
    every: int,
    at: Callable[[date], datetime | None],
    now: datetime,
) -> Days:
    """Of the days that follow `since` at that distance: the last whose time has come, and the
    next. So what was missed for weeks is one, and none is made up. `at` gives a day's time, None
    where the day is left out."""
    near = max((today - since).days // every, 0)
    last: Days = ()
    for step in range(near, 0, -1):
        day = since + step * every * _DAY
        came = at(day)
        if came is not None and came <= now:
            last = ((day, came),)
            break
    for step in range(max(near, 1), near + _LOOK_AHEAD):
        day = since + step * every * _DAY
        comes = at(day)
        if comes is not None and comes > now:
            return (*last, (day, comes))
    raise NoWorkingDay(f"no working day in the {_LOOK_AHEAD} days from {today}")
