"""Held texts: what a refused message said, sealed, until its sender chooses or time is up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006_held"
down_revision = "0005_recall"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "held",
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=True),
        sa.Column("room_key", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("choices", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("card_event_id", sa.Text(), nullable=True),
        sa.Column("choice", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("posted_as", sa.LargeBinary(), nullable=True),
        sa.Column("passages", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.CheckConstraint(
            "(sealed IS NULL) = (outcome IS NOT NULL)", name=op.f("ck_held_gone_when_settled")
        ),
        sa.ForeignKeyConstraint(
            ["identity"], ["verdict.identity"], name=op.f("fk_held_identity_verdict")
        ),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_held")),
        sa.UniqueConstraint("card_event_id", name=op.f("uq_held_card_event_id")),
        sa.UniqueConstraint("posted_as", name=op.f("uq_held_posted_as")),
    )
    op.create_index(
        "ix_held_open",
        "held",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("sealed IS NOT NULL"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON held TO rilon_steward")


def downgrade() -> None:
    op.drop_table("held")
