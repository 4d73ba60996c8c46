"""Verdicts: read and written in the one transaction in which a room's events are judged.

The room's row is locked first, so that a room's events are judged one at a time and that a
revocation, once committed, is seen by every verdict after it. This store decides nothing.

It speaks to asyncpg itself, on connections of SQLAlchemy's pool: every message of the network
waits for these few statements, and most of the time that they took was the layer between.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from weakref import WeakValueDictionary

import asyncpg
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rilon.application.bulletin_values import Posting
from rilon.application.cited import Found
from rilon.application.held import Carried, NewHeld, Outcome, Posted
from rilon.application.ports import Delivered, Judged, NewEffect, Recorded, Safe, Seen, Unsure
from rilon.application.request_values import Words
from rilon.bulletins.sources import Citation
from rilon.domain.entries import Entry
from rilon.domain.officers import Officer
from rilon.domain.parties import Party
from rilon.policy.network import Network
from rilon.policy.question import Source
from rilon.storage import cited, held, postings, releases, request_sources, request_words
from rilon.storage.copies import deletion
from rilon.storage.marking_json import from_json, to_json
from rilon.storage.passages import find_sources
from rilon.storage.personal_data import term_begins
from rilon.storage.reports import ReportSeal

_DEAD_AT_MOST = 50
"""More than a pool holds."""

OutboxValues = Callable[[Entry], dict[str, Any]]
"""Makes the ledger outbox row of an entry: canonical bytes, signed by this component."""

_BEGIN_LOCKED = """
    BEGIN;
    SELECT FROM governed_room
     WHERE room_id = convert_from(decode('{hex}', 'hex'), 'UTF8') FOR UPDATE
    """
"""Two statements in one round trip. That protocol has no parameters: the room's id, which is a
stranger's word, goes in as hexadecimal digits. What is read comes after, as it is by then."""

_WAIT_FOR_ROOMS = """
    SELECT room_id FROM governed_room WHERE room_id = ANY($1) ORDER BY room_id FOR UPDATE
    """

_LOOK = """
    SELECT (SELECT room_key FROM governed_room WHERE room_id = $4) AS room_key,
           (SELECT max(id) FROM policy_version) AS policy_id,
           (SELECT coalesce(max(generation), 0) FROM room_on_demand) AS rooms,
           (SELECT state FROM officer_state WHERE user_id = $1) AS officer_state,
           (SELECT row_to_json(d) FROM device d
             WHERE d.user_id = $1 AND d.device_id = $2) AS device,
           (SELECT row_to_json(r) FROM (
               SELECT accepted, code, rule, policy_id, attempts,
                      delivered_event_id IS NOT NULL AS delivered,
                      recalled_at IS NOT NULL AS recalled
                 FROM verdict WHERE identity = $3) r) AS recorded,
           (SELECT identity FROM verdict
             WHERE room_id = $4 AND session_id = $5
               AND message_index = $6) AS index_identity,
           (SELECT json_agg(row_to_json(t)) FROM (
               SELECT delivered_event_id AS event_id, sender, kind, marking, sent_at,
                      recalled_at IS NOT NULL AS recalled
                 FROM verdict
                WHERE room_id = $4 AND delivered_event_id = ANY($7)) t) AS related,
           EXISTS (SELECT 1 FROM attempt a JOIN verdict v ON v.identity = a.identity
                    WHERE a.event_id = ANY($7) AND v.room_id = $4 AND v.accepted
                      AND v.delivered_event_id IS NULL) AS related_pending,
           (SELECT sealed FROM recent_words
             WHERE room_id = $4 AND sender = $1
               AND said_at > now() - interval '10 minutes') AS recent_words
    """

