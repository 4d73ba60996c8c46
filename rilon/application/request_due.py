"""What falls due by itself: reminders, escalation, closing; each exactly once, whatever dies.

Beat writes an effect where something is due (`rilon.storage.request_sweeps`), and so does a card
that comes to a desk where nobody is on duty; this decides, under the request's lock, what that is.
Keys of what was done are stored with what is said of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

from rilon.application.ports import Unsure
from rilon.application.request_changes import Around, look, say, store
from rilon.application.request_policy import coordinators, desk_officers, terms_for
from rilon.application.request_ports import DutyChanges, Locked, NoChanges, Store
from rilon.application.request_routing import on_duty_for
from rilon.application.request_tellings import Side, Telling, Told
from rilon.domain.parties import Party
from rilon.domain.request_course import Course, Progress
from rilon.domain.request_deadlines import Terms, acknowledge_by, answer_by
from rilon.domain.request_reminders import Level, Reminder, Step, due_step
from rilon.domain.request_rules import decide
from rilon.domain.request_steps import Changed, Close, Entitlement
from rilon.domain.requests import STEWARD, Request
from rilon.policy.duty import Standing as DutyStanding
from rilon.policy.duty import away, on_duty
from rilon.policy.duty_changes import DutyChange
from rilon.policy.network import Network


class Due:
    """Works off what is due."""

    def __init__(
        self,
        requests: Store,
        network: Callable[[], Awaitable[Network | None]],
        now: Callable[[], datetime],
        salt: Callable[[], bytes],
        duty: DutyChanges | None = None,
    ) -> None:
        self._requests = requests
        self._policy = network
        self._now = now
        self._salt = salt
        self._duty: DutyChanges = duty or NoChanges()

    async def work_off(self, request_id: str, addressee: Party) -> Step | None:
        """Does what is due with that addressee, if anything is."""
        network = await self._policy()
        if network is None:
            raise Unsure("no policy in force")
        around = Around(network, self._now(), self._salt)
        changes = await self._duty.changes()
        async with self._requests.locked(request_id) as one:
            progress = None if one is None else one.standing.course.of(addressee)
            if one is None or progress is None:
                return None
            course, addressed = one.standing.course, one.standing.addressed[addressee]
            terms = terms_for(course.request, addressee, network)
            step = due_step(
                progress, around.now, addressed.done, terms, unattended=addressed.unattended
            )
            done = addressed.done | frozenset(step.keys if step else ())
            if step is not None and step.reminder is Reminder.CLOSING:
                await self._close(one, course, addressee, done, around)
                return step
            await one.put(
                course, [look(one, course, addressee, around, done=(addressee, done))], around.now
            )
            if step is not None:
                told = told_of(
                    step,
                    course.request,
                    progress,
                    terms,
                    around,
                    changes,
                    unattended=addressed.unattended,
                )
                await say(one, told, course, f"due-{course.request.id}-{addressee}-{step.keys[-1]}")
            return step

    async def _close(
        self, one: Locked, course: Course, addressee: Party, done: frozenset[str], around: Around
    ) -> None:
        serves = frozenset({Entitlement.SERVE})
        outcome = decide(course, Close(None, addressee), STEWARD, serves, around.now)
        if isinstance(outcome, Changed):
            once = f"closing-{course.request.id}-{addressee}"
            await store(one, outcome, around, once, done=(addressee, done))


def told_of(
    step: Step,
    request: Request,
    progress: Progress,
    terms: Terms,
    around: Around,
    changes: Sequence[DutyChange],
    *,
    unattended: bool = False,
) -> tuple[Told, ...]:
    """Who is reminded, or asked, of what."""
    here, number = progress.addressee, str(request.number)
    parameters = {"number": number, "summary": "yes" if step.is_summary else "no"}
    if step.reminder is not None:
        parameters["reminder"] = step.reminder.value
    if step.percent is not None:
        parameters["percent"] = str(step.percent)
    if step.escalation is not None:
        parameters["escalation"] = step.escalation.value
        if unattended and step.escalation is Level.DEPUTY:
            parameters["unattended"] = "yes"
    for name, at in (
        ("acknowledge_by", acknowledge_by(progress, terms)),
        ("answer_by", answer_by(progress, terms)),
    ):
        if at is not None:
            parameters[name] = at.isoformat()
    if step.reminder is Reminder.CLARIFICATION:
        return (Told(Side.REQUESTER, Telling.REMINDER, here, parameters, (request.officer,)),)
    mention = reached(step, request, progress, around, changes)
    desk = Told(Side.DESK, Telling.REMINDER, here, parameters, mention)
    if step.escalation is not Level.COORDINATOR:
        return (desk,)
    late = {"number": number, "addressee": str(here)}
    late |= {k: v for k, v in parameters.items() if k.endswith("_by")}
    # ATTACK: the coordination room has readers of every party. Each coordinator is told alone.
    aside = replace(desk, side=Side.OFFICER, text=Telling.ESCALATED, parameters=late)
    told = coordinators(request.group, around.network, around.now.date())
    return desk, *(replace(aside, mention=(name,)) for name in told)


def reached(
    step: Step,
    request: Request,
    progress: Progress,
    around: Around,
    changes: Sequence[DutyChange],
) -> tuple[str, ...]:
    """Whose telephones ring: who has it; else who is on duty; with escalation the deputies, then
    the whole desk. Nobody is rung who is away, unless nobody else is left."""
    here, network, now = progress.addressee, around.network, around.now
    everybody = desk_officers(here, request.group, network, now.date())
    gone = away(here, now, network, changes)
    present = tuple(one for one in everybody if one not in gone) or everybody
    if step.escalation in (Level.DESK, Level.COORDINATOR):
        return present
    if step.escalation is Level.DEPUTY:
        duty = on_duty(here, now, network, changes, group=request.group)
        standing_in = tuple(one.officer for one in duty if one.standing is DutyStanding.DEPUTY)
        info = network.parties.get(here)
        named = tuple(one for one in info.duty.deputies if one not in gone) if info else ()
        return standing_in or named[:1] or present
    if progress.assignment is not None and progress.assignment.to not in gone:
        return (progress.assignment.to,)
    return on_duty_for(request, here, now, network, changes) or present
