"""What follows when words of a request were carried, or could not be: the course goes on.

The gate has judged them, in its own transaction; this is the next. What dies in between is done
again: the homeserver knows the transaction, and each of these deeds is done once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from rilon.application import request_proposals as proposals
from rilon.application.ports import NewEffect, Unsure
from rilon.application.request_changes import Around, look, say, store
from rilon.application.request_policy import entitled
from rilon.application.request_ports import DutyChanges, Locked, NoChanges, Store
from rilon.application.request_sources import still_said
from rilon.application.request_tellings import not_carried
from rilon.application.request_values import Place, Role, Words, WordsKind, WordsState
from rilon.domain.request_rules import decide
from rilon.domain.request_steps import (
    Already,
    Changed,
    Deliver,
    Entitlement,
    May,
    NotDelivered,
    Outcome,
)
from rilon.domain.requests import STEWARD, Actor
from rilon.domain.verdicts import Code
from rilon.policy.duty import on_duty
from rilon.policy.network import Network

_SERVES = frozenset({Entitlement.SERVE})
_SPEAKS = frozenset({Entitlement.ASK, Entitlement.HANDLE, Entitlement.ANSWER})


class Carried:
    """The deeds after the post."""

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

    async def may_go(self, words_id: str) -> Words | None:
        """The words, if they are still to be posted. What was overtaken (withdrawn, refused,
        answered by another) or taken back before it could go is dropped, and its author is told."""
        around = await self._around()
        words = await self._requests.words(words_id)
        if words is None or words.state is not WordsState.SENDING or words.text is None:
            return None
        async with self._requests.locked(words.request) as one:
            if one is None:
                return None
            outcome = self._outcome(one, words, around)
            progress = one.standing.course.of(words.addressee)
            code = _kept_back(words)
            open_still = progress is not None and progress.end is None
            if code is None and words.kind is not WordsKind.QUESTION:
                code = None if await still_said(one, words) else Code.TOO_LATE.value
            if isinstance(outcome, Changed) and open_still and code is None:
                return words
            await one.set_words(words.id, WordsState.DROPPED)
            if words.kind is not WordsKind.QUESTION:
                over = "overtaken" if isinstance(outcome, Already) else "request_over"
                code = code if open_still and code else over
                told = not_carried(words, code, {})[:1]
                await say(one, told, one.standing.course, f"overtaken-{words.id}")
        return None

    async def carried(self, words_id: str, event_id: str) -> None:
        """They stand in the other side's room under that event."""
        words = await self._requests.words(words_id)
        if words is None:
            return
        around = await self._around()
        async with self._requests.locked(words.request) as one:
            if one is None or not await one.first_time(f"carried-{words_id}"):
                return
            card = words.kind is WordsKind.QUESTION
            role = Role.CARD if card else Role.WORDS
            place = Place(words.request, words.addressee, role, words.room, words.id)
            await one.place(event_id, place)
            if words.state is WordsState.SENDING:
                # The gate settles it with its verdict; where it didn't, the text goes here.
                await one.set_words(words.id, WordsState.SENT)
            outcome = self._outcome(one, words, around)
            came = None
            if card:
                came = (words.addressee, event_id, await self._unattended(words, one, around))
            if not isinstance(outcome, Changed):
                # Overtaken between the gate and here. It stands there; nothing else changes.
                if came is not None:
                    # Somebody was quicker with its number. What follows is told under the card.
                    course = one.standing.course
                    await one.put(
                        course, [look(one, course, words.addressee, around, came)], around.now
                    )
                return
            once = f"carried-{words.id}"
            await store(one, outcome, around, once, words=words, card=came)
            if came is not None and came[2]:
                # Nobody is on duty there: whoever stands in is asked now, not at the next beat.
                await one.write([_due_now(words)])

    async def not_carried(self, words_id: str, code: str, parameters: dict[str, str]) -> None:
        """They were refused where they were to go. Nobody got them, and both sides know."""
        words = await self._requests.words(words_id)
        if words is None:
            return
        around = await self._around()
        async with self._requests.locked(words.request) as one:
            if one is None or not await one.first_time(f"not-carried-{words_id}"):
                return
            overtaken = words.state is WordsState.DROPPED
            if words.state is not WordsState.REFUSED and not overtaken:
                await one.set_words(words.id, WordsState.REFUSED, code=code)
            request = one.standing.course.request
            if request.requester_hidden and not words.kind.to_desk:
                parameters = {}
            told = not_carried(words, "request_over" if overtaken else code, parameters)
            if overtaken:
                told = () if words.kind is WordsKind.QUESTION else told[:1]
            await say(one, told, one.standing.course, f"not-carried-{words.id}")
            if words.kind is WordsKind.QUESTION:
                await self._never_reached(one, words, around)

    async def _never_reached(self, one: Locked, words: Words, around: Around) -> None:
        """A request that can't get into a desk is over there. It never silently ages."""
        course = one.standing.course
        outcome = decide(course, NotDelivered(words.addressee), STEWARD, _SERVES, around.now)
        if isinstance(outcome, Changed):
            await store(one, outcome, around, f"never-reached-{words.id}")

    def _outcome(self, one: Locked, words: Words, around: Around) -> Outcome:
        """What having sent the words is, at the time at which it was decided."""
        course = one.standing.course
        if words.kind is WordsKind.QUESTION:
            return decide(course, Deliver(words.addressee), STEWARD, _SERVES, around.now)
        party = course.request.party if words.kind.to_desk else words.addressee
        by = Actor(words.by or "", party)
        may = self._may(by, course.request.group, around)
        return decide(course, proposals.command_of(words), by, may, words.decided_at or around.now)

    def _may(self, by: Actor, group: str, around: Around) -> May:
        """Entitled when it was decided; who left since has spoken all the same, once the gate has
        let the words in. Before that the gate asks whether their author is still here."""
        officer = around.network.officers.get(by.officer)
        now = entitled(officer, group, around.network, around.now.date()) if officer else None
        return now or _SPEAKS

    async def _unattended(self, words: Words, one: Locked, around: Around) -> bool:
        group = one.standing.course.request.group
        changes = await self._duty.changes()
        return not on_duty(words.addressee, around.now, around.network, changes, group=group)

    async def _around(self) -> Around:
        network = await self._policy()
        if network is None:
            raise Unsure("no policy in force")
        return Around(network, self._now(), self._salt)


def _due_now(words: Words) -> NewEffect:
    """The effect that the next beat would write, named by what brought it about. Done twice it is
    done once: what was done is kept under the request's lock."""
    return NewEffect(
        "request_due",
        f"request {words.request} {words.addressee}",
        {"request": words.request, "addressee": words.addressee},
        once=f"request-due-at-once-{words.id}",
    )


def _kept_back(words: Words) -> str | None:
    """Why words whose ✅ stands don't go, though their request is open: the code of the reason."""
    if words.taken_back and words.kind is not WordsKind.QUESTION:
        return "taken_back"
    # 🕶️ after the preview hides the officer of a file that was fit before.
    tells = words.hidden and words.file is not None and not words.file.plain
    return "file_tells_who" if tells else None
