"""The demonstration: a short day on the network, played by officers as real encrypted clients.

It tells a newcomer what happens and why. It decides nothing and has no rights that another
client lacks; whatever it claims it has seen on the officers' own screens.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from rilon.audit.verify_client import verify
from rilon.domain.officers import name_of
from rilon.embedded.demonstration_digest import WeekInFigures
from rilon.embedded.demonstration_request import ANSWERS, ASKS, REFUSES, AskedByIndonesia
from rilon.embedded.demonstration_stage import Say, Stage, WentWrong
from rilon.embedded.layout import Layout
from rilon.embedded.network import Network
from rilon.embedded.officer_client import NotSent, Sent
from rilon.embedded.settings import AUDITOR_TOKEN, component_keys

OBSERVATION = (
    "TLP:AMBER // Wooden vessel, blue hull, about 60 people on board, seen 40 nautical miles "
    "north-west of Christmas Island at 0530 UTC, heading south-east, low in the water"
)
FOR_TWO = (
    "TLP:AMBER REL AUS,IDN // The same hull was loaded at night at a private jetty; the next "
    "departure from there is expected within three days"
)
NEWER = "TLP:AMBER // The vessel changed course at 0710 UTC and is now heading south"
LATE = ("tha.secondee1", "tha.secondee2", "mys.secondee1", "tls.secondee1")
"""Who may come late: somebody who came on an earlier day of this network can't."""
TO_TRY = ("aus.secondee2", "idn.focal2", "rso.coordinator1")
"""Who doesn't come in the day: the identity of one who does is held by the client played."""


@dataclass(slots=True)
class Day:
    """A day on a running network."""

    network: Network
    say: Say

    async def play(self) -> None:
        """Plays the day. Raises WentWrong."""
        async with AsyncExitStack() as stack:
            stage = Stage.of(self.network, self.say, stack)
            await arrive(stage)
            await share_with_everyone(stage)
            await refused(stage)
            await delivered_where_it_fits(stage)
            await late_joiner(stage)
            await AskedByIndonesia(stage).play()
            await WeekInFigures(stage).play()
            await ledger(stage)


# --- the day, hour by hour ---------------------------------------------------------------------


async def arrive(stage: Stage) -> None:
    """Officers sign in, and are in their rooms."""
    stage.head("Five officers sign in, each with an ordinary Matrix client")
    names = ("aus.secondee1", "bgd.focal1", ASKS, ANSWERS, REFUSES)
    await asyncio.gather(*(stage.sign_in(name) for name in names))
    for name in names:
        await stage.in_room(name, "mps-floor")
        if name in (ASKS, ANSWERS, REFUSES):
            await stage.in_room(name, f"mps-desk-{name[:3]}")
    stage.say("  They set up encryption; the steward saw their signed devices and joined them")
    stage.say("  to their rooms. Nobody had an invitation to answer.")


async def share_with_everyone(stage: Stage) -> None:
    """What all may have reaches all."""
    stage.head("Australia shares an observation on the floor, for all six states and the RSO")
    floor = stage.room("mps-floor")
    stage.quote("aus.secondee1", "Floor", OBSERVATION)
    sent = await stage.officer("aus.secondee1").send_text(floor, OBSERVATION)
    if not isinstance(sent, Sent):
        raise WentWrong(f"the observation was not delivered: {sent.reason}")
    for name in ("idn.secondee1", "bgd.focal1"):
        await stage.officer(name).wait_for_text(floor, OBSERVATION, 60)
        stage.say(f"  {name} reads it.")


async def refused(stage: Stage) -> None:
    """What not all may have reaches nobody, and its sender is told."""
    stage.head("Then something that only Indonesia may have, typed into the wrong room")
    floor = stage.room("mps-floor")
    stage.quote("aus.secondee1", "Floor", FOR_TWO)
    sent = await stage.officer("aus.secondee1").send_text(floor, FOR_TWO)
    if not isinstance(sent, NotSent):
        raise WentWrong("a message marked REL AUS,IDN was delivered on the floor")
    stage.say(f"  The server refused it before anyone got it: {sent.status}, {sent.reason}.")
    stage.say("  What the officer's client may show:")
    stage.say(f"    {sent.sentence}")
    card = await stage.hears("aus.secondee1", None, "Not delivered")
    stage.say("  What the steward writes to the officer, in their direct room:")
    stage.shown(card)


async def delivered_where_it_fits(stage: Stage) -> None:
    """The same words in a room of those who may have them."""
    stage.head("The same text in the room of the two")
    both, floor = stage.room("mps-aus-idn"), stage.room("mps-floor")
    await stage.in_room("idn.secondee1", "mps-aus-idn")
    await stage.in_room("aus.secondee1", "mps-aus-idn")
    stage.quote("aus.secondee1", "AUS+IDN", FOR_TWO)
    sent = await stage.officer("aus.secondee1").send_text(both, FOR_TWO)
    if not isinstance(sent, Sent):
        raise WentWrong(f"it was refused where it fits: {sent.reason}")
    await stage.officer("idn.secondee1").wait_for_text(both, FOR_TWO, 60)
    stage.say("  idn.secondee1 reads it.")
    stage.never_saw("bgd.focal1", FOR_TWO)
    if FOR_TWO in stage.officer("idn.secondee1").texts(floor):
        raise WentWrong("the refused message reached the floor after all")
    stage.say("  bgd.focal1 never saw it, in any room.")


async def late_joiner(stage: Stage) -> None:
    """Who comes late reads nothing from before."""
    name = next((name for name in LATE if not stage.came_before(name)), None)
    if name is None:
        stage.head("Nobody is left to come late: everyone has come on an earlier day")
        return
    stage.head(f"{name} signs in late")
    await stage.sign_in(name)
    await stage.in_room(name, "mps-floor")
    floor, late = stage.room("mps-floor"), stage.officer(name)
    # What follows reaches them: that they read nothing earlier is then no accident.
    sent = await stage.officer("aus.secondee1").send_text(floor, NEWER)
    if not isinstance(sent, Sent):
        raise WentWrong(f"the newer observation was not delivered: {sent.reason}")
    await late.wait_for_text(floor, NEWER, 60)
    seen = [one.text for one in await late.history(floor)] + list(late.texts(floor))
    if OBSERVATION in seen:
        raise WentWrong("a late joiner read what was said before they came")
    stage.say("  They read what Australia writes now, and nothing of what was said before.")


async def ledger(stage: Stage) -> None:
    """The record of it all verifies."""
    stage.head("Every decision is on the record, and the record can be checked")
    layout, log = stage.network.layout, stage.described["log"]
    report = await asyncio.to_thread(
        verify,
        stage.described["audit"],
        log["verifier_key"],
        layout.secret(AUDITOR_TOKEN),
        component_keys(layout),
    )
    if not report.sound or report.checkpoint is None:
        raise WentWrong("the ledger doesn't verify: see `rilon verify`")
    stage.say(f"  The log {report.origin} has {report.checkpoint.size} entries, all of them")
    stage.say("  in place, signed, and without a word of what was said.")


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
        "     in «Floor · MPS» and see what happens. Write !help to the steward, or !rfi to ask",
        "     another state.",
        f"  Everyone's passwords: {layout.description}",
    ]
