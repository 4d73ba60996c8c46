"""What an addressee does to a request: acknowledge, assign, ask back, delay, answer, refuse.

Decided for the addressee's own part alone; other addressees' parts are neither read nor changed.
"""

from __future__ import annotations

from dataclasses import replace

from rilon.domain.request_course import (
    Ask,
    Assignment,
    Clarification,
    Course,
    End,
    Mark,
    Progress,
    Promise,
    SentAnswer,
    State,
)
from rilon.domain.request_steps import (
    UNKNOWN,
    Acknowledge,
    AddresseesCommand,
    Already,
    Answer,
    AnswerPartly,
    AskToClarify,
    Assign,
    Delay,
    Entitlement,
    Event,
    Finish,
    Kind,
    Limits,
    May,
    No,
    Outcome,
    Progressed,
    Refuse,
    RequestCode,
    after_the_end,
    changed,
    name_for,
    no,
)
from rilon.domain.requests import STEWARD


def by_addressee(
    course: Course,
    command: AddresseesCommand,
    mark: Mark,
    may: May,
    limits: Limits,
) -> Outcome:
    """What an addressee's command leads to; the actor's party says which addressee's."""
    progress = course.of(mark.by.party)
    if progress is None or not may & {Entitlement.HANDLE, Entitlement.ANSWER}:
        return UNKNOWN
    if progress.delivered is None and progress.end is not None:
        return UNKNOWN  # taken back before it reached the desk
    if Entitlement.ANSWER not in may and not isinstance(command, Acknowledge | Assign):
        return No(RequestCode.NOT_ENTITLED)
    spoken = _same_before(progress, command) or after_the_end(progress, mark.by)
    if spoken is not None:
        return spoken
    seen = _seen(progress, mark, implied=not isinstance(command, Acknowledge))
    if isinstance(command, Acknowledge):
        done = progress.acknowledged
        return changed(course, seen) if done is None else Already(done)
    step = _step(seen[-1][0] if seen else progress, command, mark, limits)
    return step if isinstance(step, Already | No) else changed(course, [*seen, step])


def _same_before(progress: Progress, command: AddresseesCommand) -> Already | None:
    """The same message or the same end, given before: a tap that came twice, or a second tap."""
    outcome = progress.end.outcome if progress.end is not None else None
    found: Mark | None = None
    match command:
        case Answer(answer):
            if outcome is State.ANSWERED and progress.answers[-1].answer == answer:
                found = progress.answers[-1].mark
        case AnswerPartly(answer):
            found = next((one.mark for one in progress.answers if one.answer == answer), None)
        case AskToClarify(question):
            asks = (ask for one in progress.clarifications for ask in one.asks)
            found = next((ask.mark for ask in asks if ask.question == question), None)
        case Delay(until, reason):
            last = progress.promises[-1] if progress.promises else None
            if last is not None and (last.until, last.reason) == (until, reason):
                found = last.mark
        case Refuse(code):
            if progress.end is not None and progress.end.refusal is code:
                found = progress.end.mark
        case Finish():
            if progress.end is not None and outcome is State.ANSWERED:
                found = progress.end.mark
        case _:  # acknowledging and assigning name no message and end nothing
            pass
    return Already(found) if found is not None else None


def _seen(progress: Progress, mark: Mark, *, implied: bool) -> list[Progressed]:
    """Who acts on a request was reached by it and has seen it."""
    steps: list[Progressed] = []
    here = progress.addressee
    if progress.delivered is None:
        delivered = Mark(STEWARD, mark.at)
        progress = replace(progress, delivered=delivered)
        steps.append((progress, Event(Kind.DELIVERED, here, delivered, implied=True)))
    if progress.acknowledged is None:
        progress = replace(progress, acknowledged=mark, stage=State.ACKNOWLEDGED)
        steps.append(
            (progress, Event(Kind.ACKNOWLEDGED, progress.addressee, mark, implied=implied))
        )
    return steps


def _step(
    progress: Progress, command: AddresseesCommand, mark: Mark, limits: Limits
) -> Progressed | Already | No:
    match command:
        case Assign():
            return _assign(progress, command, mark)
        case AskToClarify(question):
            return _ask_back(progress, question, mark)
        case Delay():
            return _delay(progress, command, mark, limits)
        case AnswerPartly(answer):
            answers = (*progress.answers, SentAnswer(answer, mark))
            parted = replace(progress, answers=answers, stage=State.PARTIAL)
            return parted, Event(Kind.PARTLY_ANSWERED, progress.addressee, mark, message=answer)
        case Answer(answer):
            return _answer(progress, answer, mark)
        case Refuse(code):
            end = End(State.REFUSED, mark, code)
            return replace(progress, end=end), Event(
                Kind.REFUSED, progress.addressee, mark, refusal=code
            )
        case _:
            if not progress.answers:
                return No(RequestCode.NOTHING_ANSWERED)
            finished = replace(progress, end=End(State.ANSWERED, mark))
            return finished, Event(Kind.ANSWERED, progress.addressee, mark)


def _assign(progress: Progress, command: Assign, mark: Mark) -> Progressed | Already | No:
    """Whoever assigns says from whom: of two who assign at once, the second is told."""
    has = progress.assignment
    if has is not None and has.to == command.to:
        return Already(has.mark)
    if has is not None and has.to != command.instead_of:
        return no(RequestCode.ASSIGNED, to=has.to, by=name_for(mark.by, has.mark.by))
    early = progress.stage is State.ACKNOWLEDGED
    assigned = replace(
        progress,
        assignment=Assignment(command.to, mark),
        stage=State.ASSIGNED if early else progress.stage,
    )
    return assigned, Event(Kind.ASSIGNED, progress.addressee, mark, officer=command.to)


def _ask_back(progress: Progress, question: str, mark: Mark) -> Progressed:
    ask, asking = Ask(question, mark), progress.asking
    if asking is None:
        all_of_them = (*progress.clarifications, Clarification((ask,)))
    else:
        more = replace(asking, asks=(*asking.asks, ask))
        all_of_them = (*progress.clarifications[:-1], more)
    event = Event(Kind.CLARIFICATION_ASKED, progress.addressee, mark, message=question)
    return replace(progress, clarifications=all_of_them), event


def _delay(progress: Progress, command: Delay, mark: Mark, limits: Limits) -> Progressed | No:
    if not command.reason.strip():
        return No(RequestCode.REASON_MISSING)
    if command.until <= mark.at:
        return No(RequestCode.DELAY_NOT_LATER)
    if command.until - mark.at > limits.longest_delay:
        return no(RequestCode.DELAY_TOO_LONG, days=str(limits.longest_delay.days))
    promise = Promise(command.until, command.reason, mark)
    delayed = replace(progress, promises=(*progress.promises, promise), stage=State.DELAYED)
    return delayed, Event(
        Kind.DELAYED, progress.addressee, mark, until=command.until, reason=command.reason
    )


def _answer(progress: Progress, answer: str, mark: Mark) -> Progressed | No:
    part = next((one for one in progress.answers if one.answer == answer), None)
    if part is not None:
        return no(RequestCode.SENT_IN_PART, by=name_for(mark.by, part.mark.by))
    answers = (*progress.answers, SentAnswer(answer, mark))
    answered = replace(progress, answers=answers, end=End(State.ANSWERED, mark))
    return answered, Event(Kind.ANSWERED, progress.addressee, mark, message=answer)
