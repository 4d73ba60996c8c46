"""The gate's endpoint: one question of the Synapse module, one answer, within milliseconds.

It decides only whether the answer is there in time. What takes longer goes on in the
background and is found when the client asks again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from aiohttp import web

from bots.steward.clock import SyncClock
from bots.steward.keyring import Keyring
from rilon.application.asked import Asked, message_identity
from rilon.application.ports import KeyMissing, Opened, Unsure
from rilon.application.screen import Screening
from rilon.domain.verdicts import Accept, Code, Refuse, Verdict
from rilon.gate.protocol import (
    HEALTH_PATH,
    JUDGE_PATH,
    Accepted,
    AskLater,
    GateAnswer,
    ProtocolError,
    Refused,
    is_authorized,
    read_question,
    write_answer,
)
from rilon.wire.envelope import NotAnEvent, read_envelope

logger = logging.getLogger(__name__)

PATIENCE_S = 0.25
"""How long the homeserver is kept waiting before it is told to ask later."""
LONG_PATIENCE_S = 1.5
"""The same for what the steward does: `later` in the midst of making a room leaves half of it.
And for who was told `later` before: the next wait would be ten times as long, or forty."""

LONGEST_CATCH_UP_S = 30.0
"""How long a question is kept while no sync ends. Kept for ever, unanswered ones would fill the
gate up while the homeserver's sync is away, those too whose keys are here."""
MOST_UNTOLD = 10_000
MOST_CAUSES = 4
MOST_UNDER_WAY = 512
"""Questions judged at once; beyond it the answer is `later`."""


class WaitingOpener:
    """Opens messages, waiting for a key that may still be on its way.

    INVARIANT: a missing key is final only once a sync that began after the question has been
    worked off; and never before the first sync since the start.
    """

    def __init__(self, keyring: Keyring, clock: SyncClock) -> None:
        self._keyring = keyring
        self._clock = clock

    async def open(self, room_id: str, session_id: str, ciphertext: str) -> Opened:
        """Raises KeyMissing or NotOpened."""
        try:
            return await self._keyring.open(room_id, session_id, ciphertext)
        except KeyMissing:
            final = asyncio.create_task(self.catch_up())
        try:
            while not final.done():
                arrival = asyncio.create_task(self._keyring.arrival())
                try:
                    await asyncio.wait({final, arrival}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    arrival.cancel()
                try:
                    return await self._keyring.open(room_id, session_id, ciphertext)
                except KeyMissing:
                    continue
            await final
            return await self._keyring.open(room_id, session_id, ciphertext)
        finally:
            final.cancel()

    async def catch_up(self) -> None:
        """Returns when everything is known that the homeserver held when this was asked."""
        try:
            async with asyncio.timeout(LONGEST_CATCH_UP_S):
                await self._clock.wait_for(self._clock.want())
        except TimeoutError:
            raise Unsure("no sync for a while") from None


class Gate:
    """Answers questions. `counted` is told of every answer and its seconds, for the metrics."""

    def __init__(
        self,
        screening: Screening,
        secret: str,
        counted: Callable[[str, float], None],
        wake: Callable[[], None],
    ) -> None:
        self._screening = screening
        self._secret = secret
        self._counted = counted
        self._wake = wake
        self._under_way: dict[bytes, asyncio.Task[Verdict]] = {}
        self._untold: OrderedDict[bytes, None] = OrderedDict()
        """Messages whose last answer was `later`, the oldest forgotten first."""

    def routes(self) -> list[web.RouteDef]:
        """The endpoint's routes, for the steward's web application."""
        return [web.post(JUDGE_PATH, self.judge), web.get(HEALTH_PATH, self.health)]

    async def health(self, request: web.Request) -> web.Response:
        """Whether the endpoint answers and the secret fits."""
        if not is_authorized(request.headers.get("Authorization"), self._secret):
            raise web.HTTPUnauthorized
        return web.json_response({"gate": "ok", "under_way": len(self._under_way)})

    async def judge(self, request: web.Request) -> web.Response:
        """One question, one answer."""
        if not is_authorized(request.headers.get("Authorization"), self._secret):
            raise web.HTTPUnauthorized
        begun = time.perf_counter()
        try:
            question = read_question(await request.read())
        except ProtocolError as error:
            raise web.HTTPBadRequest from error
        try:
            envelope = read_envelope(question.event)
        except NotAnEvent:
            # Without an id, a room or a sender nothing can be recorded, or ever be right.
            return web.json_response(write_answer(Refused(Code.SHAPE_NOT_ALLOWED.value)))
        answer = await self._answer(Asked(envelope, question.device_id, question.transaction_id))
        self._counted(type(answer).__name__, time.perf_counter() - begun)
        return web.json_response(write_answer(answer))

    async def _answer(self, asked: Asked) -> GateAnswer:
        message = message_identity(asked)
        asked = replace(asked, was_told=message not in self._untold)
        waits_long = not asked.was_told or self._screening.is_own(asked)
        patience = LONG_PATIENCE_S if waits_long else PATIENCE_S
        answer = await self._in_time(message + asked.envelope.event_id.encode(), asked, patience)
        if isinstance(answer, AskLater):
            self._untold[message] = None
            while len(self._untold) > MOST_UNTOLD:
                self._untold.popitem(last=False)
        else:
            self._untold.pop(message, None)
        return answer

    async def _in_time(self, attempt: bytes, asked: Asked, patience_s: float) -> GateAnswer:
        task = self._under_way.get(attempt)
        if task is None:
            if len(self._under_way) >= MOST_UNDER_WAY:
                return AskLater(0)
            task = asyncio.create_task(self._screening.screen(asked))
            self._under_way[attempt] = task
            task.add_done_callback(lambda done: self._ended(attempt, done))
        await asyncio.wait({task}, timeout=patience_s)
        if not task.done() or task.cancelled() or task.exception() is not None:
            return AskLater(0)
        match task.result():
            case Accept():
                return Accepted()
            case Refuse(code=code):
                return Refused(code.value)

    def _ended(self, attempt: bytes, task: asyncio.Task[Verdict]) -> None:
        self._under_way.pop(attempt, None)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            level = logging.INFO if isinstance(error, Unsure) else logging.ERROR
            logger.log(level, "a question was not decided: %s", _named(error))
        elif isinstance(task.result(), Refuse):
            # Only a refusal has something to be performed: its card.
            self._wake()


def _named(error: BaseException) -> str:
    """The kinds of an error and of its causes: never their texts, which may quote an event."""
    names = [type(error).__name__]
    cause = error.__cause__ or error.__context__
    while cause is not None and len(names) < MOST_CAUSES:
        names.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    return " from ".join(names)
