"""Relaying: the steward posts an officer's words in that officer's name, and the gate judges it so.

Such a post is content of the officer: admission, membership, term and marking are judged under
the lock of the room where it goes, at the moment when it is posted, and the verdict carries its
marking, so that whatever relates to it joins with it. A held text goes where its sender chose; or
is shown to an originator who is asked for its release; words of a request go to its other side
(`rilon.application.carrying`); a bulletin goes to its readers (`rilon.application.posting`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rilon.application import carrying, posting
from rilon.application.asked import FilesUnseen
from rilon.application.bulletin_values import Posting
from rilon.application.choices import Choice, ChoiceKind
from rilon.application.consents import grants_of
from rilon.application.held import Carried, Consent, Held, HeldText, Outcome, Posted
from rilon.application.offers import judge_choice, relation_in
from rilon.application.ports import Judged, Policies, RoomDecision, Seen, Unsure
from rilon.application.quotation import Looked, Quotation
from rilon.application.record import verdict_entry
from rilon.application.release import judge_showing
from rilon.application.request_files import target
from rilon.application.request_values import Words, WordsState
from rilon.domain import marking_text
from rilon.domain.acts import Post
from rilon.domain.entries import Entry, Subject
from rilon.domain.files import FileFacts
from rilon.domain.markings import WrittenMarking
from rilon.domain.officers import name_of
from rilon.domain.rooms import Room
from rilon.domain.verdicts import Accept, Code, Refuse, Verdict, refuse
from rilon.policy.file_rules import UNSEEN
from rilon.policy.network import Network
from rilon.policy.question import Question, RelatedKind, Source, Standing
from rilon.wire.envelope import Envelope

_GONE = Refuse(Code.TOO_LATE, "own.held")
_CHANGED = Refuse(Code.TOO_LATE, "own.changed")
"""Words whose message was edited, recalled, removed or tightened since."""


@dataclass(frozen=True, slots=True, repr=False)
class Arriving:
    """An event of the steward that carries an officer's words, on its way into a room."""

    envelope: Envelope
    identity: bytes
    device_id: str | None
    carried: Carried | Words | Posting
    files: tuple[FileFacts, ...] | None = None
    """What is known of the file that comes with it; None while nobody has opened it."""

    @property
    def sender(self) -> str:
        """Whose words they are: a full user id."""
        return self.carried.sender if isinstance(self.carried, Posting) else self._own.sender

    @property
    def sent_from(self) -> str | None:
        """The device on which they were written, if they were written on one."""
        return None if isinstance(self.carried, Posting) else self._own.device_id

    @property
    def related(self) -> tuple[str, ...]:
        """The events of the room that they relate to."""
        if isinstance(self.carried, Words):
            return () if self.carried.root is None else (self.carried.root,)
        if isinstance(self.carried, Posting):
            relation = posting.relation_of(self.carried)
            return () if relation is None else (relation.target,)
        return _targets(self.carried)

    @property
    def _own(self) -> Held | Words:
        if isinstance(self.carried, Posting):
            raise TypeError("a posting has no device")
        return self.carried if isinstance(self.carried, Words) else self.carried.held


