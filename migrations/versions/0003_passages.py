"""Fingerprints of passages, what they come from, and the sealed recent words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003_passages"
down_revision = "0002_steward"
branch_labels = None
depends_on = None

TABLES = ("passage_source", "passage", "recent_words")
GRANTS = (
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(TABLES)} TO rilon_steward",
    # The worker forgets words; it has no business with passages.
    "GRANT SELECT (said_at), DELETE ON recent_words TO rilon_worker",
)


def upgrade() -> None:
    op.create_table(
        "passage_source",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        sa.Column("room_key", sa.Text(), nullable=False),
        sa.Column("ceiling", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("marking", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("written", sa.Boolean(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity"], ["verdict.identity"], name=op.f("fk_passage_source_identity_verdict")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passage_source")),
        sa.UniqueConstraint("identity", name=op.f("uq_passage_source_identity")),
    )
    op.create_table(
        "passage",
        sa.Column("hash", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["passage_source.id"],
            name=op.f("fk_passage_source_id_passage_source"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("hash", "source_id", name=op.f("pk_passage")),
    )
    op.create_index(op.f("ix_passage_source_id"), "passage", ["source_id"], unique=False)
    op.create_table(
        "recent_words",
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "sender", name=op.f("pk_recent_words")),
    )
    for grant in GRANTS:
        op.execute(grant)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
