"""Release: what each originator of a held text is asked, and what it answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007_release"
down_revision = "0006_held"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "release",
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("sources", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("desk", sa.Text(), nullable=True),
        sa.Column("shown_marking", sa.Text(), nullable=True),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("shown_as", sa.LargeBinary(), nullable=True),
        sa.Column("passages", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("card_event_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("marking", sa.Text(), nullable=True),
        sa.Column("part_begin", sa.Integer(), nullable=True),
        sa.Column("part_end", sa.Integer(), nullable=True),
        sa.Column("unnamed", sa.Boolean(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'granted', 'declined')", name=op.f("ck_release_state")
        ),
        sa.CheckConstraint(
            "(state = 'asked') = (decided_by IS NULL)",
            name=op.f("ck_release_decided_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["identity"], ["held.identity"], name=op.f("fk_release_identity_held")
        ),
        sa.PrimaryKeyConstraint("identity", "party", name=op.f("pk_release")),
        sa.UniqueConstraint("card_event_id", name=op.f("uq_release_card_event_id")),
        sa.UniqueConstraint("shown_as", name=op.f("uq_release_shown_as")),
    )
    op.create_index(
        "ix_release_desk",
        "release",
        ["desk"],
        unique=False,
        postgresql_where=sa.text("card_event_id IS NULL"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON release TO rilon_steward")


def downgrade() -> None:
    op.drop_table("release")
