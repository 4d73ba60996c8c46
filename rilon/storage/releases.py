"""Requests for release: what each originator of a held text is asked, and what it answered.

The lock of a request is that of its held text. What an answer comes to is
`rilon.application.release`; the table holds markings and places in the text, never a word.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy import exists, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rilon.application.choices import Choice, to_json
from rilon.application.held import Consent, Held, HeldText, Posted
from rilon.application.ports import NewEffect, Safe
from rilon.domain.entries import Entry
from rilon.domain.parties import Party
from rilon.policy.question import Source
from rilon.storage import marking_json
from rilon.storage.alone import alone
from rilon.storage.effects import write_effect
from rilon.storage.held import Choosing, Seal, held_of_row
from rilon.storage.held_tables import held, release
from rilon.storage.passages import find_delivered_sources
from rilon.storage.tables import officer_state

_CONSENTS = """
    SELECT r.*, o.state = 'admitted' AS admitted,
           EXISTS (SELECT 1 FROM jsonb_array_elements(CAST(r.sources AS jsonb)) s
                    WHERE NOT EXISTS (SELECT 1 FROM verdict v
                                       WHERE v.identity = decode(s.value ->> 0, 'hex')
                                         AND v.recalled_at IS NULL)) AS gone
      FROM release r LEFT JOIN officer_state o ON o.user_id = r.decided_by
     WHERE r.identity = {identity} ORDER BY r.party
    """
_CONSENTS_ASKED = _CONSENTS.format(identity="$1")
_CONSENTS_READ = text(_CONSENTS.format(identity=":identity"))
_SHOWED = "UPDATE release SET shown_as = $3, passages = $4 WHERE identity = $1 AND party = $2"


# --- in the transaction of a verdict -----------------------------------------------------------


async def consents_of(connection: asyncpg.Connection, identity: bytes) -> tuple[Consent, ...]:
    """What everyone was asked and answered about a held text, in the order of the parties."""
    return tuple(_consent(row) for row in await connection.fetch(_CONSENTS_ASKED, identity))


async def showed(
    connection: asyncpg.Connection, identity: bytes, party: Party, posted: Posted
) -> None:
    """The text was let into the party's desk; what it leaves once it is delivered."""
    passages = sorted(posted.passages)
    await connection.execute(_SHOWED, identity, party, posted.identity, passages)


def _consent(row: Mapping[str, Any]) -> Consent:
    sources = row["sources"]
    if isinstance(sources, str):
        sources = json.loads(sources)
    begin = row["part_begin"]
    return Consent(
        party=Party(row["party"]),
        sources=tuple(
            (bytes.fromhex(identity), marking_json.from_json(marking))
            for identity, marking in sources
        ),
        desk=row["desk"],
        shown_marking=row["shown_marking"],
        hidden=row["hidden"],
        state=row["state"],
        marking=row["marking"],
        part=None if begin is None else (begin, row["part_end"]),
        unnamed=row["unnamed"],
        by=row["decided_by"],
        admitted=row["admitted"] is True,
        card_event_id=row["card_event_id"],
        gone=row["gone"],
    )


_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


# --- in transactions of its own ----------------------------------------------------------------


