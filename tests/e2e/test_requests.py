"""A request, from its question to closed, with real encrypted clients on the real network.

Indonesia asks Malaysia and Thailand: acknowledged, one answered, one refused with a code, one
reminder, closing. What everybody read is kept in `docs/a-request.md`: run with
`RILON_TRANSCRIPT=write` to write it anew.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

from rilon.embedded.officer_client import OfficerClient
from rilon.embedded.officer_values import PATIENT_S, Received, Sent
from tests.e2e.conftest import STEWARD, World

TRANSCRIPT = Path(__file__).parents[2] / "docs" / "a-request.md"
INDONESIA, MALAYSIA, THAILAND = "mps-desk-idn", "mps-desk-mys", "mps-desk-tha"
QUESTION = "Kapal NOVA STAR berangkat dari pelabuhan mana pada 20 November?"
TALK = "I will ask the harbour master, he knows the pier."
ANSWER = "From Kuala Kurau, at night. Two boats went with it."

INTRODUCTION = """# A request, as officers read it

This page is written by a test that plays it with real encrypted clients on the real network
(`tests/e2e/test_requests.py`), so it stays true. Numbers and times are those of an example.
Indonesia asks Malaysia and Thailand. In Thailand everybody is away that day. The steward writes to
Indonesia's officers in Indonesian, to the others in English.

`>` is what an officer writes or taps, the rest is what the steward says. Everything in a desk
stands in the thread of the request.
"""


@dataclass
class Story:
    """What happens in the desks, as it is read there."""

    begun: datetime = field(default_factory=lambda: datetime.now(UTC))
    lines: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def headline(self, text: str) -> None:
        self.lines += ["", f"## {text}", ""]

    def does(self, officer: str, what: str) -> None:
        self.lines += [f"> **{officer}**: {what}", ""]

    def told(self, place: str, one: Received) -> None:
        self.seen.add(one.event_id)
        body = one.content.get("m.new_content", one.content)["body"]
        self.lines += [
            f"*{place}*",
            "",
            "```text",
            *_plain(body, self.begun).splitlines(),
            "```",
            "",
        ]


@dataclass
class Desk:
    """An officer in a room, and what the steward says there."""

    story: Story
    client: OfficerClient
    room_id: str
    name: str
    place: str

    async def hears(self, part: str, within: float = PATIENT_S) -> Received:
        """The next thing that the steward says here with these words."""

        def found() -> Received | None:
            for one in self.client.received(self.room_id):
                fresh = one.event_id not in self.story.seen
                if fresh and one.sender == STEWARD and part in one.text:
                    return one
            return None

        try:
            one = await self.client.wait_for(found, within)
        except TimeoutError:
            said = [one.text for one in self.client.received(self.room_id)][-6:]
            raise AssertionError(f"{self.place}: not said: {part!r}; but {said}") from None
        self.story.told(self.place, one)
        return one

    async def says(
        self, body: str, *, thread: str | None = None, reply: str | None = None, shown: str = ""
    ) -> str:
        content: dict[str, Any] = {"msgtype": "m.text", "body": body}
        if thread is not None:
            content["m.relates_to"] = {
                "rel_type": "m.thread",
                "event_id": thread,
                "is_falling_back": True,
                "m.in_reply_to": {"event_id": thread},
            }
        elif reply is not None:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": reply}}
        self.story.does(self.name, f"{shown}{body}")
        sent = await self.client.send(self.room_id, "m.room.message", content)
        assert isinstance(sent, Sent), sent
        return sent.event_id

    async def taps(self, event_id: str, key: str, on: str) -> None:
        self.story.does(self.name, f"taps {key} on {on}")
        assert isinstance(await self.client.react(self.room_id, event_id, key), Sent)

    def texts(self) -> str:
        return "\n".join(one.text for one in self.client.received(self.room_id))


async def desk(world: World, story: Story, name: str, key: str, place: str) -> Desk:
    client = await world.officer(name, key)
    return Desk(story, client, await world.room_id(key), name, place)


async def test_indonesia_asks_malaysia_and_thailand(world: World) -> None:
    story = Story()
    indonesia = await desk(world, story, "idn.focal1", INDONESIA, "Indonesia's desk")
    malaysia = await desk(world, story, "mys.focal1", MALAYSIA, "Malaysia's desk")
    thailand = await desk(world, story, "tha.focal1", THAILAND, "Thailand's desk")
    lead = await desk(
        world, story, "tha.focal1", "direct-tha.focal1", "Thailand's lead and the steward"
    )

    story.headline("Before: nobody of Thailand is here today")
    for name in ("tha.focal1", "tha.focal2", "tha.secondee1", "tha.secondee2"):
        await lead.says(f"!away {name} today")
        await lead.hears("Noted: ")

    story.headline("Asking")
    root = await indonesia.says("!rfi")
    first = await indonesia.hears("Siapa yang Anda tanya?")
    await indonesia.taps(first.event_id, "🇲🇾", "the question")
    await indonesia.hears("Apa yang ingin Anda ketahui?")
    await indonesia.taps(first.event_id, "🇹🇭", "the first question")
    await indonesia.says(QUESTION, thread=root)
    preview = await indonesia.hears("Kepada MYS dan THA")
    await indonesia.taps(preview.event_id, "⚡", "it")
    why = await indonesia.hears("Mengapa mendesak?")
    await indonesia.taps(why.event_id, "2️⃣", "it")
    preview = await indonesia.hears("bahaya bagi nyawa")
    await indonesia.taps(preview.event_id, "✅", "it")

    story.headline("It is there")
    await indonesia.hears("Permintaan Anda bernomor")
    card = await malaysia.hears("Indonesia asks")
    other = await thailand.hears("Indonesia asks")
    assert QUESTION in card.text
    assert "IDN,MYS //" in card.text
    assert "THA" not in card.text
    assert "MYS" not in other.text

    story.headline("Malaysia has seen it")
    await malaysia.taps(card.event_id, "👍", "the card")
    await malaysia.hears("has seen MPS-")
    await indonesia.hears("sudah melihatnya")

    story.headline("In Thailand nobody is on duty: whoever stands in is reminded")
    await thailand.hears("nobody is on duty here now", 150)

    story.headline("Malaysia answers")
    await malaysia.says(TALK, thread=card.event_id, shown="(in the thread) ")
    await malaysia.says(f"TLP:AMBER // {ANSWER}", reply=card.event_id, shown="(reply to the card) ")
    shown = await malaysia.hears("Send this to Indonesia as your answer")
    assert ANSWER not in indonesia.texts()
    await malaysia.taps(shown.event_id, "✅", "it")
    answer = await indonesia.hears(ANSWER)
    assert "TLP:AMBER REL IDN,MYS //" in answer.text
    await malaysia.hears("is answered")
    rated = await indonesia.hears("seberapa bergunakah")

    story.headline("Thailand does not")
    await thailand.says("!refuse f", thread=other.event_id, shown="(in the thread) ")
    await thailand.hears("is refused: f")
    await indonesia.hears("Thailand tidak menjawab")

    story.headline("Closing")
    await indonesia.taps(rated.event_id, "👍", "it")
    await indonesia.hears("ditutup dengan Malaysia")
    await malaysia.hears("They say of the answer: useful")
    await indonesia.says("!close", thread=root)
    await indonesia.hears("ditutup dengan Thailand")
    await thailand.hears("is closed")
    own = await desk(
        world, story, "idn.focal1", "direct-idn.focal1", "Indonesia's officer and the steward"
    )
    await indonesia.says("!requests")
    await own.hears("Tidak ada yang menunggu")

    assert TALK not in indonesia.texts() + thailand.texts()
    assert ANSWER not in thailand.texts()
    floor = await desk(world, story, "idn.focal1", "mps-floor", "the floor")
    assert "MPS-" not in floor.texts()
    report = await world.verify()
    assert report.sound, report
    kept_true(story)


def kept_true(story: Story) -> None:
    """The page says what was read, but for numbers, times and who has the week's duty."""
    page = INTRODUCTION + "\n".join(story.lines).rstrip() + "\n"
    if os.environ.get("RILON_TRANSCRIPT") == "write":
        TRANSCRIPT.write_text(page)
    assert TRANSCRIPT.read_text() == page


