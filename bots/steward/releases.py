"""Releases: asking for one, the answers of the desks, and the end.

Whom to ask is `rilon.application.release`; what it comes to, `bots.steward.release_question`;
what stands in the desks meanwhile, `bots.steward.release_desk`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bots.steward.means import or_not_yet
from bots.steward.performer import NotYet, Perform
from bots.steward.release_question import ReleaseQuestions, read_marking
from rilon.application import cards, release_steps
from rilon.application.choices import Choice, ChoiceKind
from rilon.application.consents import (
    agreed_part,
)
from rilon.application.held import HELD_FOR, Consent, Held, Outcome
from rilon.application.ports import DueEffect, NewEffect
from rilon.application.quotation import Quotation
from rilon.application.record import held_entry, release_entry
from rilon.application.release import Asking, asking_of
from rilon.domain import marking_text
from rilon.domain.entries import EntryKind
from rilon.domain.markings import Marking, take_effect
from rilon.domain.officers import name_of
from rilon.domain.rooms import Room
from rilon.domain.verdicts import Code, Refuse
from rilon.policy.network import Network
from rilon.policy.release import may_release
from rilon.storage.held import Choosing as UnderLock
from rilon.storage.releases import ReleaseStore, Request

Json = dict[str, Any]
Told = tuple[str, dict[str, str]]


class Releases:
    """The steward's deeds with requests for release."""

    def __init__(
        self,
        store: ReleaseStore,
        quotation: Quotation,
        network: Callable[[], Awaitable[Network | None]],
        now: Callable[[], datetime],
        salt: Callable[[], bytes],
    ) -> None:
        self._store = store
        self._questions = ReleaseQuestions(quotation)
        self._network = or_not_yet(network)
        self._now = now
        self._salt = salt

    def by_kind(self) -> dict[str, Perform]:
        """Their kinds of effect."""
        return {"consent": self.consent}

    # --- asking ------------------------------------------------------------------------------

    async def ask(self, one: UnderLock, place: int, network: Network, now: datetime) -> None:
        """The sender taps: the own party's consent is given, the others are asked. The sources
        are looked up again, since some time has passed."""
        held, choice = one.held, one.held.choices[place]
        room, text = network.rooms.get(choice.room), held.text
        officer = network.officers.get(name_of(held.sender))
        request = await self._store.under(one)
        if room is None or officer is None or text is None:
            await self._refused(request, Code.ROOM_NOT_GOVERNED, network, now)
            return
        question = await self._questions.question(request, text, room, network, now)
        written = read_marking(choice.own, network, now)
        asking = asking_of(text, written, question, network)
        if asking is None:
            # Nothing stands in the way any more.
            as_it_is = replace(choice, kind=ChoiceKind.SEND_AS)
            await request.ask((), held.expires_at, place, as_it_is)
            await one.enter(held_entry(held, choice.kind.value, network, now, self._salt()))
            await one.write([cards.relay(held)])
        elif choice.kind is ChoiceKind.ASK_RELEASE and asking.asked and not asking.unfit:
            await self._ask(request, place, asking, network, now)
        elif not asking.asked and asking.fits:
            await self._release_here(request, place, asking, room, network, now)
        else:
            await self._refused(request, Code.ONWARD_NOT_ALLOWED, network, now)

    async def _ask(
        self, request: Request, place: int, asking: Asking, network: Network, now: datetime
    ) -> None:
        held, most = request.held, network.releases.most_asked
        if await request.asked_by_sender() >= most:
            # The card stays as it is: with one less to wait for, it can be tapped again.
            await request.write([release_steps.too_many(held, most)])
            return
        choice = replace(
            held.choices[place],
            marking=marking_text.write(asking.marking),
            asks=",".join(asking.asks),
        )
        until = release_steps.lapses_at(asking.marking, network, now)
        await request.ask(asking.consents, until, place, choice)
        await request.enter(held_entry(held, choice.kind.value, network, now, self._salt()))
        for one in asking.asked:
            await self._enter(EntryKind.RELEASE_ASKED, request, one, "asked", held.sender, network)
        await request.write(
            [*release_steps.asking(held, asking.asked, asking.fits), cards.asked(held)]
        )

    async def _release_here(
        self,
        request: Request,
        place: int,
        asking: Asking,
        room: Room,
        network: Network,
        now: datetime,
    ) -> None:
        held = request.held
        marking = marking_text.write(asking.marking)
        choice = replace(held.choices[place], kind=ChoiceKind.RELEASE_HERE, marking=marking)
        await request.ask(asking.consents, held.expires_at, place, choice)
        await request.enter(held_entry(held, choice.kind.value, network, now, self._salt()))
        for one in asking.consents:
            effective = take_effect(asking.marking, room.default, room.ceiling, one.party)
            await self._enter(
                EntryKind.RELEASE_GRANTED, request, one, "here", held.sender, network, effective
            )
        await request.write([cards.relay(held)])

    async def not_shown(self, held: Held, code: str | None) -> None:
        """The gate let it not into the desk: then nobody can be asked."""
        network, now = await self._network(), self._now()
        async with self._store.locked(held.identity, now) as request:
            if request is not None and request.held.outcome is None:
                await self._refused(request, Code(code or Code.RULE_FAILED), network, now)

    # --- answers -----------------------------------------------------------------------------

    async def consent(self, due: DueEffect) -> Json:
        """An answer of a desk: the first that counts decides, and whoever comes later is told.

        ATTACK: a tap by somebody whom policy doesn't entitle, two at once, a tap after the time.
        """
        card, by, now = str(due.payload["card_event_id"]), str(due.payload["by"]), self._now()
        network = await self._network()
        found = await self._store.of_card(card, now)
        if found is None:
            if await self._store.awaits_card(str(due.payload["desk"])):
                # The tap may be on a card that we sent, and hadn't noted when we died.
                raise NotYet(1.0)
            return {}
        _, asked = found
        async with self._store.locked(found[0].identity, now) as request:
            if request is None:
                return {}
            mine = next(one for one in request.consents if one.party == asked.party)
            problem = await self._answer(request, mine, due, network, now)
            if problem is not None:
                name, parameters = problem
                await request.write([release_steps.told(by, name, parameters, str(due.id))])
        return {}

    async def _answer(
        self, request: Request, mine: Consent, due: DueEffect, network: Network, now: datetime
    ) -> Told | None:
        """Carries the answer out; else what to tell who answered."""
        by, held = str(due.payload["by"]), request.held
        officer, today = network.officers.get(name_of(by)), now.astimezone(UTC).date()
        entitled = (
            officer is not None
            and officer.name in network.members(mine.desk or "")
            and may_release(network.releases, officer, mine.party, today)
            and await request.is_admitted(by)
        )
        if not entitled:
            return "release_not_entitled", {}
        if not release_steps.is_open(held, mine):
            return "release_answered", {}
        if not due.payload["grants"]:
            answer = replace(mine, state="declined", by=by)
            await request.answered(answer, now)
            await self._end(request, Outcome.DECLINED, network, now, declined_by=answer)
            return None
        return await self._grant(request, mine, due, network, now)

    async def _grant(
        self, request: Request, mine: Consent, due: DueEffect, network: Network, now: datetime
    ) -> Told | None:
        held = request.held
        choice, text, place = held.choice, held.text, held.place
        if choice is None or text is None or place is None:
            return "release_answered", {}
        if any(one.gone for one in request.consents):
            # ATTACK: a tap on a card that still stands, after the words were taken back.
            await self._refused(request, Code.SOURCE_RESTRICTED, network, now)
            return "release_gone", {}
        answer = _granted(mine, due, choice)
        room = network.rooms.get(held.room_key)
        if room is None:
            return _unfit(held, answer, Code.ROOM_NOT_GOVERNED, network)
        consents = [answer if one.party == mine.party else one for one in request.consents]
        span = agreed_part(len(text.text), (one.part for one in consents))
        if span is None:
            return "release_parts", {}
        part = replace(text, text=text.text[span[0] : span[1]].strip())
        worked_out = await self._questions.marking_if(
            request, part, consents, answer, room, network, now
        )
        if isinstance(worked_out, Refuse):
            return _unfit(held, answer, worked_out.code, network)
        await request.answered(answer, now)
        step = "part" if answer.part else "marking" if due.payload["marking"] else "whole"
        effective = take_effect(worked_out, room.default, room.ceiling, mine.party)
        granted = EntryKind.RELEASE_GRANTED
        await self._enter(granted, request, answer, step, answer.by or "", network, effective)
        await request.write(release_steps.card_settled(held, [answer], "answered"))
        if all(one.is_given for one in consents):
            released = replace(
                choice, kind=ChoiceKind.RELEASED, marking=marking_text.write(worked_out)
            )
            await request.release(place, released, part, now + HELD_FOR)
            await request.write([cards.relay(held)])
        return None

    # --- the end -----------------------------------------------------------------------------

    async def withdraw(self, one: UnderLock, network: Network, now: datetime) -> None:
        """The sender takes the request back."""
        await self._end(await self._store.under(one), Outcome.WITHDRAWN, network, now)

    async def lapse(self, one: UnderLock, network: Network, now: datetime) -> None:
        """The time is up."""
        await self._end(await self._store.under(one), Outcome.LAPSED, network, now)

    async def told(self, held: Held, network: Network) -> list[NewEffect]:
        """What to say once the text was posted, or refused where it was to be posted."""
        consents = await self._store.consents(held.identity)
        asked = [one for one in consents if one.desk is not None]
        if not asked:
            return []
        room = _room_name(held.room_key, network)
        settled = release_steps.card_settled(held, asked, "ended")
        return [*settled, release_steps.ended(held, room)]

    async def named(self, held: Held) -> list[str]:
        """The parties that released the text, as far as they are to be named."""
        consents = await self._store.consents(held.identity)
        return [str(one.party) for one in consents if one.desk is not None and not one.unnamed]

    async def _refused(self, request: Request, code: Code, network: Network, now: datetime) -> None:
        """It can't be asked for any more."""
        await self._end(request, Outcome.REFUSED, network, now, code=code)

    async def _end(
        self,
        request: Request,
        outcome: Outcome,
        network: Network,
        now: datetime,
        *,
        declined_by: Consent | None = None,
        code: Code | None = None,
    ) -> None:
        """INVARIANT: with the outcome the text is gone, in one transaction with the entries."""
        held, asked = request.held, [one for one in request.consents if one.desk is not None]
        await request.choosing.settle(outcome, code.value if code else None)
        await request.enter(held_entry(held, outcome.value, network, now, self._salt()))
        for one in asked:
            step, by = outcome.value, held.sender if outcome is Outcome.WITHDRAWN else None
            if declined_by is not None and declined_by.party == one.party:
                by = declined_by.by
            elif one.state != "asked":
                continue
            elif declined_by is not None:
                step = "another_declined"
            await self._enter(EntryKind.RELEASE_DECLINED, request, one, step, by, network)
        done = replace(held, outcome=outcome, code=code.value if code else None)
        effects = [cards.settled(held), *release_steps.card_settled(held, asked, "ended")]
        if asked and outcome is not Outcome.WITHDRAWN:
            effects.append(release_steps.ended(done, _room_name(held.room_key, network)))
        await request.write(effects)

    async def _enter(
        self,
        kind: EntryKind,
        request: Request,
        consent: Consent,
        step: str,
        by: str | None,
        network: Network,
        marking: Marking | None = None,
    ) -> None:
        entry = release_entry(
            kind, request.held, consent, step, by, marking, network, self._now(), self._salt()
        )
        await request.enter(entry)


def _granted(mine: Consent, due: DueEffect, choice: Choice) -> Consent:
    """The party's consent as it was just given; without a marking, under the one of the choice."""
    begin, end = due.payload["begin"], due.payload["end"]
    return replace(
        mine,
        state="granted",
        marking=str(due.payload["marking"] or choice.marking),
        part=None if begin is None else (int(begin), int(end)),
        unnamed=bool(due.payload["unnamed"]) or mine.hidden,
        by=str(due.payload["by"]),
        admitted=True,
    )


def _unfit(held: Held, answer: Consent, code: Code, network: Network) -> Told:
    named = {"room": _room_name(held.room_key, network), "marking": answer.marking or ""}
    return "release_unfit", {**named, "code": code.value}


def _room_name(key: str, network: Network) -> str:
    room = network.rooms.get(key)
    return room.name if room else key
