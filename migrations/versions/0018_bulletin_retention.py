"""The worker deletes bulletins and reports that policy keeps no longer, and reads none of them."""

from __future__ import annotations

from alembic import op

revision = "0018_bulletin_retention"
down_revision = "0017_bulletin_talk"
branch_labels = None
depends_on = None

_RIGHTS = (
    ("number, thread_room, created_at, withdrawn_at", "bulletin"),
    ("number, state, drafted_at, submitted_at, approved_at, published_at", "bulletin_version"),
    ("number, room_key", "bulletin_room"),
    ("number", "bulletin_ack"),
    ("number", "bulletin_picture"),
    ("bulletin", "bulletin_term"),
    ("bulletin", "bulletin_place"),
    ("number, purpose, state", "posting"),
    ("root, room_key, number, at", "bulletin_thread"),
    ("root, at", "bulletin_said"),
    ("number, group_key, changed_at", "report"),
    ("expires_at", "report_exchange"),
)
"""Names, rooms and times, and no word."""


def upgrade() -> None:
    for columns, table in _RIGHTS:
        op.execute(f"GRANT SELECT ({columns}), DELETE ON {table} TO rilon_worker")
    # To take the lock of a bulletin one needs the right to change something of it.
    op.execute("GRANT UPDATE (created_at) ON bulletin TO rilon_worker")


def downgrade() -> None:
    for columns, table in _RIGHTS:
        rights = f"SELECT ({columns}), DELETE"
        op.execute(f"REVOKE {rights} ON {table} FROM rilon_worker")
    op.execute("REVOKE UPDATE (created_at) ON bulletin FROM rilon_worker")
