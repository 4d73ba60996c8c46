"""The steward's tables: policy, rooms, officers, devices, keys, verdicts, inbox, effects."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002_steward"
down_revision = "0001_ledger"
branch_labels = None
depends_on = None

TABLES = (
    "policy_version",
    "governed_room",
    "officer_state",
    "device",
    "megolm_session",
    "verdict",
    "attempt",
    "inbox",
    "effect",
)
GRANTS = (
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(TABLES)} TO rilon_steward",
    f"GRANT SELECT ON {', '.join(TABLES)} TO rilon_worker",
    "GRANT INSERT, UPDATE, DELETE ON officer_state, device, inbox, effect TO rilon_worker",
)


def upgrade() -> None:
    op.create_table(
        "device",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("curve25519", sa.Text(), nullable=False),
        sa.Column("ed25519", sa.Text(), nullable=False),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "device_id", name=op.f("pk_device")),
    )
    op.create_table(
        "effect",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("once", sa.Text(), nullable=True),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'due'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "wire", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("wire_digest", sa.LargeBinary(), nullable=True),
        sa.Column(
            "result", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_effect")),
        sa.UniqueConstraint("once", name=op.f("uq_effect_once")),
    )
    op.create_index(
        "ix_effect_open",
        "effect",
        ["subject", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('due', 'performing')"),
    )
    op.create_index(
        "ix_effect_wire_digest",
        "effect",
        ["wire_digest"],
        unique=False,
        postgresql_where=sa.text("state = 'performing'"),
    )
    op.create_table(
        "governed_room",
        sa.Column("room_key", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("room_key", name=op.f("pk_governed_room")),
        sa.UniqueConstraint("room_id", name=op.f("uq_governed_room_room_id")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("next_batch", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("keys_taken_in", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("worked_off_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
    )
    op.create_table(
        "megolm_session",
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("curve25519", sa.Text(), nullable=False),
        sa.Column("ed25519", sa.Text(), nullable=False),
        sa.Column("pickle", sa.Text(), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("room_id", "session_id", name=op.f("pk_megolm_session")),
    )
    op.create_table(
        "officer_state",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("master_key", sa.Text(), nullable=True),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_officer_state")),
        sa.UniqueConstraint("name", name=op.f("uq_officer_state_name")),
    )
    op.create_table(
        "policy_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "effective_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_version")),
    )
    op.create_table(
        "verdict",
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=True),
        sa.Column("session_id", sa.Text(), nullable=True),
        sa.Column("message_index", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column(
            "marking", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_event_id", sa.Text(), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["policy_id"], ["policy_version.id"], name=op.f("fk_verdict_policy_id_policy_version")
        ),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_verdict")),
        sa.UniqueConstraint("delivered_event_id", name=op.f("uq_verdict_delivered_event_id")),
        sa.UniqueConstraint(
            "room_id",
            "session_id",
            "message_index",
            name=op.f("uq_verdict_room_id_session_id_message_index"),
        ),
    )
    op.create_table(
        "attempt",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity"], ["verdict.identity"], name=op.f("fk_attempt_identity_verdict")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_attempt")),
    )
    for grant in GRANTS:
        op.execute(grant)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
