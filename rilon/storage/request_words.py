"""Words on their way between the sides of a request: sealed, locked while they are judged, erased.

What may be said, and when, is `rilon.application.requests`; whether it may enter a room is the
gate's. A sealed value names its row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import asyncpg

from rilon.application import request_files
from rilon.application.held import Posted
from rilon.application.ports import Safe
from rilon.application.request_files import CarriedFile
from rilon.application.request_values import Words, WordsKind, WordsState
from rilon.domain.parties import Parties, Party, parties
from rilon.storage.request_sources import unchanged

_CARRIED = """
    SELECT w.*, v.device_id FROM effect e
      JOIN request_words w ON w.id = e.payload ->> 'words'
      LEFT JOIN attempt a ON a.event_id = w.source_event
      LEFT JOIN verdict v ON v.identity = a.identity
     WHERE e.id = $1 AND e.kind = 'carry' FOR UPDATE OF w
    """
_SETTLE = """
    UPDATE request_words
       SET sealed = NULL, state = $2, code = $3, posted_as = $4, passages = $5, files = $6
     WHERE id = $1 RETURNING copy
    """


class Sealed(NamedTuple):
    """What is kept sealed of words; nothing of it where there is none."""

    text: str | None = None
    heard: tuple[tuple[str, str], ...] | None = None
    file: CarriedFile | None = None
    perhaps: Parties = frozenset()


class WordsSeal:
    """Turns words into sealed bytes and back."""

    def __init__(self, safe: Safe) -> None:
        self._safe = safe

    def close(self, words: Words, file: CarriedFile | None = None) -> bytes:
        """The text, what it was heard in, who perhaps asks, and the file with its keys, sealed, for
        the row of these words alone."""
        value: dict[str, Any] = {"words": words.id, "text": words.text or ""}
        value["perhaps"] = sorted(words.perhaps)
        if words.heard is not None:
            value["heard"] = [list(one) for one in words.heard]
        if file is not None:
            value["file"] = request_files.to_value(file)
        return self._safe.seal(json.dumps(value).encode())

    def open(self, words_id: str, sealed: bytes | None) -> Sealed:
        """What was closed; nothing for bytes that were altered, or sealed for another row.

        ATTACK: who can write to the database puts one officer's bytes under another's ✅.
        """
        if sealed is None:
            return Sealed()
        try:
            value = json.loads(self._safe.open(sealed))
        except ValueError:
            return Sealed()
        if value.get("words") != words_id:
            return Sealed()
        file, heard, perhaps = (value.get(key) for key in ("file", "heard", "perhaps"))
        if heard is None or perhaps is None:
            # Of an earlier release: who could be asking isn't known.
            heard = None
        else:
            heard = tuple((str(one), str(state)) for one, state in heard)
        return Sealed(
            str(value["text"]),
            heard,
            None if file is None else request_files.from_value(file),
            parties(*(perhaps or ())),
        )


def words_of_row(row: Mapping[str, Any], seal: WordsSeal) -> Words:
    """The words of a row."""
    kept = seal.open(row["id"], row["sealed"])
    return Words(
        id=row["id"],
        request=row["request"],
        addressee=Party(row["addressee"]),
        kind=WordsKind(row["kind"]),
        sender=row["sender"],
        source_event=row["source_event"],
        room=row["room"],
        root=row["root"],
        marking=row["marking"],
        state=WordsState(row["state"]),
        text=kept.text,
        file=kept.file,
        hidden=row["hidden"],
        until=row["until"],
        by=row["decided_by"],
        decided_at=row["decided_at"],
        code=row["code"],
        device_id=row.get("device_id"),
        taken_back=bool(row.get("taken_back")),
        heard=kept.heard,
        perhaps=kept.perhaps,
    )


# --- in the transaction of a verdict -----------------------------------------------------------


async def carried(connection: asyncpg.Connection, seal: WordsSeal, effect_id: int) -> Words | None:
    """The words that this effect posts, under their lock; None if it posts none."""
    row = await connection.fetchrow(_CARRIED, effect_id)
    if row is None:
        return None
    words = words_of_row(dict(row), seal)
    if words.text is None:
        return words
    same = words.heard is not None and await unchanged(connection, words.heard)
    return replace(words, changed=not same)


async def settle(
    connection: asyncpg.Connection, words_id: str, code: str | None, posted: Posted | None
) -> str | None:
    """They were let in, or (without `posted`) refused; the text is gone. Where the steward's copy
    of a file lies that nobody got."""
    state = WordsState.REFUSED if posted is None else WordsState.SENT
    identity = None if posted is None else posted.identity
    passages = None if posted is None else sorted(posted.passages)
    files = None if posted is None else sorted(posted.files)
    row = await connection.fetchrow(_SETTLE, words_id, state.value, code, identity, passages, files)
    return row["copy"] if row is not None and posted is None else None
