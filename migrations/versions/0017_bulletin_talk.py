"""Threads in which analysts write bulletins, and what the steward said there that can be tapped."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017_bulletin_talk"
down_revision = "0016_archive"
branch_labels = None
depends_on = None

TABLES = ("bulletin_thread", "bulletin_thread_picture", "bulletin_said")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "bulletin_thread",
        sa.Column("root", sa.Text(), primary_key=True),
        sa.Column("room_key", sa.Text(), nullable=False),
        sa.Column("number", sa.Text()),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("events", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}"),
        sa.Column("at", _MOMENT, nullable=False),
    )
    op.create_index("ix_bulletin_thread_at", "bulletin_thread", ["at"])
    op.create_table(
        "bulletin_thread_picture",
        sa.Column(
            "root",
            sa.Text(),
            sa.ForeignKey("bulletin_thread.root", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "bulletin_said",
        sa.Column("event_id", sa.Text(), primary_key=True),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("number", sa.Text()),
        sa.Column("revision", sa.Integer()),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("at", _MOMENT, nullable=False),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(TABLES)} TO rilon_steward")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
