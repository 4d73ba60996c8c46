"""The ledger: outbox, turns, entries, tiles, head, checkpoints; what is foreseen; who may what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001_ledger"
down_revision = None
branch_labels = None
depends_on = None

ACTING = ("rilon_steward", "rilon_worker")
AUDIT = "rilon_audit"
# The root of a log without entries is SHA-256 of nothing.
EMPTY_HEAD = """
INSERT INTO ledger_head (one, size, root) VALUES (true, 0, sha256(''))
"""

# At the end of the transaction, as the owner: those who act can't write turns themselves.
TAKE_TURN = """
CREATE FUNCTION ledger_take_turn() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.ledger_turn (outbox) VALUES (NEW.id);
    RETURN NULL;
END
$$
"""
TURN_TRIGGER = """
CREATE CONSTRAINT TRIGGER ledger_take_turn AFTER INSERT ON ledger_outbox
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_take_turn()
"""
TABLES = (
    "ledger_outbox",
    "ledger_turn",
    "ledger_entry",
    "ledger_tile",
    "ledger_head",
    "ledger_checkpoint",
    "ledger_witness",
    "ledger_cosignature",
    "ledger_disclosure",
)
GRANTS = (
    *(f"GRANT INSERT ON ledger_outbox TO {role}" for role in ACTING),
    f"GRANT SELECT, DELETE ON ledger_outbox TO {AUDIT}",
    f"GRANT SELECT, INSERT, DELETE ON ledger_turn TO {AUDIT}",
    f"GRANT SELECT, INSERT ON ledger_entry TO {AUDIT}",
    f"GRANT SELECT, INSERT, UPDATE ON ledger_tile TO {AUDIT}",
    f"GRANT SELECT, UPDATE ON ledger_head TO {AUDIT}",
    f"GRANT SELECT, INSERT ON ledger_checkpoint TO {AUDIT}",
)


def upgrade() -> None:
    _create_roles()
    _create_log()
    _create_foreseen()
    op.execute(EMPTY_HEAD)
    op.execute(TAKE_TURN)
    op.execute("REVOKE ALL ON FUNCTION ledger_take_turn() FROM PUBLIC")
    op.execute(TURN_TRIGGER)
    for table in TABLES:
        op.execute(f"REVOKE ALL ON {table} FROM PUBLIC")
    for grant in GRANTS:
        op.execute(grant)
    # Every row of these is deleted soon after it was written: keep the poll from wading
    # through what is dead.
    for table in ("ledger_outbox", "ledger_turn"):
        op.execute(
            f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0, "
            "autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_insert_threshold = -1)"
        )


def downgrade() -> None:
    raise RuntimeError("the ledger is never taken back: restore a database instead")


def _create_roles() -> None:
    """Roles that are there (the embedded network makes them with passwords) are left alone."""
    for role in (*ACTING, AUDIT):
        op.execute(
            f"""
            DO $$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                    CREATE ROLE {role} NOLOGIN;
                END IF;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END $$
            """
        )


def _create_log() -> None:
    op.create_table(
        "ledger_outbox",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("id", name="uq_ledger_outbox_id"),
        sa.CheckConstraint("octet_length(leaf) BETWEEN 1 AND 65535", name="leaf_length"),
    )
    op.create_table(
        "ledger_turn",
        sa.Column("turn", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("outbox", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("turn", name="pk_ledger_turn"),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("index", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("index", name="pk_ledger_entry"),
    )
    op.create_table(
        "ledger_tile",
        sa.Column("level", sa.SmallInteger, autoincrement=False, nullable=False),
        sa.Column("index", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("level", "index", name="pk_ledger_tile"),
        sa.CheckConstraint(
            "octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0",
            name="whole_hashes",
        ),
    )
    op.create_table(
        "ledger_head",
        sa.Column("one", sa.Boolean, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("one", name="pk_ledger_head"),
        sa.CheckConstraint("one", name="one_row"),
        sa.CheckConstraint("size >= 0", name="size"),
        sa.CheckConstraint("octet_length(root) = 32", name="root"),
    )
    op.create_table(
        "ledger_checkpoint",
        sa.Column("size", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
        sa.Column(
            "published_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.func.now(),
        ),
        sa.PrimaryKeyConstraint("size", name="pk_ledger_checkpoint"),
    )


def _create_foreseen() -> None:
    op.create_table(
        "ledger_witness",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("verifier_key", sa.Text, nullable=False),
        sa.Column("party", sa.Text, nullable=False),
        sa.Column("url", sa.Text),
        sa.PrimaryKeyConstraint("name", name="pk_ledger_witness"),
    )
    op.create_table(
        "ledger_cosignature",
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("witness", sa.Text, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.func.now(),
        ),
        sa.PrimaryKeyConstraint("size", "witness", name="pk_ledger_cosignature"),
        sa.ForeignKeyConstraint(
            ["size"],
            ["ledger_checkpoint.size"],
            name="fk_ledger_cosignature_size_ledger_checkpoint",
        ),
        sa.ForeignKeyConstraint(
            ["witness"],
            ["ledger_witness.name"],
            name="fk_ledger_cosignature_witness_ledger_witness",
        ),
    )
    op.create_table(
        "ledger_disclosure",
        sa.Column("commitment", sa.LargeBinary, nullable=False),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("retain_until", sa.Date, nullable=False),
        sa.Column("held", sa.Boolean, nullable=False, server_default="false"),
        sa.PrimaryKeyConstraint("commitment", "reader", name="pk_ledger_disclosure"),
        sa.CheckConstraint("octet_length(commitment) = 32", name="commitment"),
    )
    op.create_index("ix_ledger_disclosure_retain_until", "ledger_disclosure", ["retain_until"])
