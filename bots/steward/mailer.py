"""Sending as the steward: encrypted, to signed devices only, the same event when sent again."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Collection, Sequence
from typing import Any
from weakref import WeakValueDictionary

from bots.steward.machine import Machine
from rilon.adapters.homeserver import Homeserver, HomeserverError
from rilon.application.ports import DueEffect
from rilon.storage.effects import Effects
from rilon.texts.rendering import Text
from rilon.wire.canonical import content_digest

Json = dict[str, Any]


class Mailer:
    """Encrypts and sends what an effect says. The crypto lock is held while keys are touched,
    never while the homeserver is asked: the gate needs the keys of others meanwhile."""

    def __init__(
        self,
        homeserver: Homeserver,
        machine: Machine,
        crypto: asyncio.Lock,
        effects: Effects,
    ) -> None:
        self._homeserver = homeserver
        self._machine = machine
        self._crypto = crypto
        self._effects = effects
        self._rooms: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """One sender a room at a time: a session is shared before anything is encrypted with it."""

    async def send(self, due: DueEffect, room_id: str, content: Json, readers: list[str]) -> str:
        """Sends a message of the effect to a room; its event id. What was made for an earlier
        attempt is sent again as it was."""
        wire = due.wire
        if wire is None:
            encrypted = await self._encrypt(room_id, "m.room.message", content, readers, due)
            wire = {"room_id": room_id, "type": "m.room.encrypted", "content": encrypted}
        await self._effects.prepare(due, dict(wire), content_digest(wire["content"]))
        return await self._homeserver.send(
            room_id, "m.room.encrypted", due.transaction, wire["content"]
        )

    async def react(self, due: DueEffect, room_id: str, event_id: str, key: str) -> Json:
        """Puts a reaction on an event, so that one tap chooses. It goes in clear, as clients send
        them. One that is there already is left alone."""
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": key}
        content: Json = {"m.relates_to": relation}
        wire = {"room_id": room_id, "type": "m.reaction", "content": content}
        await self._effects.prepare(due, wire, content_digest(content))
        try:
            sent = await self._homeserver.send(room_id, "m.reaction", due.transaction, content)
        except HomeserverError as error:
            if error.errcode == "M_DUPLICATE_ANNOTATION":
                return {}
            raise
        return {"event_id": sent}

    async def heal(self) -> None:
        """Sends what mends broken Olm sessions."""
        async with self._crypto:
            pending = self._machine.pending_to_device()
        for user, device, content in pending:
            name = hashlib.sha256(f"{user} {device} {content}".encode()).hexdigest()[:24]
            await self._homeserver.send_to_device(
                "m.room.encrypted", f"rilon-heal-{name}", {user: {device: content}}
            )

    async def _encrypt(
        self, room_id: str, kind: str, content: Json, readers: Collection[str], due: DueEffect
    ) -> Json:
        async with self._rooms.setdefault(room_id, asyncio.Lock()):
            await self._start_sessions(readers)
            async with self._crypto:
                bodies = self._machine.share_session(room_id, sorted(readers))
            try:
                for messages in bodies:
                    await self._homeserver.send_to_device(
                        "m.room.encrypted", f"{due.transaction}-keys-{_name_of(messages)}", messages
                    )
            except BaseException:
                self._machine.forget_session(room_id)
                raise
            async with self._crypto:
                return self._machine.encrypt(room_id, kind, content)

    async def _start_sessions(self, readers: Collection[str]) -> None:
        async with self._crypto:
            wanted = self._machine.missing_olm_sessions(readers)
        if wanted:
            claimed = await self._homeserver.claim_keys(wanted)
            async with self._crypto:
                self._machine.keys_claimed(claimed)


def _name_of(messages: Json) -> str:
    """A name of these very messages. Another session's under the same transaction would be taken
    for a repetition, and nobody could read what is said with it."""
    return hashlib.sha256(json.dumps(messages, sort_keys=True).encode()).hexdigest()[:24]


def message(said: Text, mentioned: Sequence[str], replaces: str | None = None) -> Json:
    """The content of a message of the steward.

    With a mention it is an ordinary message, which notifies; without it is a notice, at which
    phones stay silent.
    """
    content: Json = {"msgtype": "m.text" if mentioned else "m.notice", "body": said.plain}
    if said.html is not None:
        content |= {"format": "org.matrix.custom.html", "formatted_body": said.html}
    content["m.mentions"] = {"user_ids": list(mentioned)} if mentioned else {}
    if replaces is None:
        return content
    return {
        **content,
        "body": f"* {said.plain}",
        **({"formatted_body": f"* {said.html}"} if said.html is not None else {}),
        "m.mentions": {},
        "m.new_content": content,
        "m.relates_to": {"rel_type": "m.replace", "event_id": replaces},
    }