BASE = datetime(2026, 11, 25, 7, 5, tzinfo=UTC)
"""When the example begins."""
_OFFSETS = {"WIB": 7, "UTC+07": 7, "UTC+08": 8}
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d) (WIB|UTC\+\d\d)"
    r" \(\d\d:\d\d UTC(?:, \d{4}-\d\d-\d\d)?\)"
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?! \d\d:)")


def _plain(body: str, begun: datetime) -> str:
    """What was said as if the story had begun at `BASE`, with one number and one week's duty."""

    def moved(found: re.Match[str]) -> str:
        hours = _OFFSETS[found[2]]
        zone = timezone(timedelta(hours=hours))
        local = datetime.fromisoformat(found[1]).replace(tzinfo=zone)
        if found[1].endswith("00:00"):
            days = local.date() - begun.astimezone(zone).date()
            midnight = datetime.combine(BASE.astimezone(zone).date() + days, time(), zone)
            return _written(midnight, found[2])
        past = round((local - begun) / timedelta(hours=1))
        return _written((BASE + timedelta(hours=past)).astimezone(zone), found[2])

    def day_moved(found: re.Match[str]) -> str:
        zone = timezone(timedelta(hours=7))
        days = date.fromisoformat(found[0]) - begun.astimezone(zone).date()
        return str(BASE.astimezone(zone).date() + days)

    body = re.sub(r"MPS-[0-9A-Z]{4}-[0-9A-Z]", "MPS-7K3F-4", body.removeprefix("* "))
    body = re.sub(r"Focal point \d · (\w+) sedang piket", r"Focal point 1 · \1 sedang piket", body)
    return _TIME.sub(moved, _DAY.sub(day_moved, body))


def _written(local: datetime, zone: str) -> str:
    universal = local.astimezone(UTC)
    day = "" if universal.date() == local.date() else f", {universal:%Y-%m-%d}"
    return f"{local:%Y-%m-%d %H:%M} {zone} ({universal:%H:%M} UTC{day})"
