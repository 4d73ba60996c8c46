"""Small facts that documents imply: the vocabulary, a room's ceiling, a default as a value.

Both the checks and the network are made from them.
"""

from __future__ import annotations

from datetime import date

from rilon.domain import marking_text
from rilon.domain.markings import Caveat, Vocabulary, WrittenMarking
from rilon.domain.parties import RSO, Parties, Party
from rilon.policy.documents import Documents, Effect, GroupFile, RoomEntry

FREE_EFFECTS = frozenset({Effect.CONSENT, Effect.HANDLING})
"""Effects of the caveats that a marking carries by code; the others have fields of their own."""


def vocabulary_of(documents: Documents) -> Vocabulary:
    """The parties and the caveats that a marking may name, in order of rank."""
    entries = [
        *documents.markings.caveats,
        *(caveat for group in documents.groups for caveat in group.caveats),
    ]
    return Vocabulary(
        parties=frozenset(Party(entry.code) for entry in documents.parties.parties),
        caveats=tuple(
            Caveat(entry.code, entry.meaning, frozenset(entry.aliases))
            for entry in sorted(entries, key=lambda entry: entry.rank)
            if entry.effect in FREE_EFFECTS
        ),
    )


def ceiling_of(entry: RoomEntry, group: GroupFile) -> Parties:
    """A room's ceiling: what it names, or else every state of the group and the RSO."""
    return frozenset(map(Party, entry.ceiling or (*group.states, RSO)))


def read_default(text: str, vocabulary: Vocabulary) -> WrittenMarking | None:
    """A room's default marking; `None` when the text isn't exactly one marking."""
    if "//" in text:
        return None
    # The day matters to an expiry only, which a default must not have.
    found = marking_text.read(f"{text} //", vocabulary, date.min)
    return found if isinstance(found, WrittenMarking) else None
