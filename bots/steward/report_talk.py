"""What officers say of reports: `!report`, the exchange in its thread, corrections, `!reports`.

The exchange is `bots.steward.report_writing`'s, what is done with a report
`bots.steward.report_deeds`'. Each event is worked off once, whatever dies on the way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from bots.steward.deeds import Deeds
from bots.steward.hearing import Heard, opened, to_work_off, unmarked, what_is_said
from bots.steward.means import or_not_yet
from bots.steward.performer import Perform
from bots.steward.report_deeds import NoReport, ReportDeeds, answered_in
from bots.steward.report_writing import ReportWriting, day_of, is_own, mistaken
from bots.steward.saying import Said as Answer
from rilon.application.commands import Command, read_command
from rilon.application.membership import direct_room_key
from rilon.application.ports import DueEffect, NewEffect, Safe
from rilon.application.report_asking import setting_of
from rilon.application.report_policy import (
    groups_to_report,
)
from rilon.application.report_values import Kept
from rilon.domain.acts import Act
from rilon.domain.desk_commands import opens_like_a_command
from rilon.domain.marking_text import write_effective
from rilon.domain.officers import Officer, name_of
from rilon.domain.parties import RSO
from rilon.domain.reports import ReportNumber
from rilon.domain.rooms import Room
from rilon.policy.network import Network
from rilon.reports.commands import Deed, Order, read_order
from rilon.reports.mistakes import Misread, Wrong
from rilon.reports.reading import Said, read_partly
from rilon.reports.shown import headline, lines, summary
from rilon.storage.effects import Effects
from rilon.storage.report_exchanges import ReportExchanges
from rilon.texts import report_questions as texts
from rilon.texts.rendering import Line, Text
from rilon.texts.translator import Translator, translator
from rilon.wire.envelope import Envelope

Json = dict[str, Any]
KIND = "report_heard"


class ReportTalk:
    """Hears what is said of reports, and works it off."""

    def __init__(
        self,
        exchanges: ReportExchanges,
        writing: ReportWriting,
        reports: ReportDeeds,
        effects: Effects,
        deeds: Deeds,
        safe: Safe,
        network: Callable[[], Awaitable[Network | None]],
        now: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        self._exchanges = exchanges
        self._writing = writing
        self._reports = reports
        self._effects = effects
        self._deeds = deeds
        self._safe = safe
        self._network = or_not_yet(network)
        self._now = now
        self._wake = wake

    def by_kind(self) -> dict[str, Perform]:
        """Their kinds of effect."""
        return {KIND: self.work_off, "report_asked": self._writing.ask, "report_told": self.tell}

    # --- hearing -----------------------------------------------------------------------------

    async def heard(
        self, act: Act, envelope: Envelope, room: Room, network: Network
    ) -> list[NewEffect]:
        """The effect that looks into it, if it is about a report."""
        one = what_is_said(act, envelope, room, self._now())
        if one is None or not await self._is_ours(one, room, network):
            return []
        return [to_work_off(KIND, one.sender, one, self._safe)]

    async def _is_ours(self, one: Heard, room: Room, network: Network) -> bool:
        if one.target is not None:
            return await self._exchanges.question(one.target) is not None
        if read_order(unmarked(one.body, network, one.at)) is not None:
            return True
        if not is_own(room, one.sender):
            return False
        if opens_like_a_command(one.body, network.vocabulary, day_of(one.at)):
            # INVARIANT: another command is never taken for an answer, whatever is open.
            return False
        if one.root is not None or one.answers is not None:
            talk, _ = await self._writing.of(one)
            return talk is not None and talk.state is not None
        if isinstance(read_command(one.body), Command):
            return False
        talk = await self._exchanges.open_in(one.sender, one.room, one.at)
        return talk is not None and room.key == direct_room_key(name_of(one.sender))

    # --- working off -------------------------------------------------------------------------

    async def work_off(self, due: DueEffect) -> Json:
        """Works off one message or tap. Its words are erased once that is done."""
        result: Json = {}
        if due.wire is not None:
            result = {"event_id": await self._deeds.post(due, str(due.wire["room_id"]), {})}
        else:
            one = opened(due, self._safe)
            said = None if one is None else await self._listen(one)
            self._wake()
            if said is not None:
                result = {"event_id": await self._say(due, said)}
        await self._effects.erase(due, "sealed")
        await self._exchanges.sweep(self._now())
        self._wake()
        return result

    async def _listen(self, one: Heard) -> Answer | None:
        network = await self._network()
        officer, room = network.officers.get(one.name), network.rooms.get(one.room)
        if officer is None or room is None:
            return None
        if one.target is not None:
            return await self._writing.tapped(one, one.target, officer, network)
        order = read_order(unmarked(one.body, network, one.at))
        if order is not None and order.deed is Deed.LIST:
            return Answer(await self._list(officer, network), direct_room_key(officer.name))
        if order is not None and (order.number or order.unclear or order.deed is Deed.WITHDRAW):
            return await self._about(order, one, officer, network)
        own = is_own(room, one.sender)
        talk, step = await self._writing.of(one) if own else (None, None)
        in_thread_of_it = one.root is not None or one.answers is not None
        if talk is not None and talk.state is not None and (order is None or in_thread_of_it):
            return await self._writing.goes_on(talk, talk.state, one, officer, network, step)
        if order is None:
            return None
        if not own:
            text_ = texts.where_to_write(translator(officer.language))
            return Answer(text_, direct_room_key(officer.name))
        if in_thread_of_it:
            root = one.root or one.answers
            kept = await self._reports.in_thread(one.room, root, officer, network)
            if kept is not None:
                return await self._about(replace(order, number=kept.number), one, officer, network)
        return await self._writing.begin(order, one, officer, room, network)

    # --- one report --------------------------------------------------------------------------

    async def _about(
        self, order: Order, one: Heard, officer: Officer, network: Network
    ) -> Answer | None:
        """A report that is named: shown, corrected, or withdrawn."""
        t, root = translator(officer.language), one.root or one.answers
        number = order.number
        if order.unclear:
            wrong = Misread(Wrong.NUMBER_UNCLEAR, found=order.unclear)
            return self._here(mistaken(t, wrong), one, officer, network)
        if number is None:
            kept = await self._reports.in_thread(one.room, root, officer, network)
            number = kept.number if kept else None
        if number is None:
            return self._here(texts.which_report(t), one, officer, network)
        if order.deed is Deed.WITHDRAW:
            gone = await self._reports.withdraw(number, one, officer, network)
            return self._none(gone, number, one, officer, network)
        if not order.rest:
            shown = await self._reports.shown(number, officer, network)
            if isinstance(shown, NoReport):
                return self._none(shown, number, one, officer, network)
            return Answer(self._report(t, shown, network), direct_room_key(officer.name))
        return await self._correct(number, order, one, officer, network)

    async def _correct(
        self, number: ReportNumber, order: Order, one: Heard, officer: Officer, network: Network
    ) -> Answer | None:
        t = translator(officer.language)
        groups = groups_to_report(officer, "", network, day_of(one.at))
        if not groups:
            return self._here(texts.may_not(t), one, officer, network)
        apart = self._writing.apart(one, officer, groups[0], network)
        if isinstance(apart, Text):
            return self._here(apart, one, officer, network)
        reader = setting_of(officer, groups, network, one.at).reader
        said, wrong = read_partly(order.rest, reader)
        if wrong is None and said == Said():
            wrong = Misread(Wrong.EMPTY)
        outcome: Misread | NoReport | None = wrong
        if wrong is None:
            outcome = await self._reports.correct(
                number, said, apart.marking, one, officer, network
            )
        if isinstance(outcome, Misread):
            return self._here(mistaken(t, outcome), one, officer, network)
        return self._none(outcome, number, one, officer, network)

    def _none(
        self,
        outcome: NoReport | None,
        number: ReportNumber,
        one: Heard,
        officer: Officer,
        network: Network,
    ) -> Answer | None:
        if outcome is None:
            return None
        return self._here(
            texts.no_such(translator(officer.language), number), one, officer, network
        )

    def _report(self, t: Translator, kept: Kept, network: Network) -> Text:
        if kept.report is None:
            return texts.withdrawn(t, kept.number)
        marking = write_effective(kept.report.marking)
        body = [headline(t, kept.report).strong(), *lines(t, kept.report.said, network.gazetteer)]
        return texts.shown(t, body, marking)

    async def _list(self, officer: Officer, network: Network) -> Text:
        t = translator(officer.language)
        own, others = await self._reports.listed(officer, network)

        def entry(kept: Kept) -> Line:
            said = kept.report
            party = "" if kept.party == officer.party else kept.party
            short = None if said is None else summary(t, said.said, network.gazetteer)
            return texts.entry(t, kept.number, short, party)

        return texts.list_of(t, [entry(one) for one in own], [entry(one) for one in others])

    # --- saying ------------------------------------------------------------------------------

    async def tell(self, due: DueEffect) -> Json:
        """Says what became of a report: to its officer, or to the RSO's analysts."""
        if due.wire is not None:
            return {"event_id": await self._deeds.post(due, str(due.wire["room_id"]), {})}
        payload, network = due.payload, await self._network()
        what, number = str(payload["told"]), ReportNumber(payload["number"])
        if payload["sender"] is None:
            t = translator(network.parties[RSO].languages[0])
            said: Text | None = texts.gone(t, number, str(payload["party"]))
        else:
            said = await self._told_officer(what, number, str(payload["sender"]), network)
        if said is None:
            return {}
        event_id = await self._writing.post(due, said, str(payload["to"]), payload.get("root"))
        return {"event_id": event_id}

    async def _told_officer(
        self, what: str, number: ReportNumber, sender: str, network: Network
    ) -> Text | None:
        officer = network.officers.get(name_of(sender))
        if officer is None:
            return None
        t = translator(officer.language)
        if what == "filed":
            return texts.filed(t, number)
        if what == "withdrawn":
            return texts.withdrawn(t, number)
        kept = await self._reports.shown(number, officer, network)
        if isinstance(kept, NoReport) or kept.report is None:
            return None
        body = lines(t, kept.report.said, network.gazetteer)
        return texts.corrected(t, body, write_effective(kept.report.marking))

    def _here(self, said: Text, one: Heard, officer: Officer, network: Network) -> Answer:
        return Answer(said, *answered_in(one, officer, network))

    async def _say(self, due: DueEffect, said: Answer) -> str:
        return await self._writing.post(due, said.text, said.room, said.root)
