"""The exchange in which a report is written, in the thread of an officer's `!report`.

Which question comes next is `rilon.reports.guided`'s. Killed anywhere, it goes on where it was:
each event changes the stored state once, and each state says its question once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from bots.steward.deeds import Deeds
from bots.steward.hearing import Heard
from bots.steward.mailer import message
from bots.steward.means import or_not_yet
from bots.steward.performer import NotYet
from bots.steward.report_deeds import ReportDeeds
from bots.steward.saying import Said as Answer
from bots.steward.saying import in_thread
from rilon.application.asking import mended
from rilon.application.membership import direct_room_key
from rilon.application.ports import DueEffect, NewEffect
from rilon.application.report_asking import asked, setting_of
from rilon.application.report_policy import (
    OWN_ROOMS,
    groups_to_report,
    joined,
    marking_of_report,
    problem_of,
)
from rilon.domain.markings import Marking
from rilon.domain.officers import Officer, name_of
from rilon.domain.request_mistakes import Misread as MarkingMisread
from rilon.domain.request_text import Unmarked, without_marking
from rilon.domain.rooms import Room
from rilon.policy.askers import asker_of
from rilon.policy.network import Group, Network
from rilon.reports.commands import Order, read_order
from rilon.reports.guided import (
    Exchange,
    Setting,
    Step,
    begin,
    signs,
    tapped,
    written,
)
from rilon.reports.mistakes import Misread
from rilon.reports.reading import read_partly
from rilon.storage.report_exchanges import ReportExchanges, Talk, question_effect
from rilon.storage.reports import ReportStore
from rilon.storage.rooms import RoomStore
from rilon.texts import report_questions as texts
from rilon.texts.rendering import Text, text
from rilon.texts.report_mistakes import mistake
from rilon.texts.translator import Translator, translator

Json = dict[str, Any]


class ReportWriting:
    """Exchanges about reports, from `!report` to the report that is filed."""

    def __init__(
        self,
        exchanges: ReportExchanges,
        store: ReportStore,
        reports: ReportDeeds,
        rooms: RoomStore,
        deeds: Deeds,
        network: Callable[[], Awaitable[Network | None]],
        now: Callable[[], datetime],
    ) -> None:
        self._exchanges = exchanges
        self._store = store
        self._reports = reports
        self._rooms = rooms
        self._deeds = deeds
        self._network = or_not_yet(network)
        self._now = now

    # --- which exchange ----------------------------------------------------------------------

    async def of(self, one: Heard) -> tuple[Talk | None, Step | None]:
        """The officer's exchange that the words are in, and the step whose question was chosen to
        be answered."""
        for event in (one.answers, one.root):
            if event is None:
                continue
            found = await self._exchanges.question(event)
            if found is not None:
                talk = await self._exchanges.of_id(found[0], self._now())
                if talk is not None and talk.sender == one.sender:
                    return talk, found[1] if event == one.answers else None
            talk = await self._exchanges.of_thread(one.sender, event, self._now())
            if talk is not None:
                return talk, None
        if one.root is None and one.answers is None:
            return await self._exchanges.open_in(one.sender, one.room, self._now()), None
        return None, None

    # --- what is said ------------------------------------------------------------------------

    async def begin(
        self, order: Order, one: Heard, officer: Officer, room: Room, network: Network
    ) -> Answer | None:
        t, root = translator(officer.language), one.root or one.event_id
        groups = groups_to_report(officer, room.group, network, day_of(one.at))
        if not groups:
            return Answer(texts.may_not(t), direct_room_key(officer.name))
        apart = self.apart(one, officer, groups[0], network)
        if isinstance(apart, Text):
            return Answer(apart, one.room, root)
        chosen = groups[0].key if len(groups) == 1 else ""
        marking = marking_of_report(apart.marking, groups[0].key, officer.party, network)
        if problem := problem_of(marking):
            return Answer(mistaken(t, problem), one.room, root)
        setting = setting_of(officer, groups, network, one.at)
        said, wrong = read_partly(order.rest, setting.reader)
        state = begin(said, apart.marking, chosen)
        await self._exchanges.begin(
            one.sender, one.room, root, state, _told(wrong), one.event_id, self._now()
        )
        return None

    def apart(
        self, one: Heard, officer: Officer, group: Group, network: Network
    ) -> Unmarked | Text:
        """The words and the marking above them; or what is wrong with the marking."""
        asker = asker_of(officer, group, network, day_of(one.at))
        apart = without_marking(one.body, asker)
        if isinstance(apart, MarkingMisread):
            return mended(translator(officer.language), apart, asker)
        return apart

    async def goes_on(
        self,
        talk: Talk,
        before: Exchange,
        one: Heard,
        officer: Officer,
        network: Network,
        at: Step | None,
    ) -> Answer | None:
        """Words in an exchange; `at` is the step of the question that they answer, if one was
        chosen."""
        groups = self._groups(talk, one, officer, network)
        if not groups:
            return Answer(
                texts.may_not(translator(officer.language)), direct_room_key(officer.name)
            )
        apart = self.apart(one, officer, groups[0], network)
        if isinstance(apart, Text):
            return Answer(apart, talk.room, talk.root)
        order = read_order(apart.text)
        words = apart.text if order is None else order.rest
        after = written(before, words, setting_of(officer, groups, network, one.at), at)
        if not isinstance(after, Misread) and apart.marking is not None:
            after = replace(after, marking=joined(before.marking, apart.marking))
            marking = marking_of_report(
                after.marking, after.group or groups[0].key, officer.party, network
            )
            after = problem_of(marking) or after
        return await self._put(talk, before, after, one, officer, network)

    async def tapped(
        self, one: Heard, target: str, officer: Officer, network: Network
    ) -> Answer | None:
        """A tap on a question. Only the officer's own taps count."""
        found = await self._exchanges.question(target)
        talk = None if found is None else await self._exchanges.of_id(found[0], self._now())
        if found is None or talk is None or talk.sender != one.sender or talk.state is None:
            return None
        groups = self._groups(talk, one, officer, network)
        if not groups:
            return None
        setting = setting_of(officer, groups, network, one.at)
        after = tapped(talk.state, found[1], one.key, setting)
        return await self._put(talk, talk.state, after, one, officer, network)

    def _groups(
        self, talk: Talk, one: Heard, officer: Officer, network: Network
    ) -> tuple[Group, ...]:
        """The groups in which it may be filed still; none once the officer has left the one that
        was chosen, or that one has ended."""
        room = network.rooms.get(talk.room)
        groups = groups_to_report(officer, room.group if room else "-", network, day_of(one.at))
        chosen = talk.state.group if talk.state is not None else ""
        return groups if not chosen or chosen in {group.key for group in groups} else ()

    async def _put(
        self,
        talk: Talk,
        before: Exchange,
        after: Exchange | Misread,
        one: Heard,
        officer: Officer,
        network: Network,
    ) -> Answer | None:
        """Keeps what came of an answer; files it, if that was the answer."""
        told = _told(after if isinstance(after, Misread) else None)
        state = before if isinstance(after, Misread) else after
        async with self._exchanges.locked(talk.id, self._now()) as locked:
            if locked is None or locked.talk.revision != talk.revision:
                return None
            if not await locked.first_time(one.event_id):
                return None
            if state.step is Step.DISCARDED:
                await locked.put(None, self._now())
                t = translator(officer.language)
                return Answer(text(texts.question(t, Step.DISCARDED.value)), talk.room, talk.root)
            if state.step is Step.FILE:
                outcome = await self._reports.file(locked, before, officer, network)
                if outcome is None:
                    return None
                told, state = _told(outcome), before
            effects = self._says(talk, before, state, told)
            says = told is None and one.target is None
            event = one.event_id if says else None
            await locked.put(state, self._now(), told, effects, event)
        return None

    def _says(
        self, talk: Talk, before: Exchange, state: Exchange, told: Mapping[str, str] | None
    ) -> tuple[NewEffect, ...]:
        moved = state.step is not before.step
        preview = state.step is Step.PREVIEW and state != before
        if told is None and not moved and not preview:
            return ()
        updates = told is None and not moved
        return (
            question_effect(talk.id, talk.sender, talk.revision + 1, state.step, updates=updates),
        )

    # --- what is asked -----------------------------------------------------------------------

    async def ask(self, due: DueEffect) -> Json:
        """Says what a state of an exchange is to say: what was wrong, and its question."""
        payload = due.payload
        step, revision = Step(payload["step"]), int(payload["revision"])
        network, now = await self._network(), self._now()
        talk = await self._exchanges.of_id(int(payload["exchange"]), now)
        if talk is None:
            return {}
        officer = network.officers.get(name_of(talk.sender))
        current = talk.state if talk.revision == revision else None
        if current is not None and current.group and current.group not in network.groups:
            current = None
        if due.wire is not None:
            event_id = await self._deeds.post(due, str(due.wire["room_id"]), {})
        elif current is None or officer is None:
            # The officer was quicker, or it is over: a later state says its own.
            return {}
        else:
            event_id = await self._question(due, talk, current, officer, network)
        offered: tuple[str, ...] = ()
        if current is not None and officer is not None and not payload["updates"]:
            offered = signs(current, self._setting(talk, officer, network))
        once = str(payload["once"])
        effects = [
            NewEffect(
                "react",
                talk.sender,
                {"on": once, "to": talk.room, "key": sign},
                once=f"{once}-{place}",
            )
            for place, sign in enumerate(offered)
        ]
        await self._exchanges.asked(talk.id, revision, step, event_id, effects)
        return {"event_id": event_id}

    async def _question(
        self, due: DueEffect, talk: Talk, state: Exchange, officer: Officer, network: Network
    ) -> str:
        t, marking = translator(officer.language), None
        if state.step is Step.PREVIEW:
            marking = await self._marking(talk, state, officer, network)
        setting = self._setting(talk, officer, network)
        replaces = None
        if due.payload["updates"]:
            replaces = await self._exchanges.asked_last(talk.id, state.step)
        said = asked(t, state, marking, talk.told, setting, network)
        return await self.post(due, said, talk.room, talk.root, replaces)

    async def _marking(
        self, talk: Talk, state: Exchange, officer: Officer, network: Network
    ) -> Marking:
        every = await self._store.spoken(talk.events)
        return marking_of_report(
            state.marking, state.group, officer.party, network, talk.events, every
        )

    def _setting(self, talk: Talk, officer: Officer, network: Network) -> Setting:
        now = self._now()
        room = network.rooms.get(talk.room)
        groups = groups_to_report(officer, room.group if room else "-", network, day_of(now))
        return setting_of(officer, groups, network, now)

    async def post(
        self, due: DueEffect, said: Text, room: str, root: str | None, replaces: str | None = None
    ) -> str:
        """Says a text in a room, in a thread, or in place of an earlier one; its event."""
        room_id = await self._rooms.room_id(room)
        if room_id is None:
            raise NotYet
        content = message(said, [], replaces)
        if replaces is None and root is not None:
            content["m.relates_to"] = in_thread(root)
        return await self._deeds.post(due, room_id, content)


def is_own(room: Room, sender: str) -> bool:
    """Whether the room is the officer's own party's, or the officer's direct room."""
    return room.kind in OWN_ROOMS or room.key == direct_room_key(name_of(sender))


def day_of(now: datetime) -> date:
    """The day of that moment, UTC."""
    return now.astimezone(UTC).date()


def _told(wrong: Misread | None) -> Mapping[str, str] | None:
    """A mistake as it is sealed with the exchange."""
    return None if wrong is None else {"code": wrong.code.value, **wrong.parameters}


def mistaken(t: Translator, wrong: Misread) -> Text:
    """A mistake by itself."""
    return text([mistake(t, wrong.code.value, wrong.parameters)])
