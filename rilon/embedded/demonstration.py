"""The demonstration: a short day on the network, played by officers as real encrypted clients.

It tells a newcomer what happens and why. It decides nothing and has no rights that another
client lacks; whatever it claims it has seen on the officers' own screens.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rilon.audit.verify_client import verify
from rilon.domain.officers import name_of
from rilon.embedded.layout import Layout
from rilon.embedded.network import Network
from rilon.embedded.officer_client import NotSent, OfficerClient, Sent
from rilon.embedded.settings import AUDITOR_TOKEN, component_keys

Say = Callable[[str], None]

OBSERVATION = (
    "TLP:AMBER // Wooden vessel, blue hull, about 60 people on board, seen 40 nautical miles "
    "north-west of Christmas Island at 0530 UTC, heading south-east, low in the water"
)
FOR_TWO = (
    "TLP:AMBER REL AUS,IDN // The same hull was loaded at night at a private jetty; the next "
    "departure from there is expected within three days"
)
NEWER = "TLP:AMBER // The vessel changed course at 0710 UTC and is now heading south"
LATE = ("tha.secondee1", "tha.secondee2", "tha.focal1", "mys.secondee1", "tls.secondee1")
"""Who may come late: somebody who came on an earlier day of this network can't."""
TO_TRY = ("aus.secondee2", "idn.focal1", "rso.analyst1")


class WentWrong(Exception):
    """The day didn't go as it must. The message says what was seen instead."""


