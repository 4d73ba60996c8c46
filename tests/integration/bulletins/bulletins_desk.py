"""Analysts who publish bulletins, on a real PostgreSQL with the real gate, which opens each picture
in the process that really does it."""

from __future__ import annotations

import io
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy.ext.asyncio import AsyncEngine

from bots.steward.report_posting import ReportPosting
from rilon.adapters.sealing import Seal
from rilon.application.bulletin_ports import Drafted
from rilon.application.bulletin_values import Picture, Version
from rilon.application.held import HELD_FOR
from rilon.bootstrap.bulletins import PURPOSE, publishing, writing
from rilon.bootstrap.report_talk import report_store, report_talk
from rilon.domain.files import FileType
from rilon.domain.officers import Officer
from rilon.domain.parties import parties
from rilon.domain.verdicts import Accept, Code, Refuse, Verdict
from rilon.policy.mistakes import Mistakes
from rilon.policy.network import Network
from rilon.policy.on_demand import compartment_of
from rilon.storage.postings import PostingStore
from rilon.storage.reports import REPORTS_SEAL
from tests.integration.desk import SERVER, emptied
from tests.integration.request_files.files_desk import FileScene
from tests.integration.talk.talk_desk import TALKED
from tests.policy_scene import NETWORK

TABLES = (
    "bulletin_said, bulletin_thread_picture, bulletin_thread, bulletin_term, bulletin_place, "
    "report_question, report_exchange, report, posting, bulletin_ack, bulletin_room, "
    "bulletin_picture, bulletin_version, bulletin, "
    f"passage_source, room_on_demand, {TALKED}"
)
ROOM, ANALYSIS, FLOOR = "mps-bulletins", "mps-analysis", "mps-floor"
ONE, TWO = "rso.analyst1", "rso.analyst2"

HEAD = """---
title: {title}
kind: trends
period: {{from: 2026-11-16, until: 2026-11-22}}
groups: [mps]
marking: {marking}
sources: [{sources}]
---

{text}
"""


def written(
    text: str = "Fewer boats left the northern beaches this week.",
    *sources: str,
    marking: str = "TLP:AMBER",
    title: str = "The week at sea",
) -> bytes:
    """A bulletin's file."""
    named = ", ".join(f'"{one}"' for one in sources)
    return HEAD.format(title=title, marking=marking, sources=named, text=text).encode()


TYPED = """{marking} //
title: {title}
kind: trends
period: {{from: 2026-11-16, until: 2026-11-22}}
groups: [mps]
sources: []

{text}"""


def as_sent(text: str, marking: str = "TLP:GREEN", title: str = "What the week brought") -> str:
    """A bulletin as an analyst types it."""
    return TYPED.format(marking=marking, title=title, text=text)


def chart(colour: str = "navy") -> Picture:
    """A picture that says nothing of who made it."""
    data = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(data, "PNG")
    return Picture(FileType.PNG, data.getvalue())


