"""Screening: one event, not yet accepted, becomes one verdict, durable before it is told.

It puts the parts in their order: open, decode, look, decide, record. What may enter is
`rilon.policy.evaluate`; what an event is, `rilon.wire`. Whatever can't be told is Unsure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from rilon.application.asked import Asked, FilesUnseen, Message, message_identity
from rilon.application.bulletin_values import Posting
from rilon.application.cards import card_effects, retried
from rilon.application.held import Carried, NewHeld, Offer
from rilon.application.kept_verdicts import (
    answers_again,
    judged_of,
    kind_of,
    kind_of_own,
    still_holds,
    targets_of,
)
from rilon.application.offers import offer_of
from rilon.application.ports import (
    Decisions,
    FileOpener,
    KeyMissing,
    NewEffect,
    NotOpened,
    OwnEvents,
    PatientOpener,
    Policies,
    Recorded,
    RoomDecision,
    Seen,
    Unsure,
)
from rilon.application.posting import writes_bulletin
from rilon.application.quotation import NOTHING_LOOKED_UP, Looked, Quotation
from rilon.application.record import verdict_entry
from rilon.application.relay import Arriving, Relaying
from rilon.application.release import release_offer
from rilon.application.request_values import Words
from rilon.domain.acts import (
    Act,
    Post,
    Undecodable,
)
from rilon.domain.officers import Officer, name_of
from rilon.domain.rooms import Room
from rilon.domain.verdicts import Accept, Code, Refuse, Verdict, refuse
from rilon.policy.evaluate import evaluate
from rilon.policy.file_rules import UNSEEN
from rilon.policy.network import Network
from rilon.policy.question import Question, Source, Standing
from rilon.wire.decode import decode_clear, decode_plaintext

COUNTED_ATTEMPTS = 20
"""After so many refused attempts of one message its card is no longer brought up to date."""


class Screening:
    """The gate's use case. `steward` is the steward's full user id. `held_for` is how long the
    text of a refused message waits for its sender's choice; without it none is kept."""

    def __init__(
        self,
        decisions: Decisions,
        policies: Policies,
        opener: PatientOpener,
        files: FileOpener,
        own: OwnEvents,
        steward: str,
        now: Callable[[], datetime],
        salt: Callable[[], bytes],
        quotation: Quotation,
        held_for: timedelta | None = None,
    ) -> None:
        self._quotation = quotation
        self._decisions = decisions
        self._policies = policies
        self._opener = opener
        self._files = files
        self._own = own
        self._steward = steward
        self._server = steward.partition(":")[2]
        self._now = now
        self._salt = salt
        self._held_for = held_for
        self._relaying = Relaying(policies, quotation, now, salt)

    def is_own(self, asked: Asked) -> bool:
        """Whether the event comes in the steward's name."""
        return asked.envelope.sender == self._steward

    async def screen(self, asked: Asked) -> Verdict:
        """The verdict on an event, recorded. Raises Unsure when it can't be told now."""
        message = await self._open(asked)
        judge = self._screen_own if self.is_own(asked) else self._screen_officers
        try:
            return await judge(message)
        except FilesUnseen as unseen:
            facts = await self._files.open_all(unseen.files, unseen.largest)
        return await judge(replace(message, files=facts))

    async def _screen_officers(self, message: Message) -> Verdict:
        asked = message.asked
        async with self._decisions.in_room(asked.envelope.room_id) as room:
            verdict = await self._decide(room, message, final=False)
        if verdict is None:
            await self._opener.catch_up()
            async with self._decisions.in_room(asked.envelope.room_id) as room:
                verdict = await self._decide(room, message, final=True)
        return verdict or Refuse(Code.DEVICE_NOT_SIGNED, "rule2.device")

    # --- opening -----------------------------------------------------------------------------

    async def _open(self, asked: Asked) -> Message:
        envelope = asked.envelope
        identity = message_identity(asked)
        encrypted = envelope.encrypted
        if encrypted is None or envelope.sender == self._steward:
            return Message(asked, identity, None, None)
        try:
            opened = await self._opener.open(
                envelope.room_id, encrypted.session_id, encrypted.ciphertext
            )
        except (KeyMissing, NotOpened):
            return Message(asked, identity, None, Undecodable(Code.UNREADABLE))
        return Message(asked, identity, opened, None)

    # --- the steward's own events ---------------------------------------------------------------

    async def _screen_own(self, message: Message) -> Verdict:
        """ATTACK: the steward's name used by another. Only an event that is being performed
        from the outbox, with exactly this content, is the steward's."""
        envelope = message.asked.envelope
        effect = await self._own.recognise(
            envelope.room_id, envelope.type, envelope.state_key, envelope.digest
        )
        verdict: Verdict = (
            Accept(rule="own.effect")
            if effect is not None
            else Refuse(Code.STEWARD_ONLY, "own.unknown")
        )
        async with self._decisions.in_room(envelope.room_id) as room:
            carried: Carried | Words | Posting | None = None
            if effect is not None:
                carried = (
                    await room.relayed(effect, self._now())
                    or await room.on_their_way(effect)
                    or await room.posting(effect)
                )
            if carried is not None:
                device_id = message.asked.device_id
                arriving = Arriving(envelope, message.identity, device_id, carried, message.files)
                return await self._relaying.screen(room, arriving)
            seen = await room.look(message.identity, envelope.sender, None, None, None, ())
            if seen.policy_id is None:
                raise Unsure("no policy in force")
            if seen.recorded is not None and seen.recorded.accepted == isinstance(verdict, Accept):
                if seen.recorded.delivered:
                    # ATTACK: what we said once, said again by another.
                    return refuse(Code.REPLAYED, "own.replay")
                if still_holds(seen.recorded, seen):
                    await room.record_again(message.identity, envelope.event_id)
                    return verdict
            network = await self._policies.version(seen.policy_id, seen.rooms)
            await self._record(
                room, message, verdict, network, seen.policy_id, kind_of_own(envelope)
            )
        return verdict

    # --- officers' events -----------------------------------------------------------------------

    async def _decide(self, room: RoomDecision, message: Message, final: bool) -> Verdict | None:
        """The verdict, recorded. None, and nothing recorded, for a device that isn't known to
        be signed while that may be news: officers send as soon as they have signed it."""
        envelope = message.asked.envelope
        clear = decode_clear(envelope) if envelope.encrypted is None else None
        targets = targets_of(clear) if clear else envelope.relation_targets
        seen = await room.look(
            message.identity,
            envelope.sender,
            message.asked.device_id,
            message.session_id,
            message.index,
            tuple(sorted(targets)),
        )
        if seen.policy_id is None:
            raise Unsure("no policy in force")
        network = await self._policies.version(seen.policy_id, seen.rooms)
        governed = network.rooms.get(room.key) if room.key else None
        if seen.recorded is not None and answers_again(seen.recorded, seen, governed):
            return await self._again(room, message, seen.recorded)
        if seen.related_pending:
            if final:
                raise Unsure("what it relates to was accepted, and isn't there yet")
            return None
        act = clear or self._decode(message, seen, network)
        looked = self._look(act, message, seen, network)
        sources = await self._sources(room, looked, message, network)
        question = (
            None
            if governed is None
            else self._question(act, message, seen, governed, network, sources)
        )
        verdict = _judge(question, message, seen, network)
        if isinstance(verdict, Refuse) and verdict.code is Code.DEVICE_NOT_SIGNED and not final:
            return None
        if isinstance(act, Post) and isinstance(verdict, Refuse) and verdict.rule == UNSEEN:
            raise FilesUnseen(act.files, network.files.largest)
        if isinstance(verdict, Accept) and looked.remembered is not None:
            room.remember(envelope.sender, looked.remembered)
        offer, verdict = self._offer(verdict, question, network)
        kind, policy_id = kind_of(act), seen.policy_id
        await self._record(room, message, verdict, network, policy_id, kind, governed, act, offer)
        return verdict

    def _decode(self, message: Message, seen: Seen, network: Network) -> Act:
        if message.problem is not None:
            return message.problem
        if message.opened is None:
            return Undecodable(Code.UNREADABLE)
        if message.is_signed(seen) and not message.claims_hold():
            return Undecodable(Code.SHAPE_NOT_ALLOWED, "content.device_id")
        return decode_plaintext(
            message.asked.envelope,
            message.opened.plaintext,
            network.vocabulary,
            self._now().date(),
        )

    def _look(self, act: Act, message: Message, seen: Seen, network: Network) -> Looked:
        """What the act is looked up by in what was delivered before: nothing, but for a post."""
        if not isinstance(act, Post):
            return NOTHING_LOOKED_UP
        target = act.relation.target if act.relation else None
        target_at = next((one.sent_at for one in seen.related if one.event_id == target), None)
        return self._quotation.look(
            act,
            message.identity,
            message.asked.envelope.sent_at,
            target_at,
            seen.recent_words,
            network,
            self._now(),
            message.files or (),
        )

    async def _sources(
        self, room: RoomDecision, looked: Looked, message: Message, network: Network
    ) -> tuple[Source, ...]:
        officer = self._officer(message, network)
        if officer is None or not looked.passages:
            return ()
        return await room.sources(looked.passages, officer.party)

    def _offer(
        self, verdict: Verdict, question: Question | None, network: Network
    ) -> tuple[Offer | None, Verdict]:
        """What one tap could make of a refused message, if anything. The refusal says more where
        its sender would ask for release, and can't."""
        if question is None or self._held_for is None or not isinstance(verdict, Refuse):
            return None, verdict
        if writes_bulletin(question.act, question.room):
            # Posted by the steward it would be no draft of its author's.
            return None, verdict
        offer = offer_of(verdict, question, network)
        if offer is not None:
            return offer, verdict
        offer, unfit = release_offer(verdict, question, network)
        if unfit:
            told = (*verdict.parameters, ("unasked", ", ".join(unfit)))
            verdict = replace(verdict, parameters=tuple(sorted(told)))
        return offer, verdict

    def _question(
        self,
        act: Act,
        message: Message,
        seen: Seen,
        governed: Room,
        network: Network,
        sources: tuple[Source, ...],
    ) -> Question:
        return Question(
            act=act,
            room=governed,
            standing=self._standing(message, seen, governed, network),
            sender_id=message.asked.envelope.sender,
            related=seen.relatable(),
            now=self._now(),
            files=message.files,
            sources=sources,
        )

    def _standing(self, message: Message, seen: Seen, governed: Room, network: Network) -> Standing:
        name = name_of(message.asked.envelope.sender)
        return Standing(
            officer=self._officer(message, network),
            admitted=seen.officer_state == "admitted",
            device_signed=message.is_signed(seen),
            in_room=name in network.members(governed.key),
        )

    def _officer(self, message: Message, network: Network) -> Officer | None:
        name, _, server = message.asked.envelope.sender[1:].partition(":")
        return network.officers.get(name) if server == self._server else None

    # --- recording ------------------------------------------------------------------------------

    async def _again(
        self,
        room: RoomDecision,
        message: Message,
        recorded: Recorded,
    ) -> Verdict:
        """The same message once more: its verdict, no second entry, no second card."""
        envelope = message.asked.envelope
        if recorded.delivered:
            # It stands in the room already: another event with this identity is a replay.
            return refuse(Code.REPLAYED, "rule1.replay")
        effects: tuple[NewEffect, ...] = ()
        counts = message.asked.was_told and recorded.attempts < COUNTED_ATTEMPTS
        if counts and not recorded.accepted:
            effects = retried(message.identity, envelope.sender, recorded.attempts + 1)
        await room.record_again(message.identity, envelope.event_id, effects)
        return recorded.verdict

    async def _record(
        self,
        room: RoomDecision,
        message: Message,
        verdict: Verdict,
        network: Network,
        policy_id: int,
        kind: str,
        governed: Room | None = None,
        act: Act | None = None,
        offer: Offer | None = None,
    ) -> None:
        envelope = message.asked.envelope
        now = self._now()
        refused = verdict if isinstance(verdict, Refuse) else None
        is_governed = governed is not None
        judged = judged_of(message, verdict, kind, policy_id, now, act, is_governed=is_governed)
        entry = verdict_entry(
            judged, envelope, room.key, governed, network, now=now, salt=self._salt()
        )
        sender = envelope.sender
        cards = card_effects(message.identity, sender, refused, governed, act)
        await room.record(judged, entry, cards)
        if offer is not None and governed is not None and self._held_for is not None:
            until = now + self._held_for
            device_id = message.asked.device_id
            await room.hold(
                NewHeld(message.identity, sender, device_id, governed.key, offer, until)
            )


def _judge(question: Question | None, message: Message, seen: Seen, network: Network) -> Verdict:
    """The verdict on what is asked. There is no question about a room that isn't governed."""
    if question is None:
        return refuse(Code.ROOM_NOT_GOVERNED, "rule1.room")
    if seen.index_identity is not None and seen.index_identity != message.identity:
        return refuse(Code.REPLAYED, "rule1.replay", room=question.room.name)
    return evaluate(question, network)
