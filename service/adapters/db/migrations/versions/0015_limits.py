"""Rate limits, issuing areas and protected identities."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rate_limits",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_limits")),
    )
    op.create_index(op.f("ix_rate_limits_until"), "rate_limits", ["until"])
    op.add_column("verifications", sa.Column("area", sa.String(length=32), nullable=True))
    op.add_column("verifications", sa.Column("protected", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Whoever goes back shows protected cases to everybody: refused while there is one."""
    connection = op.get_bind()
    if connection.execute(sa.text("SELECT count(*) FROM verifications WHERE protected")).scalar_one():
        raise RuntimeError(
            "there are verifications of people with protected identity: they would be seen by everybody"
        )
    op.drop_column("verifications", "protected")
    op.drop_column("verifications", "area")
    op.drop_index(op.f("ix_rate_limits_until"), table_name="rate_limits")
    op.drop_table("rate_limits")
