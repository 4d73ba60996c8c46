"""Rooms on demand, and the cards that offer one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004_rooms_on_demand"
down_revision = "0003_passages"
branch_labels = None
depends_on = None

GRANTS = (
    # Nobody may delete a room that was: its ceiling is fixed for its life.
    "GRANT SELECT, INSERT, UPDATE ON room_on_demand TO rilon_steward",
    "GRANT SELECT, INSERT, DELETE ON pair_offer TO rilon_steward",
    "GRANT SELECT ON room_on_demand TO rilon_worker",
)


def upgrade() -> None:
    op.create_table(
        "room_on_demand",
        sa.Column("room_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("officers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("room_key", name=op.f("pk_room_on_demand")),
        sa.UniqueConstraint("generation", name=op.f("uq_room_on_demand_generation")),
    )
    op.create_index(
        "ix_room_on_demand_pair",
        "room_on_demand",
        ["group_key", "officers"],
        unique=True,
        postgresql_where=sa.text("kind = 'pair'"),
    )
    op.create_table(
        "pair_offer",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("asker", sa.Text(), nullable=False),
        sa.Column("other", sa.Text(), nullable=False),
        sa.Column(
            "offered_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_pair_offer")),
    )
    for grant in GRANTS:
        op.execute(grant)


def downgrade() -> None:
    op.drop_table("pair_offer")
    op.drop_table("room_on_demand")
