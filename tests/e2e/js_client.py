"""An officer's client on matrix-js-sdk (the library of Element, with its Rust crypto), run in Node
as a child of the tests. It answers with the same values as `OfficerClient`, so that one test can
play either library.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TypeVar
from uuid import uuid4

from rilon.embedded.officer_values import (
    PATIENT_S,
    HttpAnswer,
    Json,
    NotSent,
    Received,
    Sent,
    edit_content,
    reaction_content,
    text_content,
)
from tests.e2e.js_packages import ensure_js_packages, node

__all__ = ["JsClient", "JsError", "Request", "Status", "ensure_js_packages", "node"]

T = TypeVar("T")

_LINE_LIMIT = 64 * 1024 * 1024


class JsError(Exception):
    """The client in Node couldn't do what was asked, for another reason than a refused send."""

    def __init__(self, error: Json) -> None:
        super().__init__(f"{error['name']}: {error['message']}")
        self.status = int(error["status"])
        self.errcode = str(error["errcode"])
        self.reason = str(error["reason"])
        self.sentence = str(error["sentence"])


@dataclass(frozen=True, slots=True)
class Request:
    """One request of the client to the homeserver. Times in milliseconds since the epoch."""

    started: float
    ended: float
    method: str
    path: str
    status: int
    body: Json = field(repr=False)

    @property
    def is_send(self) -> bool:
        """Whether it sends an event to a room."""
        return "/rooms/" in self.path and "/send/" in self.path

    @property
    def is_room_key_share(self) -> bool:
        """Whether it sends encrypted to-device messages, as room keys travel."""
        return "/sendToDevice/m.room.encrypted/" in self.path

    @property
    def recipients(self) -> frozenset[tuple[str, str]]:
        """The users and devices that a to-device request goes to."""
        messages = self.body.get("messages", {}) if self.is_room_key_share else {}
        return frozenset((user, device) for user, all_ in messages.items() for device in all_)


@dataclass(frozen=True, slots=True)
class Status:
    """A change in how the client shows an event that it is sending."""

    transaction_id: str
    old: str | None
    new: str | None
    at_ms: float