class BulletinScene(FileScene):
    """The scene with analysts, and the steward's parts for bulletins."""

    ROUNDS = 200

    def __init__(self, engine: AsyncEngine, network: Network, folder: Path) -> None:
        super().__init__(engine, network, folder)
        safe = Seal("secret", PURPOSE)
        seals = (Seal("secret", "held"), self.safe, safe, Seal("secret", REPORTS_SEAL))
        self.screening = self.gate(*seals, held_for=HELD_FOR)
        self.screening._files = self.attachments
        in_force, salt = self.policies.in_force, lambda: secrets.token_bytes(16)
        self.bulletins = writing("secret", engine, self.outbox, in_force, SERVER, self.now, salt)
        steward = self._deeds_of_the_steward()
        self.parts = publishing(
            "secret",
            engine,
            self.outbox,
            replace(steward._means),
            steward,
            self.library,
            salt,
            lambda: None,
            self.attachments,
        )
        self.performer.perform_too(self.parts.by_kind())
        self.reporting = report_talk(
            "secret",
            engine,
            self.outbox,
            self.effects,
            self.rooms,
            steward,
            in_force,
            self.now,
            salt,
            lambda: None,
        )
        self.performer.perform_too(self.reporting.by_kind())
        posts = PostingStore(engine, safe)
        reports = report_store("secret", engine, self.outbox)
        report_posts = ReportPosting(steward._means, reports, posts)
        self.performer.perform_too(report_posts.by_kind())
        talks = (*self.parts.heard, self.reporting)
        self.conversation._talks = (*talks, *self.conversation._talks)
        self.mailer: Any = steward._means.mailer
        self.refuses = ""
        self.pinned: dict[str, list[str]] = {}
        self.server.set_state = self._pins  # type: ignore[method-assign]

    async def _pins(self, room_id: str, kind: str, state_key: str, content: Any) -> str:
        assert (kind, state_key) == ("m.room.pinned_events", "")
        self.pinned[room_id[1:]] = content["pinned"]
        return "$pins"

    async def compartment(self, *codes: str) -> str:
        """A room on demand for these parties; its key."""
        one = compartment_of("mps", parties(*codes))
        await self.run(
            "INSERT INTO room_on_demand (room_key, kind, group_key, parties, officers, "
            "generation, asked_by, opened_at) "
            "VALUES (:key, 'compartment', 'mps', :parties, '{}', 1, :by, :now)",
            key=one.key,
            parties=sorted(codes),
            by=ONE,
            now=self.at,
        )
        await self.govern({one.key: f"!{one.key}"})
        joined = await self.policies.in_force()
        assert joined is not None
        self.network = joined
        return one.key

    async def reported(
        self, said: str, name: str = "idn.focal1", room: str = "mps-desk-idn"
    ) -> str:
        """The number of a report that an officer files in one line."""
        await self.says(name, room, said)
        preview = next(
            event
            for event, (at, content) in reversed(self.posts.items())
            if at == f"!{room}" and "✅" in content["body"]
        )
        await self.taps(name, room, preview, "✅")
        rows = await self.run("SELECT number FROM report ORDER BY filed_at DESC, number")
        return str(rows[0].number)

    async def perform(self, *, only: str | None = None) -> None:
        """What a tap is on and isn't known within seconds is nothing that requests know of."""
        self.at += timedelta(seconds=10)
        await super().perform(only=only)

    async def begun(self, name: str = ONE) -> str:
        """The thread of a bulletin that an analyst asked for."""
        return await self.says(name, ANALYSIS, "!bulletin new")

    async def typed(self, text: str, root: str | None = None, name: str = ONE, **head: str) -> str:
        """A text with a head, sent by itself or into a thread; its event."""
        return await self.says(name, ANALYSIS, as_sent(text, **head), thread=root)

    async def heard_tap(self, name: str, room: str, target: str, key: str) -> None:
        """An officer's tap, heard and not worked off."""
        event_id = f"${secrets.token_hex(16)}"
        relation = {"rel_type": "m.annotation", "event_id": target, "key": key}
        raw = self._raw(name, room, event_id, "m.reaction", {"m.relates_to": relation})
        assert isinstance(await self.judge(raw, "DEVICE"), Accept)
        await self._delivered(event_id)
        await self.hears(event_id, room)

    async def edits(self, name: str, event: str, body: str) -> str:
        """An analyst's edit of a message, as clients send it."""
        relation = {"rel_type": "m.replace", "event_id": event}
        new = {"msgtype": "m.text", "body": body}
        content = {"msgtype": "m.text", "body": f"* {body}", "m.new_content": new}
        event_id, verdict = await self._judged(name, ANALYSIS, content, relation)
        assert isinstance(verdict, Accept), verdict
        await self._stands(event_id, ANALYSIS, verdict)
        await self.hears(event_id, ANALYSIS)
        await self.perform()
        return event_id

    async def redacts(self, name: str, event: str) -> None:
        """An analyst takes a message back."""
        event_id = f"${secrets.token_hex(16)}"
        raw = self._raw(name, ANALYSIS, event_id, "m.room.redaction", {"redacts": event})
        verdict = await self.judge(raw, "DEVICE")
        assert isinstance(verdict, Accept), verdict
        await self._delivered(event_id)
        await self.hears(event_id, ANALYSIS)
        await self.perform()

    async def arrives(
        self, room_id: str, kind: str, event_id: str, content: Any, transaction: str
    ) -> Verdict:
        """As in the scene of files; but what `refuses` says is never let in."""
        effect = int(transaction.rpartition("-")[2])
        draft = self.mailer._drafts.get(effect, ("", {"body": ""}))[1]
        if self.refuses and kind == "m.room.encrypted" and self.refuses in draft["body"]:
            return Refuse(Code.RULE_FAILED, "test")
        return await super().arrives(room_id, kind, event_id, content, transaction)

    def latest_card(self) -> str:
        """The event of the latest card."""
        return self.card_of(-1)

    def shown(self) -> str:
        """The latest card as it reads now."""
        return self.shown_of(self.card_of(-1))

    def shown_of(self, first: str) -> str:
        """A card as it reads now."""
        edits = [
            content["m.new_content"]["body"]
            for _, content in self.posts.values()
            if content.get("m.relates_to", {}).get("event_id") == first
            and content["m.relates_to"]["rel_type"] == "m.replace"
        ]
        return str(edits[-1] if edits else self.content(first)["body"])

    def card_of(self, number: int) -> str:
        """The event of the first, second … card, from 0."""
        return [
            event
            for event, (_, content) in self.posts.items()
            if "submit it for approval" in content["body"] and "m.new_content" not in content
        ][number]

    async def numbers(self) -> list[str]:
        """The bulletins that there are."""
        return [row.number for row in await self.run("SELECT number FROM bulletin")]

    def officer(self, name: str) -> Officer:
        return self.network.officers[name]

    async def drafted(self, content: bytes, **more: Any) -> Drafted:
        """A draft of the first analyst."""
        pictures = more.pop("pictures", {})
        made = await self.bulletins.draft(content, pictures, self.officer(ONE), **more)
        assert isinstance(made, Drafted), made
        return made

    async def approved(self, content: bytes, **more: Any) -> str:
        """The number of a bulletin that the second analyst approved."""
        number = (await self.drafted(content, **more)).version.number
        assert isinstance(await self.bulletins.submit(number, self.officer(ONE)), Version)
        assert isinstance(await self.bulletins.approve(number, self.officer(TWO)), Version)
        return number

    async def published(self, content: bytes, **more: Any) -> str:
        """The number of a bulletin that stands in its room."""
        number = await self.approved(content, **more)
        assert isinstance(await self.bulletins.publish(number, self.officer(ONE)), Version)
        await self.perform()
        return number

    async def refused(self, content: bytes, **more: Any) -> list[str]:
        """What is told of a bulletin that can't even be a draft."""
        pictures = more.pop("pictures", {})
        made = await self.bulletins.draft(content, pictures, self.officer(ONE), **more)
        assert isinstance(made, Mistakes), made
        return [str(one) for one in made.items]

    async def state(self, number: str) -> str:
        rows = await self.run(
            "SELECT state FROM bulletin_version WHERE number = :number ORDER BY revision DESC",
            number=number,
        )
        return str(rows[0].state)

    def in_bulletins(self, room: str = ROOM) -> list[dict[str, Any]]:
        """The contents that the steward posted in a room of bulletins, in their order."""
        return [content for at, content in self.posts.values() if at == f"!{room}"]


@asynccontextmanager
async def opened_bulletin_scene(postgres_dsn: str, folder: Path) -> AsyncIterator[BulletinScene]:
    """The scene on empty tables."""
    async with emptied(postgres_dsn, TABLES) as engine:
        made = BulletinScene(engine, NETWORK, folder)
        await made.prepare()
        yield made
