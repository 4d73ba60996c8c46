"""What officers say to the steward: changes of the duty rota, and guided exchanges."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010_talk"
down_revision = "0009_requests"
branch_labels = None
depends_on = None

TABLES = ("duty_change", "exchange", "exchange_question")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "duty_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("officers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("begins", AT, nullable=False),
        sa.Column("ends", AT, nullable=False),
        sa.Column("deputy", sa.Text(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", AT, nullable=False),
        sa.CheckConstraint("begins < ends", name=op.f("ck_duty_change_some_time")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_change")),
        sa.UniqueConstraint("event_id", name=op.f("uq_duty_change_event_id")),
    )
    op.create_index("ix_duty_change_ends", "duty_change", ["ends"])
    op.create_table(
        "exchange",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("room_key", sa.Text(), nullable=False),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("begun_at", AT, nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange")),
        sa.UniqueConstraint("sender", "root", name=op.f("uq_exchange_sender_root")),
    )
    is_open = sa.text("sealed IS NOT NULL")
    op.create_index(
        "ix_exchange_open", "exchange", ["sender", "room_key"], postgresql_where=is_open
    )
    op.create_index("ix_exchange_expires_at", "exchange", ["expires_at"], postgresql_where=is_open)
    op.create_table(
        "exchange_question",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("exchange", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange"],
            ["exchange.id"],
            name=op.f("fk_exchange_question_exchange_exchange"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_question")),
        sa.UniqueConstraint("event_id", name=op.f("uq_exchange_question_event_id")),
    )
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO rilon_steward")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
