"""What officers say to the steward: which answer a delivered message asks for.

Answers go to the officer's direct room, wherever the question was asked, so that nothing is
answered on the floor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from bots.steward.confirmations import confirmation_asked
from bots.steward.hearing import Hearing
from bots.steward.release_taps import ReleaseTaps
from bots.steward.room_requests import RoomTaps
from rilon.application.cards import chosen
from rilon.application.choices import sign_named
from rilon.application.commands import Command, NotUnderstood, read_command
from rilon.application.membership import direct_room_key
from rilon.application.ports import KeyMissing, NewEffect, NotOpened, Opener
from rilon.application.recall_asked import withdrawal_asked
from rilon.application.rooms_on_demand import pair_asked
from rilon.domain.acts import (
    Act,
    Post,
    Reaction,
    Redaction,
    Relation,
    RelationKind,
    Verification,
)
from rilon.domain.desk_commands import nearest_order
from rilon.domain.officers import name_of
from rilon.domain.rooms import Room, RoomKind
from rilon.policy.network import Network
from rilon.wire.decode import decode_clear, decode_plaintext
from rilon.wire.envelope import Envelope, NotAnEvent, read_envelope


class Talk(Protocol):
    """A subject that officers talk about with the steward."""

    async def heard(
        self, act: Act, envelope: Envelope, room: Room, network: Network
    ) -> list[NewEffect]:
        """The effect that looks into it, if it is about this subject; else nothing."""


class Conversation:
    """Hears delivered messages. `talks` are asked in their order, and before requests: the first
    that hears its own subject has it."""

    def __init__(
        self,
        opener: Opener,
        steward: str,
        now: Callable[[], datetime],
        rooms: RoomTaps,
        releases: ReleaseTaps | None = None,
        hearing: Hearing | None = None,
        talks: Sequence[Talk] = (),
    ) -> None:
        self._releases = releases
        own: tuple[Talk, ...] = (hearing,) if hearing is not None else ()
        self._talks = (*talks, *own)
        self._opener = opener
        self._rooms = rooms
        self._steward = steward
        self._now = now

    async def read(
        self, raw: Mapping[str, Any], room_id: str, room: Room | None, network: Network
    ) -> Act | None:
        """What an officer said with this event, or None."""
        sender = raw.get("sender")
        if room is None or not isinstance(sender, str):
            return None
        name = name_of(sender)
        if sender == self._steward or name not in network.officers:
            return None
        try:
            envelope = read_envelope({**raw, "room_id": room_id})
        except NotAnEvent:
            return None
        return await self._open(envelope, network)

    async def answer(
        self,
        act: Act | None,
        raw: Mapping[str, Any],
        room_id: str,
        room: Room | None,
        network: Network,
    ) -> list[NewEffect]:
        """The effects of what was said, or tapped, if it asks for anything."""
        if act is None or room is None:
            return []
        released = await self._released(act, raw, room, network)
        choice = _choice(act, raw, room)
        envelope = read_envelope({**raw, "room_id": room_id})
        asked = self._asked(act, envelope, room, network)
        gone = isinstance(act, Redaction)
        heard = [] if asked and not gone else await self._heard(act, envelope, room, network)
        if isinstance(act, Reaction):
            # What a tap is on is seen where it is worked off: a card, an offer, an alarm.
            offered = await self._rooms.tapped(act, str(raw["sender"]), str(raw["event_id"]))
            return [one for one in (choice, asked, *offered, *released, *heard) if one is not None]
        if gone:
            return [*([asked] if asked else []), *heard]
        if released or heard:
            return released or heard
        if choice is not None or asked is not None:
            return [one for one in (choice or asked,) if one is not None]
        text = _answer_to(act, room)
        if text is None:
            return []
        sender = str(raw["sender"])
        name = name_of(sender)
        answered = f"answer-{raw['event_id']}"
        payload = {"to": direct_room_key(name), "mention": sender, "quiet": True, **text}
        return [NewEffect("say", sender, payload, once=answered)]

    async def _heard(
        self, act: Act, envelope: Envelope, room: Room, network: Network
    ) -> list[NewEffect]:
        every: list[NewEffect] = []
        for talk in self._talks:
            found = await talk.heard(act, envelope, room, network)
            if found and not isinstance(act, Reaction):
                return found
            # What a tap is on is seen where it is worked off: each looks for its own.
            every += found
        return every

    async def _released(
        self, act: Act, raw: Mapping[str, Any], room: Room, network: Network
    ) -> list[NewEffect]:
        if self._releases is None:
            return []
        by, event_id = str(raw["sender"]), str(raw["event_id"])
        return await self._releases.answered(act, by, event_id, room, network, self._now())

    def _asked(
        self, act: Act, envelope: Envelope, room: Room, network: Network
    ) -> NewEffect | None:
        """What an act asks for that isn't an answer."""
        # The day on which it was asked: a batch may be worked off after midnight.
        event_id, sender, today = envelope.event_id, envelope.sender, envelope.sent_at.date()
        relation = envelope.encrypted.relation if envelope.encrypted else None
        asked = withdrawal_asked(act, relation, event_id, sender, network, today)
        asked = asked or pair_asked(act, sender, event_id, network)
        return asked or confirmation_asked(act, room, event_id, sender)

    async def _open(self, envelope: Envelope, network: Network) -> Act | None:
        if envelope.encrypted is None:
            return decode_clear(envelope)
        try:
            opened = await self._opener.open(
                envelope.room_id, envelope.encrypted.session_id, envelope.encrypted.ciphertext
            )
        except (KeyMissing, NotOpened):
            return None
        return decode_plaintext(envelope, opened.plaintext, network.vocabulary, self._now().date())


def _choice(act: Act | None, raw: Mapping[str, Any], room: Room) -> NewEffect | None:
    """What a reaction on a card chooses, or a reply to one. Whether it is one is seen later."""
    sender, event_id = str(raw.get("sender")), str(raw["event_id"])
    if room.key != direct_room_key(name_of(sender)):
        return None
    match act:
        case Reaction(target=card, key=key):
            sign = sign_named(key)
            return chosen(card, sender, sign, event_id, replied=False) if sign else None
        case Post(relation=Relation(target=target, reply_to=reply_to) as relation):
            if relation.kind is RelationKind.EDIT or (sign := sign_named(act.body)) is None:
                return None
            return chosen(reply_to or target, sender, sign, event_id, replied=True)
    return None


def _answer_to(act: Act | None, room: Room) -> dict[str, Any] | None:
    if isinstance(act, Verification):
        return {"text": "verification"} if room.kind is RoomKind.DIRECT else None
    if not isinstance(act, Post):
        return None
    if act.relation is not None and act.relation.kind is RelationKind.EDIT:
        return None
    is_command = act.body.lstrip().startswith("!")
    if room.kind is not RoomKind.DIRECT and not is_command:
        return None
    reading = read_command(act.body)
    match reading:
        case Command():
            return {"text": reading.value}
        case NotUnderstood(nearest=nearest):
            near = nearest.typed if nearest else nearest_order(act.body)
            named = {"nearest": near} if near else {}
            return {"text": "not_understood", "parameters": named}
