"""Tables of reports, and of the exchanges in which they are written."""

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

report = Table(
    "report",
    metadata,
    Column("number", Text, primary_key=True),
    Column("group_key", Text, nullable=False),
    Column("party", Text, nullable=False),
    Column("room_key", Text, nullable=False),
    Column("root", Text, nullable=False),
    Column("events", ARRAY(Text), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("filed_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("sealed", LargeBinary),
    CheckConstraint("revision > 0", name="numbered"),
    CheckConstraint("(sealed IS NULL) = (withdrawn_at IS NOT NULL)", name="erased_once_withdrawn"),
    Index("ix_report_group_key_filed_at", "group_key", "filed_at"),
    Index("ix_report_room_key_root", "room_key", "root"),
)
"""One row for a report. What it says, its day, its officer and its marking are sealed; `events` are
the messages that it was said in, `root` the thread."""

report_exchange = Table(
    "report_exchange",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("sender", Text, nullable=False),
    Column("room_key", Text, nullable=False),
    Column("root", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("sealed", LargeBinary),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("sender", "root"),
    Index(
        "ix_report_exchange_open", "sender", "room_key", postgresql_where=text("sealed IS NOT NULL")
    ),
    Index(
        "ix_report_exchange_expires_at", "expires_at", postgresql_where=text("sealed IS NOT NULL")
    ),
)
"""One row for a guided exchange: one officer's, in one thread. `sealed` is there until it ends."""

report_question = Table(
    "report_question",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column(
        "exchange", BigInteger, ForeignKey(report_exchange.c.id, ondelete="CASCADE"), nullable=False
    ),
    Column("step", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Index("ix_report_question_exchange", "exchange"),
)
"""Which step each question of the steward is about; `place` is the revision that asked it."""
