"""Copies of what is recalled: files and publicness of sources; the clock prunes fingerprints."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008_copies"
down_revision = "0007_release"
branch_labels = None
depends_on = None

GRANTS = (
    # The worker deletes what is past its time. It sees no fingerprint and no marking of one.
    "GRANT SELECT (id, room_key, delivered_at), DELETE ON passage_source TO rilon_worker",
    "GRANT DELETE ON attempt TO rilon_worker",
)


def upgrade() -> None:
    op.add_column(
        "passage_source",
        sa.Column(
            "files",
            postgresql.ARRAY(sa.BigInteger()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    op.add_column(
        "passage_source",
        sa.Column("public", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_index(
        "ix_passage_source_room", "passage_source", ["room_key", "delivered_at"], unique=False
    )
    # What was delivered before: CLEAR and nothing else, as far as its marking still says so.
    op.execute(
        "UPDATE passage_source SET public = true WHERE marking ->> 'tlp' = 'CLEAR' "
        "AND marking ->> 'explicit_rel' = 'false' AND marking -> 'caveats' = '[]' "
        "AND marking -> 'protect' = '[]' AND marking ->> 'expires' IS NULL "
        "AND marking ->> 'personal_data' <> 'PRESENT'"
    )
    for grant in GRANTS:
        op.execute(grant)


def downgrade() -> None:
    op.execute("REVOKE ALL ON passage_source FROM rilon_worker")
    op.execute("REVOKE DELETE ON attempt FROM rilon_worker")
    op.drop_index("ix_passage_source_room", table_name="passage_source")
    op.drop_column("passage_source", "public")
    op.drop_column("passage_source", "files")
