"""Tables of held texts, and of the consents that their release takes. No word is in clear."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from rilon.storage.schema import metadata
from rilon.storage.tables import verdict

held = Table(
    "held",
    metadata,
    Column("identity", LargeBinary, ForeignKey(verdict.c.identity), primary_key=True),
    Column("sender", Text, nullable=False),
    Column("device_id", Text),
    Column("room_key", Text, nullable=False),
    Column("sealed", LargeBinary),
    Column("choices", JSONB, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("card_event_id", Text, unique=True),
    Column("choice", Integer),
    Column("outcome", Text),
    Column("code", Text),
    Column("posted_as", LargeBinary, unique=True),
    Column("passages", ARRAY(BigInteger)),
    CheckConstraint("(sealed IS NULL) = (outcome IS NOT NULL)", name="gone_when_settled"),
    Index("ix_held_open", "expires_at", postgresql_where=text("sealed IS NOT NULL")),
)
"""One row for a refusal that has choices. `sealed` is there until there is an outcome, and the
database itself keeps it so. `choices` are kinds, rooms and markings. The row stays, without the
text, so that a later tap finds that everything was said. `passages` are the keyed fingerprints of
what was posted, left once it is delivered."""

release = Table(
    "release",
    metadata,
    Column("identity", LargeBinary, ForeignKey(held.c.identity), primary_key=True),
    Column("party", Text, primary_key=True),
    Column("sources", JSONB, nullable=False),
    Column("desk", Text),
    Column("shown_marking", Text),
    Column("hidden", Boolean, nullable=False),
    Column("shown_as", LargeBinary, unique=True),
    Column("passages", ARRAY(BigInteger)),
    Column("card_event_id", Text, unique=True),
    Column("state", Text, nullable=False),
    Column("marking", Text),
    Column("part_begin", Integer),
    Column("part_end", Integer),
    Column("unnamed", Boolean, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", DateTime(timezone=True)),
    CheckConstraint("state IN ('asked', 'granted', 'declined')", name="state"),
    CheckConstraint("(state = 'asked') = (decided_by IS NULL)", name="decided_by_somebody"),
    Index("ix_release_desk", "desk", postgresql_where=text("card_event_id IS NULL")),
)
"""One row for each party whose consent a held text takes. `sources` are identities of contents
with their markings; `passages` the keyed fingerprints of what was shown in the desk, left once
that is delivered."""
