"""What analysts say of bulletins, worked off: a text becomes a draft, a tap a step of it.

Whether a step may be taken is `rilon.application.bulletins`. Each event is worked off once,
whatever dies on the way: what follows from a step is written with the step.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bots.steward.bulletin_cards import (
    BulletinCards,
    note,
    publish_sign,
)
from bots.steward.bulletin_drafts import Answer, BulletinDrafts, here, mend_of
from bots.steward.bulletin_hearing import EDITED, GONE, KIND, writes_in
from bots.steward.deeds import Deeds
from bots.steward.hearing import Heard, opened, unmarked
from bots.steward.mailer import message
from bots.steward.means import Means
from bots.steward.performer import NotYet, Perform
from bots.steward.request_talk import WAITS_S
from bots.steward.saying import Said, in_thread
from rilon.application.bulletin_values import (
    No,
    State,
    Version,
)
from rilon.application.bulletins import Bulletins
from rilon.application.digests import drafting
from rilon.application.membership import direct_room_key
from rilon.application.ports import DueEffect, NewEffect, Safe
from rilon.bulletins.commands import BulletinDeed, BulletinOrder, read_bulletin_order
from rilon.bulletins.reasons import reason_of
from rilon.bulletins.typed import is_nearly_typed
from rilon.digests.due import so_far
from rilon.domain.officers import Officer, Role
from rilon.domain.parties import RSO, in_order
from rilon.domain.rooms import Room, RoomKind
from rilon.domain.taps import Tap, tap_of
from rilon.policy.mistakes import Mistakes
from rilon.policy.network import Network
from rilon.storage.bulletin_rooms import BulletinRooms
from rilon.storage.bulletin_threads import BulletinThreads, SaidOf
from rilon.texts import bulletin_notices as notices
from rilon.texts import bulletin_talk as texts
from rilon.texts.rendering import Text
from rilon.texts.translator import translator

Json = dict[str, Any]


class BulletinTalk:
    """Works off what was heard of bulletins."""

    def __init__(
        self,
        bulletins: Bulletins,
        rooms: BulletinRooms,
        threads: BulletinThreads,
        drafts: BulletinDrafts,
        cards: BulletinCards,
        means: Means,
        deeds: Deeds,
        safe: Safe,
    ) -> None:
        self._bulletins = bulletins
        self._rooms = rooms
        self._threads = threads
        self._drafts = drafts
        self._cards = cards
        self._means = means
        self._deeds = deeds
        self._safe = safe

    def by_kind(self) -> dict[str, Perform]:
        """Their kinds of effect."""
        return {KIND: self.heard}

    async def heard(self, due: DueEffect) -> Json:
        """Works off one message or tap. Its words are erased once that is done."""
        one = opened(due, self._safe)
        answer = None if one is None else await self._listen(one)
        result: Json = {}
        if due.wire is not None:
            result = {"event_id": await self._deeds.post(due, str(due.wire["room_id"]), {})}
        elif answer is not None:
            result = {"event_id": await self._say(due, answer.said)}
        if result and answer is not None and answer.about is not None and one is not None:
            await self._threads.note(result["event_id"], answer.about, self._means.now())
            name = f"{KIND}-{one.event_id}"
            await self._means.effects.write(
                [
                    NewEffect(
                        "react",
                        due.subject,
                        {"on": name, "to": answer.said.room, "key": sign},
                        once=f"{name}-{sign}",
                    )
                    for sign in answer.signs
                ]
            )
        await self._means.effects.erase(due, "sealed")
        return result

    # --- what it is ----------------------------------------------------------------------------

    async def _listen(self, one: Heard) -> Answer | None:
        network = await self._means.network()
        officer, room = network.officers.get(one.name), network.rooms.get(one.room)
        if officer is None or room is None:
            return None
        inside = writes_in(officer, room, network)
        said = unmarked(one.body, network, one.at)
        if one.key == GONE and one.root is not None:
            return await self._drafts.taken_back(one, one.root, officer)
        if one.key == EDITED and one.root is not None:
            return await self._drafts.edited(one, one.root, officer, network)
        if one.target is not None:
            return await self._tapped(one, one.target, officer, network) if inside else None
        order = read_bulletin_order(said)
        if order is not None and not inside:
            return Answer(Said(_elsewhere(officer, network), direct_room_key(officer.name)))
        if not inside:
            return None
        root = await self._root(one)
        if order is not None:
            return await self._ordered(order, one, root, officer, room, network)
        if one.file is not None:
            return await self._drafts.pictured(one, root, officer, network)
        if is_nearly_typed(one.body):
            return here(notices.nearly_typed(translator(officer.language)), one, root)
        return await self._drafts.typed(one, root, officer, network)

    async def _root(self, one: Heard) -> str:
        """The thread: its own, or that of what it answers, for clients that know no threads."""
        for event in (one.root, one.answers):
            if event is not None:
                said = await self._threads.said(event)
                return event if said is None else said.root
        return one.event_id

    # --- commands ------------------------------------------------------------------------------

    async def _ordered(
        self,
        order: BulletinOrder,
        one: Heard,
        root: str,
        officer: Officer,
        room: Room,
        network: Network,
    ) -> Answer | None:
        t = translator(officer.language)
        if order.deed is BulletinDeed.NEW:
            return await self._drafts.new(one, root, officer, room, network)
        if order.deed is BulletinDeed.HELP:
            return here(notices.help_with(t), one, root)
        if order.deed is BulletinDeed.DIGEST:
            return await self._digest(one, root, officer, room, network)
        typing = await self._threads.of(root)
        if order.deed is BulletinDeed.MORE:
            return await self._drafts.more(order, one, root, typing, officer, network)
        number = order.number or (typing.number if typing else None)
        if number is None:
            return here(notices.no(t, "which"), one, root)
        version = await self._drafts.of_room(number, room)
        if version is None:
            return here(notices.no(t, No.UNKNOWN.value), one, root)
        match order.deed:
            case BulletinDeed.CORRECT:
                return await self._drafts.correct(version, one, root, officer, network)
            case BulletinDeed.WITHDRAW:
                return self._withdraw(version, order.words, one, root, officer)
            case BulletinDeed.DISCARD:
                return await self._discard(version, one, root, officer)
        return here(await self._status(version, officer, network), one, root)

    async def _digest(
        self, one: Heard, root: str, officer: Officer, room: Room, network: Network
    ) -> Answer:
        """A draft of the week so far, in a thread of its own; one for each day."""
        t = translator(officer.language)
        due = so_far(network, room.group, one.at)
        if due is None:
            return here(notices.no_digest(t), one, root)
        await self._means.effects.write([drafting(due)])
        return here(notices.digest_asked(t), one, root)

    def _withdraw(
        self, version: Version, why: str, one: Heard, root: str, officer: Officer
    ) -> Answer:
        t = translator(officer.language)
        if version.withdrawn:
            return here(notices.no(t, No.WITHDRAWN.value), one, root)
        if not version.published:
            return here(notices.no(t, No.NOT_PUBLISHED.value), one, root)
        reason = reason_of(why)
        if reason is None:
            return here(notices.no(t, No.NO_REASON.value), one, root)
        about = SaidOf(root, "withdraw", version.number, None, officer.name, reason.value)
        said = notices.withdraw(t, version.number, reason.value)
        return Answer(Said(said, one.room, root), about, (Tap.SEND.value,))

    async def _discard(
        self, version: Version, one: Heard, root: str, officer: Officer
    ) -> Answer | None:
        if await self._drafts.is_done(one):
            return None
        follow = self._drafts.follow(version, one)
        done = await self._bulletins.discard(version.number, officer, follow=follow)
        t = translator(officer.language)
        if isinstance(done, No):
            return here(notices.no(t, done.value), one, root)
        return here(notices.discarded(t, version.number), one, root)

    async def _status(self, version: Version, officer: Officer, network: Network) -> Text:
        read = []
        for place in await self._rooms.places(version.number):
            room = network.rooms.get(place.room)
            if room is not None:
                others = room.ceiling - place.parties - {RSO}
                parties, earlier = in_order(place.parties), in_order(place.earlier)
                read.append(texts.ReadIn(room.name, parties, earlier, in_order(others)))
        facts = await self._cards.facts(version)
        return texts.status(translator(officer.language), facts, read)

    # --- taps ----------------------------------------------------------------------------------

    async def _tapped(
        self, one: Heard, target: str, officer: Officer, network: Network
    ) -> Answer | None:
        about = await self._threads.said(target)
        tap = tap_of(one.key)
        if about is None:
            if self._means.now() - one.at < timedelta(seconds=WAITS_S):
                raise NotYet(1.0)
            return None
        if about.what == "mistakes" and tap is Tap.LEAVE_OUT and about.by == officer.name:
            return await self._drafts.draft(about.root, one, officer, network, leave_out=True)
        if about.number is None or await self._drafts.is_done(one):
            return None
        version = await self._drafts.of_room(about.number, network.rooms[one.room])
        if version is None:
            return None
        if about.what == "withdraw" and tap is Tap.SEND and about.by == officer.name:
            made: object = await self._bulletins.withdraw(
                about.number, officer, about.why, follow=self._drafts.follow(version, one)
            )
        elif about.what == "card" and about.revision == version.revision:
            made = await self._step(version, tap, one, officer)
        else:
            return None
        return self._told(made, one, about.root, officer)

    async def _step(
        self, version: Version, tap: Tap | None, one: Heard, officer: Officer
    ) -> object:
        """What a tap on the card of the latest version asks for. What makes no sense there, since
        somebody was quicker, does nothing: the card says where it stands."""
        number, revision = version.number, version.revision
        follow = self._drafts.follow(version, one)
        match version.state, tap:
            case State.DRAFT, Tap.SEND:
                if version.author not in (None, officer.name):
                    return "author"
                follow = [*follow, note(version, "submitted", f"{revision}")]
                return await self._bulletins.submit(
                    number, officer, revision=revision, follow=follow
                )
            case State.SUBMITTED, Tap.SEND:
                thread = version.thread
                if thread is not None:
                    sign = publish_sign(version, thread)
                    follow = [*follow, sign, note(version, "approved", f"{revision}")]
                return await self._bulletins.approve(
                    number, officer, revision=revision, follow=follow
                )
            case State.APPROVED, Tap.PUBLISH:
                return await self._bulletins.publish(
                    number, officer, revision=revision, follow=follow
                )
            case (State.DRAFT | State.SUBMITTED, Tap.PUBLISH):
                return No.NOT_APPROVED
            case _, Tap.CANCEL if version.state.waits:
                return await self._bulletins.discard(
                    number, officer, revision=revision, follow=follow
                )
        return None

    def _told(self, made: object, one: Heard, root: str, officer: Officer) -> Answer | None:
        t = translator(officer.language)
        if isinstance(made, Mistakes):
            # Something it rests on has changed since it was drafted.
            found = [(each.line, each.problem, mend_of(each)) for each in made.items]
            return here(texts.mistakes(t, found, leave_out=False), one, root)
        return here(notices.no(t, made), one, root) if isinstance(made, str) else None

    # --- what they need ------------------------------------------------------------------------

    async def _say(self, due: DueEffect, said: Said) -> str:
        room_id = await self._means.room_id(said.room)
        content = message(said.text, [])
        if said.root is not None:
            content["m.relates_to"] = in_thread(said.root)
        return await self._deeds.post(due, room_id, content)


def _elsewhere(officer: Officer, network: Network) -> Text:
    """Where bulletins are written, or read, for this officer."""
    t = translator(officer.language)
    mine: Sequence[Room] = [
        room for room in network.rooms.values() if officer.name in network.members(room.key)
    ]
    if Role.ANALYST in officer.roles:
        names = sorted(room.name for room in mine if room.kind is RoomKind.ANALYSIS)
        return notices.write_there(t, names)
    return notices.read_there(t, sorted(r.name for r in mine if r.kind is RoomKind.BULLETINS))
