"""The life of a verification: deadlines, organisations, remembered answers.

Earlier previews kept neither organisation nor deadline of a verification, and nobody can say them afterwards.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().execute(sa.text("SELECT 1 FROM verifications LIMIT 1")).first() is not None:
        raise RuntimeError("this database holds verifications of another preview; begin with an empty one")
    with op.batch_alter_table("verifications") as table:
        table.add_column(sa.Column("organisation", sa.String(length=128), nullable=False))
        table.add_column(sa.Column("capture_until", sa.DateTime(timezone=True), nullable=False))
        table.add_column(sa.Column("review_until", sa.DateTime(timezone=True), nullable=False))
        table.add_column(sa.Column("result_until", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("ended_in", sa.String(length=20), nullable=True))
    op.create_index(op.f("ix_verifications_order"), "verifications", ["organisation", "order_reference"])
    op.create_index(op.f("ix_verifications_opened_by"), "verifications", ["organisation", "created_by", "created_at"])
    op.add_column("results", sa.Column("consumed_request", sa.String(length=64), nullable=True))
    _make_records()
    _make_answers()


def _make_records() -> None:
    op.create_table(
        "notices",
        *_of_a_verification("notices"),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "status_lookups",
        *_of_a_verification("status_lookups"),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("document", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "revocations",
        *_of_a_verification("revocations"),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("requested_by", sa.String(length=128), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.String(length=128), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("confirmed_by <> requested_by", name=op.f("ck_revocations_two_people")),
    )
    for name in ("notices", "status_lookups", "revocations"):
        op.create_index(op.f(f"ix_{name}_verification_id"), name, ["verification_id"])


def _make_answers() -> None:
    op.create_table(
        "remembered_answers",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verification_id", sa.String(length=40), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(verification_id IS NULL) = (answer IS NULL)",
            name=op.f("ck_remembered_answers_answer_of_a_verification"),
        ),
        sa.ForeignKeyConstraint(
            ["verification_id"], ["verifications.id"], name=op.f("fk_remembered_answers_verification_id")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_remembered_answers")),
    )
    op.create_index(op.f("ix_remembered_answers_at"), "remembered_answers", ["at"])


def _of_a_verification(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return (
        sa.Column("id", serial, autoincrement=True, nullable=False),
        sa.Column("verification_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["verification_id"], ["verifications.id"], name=op.f(f"fk_{table}_verification_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def downgrade() -> None:
    for name in ("remembered_answers", "revocations", "status_lookups", "notices"):
        op.drop_table(name)
    op.drop_column("results", "consumed_request")
    op.drop_index(op.f("ix_verifications_opened_by"), "verifications")
    op.drop_index(op.f("ix_verifications_order"), "verifications")
    with op.batch_alter_table("verifications") as table:
        for name in ("ended_in", "result_until", "review_until", "capture_until", "organisation"):
            table.drop_column(name)
