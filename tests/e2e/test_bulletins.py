"""A bulletin from nothing to withdrawn, with real encrypted clients on the real network: written in
a message as Element sends it, approved by another analyst, read with its picture, acknowledged.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from markdown_it import MarkdownIt
from PIL import Image

from rilon.embedded.officer_values import Json, Received, Sent, file_content
from rilon.policy.steps import Step
from tests.e2e.conftest import STEWARD, World
from tests.e2e.test_requests import Desk, Story, desk
from tests.e2e.words import word

WRITES, APPROVES, READER = "rso.analyst1", "rso.analyst2", "aus.secondee2"
ANALYSIS, BULLETINS = "mps-analysis", "mps-bulletins"
FILE, SHOWS = "weeks.png", "Two bars, the second one is lower."


def fresh_chart() -> bytes:
    """A picture that nobody has sent yet, and that says nothing of who made it."""
    data = io.BytesIO()
    Image.effect_noise((120, 90), 80).save(data, "PNG")
    return data.getvalue()


def as_element_sends(typed: str) -> Json:
    """Text and HTML, as CommonMark makes it of what was typed."""
    html = MarkdownIt("commonmark", {"breaks": True}).render(typed)
    return {
        "msgtype": "m.text",
        "body": typed,
        "format": "org.matrix.custom.html",
        "formatted_body": html,
        "m.mentions": {},
    }


def typed(about: str) -> str:
    return (
        "TLP:GREEN //\n"
        f"title: The week of {about}\n"
        "kind: trends\n"
        "period: {from: 2026-11-16, until: 2026-11-22}\n"
        "groups: [mps]\n"
        "sources: []\n"
        "\n"
        f"Fewer boats left the shore of **{about}**.\n"
        "\n"
        "## What helped\n"
        "\n"
        "- storms from Tuesday on\n"
        "- patrols of two states\n"
        "\n"
        f"picture {FILE}: {SHOWS}\n"
    )


async def sends(where: Desk, content: Json, root: str | None = None) -> str:
    """A message of the officer, perhaps in a thread."""
    if root is not None:
        content["m.relates_to"] = {"rel_type": "m.thread", "event_id": root}
    sent = await where.client.send(where.room_id, "m.room.message", content)
    assert isinstance(sent, Sent), sent
    return sent.event_id


async def picture_in(where: Desk, part: str) -> Received:
    """The first picture of the steward's with these words."""

    def found() -> Received | None:
        for one in where.client.received(where.room_id):
            if one.sender == STEWARD and "file" in one.content and part in one.text:
                return one
        return None

    return await where.client.wait_for(found)


async def test_a_bulletin_is_written_approved_read_acknowledged_and_withdrawn(world: World) -> None:
    """No shell, and no step that one analyst could take alone."""
    story, about, data = Story(), word(), fresh_chart()
    one = await desk(world, story, WRITES, ANALYSIS, "Analysis")
    two = await desk(world, story, APPROVES, ANALYSIS, "Analysis")
    reader = await desk(world, story, READER, BULLETINS, "Bulletins")

    # Written: the picture is missing until it is sent.
    root = await sends(one, as_element_sends(typed(about)))
    await one.hears(FILE)
    file = file_content(await one.client.upload(data), FILE, "image/png", len(data))
    await sends(one, file, root)
    preview = await one.hears(f"Fewer boats left the shore of {about}.")
    assert (preview.content["m.relates_to"]["event_id"], preview.encrypted) == (root, True)
    assert f"<strong>{about}</strong>" in preview.content["formatted_body"]
    assert "- storms from Tuesday on" in preview.text.replace("•", "-")
    card = await one.hears("is a draft")
    number = card.text.split()[0]

    # Submitted, and approved by another.
    await one.taps(card.event_id, "✅", "the card")
    await two.hears(f"{number} waits for your approval")
    await one.taps(card.event_id, "☑️", "the card")
    await one.hears("You wrote it; another analyst has to approve it.")
    assert about not in reader.texts()
    await two.taps(card.event_id, "✅", "the card")
    await one.hears(f"{number} is approved. Tap 📣")
    await one.taps(card.event_id, "📣", "the card")

    # Read, with its picture, and acknowledged.
    posted = await reader.hears(f"Fewer boats left the shore of {about}.")
    assert (posted.text, posted.encrypted) == (preview.text, True)
    assert not [step for step in await planned(world) if BULLETINS in str(step)]
    shown = await picture_in(reader, SHOWS)
    assert (await reader.client.fetch(shown))[:4] == data[:4]
    with Image.open(io.BytesIO(await reader.client.fetch(shown))) as there:
        assert there.size == (120, 90)
    assert await read_by(one, number, card) == "Acknowledged in Bulletins · MPS: –"
    await reader.taps(posted.event_id, "👍", "the bulletin")
    while await read_by(one, number, card) != "Acknowledged in Bulletins · MPS: AUS":
        pass

    # Withdrawn: who reads it sees that, and why.
    await one.says(f"!bulletin withdraw {number} wrong")
    asked = await one.hears(f"Withdraw {number}?")
    await one.taps(asked.event_id, "✅", "it")
    gone = await reader.hears("something in it is wrong")
    assert gone.content["m.relates_to"]["event_id"] in (posted.event_id, shown.event_id)
    edited = {
        each.content["m.relates_to"]["event_id"]: each.content["m.new_content"]["body"]
        for each in reader.client.received(reader.room_id)
        if each.content.get("m.relates_to", {}).get("rel_type") == "m.replace"
    }
    assert f"{number} was withdrawn on" in edited[posted.event_id]
    assert about not in edited[posted.event_id]


async def planned(world: World) -> Sequence[Step]:
    """What applying the policy again would do: it takes no bulletin's pin away."""
    async with world.operating() as operations:
        network = await operations.policies.in_force()
        assert network is not None
        steps: Sequence[Step] = await operations.steps(network)
        return steps


async def read_by(analyst: Desk, number: str, card: Received) -> str:
    """The line of who has acknowledged it."""
    await analyst.says(f"!bulletin {number}")
    told = await analyst.hears("Acknowledged in")
    return next(line for line in told.text.splitlines() if line.startswith("Acknowledged in"))
