"""Retention: what organisations decided, freezes, purge records, and what results said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "retention_terms",
        sa.Column("id", _serial(), autoincrement=True, nullable=False),
        sa.Column("organisation", sa.String(length=128), nullable=False),
        sa.Column("rule", sa.String(length=20), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(length=64), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("set_by", sa.String(length=128), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_terms")),
    )
    op.create_index(op.f("ix_retention_terms_organisation"), "retention_terms", ["organisation"])
    op.create_table(
        "freezes",
        sa.Column("id", _serial(), autoincrement=True, nullable=False),
        sa.Column("verification_id", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("thaw_reason", sa.String(length=40), nullable=True),
        sa.Column("thaw_asked_by", sa.String(length=128), nullable=True),
        sa.Column("thaw_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("thawed_by", sa.String(length=128), nullable=True),
        sa.Column("thawed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("thawed_by <> thaw_asked_by", name=op.f("ck_freezes_two_people")),
        sa.CheckConstraint("thawed_by IS NULL OR thaw_asked_by IS NOT NULL", name=op.f("ck_freezes_asked_first")),
        sa.ForeignKeyConstraint(["verification_id"], ["verifications.id"], name=op.f("fk_freezes_verification_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_freezes")),
    )
    op.create_index(op.f("ix_freezes_verification_id"), "freezes", ["verification_id"])
    op.create_table(
        "purge_records",
        sa.Column("organisation", sa.String(length=128), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("retention", sa.String(length=20), nullable=False),
        sa.Column("rule", sa.String(length=20), nullable=False),
        sa.Column("decision", sa.String(length=64), nullable=False),
        sa.Column("run_by", sa.String(length=128), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "organisation", "day", "retention", "rule", "decision", "run_by", name=op.f("pk_purge_records")
        ),
    )
    op.create_table(
        "purge_runs",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purge_runs")),
    )
    op.create_table(
        "issued_claims",
        sa.Column("verification_id", sa.String(length=40), nullable=False),
        sa.Column("claims", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["verification_id"], ["verifications.id"], name=op.f("fk_issued_claims_verification_id")
        ),
        sa.PrimaryKeyConstraint("verification_id", name=op.f("pk_issued_claims")),
    )


def downgrade() -> None:
    for name in ("issued_claims", "purge_runs", "purge_records", "freezes", "retention_terms"):
        op.drop_table(name)


def _serial() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
