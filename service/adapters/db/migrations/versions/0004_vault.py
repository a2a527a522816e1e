"""Keys of sealed columns, and blobs.

Earlier previews kept what is sealed now in the clear. Nothing of theirs is carried over: a migration has no keys, and
what lay in the clear cannot be made secret afterwards.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEPT_IN_THE_CLEAR = ("mrz_captures", "evidence", "judgements", "reviews")


def upgrade() -> None:
    _refuse_unsealed()
    _make_tables()
    op.drop_table("evidence_files")
    with op.batch_alter_table("mrz_captures") as table:
        _replace(table, "lines")
    with op.batch_alter_table("evidence") as table:
        table.drop_column("aa_challenge")
        table.drop_column("aa_response")
        _replace(table, "claimed")
    with op.batch_alter_table("judgements") as table:
        _replace(table, "report_sha256")
        _replace(table, "evidence_digests")
    with op.batch_alter_table("reviews") as table:
        _replace(table, "reason", nullable=True)


def downgrade() -> None:
    _refuse_unsealed()
    with op.batch_alter_table("reviews") as table:
        _replace(table, "reason", sa.Text(), nullable=True)
    with op.batch_alter_table("judgements") as table:
        _replace(table, "evidence_digests", sa.JSON())
        _replace(table, "report_sha256", sa.String(length=64))
    with op.batch_alter_table("evidence") as table:
        _replace(table, "claimed", sa.JSON())
        table.add_column(sa.Column("aa_response", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("aa_challenge", sa.LargeBinary(), nullable=True))
    with op.batch_alter_table("mrz_captures") as table:
        _replace(table, "lines", sa.JSON())
    op.create_table(
        "evidence_files",
        sa.Column("evidence_id", _serial(), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_evidence_files_evidence_id")),
        sa.PrimaryKeyConstraint("evidence_id", "name", name=op.f("pk_evidence_files")),
    )
    for name in ("images", "blobs", "data_keys"):
        op.drop_table(name)


def _make_tables() -> None:
    op.create_table(
        "data_keys",
        sa.Column("verification_id", sa.String(length=40), nullable=False),
        sa.Column("retention", sa.String(length=20), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("epoch", sa.String(length=20), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(wrapped IS NULL) <> (erased_at IS NULL)", name=op.f("ck_data_keys_key_or_erased")),
        sa.ForeignKeyConstraint(["verification_id"], ["verifications.id"], name=op.f("fk_data_keys_verification_id")),
        sa.PrimaryKeyConstraint("verification_id", "retention", name=op.f("pk_data_keys")),
    )
    op.create_index(op.f("ix_data_keys_retention"), "data_keys", ["retention", "epoch"])
    op.create_table(
        "blobs",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("verification_id", sa.String(length=40), nullable=False),
        sa.Column("retention", sa.String(length=20), nullable=False),
        sa.Column("of_table", sa.String(length=40), nullable=False),
        sa.Column("of_column", sa.String(length=40), nullable=False),
        sa.Column("of_row", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["verification_id"], ["verifications.id"], name=op.f("fk_blobs_verification_id")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_blobs")),
        sa.UniqueConstraint(
            "verification_id",
            "retention",
            "of_table",
            "of_column",
            "of_row",
            name=op.f("uq_blobs_verification_id_retention_of_table_of_column_of_row"),
        ),
    )
    op.create_table(
        "images",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("verification_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("organisation", sa.String(length=128), nullable=False),
        sa.Column("notice_version", sa.String(length=64), nullable=True),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("purpose IN ('verification_only')", name=op.f("ck_images_purpose")),
        sa.ForeignKeyConstraint(["verification_id"], ["verifications.id"], name=op.f("fk_images_verification_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_images")),
    )
    op.create_index(op.f("ix_images_verification_id"), "images", ["verification_id"])


def _replace(
    table: BatchOperations, column: str, kind: sa.types.TypeEngine[Any] | None = None, *, nullable: bool = False
) -> None:
    """Another column of the same name: the table is empty."""
    table.drop_column(column)
    table.add_column(sa.Column(column, kind or sa.LargeBinary(), nullable=nullable))


def _refuse_unsealed() -> None:
    connection = op.get_bind()
    for name in _KEPT_IN_THE_CLEAR:
        if connection.execute(sa.text(f"SELECT 1 FROM {name} LIMIT 1")).first() is not None:  # noqa: S608 our names
            raise RuntimeError("this database holds verifications of another preview; begin with an empty one")


def _serial() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
