"""Bulletins: versions and who approved them, where they stand, who acknowledged; and what the
steward posts in officers' names."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014_bulletins"
down_revision = "0013_request_files"
branch_labels = None
depends_on = None

TABLES = (
    "bulletin",
    "bulletin_version",
    "bulletin_picture",
    "bulletin_room",
    "bulletin_ack",
    "posting",
)
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "bulletin",
        sa.Column("number", sa.Text(), primary_key=True),
        sa.Column("published", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("published_at", _MOMENT),
        sa.Column("withdrawn_at", _MOMENT),
        sa.Column("thread_room", sa.Text()),
        sa.Column("thread_root", sa.Text(), unique=True),
        sa.Column("period", sa.Text(), unique=True),
        sa.Column("created_at", _MOMENT, nullable=False),
    )
    op.create_index("ix_bulletin_published_at", "bulletin", ["published_at"])
    op.create_table(
        "bulletin_version",
        sa.Column("number", sa.Text(), sa.ForeignKey("bulletin.number"), primary_key=True),
        sa.Column("revision", sa.Integer(), primary_key=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("groups", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("author", sa.Text()),
        sa.Column("approved_by", sa.Text()),
        sa.Column("drafted_at", _MOMENT, nullable=False),
        sa.Column("submitted_at", _MOMENT),
        sa.Column("approved_at", _MOMENT),
        sa.Column("published_at", _MOMENT),
        sa.CheckConstraint("approved_by IS NULL OR approved_by <> author", name="four_eyes"),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'publishing', 'published') OR approved_by IS NOT NULL",
            name="approved_first",
        ),
    )
    op.create_table(
        "bulletin_picture",
        sa.Column("number", sa.Text(), primary_key=True),
        sa.Column("revision", sa.Integer(), primary_key=True),
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["number", "revision"], ["bulletin_version.number", "bulletin_version.revision"]
        ),
    )
    op.create_table(
        "bulletin_room",
        sa.Column("number", sa.Text(), sa.ForeignKey("bulletin.number"), primary_key=True),
        sa.Column("room_key", sa.Text(), primary_key=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("first_event", sa.Text(), nullable=False, unique=True),
        sa.Column("posted_at", _MOMENT, nullable=False),
        sa.Column("withdrawn_at", _MOMENT),
        sa.Column("reminded_at", _MOMENT),
    )
    op.create_index("ix_bulletin_room_room_key", "bulletin_room", ["room_key", "posted_at"])
    op.create_table(
        "bulletin_ack",
        sa.Column("number", sa.Text(), primary_key=True),
        sa.Column("room_key", sa.Text(), primary_key=True),
        sa.Column("party", sa.Text(), primary_key=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["number", "room_key"], ["bulletin_room.number", "bulletin_room.room_key"]
        ),
    )
    op.create_table(
        "posting",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("room_key", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("marking", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("picture", sa.Text()),
        sa.Column("file_digest", sa.LargeBinary()),
        sa.Column("copy", sa.Text()),
        sa.Column("replaces", sa.Text()),
        sa.Column("root", sa.Text()),
        sa.Column("posted_as", sa.LargeBinary(), unique=True),
        sa.Column("passages", postgresql.ARRAY(sa.BigInteger())),
        sa.Column("files", postgresql.ARRAY(sa.BigInteger())),
        sa.Column("event_id", sa.Text(), unique=True),
        sa.Column("gone", sa.Boolean(), nullable=False, server_default="false"),
        sa.UniqueConstraint("purpose", "number", "revision", "room_key", "part"),
        sa.CheckConstraint("(sealed IS NOT NULL) = (state = 'waiting')", name="gone_when_over"),
    )
    op.create_index("ix_posting_room", "posting", ["number", "room_key"])
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(TABLES)} TO rilon_steward")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