_RECORD = """
    WITH judged AS (
        INSERT INTO verdict (identity, room_id, sender, device_id, session_id, message_index,
                             kind, accepted, code, rule, marking, policy_id, sent_at, decided_at)
        VALUES ($1, $2, $3, $4, $5, $6,
                $7, $8, $9, $10, $11, $12, $13, $14)
        ON CONFLICT (identity) DO UPDATE
           SET accepted = excluded.accepted, code = excluded.code, rule = excluded.rule,
               marking = excluded.marking, policy_id = excluded.policy_id,
               kind = excluded.kind, sent_at = excluded.sent_at,
               -- A message that was unreadable before is remembered against replays from now on.
               session_id = COALESCE(verdict.session_id, excluded.session_id),
               message_index = COALESCE(verdict.message_index, excluded.message_index),
               decided_at = excluded.decided_at, attempts = verdict.attempts + 1
         WHERE verdict.delivered_event_id IS NULL
    ), entered AS (
        INSERT INTO ledger_outbox (leaf) VALUES ($15)
    ), remembered AS (
        INSERT INTO recent_words (room_id, sender, sealed, said_at)
        SELECT $2, $17, $18, now() WHERE $18::bytea IS NOT NULL
        ON CONFLICT (room_id, sender) DO UPDATE SET sealed = excluded.sealed, said_at = now()
    ), related AS (
        INSERT INTO relation (identity, kind, target)
        SELECT $1, kind, target FROM unnest($19::text[], $20::text[]) AS r(kind, target)
        ON CONFLICT DO NOTHING
    ), expiring AS (
        INSERT INTO expiry (identity, room_id, last_day)
        SELECT $1, $2, $21::date WHERE $21::date IS NOT NULL
        ON CONFLICT (identity) DO UPDATE SET last_day = excluded.last_day
    )
    INSERT INTO attempt (event_id, identity) VALUES ($16, $1)
    ON CONFLICT DO NOTHING
    """

_AGAIN = """
    WITH counted AS (
        UPDATE verdict SET attempts = attempts + 1
         WHERE identity = $1
           AND NOT EXISTS (SELECT 1 FROM attempt WHERE event_id = $2))
    INSERT INTO attempt (event_id, identity) VALUES ($2, $1)
    ON CONFLICT DO NOTHING
    """

_RAISE = """
    UPDATE verdict SET marking = $3
     WHERE room_id = $1 AND delivered_event_id = $2 AND kind = 'content'
    """

_EFFECT = """
    INSERT INTO effect (kind, subject, once, payload) VALUES ($1, $2, $3, $4)
    ON CONFLICT (once) DO NOTHING
    """


