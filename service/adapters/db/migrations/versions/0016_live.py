"""The card access number beside the captured lines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mrz_captures", sa.Column("can", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Whoever goes back reads such a chip with the lines."""
    with op.batch_alter_table("mrz_captures") as captures:
        captures.drop_column("can")
