"""Marks of deeds that were done are found by their time, to be pruned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011_marks"
down_revision = "0010_talk"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_effect_marks",
        "effect",
        ["done_at"],
        postgresql_where=sa.text("kind = 'nothing' AND state = 'done'"),
    )


def downgrade() -> None:
    op.drop_index("ix_effect_marks", table_name="effect")
