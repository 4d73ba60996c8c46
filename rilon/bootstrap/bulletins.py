"""Makes the parts that bring bulletins from their authors to their readers."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from bots.steward.acknowledging import Acknowledging
from bots.steward.archive_talk import ArchiveTalk
from bots.steward.attachments import Attachments
from bots.steward.bulletin_cards import BulletinCards
from bots.steward.bulletin_drafts import BulletinDrafts
from bots.steward.bulletin_hearing import BulletinHearing
from bots.steward.bulletin_pictures import BulletinPictures
from bots.steward.bulletin_reminders import BulletinReminders
from bots.steward.bulletin_talk import BulletinTalk
from bots.steward.deeds import Deeds
from bots.steward.heard_files import HeardFiles
from bots.steward.means import Means
from bots.steward.performer import Perform
from bots.steward.publishing import Publishing
from bots.steward.uploads import Uploads
from rilon.adapters.homeserver import Homeserver
from rilon.adapters.sealing import Seal, derived_key
from rilon.application.bulletin_values import Via
from rilon.application.bulletins import Bulletins
from rilon.archive.blind import PURPOSE as ARCHIVE
from rilon.archive.blind import ArchiveKey
from rilon.domain.entries import Entry
from rilon.policy.network import Network
from rilon.storage.bulletin_listing import BulletinListing
from rilon.storage.bulletin_rooms import BulletinRooms
from rilon.storage.bulletin_threads import BulletinThreads
from rilon.storage.bulletins import BulletinStore
from rilon.storage.cited import CitedSources
from rilon.storage.officers import OfficerStore
from rilon.storage.outboxes import OutboxValues
from rilon.storage.postings import PostingStore
from rilon.storage.reports import REPORTS_SEAL
from rilon.storage.rooms import PolicyStore

PURPOSE = "bulletins-1"
"""What the key of everything that is kept of bulletins is derived for."""
HEARD = "bulletins-heard-1"
"""The same for what was heard, until it is worked off."""
SEARCHED = "archive-heard-1"
"""The same for what was searched for."""


def writing(
    sealing_key: str,
    engine: AsyncEngine,
    outbox: OutboxValues,
    network: Callable[[], Awaitable[Network | None]],
    server: str,
    now: Callable[[], datetime],
    salt: Callable[[], bytes],
    via: Via = Via.ROOM,
) -> Bulletins:
    """The steps of an analyst: in the steward, and on the command line (`via`)."""
    store = BulletinStore(engine, outbox, Seal(sealing_key, PURPOSE))
    sources = CitedSources(engine, Seal(sealing_key, REPORTS_SEAL))
    return Bulletins(store, sources, network, server, now, salt, secrets.randbelow, via)


@dataclass(frozen=True, slots=True)
class Talking:
    """The steward's parts for bulletins: `heard` are those that listen to officers."""

    publishing: Publishing
    acknowledging: Acknowledging
    hearing: BulletinHearing
    talk: BulletinTalk
    cards: BulletinCards
    reminders: BulletinReminders
    archive: ArchiveTalk

    def by_kind(self) -> dict[str, Perform]:
        """All kinds of effect that they perform."""
        every: dict[str, Perform] = {}
        for part in (
            self.publishing,
            self.acknowledging,
            self.talk,
            self.cards,
            self.reminders,
            self.archive,
        ):
            every |= part.by_kind()
        return every

    @property
    def heard(self) -> tuple[Acknowledging, BulletinHearing, ArchiveTalk]:
        """In the order in which they are asked."""
        return self.acknowledging, self.hearing, self.archive


def publishing(
    sealing_key: str,
    engine: AsyncEngine,
    outbox: OutboxValues,
    means: Means,
    deeds: Deeds,
    homeserver: Homeserver,
    salt: Callable[[], bytes],
    wake: Callable[[], None],
    attachments: Attachments,
) -> Talking:
    """What posts them, what talks of them with analysts, and what hears that they were read."""
    safe = Seal(sealing_key, PURPOSE)
    words = Seal(sealing_key, HEARD)
    rooms, store = BulletinRooms(engine, outbox), BulletinStore(engine, outbox, safe)
    postings, threads = PostingStore(engine, safe), BulletinThreads(engine, safe)
    bulletins = writing(sealing_key, engine, outbox, means.policy, means.server, means.now, salt)
    cards = BulletinCards(bulletins, store, rooms, threads, means, deeds)
    posts = Publishing(
        means,
        deeds,
        postings,
        store,
        rooms,
        Uploads(homeserver, means.server),
        salt,
        wake,
        ArchiveKey(derived_key(sealing_key, ARCHIVE)),
        bulletins.withdraw,
        cards.told,
    )
    pictures = BulletinPictures(HeardFiles(attachments, means.now), attachments, threads)
    drafts = BulletinDrafts(bulletins, store, threads, postings, pictures, means)
    talk = BulletinTalk(bulletins, rooms, threads, drafts, cards, means, deeds, words)
    return Talking(
        posts,
        Acknowledging(rooms, means, salt),
        BulletinHearing(threads, means.effects, words, means.now),
        talk,
        cards,
        BulletinReminders(rooms, means, deeds),
        ArchiveTalk(
            means,
            deeds,
            engine,
            store,
            rooms,
            ArchiveKey(derived_key(sealing_key, ARCHIVE)),
            Seal(sealing_key, SEARCHED),
        ),
    )


@dataclass(frozen=True, slots=True)
class Shell:
    """What the commands of bulletins act with. Made by `at_the_shell`."""

    bulletins: Bulletins
    store: BulletinStore
    rooms: BulletinRooms
    listing: BulletinListing
    officers: OfficerStore
    network: Network
    server: str
    now: Callable[[], datetime]
    engine: AsyncEngine
    archive: ArchiveKey
    outbox: OutboxValues


def at_the_shell(
    sealing_key: str,
    engine: AsyncEngine,
    outbox: Callable[[Entry], Mapping[str, Any]],
    network: Network,
    server: str,
    now: Callable[[], datetime],
    salt: Callable[[], bytes],
) -> Shell:
    """The parts for a command. INVARIANT: entries of its steps say that they come from a shell."""
    policy, safe = PolicyStore(engine), Seal(sealing_key, PURPOSE)
    return Shell(
        writing(sealing_key, engine, outbox, policy.in_force, server, now, salt, Via.SHELL),
        BulletinStore(engine, outbox, safe),
        BulletinRooms(engine, outbox),
        BulletinListing(engine),
        OfficerStore(engine, outbox),
        network,
        server,
        now,
        engine,
        ArchiveKey(derived_key(sealing_key, ARCHIVE)),
        outbox,
    )
