"""What the steward posts in officers' names: sealed, locked while it is judged, then erased.

What may be posted is decided elsewhere; whether it may enter a room is the gate's to say. A sealed
value names its row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import asyncpg
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rilon.application.bulletin_values import Posting, PostingState, Purpose
from rilon.application.held import Posted
from rilon.application.ports import NewEffect, Safe
from rilon.application.publishing import Standing
from rilon.bulletins.sources import Citation, SourceKind
from rilon.domain.acts import Attachment
from rilon.storage.alone import alone
from rilon.storage.bulletin_tables import posting
from rilon.storage.effects import write_effect
from rilon.texts.rendering import Text
from rilon.wire import file_writing

_STANDS = """
    (p.purpose IN ('preview', 'withdrawal')
     OR p.purpose = 'report' AND EXISTS (
        SELECT 1 FROM report r
         WHERE r.number = p.number AND r.revision = p.revision AND r.withdrawn_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM verdict said
                            WHERE said.delivered_event_id = ANY(r.events)
                              AND said.recalled_at IS NOT NULL))
     OR p.purpose = 'bulletin' AND EXISTS (
        SELECT 1 FROM bulletin_version v JOIN bulletin b ON b.number = v.number
         WHERE v.number = p.number AND v.revision = p.revision AND v.state = 'publishing'
           AND v.author IS NOT NULL AND v.approved_by <> v.author AND b.withdrawn_at IS NULL
           AND p.sender LIKE '@' || v.approved_by || ':%'
           AND NOT EXISTS (SELECT 1 FROM bulletin_version n
                            WHERE n.number = v.number AND n.revision > v.revision)))
    """
"""INVARIANT: a bulletin was approved by another than who wrote it, and nothing has taken its place;
a report is as it was filed, and nothing that it was said in was recalled."""

_OF_EFFECT = """
    SELECT p.*, {stands} AS stands FROM effect e JOIN posting p ON p.id = e.payload ->> 'posting'
     WHERE e.id = $1 AND e.kind = 'publish' FOR UPDATE OF p
    """
_CARRIED = _OF_EFFECT.format(stands=_STANDS)
_OF_ID = "SELECT p.*, {stands} AS stands FROM posting p WHERE p.id = :id FOR UPDATE OF p"
_LOCK = text(_OF_ID.format(stands=_STANDS))
_DRAFTS = """
    SELECT identity FROM verdict v
     WHERE v.identity = ANY($1)
       AND (EXISTS (SELECT 1 FROM posting p
                     WHERE p.posted_as = v.identity AND p.purpose = 'preview')
            OR EXISTS (SELECT 1 FROM bulletin_thread t WHERE v.delivered_event_id = ANY(t.events))
            OR EXISTS (SELECT 1 FROM relation r JOIN bulletin_thread t ON r.target = ANY(t.events)
                        WHERE r.identity = v.identity AND r.kind = 'edit'))
    """
_SETTLE = """
    UPDATE posting
       SET sealed = NULL, state = $2, code = $3, posted_as = $4, passages = $5, files = $6
     WHERE id = $1 AND state IN ('waiting', 'posted') RETURNING copy
    """
_BROKEN = text(
    """
    SELECT EXISTS (SELECT 1 FROM posting
                    WHERE purpose = :purpose AND number = :number AND revision = :revision
                      AND room_key = :room AND state IN ('refused', 'dropped'))
    """
)
_STANDING = text(
    """
    SELECT room_key, event_id, part, marking, picture, file_digest FROM (
        SELECT DISTINCT ON (coalesce(replaces, event_id)) p.room_key, p.part, p.revision,
               coalesce(p.replaces, p.event_id) AS event_id, p.marking, p.picture, p.file_digest
          FROM posting p JOIN bulletin b ON b.number = p.number
         WHERE p.number = :number AND p.purpose = 'bulletin' AND p.state = 'posted'
           AND p.revision <= b.published AND NOT p.gone AND p.event_id IS NOT NULL
         ORDER BY coalesce(replaces, event_id), p.revision DESC) s
     ORDER BY room_key, revision, part
    """
)


class _Kept(NamedTuple):
    text: Text | None = None
    file: Attachment | None = None
    cited: tuple[Citation, ...] = ()
    said_in: tuple[str, ...] = ()


class PostingSeal:
    """Turns what is posted into sealed bytes and back."""

    def __init__(self, safe: Safe) -> None:
        self._safe = safe

    def close(self, one: Posting) -> bytes:
        """Its text, its file with the keys and what it rests on, for its row alone."""
        if one.text is None:
            raise ValueError("nothing to seal")
        value: dict[str, Any] = {
            "posting": one.id,
            "plain": one.text.plain,
            "html": one.text.html,
            "said_in": list(one.said_in),
            "cited": [[each.kind.value, each.name] for each in one.cited],
        }
        if one.file is not None:
            value["file"] = file_writing.to_value(one.file)
        return self._safe.seal(json.dumps(value).encode())

    def open(self, posting_id: str, sealed: bytes | None) -> _Kept:
        """What was closed; nothing for bytes that were altered, or sealed for another row.

        ATTACK: who can write to the database puts one text under another's approval.
        """
        if sealed is None:
            return _Kept()
        try:
            value = json.loads(self._safe.open(sealed))
        except ValueError:
            return _Kept()
        if value.get("posting") != posting_id:
            return _Kept()
        file = value.get("file")
        return _Kept(
            Text(value["plain"], value["html"]),
            None if file is None else file_writing.from_value(file),
            tuple(Citation(SourceKind(kind), name) for kind, name in value["cited"]),
            tuple(value.get("said_in", ())),
        )


def posting_of_row(row: Mapping[str, Any], seal: PostingSeal) -> Posting:
    """The posting of a row."""
    kept = seal.open(row["id"], row["sealed"])
    return Posting(
        id=row["id"],
        purpose=Purpose(row["purpose"]),
        number=row["number"],
        revision=row["revision"],
        room=row["room_key"],
        part=row["part"],
        sender=row["sender"],
        marking=row["marking"],
        state=PostingState(row["state"]),
        text=kept.text,
        picture=row["picture"],
        file=kept.file,
        file_digest=None if row["file_digest"] is None else bytes(row["file_digest"]),
        replaces=row["replaces"],
        root=row["root"],
        cited=kept.cited,
        said_in=kept.said_in,
        stands=row["stands"],
    )


# --- in the transaction of a verdict -----------------------------------------------------------


async def carried(
    connection: asyncpg.Connection, seal: PostingSeal, effect_id: int
) -> Posting | None:
    """What this effect posts, under its lock; None if it posts none."""
    row = await connection.fetchrow(_CARRIED, effect_id)
    return None if row is None else posting_of_row(dict(row), seal)


async def drafts(connection: asyncpg.Connection, identities: Sequence[bytes]) -> frozenset[bytes]:
    """Which of these messages are drafts of bulletins: typed by an analyst, or a preview."""
    rows = await connection.fetch(_DRAFTS, list(identities))
    return frozenset(bytes(row["identity"]) for row in rows)


async def settle(
    connection: asyncpg.Connection, posting_id: str, code: str | None, posted: Posted | None
) -> str | None:
    """It was let in, or (without `posted`) refused; the text is gone. Where the steward's copy of
    a picture lies that nobody got."""
    state = PostingState.REFUSED if posted is None else PostingState.POSTED
    row = await connection.fetchrow(
        _SETTLE,
        posting_id,
        state.value,
        code,
        None if posted is None else posted.identity,
        None if posted is None else sorted(posted.passages),
        None if posted is None else sorted(posted.files),
    )
    return row["copy"] if row is not None and posted is None else None


# --- for the steward ---------------------------------------------------------------------------


async def store(connection: AsyncConnection, seal: PostingSeal, every: Sequence[Posting]) -> None:
    """Stores what is to be posted, in the caller's transaction."""
    for one in every:
        await connection.execute(
            insert(posting).values(
                id=one.id,
                purpose=one.purpose.value,
                number=one.number,
                revision=one.revision,
                room_key=one.room,
                part=one.part,
                sender=one.sender,
                marking=one.marking,
                state=PostingState.WAITING.value,
                sealed=seal.close(one),
                picture=one.picture,
                file_digest=one.file_digest,
                replaces=one.replaces,
                root=one.root,
            )
        )


