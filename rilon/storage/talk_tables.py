"""Tables of what officers say to the steward: changes of the rota, and guided exchanges."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from rilon.storage.schema import metadata

duty_change = Table(
    "duty_change",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Text, nullable=False, unique=True),
    Column("party", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("officers", ARRAY(Text), nullable=False),
    Column("begins", DateTime(timezone=True), nullable=False),
    Column("ends", DateTime(timezone=True), nullable=False),
    Column("deputy", Text),
    Column("made_by", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("begins < ends", name="some_time"),
    Index("ix_duty_change_ends", "ends"),
)
"""What parties' leads told. A row is never changed: a later one wins for its time."""

exchange = Table(
    "exchange",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("sender", Text, nullable=False),
    Column("room_key", Text, nullable=False),
    Column("group_key", Text, nullable=False),
    Column("root", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("sealed", LargeBinary),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("sender", "root"),
    Index("ix_exchange_open", "sender", "room_key", postgresql_where=text("sealed IS NOT NULL")),
    Index("ix_exchange_expires_at", "expires_at", postgresql_where=text("sealed IS NOT NULL")),
)
"""One row for a guided exchange: one officer's, in one thread. `sealed` is there until it ends."""

exchange_question = Table(
    "exchange_question",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Text, nullable=False, unique=True),
    Column("exchange", BigInteger, ForeignKey(exchange.c.id, ondelete="CASCADE"), nullable=False),
    Column("step", Text, nullable=False),
)
"""Which step each question of the steward is about: an officer may answer an earlier one."""
