"""The archive of bulletins: where each stands, and the blind terms under which it is found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016_archive"
down_revision = "0015_reports"
branch_labels = None
depends_on = None

TABLES = ("bulletin_place", "bulletin_term")


def upgrade() -> None:
    op.create_table(
        "bulletin_place",
        sa.Column("bulletin", sa.Text(), nullable=False),
        sa.Column("room_key", sa.Text(), nullable=False),
        sa.Column("marking", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("bulletin", "room_key", name=op.f("pk_bulletin_place")),
    )
    op.create_index(op.f("ix_bulletin_place_room_key"), "bulletin_place", ["room_key"])
    op.create_table(
        "bulletin_term",
        sa.Column("hash", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bulletin", sa.Text(), nullable=False),
        sa.Column("weight", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "hash", "bulletin", name=op.f("pk_bulletin_term"), postgresql_include=["weight"]
        ),
    )
    op.create_index(op.f("ix_bulletin_term_bulletin"), "bulletin_term", ["bulletin"])
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(TABLES)} TO rilon_steward")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
