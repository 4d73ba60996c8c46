"""Makes the parts that talk with officers about reports."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from bots.steward.deeds import Deeds
from bots.steward.report_deeds import ReportDeeds
from bots.steward.report_talk import ReportTalk
from bots.steward.report_writing import ReportWriting
from rilon.adapters.sealing import Seal
from rilon.policy.network import Network
from rilon.storage.effects import Effects
from rilon.storage.outboxes import OutboxValues
from rilon.storage.report_exchanges import ReportExchanges
from rilon.storage.reports import REPORTS_SEAL, ReportStore
from rilon.storage.rooms import RoomStore


def report_store(sealing_key: str, engine: AsyncEngine, outbox: OutboxValues) -> ReportStore:
    """Where reports are kept: for the steward, digests and the command line alike."""
    return ReportStore(engine, outbox, Seal(sealing_key, REPORTS_SEAL))


def report_talk(
    sealing_key: str,
    engine: AsyncEngine,
    outbox: OutboxValues,
    effects: Effects,
    rooms: RoomStore,
    deeds: Deeds,
    network: Callable[[], Awaitable[Network | None]],
    now: Callable[[], datetime],
    salt: Callable[[], bytes],
    wake: Callable[[], None],
) -> ReportTalk:
    """What hears of reports and works it off. Each seals for a purpose of its own."""
    store = report_store(sealing_key, engine, outbox)
    exchanges = ReportExchanges(
        engine, outbox, Seal(sealing_key, "report-exchange-1"), Seal(sealing_key, REPORTS_SEAL)
    )
    reports = ReportDeeds(store, now, salt, secrets.randbelow)
    writing = ReportWriting(exchanges, store, reports, rooms, deeds, network, now)
    words = Seal(sealing_key, "report-heard-1")
    return ReportTalk(exchanges, writing, reports, effects, deeds, words, network, now, wake)
