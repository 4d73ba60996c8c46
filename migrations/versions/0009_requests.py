"""Requests: each with its addressees, the words on their way, and what messages are to it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009_requests"
down_revision = "0008_copies"
branch_labels = None
depends_on = None

TABLES = (
    "request",
    "request_addressee",
    "request_words",
    "request_place",
    "request_selector",
)
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "request",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("asked_in", sa.Text(), nullable=False),
        sa.Column("asked_event", sa.Text(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("closed_at", AT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
        sa.UniqueConstraint("number", name=op.f("uq_request_number")),
        sa.UniqueConstraint("asked_event", name=op.f("uq_request_asked_event")),
    )
    op.create_index("ix_request_party", "request", ["party"], postgresql_where=sa.text("open"))
    op.create_table(
        "request_addressee",
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("card_event", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("look_at", AT, nullable=True),
        sa.Column("done", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("unattended", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("in_time", sa.Boolean(), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("usefulness", sa.Text(), nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.ForeignKeyConstraint(
            ["request"], ["request.id"], name=op.f("fk_request_addressee_request_request")
        ),
        sa.PrimaryKeyConstraint("request", "party", name=op.f("pk_request_addressee")),
        sa.UniqueConstraint("card_event", name=op.f("uq_request_addressee_card_event")),
    )
    op.create_index(
        "ix_request_addressee_look_at",
        "request_addressee",
        ["look_at"],
        postgresql_where=sa.text("look_at IS NOT NULL"),
    )
    op.create_index(
        "ix_request_addressee_party",
        "request_addressee",
        ["party"],
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_table(
        "request_words",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("addressee", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("source_event", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("root", sa.Text(), nullable=True),
        sa.Column("marking", sa.Text(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("until", AT, nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", AT, nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("posted_as", sa.LargeBinary(), nullable=True),
        sa.Column("passages", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.CheckConstraint(
            "(sealed IS NOT NULL) = (state IN ('proposed', 'sending'))",
            name=op.f("ck_request_words_gone_when_over"),
        ),
        sa.ForeignKeyConstraint(
            ["request", "addressee"],
            ["request_addressee.request", "request_addressee.party"],
            name=op.f("fk_request_words_request_request_addressee"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_words")),
        sa.UniqueConstraint("posted_as", name=op.f("uq_request_words_posted_as")),
    )
    op.create_index("ix_request_words_request", "request_words", ["request", "addressee"])
    op.create_index("ix_request_words_source_event", "request_words", ["source_event"])
    op.create_table(
        "request_place",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("addressee", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["request"], ["request.id"], name=op.f("fk_request_place_request_request")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_request_place")),
    )
    op.create_index("ix_request_place_request", "request_place", ["request"])
    op.create_table(
        "request_selector",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request"], ["request.id"], name=op.f("fk_request_selector_request_request")
        ),
        sa.PrimaryKeyConstraint("hash", "request", name=op.f("pk_request_selector")),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(TABLES)} TO rilon_steward")
    # The sweep finds what is due and never reads a request.
    op.execute("GRANT SELECT (request, party, look_at) ON request_addressee TO rilon_worker")
    # It erases what is over by its name and the time of its closing.
    op.execute("GRANT SELECT (id, group_key, open, closed_at), DELETE ON request TO rilon_worker")
    op.execute("GRANT SELECT (request), DELETE ON request_words TO rilon_worker")
    op.execute("GRANT SELECT (request), DELETE ON request_place TO rilon_worker")
    op.execute("GRANT SELECT (request), DELETE ON request_selector TO rilon_worker")
    op.execute("GRANT DELETE ON request_addressee TO rilon_worker")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
