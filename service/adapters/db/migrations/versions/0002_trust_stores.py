"""Trust stores, the draft, and who activated what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trust_stores",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("realm", sa.String(length=20), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_trust_stores")),
    )
    op.create_table(
        "trust_draft",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("holdings", sa.String(length=64), nullable=False),
        sa.Column("based_on", sa.String(length=64), nullable=True),
        sa.Column("staged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staged_by", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(["based_on"], ["trust_stores.digest"], name=op.f("fk_trust_draft_based_on")),
        sa.ForeignKeyConstraint(["digest"], ["trust_stores.digest"], name=op.f("fk_trust_draft_digest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trust_draft")),
    )
    op.create_table(
        "trust_activations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("holdings", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_actor", sa.String(length=128), nullable=False),
        sa.Column("second_actor", sa.String(length=128), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("first_actor <> second_actor", name=op.f("ck_trust_activations_two_people")),
        sa.ForeignKeyConstraint(["digest"], ["trust_stores.digest"], name=op.f("fk_trust_activations_digest")),
        sa.ForeignKeyConstraint(["previous"], ["trust_stores.digest"], name=op.f("fk_trust_activations_previous")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trust_activations")),
    )


def downgrade() -> None:
    op.drop_table("trust_activations")
    op.drop_table("trust_draft")
    op.drop_table("trust_stores")
