"""The steward's process: makes the parts, gives them to each other, and runs them.

`python -m rilon.bootstrap.steward --config steward.toml`
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from sqlalchemy.ext.asyncio import AsyncEngine

from bots.steward.attachments import Attachments
from bots.steward.batches import BatchWorker
from bots.steward.choosing import Choosing
from bots.steward.clock import SyncClock
from bots.steward.confirmations import ConfirmationDeeds
from bots.steward.conversation import Conversation
from bots.steward.deeds import STEWARD_NAME, Deeds
from bots.steward.digest_drafting import DigestDrafting
from bots.steward.directory import Directory
from bots.steward.gate import Gate, WaitingOpener
from bots.steward.identity import cross_sign, sign_in
from bots.steward.keyring import Keyring
from bots.steward.machine import Machine
from bots.steward.mailer import Mailer
from bots.steward.means import Means
from bots.steward.opening import RoomsForHeld
from bots.steward.passages import Passages
from bots.steward.performer import Performer
from bots.steward.recalls import RecallDeeds, RoomPresence
from bots.steward.release_desk import ReleaseDesk
from bots.steward.release_taps import ReleaseTaps
from bots.steward.releases import Releases
from bots.steward.report_posting import ReportPosting
from bots.steward.request_files import RequestFiles
from bots.steward.request_speech import RequestSentences
from bots.steward.requests import RequestDeeds
from bots.steward.room_requests import RoomTaps, RoomWishes
from bots.steward.rooms_on_demand import RoomDeeds
from bots.steward.service import Steward, patiently
from bots.steward.speech import Speech
from bots.steward.sync import SyncLoop
from rilon.adapters.homeserver import Homeserver
from rilon.adapters.sealing import Seal, Sealed, derived_key
from rilon.application.copies import FoundCopies
from rilon.application.held import HELD_FOR
from rilon.application.recall import Recalling
from rilon.application.record import COMPONENT
from rilon.application.request_carried import Carried
from rilon.application.request_due import Due
from rilon.application.screen import Screening
from rilon.bootstrap.bulletins import PURPOSE as BULLETINS
from rilon.bootstrap.bulletins import publishing, writing
from rilon.bootstrap.parts import (
    end_on_signals,
    engine,
    log_plainly,
    outbox_of,
    quotation_of,
    signer_of,
)
from rilon.bootstrap.report_talk import report_store, report_talk
from rilon.bootstrap.request_talk import talking
from rilon.config import StewardSettings, load, secret
from rilon.gate.protocol import MAX_QUESTION_BYTES
from rilon.storage.copies import CopyStore
from rilon.storage.decisions import Decisions
from rilon.storage.deliveries import Deliveries
from rilon.storage.duty import DutyStore
from rilon.storage.effects import Effects
from rilon.storage.held import HeldStore
from rilon.storage.inbox import Inbox
from rilon.storage.officers import OfficerStore
from rilon.storage.postings import PostingStore
from rilon.storage.recalls import RecallStore
from rilon.storage.releases import ReleaseStore
from rilon.storage.reports import REPORTS_SEAL
from rilon.storage.requests import RequestStore
from rilon.storage.rooms import PolicyStore, RoomStore
from rilon.storage.rooms_on_demand import RoomsOnDemand
from rilon.storage.sessions import SessionStore

GATE_POOL = 16
OWN_POOL = 12


def main() -> None:
    """Runs until SIGTERM or SIGINT."""
    arguments = argparse.ArgumentParser(description="The steward and its gate.")
    arguments.add_argument("--config", type=Path, required=True)
    settings = load(StewardSettings, arguments.parse_args().config)
    log_plainly()
    # nio writes user ids at every level, and at ERROR what others sent; they belong in no log.
    logging.getLogger("nio").setLevel(logging.CRITICAL)
    asyncio.run(end_on_signals(run(settings)))


async def run(settings: StewardSettings) -> None:
    """Makes the steward and runs it."""
    async with AsyncExitStack() as stack:
        gate_engine = engine(settings.database, GATE_POOL)
        own_engine = engine(settings.database, OWN_POOL)
        stack.push_async_callback(gate_engine.dispose)
        stack.push_async_callback(own_engine.dispose)
        place = settings.homeserver
        homeserver = await stack.enter_async_context(Homeserver(place.url, place.steward))
        steward = await _assemble(settings, homeserver, gate_engine, own_engine)
        await steward.run()


async def _assemble(
    settings: StewardSettings,
    homeserver: Homeserver,
    gate_engine: AsyncEngine,
    own_engine: AsyncEngine,
) -> Steward:
    sealed = Sealed(settings.store, secret(settings.sealing_key_file))
    quotation = quotation_of(secret(settings.sealing_key_file))
    pickle_key = secret(settings.pickle_key_file)
    outbox = outbox_of(signer_of(settings.store, COMPONENT))
    server = settings.homeserver.server_name
    steward_id = settings.homeserver.steward

    crypto = asyncio.Lock()
    clock = SyncClock()
    effects, rooms = Effects(own_engine), RoomStore(own_engine)
    officers, policies = OfficerStore(own_engine, outbox), PolicyStore(own_engine)
    inbox, deliveries = Inbox(own_engine), Deliveries(own_engine, outbox)
    safe = Seal(secret(settings.sealing_key_file), "held-text-1")
    held = HeldStore(own_engine, outbox, safe)
    keyring = Keyring(SessionStore(gate_engine), sha256(pickle_key.encode()).digest())

    await _sign_in(homeserver, settings, sealed)
    machine = Machine(steward_id, homeserver.device_id, settings.store, pickle_key)

    mailer = Mailer(homeserver, machine, crypto, effects)
    speech, on_demand = Speech(officers, server), RoomsOnDemand(own_engine, outbox)
    means = Means(
        homeserver, effects, rooms, officers, mailer, speech, policies.in_force, server, _now
    )
    deeds = Deeds(means, held)
    room_deeds = RoomDeeds(deeds, means, on_demand, _salt)
    contents = RecallStore(own_engine, outbox)
    recalling = Recalling(
        contents,
        RoomPresence(homeserver),
        PolicyStore(own_engine),
        policies.in_force,
        steward_id,
        _now,
        _salt,
        FoundCopies(CopyStore(own_engine, outbox), contents, PolicyStore(own_engine), steward_id),
    )
    performer = Performer(effects, deeds.by_kind(), _now)
    performer.perform_too(room_deeds.by_kind())
    performer.perform_too(RecallDeeds(recalling, homeserver, _now).by_kind())
    choosing = Choosing(
        held,
        effects,
        rooms,
        mailer,
        deeds,
        policies.in_force,
        _now,
        _salt,
        performer.wake,
        RoomsForHeld(means, on_demand),
    )
    performer.perform_too(choosing.by_kind())
    release_store = ReleaseStore(own_engine, outbox, safe)
    releases = Releases(release_store, quotation, policies.in_force, _now, _salt)
    desk = ReleaseDesk(
        release_store,
        held,
        effects,
        rooms,
        deeds,
        policies.in_force,
        releases.not_shown,
        server,
        _now,
    )
    choosing.release_with(releases)
    performer.perform_too(releases.by_kind())
    performer.perform_too(desk.by_kind())
    requests_safe = Seal(secret(settings.sealing_key_file), "requests-1")
    attachments = Attachments(homeserver, server)
    request_store = RequestStore(own_engine, outbox, requests_safe)
    duty = DutyStore(own_engine, _now, outbox)
    request_deeds = RequestDeeds(
        request_store,
        Carried(request_store, policies.in_force, _now, _salt, duty),
        Due(request_store, policies.in_force, _now, _salt, duty),
        deeds,
        rooms,
        RequestSentences(_now),
        policies.in_force,
        server,
        _now,
        derived_key(secret(settings.sealing_key_file), "selectors-1"),
        duty,
        wake=performer.wake,
        files=RequestFiles(homeserver, attachments, request_store, server),
    )
    performer.perform_too(request_deeds.by_kind())
    hearing, talk = talking(
        secret(settings.sealing_key_file),
        own_engine,
        request_store,
        duty,
        held,
        effects,
        rooms,
        deeds,
        policies.in_force,
        _now,
        _salt,
        performer.wake,
        attachments,
    )
    performer.perform_too(talk.by_kind())
    bulletins = publishing(
        secret(settings.sealing_key_file),
        own_engine,
        outbox,
        means,
        deeds,
        homeserver,
        _salt,
        performer.wake,
        attachments,
    )
    performer.perform_too(bulletins.by_kind())
    reporting = report_talk(
        secret(settings.sealing_key_file),
        own_engine,
        outbox,
        effects,
        rooms,
        deeds,
        policies.in_force,
        _now,
        _salt,
        performer.wake,
    )
    performer.perform_too(reporting.by_kind())
    report_posts = ReportPosting(
        means,
        report_store(secret(settings.sealing_key_file), own_engine, outbox),
        PostingStore(own_engine, Seal(secret(settings.sealing_key_file), BULLETINS)),
    )
    performer.perform_too(report_posts.by_kind())
    digests = DigestDrafting(
        means,
        own_engine,
        writing(
            secret(settings.sealing_key_file),
            own_engine,
            outbox,
            policies.in_force,
            server,
            _now,
            _salt,
        ),
        report_store(secret(settings.sealing_key_file), own_engine, outbox),
        performer.wake,
    )
    performer.perform_too(digests.by_kind())
    directory = Directory(
        homeserver, machine, crypto, officers, policies.in_force, _now, _salt, performer.wake
    )
    confirmations = ConfirmationDeeds(
        effects, officers, policies.in_force, directory.refresh, server, _now, _salt
    )
    performer.perform_too(confirmations.by_kind())
    worker = BatchWorker(
        homeserver,
        machine,
        crypto,
        keyring,
        directory,
        mailer,
        rooms,
        deliveries,
        Conversation(
            keyring,
            steward_id,
            _now,
            RoomTaps(on_demand),
            ReleaseTaps(release_store),
            hearing,
            (*bulletins.heard, reporting),
        ),
        policies.in_force,
        _now,
        _salt,
        performer.wake,
        Passages(quotation, attachments, _now, _alarm_delay),
    )
    screening = Screening(
        Decisions(
            gate_engine,
            outbox,
            safe,
            requests_safe,
            Seal(secret(settings.sealing_key_file), BULLETINS),
            Seal(secret(settings.sealing_key_file), REPORTS_SEAL),
        ),
        # Not from the gate's pool: a verdict that waits for a policy holds a connection of it.
        policies,
        WaitingOpener(keyring, clock),
        attachments,
        Effects(gate_engine),
        steward_id,
        _now,
        _salt,
        quotation,
        HELD_FOR,
    )
    registry = CollectorRegistry()
    answers = Counter("rilon_gate_answers", "Answers of the gate", ["answer"], registry=registry)
    seconds = Histogram("rilon_gate_seconds", "Seconds to an answer", registry=registry)

    def counted(answer: str, spent: float) -> None:
        answers.labels(answer).inc()
        seconds.observe(spent)

    gate_secret = secret(settings.gate.secret_file)
    gate = Gate(screening, gate_secret, counted, performer.wake)
    wishes = RoomWishes(gate_secret, server, effects, policies.in_force, _now, performer.wake)
    application = web.Application(client_max_size=MAX_QUESTION_BYTES)
    application.add_routes([*gate.routes(), *wishes.routes()])
    application.router.add_get("/metrics", _metrics(registry))

    async def prepare() -> None:
        # Set again, Synapse would write it into every room the steward is in.
        account = await homeserver.account(steward_id)
        if account is None or account.get("displayname") != STEWARD_NAME:
            await homeserver.set_account(steward_id, {"displayname": STEWARD_NAME})
        await homeserver.lift_limits(steward_id)

    async def sign() -> None:
        await cross_sign(homeserver, machine, sealed)

    return Steward(
        application,
        settings.gate.host,
        settings.gate.port,
        prepare,
        sign,
        worker,
        directory,
        SyncLoop(homeserver, inbox, worker, clock),
        performer,
        choosing,
    )


async def _sign_in(homeserver: Homeserver, settings: StewardSettings, sealed: Sealed) -> None:
    password = secret(settings.homeserver.password_file)
    await patiently(lambda: sign_in(homeserver, password, sealed, settings.store))


def _metrics(
    registry: CollectorRegistry,
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def metrics(request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), content_type="text/plain")

    return metrics


def _now() -> datetime:
    return datetime.now(UTC)


def _alarm_delay() -> timedelta:
    """From two minutes to half an hour."""
    return timedelta(seconds=120 + secrets.randbelow(1680))


def _salt() -> bytes:
    return secrets.token_bytes(16)


if __name__ == "__main__":
    main()