class Request:
    """A request under the lock of its held text, within one transaction."""

    def __init__(self, one: Choosing, seal: Seal, consents: tuple[Consent, ...]) -> None:
        self._one = one
        self._connection = one.connection
        self._seal = seal
        self.held = one.held
        self.consents = consents

    @property
    def choosing(self) -> Choosing:
        """The held text under the same lock."""
        return self._one

    async def ask(
        self, consents: Sequence[Consent], until: datetime, place: int, choice: Choice
    ) -> None:
        """Everyone is asked now, and the text is kept until they have answered."""
        for one in consents:
            await self._connection.execute(
                insert(release).values(
                    identity=self.held.identity,
                    party=one.party,
                    sources=[
                        [identity.hex(), marking_json.to_json(marking)]
                        for identity, marking in one.sources
                    ],
                    desk=one.desk,
                    shown_marking=one.shown_marking,
                    hidden=one.hidden,
                    state=one.state,
                    marking=one.marking,
                    unnamed=False,
                    decided_by=one.by,
                )
            )
        self.consents = tuple(consents)
        await self._held(choice=place, choices=self._with(place, choice), expires_at=until)

    async def answered(self, answer: Consent, now: datetime) -> None:
        """One party answered."""
        begin, end = answer.part or (None, None)
        query = update(release).where(
            release.c.identity == self.held.identity, release.c.party == answer.party
        )
        await self._connection.execute(
            query.values(
                state=answer.state,
                marking=answer.marking,
                part_begin=begin,
                part_end=end,
                unnamed=answer.unnamed,
                decided_by=answer.by,
                decided_at=now,
            )
        )

    async def release(self, place: int, choice: Choice, kept: HeldText, until: datetime) -> None:
        """Everyone consented: just that text waits for being posted, just so."""
        sealed = self._seal.close(self.held.identity, kept)
        await self._held(sealed=sealed, choices=self._with(place, choice), expires_at=until)

    async def asked_by_sender(self) -> int:
        """For how many other texts the sender waits for somebody's release. Until the transaction
        ends the sender asks for no other."""
        name = f"release {self.held.sender}"
        await self._connection.execute(_ONE_AT_A_TIME, {"name": name})
        query = select(func.count()).where(
            held.c.sender == self.held.sender,
            held.c.outcome.is_(None),
            exists().where(release.c.identity == held.c.identity, release.c.desk.is_not(None)),
        )
        return int((await self._connection.execute(query)).scalar_one())

    async def is_admitted(self, user_id: str) -> bool:
        """Whether that officer is admitted now."""
        query = select(officer_state.c.state).where(officer_state.c.user_id == user_id)
        return (await self._connection.execute(query)).scalar_one_or_none() == "admitted"

    async def sources(self, passages: Collection[int], party: Party) -> tuple[Source, ...]:
        """What was delivered to that party and holds one of these passages."""
        return await find_delivered_sources(self._connection, passages, party)

    async def enter(self, entry: Entry) -> None:
        """Writes a ledger entry."""
        await self._one.enter(entry)

    async def write(self, effects: Sequence[NewEffect]) -> None:
        """Writes effects."""
        await self._one.write(effects)

    def _with(self, place: int, choice: Choice) -> list[dict[str, str]]:
        choices = self.held.choices
        return to_json((*choices[:place], choice, *choices[place + 1 :]))

    async def _held(self, **values: Any) -> None:
        query = update(held).where(held.c.identity == self.held.identity).values(**values)
        await self._connection.execute(query)


class ReleaseStore:
    """Requests for release, by held text and by card."""

    def __init__(
        self, engine: AsyncEngine, outbox: Callable[[Entry], Mapping[str, Any]], safe: Safe
    ) -> None:
        self._engine = engine
        self._alone = alone(engine)
        self._outbox = outbox
        self._seal = Seal(safe)

    async def under(self, one: Choosing) -> Request:
        """The request of a held text that is locked already."""
        return Request(one, self._seal, await _consents(one.connection, one.held.identity))

    async def consents(self, identity: bytes) -> tuple[Consent, ...]:
        """What everyone was asked and answered about a held text."""
        async with self._alone.connect() as connection:
            return await _consents(connection, identity)

    async def shown(
        self, identity: bytes, party: Party, card_event_id: str, effects: Sequence[NewEffect]
    ) -> None:
        """The card stands in the desk under that event id; `effects` put its signs on."""
        query = update(release).where(release.c.identity == identity, release.c.party == party)
        async with self._engine.begin() as connection:
            await connection.execute(query.values(card_event_id=card_event_id))
            for one in effects:
                await write_effect(connection, one)

    async def awaits_card(self, desk: str) -> bool:
        """Whether a request waits whose card isn't known to stand in that desk yet."""
        query = (
            select(release.c.identity)
            .join(held, held.c.identity == release.c.identity)
            .where(release.c.desk == desk, release.c.card_event_id.is_(None))
            .where(release.c.state == "asked", held.c.sealed.is_not(None))
        )
        async with self._alone.connect() as connection:
            return (await connection.execute(query.limit(1))).first() is not None

    async def of_card(self, card_event_id: str, now: datetime) -> tuple[Held, Consent] | None:
        """The request that a card shows, and the party that it asks; not locked."""
        async with self._alone.connect() as connection:
            query = select(held, release.c.party).join(
                release, release.c.identity == held.c.identity
            )
            found = await connection.execute(query.where(release.c.card_event_id == card_event_id))
            row = found.mappings().one_or_none()
            if row is None:
                return None
            consents = await _consents(connection, row["identity"])
        mine = next(one for one in consents if one.party == row["party"])
        return held_of_row(dict(row), self._seal, now), mine

    @asynccontextmanager
    async def locked(self, identity: bytes, now: datetime) -> AsyncIterator[Request | None]:
        """One transaction over the request of a held text; `None` without one."""
        async with self._engine.begin() as connection:
            query = select(held).where(held.c.identity == identity).with_for_update()
            row = (await connection.execute(query)).mappings().one_or_none()
            if row is None:
                yield None
            else:
                kept = held_of_row(dict(row), self._seal, now)
                yield await self.under(Choosing(connection, kept, self._outbox))


async def _consents(connection: AsyncConnection, identity: bytes) -> tuple[Consent, ...]:
    rows = (await connection.execute(_CONSENTS_READ, {"identity": identity})).mappings()
    return tuple(_consent(dict(row)) for row in rows)
