"""The tables of bulletins, and of what the steward posts in officers' names.

What they say lies in sealed columns alone. In clear is what the database must find by: numbers,
states, groups, rooms, times, event ids.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY

from rilon.storage.schema import metadata

bulletin = Table(
    "bulletin",
    metadata,
    Column("number", Text, primary_key=True),
    Column("published", Integer, nullable=False, server_default="0"),
    Column("published_at", DateTime(timezone=True)),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("thread_room", Text),
    Column("thread_root", Text, unique=True),
    Column("period", Text, unique=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Index("ix_bulletin_published_at", "published_at"),
)
"""One row for a bulletin; the lock of all that happens to it. `published` is the revision that
stands in the rooms. `period` names the digest that a schedule drafted, once."""

bulletin_version = Table(
    "bulletin_version",
    metadata,
    Column("number", Text, ForeignKey(bulletin.c.number), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("groups", ARRAY(Text), nullable=False),
    Column("author", Text),
    Column("approved_by", Text),
    Column("drafted_at", DateTime(timezone=True), nullable=False),
    Column("submitted_at", DateTime(timezone=True)),
    Column("approved_at", DateTime(timezone=True)),
    Column("published_at", DateTime(timezone=True)),
    CheckConstraint("approved_by IS NULL OR approved_by <> author", name="four_eyes"),
    CheckConstraint(
        "state NOT IN ('approved', 'publishing', 'published') OR approved_by IS NOT NULL",
        name="approved_first",
    ),
)
"""One row for a version. Nobody approves what they wrote: the database itself keeps it so."""

bulletin_picture = Table(
    "bulletin_picture",
    metadata,
    Column("number", Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    ForeignKeyConstraint(
        ["number", "revision"], ["bulletin_version.number", "bulletin_version.revision"]
    ),
)

bulletin_room = Table(
    "bulletin_room",
    metadata,
    Column("number", Text, ForeignKey(bulletin.c.number), primary_key=True),
    Column("room_key", Text, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("first_event", Text, nullable=False, unique=True),
    Column("posted_at", DateTime(timezone=True), nullable=False),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("reminded_at", DateTime(timezone=True)),
    Index("ix_bulletin_room_room_key", "room_key", "posted_at"),
)
"""Where a bulletin stands. `first_event` is its first message: pinned, answered, acknowledged."""

bulletin_ack = Table(
    "bulletin_ack",
    metadata,
    Column("number", Text, primary_key=True),
    Column("room_key", Text, primary_key=True),
    Column("party", Text, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(
        ["number", "room_key"], ["bulletin_room.number", "bulletin_room.room_key"]
    ),
)
"""Which parties have acknowledged it. No person is in it."""

posting = Table(
    "posting",
    metadata,
    Column("id", Text, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("room_key", Text, nullable=False),
    Column("part", Integer, nullable=False),
    Column("sender", Text, nullable=False),
    Column("marking", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("code", Text),
    Column("sealed", LargeBinary),
    Column("picture", Text),
    Column("file_digest", LargeBinary),
    Column("copy", Text),
    Column("replaces", Text),
    Column("root", Text),
    Column("posted_as", LargeBinary, unique=True),
    Column("passages", ARRAY(BigInteger)),
    Column("files", ARRAY(BigInteger)),
    Column("event_id", Text, unique=True),
    Column("gone", Boolean, nullable=False, server_default="false"),
    UniqueConstraint("purpose", "number", "revision", "room_key", "part"),
    CheckConstraint("(sealed IS NOT NULL) = (state = 'waiting')", name="gone_when_over"),
    Index("ix_posting_room", "number", "room_key"),
)
"""What the steward posts in an officer's name. `sealed` is there until it was let in, refused or
dropped. `passages` are the keyed fingerprints of what was posted, `files` those of them that are of
a file, left once it is delivered. `gone`: a later version has taken it away."""

bulletin_thread = Table(
    "bulletin_thread",
    metadata,
    Column("root", Text, primary_key=True),
    Column("room_key", Text, nullable=False),
    Column("number", Text),
    Column("sealed", LargeBinary),
    Column("events", ARRAY(Text), nullable=False, server_default="{}"),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_bulletin_thread_at", "at"),
)
"""A thread of analysts in which a bulletin is written. `sealed` is what was typed there, `events`
are the messages in which."""

bulletin_thread_picture = Table(
    "bulletin_thread_picture",
    metadata,
    Column("root", Text, ForeignKey(bulletin_thread.c.root, ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

bulletin_said = Table(
    "bulletin_said",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("root", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("number", Text),
    Column("revision", Integer),
    Column("sealed", LargeBinary),
    Column("at", DateTime(timezone=True), nullable=False),
)
"""What the steward said of a bulletin that a tap can be on. `sealed`: who was asked, and the
reason of a withdrawal."""
