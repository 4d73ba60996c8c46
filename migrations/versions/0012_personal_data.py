"""How long content with personal data has been there, for policy's shorter term."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012_personal_data"
down_revision = "0011_marks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "personal_data",
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity"], ["verdict.identity"], name=op.f("fk_personal_data_identity_verdict")
        ),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_personal_data")),
    )
    op.create_index("ix_personal_data_since", "personal_data", ["room_id", "since"], unique=False)
    # Content that was delivered before this table was there.
    op.execute(
        "INSERT INTO personal_data (identity, room_id, since) "
        "SELECT identity, room_id, decided_at FROM verdict "
        "WHERE accepted AND kind = 'content' AND marking ->> 'personal_data' = 'PRESENT'"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON personal_data TO rilon_steward")
    op.execute("GRANT SELECT ON personal_data TO rilon_worker")


def downgrade() -> None:
    op.drop_table("personal_data")
