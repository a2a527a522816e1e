"""The audit trail as a chain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "audit_trail",
        sa.Column("number", number, autoincrement=False, nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("organisation_number", number, nullable=False),
        sa.Column("organisation_previous", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("verification_id", sa.String(length=40), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("software", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_trail")),
        sa.UniqueConstraint(
            "organisation", "organisation_number", name=op.f("uq_audit_trail_organisation_organisation_number")
        ),
    )
    op.create_index(op.f("ix_audit_trail_verification_id"), "audit_trail", ["verification_id"])
    op.create_index(op.f("ix_audit_trail_actor"), "audit_trail", ["actor"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", number, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_actors",
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("actor", name=op.f("pk_audit_actors")),
        sa.UniqueConstraint("organisation", "person", name=op.f("uq_audit_actors_organisation_person")),
    )
    op.create_table(
        "audit_checkpoints",
        sa.Column("number", number, autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_checkpoints")),
    )
    op.bulk_insert(head, [{"id": 1, "number": 0, "digest": "0" * 64}])
    # its rows belong to verifications, and migration 0003 saw that there are none
    op.drop_index(op.f("ix_audit_entries_verification_id"), "audit_entries")
    op.drop_table("audit_entries")
    _protect(op.get_bind().dialect.name)


def downgrade() -> None:
    connection = op.get_bind()
    if connection.execute(sa.text("SELECT count(*) FROM audit_trail")).scalar_one():
        raise RuntimeError("the audit trail holds entries, which an older schema cannot keep")
    for table in ("audit_checkpoints", "audit_actors", "audit_head", "audit_trail"):
        op.drop_table(table)
    if connection.dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_is_append_only()")
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


def _protect(dialect: str) -> None:
    """Refuse changes, whoever asks. Rows of actors may be erased, which takes a name out of the trail."""
    if dialect == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'insufficient_privilege';"
            " END $$"
        )
        for table, events in (
            ("audit_trail", "UPDATE OR DELETE"),
            ("audit_checkpoints", "UPDATE OR DELETE"),
            ("audit_actors", "UPDATE"),
        ):
            for name, what, each in (("changes", events, "ROW"), ("truncate", "TRUNCATE", "STATEMENT")):
                op.execute(
                    f"CREATE TRIGGER {table}_{name} BEFORE {what} ON {table}"
                    f" FOR EACH {each} EXECUTE FUNCTION audit_is_append_only()"
                )
                # also for a session that says it is a replica
                op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{name}")
        return
    refusal = "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
    for table in ("audit_trail", "audit_checkpoints", "audit_actors"):
        op.execute(f"CREATE TRIGGER {table}_update BEFORE UPDATE ON {table} {refusal}")
        if table != "audit_actors":
            op.execute(f"CREATE TRIGGER {table}_delete BEFORE DELETE ON {table} {refusal}")
    # INSERT OR REPLACE deletes without the trigger above
    for table, *keys in (
        ("audit_trail", "number", "organisation, organisation_number"),
        ("audit_checkpoints", "number"),
        ("audit_actors", "actor", "organisation, person"),
    ):
        for at, key in enumerate(keys):
            of_new = ", ".join(f"NEW.{name}" for name in key.split(", "))
            op.execute(
                f"CREATE TRIGGER {table}_replace_{at} BEFORE INSERT ON {table}"  # noqa: S608 - our own names
                f" WHEN ({of_new}) IN (SELECT {key} FROM {table}) {refusal}"
            )
