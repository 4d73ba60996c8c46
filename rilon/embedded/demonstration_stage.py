"""The stage of the demonstration: officers who are signed in, their rooms, and the lines that a
person reads on the terminal. What is played on it is decided by the scenes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rilon.domain.officers import name_of
from rilon.embedded.network import Network
from rilon.embedded.officer_client import NotSent, OfficerClient, Received, Sent
from rilon.embedded.officer_values import Json

Say = Callable[[str], None]

"""How long something may take that follows by itself."""


class WentWrong(Exception):
    """The day didn't go as it must. The message says what was seen instead."""


@dataclass(slots=True)
class Stage:
    """A running network with officers on it. Names are local parts (`idn.focal1`), rooms the keys
    of policy (`mps-floor`)."""

    network: Network
    say: Say
    stack: AsyncExitStack
    described: dict[str, Any] = field(default_factory=dict)
    officers: dict[str, OfficerClient] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)
    """The events that were shown."""

    @classmethod
    def of(cls, network: Network, say: Say, stack: AsyncExitStack) -> Stage:
        """The stage of a network that runs."""
        return cls(network, say, stack, json.loads(network.layout.description.read_text()))

    # --- officers ------------------------------------------------------------------------------

    def came_before(self, name: str) -> bool:
        """Whether the officer came on an earlier day of this network."""
        return self._folder(name).exists()

    async def sign_in(self, name: str) -> None:
        """The officer, on a client of their own."""
        folder = self._folder(name)
        folder.mkdir(parents=True, exist_ok=True)
        described = next((o for o in self.described["officers"] if _name(o) == name), None)
        if described is None:
            raise WentWrong(f"{name} was removed from this network: choose another --dir")
        client = await OfficerClient.sign_in(
            self.network.homeserver, described["user_id"], described["password"], folder
        )
        self.officers[name] = await self.stack.enter_async_context(client)

    def officer(self, name: str) -> OfficerClient:
        """An officer who is signed in."""
        return self.officers[name]

    async def in_room(self, name: str, key: str) -> None:
        """Returns once the officer is in that room."""
        officer, room = self.officer(name), self.room(key)
        await officer.wait_for(lambda: room in officer.joined or None)

    def room(self, key: str) -> str:
        """The Matrix id of a room that policy names."""
        rooms = self.described["rooms"]
        return str(next(r["room_id"] for r in rooms if r["alias"].startswith(f"#{key}:")))

    def _folder(self, name: str) -> Path:
        return self.network.layout.data / "officers" / name

    # --- what they do --------------------------------------------------------------------------

    async def send(self, name: str, key: str, content: Json) -> str:
        """Sends a message that must be delivered; its event."""
        sent = await self.officer(name).send(self.room(key), "m.room.message", content)
        return self._sent(name, sent)

    async def tap(self, name: str, key: str, event_id: str, sign: str) -> None:
        """Taps a reaction on a message."""
        self._sent(name, await self.officer(name).react(self.room(key), event_id, sign))

    def _sent(self, name: str, sent: Sent | NotSent) -> str:
        if isinstance(sent, NotSent):
            raise WentWrong(f"what {name} sent was not delivered: {sent.reason}")
        return sent.event_id

    # --- what they see -------------------------------------------------------------------------

    async def hears(self, name: str, key: str | None, *parts: str) -> Received:
        """The next thing that the steward tells the officer which holds these words; `key` None:
        in any room. Raises WentWrong when it doesn't come."""
        officer, steward = self.officer(name), self.described["steward"]

        def told() -> Received | None:
            rooms = officer.joined if key is None else (self.room(key),)
            for room_id in rooms:
                for one in officer.received(room_id):
                    fresh = one.sender == steward and one.event_id not in self.heard
                    if fresh and all(part in one.text for part in parts):
                        return one
            return None

        try:
            one = await officer.wait_for(told)
        except TimeoutError:
            raise WentWrong(f"the steward never told {name}: {' … '.join(parts)}") from None
        self.heard.add(one.event_id)
        return one

    def never_saw(self, name: str, words: str) -> None:
        """Raises WentWrong if the officer can read these words in any room."""
        officer = self.officer(name)
        if any(words in text for room in officer.joined for text in officer.texts(room)):
            raise WentWrong(f"{name} received what they must not have")

    # --- what is shown -------------------------------------------------------------------------

    def head(self, line: str) -> None:
        """The line over a scene."""
        self.say("")
        self.say(line)

    def quote(self, who: str, where: str, text: str) -> None:
        """What an officer writes."""
        self.say(f"  {who} writes in {where}:")
        self.say(f"    {text}")

    def shown(self, one: Received) -> None:
        """What the steward says, whole."""
        for line in one.text.splitlines():
            self.say(f"    {line}")


def _name(described: dict[str, Any]) -> str:
    return name_of(str(described["user_id"]))
