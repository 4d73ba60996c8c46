"""The keyring: finds the session of a message, says whose it is, and opens the message.

It decides ownership: a session belongs to the first (officer, device key) whose Olm message
brought it. It keeps no memory of what was opened; replays are the verdicts' business.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable

import vodozemac

from bots.steward.machine import ArrivedKey, inbound_session
from rilon.application.ports import KeyMissing, NewEffect, NotOpened, Opened
from rilon.storage.sessions import SessionStore, StoredSession

CACHED = 5_000
"""How many sessions are kept open in memory."""


class Keyring:
    """Inbound sessions by room and id, from PostgreSQL, with those in use held open."""

    def __init__(self, store: SessionStore, pickle_key: bytes) -> None:
        self._store = store
        self._pickle_key = pickle_key
        self._open: OrderedDict[
            tuple[str, str], tuple[vodozemac.InboundGroupSession, StoredSession]
        ] = OrderedDict()
        self._arrival = asyncio.Condition()

    async def take_in(
        self,
        arrived: list[ArrivedKey],
        batch_id: int,
        alarm: Callable[[StoredSession, StoredSession], NewEffect],
    ) -> int:
        """Keeps the keys that a batch brought; how many second claims there were. `alarm` says
        what to write for one: what was claimed, and who owns it."""
        sessions = []
        for key in arrived:
            session = inbound_session(key)
            if session is not None:
                sessions.append(
                    StoredSession(
                        key.room_id,
                        key.session_id,
                        key.user_id,
                        key.curve25519,
                        key.ed25519,
                        session.pickle(self._pickle_key),
                    )
                )
        claims = await self._store.keep(sessions, batch_id, alarm)
        if sessions:
            async with self._arrival:
                self._arrival.notify_all()
        return claims

    async def open(self, room_id: str, session_id: str, ciphertext: str) -> Opened:
        """Opens a message. Raises KeyMissing or NotOpened."""
        session, owner = await self._find(room_id, session_id)
        try:
            message = vodozemac.MegolmMessage.from_base64(ciphertext)
            opened = session.decrypt(message)
        except BaseException as error:
            # A panic of vodozemac is no Exception, and must not end the process.
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            raise NotOpened(type(error).__name__) from None
        return Opened(
            bytes(opened.plaintext),
            opened.message_index,
            owner.user_id,
            owner.curve25519,
            owner.ed25519,
        )

    async def arrival(self) -> None:
        """Waits until the next keys have arrived."""
        async with self._arrival:
            await self._arrival.wait()

    async def _find(
        self, room_id: str, session_id: str
    ) -> tuple[vodozemac.InboundGroupSession, StoredSession]:
        key = (room_id, session_id)
        if (known := self._open.get(key)) is not None:
            self._open.move_to_end(key)
            return known
        stored = await self._store.find(room_id, session_id)
        if stored is None:
            raise KeyMissing
        session = vodozemac.InboundGroupSession.from_pickle(stored.pickle, self._pickle_key)
        self._open[key] = (session, stored)
        while len(self._open) > CACHED:
            self._open.popitem(last=False)
        return session, stored
