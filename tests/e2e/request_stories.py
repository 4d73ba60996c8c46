"""Two requests side by side, step by step, with officers who tap "retry" where their client gives
up: what each does, and what everybody must read of it, once. Who dies meanwhile is the tests' part.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from aiohttp import ClientError

from rilon.embedded.officer_client import OfficerClient
from rilon.embedded.officer_values import PATIENT_S, Received, Sent
from tests.e2e.conftest import STEWARD, World
from tests.e2e.words import word

RETRIED_S = 0.5
"""What follows from a step is read by then, whatever died."""


@dataclass
class Place:
    """An officer in a room of the own party. `told` is what the steward said there that a step
    waited for, in order: each of it must stand there once."""

    client: OfficerClient
    room_id: str
    key: str
    before: int
    told: list[str] = field(default_factory=list)

    def said(self) -> list[Received]:
        """What the steward said here since the beginning, in words."""
        return [
            one
            for one in self.client.received(self.room_id)[self.before :]
            if one.sender == STEWARD and one.type == "m.room.message"
        ]

    async def hears(self, *parts: str) -> Received:
        """What the steward says here with all these parts."""

        def found() -> Received | None:
            said = (one for one in self.said() if all(part in one.text for part in parts))
            return next(said, None)

        try:
            one = await self.client.wait_for(found)
        except TimeoutError:
            said = [each.text[:90] for each in self.said()]
            raise AssertionError(f"{self.key}: not said: {parts}; but {said}") from None
        self.told.append(one.text)
        return one


@dataclass
class Act:
    """One thing that an officer sends. It is made ready, and encrypted, before it is sent."""

    place: Place
    kind: str
    content: dict[str, Any]
    event_id: str = ""
    _transaction: str = field(default_factory=lambda: uuid4().hex)

    async def prepare(self) -> None:
        if self.kind != "m.reaction":
            self.content = await self.place.client.encrypt(
                self.place.room_id, self.kind, self.content
            )
            self.kind = "m.room.encrypted"

    async def send(self) -> None:
        """The same event under the same transaction, until the homeserver has taken it."""
        client, room_id = self.place.client, self.place.room_id
        async with asyncio.timeout(PATIENT_S):
            while True:
                try:
                    sent = await client.send_as_is(
                        room_id, self.kind, self.content, self._transaction
                    )
                except (ClientError, OSError):
                    await asyncio.sleep(RETRIED_S)
                    continue
                if isinstance(sent, Sent):
                    self.event_id = sent.event_id
                    return
                assert sent.status >= 500 or sent.status == 401, sent
                await asyncio.sleep(RETRIED_S)


def says(place: Place, body: str, *, thread: str = "", reply: str = "") -> Act:
    content: dict[str, Any] = {"msgtype": "m.text", "body": body, "m.mentions": {}}
    if thread:
        content["m.relates_to"] = {
            "rel_type": "m.thread",
            "event_id": thread,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": thread},
        }
    elif reply:
        content["m.relates_to"] = {"m.in_reply_to": {"event_id": reply}}
    return Act(place, "m.room.message", content)


def taps(place: Place, one: Received, key: str) -> Act:
    relation = {"rel_type": "m.annotation", "event_id": one.event_id, "key": key}
    return Act(place, "m.reaction", {"m.relates_to": relation})


@dataclass(frozen=True)
class Step:
    """`does` makes what officers send; `comes` waits for all that follows."""

    name: str
    does: Callable[[], Sequence[Act]]
    comes: Callable[[Sequence[Act]], Awaitable[None]]


@dataclass
class Desks:
    """Where the stories happen."""

    malaysia: Place
    australia: Place
    timor: Place
    lead: Place
    own: Place

    @property
    def places(self) -> tuple[Place, ...]:
        return (self.malaysia, self.australia, self.timor, self.lead, self.own)


async def desks(world: World) -> Desks:
    async def place(name: str, key: str) -> Place:
        client = await world.officer(name, key)
        room_id = await world.room_id(key)
        return Place(client, room_id, key, len(client.received(room_id)))

    return Desks(
        malaysia=await place("mys.focal1", "mps-desk-mys"),
        australia=await place("aus.focal2", "mps-desk-aus"),
        timor=await place("tls.focal1", "mps-desk-tls"),
        lead=await place("tls.focal1", "direct-tls.focal1"),
        own=await place("mys.focal1", "direct-mys.focal1"),
    )


class ToTwo:
    """Malaysia asks Australia, which answers, and Timor-Leste, where nobody is there: a reminder,
    and a refusal."""

    def __init__(self, at: Desks) -> None:
        self.at, self.number = at, ""
        self.question, self.answer = f"Who met the {word()} at sea?", f"Two trawlers, {word()}."
        self.events: dict[str, Received] = {}
        self.root = ""

    def steps(self) -> list[Step]:
        return [
            Step("nobody is there", self._away, self._noted),
            Step("asks", self._ask, self._previewed),
            Step("sends", lambda: [self._tap("preview", self.at.malaysia, "✅")], self._there),
            Step("acknowledges", lambda: [self._tap("card", self.at.australia, "👍")], self._seen),
            Step("proposes", self._propose, self._proposed),
            Step("taps", lambda: [self._tap("proposed", self.at.australia, "✅")], self._answered),
            Step("is reminded", list, self._reminded),
            Step("refuses", self._refuse, self._refused),
            Step("rates", lambda: [self._tap("rating", self.at.malaysia, "👍")], self._rated),
            Step("closes", self._close, self._closed),
        ]

    def _tap(self, what: str, place: Place, key: str) -> Act:
        return taps(place, self.events[what], key)

    def _away(self) -> list[Act]:
        """A span of days, so that no midnight comes between."""
        today = datetime.now(UTC).astimezone(ZoneInfo("Asia/Dili")).date()
        days = f"{today:%-d %b} - {today + timedelta(days=1):%-d %b}"
        names = ("focal1", "focal2", "secondee1", "secondee2")
        return [says(self.at.lead, f"!away tls.{name} {days}") for name in names]

    async def _noted(self, _: Sequence[Act]) -> None:
        for who in ("Focal point 1", "Focal point 2", "Secondee 1", "Secondee 2"):
            await self.at.lead.hears("Noted:", who)

    def _ask(self) -> list[Act]:
        """Urgent: its clock runs on a Sunday, too."""
        asked = f"!rfi AUS,TLS urgent, danger to life: {self.question}"
        return [says(self.at.malaysia, asked)]

    async def _previewed(self, acts: Sequence[Act]) -> None:
        self.root = acts[0].event_id
        self.events["preview"] = await self.at.malaysia.hears("To AUS and TLS", self.question)

    async def _there(self, _: Sequence[Act]) -> None:
        self.events["card"] = await self.at.australia.hears("asks (", self.question)
        self.events["other"] = await self.at.timor.hears("asks (", self.question)
        self.number = self.events["card"].text.split()[1].rstrip(":")
        await self.at.malaysia.hears("Your request is", self.number)

    async def _seen(self, _: Sequence[Act]) -> None:
        await self.at.australia.hears("has seen", self.number)
        await self.at.malaysia.hears(self.number, "has seen it")

    def _propose(self) -> list[Act]:
        return [says(self.at.australia, self.answer, reply=self.events["card"].event_id)]

    async def _proposed(self, _: Sequence[Act]) -> None:
        self.events["proposed"] = await self.at.australia.hears("Send this to", self.number)

    async def _answered(self, _: Sequence[Act]) -> None:
        await self.at.malaysia.hears(self.number, self.answer)
        await self.at.australia.hears(self.number, "is answered")
        self.events["rating"] = await self.at.malaysia.hears(self.number, "how useful")

    async def _reminded(self, _: Sequence[Act]) -> None:
        await self.at.timor.hears(self.number, "You stand in")

    def _refuse(self) -> list[Act]:
        return [says(self.at.timor, "!refuse f", thread=self.events["other"].event_id)]

    async def _refused(self, _: Sequence[Act]) -> None:
        await self.at.timor.hears(self.number, "is refused")
        await self.at.malaysia.hears(self.number, "does not answer")

    async def _rated(self, _: Sequence[Act]) -> None:
        await self.at.malaysia.hears(self.number, "is closed with Australia")
        await self.at.australia.hears(self.number, "is closed")

    def _close(self) -> list[Act]:
        return [says(self.at.malaysia, "!close useful", thread=self.root)]

    async def _closed(self, _: Sequence[Act]) -> None:
        await self.at.malaysia.hears(self.number, "is closed with Timor-Leste")
        await self.at.timor.hears(self.number, "is closed")


class AskedBack:
    """Australia asks Malaysia, which gives it to somebody, asks back, and answers."""

    def __init__(self, at: Desks) -> None:
        self.at, self.number = at, ""
        self.question, self.back = f"Where was the {word()} built?", f"In which year, {word()}?"
        self.clear, self.answer = f"The {word()} one.", f"At a yard in the {word()} bay."
        self.events: dict[str, Received] = {}

    def steps(self) -> list[Step]:
        at, events = self.at, self.events
        return [
            Step("asks", lambda: [says(at.australia, f"!rfi MYS: {self.question}")], self._shown),
            Step("sends", lambda: [taps(at.australia, events["preview"], "✅")], self._there),
            Step("acknowledges", lambda: [taps(at.malaysia, events["card"], "👍")], self._seen),
            Step("assigns", lambda: [self._in_thread("!assign mys.focal2")], self._assigned),
            Step("asks back", lambda: [self._in_thread(f"!clarify {self.back}")], self._back),
            Step("clarifies", self._clarify, self._clear_shown),
            Step(
                "lets it go", lambda: [taps(at.australia, events["clear"], "✅")], self._clarified
            ),
            Step("proposes", self._propose, self._proposed),
            Step("taps", lambda: [taps(at.malaysia, events["proposed"], "✅")], self._answered),
            Step("rates", lambda: [taps(at.australia, events["rating"], "🤏")], self._rated),
            Step("lists", lambda: [says(at.own, "!requests")], self._listed),
        ]

    def _in_thread(self, body: str) -> Act:
        return says(self.at.malaysia, body, thread=self.events["card"].event_id)

    async def _shown(self, _: Sequence[Act]) -> None:
        self.events["preview"] = await self.at.australia.hears("To MYS", self.question)

    async def _there(self, _: Sequence[Act]) -> None:
        self.events["card"] = await self.at.malaysia.hears("asks (", self.question)
        self.number = self.events["card"].text.split()[1].rstrip(":")
        await self.at.australia.hears("Your request is", self.number)

    async def _seen(self, _: Sequence[Act]) -> None:
        await self.at.malaysia.hears("has seen", self.number)
        await self.at.australia.hears(self.number, "has seen it")

    async def _assigned(self, _: Sequence[Act]) -> None:
        await self.at.malaysia.hears("works on", self.number)
        await self.at.australia.hears(self.number, "works on it")

    async def _back(self, _: Sequence[Act]) -> None:
        self.events["back"] = await self.at.australia.hears(self.number, self.back)
        await self.at.malaysia.hears(self.number, "The time stops")

    def _clarify(self) -> list[Act]:
        return [says(self.at.australia, self.clear, reply=self.events["back"].event_id)]

    async def _clear_shown(self, _: Sequence[Act]) -> None:
        self.events["clear"] = await self.at.australia.hears("Send this to", "about", self.number)

    async def _clarified(self, _: Sequence[Act]) -> None:
        await self.at.malaysia.hears(self.number, self.clear)
        await self.at.australia.hears(self.number, "Their time runs again")

    def _propose(self) -> list[Act]:
        return [says(self.at.malaysia, self.answer, reply=self.events["card"].event_id)]

    async def _proposed(self, _: Sequence[Act]) -> None:
        self.events["proposed"] = await self.at.malaysia.hears("Send this to", self.number)

    async def _answered(self, _: Sequence[Act]) -> None:
        await self.at.australia.hears(self.number, self.answer)
        await self.at.malaysia.hears(self.number, "is answered")
        self.events["rating"] = await self.at.australia.hears(self.number, "how useful")

    async def _rated(self, _: Sequence[Act]) -> None:
        await self.at.australia.hears(self.number, "is closed with Malaysia")
        await self.at.malaysia.hears(self.number, "is closed")

    async def _listed(self, _: Sequence[Act]) -> None:
        await self.at.own.hears("Nothing waits")
