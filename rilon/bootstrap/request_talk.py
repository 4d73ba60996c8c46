"""Makes the parts that talk with officers about requests and duties."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from bots.steward.deeds import Deeds
from bots.steward.guided_talk import GuidedTalk
from bots.steward.heard_files import HeardFiles
from bots.steward.hearing import Hearing
from bots.steward.people_talk import PeopleTalk
from bots.steward.proposing import Proposing
from bots.steward.request_talk import RequestTalk
from rilon.adapters.sealing import Seal
from rilon.application.ports import FileOpener
from rilon.application.requests import Requests
from rilon.policy.network import Network
from rilon.storage.duty import DutyStore
from rilon.storage.effects import Effects
from rilon.storage.exchanges import ExchangeStore
from rilon.storage.held import HeldStore
from rilon.storage.requests import RequestStore
from rilon.storage.rooms import RoomStore


def talking(
    sealing_key: str,
    engine: AsyncEngine,
    store: RequestStore,
    duty: DutyStore,
    held: HeldStore,
    effects: Effects,
    rooms: RoomStore,
    deeds: Deeds,
    network: Callable[[], Awaitable[Network | None]],
    now: Callable[[], datetime],
    salt: Callable[[], bytes],
    wake: Callable[[], None],
    files: FileOpener,
) -> tuple[Hearing, RequestTalk]:
    """What hears, and what works off what was heard. Each seals for a purpose of its own."""
    words = Seal(sealing_key, "heard-1")
    requests = Requests(store, network, now, salt, secrets.randbelow, lambda: uuid4().hex, duty)
    exchanges = ExchangeStore(engine, Seal(sealing_key, "exchange-1"))
    opened = HeardFiles(files, now)
    guided = GuidedTalk(exchanges, requests, effects, rooms, deeds, network, now, opened)
    talk = RequestTalk(
        requests,
        store,
        exchanges,
        guided,
        PeopleTalk(duty, requests, store, now, salt),
        held,
        effects,
        rooms,
        deeds,
        words,
        network,
        now,
        salt,
        wake,
        Proposing(requests, opened),
    )
    return Hearing(exchanges, requests, words, now), talk