async def standing_of(connection: AsyncConnection, number: str) -> tuple[Standing, ...]:
    """What stands of a bulletin in its rooms, each message once, in its order."""
    rows = (await connection.execute(_STANDING, {"number": number})).all()
    return tuple(
        Standing(
            row.room_key,
            row.event_id,
            row.part,
            row.marking,
            row.picture,
            None if row.file_digest is None else bytes(row.file_digest),
        )
        for row in rows
    )


class PostingStore:
    """What is on its way."""

    def __init__(self, engine: AsyncEngine, safe: Safe) -> None:
        self._engine = engine
        self._alone = alone(engine)
        self._seal = PostingSeal(safe)

    async def keep(self, one: Posting) -> None:
        """Stores one message that is to be posted; stored before, it is left as it is."""
        async with self._engine.begin() as connection:
            known = select(posting.c.id).where(posting.c.id == one.id)
            if (await connection.execute(known)).one_or_none() is None:
                await store(connection, self._seal, [one])

    async def may_go(self, posting_id: str) -> Posting | None:
        """What is to be posted, if it still is. Once a part was refused the rest isn't sent."""
        async with self._engine.begin() as connection:
            row = (await connection.execute(_LOCK, {"id": posting_id})).mappings().one_or_none()
            if row is None or row["state"] != PostingState.WAITING.value:
                return None
            one = posting_of_row(dict(row), self._seal)
            same = {
                "purpose": one.purpose.value,
                "number": one.number,
                "revision": one.revision,
                "room": one.room,
            }
            broken = (await connection.execute(_BROKEN, same)).scalar_one()
            if broken or one.text is None:
                change = update(posting).where(posting.c.id == posting_id)
                dropped = PostingState.DROPPED.value
                await connection.execute(change.values(state=dropped, sealed=None))
                return None
        return one

    async def note_copy(self, one: Posting, file: Attachment | None) -> bool:
        """The steward's copy of its picture has a place, or none any more; False if it doesn't
        wait any longer."""
        copy = None if file is None else f"{file.server}/{file.media}"
        values = {"sealed": self._seal.close(replace(one, file=file)), "copy": copy}
        change = update(posting).where(
            posting.c.id == one.id, posting.c.state == PostingState.WAITING.value
        )
        async with self._alone.connect() as connection:
            return bool((await connection.execute(change.values(values))).rowcount)

    async def posted(self, posting_id: str, event_id: str) -> None:
        """It stands in its room under that event."""
        change = update(posting).where(
            posting.c.id == posting_id, posting.c.state == PostingState.POSTED.value
        )
        async with self._alone.connect() as connection:
            await connection.execute(change.values(event_id=event_id))

    async def not_posted(self, posting_id: str, code: str) -> None:
        """It was refused, and nobody got it."""
        refused = PostingState.REFUSED.value
        change = update(posting).where(
            posting.c.id == posting_id, posting.c.state == PostingState.WAITING.value
        )
        async with self._alone.connect() as connection:
            await connection.execute(change.values(state=refused, sealed=None, code=code))

    async def delivered_as(self, posting_id: str) -> str | None:
        """The event under which it was delivered, if it was."""
        query = text(
            "SELECT v.delivered_event_id FROM posting p JOIN verdict v ON v.identity = p.posted_as "
            "WHERE p.id = :id"
        )
        async with self._alone.connect() as connection:
            value = (await connection.execute(query, {"id": posting_id})).scalar_one_or_none()
        return None if value is None else str(value)

    async def add(self, one: Posting, effect: NewEffect) -> None:
        """Stores one message and the effect that posts it, together; once."""
        async with self._engine.begin() as connection:
            query = select(posting.c.id).where(posting.c.id == one.id)
            if (await connection.execute(query)).one_or_none() is None:
                await store(connection, self._seal, [one])
            await write_effect(connection, effect)

    async def report_at(self, number: str, room: str) -> str | None:
        """The message that holds a report in a room: of its first revision there."""
        query = (
            select(posting.c.event_id)
            .where(
                posting.c.purpose == Purpose.REPORT.value,
                posting.c.number == number,
                posting.c.room_key == room,
                posting.c.event_id.is_not(None),
            )
            .order_by(posting.c.revision)
            .limit(1)
        )
        async with self._alone.connect() as connection:
            value = (await connection.execute(query)).scalar_one_or_none()
        return None if value is None else str(value)
