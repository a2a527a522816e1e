"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("realm", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.create_table(
        "verifications",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("order_reference", sa.String(length=128), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("next_step", sa.String(length=20), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("mrz_attempts", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verifications")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("verification_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("action", sa.String(length=30), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["verification_id"], ["verifications.id"], name=op.f("fk_audit_entries_verification_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_verification_id"), "audit_entries", ["verification_id"])
    op.create_table(
        "challenges",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("verification_id", sa.String(length=40), nullable=False),
        sa.Column("value", sa.LargeBinary(length=8), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["verification_id"], ["verifications.id"], name=op.f("fk_challenges_verification_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenges")),
        sa.UniqueConstraint("verification_id", "value", name=op.f("uq_challenges_verification_id_value")),
    )
    op.create_table(
        "judgements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("verification_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report", sa.LargeBinary(), nullable=False),
        sa.Column("report_sha256", sa.String(length=64), nullable=False),
        sa.Column("verdict", sa.JSON(), nullable=False),
        sa.Column("trust_store", sa.Text(), nullable=False),
        sa.Column("evidence_digests", sa.JSON(), nullable=False),
        sa.Column("chip_proof", sa.String(length=10), nullable=False),
        sa.Column("proof_origin", sa.String(length=20), nullable=False),
        sa.Column("retry_helps", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["verification_id"], ["verifications.id"], name=op.f("fk_judgements_verification_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgements")),
    )
    op.create_index(op.f("ix_judgements_verification_id"), "judgements", ["verification_id"])
    op.create_table(
        "mrz_captures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("verification_id", sa.String(length=40), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("photo", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["verification_id"], ["verifications.id"], name=op.f("fk_mrz_captures_verification_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mrz_captures")),
    )
    op.create_index(op.f("ix_mrz_captures_verification_id"), "mrz_captures", ["verification_id"])
    op.create_table(
        "results",
        sa.Column("jti", sa.String(length=40), nullable=False),
        sa.Column("txn", sa.String(length=40), nullable=False),
        sa.Column("verification_id", sa.String(length=40), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consumed_by_order", sa.String(length=128), nullable=True),
        sa.Column("consumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["verification_id"], ["verifications.id"], name=op.f("fk_results_verification_id")),
        sa.PrimaryKeyConstraint("jti", name=op.f("pk_results")),
        sa.UniqueConstraint("txn", name=op.f("uq_results_txn")),
        sa.UniqueConstraint("verification_id", name=op.f("uq_results_verification_id")),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("verification_id", sa.String(length=40), nullable=False),
        sa.Column("reviewer", sa.String(length=128), nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("inspection", sa.JSON(), nullable=False),
        sa.Column("face", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decision_hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["verification_id"], ["verifications.id"], name=op.f("fk_reviews_verification_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("verification_id", "reviewer", name=op.f("uq_reviews_verification_id_reviewer")),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("verification_id", sa.String(length=40), nullable=False),
        sa.Column("challenge_id", sa.String(length=40), nullable=True),
        sa.Column("aa_challenge", sa.LargeBinary(), nullable=True),
        sa.Column("aa_response", sa.LargeBinary(), nullable=True),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("claimed", sa.JSON(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["challenge_id"], ["challenges.id"], name=op.f("fk_evidence_challenge_id")),
        sa.ForeignKeyConstraint(["verification_id"], ["verifications.id"], name=op.f("fk_evidence_verification_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index(op.f("ix_evidence_verification_id"), "evidence", ["verification_id"])
    op.create_table(
        "evidence_files",
        sa.Column("evidence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_evidence_files_evidence_id")),
        sa.PrimaryKeyConstraint("evidence_id", "name", name=op.f("pk_evidence_files")),
    )


def downgrade() -> None:
    op.drop_table("evidence_files")
    op.drop_index(op.f("ix_evidence_verification_id"), "evidence")
    op.drop_table("evidence")
    op.drop_table("reviews")
    op.drop_table("results")
    op.drop_index(op.f("ix_mrz_captures_verification_id"), "mrz_captures")
    op.drop_table("mrz_captures")
    op.drop_index(op.f("ix_judgements_verification_id"), "judgements")
    op.drop_table("judgements")
    op.drop_table("challenges")
    op.drop_index(op.f("ix_audit_entries_verification_id"), "audit_entries")
    op.drop_table("audit_entries")
    op.drop_table("verifications")
    op.drop_table("installation")
