"""Deeds on delivered content: what an officer asked to tighten or recall, and what has expired.

They find out who was in the room and carry the use case out; redactions, notices and answers
are effects of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from bots.steward.performer import NotYet, Perform
from rilon.adapters.homeserver import Homeserver
from rilon.application.ports import DueEffect, Unsure
from rilon.application.recall import Recalling

Json = dict[str, Any]


class RoomPresence:
    """Who was in a room, as the homeserver has it."""

    def __init__(self, homeserver: Homeserver) -> None:
        self._homeserver = homeserver

    async def members_at(self, room_id: str, event_id: str) -> Sequence[str] | None:
        """User ids of those in the room when the event was delivered; None if unknown."""
        return await self._homeserver.members_at(room_id, event_id)


class RecallDeeds:
    """Each may be done again after a crash and then changes nothing more."""

    def __init__(
        self, recalling: Recalling, homeserver: Homeserver, now: Callable[[], datetime]
    ) -> None:
        self._recalling = recalling
        self._homeserver = homeserver
        self._now = now

    def by_kind(self) -> dict[str, Perform]:
        """The kinds of effect."""
        return {
            "recall": self.recall,
            "expire": self.expire,
            "end_personal_data": self.end_personal_data,
            "delete_file": self.delete_file,
        }

    async def recall(self, due: DueEffect) -> Json:
        """Tightens or recalls what an officer named; not before the time that it is due."""
        if "after" in due.payload:
            left = datetime.fromisoformat(str(due.payload["after"])) - self._now()
            if left > timedelta(0):
                raise NotYet(left.total_seconds())
        try:
            await self._recalling.ask({name: str(value) for name, value in due.payload.items()})
        except Unsure as unsure:
            raise NotYet from unsure
        return {}

    async def expire(self, due: DueEffect) -> Json:
        """Recalls what has expired in a room."""
        day = date.fromisoformat(str(due.payload["day"]))
        try:
            count = await self._recalling.expire(str(due.payload["room_id"]), day)
        except Unsure as unsure:
            raise NotYet from unsure
        return {"recalled": count}

    async def end_personal_data(self, due: DueEffect) -> Json:
        """Recalls what stands in a room with personal data longer than policy keeps that."""
        before = datetime.fromisoformat(str(due.payload["before"]))
        try:
            count = await self._recalling.end_personal_data(str(due.payload["room_id"]), before)
        except Unsure as unsure:
            raise NotYet from unsure
        return {"recalled": count}

    async def delete_file(self, due: DueEffect) -> Json:
        """Deletes the ciphertext of a recalled file: the homeserver itself never does."""
        await self._homeserver.delete_media(str(due.payload["server"]), str(due.payload["media"]))
        return {}
