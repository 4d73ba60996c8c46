"""An ordinary officer on matrix-nio: signs in, sends, and sees what arrives. It decides nothing
about markings or rooms and knows no more than any client does; the demonstration and the tests
play officers with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import uuid4

import nio
from aiohttp import ClientConnectionError, ClientError
from nio.crypto import decrypt_attachment

from rilon.embedded.officer_device import API, OfficerDevice, SignInError
from rilon.embedded.officer_values import (
    PATIENT_S,
    REASON,
    HttpAnswer,
    Json,
    NotSent,
    Received,
    Sent,
    edit_content,
    file_content,
    reaction_content,
    text_content,
)

__all__ = ["HttpAnswer", "NotSent", "OfficerClient", "Received", "Sent", "SignInError"]

T = TypeVar("T")

_NIOS_OWN_DELAY_MS = 5000
_SYNC_FILTER = {"room": {"timeline": {"limit": 100}}, "presence": {"types": []}}


class OfficerClient:
    """One officer's client, following the homeserver. Made by `sign_in`, ended by `close`."""

    def __init__(self, device: OfficerDevice, patience: int | None) -> None:
        self._device = device
        self._nio = device.nio
        self._patience = patience
        self._timeline: dict[str, dict[str, Received]] = {}
        self._unread: dict[str, nio.MegolmEvent] = {}
        self._not_sent: dict[str, tuple[str, Json]] = {}
        self._joined: set[str] = set()
        self._news = asyncio.Condition()
        self._following: asyncio.Task[None] | None = None
        self.signed_out = False
        """The homeserver no longer knows this session."""

    # --- signing in and out --------------------------------------------------------------------

    @classmethod
    async def sign_in(
        cls,
        homeserver: str,
        user_id: str,
        password: str,
        folder: Path,
        *,
        device_name: str = "Officer's client",
        sign_device: bool = True,
        replace_identity: bool = False,
        patience: int | None = None,
    ) -> OfficerClient:
        """The officer signed in, with keys uploaded, their device signed, and following sync.

        `folder` keeps this device; signing in with the same folder again is the same device.
        `replace_identity` makes a new cross-signing identity where another client made one.
        `patience` is how many 429 answers a send waits out; None is for ever, as nio itself does.
        Raises `SignInError`.
        """
        device = await OfficerDevice.sign_in(homeserver, user_id, password, folder, device_name)
        officer = cls(device, patience)
        try:
            if sign_device:
                await device.sign_itself(password, replace_identity=replace_identity)
            await officer._sync(timeout_ms=0, full_state=True)
        except BaseException:
            await device.close()
            raise
        officer._following = asyncio.create_task(officer._follow(), name=f"sync {user_id}")
        return officer

    async def __aenter__(self) -> OfficerClient:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends this client; its device stays and can be taken up again from its folder."""
        if self._following is not None:
            self._following.cancel()
            with suppress(asyncio.CancelledError):
                await self._following
        await self._device.close()

    async def sign_out(self) -> None:
        """Ends the session on the homeserver too, which deletes the device, and closes."""
        await self.request("POST", f"{API}/logout", {})
        await self.close()

    @property
    def user_id(self) -> str:
        """The full Matrix user id."""
        return self._device.user_id

    @property
    def device_id(self) -> str:
        """The id of this device."""
        return self._device.device_id

    # --- following the homeserver ----------------------------------------------------------------

    async def _follow(self) -> None:
        while not self.signed_out:
            try:
                await self._sync(timeout_ms=20_000)
            except (ClientError, OSError):
                # The homeserver was away in the midst of it: what is missing is asked for again.
                await asyncio.sleep(0.5)

    async def _sync(self, timeout_ms: int, full_state: bool = False) -> None:
        """One sync and what has to follow it. nio's own loop ends at the first surprise."""
        since = self._nio.next_batch or self._nio.loaded_sync_token
        answer = await self._nio.sync(timeout_ms, _SYNC_FILTER, full_state=full_state)
        if isinstance(answer, nio.SyncError):
            self.signed_out = answer.status_code in ("M_UNKNOWN_TOKEN", "M_USER_DEACTIVATED")
            if not self.signed_out:
                await asyncio.sleep(0.5)
        else:
            await self._take_in(answer, since)
            await self._nio.send_to_device_messages()
            if self._nio.should_upload_keys:
                await self._nio.keys_upload()
            if self._nio.should_claim_keys:
                await self._nio.keys_claim(self._nio.get_users_for_key_claiming())
            await self._device.learn_devices()
        async with self._news:
            self._news.notify_all()

    async def _take_in(self, answer: nio.SyncResponse, since: str) -> None:
        for room_id, info in answer.rooms.join.items():
            if info.timeline.limited and since:
                await self._fill_gap(room_id, info.timeline.prev_batch, since)
            self._joined.add(room_id)
            self._add(room_id, info.timeline.events)
        self._joined.difference_update(answer.rooms.leave)
        if answer.to_device_events:
            self._read_late()

    async def _fill_gap(self, room_id: str, newest: str, oldest: str) -> None:
        """Brings the events that a busy room's sync left out, oldest first."""
        missed: list[Any] = []
        start: str | None = newest
        while start:
            page = await self._nio.room_messages(room_id, start, oldest, limit=100)
            if not isinstance(page, nio.RoomMessagesResponse) or not page.chunk:
                break
            missed += page.chunk
            start = page.end
        self._add(room_id, reversed(missed))

    def _add(self, room_id: str, events: Iterable[Any]) -> None:
        for event in events:
            seen = _received(room_id, event)
            if isinstance(event, nio.MegolmEvent):
                self._unread[seen.event_id] = event
            self._timeline.setdefault(room_id, {}).setdefault(seen.event_id, seen)

    def _read_late(self) -> None:
        """Tries again what couldn't be read: a key may come after its message."""
        for event_id, event in list(self._unread.items()):
            with suppress(nio.EncryptionError):
                seen = _received(event.room_id, self._nio.decrypt_event(event))
                self._timeline[event.room_id][event_id] = seen
                del self._unread[event_id]

    # --- what the officer sees -------------------------------------------------------------------

    @property
    def joined(self) -> frozenset[str]:
        """The rooms that the officer is in."""
        return frozenset(self._joined)

    def received(self, room_id: str) -> tuple[Received, ...]:
        """Every event of the room that sync brought, state and unreadable ones included."""
        return tuple(self._timeline.get(room_id, {}).values())

    def texts(self, room_id: str) -> tuple[str, ...]:
        """The bodies of the messages of the room that could be read, in their order."""
        return tuple(one.text for one in self.received(room_id) if one.type == "m.room.message")

    async def wait_for(self, predicate: Callable[[], T | None], within: float = PATIENT_S) -> T:
        """The predicate's first true value, tried after each sync.

        Raises `TimeoutError` after `within` seconds, and `SignInError` when the session ended.
        """
        async with asyncio.timeout(within), self._news:
            while not (value := predicate()):
                if self._following is None or self._following.done():
                    raise SignInError(f"the session of {self.user_id} ended")
                await self._news.wait()
            return value

    async def wait_for_text(self, room_id: str, part: str, within: float = PATIENT_S) -> Received:
        """The first readable event of the room whose text holds `part`."""

        def found() -> Received | None:
            return next((one for one in self.received(room_id) if part in one.text), None)

        return await self.wait_for(found, within)

    async def history(self, room_id: str, limit: int = 100) -> tuple[Received, ...]:
        """The room's latest events as the homeserver lists them, newest first, decrypted where
        this device can; empty when the officer may not look."""
        page = await self._nio.room_messages(room_id, limit=limit)
        if not isinstance(page, nio.RoomMessagesResponse):
            return ()
        return tuple(_received(room_id, event) for event in page.chunk)

    async def signed_devices(self, user_id: str) -> frozenset[str]:
        """The ids of a user's devices that their owner signed."""
        return await self._device.signed_devices(user_id)

    # --- what the officer does -------------------------------------------------------------------

    async def send_text(
        self, room_id: str, text: str, *, reply_to: str | None = None
    ) -> Sent | NotSent:
        """Sends a text, encrypted, perhaps as the answer to an event."""
        return await self.send(room_id, "m.room.message", text_content(text, reply_to=reply_to))

    async def upload(self, data: bytes) -> Json:
        """Uploads a file encrypted; its EncryptedFile. Raises `ValueError` when refused."""
        answer, keys = await self._nio.upload(
            lambda *_: BytesIO(data),
            content_type="application/octet-stream",
            encrypt=True,
            filesize=len(data),
        )
        if not isinstance(answer, nio.UploadResponse) or keys is None:
            raise ValueError("the homeserver didn't take the file")
        return {**keys, "url": answer.content_uri}

    async def send_file(
        self, room_id: str, data: bytes, name: str, mimetype: str, caption: str = ""
    ) -> Sent | NotSent:
        """Uploads a file and sends it, as clients do."""
        content = file_content(await self.upload(data), name, mimetype, len(data), caption)
        return await self.send(room_id, "m.room.message", content)

    async def fetch(self, one: Received) -> bytes:
        """The bytes of a received file, decrypted. Raises `ValueError` when they can't be had."""
        file = one.content["file"]
        answer = await self._nio.download(file["url"])
        if not isinstance(answer, nio.DownloadResponse):
            raise ValueError("the homeserver didn't give the file")
        key, iv = file["key"]["k"], file["iv"]
        return bytes(decrypt_attachment(answer.body, key, file["hashes"]["sha256"], iv))

    async def edit(self, room_id: str, event_id: str, text: str) -> Sent | NotSent:
        """Replaces the text of a message, encrypted."""
        return await self.send(room_id, "m.room.message", edit_content(event_id, text))

    async def react(self, room_id: str, event_id: str, key: str) -> Sent | NotSent:
        """Reacts to an event, in clear, as clients do."""
        return await self.send_as_is(room_id, "m.reaction", reaction_content(event_id, key))

    async def redact(self, room_id: str, event_id: str, reason: str = "") -> Sent | NotSent:
        """Redacts an event."""
        transaction_id = str(uuid4())
        path = f"/rooms/{quote(room_id)}/redact/{quote(event_id)}/{transaction_id}"
        return await self._put(path, {"reason": reason} if reason else {}, transaction_id)

    async def send(self, room_id: str, event_type: str, content: Json) -> Sent | NotSent:
        """Encrypts and sends any event."""
        wire = await self.encrypt(room_id, event_type, content)
        return await self.send_as_is(room_id, "m.room.encrypted", wire)

    async def in_room(self, room_id: str, within: float = PATIENT_S) -> None:
        """Returns when the client shows the room. Raises as `wait_for` does."""
        await self.wait_for(lambda: room_id in self.joined or None, within)

    async def encrypt(self, room_id: str, event_type: str, content: Json) -> Json:
        """The content of the `m.room.encrypted` event, after the room key was shared.

        Raises `ValueError` for a room that isn't known to be encrypted: never clear by mistake.
        """
        return await self._device.encrypt(room_id, event_type, content)

    async def send_as_is(
        self, room_id: str, event_type: str, content: Json, transaction_id: str | None = None
    ) -> Sent | NotSent:
        """Sends the content as it stands, without encrypting it."""
        transaction_id = transaction_id or str(uuid4())
        path = f"/rooms/{quote(room_id)}/send/{quote(event_type)}/{quote(transaction_id)}"
        return await self._put(path, content, transaction_id)

    async def resend(self, not_sent: NotSent) -> Sent | NotSent:
        """Sends the same content again under the same transaction, as clients do on "retry"."""
        path, content = self._not_sent[not_sent.transaction_id]
        return await self._put(path, content, not_sent.transaction_id)

    async def _put(self, path: str, content: Json, transaction_id: str) -> Sent | NotSent:
        waits: list[int] = []
        while True:
            try:
                answer = await self.request("PUT", f"{API}{path}", content, once=True)
            except ClientConnectionError:
                await asyncio.sleep(0.5)
                continue
            if answer.status != 429 or len(waits) == self._patience:
                break
            waits.append(answer.number("retry_after_ms") or _NIOS_OWN_DELAY_MS)
            await asyncio.sleep(waits[-1] / 1000)
        if answer.status == 200:
            self._not_sent.pop(transaction_id, None)
            return Sent(answer.text("event_id"), transaction_id, tuple(waits))
        self._not_sent[transaction_id] = (path, content)
        return NotSent(
            answer.status,
            answer.text("errcode"),
            answer.text(REASON),
            answer.text("error"),
            transaction_id,
            tuple(waits),
        )

    async def request(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        query: Mapping[str, str] | None = None,
        *,
        once: bool = False,
    ) -> HttpAnswer:
        """Any request to the homeserver as this officer, with what came back. "Later" (429) is
        waited out as often as it is said, unless it is to be asked `once`: under load the gate may
        need more than one question."""
        while True:
            answer = await self._device.request(method, path, body, query)
            if once or answer.status != 429:
                return answer
            await asyncio.sleep((answer.number("retry_after_ms") or _NIOS_OWN_DELAY_MS) / 1000)


def _received(room_id: str, event: Any) -> Received:
    """nio's event as a value."""
    source = event.source
    unread = source.get("type") == "m.room.encrypted"
    return Received(
        event_id=str(source.get("event_id")),
        room_id=room_id,
        sender=str(source.get("sender")),
        type=str(source.get("type")),
        content=source.get("content") or {},
        encrypted=unread or bool(event.decrypted),
        readable=not unread,
        at_ms=int(source.get("origin_server_ts") or 0),
        state_key=source.get("state_key"),
    )
