"""The demonstration's digest: officers report, and the week so far is published with its pictures.

The steward drafts it from the reports. One analyst submits it, another approves it; that nobody
else could is decided elsewhere.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from rilon.embedded.demonstration_stage import Stage, WentWrong
from rilon.embedded.officer_client import Received
from rilon.embedded.officer_values import text_content

ONE, TWO, READS = "rso.analyst1", "rso.analyst2", "idn.focal1"
ANALYSIS, BULLETINS = "mps-analysis", "mps-bulletins"

REPORTS = {
    "mys.focal1": (
        "!report today, Strait of Malacca, from Dumai to Port Klang, speedboat, 14 men",
        "!report today, Strait of Malacca, from Dumai to Port Klang, speedboat, 7 men 3 women",
        "!report today, Strait of Malacca, from Belawan to Penang, speedboat, 12 men",
    ),
    "bgd.focal1": (
        "!report today, Bay of Bengal, from Teknaf to Aceh, fishing boat, 30 men 12 women",
        "!report today, Bay of Bengal, from Cox's Bazar to Aceh, fishing boat, 45 men",
        "!report today, Bay of Bengal, from Teknaf to Sabang, fishing boat, 28 men 6 women",
    ),
    "idn.secondee1": (
        "!report today, Andaman Sea, from Teknaf to Aceh, fishing boat, 51 men",
        "!report today, Andaman Sea, from Sittwe to Aceh, fishing boat, 38 men 4 women",
        "!report today, Strait of Malacca, from Dumai to Port Klang, speedboat, 9 men",
        "!report today, Strait of Malacca, from Belawan to Penang, speedboat, 11 men",
    ),
    "tha.focal1": (
        "!report today, Andaman Sea, from Sittwe to Aceh, fishing boat, 60 men",
        "!report today, Andaman Sea, from Teknaf to Lhokseumawe, fishing boat, 33 men",
    ),
}
TITLE, ROUTES = "so far", "Bars of reports by route"
FIRST_LINES, CARD_LINES = 4, 5
WHO = ("Written by", "Approved by", "Acknowledged in", "Not yet")
PNG = b"\x89PNG\r\n\x1a\n"
_NUMBER = re.compile(r"BUL-[0-9A-Z]{4}-[0-9A-Z]")
_LINK = re.compile(r"https://matrix\.to/#/[^/\s]+/(\S+)")
_TRIES = 5


@dataclass(slots=True)
class WeekInFigures:
    """The digest of the day, from the reports to a state's acknowledgement."""

    stage: Stage
    number: str = ""
    card: str = ""
    """The message whose taps are the steps."""

    async def play(self) -> None:
        """Plays it. Raises WentWrong."""
        await self._report()
        await self._draft()
        link = await self._approve()
        await self._read(link)
        await self._acknowledge(link)

    async def _report(self) -> None:
        stage = self.stage
        stage.head("Officers of four states report boats, each in one line and one tap")
        name, lines = next(iter(REPORTS.items()))
        stage.quote(name, "its desk", lines[0])
        every = [(name, line) for name, lines in REPORTS.items() for line in lines]
        shown, *_ = await asyncio.gather(
            *(self._file(name, line) for name, line in every),
            *(stage.sign_in(name) for name in (ONE, TWO, READS)),
        )
        stage.say("  What the steward shows before it is filed:")
        if shown is not None:
            stage.shown(shown)
        stage.say(f"  {name} taps ✅. In the same way, {len(every)} reports are filed.")

    async def _file(self, name: str, line: str) -> Received | None:
        desk = f"mps-desk-{name[:3]}"
        root = await self.stage.send(name, desk, text_content(line))
        preview = await self._told_in(name, desk, root, "✅")
        await self.stage.tap(name, desk, preview.event_id, "✅")
        await self._told_in(name, desk, root, "REP-")
        return preview

    async def _told_in(self, name: str, key: str, root: str, part: str) -> Received:
        """What the steward says in a thread."""
        officer, room = self.stage.officer(name), self.stage.room(key)

        def told() -> Received | None:
            for one in officer.received(room):
                thread = one.content.get("m.relates_to", {}).get("event_id")
                if thread == root and one.sender != officer.user_id and part in one.text:
                    return one
            return None

        try:
            return await officer.wait_for(told)
        except TimeoutError:
            raise WentWrong(f"the steward never told {name}: {part}") from None

    async def _draft(self) -> None:
        stage = self.stage
        stage.head("An analyst asks for the week so far, and the steward drafts it")
        for name in (ONE, TWO):
            await stage.in_room(name, ANALYSIS)
        stage.say(f"  {ONE} writes in the analysis room: !bulletin digest")
        await stage.send(ONE, ANALYSIS, text_content("!bulletin digest"))
        opened = await stage.hears(ONE, ANALYSIS, "BUL-", "a draft for you")
        self.number = _found(_NUMBER, opened.text)
        card = await stage.hears(TWO, ANALYSIS, self.number, "submit it for approval")
        self.card = card.event_id
        stage.say("  Text and pictures stand in a thread. Below them:")
        for line in card.text.splitlines()[:CARD_LINES]:
            stage.say(f"    {line}")

    async def _approve(self) -> str:
        """Returns the message with which it begins where it is read."""
        stage, number = self.stage, self.number
        stage.head("One analyst submits it, another approves it; nobody approves their own")
        await stage.tap(ONE, ANALYSIS, self.card, "✅")
        await stage.hears(TWO, ANALYSIS, number, "waits for your approval")
        await stage.tap(TWO, ANALYSIS, self.card, "✅")
        await stage.hears(ONE, ANALYSIS, number, "is approved. Tap 📣")
        await stage.tap(ONE, ANALYSIS, self.card, "📣")
        posted = await stage.hears(ONE, ANALYSIS, number, "is posted", "matrix.to")
        stage.say(f"  {ONE} taps ✅, {TWO} taps ✅, {ONE} taps 📣: it is published.")
        return _found(_LINK, posted.text, 1)

    async def _read(self, link: str) -> None:
        stage = self.stage
        stage.head("Indonesia reads it, with its pictures")
        await stage.in_room(READS, BULLETINS)
        reader, room = stage.officer(READS), stage.room(BULLETINS)

        def arrived() -> tuple[Received, Received] | None:
            """The bulletin's first message, and its picture of the routes."""
            every = list(reader.received(room))
            at = next((at for at, one in enumerate(every) if one.event_id == link), len(every))
            pictures = [one for one in every[at:] if "file" in one.content and ROUTES in one.text]
            return (every[at], pictures[0]) if pictures and every[at].readable else None

        try:
            first, picture = await reader.wait_for(arrived)
        except TimeoutError:
            raise WentWrong(f"{READS} never got the bulletin with its pictures") from None
        if TITLE not in first.text or not (await reader.fetch(picture)).startswith(PNG):
            raise WentWrong(f"{READS} can't read the bulletin")
        stage.say(f"  {READS} reads in Bulletins:")
        for line in [line for line in first.text.splitlines() if line][:FIRST_LINES]:
            stage.say(f"    {line}")
        stage.say("    …")
        stage.say("  and a picture of the routes, which says to those who don't see it:")
        stage.say(f"    {picture.text.splitlines()[-1]}")

    async def _acknowledge(self, link: str) -> None:
        stage = self.stage
        await stage.tap(READS, BULLETINS, link, "✅")
        stage.say(f"  {READS} taps ✅ under it. {ONE} writes: !bulletin {self.number}")
        for _ in range(_TRIES):
            await stage.send(ONE, ANALYSIS, text_content(f"!bulletin {self.number}"))
            told = await stage.hears(ONE, ANALYSIS, self.number, "Acknowledged in")
            counted = [line for line in told.text.splitlines() if "IDN" in line]
            if counted and counted[0].startswith("Acknowledged in"):
                for line in told.text.splitlines():
                    if line.startswith(WHO):
                        stage.say(f"    {line}")
                return
            await asyncio.sleep(0.5)
        raise WentWrong("Indonesia's acknowledgement isn't counted")


def _found(pattern: re.Pattern[str], text: str, group: int = 0) -> str:
    found = pattern.search(text)
    if found is None:
        raise WentWrong(f"the steward didn't name what it must: {text}")
    return found[group]
