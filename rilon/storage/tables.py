"""The tables of the steward: policy, rooms, officers, devices, keys, verdicts, inbox, effects.

The ledger's tables are in `rilon.storage.ledger`. No table holds the text of a message in
clear: what the steward must say is a code with parameters, what officers said stays ciphertext,
and of passages there are keyed fingerprints.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from rilon.storage.schema import metadata

_now = func.now()

policy_version = Table(
    "policy_version",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("version", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("document", JSONB, nullable=False),
    Column("effective_at", DateTime(timezone=True), nullable=False, server_default=_now),
)
"""Each policy that was in force. The highest id is the one in force."""

governed_room = Table(
    "governed_room",
    metadata,
    Column("room_key", Text, primary_key=True),
    Column("room_id", Text, nullable=False, unique=True),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_now),
)
"""Which Matrix room is which room of the policy. Its row is the lock under which a room's
events are judged one at a time."""

room_on_demand = Table(
    "room_on_demand",
    metadata,
    Column("room_key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("group_key", Text, nullable=False),
    Column("parties", ARRAY(Text), nullable=False),
    Column("officers", ARRAY(Text), nullable=False),
    Column("generation", BigInteger, nullable=False, unique=True),
    Column("asked_by", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("retired_at", DateTime(timezone=True)),
    Index(
        "ix_room_on_demand_pair",
        "group_key",
        "officers",
        unique=True,
        postgresql_where=text("kind = 'pair'"),
    ),
)
"""Rooms that officers asked for. A row is never deleted: a retired room is opened again. Every
change takes the next `generation`, so that its maximum says whether anything changed."""

pair_offer = Table(
    "pair_offer",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("asker", Text, nullable=False),
    Column("other", Text, nullable=False),
    Column("offered_at", DateTime(timezone=True), nullable=False, server_default=_now),
)
"""Cards that offer a direct room with another officer, by their event: a tap on one takes it."""

officer_state = Table(
    "officer_state",
    metadata,
    Column("user_id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("master_key", Text),
    Column("shown_key", Text),
    Column("alarm", Text),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=_now),
)
"""`added` (waits for a signed device), `admitted`, `stopped` (identity changed), `removed`.
`master_key` is the identity pinned at the first admission. While an officer is stopped,
`shown_key` is the identity that was last seen instead, and `alarm` names the effect that told
the coordinator of it."""

device = Table(
    "device",
    metadata,
    Column("user_id", Text, primary_key=True),
    Column("device_id", Text, primary_key=True),
    Column("curve25519", Text, nullable=False),
    Column("ed25519", Text, nullable=False),
    Column("signed", Boolean, nullable=False),
)
"""Officers' devices as last seen; `signed` means by the pinned identity of its owner."""

