"""Structured reports, and the exchanges in which they are written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015_reports"
down_revision = "0014_bulletins"
branch_labels = None
depends_on = None

TABLES = ("report", "report_exchange", "report_question")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "report",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("room_key", sa.Text(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("events", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("filed_at", AT, nullable=False),
        sa.Column("changed_at", AT, nullable=False),
        sa.Column("withdrawn_at", AT, nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("revision > 0", name=op.f("ck_report_numbered")),
        sa.CheckConstraint(
            "(sealed IS NULL) = (withdrawn_at IS NOT NULL)",
            name=op.f("ck_report_erased_once_withdrawn"),
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_report")),
    )
    op.create_index("ix_report_group_key_filed_at", "report", ["group_key", "filed_at"])
    op.create_index("ix_report_room_key_root", "report", ["room_key", "root"])
    op.create_table(
        "report_exchange",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("room_key", sa.Text(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("begun_at", AT, nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_exchange")),
        sa.UniqueConstraint("sender", "root", name=op.f("uq_report_exchange_sender_root")),
    )
    is_open = sa.text("sealed IS NOT NULL")
    op.create_index(
        "ix_report_exchange_open",
        "report_exchange",
        ["sender", "room_key"],
        postgresql_where=is_open,
    )
    op.create_index(
        "ix_report_exchange_expires_at",
        "report_exchange",
        ["expires_at"],
        postgresql_where=is_open,
    )
    op.create_table(
        "report_question",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("exchange", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange"],
            ["report_exchange.id"],
            name=op.f("fk_report_question_exchange_report_exchange"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_report_question")),
    )
    op.create_index("ix_report_question_exchange", "report_question", ["exchange"])
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO rilon_steward")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
