"""People, passkeys, sign-ins and sessions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _people()
    _accounts()
    _sign_ins()


def downgrade() -> None:
    for name in ("sessions", "sign_ins", "passwords", "passkeys", "invitations", "handlings", "people"):
        op.drop_table(name)


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("organisation", sa.String(length=128), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("areas", sa.JSON(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        _time("created_at"),
        sa.Column("names", sa.LargeBinary(), nullable=False),
        sa.Column("born", sa.LargeBinary(), nullable=True),
        sa.Column("hsa_id", sa.LargeBinary(), nullable=True),
        sa.Column("hsa_index", sa.String(length=64), nullable=True),
        sa.Column("personal_number", sa.LargeBinary(length=32), nullable=True),
        sa.Column("vouched_by", sa.JSON(), nullable=False),
        _time("asserted_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("organisation", "hsa_index", name=op.f("uq_people_organisation_hsa_index")),
    )
    op.create_index(op.f("ix_people_personal_number"), "people", ["personal_number"])
    op.create_table(
        "handlings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        _person(),
        sa.Column("grip", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        _time("at"),
        _of_person("handlings"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handlings")),
    )
    op.create_index(op.f("ix_handlings_person_id"), "handlings", ["person_id"])


def _accounts() -> None:
    op.create_table(
        "invitations",
        sa.Column("digest", sa.String(length=64), nullable=False),
        _person(),
        sa.Column("challenge", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_by", sa.String(length=128), nullable=False),
        _time("made_at"),
        _time("until"),
        _time("used_at", nullable=True),
        _of_person("invitations"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_invitations")),
    )
    op.create_index(op.f("ix_invitations_person_id"), "invitations", ["person_id"])
    op.create_table(
        "passkeys",
        sa.Column("digest", sa.String(length=64), nullable=False),
        _person(),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        _time("added_at"),
        _time("used_at", nullable=True),
        _of_person("passkeys"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_passkeys")),
    )
    op.create_index(op.f("ix_passkeys_person_id"), "passkeys", ["person_id"])
    op.create_table(
        "passwords",
        _person(),
        sa.Column("login_index", sa.String(length=64), nullable=False),
        sa.Column("login", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        _time("set_at"),
        _of_person("passwords"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_passwords")),
        sa.UniqueConstraint("login_index", name=op.f("uq_passwords_login_index")),
    )


def _sign_ins() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        _time("began_at"),
        _time("until"),
        _time("ended_at", nullable=True),
        sa.Column("challenge", sa.LargeBinary(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("binding", sa.String(length=64), nullable=True),
        sa.Column("device_key", sa.String(length=64), nullable=True),
        _person(nullable=True),
        sa.Column("session", sa.String(length=40), nullable=True),
        sa.Column("approves", sa.String(length=64), nullable=True),
        sa.Column("only", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=64), nullable=True),
        sa.Column("nonce", sa.String(length=64), nullable=True),
        sa.Column("verifier", sa.LargeBinary(), nullable=True),
        sa.Column("return_to", sa.String(length=200), nullable=True),
        _of_person("sign_ins"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("state", name=op.f("uq_sign_ins_state")),
    )
    op.create_index(op.f("ix_sign_ins_until"), "sign_ins", ["until"])
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        _person(),
        sa.Column("methods", sa.JSON(), nullable=False),
        *(_time(name) for name in ("proved_at", "began_at", "seen_at", "until")),
        _time("ended_at", nullable=True),
        sa.Column("approves", sa.String(length=64), nullable=True),
        sa.Column("only", sa.String(length=40), nullable=True),
        sa.Column("device_key", sa.String(length=64), nullable=True),
        _of_person("sessions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("digest", name=op.f("uq_sessions_digest")),
    )
    op.create_index(op.f("ix_sessions_person_id"), "sessions", ["person_id"])
    op.create_index(op.f("ix_sessions_until"), "sessions", ["until"])


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _person(*, nullable: bool = False) -> sa.Column[str]:
    return sa.Column("person_id", sa.String(length=40), nullable=nullable)


def _of_person(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f(f"fk_{table}_person_id"))
