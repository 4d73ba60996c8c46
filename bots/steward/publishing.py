"""The steward's deeds with bulletins: posting each message, and what follows once they stand.

What is posted is decided elsewhere; whether it may enter a room is the gate's to say, when it
arrives there.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from hmac import compare_digest
from typing import Any

from bots.steward.bulletin_reminders import told_desks
from bots.steward.choosing import GIVEN_UP_AFTER
from bots.steward.deeds import Deeds
from bots.steward.mailer import message
from bots.steward.means import Means
from bots.steward.performer import NotYet, Perform
from bots.steward.uploads import Uploads
from rilon.adapters.homeserver import HomeserverError
from rilon.application.bulletin_checks import rooms_of
from rilon.application.bulletin_entries import bulletin_entry
from rilon.application.bulletin_values import Posting, Purpose, State, Version
from rilon.application.ports import DueEffect, NewEffect
from rilon.application.publishing import ACKNOWLEDGE
from rilon.archive.blind import ArchiveKey, blinded
from rilon.archive.terms import terms_of
from rilon.bulletins.reading import read_bulletin
from rilon.bulletins.reasons import Reason
from rilon.domain.entries import Entry
from rilon.domain.officers import Officer
from rilon.domain.verdicts import Code
from rilon.policy.mistakes import Mistakes
from rilon.policy.network import Network
from rilon.storage.bulletin_rooms import BulletinRooms
from rilon.storage.bulletins import BulletinStore
from rilon.storage.postings import PostingStore
from rilon.storage.recalls import redaction
from rilon.wire.canonical import content_digest
from rilon.wire.file_writing import file_content

Json = dict[str, Any]

MOST_PINNED = 10


class PictureGone(Exception):
    """The picture that was approved isn't there, or another lies there."""


