"""Officers who talk with the steward of reports, on a real PostgreSQL with the real gate: what they
type and tap goes through the decision, the conversation and the outbox."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from bots.steward.attachments import Attachments
from bots.steward.report_posting import ReportPosting
from rilon.adapters.sealing import Seal
from rilon.application.held import HELD_FOR
from rilon.bootstrap.bulletins import PURPOSE, publishing
from rilon.bootstrap.report_talk import report_store, report_talk
from rilon.domain.entries import Entry, EntryKind
from rilon.domain.reports import Report
from rilon.policy.network import Network
from rilon.storage.postings import PostingStore
from rilon.storage.reports import REPORTS_SEAL
from tests.integration.desk import SERVER, emptied
from tests.integration.talk.talk_desk import TALKED, TalkScene
from tests.policy_scene import NETWORK

DESK, ANALYSIS = "mps-desk-idn", "mps-analysis"
WHOLE = (
    "!report 2 Nov, Andaman Sea, Teknaf to Aceh, fishing boat, 40 men 12 women 5 children, "
    "mother ship, no papers, rescued, B2"
)
TABLES = f"report_question, report_exchange, report, posting, passage_source, {TALKED}"


class ReportScene(TalkScene):
    """The scene of talk, in which reports are heard first."""

    def __init__(self, engine: AsyncEngine, network: Network, folder: Path) -> None:
        super().__init__(engine, network, folder)
        self.reporting = report_talk(
            "secret",
            engine,
            self.outbox,
            self.effects,
            self.rooms,
            self._deeds_of_the_steward(),
            self.policies.in_force,
            self.now,
            lambda: secrets.token_bytes(16),
            lambda: None,
        )
        self.performer.perform_too(self.reporting.by_kind())
        safe = Seal("secret", PURPOSE)
        seals = (Seal("secret", "held"), self.safe, safe, Seal("secret", REPORTS_SEAL))
        self.screening = self.gate(*seals, held_for=HELD_FOR)
        steward, posts = self._deeds_of_the_steward(), PostingStore(engine, safe)
        store = report_store("secret", engine, self.outbox)
        self.performer.perform_too(ReportPosting(steward._means, store, posts).by_kind())
        parts = publishing(
            "secret",
            engine,
            self.outbox,
            steward._means,
            steward,
            self.server,
            lambda: secrets.token_bytes(16),
            lambda: None,
            Attachments(self.server, SERVER),
        )
        self.performer.perform_too(parts.publishing.by_kind())
        self.server.redact = _redacted  # type: ignore[method-assign]  # what is taken back is gone
        self.conversation._talks = (self.reporting, *self.conversation._talks)
        self.kept = report_store("secret", engine, self.outbox)

    async def perform(self, *, only: str | None = None) -> None:
        """What a tap is on and isn't known within seconds is nothing that requests know of."""
        self.at += timedelta(seconds=10)
        await super().perform(only=only)

    async def reports(self) -> tuple[Report, ...]:
        """Every report of the last two years, as a digest reads them."""
        return await self.kept.reports_of("mps", date(2024, 11, 24), date(2026, 11, 30))

    async def files(
        self, name: str = "idn.focal1", room: str = DESK, body: str = WHOLE
    ) -> tuple[Report, str]:
        """An officer files a report that says everything; the report and its thread."""
        before = {one.number for one in await self.reports()}
        root = await self.says(name, room, body)
        await self.taps(name, room, self.last_event(room), "✅")
        (found,) = [one for one in await self.reports() if one.number not in before]
        return found, root

    def last_event(self, room: str) -> str:
        """The event of the last thing that the steward said in a room."""
        return [event for event, (at, _) in self.posts.items() if at == f"!{room}"][-1]

    async def entries_of_reports(self) -> list[Entry]:
        """What the ledger has of reports."""
        return [one for one in await self.ledger() if one.kind is EntryKind.REPORT]


async def _redacted(room_id: str, event_id: str, transaction: str) -> str:
    return f"$redacted{event_id[1:]}"


@asynccontextmanager
async def opened_report_scene(postgres_dsn: str, folder: Path) -> AsyncIterator[ReportScene]:
    """The scene on empty tables."""
    async with emptied(postgres_dsn, TABLES) as engine:
        made = ReportScene(engine, NETWORK, folder)
        await made.prepare()
        yield made
