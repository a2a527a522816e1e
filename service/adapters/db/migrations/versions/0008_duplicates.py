"""Traces by which a document or an answer is met again, findings, and decisions that are judged anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "traces",
        _serial(),
        _case(),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _of_case("traces"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_traces")),
        sa.UniqueConstraint(
            "verification_id", "purpose", "digest", name=op.f("uq_traces_verification_id_purpose_digest")
        ),
    )
    op.create_index("ix_traces_digest", "traces", ["purpose", "digest"])
    op.create_index(op.f("ix_traces_at"), "traces", ["at"])
    answers = sa.text("purpose = 'chip_answer'")
    op.create_index(
        "uq_traces_answer", "traces", ["digest"], unique=True, sqlite_where=answers, postgresql_where=answers
    )
    op.create_table(
        "findings",
        _case(),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("other", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _of_case("findings"),
        sa.PrimaryKeyConstraint("verification_id", "code", "other", name=op.f("pk_findings")),
    )
    op.create_table(
        "rounds",
        _serial(),
        sa.Column("trust_store", sa.String(length=64), nullable=False),
        sa.Column("policy_digest", sa.String(length=64), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("unchanged", "withdrawn", "restored", "not_judged")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rounds")),
    )
    op.create_table(
        "standings",
        _case(),
        _round(),
        *_standing(),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        _of_case("standings"),
        _of_round("standings"),
        sa.PrimaryKeyConstraint("verification_id", name=op.f("pk_standings")),
    )
    op.create_table(
        "rejudgements",
        _serial(),
        _case(),
        _round(),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trust_store", sa.String(length=64), nullable=False),
        sa.Column("as_of_then", sa.JSON(), nullable=True),
        sa.Column("as_of_now", sa.JSON(), nullable=True),
        *_standing(),
        _of_case("rejudgements"),
        _of_round("rejudgements"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejudgements")),
        sa.UniqueConstraint("verification_id", "round_id", name=op.f("uq_rejudgements_verification_id_round_id")),
    )


def downgrade() -> None:
    for name in ("rejudgements", "standings", "rounds", "findings", "traces"):
        op.drop_table(name)


def _serial() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False)


def _case() -> sa.Column[str]:
    return sa.Column("verification_id", sa.String(length=40), nullable=False)


def _of_case(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["verification_id"], ["verifications.id"], name=op.f(f"fk_{table}_verification_id")
    )


def _round() -> sa.Column[int]:
    return sa.Column("round_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _of_round(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f(f"fk_{table}_round_id"))


def _standing() -> tuple[sa.Column[bool], sa.Column[bool], sa.Column[str]]:
    return (
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
    )
