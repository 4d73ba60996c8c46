"""What officers say is nowhere in clear, refused or delivered: not in a log, a table, a file, a
metric or a ledger entry. Neither are passwords, tokens and keys in what is logged.
"""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import aiohttp
import pytest

from rilon.audit.verify_client import HttpSource
from rilon.embedded.officer_client import OfficerClient
from rilon.embedded.officer_values import NotSent, Sent, reaction_content, text_content
from rilon.embedded.postgres import SUPERUSER
from rilon.embedded.settings import AUDITOR_TOKEN, account_secret
from rilon.ledger.tiles import entries_in, tiles_of
from tests.e2e.conftest import World
from tests.e2e.streams import settled

FLOOR = "mps-floor"
WORD = f"zebracorn{uuid4().hex[:10]}"
"""In every text of this file, and in nothing else."""
SENDER = "rso.analyst1"


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was said: the event of a delivered text, and the codes of the refused ones."""

    delivered: str
    codes: frozenset[str]


REFUSED_TEXTS = (
    f"REL RSO,IDN // {WORD} at the pier",
    f"TLP:{WORD} // at the pier",
    f"REL AUS,{WORD} // at the pier",
    f"TLP:AMBER {WORD} // at the pier",
    f"TLP:AMBER PROTECT {WORD} // at the pier",
    f"TLP:AMBER EXP {WORD} // at the pier",
    f"TLP:AMBER GRADE {WORD} // at the pier",
    f"{WORD} TLP:RED at the pier",
)


@pytest.fixture(scope="module")
async def spoken(world: World) -> Spoken:
    """An officer says the word in every way that there is to say something."""
    sender = await world.officer(SENDER, FLOOR)
    reader = await world.officer("bgd.focal1", FLOOR)
    floor, direct = world.room(FLOOR), await world.room_id(f"direct-{SENDER}")
    codes = set()
    for text in REFUSED_TEXTS:
        answer = await sender.send_text(floor, text)
        assert isinstance(answer, NotSent), text
        assert (answer.status, bool(answer.reason)) == (403, True), text
        codes.add(answer.reason)
    codes |= await _said_beside_the_text(sender, floor)
    sent = await sender.send_text(floor, f"TLP:GREEN // {WORD} in the harbour")
    assert isinstance(sent, Sent)
    await reader.wait_for_text(floor, WORD)
    assert isinstance(await sender.send_text(direct, f"!{WORD}"), Sent)
    await world.card(sender, "I am a program and understand only a few words")
    await settled(world, floor, [sender.user_id])
    return Spoken(sent.event_id, frozenset(codes))


async def _said_beside_the_text(sender: OfficerClient, floor: str) -> set[str]:
    """The word in places that aren't the body of a message; the codes of the refusals."""
    content = text_content(f"TLP:GREEN // {uuid4().hex}")
    last = next(one.event_id for one in sender.received(floor) if one.type == "m.room.create")
    answers = [
        await sender.send(floor, "m.room.message", {**content, f"{WORD} is the name": 1}),
        await sender.send(floor, "m.room.message", {**content, "org.other": {"a": [WORD]}}),
        await sender.send(floor, "m.room.message", {**content, "msgtype": WORD}),
        await sender.send(floor, f"org.{WORD}", {"body": "x"}),
        await sender.send_as_is(floor, "m.room.message", text_content(f"TLP:GREEN // {WORD}")),
        await sender.send_as_is(floor, "m.reaction", reaction_content(last, WORD)),
        await sender.send_as_is(floor, "m.room.encrypted", {"algorithm": WORD, "body": WORD}),
        await sender.redact(floor, last, reason=WORD),
    ]
    assert all(isinstance(one, NotSent) and one.status == 403 for one in answers), answers
    room = f"/_matrix/client/v3/rooms/{quote(floor)}"
    member = {"membership": "join", "displayname": WORD, f"{WORD} is the name": 1}
    for method, path, body in (
        ("POST", f"{room}/leave", {"reason": WORD}),
        ("PUT", f"{room}/state/m.room.member/{quote(sender.user_id)}", member),
        ("PUT", f"{room}/state/m.room.topic/", {"topic": WORD}),
    ):
        assert (await sender.request(method, path, body)).status == 403, path
    return {one.reason for one in answers if isinstance(one, NotSent)}


# --- where it is looked for ---------------------------------------------------------------------


def spellings(word: str) -> list[bytes]:
    """The word as bytes, and as tables, JSON and mail would write those bytes."""
    plain = word.encode()
    # Base64 of the middle of a longer text: the characters that depend on this word alone.
    shifted = [base64.b64encode(b"\0" * at + plain)[4 if at else 0 : -4] for at in range(3)]
    return [plain, plain.hex().encode(), plain.hex().encode().upper(), word.encode("utf-16-le")] + [
        form for one in shifted for form in (one, one.translate(bytes.maketrans(b"+/", b"-_")))
    ]


