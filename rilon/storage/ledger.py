"""The ledger's tables, and the outbox row that is written in an act's own transaction.

Who may do what with them is granted by the migration: those who act may only insert into
the outbox. Giving indexes is `rilon.storage.sequencer`, reading `rilon.storage.ledger_reader`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
)

from rilon.ledger.leaf import MAX_LEAF
from rilon.storage.schema import metadata

ACTING_ROLES = ("rilon_steward", "rilon_worker")
"""Database roles that record acts: INSERT on the outbox, and nothing else of the ledger."""
AUDIT_ROLE = "rilon_audit"
"""The database role of the audit service: sequences and reads, never alters an entry."""

ledger_outbox = Table(
    "ledger_outbox",
    metadata,
    # No primary key for SQLAlchemy's eyes: it would ask for the new id with RETURNING, which
    # needs the right to read.
    Column("id", BigInteger, Identity(always=True), nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    UniqueConstraint("id"),
    CheckConstraint(f"octet_length(leaf) BETWEEN 1 AND {MAX_LEAF}", name="leaf_length"),
    implicit_returning=False,
)
"""Signed entries, committed with the acts they record, until the sequencer takes them."""

ledger_turn = Table(
    "ledger_turn",
    metadata,
    Column("turn", BigInteger, Identity(always=True), primary_key=True),
    Column("outbox", BigInteger, nullable=False),
)
"""The order in which acts were committed, one row for each outbox row.

A deferred trigger writes it at the very end of the act's transaction. An id given at the
insert would not do: of two transactions, the one that inserted first may commit last, after
it waited for the other and saw what it did."""

ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)
"""The entries, by their index from 0 on, without gaps."""

ledger_tile = Table(
    "ledger_tile",
    metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
    CheckConstraint(
        "octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0",
        name="whole_hashes",
    ),
)
"""The tree, in tiles of up to 256 hashes. A tile only ever grows at its end."""

ledger_head = Table(
    "ledger_head",
    metadata,
    Column("one", Boolean, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    CheckConstraint("one", name="one_row"),
    CheckConstraint("size >= 0", name="size"),
    CheckConstraint("octet_length(root) = 32", name="root"),
)
"""How many entries have an index, and the root over them. One row, locked to append."""

ledger_checkpoint = Table(
    "ledger_checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", LargeBinary, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
"""The checkpoints that were published. The newest is what the checkpoint file says, not this."""

ledger_witness = Table(
    "ledger_witness",
    metadata,
    Column("name", Text, primary_key=True),
    Column("verifier_key", Text, nullable=False),
    Column("party", Text, nullable=False),
    Column("url", Text),
)
"""Foreseen: who cosigns checkpoints."""

ledger_cosignature = Table(
    "ledger_cosignature",
    metadata,
    Column("size", BigInteger, ForeignKey("ledger_checkpoint.size"), primary_key=True),
    Column("witness", Text, ForeignKey("ledger_witness.name"), primary_key=True),
    Column("line", Text, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
"""Foreseen: the cosignature lines of witnesses, by checkpoint."""

ledger_disclosure = Table(
    "ledger_disclosure",
    metadata,
    Column("commitment", LargeBinary, primary_key=True),
    Column("reader", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("retain_until", Date, nullable=False, index=True),
    Column("held", Boolean, nullable=False, server_default="false"),
    CheckConstraint("octet_length(commitment) = 32", name="commitment"),
)
"""Foreseen: a committed value with its nonce, sealed to one reader, erased after
`retain_until` unless a legal hold keeps it."""


def outbox_values(leaf: bytes) -> dict[str, Any]:
    """The values for an `insert(ledger_outbox)`, within the transaction of the act.

    `leaf` is what `rilon.ledger.leaf.sign` gives.
    """
    return {"leaf": leaf}
