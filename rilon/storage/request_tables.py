"""The tables of requests. What officers wrote, and to whom, lies in sealed columns alone.

In clear is what the database must find by: parties, states, times, rooms, event ids.
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
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from rilon.storage.schema import metadata

request = Table(
    "request",
    metadata,
    Column("id", Text, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("group_key", Text, nullable=False),
    Column("party", Text, nullable=False),
    Column("asked_in", Text, nullable=False),
    Column("asked_event", Text, nullable=False, unique=True),
    Column("root", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    Index("ix_request_party", "party", postgresql_where=text("open")),
)
"""One row for a request. `sealed` is its course; a course replaces only the one whose revision is
one less. `open` until it is closed with every addressee."""

request_addressee = Table(
    "request_addressee",
    metadata,
    Column("request", Text, ForeignKey(request.c.id), primary_key=True),
    Column("party", Text, primary_key=True),
    Column("desk", Text, nullable=False),
    Column("card_event", Text, unique=True),
    Column("state", Text, nullable=False),
    Column("look_at", DateTime(timezone=True)),
    Column("done", ARRAY(Text), nullable=False, server_default="{}"),
    Column("unattended", Boolean, nullable=False, server_default="false"),
    Column("outcome", Text),
    Column("in_time", Boolean),
    Column("refusal", Text),
    Column("usefulness", Text),
    Column("ended_at", DateTime(timezone=True)),
    Index("ix_request_addressee_look_at", "look_at", postgresql_where=text("look_at IS NOT NULL")),
    Index("ix_request_addressee_party", "party", postgresql_where=text("state <> 'closed'")),
)
"""One row for each addressee. `look_at` is when something falls due; `done` are the keys of what
was done of it. The rest is for finding and counting, and follows the sealed course."""

request_words = Table(
    "request_words",
    metadata,
    Column("id", Text, primary_key=True),
    Column("request", Text, nullable=False),
    Column("addressee", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("source_event", Text, nullable=False),
    Column("room", Text, nullable=False),
    Column("root", Text),
    Column("marking", Text, nullable=False),
    Column("hidden", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("until", DateTime(timezone=True)),
    Column("decided_by", Text),
    Column("decided_at", DateTime(timezone=True)),
    Column("code", Text),
    Column("sealed", LargeBinary),
    Column("posted_as", LargeBinary, unique=True),
    Column("passages", ARRAY(BigInteger)),
    Column("files", ARRAY(BigInteger)),
    Column("copy", Text),
    ForeignKeyConstraint(
        ["request", "addressee"], ["request_addressee.request", "request_addressee.party"]
    ),
    CheckConstraint(
        "(sealed IS NOT NULL) = (state IN ('proposed', 'sending'))", name="gone_when_over"
    ),
    Index("ix_request_words_request", "request", "addressee"),
    Index("ix_request_words_source_event", "source_event"),
)
"""Words on their way from one side to the other. `sealed` is there until they were let in, refused
or dropped, and the database itself keeps it so. `passages` are the keyed fingerprints of what was
posted, `files` those of them that are of a file, left once it is delivered. `copy` is where the
steward's copy of the file lies; its key is in `sealed`."""

request_place = Table(
    "request_place",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("request", Text, ForeignKey(request.c.id), nullable=False),
    Column("addressee", Text),
    Column("role", Text, nullable=False),
    Column("room", Text, nullable=False),
    Column("words", Text),
    Index("ix_request_place_request", "request"),
)
"""What a message is to a request."""

request_selector = Table(
    "request_selector",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("request", Text, ForeignKey(request.c.id), primary_key=True),
)
"""Keyed hashes of what a request names; an index of nothing to whoever hasn't the key."""
