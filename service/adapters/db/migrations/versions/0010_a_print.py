"""What reviewers read on the page, results as they were handed over, and how a person's verifications are found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reviews", sa.Column("printed_name", sa.LargeBinary(), nullable=True))
    op.create_table(
        "handed_results",
        sa.Column("verification_id", sa.String(length=40), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("handed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["verification_id"], ["verifications.id"], name=op.f("fk_handed_results_verification_id")
        ),
        sa.PrimaryKeyConstraint("verification_id", name=op.f("pk_handed_results")),
    )
    op.create_table(
        "subject_marks",
        sa.Column("verification_id", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["verification_id"], ["verifications.id"], name=op.f("fk_subject_marks_verification_id")
        ),
        sa.PrimaryKeyConstraint("verification_id", "digest", name=op.f("pk_subject_marks")),
    )
    op.create_index(op.f("ix_subject_marks_digest"), "subject_marks", ["digest"])
    op.create_index(op.f("ix_subject_marks_year"), "subject_marks", ["year"])


def downgrade() -> None:
    op.drop_table("subject_marks")
    op.drop_table("handed_results")
    with op.batch_alter_table("reviews") as reviews:
        reviews.drop_column("printed_name")