def found_in(where: dict[str, bytes], word: str) -> list[str]:
    """The places that hold the word in any spelling; upper and lower case are the same."""
    wanted = spellings(word)
    return sorted(
        place
        for place, held in where.items()
        if word.encode() in held.lower() or any(one in held for one in wanted)
    )


async def tables(world: World) -> dict[str, bytes]:
    """Every table of both databases as text, by `database.table`."""
    dumped: dict[str, bytes] = {}
    for database in ("rilon", "synapse"):
        connection = await world.network.postgres().connect(SUPERUSER, database)
        try:
            names = await connection.fetch(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            )
            for (name,) in names:
                rows = io.BytesIO()
                await connection.copy_from_table(name, output=rows, schema_name="public")
                dumped[f"{database}.{name}"] = rows.getvalue()
        finally:
            await connection.close()
    return dumped


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, without the database's own, which `tables` reads."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in paths
        if "postgres" not in path.relative_to(folder).parts
    }


async def pages(world: World) -> dict[str, bytes]:
    """What the programs show over HTTP: metrics and health."""
    shown = {}
    async with aiohttp.ClientSession() as http:
        for name, base in (("audit", world.network.audit), ("steward", world.network.gate)):
            for path in ("/metrics", "/healthz", "/health"):
                async with http.get(base + path) as answer:
                    shown[f"{name}{path}"] = await answer.read()
    return shown


async def leaves(world: World) -> dict[str, bytes]:
    """Every entry of the ledger, as the auditor gets it."""
    report = await world.verify()
    assert report.checkpoint is not None
    size = report.checkpoint.size

    def read() -> Iterator[tuple[str, bytes]]:
        with closing(HttpSource(world.network.audit, world.layout.secret(AUDITOR_TOKEN))) as log:
            for tile in tiles_of(0, size):
                bundle = entries_in(log.fetch(tile.entries_path) or b"")
                yield from ((f"{tile.entries_path} {at}", leaf) for at, leaf in enumerate(bundle))

    return await asyncio.to_thread(lambda: dict(read()))


# --- the tests ----------------------------------------------------------------------------------


async def test_every_refusal_of_the_word_is_one_of_the_rules(spoken: Spoken) -> None:
    """Else the tests below would look for something that nobody ever judged."""
    assert {"rel_excludes_room", "marking_unclear", "shape_not_allowed", "type_not_allowed"} <= set(
        spoken.codes
    )


async def test_no_table_holds_what_was_said(world: World, spoken: Spoken) -> None:
    dumped = await tables(world)
    # What is looked through is all there: the delivered event, its verdict, the effects.
    assert "synapse.event_json" in found_in(dumped, spoken.delivered)
    assert "rilon.verdict" in found_in(dumped, spoken.delivered)
    assert dumped["rilon.effect"]
    assert found_in(dumped, WORD) == []


async def test_no_log_and_no_file_holds_what_was_said(world: World, spoken: Spoken) -> None:
    held = await asyncio.to_thread(files, world.layout.root)
    assert {"logs/homeserver.log", "logs/steward.log", "logs/audit.log"} <= set(held)
    # What is looked through is the real log: Synapse's own lines are found in it.
    assert "logs/homeserver.log" in found_in(held, "synapse.handlers")
    assert found_in(held, WORD) == []


async def test_no_entry_and_no_metric_holds_what_was_said(world: World, spoken: Spoken) -> None:
    entries = await leaves(world)
    assert found_in(entries, spoken.delivered)
    assert found_in(entries, WORD) == []
    shown = await pages(world)
    assert b"rilon" in shown["audit/metrics"]
    assert found_in(shown, WORD) == []


async def test_no_log_holds_a_password_a_token_or_a_key(world: World, spoken: Spoken) -> None:
    held = await asyncio.to_thread(files, world.layout.logs)
    kept = {path.name: path.read_text().strip() for path in world.layout.secrets.iterdir()}
    assert account_secret(SENDER) in kept
    async with world.operating() as operations:
        kept["the steward's token"] = operations.homeserver.token
    for name, client in world.clients.items():
        kept[f"the token of {name}"] = str(client._device.nio.access_token)
    for name, value in kept.items():
        for secret in value.split():
            # Key types and names beside a key are short; no secret is.
            assert len(secret) < 16 or found_in(held, secret.lower()) == [], name
            assert len(secret) < 16 or not any(secret.encode() in log for log in held.values())


async def test_no_command_line_holds_a_secret(world: World) -> None:
    kept = {path.read_text().strip().encode() for path in world.layout.secrets.iterdir()}
    lines = {
        name: Path(f"/proc/{pid}/cmdline").read_bytes()
        for name, pid in world.network.processes.items()
    }
    assert len(lines) == 7
    assert [name for name, line in lines.items() if any(secret in line for secret in kept)] == []
