"""Choosing: what a tap on a card does, the post in the officer's name, and the end of what is kept.

What may be chosen is `rilon.application.offers`; whether the post may enter its room is the
gate's to say, which judges it when it arrives there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from html import escape
from typing import Any, Protocol

from bots.steward.deeds import Deeds
from bots.steward.mailer import Mailer
from bots.steward.means import or_not_yet
from bots.steward.opening import RoomsForHeld
from bots.steward.performer import NotYet, Perform
from rilon.adapters.homeserver import HomeserverError
from rilon.application import cards
from rilon.application.choices import Choice, ChoiceKind, choice_named
from rilon.application.direct_words import told_directly
from rilon.application.held import Held, HeldText, Outcome
from rilon.application.offers import relation_in
from rilon.application.opening import OPENING_FOR, Unsent, open_for, opens_first
from rilon.application.ports import DueEffect, NewEffect
from rilon.application.record import held_entry
from rilon.domain import marking_text
from rilon.domain.acts import Relation, RelationKind
from rilon.domain.markings import WrittenMarking
from rilon.domain.officers import name_of
from rilon.domain.verdicts import Code
from rilon.policy.network import Network
from rilon.storage.effects import Effects
from rilon.storage.held import Choosing as UnderLock
from rilon.storage.held import HeldStore
from rilon.storage.rooms import RoomStore
from rilon.texts import releases
from rilon.texts.choices import attribution
from rilon.texts.translator import translator

logger = logging.getLogger(__name__)
_ON_RELEASE = frozenset({ChoiceKind.ASK_RELEASE, ChoiceKind.RELEASE_HERE})


class Releasing(Protocol):
    """What becomes of a text whose release is asked for (`bots.steward.releases`)."""

    async def ask(self, one: UnderLock, place: int, network: Network, now: datetime) -> None:
        """The sender chose to ask for release, or to release it."""

    async def withdraw(self, one: UnderLock, network: Network, now: datetime) -> None:
        """The sender takes the request back."""

    async def lapse(self, one: UnderLock, network: Network, now: datetime) -> None:
        """The time is up."""

    async def told(self, held: Held, network: Network) -> list[NewEffect]:
        """What else to say of a text that was posted, or refused."""

    async def named(self, held: Held) -> list[str]:
        """The parties that released it, as far as they are to be named."""


Json = dict[str, Any]

SWEEP_S = 5.0
"""How often texts past their time are erased. They are never used after it, swept or not."""
MOST_BYTES = 40_000
"""Bytes of a post in both forms; a longer one is sent as plain text alone."""
GIVEN_UP_AFTER = 12
"""Attempts after which a post that the homeserver itself refuses is told as not sent."""


class Choosing:
    """The steward's deeds with held texts."""

    def __init__(
        self,
        held: HeldStore,
        effects: Effects,
        rooms: RoomStore,
        mailer: Mailer,
        deeds: Deeds,
        network: Callable[[], Awaitable[Network | None]],
        now: Callable[[], datetime],
        salt: Callable[[], bytes],
        wake: Callable[[], None],
        opening: RoomsForHeld,
    ) -> None:
        self._releases: Releasing | None = None
        self._held = held
        self._effects = effects
        self._rooms = rooms
        self._mailer = mailer
        self._deeds = deeds
        self._network = or_not_yet(network)
        self._now = now
        self._salt = salt
        self._wake = wake
        self._opening = opening

    def release_with(self, releases: Releasing) -> None:
        """Who deals with choices of release. Without it there are none."""
        self._releases = releases

    def by_kind(self) -> dict[str, Perform]:
        """Their kinds of effect."""
        return {"sign": self.sign, "choose": self.choose, "relay": self.relay}

    # --- the card ----------------------------------------------------------------------------

    async def sign(self, due: DueEffect) -> Json:
        """Puts the sign of a choice on the card."""
        held = await self._held.of_message(bytes.fromhex(due.payload["card"]), self._now())
        if held is None or not held.is_open:
            return {}
        on = due.payload
        return await self._mailer.react(due, on["room_id"], on["event_id"], on["key"])

    async def choose(self, due: DueEffect) -> Json:
        """A tap, or a reply: the first one in time decides, and no other changes anything.

        ATTACK: somebody else's tap, two taps at once, a tap after the time.
        """
        card, sign = str(due.payload["card_event_id"]), str(due.payload["sign"])
        network, now = await self._network(), self._now()
        async with self._held.locked(now, card_event_id=card) as one:
            place = None if one is None else choice_named(sign, one.held.choices)
            known = one is not None and one.held.sender == due.subject and place is not None
            if one is not None and place is not None and known:
                await self._chosen(one, place, network, now)
        if not known and due.payload.get("replied"):
            await self._effects.write([_not_understood(due)])
        self._wake()
        return {}

    async def _chosen(self, one: UnderLock, place: int, network: Network, now: datetime) -> None:
        held = one.held
        choice, asked = held.choices[place], held.choice
        if held.outcome is None and self._releases and asked and choice.kind is ChoiceKind.DISCARD:
            if asked.kind is ChoiceKind.ASK_RELEASE:
                await self._releases.withdraw(one, network, now)
            return
        if held.outcome is not None or held.place is not None:
            return
        if held.text is None:
            await self._end(one, Outcome.EXPIRED, network, now)
        elif choice.kind is ChoiceKind.DISCARD:
            await self._end(one, Outcome.DISCARDED, network, now)
        elif choice.kind in _ON_RELEASE:
            if self._releases is not None:
                await self._releases.ask(one, place, network, now)
        else:
            await one.choose(place)
            await one.enter(held_entry(held, choice.kind.value, network, now, self._salt()))
            await one.write([*open_for(held, choice), cards.relay(held)])
            if opens_first(choice):
                await one.keep_until(now + OPENING_FOR)
            if opens_first(choice) and choice.room not in network.rooms:
                await one.write([cards.opening(held)])

    async def _end(
        self,
        one: UnderLock,
        outcome: Outcome,
        network: Network,
        now: datetime,
        code: str | None = None,
    ) -> None:
        await one.settle(outcome, code)
        await one.enter(held_entry(one.held, outcome.value, network, now, self._salt()))
        await one.write([cards.settled(one.held)])

    # --- the post ----------------------------------------------------------------------------

    async def relay(self, due: DueEffect) -> Json:
        """Posts the text that its sender chose to send. The gate judges it, and erases it."""
        identity = bytes.fromhex(due.payload["held"])
        held = await self._held.of_message(identity, self._now())
        if held is None or held.choice is None:
            return {}
        if due.wire is None and held.text is None:
            # Its time was up before it could go; the sweep tells the sender.
            return {}
        if due.wire is None and (why := await self._opening.unready(held, held.choice)):
            await self._unsent(identity, why)
            return {}
        event_id: str | None = None
        try:
            event_id = await self._post(due, held, held.choice)
        except HomeserverError as error:
            if error.reason is None and due.attempts < GIVEN_UP_AFTER:
                raise
            if error.reason != Code.REPLAYED.value:
                await self._not_posted(identity, error.reason)
        settled = await self._held.of_message(identity, self._now())
        if settled is not None and settled.outcome is not None:
            absent = await self._opening.absent(held.choice)
            told = (
                await self._releases.told(settled, await self._network()) if self._releases else []
            )
            await self._effects.write([cards.settled(settled, absent), *told])
            self._wake()
        return {} if event_id is None else {"event_id": event_id}

    async def _post(self, due: DueEffect, held: Held, choice: Choice) -> str:
        if due.wire is not None:
            return await self._deeds.post(due, str(due.wire["room_id"]), {})
        room_id = await self._rooms.room_id(choice.room)
        if room_id is None or held.text is None:
            raise NotYet
        network = await self._network()
        by = None
        if choice.kind is ChoiceKind.RELEASED and self._releases is not None:
            by = await self._releases.named(held)
        content = relayed_content(held, choice, held.text, network, self._now(), by)
        return await self._deeds.post(due, room_id, content)

    async def _not_posted(self, identity: bytes, code: str | None) -> None:
        """Refused: by the gate, which has noted it, or else by the homeserver itself."""
        now = self._now()
        async with self._held.locked(now, identity=identity) as one:
            if one is not None and one.held.outcome in (None, Outcome.POSTED):
                await one.settle(Outcome.REFUSED, code or Code.RULE_FAILED.value)

    async def _unsent(self, identity: bytes, why: Unsent) -> None:
        """The room for it can't be had: the text is gone, and its sender is told."""
        network, now = await self._network(), self._now()
        async with self._held.locked(now, identity=identity) as one:
            if one is not None and one.held.outcome is None:
                await self._end(one, Outcome.UNSENT, network, now, why.value)
        self._wake()

    # --- the end -----------------------------------------------------------------------------

    async def sweep_for_ever(self) -> None:
        """Erases what is past its time, until it is cancelled."""
        while True:
            try:
                if await self.sweep():
                    self._wake()
            except Exception as error:  # noqa: BLE001 - tried again, whatever it is
                logger.warning("held texts not looked at: %s", type(error).__name__)
            await asyncio.sleep(SWEEP_S)

    async def sweep(self) -> int:
        """Erases what is past its time; how many there were."""
        now = self._now()
        overdue = await self._held.overdue(now)
        for identity in overdue:
            network = await self._network()
            async with self._held.locked(now, identity=identity) as one:
                if one is not None and one.held.outcome is None:
                    await self._overdue(one, network, now)
        return len(overdue)

    async def _overdue(self, one: UnderLock, network: Network, now: datetime) -> None:
        choice = one.held.choice
        released = (ChoiceKind.ASK_RELEASE, ChoiceKind.RELEASED)
        if self._releases is not None and choice is not None and choice.kind in released:
            await self._releases.lapse(one, network, now)
        else:
            await self._end(one, Outcome.EXPIRED, network, now)