class RoomDecision:
    """A room under its lock, within one transaction."""

    def __init__(
        self,
        connection: asyncpg.Connection,
        room_id: str,
        outbox: OutboxValues,
        seal: held.Seal | None,
        words: request_words.WordsSeal | None = None,
        posts: postings.PostingSeal | None = None,
        reports: ReportSeal | None = None,
    ) -> None:
        self._posts = posts
        self._reports = reports
        self._connection = connection
        self._room_id = room_id
        self._outbox = outbox
        self._seal = seal
        self._words = words
        self._remembered: tuple[str | None, bytes | None] = (None, None)
        self.key: str | None = None

    async def look(
        self,
        identity: bytes,
        sender: str,
        device_id: str | None,
        session_id: str | None,
        index: int | None,
        related: Sequence[str],
    ) -> Seen:
        """Reads, in one statement, everything the verdict depends on."""
        row = await self._connection.fetchrow(
            _LOOK, sender, device_id, identity, self._room_id, session_id, index, list(related)
        )
        self.key = row["room_key"]
        device, recorded = row["device"] or {}, row["recorded"]
        return Seen(
            policy_id=row["policy_id"],
            rooms=row["rooms"],
            officer_state=row["officer_state"],
            device_curve25519=device.get("curve25519"),
            device_signed=device.get("signed") is True,
            recorded=None if recorded is None else Recorded(**recorded),
            index_identity=row["index_identity"],
            related=tuple(_delivered(entry) for entry in row["related"] or ()),
            related_pending=row["related_pending"],
            recent_words=row["recent_words"],
        )

    async def sources(self, passages: Collection[int], party: Party) -> tuple[Source, ...]:
        """What was delivered to that party and holds one of these passages."""
        return await find_sources(self._connection, passages, party)

    def remember(self, sender: str, sealed: bytes) -> None:
        """Keeps an officer's recent words in this room, with the verdict."""
        self._remembered = (sender, sealed)

    async def record(self, judged: Judged, entry: Entry, effects: Sequence[NewEffect] = ()) -> None:
        """Stores verdict, ledger outbox row and effects."""
        marking = None if judged.marking is None else json.dumps(to_json(judged.marking))
        # What a later recall has to know of what stands: what it relates to, and its last day.
        relations = judged.relations if judged.accepted else ()
        expires = judged.marking.expires if judged.accepted and judged.marking else None
        await self._connection.execute(
            _RECORD,
            judged.identity,
            self._room_id,
            judged.sender,
            judged.device_id,
            judged.session_id,
            judged.message_index,
            judged.kind,
            judged.accepted,
            judged.code,
            judged.rule,
            marking,
            judged.policy_id,
            judged.sent_at,
            judged.decided_at,
            self._outbox(entry)["leaf"],
            judged.event_id,
            *self._remembered,
            [kind for kind, _ in relations],
            [target for _, target in relations],
            expires,
        )
        if judged.edits is not None:
            # ATTACK: content put under a stricter marking by an edit, and then answered, or
            # edited again, under the marking that it had before.
            await self._connection.execute(_RAISE, self._room_id, judged.edits, marking)
        if judged.accepted and judged.marking and judged.marking.has_personal_data:
            await term_begins(
                self._connection, judged.identity, self._room_id, judged.decided_at, judged.edits
            )
        await self._write(effects)

    async def record_again(
        self, identity: bytes, event_id: str, effects: Sequence[NewEffect] = ()
    ) -> None:
        """Notes that the same message was asked once more, under another event id."""
        await self._connection.execute(_AGAIN, identity, event_id)
        await self._write(effects)

    async def hold(self, new: NewHeld) -> None:
        """Keeps the text of a refused message, sealed."""
        if self._seal is None:
            raise Unsure("nothing to seal with")
        await held.hold(self._connection, self._seal, new)

    async def relayed(self, effect_id: int, now: datetime) -> Carried | None:
        """The held text that this effect posts, under its lock, if it does."""
        if self._seal is None:
            return None
        found = await held.relayed(self._connection, self._seal, effect_id, now)
        if found is None:
            return None
        kept, party, changed = found
        consents = await releases.consents_of(self._connection, kept.identity)
        shown_to = next((one for one in consents if one.party == party), None)
        if party is not None and shown_to is None:
            raise Unsure("a text is shown to a party that isn't asked")
        return Carried(kept, consents, shown_to, changed)

    async def on_their_way(self, effect_id: int) -> Words | None:
        """The words of a request that this effect carries, under their lock, if it does."""
        if self._words is None:
            return None
        return await request_words.carried(self._connection, self._words, effect_id)

    async def unsaid(
        self, identities: Collection[bytes], events: Collection[str]
    ) -> frozenset[bytes]:
        """Of these messages those in which nobody wrote REL, and those of `events`."""
        return await request_sources.unsaid(self._connection, sorted(identities), sorted(events))

    async def posting(self, effect_id: int) -> Posting | None:
        """What this effect posts in an officer's name, under its lock, if it does."""
        if self._posts is None:
            return None
        return await postings.carried(self._connection, self._posts, effect_id)

    async def cited(
        self, citations: Collection[Citation], reader: Officer, network: Network
    ) -> dict[Citation, Found]:
        """What is cited, as it is now, as far as this officer may cite it."""
        return await cited.cited(self._connection, citations, reader, network, self._reports)

    async def drafts(self, identities: Collection[bytes]) -> frozenset[bytes]:
        """Which of these messages are drafts of bulletins."""
        return await postings.drafts(self._connection, sorted(identities))

    async def settle_posting(
        self, posting_id: str, code: str | None, posted: Posted | None
    ) -> None:
        """What was to be posted was let in, or refused; its text is gone."""
        unread = await postings.settle(self._connection, posting_id, code, posted)
        if unread is not None:
            await self._write([deletion(unread)])

    async def settle_words(self, words_id: str, code: str | None, posted: Posted | None) -> None:
        """Words of a request were let in, or refused; their text is gone."""
        unread = await request_words.settle(self._connection, words_id, code, posted)
        if unread is not None:
            await self._write([deletion(unread)])

    async def showed(self, identity: bytes, party: Party, posted: Posted) -> None:
        """A held text was let into that party's desk."""
        await releases.showed(self._connection, identity, party, posted)

    async def settle(
        self, identity: bytes, outcome: Outcome, code: str | None, posted: Posted | None = None
    ) -> None:
        """Erases a held text and keeps what became of it."""
        await held.settle(self._connection, identity, outcome, code, posted)

    async def _write(self, effects: Sequence[NewEffect]) -> None:
        for new in effects:
            await self._connection.execute(
                _EFFECT, new.kind, new.subject, new.once, json.dumps(dict(new.payload))
            )


