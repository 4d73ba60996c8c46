"""The demonstration's request: Indonesia asks Malaysia and Thailand, and it ends with each.

Nothing is hurried: clock, policy and sentences are those of every network. Thailand is reminded
at once because nobody of Thailand is on duty that day (decision 0068).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rilon.embedded.demonstration_stage import Stage, WentWrong
from rilon.embedded.officer_client import Received
from rilon.embedded.officer_values import Json, text_content

ASKS, ANSWERS, REFUSES = "idn.secondee1", "mys.focal1", "tha.focal1"
INDONESIA, MALAYSIA, THAILAND = "mps-desk-idn", "mps-desk-mys", "mps-desk-tha"
OF_THAILAND = ("tha.focal1", "tha.focal2", "tha.secondee1", "tha.secondee2")

QUESTION = "From which port did the wooden vessel with the blue hull leave?"
ASKED = f"!rfi MYS,THA urgent, life: {QUESTION}"
TALK = "Has somebody asked the harbour master of Kuala Kurau yet?"
ANSWER = "From Kuala Kurau, after midnight. A second boat left with it."

_NUMBER = re.compile(r"[A-Z]{2,6}-[0-9A-Z]{4}-[0-9A-Z]")


@dataclass(slots=True)
class AskedByIndonesia:
    """The request of the day, from its question to its end, on a stage where its three officers
    are signed in."""

    stage: Stage
    number: str = ""
    asked: str = ""
    """The message that asked it: the root of Indonesia's thread."""
    cards: dict[str, Received] = field(default_factory=dict)
    """The request in each desk, by the desk."""

    async def play(self) -> None:
        """Plays it. Raises WentWrong."""
        await self._nobody_in_thailand()
        await self._ask()
        await self._reminder()
        await self._answer()
        await self._refuse()
        await self._close()

    async def _nobody_in_thailand(self) -> None:
        self.stage.head("Nobody of Thailand is on duty today: its lead tells the steward")
        noted = None
        for name in OF_THAILAND:
            await self.stage.send(REFUSES, THAILAND, text_content(f"!away {name} today"))
            noted = await self.stage.hears(REFUSES, None, "Noted: ")
        self.stage.say(f"  {REFUSES} writes: !away {OF_THAILAND[0]} today")
        self.stage.say("  … and the same for the other three. The steward answers the last:")
        if noted is not None:
            self.stage.shown(noted)

    async def _ask(self) -> None:
        stage = self.stage
        stage.head("Indonesia asks Malaysia and Thailand, in one line")
        stage.quote(ASKS, "Indonesia's desk", ASKED)
        self.asked = await stage.send(ASKS, INDONESIA, text_content(ASKED))
        preview = await stage.hears(ASKS, INDONESIA, QUESTION, "✅")
        stage.say("  What the steward would send. Indonesia's officers read Indonesian:")
        stage.shown(preview)
        await stage.tap(ASKS, INDONESIA, preview.event_id, "✅")
        stage.say(f"  {ASKS} taps ✅.")
        told = await stage.hears(ASKS, INDONESIA, "MPS-", "!withdraw")
        self.number = _number(told.text)
        stage.say("  Its number, who is on duty there, and by when an answer is due:")
        stage.shown(told)
        for name, desk in ((ANSWERS, MALAYSIA), (REFUSES, THAILAND)):
            self.cards[desk] = await stage.hears(name, desk, self.number, QUESTION)
        if "THA" in self.cards[MALAYSIA].text or "MYS" in self.cards[THAILAND].text:
            raise WentWrong("one addressee can read who else was asked")
        stage.say("  What Malaysia's desk reads. It doesn't learn that Thailand is asked too:")
        stage.shown(self.cards[MALAYSIA])

    async def _reminder(self) -> None:
        stage = self.stage
        stage.head("In Thailand nobody is on duty, so whoever stands in is reminded at once")
        reminder = await stage.hears(REFUSES, THAILAND, self.number, "nobody is on duty")
        rung = reminder.content.get("m.mentions", {}).get("user_ids", [])
        if not rung:
            raise WentWrong("the reminder rings nobody's telephone")
        stage.shown(reminder)
        stage.say(f"  It rings the telephones of {len(rung)} officers of Thailand.")

    async def _answer(self) -> None:
        stage, card = self.stage, self.cards[MALAYSIA]
        stage.head("Malaysia has seen it, and answers")
        await stage.tap(ANSWERS, MALAYSIA, card.event_id, "👍")
        stage.say(f"  {ANSWERS} taps 👍 on the request. Indonesia is told.")
        await stage.hears(ASKS, INDONESIA, self.number, "Malaysia")
        await stage.send(ANSWERS, MALAYSIA, _in_thread(TALK, card.event_id))
        stage.say(f"  {ANSWERS} says in the desk, to colleagues: {TALK}")
        stage.say(f"  {ANSWERS} replies to the request: {ANSWER}")
        reply = text_content(ANSWER, reply_to=card.event_id)
        await stage.send(ANSWERS, MALAYSIA, reply)
        preview = await stage.hears(ANSWERS, MALAYSIA, self.number, "✅")
        stage.say("  The steward asks before anything leaves the desk:")
        stage.shown(preview)
        stage.never_saw(ASKS, ANSWER)
        await stage.tap(ANSWERS, MALAYSIA, preview.event_id, "✅")
        stage.say(f"  {ANSWERS} taps ✅.")
        answer = await stage.hears(ASKS, INDONESIA, ANSWER)
        stage.say(f"  {ASKS} reads it where the question was asked:")
        stage.shown(answer)

    async def _refuse(self) -> None:
        stage, card = self.stage, self.cards[THAILAND]
        stage.head("Thailand does not answer, and says why with a code")
        stage.say(f"  {REFUSES} writes under the request: !refuse f")
        await stage.send(REFUSES, THAILAND, _in_thread("!refuse f", card.event_id))
        stage.shown(await stage.hears(REFUSES, THAILAND, self.number, "refused"))
        stage.say("  What Indonesia reads:")
        stage.shown(await stage.hears(ASKS, INDONESIA, self.number, "Thailand"))

    async def _close(self) -> None:
        stage = self.stage
        stage.head("Indonesia says whether it was useful, and the request is closed")
        asked = await stage.hears(ASKS, INDONESIA, self.number, "👍")
        await stage.tap(ASKS, INDONESIA, asked.event_id, "👍")
        stage.say(f"  {ASKS} taps 👍 for Malaysia's answer, and writes !close in the thread.")
        closed = await stage.hears(ANSWERS, MALAYSIA, self.number, "closed")
        await stage.send(ASKS, INDONESIA, _in_thread("!close", self.asked))
        await stage.hears(REFUSES, THAILAND, self.number, "closed")
        stage.say("  What Malaysia reads:")
        stage.shown(closed)
        stage.never_saw(ASKS, TALK)
        stage.never_saw(REFUSES, ANSWER)
        stage.say("  What Malaysia's desk said to itself never left it, and Thailand never saw")
        stage.say("  Malaysia's answer.")


def _number(told: str) -> str:
    found = _NUMBER.search(told)
    if found is None:
        raise WentWrong("the steward told no number of the request")
    return found[0]


def _in_thread(text: str, root: str) -> Json:
    """A message in a thread, as clients write it."""
    relation = {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": root},
    }
    return {**text_content(text), "m.relates_to": relation}
