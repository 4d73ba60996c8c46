"""Held texts: what a refused message said, sealed, until its sender chooses or time is up.

It keeps, locks and erases. What is offered is `rilon.application.offers`, what a tap means
`rilon.application.choices`; the table never holds a word in clear.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rilon.application.choices import from_json, to_json
from rilon.application.held import Held, HeldText, NewHeld, Outcome, Posted
from rilon.application.ports import NewEffect, Safe
from rilon.domain.acts import Relation, RelationKind
from rilon.domain.entries import Entry
from rilon.storage import marking_json, request_sources
from rilon.storage.alone import alone
from rilon.storage.effects import write_effect
from rilon.storage.held_tables import held
from rilon.storage.ledger import ledger_outbox

_HOLD = """
    INSERT INTO held (identity, sender, device_id, room_key, sealed, choices, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (identity) DO NOTHING
    """
_RELAYED = """
    SELECT h.*, CASE WHEN e.kind = 'show' THEN e.payload ->> 'party' END AS shown_to
      FROM effect e JOIN held h ON h.identity = decode(e.payload ->> 'held', 'hex')
     WHERE e.id = $1 AND e.kind IN ('relay', 'show') FOR UPDATE OF h
    """
_SETTLE = """
    UPDATE held SET sealed = NULL, outcome = $2, code = $3, posted_as = $4, passages = $5
     WHERE identity = $1
    """


_WORDS_POSTED = text(
    """
    SELECT sender, passages, NULL::bigint[] AS files FROM held WHERE posted_as = :posted_as
     UNION ALL
    SELECT h.sender, r.passages, NULL FROM release r JOIN held h ON h.identity = r.identity
     WHERE r.shown_as = :posted_as
     UNION ALL
    SELECT sender, passages, files FROM request_words WHERE posted_as = :posted_as
     UNION ALL
    SELECT sender, passages, files FROM posting WHERE posted_as = :posted_as
    """
)


_FORGET_WORDS = (
    text("UPDATE held SET passages = NULL WHERE posted_as = :posted_as"),
    text("UPDATE release SET passages = NULL WHERE shown_as = :posted_as"),
    text("UPDATE request_words SET passages = NULL, files = NULL WHERE posted_as = :posted_as"),
    text("UPDATE posting SET passages = NULL, files = NULL WHERE posted_as = :posted_as"),
)


class Seal:
    """Turns held texts into sealed bytes and back."""

    def __init__(self, safe: Safe) -> None:
        self._safe = safe

    def close(self, identity: bytes, kept: HeldText) -> bytes:
        """The text, sealed, for the message of that identity alone."""
        relation = kept.relation
        value = {
            "identity": identity.hex(),
            "text": kept.text,
            "relation": [relation.kind.value, relation.target, relation.reply_to]
            if relation
            else None,
            "carried": marking_json.to_json(kept.carried) if kept.carried else None,
            "answered": kept.answered,
        }
        return self._safe.seal(json.dumps(value).encode())

    def open(self, identity: bytes, sealed: bytes) -> HeldText | None:
        """The text; `None` for bytes that were altered, or sealed for another message.

        ATTACK: who can write to the database puts one officer's bytes under another's card.
        """
        try:
            value = json.loads(self._safe.open(sealed))
        except ValueError:
            return None
        if value["identity"] != identity.hex():
            return None
        relation = None
        if value["relation"] is not None:
            kind, target, reply_to = value["relation"]
            relation = Relation(RelationKind(kind), target, reply_to)
        carried = marking_json.from_json(value["carried"]) if value["carried"] else None
        answered = tuple((str(event), str(state)) for event, state in value.get("answered", ()))
        return HeldText(value["text"], relation, carried, answered)


# --- in the transaction of a verdict -----------------------------------------------------------


async def hold(connection: asyncpg.Connection, seal: Seal, new: NewHeld) -> None:
    """Keeps a text, with what it answers as that is now. One that was kept before stays as it is:
    a resend extends nothing."""
    kept = new.offer.held
    if kept.relation is not None:
        answered = await request_sources.states_of(connection, sorted(kept.relation.events))
        kept = replace(kept, answered=answered)
    await connection.execute(
        _HOLD,
        new.identity,
        new.sender,
        new.device_id,
        new.room_key,
        seal.close(new.identity, kept),
        json.dumps(to_json(new.offer.choices)),
        new.expires_at,
    )


async def relayed(
    connection: asyncpg.Connection, seal: Seal, effect_id: int, now: datetime
) -> tuple[Held, str | None, bool] | None:
    """What that effect posts, under its lock, the party to which it shows it, if that is what it
    does, and whether what it answers has changed since; `None` if it posts nothing of an officer's.
    """
    row = await connection.fetchrow(_RELAYED, effect_id)
    if row is None:
        return None
    kept = held_of_row(row, seal, now)
    same = kept.text is None or await _answers_the_same(connection, kept.text)
    return kept, row["shown_to"], not same


async def _answers_the_same(connection: asyncpg.Connection, kept: HeldText) -> bool:
    """Whether each message that it answers is on record as it was. Until the transaction ends
    nobody changes one."""
    events = frozenset() if kept.relation is None else kept.relation.events
    return {event for event, _ in kept.answered} == events and await request_sources.unchanged(
        connection, kept.answered
    )


async def settle(
    connection: asyncpg.Connection,
    identity: bytes,
    outcome: Outcome,
    code: str | None,
    posted: Posted | None,
) -> None:
    """Erases the text and keeps what became of it."""
    posted_as = None if posted is None else posted.identity
    passages = None if posted is None else sorted(posted.passages)
    await connection.execute(_SETTLE, identity, outcome.value, code, posted_as, passages)


def held_of_row(row: Mapping[str, Any], seal: Seal, now: datetime) -> Held:
    """What a row holds.

    INVARIANT: past its time nothing is opened, whether or not it was erased.
    """
    sealed = row["sealed"] if row["expires_at"] > now else None
    return Held(
        identity=row["identity"],
        sender=row["sender"],
        device_id=row["device_id"],
        room_key=row["room_key"],
        choices=from_json(row["choices"]),
        expires_at=row["expires_at"],
        card_event_id=row["card_event_id"],
        place=row["choice"],
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
        code=row["code"],
        text=None if sealed is None else seal.open(row["identity"], sealed),
    )


async def words_posted(
    connection: AsyncConnection, posted_as: bytes
) -> tuple[str, frozenset[int], frozenset[int]] | None:
    """Whose words a post of the steward is, the fingerprints that it leaves, and those of them that
    are of files. They are given out once: from then on they are kept with the delivered post, and
    as long as that."""
    asked = {"posted_as": posted_as}
    row = (await connection.execute(_WORDS_POSTED, asked)).one_or_none()
    if row is None:
        return None
    for forget in _FORGET_WORDS:
        await connection.execute(forget, asked)
    return str(row.sender), frozenset(row.passages or ()), frozenset(row.files or ())


# --- in transactions of its own ----------------------------------------------------------------


class Choosing:
    """A held text under its lock, within one transaction."""

    def __init__(
        self,
        connection: AsyncConnection,
        kept: Held,
        outbox: Callable[[Entry], Mapping[str, Any]],
    ) -> None:
        self._connection = connection
        self._outbox = outbox
        self.held = kept

    @property
    def connection(self) -> AsyncConnection:
        """The transaction's connection."""
        return self._connection

    async def choose(self, place: int) -> None:
        """The sender chose that one."""
        await self._change(choice=place)

    async def keep_until(self, moment: datetime) -> None:
        """The text is kept until then, whatever was left of its time."""
        await self._change(expires_at=moment)

    async def settle(self, outcome: Outcome, code: str | None = None) -> None:
        """Erases the text and keeps what became of it."""
        await self._change(sealed=None, outcome=outcome.value, code=code)

    async def enter(self, entry: Entry) -> None:
        """Writes a ledger entry."""
        await self._connection.execute(insert(ledger_outbox).values(**self._outbox(entry)))

    async def write(self, effects: Sequence[NewEffect]) -> None:
        """Writes effects."""
        for one in effects:
            await write_effect(self._connection, one)

    async def _change(self, **values: Any) -> None:
        query = update(held).where(held.c.identity == self.held.identity).values(**values)
        await self._connection.execute(query)


class HeldStore:
    """Held texts by message and by card."""

    def __init__(
        self, engine: AsyncEngine, outbox: Callable[[Entry], Mapping[str, Any]], safe: Safe
    ) -> None:
        self._engine = engine
        self._alone = alone(engine)
        self._outbox = outbox
        self._seal = Seal(safe)

    async def of_message(self, identity: bytes, now: datetime) -> Held | None:
        """What is held of a refused message, or was."""
        async with self._alone.connect() as connection:
            query = select(held).where(held.c.identity == identity)
            row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else held_of_row(dict(row), self._seal, now)

    async def shown(
        self, identity: bytes, card_event_id: str, effects: Sequence[NewEffect]
    ) -> None:
        """The card with the choices stands under that event id; `effects` put its signs on."""
        async with self._engine.begin() as connection:
            query = update(held).where(held.c.identity == identity)
            await connection.execute(query.values(card_event_id=card_event_id))
            for one in effects:
                await write_effect(connection, one)

    async def overdue(self, now: datetime) -> list[bytes]:
        """Messages whose text is past its time and not erased."""
        query = select(held.c.identity).where(held.c.sealed.is_not(None), held.c.expires_at <= now)
        async with self._alone.connect() as connection:
            return list((await connection.execute(query)).scalars())

    @asynccontextmanager
    async def locked(
        self, now: datetime, *, identity: bytes | None = None, card_event_id: str | None = None
    ) -> AsyncIterator[Choosing | None]:
        """One transaction over the held text of a message, or of a card; `None` without one."""
        wanted = (
            held.c.identity == identity
            if identity is not None
            else held.c.card_event_id == card_event_id
        )
        async with self._engine.begin() as connection:
            found = await connection.execute(select(held).where(wanted).with_for_update())
            row = found.mappings().one_or_none()
            if row is None:
                yield None
            else:
                kept = held_of_row(dict(row), self._seal, now)
                yield Choosing(connection, kept, self._outbox)
