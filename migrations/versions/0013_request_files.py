"""Files that go with words of a request: where the steward's copy lies, and which of the
fingerprints of what was posted are of files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013_request_files"
down_revision = "0012_personal_data"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("request_words", sa.Column("copy", sa.Text(), nullable=True))
    files = sa.Column("files", postgresql.ARRAY(sa.BigInteger()), nullable=True)
    op.add_column("request_words", files)


def downgrade() -> None:
    op.drop_column("request_words", "files")
    op.drop_column("request_words", "copy")