class Decisions:
    """The gate's way to its tables, with a pool of its own. `safe` seals what is held, `requests`
    what is said of requests, `bulletins` what is posted in officers' names, `reports` what reports
    say."""

    def __init__(
        self,
        engine: AsyncEngine,
        outbox: OutboxValues,
        safe: Safe | None = None,
        requests: Safe | None = None,
        bulletins: Safe | None = None,
        reports: Safe | None = None,
    ) -> None:
        self._engine = engine
        self._outbox = outbox
        self._seal = None if safe is None else held.Seal(safe)
        self._words = None if requests is None else request_words.WordsSeal(requests)
        self._posts = None if bulletins is None else postings.PostingSeal(bulletins)
        self._reports = None if reports is None else ReportSeal(reports)
        self._queues: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def in_room(self, room_id: str) -> AsyncIterator[RoomDecision]:
        """One transaction, with the room's row locked if the room is governed.

        Events of one room queue up here first, so that they don't hold connections idle.
        """
        begin = _BEGIN_LOCKED.format(hex=room_id.encode().hex())
        queue = self._queues.setdefault(room_id, asyncio.Lock())
        async with queue, self._transaction(begin) as connection:
            yield RoomDecision(
                connection,
                room_id,
                self._outbox,
                self._seal,
                self._words,
                self._posts,
                self._reports,
            )

    async def wait_for_open_verdicts(self, room_ids: Sequence[str]) -> None:
        """Returns when every verdict that was open in these rooms is committed."""
        async with self._transaction("BEGIN") as connection:
            await connection.fetch(_WAIT_FOR_ROOMS, list(room_ids))

    @asynccontextmanager
    async def _transaction(self, begin: str) -> AsyncIterator[asyncpg.Connection]:
        try:
            async with self._engine.connect() as pooled:
                connection = await _living(pooled)
                try:
                    await connection.execute(begin)
                    yield connection
                    await _commit(connection)
                except BaseException:
                    if not await _rolled_back(connection):
                        # SQLAlchemy didn't see the fault: it must not be used again.
                        await pooled.invalidate()
                    raise
        except (
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
            SQLAlchemyError,
            OSError,
        ) as error:
            raise Unsure(type(error).__name__) from error


async def _living(pooled: AsyncConnection) -> asyncpg.Connection:
    """A connection that isn't known to be dead.

    When the database dies, so do all that lie in the pool, and SQLAlchemy, through which nothing is
    said here, doesn't see it. Each that was handed out would cost somebody a `later`, and the third
    of these has clients wait for more than half a minute.
    """
    for _ in range(_DEAD_AT_MOST):
        connection = (await pooled.get_raw_connection()).driver_connection
        if connection is None:
            raise Unsure("no connection")
        if not connection.is_closed():
            return connection
        await pooled.invalidate()
    raise Unsure("no living connection")


async def _commit(connection: asyncpg.Connection) -> None:
    """INVARIANT: PostgreSQL answers COMMIT of a failed transaction with ROLLBACK, and no error."""
    if await connection.execute("COMMIT") != "COMMIT":
        raise Unsure("not committed")


async def _rolled_back(connection: asyncpg.Connection) -> bool:
    """Whether nothing of the transaction is left, and the connection is fit for the next."""
    try:
        await connection.execute("ROLLBACK")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
        return False
    return not connection.is_in_transaction()


def _delivered(entry: Mapping[str, Any]) -> Delivered:
    return Delivered(
        entry["event_id"],
        entry["sender"],
        entry["kind"],
        None if entry["marking"] is None else from_json(entry["marking"]),
        datetime.fromisoformat(entry["sent_at"]),
        entry["recalled"],
    )
