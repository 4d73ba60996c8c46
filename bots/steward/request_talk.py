"""What officers say of requests, worked off: each becomes a deed, or an answer.

Which deed a word means is decided here (a tap: `bots.steward.request_taps`); whether it may be
done, and what follows, is `rilon.application.requests`. Each event is worked off once, whatever
dies on the way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from bots.steward.closing_talk import closed_unrated
from bots.steward.deeds import Deeds
from bots.steward.drafts import Drafts
from bots.steward.guided_talk import GuidedTalk
from bots.steward.hearing import Heard, opened, unmarked
from bots.steward.mailer import message
from bots.steward.means import or_not_yet
from bots.steward.people_talk import PeopleTalk
from bots.steward.performer import NotYet, Perform
from bots.steward.proposing import Proposing
from bots.steward.request_taps import RequestTaps
from bots.steward.said_words import hides_said, names_in, number_reader, of_the_desk, tap_said
from bots.steward.saying import Said, in_thread
from rilon.application.asking import mended_order
from rilon.application.commands import Command, read_command
from rilon.application.membership import direct_room_key
from rilon.application.ports import DueEffect, Safe
from rilon.application.request_values import Place, Role, WordsKind
from rilon.application.requests import Requests
from rilon.domain.desk_commands import Deed, Order, read_order
from rilon.domain.officers import Officer
from rilon.domain.request_course import Refusal, Usefulness
from rilon.domain.request_mistakes import Misread
from rilon.domain.request_numbers import RequestNumber
from rilon.domain.request_steps import Assign, Close, Finish, Refuse, Withdraw
from rilon.domain.request_text import Asker
from rilon.domain.taps import Tap
from rilon.policy.askers import asker_of, group_for
from rilon.policy.network import Network
from rilon.storage.effects import Effects
from rilon.storage.exchanges import ExchangeStore, Talk
from rilon.storage.held import HeldStore
from rilon.storage.requests import RequestStore
from rilon.storage.rooms import RoomStore
from rilon.texts import people, request_asides, requests
from rilon.texts.translator import translator

Json = dict[str, Any]

WAITS_S = 8.0
"""How long a tap or a reply waits for what it is on: the steward may have died before noting it."""

_PEOPLE = frozenset({Deed.WHO, Deed.DUTY, Deed.AWAY, Deed.BACK, Deed.REQUESTS})


class RequestTalk:
    """Works off what was heard."""

    def __init__(
        self,
        requests: Requests,
        store: RequestStore,
        exchanges: ExchangeStore,
        guided: GuidedTalk,
        people_talk: PeopleTalk,
        held: HeldStore,
        effects: Effects,
        rooms: RoomStore,
        deeds: Deeds,
        safe: Safe,
        network: Callable[[], Awaitable[Network | None]],
        now: Callable[[], datetime],
        salt: Callable[[], bytes],
        wake: Callable[[], None],
        proposing: Proposing,
    ) -> None:
        self._requests = requests
        self._store = store
        self._exchanges = exchanges
        self._guided = guided
        self._people = people_talk
        self._taps = RequestTaps(requests, store, effects)
        self._drafts = Drafts(held, guided, network, now, salt, wake)
        self._effects = effects
        self._rooms = rooms
        self._deeds = deeds
        self._safe = safe
        self._network = or_not_yet(network)
        self._now = now
        self._wake = wake
        self._proposing = proposing

    def by_kind(self) -> dict[str, Perform]:
        """Their kinds of effect."""
        return {"heard": self.heard, "guided": self._guided.guided, "draft": self._drafts.draft}

    async def heard(self, due: DueEffect) -> Json:
        """Works off one message or tap. Its words are erased once that is done."""
        result: Json = {}
        if due.wire is not None:
            result = {"event_id": await self._deeds.post(due, str(due.wire["room_id"]), {})}
        else:
            one = opened(due, self._safe)
            said = None if one is None else await self._listen(one)
            # What was decided is carried on while the rest of this is noted.
            self._wake()
            if said is not None:
                result = {"event_id": await self._say(due, said)}
        await self._effects.erase(due, "sealed")
        await self._exchanges.sweep(self._now())
        self._wake()
        return result

    # --- what it is --------------------------------------------------------------------------

    async def _listen(self, one: Heard) -> Said | None:
        network = await self._network()
        officer = network.officers.get(one.name)
        if officer is None or one.room not in network.rooms:
            return None
        if one.target is not None:
            return await self._tapped(one, one.target, officer, network)
        order = read_order(unmarked(one.body, network, one.at), number_reader(network))
        talk, step = await self._exchange(one)
        # In an exchange's own thread `!rfi` begins it anew; anywhere else it begins another.
        again = bool(one.root or one.answers) and getattr(order, "deed", None) is Deed.RFI
        if talk is not None and talk.state is not None and (order is None or again):
            return await self._guided.said(talk, one, officer, network, step)
        if await closed_unrated(order, one, officer, self._requests, self._store):
            return None
        if isinstance(order, Misread):
            return self._mend(order, one, officer, network)
        if order is not None:
            return await self._ordered(order, one, officer, network)
        if read_command(one.body) is Command.HELP:
            return await self._help(one, officer)
        if one.answers is not None:
            return await self._answered(one, one.answers, officer, network)
        return None

    async def _exchange(self, one: Heard) -> tuple[Talk | None, Any]:
        """The exchange of the words, and the step whose question was chosen to be answered."""
        for event in (one.answers, one.root):
            found = None if event is None else await self._exchanges.question(event)
            if found is not None:
                talk = await self._exchanges.of_id(found[0], self._now())
                if talk is not None and talk.sender == one.sender:
                    return talk, found[1] if event == one.answers else None
            if event is not None:
                talk = await self._exchanges.of_thread(one.sender, event, self._now())
                if talk is not None:
                    return talk, None
        if one.root is None and one.answers is None:
            return await self._exchanges.open_in(one.sender, one.room, self._now()), None
        return None, None

    # --- commands ----------------------------------------------------------------------------

    async def _ordered(
        self, order: Order, one: Heard, officer: Officer, network: Network
    ) -> Said | None:
        if order.deed is Deed.RFI:
            return await self._guided.begin(one, officer, network)
        if order.deed in _PEOPLE:
            text = await self._people.answer(order.deed, order.rest, one, officer, network)
            return Said(text, direct_room_key(officer.name))
        at = await self._at(order, one)
        if at is None:
            text = request_asides.which(translator(officer.language), order.deed.typed)
            return self._here(text, one, officer)
        return await self._done(order, at, one, officer, network)

    async def _done(
        self,
        order: Order,
        at: Place | RequestNumber,
        one: Heard,
        officer: Officer,
        network: Network,
    ) -> Said | None:
        """The deed that a command names. What it comes to is told by the deed."""
        by, event = one.sender, one.event_id
        match order.deed:
            case Deed.ASSIGN:
                return await self._assign(order, at, one, officer, network)
            case Deed.REFUSE if order.refusal is not None:
                await self._requests.act(by, at, Refuse(Refusal(order.refusal.value)), event)
            case Deed.DONE:
                await self._requests.act(by, at, Finish(), event)
            case Deed.WITHDRAW:
                await self._requests.act(by, at, Withdraw(), event)
            case Deed.CLOSE:
                useful = Usefulness(order.usefulness.value) if order.usefulness else None
                of = at.addressee if isinstance(at, Place) else None
                of = None if of == officer.party else of
                await self._requests.act(by, at, Close(useful, of), event)
            case Deed.CLARIFY:
                return await self._propose(order.words, at, WordsKind.CLARIFICATION, one, officer)
            case Deed.PARTIAL:
                return await self._propose(order.words, at, WordsKind.PART, one, officer)
            case Deed.DELAY if order.length is not None:
                until = one.at + order.length
                return await self._propose(order.words, at, WordsKind.DELAY, one, officer, until)
        return None

    async def _assign(
        self,
        order: Order,
        at: Place | RequestNumber,
        one: Heard,
        officer: Officer,
        network: Network,
    ) -> Said | None:
        """`!assign idn.focal2`, or `!assign idn.focal2 instead of idn.focal1`."""
        name = officer.name if order.rest == "me" else order.rest
        own = of_the_desk(officer, network)
        name = next((full for full in own if full == name or full.endswith(f".{name}")), name)
        if name not in own:
            problem = people.Problem("unknown_officer", "assign", words=name, officers=own)
            text = people.not_a_change(translator(officer.language), problem)
            return self._here(text, one, officer)
        others = names_in(one.body)
        instead = next((other for other in others if other != name and other in own), None)
        await self._requests.act(one.sender, at, Assign(name, instead), one.event_id)
        return None

    async def _at(self, order: Order, one: Heard) -> Place | RequestNumber | None:
        """Which request is meant: the number that was written, or the thread."""
        if order.number is not None:
            return RequestNumber(order.number)
        for event in (one.answers, one.root):
            place = None if event is None else await self._requests.place(event, one.room)
            if place is not None:
                return place
        if one.root is not None or one.answers is not None:
            self._wait(one)
        return None

    async def _help(self, one: Heard, officer: Officer) -> Said | None:
        events = [each for each in (one.answers, one.root) if each]
        places = [await self._requests.place(each, one.room) for each in events]
        place = next((each for each in places if each is not None), None)
        if place is None:
            return None
        t = translator(officer.language)
        handles = place.addressee == officer.party
        text = requests.how_to_handle(t) if handles else requests.how_to_follow(t)
        return self._here(text, one, officer)

    # --- replies -----------------------------------------------------------------------------

    async def _answered(
        self, one: Heard, answers: str, officer: Officer, network: Network
    ) -> Said | None:
        """A reply to a card is a proposed answer; to a question, the answer to it; to a preview,
        yes or no. A reply to anything else is talk, and stays where it is."""
        place = await self._requests.place(answers, one.room)
        if place is None:
            if await self._exchanges.question(answers) is None:
                self._wait(one)
            return None
        if place.role is Role.PREVIEW:
            await self._said_of_preview(one, answers)
            return None
        handles = place.addressee == officer.party
        if place.role is Role.CARD or (place.role is Role.WORDS and handles):
            return await self._propose(None, place, WordsKind.ANSWER, one, officer)
        if place.role is not Role.WORDS:
            return None
        words = await self._store.words(place.words or "")
        if words is None or words.kind is not WordsKind.CLARIFICATION:
            return None
        return await self._propose(None, place, WordsKind.CLARIFIED, one, officer)

    async def _said_of_preview(self, one: Heard, preview: str) -> None:
        """Yes, no, or who isn't to be named."""
        tap = tap_said(one.body)
        if tap is not None:
            sends = tap is Tap.SEND
            await self._requests.decide_proposal(preview, one.sender, sends, one.event_id)
            return
        hides = hides_said(one.body)
        if hides is not None:
            await self._requests.hide_proposal(preview, one.sender, one.event_id, hides)

    async def _propose(
        self,
        words: str | None,
        at: Place | RequestNumber,
        kind: WordsKind,
        one: Heard,
        officer: Officer,
        until: datetime | None = None,
    ) -> Said | None:
        """Words for the other side; `words` None: the whole message, without its marking."""
        network = await self._network()
        asker = self._asker(officer, one, network)
        if asker is None:
            return None
        wrong = await self._proposing.propose(words, at, kind, one, asker, network, until)
        if isinstance(wrong, Misread):
            return self._mend(wrong, one, officer, network)
        if wrong is not None:
            return self._here(request_asides.file_away(translator(officer.language)), one, officer)
        return None

    # --- taps --------------------------------------------------------------------------------

    async def _tapped(
        self, one: Heard, target: str, officer: Officer, network: Network
    ) -> Said | None:
        question = await self._exchanges.question(target)
        if question is not None:
            return await self._guided.tapped(*question, one, officer, network)
        if not await self._taps.tapped(one, target, officer):
            self._wait(one)
        return None

    # --- what they need ----------------------------------------------------------------------

    def _wait(self, one: Heard) -> None:
        """Raises NotYet while what it is on may still become known."""
        if self._now() - one.at < timedelta(seconds=WAITS_S):
            raise NotYet(1.0)

    def _mend(self, wrong: Misread, one: Heard, officer: Officer, network: Network) -> Said | None:
        asker = self._asker(officer, one, network)
        if asker is None:
            return None
        return self._here(mended_order(translator(officer.language), wrong, asker), one, officer)

    def _asker(self, officer: Officer, one: Heard, network: Network) -> Asker | None:
        today = one.at.astimezone(UTC).date()
        group = group_for(officer, network.rooms[one.room].group, network, today)
        return None if group is None else asker_of(officer, group, network, today)

    def _here(self, text: Any, one: Heard, officer: Officer) -> Said:
        """In the thread where it was said, in a room of the own party; else in the direct room."""
        thread = one.root or one.answers
        if thread is not None:
            return Said(text, one.room, thread)
        return Said(text, direct_room_key(officer.name))

    async def _say(self, due: DueEffect, said: Said) -> str:
        room_id = await self._rooms.room_id(said.room)
        if room_id is None:
            raise NotYet
        content = message(said.text, [])
        if said.root is not None:
            content["m.relates_to"] = in_thread(said.root)
        return await self._deeds.post(due, room_id, content)