class JsClient:
    """One officer's client in Node. Made by `start`, ended by `close` or with its parent."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._timeline: dict[str, dict[str, Received]] = {}
        self._wire: dict[str, Json] = {}
        self._statuses: list[Status] = []
        self._news = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())
        self.user_id = ""
        self.device_id = ""
        self.signed_out = False

    @classmethod
    async def start(cls, limit_s: int = 900) -> JsClient:
        """The client, not yet signed in. It ends by itself after `limit_s` seconds."""
        folder = await asyncio.to_thread(ensure_js_packages)
        process = await asyncio.create_subprocess_exec(
            node()[0],
            str(folder / "driver.mjs"),
            "--limit",
            str(limit_s),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=None if "RILON_JS_LOG" in os.environ else asyncio.subprocess.DEVNULL,
            limit=_LINE_LIMIT,
        )
        return cls(process)

    @classmethod
    async def sign_in(
        cls,
        homeserver: str,
        user_id: str,
        password: str,
        *,
        device_name: str = "Officer's client",
        only_signed: bool = True,
        sign_device: bool = True,
    ) -> JsClient:
        """The officer signed in, following sync, in "only signed devices" mode, device signed."""
        client = await cls.start()
        try:
            answer = await client.ask(
                "sign_in",
                homeserver=homeserver,
                user_id=user_id,
                password=password,
                device_name=device_name,
                only_signed=only_signed,
                sign_device=sign_device,
            )
        except BaseException:
            await client.close()
            raise
        client.user_id, client.device_id = answer["user_id"], answer["device_id"]
        return client

    async def __aenter__(self) -> JsClient:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends the process. Its keys were in memory only: the device is lost."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(5):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reading

    async def sign_out(self) -> None:
        """Ends the session on the homeserver too, which deletes the device, and closes."""
        await self.ask("sign_out")
        await self.close()

    # --- the protocol ----------------------------------------------------------------------------

    async def ask(self, action: str, within: float = PATIENT_S, **arguments: Any) -> Any:
        """Does one action of the driver. Raises `JsError`, or `TimeoutError` after `within` s."""
        number = len(self._answers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        assert self._process.stdin is not None
        line = json.dumps({"id": number, "do": action, **arguments})
        self._process.stdin.write(line.encode() + b"\n")
        async with asyncio.timeout(within):
            await self._process.stdin.drain()
            return await answer

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            told = json.loads(line)
            if "note" in told:
                self._note(told)
                async with self._news:
                    self._news.notify_all()
            elif not self._answers[told["id"]].done():
                if "error" in told:
                    self._answers[told["id"]].set_exception(JsError(told["error"]))
                else:
                    self._answers[told["id"]].set_result(told["ok"])
        gone = {"name": "Ended", "message": "", "status": 0}
        for answer in self._answers.values():
            if not answer.done():
                error = JsError({**gone, "errcode": "", "reason": "", "sentence": ""})
                answer.set_exception(error)
                answer.exception()  # Someone may have stopped waiting for it.

    def _note(self, told: Json) -> None:
        if told["note"] == "event":
            seen = _received(told["event"])
            self._timeline.setdefault(seen.room_id, {})[seen.event_id] = seen
            self._wire[seen.event_id] = told["event"]["wire"]
        elif told["note"] == "status":
            self._statuses.append(
                Status(told["transaction_id"], told["old"], told["new"], told["at"])
            )
        elif told["note"] == "signed_out":
            self.signed_out = True

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """The client does nothing for the while, like one on a phone in a pocket."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    # --- what the officer sees -------------------------------------------------------------------

    async def joined(self) -> frozenset[str]:
        """The rooms that the officer is in."""
        return frozenset(room["room_id"] for room in await self.ask("rooms"))

    def received(self, room_id: str) -> tuple[Received, ...]:
        """Every event of the room that sync brought, state and unreadable ones included."""
        return tuple(self._timeline.get(room_id, {}).values())

    def texts(self, room_id: str) -> tuple[str, ...]:
        """The bodies of the messages of the room that could be read, in their order."""
        return tuple(one.text for one in self.received(room_id) if one.type == "m.room.message")

    def wire(self, event_id: str) -> Json:
        """The content of a received event as the homeserver has it."""
        return self._wire[event_id]

    def statuses(self, transaction_id: str) -> tuple[Status, ...]:
        """How the client showed an event that it was sending, in order."""
        return tuple(one for one in self._statuses if one.transaction_id == transaction_id)

    async def wait_for(self, predicate: Callable[[], T | None], within: float = PATIENT_S) -> T:
        """The predicate's first true value, tried at each event and status."""
        async with asyncio.timeout(within), self._news:
            while not (value := predicate()):
                await self._news.wait()
            return value

    async def wait_for_text(self, room_id: str, part: str, within: float = PATIENT_S) -> Received:
        """The first readable event of the room whose text holds `part`."""

        def found() -> Received | None:
            return next((one for one in self.received(room_id) if part in one.text), None)

        return await self.wait_for(found, within)

    async def wait_until_joined(self, room_id: str, within: float = PATIENT_S) -> None:
        """Until the client knows that it is in the room."""
        async with asyncio.timeout(within):
            while room_id not in await self.joined():
                await asyncio.sleep(0.1)

    async def history(self, room_id: str, limit: int = 100) -> tuple[Received, ...]:
        """The room's latest events, newest first, decrypted where this device can."""
        try:
            events = await self.ask("history", room_id=room_id, count=limit)
        except JsError as error:
            if error.status == 403:
                return ()
            raise
        return tuple(_received(event) for event in events)

    async def search(self, term: str) -> Json:
        """The homeserver's answer to a search of messages."""
        return dict(await self.ask("search", term=term))

    async def devices(self, user_id: str) -> dict[str, bool]:
        """The devices of a user, and whether their owner signed each."""
        devices = await self.ask("devices", user_id=user_id)
        return {one["device_id"]: one["signed"] for one in devices}

    async def pending(self, room_id: str) -> dict[str, str]:
        """The events that the client shows as not yet or not sent: transaction id and status."""
        pending = await self.ask("pending", room_id=room_id)
        return {one["transaction_id"]: one["status"] for one in pending}

    async def traffic(self, after: int = 0) -> tuple[Request, ...]:
        """What the client asked of the homeserver, in its order."""
        return tuple(
            Request(
                started=one["started"],
                ended=one.get("ended", 0.0),
                method=one["method"],
                path=one["path"],
                status=one["status"],
                body=one.get("body") or {},
            )
            for one in await self.ask("requests", after=after)
        )

    # --- what the officer does -------------------------------------------------------------------

    async def send_text(
        self, room_id: str, text: str, *, reply_to: str | None = None, within: float = PATIENT_S
    ) -> Sent | NotSent:
        """Sends a text, encrypted, perhaps as the answer to an event."""
        content = text_content(text, reply_to=reply_to)
        return await self.send(room_id, "m.room.message", content, within=within)

    async def edit(self, room_id: str, event_id: str, text: str) -> Sent | NotSent:
        """Replaces the text of a message, encrypted."""
        return await self.send(room_id, "m.room.message", edit_content(event_id, text))

    async def react(self, room_id: str, event_id: str, key: str) -> Sent | NotSent:
        """Reacts to an event; the library sends it in clear."""
        return await self.send(room_id, "m.reaction", reaction_content(event_id, key))

    async def redact(self, room_id: str, event_id: str, reason: str = "") -> Sent | NotSent:
        """Redacts an event."""
        arguments = {"room_id": room_id, "event_id": event_id, "reason": reason}
        return await self._settle("redact", str(uuid4()), 60, **arguments)

    async def send(
        self,
        room_id: str,
        event_type: str,
        content: Json,
        *,
        transaction_id: str | None = None,
        within: float = PATIENT_S,
    ) -> Sent | NotSent:
        """Sends any event through the library's queue, which encrypts and resends by itself."""
        arguments = {"room_id": room_id, "type": event_type, "content": content}
        return await self._settle("send", transaction_id or str(uuid4()), within, **arguments)

    async def resend(self, not_sent: NotSent, within: float = PATIENT_S) -> Sent | NotSent:
        """What "retry" does on a message that is shown as not sent."""
        return await self._settle("resend", not_sent.transaction_id, within)

    async def discard(self, not_sent: NotSent) -> None:
        """What "delete" does on a message that is shown as not sent."""
        await self.ask("discard", transaction_id=not_sent.transaction_id)

    async def _settle(
        self, action: str, transaction_id: str, within: float, **arguments: Any
    ) -> Sent | NotSent:
        try:
            done = await self.ask(action, within=within, transaction_id=transaction_id, **arguments)
        except JsError as error:
            if not error.status:
                raise
            return NotSent(
                error.status, error.errcode, error.reason, error.sentence, transaction_id
            )
        return Sent(done["event_id"], transaction_id)

    async def request(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        query: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """Any request to the homeserver as this officer, once, with what came back."""
        answer = await self.ask("http", method=method, path=path, query=query, body=body)
        return HttpAnswer(answer["status"], answer["body"])


def _received(event: Json) -> Received:
    return Received(
        event_id=event["event_id"],
        room_id=event["room_id"],
        sender=event["sender"],
        type=event["type"],
        content=event["content"],
        encrypted=event["encrypted"],
        readable=event["readable"],
        at_ms=event["at_ms"],
        state_key=event["state_key"],
    )