class Publishing:
    """Their kinds of effect. `wake` says that there is more to do."""

    def __init__(
        self,
        means: Means,
        deeds: Deeds,
        postings: PostingStore,
        bulletins: BulletinStore,
        rooms: BulletinRooms,
        uploads: Uploads,
        salt: Callable[[], bytes],
        wake: Callable[[], None],
        archive: ArchiveKey,
        withdraw: Callable[[str, Officer, str], Awaitable[object]] | None = None,
        told: Callable[[Version, str, str | None], Awaitable[Sequence[NewEffect]]] | None = None,
    ) -> None:
        self._means = means
        self._deeds = deeds
        self._postings = postings
        self._bulletins = bulletins
        self._rooms = rooms
        self._uploads = uploads
        self._salt = salt
        self._wake = wake
        self._archive = archive
        self._withdraw = withdraw
        self._told = told

    def by_kind(self) -> dict[str, Perform]:
        """Their kinds of effect."""
        return {"publish": self.publish, "bulletin_posted": self.posted, "pin": self.pin}

    # --- one message ---------------------------------------------------------------------------

    async def publish(self, due: DueEffect) -> Json:
        """Posts one message in an officer's name. The gate judges it, and erases its text.

        Killed at any point it is done again: the same event under the same transaction.
        """
        posting_id = str(due.payload["posting"])
        event_id: str | None = None
        try:
            event_id = await self._post(due, posting_id)
        except PictureGone:
            await self._postings.not_posted(posting_id, Code.FILE_UNREADABLE.value)
        except HomeserverError as error:
            if error.reason is None and due.attempts < GIVEN_UP_AFTER:
                raise
            if error.reason == Code.REPLAYED.value:
                # It stands there already, and the homeserver forgot that we sent it.
                event_id = await self._postings.delivered_as(posting_id)
            else:
                await self._postings.not_posted(posting_id, error.reason or Code.RULE_FAILED.value)
        if event_id is not None:
            await self._postings.posted(posting_id, event_id)
        self._wake()
        return {} if event_id is None else {"event_id": event_id}

    async def _post(self, due: DueEffect, posting_id: str) -> str | None:
        if due.wire is not None:
            return await self._deeds.post(due, str(due.wire["room_id"]), {})
        one = await self._postings.may_go(posting_id)
        if one is None or one.text is None:
            return None
        room_id = await self._means.room_id(one.room)
        return await self._deeds.post(due, room_id, content_of(await self._with_picture(one)))

    async def _with_picture(self, one: Posting) -> Posting:
        """INVARIANT: byte for byte what was approved, or nothing. The place is noted before
        anything lies there, so a copy that is made again is the same."""
        if one.picture is None:
            return one
        found = await self._bulletins.picture(one.number, one.revision, one.picture)
        digest = hashlib.sha256(found.data).digest() if found else b""
        if found is None or not compare_digest(digest, one.file_digest or b""):
            raise PictureGone
        if one.file is None:
            placed = await self._uploads.placed(
                found.data, found.type.value, one.picture, "m.image"
            )
            if not await self._postings.note_copy(one, placed):
                raise PictureGone
            one = replace(one, file=placed)
        if one.file is not None:
            try:
                await self._uploads.fill(one.file, found.data)
            except HomeserverError:
                # The place has lapsed, or wasn't taken: the next attempt takes another.
                await self._postings.note_copy(one, None)
                raise
        return one

    # --- all of a room ---------------------------------------------------------------------------

    async def posted(self, due: DueEffect) -> Json:
        """What follows once the messages of a version are done in a room."""
        number, revision = str(due.payload["number"]), int(due.payload["revision"])
        room, purpose = str(due.payload["room"]), Purpose(due.payload["purpose"])
        gone = [str(one) for one in due.payload["gone"]]
        fate = await self._rooms.fate(purpose.value, number, revision, room)
        room_id = await self._means.room_id(room)
        version = await self._bulletins.head(number)
        if version is None:
            return {}
        now = self._means.now()
        away = fate.new if not fate.complete else gone
        effects = [redaction(room_id, event) for event in away]
        if purpose is Purpose.WITHDRAWAL:
            if fate.complete:
                await self._rooms.withdrawn(number, room, gone, now)
                effects += await self._tells(number, "withdrawn", "withdrawn", room)
                await self._means.effects.write([*effects, _pin(room, f"{number}-withdrawn")])
            else:
                await self._rooms.not_withdrawn(number, room)
            state: str | None = "withdrawn" if fate.complete else "not_withdrawn"
        else:
            if fate.complete and fate.first and not version.published:
                effects.append(_sign(number, revision, room))
            if fate.complete:
                effects.append(_pin(room, f"{number}-{revision}"))
            if fate.complete and await self._rooms.is_correction(number, revision, room):
                effects += await self._tells(number, "corrected", f"{revision}", room)
            network = await self._means.network()
            terms = await self._terms(number, network) if fate.complete else {}
            state = await self._rooms.settle(
                number,
                revision,
                room,
                fate,
                gone,
                now,
                effects,
                lambda step: self._entry(version, step, network, now),
                terms,
            )
            if state is None:
                state = await self._settled(number, revision)
        if purpose is Purpose.BULLETIN and not fate.complete:
            await self._half(version, revision, room, await self._means.network())
        if self._told is not None and (state is not None or not fate.complete):
            told = await self._told(version, state or "refused_here", fate.code)
            await self._means.effects.write(told)
        self._wake()
        return {}

    async def _tells(self, number: str, why: str, cause: str, key: str) -> list[NewEffect]:
        """A word to every desk that reads it there: who read it before acts on other words."""
        network = await self._means.network()
        room = network.rooms.get(key)
        if room is None:
            return []
        return told_desks(number, why, cause, room, room.ceiling, network)

    async def _half(self, version: Version, revision: int, room: str, network: Network) -> None:
        """INVARIANT: no reader is left with one half of a text and the other half of another: where
        a correction could be posted in part only, all of the bulletin is withdrawn."""
        by = network.officers.get(version.approved_by or "")
        if by is None or self._withdraw is None:
            return
        if await self._rooms.is_correction(version.number, revision, room):
            await self._withdraw(version.number, by, Reason.HALF.value)

    async def _terms(self, number: str, network: Network) -> dict[int, int]:
        """By what the archive finds it. What can't be read any more is found by nothing."""
        version = await self._bulletins.latest(number)
        author = None if version is None else network.officers.get(version.author or "")
        if version is None or author is None:
            return {}
        now = self._means.now()
        read = await asyncio.to_thread(
            read_bulletin, "", version.content, author, network, now, leave_out=version.leave_out
        )
        if isinstance(read, Mistakes):
            return {}
        rooms = [one.key for one in rooms_of(read.head.groups, network)]
        return await asyncio.to_thread(lambda: blinded(terms_of(read), rooms, self._archive))

    async def _settled(self, number: str, revision: int) -> str | None:
        """What became of it before the steward died; what is told of that is told once."""
        version = await self._bulletins.head(number)
        if version is None or version.revision != revision:
            return None
        over = version.state in (State.PUBLISHED, State.REFUSED)
        return version.state.value if over else None

    def _entry(self, version: Version, step: str, network: Network, now: datetime) -> Entry:
        return bulletin_entry(version, step, version.approved_by, network, now, self._salt())

    async def pin(self, due: DueEffect) -> Json:
        """Pins what stands in a room, the newest first."""
        room = str(due.payload["room"])
        room_id = await self._means.room_id(room)
        content: Json = {"pinned": await self._rooms.pinned(room, MOST_PINNED)}
        wire = {"room_id": room_id, "type": "m.room.pinned_events", "state_key": ""}
        await self._means.effects.prepare(due, wire, content_digest(content))
        await self._means.homeserver.set_state(room_id, "m.room.pinned_events", "", content)
        return {}


def content_of(one: Posting) -> Json:
    """The content of its message. It is no notice: phones tell of it as of anybody's."""
    if one.text is None:
        raise NotYet
    content = message(one.text, [], one.replaces)
    for each in (content, content.get("m.new_content", {})):
        if each:
            each["msgtype"] = "m.text"
    if one.file is not None:
        content |= file_content(one.file)
    if one.root is not None and one.replaces is None:
        content["m.relates_to"] = {
            "rel_type": "m.thread",
            "event_id": one.root,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": one.root},
        }
    return content


def _sign(number: str, revision: int, room: str) -> NewEffect:
    """The reaction that acknowledges, on the first message: one tap is enough."""
    first = f"posting-{number}.{revision}.{room}.0"
    return NewEffect(
        "react",
        f"bulletin {number} {room}",
        {"on": first, "to": room, "key": ACKNOWLEDGE},
        once=f"sign-{number}-{room}",
    )


def _pin(room: str, cause: str) -> NewEffect:
    return NewEffect("pin", f"pins {room}", {"room": room}, once=f"pin-{room}-{cause}")