class Relaying:
    """Judges and records what the steward posts in an officer's name."""

    def __init__(
        self,
        policies: Policies,
        quotation: Quotation,
        now: Callable[[], datetime],
        salt: Callable[[], bytes],
    ) -> None:
        self._policies = policies
        self._quotation = quotation
        self._now = now
        self._salt = salt

    async def screen(self, room: RoomDecision, arriving: Arriving) -> Verdict:
        """The verdict, recorded together with what it makes of the held text."""
        seen = await room.look(
            arriving.identity, arriving.sender, arriving.sent_from, None, None, arriving.related
        )
        if seen.policy_id is None:
            raise Unsure("no policy in force")
        recorded = seen.recorded
        if recorded is not None and recorded.delivered:
            return refuse(Code.REPLAYED, "own.replay")
        if recorded is not None and recorded.policy_id == seen.policy_id:
            await room.record_again(arriving.identity, arriving.envelope.event_id)
            if recorded.accepted and seen.officer_state != "admitted":
                # As for officers' own messages: an accept counts only while they are admitted.
                return Refuse(Code.NOT_ADMITTED, "rule2.admitted")
            return recorded.verdict
        if seen.related_pending:
            raise Unsure("what it relates to was accepted, and isn't there yet")
        network = await self._policies.version(seen.policy_id, seen.rooms)
        verdict = await self._judge(room, arriving, seen, network)
        await self._record(room, arriving, verdict, seen.policy_id, network)
        return verdict

    async def _judge(
        self, room: RoomDecision, arriving: Arriving, seen: Seen, network: Network
    ) -> Verdict:
        if isinstance(arriving.carried, Words):
            return await self._judge_words(room, arriving, arriving.carried, seen, network)
        if isinstance(arriving.carried, Posting):
            return await self._judge_posting(room, arriving, arriving.carried, seen, network)
        held, shown_to = arriving.carried.held, arriving.carried.shown_to
        choice, text = held.choice, held.text
        if choice is None or text is None:
            return _GONE
        if (choice.kind is ChoiceKind.ASK_RELEASE) != (shown_to is not None):
            # Who waits for consent posts nothing; who has it shows nothing any more.
            return _GONE
        if any(one.gone for one in arriving.carried.consents):
            # ATTACK: what its party took back, released by a card that still stood.
            return Refuse(Code.SOURCE_RESTRICTED, "own.held")
        if arriving.carried.changed and (shown_to or relation_in(choice, text) is None):
            # ATTACK: an answer, delivered to whom what it answers is kept from by now. Where it
            # stays with what it answers, it is judged together with that.
            return _CHANGED
        governed = network.rooms.get(room.key) if room.key else None
        if governed is None or room.key != (shown_to.desk if shown_to else choice.room):
            return Refuse(Code.ROOM_NOT_GOVERNED, "own.held")
        stated = (shown_to.shown_marking or "") if shown_to else choice.marking
        marking = marking_text.read(stated, network.vocabulary, self._now().date())
        if not isinstance(marking, WrittenMarking):
            # A day has passed, or the vocabulary has changed.
            return Refuse(Code.MARKING_UNCLEAR, "own.held")
        post = Post(text.text, marking)
        asked, looked = await self._asked(room, governed, arriving, post, seen, network)
        if shown_to is not None:
            return self._judge_shown(shown_to, marking, text, choice, asked, network)
        asked = self._with_grants(asked, arriving.carried, arriving, post, network)
        verdict = judge_choice(choice, marking, text, asked, network)
        if isinstance(verdict, Accept) and looked.remembered is not None:
            room.remember(held.sender, looked.remembered)
        return verdict

    async def _judge_words(
        self, room: RoomDecision, arriving: Arriving, words: Words, seen: Seen, network: Network
    ) -> Verdict:
        governed = network.rooms.get(room.key) if room.key else None
        if governed is None or room.key != words.room:
            return Refuse(Code.ROOM_NOT_GOVERNED, "own.words")
        if words.changed:
            return _CHANGED
        post = carrying.post_of(words, network, self._now().date())
        if isinstance(post, Refuse):
            return post
        asked, looked = await self._asked(room, governed, arriving, post, seen, network)
        # What the words were said in has its part in their marking already.
        heard = [event for event, _ in words.heard or ()]
        unsaid: frozenset[bytes] = frozenset()
        if asked.sources:
            unsaid = await room.unsaid([one.identity for one in asked.sources], heard)
        verdict = carrying.judge_carried(words, asked, network, unsaid)
        if isinstance(verdict, Accept) and looked.remembered is not None:
            # ATTACK: a passage in pieces, each in words of a request of its own. What stands
            # around the officer's words (command, heading) isn't among them.
            room.remember(words.sender, looked.remembered)
        if isinstance(verdict, Refuse) and verdict.rule == UNSEEN:
            raise FilesUnseen(post.files, network.files.largest)
        return verdict

    async def _judge_posting(
        self, room: RoomDecision, arriving: Arriving, one: Posting, seen: Seen, network: Network
    ) -> Verdict:
        governed = network.rooms.get(room.key) if room.key else None
        if governed is None or room.key != one.room:
            return Refuse(Code.ROOM_NOT_GOVERNED, "own.posting")
        post = posting.post_of(one, network, self._now().date())
        if isinstance(post, Refuse):
            return post
        asked, looked = await self._asked(room, governed, arriving, post, seen, network)
        if asked.sources:
            drafts = await room.drafts([each.identity for each in asked.sources])
            asked = replace(asked, sources=posting.without_drafts(asked, drafts))
        officer = asked.standing.officer
        found = {} if officer is None else await room.cited(one.cited, officer, network)
        # It has no device: what its officer did was judged when it was done.
        standing = replace(asked.standing, device_signed=True)
        verdict = posting.judge(one, replace(asked, standing=standing), found, network)
        if isinstance(verdict, Accept) and looked.remembered is not None:
            room.remember(one.sender, looked.remembered)
        if isinstance(verdict, Refuse) and verdict.rule == UNSEEN:
            raise FilesUnseen(post.files, network.files.largest)
        return verdict

    async def _asked(
        self,
        room: RoomDecision,
        governed: Room,
        arriving: Arriving,
        post: Post,
        seen: Seen,
        network: Network,
    ) -> tuple[Question, Looked]:
        """The question about a post in an officer's name, with what its passages come from."""
        officer = network.officers.get(name_of(arriving.sender))
        looked = self._quotation.look(
            post,
            arriving.identity,
            arriving.envelope.sent_at,
            None,
            seen.recent_words,
            network,
            self._now(),
            arriving.files or (),
        )
        sources: tuple[Source, ...] = ()
        if officer is not None and looked.passages:
            sources = await room.sources(looked.passages, officer.party)
        standing = Standing(
            officer=officer,
            admitted=seen.officer_state == "admitted",
            device_signed=seen.device_signed,
        )
        asked = Question(
            act=post,
            room=governed,
            standing=standing,
            sender_id=arriving.sender,
            related=seen.relatable(),
            now=self._now(),
            sources=sources,
            files=arriving.files,
        )
        return asked, looked

    def _judge_shown(
        self,
        shown_to: Consent,
        marking: WrittenMarking,
        text: HeldText,
        choice: Choice,
        asked: Question,
        network: Network,
    ) -> Verdict:
        wanted = network.rooms.get(choice.room)
        if wanted is None:
            return Refuse(Code.ROOM_NOT_GOVERNED, "own.held")
        desk, asked = asked.room, replace(asked, room=wanted)
        return judge_showing(shown_to.party, desk, marking, text, asked, network)

    def _with_grants(
        self, asked: Question, carried: Carried, arriving: Arriving, post: Post, network: Network
    ) -> Question:
        """The question with what originators consented to, for the words of this very text."""
        if not carried.consents:
            return asked
        now = self._now()
        alone = self._quotation.look(
            post, arriving.identity, arriving.envelope.sent_at, None, None, network, now
        )
        grants = grants_of(
            carried.consents,
            asked.room,
            alone.passages,
            carried.held.sender,
            network,
            now.astimezone(UTC).date(),
        )
        return replace(asked, grants=grants)

    async def _record(
        self,
        room: RoomDecision,
        arriving: Arriving,
        verdict: Verdict,
        policy_id: int,
        network: Network,
    ) -> None:
        """INVARIANT: the verdict, the outcome and the end of the text are one transaction."""
        envelope, now = arriving.envelope, self._now()
        refused = verdict if isinstance(verdict, Refuse) else None
        judged = Judged(
            identity=arriving.identity,
            event_id=envelope.event_id,
            sender=envelope.sender,
            device_id=arriving.device_id,
            session_id=None,
            message_index=None,
            kind=RelatedKind.CONTENT.value,
            accepted=refused is None,
            code=refused.code.value if refused else None,
            rule=verdict.rule,
            marking=verdict.effective,
            policy_id=policy_id,
            sent_at=envelope.sent_at,
            decided_at=now,
            relations=_beside(arriving),
            edits=_edited(arriving.carried) if refused is None else None,
        )
        governed = network.rooms.get(room.key) if room.key else None
        entry = verdict_entry(
            judged, envelope, room.key, governed, network, now=now, salt=self._salt()
        )
        carried = arriving.carried
        posted = None if refused else self._posted(arriving, network)
        if isinstance(carried, Posting):
            entry = _named(carried.sender, carried.id, entry, network, named=True, concerned=True)
            await room.record(judged, entry)
            await room.settle_posting(carried.id, judged.code, posted)
            return
        if isinstance(carried, Words):
            named = not carried.hidden
            concerned = named or not carried.kind.to_desk
            entry = _named(
                arriving.sender, carried.id, entry, network, named=named, concerned=concerned
            )
            await room.record(judged, entry)
            if carried.text is not None or carried.state is WordsState.SENT:
                await room.settle_words(carried.id, judged.code, posted)
            return
        held, shown_to = carried.held, carried.shown_to
        concerned = shown_to is None or not shown_to.hidden
        entry = _named(
            held.sender, held.identity.hex(), entry, network, named=True, concerned=concerned
        )
        await room.record(judged, entry)
        if shown_to is not None:
            # It goes on waiting for the answer. A refusal is noted by whoever wanted to show it.
            if posted is not None:
                await room.showed(held.identity, shown_to.party, posted)
        elif held.outcome in (None, Outcome.POSTED):
            await room.settle(held.identity, _outcome(held, refused), judged.code, posted)

    def _posted(self, arriving: Arriving, network: Network) -> Posted | None:
        """The words as they are posted leave what any words of an officer leave."""
        if isinstance(arriving.carried, Words):
            text = arriving.carried.text
        elif isinstance(arriving.carried, Posting):
            text = arriving.carried.text.plain if arriving.carried.text else None
        else:
            kept = arriving.carried.held.text
            text = None if kept is None else kept.text
        if text is None:
            return None
        files = arriving.files or ()
        passages = self._quotation.left_by(Post(text, None), network, files)
        return Posted(arriving.identity, passages, self._quotation.of_files(files))


