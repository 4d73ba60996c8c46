"""Searching the archive from Matrix: `!bulletins routes Andaman`, answered in one's direct room.

What the searcher may see is decided by the rooms that they belong to now (`rilon.archive.blind`);
of what they may not see, nothing in the answer depends.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from bots.steward.bulletin_cards import link
from bots.steward.deeds import Deeds
from bots.steward.hearing import opened, to_work_off, unmarked, what_is_said
from bots.steward.mailer import message
from bots.steward.means import Means
from bots.steward.performer import Perform
from rilon.application.membership import direct_room_key
from rilon.application.ports import DueEffect, NewEffect, Safe
from rilon.archive.blind import ArchiveKey, Reader, ask
from rilon.archive.query import Unsearchable, read_query
from rilon.archive.why_not import why_not
from rilon.bulletins.reading import title_of
from rilon.domain.acts import Act
from rilon.domain.officers import Officer, Role, name_of
from rilon.domain.rooms import Room, RoomKind
from rilon.domain.word_forms import plain_word
from rilon.policy.network import Network
from rilon.storage.archive import find
from rilon.storage.bulletin_rooms import BulletinRooms
from rilon.storage.bulletins import BulletinStore
from rilon.texts import archive as texts
from rilon.texts.rendering import Line, Text
from rilon.texts.translator import translator
from rilon.wire.envelope import Envelope

Json = dict[str, Any]

KIND = "archive_heard"
_NAMES = frozenset(map(plain_word, ("bulletins", "archive", "arsip", "boletins", "คลัง")))
_COMMAND = re.compile(
    r"\s*[!！¡/]\s{0,3}(?P<name>[^\s!:.,;]{2,30})[:.,;]?(?:\s+(?P<rest>.*))?$", re.DOTALL
)
_PAGE = re.compile(r"(?:^|\s)page\s*[:：]\s*(\d{1,5})(?=\s|$)", re.IGNORECASE)


def searched(said: str) -> str | None:
    """What a message searches for; None for one that doesn't search."""
    found = _COMMAND.match(said[:2_000])
    if found is None or plain_word(found["name"]) not in _NAMES:
        return None
    return (found["rest"] or "").strip()


class ArchiveTalk:
    """Hears searches and answers them."""

    def __init__(
        self,
        means: Means,
        deeds: Deeds,
        engine: AsyncEngine,
        bulletins: BulletinStore,
        rooms: BulletinRooms,
        key: ArchiveKey,
        safe: Safe,
    ) -> None:
        self._means = means
        self._deeds = deeds
        self._engine = engine
        self._bulletins = bulletins
        self._rooms = rooms
        self._key = key
        self._safe = safe

    def by_kind(self) -> dict[str, Perform]:
        """Their kinds of effect."""
        return {KIND: self.answer}

    async def heard(
        self, act: Act, envelope: Envelope, room: Room, network: Network
    ) -> list[NewEffect]:
        """The effect that answers a search, wherever it was typed."""
        one = what_is_said(act, envelope, room, self._means.now())
        if one is None or one.target is not None:
            return []
        if searched(unmarked(one.body, network, one.at)) is None:
            return []
        return [to_work_off(KIND, f"archive {one.event_id}", one, self._safe)]

    async def answer(self, due: DueEffect) -> Json:
        """Searches, and says what was found. What was typed is erased with that."""
        result: Json = {}
        if due.wire is not None:
            room_id = str(due.wire["room_id"])
            result = {"event_id": await self._deeds.post(due, room_id, {})}
        elif (one := opened(due, self._safe)) is not None:
            network = await self._means.network()
            officer = network.officers.get(name_of(one.sender))
            typed = searched(unmarked(one.body, network, one.at))
            if officer is not None and typed is not None:
                said = await self._found(typed, officer, network)
                room_id = await self._means.room_id(direct_room_key(officer.name))
                result = {"event_id": await self._deeds.post(due, room_id, message(said, []))}
        await self._means.effects.erase(due, "sealed")
        return result

    async def _found(self, typed: str, officer: Officer, network: Network) -> Text:
        t = translator(officer.language)
        page = _PAGE.search(typed)
        asked = await asyncio.to_thread(read_query, _PAGE.sub(" ", typed))
        if isinstance(asked, Unsearchable):
            return texts.unread(t, why_not(t, asked))
        search = ask(asked, reader_of(officer, network), network, self._key)
        async with self._engine.connect() as connection:
            number = int(page[1]) if page else 1
            found = await find(connection, search, self._means.now(), number)
        lines = [await self._line(one, officer, network) for one in found.numbers]
        return texts.found(t, _kept(lines), found.count, found.page, found.pages)

    async def _line(self, number: str, officer: Officer, network: Network) -> Line | None:
        """A bulletin's title, day and place: of what stands in the rooms, never of a draft."""
        version = await self._bulletins.published(number)
        places = await self._rooms.places(number)
        mine = [one for one in places if officer.name in network.members(one.room)]
        if version is None or not mine:
            return None
        title = await asyncio.to_thread(title_of, version.content)
        where = link(await self._means.room_id(mine[0].room), mine[0].first_event)
        return texts.entry(number, title or number, mine[0].posted_at.date(), where)


def reader_of(officer: Officer, network: Network) -> Reader:
    """Who searches, as policy has it now."""
    rooms = (key for key, room in network.rooms.items() if room.kind is RoomKind.BULLETINS)
    mine = frozenset(key for key in rooms if officer.name in network.members(key))
    return Reader(officer.party, mine, Role.ANALYST in officer.roles)


def _kept(lines: Sequence[Line | None]) -> list[Line]:
    return [one for one in lines if one is not None]
