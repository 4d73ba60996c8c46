"""Tables of the archive: where each bulletin stands, and the blind terms that find it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from rilon.storage.schema import metadata

bulletin_place = Table(
    "bulletin_place",
    metadata,
    Column("bulletin", Text, primary_key=True),
    Column("room_key", Text, primary_key=True),
    Column("marking", JSONB, nullable=False),
    Column("posted_at", DateTime(timezone=True), nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Index("ix_bulletin_place_room_key", "room_key"),
)
"""In which rooms a bulletin was posted, with the marking that took effect there. A bulletin without
a place isn't found."""

bulletin_term = Table(
    "bulletin_term",
    metadata,
    Column("hash", BigInteger, autoincrement=False, nullable=False),
    Column("bulletin", Text, nullable=False),
    Column("weight", SmallInteger, nullable=False),
    PrimaryKeyConstraint("hash", "bulletin", postgresql_include=["weight"]),
    Index("ix_bulletin_term_bulletin", "bulletin"),
)
"""Keyed hashes, others in each room (`rilon.archive.blind`)."""