megolm_session = Table(
    "megolm_session",
    metadata,
    Column("room_id", Text, primary_key=True),
    Column("session_id", Text, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("curve25519", Text, nullable=False),
    Column("ed25519", Text, nullable=False),
    Column("pickle", Text, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=_now),
)
"""Inbound sessions and to whom they belong: the first officer and device whose Olm message
brought them. `pickle` is encrypted under the key of the crypto store."""

verdict = Table(
    "verdict",
    metadata,
    Column("identity", LargeBinary, primary_key=True),
    Column("room_id", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("device_id", Text),
    Column("session_id", Text),
    Column("message_index", Integer),
    Column("kind", Text, nullable=False),
    Column("accepted", Boolean, nullable=False),
    Column("code", Text),
    Column("rule", Text, nullable=False),
    Column("marking", JSONB(none_as_null=True)),
    Column("policy_id", BigInteger, ForeignKey(policy_version.c.id), nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("1")),
    Column("sent_at", DateTime(timezone=True), nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    Column("delivered_event_id", Text, unique=True),
    Column("delivered_at", DateTime(timezone=True)),
    Column("recalled_at", DateTime(timezone=True)),
    UniqueConstraint("room_id", "session_id", "message_index"),
)
"""One verdict for each message. `identity` is the digest of sender, device and ciphertext;
a resend has the same. The unique index is the durable memory against replays."""

attempt = Table(
    "attempt",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("identity", LargeBinary, ForeignKey(verdict.c.identity), nullable=False),
)
"""Every event id under which a message was judged: Synapse makes a new one each time."""

passage_source = Table(
    "passage_source",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("identity", LargeBinary, ForeignKey(verdict.c.identity), nullable=False, unique=True),
    Column("room_key", Text, nullable=False),
    Column("ceiling", ARRAY(Text), nullable=False),
    Column("parties", ARRAY(Text), nullable=False),
    Column("marking", JSONB, nullable=False),
    Column("written", Boolean, nullable=False),
    Column("delivered_at", DateTime(timezone=True), nullable=False),
    Column("files", ARRAY(BigInteger), nullable=False, server_default=text("'{}'")),
    Column("public", Boolean, nullable=False, server_default=text("false")),
    Index("ix_passage_source_room", "room_key", "delivered_at"),
)
"""Delivered posts that left fingerprints. `parties` are those that received it: only their
officers can be told that something comes from it. `written`: its marking isn't only the
room's default. Posts without restriction are here too: what is known can't be told. `files` are
those fingerprints that are of files. `public`: it was delivered as CLEAR with no restriction,
whatever its marking became since."""

passage = Table(
    "passage",
    metadata,
    Column("hash", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "source_id",
        BigInteger,
        ForeignKey(passage_source.c.id, ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    ),
)
"""Keyed fingerprints of passages (`rilon.policy.passages`). Without the key they say nothing."""

recent_words = Table(
    "recent_words",
    metadata,
    Column("room_id", Text, primary_key=True),
    Column("sender", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("said_at", DateTime(timezone=True), nullable=False),
)
"""What an officer said in a room within the last minutes, sealed, one row that is overwritten
and soon deleted: a passage may be cut into several messages."""

relation = Table(
    "relation",
    metadata,
    Column("identity", LargeBinary, ForeignKey(verdict.c.identity), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Index("ix_relation_target", "target"),
)
"""What an accepted message answers or edits: event ids of its room; and its files (kind `file`)
by server and media."""

expiry = Table(
    "expiry",
    metadata,
    Column("identity", LargeBinary, ForeignKey(verdict.c.identity), primary_key=True),
    Column("room_id", Text, nullable=False),
    Column("last_day", Date, nullable=False),
    Index("ix_expiry_last_day", "last_day"),
)
"""The last day of use (UTC) of accepted content that has one, until it is recalled."""

personal_data = Table(
    "personal_data",
    metadata,
    Column("identity", LargeBinary, ForeignKey(verdict.c.identity), primary_key=True),
    Column("room_id", Text, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    Index("ix_personal_data_since", "room_id", "since"),
)
"""Since when the term runs of accepted content that is marked PD: from its own delivery, or that
of what it edits or answers. A row goes with the content's fingerprints, when the term is over."""

inbox = Table(
    "inbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("next_batch", Text, nullable=False),
    Column("body", LargeBinary),
    Column("keys_taken_in", Boolean, nullable=False, server_default=text("false")),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("worked_off_at", DateTime(timezone=True)),
)
"""Raw sync batches with their token, stored before they are worked off. `keys_taken_in` says
that the batch's to-device messages were opened: an Olm message opens only once."""

effect = Table(
    "effect",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("once", Text, unique=True),
    Column("payload", JSONB, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'due'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("due_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("done_at", DateTime(timezone=True)),
    Column("wire", JSONB(none_as_null=True)),
    Column("wire_digest", LargeBinary),
    Column("result", JSONB(none_as_null=True)),
    Column("problem", Text),
    Index(
        "ix_effect_open", "subject", "id", postgresql_where=text("state IN ('due', 'performing')")
    ),
    Index("ix_effect_wire_digest", "wire_digest", postgresql_where=text("state = 'performing'")),
    Index(
        "ix_effect_marks", "done_at", postgresql_where=text("kind = 'nothing' AND state = 'done'")
    ),
)
"""The outbox: what the steward must do, written with what caused it and performed after.
`subject` is what it is done to (a room's key, an officer): effects of one subject keep their
order. `once` makes a second writing of the same effect nothing. `wire` is the exact event
that is sent, kept so that a resend is the same event and the gate can recognise it."""