@dataclass(slots=True)
class Day:
    """A day on a running network."""

    network: Network
    say: Say
    officers: dict[str, OfficerClient] = field(default_factory=dict)
    described: dict[str, Any] = field(default_factory=dict)

    async def play(self) -> None:
        """Plays the day. Raises WentWrong."""
        self.described = json.loads(self.network.layout.description.read_text())
        async with AsyncExitStack() as stack:
            await self._arrive(stack)
            await self._share_with_everyone()
            await self._refused()
            await self._delivered_where_it_fits()
            await self._late_joiner(stack)
            await self._ledger()

    # --- the day, hour by hour -----------------------------------------------------------------

    async def _arrive(self, stack: AsyncExitStack) -> None:
        self._head("Three officers sign in, each with an ordinary Matrix client")
        names = ("aus.secondee1", "idn.secondee1", "bgd.focal1")
        await asyncio.gather(*(self._sign_in(stack, name) for name in names))
        for name in names:
            await self._in_room(name, "mps-floor")
        self.say("  They set up encryption; the steward saw their signed devices and joined them")
        self.say("  to their rooms. Nobody had an invitation to answer.")

    async def _share_with_everyone(self) -> None:
        self._head("Australia shares an observation on the floor, for all six states and the RSO")
        floor = self._room("mps-floor")
        self._quote("aus.secondee1", "Floor", OBSERVATION)
        sent = await self._officer("aus.secondee1").send_text(floor, OBSERVATION)
        if not isinstance(sent, Sent):
            raise WentWrong(f"the observation was not delivered: {sent.reason}")
        for name in ("idn.secondee1", "bgd.focal1"):
            await self._officer(name).wait_for_text(floor, OBSERVATION, 60)
            self.say(f"  {name} reads it.")

    async def _refused(self) -> None:
        self._head("Then something that only Indonesia may have, typed into the wrong room")
        floor = self._room("mps-floor")
        self._quote("aus.secondee1", "Floor", FOR_TWO)
        sent = await self._officer("aus.secondee1").send_text(floor, FOR_TWO)
        if not isinstance(sent, NotSent):
            raise WentWrong("a message marked REL AUS,IDN was delivered on the floor")
        self.say(f"  The server refused it before anyone got it: {sent.status}, {sent.reason}.")
        self.say("  What the officer's client may show:")
        self.say(f"    {sent.sentence}")
        card = await self._card("aus.secondee1", "Not delivered")
        self.say("  What the steward writes to the officer, in their direct room:")
        for line in card.splitlines():
            self.say(f"    {line}")

    async def _delivered_where_it_fits(self) -> None:
        self._head("The same text in the room of the two")
        both, floor = self._room("mps-aus-idn"), self._room("mps-floor")
        await self._in_room("idn.secondee1", "mps-aus-idn")
        await self._in_room("aus.secondee1", "mps-aus-idn")
        self._quote("aus.secondee1", "AUS+IDN", FOR_TWO)
        sent = await self._officer("aus.secondee1").send_text(both, FOR_TWO)
        if not isinstance(sent, Sent):
            raise WentWrong(f"it was refused where it fits: {sent.reason}")
        await self._officer("idn.secondee1").wait_for_text(both, FOR_TWO, 60)
        self.say("  idn.secondee1 reads it.")
        bangladesh = self._officer("bgd.focal1")
        if any(FOR_TWO in text for room in bangladesh.joined for text in bangladesh.texts(room)):
            raise WentWrong("bgd.focal1 received what only AUS and IDN may have")
        if FOR_TWO in self._officer("idn.secondee1").texts(floor):
            raise WentWrong("the refused message reached the floor after all")
        self.say("  bgd.focal1 never saw it, in any room.")

    async def _late_joiner(self, stack: AsyncExitStack) -> None:
        name = next((name for name in LATE if not self._came_before(name)), None)
        if name is None:
            self._head("Nobody is left to come late: everyone has come on an earlier day")
            return
        self._head(f"{name} signs in late")
        await self._sign_in(stack, name)
        await self._in_room(name, "mps-floor")
        floor, late = self._room("mps-floor"), self._officer(name)
        # What follows reaches them: that they read nothing earlier is then no accident.
        sent = await self._officer("aus.secondee1").send_text(floor, NEWER)
        if not isinstance(sent, Sent):
            raise WentWrong(f"the newer observation was not delivered: {sent.reason}")
        await late.wait_for_text(floor, NEWER, 60)
        seen = [one.text for one in await late.history(floor)] + list(late.texts(floor))
        if OBSERVATION in seen:
            raise WentWrong("a late joiner read what was said before they came")
        self.say("  They read what Australia writes now, and nothing of what was said before.")

    async def _ledger(self) -> None:
        self._head("Every decision is on the record, and the record can be checked")
        layout, log = self.network.layout, self.described["log"]
        report = await asyncio.to_thread(
            verify,
            self.described["audit"],
            log["verifier_key"],
            layout.secret(AUDITOR_TOKEN),
            component_keys(layout),
        )
        if not report.sound or report.checkpoint is None:
            raise WentWrong("the ledger doesn't verify: see `rilon verify`")
        self.say(f"  The log {report.origin} has {report.checkpoint.size} entries, all of them")
        self.say("  in place, signed, and without a word of what was said.")

    # --- helping hands -------------------------------------------------------------------------

    def _folder(self, name: str) -> Path:
        return self.network.layout.data / "officers" / name

    def _came_before(self, name: str) -> bool:
        return self._folder(name).exists()

    async def _sign_in(self, stack: AsyncExitStack, name: str) -> None:
        folder = self._folder(name)
        folder.mkdir(parents=True, exist_ok=True)
        described = next((o for o in self.described["officers"] if self._name(o) == name), None)
        if described is None:
            raise WentWrong(f"{name} was removed from this network: choose another --dir")
        client = await OfficerClient.sign_in(
            self.network.homeserver, described["user_id"], described["password"], folder
        )
        self.officers[name] = await stack.enter_async_context(client)

    async def _in_room(self, name: str, key: str) -> None:
        officer, room = self._officer(name), self._room(key)
        await officer.wait_for(lambda: room in officer.joined or None, 60)

    async def _card(self, name: str, part: str) -> str:
        officer = self._officer(name)

        def shown() -> str | None:
            texts = (text for room in officer.joined for text in officer.texts(room))
            return next((text for text in texts if text.startswith(part)), None)

        return await officer.wait_for(shown, 60)

    def _officer(self, name: str) -> OfficerClient:
        return self.officers[name]

    def _room(self, key: str) -> str:
        rooms = self.described["rooms"]
        return str(next(r["room_id"] for r in rooms if r["alias"].startswith(f"#{key}:")))

    def _name(self, described: dict[str, Any]) -> str:
        return name_of(str(described["user_id"]))

    def _head(self, line: str) -> None:
        self.say("")
        self.say(line)

    def _quote(self, who: str, where: str, text: str) -> None:
        self.say(f"  {who} writes in {where}:")
        self.say(f"    {text}")


def how_to_try(layout: Layout) -> list[str]:
    """How to sign in by hand, for a person who has never seen a Matrix client."""
    described = json.loads(Path(layout.description).read_text())
    chosen = {name_of(str(one["user_id"])): one for one in described["officers"]}
    lines = [
        "",
        "Try it by hand",
        "  With Element or any other Matrix client on this machine:",
        f"  1. Choose «Edit» or «Other homeserver» and type {described['homeserver']}",
        "  2. Sign in as one of these, and let the client set up encryption (keep its key):",
    ]
    to_try = [chosen[name] for name in TO_TRY if name in chosen]
    return [
        *lines,
        *(f"       {one['user_id']}   password {one['password']}" for one in to_try),
        "  3. Within seconds the steward writes to you, and you are in your rooms. Write",
        "       REL AUS,IDN // test",
        "     in «Floor · MPS» and see what happens. Write !help to the steward.",
        f"  Everyone's passwords: {layout.description}",
    ]
