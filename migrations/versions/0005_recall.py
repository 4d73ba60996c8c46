"""Recall and expiry of delivered content; the identity that a stopped officer shows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005_recall"
down_revision = "0004_rooms_on_demand"
branch_labels = None
depends_on = None

TABLES = ("relation", "expiry")
GRANTS = (
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(TABLES)} TO rilon_steward",
    f"GRANT SELECT ON {', '.join(TABLES)} TO rilon_worker",
)


def upgrade() -> None:
    op.add_column("verdict", sa.Column("recalled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("officer_state", sa.Column("shown_key", sa.Text(), nullable=True))
    op.add_column("officer_state", sa.Column("alarm", sa.Text(), nullable=True))
    op.create_table(
        "relation",
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity"], ["verdict.identity"], name=op.f("fk_relation_identity_verdict")
        ),
        sa.PrimaryKeyConstraint("identity", "kind", "target", name=op.f("pk_relation")),
    )
    op.create_index("ix_relation_target", "relation", ["target"], unique=False)
    op.create_table(
        "expiry",
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity"], ["verdict.identity"], name=op.f("fk_expiry_identity_verdict")
        ),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_expiry")),
    )
    op.create_index("ix_expiry_last_day", "expiry", ["last_day"], unique=False)
    # Content that was delivered before this table was there.
    op.execute(
        "INSERT INTO expiry (identity, room_id, last_day) "
        "SELECT identity, room_id, (marking ->> 'expires')::date FROM verdict "
        "WHERE accepted AND kind = 'content' AND marking ->> 'expires' IS NOT NULL"
    )
    for grant in GRANTS:
        op.execute(grant)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("officer_state", "alarm")
    op.drop_column("officer_state", "shown_key")
    op.drop_column("verdict", "recalled_at")