def _edited(carried: Carried | Words | Posting) -> str | None:
    """The event that an accepted edit changes."""
    return carried.replaces if isinstance(carried, Posting) else None


def _beside(arriving: Arriving) -> tuple[tuple[str, str], ...]:
    """What whoever takes words of a request back has to know: whose they are, which message they
    are carried from, the file that stands with them. ATTACK: what they answer is joined into
    their marking; its party could take them back as its own."""
    carried = arriving.carried
    if isinstance(carried, Posting):
        return posting.relations(carried)
    if not isinstance(carried, Words):
        return ()
    file = () if carried.file is None else (("file", target(carried.file.shown)),)
    return (("by", carried.sender), ("from", carried.source_event), *file)


def _outcome(held: Held, refused: Refuse | None) -> Outcome:
    if refused is None:
        return Outcome.POSTED
    overdue = held.outcome is None and held.text is None
    return Outcome.EXPIRED if overdue else Outcome.REFUSED


def _named(
    sender: str, reference: str, entry: Entry, network: Network, *, named: bool, concerned: bool
) -> Entry:
    """The entry names what the words come from, and (`named`) the officer whose they are.

    Not `concerned`: the sender's party has no entry about the room of a party that it mustn't
    learn of, or that mustn't learn of it.
    """
    name = name_of(sender)
    officer = network.officers.get(name) if concerned else None
    own = frozenset({officer.party}) if officer else frozenset()
    told = (((Subject.OFFICER, name),) if named else ()) + ((Subject.REFERENCE, reference),)
    return replace(entry, parties=entry.parties | own, subject=(*entry.subject, *told))


def _targets(carried: Carried) -> tuple[str, ...]:
    held = carried.held
    if held.choice is None or held.text is None or carried.shown_to is not None:
        return ()
    relation = relation_in(held.choice, held.text)
    return tuple(sorted(relation.events)) if relation else ()