def relayed_content(
    held: Held,
    choice: Choice,
    kept: HeldText,
    network: Network,
    now: datetime,
    released_by: Sequence[str] | None = None,
) -> Json:
    """The message that the steward posts: whose words they are, and by whom they were released,
    the marking, the words.

    INVARIANT: read like anybody's message, it carries the marking that was chosen.
    """
    officer = network.officers[name_of(held.sender)]
    # Readers of several languages: one that all rooms' names and topics are in.
    t, party = translator("en"), network.parties[officer.party].name
    if released_by is None:
        first = attribution(t, officer.display_name, party)
    else:
        first = releases.attribution(t, officer.display_name, party, released_by)
    plain = f"{first.plain}\n{choice.marking} {kept.text}"
    read = marking_text.read(plain, network.vocabulary, now.date())
    if not isinstance(read, WrittenMarking) or marking_text.write(read) != choice.marking:
        raise ValueError("a relayed text doesn't read as it is marked")
    words = "<br>".join(escape(line, quote=False) for line in kept.text.split("\n"))
    marking = escape(choice.marking, quote=False)
    html = (
        f"<strong>{first.html}</strong><br><strong>{marking}</strong>"
        f"<blockquote>{words}</blockquote>"
    )
    content: Json = {"msgtype": "m.text", "body": plain, "m.mentions": {}}
    if len(plain.encode()) + len(html.encode()) <= MOST_BYTES:
        content |= {"format": "org.matrix.custom.html", "formatted_body": html}
    relation = relation_in(choice, kept)
    return content if relation is None else {**content, "m.relates_to": _wire(relation)}


def _wire(relation: Relation) -> Json:
    if relation.kind is RelationKind.REPLY:
        return {"m.in_reply_to": {"event_id": relation.target}}
    answered = relation.reply_to or relation.target
    return {
        "rel_type": "m.thread",
        "event_id": relation.target,
        "is_falling_back": relation.reply_to is None,
        "m.in_reply_to": {"event_id": answered},
    }


def _not_understood(due: DueEffect) -> NewEffect:
    """A reply to something that is no card of theirs: what any other word would get."""
    return told_directly(due.subject, "not_understood", {}, f"not-understood-{due.id}")
