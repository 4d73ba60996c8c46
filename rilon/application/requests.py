"""What officers do with requests: asking, acting, proposing, deciding; each once, whatever repeats.

Every deed is one transaction: the request is locked, decided on (`rilon.domain.request_rules`),
stored with what it asks of the outbox and the ledger, or nothing of it is. What people read is
others' part: effects name a text by its code (`rilon.application.request_tellings`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from rilon.application import request_proposals as proposals
from rilon.application.ports import Unsure
from rilon.application.request_actors import acting_for, actor_of, officer_of
from rilon.application.request_asked import Asked, numbered, write_asked
from rilon.application.request_changes import Around, hides_officers, store
from rilon.application.request_files import FileSaid
from rilon.application.request_listing import listed
from rilon.application.request_new import asked_of, unfit
from rilon.application.request_policy import desk_in, limits
from rilon.application.request_ports import DutyChanges, Locked, NoChanges, Store
from rilon.application.request_previews import show_preview
from rilon.application.request_sources import meant, own_stand, states, still_said
from rilon.application.request_tellings import (
    Told,
    carry,
    effect_of,
)
from rilon.application.request_unchanged import of_no_change, of_no_request, of_unfit_words
from rilon.application.request_unnaming import hide
from rilon.application.request_values import (
    Listed,
    NewRequest,
    Place,
    Proposed,
    Role,
    Words,
    WordsKind,
    WordsState,
)
from rilon.domain.markings import WrittenMarking
from rilon.domain.parties import in_order
from rilon.domain.request_course import Course
from rilon.domain.request_numbers import RequestNumber
from rilon.domain.request_rules import decide
from rilon.domain.request_steps import (
    UNKNOWN,
    Changed,
    Command,
    Entitlement,
    Finish,
    May,
    No,
    Outcome,
    RequestCode,
    Send,
    no,
)
from rilon.domain.request_steps import Refuse as RefuseRequest
from rilon.domain.requests import Actor
from rilon.domain.verdicts import Refuse
from rilon.policy.network import Network

MOST_LISTED = 60
OVERLAPS_AFTER = timedelta(minutes=1)
OVERLAPS_WITHIN_S = 240
"""When a new request is compared with others: a minute later, and a time by chance after that, so
that whoever asks can't tell from the steward's pace whether something was found."""


class Requests:
    """The deeds. `sender` and `actor` are full user ids; `event_id` is the delivered message or
    reaction that asks for the deed, and makes it one: with the same event it is done once, and
    `None` is returned after that.

    Whatever a deed comes to is told by an effect that it writes: to the actor in the thread where
    it was asked for, to the other side where that has to know. A caller only needs what it
    returns where it says so.
    """

    def __init__(
        self,
        requests: Store,
        network: Callable[[], Awaitable[Network | None]],
        now: Callable[[], datetime],
        salt: Callable[[], bytes],
        below: Callable[[int], int],
        name: Callable[[], str],
        duty: DutyChanges | None = None,
    ) -> None:
        """`below(n)` gives a random integer from 0 to n - 1, `name()` a random name of 32 hex
        digits."""
        self._requests = requests
        self._policy = network
        self._now = now
        self._salt = salt
        self._below = below
        self._name = name
        self._duty: DutyChanges = duty or NoChanges()

    # --- asking --------------------------------------------------------------------------------

    async def ask(
        self,
        sender: str,
        group: str,
        new: NewRequest,
        asked_in: str,
        event_id: str,
        root: str | None = None,
        said_in: Sequence[str] = (),
        file: FileSaid | None = None,
    ) -> RequestNumber | No | Refuse:
        """Asks it: draws a number, sends it, and carries it into each addressee's desk.

        `asked_in` is the key of the room where it was asked (the own desk or a direct room),
        `root` the thread there, `event_id` itself if None; `said_in` are the messages in which its
        words were said, if that isn't the only one. `file` goes with it, a copy to each addressee.
        A `Refuse` says that its words or file may not go into a desk as they are marked (personal
        data undeclared, RED): nothing is stored. No and Refuse are the caller's to tell: the draft
        is still in its hands. Asked again with the same event it gives the number that it got.
        """
        around = await self._around()
        actor, may = actor_of(sender, group, around)
        room = around.network.rooms.get(asked_in)
        if actor is None or actor.party is None or Entitlement.ASK not in may or room is None:
            return No(RequestCode.NOT_ENTITLED)
        if room.ceiling != {actor.party}:
            return No(RequestCode.NOT_ENTITLED)
        known = around.network.groups[group].parties
        if unknown := new.addressees - known:
            return no(RequestCode.NOT_ADDRESSED, party=in_order(unknown)[0])
        desks = {one: desk_in(one, group, around.network) for one in new.addressees}
        if missing := [one for one, desk in desks.items() if desk is None]:
            return no(RequestCode.NOT_ADDRESSED, party=in_order(missing)[0])
        root = root or event_id
        events = tuple(dict.fromkeys([event_id, root, *said_in]))
        spoken = await self._requests.spoken(events)
        if not own_stand(events, spoken, sender):
            return proposals.CHANGED
        related = meant(events, spoken, actor.party, None, around.network)
        request = asked_of(new, actor, group, room, related, self._name())
        limited = limits(around.network.groups[group])
        sent = decide(Course(request), Send(), actor, may, around.now, limited)
        if isinstance(sent, No):
            return sent
        refused = unfit(request, sender, around, file)
        if refused is not None or not isinstance(sent, Changed):
            return refused or No(RequestCode.SENT)
        places = {party: desk.key for party, desk in desks.items() if desk is not None}
        async with self._requests.adding() as one:
            asked = Asked(sender, asked_in, event_id, root, places, states(events, spoken), file)
            course = await numbered(one, sent.course, asked, around, self._below)
            if not isinstance(course, Course):
                return course
            changes = await self._duty.changes()
            after = OVERLAPS_AFTER + timedelta(seconds=self._below(OVERLAPS_WITHIN_S))
            await write_asked(one, course, asked, around, changes, self._name, after)
            return course.request.number

    # --- acting --------------------------------------------------------------------------------

    async def act(
        self, actor: str, at: Place | RequestNumber, command: Command, event_id: str
    ) -> Outcome | None:
        """Acknowledge, Assign, Finish, Refuse, Withdraw, Close. What carries words is `propose`.

        `at` is what the actor replied to or tapped, or the number that they typed. Its outcome is
        told in the thread.
        """
        around = await self._around()
        known = await self._known(at, actor, around)
        if known is None:
            return await self._unknown(actor, event_id)
        async with self._requests.locked(known) as one:
            if one is None:
                return await self._unknown(actor, event_id)
            if not await one.first_time(f"request-{event_id}"):
                return None
            course = one.standing.course
            by, may = actor_of(actor, course.request.group, around)
            outcome: Outcome = UNKNOWN
            if by is not None:
                outcome = await self._decided(one, course, command, by, may, around)
            if isinstance(outcome, Changed):
                await store(one, outcome, around, event_id)
            else:
                await self._tell(one, outcome, actor, by, at, event_id)
            return outcome

    async def _decided(
        self, one: Locked, course: Course, command: Command, by: Actor, may: May, around: Around
    ) -> Outcome:
        """An answer that is on its way is given: neither a refusal nor another end overtakes it."""
        outcome = decide(course, command, by, may, around.now)
        ends = isinstance(command, RefuseRequest | Finish) and isinstance(outcome, Changed)
        if ends and by.party is not None:
            under_way = proposals.under_way(await one.words(by.party))
            if under_way is not None:
                return no(RequestCode.ANSWERED, by=under_way.by or "")
        return outcome

    async def _unknown(self, actor: str, event_id: str) -> Outcome | None:
        async with self._requests.adding() as one:
            if not await one.first_time(f"request-{event_id}"):
                return None
            await one.write([of_no_request(actor, event_id)])
        return UNKNOWN

    async def _tell(
        self,
        one: Locked,
        outcome: Outcome,
        actor: str,
        by: Actor | None,
        at: Place | RequestNumber,
        event_id: str,
    ) -> None:
        request = one.standing.course.request
        await one.write(of_no_change(request, outcome, actor, by, at, event_id))

    # --- words ---------------------------------------------------------------------------------

    async def propose(
        self,
        sender: str,
        at: Place | RequestNumber,
        words: str,
        marking: WrittenMarking | None,
        kind: WordsKind,
        event_id: str,
        *,
        at_once: bool = False,
        until: datetime | None = None,
        hidden: bool = False,
        file: FileSaid | None = None,
    ) -> Proposed | Outcome | Refuse | None:
        """Words for the other side: ANSWER, PART, CLARIFICATION, DELAY (with `until`) from an
        addressee's desk, CLARIFIED from the requester's thread (`at` names the addressee).

        `words` are without their marking, `marking` is what was written (None for none). With
        `at_once` they go without a preview, if the sender may speak for the party: for commands
        (`!clarify`, `!delay`) and for the requester's reply; but never a `file`, which somebody
        must have seen. `hidden`: the requester isn't told which officer speaks. No, Already and
        Refuse are told in the thread.
        """
        around = await self._around()
        known = await self._known(at, sender, around)
        if known is None:
            return await self._unknown(sender, event_id)
        async with self._requests.locked(known) as one:
            if one is None:
                return await self._unknown(sender, event_id)
            if not await one.first_time(f"request-{event_id}"):
                return None
            course = one.standing.course
            by, may = actor_of(sender, course.request.group, around)
            addressee = at.addressee if isinstance(at, Place) else None
            if by is not None and by.party is not None and not kind.to_desk:
                hidden = hidden or hides_officers(await one.words(by.party))
            heard = await one.spoken([event_id])
            said = proposals.Said(
                sender, words, marking, kind, event_id, until, addressee, hidden, file, heard
            )
            made = (
                UNKNOWN
                if by is None
                else proposals.words_of(one.standing, said, by, may, around, self._name())
            )
            if isinstance(made, Refuse):
                told = of_unfit_words(course.request, made, sender, kind, by, event_id)
                await one.write([told])
                return made
            if not isinstance(made, Words):
                await self._tell(one, made, sender, by, at, event_id)
                return made
            speaks = Entitlement.ASK if kind.to_desk else Entitlement.ANSWER
            if file is not None or proposals.gives_away_who_asks(made, course.request, around):
                at_once = False
            if at_once and speaks in may and by is not None:
                made = replace(made, state=WordsState.SENDING, by=by.officer, decided_at=around.now)
                await one.add_words(made)
                await one.write([carry(made)])
            else:
                await one.add_words(made)
                await show_preview(one, made, around)
            return proposals.proposed(made, course.request)

    async def decide_proposal(
        self, preview_event: str, actor: str, sends: bool, event_id: str
    ) -> Outcome | WordsState | None:
        """✅ or ❌ on a preview, or on the proposed message itself. None if it is neither, or if
        this tap was worked off before.

        The first decides; whoever comes second is told who did. Where it is sent the state is
        SENDING, and it is told as sent once the gate let it in.
        """
        found = await self._preview_at(preview_event)
        if found is None:
            return None
        around = await self._around()
        async with self._requests.locked(found.request) as one:
            if one is None or not await one.first_time(f"request-{event_id}"):
                return None
            every = await one.words(found.addressee)
            words = next(each for each in every if each.id == found.id)
            request = one.standing.course.request
            by, may = actor_of(actor, request.group, around)
            if by is None or not proposals.may_decide(words, one.standing, by, may, sends):
                # Anybody's tap on anything is an ordinary reaction.
                return UNKNOWN
            come = proposals.decided(words, every, sends, one.standing.course, by, may, around.now)
            if isinstance(come, Told):
                await one.write([effect_of(come, request, f"request-{event_id}-0")])
                return words.state
            if come is WordsState.SENDING and not await still_said(one, words):
                come = WordsState.DROPPED
                await one.set_words(words.id, come)
                unfit_now = of_unfit_words(
                    request, proposals.CHANGED, words.sender, words.kind, by, event_id
                )
                await one.write([unfit_now])
                return come
            if isinstance(come, WordsState):
                await one.set_words(words.id, come, by=by.officer, at=around.now)
                if come is WordsState.SENDING:
                    await one.write([carry(words)])
                else:
                    told = proposals.dropped(words, by)
                    await one.write([effect_of(told, request, f"request-{event_id}-0")])
                return come
            at = Place(request.id, words.addressee, Role.PREVIEW, "")
            await self._tell(one, come, actor, by, at, event_id)
            return come

    async def hide_proposal(
        self, preview_event: str, actor: str, event_id: str, to: bool | None = None
    ) -> bool:
        """🕶️ on a preview (`to` None: the other way round), or words that say so: whether the
        officer who speaks isn't named. False where the preview, or the right to, isn't there."""
        found = await self._preview_at(preview_event)
        if found is None:
            return False
        around = await self._around()
        async with self._requests.locked(found.request) as one:
            if one is None or not await one.first_time(f"request-{event_id}"):
                return False
            return await hide(one, found, preview_event, actor, around, event_id, to)

    async def _preview_at(self, event_id: str) -> Words | None:
        place = await self._requests.place(event_id)
        if place is not None and place.role is Role.PREVIEW and place.words is not None:
            return await self._requests.words(place.words)
        return await self._requests.proposed_in(event_id)

    # --- finding -------------------------------------------------------------------------------

    async def place(self, event_id: str, seen_in: str | None = None) -> Place | None:
        """What a message is to a request, if it is anything; with `seen_in`, if it is in that room.

        ATTACK: somebody who knows the event id of another desk's card answers it in their own.
        """
        place = await self._requests.place(event_id)
        return None if place is None or seen_in not in (None, place.room) else place

    async def listed(self, reader: str) -> tuple[Listed, ...]:
        """The open requests that the reader's party asked or is asked: what waits on it first, and
        `MOST_LISTED` lines at most."""
        around = await self._around()
        officer = officer_of(reader, around)
        if officer is None or not officer.within_term(around.now.date()):
            return ()
        found = await self._requests.of_party(officer.party, MOST_LISTED)
        return listed(found, officer, around)[:MOST_LISTED]

    async def _known(self, at: Place | RequestNumber, user_id: str, around: Around) -> str | None:
        """INVARIANT: what isn't for them is neither locked nor opened: they wait no longer for it
        than for what isn't there."""
        return await self._requests.known(at, *acting_for(user_id, around))

    async def _around(self) -> Around:
        network = await self._policy()
        if network is None:
            raise Unsure("no policy in force")
        return Around(network, self._now(), self._salt)
