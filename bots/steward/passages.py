"""What a delivered post leaves behind: fingerprints of its passages, and alarms about them.

All of it in the batch's transaction, and none of it in the gate's: whoever sends can't tell from
a verdict, or from its time, that somebody was alarmed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rilon.application.ports import FileOpener, NewEffect, Unsure
from rilon.application.quotation import Quotation
from rilon.domain.acts import Act, Post
from rilon.domain.files import FileFacts
from rilon.domain.markings import Marking
from rilon.domain.officers import Officer, name_of
from rilon.domain.parties import Parties
from rilon.domain.rooms import Room
from rilon.policy.network import Network
from rilon.policy.question import Source
from rilon.policy.source_alarms import SourceAlarm, source_alarms
from rilon.storage.deliveries import Delivery

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, repr=False)
class Left:
    """What a post leaves, worked out before the transaction begins."""

    officer: Officer
    room: Room
    passages: frozenset[int]
    written: bool
    files: frozenset[int] = frozenset()


class Passages:
    """Keeps the passages of delivered posts. `delay` draws how much later an alarm is given."""

    def __init__(
        self,
        quotation: Quotation,
        files: FileOpener,
        now: Callable[[], datetime],
        delay: Callable[[], timedelta],
    ) -> None:
        self._quotation = quotation
        self._files = files
        self._now = now
        self._delay = delay

    async def left_by(
        self, act: Act | None, sender: str, room: Room | None, network: Network
    ) -> Left | None:
        """What this act leaves, or None if it leaves nothing."""
        officer = network.officers.get(name_of(sender))
        if not isinstance(act, Post) or room is None or officer is None:
            return None
        facts = await self._opened(act, network)
        passages = self._quotation.left_by(act, network, facts)
        if not passages:
            return None
        files = self._quotation.of_files(facts)
        return Left(officer, room, passages, act.marking is not None, files)

    async def _opened(self, post: Post, network: Network) -> tuple[FileFacts, ...]:
        """What the gate found in the files when it let them in.

        It is forgotten when the steward ends in between. Then a file that can't be had again
        leaves no fingerprint: waiting for it would stop every batch after it.
        """
        try:
            return await self._files.open_all(post.files, network.files.largest)
        except Unsure:
            logger.error("a delivered file left no fingerprint: it can't be fetched again")
            return ()

    async def of_relayed(
        self, delivery: Delivery, identity: bytes, room: Room | None, network: Network
    ) -> Left | None:
        """What a post leaves that the steward made for an officer: the officer's passages.

        ATTACK: words that lose their restriction because somebody else's hand posted them.
        """
        words = await delivery.words_posted(identity)
        if words is None or room is None:
            return None
        officer = network.officers.get(name_of(words[0]))
        if officer is None or not words[1]:
            return None
        return Left(officer, room, words[1], written=True, files=words[2])

    async def keep(
        self, delivery: Delivery, left: Left, identity: bytes, marking: Marking, network: Network
    ) -> list[NewEffect]:
        """Keeps what a post left, in the batch's transaction. Returns the alarms."""
        now = self._now()
        found = await delivery.sources(left.passages)
        source = Source(
            identity, left.room.key, left.room.ceiling, marking, left.written, left.passages
        )
        received = receivers(left.room, await delivery.admitted(), network, now)
        await delivery.leave(source, received | {left.officer.party}, now, left.files)
        if left.officer.party in marking.unnamed:
            # ATTACK: an alarm that names who is behind a hidden request, or consented unnamed.
            return []
        return [
            _alarm(one, left, identity, now, self._delay())
            for one in source_alarms(found, left.officer.party, left.room, network)
        ]


def receivers(room: Room, admitted: frozenset[str], network: Network, now: datetime) -> Parties:
    """The parties that have an admitted officer within term in the room: they received it."""
    present = (network.officers[name] for name in network.members(room.key) & admitted)
    return frozenset(one.party for one in present if one.within_term(now.date()))


def _alarm(
    alarm: SourceAlarm, left: Left, identity: bytes, now: datetime, after: timedelta
) -> NewEffect:
    """INVARIANT: who posted it, where and when is told only to a desk of which all read that room.

    ATTACK: a sender who watches the log grow, or the homeserver's counters, right after a post
    would see that something followed from it. So what follows comes later, at no time known.
    """
    parameters = {"since": alarm.delivered_at.isoformat()}
    if alarm.source_room is not None:
        parameters["source"] = alarm.source_room.name
    if alarm.reads:
        parameters["at"] = now.isoformat()
        parameters["party"] = str(left.officer.party)
        parameters["room"] = left.room.name
        parameters["officer"] = left.officer.name
    payload = {"to": alarm.desk.key, "text": "alarm_passage", "parameters": parameters}
    name = f"passage-{identity.hex()}-{alarm.party}"
    # A subject of its own: what else is said in the desk doesn't wait for it.
    return NewEffect("say", name, payload, once=name, after=after)
